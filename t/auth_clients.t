# ffmpeg, GStreamer and libcurl answer the challenges of rtsp_auth, as
# readers and as publishers.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::MD5 qw/ md5_hex /;
use Digest::SHA qw/ sha256_hex /;
use Test::More;
use Test::Rtsp;
use Test::Rtsp::Process;

my $t = Test::Rtsp->new(workers => 2);

my ($user, $password, $realm) = ('viewer', 'se:cret', 'cctv');
my $a1 = "$user:$realm:$password";

$t->write('users', join("\n", "$user:"
    . crypt($password, '$2y$08$abcdefghijklmnopqrstuu'),
    "$user:$realm:" . md5_hex($a1),
    "$user:$realm:" . sha256_hex($a1), ''));

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_auth_user_file users;
    rtsp_publish on;

    server {
        listen 127.0.0.1:%%PORT_OPEN%% reuseport;
        rtsp on;
    }

    server {
        listen 127.0.0.1:%%PORT_BASIC%% reuseport;
        rtsp on;
        rtsp_auth cctv basic;
    }

    server {
        listen 127.0.0.1:%%PORT_DIGEST%% reuseport;
        rtsp on;
        rtsp_auth cctv;
    }

    server {
        listen 127.0.0.1:%%PORT_SHA%% reuseport;
        rtsp on;
        rtsp_auth cctv sha256;
    }

    server {
        listen 127.0.0.1:%%PORT_ALL%% reuseport;
        rtsp on;
        rtsp_auth cctv basic digest sha256;
    }
}
EOT

sub program { return Test::Rtsp::Process->new(@_) }

sub url {
    my ($name, $path, %o) = @_;

    my $who = exists $o{password}
        ? "$o{user}:" . $o{password} =~ s/:/%3A/gr . '@' : '';

    return "rtsp://${who}127.0.0.1:" . $t->port("PORT_$name") . $path;
}

my @right = (user => $user, password => $password);
my @wrong = (user => $user, password => 'guess');


# ffmpeg publishes, with a password and without the right one

sub publisher {
    my ($url) = @_;

    return program(qw/ ffmpeg -nostdin -v error -re -f lavfi -i
        testsrc2=s=160x120:r=25 -c:v libx264 -preset ultrafast -g 25 -bf 0
        -pix_fmt yuv420p -f rtsp -rtsp_transport tcp /, $url);
}

my @publishers = map { publisher(url($_, '/' . lc $_, @right)) }
    qw/ BASIC DIGEST ALL /;
my $refused = publisher(url('DIGEST', '/refused', @wrong));

for (qw/ basic digest all /) {
    my $publisher = shift @publishers;

    ok($t->wait(sub { $t->describe_status("/$_", name => 'PORT_OPEN') == 200
                      || !$publisher->running() }, 20),
        "ffmpeg publishes, $_");
    ok($publisher->running(), 'and goes on') or diag($publisher->said());
    push @publishers, $publisher;
}

isnt($refused->ended(20), 0, 'ffmpeg with a wrong password does not');
is($t->describe_status('/refused', name => 'PORT_OPEN'), 404, 'no stream');


# Readers; FFmpeg 5 cannot do SHA-256, libcurl and GStreamer see to their own

sub ffmpeg {
    my ($name, $transport, %o) = @_;

    return program(qw/ ffmpeg -nostdin -v error -rtsp_transport /, $transport,
        '-i', url($name, '/all', %o), qw/ -c copy -frames:v 5 -f null - /);
}

# It ends with an error where its own CLOSE overtakes its own PAUSE, so not its
# exit code tells what it has got, but what it says.

sub gstreamer {
    my ($name, $transport, %o) = @_;

    return program(qw/ gst-launch-1.0 rtspsrc latency=0 /,
        'location=' . url($name, '/all'), "protocols=$transport",
        exists $o{user} ? ("user-id=$o{user}", "user-pw=$o{password}") : (),
        qw/ ! fakesink num-buffers=20 /);
}

my @readers = map {
    my $name = $_;
    map {
        [ "ffmpeg, $name over $_", ffmpeg($name, $_, @right) ],
        [ "GStreamer, $name over $_", gstreamer($name, $_, @right) ],
    } qw/ tcp udp /;
} qw/ BASIC DIGEST ALL /;

for (@readers) {
    my ($name, $process) = @$_;
    my $code = $process->ended(30);

    ok($name =~ /^GStreamer/ ? $process->output() =~ /^Got EOS from element/m
                             : $code eq '0', $name)
        or diag($process->said());
}

@readers = (
    [ 'ffmpeg, wrong Basic', ffmpeg('BASIC', 'tcp', @wrong) ],
    [ 'ffmpeg, wrong Digest', ffmpeg('DIGEST', 'tcp', @wrong) ],
    [ 'ffmpeg, no password', ffmpeg('DIGEST', 'tcp') ],
    [ 'GStreamer, wrong Basic', gstreamer('BASIC', 'tcp', @wrong) ],
    [ 'GStreamer, wrong Digest', gstreamer('DIGEST', 'tcp', @wrong) ],
    [ 'GStreamer, no password', gstreamer('DIGEST', 'tcp') ],
);

for (@readers) {
    my ($name, $process) = @$_;

    isnt($process->ended(30), 0, $name);
    unlike($process->output(), qr/^Got EOS from element/m, 'and gets nothing');
}


# libcurl

my $script = <<'EOT';
import io, sys, time
import pycurl

url, user, password, method = sys.argv[1:]
c = pycurl.Curl()
body = io.BytesIO()
c.setopt(c.URL, url)
c.setopt(c.OPT_RTSP_STREAM_URI, url)
c.setopt(c.OPT_RTSP_REQUEST, c.RTSPREQ_DESCRIBE)
c.setopt(c.WRITEDATA, body)
c.setopt(c.TIMEOUT, 20)
if method != 'none':
    c.setopt(c.USERPWD, user + ':' + password)
    c.setopt(c.HTTPAUTH, getattr(c, 'HTTPAUTH_' + method))
begin = time.time()
c.perform()
print(c.getinfo(c.RESPONSE_CODE), body.getvalue().count(b'm=video'),
      int(time.time() - begin > 0.45))
EOT

sub curl {
    my ($name, $method, %o) = @_;

    return program('/usr/bin/python3', '-c', $script, url($name, '/all'),
        $o{user} // '', $o{password} // '', $method);
}

my @curls = (
    [ 'Basic', '200 1 \d', curl('BASIC', 'BASIC', @right) ],
    [ 'Digest MD5', '200 1 \d', curl('DIGEST', 'DIGEST', @right) ],
    [ 'Digest SHA-256', '200 1 \d', curl('SHA', 'DIGEST', @right) ],
    [ 'Digest, of all', '200 1 \d', curl('ALL', 'DIGEST', @right) ],
    [ 'any, of all', '200 1 \d', curl('ALL', 'ANY', @right) ],
    [ 'Basic, of all', '200 1 \d', curl('ALL', 'BASIC', @right) ],
    [ 'wrong Basic', '401 0 1', curl('BASIC', 'BASIC', @wrong) ],
    [ 'wrong Digest MD5', '401 0 1', curl('DIGEST', 'DIGEST', @wrong) ],
    [ 'wrong Digest SHA-256', '401 0 1', curl('SHA', 'DIGEST', @wrong) ],
    [ 'no password', '401 0 0', curl('DIGEST', 'none') ],
);

for (@curls) {
    my ($name, $want, $process) = @$_;

    $process->ended(30);
    like($process->output(), qr/^$want$/m, "libcurl, $name");
}

$_->stop() for @publishers;

ok(!(grep { /$password|guess/ } split /\n/, $t->log()),
    'no password in the log');

$t->clean();
done_testing();
