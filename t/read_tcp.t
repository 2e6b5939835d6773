# Readers over TCP: where they start, what RTP-Info says, which medias and
# channels they get, sender reports, PAUSE, and sessions one after another.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Loop qw/ cancel every /;
use Test::Rtsp::Rtp qw/ same gaps ntp_now /;

my $t = Test::Rtsp->new();

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;

    server { listen 127.0.0.1:%%PORT_RTSP%%; rtsp on; rtsp_publish on; }
    server { listen 127.0.0.1:%%PORT_LIVE%%; rtsp on; rtsp_publish on;
             rtsp_start live; }
    server { listen 127.0.0.1:%%PORT_SHORT%%; rtsp on;
             rtsp_session_timeout 2s; }
}
EOT

my ($video, $audio) = (source('H264'), source('AAC'));
my $p = $t->publish('/live', sources => [ $video, $audio ]);

for my $n (0 .. 24) {
    $p->unit(0, key => $n % 10 == 0);
    $p->unit(1);
}

$p->sync();


# The newest key frame first, and RTP-Info says so

my $r = $t->read_stream('/live');

ok($r->wait_all(0, $video), 'video arrived');
ok($r->wait_all(1, $audio), 'audio arrived');

my ($differ, $start) = same($r->got(0), $video->{sent});

is($differ, '', 'video as sent');
is($start, $video->newest_key(), 'from the newest key frame on');
is($r->{info}[0]{seq}, $r->got(0)->[0]{seq}, 'RTP-Info: seq of video');
is($r->{info}[0]{rtptime}, $r->got(0)->[0]{ts}, 'rtptime of video');
is($r->{info}[1]{seq}, $r->got(1)->[0]{seq}, 'seq of audio');
is($r->{info}[1]{rtptime}, $r->got(1)->[0]{ts}, 'rtptime of audio');
is($r->{info}[$_]{url}, $r->{client}->uri("/live/trackID=$_"), 'url')
    for 0, 1;
is(scalar same($r->got(1), $audio->{sent}), '', 'audio as sent');

my @order = sort { $a->{order} <=> $b->{order} } map { @{ $r->got($_) } } 0, 1;
is($order[0]{pt}, 96, 'the key frame is the very first packet');


# A key frame that has begun but not ended is no place to start at, or it is
# and goes on: either way all of it comes

my @half = $video->unit(key => 1, size => 6000);
$p->send(0, splice @half, 0, 3)->sync();

my $early = $t->read_stream('/live');

$p->send(0, @half);
$p->unit(0);
ok($early->wait_all(0, $video), 'a reader amid a key frame');
is(scalar same($early->got(0), $video->{sent}), '', 'as sent');
is(ord($early->got(0)->[0]{payload}) & 0x1f, 7, 'begins with an SPS');
is($early->{info}[0]{seq}, $early->got(0)->[0]{seq}, 'RTP-Info is right');
$early->{client}->close();


# Channels of the reader's liking, and a subset

my $odd = $t->read_stream('/live', interleaved => { 0 => [ 5, 6 ],
                                                    1 => [ 9, 10 ] });

$p->key(0)->unit(1);
ok($odd->wait_all(0, $video) && $odd->wait_all(1, $audio),
    'channels 5-6 and 9-10');
like($odd->{answers}[0], qr/;interleaved=5-6/, 'Transport says 5-6');
is(scalar same($odd->got($_), $p->{sources}[$_]{sent}), '', "media $_")
    for 0, 1;

my $swapped = $t->read_stream('/live', interleaved => { 0 => [ 2, 3 ],
                                                        1 => [ 0, 1 ] });

$p->key(0)->unit(1);
ok($swapped->wait_all(0, $video) && $swapped->wait_all(1, $audio),
    'channels the other way round');
is(scalar same($swapped->got($_), $p->{sources}[$_]{sent}), '', "media $_")
    for 0, 1;

my $sound = $t->read_stream('/live', medias => [ 1 ],
    interleaved => { 1 => [ 0, 1 ] });

is(scalar @{ $sound->{info} }, 1, 'RTP-Info of what was set up');
like($sound->{info}[0]{url}, qr/trackID=1$/, 'and nothing else');
$p->key(0)->unit(1)->unit(0)->unit(1);
ok($sound->wait_all(1, $audio), 'sound alone');
is(scalar same($sound->got(1), $audio->{sent}), '', 'as sent');
is($sound->count(0), 0, 'no video');
is(scalar @{ $sound->{strays} }, 0, 'on no channel');

my $reverse = $t->reader('/live');

$reverse->describe();
is($reverse->setup($_)->{status}, 200, "SETUP of media $_") for 1, 0;
is($reverse->play()->{status}, 200, 'PLAY');
is(join(' ', sort map { $_->{url} =~ /trackID=(\d)$/ } @{ $reverse->{info} }),
    '0 1', 'RTP-Info of both');

$_->{client}->close() for $odd, $swapped, $sound, $reverse;


# A sender report of each media soon after its first packet, and right

$p->key(0)->unit(1);

for my $i (0, 1) {
    my $source = $p->{sources}[$i];

    ok($t->wait(sub { $r->reports($i) }, 5), "media $i: sender report");

    my ($report) = $r->reports($i);

    is($report->{ssrc}, $r->{ssrc}[$i], "media $i: its SSRC");
    ok(!$report->{bad}, "media $i: well formed");
    ok(abs($report->{ntp} - 2208988800 - time()) < 30,
        "media $i: arrival time as NTP");
}

my @ntp = ntp_now(1_000_000_000.5);
my $when = $video->{last_ts};

$p->send_rtcp(0, $video->report(@ntp));
$p->key(0);

my $told;

ok($t->wait(sub {
    ($told) = grep { abs($_->{ntp} - $ntp[0]) < 3600 } $r->reports(0);
    return $told;
}, 10), "the source's clock is passed on");

my $ticks = $told->{ts} - $when;
$ticks -= 2**32 if $ticks >= 2**31;
$ticks += 2**32 if $ticks < -2**31;

ok(abs(($told->{ntp} - $ntp[0] - 0.5) - $ticks / 90000) < 0.01,
    'with the time that belongs to it');

my $joined = $t->read_stream('/live');

ok($t->wait(sub { $joined->reports(0) }, 5), 'a later reader gets one');
is(scalar(grep { abs($_->{ntp} - $ntp[0]) > 3600 } $joined->reports(0)), 0,
    "and none with another clock than the source's");
$joined->{client}->close();


# A source that reports before its first packet, as FFmpeg does: its clock is
# told from the first report on

my $first = source('H264', ts => 90_000);
my $prompt = $t->publisher('/prompt', sources => [ $first ]);

$prompt->start();
$first->{last_ts} = 90_000;
$prompt->send_rtcp(0, $first->report(@ntp));
$prompt->key(0);

$joined = $t->read_stream('/prompt');

ok($t->wait(sub { $joined->reports(0) }, 5), 'a report of an early reporter');

($told) = $joined->reports(0);

ok(abs($told->{ntp} - $ntp[0]) < 3600, "it has the source's clock");
$joined->{client}->close();
$prompt->teardown();


# A media that has nothing to send for a while has reports all the same

my $reports = () = $r->reports(1);
my $pictures = every(0.2, sub { $p->unit(0) });

ok($t->wait(sub { $r->reports(1) >= $reports + 2 }, 20),
    'reports of a media that is silent');
cancel($pictures);
$p->key(0);


# What a reader sends: reports are taken, all else is ignored

$r->{client}->frame(1, Test::Rtsp::Rtp::rr(1))->frame(3, 'no RTCP')
    ->frame(0, 'RTP')->frame(2, '')->frame(200, 'x' x 60_000);
$p->unit(0);
ok($r->wait_all(0, $video), 'frames of a reader end nothing');
ok($r->{client}->alive(), 'its connection is there');


# PAUSE and PLAY

is($r->pause()->{status}, 200, 'PAUSE');
$r->forget();
$p->unit(0) for 1 .. 5;
$p->sync();
is($r->{client}->request('GET_PARAMETER', '/live')->{status}, 200,
    'GET_PARAMETER in the pause');
is($r->count(0) + $r->count(1), 0, 'nothing comes in the pause');

$p->key(0)->unit(1)->sync();
is($r->play()->{status}, 200, 'PLAY');
ok($r->wait_all(0, $video), 'it goes on');
($differ, $start) = same($r->got(0), $video->{sent});
is($differ, '', 'as sent');
is($start, $video->newest_key(), 'from the newest key frame on');
is($r->{info}[0]{seq}, $r->got(0)->[0]{seq}, 'RTP-Info anew');
is($r->got(0)->[0]{ssrc}, $r->{ssrc}[0], 'the same SSRC');


# Several sessions one after another on one connection

is($r->teardown()->{status}, 200, 'TEARDOWN');

for my $n (1 .. 3) {
    my $next = $t->read_stream('/live', client => $r->{client});

    $p->key(0);
    ok($next->wait_all(0, $video), "session $n on one connection");
    is(scalar same($next->got(0), $video->{sent}), '', 'as sent');
    is($next->teardown()->{status}, 200, 'TEARDOWN');
}

ok($r->{client}->alive(), 'and the connection is there still');


# No key frame in the ring: the next one; none at all: the next packet

my $none = $t->publish('/none', sources => [ my $late = source('H264') ]);

$none->unit(0) for 1 .. 5;
$none->sync();
$r = $t->read_stream('/none');
ok(!exists $r->{info}[0]{seq} && !exists $r->{info}[0]{rtptime},
    'RTP-Info says no seq that is not known');
$none->unit(0) for 1 .. 5;
$none->key(0);
ok($r->wait_all(0, $late), 'the key frame came');
($differ, $start) = same($r->got(0), $late->{sent});
is($differ, '', 'as sent');
is($start, $late->newest_key(), 'and nothing before it');


# rtsp_start live: the next packet, whatever it is

my $live = $t->client(name => 'PORT_LIVE');

$p->key(0);
$p->unit(0) for 1 .. 3;
$p->sync();

my $sent = @{ $video->{sent} };
$r = $t->read_stream('/live', client => $live);
$p->unit(0);
ok($r->wait_all(0, $video), 'rtsp_start live');
($differ, $start) = same($r->got(0), $video->{sent});
is($differ, '', 'as sent');
is($start, $sent, 'begins with the next packet');


# Sound alone starts live

my $radio = $t->publish('/radio', sources => [ my $opus = source('OPUS') ]);

$radio->unit(0) for 1 .. 20;
$radio->sync();
$sent = @{ $opus->{sent} };
$r = $t->read_stream('/radio');
$radio->unit(0) for 1 .. 5;
ok($r->wait_all(0, $opus), 'sound alone');
($differ, $start) = same($r->got(0), $opus->{sent});
is($differ, '', 'as sent');
cmp_ok($start, '>=', $sent, 'starts live');


# A long group of pictures is replayed whole

$p->key(0, size => 60_000);
$p->unit(0, size => 20_000) for 1 .. 60;
$p->sync();
$r = $t->read_stream('/live');
$p->unit(0);
ok($r->wait_all(0, $video), 'a replay of 1.2 MB');
($differ, $start) = same($r->got(0), $video->{sent});
is($differ, '', 'as sent');
is($start, $video->newest_key(), 'whole');


# Who only listens is not timed out over TCP; who does not play is

my $mute = $t->read_stream('/live',
    client => $t->client(name => 'PORT_SHORT'));
my $lazy = $t->reader('/live', client => $t->client(name => 'PORT_SHORT'));

$lazy->describe();
$lazy->setup(0);
$p->run();
ok($lazy->{client}->closed(8), 'who sets up and is silent is closed');
my $count = $mute->count(0);
ok($mute->wait_count(0, $count + 200), 'who plays need not say anything');
is(gaps($mute->got(0)), '', 'no gap');
$p->halt();

$t->clean();
done_testing();
