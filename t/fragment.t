# Packets too large for UDP: readers over UDP get the same NAL units in
# packets of rtsp_packet_size, readers over TCP get them untouched.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Rtp qw/ same gaps ssrcs nal_units rtp rtp_parse /;

my $t = Test::Rtsp->new(workers => 2);

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:128m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_publish on;

    server { listen 127.0.0.1:%%PORT_RTSP%% reuseport; rtsp on; }
    server { listen 127.0.0.1:%%PORT_SMALL%%; rtsp on;
             rtsp_packet_size 600; }
}
EOT

my ($w0, $w1) = $t->workers();
my @udp = (transport => 'udp');

sub hex_units {
    return map { "$_->[0] " . unpack 'H*', $_->[1] } nal_units(@_);
}

sub from_sent { return [ map { rtp_parse($_) } @_ ] }

sub is_fragmented {
    my ($r, $source, $name, $size) = @_;

    my $got = $r->got(0);
    my @want = hex_units(from_sent(@{ $source->{sent} }), $source->{codec});

    my $complete = $t->wait(sub {
        my @have = hex_units($got = $r->got(0), $source->{codec});
        return @have && $have[-1] eq $want[-1];
    }, 5);

    my @have = hex_units($got, $source->{codec});
    my ($at) = grep { $want[$_] eq $have[0] } 0 .. $#want;

    ok($complete, "$name: the last NAL unit arrived");
    ok(defined $at, "$name: the first one is one that was sent");
    is_deeply(\@have, [ @want[$at // 0 .. $#want] ],
        "$name: the same NAL units");
    is(gaps($got), '', "$name: no gap in the numbers");
    is(join(' ', ssrcs($got)), $r->{ssrc}[0], "$name: one SSRC");
    is(scalar(grep { length $_->{raw} > $size } @$got), 0,
        "$name: no packet larger than $size");

    my (%marked, %last, $rank);

    $last{$_->{ts}} = ++$rank for @$got;
    $rank = 0;
    $marked{++$rank} = $_->{marker} for @$got;

    is(join(' ', grep { $marked{$_} } sort { $a <=> $b } keys %marked),
        join(' ', sort { $a <=> $b } values %last),
        "$name: the marker is on the last packet of each frame");
}

for my $case (
    [ 'H264', '/h264', 'PORT_RTSP', 1472 ],
    [ 'H265', '/h265', 'PORT_RTSP', 1472 ],
    [ 'H264', '/small', 'PORT_SMALL', 600 ])
{
    my ($codec, $path, $port, $size) = @$case;
    my $source = source($codec, mtu => 60_000, seq => 65530);
    my $p = $t->publish($path, sources => [ $source ],
        client => $t->client(name => $port));
    my $on = sub { return (client => $t->client(name => $port)) };

    # nothing is too large yet, then single NAL units, then fragments

    $p->unit(0, key => 1, size => 300)->sync();

    my $early = $t->read_stream($path, @udp, $on->());
    my $tcp = $t->read_stream($path, $on->());

    $p->unit(0, size => 200)->sync();
    $p->unit(0, size => $_)->sync() for 1300, 5000, 20_000;
    $p->unit(0, key => 1, size => 50_000)->sync();

    my $late = $t->read_stream($path, @udp, $on->());

    ok($late->wait_count(0, 1), "$path: the replay begins");
    is($late->{info}[0]{seq}, $late->got(0)->[0]{seq},
        "$path: RTP-Info tells the first fragment");

    $source->{mtu} = 3000;
    $p->unit(0, size => $_)->sync() for 2900, 9000, 30_000, 100;
    $p->unit(0, key => 1, size => 9000);
    $p->unit(0, size => 100)->sync();

    is_fragmented($early, $source, "$path, early", $size);
    is_fragmented($late, $source, "$path, late", $size);

    ok($tcp->wait_all(0, $source), "$path: TCP");
    is(scalar same($tcp->got(0), $source->{sent}), '', 'is untouched');

    is(join(' ', ssrcs($late->got(0))), $tcp->{ssrc}[0],
        "$path: one SSRC for both");

    my (%early, @shared, @differ);

    $early{$_->{seq}} = $_->{raw} for @{ $early->got(0) };

    for my $packet (@{ $late->got(0) }) {
        my $raw = $early{$packet->{seq}} // next;

        push @shared, $packet;
        push @differ, $packet if $raw ne $packet->{raw};
    }

    ok(@shared && !@differ, "$path: readers share the numbers");

    ok($t->wait(sub { $early->reports(0) }, 5), "$path: sender report");
    $_->{client}->close() for $early, $late, $tcp;
}


# Aggregates

my $source = source('H264');
my $p = $t->publish('/stap', sources => [ $source ], worker => $w0);
my @key = $source->unit(key => 1, size => 1100);
my @nals = map { substr $_, 12 } @key;
my $stap = rtp(pt => 96, seq => 7, ts => 1000, ssrc => 1, marker => 1,
    payload => "\x78" . join('', map { pack('n', length) . $_ } @nals[0, 1],
        $nals[2] . 'x' x 2500));

$source->{sent} = [ $stap ];
$p->send(0, $stap)->sync();

my $r = $t->read_stream('/stap', @udp, worker => $w1);

$source->{seq} = 8;
$p->unit(0, size => 100);
is_fragmented($r, $source, 'an aggregate, read in another worker', 1472);


# Modes and codecs that are not cut

for my $case (
    [ 'mode 0', source('H264', mtu => 5000,
        fmtp => 'packetization-mode=0; profile-level-id=42C01E') ],
    [ 'VP8', source('VP8', mtu => 5000) ],
    [ 'MJPEG', source('MJPEG', mtu => 5000) ])
{
    my ($name, $source) = @$case;
    my $path = '/' . lc $name =~ s/ //r;
    my $p = $t->publish($path, sources => [ $source ], worker => $w0);

    $p->key(0, size => 4000)->sync();

    my $r = $t->read_stream($path, @udp, worker => $w0);

    $p->unit(0, size => 9000);
    ok($r->wait_all(0, $source), "$name arrives");
    is(scalar same($r->got(0), $source->{sent}), '', 'as it is');
}

$t->clean();
done_testing();
