# rtsp_hold: readers of a source that went away wait, go on where they were
# when it comes back with the same medias, and are told when it does not.

use strict;
use warnings;

use FindBin;
use MIME::Base64 qw/ decode_base64 /;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Rtp qw/ gaps nal_units ntp_now rtp_parse same ssrcs /;

my $t = Test::Rtsp->new();

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_publish on;

    server { listen 127.0.0.1:%%PORT_RTSP%%; rtsp on; rtsp_hold 30s; }
    server { listen 127.0.0.1:%%PORT_SHORT%%; rtsp on; rtsp_hold 1s; }
    server { listen 127.0.0.1:%%PORT_NONE%%; rtsp on; rtsp_hold 0; }
}
EOT

my @udp = (transport => 'udp');
my $new_sprop = 'Z01ADeygoP2AiAAAAwAIAAADAZB4oUyw,aOvjyyA=';

sub fresh { return [ source('H264', @_), source('AAC') ] }

sub publish {
    my ($path, $name, $sources) = @_;

    return $t->publish($path, client => $t->client(name => $name),
        sources => $sources // fresh());
}

sub readers {
    my ($path, $name) = @_;

    return map { $t->read_stream($path, transport => $_,
        client => $t->client(name => $name)) } qw/ tcp udp /;
}


# Gone without a word, by TEARDOWN, by silence; back with the same medias

my $notice = qr{\[notice\].*127\.0\.0\.1.*"/live"};
my $p = publish('/live', 'PORT_RTSP');
$p->key(0)->unit(1)->sync();

my @readers = readers('/live', 'PORT_RTSP');

my $lost = 0;

for my $how (qw/ vanish teardown close /) {
    my %before;

    $p->unit(0)->unit(1);

    for my $r (@readers) {
        for my $i (0, 1) {
            ok($r->wait_payload($i, $p->{sources}[$i]{sent}[-1]),
                "media $i arrived");
            $before{$r}[$i] = $r->got($i)->[-1];
        }

        $r->forget();
    }

    $how eq 'close' ? $p->{client}->close() : $p->$how();
    $lost++ if $how ne 'teardown';

    ok($t->wait(sub { grep({ /lost/ } $t->log_lines($notice)) == $lost }, 5),
        "$how: one notice") if $how ne 'teardown';
    is($t->describe_status('/live'), 200, 'DESCRIBE answers as before');

    my $late = $t->read_stream('/live');

    ok(!$_->{client}{eof}, 'readers wait') for @readers;

    my $n = publish('/live', 'PORT_RTSP');

    $n->key(0)->unit(1);
    $n->unit(0)->unit(1);

    for my $i (0, 1) {
        my $sent = $n->{sources}[$i]{sent};

        for my $r (@readers, $late) {
            my $name = $r == $late ? 'late' : $r->{transport};

            ok($t->wait(sub {
                my $last = $r->got($i)->[-1];
                return $last && $last->{payload} eq
                    rtp_parse($sent->[-1])->{payload};
            }, 5), "$name: media $i is back");

            is(gaps($r->got($i)), '', "$name: numbers go on");
            is(join(' ', ssrcs($r->got($i))), $r->{ssrc}[$i],
                "$name: one SSRC");

            my @new = @{ $r->got($i) };
            splice @new, 0, @new - @$sent if @new > @$sent;

            is(join(' ', map { unpack 'H*', $_->{payload} } @new),
                join(' ', map { unpack 'H*', rtp_parse($_)->{payload} }
                    @$sent), "$name: payloads as sent");
            is(join(' ', map { $_->{marker} } @new),
                join(' ', map { rtp_parse($_)->{marker} } @$sent),
                "$name: markers as sent");

            my $shift = sub {
                return ($_[0] - rtp_parse($sent->[$_[1]])->{ts}) & 0xffffffff;
            };
            is($shift->($new[-1]{ts}, -1), $shift->($new[0]{ts}, 0),
                "$name: one shift of the time");
        }

        for my $r (@readers) {
            my $at = $before{$r}[$i];
            my ($next) = grep { $_->{payload} eq
                rtp_parse($sent->[0])->{payload} } @{ $r->got($i) };
            my $ticks = ($next->{ts} - $at->{ts}) & 0xffffffff;
            my $elapsed = $next->{at} - $at->{at};

            is(($next->{seq} - $at->{seq}) & 0xffff, 1,
                "$r->{transport}: the next number");
            cmp_ok($ticks, '>', 0, "$r->{transport}: time goes on");
            cmp_ok(abs($ticks / $p->{sources}[$i]{clock} - $elapsed), '<', 2,
                "$r->{transport}: by as much as has passed");
        }
    }

    $late->{client}->close();
    $p = $n;
}

my @notices = $t->log_lines($notice);

is(scalar(grep { /lost/ } @notices), 2, 'one notice each time it is lost');
is(scalar(grep { /back/ } @notices), 3, 'one notice each time it is back')
    or diag(join "\n", @notices);


# Sender reports go on in the readers' time

my $clock = 1_000_000_000;
my $r0 = $readers[0];

$p->unit(0);
$p->send_rtcp(0, $p->{sources}[0]->report(ntp_now($clock)));
$p->unit(0)->sync();

my $shift = ($r0->wait_payload(0, $p->{sources}[0]{sent}[-1])
    ? $r0->got(0)->[-1]{ts} : 0) - rtp_parse($p->{sources}[0]{sent}[-1])->{ts};
my $told;

ok($t->wait(sub {
    ($told) = grep { abs($_->{ntp} - 2208988800 - $clock) < 3600 }
        $r0->reports(0);
    return $told;
}, 10), "a report of the source's clock");

my $reported = $p->{sources}[0]{sent}[-1];
my $at = rtp_parse($reported)->{ts} - 3600 + $shift;
my $ticks = ($told->{ts} - $at) & 0xffffffff;
$ticks -= 2**32 if $ticks >= 2**31;

cmp_ok(abs($told->{ntp} - 2208988800 - $clock - $ticks / 90000), '<', 0.01,
    'with the same shift as the packets');


# Back with other parameter sets: sent in band before the key frame

$_->forget() for @readers;
$p->vanish();

my $changed = fresh(fmtp => 'packetization-mode=1; '
    . "sprop-parameter-sets=$new_sprop");

ok($t->wait(sub {
    $p = eval { publish('/live', 'PORT_RTSP', $changed) };
}, 5), 'other parameter sets are the same medias');

$p->unit(0, key => 1, sets => 0, size => 100);

for my $r (@readers) {
    ok($t->wait(sub {
        my $last = $r->got(0)->[-1];
        return $last && (ord $last->{payload} & 0x1f) == 5;
    }, 5), "$r->{transport}: the key frame");

    my @types = map { ord($_->[1]) & 0x1f } nal_units($r->got(0), 'H264');

    like(join(' ', @types), qr/7 8 5$/,
        "$r->{transport}: parameter sets before it")
        or diag("types @types");
    is(gaps($r->got(0)), '', "$r->{transport}: no gap");
    is(unpack('H*', (nal_units($r->got(0), 'H264'))[-3][1]),
        unpack('H*', decode_base64((split ',', $new_sprop)[0])),
        "$r->{transport}: the new SPS");
}

like($t->reader('/live')->describe()->{body}, qr/\Q$new_sprop\E/,
    'and in the SDP');


# Back with other medias: the readers end at RECORD, not before

$p->vanish();

my $other = $t->publisher('/live', sources => [ source('H265') ]);

ok($t->wait(sub { $other->announce()->{status} == 200 }, 5), 'ANNOUNCE');
is($other->setup(0)->{status}, 200, 'SETUP');
is($t->describe_status('/live'), 200, 'still held');
ok(!$_->{client}{eof}, "$_->{transport}: still there") for @readers;
is($other->record()->{status}, 200, 'RECORD of other medias');

sub ended {
    my ($name, @readers) = @_;

    for my $r (@readers) {
        my $how = "$name, $r->{transport}";

        ok($t->wait(sub { $r->byes() >= @{ $r->{ssrc} } }, 10),
            "$how: BYE of each media");
        is(join(' ', sort { $a <=> $b } map { $_->{ssrc} } $r->byes()),
            join(' ', sort { $a <=> $b } @{ $r->{ssrc} }),
            "$how: once of each SSRC");
        ok($r->{client}->closed(5), "$how: connection is closed")
            if $r->{transport} eq 'tcp';
    }
}

ended('other medias', @readers);

my $r = $t->read_stream('/live');
$other->key(0);
ok($r->wait_all(0, $other->{sources}[0]), 'the new medias are read');
is(scalar same($r->got(0), $other->{sources}[0]{sent}), '', 'as sent');


# What is not the same

for my $case (
    [ 'another number', [ source('H264') ] ],
    [ 'another order', [ source('AAC'), source('H264') ] ],
    [ 'another payload type', [ source('H264', pt => 99), source('AAC') ] ],
    [ 'another clock', [ source('H264'),
        source('AAC', rtpmap => 'mpeg4-generic/44100/2') ] ],
    [ 'another config of AAC', [ source('H264'), source('AAC',
        fmtp => 'streamtype=5; profile-level-id=1; mode=AAC-hbr; '
            . 'sizelength=13; indexlength=3; indexdeltalength=3; '
            . 'config=1210') ] ])
{
    my ($name, $sources) = @$case;
    my $p = publish('/differs', 'PORT_RTSP');

    $p->key(0)->unit(1)->sync();

    my $r = $t->read_stream('/differs');

    ok($r->wait_all(0, $p->{sources}[0]), "before $name");
    $p->teardown();

    my $n = publish('/differs', 'PORT_RTSP', $sources);

    ended($name, $r);
    $n->teardown();
}


# It does not come back

$p = publish('/short', 'PORT_SHORT');
$p->key(0)->unit(1)->sync();
@readers = readers('/short', 'PORT_SHORT');
$_->wait_all(0, $p->{sources}[0]) for @readers;
$p->vanish();
ended('rtsp_hold runs out', @readers);
ok($t->wait(sub { $t->describe_status('/short') == 404 }, 5), 'then 404');

$p = publish('/none', 'PORT_NONE');
$p->key(0)->unit(1)->sync();
@readers = readers('/none', 'PORT_NONE');
$_->wait_all(0, $p->{sources}[0]) for @readers;
$p->teardown();
ended('rtsp_hold 0', @readers);


# Nobody reads: gone at once

$p = publish('/lonely', 'PORT_RTSP');
$p->key(0);
is($p->teardown()->{status}, 200, 'TEARDOWN');
is($t->describe_status('/lonely'), 404, 'nobody reads: 404 at once');

$p = publish('/lonely', 'PORT_RTSP');
$p->key(0)->sync();
$p->vanish();
ok($t->wait(sub { $t->describe_status('/lonely') == 404 }, 3),
    'nobody reads: 404 when lost');

$p = publish('/left', 'PORT_RTSP');
$p->key(0)->sync();
$r = $t->read_stream('/left');
$p->vanish();
is($r->{client}->alive(), 1, 'a reader waits');
$r->{client}->close();
ok($t->wait(sub { $t->describe_status('/left') == 404 }, 3),
    'the last reader leaves a held stream: it ends');

$t->clean();
done_testing();
