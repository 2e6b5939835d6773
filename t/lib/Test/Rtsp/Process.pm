package Test::Rtsp::Process;

# A program that runs beside the test: a player, an encoder, a capture.  Its
# output is kept in a file; it is ended with the object.

use strict;
use warnings;

use File::Temp qw/ tempfile /;
use POSIX qw/ WNOHANG /;

use Test::Rtsp::Loop qw/ until_true /;


sub new {
    my ($class, @command) = @_;

    my ($fh, $file) = tempfile('rtsp-out-XXXXXX', TMPDIR => 1, UNLINK => 1);
    my $self = bless { file => $file, owner => $$, command => "@command" },
        $class;

    defined(my $pid = fork()) or die "fork: $!";

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>&', $fh;
        open STDERR, '>&', $fh;
        exec { $command[0] } @command or POSIX::_exit(127);
    }

    $self->{pid} = $pid;

    return $self;
}


sub running {
    my ($self) = @_;

    return 0 unless $self->{pid};
    return 1 if waitpid($self->{pid}, WNOHANG) == 0;

    $self->{status} = $? & 127 ? "signal " . ($? & 127) : $? >> 8;
    $self->{pid} = 0;

    return 0;
}


# Its exit code once it has ended by itself, "running" if it has not.

sub ended {
    my ($self, $limit) = @_;

    until_true(sub { !$self->running() }, $limit);

    return $self->{status} // 'running';
}


sub output {
    my ($self) = @_;

    open my $f, '<', $self->{file} or return '';
    local $/;
    return scalar(<$f>) // '';
}


# The end of what it said, for diagnostics.

sub said {
    my ($self) = @_;
    my @lines = split /\n/, $self->output();

    return join "\n", @lines > 12 ? @lines[-12 .. -1] : @lines;
}


# SIGINT, as a user would, and SIGKILL to those who do not mind it.

sub stop {
    my ($self) = @_;

    return unless $self->running();

    kill 'INT', $self->{pid};
    return if until_true(sub { !$self->running() }, 5);

    kill 'KILL', $self->{pid};
    until_true(sub { !$self->running() }, 5);
}


sub DESTROY {
    my ($self) = @_;
    local ($?, $@, $!);

    $self->stop() if $self->{owner} == $$;
}


1;
