# Four workers: a stream is read in all of them, wherever its source is, and
# sessions listen to connections in other workers.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Rtp qw/ same gaps ssrcs /;

my $t = Test::Rtsp->new(workers => 4);
$t->stream()->start();

my @w = $t->workers();
is(scalar @w, 4, 'four workers');

my @udp = (transport => 'udp');


# One publisher, readers everywhere, over TCP and UDP

my @sources = (source('H264'), source('AAC'));
my $p = $t->publish('/live', sources => \@sources, worker => $w[0]);

$p->key(0)->unit(1)->sync();

my %readers;

for my $n (0 .. 3) {
    for my $transport (qw/ tcp udp /) {
        $readers{"worker $n, $transport"} = $t->read_stream('/live',
            worker => $w[$n], transport => $transport);
    }
}

for my $n (1 .. 50) {
    $p->unit(0, key => $n % 25 == 0, size => $n == 10 ? 60_000 : 3000);
    $p->unit(1);
    $p->sync();
}

for my $name (sort keys %readers) {
    my $r = $readers{$name};

    for my $i (0, 1) {
        ok($r->wait_all($i, $sources[$i]), "$name: media $i arrived");
        is(scalar same($r->got($i), $sources[$i]{sent}), '', 'as sent');
        is(gaps($r->got($i)), '', 'no gap');
        is(join(' ', ssrcs($r->got($i))), $r->{ssrc}[$i], 'one SSRC');
        is($r->{ssrc}[$i], $readers{'worker 0, tcp'}{ssrc}[$i],
            'the same as in other workers');
    }

    ok($t->wait(sub { $r->reports(0) && $r->reports(1) }, 5),
        "$name: sender reports");
    is($r->{info}[0]{seq}, $r->got(0)->[0]{seq}, "$name: RTP-Info");
}

for my $n (0 .. 3) {
    my $status = $t->publisher('/live', worker => $w[$n])
        ->announce()->{status};

    is($status, 403, "worker $n knows that the name is taken");
}

$_->teardown() for values %readers;


# Publishers over UDP in every worker: each gets its own datagrams

my @publishers = map {
    $t->publish("/udp$_", @udp, worker => $w[$_],
        sources => [ source('H264'), source('PCMU') ])
} 0 .. 3;

my @across = map {
    $t->read_stream("/udp$_", worker => $w[($_ + 1) % 4])
} 0 .. 3;

for my $n (0 .. 25) {
    for my $p (@publishers) {
        $p->unit(0, key => $n % 10 == 0);
        $p->unit(1);
    }

    for my $i (0 .. 3) {
        $across[$i]->wait_all(0, $publishers[$i]{sources}[0]);
    }
}

for my $n (0 .. 3) {
    for my $i (0, 1) {
        my $source = $publishers[$n]{sources}[$i];
        my $got = $across[$n]->got($i);

        ok($across[$n]->wait_all($i, $source),
            "UDP publisher of worker $n, media $i");
        is(scalar same($got, $source->{sent}), '', 'as sent');
        is(gaps($got), '', 'no gap');
    }
}


# A session over UDP, steered from other workers

my $source = $sources[0];
my $r = $t->read_stream('/live', @udp, worker => $w[1]);

$p->key(0)->unit(1);
ok($r->wait_all(0, $source), 'a reader over UDP in worker 1');

sub steer {
    my ($session, $worker, %o) = @_;

    my $c = $t->connect_in($w[$worker], %o);
    $c->{session} = $session;
    return $c;
}

my $id = $r->{client}{session};

for my $n (0 .. 3) {
    my $answer = steer($id, $n)->request('GET_PARAMETER', '/live');

    is($answer->{status}, 200, "GET_PARAMETER in worker $n");
    is($answer->{headers}{session}, "$id;timeout=55", 'Session');
}

for my $n (0 .. 3) {
    my $thief = steer($id, $n, local => '127.0.0.2');

    for (qw/ GET_PARAMETER PAUSE PLAY TEARDOWN /) {
        like($thief->request($_, '/live')->{status}, qr/^(?:400|403|454)$/,
            "$_ from another address in worker $n");
    }
}

$p->key(0);
ok($r->wait_all(0, $source), 'it plays on');

for my $n (0 .. 3) {
    my $c = steer($id, $n);

    is($c->request('PAUSE', '/live')->{status}, 200, "PAUSE in worker $n");
    $r->forget();
    $p->key(0)->sync();
    is($c->request('PLAY', '/live')->{status}, 200, "PLAY in worker $n");
    $p->unit(0);
    ok($r->wait_all(0, $source), 'it plays again');
    is(scalar same($r->got(0), $source->{sent}), '', 'as sent');
    is(ord($r->got(0)->[0]{payload}) & 0x1f, 7, 'from a key frame');
}

is(steer($id, 3)->request('TEARDOWN', '/live')->{status}, 200,
    'TEARDOWN in worker 3');
is(steer($id, $_)->request('PLAY', '/live')->{status}, 454,
    "gone in worker $_") for 0 .. 3;


# SETUP in one worker, SETUP in another, PLAY in a third

my $first = $t->reader('/live', @udp, worker => $w[0]);

$first->describe();
is($first->setup(0)->{status}, 200, 'SETUP in worker 0');

$id = $first->{client}{session};
my @keep = $first->{client};

for my $n (2, 3) {
    $first->{client} = steer($id, $n);
    push @keep, $first->{client};

    is($first->setup(1)->{status}, 200, 'SETUP in worker 2') if $n == 2;
    is($first->play()->{status}, 200, 'PLAY in worker 3') if $n == 3;
}

is($first->{client}{session}, $id, 'one session');
$p->key(0)->unit(1);

for my $i (0, 1) {
    ok($first->wait_all($i, $sources[$i]), "media $i arrived");
    is(scalar same($first->got($i), $sources[$i]{sent}), '', 'as sent');
}

$first->teardown();


# A session over TCP: while it plays it stays, paused it may move

for my $to (0, 3) {
    my $r = $t->read_stream('/live', worker => $w[2]);

    $p->key(0);
    ok($r->wait_all(0, $source), 'a reader over TCP in worker 2');

    my $next = steer($r->{client}{session}, $to);

    is($next->request('PLAY', '/live')->{status}, 455,
        "playing, it does not move to worker $to");
    is($r->pause()->{status}, 200, 'PAUSE');

    my $moved = $t->reader('/live', client => $next);

    $moved->{channels} = $r->{channels};
    $next->{on_frame} = sub { $moved->_frame(@_) };
    $r->forget();

    is($moved->play()->{status}, 200, "PLAY in worker $to");
    $p->key(0);
    ok($moved->wait_all(0, $source), 'it plays there');
    is(scalar same($moved->got(0), $source->{sent}), '', 'as sent');
    is($r->count(0), 0, 'and not here');
    is($moved->got(0)->[0]{ssrc}, $r->{ssrc}[0], 'the same SSRC');
    is($moved->teardown()->{status}, 200, 'TEARDOWN');
    ok($r->{client}{eof} || $r->{client}->alive(), 'the old one is at peace');
    $next->{on_frame} = undef;
}


# A publisher over UDP is ended from another worker

is(steer($publishers[2]{client}{session}, 0)->request('TEARDOWN', '/udp2')
    ->{status}, 200, 'TEARDOWN of a publisher in worker 2 by worker 0');
$across[2]->{client}->close();
ok($t->wait(sub { $t->describe_status('/udp2', worker => $w[3]) == 404 }, 5),
    'its name is free');

$t->clean();
done_testing();
