package Test::Rtsp::Service;

# An HTTP service that decides who may, for rtsp_auth_request.  It runs in the
# test's own loop; what it is asked is kept, and each answer is a decision of
# the test.

use strict;
use warnings;

use Errno qw/ EAGAIN EINTR /;
use Scalar::Util qw/ weaken /;
use Socket;

use Test::Rtsp::Address qw/ address /;
use Test::Rtsp::Loop qw/ unwatch watch watch_write /;


# port; answer => sub that gets the form as a hash and returns
#     a status, [ status, { headers }, body ],
#     \"bytes" to be sent as they are before the connection is closed, or
#     undef: there is no answer, until answer_late().
# endless => 1: bodies go on for ever, flooded counts what was taken of them.

sub new {
    my ($class, %o) = @_;

    my $self = bless { answer => sub { 200 }, %o, questions => [],
                       connections => 0, flooded => 0, open => {} }, $class;

    return $self->start();
}


sub start {
    my ($self) = @_;

    socket($self->{sock}, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
    setsockopt($self->{sock}, SOL_SOCKET, SO_REUSEADDR, 1);
    bind($self->{sock}, address('127.0.0.1', $self->{port}))
        or die "bind $self->{port}: $!";
    listen($self->{sock}, 128) or die "listen: $!";
    $self->{sock}->blocking(0);

    weaken(my $me = $self);
    watch($self->{sock}, sub { $me->_accept() if $me });

    return $self;
}


# As if it had been killed: connections are closed as well.

sub stop {
    my ($self) = @_;

    $self->_close($_) for values %{ $self->{open} };

    return unless $self->{sock};

    unwatch($self->{sock});
    close $self->{sock};
    delete $self->{sock};
}


sub drop_connections {
    my ($self) = @_;

    $self->_close($_) for values %{ $self->{open} };
}


sub asked { return scalar @{ $_[0]{questions} } }

sub last { return $_[0]{questions}[-1] // {} }


# A status for all who have got no answer.

sub answer_late {
    my ($self, $status) = @_;

    for my $c (values %{ $self->{open} }) {
        next unless delete $c->{unanswered};

        $c->{out} .= "HTTP/1.1 $status Late\r\nContent-Length: 0\r\n\r\n";
        $self->_writable($c);
    }
}


sub _accept {
    my ($self) = @_;

    while (accept(my $sock, $self->{sock})) {
        my $c = { sock => $sock, fd => fileno($sock), in => '', out => '' };

        $sock->blocking(0);
        $self->{connections}++;
        $self->{open}{$c->{fd}} = $c;

        weaken(my $me = $self);
        watch($sock, sub { $me->_readable($c) if $me });
    }
}


sub _readable {
    my ($self, $c) = @_;

    my $n = sysread($c->{sock}, $c->{in}, 65536, length $c->{in});

    return if !defined $n && ($! == EAGAIN || $! == EINTR);
    return $self->_close($c) unless $n;

    while ($c->{in} =~ /\A(.*?)\r\n\r\n/s) {
        my ($head, $end) = ($1, $+[0]);
        my ($len) = $head =~ /^Content-Length: (\d+)\r?$/mi;

        last if length($c->{in}) < $end + ($len // 0);

        my $body = substr($c->{in}, $end, $len // 0);
        substr($c->{in}, 0, $end + ($len // 0), '');

        $self->_question($c, $head, $body);
    }
}


sub _question {
    my ($self, $c, $head, $body) = @_;
    my %form;

    for my $field (split /&/, $body) {
        my ($name, $value) = split /=/, $field, 2;

        $value =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
        die "$name is there twice" if exists $form{$name};
        $form{$name} = $value;
    }

    push @{ $self->{questions} }, \%form;
    $self->{head} = $head;
    $self->{body} = $body;

    my $answer = $self->{answer}->(\%form);

    if (!defined $answer) {
        $c->{unanswered}++;
        return;
    }

    if (ref $answer eq 'SCALAR') {
        $c->{close} = 1;
        $c->{out} .= $$answer;
        return $self->_writable($c);
    }

    my ($status, $headers, $text) = ref $answer ? @$answer : ($answer);
    my %headers = ('Content-Length' => length($text // ''),
                   %{ $headers // {} });

    $c->{endless} = $self->{endless};

    $c->{out} .= "HTTP/1.1 $status Whatever\r\n"
        . join('', map { "$_: $headers{$_}\r\n" }
               grep { defined $headers{$_} } sort keys %headers)
        . "\r\n" . ($text // '');

    $self->_writable($c);
}


sub _writable {
    my ($self, $c) = @_;

    weaken(my $me = $self);

    while (1) {
        $c->{out} .= 'x' x 65536
            if $c->{endless} && length $c->{out} < 65536;

        last unless length $c->{out};

        my $n = syswrite($c->{sock}, $c->{out});

        if (!defined $n) {
            next if $! == EINTR;
            return $self->_close($c) if $! != EAGAIN;
            return watch_write($c->{sock}, sub { $me->_writable($c) if $me });
        }

        $self->{flooded} += $n;
        substr($c->{out}, 0, $n, '');

        # others have their turn

        return watch_write($c->{sock}, sub { $me->_writable($c) if $me })
            if $c->{endless};
    }

    watch_write($c->{sock}, undef);
    $self->_close($c) if $c->{close};
}


sub _close {
    my ($self, $c) = @_;

    return unless delete $self->{open}{$c->{fd}};

    unwatch($c->{sock});
    watch_write($c->{sock}, undef);
    close $c->{sock};
}


sub DESTROY { $_[0]->stop() }


1;
