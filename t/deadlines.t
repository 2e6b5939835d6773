# Deadlines of a connection: rtsp_header_timeout runs from the first byte of
# a request until it is whole, whatever comes of it, and a request that waits
# for its answer is not silence.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Loop qw/ cancel every until_true /;

my $t = Test::Rtsp->new();

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_publish on;

    server { listen 127.0.0.1:%%PORT_RTSP%%; rtsp on; }
    server { listen 127.0.0.1:%%PORT_SHORT%%; rtsp on;
             rtsp_header_timeout 1s; }
}
EOT

my $helper = $t->client();

# The server has read all that was sent: it has answered another one since

sub served {
    my (@clients) = @_;

    $_->sent() for @clients;
    $helper->alive() for 1 .. 2;
}


# In segments that the server reads one by one

sub segments {
    my ($c, @parts) = @_;

    for my $part (@parts) {
        $c->raw($part);
        served($c);
    }
}


# rtsp_header_timeout would have fired by now for all that came before: it
# has for a connection made after it

sub passed {
    my ($name) = @_;

    my $silent = $t->client(name => $name // 'PORT_SHORT');

    ok($silent->closed(10), 'a silent connection is closed');
}


my $p = $t->publish('/live');
$p->key(0)->sync();

my $uri = 'rtsp://127.0.0.1/live';
my @cases = (
    [ 'a wrong version', 505, "OPTIONS $uri RTSP/2.0\r\nCSeq: 9\r\n\r\n" ],
    [ 'a response', undef, "RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n" ],
    [ 'no CSeq', 400, "OPTIONS $uri RTSP/1.0\r\nUser-Agent: test\r\n\r\n" ],
    [ 'an unknown method', 501, "JUMP $uri RTSP/1.0\r\nCSeq: 9\r\n\r\n" ],
    [ 'an unknown Require', 551,
        "OPTIONS $uri RTSP/1.0\r\nCSeq: 9\r\nRequire: this\r\n\r\n" ],
    [ 'a body', 200, "GET_PARAMETER $uri RTSP/1.0\r\nCSeq: 9\r\n"
        . "Content-Length: 12\r\n\r\npackets_sent" ],
);


# Whole in the end, in two segments and byte by byte: no deadline is left

for my $transport (qw/ tcp udp /) {
    my @readers;

    for my $case (@cases) {
        my ($name, $status, $text) = @$case;

        for my $cut (20, length($text) - 1, 0) {
            my $r = $t->read_stream('/live', name => 'PORT_SHORT',
                transport => $transport);
            my $how = "$transport, $name, "
                . ($cut ? "cut at $cut" : 'byte by byte');

            segments($r->{client}, $cut ? (substr($text, 0, $cut),
                substr($text, $cut)) : split //, $text);

            is($r->{client}->response()->{status}, $status, $how)
                if $status;
            push @readers, [ $how, $r ];
        }
    }

    passed();
    $p->key(0);

    for (@readers) {
        my ($how, $r) = @$_;

        ok($r->wait_all(0, $p->{sources}[0]), "$how: it plays on");
        is($r->{client}->request('GET_PARAMETER', '/live')->{status}, 200,
            "$how: its connection answers");
        is($r->teardown()->{status}, 200, 'TEARDOWN');
        $r->{client}->close();
    }
}


# Many of them in a row, each begun behind the one before, take longer than
# the deadline of one

my $r = $t->read_stream('/live', name => 'PORT_SHORT');
my $silent = $t->client(name => 'PORT_SHORT');
my $text = $cases[0][2];
my $asked = 0;

$r->{client}->raw(substr $text, 0, 20);

ok($t->wait(sub {
    segments($r->{client}, substr($text, 20) . substr($text, 0, 20));
    $asked++;
    return $silent->{eof} || $r->{client}{eof};
}, 10), 'requests that overlap');

segments($r->{client}, substr $text, 20);
is(scalar(grep { $r->{client}->response()->{status} == 505 } 0 .. $asked),
    $asked + 1, 'each has its answer');
is($r->{client}->request('GET_PARAMETER', '/live')->{status}, 200,
    'and the connection goes on');
$r->{client}->close();


# Half a frame is not half a request

$r = $t->read_stream('/live', name => 'PORT_SHORT');
segments($r->{client}, pack('CCn', 0x24, 1, 8) . 'half');
passed();
$p->key(0);
ok($r->wait_all(0, $p->{sources}[0]), 'half a frame: it plays on');
segments($r->{client}, 'rest');
is($r->{client}->request('GET_PARAMETER', '/live')->{status}, 200,
    'and answers after the other half');
$r->{client}->close();


# Half a request

sub timeouts {
    return scalar $t->log_lines(qr/not sent a whole request/);
}

for my $case ([ 'the first', sub { $t->client(name => 'PORT_SHORT') } ],
    [ 'a later', sub {
        my $c = $t->client(name => 'PORT_SHORT');
        $c->alive();
        return $c;
    } ],
    (map { my $transport = $_; [ "$transport, a playing reader's", sub {
        return $t->read_stream('/live', name => 'PORT_SHORT',
            transport => $transport)->{client};
    } ] } qw/ tcp udp /),
    [ "a publisher's", sub {
        return $t->publish('/half', name => 'PORT_SHORT')->{client};
    } ])
{
    my ($name, $begin) = @$case;

    for my $half ('O', "OPTIONS $uri RTSP/1.0\r\nCSeq: 9\r\n",
        "GET_PARAMETER $uri RTSP/1.0\r\nCSeq: 9\r\nContent-Length: 9\r\n\r\n")
    {
        my $before = timeouts();
        my $c = $begin->();

        $c->raw($half);
        ok($c->closed(10), "half of $name request, " . length($half)
            . ' bytes: closed');
        is(timeouts() - $before, 1, 'by rtsp_header_timeout');
    }
}


# Bytes that trickle in do not put it off

my $c = $t->client(name => 'PORT_SHORT');
my $trickle = every(0.05, sub { $c->raw('A') if !$c->{eof} });

ok($c->closed(10), 'a request without end: closed');
cancel($trickle);

$t->clean();


# RECORD waits for a publisher whose worker does not let go, as it is stopped;
# others in the same state are silent, and closed

$t = Test::Rtsp->new(workers => 2);

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_publish on override;

    server { listen 127.0.0.1:%%PORT_RTSP%% reuseport; rtsp on; }
    server { listen 127.0.0.1:%%PORT_SHORT%% reuseport; rtsp on;
             rtsp_session_timeout 1s; }
}
EOT

my @w = $t->workers();

for my $transport (qw/ tcp udp /) {
    my $path = "/wait-$transport";
    my $old = $t->publish($path, worker => $w[0]);

    $old->key(0)->sync();
    $r = $t->read_stream($path, worker => $w[1]);
    ok($r->wait_all(0, $old->{sources}[0]), 'published in worker 0');

    my $new = $t->publisher($path, worker => $w[1], name => 'PORT_SHORT',
        transport => $transport);
    my $idle = $t->connect_in($w[1], name => 'PORT_SHORT');
    my $other = $t->connect_in($w[1]);

    # not with the lock of the zone: the other worker answers

    my $stopped = until_true(sub {
        kill 'STOP', $w[0];
        return 1 if $other->request('DESCRIBE', $path, limit => 1)->{status};
        kill 'CONT', $w[0];
        $other->response();
        return 0;
    }, 20);

    ok($stopped, 'worker 0 is stopped');

    is($new->announce()->{status}, 200, 'ANNOUNCE in worker 1');
    is($new->setup(0)->{status}, 200, 'SETUP');

    my $cseq = $new->{client}->start_request('RECORD', $path);

    is($idle->request('OPTIONS', '*')->{status}, 200, 'another connection');
    ok($idle->closed(10), "$transport: is closed as silent");
    ok(!$new->{client}{eof}, "$transport: one that waits is not");

    kill 'CONT', $w[0];

    my $status = $new->{client}->response(10, $cseq)->{status};

    # on a machine that is slow enough the server has given up waiting

    like($status, qr/^(?:200|503)$/, "$transport: RECORD is answered");
    is($new->record()->{status}, 200, 'once more') if $status == 503;

    ok($old->{client}->closed(5), 'the one before it is cut');
    $new->key(0);

    ok($r->wait_payload(0, $new->{sources}[0]{sent}[-1]),
        "$transport: its stream goes on");

    $_->close() for $new->{client}, $r->{client}, $other;
}

$t->clean();
done_testing();
