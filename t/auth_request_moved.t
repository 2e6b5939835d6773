# rtsp_auth_request recheck=: sessions that go from worker to worker are asked
# about with what they began with, whoever moves them, wherever to, and however
# often.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp;
use Test::Rtsp::Gateway;

my $password = 'CORRECT-HORSE-BATTERY';
my $token = 'T0KEN-of-the-query';

my $t = gateway("$url recheck=1s cache=60s", workers => 2, zone => '16m');
my ($first, $second) = $t->workers();

# what is asked about users by RECHECK

my %verdict;

my $s = service($t, sub {
    my ($form) = @_;
    my $verdict = $verdict{$form->{user}};
    return $form->{call} eq 'RECHECK' && $verdict ? $verdict->($form) : 200;
});

my $p = $t->publish('/one', name => 'PORT_OPEN');
$p->key(0);

sub rechecks {
    my ($user) = @_;
    return grep { $_->{call} eq 'RECHECK' && $_->{user} eq $user }
        @{ $s->{questions} };
}

# after these there are $n more of them

sub more {
    my ($user, $n) = @_;
    my $want = rechecks($user) + $n;

    return $t->wait(sub { $p->key(0); rechecks($user) >= $want }, 15);
}

# a session, set up in the first worker

sub begin {
    my ($user, %o) = @_;

    my $c = client($t, basic($user, $password), worker => $first);

    my $reader = $t->reader("/one?who=$user&token=$token-$user", %o,
        client => $c);
    my $request = \&Test::Rtsp::Client::request;

    no warnings 'redefine';
    local *Test::Rtsp::Client::request = sub {
        my ($self, $method, $path, %o) = @_;
        push @{ $o{headers} }, 'User-Agent' => "viewer of $user";
        return $request->($self, $method, $path, %o);
    };

    is($reader->describe()->{status}, 200, "$user: DESCRIBE");
    is($reader->setup(0)->{status}, 200, "$user: SETUP");

    return $reader;
}

# the same session from another connection, with other credentials or none

sub steer {
    my ($reader, $worker, $authorization, %o) = @_;

    my $c = client($t, $authorization, worker => $worker, %o);

    $c->{session} = $reader->{client}{session};
    $c->{on_frame} = $reader->{client}{on_frame};

    return $c;
}


# UDP: PAUSE and PLAY from a connection in the other worker; TCP: paused, and
# taken over there

for my $case ([ 'udp', undef ], [ 'tcp', undef ],
              [ 'tcp', basic('mallory', 'other') ])
{
    my ($transport, $authorization) = @$case;
    my $user = $transport . ($authorization ? 'mal' : '');
    my $reader = begin($user, transport => $transport);
    my $name = "$transport, taken over "
        . ($authorization ? 'with other credentials' : 'with none');

    is($reader->play()->{status}, 200, "$name: PLAY");
    $p->key(0);
    ok($reader->wait_all(0, $p->{sources}[0]), "$name: it plays");
    ok(more($user, 1), "$name: it is asked about");

    my %before = %{ (rechecks($user))[-1] };
    my $c = steer($reader, $second, $authorization);

    # in PLAY over TCP only its own connection can steer it

    is(($transport eq 'udp' ? $c : $reader->{client})
       ->request('PAUSE', '/one')->{status}, 200, "$name: PAUSE");

    my $old = $reader->{client};
    $reader->{client} = $c;

    is($reader->play()->{status}, 200, "$name: PLAY in another worker");
    $reader->forget();
    $p->key(0);
    ok($t->wait(sub { $reader->count(0) }, 5), "$name: it plays there");
    ok(more($user, 2), "$name: it is asked about there");

    is_deeply($_, \%before, "$name: in the same words")
        for (rechecks($user))[-2 .. -1];

    is("@before{qw/ user password query address transport user_agent token /}",
        "$user $password who=$user&token=$token-$user 127.0.0.1 $transport "
        . "viewer of $user ", "$name: which are those of its beginning");
    is(scalar(grep { $_->{user} eq 'mallory' } @{ $s->{questions} }), 0,
        "$name: whoever brought it does not matter");

    ok(shared($second) !~ /\Q$password\E/,
        "$name: no password in shared memory");

    $verdict{$user} = sub { 403 };
    ok($t->wait(sub { $p->key(0); $c->{eof} }, 10), "$name: denied, it ends");
    lines($t, '\[notice\].*403, the session loses its right to read.*'
        . 'client: 127\.0\.0\.1, path: "/one"',
        1 + ($transport eq 'tcp') + ($authorization ? 1 : 0),
        "$name: with a line");

    # what the cache would still allow is over

    my $asked = grep { $_->{call} ne 'RECHECK' } @{ $s->{questions} };
    is(describe($t, "/one?who=$user&token=$token-$user",
                basic($user, $password), worker => $_)->{status}, 403,
        "$name: denied from the cache") for $first, $second;
    is(scalar(grep { $_->{call} ne 'RECHECK' } @{ $s->{questions} }), $asked,
        "$name: and the service is not asked");

    $old->close();
}


# What has been let go and not been taken up yet is sealed: both workers are
# held up for that, the one that lets go until it is asked to, the other then

my $reader = begin('sealed');
my $c = steer($reader, $second, undef);
my $witness = client($t, undef, worker => $first);
my $id = $reader->{client}{session};

sub ids { return scalar(() = shared($first) =~ /\Q$id\E/g) }

is(ids(), 1, 'the session is in shared memory');

kill STOP => $first;
$c->start_request('PLAY', '/one');
ok($t->wait(sub { ids() == 2 }, 5), 'its worker is asked to let it go');
kill STOP => $second;
kill CONT => $first;

is($witness->request('OPTIONS', '/one')->{status}, 200, 'it goes on')
    for 1 .. 2;

my $memory = shared($first);

kill CONT => $second;
is($c->response()->{status}, 200, 'and the other one has it');

ok($memory !~ /\Q$password\E/, 'no password in shared memory meanwhile');
is(scalar(() = $memory =~ /\Q$token\E-sealed/g), 1,
    'nor the query, but for the one that variables have');
ok(more('sealed', 1), 'what was sealed is what is asked');

$verdict{sealed} = sub { 403 };
ok($t->wait(sub { $p->key(0); $c->{eof} }, 10), 'denied, it ends');


# Over a server that asks nobody

$reader = begin('detour');
$c = steer($reader, $second, undef, name => 'PORT_OPEN');
is($c->request('PLAY', '/one')->{status}, 200, 'PLAY over an open server');
ok(more('detour', 2), 'it is asked about all the same');

$verdict{detour} = sub { 401 };
ok($t->wait(sub { $p->key(0); $c->{eof} }, 10), 'denied, it ends');


# Who moves again and again before its time has come, or before there is an
# answer, does not get away with it

$reader = begin('restless');
$verdict{restless} = sub { undef };

my @w = ($second, $first);
my @others = map { steer($reader, $_, undef) } @w;
my ($moves, $stays) = (0, 0);

sub move {
    my $c = $others[$moves % 2];
    my $r = $c->request('PLAY', '/one');

    if ($r->{status} == 503) {
        $stays++;
        return;
    }

    is($r->{status}, 200, 'it moves') if $r->{status} != 200;
    $c->request('PAUSE', '/one');
    $moves++;
}

ok($t->wait(sub { $p->key(0); move(); rechecks('restless') }, 15),
    'asked, though it moves all the time');
cmp_ok($moves, '>', 0, 'and has moved');

ok($t->wait(sub { $p->key(0); move(); $stays }, 15),
    'it has to stay until there is an answer');
ok($t->log_lines(qr/\[info\].*session stays in its worker until service/),
    'a line says so');

$_->close() for @others;


$t->clean();


# To a worker with another configuration: the service that this one names is
# asked, in the same words; where it names none there is nobody to ask

my $ports = Test::Rtsp->new();

sub configured {
    my ($t, $directive) = @_;

    return $t->conf(<<"EOT");
stream {
    rtsp_zone rtsp:16m;
    rtsp_udp_port %%UDP_RTP%%;

    server {
        listen 127.0.0.1:%%PORT_RTSP%% reuseport;
        rtsp on;
        rtsp_publish on;
        $directive
    }

    server { listen 127.0.0.1:%%PORT_OPEN%%; rtsp on; rtsp_publish on; }
}
EOT
}

$t = configured($ports, "rtsp_auth_request $url recheck=1s;");
$t->start();

$s = service($t, sub { 200 });
my $other = service($t, sub { 200 }, name => 'PORT_OTHER');

$p = $t->publish('/one', name => 'PORT_OPEN');
$p->key(0);

# plays over UDP in a worker that goes, and goes on in the next one

my $udp = $t->read_stream('/one', transport => 'udp',
    client => client($t, basic('eve', $password)));
ok(more('eve', 1), 'asked about');

for my $step ([ 'another URL', 'rtsp_auth_request '
                . 'http://127.0.0.1:%%PORT_OTHER%%/new recheck=1s;' ],
              [ 'none', '' ])
{
    my ($name, $directive) = @$step;

    configured($t, $directive);
    ok($t->reload(), "$name: reload");

    my $session = $udp->{client}{session};
    $udp->{client} = client($t);
    $udp->{client}{session} = $session;

    is($udp->pause()->{status}, 200, "$name: PAUSE over a new worker");
    is($udp->play()->{status}, 200, "$name: PLAY in it");

    my $asked = $s->asked();
    my $there = $other->asked();

    if ($directive) {
        ok($t->wait(sub { $p->key(0); $other->asked() >= $there + 2 }, 10),
            "$name: that is asked");
        is("@{ $other->last() }{qw/ call user password address /}",
            "RECHECK eve $password 127.0.0.1", "$name: in the same words");
        is($s->asked(), $asked, "$name: the old one is not");

    } else {
        lines($t, '\[notice\].*session is not rechecked any more, nobody asks'
            . '.*client: 127\.0\.0\.1, path: "/one"', 1, "$name: a line");
        $udp->forget();
        $p->key(0);
        ok($t->wait(sub { $udp->count(0) }, 5), "$name: it goes on");
    }
}

$t->clean();

done_testing();
