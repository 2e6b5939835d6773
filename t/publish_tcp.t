# A publisher over TCP: what it sends is what readers get, whatever channels,
# SDP and order of packets it uses, and its name is free when it ends.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Loop qw/ pump /;
use Test::Rtsp::Rtp qw/ same gaps ssrcs rtp /;

my $t = Test::Rtsp->new();

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;

    server { listen 127.0.0.1:%%PORT_RTSP%%; rtsp on; rtsp_publish on; }
    server { listen 127.0.0.1:%%PORT_SHORT%%; rtsp on; rtsp_publish on;
             rtsp_media_timeout 1s; }
    server { listen 127.0.0.1:%%PORT_OVER%%; rtsp on;
             rtsp_publish on override; }
}
EOT


# Video and sound, two frames of which are large

my $p = $t->publish('/live', sources => [ source('H264'), source('AAC') ]);

$p->key(0)->sync();
my $r = $t->read_stream('/live');

for my $n (1 .. 30) {
    $p->unit(0, key => $n % 10 == 0, size => $n == 5 ? 150_000 : 3000);
    $p->unit(1);
}

for my $i (0, 1) {
    my $source = $p->{sources}[$i];
    my $sent = $source->{sent};

    ok($r->wait_all($i, $source), "media $i: all arrived");
    is(scalar same($r->got($i), $sent), '', "media $i: as it was sent");
    is(gaps($r->got($i)), '', "media $i: no gap");

    my @ssrcs = ssrcs($r->got($i));
    is(scalar @ssrcs, 1, "media $i: one SSRC");
    is($ssrcs[0], $r->{ssrc}[$i], "media $i: the one that SETUP told");
    isnt($ssrcs[0], $source->{ssrc}, "media $i: not the publisher's");
}

isnt($r->{ssrc}[0], $r->{ssrc}[1], 'each media has its own SSRC');
is(scalar @{ $r->{strays} }, 0, 'nothing on other channels');


# Frames in any pieces, between requests

for my $packet ($p->{sources}[0]->unit(key => 1, size => 500)) {
    my $frame = pack('CCn', 0x24, 0, length $packet) . $packet;
    my $split = int length($frame) / 2;

    for my $piece (substr($frame, 0, 2), substr($frame, 2, 3),
                   substr($frame, 5, $split), substr($frame, 5 + $split))
    {
        $p->{client}->raw($piece);
        pump(0.001);
    }

    is($p->{client}->request('GET_PARAMETER', '/live')->{status}, 200,
        'a request between frames');
}

ok($r->wait_all(0, $p->{sources}[0]), 'frames in pieces arrived');


# What is not RTP, or not announced, is left out, and nothing ends

my $before = $r->count(0);
my $source = $p->{sources}[0];

$p->{client}->frame(0, '');
$p->{client}->frame(0, 'short');
$p->{client}->frame(0, "\x40" . 'x' x 40);
$p->{client}->frame(0, rtp(pt => 111, seq => 1, ts => 1, ssrc => 1,
    payload => 'unknown payload type'));
$p->{client}->frame(1, 'not RTCP');
$p->{client}->frame(77, 'nobody');
$p->key(0, size => 100);
ok($r->wait_all(0, $source), 'the next frame arrived');
is(scalar same($r->got(0), $source->{sent}), '', 'only RTP went through');

$p->send(0, my $padded = rtp(first => 0x20, pt => 96, seq => $source->{seq},
    ts => $source->{ts}, ssrc => $source->{ssrc}, marker => 1,
    payload => "\x41padded\0\0\3"));
$source->{seq}++;
$p->send(0, my $extended = rtp(first => 0x11, pt => 96,
    seq => $source->{seq}, ts => $source->{ts}, ssrc => $source->{ssrc},
    header => pack('NnnN', 0x01020304, 0xbede, 1, 0x10000000), marker => 1,
    payload => "\x41extended"));
$source->{seq}++;
ok($r->wait_packet(0, $padded), 'padding goes through');
ok($r->wait_packet(0, $extended), 'CSRC and extension go through');

my $large = rtp(pt => 96, seq => $source->{seq}++, ts => $source->{ts} + 9,
    ssrc => $source->{ssrc}, marker => 1, payload => "\x41" . 'L' x 65000);

$p->send(0, $large);
ok($r->wait_packet(0, $large), 'a packet of 65 kB goes through');

# A gap and a new SSRC within one session go through too

$source->{seq} = ($source->{seq} + 1000) & 0xffff;
$source->{ssrc} ^= 0xffff;
$p->key(0);
ok($r->wait_all(0, $source), 'after a jump of the numbers');
is($r->got(0)->[-1]{ssrc}, $r->{ssrc}[0], 'still the one SSRC');

is($p->teardown()->{status}, 200, 'TEARDOWN');


# Channels and controls of the publisher's liking

my @odd = (source('H264', control => 'video'),
           source('PCMU', control => 'audio=b'));

$p = $t->publish('/odd', sources => \@odd,
    interleaved => [ [ 5, 6 ], [ 200, 201 ] ]);
$p->key(0)->unit(1);
$r = $t->read_stream('/odd');
$p->key(0)->unit(1);
ok($r->wait_all(0, $odd[0]) && $r->wait_all(1, $odd[1]),
    'channels 5 and 200 are media 0 and 1');

is($p->{client}->request('PAUSE', '/odd')->{status}, 200,
    'PAUSE in RECORD');
is($p->record()->{status}, 200, 'RECORD goes on');
$p->key(0);
ok($r->wait_payload(0, $odd[0]{sent}[-1]), 'and so do its readers');
is(gaps($r->got(0)), '', 'the numbers go on');


# The SDP: what players may use is kept

my @all = (
    source('H264', attributes => [ 'framerate:25', 'x-dimensions:640,480' ]),
    source('AAC', attributes => [ 'ptime:20' ]),
    source('META'),
);
my $sdp = Test::Rtsp::Source::sdp(\@all, 'a=tool:encoder 1.2',
    'a=x-unknown:kept');

my $first = $t->publish('/sdp', sources => \@all, sdp => $sdp);
my $d = $t->reader('/sdp');

is($d->describe()->{status}, 200, 'DESCRIBE');

for my $line ('a=framerate:25', 'a=x-dimensions:640,480', 'a=ptime:20',
    'a=x-unknown:kept', 'a=rtpmap:96 H264/90000',
    "a=rtpmap:97 $all[1]{rtpmap}", "a=fmtp:97 $all[1]{fmtp}", 'a=rtpmap:107 vnd.onvif.metadata/90000',
    'm=video 0 RTP/AVP 96', 'm=audio 0 RTP/AVP 97',
    'm=application 0 RTP/AVP 107')
{
    like($d->{sdp}, qr/^\Q$line\E\r$/m, $line);
}

like($d->{sdp}, qr/^v=0\r\no=\S+ \d+ \d+ IN IP4 \S+\r\ns=/, 'v, o, s');
like($d->{sdp}, qr/^c=IN IP4 0\.0\.0\.0\r$/m, 'c');
like($d->{sdp}, qr/^t=0 0\r$/m, 't');
like($d->{sdp}, qr/sprop-parameter-sets=Z0LADd/, 'parameter sets');
is_deeply($d->{controls}, [ map { "trackID=$_" } 0 .. 2 ],
    'controls are ours');
unlike($d->{sdp}, qr/streamid=/, "and not the publisher's");
unlike($d->{sdp}, qr/(?<!\r)\n/, 'lines end with CRLF');


# Parameter sets seen in band are in the SDP of later readers

my $bare = source('H264', fmtp => 'packetization-mode=1');

my $sets = $t->publish('/sets', sources => [ $bare ]);
$sets->key(0);
ok($t->wait(sub {
    my $c = $t->client();
    my $body = $c->request('DESCRIBE', '/sets')->{body};

    return $body =~ /sprop-parameter-sets=Z0LADd[^,]*,aMuDyyA=/;
}, 5), 'SPS and PPS seen in band');

my $mode0 = source('H264', fmtp => 'profile-level-id=42C01E');

my $q = $t->publish('/mode0', sources => [ $mode0 ]);
is($t->describe_status('/mode0'), 200, 'H.264 without packetization-mode');


# Who may have a name, and how long

my $second = $t->publisher('/sdp');
is($second->announce()->{status}, 403, 'a second publisher');
is($t->log_lines(qr/\[info\].*ANNOUNCE of .*403: .*rtsp_publish.*override/), 1,
    'the line names the directive');
is($t->log_lines(qr/publisher was refused/), 0, 'and there is one');
is($second->{client}->alive(), 1, 'keeps its connection');

my $over = $t->publisher('/sdp',
    client => $t->client(name => 'PORT_OVER'), sources => \@all);

is($over->announce()->{status}, 200, 'override: ANNOUNCE');
is($d->describe()->{status}, 200, 'the old one is there until RECORD');
is($over->setup($_)->{status}, 200, 'SETUP') for 0 .. 2;
is($over->record()->{status}, 200, 'RECORD');

my $after = $t->read_stream('/sdp');
$over->key(0);
ok($after->wait_all(0, $all[0]), 'the new one is what readers get');

my $reserved = $t->publisher('/name');
is($reserved->announce()->{status}, 200, 'ANNOUNCE reserves a name');
$reserved->{client}->abort();
ok($t->wait(sub {
    my $p = $t->publisher('/name');
    my $status = $p->announce()->{status};

    $p->{client}->close();
    return $status == 200;
}, 5), 'until the connection ends');

my $slow = $t->publisher('/slow', client => $t->client(name => 'PORT_SHORT'));
is($slow->announce()->{status}, 200, 'ANNOUNCE');
ok($t->wait(sub {
    my $p = $t->publisher('/slow');
    my $status = $p->announce()->{status};

    $p->{client}->close();
    return $status == 200;
}, 8), 'and not longer than rtsp_media_timeout');

$slow = $t->publish('/silent', client => $t->client(name => 'PORT_SHORT'));
ok($slow->{client}->closed(8), 'a publisher without media is closed');
ok($t->wait(sub { $t->describe_status('/silent') == 404 }, 5),
    'its stream is gone, since nobody reads');


# One connection, one publisher after another

my $c = $t->client();

for my $n (1 .. 3) {
    my $p = $t->publish('/again', client => $c);

    $p->key(0);
    my $r = $t->read_stream('/again');
    ok($r->wait_all(0, $p->{sources}[0]), "publisher $n on one connection");
    $r->{client}->close();
    is($p->teardown()->{status}, 200, 'TEARDOWN');
    ok($t->wait(sub { $t->describe_status('/again') == 404 }, 5),
        'the name is free');
}

$t->clean();
done_testing();
