package Test::Rtsp::Source;

# One media of a publisher: its lines in the SDP, and packets of access units
# as an encoder of that codec would send them.  Payloads carry a running
# number, so that no two units are equal.  Everything made is kept in {sent}.

use strict;
use warnings;

use MIME::Base64 qw/ decode_base64 /;

use Test::Rtsp::Rtp qw/ rtp sr /;

# of test pictures of 320x240 at 25 a second

my $SPROP = 'Z0LADdkBQfsBEAAAAwAQAAADAyDxQqSA,aMuDyyA=';
my ($SPS, $PPS) = map { decode_base64($_) } split /,/, $SPROP;

my $VPS5 = 'QAEMAf//AWAAAAMAkAAAAwAAAwA8lZgJ';
my $SPS5 = 'QgEBAWAAAAMAkAAAAwAAAwA8oAoIDxZZWaSTK8BaAgAAAwACAAADADIQ';
my $PPS5 = 'RAHBcrRiQA==';

my %codecs = (
    H264  => { type => 'video', pt => 96, clock => 90000,
               rtpmap => 'H264/90000',
               fmtp => "packetization-mode=1; profile-level-id=42C00D; "
                       . "sprop-parameter-sets=$SPROP" },
    H265  => { type => 'video', pt => 96, clock => 90000,
               rtpmap => 'H265/90000',
               fmtp => "sprop-vps=$VPS5; sprop-sps=$SPS5; "
                       . "sprop-pps=$PPS5" },
    AV1   => { type => 'video', pt => 96, clock => 90000,
               rtpmap => 'AV1/90000' },
    VP8   => { type => 'video', pt => 96, clock => 90000,
               rtpmap => 'VP8/90000' },
    VP9   => { type => 'video', pt => 96, clock => 90000,
               rtpmap => 'VP9/90000' },
    MPEG4 => { type => 'video', pt => 96, clock => 90000,
               rtpmap => 'MP4V-ES/90000',
               fmtp => 'profile-level-id=1; config=000001B001000001B58913'
                       . '000001000000012000C48D88002CF520E21463' },
    MJPEG => { type => 'video', pt => 26, clock => 90000 },
    AAC   => { type => 'audio', pt => 97, clock => 48000, samples => 1024,
               rtpmap => 'mpeg4-generic/48000/2',
               fmtp => 'streamtype=5; profile-level-id=1; mode=AAC-hbr; '
                       . 'sizelength=13; indexlength=3; indexdeltalength=3; '
                       . 'config=1190' },
    OPUS  => { type => 'audio', pt => 97, clock => 48000, samples => 960,
               rtpmap => 'opus/48000/2', fmtp => 'sprop-stereo=1' },
    PCMU  => { type => 'audio', pt => 0, clock => 8000, samples => 160 },
    PCMA  => { type => 'audio', pt => 8, clock => 8000, samples => 160 },
    META  => { type => 'application', pt => 107, clock => 90000,
               rtpmap => 'vnd.onvif.metadata/90000' },
);

my $count = 0;


# codec, and what is to differ from its table: pt, fmtp, attributes (lines
# without "a="), control, seq, ts, ssrc, mtu (largest payload), rate.

sub new {
    my ($class, $codec, %o) = @_;

    my $self = bless {
        rate => 25, mtu => 1200, %{ $codecs{$codec} }, codec => $codec,
        seq => int rand 65536, ts => int rand 2**32,
        ssrc => int rand 2**32, %o, sent => [], units => [], octets => 0,
    }, $class;

    $self->{step} = $self->{samples} // int $self->{clock} / $self->{rate};

    return $self;
}


sub m_lines {
    my ($self, $index) = @_;

    my @lines = "m=$self->{type} 0 RTP/AVP $self->{pt}";

    push @lines, "a=rtpmap:$self->{pt} $self->{rtpmap}" if $self->{rtpmap};
    push @lines, "a=fmtp:$self->{pt} $self->{fmtp}" if $self->{fmtp};
    push @lines, map { "a=$_" } @{ $self->{attributes} // [] };

    $self->{control} //= "streamid=$index";
    push @lines, "a=control:$self->{control}" if $self->{control} ne '';

    return @lines;
}


# A whole SDP of the sources given; extra lines stand at session level.

sub sdp {
    my ($sources, @extra) = @_;
    my $index = 0;

    return join '', map { "$_\r\n" } 'v=0', 'o=- 0 0 IN IP4 127.0.0.1',
        's=test', 'c=IN IP4 127.0.0.1', 't=0 0', @extra,
        map { $_->m_lines($index++) } @$sources;
}


# The packets of the next access unit: key => 1 for one to start at; size is
# the bytes of its coded picture; step => ticks to the next one.

sub unit {
    my ($self, %o) = @_;

    my $size = $o{size} // ($self->{type} eq 'video' ? 2500 : 120);
    my $body = sprintf '%08x', ++$count;
    my $fill = "unit $count ";

    $body .= $fill x (1 + $size / length $fill);
    substr($body, $size) = '' if $size >= 8;

    my $method = "_" . lc $self->{codec};
    my @payloads = $self->can($method)
        ? $self->$method($body, $o{key}, $o{sets} // 1) : $body;

    push @{ $self->{units} }, [ scalar @{ $self->{sent} }, $o{key} ? 1 : 0 ];

    my @packets = map { $self->_packet($_) } @payloads;

    substr($packets[-1], 1, 1) |= "\x80"
        if $self->{type} eq 'video' && !$self->{no_marker};

    $self->{last_ts} = $self->{ts};
    $self->{ts} = ($self->{ts} + ($o{step} // $self->{step})) & 0xffffffff;
    push @{ $self->{sent} }, @packets;

    return @packets;
}


sub _packet {
    my ($self, $payload) = @_;

    my $packet = rtp(pt => $self->{pt}, seq => $self->{seq},
        ts => $self->{ts}, ssrc => $self->{ssrc}, payload => $payload);

    $self->{seq} = ($self->{seq} + 1) & 0xffff;
    $self->{octets} += length $payload;

    return $packet;
}


# A sender report that puts the last unit's time at this NTP time.

sub report {
    my ($self, @ntp) = @_;

    return sr(ssrc => $self->{ssrc}, ntp => \@ntp, ts => $self->{last_ts},
        packets => scalar @{ $self->{sent} }, octets => $self->{octets});
}


# Index in {sent} where the newest key frame begins.

sub newest_key {
    my ($self) = @_;

    my @keys = grep { $_->[1] } @{ $self->{units} };

    return $keys[-1][0];
}


sub _h264 {
    my ($self, $body, $key, $sets) = @_;

    my $nal = ($key ? "\x65\x88" : "\x41\x9a") . $body;

    return (($key && $sets ? ($SPS, $PPS) : ()), $self->_fu_a($nal));
}


sub _fu_a {
    my ($self, $nal) = @_;

    return $nal if length $nal <= $self->{mtu};

    my $head = ord $nal;
    my @parts = unpack '(a' . ($self->{mtu} - 2) . ')*', substr $nal, 1;

    return map {
        pack('CC', $head & 0xe0 | 28, ($head & 0x1f)
            | ($_ == 0 ? 0x80 : 0) | ($_ == $#parts ? 0x40 : 0)) . $parts[$_]
    } 0 .. $#parts;
}


sub _h265 {
    my ($self, $body, $key, $sets) = @_;

    my $type = $key ? 19 : 1;
    my $nal = pack('CC', $type << 1, 1) . $body;
    my @sets = $key && $sets ? map { decode_base64($_) } $VPS5, $SPS5, $PPS5
        : ();

    return (@sets, $nal) if length $nal <= $self->{mtu};

    my @parts = unpack '(a' . ($self->{mtu} - 3) . ')*', substr $nal, 2;

    return (@sets, map {
        pack('CCC', 49 << 1, 1, $type | ($_ == 0 ? 0x80 : 0)
            | ($_ == $#parts ? 0x40 : 0)) . $parts[$_]
    } 0 .. $#parts);
}


# Temporal unit: aggregation header Z Y W W N, then one OBU without size.

sub _av1 {
    my ($self, $body, $key) = @_;

    my $sequence = "\x0a\x0b\x00\x00\x00\x04\x3c\xff\xbc\xff\xe8\x08\x10";
    my @parts = unpack '(a' . ($self->{mtu} - 16) . ')*', "\x30$body";

    return map {
        my $flags = ($_ > 0 ? 0x80 : 0) | ($_ < $#parts ? 0x40 : 0);

        $key && $_ == 0
            ? pack('CC', $flags | 0x28, length($sequence)) . $sequence
                . $parts[$_]
            : pack('C', $flags | 0x10) . $parts[$_];
    } 0 .. $#parts;
}


sub _vp8 {
    my ($self, $body, $key) = @_;

    my $frame = $key ? "\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00$body"
        : "\x11\x02\x00$body";
    my @parts = unpack '(a' . ($self->{mtu} - 1) . ')*', $frame;

    return map { pack('C', $_ == 0 ? 0x10 : 0) . $parts[$_] } 0 .. $#parts;
}


sub _vp9 {
    my ($self, $body, $key) = @_;

    my @parts = unpack '(a' . ($self->{mtu} - 3) . ')*', $body;
    my $picture = $self->{picture} = (($self->{picture} // 0) + 1) & 0x7fff;

    return map {
        pack('Cn', 0x80 | ($key ? 0 : 0x40) | ($_ == 0 ? 0x08 : 0)
            | ($_ == $#parts ? 0x04 : 0), 0x8000 | $picture) . $parts[$_]
    } 0 .. $#parts;
}


sub _mpeg4 {
    my ($self, $body, $key) = @_;

    my $frame = ($key ? "\x00\x00\x01\xb3\x00\x10\x07" : '')
        . "\x00\x00\x01\xb6" . ($key ? "\x10" : "\x50") . $body;

    return unpack "(a$self->{mtu})*", $frame;
}


sub _mjpeg {
    my ($self, $body) = @_;

    my @parts = unpack '(a' . ($self->{mtu} - 8) . ')*', $body;
    my $offset = 0;

    return map {
        my $head = pack 'NCCCC', $offset, 1, 50, 40, 30;

        $offset += length;
        $head . $_;
    } @parts;
}


sub _aac {
    my ($self, $body) = @_;

    return pack('nn', 16, length($body) << 3) . $body;
}


1;
