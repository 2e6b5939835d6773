# ffmpeg and GStreamer publish and read, over TCP and UDP: what comes out is,
# packet by packet, what they sent, and players decode it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp;
use Test::Rtsp::Process;
use Test::Rtsp::Rtp qw/ same gaps ssrcs /;
use Test::Rtsp::Tap;

my $t = Test::Rtsp->new(workers => 4);

$t->stream()->start();

my $dir = $t->{dir};
my $url = 'rtsp://127.0.0.1:' . $t->port('PORT_RTSP');
my @w = $t->workers();


# What is published: four seconds, again and again

my $picture = 'testsrc2=s=320x240:r=25:d=4';
my $sound = 'sine=r=48000:d=4';

my %media = (
    h264 => { names => [ qw/ h264 aac / ], file => "-f lavfi -i $picture "
        . "-f lavfi -i $sound -c:v libx264 -preset ultrafast -g 25 -bf 0 "
        . '-pix_fmt yuv420p -c:a aac -ac 2',
        gst => [ 'x264enc tune=zerolatency speed-preset=ultrafast '
            . 'key-int-max=25 bitrate=500', 'avenc_aac' ],
        depay => 'rtph264depay ! avdec_h264', sound => 'rtpmp4gdepay' },
    h265 => { names => [ 'hevc' ], file => "-f lavfi -i $picture "
        . '-c:v libx265 -preset ultrafast -x265-params '
        . 'keyint=25:bframes=0:log-level=none -pix_fmt yuv420p',
        gst => [ 'x265enc tune=zerolatency speed-preset=ultrafast '
            . 'key-int-max=25 ! h265parse' ],
        depay => 'rtph265depay ! h265parse ! avdec_h265' },
    vp8 => { names => [ qw/ vp8 opus / ], file => "-f lavfi -i $picture "
        . "-f lavfi -i $sound -c:v libvpx -deadline realtime -cpu-used 8 "
        . '-g 25 -b:v 500k -c:a libopus',
        gst => [ 'vp8enc deadline=1 cpu-used=8 keyframe-max-dist=25 '
            . '! video/x-vp8,profile=(string)0',
                 'opusenc' ],
        depay => 'rtpvp8depay ! avdec_vp8', sound => 'rtpopusdepay' },
    mjpeg => { names => [ 'mjpeg' ], file => "-f lavfi -i $picture "
        . '-c:v mjpeg -huffman default -pix_fmt yuvj420p -q:v 8',
        gst => [ 'jpegenc' ], depay => 'rtpjpegdepay ! avdec_mjpeg' },
    g711 => { names => [ 'pcm_mulaw' ], file => '-f lavfi -i sine=r=8000:d=4 '
        . '-c:a pcm_mulaw', gst => [ undef, 'mulawenc' ],
        depay => 'rtppcmudepay ! mulawdec' },
);

sub program { return Test::Rtsp::Process->new(@_) }

sub ffmpeg { return program(qw/ ffmpeg -nostdin -v error -y /, @_) }

my @encoders = map {
    ffmpeg(split(' ', $media{$_}{file}), "$dir/$_.mkv")
} sort keys %media;

for my $encoder (@encoders) {
    is($encoder->ended(30), 0, 'a file to publish') or diag($encoder->said());
}

sub hashes { return map { /, ([0-9a-f]{32})$/m ? $1 : () } split /\n/, $_[0] }

for my $name (grep { $_ ne 'g711' } keys %media) {
    my $decoder = ffmpeg('-i', "$dir/$name.mkv", qw/ -map 0:v -f framemd5 - /);

    is($decoder->ended(30), 0, "$name decoded") or diag($decoder->said());
    $media{$name}{frames} = [ hashes($decoder->output()) ];
    is(scalar @{ $media{$name}{frames} }, 100, 'a hundred pictures');
}


# Publishers

sub by_ffmpeg {
    my ($name, $path, $transport, $port) = @_;

    return ffmpeg(qw/ -re -stream_loop -1 -i /, "$dir/$name.mkv",
        qw/ -c copy -f rtsp -rtsp_transport /, $transport,
        "rtsp://127.0.0.1:$port$path");
}

sub by_gstreamer {
    my ($name, $path, $transport, $port) = @_;

    my ($video, $audio) = @{ $media{$name}{gst} };
    my $line = "rtspclientsink name=s protocols=$transport "
        . "location=rtsp://127.0.0.1:$port$path";

    $line .= ' videotestsrc is-live=true pattern=ball ! '
        . 'video/x-raw,format=I420,width=320,height=240,framerate=25/1 '
        . "! $video ! s."
        if $video;
    $line .= ' audiotestsrc is-live=true ! audioconvert ! audioresample ! '
        . "$audio ! s." if $audio;

    return program('gst-launch-1.0', '-q', split ' ', $line);
}


# Readers.  GStreamer's says that its sinks have got all they want; what
# becomes of the PAUSE it sends while it shuts down is its own affair.

sub gstreamer_reads {
    my ($name, $path, $transport, $sdp) = @_;

    my $line = "rtspsrc name=r location=$url$path protocols=$transport "
        . "latency=100 r. ! $media{$name}{depay} ! fakesink num-buffers=30";

    my $sound = $sdp =~ m{MP4A-LATM/} ? 'rtpmp4adepay' : $media{$name}{sound};

    $line .= " r. ! $sound ! fakesink num-buffers=10" if $sound;

    return program('gst-launch-1.0', split ' ', $line);
}

sub ffmpeg_reads {
    my ($name, $path, $transport, $pictures) = @_;

    return ffmpeg('-rtsp_transport', $transport, '-i', "$url$path",
        $media{$name}{gst}[0]
            ? (qw/ -map 0:v -vsync passthrough -frames:v 40 -f framemd5 - /)
            : (qw/ -t 1 -f framemd5 - /));
}

sub is_run {
    my ($frames, $hashes, $name) = @_;

    my $all = join ' ', @$frames, @$frames;
    my $some = join ' ', @$hashes;

    ok(@$hashes >= 30 && index($all, $some) >= 0, $name)
        or diag(scalar(@$hashes) . ' pictures');
}

for my $round ([ 'ffmpeg', 'tcp', \&by_ffmpeg ],
               [ 'ffmpeg', 'udp', \&by_ffmpeg ],
               [ 'GStreamer', 'tcp', \&by_gstreamer ],
               [ 'GStreamer', 'udp', \&by_gstreamer ])
{
    my ($tool, $transport, $publish) = @$round;
    my (%publisher, %tap, @players);

    my $datagrams = Test::Rtsp::Tap->datagrams($t->port('UDP_RTP'));

    for my $name (sort keys %media) {
        my $path = "/$tool-$transport-$name";

        $tap{$name} = $transport eq 'tcp'
            ? Test::Rtsp::Tap->relay($t->port('PORT_RTSP')) : $datagrams;
        $publisher{$name} = $publish->($name, $path, $transport,
            $tap{$name}{port} // $t->port('PORT_RTSP'));
    }

    my $turn = 0;

    for my $name (sort keys %media) {
        my $path = "/$tool-$transport-$name";
        my $what = "$name by $tool over $transport";
        my $count = @{ $media{$name}{names} };

        my $there = $t->wait(sub {
            !$publisher{$name}->running()
                || $t->describe_status($path) == 200
        }, 20);

        ok($there && $publisher{$name}->running(), "$what: published")
            or diag($publisher{$name}->said());

        next unless $there && $publisher{$name}->running();

        # readers of our own in every worker see what was sent

        my @own = map { $t->read_stream($path, worker => $w[$_],
            transport => $_ & 1 ? 'udp' : 'tcp') } 0 .. 3;

        for my $r (@own) {
            ok($r->wait_count($_, 30, 10), "$what: media $_ flows")
                for 0 .. $count - 1;
        }

        for my $r (@own) {
            for my $i (0 .. $count - 1) {
                my $got = $r->got($i);

                my @seen = @$got;

                ok($t->wait(sub {
                    grep { same(\@seen, $_) eq '' } $tap{$name}->lists()
                }, 2), "$what, read over $r->{transport}: media $i comes out "
                    . 'as it went in');
                is(gaps($got), '', 'no gap');
                is(join(' ', ssrcs($got)), $r->{ssrc}[$i], 'one SSRC');
            }

            $r->teardown();
            $r->{client}->close();
        }

        push @players, map {
            [ "$what: rtspsrc over $_", $path,
              gstreamer_reads($name, $path, $_, $own[0]{sdp}),
              qr/Got EOS from element/ ],
            [ "$what: ffmpeg over $_", $path,
              ffmpeg_reads($name, $path, $_), qr/^0, .*, [0-9a-f]{32}$/m,
              $tool eq 'ffmpeg' && $media{$name}{frames} ],
        } qw/ tcp udp /;

        # the names of the medias, and a picture

        my $probe = program(qw/ ffprobe -v error -rtsp_transport /,
            $turn++ & 1 ? 'udp' : 'tcp',
            qw/ -show_entries stream=codec_name -of csv=p=0 /, "$url$path");

        is($probe->ended(15), 0, "$what: ffprobe");
        is(join(' ', sort grep { /^\w+$/ } split /\n/, $probe->output()),
            join(' ', sort @{ $media{$name}{names} }), 'names the medias')
            or diag($probe->said());

        if ($name eq 'h264') {
            my $shot = ffmpeg('-rtsp_transport', 'tcp', '-i', "$url$path",
                '-frames:v', 1, "$dir/out.png");

            is($shot->ended(15), 0, "$what: -frames:v 1");
            is(unpack('x16H16', $t->read('out.png') // ''),
                sprintf('%08x%08x', 320, 240), 'a picture of 320x240');
            unlink "$dir/out.png";
        }
    }

    for my $player (@players) {
        my ($name, $path, $process, $wanted, $frames) = @$player;

        isnt($process->ended(30), 'running', "$name ends");
        ok($process->output() =~ $wanted, $name)
            or diag(join "\n", $process->said(), $t->log_lines(qr/"$path"/));
        is_run($frames, [ hashes($process->output()) ],
            "$name: the pictures published") if $frames;
    }

    for my $name (sort keys %media) {
        ok($publisher{$name}->running(), "$name by $tool goes on to the end")
            or diag($publisher{$name}->said());
        $publisher{$name}->stop();
    }
}

$t->clean();
done_testing();
