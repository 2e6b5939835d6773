# rtsp_udp_port from-to: pairs that belong to one media of one session, how
# they move with it, how they come back, and what happens when none is left.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Address qw/ bound_port /;
use Test::Rtsp::Loop qw/ cancel every /;
use Test::Rtsp::Rtp qw/ gaps same ssrcs /;

my @udp = (transport => 'udp');
my $t;


# So many pairs in a row that are free

sub range {
    my ($n) = @_;

    for (1 .. 200) {
        my @pairs = map { Test::Rtsp::udp_pair('0.0.0.0') } 1 .. $n;
        my @ports = map { bound_port($_->[0]) } @pairs;

        return ($ports[0], $ports[0] + 2 * $n - 1)
            if $ports[-1] == $ports[0] + 2 * ($n - 1);
    }

    die "no $n free pairs in a row";
}


# Pairs in the range, even, and none of them twice

sub are_private {
    my ($name, $from, $to, @pairs) = @_;

    my %seen;

    is(join(' ', map { "@$_" } grep { $_->[0] & 1 || $_->[1] != $_->[0] + 1
        || $_->[0] < $from || $_->[1] > $to } @pairs), '',
        "$name: in the range");
    is(join(' ', grep { $seen{$_}++ } map { $_->[0] } @pairs), '',
        "$name: each its own");
}


# What a reader got came from its own ports, and is what was published

sub is_served {
    my ($name, $p, $r) = @_;

    for my $i (0 .. $#{ $r->{controls} }) {
        ok($r->wait_all($i, $p->{sources}[$i]), "$name: media $i");
        is(scalar same($r->got($i), $p->{sources}[$i]{sent}), '', 'as sent');
        is(gaps($r->got($i)), '', 'no gap');
        is(join(' ', ssrcs($r->got($i))), $r->{ssrc}[$i], 'one SSRC');
    }

    is(join(' ', sort keys %{ $r->{senders}{0} }),
        join(' ', sort map { "127.0.0.1:$_->[0]" } @{ $r->{server_ports} }),
        "$name: RTP comes from its ports");
    ok($t->wait(sub {
        keys %{ $r->{senders}{1} // {} } == @{ $r->{server_ports} }
    }, 5), "$name: RTCP as well");
    is(join(' ', sort keys %{ $r->{senders}{1} }),
        join(' ', sort map { "127.0.0.1:$_->[1]" } @{ $r->{server_ports} }),
        "$name: from its ports");
}


# Twenty readers of a publisher over UDP, in two workers

my ($from, $to) = range(44);
$t = Test::Rtsp->new(workers => 2);

$t->conf(<<"EOT")->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port $from-$to;
    rtsp_publish on;

    server { listen 127.0.0.1:%%PORT_RTSP%% reuseport; rtsp on; }
    server { listen 127.0.0.1:%%PORT_SHORT%% reuseport; rtsp on;
             rtsp_session_timeout 2s; }
}
EOT

my @w = $t->workers();
my @sources = (source('H264'), source('PCMU'));
my $p = $t->publish('/live', @udp, sources => \@sources, worker => $w[0]);

$p->key(0)->unit(1);

my @readers = map {
    $t->read_stream('/live', @udp, worker => $w[$_ & 1])
} 1 .. 20;

are_private('a publisher and 20 readers', $from, $to,
    map { @{ $_->{server_ports} } } $p, @readers);

for my $n (1 .. 30) {
    $p->unit(0, key => $n == 15, size => $n == 7 ? 60_000 : 2500)->unit(1);
    $readers[0]->wait_all(0, $sources[0]);
}

is_served("reader $_", $p, $readers[$_]) for 0 .. 19;

ok($t->wait(sub { grep { $_->{type} == 201 } @{ $p->{rtcp}[0] // [] } }, 10),
    'receiver reports to the publisher');
is($_->teardown()->{status}, 200, 'TEARDOWN') for @readers;


# RTCP of a reader, on its own port, keeps its session

my $says = $t->read_stream('/live', @udp, name => 'PORT_SHORT');
my $timer = every(0.25, sub { $says->send_rr(0) });
my $silent = $t->read_stream('/live', @udp, name => 'PORT_SHORT');

ok($silent->{client}->closed(10), 'a silent reader ends');
ok(!$says->{client}{eof}, 'one that sends reports does not');

my $again = $t->read_stream('/live', @udp, name => 'PORT_SHORT');

ok($again->{client}->closed(10), 'another one ends as well');
$says->forget();
$p->key(0);
ok($says->wait_all(0, $sources[0]), 'it plays on');
cancel($timer);
is($says->teardown()->{status}, 200, 'TEARDOWN');


# Paused, it goes on in another worker from the same ports

my $r = $t->read_stream('/live', @udp, worker => $w[0]);
my @ports = map { @$_ } @{ $r->{server_ports} };
my @left;

for my $worker (1, 0, 1) {
    is($r->pause()->{status}, 200, 'PAUSE');

    my $c = $t->connect_in($w[$worker]);

    $c->{session} = $r->{client}{session};
    push @left, $r->{client};
    $r->{client} = $c;
    $r->forget();
    $r->{senders} = {};

    $p->key(0)->unit(1);
    is($r->play()->{status}, 200, "PLAY in worker $worker");
    $p->unit(0)->unit(1) for 1 .. 5;
    is_served("moved to worker $worker", $p, $r);
    is(join(' ', map { @$_ } @{ $r->{server_ports} }), "@ports",
        'the same ports');
}

is($r->teardown()->{status}, 200, 'TEARDOWN');


# A publisher that is set up in one worker and records in another

my $moves = $t->publisher('/moves', @udp, worker => $w[0],
    sources => [ source('H264'), source('PCMU') ]);

is($moves->announce()->{status}, 200, 'ANNOUNCE');
is($moves->setup(0)->{status}, 200, 'SETUP in worker 0');

for my $i (1, 0) {
    my $c = $t->connect_in($w[$i]);

    $c->{session} = $moves->{client}{session};
    push @left, $moves->{client};
    $moves->{client} = $c;

    is($moves->setup(1)->{status}, 200, 'SETUP in worker 1') if $i == 1;
}

is($moves->record()->{status}, 200, 'RECORD in worker 0');
are_private('a publisher that moves', $from, $to,
    map { @{ $_->{server_ports} } } $p, $moves);

$r = $t->read_stream('/moves', @udp, worker => $w[1]);
$moves->key(0)->unit(1);
$moves->unit(0)->unit(1) for 1 .. 10;
is_served('of a publisher that moved', $moves, $r);
is($_->teardown()->{status}, 200, 'TEARDOWN') for $r, $moves, $p;
$_->close() for @left;

$t->clean();


# Three pairs: one is the publisher's

($from, $to) = range(3);
$t = Test::Rtsp->new(workers => 2);

$t->stream(main => "rtsp_udp_port $from-$to;")->start();
@w = $t->workers();

my $source = source('H264');

$p = $t->publish('/few', @udp, sources => [ $source ], worker => $w[0]);
$p->key(0);


# Sessions that come and go, in whatever way, far more than there are pairs

my %used;

for my $n (1 .. 40) {
    my $r = $t->reader('/few', @udp, worker => $w[$n & 1]);
    my $status;

    is($r->describe()->{status}, 200, 'DESCRIBE');

    # the end of a connection may be seen later than the next one begins

    ok($t->wait(sub { ($status = $r->setup(0)->{status}) != 503 }, 5),
        "session $n: a pair is free");
    is($status, 200, 'SETUP');
    $used{$r->{server_ports}[0][0]}++;

    if ($n % 4) {
        is($r->play()->{status}, 200, 'PLAY');
        ok($r->wait_all(0, $source), 'it plays');
    }

    if ($n % 2) {
        is($r->teardown()->{status}, 200, 'TEARDOWN');

    } elsif ($n % 4) {
        is($r->pause()->{status}, 200, 'PAUSE');
    }

    $r->{client}->close();
}

cmp_ok(scalar keys %used, '<=', 2, 'those of the publisher are never theirs');


# None is left

my @all = map { $t->reader('/few', @udp, worker => $w[$_ & 1]) } 1 .. 4;

$_->describe() for @all;

for my $r (@all[0, 1]) {
    ok($t->wait(sub { $r->setup(0)->{status} == 200 }, 5), 'a pair is free');
}

are_private('three sessions', $from, $to,
    map { @{ $_->{server_ports} } } $p, @all[0, 1]);

for my $r (@all[2, 3]) {
    is($r->setup(0)->{status}, 503, 'no pair is left');
    ok($r->{client}->alive(), 'the connection stays');
}

my $new = $t->publisher('/new', @udp, worker => $w[1]);

is($new->announce()->{status}, 200, 'ANNOUNCE');
is($new->setup(0)->{status}, 503, 'no pair for a publisher');
ok($new->{client}->alive(), 'the connection stays');

ok($t->log_lines(qr/\[error\].*no free pair.*$from-$to/), 'the log names it');

for my $r (@all[0, 1]) {
    is($r->play()->{status}, 200, 'those that have one play');
}

$p->key(0);
ok($_->wait_all(0, $source), 'and get media') for @all[0, 1];

# over TCP nobody needs one

my $tcp = $t->read_stream('/few');

$p->key(0);
ok($tcp->wait_all(0, $source), 'a reader over TCP');


# One comes back, for whoever asks first

is($all[0]->teardown()->{status}, 200, 'TEARDOWN');
is($all[2]->setup(0)->{status}, 200, 'SETUP on the connection that stayed');
is($all[2]->play()->{status}, 200, 'PLAY');
$p->key(0);
ok($all[2]->wait_all(0, $source), 'it plays');
is($all[3]->setup(0)->{status}, 503, 'that was the last one');

is($all[1]->teardown()->{status}, 200, 'TEARDOWN');
is($new->setup(0)->{status}, 200, 'SETUP of the publisher');
is($new->record()->{status}, 200, 'RECORD');
$new->key(0);

my $late = $t->read_stream('/new');

ok($late->wait_all(0, $new->{sources}[0]), 'it is read');

$t->clean();
done_testing();
