# Limits: each has its status and one line in the log, keeps what runs, and
# is lifted when what it counts has gone.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Rtp qw/ same /;

sub publish_status {
    my ($t, $path, %o) = @_;

    my $p = $t->publisher($path, %o);

    for my $step (sub { $p->announce() }, (map { my $i = $_;
        sub { $p->setup($i) } } 0 .. $#{ $p->{sources} }),
        sub { $p->record() })
    {
        my $status = $step->()->{status};
        return ($status, $p) if $status != 200;
    }

    return (200, $p);
}

sub is_logged {
    my ($t, $re, $n, $name) = @_;

    my @lines = $t->log_lines($re);
    is(scalar @lines, $n, $name) or diag(join "\n", @lines);
}


# rtsp_max_streams

my $t = Test::Rtsp->new();

$t->stream(main => 'rtsp_max_streams 2;')->start();

my $one = $t->publish('/one');
my $two = $t->publish('/two');
my ($status, $three) = publish_status($t, '/three');

is($status, 503, 'rtsp_max_streams');
ok($three->{client}->alive(), 'the connection stays');
is_logged($t, qr{rtsp_max_streams}, 1, 'one line that names the directive');

$one->key(0);
my $r = $t->read_stream('/one');
$one->unit(0);
ok($r->wait_all(0, $one->{sources}[0]), 'the others go on');

$two->teardown();
ok($t->wait(sub { (publish_status($t, '/three',
    client => $three->{client}))[0] == 200 }, 5), 'when one ends, one may');

$t->clean();


# rtsp_max_readers

$t = Test::Rtsp->new();

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_max_readers 3;

    server { listen 127.0.0.1:%%PORT_RTSP%%; rtsp on; rtsp_publish on; }
    server { listen 127.0.0.1:%%PORT_MORE%%; rtsp on; rtsp_max_readers 0; }
}
EOT

$one = $t->publish('/one', sources => [ source('H264'), source('AAC') ]);
$two = $t->publish('/two');

my @readers = map { $t->read_stream('/one', transport => $_) }
    qw/ tcp udp tcp /;
my $fourth = $t->reader('/one');

is($fourth->describe()->{status}, 200, 'DESCRIBE is not counted');
is($fourth->setup(0)->{status}, 453, 'rtsp_max_readers');
ok($fourth->{client}->alive(), 'the connection stays');
is_logged($t, qr{rtsp_max_readers.*"/one"|"/one".*rtsp_max_readers}, 1,
    'one line that names the directive and the path');

my $elsewhere = $t->reader('/two');
$elsewhere->describe();
is($elsewhere->setup(0)->{status}, 200, 'each stream is counted by itself');

my $more = $t->reader('/one', client => $t->client(name => 'PORT_MORE'));
$more->describe();
is($more->setup(0)->{status}, 200, 'a server that sets no limit');
$more->teardown();

is($readers[1]->teardown()->{status}, 200, 'TEARDOWN of one');
is($fourth->setup(0)->{status}, 200, 'another may');
$readers[0]{client}->abort();

my $fifth = $t->reader('/one');
$fifth->describe();
ok($t->wait(sub { $fifth->setup(0)->{status} == 200 }, 5),
    'and in the place of one that is lost');

$t->clean();


# A full zone

$t = Test::Rtsp->new();

$t->stream(main => 'rtsp_zone rtsp:24m; rtsp_buffer 4m;')->start();

my @publishers;
my $refused;

for my $n (1 .. 12) {
    ($status, my $p) = publish_status($t, "/full$n");

    if ($status != 200) {
        $refused = $p;
        last;
    }

    push @publishers, $p;
}

is($status, 503, 'zone full after ' . @publishers . ' streams');
cmp_ok(scalar @publishers, '>=', 2, 'not before');
ok($refused->{client}->alive(), 'the connection stays');
is_logged($t, qr{\[(?:error|crit)\].*rtsp_zone}, 1, 'one clear line');

for my $p (@publishers) {
    my $r = $t->read_stream($p->{path});

    $p->key(0);
    ok($r->wait_all(0, $p->{sources}[0]), "$p->{path} goes on");
    $r->teardown();
}

$_->teardown() for @publishers;

my $fits = @publishers;

for my $round (1 .. 10) {
    @publishers = ();

    ok($t->wait(sub {
        my ($status, $p) = publish_status($t, "/round$round");
        push @publishers, $p if $status == 200;
        $status == 200;
    }, 5), "round $round: memory came back");

    for my $n (2 .. $fits) {
        ($status, my $p) = publish_status($t, "/round$round-$n");
        is($status, 200, "stream $n of $fits");
        push @publishers, $p;
    }

    $_->teardown() for @publishers;
}

$t->clean();


# Sizes

$t = Test::Rtsp->new();
$t->stream()->start();

my @many = map { source('PCMU') } 1 .. 33;

my $over = $t->publisher('/33', sources => \@many);
like($over->announce()->{status}, qr/^(?:400|413)$/, '33 medias');
ok($over->{client}->closed(5), 'and the connection is closed');
is($t->publisher('/32', sources => [ @many[0 .. 31] ])->announce()->{status},
    200, '32 medias');

my @crowd = @many[0 .. 31];
my $p = $t->publish('/32all', sources => \@crowd);
$r = $t->read_stream('/32all');
$p->unit($_) for 0 .. 31;
ok($r->wait_all($_, $crowd[$_]), "media $_ of 32") for 0, 15, 31;

my $large = $t->publisher('/sdp', sdp => Test::Rtsp::Source::sdp(
    [ source('H264') ], map { "a=x-filler:$_ " . 'x' x 1000 } 1 .. 140));

is($large->announce()->{status}, 413, 'an SDP over 128 KiB');
ok($large->{client}->closed(5), 'and the connection is closed');
is_logged($t, qr{\(413\)|too (?:large|long|big)}, 1,
    'one clear line');

my $edge = $t->publisher('/edge', sdp => Test::Rtsp::Source::sdp(
    [ source('H264') ], map { "a=x-filler:$_ " . 'x' x 1000 } 1 .. 8));

is($edge->announce()->{status}, 200, 'an SDP of 8 KiB');

my $c = $t->client();
my $name = 'n' x 254;

is($c->request('DESCRIBE', "/$name")->{status}, 404, 'a path of 255');
is($c->request('DESCRIBE', "/$name" . 'n')->{status}, 400, 'a path of 256');
is($c->request('DESCRIBE', '/' . '%6e' x 254)->{status}, 404,
    '255 when decoded');
ok($c->alive(), 'the connection stays');

$p = $t->publish("/$name");
$p->key(0);
$r = $t->read_stream("/$name");
ok($r->wait_all(0, $p->{sources}[0]), 'a stream with a path of 255');

my @deep = map { $t->client() } 1 .. 100;
is(join(' ', map { $_->request('OPTIONS', '*')->{status} } @deep),
    join(' ', (200) x 100), 'a hundred connections');

$t->clean();
done_testing();
