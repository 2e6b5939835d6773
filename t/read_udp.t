# Readers over UDP: ports, start, pace of the replay, liveness, and sessions
# that outlive their connection.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Loop qw/ every cancel /;
use Test::Rtsp::Rtp qw/ same gaps ssrcs /;

my $t = Test::Rtsp->new();

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;

    server { listen 127.0.0.1:%%PORT_RTSP%%; rtsp on; rtsp_publish on; }
    server { listen 127.0.0.1:%%PORT_SHORT%%; rtsp on;
             rtsp_session_timeout 2s; }
    server { listen 127.0.0.1:%%PORT_LAG%%; rtsp on; rtsp_publish on;
             rtsp_buffer 16m; rtsp_lag 500ms; }
}
EOT

my $rtp = $t->port('UDP_RTP');
my $rtcp = $rtp + 1;
my @udp = (transport => 'udp');

my ($video, $audio) = (source('H264'), source('AAC'));
my $p = $t->publish('/live', sources => [ $video, $audio ]);

for my $n (0 .. 24) {
    $p->unit(0, key => $n % 10 == 0);
    $p->unit(1);
}

$p->sync();


# From the newest key frame on, as sent, from the server's ports

my $r = $t->read_stream('/live', @udp);

like($r->{answers}[0], qr{^RTP/AVP(?:/UDP)?;unicast;client_port=\d+-\d+;},
    'Transport');
like($r->{answers}[$_], qr/;server_port=$rtp-$rtcp(?:;|$)/,
    "media $_: the port pair of the server") for 0, 1;

for my $n (25 .. 60) {
    $p->unit(0, key => $n % 10 == 0, size => $n == 30 ? 100_000 : 2500);
    $p->unit(1);
    $r->wait_all(0, $video);
}

for my $i (0, 1) {
    my $source = $p->{sources}[$i];

    ok($r->wait_all($i, $source), "media $i: all arrived");
    is(scalar same($r->got($i), $source->{sent}), '', "media $i: as sent");
    is(gaps($r->got($i)), '', "media $i: no gap");
    is(join(' ', ssrcs($r->got($i))), $r->{ssrc}[$i], "media $i: one SSRC");
    is($r->{info}[$i]{seq}, $r->got($i)->[0]{seq}, "media $i: RTP-Info seq");
    is($r->{info}[$i]{rtptime}, $r->got($i)->[0]{ts}, "media $i: rtptime");
    ok($t->wait(sub { $r->reports($i) }, 5), "media $i: sender report");
    is(($r->reports($i))[0]{ssrc}, $r->{ssrc}[$i], "media $i: its SSRC");
}

is(ord($r->got(0)->[0]{payload}) & 0x1f, 7, 'begins with a key frame');
is_deeply([ keys %{ $r->{senders}{0} } ], [ "127.0.0.1:$rtp" ],
    'RTP comes from the RTP port');
is_deeply([ keys %{ $r->{senders}{1} } ], [ "127.0.0.1:$rtcp" ],
    'RTCP from the RTCP port');


# A replay of 3 MB into a receive buffer of 512 KiB loses nothing

$p->key(0, size => 100_000);
$p->unit(0, size => 25_000) for 1 .. 116;
$p->sync();

my $replay = $t->read_stream('/live', @udp, udp_buffer => 512 * 1024);

$p->unit(0);
ok($replay->wait_all(0, $video), 'a replay of 3 MB');

my ($differ, $start) = same($replay->got(0), $video->{sent});

is($differ, '', 'as sent');
is($start, $video->newest_key(), 'whole');
$replay->teardown();


# A replay that takes longer than rtsp_lag is none: it ends before that counts

my $long = $t->publish('/long', client => $t->client(name => 'PORT_LAG'));

$long->key(0, size => 100_000);
$long->unit(0, size => 25_000) for 1 .. 240;
$long->sync();

$replay = $t->read_stream('/long', @udp,
    client => $t->client(name => 'PORT_LAG'));
$long->run(gop => 5);

my $heard = @{ $long->{sources}[0]{sent} };

ok($replay->wait_count(0, $heard + 50, 10), 'a replay of 6 MB');
$long->halt();
ok($replay->wait_all(0, $long->{sources}[0]), 'and what came meanwhile');
is(scalar same($replay->got(0), $long->{sources}[0]{sent}), '',
    'nothing was skipped for a newer key frame');
$long->teardown();


# Transport: one port, a destination of somebody else

my $c = $t->client();
my $answer = $c->request('SETUP', '/live/trackID=0', headers =>
    [ Transport => 'RTP/AVP;unicast;client_port=42000' ]);

is($answer->{status}, 200, 'one client_port');
like($answer->{headers}{transport}, qr/;client_port=42000-42001;/,
    'becomes two');

my $aim = $t->reader('/live', @udp);

$aim->describe();
is($aim->setup(0, 'RTP/AVP/UDP;unicast;destination=127.0.0.9;'
    . ($aim->offer(0) =~ /(client_port.*)/)[0])->{status}, 200,
    'destination=');
$aim->play();
$p->key(0);
ok($aim->wait_all(0, $video), 'goes to who asked, not where it says');
$aim->teardown();


# A subset, PAUSE, TEARDOWN

my $sound = $t->read_stream('/live', @udp, medias => [ 1 ]);

$p->key(0)->unit(1)->unit(1);
ok($sound->wait_all(1, $audio), 'sound alone');
is(scalar same($sound->got(1), $audio->{sent}), '', 'as sent');
$sound->teardown();

is($r->pause()->{status}, 200, 'PAUSE');
$r->forget();

my $witness = $t->read_stream('/live', @udp);

$p->key(0)->unit(1);
ok($witness->wait_all(0, $video), 'another reader reads');
is($r->count(0) + $r->count(1), 0, 'nothing comes in the pause');
is($r->play()->{status}, 200, 'PLAY');
$p->unit(0);
ok($r->wait_all(0, $video), 'it goes on');
($differ, $start) = same($r->got(0), $video->{sent});
is($differ, '', 'as sent');
is($start, $video->newest_key(), 'from the newest key frame on');

is($r->teardown()->{status}, 200, 'TEARDOWN');
$r->forget();
$p->key(0)->unit(1);
ok($witness->wait_all(0, $video), 'another reader reads');
is($r->count(0) + $r->count(1), 0, 'nothing comes after TEARDOWN');
ok($r->{client}->alive(), 'connection stays');


# The connection goes, the session stays, and listens to another one

$p->run();
$witness->{client}->close();
my $count = $witness->count(0);
ok($witness->wait_count(0, $count + 100), 'goes on without its connection');

my $steer = $t->client();
$steer->{session} = $witness->{client}{session};

is($steer->request('GET_PARAMETER', '/live')->{status}, 200,
    'steered from another connection');
is($steer->request('PAUSE', '/live')->{status}, 200, 'PAUSE');
is($steer->request('PLAY', '/live')->{status}, 200, 'PLAY');
$count = $witness->count(0);
ok($witness->wait_count(0, $count + 100), 'plays again');
is($steer->request('TEARDOWN', '/live')->{status}, 200, 'TEARDOWN');
is($steer->request('TEARDOWN', '/live')->{status}, 454, 'gone');


# Receiver reports keep a session, silence ends it

my @short = map { $t->read_stream('/live', @udp,
    client => $t->client(name => 'PORT_SHORT')) } 1 .. 3;
my $timer = every(0.3, sub {
    $short[1]->send_rr(0);
    $short[2]{client}->start_request('GET_PARAMETER', '/live')
        unless $short[2]{client}{eof};
});

ok($short[0]{client}->closed(8), 'a silent reader is closed');
ok(!$short[$_]{client}{eof}, 'one that speaks is not') for 1, 2;

for my $i (1, 2) {
    $count = $short[$i]->count(0);
    ok($short[$i]->wait_count(0, $count + 200), 'and plays');
}

ok(!$short[$_]{client}{eof}, 'is there still') for 1, 2;
cancel($timer);
$p->halt();

$t->clean();
done_testing();
