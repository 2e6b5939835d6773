# The right to talk by file: rtsp_back_channel lets a path have back channels,
# and the role "talk" of the user says who may set one up.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw/ encode_base64 /;
use Test::More;
use Test::Rtsp qw/ source /;

my $t = Test::Rtsp->new();

$t->write('users', <<'EOT');
all:{PLAIN}pw
reader:{PLAIN}pw:read
both:{PLAIN}pw:read,talk
talker:{PLAIN}pw:talk
EOT

$t->stream(server => <<'EOT')->start();
rtsp_publish on;
        rtsp_stream bell;
        rtsp_auth cctv basic;
        rtsp_auth_user_file users;

        rtsp_path = /in   { rtsp_auth off; rtsp_back_channel on; }
        rtsp_path = /on   { rtsp_back_channel on; }
        rtsp_path = /off  { }
        rtsp_path = /deny { rtsp_back_channel on; rtsp_deny talk all; }
        rtsp_path = /free { rtsp_back_channel on; rtsp_auth off; }
EOT

my @require = (Require => 'www.onvif.org/ver20/backchannel');

my $p = $t->publish('/in', sources => [ source('H264'),
    source('PCMU', attributes => [ 'sendonly' ]) ]);
$p->key(0);

sub authorization {
    my ($user, $password) = @_;

    return () unless defined $user;
    return (Authorization => 'Basic '
        . encode_base64("$user:" . ($password // 'pw'), ''));
}

sub describe {
    my ($c, $path, $user) = @_;

    return $c->request('DESCRIBE', $path, limit => 15,
        headers => [ @require, authorization($user) ]);
}

sub setup {
    my ($c, $path, $media, $user, $password) = @_;

    return $c->request('SETUP', "$path/trackID=$media", limit => 15,
        headers => [ Transport => 'RTP/AVP/TCP;unicast',
                     authorization($user, $password) ])->{status};
}


# DESCRIBE is about reading: the right to talk is asked for at SETUP

for (
    [ '/on', 'all', 200, 2 ], [ '/on', 'reader', 200, 2 ],
    [ '/on', 'both', 200, 2 ], [ '/on', 'talker', 403, 0 ],
    [ '/off', 'both', 200, 1 ])
{
    my ($path, $user, $status, $medias) = @$_;
    my $r = describe($t->client(), $path, $user);

    is($r->{status}, $status, "DESCRIBE $path: $user");
    is(scalar(() = $r->{body} =~ /^m=/mg), $medias, 'so many medias');
}


for (
    [ '/on', 'all', 200, 200, 'no roles are all roles' ],
    [ '/on', 'reader', 200, 403, 'without the role' ],
    [ '/on', 'both', 200, 200, 'with it' ],
    [ '/on', 'talker', 403, 403, 'who may not even read' ],
    [ '/off', 'both', 200, 403, 'rtsp_back_channel is off' ],
    [ '/deny', 'both', 200, 403, 'rtsp_deny talk' ],
    [ '/free', undef, 200, 200, 'rtsp_auth is off' ])
{
    my ($path, $user, $read, $talk, $name) = @$_;

    for my $first (0, 1) {
        my $c = $t->client();

        # whoever is refused the first one has no session for the second

        for my $media ($first, 1 - $first) {
            is(setup($c, $path, $media, $user), $media ? $talk : $read,
                "SETUP $path of media $media: " . ($user // 'nobody')
                . ", $name");
        }

        is($c->request('PLAY', $path)->{status}, $read == 200 ? 200 : 454,
            'PLAY of what was set up');
    }
}

is($t->log_lines(qr{\[info\].*\ SETUP\ of\ "/on"\ refused\ with\ 403:
    \ rtsp_auth_user_file\ gives\ another\ role,\ user:\ "reader"}x),
    2, 'a line for each says who, what and why');


# A session that reads is asked for credentials once more

my $c = $t->client();

is(setup($c, '/on', 0, 'both'), 200, 'a session that reads');
is(setup($c, '/on', 1), 401, 'without credentials it may not talk');
is(setup($c, '/on', 1, 'both', 'wrong'), 401, 'nor with wrong ones');
is(setup($c, '/on', 1, 'reader'), 403, 'nor as somebody who may not');
is(setup($c, '/on', 1, 'all'), 200, 'but as somebody who may');
is($c->request('PLAY', '/on')->{status}, 200, 'and plays all the while');

$t->clean();
done_testing();
