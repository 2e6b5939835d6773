# UDP from and to the right address: a client that asked one of several
# addresses is answered from that one, and IPv6 is served like IPv4.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Process;
use Test::Rtsp::Rtp qw/ same gaps /;

my $t = Test::Rtsp->new(workers => 2);

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_publish on;

    server {
        listen %%PORT_RTSP%%;
        listen [::]:%%PORT_RTSP%% ipv6only=on;
        rtsp on;
    }
}
EOT

my $rtp = $t->port('UDP_RTP');
my $rtcp = $rtp + 1;
my @udp = (transport => 'udp');

for my $host ('127.0.0.1', '127.0.0.7', '::1') {
    my $path = '/' . $host =~ s/\W//gr;
    my @sources = (source('H264'), source('PCMU'));
    my $p = $t->publish($path, @udp, host => $host, sources => \@sources);

    $p->key(0)->unit(1);

    my @readers = map { $t->read_stream($path, host => $_, @udp) }
        '127.0.0.1', '127.0.0.9', '::1';

    push @readers, $t->read_stream($path, host => $host);

    for my $n (1 .. 20) {
        $p->unit(0, key => $n % 10 == 0)->unit(1);
        $readers[-1]->wait_all(0, $sources[0]);
    }

    for my $r (@readers) {
        my $at = $r->{client}{host};
        my $name = "published at $host, read at $at over $r->{transport}";
        my $family = $at =~ /:/ ? 'IP6 ::' : 'IP4 0.0.0.0';

        is(join(' ', $r->{sdp} =~ /^c=(.*?)\r$/mg), "IN $family",
            "$name: the family of addresses in the description");

        for my $i (0, 1) {
            ok($r->wait_all($i, $sources[$i]), "$name: media $i");
            is(scalar same($r->got($i), $sources[$i]{sent}), '', 'as sent');
            is(gaps($r->got($i)), '', 'no gap');
        }

        next if $r->{transport} eq 'tcp';

        ok($t->wait(sub { $r->reports(0) }, 5), 'sender report');
        is_deeply([ keys %{ $r->{senders}{0} } ], [ "$at:$rtp" ],
            "RTP comes from $at");
        is_deeply([ keys %{ $r->{senders}{1} } ], [ "$at:$rtcp" ],
            "RTCP comes from $at");
        is($r->teardown()->{status}, 200, 'TEARDOWN');
    }

    # GStreamer opens its sockets for the family that the description says

    if ($host eq '::1') {
        my $player = Test::Rtsp::Process->new(qw/ gst-launch-1.0 rtspsrc
            name=r protocols=udp /,
            'location=rtsp://[::1]:' . $t->port('PORT_RTSP') . $path,
            'r.', '!', 'application/x-rtp,media=audio', '!',
            'fakesink', 'num-buffers=10');

        $t->wait(sub { $p->unit(1); !$player->running() }, 20);
        like($player->output(), qr/Got EOS/, 'GStreamer reads over IPv6')
            or diag($player->said());
    }

    ok($t->wait(sub { grep { $_->{blocks} } @{ $p->{rtcp}[0] // [] } }, 15),
        "published at $host: receiver report");
    is($p->teardown()->{status}, 200, 'TEARDOWN');
}

$t->clean();
done_testing();
