# Where a reader starts, for each codec: at the newest key frame, and at the
# first packet of it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Loop qw/ every cancel /;
use Test::Rtsp::Rtp qw/ same rtp /;

my $t = Test::Rtsp->new();

$t->stream()->start();


# One that never shows a key frame: readers wait 20 s for it, see below

my $never = source('VP9');
my $endless = $t->publish('/never', sources => [ $never ]);
$endless->unit(0)->sync();
my $patient = $t->read_stream('/never');
my $timer = every(0.1, sub { $endless->unit(0) });


# Codecs

for my $codec (qw/ H264 H265 AV1 VP8 VP9 MPEG4 MJPEG /) {
    my $source = source($codec);
    my $p = $t->publish("/$codec", sources => [ $source ]);

    for my $n (0 .. 8) {
        $p->unit(0, key => $n % 3 == 0 || $codec eq 'MJPEG', size => 4000);
    }

    $p->sync();

    for my $transport (qw/ tcp udp /) {
        my $r = $t->read_stream("/$codec", transport => $transport);
        my ($differ, $start);

        ok($r->wait_all(0, $source), "$codec over $transport");
        ($differ, $start) = same($r->got(0), $source->{sent});
        is($differ, '', 'as sent');
        is($start, $source->newest_key(), 'from the newest key frame on');
        is($r->{info}[0]{seq}, $r->got(0)->[0]{seq}, 'RTP-Info');
        $r->teardown();
    }

    $p->teardown();
}


# H.264 and H.265 key frames in other shapes

my %shape = (
    'IDR without parameter sets' =>
        [ 'H264', sub { ("\x65\x88one") } ],
    'IDR in fragments, without parameter sets' =>
        [ 'H264', sub { ("\x7c\x85\x88one", "\x7c\x05two",
                         "\x7c\x45three") } ],
    'STAP-A of SPS and PPS, then IDR' =>
        [ 'H264', sub { ("\x78\0\4\x67\x42\xc0\x1e\0\3\x68\xce\x3c",
                         "\x65\x88one") } ],
    'STAP-A of all' =>
        [ 'H264', sub { ("\x78\0\4\x67\x42\xc0\x1e\0\3\x68\xce\x3c"
                         . "\0\5\x65\x88one") } ],
    'several slices' =>
        [ 'H264', sub { ("\x67\x42\xc0\x1e", "\x68\xce\x3c", "\x65\x88one",
                         "\x65\x42two", "\x65\x42three") } ],
    'SEI between' =>
        [ 'H264', sub { ("\x67\x42\xc0\x1e", "\x68\xce\x3c", "\x06\x05\x01",
                         "\x65\x88one") } ],
    'CRA' =>
        [ 'H265', sub { ("\x40\x01\x0c", "\x42\x01\x01", "\x44\x01\xc1",
                         "\x2a\x01one") } ],
    'BLA' => [ 'H265', sub { ("\x20\x01one") } ],
    'aggregate of all' =>
        [ 'H265', sub { ("\x60\x01\0\3\x40\x01\x0c\0\3\x42\x01\x01"
                         . "\0\3\x44\x01\xc1\0\5\x26\x01one") } ],
    'fragments' =>
        [ 'H265', sub { ("\x62\x01\x93one", "\x62\x01\x13two",
                         "\x62\x01\x53three") } ],
);

for my $name (sort keys %shape) {
    my ($codec, $payloads) = @{ $shape{$name} };
    my $source = source($codec);
    my $path = '/' . $name =~ s/\W//gr;
    my $p = $t->publish($path, sources => [ $source ]);

    my $send = sub {
        my @payloads = @_;
        my @packets = map { rtp(pt => 96, seq => $source->{seq}++,
            ts => $source->{ts}, ssrc => $source->{ssrc},
            marker => $_ == $#payloads, payload => $payloads[$_])
        } 0 .. $#payloads;

        $source->{ts} += 3600;
        push @{ $source->{sent} }, @packets;
        $p->send(0, @packets);
    };
    my $delta = $codec eq 'H264' ? "\x41\x9a delta" : "\x02\x01 delta";

    $send->($delta);
    $send->($delta);

    my $start = @{ $source->{sent} };

    $send->($payloads->());
    $send->($delta);
    $p->sync();

    my $r = $t->read_stream($path);

    ok($r->wait_all(0, $source), "$codec, $name");
    my ($differ, $at) = same($r->got(0), $source->{sent});
    is($differ, '', 'as sent');
    is($at, $start, 'from its first packet on');
    $r->teardown();
    $p->teardown();
}


# A picture that only looks like one

my $source = source('H264');
my $p = $t->publish('/sets', sources => [ $source ]);

$p->unit(0, key => 1);

my $start = $source->newest_key();

$p->send(0, my $lone = rtp(pt => 96, seq => $source->{seq}++,
    ts => $source->{ts}, ssrc => $source->{ssrc}, payload => "\x68\xce\x3c"));
push @{ $source->{sent} }, $lone;
$p->unit(0)->sync();

my $r = $t->read_stream('/sets');

ok($r->wait_all(0, $source), 'a PPS before a picture that is no key frame');
my ($differ, $at) = same($r->got(0), $source->{sent});
is($differ, '', 'as sent');
is($at, $start, 'is no place to start at');


# rtsp_start waits for a key frame for 20 s, then takes what comes

ok($patient->wait_count(0, 5, 30),
    'a stream that has shown no key frame for 20 s is shown anyway');
($differ) = same($patient->got(0), $never->{sent});
is($differ, '', 'as sent');
cancel($timer);

$t->clean();
done_testing();
