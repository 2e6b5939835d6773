# rtsp_flush: with few readers packets go at once, with a time set or many
# readers they wait for the end of their frame, and not longer than that.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Rtp qw/ same /;

my $t = Test::Rtsp->new(workers => 2, connections => 1024);

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_publish on;

    server { listen 127.0.0.1:%%PORT_AUTO%%; rtsp on; }
    server { listen 127.0.0.1:%%PORT_SHORT%%; rtsp on; rtsp_flush 40ms; }
    server { listen 127.0.0.1:%%PORT_LONG%%; rtsp on; rtsp_flush 60s; }
}
EOT

sub scene {
    my ($path, $port, $readers) = @_;

    my $p = $t->publish($path, client => $t->client(name => $port),
        sources => [ source('H264') ]);

    $p->key(0)->sync();

    my @readers = map { $t->read_stream($path, transport => $_,
        client => $t->client(name => $port)) }
        map { $_ & 1 ? 'tcp' : 'udp' } 1 .. $readers;

    $p->unit(0)->unit(0);
    $_->wait_all(0, $p->{sources}[0]) for @readers;
    $_->forget() for @readers;

    return ($p, $p->{sources}[0], @readers);
}


# Few readers: the beginning of a frame arrives before its end is sent

my ($p, $source, @readers) = scene('/auto', 'PORT_AUTO', 4);
my @packets = $source->unit(size => 8000);
my $last = pop @packets;

for my $packet (@packets) {
    $p->send(0, $packet);
    ok($_->wait_packet(0, $packet), "$_->{transport}: not held up")
        for @readers;
}

$p->send(0, $last);
ok($_->wait_all(0, $source), "$_->{transport}: the end") for @readers;


# Many readers: by frame, and never longer than 40 ms

($p, $source, @readers) = scene('/many', 'PORT_AUTO', 120);
@packets = $source->unit(size => 8000);
$last = pop @packets;
$p->send(0, @packets);

my $late = grep { !$_->wait_packet(0, $packets[-1]) } @readers;

is($late, 0, 'with many readers a frame that does not end is not kept');
$p->send(0, $last);
$late = grep { !$_->wait_all(0, $source) } @readers;
is($late, 0, 'its end comes too');
is(scalar(grep { same($_->got(0), $source->{sent}) } @readers), 0,
    'to everybody, as sent');
$_->{client}->close() for @readers;


# A time: until the end of the frame

($p, $source, @readers) = scene('/long', 'PORT_LONG', 2);
@packets = $source->unit(size => 8000);
$last = pop @packets;
$p->send(0, @packets)->sync();

for my $r (@readers) {
    is($r->{client}->request('GET_PARAMETER', '/long')->{status}, 200,
        'a round trip later');
    is($r->count(0), 0, "$r->{transport}: nothing of a frame without end");
}

$p->send(0, $last);
ok($_->wait_all(0, $source), "$_->{transport}: all of it at its end")
    for @readers;
is(scalar same($_->got(0), $source->{sent}), '', 'as sent') for @readers;


# Without markers the next timestamp ends a frame

$source = source('H264', no_marker => 1);
$p = $t->publish('/unmarked', client => $t->client(name => 'PORT_LONG'),
    sources => [ $source ]);
$p->key(0)->unit(0)->sync();

my $r = $t->read_stream('/unmarked',
    client => $t->client(name => 'PORT_LONG'));
my @first = $source->unit(size => 5000);
my @second = $source->unit(size => 5000);

$p->send(0, @first, @second);
ok($r->wait_packet(0, $first[-1]), 'a new timestamp ends a frame');


# A short time: it is bound by it

($p, $source, @readers) = scene('/short', 'PORT_SHORT', 2);
@packets = $source->unit(size => 8000);
$last = pop @packets;
$p->send(0, @packets);
ok($_->wait_packet(0, $packets[-1]),
    "$_->{transport}: a frame without end is kept 40 ms, not for ever")
    for @readers;
$p->send(0, $last);
ok($_->wait_all(0, $source), "$_->{transport}: its end") for @readers;


# Sound does not wait for pictures

$p = $t->publish('/sound', client => $t->client(name => 'PORT_LONG'),
    sources => [ source('H264'), source('PCMU') ]);
$p->key(0)->unit(1)->sync();
$r = $t->read_stream('/sound', client => $t->client(name => 'PORT_LONG'));
$p->unit(0)->unit(1);
ok($r->wait_all(1, $p->{sources}[1]), 'a packet of sound is a frame');

$t->clean();
done_testing();
