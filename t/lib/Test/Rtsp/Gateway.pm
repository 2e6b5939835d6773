package Test::Rtsp::Gateway;

# What tests of rtsp_auth_request have in common: an nginx that asks a service
# (Test::Rtsp::Service), clients with credentials, and a look into the memory
# that workers share.

use strict;
use warnings;

use Digest::MD5 qw/ md5_hex /;
use Exporter qw/ import /;
use MIME::Base64 qw/ encode_base64 /;
use Test::More;

use Test::Rtsp;
use Test::Rtsp::Client;
use Test::Rtsp::Service;

our @EXPORT = qw/ $url basic client describe digest gateway lines service
                  shared /;

our $url = 'http://127.0.0.1:%%PORT_AUTH%%/rtsp?x=1';


# credentials of a client go along with each request

{
    no warnings 'redefine';
    my $start = \&Test::Rtsp::Client::start_request;

    *Test::Rtsp::Client::start_request = sub {
        my ($self, $method, $path, %o) = @_;

        $o{headers} = [ @{ $o{headers} // [] },
                        Authorization => $self->{authorization} ]
            if $self->{authorization};

        return $start->($self, $method, $path, %o);
    };
}


sub basic { return 'Basic ' . encode_base64("$_[0]:$_[1]", '') }


# worker => its pid; further options as those of a client

sub client {
    my ($t, $authorization, %o) = @_;

    my $worker = delete $o{worker};
    my $c = $worker ? $t->connect_in($worker, %o) : $t->client(%o);
    $c->{authorization} = $authorization;

    return $c;
}


sub describe {
    my ($t, $path, $authorization, %o) = @_;
    my $limit = delete $o{limit};

    my $c = client($t, $authorization, %o);
    my $r = $c->request('DESCRIBE', $path, limit => $limit);

    $c->close();

    return $r;
}


# An Authorization header of Digest for the method and path; nonce and realm
# are those of a challenge, or what the test makes up

sub digest {
    my ($c, $method, $path, $user, $password, $nonce, $realm) = @_;

    $realm //= 'cam';

    my $uri = $c->uri($path);
    my $response = md5_hex(join ':', md5_hex("$user:$realm:$password"),
        $nonce, '00000001', 'c0ffee', 'auth', md5_hex("$method:$uri"));

    return "Digest username=\"$user\", realm=\"$realm\", nonce=\"$nonce\", "
        . "uri=\"$uri\", response=\"$response\", algorithm=MD5, qop=auth, "
        . 'nc=00000001, cnonce="c0ffee"';
}


# nginx with a service, and a server of its own to publish to

sub gateway {
    my ($service, %o) = @_;

    my $t = Test::Rtsp->new(workers => $o{workers} // 1,
        connections => $o{connections} // 512);

    my $zone = $o{zone} // '64m';
    my ($main, $server) = ($o{main} // '', $o{server} // '');
    my $reuse = $t->{workers} > 1 ? 'reuseport' : '';

    $t->conf(<<"EOT")->start();
stream {
    rtsp_zone rtsp:$zone;
    rtsp_udp_port %%UDP_RTP%%;
    $main

    server {
        listen 127.0.0.1:%%PORT_RTSP%% $reuse;
        rtsp on;
        rtsp_publish on;
        rtsp_auth_request $service;
        $server
    }

    server {
        listen 127.0.0.1:%%PORT_OPEN%% $reuse;
        rtsp on;
        rtsp_publish on;
    }
}
EOT

    return $t;
}


sub service {
    my ($t, $answer, %o) = @_;

    return Test::Rtsp::Service->new(
        port => $t->port($o{name} // 'PORT_AUTH'), %o, answer => $answer);
}


sub lines {
    my ($t, $re, $n, $name) = @_;

    my @lines = $t->log_lines($re);
    is(scalar @lines, $n, $name) or diag(join "\n", @lines);
}


# All memory that this worker shares with others, which takes root; dies where
# rtsp_zone is not in it

sub shared {
    my ($pid) = @_;
    my ($text, $zones) = ('', 0);

    open my $maps, '<', "/proc/$pid/maps" or die "maps: $!";
    open my $mem, '<:raw', "/proc/$pid/mem" or die "mem: $!";

    while (<$maps>) {
        my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) rw-s / or next;
        my ($at, $end) = map { unpack 'Q>', pack 'H16',
                               substr '0' x 16 . $_, -16 } $from, $to;

        sysseek($mem, $at, 0) or next;
        sysread($mem, my $part, $end - $at) or next;

        $text .= $part;
        $zones++ if $end - $at >= 16 * 1024 * 1024;
    }

    die 'no zone in shared memory' unless $zones;

    return $text;
}


1;
