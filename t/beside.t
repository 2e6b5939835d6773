# Sessions of one connection beside the one that it is linked to: there are a
# few at most, and they end with it unless they play.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp;

my $t = Test::Rtsp->new(workers => 2);

$t->stream()->start();

my $p = $t->publish('/live');
my @w = $t->workers();

# the status and the session's id

sub setup {
    my ($c) = @_;

    my $r = $c->request('SETUP', '/live/trackID=0',
        headers => [ Session => '00112233445566778899aabbccddeeff',
            Transport => 'RTP/AVP/TCP;unicast;interleaved=0-1' ]);

    return ($r->{status}, ($r->{headers}{session} // '') =~ /^(\w+)/);
}

sub ask {
    my ($c, $method, $id) = @_;

    return $c->request($method, '/live',
        headers => [ Session => $id ])->{status};
}


my $c = $t->connect_in($w[0]);
my @ids;

for my $n (0 .. 4) {
    my ($status, $id) = setup($c);

    is($status, 200, "session $n");
    push @ids, $id;
}

is((setup($c))[0], 453, 'one too many');
is($t->log_lines(qr{\[info\].*\ SETUP\ of\ "/live"\ refused\ with\ 453:
    \ its\ connection\ has\ too\ many\ sessions}x), 1, 'a line says why');
is(join(' ', map { ask($c, 'GET_PARAMETER', $_) } @ids),
    '200 200 200 200 200', 'those that it has live');

is(ask($c, 'TEARDOWN', $ids[3]), 200, 'one less');
(my $status, $ids[3]) = setup($c);
is($status, 200, 'one more');
is((setup($c))[0], 453, 'and no other one');


# Taking the connection for media changes places, and makes no room

is(ask($c, 'PLAY', $ids[1]), 200, 'one of them plays');
is(ask($c, 'PAUSE', $ids[1]), 200, 'and pauses');
is((setup($c))[0], 453, 'they are as many as before');
is(ask($c, 'PLAY', $ids[0]), 200, 'the first one plays');
is(ask($c, 'PAUSE', $ids[0]), 200, 'and pauses');


# Nor is there room for one that comes from another worker, and one that has
# gone there counts

my $elsewhere = $t->connect_in($w[1]);
($status, my $foreign) = setup($elsewhere);

is($status, 200, 'a session of another connection');
is(ask($c, 'PLAY', $foreign), 453, 'cannot come as well');
is(ask($elsewhere, 'PLAY', $foreign), 200, 'and stays where it is');
is(ask($elsewhere, 'TEARDOWN', $foreign), 200, 'until it ends');

is(ask($elsewhere, 'PLAY', $ids[4]), 200, 'one goes to another worker');
is((setup($c))[0], 453, 'and counts');


# With the connection those end that do not play

$c->close();

ok($t->wait(sub {
    my @living = grep { ask($elsewhere, 'GET_PARAMETER', $_) == 200 }
        @ids[0 .. 3];
    return !@living;
}, 5), 'its sessions end with it');

is(ask($elsewhere, 'PAUSE', $ids[4]), 200, 'but for the one that has left');

$t->clean();
done_testing();
