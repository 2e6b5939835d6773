# Passwords, tokens and the ids of sessions are in no log, at level debug neither.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw/ encode_base64 /;
use Test::More;
use Test::Rtsp;
use Test::Rtsp::Service;

BEGIN { $ENV{TEST_NGINX_DEBUG} = 1 }

my $t = Test::Rtsp->new();

$t->write('users', "alice:{PLAIN}file-secret\n");

my $s = Test::Rtsp::Service->new(port => $t->port('PORT_AUTH'), answer => sub {
    return $_[0]{path} eq '/away'
        ? [ 302, { Location => 'rtsp://x/?token=away-secret' } ] : 200;
});

$t->conf(<<'EOT')->start();
stream {
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_publish on;
    rtsp_access_log %%DIR%%/access.log;

    server {
        listen 127.0.0.1:%%PORT_RTSP%%;
        rtsp on;

        rtsp_path / {
            rtsp_auth_request http://127.0.0.1:%%PORT_AUTH%%/?key=service
                              cache=10s recheck=1s;
        }

        rtsp_path /file {
            rtsp_auth "cam" basic;
            rtsp_auth_user_file %%DIR%%/users;
        }
    }
}
EOT

sub basic { return 'Basic ' . encode_base64("alice:$_[0]", '') }

my $c = $t->client();
my $port = $t->port('PORT_RTSP');

for my $case (
    [ '/one?token=query-secret&jwt=query-secret', undef, 404 ],
    [ '/one', 'Bearer bearer-secret', 404 ],
    [ '/one', basic('basic-secret'), 404 ],
    [ '/away', undef, 302 ],
    [ "rtsp://bob:url-secret\@127.0.0.1:$port/one", undef, 404 ],
    [ '/file', basic('file-secret'), 404 ],
    [ '/file', basic('wrong-secret'), 401 ])
{
    my ($path, $authorization, $status) = @$case;

    is($c->request('DESCRIBE', $path,
        headers => [ Authorization => $authorization ])->{status}, $status,
        "$path, " . ($authorization // 'no credentials'));
}

# Nor are they in the memory of the worker once the request has its answer,
# in whichever pieces it came.  A look into that takes root, and is no use
# where a sanitizer has terabytes of it

sub copies {
    my ($secret) = @_;
    my ($pid) = $t->workers();
    my $n = 0;

    open my $maps, '<', "/proc/$pid/maps" or die "maps: $!";
    open my $mem, '<:raw', "/proc/$pid/mem" or die "mem: $!";

    no warnings 'portable';

    while (<$maps>) {
        my ($from, $to) = map { hex } /^([0-9a-f]+)-([0-9a-f]+) rw-p /
            or next;

        sysseek($mem, $from, 0) or next;
        sysread($mem, my $part, $to - $from) or next;
        $n++ while $part =~ /\Q$secret/g;
    }

    return $n;
}

for my $case (
    [ 'whole', 0, 0 ], [ 'in two pieces', 0, 1 ],
    [ 'the first piece behind another request', 1, 1 ])
{
    last if $ENV{TEST_NGINX_ASAN};

    my ($name, $behind, $pieces) = @$case;
    my $c = $t->client();
    my $secret = basic("secret of a request, $name");
    my $first = $behind ? "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: "
        . 'x' x 1000 . "\r\n\r\n" : '';
    my $rest = "Authorization: $secret\r\n";

    $c->raw($first . 'DESCRIBE ' . $c->uri('/file') . " RTSP/1.0\r\n"
        . "CSeq: 2\r\n$rest" . ($pieces ? '' : "\r\n"));

    is($c->response()->{status}, 200, "$name: the other request") if $behind;

    if ($pieces) {
        ok($t->wait(sub { copies($secret) }, 5), "$name: a piece has come");
        $c->raw("\r\n");
    }

    is($c->response()->{status}, 401, "$name: wrong credentials");
    ok($t->wait(sub { !copies($secret) }, 5), "$name: no copy is left");
    $c->close();
}

my $p = $t->publish('/cam?token=publisher-secret');
my @readers = map { $t->read_stream('/cam', transport => $_) } qw/ tcp udp /;
my @ids = map { $_->{client}{session} } $p, @readers;

is(scalar(grep { /^[0-9a-f]{32}$/ } @ids), 3, 'three ids of sessions');
ok($t->wait(sub { $s->last()->{call} eq 'RECHECK' }, 5), 'a recheck');

$_->teardown() for @readers, $p;
$_->{client}->close() for @readers, $p;
$c->close();

ok($t->wait(sub { ($t->read('access.log') // '') =~ /publish/ }, 5),
    'access log');

my $logs = $t->log() . $t->read('access.log');

unlike($logs, qr/[a-z]+-secret/, 'no secret');
unlike($logs, qr/\Q$_\E/, 'nor in base64')
    for map { encode_base64("alice:$_", '') }
        qw/ basic-secret file-secret wrong-secret /;
unlike($logs, qr/$_/, 'no id') for @ids;

undef $s;
$t->clean();
done_testing();
