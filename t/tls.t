# Media over TLS: a reader whose socket is full, and stays full, gets whole
# and valid frames when it reads on; several workers; no UDP beside TLS.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Rtp qw/ same gaps bare /;

my $t = Test::Rtsp->new(workers => 4);

is(system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "
    . "/CN=localhost -keyout $t->{dir}/key.pem -out $t->{dir}/cert.pem "
    . "2>/dev/null"), 0, 'a certificate');

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:160m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_publish on;

    ssl_certificate cert.pem;
    ssl_certificate_key key.pem;

    server { listen 127.0.0.1:%%PORT_RTSP%% reuseport; rtsp on;
             rtsp_buffer 16m; }
    server { listen 127.0.0.1:%%PORT_RING%% reuseport; rtsp on;
             rtsp_buffer 512k; }

    server { listen 127.0.0.1:%%PORT_TLS%% ssl reuseport sndbuf=64k; rtsp on;
             rtsp_lag 1h; rtsp_send_timeout 60s; }
    server { listen 127.0.0.1:%%PORT_LAG%% ssl reuseport sndbuf=64k; rtsp on;
             rtsp_lag 500ms; rtsp_send_timeout 60s; }
}
EOT

my @w = $t->workers();
is(scalar @w, 4, 'four workers');


# A TLS client in that worker, and the relay that it calls through

sub tls {
    my ($worker, $name) = @_;

    for (1 .. 200) {
        my $relay = Relay->new($t->port($name // 'PORT_TLS'));

        next if ($t->worker_of($relay) // 0) != $worker;

        my $c = Test::Rtsp::Client->new(tls => 1, port => $relay->{listen});

        return ($c, $relay) if $c->alive();
        die "no TLS through the relay";
    }

    die "no connection lands in worker $worker";
}


# The worker has nothing left to read: it has answered others after it

sub served {
    my ($worker) = @_;

    my $c = $t->connect_in($worker);

    $c->alive() for 1 .. 2;
    $c->close();
}


# The server's end of the relay has bytes that the kernel does not get rid of

sub full {
    my ($relay) = @_;

    my $ends = sprintf ':%04X [0-9A-F]+:%04X', $relay->{port},
        $relay->local_port();

    open my $f, '<', '/proc/net/tcp' or die "/proc/net/tcp: $!";

    return scalar grep { /$ends \w\w ([0-9A-F]+):/ && hex $1 > 16384 } <$f>;
}


# Publish and read, each in every worker, over TLS

for my $n (0 .. 3) {
    my @sources = (source('H264'), source('AAC'));
    my ($c, $relay) = tls($w[$n]);
    my $p = $t->publish("/live$n", client => $c, sources => \@sources);

    $p->key(0, size => 60_000)->unit(1)->sync();

    my @through = map { [ tls($w[$_]) ] } 0 .. 3;
    my @readers = map { $t->read_stream("/live$n", client => $_->[0]) }
        @through;

    for my $k (1 .. 10) {
        $p->unit(0, key => $k == 5, size => $k == 3 ? 200_000 : 3000);
        $p->unit(1)->sync();
    }

    for my $k (0 .. 3) {
        my $name = "published in worker $n, read in $k";

        for my $i (0, 1) {
            ok($readers[$k]->wait_all($i, $sources[$i]), "$name: media $i");
            is(scalar same($readers[$k]->got($i), $sources[$i]{sent}), '',
                'as sent');
            is(gaps($readers[$k]->got($i)), '', 'no gap');
        }

        is($readers[$k]->teardown()->{status}, 200, 'TEARDOWN');
    }

    is($p->teardown()->{status}, 200, 'TEARDOWN');
}


# UDP beside TLS is refused, in SETUP of both roles

my ($c, $relay) = tls($w[0]);
my $p = $t->publisher('/udp', client => $c, transport => 'udp',
    local => '127.0.0.1');

is($p->announce()->{status}, 200, 'ANNOUNCE over TLS');
is($p->setup(0)->{status}, 461, 'a publisher over UDP');
ok($c->alive(), 'the connection stays');
is($p->teardown()->{status}, 200, 'TEARDOWN');

my $plain = $t->publish('/plain');
$plain->key(0)->sync();

my $r = $t->reader('/plain', client => $c, transport => 'udp',
    local => '127.0.0.1');

$r->describe();
is($r->setup(0)->{status}, 461, 'a reader over UDP');
ok($c->alive(), 'the connection stays');
$c->close();
$plain->teardown();


# A reader over TLS and one that does not stop; both in another worker than
# the publisher

sub scene {
    my ($path, $from, $to) = @_;

    my $p = $t->publish($path, worker => $w[0], name => $from,
        sources => [ source('H264'), source('PCMU') ]);

    $p->key(0)->unit(1)->sync();

    my ($c, $relay) = tls($w[1], $to);
    my $slow = $t->read_stream($path, client => $c);
    my $other = $t->read_stream($path, worker => $w[1]);

    ok($slow->wait_all(0, $p->{sources}[0]), "$path: it reads at first");

    return ($p, $relay, $slow, $other);
}


# Five megabytes while the socket takes nothing

sub fill {
    my ($p, $relay, $other) = @_;

    $relay->stall();

    for my $n (1 .. 250) {
        $p->unit(0, key => $n % 20 == 0, size => 20_000)->unit(1)->sync();
        $other->wait_all(0, $p->{sources}[0]) if $n % 5 == 0;
    }

    ok($other->wait_all(0, $p->{sources}[0]), 'the other one gets all');
    ok($t->wait(sub { full($relay) }, 5), 'the socket is full');
}


# A request while the socket is full: its answer has to wait behind

sub ask {
    my ($relay, $slow) = @_;

    my $before = $relay->{asked};
    my $cseq = $slow->{client}->start_request('GET_PARAMETER', $slow->{path});

    ok($t->wait(sub { $relay->{asked} > $before && !$relay->waits() }, 5),
        'a request meanwhile');
    served($w[1]);

    return $cseq;
}


# A little at a time, so that the socket is full again and again

sub trickle {
    my ($p, $relay) = @_;

    for my $n (1 .. 40) {
        my $goal = $relay->{taken} + 4099;

        $t->wait(sub {
            my $left = $goal - $relay->{taken};

            $relay->take($left) if $left > 0;
            return $left <= 0;
        }, 5) or die "nothing to read";

        $p->unit(0, key => $n % 20 == 0, size => 5000)->unit(1)->sync();
    }

    $relay->resume();
}


# Whole and valid frames; a gap in the numbers of video is a jump to a key
# frame.  Returns the number of jumps.

sub valid {
    my ($p, $slow) = @_;

    my %sent = map { bare($_) => 1 }
        map { @{ $_->{sent} } } @{ $p->{sources} };

    is(scalar(grep { !$sent{bare($_->{raw})} } map { @{ $slow->got($_) } }
        0, 1), 0, 'every packet is one that was sent');
    is(scalar @{ $slow->{strays} }, 0, 'no rubbish between them');

    my @got = @{ $slow->got(0) };
    my @after = grep { (($got[$_]{seq} - $got[$_ - 1]{seq}) & 0xffff) != 1 }
        1 .. $#got;

    is(join(' ', grep { $_ != 7 } map { ord($got[$_]{payload}) & 0x1f }
        @after), '', 'a gap is a jump to a key frame');

    return scalar @after;
}


sub no_complaint {
    my @bad = $t->log_lines(qr/\[(?:crit|alert|error)\]|bad write retry/);

    is(join("\n", @bad), '', 'no crit, alert or bad write retry');
}


# All of it is still in the ring: nothing is missing

for my $request (0, 1) {
    my $path = $request ? '/asks' : '/silent';
    my ($p, $relay, $slow, $other) = scene($path, 'PORT_RTSP', 'PORT_TLS');

    fill($p, $relay, $other);

    my $cseq = $request ? ask($relay, $slow) : undef;

    trickle($p, $relay);

    is($slow->{client}->response(10, $cseq)->{status}, 200, 'its answer')
        if $request;

    for my $i (0, 1) {
        ok($slow->wait_all($i, $p->{sources}[$i], 20),
            "$path: media $i, it reads on");
        is(scalar same($slow->got($i), $p->{sources}[$i]{sent}), '',
            'nothing is missing');
    }

    is(valid($p, $slow), 0, 'no jump');
    is($slow->{client}->request('GET_PARAMETER', $path)->{status}, 200,
        'its connection answers');
    no_complaint();

    is($slow->teardown()->{status}, 200, 'TEARDOWN');
    $p->teardown();
    $other->{client}->close();
}


# Overtaken by the ring, and behind by more than rtsp_lag

for my $case ([ '/ring', 'PORT_RING', 'PORT_TLS' ],
              [ '/lag', 'PORT_RTSP', 'PORT_LAG' ])
{
    my ($path, $from, $to) = @$case;
    my ($p, $relay, $slow, $other) = scene($path, $from, $to);

    fill($p, $relay, $other);

    if ($path eq '/lag') {
        my $count = $other->count(1);

        $p->run(gop => 10, size => 3000);
        ok($other->wait_count(1, $count + 75, 10), 'more than rtsp_lag');
        $p->halt();
    }

    my $cseq = ask($relay, $slow);

    trickle($p, $relay);

    is($slow->{client}->response(10, $cseq)->{status}, 200, 'its answer');

    $p->key(0)->unit(1)->sync();

    ok($slow->wait_all($_, $p->{sources}[$_], 20),
        "$path: media $_, it reads on") for 0, 1;
    cmp_ok(valid($p, $slow), '>=', 1, 'a jump');
    no_complaint();

    is($slow->teardown()->{status}, 200, 'TEARDOWN');
    $p->teardown();
    $other->{client}->close();
}


# The answer to PLAY and a replay into a socket that nobody reads

$p = $t->publish('/replay', worker => $w[0],
    sources => [ source('H264'), source('PCMU') ]);

for my $n (0 .. 100) {
    $p->unit(0, key => $n == 0, size => 30_000)->unit(1)->sync();
}

($c, $relay) = tls($w[2]);
$r = $t->reader('/replay', client => $c);

$r->describe();
is($r->setup($_)->{status}, 200, 'SETUP') for 0, 1;
$relay->stall();

my $cseq = $c->start_request('PLAY', '/replay');

ok($t->wait(sub { full($relay) }, 5), 'a replay fills the socket');

my @more = map { $c->start_request('GET_PARAMETER', '/replay') } 1 .. 3;

served($w[2]);
$p->unit(0, size => 30_000)->unit(1)->sync() for 1 .. 10;
trickle($p, $relay);

is($c->response(10, $cseq)->{status}, 200, 'PLAY');
is($c->response(10, $_)->{status}, 200, 'GET_PARAMETER') for @more;

for my $i (0, 1) {
    my $sent = $p->{sources}[$i]{sent};

    ok($r->wait_all($i, $p->{sources}[$i], 20), "media $i, it reads on");
    is(scalar same($r->got($i), $sent), '', 'nothing is missing');
    is($r->count($i), scalar @$sent, 'from the key frame on');
}

no_complaint();

$t->clean();
done_testing();


# Two ends of a TLS connection and what is on the way between them; it can
# leave unread what the server sends.

package Relay;

use strict;
use warnings;

use Errno qw/ EAGAIN EINTR /;
use Scalar::Util qw/ weaken /;
use Socket;

use Test::Rtsp::Address qw/ bound_port /;
use Test::Rtsp::Loop qw/ unwatch watch watch_write /;


sub new {
    my ($class, $port) = @_;

    socket(my $up, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
    setsockopt($up, SOL_SOCKET, SO_RCVBUF, 32 * 1024);
    connect($up, sockaddr_in($port, INADDR_LOOPBACK)) or die "connect: $!";
    $up->blocking(0);

    socket(my $listen, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
    bind($listen, sockaddr_in(0, INADDR_LOOPBACK)) or die "bind: $!";
    listen($listen, 1) or die "listen: $!";

    my $self = bless {
        port => $port, listen => bound_port($listen), up => $up, taken => 0,
        asked => 0, eof => 0, door => $listen, out => { up => '', down => '' },
    }, $class;

    weaken(my $me = $self);
    watch($listen, sub { $me->_enter() if $me });

    return $self;
}


# as a client has it: the server sees the relay's port

sub local_port { return bound_port($_[0]{up}) }


sub _enter {
    my ($self) = @_;

    accept(my $down, $self->{door}) or return;
    $down->blocking(0);
    $self->{down} = $down;

    weaken(my $me = $self);
    watch($down, sub { $me->_asked() if $me });
    $self->resume();
}


sub _asked {
    my ($self) = @_;

    my $n = sysread($self->{down}, my $data, 65536);

    return if !defined $n && ($! == EAGAIN || $! == EINTR);
    return $self->_end() if !$n;

    $self->{asked} += $n;
    $self->_pass('up', $data);
}


# Reads so many bytes at most of what the server has sent

sub take {
    my ($self, $most) = @_;

    my $n = sysread($self->{up}, my $data, $most);

    return if !defined $n && ($! == EAGAIN || $! == EINTR);
    return $self->_end() if !$n;

    $self->{taken} += $n;
    $self->_pass('down', $data);
}


sub _pass {
    my ($self, $to, $data) = @_;

    $self->{out}{$to} .= $data;

    while (length $self->{out}{$to}) {
        my $n = syswrite($self->{$to}, $self->{out}{$to});

        last if !$n;
        substr($self->{out}{$to}, 0, $n, '');
    }

    weaken(my $me = $self);
    watch_write($self->{$to}, $self->waits($to)
        ? sub { $me->_pass($to, '') if $me } : undef);
}


sub waits { return length $_[0]{out}{$_[1] // 'up'} }


sub stall { unwatch($_[0]{up}) }


sub resume {
    my ($self) = @_;

    weaken(my $me = $self);
    watch($self->{up}, sub { $me->take(65536) if $me });
}


sub _end {
    my ($self) = @_;

    $self->{eof} = 1;

    for my $sock (grep { $_ && defined fileno $_ } @$self{qw/ up down door /})
    {
        unwatch($sock);
        watch_write($sock, undef);
        close $sock;
    }
}


sub DESTROY { $_[0]->_end() }
