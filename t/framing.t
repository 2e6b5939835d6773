# The bytes of the control channel: messages in any pieces, what may stand
# between them, bounds, and the deadlines that run from the first byte on.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp;
use Test::Rtsp::Loop qw/ pump /;

my $t = Test::Rtsp->new();

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;

    server { listen 127.0.0.1:%%PORT_RTSP%%; rtsp on; rtsp_publish on; }
    server { listen 127.0.0.1:%%PORT_HEADER%%; rtsp on;
             rtsp_header_timeout 1s; }
    server { listen 127.0.0.1:%%PORT_IDLE%%; rtsp on;
             rtsp_session_timeout 2s; }
}
EOT

my $options = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n";

sub first_status {
    my ($bytes) = @_;

    my $c = $t->client();
    return $c->raw($bytes)->response()->{status};
}

sub is_closed {
    my ($c, $name) = @_;

    ok($c->closed(6), $name);
}


# Pieces

my $c = $t->client();

for my $byte (split //, $options) {
    $c->raw($byte);
    pump(0);
}

is($c->response()->{status}, 200, 'a request byte by byte');

for my $at (1 .. length($options) - 1) {
    $c->raw(substr $options, 0, $at);
    pump(0.001);
    $c->raw(substr $options, $at);
    is($c->response()->{status}, 200, "cut at $at") or last;
}

$c->raw(join '', map { "OPTIONS * RTSP/1.0\r\nCSeq: $_\r\n\r\n" } 1 .. 50);
is(join(' ', map { $c->response()->{headers}{cseq} // '' } 1 .. 50),
    join(' ', 1 .. 50), 'fifty requests in one piece, answered in order');

$c->raw("SET_PARAMETER /x RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 10\r\n\r\n");
$c->raw("01234" . "56789" . $options =~ s/: 1/: 2/r);
$c->response();
is($c->response()->{headers}{cseq}, 2, 'a body is skipped');


# Between messages

is(first_status("\r\n \0\0\r\n$options"), 200,
    'white space and NULs before the first request');
$c->raw("\r\n\0\0 \t\r\n$options");
is($c->response()->{status}, 200, 'and before a later one');
$c->raw("\x80\x81xyz\r\n$options");
is($c->response()->{status}, 200, 'other garbage after a first request');
$c->raw("\$\0\0\4abcd$options");
is($c->response()->{status}, 200, 'a stray frame');
$c->raw("RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n$options");
is($c->response()->{status}, 200, 'a stray response');

for my $bytes ("xyz\r\n$options", "\x16\x03\x01\x02\x00", "\$\0\0\4abcd",
               "HELO x\r\n", 'O' x 20000, "{\"a\":1}\r\n$options")
{
    my $c = $t->client();
    my $name = sprintf 'begins with 0x%s', unpack 'H8', $bytes;

    $c->raw($bytes);
    is($c->response()->{status}, 400, $name);
    is_closed($c, "closed: $name");
}


# Bad requests

for my $case (
    [ 'a version to come', 505, "OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n" ],
    [ 'no version', 400, "OPTIONS *\r\nCSeq: 1\r\n\r\n" ],
    [ 'another scheme', 400,
      "OPTIONS http://127.0.0.1/ RTSP/1.0\r\nCSeq: 1\r\n\r\n" ],
    [ 'a header without a colon', 400,
      "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nrubbish\r\n\r\n" ],
    [ 'length is no number', 400,
      "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: x\r\n\r\n" ],
    [ 'length is negative', 400,
      "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n" ])
{
    my ($name, $status, $bytes) = @$case;
    my $c = $t->client();

    $c->request('OPTIONS', '*');
    is($c->raw($bytes)->response()->{status}, $status, $name);
}


# Bounds

sub over {
    my ($bytes, $name, @status) = @_;

    my $c = $t->client();
    $c->request('OPTIONS', '*');
    my $r = $c->raw($bytes)->response();

    ok(scalar(grep { $_ == $r->{status} } @status), $name)
        or diag("status $r->{status} $r->{reason}");
    is_closed($c, "closed: $name");
}

my $start = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n";

is(first_status($start . join('', map { "X-$_: y\r\n" } 1 .. 99) . "\r\n"),
    200, '100 headers');
is(first_status($start . 'X: ' . 'y' x (16384 - length("${start}X: \r\n\r\n"))
    . "\r\n\r\n"), 200, '16 KiB of headers');
is(first_status($start . "Content-Length: 131072\r\n\r\n" . 'b' x 131072),
    200, '128 KiB of body');

over($start . join('', map { "X-$_: y\r\n" } 1 .. 100) . "\r\n",
    '101 headers', 400, 431);
over($start . 'X: ' . 'y' x 16384 . "\r\n\r\n", 'headers over 16 KiB',
    400, 431);
over($start . 'X: ' . 'y' x 20000, 'headers without an end', 400, 431);
over('OPTIONS rtsp://127.0.0.1/' . 'y' x 20000, 'a line without an end',
    400, 431);
over($start . "Content-Length: 131073\r\n\r\n", 'body over 128 KiB', 413);
over($start . "Content-Length: 99999999999999999999\r\n\r\n",
    'a body of many digits', 400, 413);


# Deadlines

my $idle = $t->client(name => 'PORT_HEADER');
is($idle->request('OPTIONS', '*')->{status}, 200, 'a first request');

my $late = $t->client(name => 'PORT_HEADER');
is($late->request('OPTIONS', '*')->{status}, 200, 'another first request');

my $silent = $t->client(name => 'PORT_HEADER');
my $half = $t->client(name => 'PORT_HEADER')->raw('OPTIONS * RTSP/1.0');
my $body = $t->client(name => 'PORT_HEADER')->raw(
    "SET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 9\r\n\r\nabc");
$late->raw("OPTIONS * RTSP/1.0\r\n");

is_closed($silent, 'who says nothing is closed after rtsp_header_timeout');
is_closed($half, 'who says half a request');
is_closed($body, 'who says half a body');
is_closed($late, 'half a later request');
ok($idle->alive(), 'nobody need hurry between requests');

my $quiet = $t->client(name => 'PORT_IDLE');

is($quiet->request('OPTIONS', '*')->{status}, 200, 'one without a session');
is_closed($quiet, 'closed after rtsp_session_timeout');

$t->clean();
done_testing();
