# kill -9 of a worker: the streams of the others go on, its own count as
# lost, its names are free at once, and nothing stays locked.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Rtp qw/ same gaps ssrcs rtp_parse /;

my $t = Test::Rtsp->new(workers => 4);

$t->stream(server => 'rtsp_publish on; rtsp_hold 30s;')->start();

my @udp = (transport => 'udp');

for my $round (1 .. 4) {
    my ($steady, $mortal, $third, $fourth) = $t->workers();

    # a stream of another worker, read in workers that live on

    my $p = $t->publish('/steady', worker => $steady,
        sources => [ source('H264'), source('PCMU') ]);

    $p->key(0)->unit(1)->sync();
    $p->run(rate => 50);

    my @on = map { $t->read_stream('/steady', worker => $_->[0],
        transport => $_->[1]) } [ $steady, 'tcp' ], [ $steady, 'udp' ],
        [ $third, 'tcp' ], [ $third, 'udp' ], [ $fourth, 'tcp' ];

    # those that go: publishers and readers in the mortal worker

    my $doomed = $t->read_stream('/steady', worker => $mortal);
    my $lost = $t->publish('/lost', worker => $mortal,
        ($round & 1 ? () : @udp));

    $lost->key(0);

    my @wait = map { $t->read_stream('/lost', worker => $third,
        transport => $_) } qw/ tcp udp /;

    $lost->unit(0);

    for my $r (@wait) {
        ok($r->wait_all(0, $lost->{sources}[0]),
            "round $round, $r->{transport}: the stream of the mortal worker");
    }

    my $lonely = $t->publish('/lonely', worker => $mortal);
    my $reserved = $t->publisher('/reserved', worker => $mortal);

    is($reserved->announce()->{status}, 200, 'a name reserved there');

    for my $r (@on, $doomed) {
        my $count = $r->count(0);
        ok($r->wait_count(0, $count + 60), 'under load');
    }

    kill 'KILL', $mortal;

    # names are free, in every worker that lives

    for my $path (qw{ /lonely /reserved }) {
        ok($t->wait(sub { $t->describe_status($path, worker => $fourth)
            == 404 }, 3), "$path is gone") if $path eq '/lonely';

        my $next;

        ok($t->wait(sub {
            $next = eval { $t->publish($path, worker => $fourth) };
        }, 3), "$path may be published");
        $next->teardown() if $next;
    }

    ok($doomed->{client}->closed(5), 'its readers see their connection end');

    ok($t->wait(sub { $t->workers() == 4 }, 10), 'another takes its place');

    # the readers of the lost publisher wait, and go on

    ok(!$_->{client}{eof}, "$_->{transport}: waits") for @wait;

    my @last = map { $_->got(0)->[-1]{seq} } @wait;
    my ($new) = grep { my $w = $_;
        !grep { $w == $_ } $steady, $third, $fourth } $t->workers();
    my $back = $t->publish('/lost', worker => $new);

    $back->key(0);

    for my $i (0 .. $#wait) {
        my $r = $wait[$i];
        my $end = rtp_parse($back->{sources}[0]{sent}[-1])->{payload};

        ok($t->wait(sub { $r->got(0)->[-1]{payload} eq $end }, 5),
            "$r->{transport}: goes on from the new worker");
        is(gaps($r->got(0)), '', "$r->{transport}: numbers go on");
        is(join(' ', ssrcs($r->got(0))), $r->{ssrc}[0],
            "$r->{transport}: one SSRC");
        ok($t->wait(sub {
            $r->{client}->request('GET_PARAMETER', '/lost')->{status} == 200
        }, 1), "$r->{transport}: its connection answers");
    }

    # nothing is locked: publish and read everywhere

    for my $w ($t->workers()) {
        my $p = $t->publish("/new$w", worker => $w);

        $p->key(0)->sync();

        for my $in ($t->workers()) {
            my $r = $t->read_stream("/new$w", worker => $in);

            ok($r->wait_all(0, $p->{sources}[0]), "$w publishes, $in reads");
            is($r->teardown()->{status}, 200, 'TEARDOWN');
        }

        is($p->teardown()->{status}, 200, 'TEARDOWN');
    }

    # and nobody else noticed

    $p->halt();

    for my $r (@on) {
        my $name = "round $round: a reader of another worker's stream, "
            . $r->{transport};

        ok($r->wait_all($_, $p->{sources}[$_]), $name) for 0, 1;
        is(scalar same($r->got($_), $p->{sources}[$_]{sent}), '',
            'got all of it') for 0, 1;
        is($r->teardown()->{status}, 200, 'TEARDOWN');
    }

    $_->teardown() for @wait;
    $p->teardown();
    $back->teardown();

    for my $path (qw{ /steady /lost }) {
        ok($t->wait(sub { $t->describe_status($path) == 404 }, 5),
            "$path has ended");
    }
}


# All at once

my $p = $t->publish('/all');
$p->key(0)->sync();

my @old = $t->workers();

kill 'KILL', @old;

ok($t->wait(sub {
    my @now = $t->workers();
    return @now == 4 && !grep { my $w = $_; grep { $_ == $w } @old } @now;
}, 10), 'all four are replaced');

ok($t->wait(sub { $p = eval { $t->publish('/all') } }, 5),
    'the name is free');
$p->key(0)->sync();

for my $w ($t->workers()) {
    my $r = $t->read_stream('/all', worker => $w);
    ok($r->wait_all(0, $p->{sources}[0]), "read in $w");
}

$t->clean(allow => qr/worker process \d+ exited on signal 9/);
done_testing();
