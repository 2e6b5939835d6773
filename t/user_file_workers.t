# rtsp_auth_user_file in several workers: what stays in force when the file goes
# away or breaks is the same in all of them, and one of them says so.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw/ encode_base64 /;
use Test::More;
use Test::Rtsp;

my $t = Test::Rtsp->new(workers => 3);

sub write_users {
    my ($name, $text) = @_;

    # at once: half a file is another one

    $t->write("$name.new", $text);
    rename "$t->{dir}/$name.new", "$t->{dir}/$name" or die "rename: $!";
}

write_users('users', "alice:{PLAIN}1\nbob:{PLAIN}1\n");

$t->conf(<<'EOT')->start();
stream {
    rtsp_udp_port %%UDP_RTP%%;

    server {
        listen 127.0.0.1:%%PORT_RTSP%% reuseport;
        rtsp on;
        rtsp_auth "cam" basic;
        rtsp_auth_user_file %%DIR%%/users;
    }
}
EOT

my @workers = $t->workers();

# of all workers at once, as wrong credentials take their time

sub statuses {
    my ($user) = @_;
    my @clients = map { $t->connect_in($_) } @workers;

    $_->start_request('DESCRIBE', '/x', headers => [
        Authorization => 'Basic ' . encode_base64("$user:1", '') ])
        for @clients;

    my $statuses = join ' ', map { $_->response()->{status} } @clients;

    $_->close() for @clients;

    return $statuses;
}

sub told {
    my ($re, $n) = @_;

    return $t->wait(sub { $t->log_lines($re) >= $n }, 10);
}

is(statuses('bob'), '404 404 404', 'a user');


# Nobody asks between a change and the loss of the file

write_users('users', "alice:{PLAIN}1\ncarol:{PLAIN}1\n");
ok(told(qr{users" was read again, 2 users}, 3), 'all read it again');

unlink "$t->{dir}/users" or die "unlink: $!";
ok(told(qr{\[error\].*users" failed}, 1), 'it is gone');

is(statuses('carol'), '404 404 404', 'the last content stays in force');
is(statuses('bob'), '401 401 401', 'and not one before it');

write_users('users', "dave:{PLAIN}1\n");
ok(told(qr{users" was read again, 1 users}, 3), 'it is well again');
is(statuses('dave'), '404 404 404', 'for all');

is(scalar(my @errors = $t->log_lines(qr{\[error\].*users})), 1,
    'one error line of all workers together');

$t->clean();
done_testing();
