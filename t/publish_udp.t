# A publisher over UDP: the port pair, order, holes, duplicates, the port of
# one behind NAT, receiver reports, and what becomes of it when it is silent.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source udp_pair /;
use Test::Rtsp::Loop qw/ every cancel /;
use Test::Rtsp::Rtp qw/ same gaps ssrcs ntp_now rtp
                         rtp_parse /;

my $t = Test::Rtsp->new();

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;

    server { listen 127.0.0.1:%%PORT_RTSP%%; rtsp on; rtsp_publish on; }
    server { listen 127.0.0.1:%%PORT_SHORT%%; rtsp on; rtsp_publish on;
             rtsp_media_timeout 1s; }
}
EOT

my $pair = join '-', $t->port('UDP_RTP'), $t->port('UDP_RTP') + 1;
my @udp = (transport => 'udp');


# As sent

my ($video, $audio) = (source('H264', seq => 65500), source('AAC'));
my $p = $t->publisher('/live', sources => [ $video, $audio ], @udp);

is($p->announce()->{status}, 200, 'ANNOUNCE');

my $answer = $p->setup(0)->{headers}{transport};

like($answer, qr{^RTP/AVP(?:/UDP)?;unicast;}, 'Transport');
like($answer, qr/;server_port=$pair(?:;|$)/, 'the port pair of the server');
is($p->setup(1)->{status}, 200, 'SETUP');
is($p->record()->{status}, 200, 'RECORD');

my $r = $t->read_stream('/live');

for my $n (0 .. 40) {
    $p->unit(0, key => $n % 20 == 0, size => $n == 5 ? 30_000 : 2500);
    $p->unit(1);
    ok($r->wait_all(0, $video), "unit $n arrived") || last if $n % 10 == 0;
}

for my $i (0, 1) {
    my $source = $p->{sources}[$i];

    ok($r->wait_all($i, $source), "media $i: all arrived");
    is(scalar same($r->got($i), $source->{sent}), '', "media $i: as sent");
    is(gaps($r->got($i)), '', "media $i: no gap");
    is(join(' ', ssrcs($r->got($i))), $r->{ssrc}[$i], "media $i: one SSRC");
}


# Out of order, twice, and never

sub feed {
    my (@order) = @_;

    $r->forget();
    my $at = @{ $video->{sent} };
    my @packets = map { $video->unit(size => 100) } 0 .. 9;

    $p->send(0, @packets[@order]);

    return ($at, @packets);
}

my ($at, @packets) = feed(0, 2, 1, 3, 7, 6, 5, 4, 8, 9);
ok($r->wait_packet(0, $packets[9]), 'out of order');
is(scalar same($r->got(0), $video->{sent}), '', 'comes in order');
is($r->count(0), 10, 'all of it');

($at, @packets) = feed(0, 1, 1, 2, 0, 3, 3, 4, 5, 6, 7, 8, 2, 9);
ok($r->wait_packet(0, $packets[9]), 'duplicates');
is($r->count(0), 10, 'come once');
is(scalar same($r->got(0), $video->{sent}), '', 'in order');

($at, @packets) = feed(0, 1, 2, 4, 5, 6, 7, 8, 9);
ok($r->wait_packet(0, $packets[9]),
    'a hole holds up what follows only so long');
is($r->count(0), 9, 'the others came');
like(gaps($r->got(0)), qr/^\d+ -> \d+$/, 'one gap in the numbers');
$p->send(0, $packets[3]);
$p->unit(0, size => 100);
ok($r->wait_all(0, $video), 'the next one');
is($r->count(0), 10, 'who comes after its hole was given up is left out');

# a jump of more than the reorder buffer

$video->{seq} = ($video->{seq} + 500) & 0xffff;
$p->key(0);
ok($r->wait_all(0, $video), 'a jump ahead by 500 goes on');

# an encoder that starts its numbers anew

$video->{seq} = ($video->{seq} - 5000) & 0xffff;
$p->unit(0, size => 100) for 1 .. 100;
ok($r->wait_all(0, $video), 'a jump back goes on');

# what is no RTP of the media has numbers that mean nothing

$r->forget();
$p->send(0, 'x', 'x' x 12, rtp(pt => 33, seq => $video->{seq} + 20_000,
    ts => 1, ssrc => $video->{ssrc}, payload => 'x'));
$p->unit(0, size => 100) for 1 .. 10;
ok($r->wait_all(0, $video), 'packets of another payload type do not disturb');
is($r->count(0), 10, 'nothing is missing');


# Strangers

my $mine = udp_pair('127.0.0.1');
my $foreign = udp_pair('127.0.0.2');

sub fake {
    my ($socks, $payload) = @_;

    my $packet = rtp(pt => 96, seq => $video->{seq},
        ts => $video->{ts}, ssrc => $video->{ssrc}, payload => $payload);

    CORE::send($socks->[0], $packet, 0, Socket::sockaddr_in(
        $p->{server_ports}[0][0], Socket::inet_aton('127.0.0.1')));
    return $packet;
}

$r->forget();
fake($foreign, "\x41 from another address");
fake($mine, "\x41 from another port");
$p->unit(0, size => 100) for 1 .. 70;
ok($r->wait_all(0, $video), 'strangers do not disturb');
is(scalar(grep { $_->{payload} =~ / from another / } @{ $r->got(0) }), 0,
    'nor come through');
is(gaps($r->got(0)), '', 'no gap');


# Reports both ways

ok($t->wait(sub { grep { $_->{blocks} } @{ $p->{rtcp}[0] // [] } }, 15),
    'a receiver report');

my ($rr) = grep { $_->{blocks} } @{ $p->{rtcp}[0] };
my %ours = map { $_->{ssrc} => 1 } @{ $rr->{blocks} };

is($rr->{type}, 201, 'RR');
ok($ours{$video->{ssrc}}, "about the publisher's SSRC");

my @ntp = ntp_now(1_000_000_000);

$p->send_rtcp(0, $video->report(@ntp));
$p->key(0);
ok($t->wait(sub {
    grep { abs($_->{ntp} - $ntp[0]) < 3600 } $r->reports(0);
}, 10), "the source's clock reaches the readers");

is($p->teardown()->{status}, 200, 'TEARDOWN');


# Behind NAT: other ports than announced

my @nat = (source('H264'), source('PCMU'));

$p = $t->publish('/nat', sources => \@nat, @udp,
    announced => [ [ 40000, 40001 ], [ 40002, 40003 ] ]);

$r = $t->read_stream('/nat');
fake($foreign, "\x41 from another address");

$t->wait(sub {
    $p->key(0, size => 100)->unit(1);
    return $r->count(0) && $r->count(1);
}, 5);

$r->forget();
$p->key(0)->unit(1);
ok($r->wait_all($_, $nat[$_]), "media $_ of one behind NAT") for 0, 1;
is(scalar(grep { $_->{payload} =~ / from another / } @{ $r->got(0) }), 0,
    'the announced address counts');
$p->teardown();


# Two behind NAT at once: whose a packet is cannot be told, so it is nobody's

my @two = map { $t->publish("/nat$_", sources => [ source('H264') ], @udp,
    announced => [ [ 40010 + 2 * $_, 40011 + 2 * $_ ] ]) } 0, 1;
my $control = $t->publish('/control', @udp);
my @readers = map { $t->read_stream($_) } '/nat0', '/nat1', '/control';

$_->key(0, size => 100) for @two, $control;
ok($readers[2]->wait_all(0, $control->{sources}[0]),
    'one that told its ports');
is($readers[$_]->count(0), 0, "not taken for publisher $_") for 0, 1;
$_->teardown() for @two, $control;


# Its connection may go, and then its name may be taken

$p = $t->publish('/free', @udp);
$p->key(0);

my $next = $t->publisher('/free', @udp);

is($next->announce()->{status}, 403, 'taken while its connection is there');
$p->{client}->close();
ok($t->wait(sub { $next->announce()->{status} == 200 }, 5),
    'not when it is gone');
is($next->setup(0)->{status}, 200, 'SETUP');
is($next->record()->{status}, 200, 'RECORD');
$r = $t->read_stream('/free');
$next->key(0);
ok($r->wait_payload(0, $next->{sources}[0]{sent}[-1]), 'the new one is read');
is(gaps($r->got(0)), '', 'and alone, its numbers go on');

$p->unit(0);

my $stale = $p->{sources}[0]{sent}[-1];

$next->unit(0);
ok($r->wait_payload(0, $next->{sources}[0]{sent}[-1]), 'and again');
is(scalar(grep { $_->{payload} eq rtp_parse($stale)->{payload} }
    @{ $r->got(0) }), 0, 'what the old one still sends is left out');


# Silence

$p = $t->publish('/silent', @udp, client => $t->client(name => 'PORT_SHORT'));
my $timer = every(0.3, sub {
    $p->{client}->start_request('GET_PARAMETER', '/silent')
        unless $p->{client}{eof};
});

ok($p->{client}->closed(8),
    'one without media is closed, whatever it says meanwhile');
cancel($timer);
ok($t->wait(sub { $t->describe_status('/silent') == 404 }, 5),
    'its name is free');

my $steady = $t->publish('/steady', @udp,
    client => $t->client(name => 'PORT_SHORT'))->run();
my $silent = $t->publish('/silent2', @udp,
    client => $t->client(name => 'PORT_SHORT'));

ok($silent->{client}->closed(8), 'silent');
is($t->describe_status('/steady'), 200,
    'one with media need not say anything');
ok(!$steady->{client}{eof}, 'and stays');
$steady->halt();

$t->clean();
done_testing();
