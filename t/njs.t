# Variables that a script makes (js_set of nginx's njs module): they see those
# of RTSP, and each request and each session has its own.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Test::Rtsp;

my ($modules) = `/usr/sbin/nginx -V 2>&1` =~ /--modules-path=(\S+)/;

my $t = Test::Rtsp->new(workers => 2);

push @{ $t->{load} }, "$modules/ngx_stream_js_module.so";

$t->write('rules.js', <<'EOT');
function upper(s) {
    return s.variables.rtsp_path.toUpperCase();
}

function site(s) {
    var m = /^site=(\w+)$/.exec(s.variables.rtsp_query);
    return m ? m[1] : 'none';
}

function shape(s) {
    return s.variables.rtsp_role + ':' + s.variables.rtsp_path.length;
}

export default { upper, site, shape };
EOT

$t->conf(<<'EOT')->start();
stream {
    rtsp_zone rtsp:64m;
    rtsp_udp_port %%UDP_RTP%%;

    js_import rules from %%DIR%%/rules.js;
    js_set $upper rules.upper;
    js_set $site rules.site;
    js_set $shape rules.shape;

    log_format shape '$rtsp_path $shape';

    server {
        listen 127.0.0.1:%%PORT_RTSP%%;
        rtsp on;
        rtsp_access_log %%DIR%%/shape.log shape;

        rtsp_path /live/ { rtsp_publish on; rtsp_stream $upper; }
        rtsp_path /moved { rtsp_return 302 rtsp://$site.example.com/; }
        rtsp_path = /LIVE/ONE { }
    }
}
EOT


# rtsp_return, another value for each request of one connection

my $c = $t->client();

is($c->request('DESCRIBE', "/moved?site=$_")->{headers}{location},
    "rtsp://$_.example.com/", "rtsp_return, $_") for qw/ north south /;
is($c->request('DESCRIBE', '/moved')->{headers}{location},
    'rtsp://none.example.com/', 'and without a query');


# rtsp_stream: the name comes from the script

my $p = $t->publish('/live/one');

is($t->describe_status('/LIVE/ONE'), 200, 'the name that the script gave');
is($t->describe_status('/live/one'), 200, 'and gives again');
is($t->describe_status('/live/two'), 404, 'another path, another name');


# rtsp_access_log: of the session at its end

$p->teardown();

ok($t->wait(sub { ($t->read('shape.log') // '') =~ /^\/live\/one publish:9$/m },
    5), 'rtsp_access_log') or diag($t->read('shape.log'));

$t->clean();
done_testing();
