package Test::Rtsp::Loop;

# One select() loop for all sockets and timers of a test.  Whatever waits,
# waits here, so that every publisher goes on sending and every reader goes
# on reading meanwhile, in one process and without threads.

use strict;
use warnings;

use Exporter qw/ import /;
use Time::HiRes qw/ time /;

our @EXPORT_OK = qw/ pump until_true unwatch watch watch_write every cancel
                     patience /;

$SIG{PIPE} = 'IGNORE';

my (%reads, %writes, %timers);
my $timer_id = 0;


# Sanitizers slow everything down: deadlines are stretched, never conditions.

sub patience {
    my ($limit) = @_;

    return ($limit // 5) * ($ENV{TEST_NGINX_ASAN} ? 3 : 1);
}


sub watch {
    my ($fh, $cb) = @_;

    $reads{fileno($fh)} = $cb;
}


sub watch_write {
    my ($fh, $cb) = @_;

    if ($cb) {
        $writes{fileno($fh)} = $cb;

    } else {
        delete $writes{fileno($fh)};
    }
}


sub unwatch {
    my ($fh) = @_;

    return unless defined fileno($fh);

    delete $reads{fileno($fh)};
}


# Calls back every so many seconds, catching up when the test was busy.

sub every {
    my ($period, $cb) = @_;

    $timers{++$timer_id} = { at => time() + $period, period => $period,
                             cb => $cb };
    return $timer_id;
}


sub cancel {
    my ($id) = @_;

    delete $timers{$id} if defined $id;
}


# One turn: at most that many seconds of waiting, then what is due.

sub pump {
    my ($limit) = @_;
    my ($in, $out) = ('', '');

    for my $timer (values %timers) {
        my $left = $timer->{at} - time();
        $limit = $left < 0 ? 0 : $left if $left < $limit;
    }

    vec($in, $_, 1) = 1 for keys %reads;
    vec($out, $_, 1) = 1 for keys %writes;

    if (select($in, $out, undef, $limit) > 0) {
        for my $fd (grep { vec($in, $_, 1) } keys %reads) {
            $reads{$fd}->() if $reads{$fd};
        }

        for my $fd (grep { vec($out, $_, 1) } keys %writes) {
            $writes{$fd}->() if $writes{$fd};
        }
    }

    for my $id (sort { $a <=> $b } keys %timers) {
        my $timer = $timers{$id} or next;

        for (1 .. 10) {
            last if !$timers{$id} || $timer->{at} > time();
            $timer->{at} += $timer->{period};
            $timer->{cb}->();
        }
    }
}


# Turns the loop until the condition holds; false if it never did.

sub until_true {
    my ($cond, $limit) = @_;
    my $end = time() + patience($limit);

    while (!$cond->()) {
        return 0 if time() > $end;
        pump(0.02);
    }

    return 1;
}


1;
