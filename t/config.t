# Directives: what nginx -t accepts, and what it refuses, with the line and a
# sentence that names the matter.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp;

my $t = Test::Rtsp->new();

sub try {
    my ($main, $server, $listen) = @_;

    $t->conf("stream {\n$main\nserver {\nlisten 127.0.0.1:%%PORT_RTSP%%"
        . ($listen // '') . ";\n$server\n}\n}\n");
    return $t->check();
}

sub accepted {
    my ($main, $server, $name) = @_;

    my ($rc, $text) = try($main, $server);
    is($rc, 0, "accepted: $name") or diag($text);
    is(join('', $text =~ /^.*\[(?:warn|error)\].*$/mg), '',
        "no warning: $name");
}

sub refused {
    my ($main, $server, $wanted, $listen) = @_;

    my ($rc, $text) = try($main, $server, $listen);
    my $name = $main || $server;

    isnt($rc, 0, "refused: $name");
    like($text, qr/\[emerg\] [^\n]* in [^\n]*nginx\.conf:\d+$/m,
        "with the line: $name");
    like($text, $wanted, "with a sentence: $name");
}

my $udp = 'rtsp_udp_port %%UDP_RTP%%;';

accepted($udp, 'rtsp on;', 'the defaults');
accepted('', 'return x;', 'no server speaks RTSP');
accepted('', 'rtsp off; return x;', 'rtsp off beside another handler');

accepted("$udp rtsp_zone rtsp:512m;", 'rtsp on;', 'rtsp_zone');
accepted('rtsp_udp_port off;', 'rtsp on;', 'rtsp_udp_port off');
accepted('rtsp_udp_port %%UDP_RTP%% rcvbuf=1m sndbuf=1m;', 'rtsp on;',
    'rtsp_udp_port with buffers');
accepted("$udp rtsp_max_streams 10;", 'rtsp on;', 'rtsp_max_streams');

my @both = (
    'rtsp_publish on', 'rtsp_publish OFF', 'rtsp_publish On override',
    'rtsp_read on', 'rtsp_read off', 'rtsp_transports tcp',
    'rtsp_transports udp', 'rtsp_transports tcp udp',
    'rtsp_packet_size 1200', 'rtsp_buffer 1m', 'rtsp_start key',
    'rtsp_start live', 'rtsp_lag 500ms', 'rtsp_flush auto',
    'rtsp_flush 40ms', 'rtsp_hold 5s', 'rtsp_hold 0',
    'rtsp_session_timeout 30s', 'rtsp_media_timeout 5s',
    'rtsp_send_timeout 5s', 'rtsp_header_timeout 5s', 'rtsp_max_readers 0',
    'rtsp_max_readers 100',
);

for my $directive (@both) {
    accepted("$udp $directive;", 'rtsp on;', "$directive in stream");
    accepted($udp, "rtsp on; $directive;", "$directive in server");
}

accepted($udp . join('', map { "$_;" } 'rtsp_zone cameras:64m',
    'rtsp_publish on override', 'rtsp_transports tcp udp',
    'rtsp_packet_size 1400', 'rtsp_buffer 2m', 'rtsp_start live',
    'rtsp_lag 1s', 'rtsp_flush 10ms', 'rtsp_hold 3s',
    'rtsp_session_timeout 30s', 'rtsp_media_timeout 5s',
    'rtsp_send_timeout 5s', 'rtsp_header_timeout 5s', 'rtsp_max_readers 9',
    'rtsp_max_streams 9'), 'rtsp on; rtsp_publish off; rtsp_start key;',
    'all of them, some overridden');

refused('', 'rtsp maybe;', qr/"maybe" in "rtsp" directive/);
refused('', "rtsp on;\nrtsp on;", qr/"rtsp" directive is duplicate/);
refused('rtsp on;', '', qr/"rtsp" directive is not allowed here/);

refused('rtsp_zone rtsp;', 'rtsp on;', qr/rtsp_zone|zone size/);
refused('rtsp_zone :64m;', 'rtsp on;', qr/":64m"/);
refused('rtsp_zone rtsp:many;', 'rtsp on;', qr/"rtsp:many"/);
refused('rtsp_zone rtsp:1k;', 'rtsp on;', qr/"rtsp:1k".*small|small.*rtsp/);
refused("rtsp_zone a:64m;\nrtsp_zone b:64m;", 'rtsp on;',
    qr/"rtsp_zone" directive is duplicate/);
refused('', 'rtsp on; rtsp_zone rtsp:64m;', qr/"rtsp_zone".*not allowed/);

refused('rtsp_udp_port 8001;', 'rtsp on;', qr/8001.*even|even.*8001/);
refused('rtsp_udp_port 0;', 'rtsp on;', qr/"0"/);
refused('rtsp_udp_port 65536;', 'rtsp on;', qr/"65536"/);
refused('rtsp_udp_port -2;', 'rtsp on;', qr/"-2"/);
refused('rtsp_udp_port http;', 'rtsp on;', qr/"http"/);
refused('rtsp_udp_port 8000 rcvbuf=x;', 'rtsp on;', qr/"rcvbuf=x"/);
refused('rtsp_udp_port 8000 sndbuf=;', 'rtsp on;', qr/"sndbuf="/);
refused('rtsp_udp_port 8000 queue=1;', 'rtsp on;', qr/"queue=1"/);
refused('rtsp_udp_port 8000; rtsp_udp_port 8002;', 'rtsp on;',
    qr/"rtsp_udp_port" directive is duplicate/);
refused('', 'rtsp on; rtsp_udp_port 8000;', qr/"rtsp_udp_port".*not allowed/);
refused('rtsp_udp_port off; rtsp_transports udp;', 'rtsp on;',
    qr/rtsp_udp_port/);

refused("$udp rtsp_transports;", 'rtsp on;', qr/rtsp_transports/);
refused("$udp rtsp_transports tcp sctp;", 'rtsp on;',
    qr/"sctp".*tcp.*udp/);
refused("$udp rtsp_publish maybe;", 'rtsp on;', qr/"maybe".*on.*off/);
refused("$udp rtsp_publish on often;", 'rtsp on;', qr/"often".*override/);
refused("$udp rtsp_read maybe;", 'rtsp on;', qr/"maybe".*on.*off/);
refused("$udp rtsp_start later;", 'rtsp on;', qr/"later".*key.*live/);
refused("$udp rtsp_flush never;", 'rtsp on;', qr/"never".*auto/);

for my $case (
    [ 'rtsp_packet_size', qw/ -1 0 10 70000 big / ],
    [ 'rtsp_buffer', qw/ -1 0 1x big / ],
    [ 'rtsp_lag', qw/ -1 1x soon / ],
    [ 'rtsp_flush', qw/ -1 1x / ],
    [ 'rtsp_hold', qw/ -1 1x long / ],
    [ 'rtsp_session_timeout', qw/ -1 0 1x / ],
    [ 'rtsp_media_timeout', qw/ -1 0 1x / ],
    [ 'rtsp_send_timeout', qw/ -1 0 1x / ],
    [ 'rtsp_header_timeout', qw/ -1 0 1x / ],
    [ 'rtsp_max_readers', qw/ -1 few / ],
    [ 'rtsp_max_streams', qw/ -1 few / ])
{
    my ($directive, @values) = @$case;

    for my $value (@values) {
        refused("$udp $directive $value;", 'rtsp on;',
            qr/\Q$directive\E|\Q"$value"\E|invalid number/);
    }
}

refused("$udp rtsp_buffer 1m; rtsp_buffer 2m;", 'rtsp on;', qr/duplicate/);
refused("$udp rtsp_zone rtsp:2m; rtsp_buffer 512m;", 'rtsp on;',
    qr/rtsp_buffer/);
refused($udp, 'rtsp on; return x;', qr/rtsp|return/);
refused('', 'rtsp on;', qr/rtsp.*udp|udp.*rtsp/, ' udp');

done_testing();
