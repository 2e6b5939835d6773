# rtsp_auth and rtsp_auth_user_file: every variant of Digest, every hash,
# roles, a file that changes, and what becomes of those who are wrong.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::MD5 qw/ md5_hex /;
use Digest::SHA qw/ sha1 sha256_hex /;
use MIME::Base64 qw/ encode_base64 /;
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Loop qw/ cancel every pump /;
use Time::HiRes qw/ time /;

my $realm = 'cctv room';
my %hash = (MD5 => \&md5_hex, 'SHA-256' => \&sha256_hex);

sub base64 { return encode_base64($_[0], '') }

sub basic { return 'Basic ' . base64("$_[0]:$_[1]") }


# The challenges of a response: scheme and parameters of each.

sub challenges {
    my ($r) = @_;

    return map {
        my ($scheme, $rest) = /^(\w+) (.*)$/ or die "no challenge: $_";
        my %c = (scheme => $scheme);
        $c{lc $1} = $2 // $3
            while $rest =~ /(\w+)=(?:"([^"]*)"|([^,\s]+))/g;
        \%c;
    } @{ $r->{all}{'www-authenticate'} // [] };
}


# An answer to a challenge; over => parameters instead of the right ones.

sub digest {
    my ($user, $password, $method, $uri, %o) = @_;

    my $algorithm = $o{algorithm} // 'MD5';
    my $h = $hash{$algorithm};
    my %p = (username => $user, realm => $o{realm} // $realm,
             nonce => $o{nonce}, uri => $uri);

    my $middle = $p{nonce};

    if ($o{qop}) {
        @p{qw/ qop nc cnonce /} = ($o{qop}, '00000001', 'f00d');
        $middle .= ":00000001:f00d:$o{qop}";
    }

    $p{response} = $h->(join ':', $h->("$user:$p{realm}:$password"), $middle,
        $h->("$method:$uri"));
    $p{algorithm} = $algorithm if $o{algorithm};

    %p = (%p, %{ $o{over} // {} });

    return 'Digest ' . join ', ', map { qq/$_="$p{$_}"/ } sort keys %p;
}


sub ask {
    my ($c, $method, $path, $authorization, %o) = @_;

    my @headers = @{ delete $o{headers} // [] };
    push @headers, Authorization => $authorization if defined $authorization;

    return $c->request($method, $path, %o, headers => \@headers, limit => 15);
}


sub nonce_of {
    my ($c, $method) = @_;

    my ($first) = grep { $_->{nonce} }
        challenges(ask($c, $method // 'DESCRIBE', '/cam'));
    return $first->{nonce};
}


# The file

my %password = (plain => 'open:sesame', sha => 'swordfish', ssha => 'a b c',
    apr1 => 'mellon', crypt => 'des', md5crypt => 'five', sha256 => 'six',
    sha512 => 'seven', bcrypt => 'eight:nine', yescrypt => 'ten',
    dig => 'digest-pw', dig256 => 'digest-pw', both => 'two');

my $apr1 = `openssl passwd -apr1 -salt saltsalt $password{apr1}`;
chomp $apr1;

sub ha1 {
    my ($algorithm, $user) = @_;

    return "$realm:" . $hash{$algorithm}->("$user:$realm:$password{$user}");
}

sub line_of { return "$_[0]:" . ha1($_[1], $_[0]) }

my @lines = (
    '# users of the test', '',
    "plain:{PLAIN}$password{plain}",
    'sha:{SHA}' . base64(sha1($password{sha})) . ':read,publish',
    'ssha:{SSHA}' . base64(sha1("$password{ssha}salt") . 'salt'),
    "apr1:$apr1",
    'crypt:' . crypt($password{crypt}, 'ab'),
    'md5crypt:' . crypt($password{md5crypt}, '$1$saltsalt$'),
    'sha256:' . crypt($password{sha256}, '$5$saltsalt$'),
    'sha512:' . crypt($password{sha512}, '$6$saltsalt$'),
    'bcrypt:' . crypt($password{bcrypt}, '$2y$05$abcdefghijklmnopqrstuu'),
    'yescrypt:' . crypt($password{yescrypt}, '$y$j75$saltsaltsaltsalt$'),
    line_of('dig', 'MD5'),
    line_of('dig256', 'SHA-256') =~ s/:(\w+)$/':' . uc $1/er,
    line_of('both', 'MD5'), line_of('both', 'SHA-256'),
    'elsewhere:other realm:' . md5_hex('elsewhere:other realm:x'),
    'locked:!',
    "reader:{PLAIN}r:read\r",
    "publisher:$realm:" . md5_hex("publisher:$realm:p") . ':publish',
    'talker:{PLAIN}t:talk',
    'last:{PLAIN}of all',
);

my $t = Test::Rtsp->new();

$t->write('users', join("\n", @lines));     # and no line feed at the end
$t->write('slow', 'slow:' . crypt('x:y', '$2y$12$abcdefghijklmnopqrstuu')
    . "\nplain:{PLAIN}$password{plain}\n");
$t->write('changes', "one:{PLAIN}1\n");

my $conf = <<'EOT';
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_auth_user_file users;
    rtsp_auth "cctv room";

    server {
        listen 127.0.0.1:%%PORT_OPEN%%;
        rtsp on;
        rtsp_publish on;
        rtsp_auth off;
    }

    server {
        listen 127.0.0.1:%%PORT_RTSP%%;
        rtsp on;
        rtsp_publish on;
    }

    server {
        listen 127.0.0.1:%%PORT_BASIC%%;
        rtsp on;
        rtsp_auth "cctv room" basic;
    }

    server {
        listen 127.0.0.1:%%PORT_SHA%%;
        rtsp on;
        rtsp_auth "cctv room" sha256;
    }

    server {
        listen 127.0.0.1:%%PORT_ALL%%;
        rtsp on;
        rtsp_auth "cctv room" basic digest sha256;
    }

    server {
        listen 127.0.0.1:%%PORT_SLOW%%;
        rtsp on;
        rtsp_auth "cctv room" basic;
        rtsp_auth_user_file slow;
    }

    server {
        listen 127.0.0.1:%%PORT_CHANGES%%;
        rtsp on;
        rtsp_auth "cctv room" basic;
        rtsp_auth_user_file changes;
    }
}
EOT

$t->conf($conf)->start();

my $p = $t->publish('/cam', name => 'PORT_OPEN');
my $sending = every(1, sub { $p->key(0) });

is($t->describe_status('/cam', name => 'PORT_OPEN'), 200, 'rtsp_auth off');

# where nobody asks for credentials they do no harm, whatever they are, and
# are no tries

for (
    [ 'Basic', basic('plain', $password{plain}) ],
    [ 'Basic, wrong', basic('plain', 'no') ],
    [ 'Basic, of nobody', basic('nobody', 'x') ],
    [ 'Digest', digest('dig', $password{dig}, 'DESCRIBE', '/cam',
        nonce => 'a camera made this', qop => 'auth') ],
    [ 'Digest of another URL', digest('dig', 'x', 'DESCRIBE', '/other',
        nonce => '') ],
    [ 'rubbish', 'Digest rubbish' ], [ 'another scheme', 'Negotiate abc' ])
{
    my ($name, $value) = @$_;
    my $d = $t->client(name => 'PORT_OPEN');

    is(ask($d, 'DESCRIBE', '/cam', $value)->{status}, 200,
        "rtsp_auth off: DESCRIBE with $name");
    is(ask($d, 'SETUP', '/cam/trackID=0', $value, headers => [
        Transport => 'RTP/AVP/TCP;unicast;interleaved=0-1' ])->{status}, 200,
        'and SETUP');
}

is($t->log_lines(qr/refused with 401|wrong credentials/), 0,
    'nothing was refused');


# Challenges

my $c = $t->client();

is($c->request('OPTIONS', '/cam')->{status}, 200, 'OPTIONS is not asked');
is($c->request('GET_PARAMETER', '/cam')->{status}, 200,
    'nor is GET_PARAMETER');

for my $method (qw/ DESCRIBE SETUP ANNOUNCE /) {
    my $r = ask($c, $method, '/cam', undef, headers => [
        Transport => 'RTP/AVP/TCP;unicast;interleaved=0-1',
        'Content-Type' => 'application/sdp' ], body => '');
    my ($one, @more) = challenges($r);

    is($r->{status}, 401, "$method without credentials");
    is($one->{scheme}, 'Digest', 'Digest');
    is($one->{algorithm}, 'MD5', 'with MD5');
    is($one->{realm}, $realm, 'realm');
    is($one->{qop}, 'auth', 'qop');
    is($one->{stale}, undef, 'not stale');
    like($one->{nonce}, qr/^[0-9a-f]{32}$/, 'nonce');
    is(@more, 0, 'and nothing else');
}

ok($c->alive(), 'the connection stays');
is(nonce_of($c), nonce_of($c), 'a connection has one nonce');
isnt(nonce_of($c), nonce_of($t->client()), 'of its own');

for (
    [ BASIC => [ 'Basic' ], [ undef ] ],
    [ SHA => [ 'Digest' ], [ 'SHA-256' ] ],
    [ ALL => [ qw/ Digest Digest Basic / ], [ 'SHA-256', 'MD5', undef ] ])
{
    my ($name, $schemes, $algorithms) = @$_;
    my @offers = challenges(ask($t->client(name => "PORT_$name"),
        'DESCRIBE', '/cam'));

    is_deeply([ map { $_->{scheme} } @offers ], $schemes,
        "$name: schemes that were named");
    is_deeply([ map { $_->{algorithm} } @offers ], $algorithms,
        'algorithms');
}

ok($t->wait_log(qr{\[info\].*DESCRIBE of "/cam" refused with 401: no }),
    'an info line');


# What is no credential is challenged at once, unread

for (
    [ 'another scheme', 'Negotiate abc' ],
    [ 'rubbish', 'Digest rubbish' ],
    [ 'Basic, not offered', basic('plain', $password{plain}) ],
    [ 'Basic without a colon', 'Basic ' . base64('plain') ],
    [ 'an empty user', basic('', 'x') ],
    [ 'a Bearer token', 'Bearer abc' ],
    [ 'another realm', digest('dig', $password{dig}, 'DESCRIBE',
        $c->uri('/cam'), nonce => nonce_of($c), realm => 'other') ],
    [ 'an unknown algorithm', digest('dig', $password{dig}, 'DESCRIBE',
        $c->uri('/cam'), nonce => nonce_of($c),
        over => { algorithm => 'SHA-512-256' }) ],
    [ 'SHA-256, not offered', digest('dig256', $password{dig256}, 'DESCRIBE',
        $c->uri('/cam'), nonce => nonce_of($c), algorithm => 'SHA-256') ],
    [ 'auth-int', digest('dig', $password{dig}, 'DESCRIBE',
        $c->uri('/cam'), nonce => nonce_of($c), qop => 'auth-int') ])
{
    my ($name, $value) = @$_;
    my $r = ask($c, 'DESCRIBE', '/cam', $value);

    is($r->{status}, 401, $name);
    is((challenges($r))[0]{stale}, undef, 'a challenge, not stale');
}

my $twice = $t->client(name => 'PORT_BASIC');

my $good = basic('plain', $password{plain});

is(ask($twice, 'DESCRIBE', '/cam', $good,
    headers => [ Authorization => $good ])->{status}, 401,
    'Authorization twice');


# Digest

my @digests = (
    [ 'RFC 2069', 'dig' ],
    [ 'qop=auth', 'dig', qop => 'auth' ],
    [ 'algorithm named', 'dig', algorithm => 'MD5' ],
    [ 'a line for each algorithm', 'both', qop => 'auth' ],
    [ '{PLAIN}', 'plain', qop => 'auth' ],
    [ 'RFC 2069 and {PLAIN}', 'plain' ],
    [ 'SHA-256', 'dig256', algorithm => 'SHA-256', port => 'PORT_SHA' ],
    [ 'SHA-256, qop=auth', 'dig256', algorithm => 'SHA-256', qop => 'auth',
      port => 'PORT_SHA' ],
    [ 'SHA-256, a line for each', 'both', algorithm => 'SHA-256',
      port => 'PORT_ALL' ],
    [ 'MD5, a line for each', 'both', algorithm => 'MD5',
      port => 'PORT_ALL' ],
    [ 'SHA-256 and {PLAIN}', 'plain', algorithm => 'SHA-256',
      port => 'PORT_ALL' ],
    [ 'a path as uri (BVMS)', 'dig', uri => '/cam' ],
    [ 'a slash more', 'dig', uri => 'FULL/' ],
    [ 'an upper-case response', 'dig', upper => 1 ],
    [ 'the last line, without a line feed', 'last' ],
);

$password{last} = 'of all';

for (@digests) {
    my ($name, $user, %o) = @$_;
    my $d = $t->client(name => $o{port} // 'PORT_RTSP');
    my $uri = ($o{uri} // 'FULL') =~ s/FULL/$d->uri('\/cam')/er;
    my $value = digest($user, $password{$user}, 'DESCRIBE', $uri,
        nonce => nonce_of($d), %o);

    $value =~ s/response="(\w+)"/'response="' . uc($1) . '"'/e if $o{upper};

    is(ask($d, 'DESCRIBE', '/cam', $value)->{status}, 200, "Digest: $name");
}

is(ask($c, 'DESCRIBE', '/cam?a=1&b=2', digest('dig', $password{dig},
    'DESCRIBE', $c->uri('/cam?a=1&b=2'), nonce => nonce_of($c)))->{status},
    200, 'Digest: a query');

# SETUP, and the forms of its uri

my @setup = (Transport => 'RTP/AVP/TCP;unicast;interleaved=0-1');

for (
    [ 'of the media', '/cam/trackID=0', '/cam/trackID=0' ],
    [ 'of the whole with a slash (VLC)', '/cam/trackID=0', '/cam/' ],
    [ 'of the whole (HappyTime)', '/cam/trackID=0', '/cam' ],
    [ 'with a query (VLC)', '/cam?q=1/trackID=0', '/cam?q=1/' ],
    [ 'with a query (GStreamer)', '/cam/trackID=0?q=1',
      '/cam/trackID=0?q=1' ])
{
    my ($name, $path, $uri) = @$_;
    my $d = $t->client();
    my $r = ask($d, 'SETUP', $path, digest('dig', $password{dig}, 'SETUP',
        $d->uri($uri), nonce => nonce_of($d)), headers => [ @setup ]);

    is($r->{status}, 200, "SETUP: uri $name");
    is(ask($d, 'PLAY', '/cam')->{status}, 200,
        'PLAY: the session stays authorised');
    is(ask($d, 'TEARDOWN', '/cam')->{status}, 200, 'and TEARDOWN');
}


# Stale: right, but the nonce is another connection's

my $other = $t->client();
my $foreign = nonce_of($other);
my $mine = nonce_of($c);

my $r = ask($c, 'DESCRIBE', '/cam', digest('dig', $password{dig},
    'DESCRIBE', $c->uri('/cam'), nonce => $foreign));
my ($stale) = challenges($r);

is($r->{status}, 401, 'a foreign nonce');
is($stale->{stale}, 'true', 'stale');
is($stale->{nonce}, $mine, 'and the right one');
is(ask($c, 'DESCRIBE', '/cam', digest('dig', $password{dig}, 'DESCRIBE',
    $c->uri('/cam'), nonce => $stale->{nonce}))->{status}, 200,
    'which is taken');

my $new = $t->client();
$r = ask($new, 'DESCRIBE', '/cam', digest('dig', $password{dig}, 'DESCRIBE',
    $new->uri('/cam'), nonce => 'a camera made this', qop => 'auth'));
($stale) = challenges($r);
is($stale->{stale}, 'true', 'a nonce that nobody here has made');
ok($t->wait_log(qr/\[info\].*refused with 401: the nonce .* is stale/, 5),
    'it has its line');

$r = ask($t->client(local => '127.0.1.1'), 'DESCRIBE', '/cam',
    digest('dig', 'wrong', 'DESCRIBE', $c->uri('/cam'), nonce => $foreign));
is($r->{status}, 401, 'wrong, with a foreign nonce');
is((challenges($r))[0]{stale}, undef, 'is wrong, and not stale');


# Basic, every hash

for my $user (sort keys %password) {
    my $b = $t->client(name => 'PORT_BASIC');

    is(ask($b, 'DESCRIBE', '/cam', basic($user, $password{$user}))->{status},
        200, "Basic: $user");
    is(ask($b, 'DESCRIBE', '/cam', basic($user, $password{$user}))->{status},
        200, 'and again');
}

# all the wrong ones at one time, as each has to wait

my @wrong = map { [ $_, "$password{$_}x", 'a password too long' ] }
    sort keys %password;

push @wrong, [ 'plain', 'open', 'a password up to its colon' ],
    [ 'plain', '', 'an empty password' ], [ 'nobody', 'x', 'no such user' ],
    [ 'elsewhere', 'x', 'a user of another realm' ],
    [ 'locked', '!', 'a locked user' ], [ 'locked', '', 'a locked user' ],
    [ 'DIG', $password{dig}, 'a user in upper case' ];

my @waiting = map {
    my $b = $t->client(name => 'PORT_BASIC', local => '127.0.1.2');
    my $cseq = $b->start_request('DESCRIBE', '/cam',
        headers => [ Authorization => basic($_->[0], $_->[1]) ]);
    [ $b, $cseq, "Basic: $_->[0], $_->[2]" ];
} @wrong;

for (@waiting) {
    my ($b, $cseq, $name) = @$_;
    is($b->response(15, $cseq)->{status}, 401, $name);
}


# Wrong ones of Digest

my @bad = (
    [ 'a wrong password', sub { digest('dig', 'no', 'DESCRIBE', $_[1],
        nonce => $_[0]) } ],
    [ 'another method', sub { digest('dig', $password{dig}, 'PLAY', $_[1],
        nonce => $_[0]) } ],
    [ 'another uri', sub { digest('dig', $password{dig}, 'DESCRIBE',
        $_[1] . '2', nonce => $_[0]) } ],
    [ 'another uri than what was hashed', sub { digest('dig', $password{dig},
        'DESCRIBE', $_[1] . '2', nonce => $_[0], over => { uri => $_[1] }) } ],
    [ 'a SHA-256 line for MD5', sub { digest('dig256', $password{dig256},
        'DESCRIBE', $_[1], nonce => $_[0]) } ],
    [ 'a user with a crypt() line', sub { digest('apr1', $password{apr1},
        'DESCRIBE', $_[1], nonce => $_[0]) } ],
    [ 'nobody', sub { digest('nobody', '', 'DESCRIBE', $_[1],
        nonce => $_[0]) } ],
);

@waiting = map {
    my ($name, $make) = @$_;
    my $d = $t->client(local => '127.0.1.3');
    my $cseq = $d->start_request('DESCRIBE', '/cam', headers => [
        Authorization => $make->(nonce_of($d), $d->uri('/cam')) ]);
    [ $d, $cseq, "Digest: $name" ];
} @bad;

for (@waiting) {
    my ($d, $cseq, $name) = @$_;
    is($d->response(15, $cseq)->{status}, 401, $name);
}

ok($waiting[0][0]->alive(), 'the connection stays');


# Roles

my @announce = ('Content-Type' => 'application/sdp');
my $sdp = Test::Rtsp::Source::sdp([ source('H264') ]);

for (
    [ 'reader', 'r', 200, 403 ], [ 'publisher', 'p', 403, 200 ],
    [ 'talker', 't', 403, 403 ], [ 'dig', $password{dig}, 200, 200 ])
{
    my ($user, $password, $read, $publish) = @$_;
    my $d = $t->client();
    my $nonce = nonce_of($d);

    $r = ask($d, 'DESCRIBE', '/cam', digest($user, $password, 'DESCRIBE',
        $d->uri('/cam'), nonce => $nonce));
    is($r->{status}, $read, "$user reads");

    $r = ask($d, 'SETUP', '/cam/trackID=0', digest($user, $password, 'SETUP',
        $d->uri('/cam/trackID=0'), nonce => $nonce), headers => [ @setup ]);
    is($r->{status}, $read, 'or does not at SETUP');

    $d = $t->client();

    $r = ask($d, 'ANNOUNCE', "/$user", digest($user, $password, 'ANNOUNCE',
        $d->uri("/$user"), nonce => nonce_of($d)), headers => [ @announce ],
        body => $sdp);
    is($r->{status}, $publish, "$user publishes");
}

ok($t->log_lines(qr{\[info\].*ANNOUNCE\ of\ "/reader"\ refused\ with\ 403:
    .*rtsp_auth_user_file.*user:\ "reader".*client:\ 127\.0\.0\.1}x),
    'an info line says who, what and why');


# Whoever is wrong waits, and nobody else

my $slow = $t->client(local => '127.0.1.4', name => 'PORT_BASIC');
my $quick = $t->client(local => '127.0.1.4', name => 'PORT_BASIC');
my $start = time();

my $cseq = $slow->start_request('DESCRIBE', '/cam',
    headers => [ Authorization => basic('plain', 'no') ]);
my $behind = $slow->start_request('OPTIONS', '*');
my @quick = map { ask($quick, 'DESCRIBE', '/cam',
    basic('plain', $password{plain})) } 1 .. 20;

is(join(' ', map { $_->{status} } @quick), join(' ', (200) x 20),
    'another connection of the address');
is(@{ $slow->{responses} }, 0, 'is answered before the wrong one');

$r = $slow->response(15, $cseq);
is($r->{status}, 401, 'which gets its 401');
cmp_ok($r->{at} - $start, '>=', 0.45, 'no sooner than after half a second');
is((challenges($r))[0]{scheme}, 'Basic', 'with the challenge');
is($slow->response(15, $behind)->{status}, 200, 'then what came behind it');
is(ask($slow, 'DESCRIBE', '/cam', basic('plain', $password{plain}))->{status},
    200, 'and the right password on the same connection');

my $gone = $t->client(local => '127.0.1.4', name => 'PORT_BASIC');
$gone->start_request('DESCRIBE', '/cam',
    headers => [ Authorization => basic('plain', 'no') ]);
$gone->abort();


# A hash of a quarter of a second holds nobody up, and is made once

$slow = $t->client(name => 'PORT_SLOW');
$quick = $t->client(name => 'PORT_SLOW', local => '127.0.1.5');

my @same = map { $t->client(name => 'PORT_SLOW') } 1 .. 5;
my @slow = map { [ $_, $_->start_request('DESCRIBE', '/cam',
    headers => [ Authorization => basic('slow', 'x:y') ]) ] } $slow, @same;

@quick = map { ask($quick, 'DESCRIBE', '/cam',
    basic('plain', $password{plain})) } 1 .. 20;

is(join(' ', map { $_->{status} } @quick), join(' ', (200) x 20),
    'others are answered');
is(@{ $slow->{responses} }, 0, 'while a thread makes the hash');
is(join(' ', map { $_->[0]->response(15, $_->[1])->{status} } @slow),
    join(' ', (200) x 6), 'which is right, for all who asked');

$r = ask($slow, 'DESCRIBE', '/cam', basic('slow', 'x:y'));
is($r->{status}, 200, 'remembered');

$gone = $t->client(name => 'PORT_SLOW');
$gone->start_request('DESCRIBE', '/cam',
    headers => [ Authorization => basic('slow', 'gone') ]);
$gone->abort();


# The file changes

my $change = $t->client(name => 'PORT_CHANGES');

sub user {
    my ($user, $password, %o) = @_;

    my $u = $t->client(name => 'PORT_CHANGES', %o);
    return ask($u, 'DESCRIBE', '/cam', basic($user, $password))->{status};
}

# asks with a user who is right until the log says so

sub until_logged {
    my ($user, $password, $re, $n) = @_;

    return $t->wait(sub {
        ask($change, 'DESCRIBE', '/cam', basic($user, $password));
        $t->log_lines($re) >= $n;
    }, 15);
}

is(user('one', 1), 200, 'a user');

$t->write('changes', "one:{PLAIN}1\ntwo:{PLAIN}2\n");
ok(until_logged('one', 1, qr{\[notice\].*changes".* again, 2 users}, 1),
    'a user more');
is(user('two', 2), 200, 'is let in');

rename "$t->{dir}/changes", "$t->{dir}/away";
ok(until_logged('one', 1, qr{\[error\].*changes" failed}, 1),
    'the file is gone');
is(user('two', 2), 200, 'its users stay');

rename "$t->{dir}/away", "$t->{dir}/changes";
ok(until_logged('one', 1, qr{\[notice\].*changes" is back}, 1), 'it is back');

$t->write('changes', "one:{PLAIN}3\nbroken\n");
ok(until_logged('one', 1, qr{\[error\].*in \S+changes:2}, 1),
    'a broken line, by its number');
is(user('one', 1), 200, 'the old content stays');
is(user('one', 3, local => '127.0.1.6'), 401, 'whole');

$t->write('changes', "one:{PLAIN}3\nbroken again\n");
my $until = time() + 2.5;
pump(0.1), user('one', 1) while time() < $until;
is(scalar(my @lines_of = $t->log_lines(qr{\[error\].*changes})), 2,
    'one line each time, until it is well again');

$t->write('changes', "one:{PLAIN}3\n");
ok($t->wait(sub { user('one', 3, local => '127.0.1.7') == 200 }, 20),
    'mended');
is(user('two', 2, local => '127.0.1.6'), 401, 'who was taken out is out');

ok(!(grep { index($t->log(), $_) >= 0 } grep { length > 4 } values %password),
    'no password in the log');

cancel($sending);
$t->clean();


# rtsp_path: each has its own, or its server's

$t = Test::Rtsp->new();

$t->write('one', "user:{PLAIN}one\n")->write('two', "user:{PLAIN}two\n");
$t->stream(server => <<'EOT')->start();
rtsp_publish on;
        rtsp_auth cctv basic;

        rtsp_path /one { rtsp_auth_user_file one; }
        rtsp_path /two { rtsp_auth_user_file two; }
        rtsp_path /other { rtsp_auth other; rtsp_auth_user_file two; }
        rtsp_path /free { rtsp_auth off; }
        rtsp_path /gone { rtsp_return 404; rtsp_auth_user_file one; }
        rtsp_path /denied { rtsp_deny all; rtsp_auth_user_file one; }
EOT

$c = $t->client();

for (
    [ '/one', 'one', 404 ], [ '/one', 'two', 401 ], [ '/one', undef, 401 ],
    [ '/two', 'two', 404 ], [ '/two/below', 'two', 404 ],
    [ '/two', undef, 401 ], [ '/free', undef, 404 ], [ '/free', 'no', 404 ],
    [ '/other', 'two', 401 ], [ '/gone', undef, 404 ],
    [ '/denied', undef, 403 ], [ '/denied', 'no', 403 ],
    [ '/nowhere', undef, 404 ])
{
    my ($path, $password, $status) = @$_;

    is(ask($c, 'DESCRIBE', $path, defined $password
        ? basic('user', $password) : undef)->{status}, $status,
        "rtsp_path: $path, " . ($password // 'no password'));
}

is((challenges(ask($c, 'DESCRIBE', '/other')))[0]{realm}, 'other',
    'rtsp_path: its own realm');
ok($t->log_lines(qr{with 401: wrong .*user_file.*in rtsp_path "/one"}),
    'the info line says which');

$t->clean();


# Tries, over all workers

$t = Test::Rtsp->new(workers => 2);

$t->write('users', "plain:{PLAIN}$password{plain}\n");
$t->stream(server => 'rtsp_auth cctv basic; rtsp_auth_user_file users;')
    ->start();

my @w = $t->workers();
my $right = basic('plain', $password{plain});

sub tries {
    my ($n, $from) = @_;

    my @tries = map {
        my $b = $t->connect_in($w[$_ % 2], local => $from);
        [ $b, $b->start_request('DESCRIBE', '/cam',
            headers => [ Authorization => basic('plain', "no $_") ]) ];
    } 1 .. $n;

    return grep { $_->[0]->response(15, $_->[1])->{status} != 401 } @tries;
}

is(tries(49, '127.0.2.1'), 0, '49 wrong ones from one address');
is(ask($t->connect_in($w[$_], local => '127.0.2.1'), 'DESCRIBE', '/cam',
    $right)->{status}, 404, "worker $_: a right one") for 0, 1;

is(tries(1, '127.0.2.1'), 0, 'one more');

my @locked = map { $t->connect_in($w[$_], local => '127.0.2.1') } 0, 1;

for (0, 1) {
    $start = time();
    $r = ask($locked[$_], 'DESCRIBE', '/cam', $right);
    is($r->{status}, 401, "worker $_: not even a right one");
    cmp_ok($r->{at} - $start, '>=', 0.45, 'after the delay');
}

ok($locked[0]->alive(), 'the connection stays');
is($t->log_lines(qr{\[notice\].*50 wrong credentials}), 1, 'one notice');
is(ask($t->connect_in($_, local => '127.0.2.2'), 'DESCRIBE', '/cam',
    $right)->{status}, 404, 'other addresses are not concerned') for @w;

$t->clean();


# What nginx -t refuses

sub refused {
    my ($name, $conf, $re, %files) = @_;

    my $n = Test::Rtsp->new();

    $n->write($_, $files{$_}) for keys %files;
    $n->stream(server => $conf);

    my ($code, $text) = $n->check();

    is($code, 1, "nginx -t refuses $name");
    like($text, $re, 'and says why');
}

sub accepted {
    my ($name, $conf, %files) = @_;

    my $n = Test::Rtsp->new();

    $n->write($_, $files{$_}) for keys %files;
    $n->stream(server => $conf);

    my ($code, $text) = $n->check();

    is($code, 0, "nginx -t takes $name") or diag($text);
}

my $md5 = 'a' x 32;
my $on = 'rtsp_auth cctv; rtsp_auth_user_file u;';

refused('no file', 'rtsp_auth cctv;',
    qr/rtsp_auth_user_file.*nginx\.conf:\d+/);
refused('a missing file', 'rtsp_auth_user_file u;',
    qr/u" failed.*No such file.*nginx\.conf:\d+/s);
refused('a directory', 'rtsp_auth_user_file logs;', qr/not a file/);
refused('an unknown word', 'rtsp_auth cctv ntlm;',
    qr/"ntlm".*"sha256".*nginx\.conf:\d+/);
refused('a word twice', 'rtsp_auth cctv basic basic;', qr/duplicate/);
refused('a word after off', 'rtsp_auth off basic;', qr/"basic"/);
refused('quotes', q{rtsp_auth 'a "b"';}, qr/realm/);
refused('an empty realm', q{rtsp_auth '';}, qr/realm/);
refused('two of it', 'rtsp_auth a; rtsp_auth b;', qr/duplicate/);

for (
    [ 'no hash', 'user' ], [ 'an empty hash', 'user:' ],
    [ 'no user', ":$md5" ], [ 'a password in clear', 'user:secret' ],
    [ 'an unknown role', 'user:{SHA}x:raed' ],
    [ 'too much', "user:realm:$md5:read:x" ],
    [ 'a short hash', "user:realm:a$md5" ], [ 'no roles', 'u:{SHA}x:' ],
    [ 'a control character', "us\ter:{PLAIN}x" ],
    [ 'a user too long', 'u' x 256 . ':{PLAIN}x' ],
    [ 'a hash too long', 'u:{PLAIN}' . 'x' x 2000 ])
{
    my ($name, $line) = @$_;

    refused("a line with $name", $on, qr/\bu:3 /, u => "# x\n\n$line\n");
}

accepted('all kinds of lines', $on, u => join "\r\n", '#', '',
    "user:realm:$md5", "user:a:b:$md5:read", "user:realm:$md5$md5:talk,read",
    'u:{PLAIN}a:b:c', 'u:*', 'u:$2y$05$abc', 'u:_12345678901234567890' =~
    s/0$//r, '');
refused('a rtsp_path without a file', 'rtsp_auth cctv; rtsp_path /x { }',
    qr/rtsp_auth_user_file.*nginx\.conf:\d+/);
accepted('an empty file', $on, u => '');
accepted('rtsp_auth off', 'rtsp_auth off;');

sub warned {
    my ($name, $n, $line, $words) = @_;

    my $w = Test::Rtsp->new();

    $w->write('u', $line);
    $w->stream(server => "rtsp_auth cctv $words; rtsp_auth_user_file u;");

    my ($code, $text) = $w->check();

    is($code, 0, "nginx -t takes $name");
    is(scalar(() = $text =~ /\[warn\].*no user of.*"cctv".*nginx\.conf:\d+/g),
        $n, $n ? 'with a warning' : 'without a warning') or diag($text);
}

warned('hashes of htpasswd for Digest', 1, 'u:{SHA}x', '');
warned('another realm', 1, "u:other:$md5", '');
warned('SHA-256 for MD5', 1, "u:cctv:$md5$md5", 'digest');
warned('MD5 for SHA-256', 1, "u:cctv:$md5", 'sha256');
warned('one of two', 0, "u:cctv:$md5", 'sha256 digest');
warned('{PLAIN} for Digest', 0, 'u:{PLAIN}x', 'sha256');
warned('hashes of htpasswd for Basic', 0, 'u:{SHA}x', 'basic');

done_testing();
