# The variables $rtsp_... of sessions, as lines of rtsp_access_log show them:
# readers and publishers, over TCP and UDP, several on one connection.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw/ time /;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Loop qw/ every cancel /;
use Test::Rtsp::Address qw/ address /;

my $t = Test::Rtsp->new();

my @names = qw/ path stream query arg_token arg_Id method user role session
    transport profile tunnel user_agent status bytes_sent bytes_received
    packets_sent packets_received packets_lost packets_dropped jitter
    first_packet_time first_key_time session_time source_addr end_reason /;

my $format = join '|', map { "$_=\$rtsp_$_" } @names;

$t->conf(<<"EOT")->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_publish on;

    log_format all escape=none '$format';
    log_format core '\$remote_addr|\$remote_port|\$server_addr|\$server_port|'
                    '\$protocol|\$status|\$bytes_sent|\$bytes_received|'
                    '\$session_time|\$msec|\$time_iso8601|\$pid|\$hostname|'
                    '\$connection';

    rtsp_access_log logs/all.log all;
    rtsp_access_log logs/core.log core;

    server { listen 127.0.0.1:%%PORT_RTSP%%; rtsp on; }
    server { listen 127.0.0.1:%%PORT_LIVE%%; rtsp on; rtsp_start live; }
}
EOT

my (@ids, $seen);


# The line of the session that ends next, as a hash

sub line {
    my @lines;

    $t->wait(sub {
        @lines = split /\n/, $t->read('logs/all.log') // '';
        return @lines > ($seen // 0);
    }, 5);

    my $line = $lines[$seen++] // '';

    return { map { /^(\w+)=(.*)$/ ? ($1, $2) : () } split /\|/, $line };
}


sub idle {
    my ($time) = @_;
    my $end = time() + $time;

    $t->wait(sub { time() > $end }, $time + 5);
}


sub octets {
    my ($packets) = @_;
    my $n = 0;

    $n += length $_ for @$packets;
    return $n;
}


my $time = qr/^\d+\.\d{3}$/;


# A publisher and readers over TCP

my ($video, $audio) = (source('H264'), source('AAC'));
my $pc = $t->client(local => '127.0.0.7');
my $p = $t->publish('/live/a', sources => [ $video, $audio ], client => $pc);

push @ids, $pc->{session};
idle(0.25);
$p->unit(1);
idle(0.25);

$p->key(0)->unit(1)->sync();

my $c = $t->client(local => '127.0.0.9');
my $r = $t->reader('/live/a?token=a%20b&ID=7&token=2', client => $c);

$r->describe();
$r->setup(0);
$r->setup(1);
push @ids, $c->{session};

is($c->request('PLAY', '/live/a', headers =>
    [ Range => 'npt=0-', 'User-Agent' => 'other' ])->{status}, 200, 'PLAY');

for my $n (1 .. 20) {
    $p->unit(0, key => $n % 10 == 0)->unit(1);
}

ok($r->wait_all($_, $p->{sources}[$_]), "media $_ arrived") for 0, 1;
is($r->teardown()->{status}, 200, 'TEARDOWN');

my $v = line();
my @got = map { $_->{raw} } @{ $r->got(0) }, @{ $r->got(1) };

is($v->{path}, '/live/a', '$rtsp_path');
is($v->{stream}, '/live/a', '$rtsp_stream');
is($v->{query}, 'token=a%20b&ID=7&token=2', '$rtsp_query of the first SETUP');
is($v->{arg_token}, 'a%20b', '$rtsp_arg_NAME, the first one, raw');
is($v->{arg_Id}, '7', 'without regard to case');
is($v->{method}, 'TEARDOWN', '$rtsp_method');
is($v->{user}, '', '$rtsp_user of nobody');
is($v->{role}, 'read', '$rtsp_role');
like($v->{session}, qr/^[0-9a-f]{16}$/, '$rtsp_session');
is($v->{transport}, 'tcp', '$rtsp_transport');
is($v->{profile}, 'avp', '$rtsp_profile');
is($v->{tunnel}, '', '$rtsp_tunnel of none');
is($v->{user_agent}, '', '$rtsp_user_agent, none at SETUP');
is($v->{status}, 200, '$rtsp_status');
is($v->{packets_sent}, scalar @got, '$rtsp_packets_sent');
is($v->{bytes_sent}, octets(\@got), '$rtsp_bytes_sent');
is($v->{packets_received}, 0, '$rtsp_packets_received');
is($v->{bytes_received}, 0, '$rtsp_bytes_received');
is($v->{packets_lost}, 0, '$rtsp_packets_lost');
is($v->{packets_dropped}, 0, '$rtsp_packets_dropped');
is($v->{jitter}, '0.000', '$rtsp_jitter of one that reports none');
like($v->{first_packet_time}, $time, '$rtsp_first_packet_time');
is($v->{first_key_time}, $v->{first_packet_time},
    '$rtsp_first_key_time: it starts at a key frame');
cmp_ok($v->{first_key_time}, '<', 0.2, 'that is there already');
like($v->{session_time}, $time, '$rtsp_session_time');
is($v->{source_addr}, '127.0.0.7', '$rtsp_source_addr');
is($v->{end_reason}, 'teardown', '$rtsp_end_reason');

my $first = $v->{session};


# A second session on the same connection

my $second = $t->reader('/live/a', client => $c);

$second->describe();

is($c->request('SETUP', $second->{base} . $second->{controls}[1], headers => [
    Transport => 'RTP/AVP/TCP;unicast;interleaved=6-7',
    'User-Agent' => 'a "viewer" of mine' ])->{status}, 200, 'SETUP');
push @ids, $c->{session};
$second->play();
$p->unit(1)->unit(1)->sync();
$c->start_request('PLAY', '/other/path');
is($c->response()->{status}, 200, 'PLAY again');
$c->start_request('RECORD', '/live/a');
is($c->response()->{status}, 455, 'RECORD');
$c->close();

$v = line();
is($v->{path}, '/live/a', 'a second session on one connection: its path');
is($v->{query}, '', 'no query');
is($v->{arg_token}, '', 'no arguments');
is($v->{status}, 455, 'the status of its last response');
is($v->{method}, 'PLAY', 'the last method that it was in a state for');
is($v->{user_agent}, 'a "viewer" of mine', '$rtsp_user_agent');
isnt($v->{session}, $first, 'another $rtsp_session');
is($v->{packets_sent}, 2, 'its own counters');
is($v->{first_key_time}, '', 'sound alone has no key frame');
is($v->{end_reason}, 'lost', 'lost with its connection');

$p->teardown();
$v = line();
is($v->{path}, '/live/a', 'the publisher');
is($v->{role}, 'publish', 'its $rtsp_role');
is($v->{transport}, 'tcp', 'over TCP');
is($v->{packets_received}, @{ $video->{sent} } + @{ $audio->{sent} },
    '$rtsp_packets_received');
is($v->{bytes_received}, octets($video->{sent}) + octets($audio->{sent}),
    '$rtsp_bytes_received');
is($v->{packets_sent}, 0, '$rtsp_packets_sent');
like($v->{jitter}, $time, '$rtsp_jitter');
cmp_ok($v->{first_packet_time}, '>', 0.2, '$rtsp_first_packet_time');
cmp_ok($v->{first_key_time}, '>', $v->{first_packet_time} + 0.2,
    '$rtsp_first_key_time comes later');
cmp_ok($v->{session_time}, '>', $v->{first_key_time}, '$rtsp_session_time');
is($v->{source_addr}, '127.0.0.7', '$rtsp_source_addr is its own');
is($v->{end_reason}, 'teardown', 'torn down');


# A reader that waits for a key frame, and one that does not

$p = $t->publish('/wait', sources => [ source('H264') ]);
$p->unit(0)->sync();

my $waits = $t->read_stream('/wait');
my $live = $t->read_stream('/wait', client => $t->client(name => 'PORT_LIVE'));

push @ids, $_->{client}{session} for $waits, $live, $p;

idle(0.2);
$p->unit(0)->unit(0)->sync();
ok($live->wait_count(0, 2), 'one starts live');
is($waits->count(0), 0, 'the other waits');
idle(0.3);
$p->key(0)->unit(0)->sync();
ok($_->wait_all(0, $p->{sources}[0]), 'both read') for $waits, $live;

$waits->teardown();
$v = line();
cmp_ok($v->{first_packet_time}, '>', 0.4, 'first packet of one that waits');
is($v->{first_key_time}, $v->{first_packet_time}, 'its first key frame');

$live->teardown();
$v = line();
cmp_ok($v->{first_packet_time}, '<', 0.4, 'first packet of one that does not');
cmp_ok($v->{first_key_time}, '>', $v->{first_packet_time} + 0.2,
    'its first key frame');


# One that had no packet at all

my $none = $t->read_stream('/wait', client => $t->client(name => 'PORT_LIVE'));

$none->teardown();
$v = line();
is($v->{first_packet_time}, '', 'no first packet');
is($v->{first_key_time}, '', 'no first key frame');
is($v->{packets_sent}, 0, 'nothing sent');


# UDP, without a connection at the end

my $u = $t->read_stream('/wait', transport => 'udp',
    client => $t->client(local => '127.0.0.8'));
my $port = $u->{client}->local_port();

push @ids, $u->{client}{session};
$p->key(0)->unit(0)->sync();
ok($u->wait_all(0, $p->{sources}[0]), 'a reader over UDP');

# a receiver report of its own: 5 packets lost, jitter of 9000 / 90000 s

sub report {
    CORE::send($u->_pair(0)->[1],
        pack('CCnN NCa3NNNN', 0x81, 201, 7, 1, $u->{ssrc}[0], 0, "\0\0\5",
             1, 9000, 0, 0),
        0, address('127.0.0.1', $u->{server_ports}[0][1])) // die "send: $!";
}

$u->{client}->close();
report() for 1 .. 3;

my $before = $u->count(0);
my $timer = every(0.1, sub { report() });

$p->key(0) for 1 .. 5;
ok($u->wait_count(0, $before + 10), 'goes on without its connection');
idle(0.5);
cancel($timer);

my $steer = $t->client(local => '127.0.0.8');
$steer->{session} = $ids[-1];

is($steer->request('TEARDOWN', '/wait')->{status}, 200, 'TEARDOWN');
$v = line();
@got = map { $_->{raw} } @{ $u->got(0) };
is($v->{path}, '/wait', 'its path');
is($v->{transport}, 'udp', 'its $rtsp_transport');
is($v->{packets_sent}, scalar @got, 'its packets');
is($v->{bytes_sent}, octets(\@got), 'its bytes');
is($v->{packets_lost}, 5, '$rtsp_packets_lost, as it says');
is($v->{jitter}, '0.100', '$rtsp_jitter, as it says');
like($v->{first_key_time}, $time, '$rtsp_first_key_time');
is($v->{end_reason}, 'teardown', 'torn down from another connection');

my @core = split /\|/, (split /\n/, $t->read('logs/core.log'))[-1];

is($core[0], '127.0.0.8', '$remote_addr');
is($core[1], $port, '$remote_port of the connection that made it');
is($core[2], '127.0.0.1', '$server_addr');
is($core[3], $t->port('PORT_RTSP'), '$server_port');
is($core[4], 'TCP', '$protocol');
is($core[5], 200, '$status');
is($core[6], octets(\@got), '$bytes_sent');
is($core[7], 0, '$bytes_received');
cmp_ok(abs($core[8] - $v->{session_time}), '<', 0.01, '$session_time');
cmp_ok(abs($core[9] - time()), '<', 30, '$msec');
like($core[10], qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]/, '$time_iso8601');
is($core[11], ($t->workers())[0], '$pid');
like($core[13], qr/^\d+$/, '$connection');


# A publisher over UDP that loses packets

$p->teardown();
line();

$p = $t->publish('/udp', transport => 'udp');
push @ids, $p->{client}{session};

my @packets = map { $p->{sources}[0]->unit(key => $_ == 0, size => 100) }
    0 .. 9;

$p->send(0, @packets[0 .. 5], @packets[8 .. $#packets]);

$u = $t->read_stream('/udp');
push @ids, $u->{client}{session};
ok($u->wait_packet(0, $packets[-1]), 'its packets arrive');
$u->teardown();
line();
$p->teardown();
$v = line();
is($v->{transport}, 'udp', 'a publisher over UDP');
is($v->{packets_received}, scalar(@packets) - 2, 'its packets');
is($v->{packets_lost}, 2, '$rtsp_packets_lost, as we count');
like($v->{first_key_time}, $time, '$rtsp_first_key_time');


# Nothing tells what is a credential

my $texts = join "\n", map { $t->read($_) // '' }
    qw( logs/all.log logs/core.log error.log );

cmp_ok(scalar(@ids), '>', 7, 'sessions were had');
is(scalar(grep { length && $texts =~ /\Q$_/i } @ids), 0,
    'the id of a session is in no log');

$t->clean();
done_testing();
