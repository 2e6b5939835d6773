package Test::Rtsp::Rtp;

# RTP and RTCP on the wire: bytes <-> hashes, and the judgements tests make
# about what a reader got: gaps, SSRCs, equality with what was published.

use strict;
use warnings;

use Exporter qw/ import /;

our @EXPORT_OK = qw/ rtp rtp_parse rtcp_parse sr rr bye same gaps ssrcs
                     nal_units bare ntp_now /;


# (pt =>, seq =>, ts =>, ssrc =>, marker =>, payload =>), extra flag bits of
# the first octet and what follows the header through first => and header =>.

sub rtp {
    my (%p) = @_;

    return pack('CCnNN', 0x80 | ($p{first} // 0),
        ($p{marker} ? 0x80 : 0) | $p{pt}, $p{seq} & 0xffff,
        $p{ts} & 0xffffffff, $p{ssrc}) . ($p{header} // '') . $p{payload};
}


sub rtp_parse {
    my ($raw) = @_;

    return { raw => $raw, bad => 'short' } if length $raw < 12;

    my ($b0, $b1, $seq, $ts, $ssrc) = unpack 'CCnNN', $raw;
    my $at = 12 + 4 * ($b0 & 0x0f);

    if ($b0 & 0x10) {
        $at += 4 + 4 * unpack 'x2n', substr($raw, $at, 4);
    }

    return { raw => $raw, bad => $b0 >> 6 == 2 ? '' : 'version',
             marker => $b1 >> 7, pt => $b1 & 0x7f, seq => $seq, ts => $ts,
             ssrc => $ssrc, payload => substr($raw, $at) };
}


# A compound datagram as a list of hashes; one with "bad" set ends it.

sub rtcp_parse {
    my ($raw) = @_;
    my @list;

    while (length $raw) {
        my ($b0, $pt, $words) = unpack 'CCn', $raw;

        if (length $raw < 4 || $b0 >> 6 != 2 || length $raw < 4 + 4 * $words) {
            push @list, { type => 0, bad => unpack 'H*', $raw };
            last;
        }

        my $one = substr $raw, 0, 4 + 4 * $words, '';
        my %p = (type => $pt, count => $b0 & 0x1f, raw => $one,
                 ssrc => $words ? unpack('x4N', $one) : undef);

        if ($pt == 200) {
            @p{qw/ ntp_sec ntp_frac ts packets octets /} =
                unpack 'x8N5', $one;
            $p{ntp} = $p{ntp_sec} + $p{ntp_frac} / 2**32;
        }

        if ($pt == 200 || $pt == 201) {
            my $at = $pt == 200 ? 28 : 8;

            for (1 .. $p{count}) {
                my %b;

                @b{qw/ ssrc lost highest jitter lsr dlsr /} =
                    unpack 'N6', substr $one, $at, 24;
                $b{fraction} = $b{lost} >> 24;
                $b{lost} &= 0xffffff;
                push @{ $p{blocks} }, \%b;
                $at += 24;
            }
        }

        push @list, \%p;
    }

    return @list;
}


# Seconds since 1900 as the two words of a sender report.

sub ntp_now {
    my ($unix) = @_;

    return (int($unix) + 2208988800, int(($unix - int $unix) * 2**32));
}


sub sr {
    my (%p) = @_;

    return pack 'CCnN6', 0x80, 200, 6, $p{ssrc}, @{ $p{ntp} }, $p{ts},
        $p{packets} // 0, $p{octets} // 0;
}


sub rr { return pack 'CCnN', 0x80, 201, 1, $_[0] }


sub bye { return pack 'CCnN', 0x81, 203, 1, $_[0] }


# A packet without its SSRC: what must go through a server untouched.

sub bare { return substr($_[0], 0, 8) . substr($_[0], 12) }


# Says how the packets a reader got differ from a contiguous run of those
# sent; '' if they do not.  The run's first index comes back in list context.

sub same {
    my ($got, $sent) = @_;
    my $differ = sub { return wantarray ? ($_[0], $_[1]) : $_[0] };

    return $differ->('nothing was received') unless @$got;

    my $first = bare($got->[0]{raw});
    my @starts = grep { bare($sent->[$_]) eq $first } 0 .. $#$sent;

    return $differ->('the first packet received was never sent')
        unless @starts;

    my $start = $starts[-1];

    for my $i (0 .. $#$got) {
        my $want = $sent->[$start + $i];

        return $differ->("packet $i after the first was never sent", $start)
            unless defined $want;

        next if bare($got->[$i]{raw}) eq bare($want);

        my $w = rtp_parse($want);
        return $differ->("packet $i after the first: seq $got->[$i]{seq}"
            . " ts $got->[$i]{ts} length " . length($got->[$i]{raw})
            . ", sent was seq $w->{seq} ts $w->{ts} length "
            . length($want), $start);
    }

    return $differ->('', $start);
}


# The places where sequence numbers do not go on by one.

sub gaps {
    my ($got) = @_;
    my @gaps;

    for my $i (1 .. $#$got) {
        my $step = ($got->[$i]{seq} - $got->[$i - 1]{seq}) & 0xffff;

        push @gaps, "$got->[$i - 1]{seq} -> $got->[$i]{seq}" if $step != 1;
    }

    return join ', ', @gaps;
}


sub ssrcs {
    my ($got) = @_;
    my %seen;

    return grep { !$seen{$_}++ } map { $_->{ssrc} } @$got;
}


# H.264 or H.265 payloads put together again to [ ts, NAL unit ] pairs, as a
# decoder does; incomplete fragments at the start are left out, others die.

sub nal_units {
    my ($got, $codec) = @_;
    my ($h265, @units, $open) = ($codec eq 'H265');

    for my $p (@$got) {
        my $data = $p->{payload};
        my $head = ord $data;
        my $type = $h265 ? $head >> 1 & 0x3f : $head & 0x1f;

        if ($type == ($h265 ? 48 : 24)) {
            my $at = $h265 ? 2 : 1;

            while ($at < length $data) {
                my $len = unpack 'n', substr $data, $at, 2;
                push @units, [ $p->{ts}, substr $data, $at + 2, $len ];
                $at += 2 + $len;
            }

        } elsif ($type == ($h265 ? 49 : 28)) {
            my $fu = ord substr $data, $h265 ? 2 : 1, 1;

            if ($fu & 0x80) {
                die "a fragment begins within another NAL unit" if $open;
                $open = $h265
                    ? pack('CC', $head & 0x81 | ($fu & 0x3f) << 1,
                           ord substr $data, 1, 1)
                    : pack('C', $head & 0xe0 | $fu & 0x1f);
            }

            next unless defined $open || @units;
            die "a fragment without a beginning" unless defined $open;

            $open .= substr $data, $h265 ? 3 : 2;

            if ($fu & 0x40) {
                push @units, [ $p->{ts}, $open ];
                undef $open;
            }

        } else {
            die "a NAL unit within a fragmented one" if defined $open;
            push @units, [ $p->{ts}, $data ];
        }
    }

    return @units;
}


1;
