# Paths, queries and control suffixes, as players and encoders spell them.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp qw/ source /;

my $t = Test::Rtsp->new();
$t->stream()->start();

my $port = $t->port('PORT_RTSP');
my $host = "rtsp://127.0.0.1:$port";
my @publishers;

sub publish {
    my ($announce, @setups) = @_;

    my $c = $t->client();
    my @sources = map { source('PCMU',
        control => $setups[$_][0]) } 0 .. $#setups;
    my $r = $c->request('ANNOUNCE', $announce,
        headers => [ 'Content-Type' => 'application/sdp' ],
        body => Test::Rtsp::Source::sdp(\@sources));

    return "ANNOUNCE $r->{status} $r->{reason}" if $r->{status} != 200;

    for my $i (0 .. $#setups) {
        my $channels = 2 * $i . '-' . (2 * $i + 1);

        $r = $c->request('SETUP', $setups[$i][1], headers => [ Transport =>
            "RTP/AVP/TCP;unicast;interleaved=$channels;mode=record" ]);
        return "SETUP $r->{status} $r->{reason}" if $r->{status} != 200;
    }

    $r = $c->request('RECORD', $announce);
    return "RECORD $r->{status} $r->{reason}" if $r->{status} != 200;

    push @publishers, $c;
    return '';
}


# As publishers spell the controls of what they announced

for my $case (
    [ '/p1', '/p1', [ 'streamid=0', '/p1/streamid=0' ] ],
    [ '/p2', '/p2', [ 'bbb=ccc', '/p2/bbb=ccc' ],
                    [ 'ddd=eee', '/p2/ddd=eee' ] ],
    [ '/p3/deep', '/p3/deep?testing=0',
      [ 'fff=ggg', '/p3/deep?testing=0/fff=ggg' ] ],
    [ '/p4/deep', '/p4/deep?testing=0',
      [ 'fff=ggg', '/p4/deep/fff=ggg?testing=0' ] ],
    [ '/p5', '/p5?testing=0', [ 'streamid=0', '/p5/streamid=0' ] ],
    [ '/p6', '/p6', [ "$host/p6/abs=1", "$host/p6/abs=1" ] ],
    [ '/p7', '/p7/', [ 'streamid=0', '/p7/streamid=0' ] ],
    [ '/p8', '/p8', [ 'trackID=0', '/p8/trackID=0' ],
                    [ 'trackID=1', '/p8/trackID=1' ] ],
    [ '/p9', '/p9', [ '', '/p9' ] ],
    [ '/', '', [ 'streamid=1', '/streamid=1' ] ])
{
    my ($path, $announce, @setups) = @$case;

    is(publish($announce, @setups), '', "publish " . ($announce || 'no path')
        . " with $setups[0][1]");
    is($t->describe_status($path), 200, "it is $path");
}


# As players spell what the SDP says

sub player {
    my ($setup, $play) = @_;

    my $c = $t->client();
    my $r = $c->request('SETUP', $setup, headers =>
        [ Transport => 'RTP/AVP/TCP;unicast;interleaved=0-1' ]);
    my $line = $r->{status};

    if ($r->{status} == 200) {
        $r = $c->request('PLAY', $play);
        $line .= " $r->{status} " . ($r->{headers}{'rtp-info'} // '');
    }

    $c->close();
    return $line;
}

for my $case (
    [ '/p2/trackID=1', '/p2/', '/p2/trackID=1' ],
    [ '/p2/trackID=0', '/p2', '/p2/trackID=0' ],
    [ '/p2?testing=123/trackID=1', '/p2/', '/p2/trackID=1' ],
    [ '/p2/trackID=1?testing=123', '/p2/', '/p2/trackID=1' ],
    [ '/p3/deep/trackID=0', '/p3/deep', '/p3/deep/trackID=0' ],
    [ '/p3/deep?testing=1/trackID=0', '/p3/deep/', '/p3/deep/trackID=0' ],
    [ '/p3/deep/trackID=0?testing=1', '/p3/deep/', '/p3/deep/trackID=0' ],
    [ '/p9/', '/p9/', '/p9/trackID=0' ],
    [ '/p9?testing=123/', '/p9/', '/p9/trackID=0' ],
    [ '/p9/?testing=123', '/p9/', '/p9/trackID=0' ],
    [ '/p9/?testing=123', '/p9/?testing=123/', '/p9/trackID=0' ],
    [ '/p9/?testing=123/trackID=0', '/p9/?testing=123', '/p9/trackID=0' ],
    [ '/p9/trackID=0?testing=123/', '/p9/?testing=123/', '/p9/trackID=0' ],
    [ '/p9', '/p9', '/p9/trackID=0' ],
    [ '/p%39/trackID=0', '/p9', '/p9/trackID=0' ],
    [ '/trackID=0', '', '/trackID=0' ],
    [ '//trackID=0', '//', '/trackID=0' ],
    [ '/', '/', '/trackID=0' ],
    [ '', '', '/trackID=0' ])
{
    my ($setup, $play, $info) = @$case;
    my $said = player($setup, $play);

    $info =~ s{^/}{/+};
    like($said, qr{^200 200 url=\Q$host\E$info(?:;|$)},
        "SETUP " . ($setup || 'no path') . ", PLAY " . ($play || 'no path'));
}

is(player('/p2/trackID=2', '/p2'), 404, 'a media that is not there');
is(player('/p2/trackID=x', '/p2'), 404, 'a media that is no number');
is(player('/p2/trackID=0', '/p3/deep'), '200 400 ', 'PLAY of another path');

my $c = $t->client();
my $transport = 'RTP/AVP/TCP;unicast';

is($c->request('SETUP', '/p2/trackID=0',
    headers => [ Transport => $transport ])->{status}, 200, 'SETUP');
is($c->request('SETUP', '/p8/trackID=1',
    headers => [ Transport => $transport ])->{status}, 400,
    'two paths in one session');
ok($c->alive(), 'connection stays');


# A query may be as long as the bound of all headers lets it be: tokens are

my $token = 'token=' . 'x' x 15000;

like(player("/p9/trackID=0?$token", "/p9/?$token"), qr/^200 200 url=/,
    'SETUP and PLAY with a long query');
is($t->describe_status("/p9?$token"), 200, 'and DESCRIBE');


# RTP-Info has the URL once for each media, unless that is too much

my $many = $t->publish('/many', sources => [ map { source('PCMU') } 1 .. 32 ]);
my $all = $t->reader('/many');

is($all->describe()->{status}, 200, 'DESCRIBE of 32 medias');
is(scalar(grep { $all->setup($_)->{status} != 200 } 0 .. 31), 0, 'SETUP');

for my $case ([ 100, 32 ], [ 15000, 0 ]) {
    my ($len, $n) = @$case;
    my $r = $all->{client}->request('PLAY',
        'rtsp://' . 'h' x $len . '/many');

    is($r->{status}, 200, "PLAY with a host name of $len");
    is(() = ($r->{headers}{'rtp-info'} // '') =~ /url=/g, $n,
        "RTP-Info of $n medias");
    is($all->pause()->{status}, 200, 'PAUSE');
}


# Content-Base: the request's URL, with a slash

for my $path ('/p2', '/p2?a=b', '/p3/deep') {
    is($c->request('DESCRIBE', $path)->{headers}{'content-base'},
        $c->uri($path) . '/', "Content-Base of $path");
}

is($c->request('DESCRIBE', '/p2/')->{status}, 200, 'a slash at the end');
is($c->request('DESCRIBE', '/p2?a=b/')->{status}, 200,
    'a slash at the end of the query');
is($c->request('DESCRIBE', '/P2')->{status}, 404, 'paths have a case');
is($c->request('DESCRIBE', '/p3')->{status}, 404, 'and no prefixes');
is($c->request('DESCRIBE', 'RTSP://127.0.0.1/p2')->{status}, 200,
    'the scheme has none');
is($c->request('DESCRIBE', "rtsp://user:secret\@127.0.0.1:$port/p2")
    ->{headers}{'content-base'}, "$host/p2/",
    'credentials are not said back');

$t->clean();
done_testing();
