# rtsp_udp_port from-to: a pair of its own for each media over UDP.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Rtp qw/ same gaps /;

# a free range of four pairs

my $from;

for (1 .. 200) {
    my @pairs = map { Test::Rtsp::udp_pair('0.0.0.0') } 1 .. 4;
    my @ports = map { Test::Rtsp::Address::bound_port($_->[0]) } @pairs;

    $from = $ports[0];
    last if $ports[3] == $from + 6;
}

my $to = $from + 7;
my $t = Test::Rtsp->new(workers => 2);

$t->stream(main => "rtsp_udp_port $from-$to;")->start();

my @udp = (transport => 'udp');
my ($w0, $w1) = $t->workers();
my @sources = (source('H264'), source('PCMU'));
my $p = $t->publish('/live', @udp, sources => \@sources, worker => $w0);

$p->key(0)->unit(1);

my $r = $t->read_stream('/live', @udp, worker => $w1);
my %seen;

for my $pair (@{ $p->{server_ports} }, @{ $r->{server_ports} }) {
    my ($rtp, $rtcp) = @$pair;

    cmp_ok($rtp, '>=', $from, 'in the range');
    cmp_ok($rtcp, '<=', $to, 'in the range');
    is($rtp & 1, 0, 'even');
    is($rtcp, $rtp + 1, 'and the next one');
    is($seen{$rtp}++, 0, 'its own');
}

for my $n (1 .. 30) {
    $p->unit(0, key => $n == 15)->unit(1);
    $r->wait_all(0, $sources[0]);
}

for my $i (0, 1) {
    my ($rtp, $rtcp) = @{ $r->{server_ports}[$i] };

    ok($r->wait_all($i, $sources[$i]), "media $i");
    is(scalar same($r->got($i), $sources[$i]{sent}), '', 'as sent');
    is(gaps($r->got($i)), '', 'no gap');
    ok($r->{senders}{0}{"127.0.0.1:$rtp"}, "RTP comes from port $rtp");
    ok($t->wait(sub { $r->{senders}{1}{"127.0.0.1:$rtcp"} }, 5),
        "RTCP from port $rtcp");
}


# None left

my $late = $t->reader('/live', @udp);

$late->describe();
is($late->setup(0)->{status}, 503, 'no pair left');
ok($late->{client}->alive(), 'the connection stays');
is($r->teardown()->{status}, 200, 'TEARDOWN of one');
is($late->setup(0)->{status}, 200, 'there is one again');
is($late->setup(1)->{status}, 200, 'and another');
is($late->play()->{status}, 200, 'PLAY');
$p->key(0);
ok($late->wait_all(0, $sources[0]), 'and it plays');

for my $round (1 .. 10) {
    $late->teardown();
    $late = $t->reader('/live', @udp);
    $late->describe();
    is($late->setup($_)->{status}, 200, "round $round: pairs come back")
        for 0, 1;
}

$t->clean();
done_testing();
