package Test::Rtsp::Client;

# One RTSP control connection: requests, responses, interleaved frames.
# It is strict where a server must be right (CRLF, CSeq, Content-Length) and
# lets a test send whatever bytes it likes.

use strict;
use warnings;

use Errno qw/ EAGAIN EINTR /;
use POSIX qw//;
use Scalar::Util qw/ weaken /;
use Socket qw/ :DEFAULT IPPROTO_TCP TCP_NODELAY /;
use Time::HiRes qw/ time /;

use Test::Rtsp::Address qw/ address bound_port family host_port /;
use Test::Rtsp::Loop qw/ until_true unwatch watch watch_write /;

my %open;


# port, and optionally host, local (address to call from), rcvbuf (bytes);
# tls => 1; unix => path of a socket; send_first => bytes before all others.

sub new {
    my ($class, %o) = @_;

    my $self = bless {
        host => '127.0.0.1', %o, cseq => 0, in => '', out => '', eof => 0,
        responses => [], frames => [], requests => [], read => 0,
    }, $class;

    $self->{sock} = $o{tls} ? $self->_tls() : $o{unix} ? $self->_unix()
        : $self->_tcp();
    $self->{sock}->blocking(0);

    $open{$self} = $self;
    weaken($open{$self});

    $self->resume();
    $self->raw($o{send_first}) if $o{send_first};

    return $self;
}


sub _tcp {
    my ($self) = @_;

    socket(my $sock, family($self->{host}), SOCK_STREAM, 0)
        or die "socket: $!";

    setsockopt($sock, SOL_SOCKET, SO_RCVBUF, $self->{rcvbuf})
        if $self->{rcvbuf};

    !$self->{local} || bind($sock, address($self->{local}, 0))
        or die "bind $self->{local}: $!";

    connect($sock, address($self->{host}, $self->{port}))
        or die "connect $self->{host}:$self->{port}: $!";

    setsockopt($sock, IPPROTO_TCP, TCP_NODELAY, 1);

    return $sock;
}


sub _unix {
    my ($self) = @_;

    socket(my $sock, PF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
    connect($sock, pack_sockaddr_un($self->{unix}))
        or die "connect $self->{unix}: $!";

    return $sock;
}


# Perl's core has no TLS: a program of OpenSSL has the other end.

sub _tls {
    my ($self) = @_;

    socketpair(my $ours, my $its, PF_UNIX, SOCK_STREAM, 0)
        or die "socketpair: $!";

    defined(my $pid = fork()) or die "fork: $!";

    if ($pid == 0) {
        open STDIN, '<&', $its;
        open STDOUT, '>&', $its;
        open STDERR, '>', '/dev/null';
        close $ours;
        exec qw/ openssl s_client -quiet -connect /,
            "$self->{host}:$self->{port}" or POSIX::_exit(127);
    }

    $self->{tls_pid} = $pid;

    return $ours;
}


sub resume {
    my ($self) = @_;

    weaken(my $me = $self);
    watch($self->{sock}, sub { $me->_readable() if $me });

    return $self;
}


sub stall { unwatch($_[0]{sock}); return $_[0] }


sub local_port { return bound_port($_[0]{sock}) }


sub local_host {
    my ($self) = @_;

    return $self->{host} if $self->{tls} || $self->{unix};
    return (host_port(getsockname($self->{sock})))[0];
}


sub uri {
    my ($self, $path) = @_;

    return $path if $path =~ m{^(?:rtsps?://|\*$)}i;

    my $host = $self->{host} =~ /:/ ? "[$self->{host}]" : $self->{host};
    my $scheme = $self->{tls} ? 'rtsps' : 'rtsp';

    return "$scheme://$host:$self->{port}$path";
}


# Sends a request and returns its response.  The Session of an earlier
# response goes along; headers => [ Session => undef ] keeps it back.

sub request {
    my ($self, $method, $path, %o) = @_;

    my $cseq = $self->start_request($method, $path, %o);
    my $r = $self->response($o{limit}, $cseq);

    delete $self->{session} if $method eq 'TEARDOWN' && $r->{status} == 200;

    return $r;
}


sub start_request {
    my ($self, $method, $path, %o) = @_;

    my @headers = @{ $o{headers} // [] };
    my %named;

    for (my $i = 0; $i < @headers; $i += 2) {
        $named{lc $headers[$i]} = $headers[$i + 1];
    }

    my $cseq = exists $named{cseq} ? $named{cseq} : ++$self->{cseq};

    my $text = "$method " . $self->uri($path) . " RTSP/1.0\r\n";
    $text .= "CSeq: $cseq\r\n" unless exists $named{cseq};

    if (defined $self->{session} && !exists $named{session}) {
        $text .= "Session: $self->{session}\r\n";
    }

    while (@headers) {
        my ($name, $value) = splice @headers, 0, 2;
        $text .= "$name: $value\r\n" if defined $value;
    }

    if (defined $o{body} && !exists $named{'content-length'}) {
        $text .= "Content-Length: " . length($o{body}) . "\r\n";
    }

    $self->raw("$text\r\n" . ($o{body} // ''));

    return $cseq;
}


# The next response; status 0 and a reason where there is none in time.

sub response {
    my ($self, $limit, $cseq) = @_;

    until_true(sub { @{ $self->{responses} } || $self->{eof} }, $limit);

    my $r = shift @{ $self->{responses} };

    if (!$r) {
        return { status => 0, headers => {}, all => {}, body => '', raw => '',
                 reason => $self->{eof} ? 'closed' : 'timeout' };
    }

    if (defined $cseq && ($r->{headers}{cseq} // '') ne $cseq) {
        die "CSeq $cseq asked, answer is:\n$r->{raw}";
    }

    if ($r->{status} == 200 && $r->{headers}{session}) {
        ($self->{session}) = $r->{headers}{session} =~ /^([^;\s]+)/;
    }

    return $r;
}


sub raw {
    my ($self, $bytes) = @_;

    $self->{out} .= $bytes;
    $self->_writable();

    return $self;
}


sub frame {
    my ($self, $channel, $data) = @_;

    return $self->raw(pack('CCn', 0x24, $channel, length $data) . $data);
}


# All that was handed to raw() has reached the kernel.

sub sent {
    my ($self, $limit) = @_;

    return until_true(sub { $self->{out} eq '' || $self->{eof} }, $limit);
}


sub closed {
    my ($self, $limit) = @_;

    return until_true(sub { $self->{eof} }, $limit // 5);
}


# The connection is there and answers.

sub alive {
    my ($self) = @_;

    return 0 if $self->{eof};
    return $self->request('OPTIONS', '*',
        headers => [ Session => undef ])->{status} == 200 ? 1 : 0;
}


sub close {
    my ($self) = @_;

    return unless $self->{sock};

    unwatch($self->{sock});
    watch_write($self->{sock}, undef);
    CORE::close($self->{sock});
    delete $self->{sock};
    $self->{eof} = 1;

    if (my $pid = delete $self->{tls_pid}) {
        local $?;
        kill 'TERM', $pid;
        waitpid($pid, 0);
    }
}


# Ends the connection by RST: a client that vanished.

sub abort {
    my ($self) = @_;

    setsockopt($self->{sock}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
    $self->close();
}


sub close_all { $_->close() for grep { $_ } values %open }


sub _writable {
    my ($self) = @_;

    while ($self->{sock} && length $self->{out}) {
        my $n = syswrite($self->{sock}, $self->{out});

        if (!defined $n) {
            next if $! == EINTR;

            if ($! == EAGAIN) {
                weaken(my $me = $self);
                watch_write($self->{sock}, sub { $me->_writable() if $me });
                return;
            }

            $self->{out} = '';              # the reading side sees the end
            last;
        }

        substr($self->{out}, 0, $n, '');
    }

    watch_write($self->{sock}, undef) if $self->{sock};
}


sub _readable {
    my ($self) = @_;

    for (1 .. 16) {
        my $n = sysread($self->{sock}, $self->{in}, 65536,
                        length $self->{in});

        if (!defined $n && ($! == EAGAIN || $! == EINTR)) {
            last;
        }

        if (!$n) {
            $self->{eof} = 1;
            $self->{error} = $n ? '' : "$!";
            unwatch($self->{sock});
            last;
        }

        $self->{read} += $n;
    }

    $self->_parse();
}


sub _parse {
    my ($self) = @_;
    my $at = 0;

    while ($at < length $self->{in}) {
        if (ord(substr($self->{in}, $at, 1)) == 0x24) {
            last if length($self->{in}) - $at < 4;

            my ($channel, $len) = unpack 'x C n', substr($self->{in}, $at, 4);
            last if length($self->{in}) - $at < 4 + $len;

            $self->_frame($channel, substr($self->{in}, $at + 4, $len));
            $at += 4 + $len;
            next;
        }

        my $end = index($self->{in}, "\r\n\r\n", $at);
        last if $end < 0;

        my $r = _message(substr($self->{in}, $at, $end + 4 - $at));
        my $len = $r->{headers}{'content-length'} // 0;

        last if length($self->{in}) < $end + 4 + $len;

        $r->{body} = substr($self->{in}, $end + 4, $len);
        $r->{raw} .= $r->{body};
        $r->{at} = time();
        $r->{frames_before} = $self->{frames_seen} // 0;
        $at = $end + 4 + $len;

        push @{ $self->{responses} }, $r;
    }

    substr($self->{in}, 0, $at, '') if $at;
}


sub _frame {
    my ($self, $channel, $data) = @_;

    $self->{frames_seen}++;

    if ($self->{on_frame}) {
        $self->{on_frame}->($channel, $data);

    } else {
        push @{ $self->{frames} }, [ $channel, $data ];
    }
}


sub _message {
    my ($text) = @_;

    my ($first, @lines) = split /\r\n/, $text;
    my (%headers, %all);

    $first =~ m{^RTSP/1\.0 (\d{3}) (\S.*)$}
        or die "not a response: " . substr($text, 0, 200);

    my ($status, $reason) = ($1, $2);

    for my $line (@lines) {
        $line =~ /^([!-9;-~]+): ?(.*)$/ && $line !~ /[\r\n]/
            or die "not a header: \"$line\" in $text";
        $headers{lc $1} = $2;
        push @{ $all{lc $1} }, $2;
    }

    for (qw/ cseq session content-length transport /) {
        die "$_ is there twice: $text" if @{ $all{$_} // [] } > 1;
    }

    return { status => $status + 0, reason => $reason, headers => \%headers,
             all => \%all, raw => $text };
}


sub DESTROY {
    my ($self) = @_;

    delete $open{$self};
    $self->close();
}


1;
