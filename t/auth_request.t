# rtsp_auth_request: an HTTP service decides who may.  What it is asked, what
# its answers mean, the cache of all workers, rechecks, and a service that is
# slow, down or out of its mind.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::MD5 qw/ md5_hex /;
use MIME::Base64 qw/ encode_base64 /;
use Test::More;
use Test::Rtsp;
use Test::Rtsp::Gateway;
use Test::Rtsp::Loop qw/ until_true /;
use Time::HiRes qw/ time /;


# What it is asked

my $t = gateway($url, server => 'rtsp_auth "cam" basic;');

my $s = service($t, sub { 200 });
my $p = $t->publish('/cam/one', name => 'PORT_OPEN');

my $r = describe($t, '/cam/one');
is($r->{status}, 401, 'a challenge asks first');
like($r->{headers}{'www-authenticate'}, qr/^Basic realm="cam"/, 'for Basic');
is($s->asked(), 0, 'the service is not asked without credentials');

my $c = client($t, basic('al&ice', "s3:cr=t \xe9+%"));
$r = $c->request('DESCRIBE', '/cam/one?a=1&b=%20c',
    headers => [ 'User-Agent' => 'viewer/1.0 (x; y)' ]);

is($r->{status}, 200, 'let in');
is($s->asked(), 1, 'asked once');

my %want = (call => 'DESCRIBE', path => '/cam/one', query => 'a=1&b=%20c',
    user => 'al&ice', password => "s3:cr=t \xe9+%", token => '',
    role => 'read', address => '127.0.0.1', transport => '',
    tls_subject => '', user_agent => 'viewer/1.0 (x; y)', session => '');

is_deeply($s->last(), \%want, 'all of it');
like($s->{head}, qr{^POST /rtsp\?x=1 HTTP/1\.1\r$}m, 'request line');
like($s->{head}, qr{^Host: 127\.0\.0\.1:\d+\r$}m, 'Host');
like($s->{head}, qr{^Content-Type: application/x-www-form-urlencoded\r$}m,
    'Content-Type');
like($s->{body}, qr/password=s3%3Acr%3Dt%20%E9%2B%25&/, 'percent-encoded');

my $reader = $t->reader('/cam/one', client => client($t, basic('bob', 'x'),
    port => $t->port('PORT_RTSP')));
$reader->describe();
$reader->setup(0);
is($s->last()->{call}, 'SETUP', 'SETUP');
is($s->last()->{transport}, 'tcp', 'its transport');

my $asked = $s->asked();
is($reader->play()->{status}, 200, 'PLAY');
is($s->asked(), $asked, 'a session stays authorised');
is($s->{connections}, 1, 'all over one connection');

$reader->teardown();

my $udp = $t->reader('/cam/one', client => client($t, basic('bob', 'x')),
    transport => 'udp');
$udp->describe();
$udp->setup(0);
is($s->last()->{transport}, 'udp', 'UDP');
$udp->teardown();

describe($t, '/cam/one', 'Bearer abc.def-ghi');
is($s->last()->{token}, 'abc.def-ghi', 'a Bearer token');
is($s->last()->{user}, '', 'no user then');

for my $arg (qw/ token jwt /) {
    is(describe($t, "/cam/one?a=b&$arg=x%2Ey-z&c")->{status}, 200,
        "$arg of the query needs no challenge");
    is($s->last()->{token}, 'x.y-z', 'and is told as one');
}

my $publisher = $t->publisher('/cam/two', client => client($t,
    basic('enc', 'p')));
is($publisher->announce()->{status}, 200, 'ANNOUNCE');
is("@{ $s->last() }{qw/ call role path user /}",
    'ANNOUNCE publish /cam/two enc', 'as a publisher');
$publisher->{client}->close();

$asked = $s->asked();
my @crowd = map { client($t, basic("u$_", 'p')) } 1 .. 20;
$_->start_request('DESCRIBE', '/cam/one') for @crowd;
is(join(' ', map { $_->response()->{status} } @crowd), join(' ', (200) x 20),
    'twenty at once');
is($s->asked(), $asked + 20, 'each was asked about');
$_->close() for @crowd;

$s->drop_connections();
is(describe($t, '/cam/one', basic('bob', 'x'))->{status}, 200,
    'connections that the service has closed are made again');


# What its answers mean

my %answer = (
    allow     => [ 204 ],
    chatty    => [ 200, {}, 'yes' x 1000 ],
    wrong     => [ 401 ],
    never     => [ 403, {}, "no\n" ],
    elsewhere => [ 302, { Location => 'rtsp://127.0.0.2:8554/other?x=1' } ],
    moved     => [ 301, { Location => '/here' } ],
    nowhere   => [ 302 ],
    broken    => [ 500 ],
    absent    => [ 404 ],
    chunked   => \("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                   . "3\r\nabc\r\n0\r\n\r\n"),
    interim   => \"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 No\r\n\r\n",
    old       => \"HTTP/1.0 200 OK\n\nyes",
    cut       => \"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nab",
    garbage   => \"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    binary    => \(join '', map { chr(($_ * 7) & 0xff) } 1 .. 30000),
    headless  => \"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
    nothing   => \'',
    oversized => \("HTTP/1.1 200 OK\r\n" . "X: y\r\n" x 4000 . "\r\n"),
    lengths   => \("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
                   . "Content-Length: 2\r\n\r\nab"),
    injected  => \"HTTP/1.1 302 Found\r\nLocation: rtsp://a/ b\r\n\r\n",
    ha1       => [ 200, { 'X-RTSP-HA1' => 'nonsense' } ],
);

$s->{answer} = sub {
    my ($form) = @_;
    return $answer{$form->{user}};
};

my %status = (allow => 200, chatty => 200, wrong => 401, never => 403,
    elsewhere => 302, moved => 301, nowhere => 503, broken => 503,
    absent => 503, chunked => 200, interim => 403, old => 200, cut => 200,
    garbage => 503, binary => 503, headless => 503, nothing => 503,
    oversized => 503, lengths => 503, injected => 503, ha1 => 503);

for my $user (sort keys %status) {
    my $before = () = $t->log_lines(qr/\[error\]/);
    my $r = describe($t, '/cam/one', basic($user, 'S3CRET-1'));

    is($r->{status}, $status{$user}, "$user: $status{$user}");

    if ($r->{status} == 503) {
        my @lines = $t->log_lines(qr/\[error\]/);

        is(@lines - $before, 1, "$user: one error line");
        like($lines[-1], '/"http://127\.0\.0\.1:\d+/rtsp\?x=1".*DESCRIBE of '
            . '"/cam/one".*503.*client: 127\.0\.0\.1/',
            "$user: service, path, client");
    }
}

$r = describe($t, '/cam/one', basic('elsewhere', 'p'));
is($r->{headers}{location}, 'rtsp://127.0.0.2:8554/other?x=1', 'Location');

$r = describe($t, '/cam/one', basic('wrong', 'p'));
like($r->{headers}{'www-authenticate'}, qr/^Basic/, '401 is a challenge');

$c = client($t, basic('never', 'p'));
is($c->request('DESCRIBE', '/cam/one')->{status}, 403, 'refused');
$c->{authorization} = basic('allow', 'p');
is($c->request('DESCRIBE', '/cam/one')->{status}, 200,
    'the connection stays, and the next request is a question of its own');
$c->close();

unlike($t->log(), qr/S3CRET|s3:cr/, 'no password in the log');


# It closes, is slow, is flooding

$s->{answer} = sub { undef };
my @lost = map { client($t, basic("lost$_", 'p')) } 1 .. 5;
$asked = $s->asked();
$_->start_request('DESCRIBE', '/cam/one') for @lost;
ok(until_true(sub { $s->asked() == $asked + 5 }), 'five questions are open');
$_->abort() for @lost;

$s->{endless} = 1;
$s->{flooded} = 0;
$s->{answer} = sub { [ 200, { 'Content-Length' => 1 << 30 } ] };
is(describe($t, '/cam/one', basic('flood', 'p'))->{status}, 200,
    'a body of 1 GB does not matter');
ok(until_true(sub { !grep { $_->{endless} } values %{ $s->{open} } }),
    'it is not read to its end');
cmp_ok($s->{flooded}, '<', 32 * 1024 * 1024, 'nor far');
delete $s->{endless};

$s->{answer} = sub { \("x" x (1 << 22)) };
is(describe($t, '/cam/one', basic('line', 'p'))->{status}, 503,
    'a line without end');

undef $s;
is(describe($t, '/cam/one', basic('down', 'p'))->{status}, 503, 'it is down');
ok($t->log_lines(qr/\[error\].*asked about DESCRIBE.*Connection refused/),
    'the line says why');

$s = service($t, sub { 200 });
is(describe($t, '/cam/one', basic('down', 'p'))->{status}, 200,
    'it is back');

$t->clean();


# Slow

$t = gateway("$url timeout=1s", server => 'rtsp_auth "cam" basic;');
$s = service($t, sub { $_[0]{user} eq 'slow' ? undef : 200 });
$p = $t->publish('/one', name => 'PORT_OPEN');

$c = client($t, basic('slow', 'p'));
my $began = time();
$c->start_request('DESCRIBE', '/one');
ok(until_true(sub { $s->asked() == 1 }), 'the question is there');
is(describe($t, '/one', basic('fast', 'p'))->{status}, 200,
    'others do not wait');
$reader = $t->read_stream('/one', client => client($t, basic('fast', 'p')));
$p->key(0);
ok($reader->wait_all(0, $p->{sources}[0]), 'media do not wait');
is($c->response()->{status}, 503, 'no answer: 503');
cmp_ok(time() - $began, '>=', 0.9, 'after timeout=');
lines($t, qr/\[error\].*does not answer in time/, 1, 'one error line');
ok($c->alive(), 'the connection stays');
$c->close();
$reader->teardown();

$t->clean();


# upstream{} with a dead first server; without credentials where rtsp_auth is
# off

$t = gateway('http://auth/', main => <<'EOT');
    upstream auth {
        server 127.0.0.1:%%PORT_DEAD%% max_fails=0;
        server 127.0.0.1:%%PORT_MUTE%% max_fails=0;
        server 127.0.0.1:%%PORT_AUTH%%;
    }
EOT

$s = service($t, sub {
    { '/one' => 200, '/asks' => 401 }->{ $_[0]{path} } // 403
});
my $mute = service($t, sub { \'' }, name => 'PORT_MUTE');
$p = $t->publish('/one', name => 'PORT_OPEN');

is(join(' ', map { describe($t, '/one')->{status} } 1 .. 9),
    join(' ', (200) x 9), 'the next server is asked');
is($s->asked(), 9, 'each time');
cmp_ok($mute->asked(), '>', 0, 'one that closes without an answer too');
is($s->last()->{address}, '127.0.0.1', 'by address alone');
is(describe($t, '/two')->{status}, 403, 'denied');

$r = describe($t, '/asks');
is($r->{status}, 401, 'the service asks for credentials');
like($r->{headers}{'www-authenticate'}, qr/^Basic realm="rtsp"/, 'Basic');
ok($t->wait_log(qr{\[info\].*DESCRIBE of "/asks" refused with 401: no }),
    'and the log says so');

lines($t, qr/\[error\]/, 0, 'nothing to complain about');

$t->clean();


# Balancers look at the session of a client; here is none

my @balancers = ('zone z1 64k;', 'least_conn; zone z2 64k;',
    'hash $remote_addr consistent;', 'hash $binary_remote_addr$server_port;',
    'hash $remote_port$time_local;', 'random two least_conn;');

my ($upstreams, $balanced) = ('', '');

for my $n (0 .. $#balancers) {
    $upstreams .= <<"EOT";
    upstream balanced$n {
        $balancers[$n]
        server 127.0.0.1:%%PORT_AUTH%% max_conns=100;
        server 127.0.0.1:%%PORT_DEAD%% max_fails=0;
    }
EOT

    $balanced .= "server { listen 127.0.0.1:%%PORT_B$n%%; rtsp on;"
        . " rtsp_auth_request http://balanced$n/; }\n";
}

$t = gateway('off', main => "$upstreams $balanced");
$s = service($t, sub { 200 });
$p = $t->publish('/one', name => 'PORT_OPEN');

for my $n (0 .. $#balancers) {
    is(join(' ', map { describe($t, '/one', undef, name => "PORT_B$n")
        ->{status} } 1 .. 5), join(' ', (200) x 5), $balancers[$n]);
}

$t->clean();


# Paths inherit it, or have their own

$t = gateway("$url", server => <<'EOT');
        rtsp_path = /one { }
        rtsp_path = /open { rtsp_auth_request off; }
        rtsp_path ~ ^/own/(?<name>.+)$ {
            rtsp_auth_request http://localhost:%%PORT_AUTH%%/own;
        }
EOT

$s = service($t, sub { 403 });

is(describe($t, '/one')->{status}, 403, 'a path inherits it');
like($s->{head}, qr{^POST /rtsp\?x=1 }, 'with its URL');
is(describe($t, '/open')->{status}, 404, 'is rid of it');
is($s->asked(), 1, 'and asks nobody');
is(describe($t, '/own/a')->{status}, 403, 'or has its own');
like($s->{head}, qr{^POST /own HTTP.*^Host: localhost:\d+\r$}ms,
    'with another URL');
is($s->{connections}, 2, 'and its own connections');
is(describe($t, '/none')->{status}, 404, 'no path, no question');
is($s->asked(), 2, 'likewise');

$t->clean();


# The cache of all workers

$t = gateway("$url cache=4s", workers => 2, zone => '16m',
    server => 'rtsp_auth "cam" basic;');
$s = service($t, sub {
    my ($form) = @_;
    return $form->{user} eq 'bad' ? 401 : $form->{user} eq 'never' ? 403
        : $form->{user} eq 'moved' ? [ 302, { Location => '/x' } ]
        : $form->{user} eq 'broken' ? 500 : 200;
});
$p = $t->publish('/one', name => 'PORT_OPEN');

my ($w1, $w2) = $t->workers();
my $password = 'CORRECT-HORSE-BATTERY';

for my $row ([ 'good', 200, 1 ], [ 'bad', 401, 1 ], [ 'never', 403, 1 ],
             [ 'moved', 302, 4 ], [ 'broken', 503, 4 ])
{
    my ($user, $status, $questions) = @$row;
    my $before = $s->asked();

    is(describe($t, '/one', basic($user, $password), worker => $w1)->{status},
        $status, "$user: $status");

    my @others = map { client($t, basic($user, $password), worker => $_) }
        $w2, $w2, $w1;

    $_->start_request('DESCRIBE', '/one') for @others;
    is(join(' ', map { $_->response()->{status} } @others),
        join(' ', ($status) x 3), "$user: the same in both workers");
    $_->close() for @others;

    is($s->asked() - $before, $questions, "$user: $questions question(s)");
}

my $before = $s->asked();
describe($t, '/one', basic('good', "$password."));
is($s->asked() - $before, 1, 'another password is another question');
describe($t, '/two', basic('good', $password));
is($s->asked() - $before, 2, 'another path');
describe($t, '/one?a', basic('good', $password));
is($s->asked() - $before, 3, 'another query');
$publisher = $t->publisher('/one', client => client($t,
    basic('good', $password)));
$publisher->announce();
is($s->asked() - $before, 4, 'another role');
my $from = $t->client(local => '127.0.0.3');
$from->{authorization} = basic('good', $password);
$from->request('DESCRIBE', '/one');
is($s->asked() - $before, 5, 'another address');

# forgotten in time

$before = $s->asked();
ok($t->wait(sub { describe($t, '/one', basic('good', $password));
                  $s->asked() > $before }, 8), 'the answer expires');

# not in the zone, nor in a log

my $encoded = encode_base64("good:$password", '');
my $memory = shared($w1);

ok($memory =~ m{/one}, 'shared memory is read');
ok($memory !~ /\Q$password\E|\Q$encoded\E/, 'there is no password in it');
unlike($t->log(), qr/\Q$password\E|\Q$encoded\E/, 'nor in the log');

$t->clean();


# Digest: the fields go along, HA1 makes an answer one for the cache

$t = gateway("$url cache=60s", server => 'rtsp_auth "cam" digest;');
my %ha1;
$s = service($t, sub {
    my ($form) = @_;
    my $ha1 = $ha1{$form->{username} // ''};
    return $ha1 ? [ 200, { 'X-RTSP-HA1' => $ha1 } ] : 403;
});
$p = $t->publish('/one', name => 'PORT_OPEN');

$ha1{alice} = uc md5_hex('alice:cam:secret');

sub describe_digest {
    my ($user, $secret, $foreign) = @_;

    my $c = $t->client();
    my $r = $c->request('DESCRIBE', '/one');
    my ($nonce) = ($r->{headers}{'www-authenticate'} // '')
        =~ /nonce="([^"]+)"/;

    $c->{authorization} = digest($c, 'DESCRIBE', '/one', $user, $secret,
        $foreign // $nonce) . ', call="X", role="publish"';
    $r = $c->request('DESCRIBE', '/one', limit => 10);
    $c->close();
    return $r;
}

is(describe_digest('alice', 'secret')->{status}, 200, 'Digest with HA1');
is($s->asked(), 1, 'asked once, after the challenge');

my $last = $s->last();
is($last->{username}, 'alice', 'username');
is("@$last{qw/ realm qop nc cnonce algorithm call role /}",
    'cam auth 00000001 c0ffee MD5 DESCRIBE read',
    'its parameters, and no others');
like($last->{response}, qr/^[0-9a-f]{32}$/, 'response');
is($last->{password}, '', 'no password');

is(describe_digest('alice', 'secret')->{status}, 200, 'again');
is($s->asked(), 1, 'from the cache, though the answer is another one');
is(describe_digest('mallory', 'x')->{status}, 403, 'refused');
is(describe_digest('mallory', 'x')->{status}, 403, 'again');
is($s->asked(), 3, 'a refusal of a Digest answer is not kept');
is(describe_digest('alice', 'wrong')->{status}, 401, 'HA1 is verified here');

# a service that verifies itself knows nothing of nonces

$s->{answer} = sub { 200 };
is(describe_digest('dave', 'x')->{status}, 200, 'without HA1');
$r = describe_digest('dave', 'x', 'abcdef');
is($r->{status}, 401, 'a foreign nonce');
like($r->{headers}{'www-authenticate'}, qr/stale="?true/, 'is a stale one');

$t->clean();


# Recheck ends running sessions

$t = gateway("$url recheck=1s cache=60s");
my %may = map { $_ => 200 } qw/ tcp udp pub stay /;
$s = service($t, sub {
    my ($form) = @_;
    my ($who) = $form->{query} =~ /who=(\w+)/;
    return $may{$who // ''} // 200;
});

$p = $t->publish('/one', name => 'PORT_OPEN');

my %session;

for my $who (qw/ tcp udp stay /) {
    $session{$who} = $t->read_stream("/one?who=$who",
        transport => $who eq 'udp' ? 'udp' : 'tcp');
}

$session{pub} = $t->publish('/pub?who=pub');
$session{pubudp} = $t->publish('/pubudp?who=udp', transport => 'udp');

sub rechecks {
    my ($who) = @_;
    return grep { $_->{call} eq 'RECHECK' && $_->{query} eq "who=$who" }
        @{ $s->{questions} };
}

ok($t->wait(sub { $p->key(0); $session{pub}->key(0); $session{pubudp}->key(0);
                  rechecks('tcp') >= 2 && rechecks('udp') >= 2
                  && rechecks('pub') >= 2 }, 10), 'asked again and again');

my ($question) = grep { $_->{path} eq '/one' } rechecks('udp');
like($question->{session}, qr/^[0-9a-f]{16}$/, 'with a public session id');
is("@$question{qw/ path role transport address /}",
    '/one read udp 127.0.0.1', 'with its role');
is((rechecks('pub'))[0]{role}, 'publish', 'a publisher with its own');

$may{$_} = 403 for qw/ tcp udp /;
$may{pub} = 401;

my $tick = sub { $p->key(0); $session{$_}{client}{eof}
                 || $session{$_}->key(0) for qw/ pub pubudp / };

ok($t->wait(sub { $tick->(); $session{$_}{client}{eof} }, 5),
    "$_: the connection is closed") for qw/ tcp udp pub pubudp /;
lines($t, '\[notice\].*has answered with 40[13], the session loses its right'
    . '.*client: 127\.0\.0\.1, path: "/(?:one|pub|pubudp)"', 4,
    'a notice line each');
ok(!$session{stay}{client}{eof}, 'others stay');

# without an answer it stays

lines($t, qr/\[error\]/, 0, 'no error so far');
undef $s;
ok($t->wait(sub { $p->key(0);
                  $t->log_lines(qr/\[error\].*RECHECK of "\/one"/) }, 5),
    'no answer: an error line');
ok($t->wait(sub { $p->key(0);
                  $t->log_lines(qr/\[info\].*RECHECK of "\/one"/) >= 2 }, 5),
    'not one each time');
lines($t, qr/\[error\].*RECHECK/, 1, 'one error line');
ok(!$session{stay}{client}{eof}, 'the session stays');
ok($session{stay}->wait_all(0, $p->{sources}[0]), 'and has lost nothing');

$s = service($t, sub { 403 });
ok($t->wait(sub { $p->key(0); $session{stay}{client}{eof} }, 5),
    'the service is back, and ends it');

$t->clean();


# https: nginx itself is the TLS in front of the service

sub certificate {
    my ($dir, $name, @options) = @_;

    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
        . "-nodes -days 2 -keyout $dir/$name.key -out $dir/$name.pem "
        . "@options > $dir/openssl.log 2>&1") == 0
        or die "openssl: " . `cat $dir/openssl.log`;
}

$t = Test::Rtsp->new();
certificate($t->{dir}, 'good', '-subj /CN=auth',
    '-addext subjectAltName=DNS:auth,IP:127.0.0.1');
certificate($t->{dir}, 'other', '-subj /CN=other',
    '-addext subjectAltName=DNS:other');

my $servers = '';

for my $name (qw/ NONE VERIFY IP WRONG STRANGER PLAIN /) {
    my $port = $name =~ /WRONG/ ? 'PORT_TLS2' : 'PORT_TLS1';
    my $host = $name eq 'IP' ? "127.0.0.1:%%$port%%"
        : $name eq 'WRONG' ? 'wrong' : $name eq 'PLAIN' ? 'plain' : 'auth';
    my $ca = $name eq 'STRANGER' || $name eq 'WRONG' ? 'other' : 'good';
    my $verify = $name eq 'NONE' || $name eq 'PLAIN' ? '' : <<"EOT";
        rtsp_auth_ssl_verify on;
        rtsp_auth_ssl_trusted_certificate $ca.pem;
EOT

    $servers .= <<"EOT";
    server {
        listen 127.0.0.1:%%PORT_$name%%;
        rtsp on;
        rtsp_auth_request https://$host/x timeout=1s;
$verify
    }
EOT
}

$t->conf(<<"EOT")->start();
stream {
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_zone rtsp:16m;

$servers

    upstream auth { server 127.0.0.1:%%PORT_TLS1%%; }
    upstream wrong { server 127.0.0.1:%%PORT_TLS2%%; }
    upstream plain { server 127.0.0.1:%%PORT_AUTH%%; }

    server {
        listen 127.0.0.1:%%PORT_TLS1%% ssl;
        ssl_certificate good.pem;
        ssl_certificate_key good.key;
        proxy_pass 127.0.0.1:%%PORT_AUTH%%;
    }

    server {
        listen 127.0.0.1:%%PORT_TLS2%% ssl;
        ssl_certificate other.pem;
        ssl_certificate_key other.key;
        proxy_pass 127.0.0.1:%%PORT_AUTH%%;
    }

    server {
        listen 127.0.0.1:%%PORT_RTSPS%% ssl;
        ssl_certificate good.pem;
        ssl_certificate_key good.key;
        ssl_verify_client optional;
        ssl_client_certificate other.pem;
        rtsp on;
        rtsp_auth_request http://127.0.0.1:%%PORT_AUTH%%/;
    }

    server {
        listen 127.0.0.1:%%PORT_CLIENT%%;
        proxy_pass 127.0.0.1:%%PORT_RTSPS%%;
        proxy_ssl on;
        proxy_ssl_session_reuse off;
        proxy_ssl_certificate other.pem;
        proxy_ssl_certificate_key other.key;
    }

    server { listen 127.0.0.1:%%PORT_OPEN%%; rtsp on; rtsp_publish on; }
}
EOT

$s = service($t, sub { 200 });
$p = $t->publish('/one', name => 'PORT_OPEN');

is(describe($t, '/one', undef, name => 'PORT_CLIENT')->{status}, 200,
    'a client with a certificate');
is($s->last()->{tls_subject}, 'CN=other', 'its subject');

for my $row ([ NONE => 200 ], [ VERIFY => 200 ], [ IP => 200 ],
             [ WRONG => 503 ], [ STRANGER => 503 ])
{
    my ($name, $status) = @$row;

    is(describe($t, '/one', undef, name => "PORT_$name")->{status}, $status,
        "https, \L$name\E: $status") for 1 .. 2;
}

lines($t, qr/\[error\].*that is not trusted: it is for another host/, 2,
    'the line says that it is for another host');
lines($t, qr/\[error\].*certificate that is not trusted: .*self.signed/, 2,
    'or who signed it');

$s->{answer} = sub { 200 };
is(describe($t, '/one', undef, name => 'PORT_PLAIN', limit => 10)->{status},
    503, 'https where the service speaks http');

$t->clean();


# What the configuration may not say

sub refused {
    my ($directive, $re, $main) = @_;

    my $t = Test::Rtsp->new();
    $main //= '';

    $t->conf("stream { rtsp_udp_port %%UDP_RTP%%; $main server { "
        . "listen 127.0.0.1:%%PORT_RTSP%%; rtsp on; $directive } }");

    my ($code, $text) = $t->check();

    ok($code != 0 && $text =~ $re, "refused: $directive") or diag($text);
}

refused('rtsp_auth_request ftp://127.0.0.1/;', qr/must begin with "http/);
refused('rtsp_auth_request http://$host/;', qr/must not have variables/);
refused('rtsp_auth_request http://a:b@127.0.0.1/;', qr/invalid host/);
refused('rtsp_auth_request http:///x;', qr/invalid host/);
refused('rtsp_auth_request http://no.such.host.invalid/;',
    qr/host not found in upstream "no\.such\.host\.invalid"/);
refused('rtsp_auth_request http://no.such.host.invalid:80/;',
    qr/host not found in upstream/);
refused('rtsp_auth_request http://127.0.0.1/ cache=;', qr/must be a time/);
refused('rtsp_auth_request http://127.0.0.1/ cache=0;', qr/must be a time/);
refused('rtsp_auth_request http://127.0.0.1/ timeout=2m;', qr/must be a time/);
refused('rtsp_auth_request http://127.0.0.1/ cash=1s;', qr/must be "timeout/);
refused('rtsp_auth_request off cache=1s;', qr/cannot be "off"/);
refused('rtsp_auth_request http://127.0.0.1/; rtsp_auth_request off;',
    qr/is duplicate/);
refused('rtsp_auth_request https://127.0.0.1/; rtsp_auth_ssl_verify on;',
    qr/needs "rtsp_auth_ssl_trusted_certificate"/);
refused('rtsp_auth_request https://127.0.0.1/; rtsp_auth_ssl_verify on; '
    . 'rtsp_auth_ssl_trusted_certificate none.pem;', qr/none\.pem/);
refused('rtsp_auth_request http://auth:81/;', qr/may not have port/,
    'upstream auth { server 127.0.0.1:1; }');

$t = Test::Rtsp->new();
$t->conf(<<'EOT');
stream {
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_auth_request http://auth/x;

    server { listen 127.0.0.1:%%PORT_RTSP%%; rtsp on; }
    server { listen 127.0.0.1:%%PORT_MORE%%; rtsp on; rtsp_auth_request off; }
    server {
        listen 127.0.0.1:%%PORT_THIRD%%;
        rtsp on;
        rtsp_auth_request http://localhost?a=b timeout=500ms cache=1h;
    }

    upstream auth { server 127.0.0.1:1; }
}
EOT

my ($code, $text) = $t->check();
is($code, 0, 'an upstream may follow, the URL needs no path') or diag($text);

done_testing();
