# rtsp_path: which block a request gets, row by row what nginx's own location
# picks for the same patterns; captures; decoding; and what nginx -t refuses.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use Test::More;
use Test::Rtsp qw/ source /;

# what each server has, in the order of its file

my %servers = (
    STATIC => [ '/', '/cam', '/cam/', '/camera', '= /cam/1', '/cam/1/sub',
                '= /exact', '^~ /only', '/a/b/c', '/a', '/a/b' ],
    NOROOT => [ '/cam/', '= /one', '/two', '^~ /three/', '=/glued',
                '^~/glue/', '/x/y/z/' ],
    REGEX  => [ '/', '/cam', '^~ /raw', '= /cam/exact', '~ ^/cam/\d+$',
                '~* ^/CAM/[a-f]+$', '~ /first', '~ /fir', '~ \.sdp$',
                '^~ /raw/deep', '/raw/deep/er', '~^/glued\d$',
                '~*^/GLUED[a-z]$' ],
    ONLY   => [ '~ ^/nvr/(?<channel>\d+)$', '~ ^/([^/]+)/(?<part>[^/]+)/x$',
                '~* ^/(?<kind>LIVE|REC)/(.+)$', '~ ^/opt(/(.*))?$' ],
    ODD    => [ '/a b', '/%61', '= /"q"', '/UP', '/up', '= /dots/.x',
                '/dots', '~ ^/\xc3\xa9', '/a+b', '= /plus' ],
);

my @names = sort keys %servers;

my $value = '$1,$2,$channel,$part,$kind';


sub quoted { return '"' . $_[0] =~ s/(["\\])/\\$1/gr . '"' }

sub block {
    my ($directive, $pattern, $body) = @_;

    my ($modifier, $name) = $pattern =~ /^(=|\^~|~\*|~)( ?.*)$/
        ? ($1, $2) : ('', $pattern);

    # apart, or glued, in one word
    my $text = $name =~ s/^ // || $modifier eq ''
        ? "$modifier " . quoted($name) : quoted("$modifier$name");

    return "$directive $text { $body }\n";
}

sub blocks {
    my ($directive, $server, $body) = @_;
    my $n = 0;

    return join '', map { block($directive, $_, $body->($n++)) }
        @{ $servers{$server} };
}

my $rtsp = join '', map { <<"EOT" } @names;
    server {
        listen 127.0.0.1:%%PORT_$_%%;
        rtsp on;
        @{[ blocks('rtsp_path', $_,
            sub { "rtsp_return 302 rtsp://x/$_[0]|$value;" }) ]}
    }
EOT

my $http = join '', map { <<"EOT" } @names;
    server {
        listen 127.0.0.1:%%PORT_HTTP_$_%%;
        @{[ blocks('location', $_, sub { "return 200 '$_[0]|$value';" }) ]}
    }
EOT

my $temps = join '', map { "    ${_}_temp_path %%DIR%%/temp;\n" }
    qw/ client_body proxy fastcgi uwsgi scgi /;

my $t = Test::Rtsp->new();

$t->conf(<<"EOT")->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;

    map \$cam \$mapped { ~^(?<digits>\\d+)\$ "number-\$digits";
                         default "text-\$cam"; }

$rtsp
    server {
        listen 127.0.0.1:%%PORT_RTSP%%;
        rtsp on;
        rtsp_publish on;
    }

    server {
        listen 127.0.0.1:%%PORT_MAP%%;
        rtsp on;
        set \$kept set;
        rtsp_path ~ ^/(?<cam>[^/]+)\$ {
            rtsp_return 302 rtsp://x/\$mapped/\$kept/\$1; }
        rtsp_path ~ ^/other/(.*)\$ {
            rtsp_return 302 "rtsp://x/\$cam/\$kept/\$1"; }
    }
}

http {
    access_log off;
    log_not_found off;
    root %%DIR%%/none;
    merge_slashes on;
$temps
$http
}
EOT


# What HTTP answers: (status, number of the block, captures)

sub http_picks {
    my ($server, $path) = @_;

    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $t->port("PORT_HTTP_$server")) or die "connect: $!";

    print $s "GET $path HTTP/1.0\r\n\r\n";
    local $/;
    my ($status, $body) = <$s> =~ m{^HTTP/1\.1 (\d+).*?\r\n\r\n(.*)$}s;

    return picked($server, $status == 200, $body);
}

my %clients;

sub rtsp_picks {
    my ($server, $path, $method) = @_;

    # one connection for all: no request may see what one before has left
    my $c = $clients{$server} //= $t->client(name => "PORT_$server");
    my $r = $c->request($method // 'DESCRIBE', $path,
        headers => [ Session => undef ]);
    my ($found) = ($r->{headers}{location} // '') =~ m{^rtsp://x/(.*)$};

    return picked($server, $r->{status} == 302, $found // "$r->{status}|");
}

sub picked {
    my ($server, $found, $text) = @_;

    return 'none' unless $found;

    # RTSP escapes a Location, HTTP's body is as it is
    $text =~ s/%([0-9A-F]{2})/chr hex $1/ge;

    my ($n, $captures) = $text =~ /^(\d+)\|(.*)$/s or return $text;
    my $picked = $servers{$server}[$n];

    return $captures =~ /^,+$/ ? $picked : "$picked -> $captures";
}


# configuration, request, block picked (and its captures)

my @rows = (
    [ 'STATIC', '/', '/' ],
    [ 'STATIC', '/nothing', '/' ],
    [ 'STATIC', '/ca', '/' ],
    [ 'STATIC', '/cam', '/cam' ],
    [ 'STATIC', '/cams', '/cam' ],
    [ 'STATIC', '/camer', '/cam' ],
    [ 'STATIC', '/camera', '/camera' ],
    [ 'STATIC', '/camera/1', '/camera' ],
    [ 'STATIC', '/cam/0', '/cam/' ],
    [ 'STATIC', '/cam/1', '= /cam/1' ],
    [ 'STATIC', '/cam/11', '/cam/' ],
    [ 'STATIC', '/cam/1/s', '/cam/' ],
    [ 'STATIC', '/cam/1/sub', '/cam/1/sub' ],
    [ 'STATIC', '/cam/1/sub/more', '/cam/1/sub' ],
    [ 'STATIC', '/exact', '= /exact' ],
    [ 'STATIC', '/exact/1', '/' ],
    [ 'STATIC', '/exacts', '/' ],
    [ 'STATIC', '/only', '^~ /only' ],
    [ 'STATIC', '/only/1', '^~ /only' ],
    [ 'STATIC', '/a', '/a' ],
    [ 'STATIC', '/a/b', '/a/b' ],
    [ 'STATIC', '/a/b/c', '/a/b/c' ],
    [ 'STATIC', '/a/b/d', '/a/b' ],
    [ 'STATIC', '/a/c/b', '/a' ],
    [ 'STATIC', '/CAM', '/' ],
    [ 'STATIC', '/c%61m', '/cam' ],
    [ 'STATIC', '/c%61m%2f1', '= /cam/1' ],
    [ 'STATIC', '/cam?a=b', '/cam' ],
    [ 'STATIC', '/cam/1?x=/camera', '= /cam/1' ],

    [ 'NOROOT', '/', 'none' ],
    [ 'NOROOT', '/cam', 'none' ],
    [ 'NOROOT', '/cam/1', '/cam/' ],
    [ 'NOROOT', '/one', '= /one' ],
    [ 'NOROOT', '/one/1', 'none' ],
    [ 'NOROOT', '/on', 'none' ],
    [ 'NOROOT', '/two', '/two' ],
    [ 'NOROOT', '/twofold', '/two' ],
    [ 'NOROOT', '/three', 'none' ],
    [ 'NOROOT', '/three/1', '^~ /three/' ],
    [ 'NOROOT', '/glued', '=/glued' ],
    [ 'NOROOT', '/glue/1', '^~/glue/' ],
    [ 'NOROOT', '/x/y/z', 'none' ],
    [ 'NOROOT', '/x/y/z/0', '/x/y/z/' ],
    [ 'NOROOT', '/zzz', 'none' ],
    [ 'NOROOT', '/three%2Fa', '^~ /three/' ],

    [ 'REGEX', '/cam/12', '~ ^/cam/\d+$' ],
    [ 'REGEX', '/cam/12a', '/cam' ],
    [ 'REGEX', '/cam/exact', '= /cam/exact' ],
    [ 'REGEX', '/cam/abc', '~* ^/CAM/[a-f]+$' ],
    [ 'REGEX', '/Cam/ABC', '~* ^/CAM/[a-f]+$' ],
    [ 'REGEX', '/cam/xyz', '/cam' ],
    [ 'REGEX', '/first', '~ /first' ],
    [ 'REGEX', '/fir', '~ /fir' ],
    [ 'REGEX', '/deep/first/1', '~ /first' ],
    [ 'REGEX', '/raw/first', '^~ /raw' ],
    [ 'REGEX', '/raw/deep/first', '^~ /raw/deep' ],
    [ 'REGEX', '/raw/deep/er/first', '~ /first' ],
    [ 'REGEX', '/raw/deep/er/last', '/raw/deep/er' ],
    [ 'REGEX', '/x.sdp', '~ \.sdp$' ],
    [ 'REGEX', '/x.sdp/y', '/' ],
    [ 'REGEX', '/x_sdp', '/' ],
    [ 'REGEX', '/raw.sdp', '^~ /raw' ],
    [ 'REGEX', '/glued1', '~^/glued\d$' ],
    [ 'REGEX', '/gluedB', '~*^/GLUED[a-z]$' ],
    [ 'REGEX', '/GLUED1', '/' ],

    [ 'ONLY', '/nvr/7', '~ ^/nvr/(?<channel>\d+)$ -> 7,,7,,' ],
    [ 'ONLY', '/nvr/x', 'none' ],
    [ 'ONLY', '/nvr/070', '~ ^/nvr/(?<channel>\d+)$ -> 070,,070,,' ],
    [ 'ONLY', '/a/b/x', '~ ^/([^/]+)/(?<part>[^/]+)/x$ -> a,b,,b,' ],
    [ 'ONLY', '/nvr/7/x', '~ ^/([^/]+)/(?<part>[^/]+)/x$ -> nvr,7,,7,' ],
    [ 'ONLY', '/live/a/b', '~* ^/(?<kind>LIVE|REC)/(.+)$ -> '
                         . 'live,a/b,,,live' ],
    [ 'ONLY', '/Rec/1', '~* ^/(?<kind>LIVE|REC)/(.+)$ -> Rec,1,,,Rec' ],
    [ 'ONLY', '/opt', '~ ^/opt(/(.*))?$' ],
    [ 'ONLY', '/opt/z', '~ ^/opt(/(.*))?$ -> /z,z,,,' ],
    [ 'ONLY', '/live/%C3%A9%20x', '~* ^/(?<kind>LIVE|REC)/(.+)$ -> '
                                . "live,\xc3\xa9 x,,,live" ],
    [ 'ONLY', '/', 'none' ],

    [ 'ODD', '/a%20b', '/a b' ],
    [ 'ODD', '/%61', 'none' ],
    [ 'ODD', '/%2561', '/%61' ],
    [ 'ODD', '/%22q%22', '= /"q"' ],
    [ 'ODD', '/up', '/up' ],
    [ 'ODD', '/UP', '/UP' ],
    [ 'ODD', '/Up', 'none' ],
    [ 'ODD', '/dots/.x', '= /dots/.x' ],
    [ 'ODD', '/dots/..x', '/dots' ],
    [ 'ODD', '/%C3%A9', '~ ^/\xc3\xa9' ],
    [ 'ODD', '/a+b', '/a+b' ],
    [ 'ODD', '/a%2bb', '/a+b' ],
    [ 'ODD', '/plus', '= /plus' ],
    [ 'ODD', '/plus+', 'none' ],
);

for my $row (@rows) {
    my ($server, $path, $wanted) = @$row;

    is(rtsp_picks($server, $path), $wanted, "$server $path: $wanted");
    is(http_picks($server, $path), $wanted, '  as location');
}

cmp_ok(scalar @rows, '>=', 60, 'the table is long enough');

my %seen = map { $_->[2] =~ s/ -> .*//sr => 1 } @rows;
is(join(' ', grep { !$seen{$_} } map { @$_ } values %servers), '',
    'every block was picked by some request');


# What is special to RTSP: the shapes of a URL that mean one path

for my $row (
    [ 'STATIC', '/cam/', '/cam' ],
    [ 'STATIC', '//', '/' ],
    [ 'STATIC', '', '/' ],
    [ 'STATIC', '/cam//', '/cam/' ],
    [ 'STATIC', '/cam/1/', '= /cam/1' ],
    [ 'STATIC', '/cam/1?a=b/', '= /cam/1' ],
    [ 'STATIC', '/cam/1/trackID=0', '= /cam/1' ],
    [ 'STATIC', '/cam/1/trackID=1/', '= /cam/1' ],
    [ 'STATIC', '/cam/1/streamid=0', '= /cam/1' ],
    [ 'STATIC', '/cam/1?a=b/trackID=0', '= /cam/1' ],
    [ 'STATIC', '/cam/1/trackID=0?a=b', '= /cam/1' ],
    [ 'STATIC', '/exact/streamid=1?a=b', '= /exact' ],
    [ 'NOROOT', '/cam/', 'none' ],
    [ 'NOROOT', '/three/', 'none' ])
{
    my ($server, $path, $wanted) = @$row;

    is(rtsp_picks($server, $path), $wanted, "$server '$path': $wanted");
}

my $c = $t->client(name => 'PORT_STATIC');

for my $row (
    [ '/cam/../exact', 400 ], [ '/cam/%2e%2e/x', 400 ], [ '/..', 400 ],
    [ '/cam%0d%0aX', 400 ], [ '/cam%', 400 ], [ '/cam%4', 400 ],
    [ '/cam%gg', 400 ], [ '/cam%7f', 400 ], [ '/cam%00', 400 ],
    [ '/' . 'a' x 254, 302 ], [ '/' . 'a' x 254 . '/', 302 ],
    [ '/' . 'a' x 255, 400 ], [ '/' . '%61' x 254, 302 ],
    [ '/' . '%61' x 255, 400 ], [ '/...', 302 ], [ '/cam/.', 302 ])
{
    my ($path, $status) = @$row;

    is($c->request('DESCRIBE', $path)->{status}, $status,
        'DESCRIBE ' . substr($path, 0, 20) . ": $status");
}


# Methods

my $sdp = Test::Rtsp::Source::sdp([ source('H264') ]);
my @sdp = (headers => [ 'Content-Type' => 'application/sdp' ], body => $sdp);
my $r;

is(rtsp_picks('STATIC', '/cam/1', 'SETUP'), '= /cam/1', 'SETUP');
is($c->request('ANNOUNCE', '/exact', @sdp)->{headers}{location},
    'rtsp://x/6|,,,,', 'ANNOUNCE');

my $none = $t->client(name => 'PORT_NOROOT');

for my $method (qw/ DESCRIBE SETUP ANNOUNCE /) {
    is($none->request($method, '/nothing', @sdp)->{status}, 404,
        "$method of no path");
}

for my $path ('*', '/nothing', '/one', '/cam/1') {
    is($none->request('OPTIONS', $path)->{status}, 200, "OPTIONS $path");
}

is($none->request('GET_PARAMETER', '/nothing')->{status}, 200,
    'GET_PARAMETER of no path');
ok($none->alive(), 'connection stays');

ok((grep { /DESCRIBE of "\/nothing" refused with 404: no rtsp_path matches/
           && /client: 127\.0\.0\.1/ } $t->log_lines(qr/\[info\]/)),
    'an info line says who got no path');
ok((grep { /DESCRIBE of "\/cam\/1" refused with 302: rtsp_return, in /
           && /in rtsp_path "= \/cam\/1".*client: 127\.0\.0\.1/ }
    $t->log_lines(qr/\[info\]/)), 'and one who was sent away by which');


# A server without any path serves all of them

my $p = $t->publish('/what/ever');
is($t->describe_status('/what/ever'), 200, 'without rtsp_path: any path');
is($t->describe_status('/else'), 404, 'no such stream');


# Variables that depend on the path, from one connection

$c = $t->client(name => 'PORT_MAP');

for my $row (
    [ '/12', 'number-12/set/12' ], [ '/abc', 'text-abc/set/abc' ],
    [ '/other/x', '/set/x' ], [ '/7', 'number-7/set/7' ],
    [ '/other/', 'text-other/set/other' ],
    [ '/' . 'l' x 254, 'text-' . 'l' x 254 . '/set/' . 'l' x 254 ],
    [ '/s', 'text-s/set/s' ])
{
    my ($path, $wanted) = @$row;

    is($c->request('DESCRIBE', $path)->{headers}{location},
        "rtsp://x/$wanted", 'DESCRIBE ' . substr($path, 0, 20));
}

is($c->request('DESCRIBE', '/a%20%22b%c3')->{headers}{location},
    'rtsp://x/text-a%20"b%C3/set/a%20"b%C3', 'Location is escaped');

$t->clean();


# What nginx -t says

sub try {
    my ($server, $main) = @_;

    $t->conf("stream {\nrtsp_udp_port %%UDP_RTP%%;\n" . ($main // '')
        . "server {\nlisten 127.0.0.1:%%PORT_RTSP%%;\nrtsp on;\n$server\n}\n"
        . "}\n");
    return $t->check();
}

sub accepted {
    my ($server, $name) = @_;

    my ($rc, $text) = try($server);
    is($rc, 0, "accepted: $name") or diag($text);
}

# the line counts from the first of the text

sub refused {
    my ($server, $wanted, $line) = @_;

    my ($rc, $text) = try($server);
    my ($at) = $text =~ /\[emerg\] [^\n]* in [^\n]*nginx\.conf:(\d+)$/m;
    my @before = split /^rtsp on;$/m, $t->read('nginx.conf');
    my $first = 2 + $before[0] =~ tr/\n//;

    isnt($rc, 0, "refused: $server");
    like($text, $wanted, 'with a sentence');
    is(($at // -1) - $first, $line // 0, 'and the line');
}

for my $path ('/', '= /x', '^~ /x', '~ ^/x', '~* ^/x', '=/x', '^~/x', '~^/x',
              '~*^/x', '/' . 'x' x 254)
{
    accepted("rtsp_path $path { }", substr $path, 0, 20);
}

accepted('rtsp_path /x { } rtsp_path = /x { } rtsp_path ~ /x { } '
    . 'rtsp_path ~ /x { }', 'one name, different modifiers');
accepted('rtsp_path /x { ' . join(' ', map { "$_;" }
    'rtsp_publish on override', 'rtsp_read off', 'rtsp_transports tcp',
    'rtsp_packet_size 1200', 'rtsp_buffer 1m', 'rtsp_start live',
    'rtsp_lag 1s', 'rtsp_flush 10ms', 'rtsp_hold 1s',
    'rtsp_session_timeout 30s', 'rtsp_media_timeout 5s',
    'rtsp_send_timeout 5s', 'rtsp_header_timeout 5s', 'rtsp_max_readers 3',
    'rtsp_back_channel on override always', 'rtsp_stream $remote_addr',
    'rtsp_allow publish 127.0.0.1', 'rtsp_deny all') . ' }',
    'all directives in a path');
accepted('rtsp_path /x { rtsp_return 404; } rtsp_path /y { rtsp_return 302 '
    . 'rtsp://a/b; } rtsp_path /z { rtsp_return 503; }', 'rtsp_return');
accepted("rtsp_stream name; rtsp_back_channel on always; rtsp_allow ::1;\n"
    . "rtsp_allow read talk 10.0.0.0/8; rtsp_deny publish all;",
    'rules of a server');

refused('rtsp_path x { }', qr/"x" must begin with "\/"/);
refused('rtsp_path = x { }', qr/"x" must begin with "\/"/);
refused('rtsp_path = "" { }', qr/"" must begin with "\/"/);
refused('rtsp_path ^~ { }', qr/"" must begin with "\/"/);
refused('rtsp_path ~ "" { }', qr/no regular expression/);
refused('rtsp_path == /x { }', qr/invalid modifier "=="/);
refused('rtsp_path on /x { }', qr/invalid modifier "on"/);
refused('rtsp_path /x /y { }', qr/invalid modifier "\/x"/);
refused('rtsp_path ~ ( { }', qr/"\("/);
refused('rtsp_path /' . 'x' x 255 . ' { }', qr/longer than 255 bytes/);
refused('rtsp_path { }', qr/number of arguments in "rtsp_path"/);
refused('rtsp_path /x;', qr/"rtsp_path" has no opening/);
refused("rtsp_path /x { }\nrtsp_path /x { }",
    qr/duplicate rtsp_path "\/x"/, 1);
refused("rtsp_path /x { }\nrtsp_path /y { }\nrtsp_path ^~ /x { }",
    qr/duplicate rtsp_path "\^~ \/x"/, 2);
refused("rtsp_path = /x { }\nrtsp_path =/x { }",
    qr/duplicate rtsp_path "= \/x"/, 1);
refused("rtsp_path /x {\nrtsp_path /x/y { }\n}",
    qr/"\/x\/y" cannot be inside rtsp_path "\/x"/, 1);
refused("rtsp_path ~ ^/x {\nrtsp_path = /y { }\n}",
    qr/"= \/y" cannot be inside rtsp_path "~ \^\/x"/, 1);

for my $foreign ('listen 1', 'proxy_pass x', 'return x', 'allow all', 'rtsp on',
                 'rtsp_max_streams 1', 'rtsp_udp_port 8000')
{
    my ($name) = $foreign =~ /^(\w+)/;

    refused("rtsp_path /x { $foreign; }", qr/"$name" directive is not allowed/);
}

refused('rtsp_return 404;', qr/"rtsp_return" directive is not allowed here/);

# what cannot be seen before the end of the block names the path's line

refused("rtsp_path /x { }\nrtsp_path /y { rtsp_buffer 1; }\n",
    qr/"rtsp_buffer" must be from/, 1);
refused("rtsp_path ~ ^/y {\n rtsp_packet_size 1;\n}\n",
    qr/"rtsp_packet_size" must be from/);
refused('rtsp_path = /y { rtsp_session_timeout 0; }',
    qr/"rtsp_session_timeout" must be/);

for my $row (
    [ 'rtsp_return 200', qr/invalid code "200"/ ],
    [ 'rtsp_return 304 rtsp://x', qr/invalid code "304"/ ],
    [ 'rtsp_return 600', qr/invalid code "600"/ ],
    [ 'rtsp_return x', qr/invalid code "x"/ ],
    [ 'rtsp_return 302', qr/"rtsp_return 302" needs a URL/ ],
    [ 'rtsp_return 302 ""', qr/"rtsp_return 302" needs a URL/ ],
    [ 'rtsp_return 404 rtsp://x', qr/"rtsp_return 404" has no URL/ ],
    [ 'rtsp_return 404; rtsp_return 403', qr/duplicate/ ],
    [ 'rtsp_stream ""', qr/invalid name "".*1 to 255/ ],
    [ "rtsp_stream '\t'", qr/control characters/ ],
    [ 'rtsp_stream ' . 'x' x 256, qr/1 to 255/ ],
    [ 'rtsp_stream a; rtsp_stream b', qr/duplicate/ ],
    [ 'rtsp_back_channel maybe', qr/"maybe".*"on" or "off"/ ],
    [ 'rtsp_back_channel off override', qr/"override", only "on"/ ],
    [ 'rtsp_back_channel on sometimes', qr/"sometimes".*"always"/ ],
    [ 'rtsp_back_channel on; rtsp_back_channel on', qr/duplicate/ ],
    [ 'rtsp_allow', qr/number of arguments/ ],
    [ 'rtsp_allow here', qr/invalid address "here"/ ],
    [ 'rtsp_allow read', qr/invalid address "read"/ ],
    [ 'rtsp_deny 10.0.0.0/33', qr/invalid address "10\.0\.0\.0\/33"/ ],
    [ 'rtsp_deny unix:', qr/invalid address "unix:"/ ],
    [ 'rtsp_deny write all', qr/invalid role "write" in "rtsp_deny"/ ],
    [ 'rtsp_deny all read', qr/invalid role "all".*comes last/ ])
{
    my ($text, $wanted) = @$row;

    refused("rtsp_path /x { $text; }", $wanted);
}

# nginx itself says this, at the end and without a line

my ($rc, $unknown) = try('rtsp_path /x { rtsp_stream $nothing; }');
isnt($rc, 0, 'refused: an unknown variable');
like($unknown, qr/unknown "nothing" variable/, 'with a sentence');

my (undef, $warned) = try('rtsp_deny 10.0.0.1/8;');
like($warned, qr/\[warn\] low address bits of 10\.0\.0\.1\/8/,
    'low address bits');

done_testing();
