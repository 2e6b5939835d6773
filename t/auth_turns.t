# Slow hashes: one of an address at a time, over all workers; who waits stands
# in line, for ten seconds at most; and what becomes of it when a worker dies
# or the pool of threads is full.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw/ encode_base64 /;
use Test::More;
use Test::Rtsp;
use Test::Rtsp::Loop qw/ pump /;
use Time::HiRes qw/ time /;

my $full = '127.0.3.1';         # the address that asks for too much
my $free = '127.0.3.2';

sub bcrypt {
    my ($password, $cost) = @_;

    return crypt($password, sprintf '$2y$%02d$abcdefghijklmnopqrstuu', $cost);
}

sub basic {
    my ($user, $password) = @_;

    return [ Authorization => 'Basic '
        . encode_base64("$user:$password", '') ];
}

# there is no stream: whoever is let in gets 404

sub start_ask {
    my ($c, $user, $password, $path) = @_;

    return $c->start_request('DESCRIBE', $path // '/cam',
        headers => basic($user, $password));
}

sub ask {
    my ($c, $user, $password) = @_;

    return $c->response(20, start_ask($c, $user, $password))->{status};
}


my %cost = (long => 13, held => 13, quick => 4, other => 4, third => 4,
    fourth => 4);

my $users = join '', map { "$_:" . bcrypt("pw $_", $cost{$_}) . "\n" }
    sort keys %cost;

my $server = 'rtsp_auth cctv basic; rtsp_auth_user_file users;';

my $t = Test::Rtsp->new(workers => 2);

$t->write('users', $users . "plain:{PLAIN}pw plain\n");
$t->stream(server => $server)->start();

my @w = $t->workers();


# In a worker: first come, first served

my @order = qw/ long quick third other fourth /;
my @line = map { [ $_, $t->connect_in($w[0], local => $full) ] } @order;
my %cseq = map { $_->[0] => start_ask($_->[1], $_->[0], "pw $_->[0]",
    "/$_->[0]") } @line;

for (@line) {
    my ($user, $c) = @$_;
    is($c->response(20, $cseq{$user})->{status}, 404, "$user is let in");
}

is(join(' ', map { m{ of "/(\w+)" refused with 404} ? $1 : () }
    $t->log_lines(qr/refused/)), "@order", 'in the order in which they came');


# Over workers: one of them makes a hash of the address and is stopped

sub hold {
    my ($in, $password) = @_;

    my $c = $t->connect_in($in, local => $full);
    my $witness = $t->connect_in($in);
    my $cseq = start_ask($c, 'held', $password);

    # who comes later is answered: the worker has seen the first one

    ok($witness->alive(), 'a hash begins');
    kill 'STOP', $in;

    is(@{ $c->{responses} }, 0, 'and is not done');
    return ($c, $cseq);
}

my ($same, $nobody, $wrong, $plain) = map {
    $t->connect_in($w[1], local => $full) } 1 .. 4;
my ($elsewhere, $late) = map {
    $t->connect_in($w[1], local => $free) } 1 .. 2;

my ($held, $held_cseq) = hold($w[0], 'pw held');

my $same_cseq = start_ask($same, 'other', 'pw changed');
my $nobody_cseq = start_ask($nobody, 'nobody', 'pw');

is(ask($elsewhere, 'third', 'pw third'), 404, 'another address goes on');
is(ask($plain, 'plain', 'pw plain'), 404, 'and what takes no time');

is(@{ $same->{responses} }, 0, 'the address waits in the other worker');
is($same->response(20, $same_cseq)->{status}, 503, 'for so long');
is($nobody->response(20, $nobody_cseq)->{status}, 503,
    'a user who is not there waits as well');
is($t->log_lines(qr{\[info\].*\ DESCRIBE\ of\ "/cam"\ refused\ with\ 503:
    \ its\ address\ has\ too\ many\ passwords.*client:\ 127\.0\.3\.1}x),
    2, 'a line for each says why');
ok($same->alive(), 'the connection stays');

kill 'CONT', $w[0];

is($held->response(20, $held_cseq)->{status}, 404, 'the first one is done');
is(ask($same, 'quick', 'pw quick'), 404, 'then it is the next one\'s turn');


# A dead worker has no turn.  Its password is a wrong one, as right ones are
# remembered.

hold($w[0], 'wrong');

$same_cseq = start_ask($same, 'fourth', 'pw fourth');
my $wrong_cseq = start_ask($wrong, 'fourth', 'wrong');

my $until = time() + 2.5;
pump(0.1), $plain->alive() while time() < $until;

is(@{ $same->{responses} } + @{ $wrong->{responses} }, 0, 'two wait');

ok($t->kill_worker($w[0]), 'the worker that makes the hash dies');
my $late_cseq = start_ask($late, 'plain', 'wrong');

is($same->response(20, $same_cseq)->{status}, 404, 'the first goes on');

my $r = $wrong->response(20, $wrong_cseq);
my $after = $late->response(20, $late_cseq);

is($r->{status}, 401, 'the second is wrong');
is($after->{status}, 401, 'as is one who came much later');

$t->clean(allow => qr/exited on signal 9/);


# More than the pool of threads takes

$t = Test::Rtsp->new();

$t->write('users', $users);
$t->conf(<<"EOT")->start();
thread_pool default threads=1 max_queue=1;

stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;

    server {
        listen 127.0.0.1:%%PORT_RTSP%%;
        rtsp on;
        $server
    }
}
EOT

my @many = map { $t->client(local => "127.0.4.$_") } 1 .. 3;
my @cseqs = map { start_ask($_, 'held', 'pw held') } @many;
my @status = map { $many[$_]->response(20, $cseqs[$_])->{status} } 0 .. 2;

is(join(' ', sort @status), '404 404 503', 'one too many is refused');
is($t->log_lines(qr/\[info\].* refused with 503: its password cannot be/),
    1, 'with a line');
is($t->log_lines(qr/\[error\].* thread pool .* queue overflow/), 1,
    'and one of the pool');

my ($refused) = grep { $status[$_] == 503 } 0 .. 2;

is(ask($many[$refused], 'quick', 'pw quick'), 404,
    'and may ask again on the same connection');

$t->clean();
done_testing();
