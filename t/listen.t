# What a server listens on: TLS, PROXY protocol, UNIX-domain sockets beside
# plain TCP, and what each means for media.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Loop qw/ pump /;
use Test::Rtsp::Rtp qw/ same gaps /;

my $t = Test::Rtsp->new(workers => 2);

is(system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "
    . "/CN=localhost -keyout $t->{dir}/key.pem -out $t->{dir}/cert.pem "
    . "2>/dev/null"), 0, 'a certificate');

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_publish on;

    server {
        listen 127.0.0.1:%%PORT_RTSP%%;
        listen 127.0.0.1:%%PORT_TLS%% ssl;
        listen 127.0.0.1:%%PORT_PROXY%% proxy_protocol;
        listen unix:%%DIR%%/rtsp.sock;

        ssl_certificate cert.pem;
        ssl_certificate_key key.pem;

        rtsp on;
    }
}
EOT

my @tls = (name => 'PORT_TLS', tls => 1);
my @proxy = (name => 'PORT_PROXY',
    send_first => "PROXY TCP4 192.0.2.7 127.0.0.1 5555 554\r\n");
my @unix = (unix => "$t->{dir}/rtsp.sock");

my %ways = (plain => [], tls => \@tls, proxy => \@proxy, unix => \@unix);


# Published and read every way

for my $way (sort keys %ways) {
    my @sources = (source('H264'), source('AAC'));
    my $p = $t->publish("/$way", sources => \@sources,
        client => $t->client(@{ $ways{$way} }));

    $p->key(0, size => 60_000);
    $p->unit(0, size => 20_000)->unit(1) for 1 .. 40;
    $p->sync();

    my %readers = map { $_ => $t->read_stream("/$way",
        client => $t->client(@{ $ways{$_} })) } sort keys %ways;

    for my $n (1 .. 20) {
        $p->unit(0, key => $n == 10, size => $n == 5 ? 200_000 : 3000);
        $p->unit(1)->sync();
    }

    for my $how (sort keys %readers) {
        my $r = $readers{$how};
        my $name = "published over $way, read over $how";

        for my $i (0, 1) {
            ok($r->wait_all($i, $sources[$i]), "$name: media $i");
            is(scalar same($r->got($i), $sources[$i]{sent}), '', 'as sent');
        }

        is($r->{base}, $r->{client}->uri("/$way/"), 'Content-Base');
        is($r->teardown()->{status}, 200, 'TEARDOWN');
    }

    is($p->teardown()->{status}, 200, 'TEARDOWN');
}


# No media in clear beside a control channel that is not, nor to nowhere

my $p = $t->publish('/live');
$p->key(0)->sync();

for my $way (qw/ tls unix /) {
    my $c = $t->client(@{ $ways{$way} });

    is($c->request('SETUP', '/live/trackID=0', headers =>
        [ Transport => 'RTP/AVP;unicast;client_port=5000-5001' ])->{status},
        461, "UDP over $way");
    ok($c->alive(), 'connection stays');
    is($c->request('SETUP', '/live/trackID=0', headers =>
        [ Transport => 'RTP/AVP;unicast;client_port=5000-5001,'
            . 'RTP/AVP/TCP;unicast;interleaved=0-1' ])->{status}, 200,
        'TCP as the second choice');
}


# Requests in pieces and many at once over TLS

my $c = $t->client(@tls);

for my $byte (split //, "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n") {
    $c->raw($byte);
    pump(0.001);
}

is($c->response()->{status}, 200, 'a request byte by byte over TLS');
$c->raw(join '', map { "OPTIONS * RTSP/1.0\r\nCSeq: $_\r\n\r\n" } 1 .. 200);
is(join(' ', map { $c->response()->{headers}{cseq} // '' } 1 .. 200),
    join(' ', 1 .. 200), 'two hundred in one piece');


# A plain request to the TLS port, and TLS to the plain one

$c = $t->client(name => 'PORT_TLS');
$c->raw("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n");
ok($c->closed(10), 'a plain request to the TLS port: closed');

$c = $t->client(name => 'PORT_RTSP', tls => 1);
ok($c->closed(10), 'TLS to the plain port: closed');

$t->clean();
done_testing();
