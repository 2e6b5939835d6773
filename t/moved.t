# Sessions that move from worker to worker, and what they may not take along:
# a stream that has ended, medias that were not set up, connections that
# nobody needs, ports of another reader, a name that is another's.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Loop qw/ cancel every /;
use Test::Rtsp::Rtp qw/ gaps same ssrcs /;

my $t = Test::Rtsp->new(workers => 4);

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:96m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_publish on;

    server { listen 127.0.0.1:%%PORT_RTSP%% reuseport; rtsp on;
             rtsp_hold 10s; }
    server { listen 127.0.0.1:%%PORT_NONE%% reuseport; rtsp on;
             rtsp_hold 0; }
    server { listen 127.0.0.1:%%PORT_SHORT%% reuseport; rtsp on;
             rtsp_session_timeout 2s; }
    server { listen 127.0.0.1:%%PORT_OVER%% reuseport; rtsp on;
             rtsp_publish on override; }
}
EOT

my @w = $t->workers();
is(scalar @w, 4, 'four workers');

my $streams = 0;


# A connection in that worker that steers the session; what comes over it is
# taken as the reader's

sub steer {
    my ($from, $worker, %o) = @_;

    my $c = $t->connect_in($w[$worker], %o);

    $c->{session} = $from->{client}{session};
    $c->{on_frame} = $from->{client}{on_frame};

    return $c;
}


# The session goes on over a connection in another worker; the one that it
# leaves comes back

sub move {
    my ($session, $worker, %o) = @_;

    my $left = $session->{client};

    $session->{client} = steer($session, $worker, %o);

    return $left;
}


sub publish {
    my ($path, $name, $worker, @codecs) = @_;

    my $p = $t->publish($path, name => $name, worker => $w[$worker],
        sources => [ map { source($_) } @codecs ? @codecs
            : qw/ H264 PCMU / ]);

    $p->key(0);
    $p->unit($_) for 1 .. $#{ $p->{sources} };

    return $p->sync();
}


# A reader of all medias of that stream; set up, or playing

sub ready {
    my ($path, $worker, $transport, %o) = @_;

    my $r = $t->reader($path, worker => $w[$worker], %o,
        transport => $transport);

    $r->describe();
    is($r->setup($_)->{status}, 200, "SETUP in worker $worker")
        for 0 .. $#{ $r->{controls} };

    return $r;
}


sub playing {
    my ($p, $worker, $transport, %o) = @_;

    my $r = ready($p->{path}, $worker, $transport, %o);

    is($r->play()->{status}, 200, "PLAY in worker $worker");
    $p->key(0);
    ok($r->wait_all(0, $p->{sources}[0]), "$transport: it plays");

    return $r;
}


# Set up in one worker, and played in another when the publisher has been
# replaced by one with other medias

for my $case (map { my $name = $_; map { my $n = $_; map { [ $name, $n, $_ ] }
    qw/ tcp udp / } 0, 1 } qw/ PORT_RTSP PORT_NONE /)
{
    my ($name, $waits, $transport) = @$case;
    my $path = '/replaced' . $streams++;
    my $how = "$name, $transport" . ($waits ? ', left by then' : '');

    my $p = publish($path, $name, 0, 'H264');
    my $r = ready($path, 1, $transport);
    my $c = steer($r, 2);
    my $next = $t->publisher($path, worker => $w[3], name => $name,
        sources => [ source('PCMU'), source('H265') ]);

    is($p->teardown()->{status}, 200, "$how: TEARDOWN of the publisher");
    $next->start();

    ok($r->{client}->closed(5), "$how: its connection is closed") if $waits;

    my $left = $r->{client};
    $r->{client} = $c;

    is($r->play()->{status}, 454, "$how: PLAY");

    my $witness = $t->read_stream($path, worker => $w[2],
        transport => $transport);

    $next->key(1)->unit(0) for 1 .. 10;

    ok($witness->wait_all($_, $next->{sources}[$_]), 'others get them')
        for 0, 1;
    is($r->count(0) + $r->count(1) + @{ $r->{strays} }, 0,
        "$how: nothing that was not set up");

    is($_->teardown()->{status}, 200, 'TEARDOWN') for $witness, $next;
    $_->close() for $left, $c;
}


# Paused in one worker, played in another while the stream is held

for my $transport (qw/ tcp udp /) {
    my $path = '/held' . $streams++;
    my $p = publish($path, 'PORT_RTSP', 0);
    my $r = playing($p, 1, $transport);

    is($r->pause()->{status}, 200, 'PAUSE');

    $p->vanish();
    ok($t->wait_log(qr/\[notice\].*lost.*"$path"/, 5),
        "$transport: the publisher is lost");

    my $left = move($r, 2);

    $r->forget();
    is($r->play()->{status}, 200, "$transport: PLAY in another worker");
    is($t->describe_status($path, worker => $w[3]), 200, 'it is still held');

    # once more, to and fro, by its one reader

    for my $n (3, 1) {
        is($r->pause()->{status}, 200, 'PAUSE');
        $left->close();
        $left = move($r, $n);
        $r->forget();
        is($r->play()->{status}, 200, "PLAY in worker $n");
    }

    my $back = publish($path, 'PORT_RTSP', 3);

    $back->key(0)->unit(1);

    for my $i (0, 1) {
        my $last = $back->{sources}[$i]{sent}[-1];

        ok($r->wait_payload($i, $last), "$transport: media $i is back");
        is(gaps($r->got($i)), '', 'without a gap');
        is(join(' ', ssrcs($r->got($i))), $r->{ssrc}[$i], 'one SSRC');
    }

    is($r->teardown()->{status}, 200, 'TEARDOWN');
    $left->close();
    $back->teardown();
    is($t->describe_status($path), 404, "$transport: nobody is counted twice");
}


# Paused, and its stream ends

for my $transport (qw/ tcp udp /) {
    my $path = '/ends' . $streams++;

    my $p = publish($path, 'PORT_NONE', 0);
    my $r = playing($p, 1, $transport);
    my $moves = playing($p, 1, $transport);
    my $set = ready($path, 2, $transport);
    my $c = steer($moves, 3);

    is($_->pause()->{status}, 200, 'PAUSE') for $r, $moves;

    # all that was on its way has come, so what is after it is wrong

    $_->forget() for $r, $moves;
    $p->key(0, size => 50_000)->sync();
    is($p->teardown()->{status}, 200, 'TEARDOWN of the publisher');

    my $status = $r->play()->{status};

    like($status, qr/^(?:0|454)$/, "$transport: PLAY of what has ended");

    my $left = $moves->{client};
    $moves->{client} = $c;

    is($moves->play()->{status}, 454, "$transport: in another worker");

    ok($_->{client}->closed(5),
        "$transport: connections of sessions that do not play are closed")
        for $r, $set;

    for my $r ($r, $moves) {
        my %own = map { $_ => 1 } @{ $r->{ssrc} };

        is(scalar(grep { $own{$_->{ssrc}} } map { @{ $r->got($_) } } 0, 1), 0,
            'no pictures of a dead stream');
    }

    $_->close() for $c, $left;
}


# Connections that a session has left

for my $transport (qw/ tcp udp /) {
    my $path = '/left' . $streams++;

    my $p = publish($path, 'PORT_RTSP', 0);
    my $r = playing($p, 1, $transport, name => 'PORT_SHORT');
    my $says = every(0.25, sub { $r->send_rr(0) if $transport eq 'udp' });

    # over UDP another connection may do it

    my @left = $r->{client};

    for my $n (2, 3) {
        is($r->pause()->{status}, 200, 'PAUSE');
        push @left, $r->{client} if $n == 3;
        move($r, $n, name => 'PORT_SHORT');
        is($r->play()->{status}, 200, "$transport: PLAY in worker $n");
    }

    ok($_->closed(10), "$transport: the connection left is closed")
        for @left;

    $p->key(0);
    ok($r->wait_all(0, $p->{sources}[0]), "$transport: it plays on");
    ok($r->{client}->alive(), 'over a connection that stays');

    cancel($says);
    is($r->teardown()->{status}, 200, 'TEARDOWN');
    ok($r->{client}->closed(10), "$transport: that is closed as well, later");
    $p->teardown();
}

my @silent = $t->log_lines(qr/was silent for rtsp_session_timeout/);
is(scalar @silent, 6, 'each as silent') or diag(join "\n", @silent);


# Publishers over UDP move; their numbers and time are shifted then

sub got_last {
    my ($r, $i, $p) = @_;

    return $r->wait_payload($i, $p->{sources}[$i]{sent}[-1]);
}


for my $way ('between its requests', 'paused') {
    my $path = '/publisher' . $streams++;

    my $p = $t->publisher($path, worker => $w[0], transport => 'udp',
        sources => [ source('H264'), source('PCMU') ]);

    my (@left, @readers);

    is($p->announce()->{status}, 200, 'ANNOUNCE in worker 0');

    if ($way eq 'paused') {
        is($p->setup($_)->{status}, 200, 'SETUP') for 0, 1;
        is($p->record()->{status}, 200, 'RECORD');

        @readers = map { $t->read_stream($path, worker => $w[$_->[0]],
            transport => $_->[1]) } [ 0, 'tcp' ], [ 3, 'udp' ];

        $p->key(0)->unit(1);

        for my $r (@readers) {
            ok($r->wait_all($_, $p->{sources}[$_]), "media $_") for 0, 1;
        }

        is($p->{client}->request('PAUSE', $path)->{status}, 200, 'PAUSE');
        push @left, move($p, 2);

    } else {
        for my $i (0, 1) {
            is($p->setup($i)->{status}, 200, "SETUP in worker $i");
            push @left, move($p, $i + 1);
        }
    }

    is($p->record()->{status}, 200, "$way: RECORD in another worker");

    push @readers, map { $t->read_stream($path, worker => $w[$_]) } 0 .. 3;

    $p->key(0)->unit(1);

    for my $r (@readers) {
        ok(got_last($r, 0, $p), 'it is read') or last;
    }

    for my $n (1 .. 20) {
        $p->unit(0, key => $n == 10)->unit(1);
        got_last($readers[0], 0, $p) or last;
    }

    for my $r (@readers) {
        for my $i (0, 1) {
            ok(got_last($r, $i, $p), "$way, $r->{transport}: media $i");
            is(gaps($r->got($i)), '', 'no gap');
            is(join(' ', ssrcs($r->got($i))), $r->{ssrc}[$i], 'one SSRC');
        }
    }

    $_->close() for @left;
    $p->key(0);
    ok(got_last($readers[0], 0, $p),
        "$way: connections that it left do not matter");

    is($_->teardown()->{status}, 200, 'TEARDOWN') for @readers, $p;
    is($t->describe_status($path), 404, 'it ends');
}


# Two sessions with the same address and ports on one stream

my $p = publish('/ports', 'PORT_RTSP', 0, 'H264');
my $other = publish('/elsewhere', 'PORT_RTSP', 0, 'H264');

for my $worker (1, 2) {
    my $r = playing($p, 1, 'udp');
    my $second = $t->reader('/ports', worker => $w[$worker],
        transport => 'udp');

    $second->describe();

    my $answer = $second->setup(0, $r->offer(0));

    is($answer->{status}, 400, "the same ports in worker $worker: SETUP");
    ok($second->{client}->alive(), 'the connection stays');

    $r->forget();
    $p->key(0);
    ok($r->wait_all(0, $p->{sources}[0]), 'the first one plays on');
    is(scalar same($r->got(0), $p->{sources}[0]{sent}), '', 'as sent');
    is($r->count(0), scalar(@{ $p->{sources}[0]{sent} })
        - $p->{sources}[0]->newest_key(), 'once');

    # ports of its own, and those of a reader of something else, are fine

    my $away = $t->reader('/elsewhere', worker => $w[$worker],
        transport => 'udp');

    $away->describe();
    is($away->setup(0, $r->offer(0))->{status}, 200, 'on another stream');
    is($second->setup(0)->{status}, 200, 'with other ports');
    is($second->play()->{status}, 200, 'PLAY');
    $p->key(0);
    ok($second->wait_all(0, $p->{sources}[0]), 'it plays');
    is($second->teardown()->{status}, 200, 'TEARDOWN');

    is($r->teardown()->{status}, 200, 'TEARDOWN');
    is($second->setup(0, $r->offer(0))->{status}, 200,
        'the same ports when the first one has gone');
    $_->{client}->close() for $r, $second, $away;
}

# Both set up before either plays: the second one is told at PLAY

{
    my $first = ready('/ports', 1, 'udp');
    my $second = $t->reader('/ports', worker => $w[2], transport => 'udp');

    $second->describe();
    is($second->setup(0, $first->offer(0))->{status}, 200, 'SETUP of both');
    is($first->play()->{status}, 200, 'PLAY of the first');
    is($second->play()->{status}, 400, 'PLAY of the second');
    $_->teardown() for $first, $second;
}

$_->teardown() for $p, $other;


# override takes over what is only reserved

for my $to (0, 1) {
    my $path = '/override' . $streams++;
    my %over = (name => 'PORT_OVER', sources => [ source('H264') ]);
    my $first = $t->publisher($path, worker => $w[0], %over);
    my $second = $t->publisher($path, worker => $w[$to], %over);

    is($first->announce()->{status}, 200, 'ANNOUNCE');
    is($first->setup(0)->{status}, 200, 'SETUP');
    is($second->announce()->{status}, 200, "another ANNOUNCE in worker $to");
    is($second->setup(0)->{status}, 200, 'SETUP');
    is($first->record()->{status}, 403, 'RECORD of the first');
    ok($first->{client}->alive(), 'its connection stays');
    is($second->record()->{status}, 200, 'RECORD of the second');

    my $r = $t->read_stream($path, worker => $w[2]);

    $second->key(0);
    ok($r->wait_all(0, $second->{sources}[0]), 'it is read');
    $first->{client}->close();
    ok($second->{client}->alive(), 'the end of the first does not matter');
    $second->key(0);
    ok($r->wait_all(0, $second->{sources}[0]), 'it is read on');
    is($second->teardown()->{status}, 200, 'TEARDOWN');
    $r->{client}->close();
}


# A connection that has a session of its own, which is idle, may have the media
# of another one, and its own goes on afterwards

for my $to (1, 2) {
    my $path = "/beside$to";
    my $p = publish($path, 'PORT_RTSP', 0, 'H264');
    my $r = ready($path, 1, 'tcp');
    my $c = ready($path, $to, 'tcp')->{client};
    my ($own, $left) = ($c->{session}, $r->{client});

    @$c{qw/ session on_frame /} = @$left{qw/ session on_frame /};
    $r->{client} = $c;

    is($r->play()->{status}, 200, "PLAY in worker $to");
    $p->key(0);
    ok($r->wait_all(0, $p->{sources}[0]), 'it plays');
    is($r->teardown()->{status}, 200, 'TEARDOWN');

    $c->{session} = $own;
    is($c->request('PLAY', $path)->{status}, 200, 'PLAY of its own session');

    $_->close() for $c, $left;
    $p->teardown();
}


# A publisher that dies with its worker: one line

for my $transport (qw/ tcp udp /) {
    my $path = "/dies-$transport";
    my $local = $transport eq 'tcp' ? '127.0.3.1' : '127.0.3.2';

    @w = $t->workers();

    my $p = $t->publish($path, worker => $w[0], local => $local,
        transport => $transport);

    $p->key(0);

    my $r = $t->read_stream($path, worker => $w[1]);

    $p->unit(0);
    ok($r->wait_all(0, $p->{sources}[0]), "$transport: it is read");
    ok($t->kill_worker($w[0]), 'its worker is killed');

    my $notice = qr/\[notice\].*publisher.*\Q$local\E.*"$path"/;

    ok($t->wait_log($notice, 5), 'a notice says who and what');

    # by the time that its place is taken all has been said

    my $next = publish($path, 'PORT_RTSP', 2, 'H264');

    ok($r->wait_payload(0, $next->{sources}[0]{sent}[-1]), 'it is back');

    my @lines = $t->log_lines(qr/\[(?:notice|warn|error)\].*\Q$local\E/);

    is(scalar @lines, 1, 'and that once') or diag(join "\n", @lines);

    $r->{client}->close();
    $next->teardown();
}

$t->clean(allow => qr/worker process \d+ exited on signal 9/);
done_testing();
