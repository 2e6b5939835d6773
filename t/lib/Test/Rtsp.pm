package Test::Rtsp;

# An nginx with the RTSP module in a directory of its own, for one test.
# Core modules only.  Nothing here sleeps: all waits are for conditions, with
# deadlines, and turn the loop that serves the test's own clients meanwhile.
#
#   TEST_NGINX_BINARY   nginx (/usr/sbin/nginx)
#   TEST_NGINX_LOAD     modules to load, in order, separated by colons
#   TEST_NGINX_ASAN     the binary has sanitizers: collect their reports
#   TEST_NGINX_DEBUG    error.log at level debug
#   TEST_NGINX_LEAVE    keep the directory

use strict;
use warnings;

use Cwd qw/ abs_path /;
use Exporter qw/ import /;
use File::Basename qw/ dirname /;
use File::Temp qw/ tempdir /;
use POSIX qw/ WNOHANG /;
use Socket;
use Test::More qw//;
use Time::HiRes qw/ time /;

use Test::Rtsp::Address qw/ address family /;
use Test::Rtsp::Client;
use Test::Rtsp::Loop qw/ until_true /;
use Test::Rtsp::Publisher;
use Test::Rtsp::Reader;
use Test::Rtsp::Source;

our @EXPORT_OK = qw/ udp_pair source /;

$SIG{INT} = $SIG{TERM} = sub { exit 1 };

my $top = abs_path(dirname(__FILE__) . '/../../..');
my $next_port = 10000 + $$ * 37 % 20000;


# workers => n (1); conf => text of the main level (see conf(), stream());
# leaks => 0: the sanitizer does not look for leaks.

sub new {
    my ($class, %o) = @_;

    my $load = $ENV{TEST_NGINX_LOAD}
        // "/usr/lib/nginx/modules/ngx_stream_module.so:"
           . "$top/build/ngx_rtsp_module.so";

    my $self = bless {
        workers => 1, connections => 512, leaks => 1, %o,
        ports => {}, pid => 0,
        nginx => $ENV{TEST_NGINX_BINARY} // '/usr/sbin/nginx',
        load => [ split /:/, $load ], owner => $$,
        dir => tempdir('rtsp-XXXXXX', TMPDIR => 1,
                       CLEANUP => !$ENV{TEST_NGINX_LEAVE}),
    }, $class;

    chmod 0755, $self->{dir};               # workers run as another user
    mkdir "$self->{dir}/san";
    chmod 0777, "$self->{dir}/san";
    mkdir "$self->{dir}/logs";

    $self->conf($o{conf}) if $o{conf};

    return $self;
}


# The port that stands for %%PORT_NAME%% or %%UDP_NAME%% in this test's
# configuration: a free one; for UDP even, and the next is free as well.

sub port {
    my ($self, $name) = @_;

    return $self->{ports}{$name} //= $name =~ /^UDP/ ? _udp_port()
        : _tcp_port();
}


sub _tcp_port {
    for (1 .. 2000) {
        my $port = $next_port++;

        socket(my $s, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
        setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
        return $port if bind($s, address('0.0.0.0', $port));
    }

    die "no free port";
}


sub _udp_port {
    for (1 .. 2000) {
        $next_port++ if $next_port & 1;
        my $port = $next_port;
        $next_port += 2;

        return $port
            if _udp('0.0.0.0', $port) && _udp('0.0.0.0', $port + 1);
    }

    die "no free pair of ports";
}


sub _udp {
    my ($host, $port) = @_;

    socket(my $s, family($host), SOCK_DGRAM, 0) or die "socket: $!";
    return bind($s, address($host, $port)) ? $s : undef;
}


# Two bound, non-blocking sockets on an even port and the next one.

sub udp_pair {
    my ($local, $buffer) = @_;

    $local //= '127.0.0.1';

    for (1 .. 2000) {
        $next_port = 10000 if $next_port > 32000;
        $next_port++ if $next_port & 1;

        my $rtp = _udp($local, $next_port);
        my $rtcp = _udp($local, $next_port + 1);
        $next_port += 2;

        next unless $rtp && $rtcp;

        for ($rtp, $rtcp) {
            $_->blocking(0);
            setsockopt($_, SOL_SOCKET, SO_RCVBUF, $buffer // 4 * 1024 * 1024);
        }

        return [ $rtp, $rtcp ];
    }

    die "no free pair of ports";
}


# The usual configuration: one server on %%PORT_RTSP%% that lets publish.
# main and server are directives of stream{} and of server{}; listen its
# parameters.

sub stream {
    my ($self, %o) = @_;

    my $main = $o{main} // '';
    my $server = $o{server} // 'rtsp_publish on;';
    my $listen = $o{listen} // ($self->{workers} > 1 ? 'reuseport' : '');

    $main = "rtsp_udp_port %%UDP_RTP%%;\n    $main"
        unless $main =~ /rtsp_udp_port/;
    $main = "rtsp_zone rtsp:64m;\n    $main" unless $main =~ /rtsp_zone/;

    return $self->conf(<<"EOT");
stream {
    $main

    server {
        listen 127.0.0.1:%%PORT_RTSP%% $listen;

        rtsp on;
        $server
    }
}
EOT
}


# Writes nginx.conf: modules, what every test needs, and the text.

sub conf {
    my ($self, $text) = @_;

    $text =~ s/%%(PORT_\w+|UDP_\w+)%%/$self->port($1)/ge;
    $text =~ s/%%DIR%%/$self->{dir}/g;

    my $level = $ENV{TEST_NGINX_DEBUG} ? 'debug' : 'info';

    $self->write('nginx.conf', join('', map { "load_module $_;\n" }
        @{ $self->{load} }) . <<"EOT" . $text);
daemon off;
pid $self->{dir}/nginx.pid;
error_log $self->{dir}/error.log $level;
worker_processes $self->{workers};
worker_rlimit_nofile 8192;

events {
    worker_connections $self->{connections};
}

EOT

    return $self;
}


sub _environment {
    my ($self, $leaks) = @_;

    return unless $ENV{TEST_NGINX_ASAN};

    $self->write('lsan.supp', "leak:ngx_regex_malloc\n");

    $ENV{ASAN_OPTIONS} = "detect_odr_violation=0:detect_leaks=$leaks:"
        . "log_path=$self->{dir}/san/asan";
    $ENV{UBSAN_OPTIONS} = "print_stacktrace=1:"
        . "log_path=$self->{dir}/san/ubsan";
    $ENV{LSAN_OPTIONS} = "print_suppressions=0:"
        . "suppressions=$self->{dir}/lsan.supp";
}


# nginx -t on the configuration written: (exit code, what it says).

sub check {
    my ($self) = @_;

    local %ENV = %ENV;
    $self->_environment(0);

    my $text = `$self->{nginx} -t -p $self->{dir}/ -e error.log \\
        -c nginx.conf 2>&1`;

    return ($? >> 8, $text);
}


sub start {
    my ($self) = @_;

    defined(my $pid = fork()) or die "fork: $!";

    if ($pid == 0) {
        $self->_environment($self->{leaks});
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/stderr";
        open STDERR, '>&', \*STDOUT;
        exec $self->{nginx}, '-p', "$self->{dir}/", '-e', 'error.log',
            '-c', 'nginx.conf' or POSIX::_exit(127);
    }

    $self->{pid} = $pid;

    $self->wait(sub { -s "$self->{dir}/nginx.pid"
                      && $self->workers() == $self->{workers} }, 10)
        or Test::More::BAIL_OUT("nginx did not start: "
            . ($self->read('stderr') // '')
            . ($self->read('error.log') // ''));

    return $self;
}


# Waits for a condition; false when it never came true or nginx died.

sub wait {
    my ($self, $cond, $limit) = @_;
    my $dead = 0;

    return until_true(sub {
        return 1 if $cond->();
        $dead = $self->{pid} && waitpid($self->{pid}, WNOHANG) > 0;
        $self->{pid} = 0 if $dead;
        return $dead;
    }, $limit) && !$dead;
}


# Pids of the workers that accept; all => 1 adds those shutting down.

sub workers {
    my ($self, %o) = @_;
    my @workers;

    for my $pid (split ' ', $self->_slurp("/proc/$self->{pid}/task/"
        . "$self->{pid}/children") // `ps -o pid= --ppid $self->{pid}`)
    {
        my $title = $self->_slurp("/proc/$pid/cmdline") // next;

        push @workers, $pid
            if $title =~ /^nginx: worker process( is shutting down)?[\s\0]*$/
               && ($o{all} || !$1);
    }

    return @workers;
}


# SIGHUP, and until a whole new generation accepts.

sub reload {
    my ($self) = @_;
    my %old = map { $_ => 1 } $self->workers();

    kill 'HUP', $self->{pid};

    return $self->wait(sub {
        my @new = $self->workers();
        return @new == $self->{workers} && !grep { $old{$_} } @new;
    }, 10);
}


# SIGKILL to one worker, and until the master has put another in its place.

sub kill_worker {
    my ($self, $pid) = @_;

    kill 'KILL', $pid;

    return $self->wait(sub {
        my @now = $self->workers();
        return @now == $self->{workers} && !grep { $_ == $pid } @now;
    }, 10);
}


# Pid of the worker that has the server's end of a client's connection.

sub worker_of {
    my ($self, $client) = @_;

    my $here = sprintf ':%04X', $client->local_port();
    my $there = sprintf ':%04X', $client->{port};
    my $pid;

    $self->wait(sub {
        open my $f, '<', '/proc/net/tcp' or die "/proc/net/tcp: $!";

        while (<$f>) {
            my @field = split;

            next unless $field[1] =~ /$there$/ && $field[2] =~ /$here$/;
            $pid = $self->_holder($field[9]) if $field[9];
            return 1 if $pid;
        }

        return $client->{eof};
    }, 5);

    return $pid;
}


sub _holder {
    my ($self, $inode) = @_;

    for my $pid ($self->workers(all => 1)) {
        for my $fd (glob "/proc/$pid/fd/*") {
            my $to = readlink $fd or next;
            return $pid if $to eq "socket:[$inode]";
        }
    }

    return;
}


sub client {
    my ($self, %o) = @_;

    return Test::Rtsp::Client->new(
        port => $self->port($o{name} // 'PORT_RTSP'), %o);
}


# A connection that this worker serves: opens some until one lands there.

sub connect_in {
    my ($self, $pid, %o) = @_;

    for (1 .. 200) {
        my $c = $self->client(%o);
        my $in = $self->worker_of($c) // 0;

        return $c if $in == $pid;
        $c->close();
    }

    die "no connection lands in worker $pid";
}


# A running publisher or reader; client => or worker => says through what.

sub publish {
    my ($self, $path, %o) = @_;

    return $self->publisher($path, %o)->start();
}


sub publisher {
    my ($self, $path, %o) = @_;

    my $client = $o{client} // $self->_client(%o);
    return Test::Rtsp::Publisher->new(%o, path => $path, client => $client);
}


sub read_stream {
    my ($self, $path, %o) = @_;

    return $self->reader($path, %o)->start();
}


sub reader {
    my ($self, $path, %o) = @_;

    my $client = $o{client} // $self->_client(%o);
    return Test::Rtsp::Reader->new(%o, path => $path, client => $client);
}


sub _client {
    my ($self, %o) = @_;

    my %c = map { $_ => $o{$_} } grep { exists $o{$_} }
        qw/ host local name rcvbuf /;

    return $o{worker} ? $self->connect_in($o{worker}, %c)
        : $self->client(%c);
}


sub source { return Test::Rtsp::Source->new(@_) }


# Status of a DESCRIBE by a connection of its own: is the stream there?

sub describe_status {
    my ($self, $path, %o) = @_;

    my $client = $self->_client(%o);
    my $status = $client->request('DESCRIBE', $path)->{status};

    $client->close();
    return $status;
}


sub log { return $_[0]->read('error.log') // '' }


# Lines of error.log that match, with nginx's time, level and pid cut off
# but the level.

sub log_lines {
    my ($self, $re) = @_;

    return grep { /$re/ } map { s/^\S+ \S+ //r } split /\n/, $self->log();
}


sub wait_log {
    my ($self, $re, $limit) = @_;

    return $self->wait(sub { $self->log_lines($re) }, $limit);
}


sub running { return $_[0]{pid} && kill 0, $_[0]{pid} }


# Graceful first; whoever does not end in time is a failed test in clean().

sub stop {
    my ($self) = @_;

    return 1 unless $self->{pid};

    Test::Rtsp::Client::close_all();

    my $gone = sub { waitpid($self->{pid}, WNOHANG) != 0 };

    kill 'QUIT', $self->{pid};
    my $ok = until_true($gone, 2);

    if (!$ok) {
        kill 'TERM', $self->{pid};
        $ok = until_true($gone, 5);
    }

    if (!$ok) {
        kill 'KILL', $self->workers(all => 1), $self->{pid};
        waitpid($self->{pid}, 0);
    }

    $self->{pid} = 0;
    return $ok;
}


# Three tests at the end of each file: nginx stops when it is asked to, and
# neither alerts nor sanitizer reports were written.  allow => a pattern of
# alerts that the test brought about itself.

sub clean {
    my ($self, %o) = @_;

    my $running = $self->running();
    my $stopped = $self->stop();

    Test::More::ok($running && $stopped, 'nginx ran to the end and stopped');

    my @bad = $self->log_lines(qr/\[(?:alert|emerg)\]/);
    @bad = grep { $_ !~ $o{allow} } @bad if $o{allow};

    Test::More::is(join("\n", @bad), '', 'no alerts');

    my @reports = map { $self->read("san/$_") } $self->_files('san');

    push @reports, grep { /Sanitizer|runtime error/ }
        $self->read('stderr') // '', $self->log();

    Test::More::is(join("\n", @reports), '', 'no sanitizer reports');
}


sub _files {
    my ($self, $name) = @_;

    opendir my $d, "$self->{dir}/$name" or return;
    return grep { -f "$self->{dir}/$name/$_" } readdir $d;
}


sub read { return $_[0]->_slurp("$_[0]{dir}/$_[1]") }


sub _slurp {
    my ($self, $name) = @_;

    open my $f, '<', $name or return;
    local $/;
    return scalar <$f>;
}


sub write {
    my ($self, $name, $text) = @_;

    open my $f, '>', "$self->{dir}/$name" or die "$name: $!";
    print $f $text;
    close $f;

    return $self;
}


sub DESTROY {
    my ($self) = @_;
    local ($?, $@, $!);

    $self->stop() if $self->{pid} && $self->{owner} == $$;
}


1;
