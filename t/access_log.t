# rtsp_access_log: a line for each session with media at its end, with all
# that the access_log of nginx can do, and the reasons why sessions end.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Socket;
use Test::More;
use Test::Rtsp qw/ source /;
use Test::Rtsp::Loop qw/ every cancel watch unwatch /;

# What nginx -t says of a configuration

my $t = Test::Rtsp->new();

sub checked {
    my ($main, $server) = @_;

    $t->conf(<<"EOT");
stream {
    rtsp_udp_port %%UDP_RTP%%;
    $main
    server { listen 127.0.0.1:%%PORT_RTSP%%; rtsp on; $server }
}
EOT

    my ($code, $text) = $t->check();

    return $code == 0 ? 'ok' : $text;
}

my $log = 'rtsp_access_log logs/x.log';
my $format = q(log_format rtsp '$rtsp_path'; log_format two '$rtsp_user';);

is(checked('', "$log;"), 'ok', 'the format of our own');
is(checked("$log;", "$log; rtsp_access_log logs/y.log;"), 'ok', 'twice');
is(checked($format, "$log; $log two;"), 'ok', 'formats defined before');
is(checked('', "$log rtsp;"), 'ok', 'the format of our own by its name');
is(checked('', "$log buffer=32k flush=1s;"), 'ok', 'a buffer, no format');
is(checked('', "$log gzip if=\$rtsp_user;"), 'ok', 'gzip and if, no format');
is(checked('', "$log rtsp gzip=9;"), 'ok', 'gzip with a level');
is(checked("$log;", 'rtsp_access_log off;'), 'ok', 'off');
is(checked('', 'rtsp_access_log logs/$rtsp_path.log;'), 'ok', 'variables');
is(checked('', 'rtsp_access_log syslog:server=127.0.0.1:9;'), 'ok', 'syslog');

like(checked('', "$log two;"), qr/unknown log format "two"/,
    'a format that nobody has defined');
like(checked('', "$log two; } $format server { listen 127.0.0.1:1; rtsp on;"),
    qr/unknown log format "two"/, 'or only later');
like(checked('', "$log rtsp buffer=x;"), qr/invalid buffer size "x"/,
    'a wrong size');
like(checked('', "$log rtsp lines=1;"), qr/invalid parameter "lines=1"/,
    'an unknown parameter');
like(checked('', "$log flush=1s;"), qr/no buffer is defined/,
    'flush without a buffer');
like(checked('', "rtsp_access_log off now;"), qr/invalid parameter "now"/,
    'off with something');
like(checked('', 'rtsp_access_log;'), qr/invalid number of arguments/,
    'no argument');
like(checked('', "} } $log; stream { server { listen 1; return x;"),
    qr/"rtsp_access_log" directive is not allowed here/, 'a wrong place');
is(checked("$log;", "$log; } $format server { listen 127.0.0.1:1; rtsp on;"),
    'ok', 'a format of the same name further down');
is(checked("$log; $format", "$log rtsp;"), 'ok', 'and in between');
like(checked($format . $format, "$log;"), qr/duplicate "log_format"/,
    'what is said about formats is not lost');


# All of it at work

$t = Test::Rtsp->new();

socket(my $syslog, PF_INET, SOCK_DGRAM, 0) or die "socket: $!";
bind($syslog, pack_sockaddr_in(0, inet_aton('127.0.0.1'))) or die "bind: $!";
$syslog->blocking(0);

my ($syslog_port) = unpack_sockaddr_in(getsockname($syslog));
my @syslog;

watch($syslog, sub {
    while (defined recv $syslog, my $data, 65535, 0) {
        push @syslog, $data;
    }
});

$t->conf(<<"EOT")->start();
worker_shutdown_timeout 2s;

stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_publish on;
    rtsp_hold 0;

    map \$rtsp_role \$reads { read 1; default 0; }
    map \$rtsp_end_reason \$odd { teardown 0; default 1; }

    rtsp_access_log logs/default.log;
    rtsp_access_log logs/\$rtsp_role.log;

    log_format why '\$rtsp_role \$rtsp_path \$rtsp_end_reason';
    log_format odd '\$rtsp_path \$odd';
    log_format proxy '\$remote_addr \$proxy_protocol_addr '
                     '\$proxy_protocol_port';

    server { listen 127.0.0.1:%%PORT_RTSP%%; rtsp on; }

    server {
        listen 127.0.0.1:%%PORT_WHY%% sndbuf=64k;
        rtsp on;
        rtsp_publish on override;
        rtsp_media_timeout 1s;
        rtsp_session_timeout 2s;
        rtsp_send_timeout 1s;
        rtsp_header_timeout 1s;
        rtsp_access_log logs/why.log why;
        rtsp_access_log logs/readers.log why if=\$reads;
        rtsp_access_log logs/odd.log odd;
        rtsp_access_log syslog:server=127.0.0.1:$syslog_port,tag=rtsp why;
    }

    server {
        listen 127.0.0.1:%%PORT_BUFFER%%;
        rtsp on;
        rtsp_access_log logs/buffer.log why buffer=64k;
        rtsp_access_log logs/flush.log why buffer=64k flush=300ms;
    }

    log_format path '\$rtsp_path \$rtsp_stream \$cam \$site';

    server {
        listen 127.0.0.1:%%PORT_PATH%%;
        rtsp on;
        set \$site "gate-\$rtsp_role";
        rtsp_access_log logs/path.log path;

        rtsp_path / { }

        rtsp_path ~ ^/cam/(?<cam>\\d+)\$ {
            rtsp_stream /c/\$cam/\$rtsp_arg_n/\$rtsp_method/\$rtsp_role;
        }

        rtsp_path /quiet { rtsp_access_log off; }
        rtsp_path /own { rtsp_access_log logs/own.log why; }
    }

    server {
        listen 127.0.0.1:%%PORT_OFF%%;
        rtsp on;
        rtsp_access_log off;
    }

    server {
        listen 127.0.0.1:%%PORT_PROXY%% proxy_protocol;
        rtsp on;
        open_log_file_cache max=10;
        rtsp_access_log logs/proxy\$rtsp_path.log proxy;
        access_log logs/connections.log why;
    }
}
EOT

mkdir "$t->{dir}/logs/proxy";
chmod 0777, "$t->{dir}/logs", "$t->{dir}/logs/proxy";

sub lines {
    my ($name, $n) = @_;
    my @lines;

    $t->wait(sub {
        @lines = split /\n/, $t->read("logs/$name.log") // '';
        return @lines >= $n;
    }, 8);

    return @lines;
}


# The default format, file names with variables, sessions without media

my $p = $t->publish('/plain');

$p->key(0)->sync();

my $r = $t->read_stream('/plain');

ok($r->wait_all(0, $p->{sources}[0]), 'a reader');

my $idle = $t->reader('/plain');

$idle->describe();
$idle->setup(0);
is($idle->teardown()->{status}, 200, 'one without media');
$r->teardown();

my ($line) = lines('default', 1);

like($line, qr{^\d{4}-\d\d-\d\dT\S+[ ]127\.0\.0\.1[ ]-[ ]read[ ]/plain[ ]
    tcp[ ][1-9]\d*[ ]lost=0[ ]key=0\.\d{3}[ ]end=teardown$}x,
    'the default format');
is((lines('read', 1))[0], $line, 'a file named by a variable');
$p->teardown();
is(scalar(lines('default', 2)), 2, 'a line for the publisher');
like((lines('publish', 1))[0], qr{ publish /plain tcp 0 .*end=teardown$},
    'in its file');
is(scalar(lines('read', 1)), 1, 'none for a session without media');
is(scalar(lines('default', 2)), 2, 'anywhere');


# PAUSE and PLAY: one session, one line

$p = $t->publish('/pause');
$p->key(0)->sync();
$r = $t->read_stream('/pause');
$r->pause();
$r->play();
$r->pause();
$r->teardown();
is(scalar(grep { m{ read /pause } } lines('default', 3)), 1,
    'one line for a session that pauses');
$p->teardown();


# Why sessions end

my $why = 0;

sub why {
    my ($wanted) = @_;
    my @lines = lines('why', ++$why);

    is($lines[$why - 1], $wanted, $wanted);
}

sub at { return (@_, client => $t->client(name => 'PORT_WHY')) }

$p = $t->publish(at('/a'))->run();
$r = $t->read_stream(at('/a'));
$r->teardown();
why('read /a teardown');

$r = $t->read_stream(at('/a'));
$r->{client}->close();
why('read /a lost');

$r = $t->read_stream(at('/a'));
$r->{client}->abort();
why('read /a lost');

$r = $t->read_stream(at('/a'), transport => 'udp');
$r->{client}->close();
why('read /a timeout');

$r = $t->read_stream(at('/a'));
$r->{client}->raw("GET_PARAMETER ");
why('read /a timeout');

$r = $t->read_stream(at('/a'));
$p->{client}->close();
$p->halt();
why('publish /a lost');
why('read /a source_lost');

$p = $t->publish(at('/b'));
why('publish /b timeout');

$p = $t->publish(at('/b'), transport => 'udp');
why('publish /b timeout');

$p = $t->publish(at('/c'))->run();
my $q = $t->publish(at('/c'))->run();
why('publish /c override');
ok($p->{client}->closed(), 'the one before is cut');
$q->halt();
$q->teardown();
why('publish /c teardown');

$p = $t->publish(at('/d'));
$r = $t->read_stream('/d', client => $t->client(name => 'PORT_WHY',
    rcvbuf => 16 * 1024));
$r->{client}->stall();
$p->run(rate => 20, gop => 5, size => 200_000);
why('read /d slow');
$p->halt();
$p->teardown();
why('publish /d teardown');

is(join(',', lines('readers', 7)),
    join(',', grep { /^read/ } lines('why', $why)), 'if= takes a map');
is(join(',', lines('odd', $why)), join(',', map {
    my ($path, $end) = (split)[1, 2];
    "$path " . ($end eq 'teardown' ? 0 : 1) } lines('why', $why)),
    'a map in a format is made anew for each session');

ok($t->wait(sub { @syslog >= $why }, 5), 'syslog');
like($syslog[0], qr/^<\d+>.* rtsp: read \/a teardown$/, 'its first message');

is(scalar(grep { !/ (?:plain|pause) / } grep { m{ /[a-d] } }
    lines('default', 1)), 0, 'what a server says replaces the rest');


# Paths: what they inherit and replace, captures, "set", and variables of the
# request in the name of the stream

sub path { return (client => $t->client(name => 'PORT_PATH')) }

$t->publish($_, path())->teardown() for '/quiet', '/own', '/x',
    '/cam/7?n=a', '/cam/8?m=1&n=b';

is(join(',', lines('own', 1)), 'publish /own teardown', 'a path has its own');
is(join(',', lines('path', 3)), join(',', '/x /x - gate-publish',
    '/cam/7 /c/7/a/ANNOUNCE/publish 7 gate-publish',
    '/cam/8 /c/8/b/ANNOUNCE/publish 8 gate-publish'),
    'others have the log of the server, with captures and "set"');

my $many = $t->client(name => 'PORT_PATH');

$t->publish($_, client => $many)->teardown() for '/cam/1?n=1', '/cam/2?n=2';

is(join(',', (lines('path', 5))[3, 4]), join(',',
    '/cam/1 /c/1/1/ANNOUNCE/publish 1 gate-publish',
    '/cam/2 /c/2/2/ANNOUNCE/publish 2 gate-publish'),
    'two of them on one connection');


# Off; buffers

$r = $t->publish('/off', client => $t->client(name => 'PORT_OFF'));
$r->teardown();
is(scalar(grep { m{/off} } lines('default', 1)), 0, 'off');

$p = $t->publish('/kept', client => $t->client(name => 'PORT_BUFFER'));
$p->teardown();
is($t->read('logs/flush.log'), '', 'a line waits in a buffer');
is((lines('flush', 1))[0], 'publish /kept teardown', 'for its time');
is($t->read('logs/buffer.log'), '', 'or for the end');


# The address that a proxy tells, known when the connection is gone

my $c = $t->client(name => 'PORT_PROXY');

$c->raw("PROXY TCP4 192.0.2.1 192.0.2.2 4000 554\r\n");
$p = $t->publish('/proxied', client => $c, transport => 'udp');
$p->key(0);
$c->close();

my $steer = $t->client(name => 'PORT_PROXY');

$steer->raw("PROXY TCP4 192.0.2.1 192.0.2.2 4001 554\r\n");
$steer->{session} = $c->{session};
is($steer->request('TEARDOWN', '/proxied')->{status}, 200, 'TEARDOWN');
is((lines('proxy/proxied', 1))[0], '127.0.0.1 192.0.2.1 4000',
    'the PROXY protocol');
is((lines('connections', 1))[0], '- - -', "nginx's own log is another one");


# A worker that goes: what it still serves, and what is in its buffers

$p = $t->publish('/go', client => $t->client(name => 'PORT_BUFFER'))->run();
$q = $t->publish('/go2', transport => 'udp',
    client => $t->client(name => 'PORT_BUFFER'))->run();
$q->{client}->close();

ok($t->reload(), 'reload');
is(join(',', sort(lines('buffer', 3))), join(',', 'publish /go shutdown',
    'publish /go2 shutdown', 'publish /kept teardown'),
    'all is written when the worker is gone');
$_->halt() for $p, $q;

my @ids = map { $_->{client}{session} } $p, $q;

is(scalar(grep { my $id = $_; grep { ($t->read("logs/$_.log") // '')
    =~ /\Q$id/ } qw/ default why buffer / } @ids), 0,
    'the id of a session is nowhere');

unwatch($syslog);
$t->clean();


# A worker that is gone at once: nginx itself does not free everything then

$t = Test::Rtsp->new(leaks => 0);

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_publish on;
    log_format why '$rtsp_role $rtsp_path $rtsp_end_reason';

    server {
        listen 127.0.0.1:%%PORT_RTSP%%;
        rtsp on;
        rtsp_access_log logs/buffer.log why buffer=64k;
    }
}
EOT

$p = $t->publish('/last');
kill 'TERM', $t->workers();
is((lines('buffer', 1))[0], 'publish /last shutdown', 'it has its line');

$t->clean();
done_testing();
