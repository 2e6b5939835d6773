# A capture of everything a publisher and its readers say over TCP and UDP:
# tshark finds nothing malformed in it.  Needs to be root.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Process;
use Test::Rtsp::Rtp qw/ ntp_now /;

my $t = Test::Rtsp->new(workers => 2);

$t->stream(server => 'rtsp_publish on; rtsp_hold 0;')->start();

my $port = $t->port('PORT_RTSP');
my $rtp = $t->port('UDP_RTP');
my $rtcp = $rtp + 1;
my $file = "$t->{dir}/capture/lo.pcap";

mkdir "$t->{dir}/capture";
chmod 0777, "$t->{dir}/capture";

my $capture = Test::Rtsp::Process->new('tshark', '-q', '-i', 'lo', '-a',
    'duration:60', '-w', $file, '-f', "tcp port $port or udp port $rtp "
    . "or udp port $rtcp");


# Until the capture has begun

ok($t->wait(sub {
    $t->client()->request('OPTIONS', '*');
    return -s $file && -s $file > 500 || !$capture->running();
}, 20), 'tshark captures') or diag($capture->said());


# Something of everything

my @udp = (transport => 'udp');

for my $case ([ '/tcp' ], [ '/udp', @udp ]) {
    my ($path, @transport) = @$case;
    my @sources = (source('H264'), source('PCMU'));
    my $p = $t->publish($path, sources => \@sources, @transport);

    $p->key(0)->unit(1);

    my @readers = ($t->read_stream($path), $t->read_stream($path, @udp));

    for my $n (1 .. 30) {
        $p->unit(0, key => $n % 10 == 0)->unit(1);
        $p->send_rtcp($_, $sources[$_]->report(ntp_now(time())))
            for $n == 10 ? (0, 1) : ();
    }

    for my $r (@readers) {
        ok($r->wait_all($_, $sources[$_]), "$path: read over $r->{transport}")
            for 0, 1;
        ok($t->wait(sub { $r->reports(0) && $r->reports(1) }, 5),
            'sender reports');
        is($r->pause()->{status}, 200, 'PAUSE');
        is($r->play()->{status}, 200, 'PLAY');
        is($r->{client}->request('GET_PARAMETER', $path)->{status}, 200,
            'GET_PARAMETER');
        is($r->{client}->request('NONSENSE', $path)->{status}, 501,
            'what is unknown');
    }

    ok($t->wait(sub { @{ $p->{rtcp}[0] // [] } }, 15), 'receiver reports')
        if @transport;

    is($readers[0]->teardown()->{status}, 200, 'TEARDOWN');
    is($p->teardown()->{status}, 200, 'TEARDOWN');
    ok($t->wait(sub { $readers[1]->byes() >= 2 }, 5), 'BYE');
}


# What the capture says

my @udp_layers = map { ('-d', "udp.port==$_->[0],$_->[1]") } [ $rtp, 'rtp' ],
    [ $rtcp, 'rtcp' ];

sub dissect {
    my ($filter, @fields) = @_;

    my $p = Test::Rtsp::Process->new('tshark', '-r', $file, '-d',
        "tcp.port==$port,rtsp", @udp_layers, '-Y', $filter,
        @fields ? ('-T', 'fields', map { ('-e', $_) } @fields) : ());

    my $code = $p->ended(60);
    my @lines = grep { !/^Running as user/ } split /\n/, $p->output();

    return $code eq '0' ? @lines : ("tshark: $code", @lines);
}

my $octets = -s $file;
ok($t->wait(sub {
    my $grown = -s $file > $octets;
    $octets = -s $file;
    return !$grown;
}, 5), 'the capture is on disk');
$capture->stop();

cmp_ok(scalar(dissect('rtsp.request')), '>=', 20, 'RTSP requests');
cmp_ok(scalar(dissect('rtsp.status == 200')), '>=', 20, 'RTSP responses');
cmp_ok(scalar(dissect('tcp && rtp')), '>=', 20, 'RTP over TCP');
cmp_ok(scalar(dissect('udp && rtp')), '>=', 100, 'RTP over UDP');
cmp_ok(scalar(dissect('tcp && rtcp.pt == 200')), '>=', 2, 'SR over TCP');
cmp_ok(scalar(dissect('udp && rtcp.pt == 200')), '>=', 2, 'SR over UDP');
cmp_ok(scalar(dissect('rtcp.pt == 201')), '>=', 1, 'RR');
cmp_ok(scalar(dissect('rtcp.pt == 203')), '>=', 1, 'BYE');

my $bad = '_ws.malformed || rtcp.length_check == 0 '
    . '|| (_ws.expert.severity >= error && (rtsp || rtp || rtcp))';

is(join("\n", dissect($bad)), '', 'nothing malformed');

$t->clean();
done_testing();
