# rtsp_publish on override: a new publisher takes over a stream, from any
# worker, and its readers notice only when the medias differ.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Rtp qw/ gaps rtp_parse ssrcs /;

my $t = Test::Rtsp->new(workers => 2);

$t->stream(server => 'rtsp_publish on override;')->start();

my @w = $t->workers();
my $next = 0;

for my $case ([ 0, 0, 'tcp', 'tcp' ], [ 0, 1, 'tcp', 'tcp' ],
              [ 0, 1, 'udp', 'udp' ], [ 1, 0, 'tcp', 'udp' ],
              [ 1, 0, 'udp', 'tcp' ])
{
    my ($from, $to, $old, $new) = @$case;
    my $path = '/live' . $next++;
    my $name = "$old in worker $from, then $new in worker $to";
    my $medias = sub { (source('H264'), source('PCMU')) };

    my $first = $t->publish($path, worker => $w[$from], transport => $old,
        sources => [ $medias->() ]);

    $first->key(0)->unit(1);

    my @readers = map { ($t->read_stream($path, worker => $w[$_]),
        $t->read_stream($path, worker => $w[$_], transport => 'udp')) } 0, 1;

    $first->unit(0)->unit(1);

    for my $r (@readers) {
        ok($r->wait_all($_, $first->{sources}[$_]), "$name: media $_")
            for 0, 1;
    }

    # the old one goes on sending until it is cut

    $first->run(rate => 50);

    my $second = $t->publish($path, worker => $w[$to], transport => $new,
        sources => [ $medias->() ]);

    ok($first->{client}->closed(5), "$name: the old one is cut");
    $first->halt();
    $second->unit(0, key => $_ == 1)->unit(1) for 1 .. 10;

    for my $r (@readers) {
        for my $i (0, 1) {
            my @sent = @{ $second->{sources}[$i]{sent} };
            my $how = "$name, $r->{transport}, media $i";

            ok($r->wait_payload($i, $sent[-1]), "$how: it goes on");
            is(gaps($r->got($i)), '', "$how: without a gap");
            is(join(' ', ssrcs($r->got($i))), $r->{ssrc}[$i],
                "$how: one SSRC");

            my @tail = @{ $r->got($i) };
            @tail = @tail[-@sent .. -1] if @tail > @sent;

            is(join(' ', map { unpack 'H*', $_->{payload} } @tail),
                join(' ', map { unpack 'H*', rtp_parse($_)->{payload} } @sent),
                "$how: by the new one alone");
        }
    }

    # the same again, with other medias

    my $third = $t->publish($path, worker => $w[$from], transport => $old,
        sources => [ source('VP8') ]);

    ok($second->{client}->closed(5), "$name: cut as well");

    for my $r (@readers) {
        ok($t->wait(sub { $r->byes() >= 2 }, 5),
            "$name, $r->{transport}: BYE before other medias");
        ok($r->{client}->closed(5), "$name: its connection is closed")
            if $r->{transport} eq 'tcp';
    }

    my $r = $t->read_stream($path, worker => $w[$to]);

    $third->key(0);
    ok($r->wait_all(0, $third->{sources}[0]),
        "$name: new medias, new readers");

    $third->teardown();
    $_->{client}->close() for $r, @readers;
}

$t->clean();
done_testing();
