# Requests and states: which status each gets, that CSeq comes back as it
# came, and that the connection stays as long as its framing is intact.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;

my $t = Test::Rtsp->new();

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;

    server { listen 127.0.0.1:%%PORT_RTSP%%; rtsp on; rtsp_publish on; }
    server { listen 127.0.0.1:%%PORT_SHORT%%; rtsp on;
             rtsp_session_timeout 6s; }
    server { listen 127.0.0.1:%%PORT_DEAF%%; rtsp on; rtsp_read off; }
    server { listen 127.0.0.1:%%PORT_TCP%%; rtsp on; rtsp_transports tcp;
             rtsp_publish on; }
}
EOT

my $c = $t->client();

sub is_status {
    my ($r, $status, $name) = @_;

    is($r->{status}, $status, $name)
        or diag("$r->{reason}\n$r->{raw}"
            . ($t->log() =~ s/.*(?=(?:.*\n){5}\z)//sr));
    return $r;
}


# OPTIONS and CSeq

my $r = is_status($c->request('OPTIONS', '*'), 200, 'OPTIONS *');
my %public = map { $_ => 1 } split /, /, $r->{headers}{public} // '';

for (qw/ DESCRIBE ANNOUNCE SETUP PLAY RECORD PAUSE TEARDOWN GET_PARAMETER
         SET_PARAMETER /)
{
    ok($public{$_}, "Public lists $_");
}

is(join(' ', grep { !/^[A-Z_]+$/ } keys %public), '', 'Public is a list');
is_status($c->request('OPTIONS', '/nothing'), 200, 'OPTIONS of any path');

for my $cseq ('0', '007', '4294967296123', 'abc-1', '1 2') {
    $r = $c->request('OPTIONS', '*', headers => [ CSeq => $cseq ]);
    is($r->{headers}{cseq}, $cseq, "CSeq \"$cseq\" is echoed as it is");
}

$r = is_status($c->raw("OPTIONS * RTSP/1.0\r\n\r\n")->response(), 400,
    'no CSeq');
ok(!exists $r->{headers}{cseq}, 'no CSeq made up');
ok($c->alive(), 'connection stays');

is_status($c->raw("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nCSeq: 2\r\n\r\n")
    ->response(), 400, 'two CSeq');
ok($c->alive(), 'connection stays');

is_status($c->raw("OPTIONS * RTSP/1.0\r\ncseq:   77\r\n\r\n")->response(),
    200, 'header names in any case, any spaces');
is_status($c->raw("OPTIONS * RTSP/1.0\r\nCSEQ:78\r\n\r\n")->response(),
    200, 'no space after the colon');


# Unknown things

is_status($c->request('REDIRECT', '/live'), 501, 'unknown method');
ok($c->alive(), 'connection stays');
is_status($c->request('SETUPS', '/live'), 501, 'nearly a method');
is_status($c->request('DESCRIBE', '*'), 400, 'DESCRIBE *');
is_status($c->request('DESCRIBE', '/nothing'), 404, 'no such stream');
ok($c->alive(), 'connection stays');

for my $method (qw/ DESCRIBE SETUP OPTIONS ANNOUNCE /) {
    $r = is_status($c->request($method, '/live',
        headers => [ Require => 'com.example.magic' ]), 551,
        "$method with an unknown Require");
    is($r->{headers}{unsupported}, 'com.example.magic', 'Unsupported');
}

for my $method (qw/ PLAY RECORD PAUSE TEARDOWN GET_PARAMETER SET_PARAMETER /) {
    is_status($c->request($method, '/live',
        headers => [ Session => '0123456789abcdef0123456789abcdef' ]), 454,
        "$method in an unknown session");
}

for my $method (qw/ PLAY RECORD PAUSE TEARDOWN /) {
    is_status($c->request($method, '/live'), 454, "$method without a session");
}

ok($c->alive(), 'connection stays');

for my $path ('/a/../b', '/..', '/a%2', '/a%zz', '/a%00b', '/a%0ab',
              '/%2e%2e/x', '/a%7f')
{
    is_status($c->request('DESCRIBE', $path), 400, "DESCRIBE $path");
}

ok($c->alive(), 'connection stays');


# Roles

my $deaf = $t->client(name => 'PORT_DEAF');
my $sdp = Test::Rtsp::Source::sdp([ source('H264') ]);
my @sdp = (headers => [ 'Content-Type' => 'application/sdp' ], body => $sdp);

$r = is_status($deaf->request('DESCRIBE', '/live'), 405, 'rtsp_read off');
ok($r->{headers}{allow}, 'Allow');
$r = is_status($deaf->request('ANNOUNCE', '/live', @sdp), 405,
    'rtsp_publish is off by default');
ok($r->{headers}{allow}, 'Allow');
ok($deaf->alive(), 'connection stays');


# ANNOUNCE

is_status($c->request('ANNOUNCE', '/live', body => $sdp), 400,
    'ANNOUNCE without Content-Type');
is_status($c->request('ANNOUNCE', '/live', body => $sdp,
    headers => [ 'Content-Type' => 'text/plain' ]), 400,
    'ANNOUNCE of text');
is_status($c->request('ANNOUNCE', '/live',
    headers => [ 'Content-Type' => 'application/sdp' ], body => "v=0\r\n"),
    400, 'ANNOUNCE without medias');
is_status($c->request('ANNOUNCE', '/live',
    headers => [ 'Content-Type' => 'application/sdp' ], body => 'rubbish'),
    400, 'ANNOUNCE of rubbish');
ok($c->alive(), 'connection stays');

my $back = source('PCMU', attributes => [ 'sendonly' ]);

is_status($c->request('ANNOUNCE', '/live',
    headers => [ 'Content-Type' => 'application/sdp' ],
    body => Test::Rtsp::Source::sdp([ source('H264'), $back ])), 400,
    'ANNOUNCE of a back channel');

my @sources = (source('H264'), source('PCMU'));
my $p = $t->publisher('/live', client => $c, sources => \@sources);

is_status($p->announce(), 200, 'ANNOUNCE');

my $other = $t->client();

is_status($other->request('ANNOUNCE', '/live', @sdp), 403,
    'the name is reserved');
is_status($other->request('DESCRIBE', '/live'), 404,
    'and is no stream before RECORD');

$r = $c->request('ANNOUNCE', '/live2', @sdp);
is_status($r, 455, 'ANNOUNCE twice');
like($r->{headers}{allow} // '', qr/SETUP/, 'Allow');
unlike($r->{headers}{allow} // '', qr/ANNOUNCE/, 'Allow without ANNOUNCE');

$r = is_status($p->setup(0), 200, 'SETUP to record');
like($r->{headers}{transport}, qr{^RTP/AVP/TCP;.*interleaved=0-1},
    'Transport');
like($r->{headers}{session}, qr/^[0-9a-f]{32};timeout=55$/,
    'Session: 128 random bits and the timeout less five seconds');

my $publishing = $c->{session};

$r = $p->record();
like($r->{status}, qr/^4\d\d$/, 'RECORD with a media not set up');
ok($c->alive(), 'connection stays');
is_status($p->setup(0), 400, 'SETUP of a media that is set up');
is_status($p->setup(1), 200, 'SETUP of the other');

$r = is_status($c->request('PLAY', '/live'), 455,
    'PLAY of a session to record');
unlike($r->{headers}{allow}, qr/PLAY/, 'Allow without PLAY');

is_status($p->record(), 200, 'RECORD');
$r = is_status($c->request('RECORD', '/live'), 455, 'RECORD twice');
ok($r->{headers}{allow}, 'Allow');
is_status($p->setup(1), 455, 'SETUP in RECORD');
is_status($c->request('PLAY', '/live'), 455, 'PLAY in RECORD');
is_status($c->request('GET_PARAMETER', '/live'), 200,
    'GET_PARAMETER in RECORD');

is_status($other->request('ANNOUNCE', '/live', @sdp), 403,
    'a second publisher');
ok($other->alive(), 'connection stays');

$p->key(0);
$p->unit(1);


# SETUP to play

my $reader = $t->reader('/live', client => $other);
my $base = $other->uri('/live/');

$r = is_status($reader->describe(), 200, 'DESCRIBE');
is($r->{headers}{'content-type'}, 'application/sdp', 'Content-Type');
is($r->{headers}{'content-base'}, $base, 'Content-Base');
is_deeply($reader->{controls}, [ 'trackID=0', 'trackID=1' ], 'controls');

is_status($other->request('DESCRIBE', '/live',
    headers => [ Require => 'www.onvif.org/ver20/backchannel' ]), 200,
    'a back channel that is not there is no reason to refuse');

for my $case (
    [ 461, 'RTP/AVP;multicast', 'multicast' ],
    [ 461, 'RTP/SAVP;unicast;client_port=5000-5001', 'SRTP in the clear' ],
    [ 461, 'RTP/SAVP/TCP;unicast;interleaved=0-1', 'SRTP in the clear' ],
    [ 400, undef, 'no Transport' ],
    [ 400, '', 'an empty Transport' ],
    [ 400, 'carrier-pigeon', 'unknown profile' ],
    [ 400, 'RTP/AVP;unicast', 'UDP without client_port' ],
    [ 400, 'RTP/AVP;unicast;client_port=0-1', 'port 0' ],
    [ 400, 'RTP/AVP;unicast;client_port=65536-65537', 'port 65536' ],
    [ 400, 'RTP/AVP;unicast;client_port=x-y', 'no numbers' ],
    [ 400, 'RTP/AVP/TCP;unicast;interleaved=256-257', 'channel 256' ],
    [ 400, 'RTP/AVP/TCP;unicast;interleaved=4-4', 'one channel twice' ],
    [ 400, 'RTP/AVP/TCP;unicast;interleaved=0-1;mode=record',
      'mode=record' ])
{
    my ($status, $transport, $name) = @$case;

    is_status($other->request('SETUP', $base . 'trackID=0',
        headers => [ Transport => $transport ]), $status,
        "SETUP: $name");
}

ok($other->alive(), 'connection stays');
is($other->{session}, undef, 'no session came of it');

is_status($other->request('SETUP', $base . 'trackID=2',
    headers => [ Transport => 'RTP/AVP/TCP;unicast;interleaved=0-1' ]),
    404, 'no such media');
is_status($other->request('SETUP', '/nothing/trackID=0',
    headers => [ Transport => 'RTP/AVP/TCP;unicast;interleaved=0-1' ]),
    404, 'no such stream');
is_status($other->request('SETUP', '/live',
    headers => [ Transport => 'RTP/AVP/TCP;unicast;interleaved=0-1' ]),
    459, 'SETUP of two medias at once');

$r = is_status($other->request('SETUP', $base . 'trackID=0',
    headers => [ Session => '00112233445566778899aabbccddeeff',
        Transport => 'RTP/SAVP/TCP;interleaved=0-1,RTP/AVP;multicast,'
            . ' RTP/AVP/TCP;unicast;interleaved=0-1' ]), 200,
    'SETUP: the first offer that is possible, an old session id');
like($r->{headers}{transport}, qr{^RTP/AVP/TCP;unicast;interleaved=0-1},
    'it is the third');
like($r->{headers}{transport}, qr/;ssrc=[0-9A-F]{8}/, 'SSRC');
isnt($other->{session}, '00112233445566778899aabbccddeeff', 'a new id');
isnt($other->{session}, $publishing, 'one of its own');

# An old id on a connection whose own session lives: one more session, which
# may have the connection for its media as long as the other has none on it

my $own = $other->{session};

$r = is_status($other->request('SETUP', $base . 'trackID=1',
    headers => [ Session => '00112233445566778899aabbccddeeff',
        Transport => 'RTP/AVP/TCP;unicast;interleaved=0-1' ]), 200,
    'SETUP: an old session id beside a session');

my $second = $other->{session};

isnt($second, '00112233445566778899aabbccddeeff', 'a new id');
isnt($second, $own, 'not that of the other session');

is_status($other->request('GET_PARAMETER', '/live',
    headers => [ Session => $own ]), 200, 'the other one lives');
is_status($other->request('PLAY', '/live',
    headers => [ Session => $second ]), 200, 'PLAY of the new one');
is_status($other->request('PLAY', '/live',
    headers => [ Session => $own ]), 455, 'the connection has its media');
is_status($other->request('TEARDOWN', '/live',
    headers => [ Session => $second ]), 200, 'TEARDOWN of the new one');
is_status($other->request('GET_PARAMETER', '/live',
    headers => [ Session => $own ]), 200, 'the other one lives on');
is($other->{session}, $own, 'and is the one that goes on');

is_status($other->request('SETUP', $base . 'trackID=1',
    headers => [ Transport => 'RTP/AVP/TCP;unicast;interleaved=0-1' ]), 400,
    'channels in use');
is_status($other->request('SETUP', $base . 'trackID=1',
    headers => [ Transport => 'RTP/AVP;unicast;client_port=5000-5001' ]),
    400, 'another transport in one session');
is_status($other->request('RECORD', '/live'), 455, 'RECORD to play');
is_status($other->request('ANNOUNCE', '/x', @sdp), 455, 'ANNOUNCE to play');
is_status($other->request('PAUSE', '/live'), 200, 'PAUSE before PLAY');

$r = is_status($other->request('SETUP', $base . 'trackID=1',
    headers => [ Transport => 'RTP/AVP/TCP;unicast' ]), 200,
    'SETUP without channels');
like($r->{headers}{transport}, qr/interleaved=2-3/, 'the next pair');

$r = is_status($other->request('PLAY', '/live',
    headers => [ Session => "$other->{session};timeout=55" ]), 200,
    'a session id with its timeout');
is($r->{headers}{session}, "$other->{session};timeout=55", 'Session');
is($r->{frames_before}, 0, 'the answer to PLAY comes before any frame');
is_status($other->request('PLAY', '/live'), 200, 'PLAY in PLAY');
is_status($other->request('SETUP', $base . 'trackID=1',
    headers => [ Transport => 'RTP/AVP/TCP;unicast;interleaved=4-5' ]), 455,
    'SETUP in PLAY');
is_status($other->request('DESCRIBE', '/live'), 200, 'DESCRIBE in PLAY');

for (qw/ OPTIONS GET_PARAMETER SET_PARAMETER /) {
    $r = is_status($other->request($_, '/live'), 200, "$_ in PLAY");
    is($r->{headers}{session}, "$other->{session};timeout=55", 'Session')
        if $_ eq 'GET_PARAMETER';
}

is_status($other->request('GET_PARAMETER', '/live', body => "position\r\n",
    headers => [ 'Content-Type' => 'text/parameters' ]), 200,
    'GET_PARAMETER with a body');

my $thief = $t->client(local => '127.0.0.2');

for (qw/ GET_PARAMETER PAUSE TEARDOWN PLAY /) {
    like($thief->request($_, '/live',
        headers => [ Session => $other->{session} ])->{status},
        qr/^(?:400|403|454)$/, "$_ from another address");
}

is_status($other->request('PAUSE', '/live'), 200, 'PAUSE');
$other->frame(0, 'x' x 20)->frame(1, 'x' x 20)->frame(99, '');
is_status($other->request('PAUSE', '/live'), 200, 'PAUSE in a pause');
is_status($other->request('PLAY', '/live'), 200, 'PLAY again');
my $ended = $other->{session};

is_status($other->request('TEARDOWN', '/live'), 200, 'TEARDOWN');
$other->frame(1, 'x' x 20);
is_status($other->request('PLAY', '/live', headers => [ Session => $ended ]),
    454, 'it is gone');
ok($other->alive(), 'connection stays');

$r = is_status($other->request('SETUP', $base . 'trackID=1',
    headers => [ Transport => 'RTP/AVP/TCP;unicast;interleaved=5-6' ]), 200,
    'a second session on the connection');
like($r->{headers}{transport}, qr/interleaved=5-6/, 'odd channels');

is_status($other->request('TEARDOWN', '/live'), 200, 'TEARDOWN before PLAY');


# Transports that are off

my $tcp = $t->client(name => 'PORT_TCP');

is_status($tcp->request('SETUP', '/live/trackID=0',
    headers => [ Transport => 'RTP/AVP;unicast;client_port=5000-5001' ]),
    461, 'UDP where rtsp_transports says tcp');
is_status($tcp->request('SETUP', '/live/trackID=0', headers => [ Transport =>
    'RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;interleaved=0-1' ]),
    200, 'TCP after it');


# The timeout told, and what must not be told

my $short = $t->client(name => 'PORT_SHORT');

$r = is_status($short->request('SETUP', '/live/trackID=0',
    headers => [ Transport => 'RTP/AVP/TCP;unicast;interleaved=0-1' ]), 200,
    'one zone for all servers');
like($r->{headers}{session}, qr/;timeout=3$/, 'never under half of it');

is_status($p->teardown(), 200, 'TEARDOWN of the publisher');
ok($c->alive(), 'connection stays');
is(index($t->log(), $publishing), -1, 'session ids are in no log');

$t->clean();
done_testing();
