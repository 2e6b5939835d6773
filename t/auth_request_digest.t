# rtsp_auth_request and what clients prove: HA1 from the cache when a password
# has been changed, Digest that nobody asked for, tokens, tries.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::MD5 qw/ md5_hex /;
use Test::More;
use Test::Rtsp;
use Test::Rtsp::Gateway;


# A password is changed while the cache has the HA1 of the old one

my $t = gateway("$url cache=60s", workers => 2, zone => '16m',
    server => 'rtsp_auth "cam" digest;');
my ($first, $second) = $t->workers();

my $password = 'old';
my $s = service($t, sub {
    my ($form) = @_;
    return 403 if $form->{username} ne 'alice';
    return [ 200, { 'X-RTSP-HA1' => md5_hex("alice:cam:$password") } ];
});
my $p = $t->publish('/one', name => 'PORT_OPEN');

sub challenged {
    my ($method, $path, %o) = @_;

    my $c = client($t, undef, %o);
    my $r = $c->request($method, $path);
    my ($nonce) = $r->{headers}{'www-authenticate'} =~ /nonce="([^"]+)"/;

    return ($c, $nonce);
}

sub try_digest {
    my ($user, $secret, %o) = @_;

    my ($c, $nonce) = challenged('DESCRIBE', '/one', %o);
    $c->{authorization} = digest($c, 'DESCRIBE', '/one', $user, $secret,
        $nonce);

    my $r = $c->request('DESCRIBE', '/one');
    $c->close();

    return $r->{status};
}

is(try_digest('alice', 'old', worker => $first), 200, 'the old password');
is(try_digest('alice', 'old', worker => $second), 200, 'from the cache');
is($s->asked(), 1, 'asked once');

my $memory = shared($first);
my $ha1 = md5_hex('alice:cam:old');

ok($memory =~ m{/one}, 'shared memory is read');
ok($memory !~ /\Q$ha1\E/i, 'there is no HA1 in it');
ok(index($memory, pack 'H*', $ha1) < 0, 'nor its bytes');

$password = 'new';

is(try_digest('alice', 'new', worker => $first), 200,
    'the new password is right at once');
is($s->asked(), 2, 'the service was asked for it');
is(try_digest('alice', 'new', worker => $second), 200, 'and in all workers');
is($s->asked(), 2, 'from the cache');
is(try_digest('alice', 'old', worker => $second), 401, 'the old one is wrong');
is($s->asked(), 3, 'as the service was asked again');
is(try_digest('alice', 'new', worker => $first), 200, 'and the new one right');
is($s->asked(), 3, 'its HA1 is in the cache still');

# the service is asked once in a request, also where it does not help

my $before = $s->asked();
my ($c, $nonce) = challenged('DESCRIBE', '/one');
$c->{authorization} = digest($c, 'DESCRIBE', '/other', 'alice', 'new', $nonce);
is($c->request('DESCRIBE', '/one')->{status}, 401, 'a Digest of another URL');
is($s->asked(), $before + 1, 'once');

# a service that is down meanwhile: no decision by what may be old

$s->stop();
is(try_digest('alice', 'new'), 200, 'the cache knows the answer');
is(try_digest('alice', 'newer'), 503, 'it does not know this one');
undef $s;

$t->clean();


# Digest that nobody has asked for: rtsp_auth is off, the client has a nonce
# from elsewhere

for my $cache ('', 'cache=60s') {
    $t = gateway("$url $cache");
    $s = service($t, sub {
        my ($form) = @_;
        return $form->{username} ne 'bob' ? 403
            : [ 200, { 'X-RTSP-HA1' => md5_hex('bob:elsewhere:secret') } ];
    });
    $p = $t->publish('/one', name => 'PORT_OPEN');

    for my $row ([ 'bob', 'secret', 200 ], [ 'bob', 'wrong', 401 ],
                 [ 'eve', 'secret', 403 ], [ 'bob', 'secret', 200 ])
    {
        my ($user, $secret, $status) = @$row;

        $c = client($t);
        $c->{authorization} = digest($c, 'DESCRIBE', '/one', $user, $secret,
            'abcdef', 'elsewhere');
        is($c->request('DESCRIBE', '/one')->{status}, $status,
            "unsolicited Digest of $user with $secret: $status $cache");
        $c->close();
    }

    $t->clean();
}


# Tokens: of the query, with a value

$t = gateway($url, server => 'rtsp_auth "cam" basic;');
$s = service($t, sub { $_[0]{token} eq 'x y' ? 200 : 401 });
$p = $t->publish('/one', name => 'PORT_OPEN');

for my $query ('token=', 'jwt=', 'token', 'a&token=&jwt=', 'token=&b=1', '') {
    is(describe($t, "/one?$query")->{status}, 401, "?$query is no token");
}

is($s->asked(), 0, 'the service is not asked');
is(describe($t, '/one?token=&a&jwt=x%20y')->{status}, 200,
    'the first one with a value counts');
is($s->last()->{token}, 'x y', 'decoded');

# each wrong one counts, and after 50 the address is not heard any more

my $right = client($t, undef, local => '127.0.0.9');
my $asked = $s->asked();
my @tries = map { client($t, undef, local => '127.0.0.2') } 1 .. 50;

$tries[$_]->start_request('DESCRIBE', "/one?token=wrong$_") for 0 .. $#tries;
is(join(' ', map { $_->response()->{status} } @tries),
    join(' ', (401) x 50), '50 wrong tokens');
is($s->asked(), $asked + 50, 'were told to the service');

is($tries[0]->request('DESCRIBE', '/one?token=x%20y')->{status}, 401,
    'a right one comes too late');
is($tries[1]->request('DESCRIBE', '/one',
    headers => [ Authorization => 'Bearer x' ])->{status}, 401,
    'as does Bearer');
is($s->asked(), $asked + 50, 'the service hears nothing of it');
is($right->request('DESCRIBE', '/one?token=x%20y')->{status}, 200,
    'another address is heard');
lines($t, qr/\[notice\].*sent 50 wrong credentials/, 1, 'one notice');
ok($t->log() !~ /wrong7\b/, 'no token in the log at level info')
    or diag(grep { /wrong7\b/ } split /^/, $t->log());

$t->clean();

done_testing();
