# A reader that stops reading: it jumps to a key frame, or is cut; others get
# everything meanwhile, and the log says it in one line each time.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Rtp qw/ same gaps bare /;

my $t = Test::Rtsp->new();

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_publish on;

    server { listen 127.0.0.1:%%PORT_RING%% sndbuf=64k; rtsp on;
             rtsp_buffer 512k; rtsp_lag 1h; rtsp_send_timeout 60s; }
    server { listen 127.0.0.1:%%PORT_LAG%% sndbuf=64k; rtsp on;
             rtsp_buffer 8m; rtsp_lag 500ms; rtsp_send_timeout 60s; }
    server { listen 127.0.0.1:%%PORT_CUT%% sndbuf=64k; rtsp on;
             rtsp_send_timeout 1s; }
}
EOT


# A publisher, a reader that stops, and others that do not

my $address = 2;

sub scene {
    my ($path, $name) = @_;

    my $p = $t->publish($path, client => $t->client(name => $name),
        sources => [ source('H264'), source('PCMU') ]);

    $p->key(0)->unit(1)->sync();

    my $local = '127.0.1.' . $address++;
    my $slow = $t->read_stream($path, client => $t->client(name => $name,
        local => $local, rcvbuf => 64 * 1024));
    my @others = map { $t->read_stream($path, transport => $_,
        client => $t->client(name => $name)) } qw/ tcp udp /;

    ok($slow->wait_all(0, $p->{sources}[0]), "$path: it reads at first");
    $slow->{client}->stall();

    return ($p, $slow, qr{\[notice\].*\Q$local\E(?!\d).*"$path"}, @others);
}


# Others are unaffected

sub unaffected {
    my ($p, @others) = @_;

    for my $r (@others) {
        for my $i (0, 1) {
            ok($r->wait_all($i, $p->{sources}[$i]),
                "others, $r->{transport}: all arrived");
            is(scalar same($r->got($i), $p->{sources}[$i]{sent}), '',
                'and nothing is missing');
        }
    }
}


# What the slow one got: whole packets as they were sent, and after a gap in
# the numbers of video a key frame

sub jumped {
    my ($p, $slow, $notice) = @_;

    $slow->{client}->resume();
    $p->key(0)->unit(1)->sync();
    ok($slow->wait_all(0, $p->{sources}[0], 10), 'it reads again');

    my %sent = map { bare($_) => 1 }
        map { @{ $_->{sent} } } @{ $p->{sources} };
    my @got = @{ $slow->got(0) };

    is(scalar(grep { !$sent{bare($_->{raw})} } @got,
        @{ $slow->got(1) }), 0, 'every packet is one that was sent');

    my @after = grep { (($got[$_]{seq} - $got[$_ - 1]{seq}) & 0xffff) != 1 }
        1 .. $#got;

    cmp_ok(scalar @after, '>=', 1, 'a gap') or diag(gaps(\@got));
    is(join(' ', grep { $_ != 7 } map { ord($got[$_]{payload}) & 0x1f }
        @after), '', 'a key frame comes after it');
    is(scalar @{ $slow->{strays} }, 0, 'and no rubbish');

    my @lines = $t->log_lines($notice);

    is(scalar @lines, scalar @after, 'one notice each time')
        or diag(join "\n", gaps(\@got), @lines);

    $p->unit(0)->unit(1)->sync();
    ok($slow->wait_all($_, $p->{sources}[$_]), 'it keeps up') for 0, 1;
    is($slow->{client}->request('GET_PARAMETER', $slow->{path})->{status},
        200, 'and its connection answers');
}


# Overtaken by the ring

my ($p, $slow, $notice, @others) = scene('/ring', 'PORT_RING');

for my $n (1 .. 200) {
    $p->unit(0, key => $n % 10 == 0, size => 20_000)->unit(1)->sync();
    $others[1]->wait_all(0, $p->{sources}[0]);
}

unaffected($p, @others);
jumped($p, $slow, $notice);
$p->teardown();
$_->{client}->close() for $slow, @others;


# Behind by more than rtsp_lag

($p, $slow, $notice, @others) = scene('/lag', 'PORT_LAG');

$p->run(gop => 10, size => 20_000);
my $count = $others[0]->count(1);
ok($others[0]->wait_count(1, $count + 150, 10), 'three seconds later');
$p->halt();
unaffected($p, @others);
jumped($p, $slow, $notice);
$p->teardown();
$_->{client}->close() for $slow, @others;


# A ring too small for the distance of key frames is said once, with a remedy

my $small = $t->publish('/small', client => $t->client(name => 'PORT_RING'));

for my $n (0 .. 179) {
    $small->unit(0, key => $n % 60 == 0, size => 20_000)->sync();
}

my @remedies = $t->log_lines(qr{\[notice\].*"/small"});

is(scalar @remedies, 1, 'one notice') or diag(join "\n", @remedies);
like($remedies[0] // '', qr/rtsp_buffer \d+[mk]/, 'that says what would do');
$small->teardown();


# Cut

($p, $slow, $notice, @others) = scene('/cut', 'PORT_CUT');

$p->run(gop => 10, size => 20_000);
ok($t->wait(sub { $t->log_lines($notice) }, 10),
    'cut after rtsp_send_timeout');
$count = $others[0]->count(0);
ok($others[0]->wait_count(0, $count + 100), 'others go on');
$p->halt();
unaffected($p, @others);
$slow->{client}->resume();
ok($slow->{client}->closed(5), 'its connection is closed');

my %sent = map { bare($_) => 1 }
    map { @{ $_->{sent} } } @{ $p->{sources} };

is(scalar(grep { !$sent{bare($_->{raw})} }
    map { @{ $slow->got($_) } } 0, 1), 0,
    'what it got before is what was sent');

my @lines = grep { !/skipped|jump/ } $t->log_lines($notice);

is(scalar @lines, 1, 'one notice of the cut') or diag(join "\n", @lines);
$p->teardown();


$t->clean();
done_testing();
