# nginx -s reload under load: readers over TCP lose no packet, publishers go
# on, new workers serve the streams of the old ones.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Rtp qw/ same gaps /;

my $t = Test::Rtsp->new(workers => 2);

$t->stream()->start();

my @udp = (transport => 'udp');
my @first = $t->workers();

my @publishers = (
    $t->publish('/tcp', worker => $first[0],
        sources => [ source('H264'), source('AAC') ]),
    $t->publish('/udp', worker => $first[1], @udp,
        sources => [ source('H264'), source('AAC') ]),
);

$_->key(0)->run(rate => 50, size => 8000) for @publishers;

my @readers;

for my $p (@publishers) {
    for my $w (@first) {
        push @readers, $t->read_stream($p->{path}, worker => $w,
            transport => $_) for qw/ tcp udp /;
    }
}

sub under_load {
    for my $r (@readers) {
        my $count = $r->count(0);
        ok($r->wait_count(0, $count + 100), "$r->{path} flows") or last;
    }
}

under_load();

for my $round (1, 2) {
    my @old = $t->workers();

    ok($t->reload(), "reload $round: new workers");

    my @new = $t->workers();

    under_load();

    for my $p (@publishers) {
        for my $w (@new) {
            for my $transport (qw/ tcp udp /) {
                my $r = $t->read_stream($p->{path}, worker => $w,
                    transport => $transport);

                push @readers, $r;
                ok($r->wait_count(0, 100),
                    "a new worker reads $p->{path} over $transport");
                is(ord($r->got(0)->[0]{payload}) & 0x1f, 7,
                    'from a key frame');
            }
        }

        is($p->{client}->request('GET_PARAMETER', $p->{path})->{status}, 200,
            "the publisher of $p->{path} is answered");
    }

    # what is published in the new generation is read in the old one

    my $n = $t->publish("/new$round", worker => $new[0]);

    $n->key(0)->sync();

    my $r = $t->read_stream("/new$round", worker => $new[1]);

    ok($r->wait_all(0, $n->{sources}[0]), 'a publisher in a new worker');
    is($n->teardown()->{status}, 200, 'TEARDOWN');

    is($r->teardown()->{status}, 200, 'TEARDOWN');

    my $again = $t->read_stream($publishers[0]{path}, client => $r->{client});

    ok($again->wait_count(0, 10), 'a connection goes on');
    $again->teardown();

    ok(!$_->{client}{eof}, 'a connection stays') or last for @readers;
}

$_->halt() for @publishers;

for my $r (@readers) {
    my ($p) = grep { $_->{path} eq $r->{path} } @publishers;
    my $name = "$r->{path} over $r->{transport}";

    for my $i (0, 1) {
        ok($r->wait_all($i, $p->{sources}[$i]), "$name: all arrived");
        is(scalar same($r->got($i), $p->{sources}[$i]{sent}), '',
            "$name: not one packet lost");
    }

    is($r->teardown()->{status}, 200, 'TEARDOWN');
}

is($_->teardown()->{status}, 200, 'TEARDOWN') for @publishers;

ok($t->wait(sub { $t->workers(all => 1) == 2 }, 10),
    'old workers end with their sessions')
    or diag(join ' ', $t->workers(all => 1));


# A request that waits for another worker while its own shuts down is answered

my @old = $t->workers();
my $p = $t->publish('/last', worker => $old[1]);

$p->key(0)->sync();

my ($leaving, $other) = map { $t->read_stream('/last', worker => $_, @udp) }
    @old;

kill 'STOP', $old[1];
kill 'HUP', $t->{pid};

ok($t->wait(sub { !grep { $_ == $old[0] } $t->workers() }, 10),
    'a worker shuts down');
is($leaving->teardown()->{status}, 200, 'TEARDOWN of what has kept it');
is($leaving->{client}->request('GET_PARAMETER', '/last',
    headers => [ Session => $other->{client}{session} ])->{status}, 503,
    'a session whose worker does not answer');

kill 'CONT', $old[1];

is($_->teardown()->{status}, 200, 'TEARDOWN') for $other, $p;
$_->{client}->close() for $leaving, $other, $p;

ok($t->wait(sub { !grep { $_ == $old[0] || $_ == $old[1] }
    $t->workers(all => 1) }, 10), 'both are gone');

$t->clean();
done_testing();
