package Test::Rtsp::Publisher;

# A publisher: ANNOUNCE, SETUP of each media, RECORD, over TCP or UDP, fed by
# Test::Rtsp::Source objects.

use strict;
use warnings;

use Scalar::Util qw/ weaken /;

use Test::Rtsp::Address qw/ address bound_port /;
use Test::Rtsp::Loop qw/ every cancel unwatch watch /;
use Test::Rtsp::Rtp qw/ rtcp_parse /;
use Test::Rtsp::Source;


# client, path, sources => [...]; transport => tcp or udp; sdp => text of its
# own; interleaved => [[a, b], ...]; pairs => [[rtp, rtcp sockets], ...].

sub new {
    my ($class, %o) = @_;

    $o{local} //= $o{client}->local_host();

    my $self = bless { transport => 'tcp', %o, rtcp => [], rtp => [] },
        $class;

    $self->{sources} //= [ Test::Rtsp::Source->new('H264') ];
    $self->{sdp} //= Test::Rtsp::Source::sdp($self->{sources});

    return $self;
}


sub start {
    my ($self) = @_;

    my $r = $self->announce();
    die "ANNOUNCE: $r->{status} $r->{reason}" if $r->{status} != 200;

    for my $i (0 .. $#{ $self->{sources} }) {
        $r = $self->setup($i);
        die "SETUP: $r->{status} $r->{reason}" if $r->{status} != 200;
    }

    $r = $self->record();
    die "RECORD: $r->{status} $r->{reason}" if $r->{status} != 200;

    return $self;
}


sub announce {
    my ($self, %o) = @_;

    return $self->{client}->request('ANNOUNCE', $self->{path},
        headers => [ 'Content-Type' => 'application/sdp',
                     @{ $o{headers} // [] } ],
        body => $self->{sdp}, limit => $o{limit});
}


sub setup {
    my ($self, $i, $transport) = @_;

    my $control = $self->{sources}[$i]{control};
    my $uri = $control =~ m{^rtsps?://} ? $control
        : $control eq '' ? $self->{path} : "$self->{path}/$control";

    my $r = $self->{client}->request('SETUP', $uri,
        headers => [ Transport => $transport // $self->offer($i) ]);

    if ($r->{status} == 200 && $self->{transport} eq 'udp') {
        my $answer = $r->{headers}{transport} // '';

        ($self->{server_ports}[$i]) = [ $answer =~ /server_port=(\d+)-(\d+)/ ];
    }

    return $r;
}


sub offer {
    my ($self, $i) = @_;

    if ($self->{transport} eq 'tcp') {
        my ($a, $b) = @{ $self->{interleaved}[$i] // [ 2 * $i, 2 * $i + 1 ] };

        $self->{interleaved}[$i] = [ $a, $b ];
        return "RTP/AVP/TCP;unicast;interleaved=$a-$b;mode=record";
    }

    my ($rtp, $rtcp) = @{ $self->_pair($i) };
    my ($a, $b) = @{ $self->{announced}[$i]
                     // [ map { bound_port($_) } $rtp, $rtcp ] };

    return "RTP/AVP;unicast;client_port=$a-$b;mode=record";
}


sub record {
    my ($self) = @_;

    return $self->{client}->request('RECORD', $self->{path},
        headers => [ Range => 'npt=0.000-' ]);
}


sub teardown {
    my ($self) = @_;

    return $self->{client}->request('TEARDOWN', $self->{path});
}


# Sends RTP packets of media $i; send_rtcp() likewise its reports.

sub send {
    my ($self, $i, @packets) = @_;

    return $self->_send($i, 0, @packets);
}


sub send_rtcp {
    my ($self, $i, @packets) = @_;

    return $self->_send($i, 1, @packets);
}


sub _send {
    my ($self, $i, $rtcp, @packets) = @_;

    if ($self->{transport} eq 'tcp') {
        my $channel = $self->{interleaved}[$i][$rtcp];

        $self->{client}->raw(join '',
            map { pack('CCn', 0x24, $channel, length) . $_ } @packets);
        return $self;
    }

    my $to = address($self->{client}{host},
        $self->{server_ports}[$i][$rtcp]);

    for my $packet (@packets) {
        CORE::send($self->_pair($i)->[$rtcp], $packet, 0, $to)
            // die "send: $!";
    }

    return $self;
}


# Makes and sends the next access unit of media $i.

sub unit {
    my ($self, $i, %o) = @_;

    return $self->send($i, $self->{sources}[$i]->unit(%o));
}


sub key { return $_[0]->unit($_[1] // 0, key => 1, @_[2 .. $#_]) }


# The server has taken all that was sent: over TCP, requests and frames are
# handled in order.

sub sync {
    my ($self) = @_;

    my $r = $self->{client}->request('GET_PARAMETER', $self->{path});
    die "GET_PARAMETER: $r->{status} $r->{reason}" if $r->{status} != 200;

    return $self;
}


# Goes on by itself, a unit of each video every 1/rate seconds with a key
# frame every so many, and the sound due meanwhile, until halt().

sub run {
    my ($self, %o) = @_;

    my $rate = $o{rate} // 25;
    my $gop = $o{gop} // 25;
    my $n = 0;

    weaken(my $me = $self);

    $self->{timer} = every(1 / $rate, sub {
        my @sources = @{ $me->{sources} };

        for my $i (0 .. $#sources) {
            if ($sources[$i]{type} ne 'audio') {
                $me->unit($i, key => $n % $gop == 0, size => $o{size});
                next;
            }

            my $source = $sources[$i];

            $source->{owed} += $source->{clock} / $rate;

            while ($source->{owed} >= $source->{step}) {
                $source->{owed} -= $source->{step};
                $me->unit($i);
            }
        }

        $n++;
    });

    return $self;
}


sub halt {
    my ($self) = @_;

    cancel(delete $self->{timer});
    return $self;
}


# Gone without a word.

sub vanish {
    my ($self) = @_;

    $self->halt();
    $self->{client}->abort();
    $self->close_pairs();
}


sub close_pairs {
    my ($self) = @_;

    for my $sock (map { @$_ } @{ delete $self->{pairs} // [] }) {
        unwatch($sock);
        CORE::close($sock);
    }
}


sub _pair {
    my ($self, $i) = @_;

    my $pair = $self->{pairs}[$i]
        //= Test::Rtsp::udp_pair($self->{local});

    return $pair if $self->{watched}{$pair}++;

    weaken(my $me = $self);

    for my $rtcp (0, 1) {
        watch($pair->[$rtcp], sub {
            while (defined recv $pair->[$rtcp], my $data, 65535, 0) {
                return unless $me;
                push @{ $me->{rtcp}[$i] }, rtcp_parse($data) if $rtcp;
                push @{ $me->{rtp}[$i] }, $data unless $rtcp;
            }
        });
    }

    return $pair;
}


sub DESTROY {
    my ($self) = @_;

    $self->halt();
    $self->close_pairs();
}


1;
