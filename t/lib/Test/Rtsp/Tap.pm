package Test::Rtsp::Tap;

# Sees what a publisher that is not ours sends: over TCP as a relay between
# it and the server, over UDP on the loopback interface (as root).

use strict;
use warnings;

use Errno qw/ EAGAIN EINTR /;
use Scalar::Util qw/ weaken /;
use Socket;

use Test::Rtsp::Loop qw/ unwatch watch watch_write /;

my $AF_PACKET = 17;
my $ETH_P_ALL = 3;
my $SO_ATTACH_FILTER = 26;


# A port that leads to the server's port; {frames}{channel} gets the packets
# of whoever publishes through it.

sub relay {
    my ($class, $to) = @_;

    my $self = bless { frames => {}, socks => [], to => $to, in => '' },
        $class;

    socket(my $listen, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
    bind($listen, sockaddr_in(0, INADDR_LOOPBACK)) or die "bind: $!";
    listen($listen, 5) or die "listen: $!";

    $self->{port} = (sockaddr_in(getsockname($listen)))[0];
    push @{ $self->{socks} }, $listen;

    weaken(my $me = $self);
    watch($listen, sub {
        accept(my $client, $listen) or return;
        $me->_pass($client);
    });

    return $self;
}


sub _pass {
    my ($self, $client) = @_;

    socket(my $server, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
    connect($server, sockaddr_in($self->{to}, INADDR_LOOPBACK))
        or die "connect: $!";

    push @{ $self->{socks} }, $client, $server;

    weaken(my $me = $self);

    for my $way ([ $client, $server, 1 ], [ $server, $client, 0 ]) {
        my ($from, $to, $seen) = @$way;
        my $out = '';

        my $flush = sub {
            while (length $out) {
                my $n = syswrite($to, $out);
                last unless $n;
                substr($out, 0, $n, '');
            }

            watch_write($to, undef) if $out eq '' || $! != EAGAIN;
        };

        $from->blocking(0);
        watch($from, sub {
            my $n = sysread($from, my $data, 65536);

            return if !defined $n && ($! == EAGAIN || $! == EINTR);

            if (!$n) {
                unwatch($from);
                shutdown($to, 1);
                return;
            }

            $me->_look($data) if $seen && $me;
            $out .= $data;
            $flush->();
            watch_write($to, $flush) if $out ne '';
        });
    }
}


sub _look {
    my ($self, $data) = @_;

    $self->{in} .= $data;
    my $at = 0;

    while (length($self->{in}) - $at >= 4) {
        my ($mark, $channel, $len) = unpack 'CCn', substr $self->{in}, $at, 4;

        if ($mark == 0x24) {
            last if length($self->{in}) - $at < 4 + $len;

            push @{ $self->{frames}{$channel} },
                substr $self->{in}, $at + 4, $len;
            $at += 4 + $len;
            next;
        }

        my $end = index $self->{in}, "\r\n\r\n", $at;
        last if $end < 0;

        my $head = substr $self->{in}, $at, $end - $at;
        my $body = $head =~ /^content-length:\s*(\d+)/mi ? $1 : 0;

        last if length($self->{in}) < $end + 4 + $body;
        $at = $end + 4 + $body;
    }

    substr($self->{in}, 0, $at, '');
}


# Datagrams to this port on the loopback interface, by their source port.

sub datagrams {
    my ($class, $port) = @_;

    my $self = bless { ports => {}, socks => [] }, $class;

    socket(my $sock, $AF_PACKET, SOCK_RAW, unpack 'S', pack 'n', $ETH_P_ALL)
        or die "socket: $!";
    $sock->blocking(0);
    setsockopt($sock, SOL_SOCKET, SO_RCVBUF, 4 * 1024 * 1024);
    setsockopt($sock, SOL_SOCKET, $SO_ATTACH_FILTER, _filter($port))
        or die "setsockopt: $!";
    push @{ $self->{socks} }, $sock;

    weaken(my $me = $self);
    watch($sock, sub {
        while (my $from = recv $sock, my $data, 65535, 0) {
            my ($pkttype) = unpack 'x10C', $from;

            next if $pkttype != 0 || length $data < 42;     # coming in

            my $head = 14 + 4 * (unpack('x14C', $data) & 0x0f);
            my ($source, $dest, $len) = unpack 'nnn', substr $data, $head, 6;

            next if !defined $dest || $dest != $port || !$me;
            push @{ $me->{ports}{$source} }, substr $data, $head + 8, $len - 8;
        }
    });

    return $self;
}


# A socket filter for "udp dst port": the interface has much else to say.

sub _filter {
    my ($port) = @_;

    our $program = join '', map { pack 'SCCL', @$_ }
        [ 0x28, 0, 0, 12 ], [ 0x15, 0, 8, 0x0800 ],     # IPv4
        [ 0x30, 0, 0, 23 ], [ 0x15, 0, 6, 17 ],         # UDP
        [ 0x28, 0, 0, 20 ], [ 0x45, 4, 0, 0x1fff ],     # no later fragment
        [ 0xb1, 0, 0, 14 ], [ 0x48, 0, 0, 16 ],         # destination
        [ 0x15, 0, 1, $port ], [ 0x06, 0, 0, 0x40000 ],
        [ 0x06, 0, 0, 0 ];

    return pack 'S x![P] P', 11, $program;
}


# All the lists of packets seen.

sub lists {
    my ($self) = @_;

    return map { values %{ $self->{$_} // {} } } qw/ frames ports /;
}


sub DESTROY {
    my ($self) = @_;

    for my $sock (@{ $self->{socks} }) {
        next unless defined fileno $sock;
        unwatch($sock);
        watch_write($sock, undef);
        close $sock;
    }
}


1;
