package Test::Rtsp::Reader;

# A reader: DESCRIBE, SETUP of the medias wanted, PLAY, over TCP or UDP.  What
# arrives is kept per media: {rtp}[i] and {rtcp}[i] hold parsed packets.

use strict;
use warnings;

use Scalar::Util qw/ weaken /;
use Time::HiRes qw/ time /;

use Test::Rtsp::Address qw/ address bound_port host_port /;
use Test::Rtsp::Loop qw/ until_true unwatch watch /;
use Test::Rtsp::Rtp qw/ bare rtp_parse rtcp_parse rr /;


# client, path; transport => tcp or udp; medias => indexes to set up (all);
# interleaved => { media => [a, b] }; udp_buffer => bytes of SO_RCVBUF.

sub new {
    my ($class, %o) = @_;

    $o{local} //= $o{client}->local_host();

    my $self = bless { transport => 'tcp', interleaved => {}, %o, rtp => [],
                       rtcp => [], channels => {}, strays => [],
                       senders => {}, pairs => [] }, $class;

    return $self;
}


sub start {
    my ($self) = @_;

    my $r = $self->describe();
    die "DESCRIBE: $r->{status} $r->{reason}" if $r->{status} != 200;

    for my $i (@{ $self->{medias} //= [ 0 .. $#{ $self->{controls} } ] }) {
        $r = $self->setup($i);
        die "SETUP: $r->{status} $r->{reason}" if $r->{status} != 200;
    }

    $r = $self->play();
    die "PLAY: $r->{status} $r->{reason}" if $r->{status} != 200;

    return $self;
}


sub describe {
    my ($self) = @_;

    my $r = $self->{client}->request('DESCRIBE', $self->{path},
        headers => [ Accept => 'application/sdp' ], limit => $self->{limit});

    return $r if $r->{status} != 200;

    $self->{sdp} = $r->{body};
    $self->{base} = $r->{headers}{'content-base'} // '';
    $self->{controls} = [];

    for my $media (split /^(?=m=)/m, $self->{sdp}) {
        next unless $media =~ /^m=/;
        push @{ $self->{controls} },
            $media =~ /^a=control:(\S+)\r$/m ? $1 : '';
    }

    return $r;
}


sub setup {
    my ($self, $i, $transport) = @_;

    my $control = $self->{controls}[$i];
    my $uri = $control =~ m{^rtsps?://} ? $control : $self->{base} . $control;
    my $c = $self->{client};

    if ($self->{transport} eq 'tcp') {
        weaken(my $me = $self);
        $c->{on_frame} = sub { $me->_frame(@_) if $me };
    }

    $transport //= $self->offer($i);
    my $r = $c->request('SETUP', $uri, headers => [ Transport => $transport ]);

    return $r if $r->{status} != 200;

    my $answer = $r->{headers}{transport} // '';

    $self->{answers}[$i] = $answer;
    $self->{ssrc}[$i] = hex $1 if $answer =~ /;ssrc=([0-9A-Fa-f]{8})(?:;|$)/;

    if ($self->{transport} eq 'tcp') {
        my ($a, $b) = $answer =~ /;interleaved=(\d+)-(\d+)/
            or die "no channels in $answer";

        $self->{channels}{$a} = [ $i, 0 ];
        $self->{channels}{$b} = [ $i, 1 ];

    } else {
        $self->{server_ports}[$i] = [ $answer =~ /server_port=(\d+)-(\d+)/ ];
    }

    return $r;
}


sub offer {
    my ($self, $i) = @_;

    if ($self->{transport} eq 'tcp') {
        my ($a, $b) = @{ $self->{interleaved}{$i} // [ 2 * $i, 2 * $i + 1 ] };

        return "RTP/AVP/TCP;unicast;interleaved=$a-$b";
    }

    my ($a, $b) = map { bound_port($_) } @{ $self->_pair($i) };

    return "RTP/AVP;unicast;client_port=$a-$b";
}


sub play {
    my ($self) = @_;

    my $r = $self->{client}->request('PLAY', $self->{path},
        headers => [ Range => 'npt=0.000-' ]);

    $self->{info} = rtp_info($r->{headers}{'rtp-info'});

    return $r;
}


sub pause {
    return $_[0]->{client}->request('PAUSE', $_[0]->{path});
}


sub teardown {
    return $_[0]->{client}->request('TEARDOWN', $_[0]->{path});
}


# RTP-Info as a list of { url, seq, rtptime }.

sub rtp_info {
    my ($text) = @_;

    return [ map {
        my %p = map { /^(\w+)=(.*)$/ ? ($1, $2) : () } split /;/;
        \%p
    } split /,\s*/, $text // '' ];
}


sub count { return scalar @{ $_[0]{rtp}[$_[1] // 0] // [] } }

sub got { return $_[0]{rtp}[$_[1] // 0] // [] }

sub reports { return grep { $_->{type} == 200 } @{ $_[0]{rtcp}[$_[1]] // [] } }

sub byes { return grep { $_->{type} == 203 } map { @$_ } @{ $_[0]{rtcp} } }


# Forgets what has arrived so far.

sub forget { $_[0]{rtp} = []; $_[0]{rtcp} = []; return $_[0] }


sub wait_count {
    my ($self, $i, $n, $limit) = @_;

    return until_true(sub { $self->count($i) >= $n }, $limit);
}


# Until this very packet of media $i has arrived; wait_payload() does not mind
# other numbers and another time, as those of a later source are.

sub wait_packet {
    my ($self, $i, $raw, $limit) = @_;
    my $bare = bare($raw);

    return $self->_wait_one($i, sub { bare($_[0]{raw}) eq $bare }, $limit);
}


sub wait_payload {
    my ($self, $i, $raw, $limit) = @_;
    my $payload = rtp_parse($raw)->{payload};

    return $self->_wait_one($i, sub { $_[0]{payload} eq $payload }, $limit);
}


sub _wait_one {
    my ($self, $i, $is, $limit) = @_;
    my $seen = 0;

    return until_true(sub {
        my $got = $self->got($i);

        $seen = 0 if $seen > @$got;

        for (; $seen < @$got; $seen++) {
            return 1 if $is->($got->[$seen]);
        }

        return 0;
    }, $limit);
}


# Everything published on media $i up to now has arrived.

sub wait_all {
    my ($self, $i, $source, $limit) = @_;

    return $self->wait_packet($i, $source->{sent}[-1], $limit);
}


sub send_rr {
    my ($self, $i) = @_;

    CORE::send($self->_pair($i)->[1], rr(0x1234), 0,
        address($self->{client}{host}, $self->{server_ports}[$i][1]))
        // die "send: $!";
}


sub _frame {
    my ($self, $channel, $data) = @_;

    my $to = $self->{channels}{$channel};

    return push @{ $self->{strays} }, [ $channel, $data ] unless $to;
    $self->_take(@$to, $data);
}


sub _take {
    my ($self, $i, $rtcp, $data) = @_;

    if ($rtcp) {
        push @{ $self->{rtcp}[$i] },
            map { $_->{at} = time(); $_ } rtcp_parse($data);
        return;
    }

    my $p = rtp_parse($data);

    $p->{order} = $self->{order}++;
    $p->{at} = time();
    push @{ $self->{rtp}[$i] }, $p;
    $self->{on_rtp}->($i, $p) if $self->{on_rtp};
}


sub _pair {
    my ($self, $i) = @_;

    return $self->{pairs}[$i] if $self->{pairs}[$i];

    my $pair = $self->{pairs}[$i]
        = Test::Rtsp::udp_pair($self->{local}, $self->{udp_buffer});

    weaken(my $me = $self);

    for my $rtcp (0, 1) {
        my $sock = $pair->[$rtcp];

        watch($sock, sub {
            while (my $from = recv $sock, my $data, 65535, 0) {
                return unless $me;

                $me->{senders}{$rtcp}{join ':', host_port($from)}++;
                $me->_take($i, $rtcp, $data);
            }
        });
    }

    return $pair;
}


sub close_pairs {
    my ($self) = @_;

    for my $sock (map { @{ $_ // [] } } @{ $self->{pairs} }) {
        unwatch($sock);
        CORE::close($sock);
    }

    $self->{pairs} = [];
}


sub DESTROY { $_[0]->close_pairs() }


1;
