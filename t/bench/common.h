
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _BENCH_COMMON_H_INCLUDED_
#define _BENCH_COMMON_H_INCLUDED_


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <netinet/in.h>


/*
 * What the three programs of the benchmark share: clock, addresses, RTSP
 * messages, the time stamp inside an RTP packet, the histogram of latencies
 * and what the kernel knows of a process.  Plain libc, nothing of nginx.
 */

#define BENCH_NS              1000000000ULL     /* in a second */

/* the synthetic stream: FU-A packets (RFC 6184, 5.8), all of one size */

#define BENCH_RTP_HEADER      12
#define BENCH_RTP_PACKET      1440              /* header included */
#define BENCH_RTP_CLOCK       90000             /* Hz */
#define BENCH_RTP_TYPE        96
#define BENCH_FRAMED_PACKET   (4 + BENCH_RTP_PACKET)    /* "$", channel, len */

/* the stamp starts after the RTP header, the FU indicator and the FU header */

#define BENCH_STAMP_OFFSET    (BENCH_RTP_HEADER + 2)
#define BENCH_STAMP_SIZE      14                /* 4 of magic, 10 of time */

/* 64 powers of two, each in 32 steps: 3 % is the worst error */

#define BENCH_HIST_STEPS      32
#define BENCH_HIST_SIZE       (64 * BENCH_HIST_STEPS)


typedef struct {
    char                  text[256];    /* as given, without a final "/" */
    struct sockaddr_in    addr;
} bench_url_t;


/* a whole RTSP message; the slices point into the caller's buffer */

typedef struct {
    const char           *head;         /* first line and headers */
    size_t                head_len;
    const char           *body;
    size_t                body_len;
    size_t                size;         /* of all of it */
} bench_message_t;


/* the client's side of an RTSP session */

typedef struct {
    int                   cseq;
    char                  session[128]; /* empty until the server gives one */
} bench_client_t;


typedef struct {
    uint64_t              count[BENCH_HIST_SIZE];
    uint64_t              total;
    uint64_t              max;
} bench_hist_t;


/* prints "name: message" and, if error is not 0, its text; exits with 1 */
void bench_die(int error, const char *fmt, ...)
    __attribute__ ((noreturn, format (printf, 2, 3)));

/* CLOCK_MONOTONIC in nanoseconds, the same for all processes of the machine */
uint64_t bench_now(void);

/* a whole number of at least min, or the program ends */
long bench_number(const char *text, long min);


/* rtsp://a.b.c.d[:port][/path], or the program ends */
void bench_url(bench_url_t *url, const char *text);

/*
 * A TCP connection with TCP_NODELAY set.  from: local IPv4 address in network
 * order, 0 for any.  flags: 0 or SOCK_NONBLOCK.  Returns -1 with errno set.
 */
int bench_connect(const bench_url_t *url, in_addr_t from, int flags);

/*
 * Fills fds with n blocking connections that process pid accepted, by opening
 * more and closing what other processes took: the way to choose a worker of
 * a server with several.  Needs the right to read /proc/PID/fd.
 */
void bench_connect_accepted(const bench_url_t *url, in_addr_t from, pid_t pid,
    int *fds, int n);


/*
 * Writes a request into buf; headers: whole lines with their CRLF, or "";
 * body: text, or NULL.  Returns its length; one that does not fit is an error
 * of the program, which ends.
 */
size_t bench_request(bench_client_t *client, char *buf, size_t size,
    const char *method, const char *url, const char *headers,
    const char *body);

/*
 * Parses the message that starts at buf.  Returns 1, or 0 if it is not whole
 * yet, or -1 if it cannot be one.
 */
int bench_message(bench_message_t *m, const char *buf, size_t len);

/* the status of a response, 0 if the message is none */
int bench_status(const bench_message_t *m);

/* copies a header's value, "" if there is none; returns its whole length */
size_t bench_header(const bench_message_t *m, const char *name, char *value,
    size_t size);

/* takes the session id, without its parameters, from a response */
void bench_take_session(bench_client_t *client, const bench_message_t *m);


/* the time stamp: no byte of it is zero, so that no start code appears */
void bench_stamp(unsigned char *p, uint64_t ns);

/* returns 0 if the packet (from its RTP header on) carries no stamp */
uint64_t bench_stamped(const unsigned char *rtp, size_t len);


void bench_hist_add(bench_hist_t *h, uint64_t value);
void bench_hist_merge(bench_hist_t *h, const bench_hist_t *from);

/* the value that share (0 to 1) of all values do not exceed */
uint64_t bench_hist_quantile(const bench_hist_t *h, double share);


/* CPU time of all threads of a process, user and system, in nanoseconds */
uint64_t bench_process_cpu(pid_t pid);

/* how long a core was not idle, for whomever, in nanoseconds (of ticks) */
uint64_t bench_core_busy(int core);

/* memory of a process in KiB, shared pages divided among their users */
uint64_t bench_process_memory(pid_t pid);


#endif /* _BENCH_COMMON_H_INCLUDED_ */
