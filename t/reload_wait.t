# nginx -s reload while requests wait, for a service or for the delay of wrong
# credentials: each gets its response from the worker that it came to.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw/ encode_base64 /;
use Test::More;
use Test::Rtsp;
use Test::Rtsp::Service;

my $t = Test::Rtsp->new();

$t->write('users', "alice:{PLAIN}secret\n");

my $s = Test::Rtsp::Service->new(port => $t->port('PORT_AUTH'),
    answer => sub { undef });

$t->conf(<<'EOT')->start();
stream {
    rtsp_udp_port %%UDP_RTP%%;

    server {
        listen 127.0.0.1:%%PORT_RTSP%%;
        rtsp on;

        rtsp_path /service {
            rtsp_auth_request http://127.0.0.1:%%PORT_AUTH%%/ timeout=60s;
        }

        rtsp_path /file {
            rtsp_auth "cam" basic;
            rtsp_auth_user_file %%DIR%%/users;
        }
    }
}
EOT

my @old = $t->workers();

my ($service, $file, $idle) = map { $t->client() } 1 .. 3;

ok($idle->alive(), 'a client that waits for nothing');

$service->start_request('DESCRIBE', '/service');
ok($t->wait(sub { $s->asked() }, 5), 'one for whom a service is asked');

$file->start_request('DESCRIBE', '/file', headers => [
    Authorization => 'Basic ' . encode_base64('alice:wrong', '') ]);
ok($t->wait_log(qr/wrong credentials/, 5), 'one with wrong credentials');

ok($t->reload(), 'reload');
ok($idle->closed(), 'who waits for nothing is let go');
is($file->response()->{status}, 401, 'wrong credentials get their answer');

ok(kill(0, $old[0]), 'the worker stays for the service');
$s->answer_late(403);
is($service->response()->{status}, 403, 'whose answer is followed');

$_->close() for $service, $file;

ok($t->wait(sub { !grep { $_ == $old[0] } $t->workers(all => 1) }, 5),
    'then the worker goes');

undef $s;
$t->clean();
done_testing();
