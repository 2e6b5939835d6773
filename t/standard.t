# nginx's own stream directives beside RTSP, at server level: they work at
# accept, as for any other server, and see no variable of RTSP.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp;

my $t = Test::Rtsp->new();

$t->conf(<<"EOT")->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;
    rtsp_publish on;

    limit_conn_zone \$binary_remote_addr zone=addr:1m;

    log_format full '\$remote_addr \$protocol \$status \$bytes_sent '
                    '\$bytes_received \$where \$who \$copied '
                    '\$proxy_protocol_addr';

    map \$remote_addr \$who { 127.0.0.2 second; default first; }
    geo \$where { 127.0.0.2/32 lobby; 127.0.0.0/8 house; default street; }

    server {
        listen 127.0.0.1:%%PORT_RTSP%%;
        rtsp on;
        allow 127.0.0.1;
        allow 127.0.0.2;
        deny all;
        access_log %%DIR%%/access.log full;
        set \$copied "copy-of-\$who";
        rtsp_stream \$copied/\$where;
    }

    server {
        listen 127.0.0.1:%%PORT_LIMIT%%;
        rtsp on;
        limit_conn addr 2;
    }

    server {
        listen 127.0.0.1:%%PORT_PROXY%% proxy_protocol;
        rtsp on;
        set_real_ip_from 127.0.0.1;
        access_log %%DIR%%/proxy.log full;
        rtsp_path /real    { rtsp_deny 192.0.2.7; rtsp_allow all; }
        rtsp_path /header  { rtsp_return 302 rtsp://\$proxy_protocol_addr/; }
        rtsp_path /address { rtsp_return 302 rtsp://\$remote_addr/; }
    }

    log_format named '\$rtsp_path \$named';

    server {
        listen 127.0.0.1:%%PORT_NAMED%%;
        rtsp on;
        rtsp_access_log %%DIR%%/named.log named;
        set \$named default;
        rtsp_path ~ ^/ask/(?<named>.+)\$ { rtsp_return 302 rtsp://\$named/; }
        rtsp_path ~ ^/cam/(?<named>.+)\$ { rtsp_publish on; }
        rtsp_path /                      { rtsp_return 302 rtsp://\$named/; }
    }
}
EOT


# allow, deny

my $c = $t->client(local => '127.0.0.3');
ok($c->closed(), 'deny');
ok($t->wait_log(qr/access forbidden by rule.*client: 127\.0\.0\.3/, 5),
    'as nginx says it');


# set, map, geo, access_log

my $p = $t->publish('/one');
my $q = $t->publish('/two', local => '127.0.0.2');

is($t->describe_status('/any'), 200, 'rtsp_stream of variables');

$p->teardown();
is($t->describe_status('/any'), 404, 'of the one that is gone');
is($t->describe_status('/any', local => '127.0.0.2'), 200,
    'another name for another address');

$q->teardown();
$_->{client}->close() for $p, $q;

ok($t->wait(sub { ($t->read('access.log') // '') =~ /second/ }, 5),
    'access_log');

my $log = $t->read('access.log');

like($log, qr/^127\.0\.0\.1 TCP 200 \d{2,} \d{2,} house first copy-of-first -?$/m,
    'with the variables of a connection');
like($log, qr/^127\.0\.0\.2 TCP 200 \d{2,} \d{2,} lobby second copy-of-second/m,
    'of each');
like($log, qr/^127\.0\.0\.3 TCP 403 /m, 'also of one that was refused');


# a capture of a variable that is set, too: in its requests and nowhere else

$c = $t->client(name => 'PORT_NAMED');

for my $case (
    [ '/none', 'default' ],
    [ '/ask/one', 'one' ],
    [ '/none/at/all', 'default' ],
    [ '/ask/another', 'another' ],
    [ '/none', 'default' ])
{
    is($c->request('DESCRIBE', $case->[0])->{headers}{location},
        "rtsp://$case->[1]/", "set and capture: $case->[0]");
}

$p = $t->publish('/cam/lobby', name => 'PORT_NAMED');
$p->teardown();
$p->{client}->close();

ok($t->wait(sub { $t->read('named.log') }, 5), 'set and capture: a session');
is($t->read('named.log'), "/cam/lobby lobby\n", 'has its capture');


# limit_conn

my @two = map { $t->client(name => 'PORT_LIMIT') } 1, 2;

ok($_->alive(), 'limit_conn lets in') for @two;
ok($t->client(name => 'PORT_LIMIT')->closed(), 'and no more');
ok($t->client(name => 'PORT_LIMIT', local => '127.0.0.2')->alive(),
    'another address');
$two[0]->close();
ok($t->wait(sub {
    $c = $t->client(name => 'PORT_LIMIT');
    $c->alive();
}, 5), 'one who leaves makes room');


# proxy_protocol, set_real_ip_from

sub proxied {
    my ($address) = @_;

    $c = $t->client(name => 'PORT_PROXY');
    $c->raw("PROXY TCP4 $address 192.0.2.1 4444 554\r\n");
    return $c;
}

$c = proxied('192.0.2.7');
is($c->request('DESCRIBE', '/header')->{headers}{location},
    'rtsp://192.0.2.7/', 'proxy_protocol');

is($c->request('DESCRIBE', '/address')->{headers}{location},
    'rtsp://192.0.2.7/', 'set_real_ip_from');
is($c->request('DESCRIBE', '/real')->{status}, 403,
    'rules see that address');
is(proxied('192.0.2.8')->request('DESCRIBE', '/real')->{status}, 404,
    'and another');
ok($t->wait_log(qr/refused with 403: rtsp_deny 192\.0\.2\.7.*client: 192\.0\.2\.7/, 5),
    'so does the log');

proxied('192.0.2.7')->close();
ok($t->wait(sub { ($t->read('proxy.log') // '') =~ /^192\.0\.2\.7 /m },
    5), 'and the access log');

$c = $t->client(name => 'PORT_PROXY');
$c->raw("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n");
ok($c->closed(), 'without the header there is no way in');

$t->clean();
done_testing();
