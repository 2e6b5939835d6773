# Files of users that change, break and go away, as several workers see them;
# and files that nobody asks for.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw/ encode_base64 /;
use Test::More;
use Test::Rtsp;
use Test::Rtsp::Loop qw/ pump /;
use Time::HiRes qw/ time /;

my $t = Test::Rtsp->new(workers => 4);

$t->write('users', "one:{PLAIN}1\n")->write('still', "one:{PLAIN}1\n");
$t->stream(server => <<'EOT')->start();
rtsp_auth cctv basic;

        rtsp_path /changes { rtsp_auth_user_file users; }
        rtsp_path /still   { rtsp_auth_user_file still; }
EOT

my @clients = map { $t->connect_in($_) } $t->workers();

# each worker looks; there is no stream, so who is let in gets 404

sub ask_all {
    my ($password, $path) = @_;

    return join ' ', map { $_->request('DESCRIBE', $path // '/changes',
        limit => 15, headers => [ Authorization => 'Basic '
            . encode_base64("one:$password", '') ])->{status} } @clients;
}

# asks for longer than any worker takes to look again

sub look {
    my ($password) = @_;

    my ($until, $bad) = (time() + 2.5, 0);

    while (time() < $until) {
        $bad += (ask_all($password) ne '404 404 404 404');
        pump(0.1);
    }

    return $bad;
}

sub lines { return scalar(my @l = $t->log_lines(@_)) }

sub lines_are {
    my ($pattern, $n, $name) = @_;

    $t->wait(sub { lines($pattern) >= $n }, 10);
    is(lines($pattern), $n, $name);
}

my $again = qr/\[notice\].*users" was read again, 1 users/;


is(ask_all(1), '404 404 404 404', 'four workers know the user');

$t->write('users', "one:{PLAIN}1\nbroken\n");
is(look(1), 0, 'a broken line: the users stay');
lines_are(qr/\[error\].* in \S+users:2 .*the users read before stay/, 1,
    'one line of all workers');

$t->write('users', "one:{PLAIN}2\n");
ok($t->wait(sub { ask_all(2) eq '404 404 404 404' }, 30), 'mended');
lines_are($again, 4, 'each worker has read it again');

$t->write('users', "one:{PLAIN}2\n\nbroken\n");
is(look(2), 0, 'broken again');
lines_are(qr/\[error\].*users/, 2, 'one more line');

rename "$t->{dir}/users", "$t->{dir}/away";
is(look(2), 0, 'gone as well');
lines_are(qr/\[error\].*users/, 2, 'nothing new is wrong');

$t->write('users', "one:{PLAIN}3\n");
ok($t->wait(sub { ask_all(3) eq '404 404 404 404' }, 30), 'well again');

rename "$t->{dir}/users", "$t->{dir}/away";
is(look(3), 0, 'gone');
lines_are(qr/\[error\].*users" failed .*No such file/, 1, 'one line');

rename "$t->{dir}/away", "$t->{dir}/users";
is(look(3), 0, 'back');
lines_are(qr/\[notice\].*users" is back as it was/, 1, 'one line as well');

is(ask_all(1, '/still'), '404 404 404 404', 'another file is as it was');
lines_are(qr/\[(?:error|notice)\].*still"/, 0, 'without a line');

# a new generation takes it as well again

rename "$t->{dir}/users", "$t->{dir}/away";
is(look(3), 0, 'gone');
lines_are(qr/\[error\].*users" failed .*No such file/, 2, 'one line more');

rename "$t->{dir}/away", "$t->{dir}/users";
$_->close() for @clients;
ok($t->reload(), 'reload with the file there');

@clients = map { $t->connect_in($_) } $t->workers();
is(look(3), 0, 'the new workers find it well');

rename "$t->{dir}/users", "$t->{dir}/away";
is(look(3), 0, 'gone');
lines_are(qr/\[error\].*users" failed .*No such file/, 3, 'and one more');

$t->clean();


# A file without rtsp_auth

sub warned {
    my ($name, $n, $main, $server) = @_;

    my $w = Test::Rtsp->new();

    $w->write('u', "u:{PLAIN}x\n");
    $w->stream(main => $main, server => $server);

    my ($code, $text) = $w->check();

    is($code, 0, "nginx -t takes $name") or diag($text);
    is(scalar(() = $text =~ /\[warn\].*"rtsp_auth_user_file"\ protects
        \ nothing\ without\ "rtsp_auth"\ in\ \S+nginx\.conf:\d+/gx),
        $n, $n ? "with $n warnings" : 'without a warning') or diag($text);
}

my $file = 'rtsp_auth_user_file u;';
my $auth = 'rtsp_auth cctv;';
my $path = 'rtsp_path /x';

warned('a file alone', 1, '', $file);
warned('a file of stream{} alone', 1, $file, '');
warned('two of them', 2, $file, "$path { $file }");
warned('a file in a path', 1, '', "$path { $file }");
warned('a file beside rtsp_auth_request', 1, '',
    "$file rtsp_auth_request http://127.0.0.1:1/;");
warned('both', 0, '', "$file $auth");
warned('a file of stream{}', 0, $file, $auth);
warned('rtsp_auth of stream{}', 0, $auth, $file);
warned('a file of stream{}, rtsp_auth in a path', 0, $file,
    "$path { $auth }");
warned('a file of a server, rtsp_auth in a path', 0, '',
    "$file $path { $auth } rtsp_path /y { }");
warned('a file of stream{} and rtsp_auth off', 0, $file, 'rtsp_auth off;');
warned('a path with rtsp_auth off', 0, '',
    "$file $auth $path { rtsp_auth off; }");

done_testing();
