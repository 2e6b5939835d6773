package Test::Rtsp::Address;

# Hosts and ports of either address family <-> what the socket calls take.

use strict;
use warnings;

use Exporter qw/ import /;
use Socket qw/ AF_INET AF_INET6 inet_ntop inet_pton pack_sockaddr_in
               pack_sockaddr_in6 sockaddr_family unpack_sockaddr_in
               unpack_sockaddr_in6 /;

our @EXPORT_OK = qw/ address family host_port bound_port /;


sub family { return $_[0] =~ /:/ ? AF_INET6 : AF_INET }


sub address {
    my ($host, $port) = @_;

    return $host =~ /:/ ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $host))
        : pack_sockaddr_in($port, inet_pton(AF_INET, $host));
}


sub host_port {
    my ($address) = @_;

    my $family = sockaddr_family($address);
    my ($port, $host) = $family == AF_INET6 ? unpack_sockaddr_in6($address)
        : unpack_sockaddr_in($address);

    return (inet_ntop($family, $host), $port);
}


sub bound_port { return (host_port(getsockname($_[0])))[1] }


1;
