# rtsp_auth_request under load and in bad times: the longest request, too many
# calls, an outage that many sessions see; the right to talk.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Gateway;
use Test::Rtsp::Loop qw/ until_true /;


# All that fits into a request fits into the form

my $t = gateway("$url cache=60s", connections => 2048);
my $s = service($t, sub { 200 });
my $p = $t->publish('/one', name => 'PORT_OPEN');

my $c = client($t);
my $room = 16384 - 120;

# in bytes of the URL, which are told twice, and of other headers

for my $case ([ $room, 0, 96000 ], [ 2048, $room - 2048, 48000 ]) {
    my ($url, $rest, $form) = @$case;
    my $value = '$' x ($url - length($c->uri('/one?token=')));
    my $agent = "\xfe" x $rest;

    my $r = $c->request('DESCRIBE', "/one?token=$value",
        headers => [ 'User-Agent' => $agent ]);

    is($r->{status}, 200, "a URL of $url, and a head of nearly 16 KiB");
    is($s->last()->{token}, $value, 'the token');
    is($s->last()->{query}, "token=$value", 'and the query with it');
    is($s->last()->{user_agent}, $agent, 'and all the rest');
    cmp_ok(length $s->{body}, '>', $form, "a form of more than $form bytes");
}

$c->close();


# Calls under way: 256, who comes then is told so at once

$s->{answer} = sub { undef };
my $asked = $s->asked();
my @crowd = map { client($t) } 1 .. 260;

$crowd[$_]->start_request('DESCRIBE', "/one?n=$_") for 0 .. $#crowd;

my $busy = sub { grep { @{ $_->{responses} } } @crowd };

ok(until_true(sub { $busy->() == 4 }), 'four are turned away');
ok(until_true(sub { $s->asked() == $asked + 256 }), '256 are under way');
is(join(' ', map { $_->{responses}[0]{status} } $busy->()), '503 503 503 503',
    'with 503');
lines($t, qr/\[error\].*has too many calls under way/, 1, 'one error line');
lines($t, qr/\[info\].*has too many calls under way/, 3, 'the rest is info');

$s->{answer} = sub { 200 };
$_->abort() for @crowd;
ok($t->wait(sub { describe($t, '/one')->{status} == 200 }, 10),
    'when they have gone there is room');

$s->{answer} = sub { undef };
@crowd = map { client($t) } 1 .. 257;
$crowd[$_]->start_request('DESCRIBE', "/one?m=$_") for 0 .. $#crowd;

# some have sent more that nobody has read

$crowd[2 * $_]->start_request('OPTIONS', '*') for 0 .. 100;
ok(until_true(sub { $t->log_lines(qr/\[error\].*too many calls/) == 2 }),
    'the next time there is a line again');
$_->abort() for @crowd;
ok(until_true(sub {
    $t->log_lines(qr/reset the connection before it was answered/) == 512
}), 'nobody waits for an answer that nobody reads');

$t->clean();


# An outage, which sessions in two workers see

$t = gateway("$url recheck=1s", workers => 2);
$s = service($t, sub { 200 });
$p = $t->publish('/one', name => 'PORT_OPEN');
$p->key(0);

my @sessions = map { $t->read_stream("/one?n=$_", worker => ($t->workers())[
    $_ % 2 ]) } 1 .. 6;

sub rechecks { return grep { $_->{call} eq 'RECHECK' } @{ $s->{questions} } }

sub failures {
    return $t->log_lines('\[(?:info|error)\].*RECHECK of "/one": the session '
        . 'stays');
}

ok($t->wait(sub { $p->key(0); rechecks() >= 12 }, 10), 'all are asked about');
undef $s;
ok($t->wait(sub { $p->key(0); failures() >= 18 }, 10), 'none is answered');
lines($t, qr/\[error\].*RECHECK/, 1, 'one error line');
lines($t, qr/is back/, 0, 'it is not back');

$s = service($t, sub { 200 });
ok($t->wait(sub { $p->key(0); $t->log_lines(qr/is back/) }, 10), 'it is back');
ok($t->wait(sub { $p->key(0); rechecks() >= 18 }, 10), 'and goes on');
lines($t, qr/\[notice\].*service "http:.*" is back/, 1, 'one notice');

# one that answers some of the time is in one outage

my $n = 0;
my $before = failures();
$s->{answer} = sub { $_[0]{query} eq 'n=3' ? 500 : 200 };
ok($t->wait(sub { $p->key(0); failures() >= $before + 4 }, 15),
    'one session is not decided about');
lines($t, qr/\[error\].*RECHECK/, 2, 'one error line more');
is(scalar(grep { $_->{client}{eof} } @sessions), 0, 'all sessions stay');

$t->clean();


# The right to talk is a right of its own, also of who may read already

$t = gateway("$url cache=60s",
    server => 'rtsp_back_channel on; rtsp_max_readers 2;',
    main => 'rtsp_back_channel on;');
my %may = (read => 200, publish => 200, talk => 403);
$s = service($t, sub { $may{$_[0]{role}} });

sub roles { return join ' ', map { "$_->{call}:$_->{role}" }
    @{ $s->{questions} }[$_[0] .. $#{ $s->{questions} }] }

my @require = (headers => [ Require => 'www.onvif.org/ver20/backchannel' ]);
my @medias = (source('H264'), source('PCMU', attributes => [ 'sendonly' ]));

$p = $t->publisher('/bell', sources => \@medias, name => 'PORT_RTSP');
is($p->announce()->{status}, 200, 'ANNOUNCE with a back channel');
is(roles(0), 'ANNOUNCE:publish', 'takes the right to publish');
is($p->setup($_)->{status}, 200, 'SETUP of a publisher') for 0 .. 1;
is($p->record()->{status}, 200, 'RECORD');

for my $case ([ 403, 'SETUP:talk' ], [ 401, 'SETUP:talk' ],
              [ 200, 'SETUP:talk' ])
{
    my ($status, $questions) = @$case;
    $may{talk} = $status;

    my $reader = $t->reader('/bell',
        client => client($t, basic("u$status", 'p')));
    my $from = $s->asked();

    $reader->{client}->request('DESCRIBE', '/bell', @require);
    $reader->{controls} = [ 'trackID=0', 'trackID=1' ];
    $reader->{base} = $reader->{client}->uri('/bell/');

    is($reader->setup(0)->{status}, 200, "talk $status: SETUP to read");
    is(roles($from), 'DESCRIBE:read', 'the right to read, in the cache then');

    $from = $s->asked();
    is($reader->setup(1)->{status}, $status, "talk $status: SETUP to talk");
    is(roles($from), $questions, 'is asked about');
    is($s->last()->{session} =~ /^[0-9a-f]{16}$/ ? 1 : 0, 1,
        'with the session that has the right to read');

    is($reader->play()->{status}, 200, "talk $status: what is set up plays");
    $reader->teardown();
    $reader->{client}->close();
}

# who begins with talking needs both

$may{talk} = 200;
my $from = $s->asked();
my $talker = $t->reader('/bell', client => client($t, basic('both', 'p')));
$talker->{controls} = [ 'trackID=0', 'trackID=1' ];
$talker->{base} = $talker->{client}->uri('/bell/');
is($talker->setup(1)->{status}, 200, 'SETUP to talk first');
is(roles($from), 'SETUP:read SETUP:talk', 'both rights are asked for');
$talker->teardown();

# an old session id begins one session, however often the request has waited

for my $beside (0, 1) {
    my $c = client($t, basic("again$beside", 'p'));
    my %begun;

    my $begin = sub {
        my $r = $c->request('SETUP', "/bell/trackID=$_[0]",
            headers => [ Session => '00112233445566778899aabbccddeeff',
                Transport => 'RTP/AVP/TCP;unicast' ]);

        $begun{$c->{session}} = 1 if $r->{status} == 200;
        return $r->{status};
    };

    is($begin->(0), 200, 'a session that reads') if $beside;
    is($begin->(1), 200, 'SETUP to talk with an old session id');
    is($begin->(0), 200, 'one that reads') unless $beside;
    is($begin->(0), 453, 'are the two that may be');

    is($c->request('TEARDOWN', '/bell', headers => [ Session => $_ ])
        ->{status}, 200, 'TEARDOWN') for keys %begun;
    $c->close();
}

$t->clean();


# It is rechecked as the others are

$t = gateway("$url recheck=1s", server => 'rtsp_back_channel on;',
    main => 'rtsp_back_channel on;');
%may = (read => 200, publish => 200, talk => 200);
$s = service($t, sub { $may{$_[0]{role}} });

$p = $t->publisher('/bell', sources => \@medias, name => 'PORT_RTSP');
$p->announce();
$p->setup($_) for 0 .. 1;
$p->record();

($talker, my $viewer) = map { $t->reader('/bell',
    client => client($t, basic($_, 'p'))) } qw/ talker viewer /;

for my $reader ($talker, $viewer) {
    $reader->{client}->request('DESCRIBE', '/bell', @require);
    $reader->{controls} = [ 'trackID=0', 'trackID=1' ];
    $reader->{base} = $reader->{client}->uri('/bell/');
    is($reader->setup(0)->{status}, 200, 'SETUP to read');
}

is($talker->setup(1)->{status}, 200, 'and to talk');
is($_->play()->{status}, 200, 'PLAY') for $talker, $viewer;

sub of_talk { return grep { $_->{role} eq 'talk' } rechecks() }

ok($t->wait(sub { $p->key(0); of_talk() >= 2 }, 10), 'RECHECK of talk');
is((of_talk())[0]{user}, 'talker', 'of who talks');
$may{talk} = 403;
ok($talker->{client}->closed(10), 'who may not talk any more is cut');
ok($viewer->{client}->alive(), 'who only watches is not');

$t->clean();

done_testing();
