# Who may do what where: roles, addresses, bounds and names of paths; every
# refusal with its status, a connection that stays, and one info line.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;

my $t = Test::Rtsp->new(workers => 2);

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_deny talk 127.0.0.3;

    server {
        listen 127.0.0.1:%%PORT_RTSP%% reuseport;
        listen [::1]:%%PORT_SIX%%;
        listen [::]:%%PORT_BOTH%% ipv6only=off;
        rtsp on;
        rtsp_deny publish 127.0.0.2;
        rtsp_allow 127.0.0.0/8;
        rtsp_deny all;

        rtsp_path = /read    { rtsp_publish off; }
        rtsp_path = /write   { rtsp_publish on; rtsp_read off; }
        rtsp_path = /neither { rtsp_read off; }

        rtsp_path /server/   { rtsp_publish on; }
        rtsp_path /open/     { rtsp_publish on; rtsp_allow all; }
        rtsp_path /own/      { rtsp_publish on; rtsp_allow read 127.0.0.2;
                               rtsp_deny read publish 127.0.0.1;
                               rtsp_deny talk all; }
        rtsp_path /six/      { rtsp_publish on; rtsp_allow ::1;
                               rtsp_deny publish all; }
        rtsp_path /order/    { rtsp_allow 127.0.0.1; rtsp_deny 127.0.0.0/8; }
        rtsp_path /closed/   { rtsp_deny all; rtsp_allow 127.0.0.1; }
    }

    server {
        listen 127.0.0.1:%%PORT_STREAM%%;
        rtsp on;
        rtsp_publish on;
        rtsp_stream shared;

        rtsp_path = /in     { }
        rtsp_path = /out    { rtsp_publish off; }
        rtsp_path = /few    { rtsp_max_readers 2; }
        rtsp_path = /many   { }
        rtsp_path = /force  { rtsp_publish on override; }
        rtsp_path ~ ^/(?<camera>cam[^/]*)/(?<quality>\w*)$ {
            rtsp_stream $camera-$quality$not_there; }
        rtsp_path = /empty  { rtsp_stream $not_there; }
        rtsp_path ~ ^/l(.*) { rtsp_stream $1$1$1; }
    }

    map $protocol $not_there { nothing x; }

    server {
        listen 127.0.0.1:%%PORT_MEDIA%% reuseport;
        rtsp on;
        rtsp_publish on;
        rtsp_session_timeout 40s;
        rtsp_stream media;

        rtsp_path = /tcp    { rtsp_transports tcp; rtsp_session_timeout 20s; }
        rtsp_path = /short  { rtsp_media_timeout 1s; }
        rtsp_path /         { }
    }

    server {
        listen 127.0.0.1:%%PORT_BELL%%;
        rtsp on;
        rtsp_publish on;

        rtsp_path = /bell   { rtsp_back_channel on; }
        rtsp_path = /watch  { rtsp_stream /bell; }
        rtsp_path = /ring   { rtsp_stream /bell; rtsp_back_channel on;
                              rtsp_allow talk 127.0.0.2;
                              rtsp_deny talk all; }
    }
}
EOT

my $sdp = Test::Rtsp::Source::sdp([ source('H264') ]);
my @sdp = (headers => [ 'Content-Type' => 'application/sdp' ], body => $sdp);
my @tcp = (headers => [ Transport => 'RTP/AVP/TCP;unicast' ]);

sub asked {
    my ($method, $path, %o) = @_;

    my $c = $t->client(%o);
    my $r = $c->request($method, $path,
        $method eq 'ANNOUNCE' ? @sdp : $method eq 'SETUP' ? @tcp : ());

    ok($c->alive(), "$method $path: connection stays");
    $c->close();
    return $r;
}

sub status { return asked(@_)->{status} }

sub is_logged {
    my ($re, $n, $name) = @_;

    my @lines = $t->log_lines($re);
    is(scalar @lines, $n, $name) or diag(join "\n", @lines);
}


# Roles

my %allow = (
    '/read'    => 'DESCRIBE GET_PARAMETER OPTIONS PAUSE PLAY SETUP '
                . 'SET_PARAMETER TEARDOWN',
    '/write'   => 'ANNOUNCE GET_PARAMETER OPTIONS PAUSE RECORD SETUP '
                . 'SET_PARAMETER TEARDOWN',
    '/neither' => 'GET_PARAMETER OPTIONS SET_PARAMETER',
);

for my $row (
    [ '/read', 'ANNOUNCE', 405 ], [ '/read', 'DESCRIBE', 404 ],
    [ '/read', 'SETUP', 404 ],
    [ '/write', 'DESCRIBE', 405 ], [ '/write', 'SETUP', 405 ],
    [ '/write', 'ANNOUNCE', 200 ],
    [ '/neither', 'DESCRIBE', 405 ], [ '/neither', 'SETUP', 405 ],
    [ '/neither', 'ANNOUNCE', 405 ])
{
    my ($path, $method, $status) = @$row;
    my $r = asked($method, $path);

    is($r->{status}, $status, "$method $path: $status");

    is(join(' ', sort split /, /, $r->{headers}{allow} // ''), $allow{$path},
        'Allow') if $status == 405;
}

is_logged(qr/\[info\].* DESCRIBE of "\/write" refused with 405: rtsp_read is off, in rtsp_path "= \/write",? .*client: 127\.0\.0\.1/,
    1, 'one line with directive, path and client');


# Addresses

for my $row (
    [ '/server/x', '127.0.0.1', 404, 200, 'the rules of the server' ],
    [ '/server/x', '127.0.0.2', 404, 403, 'a rule for one role' ],
    [ '/open/x', '127.0.0.2', 404, 200, 'rules of its own' ],
    [ '/own/x', '127.0.0.1', 403, 403, 'two roles in one rule' ],
    [ '/own/x', '127.0.0.2', 404, 200, 'none matches: allowed' ],
    [ '/own/x', '127.0.0.3', 404, 200, 'likewise' ],
    [ '/six/x', '127.0.0.1', 404, 403, 'allowed is another address' ],
    [ '/order/x', '127.0.0.1', 404, 405, 'the first one that matches' ],
    [ '/order/x', '127.0.0.2', 403, 405, 'a network' ],
    [ '/closed/x', '127.0.0.1', 403, 405, 'all comes first' ],
    [ '/nothing', '127.0.0.1', 404, 404, 'no path comes before rules' ])
{
    my ($path, $local, $read, $publish, $name) = @$row;

    is(status('DESCRIBE', $path, local => $local), $read,
        "DESCRIBE $path from $local: $name");
    is(status('SETUP', $path, local => $local), $read, 'SETUP likewise');
    is(status('ANNOUNCE', $path, local => $local), $publish,
        "ANNOUNCE $path from $local");
}

my @six = (host => '::1', name => 'PORT_SIX');
my @mapped = (host => '127.0.0.1', name => 'PORT_BOTH');

is(status('DESCRIBE', '/server/x', @six), 403, 'IPv6: the rules of a server');
is(status('DESCRIBE', '/open/x', @six), 404, 'IPv6: all');
is(status('DESCRIBE', '/six/x', @six), 404, 'IPv6: allowed');
is(status('ANNOUNCE', '/six/x', @six), 200, 'IPv6: for all roles');
is(status('DESCRIBE', '/own/x', @mapped), 403, 'IPv4 in IPv6: denied');
is(status('DESCRIBE', '/server/x', @mapped), 404, 'IPv4 in IPv6: allowed');

is_logged(qr/\[info\].* ANNOUNCE of "\/server\/x" refused with 403: rtsp_deny publish 127\.0\.0\.2, in rtsp_path "\/server\/",? .*client: 127\.0\.0\.2/,
    1, 'one line with rule, path and client');
is_logged(qr/\[info\].* SETUP of "\/order\/x" refused with 403: rtsp_deny 127\.0\.0\.0\/8, in rtsp_path "\/order\/",? .*client: 127\.0\.0\.2/,
    1, 'likewise for SETUP');
is_logged(qr/\[(?:warn|error|crit)\]/, 0, 'what clients do is no error');


# A connection that plays one path has no right to another by that

my $p = $t->publish('/open/a');
$p->key(0);

my $r = $t->read_stream('/open/a', local => '127.0.0.1');
is($r->{client}->request('DESCRIBE', '/own/x')->{status}, 403,
    'DESCRIBE of another path in PLAY');
is($r->{client}->request('DESCRIBE', '/nothing')->{status}, 404,
    'DESCRIBE of no path in PLAY');
is($r->{client}->request('GET_PARAMETER', '/closed/x')->{status}, 200,
    'what is asked of a session goes by its own path');
is($r->{client}->request('TEARDOWN', '/closed/x')->{status}, 200,
    'TEARDOWN by any URL');
$p->teardown();


# Two paths, one stream

my @stream = (name => 'PORT_STREAM');

$p = $t->publish('/in', @stream);
$p->key(0);

is($t->describe_status($_, @stream), 200, "DESCRIBE $_") for '/in', '/out';
is(status('ANNOUNCE', '/out', @stream), 405, 'each with its own rules');
is(status('ANNOUNCE', '/in', @stream), 403, 'it has a publisher');
is(status('ANNOUNCE', '/many', @stream), 403, 'by whatever path');

$r = $t->read_stream('/out', @stream);
$p->unit(0);
ok($r->wait_all(0, $p->{sources}[0]), 'media go from one to the other');
like($r->{client}->request('GET_PARAMETER', '/out')->{headers}{session},
    qr/;timeout=55$/, 'a session');
is($r->{client}->request('PLAY', '/in')->{status}, 200, 'PLAY in PLAY');

my $few = $t->read_stream('/few', @stream);

is(status('SETUP', '/few', @stream), 453, 'readers of the stream count');
is(status('SETUP', '/many', @stream), 200, 'another path, another bound');
is_logged(qr/SETUP of "\/few" refused with 453: rtsp_max_readers .*in rtsp_path "= \/few"/,
    1, 'one line');

my $forced = $t->publish('/force', @stream);
ok($p->{client}->closed(), 'override of one path');
my $before = $r->count();
$forced->key(0);
ok($t->wait(sub { $r->count() > $before }, 5), 'the readers of all go on');
$forced->teardown();

$p = $t->publish('/cam1/main', @stream);
is($t->describe_status('/cam1/main', @stream), 200, 'a name with captures');
is($t->describe_status('/cam1/sub', @stream), 404, 'another name');
is($t->describe_status('/cam2/main', @stream), 404, 'and another');

# captures of one request mean nothing to the next

my $c = $t->client(@stream);

for my $row ([ '/cam1/main', 200 ], [ '/in', 200 ], [ '/cam1/main', 200 ],
             [ '/cam12345678901234567890/', 404 ], [ '/out', 200 ],
             [ '/cam1/', 404 ], [ '/cam1/main', 200 ])
{
    is($c->request('DESCRIBE', $row->[0])->{status}, $row->[1],
        "DESCRIBE $row->[0] on one connection");
}

is(status('DESCRIBE', '/empty', @stream), 500, 'a name that is empty');
is(status('SETUP', '/l' . 'x' x 85, @stream), 404, '255 bytes');
is(status('SETUP', '/l' . 'x' x 86, @stream), 500, '258 bytes');
is(status('ANNOUNCE', '/l' . 'x' x 86, @stream), 500, 'likewise ANNOUNCE');
is_logged(qr/\[error\].* DESCRIBE of "\/empty" refused with 500: rtsp_stream is empty.* in rtsp_path "= \/empty"/,
    1, 'one error line');


# Media directives of a path

my @media = (name => 'PORT_MEDIA');

$p = $t->publish('/any', @media);
$p->key(0);

$c = $t->client(@media);
is($c->request('SETUP', '/tcp', headers =>
    [ Transport => 'RTP/AVP;unicast;client_port=5000-5001' ])->{status}, 461,
    'rtsp_transports');

my $answer = $c->request('SETUP', '/tcp', @tcp);
is($answer->{status}, 200, 'TCP');
like($answer->{headers}{session}, qr/;timeout=15$/, 'rtsp_session_timeout');
like($c->request('DESCRIBE', '/any')->{headers}{session}, qr/;timeout=15$/,
    'of the session, not of what is asked');

# the other worker finds the path again

my ($one, $two) = $t->workers();
my $here = $t->worker_of($c);
my $there = $t->connect_in($here == $one ? $two : $one, @media);

$answer = $there->request('PLAY', '/tcp',
    headers => [ Session => $c->{session} ]);
is($answer->{status}, 200, 'a session that moves');
like($answer->{headers}{session}, qr/;timeout=15$/, 'keeps its path');

$p->teardown();

my $short = $t->publish('/short', @media);
ok($short->{client}->closed(4), 'rtsp_media_timeout');


# Back channels: who sees and may set them up

my @bell = (name => 'PORT_BELL');
my @talking = (source('H264'), source('PCMU', attributes => [ 'sendonly' ]));
my @require = (headers => [ Require => 'www.onvif.org/ver20/backchannel' ]);

$c = $t->client(@bell);
is($c->request('ANNOUNCE', '/watch', headers => $sdp[1],
    body => Test::Rtsp::Source::sdp(\@talking))->{status}, 400,
    'announced where it is off');
ok($c->alive(), 'connection stays');
is_logged(qr/\[info\].* ANNOUNCE of "\/watch" refused with 400: .*rtsp_back_channel is off, in rtsp_path "= \/watch"/,
    1, 'one line');

$p = $t->publish('/bell', sources => \@talking, @bell);
$p->key(0);

for my $row (
    [ '/bell', 0, 0, 'not asked for' ], [ '/bell', 1, 1, 'asked for' ],
    [ '/watch', 0, 0, 'path off, not asked for' ],
    [ '/watch', 1, 0, 'path off, asked for' ], [ '/ring', 1, 1, 'path on' ])
{
    my ($path, $asked, $shown, $name) = @$row;

    $answer = $c->request('DESCRIBE', $path, $asked ? @require : ());
    is($answer->{status}, 200, "DESCRIBE $path: $name");

    my @medias = $answer->{body} =~ /^m=/mg;
    is(scalar @medias, 1 + $shown, 'so many medias');
    is($answer->{body} =~ /^a=sendonly/m ? 1 : 0, $shown, 'a=sendonly');
    is($answer->{body} =~ /^a=recvonly/m ? 1 : 0, $shown, 'a=recvonly');
    like($answer->{body}, qr/^a=control:trackID=0/m, 'its control');
    is($answer->{body} =~ /^a=control:trackID=1/m ? 1 : 0, $shown,
        'the control of the back channel');
}

for my $row (
    [ '/bell', '127.0.0.1', 200, 'allowed' ],
    [ '/bell', '127.0.0.3', 403, 'a rule of stream{}' ],
    [ '/watch', '127.0.0.1', 403, 'rtsp_back_channel is off' ],
    [ '/ring', '127.0.0.2', 200, 'rtsp_allow talk' ],
    [ '/ring', '127.0.0.1', 403, 'rtsp_deny talk' ])
{
    my ($path, $local, $status, $name) = @$row;

    for my $order ([ 0, 1 ], [ 1, 0 ]) {
        $c = $t->client(@bell, local => $local);

        for my $i (@$order) {
            is($c->request('SETUP', "$path/trackID=$i", @tcp)->{status},
                $i ? $status : 200, "SETUP $path of media $i: "
                . ($i ? $name : 'video'));
        }

        is($c->request('PLAY', $path)->{status}, 200, 'PLAY');
        $c->close();
    }
}

is_logged(qr/\[info\].* SETUP of "\/ring" refused with 403: rtsp_deny talk all, in rtsp_path "= \/ring",? .*client: 127\.0\.0\.1/,
    2, 'a line for each');

$t->clean();
done_testing();
