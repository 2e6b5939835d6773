
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>


/*
 * Readers by the hundred, and what they cost the server.  Each is a small
 * state machine on one connection:
 *
 *     connect, DESCRIBE, SETUP, PLAY, packets ..., TEARDOWN
 *
 * Three things can be measured:
 *
 *   load    (default) -n readers play.  When all have caught up with the
 *           stream and the warm-up is over, the window opens: bytes, gaps and
 *           the latency of each packet (now less the stamp in it) are counted,
 *           and the CPU time and memory of the server's processes (-P);
 *   memory  (-m) some readers play, then all: KiB for each one more;
 *   rate    (-R) -c sessions at a time are set up and ended, over and over.
 *
 * Replays of a key frame at the start fall into the warm-up: they are no part
 * of any figure.  Readers are shared out among threads (-j), each of which has
 * its own epoll and counters; the main thread only sets the phase, takes the
 * snapshots of the server and adds up.  Results are lines "name=value".
 */

#define LOAD_MAX_EVENTS     512
#define LOAD_MAX_THREADS    64
#define LOAD_MAX_PIDS       64
#define LOAD_BUFFER         (512 * 1024)    /* a whole interleaved packet */
#define LOAD_DATAGRAM       2048            /* without UDP_GRO */
#define LOAD_GRO            65536           /* with it */
#define LOAD_BATCH          32              /* messages of a recvmmsg() */
#define LOAD_CAUGHT_UP      (BENCH_NS / 5)  /* latency of who has */
#define LOAD_TICK           (BENCH_NS / 10)
#define LOAD_KEEPALIVE      (25 * BENCH_NS)
#define LOAD_SETTLE         (15 * BENCH_NS) /* at most, for all to catch up */
#define LOAD_END            (5 * BENCH_NS)  /* at most, for TEARDOWNs */
#define LOAD_ADDRESSES      64              /* of clients, with -R */


typedef enum {
    LOAD_IDLE = 0,
    LOAD_CONNECT,
    LOAD_DESCRIBE,
    LOAD_SETUP,
    LOAD_PLAY,
    LOAD_PLAYING,
    LOAD_TEARDOWN,
    LOAD_DONE,
    LOAD_FAILED
} load_state_e;


typedef enum {
    LOAD_WARM = 0,
    LOAD_MEASURE,
    LOAD_STOP
} load_phase_e;


typedef struct load_thread_s  load_thread_t;
typedef struct load_reader_s  load_reader_t;

typedef void (*load_handler_pt)(load_thread_t *t, load_reader_t *r);


typedef struct {
    int                   fd;
    load_handler_pt       handler;
    load_reader_t        *reader;
} load_event_t;


struct load_reader_s {
    load_state_e          state;
    load_event_t          control;      /* RTSP, and RTP over TCP */
    load_event_t          media;        /* RTP over UDP */
    int                   rtcp_fd;

    bench_client_t        client;
    char                  track[512];   /* what SETUP asks for */
    int                   channel;      /* of RTP over TCP */

    char                 *rest;         /* a part of a message or packet */
    size_t                rest_len;
    size_t                rest_size;

    uint64_t              started;
    uint64_t              keepalive;    /* when the last one was sent */
    uint64_t              latency;      /* of the last packet, 0: none yet */
    uint64_t              bytes;        /* in the window */
    uint16_t              seq;
    unsigned              seq_known:1;
};


struct load_thread_s {
    pthread_t             id;
    int                   epoll;

    load_reader_t        *readers;
    int                   n;
    int                   started;      /* the first ones of readers */
    int                   setups;       /* of them are being set up */
    atomic_int            target;       /* how many shall be started */
    atomic_int            caught_up;    /* how many play and have */
    atomic_int            failed;

    unsigned char        *buffer;
    struct mmsghdr        msgs[LOAD_BATCH];
    struct iovec          iovs[LOAD_BATCH];
    char                  controls[LOAD_BATCH][CMSG_SPACE(sizeof(int))];
    int                   batch;

    /* in the window */

    uint64_t              reads;
    uint64_t              packets;
    uint64_t              bytes;
    uint64_t              gaps;         /* packets that are missing */
    uint64_t              reordered;
    uint64_t              unstamped;
    uint64_t              sessions;
    bench_hist_t          latency;      /* of packets, or of setups */
};


typedef struct {
    uint64_t              time;
    uint64_t              server;       /* CPU, ns */
    uint64_t              client;
    uint64_t              busy;         /* the server's core */
} load_snapshot_t;


static void load_options(int argc, char **argv);
static void load_usage(void) __attribute__ ((noreturn));
static void load_pids(char *list);
static void load_start_threads(load_thread_t *threads);
static void load_target(load_thread_t *threads, int target);
static int load_settle(load_thread_t *threads, int target);
static uint64_t load_memory(void);
static void load_snapshot(load_snapshot_t *s);
static void load_report(load_thread_t *threads, load_snapshot_t *begin,
    load_snapshot_t *end);
static void load_report_rate(load_thread_t *all, double seconds,
    double server);
static void load_report_readers(load_thread_t *threads, load_thread_t *all,
    double seconds, double server);
static int load_compare(const void *one, const void *two);

static void *load_thread(void *data);
static void load_buffers(load_thread_t *t);
static void load_start_more(load_thread_t *t);
static void load_tick(load_thread_t *t, uint64_t now);
static int load_stop_all(load_thread_t *t);

static void load_reader_start(load_thread_t *t, load_reader_t *r);
static int load_reader_sockets(load_thread_t *t, load_reader_t *r,
    uint16_t *port);
static int load_udp_socket(uint16_t port);
static void load_reader_watch(load_thread_t *t, load_event_t *e,
    load_handler_pt handler);
static void load_reader_close(load_reader_t *r);
static void load_reader_fail(load_thread_t *t, load_reader_t *r,
    const char *reason);

static void load_request(load_thread_t *t, load_reader_t *r,
    load_state_e state, const char *method, const char *url,
    const char *headers);
static void load_setup(load_thread_t *t, load_reader_t *r);
static void load_response(load_thread_t *t, load_reader_t *r,
    const bench_message_t *m);
static void load_track(load_reader_t *r, const bench_message_t *m);
static void load_connected(load_thread_t *t, load_reader_t *r);
static void load_read_tcp(load_thread_t *t, load_reader_t *r);
static size_t load_parse(load_thread_t *t, load_reader_t *r,
    unsigned char *buf, size_t len);
static void load_read_udp(load_thread_t *t, load_reader_t *r);
static void load_packet(load_thread_t *t, load_reader_t *r,
    const unsigned char *p, size_t len, uint64_t now);


static struct {
    bench_url_t           url;
    in_addr_t             from;         /* address of the clients */
    int                   readers;
    int                   first;        /* readers, of -m */
    int                   threads;
    int                   concurrency;
    int                   rcvbuf;
    uint64_t              warmup;
    uint64_t              window;
    pid_t                 pids[LOAD_MAX_PIDS];
    int                   npids;
    int                   core;         /* the server's, or -1 */
    pid_t                 worker;       /* of -W */
    int                  *accepted;     /* connections of that worker */
    unsigned              udp:1;
    unsigned              gro:1;
    unsigned              rate:1;

    atomic_int            phase;
    atomic_int            udp_port;     /* the next pair to try */
    atomic_uint           connections;
    atomic_int            complained;
} load;


int
main(int argc, char **argv)
{
    int                   settled;
    uint64_t              memory_first, memory;
    load_snapshot_t       begin, end;
    static load_thread_t  threads[LOAD_MAX_THREADS];

    load_options(argc, argv);

    signal(SIGPIPE, SIG_IGN);

    if (load.worker) {
        load.accepted = calloc(load.readers, sizeof(int));
        bench_connect_accepted(&load.url, load.from, load.worker,
                               load.accepted, load.readers);
    }

    load_start_threads(threads);
    settled = 1;
    memory_first = 0;

    if (load.first) {
        load_target(threads, load.first);
        settled = load_settle(threads, load.first);
        usleep(load.warmup / 1000);
        memory_first = load_memory();
    }

    load_target(threads, load.readers);

    if (!load.rate) {
        settled &= load_settle(threads, load.readers);
    }

    usleep(load.warmup / 1000);
    memory = load_memory();

    load_snapshot(&begin);
    load.phase = LOAD_MEASURE;

    usleep(load.window / 1000);

    load.phase = LOAD_STOP;
    load_snapshot(&end);

    printf("settled=%d\nserver_memory_kib=%lu\n", settled, memory);

    if (load.first) {
        printf("kib_per_reader=%.2f\n", ((double) memory - memory_first)
                                        / (load.readers - load.first));
    }

    load_report(threads, &begin, &end);

    return 0;
}


static void
load_options(int argc, char **argv)
{
    int  opt;

    load.from = inet_addr("127.0.0.2");
    load.readers = 100;
    load.threads = 1;
    load.concurrency = 32;
    load.warmup = 2 * BENCH_NS;
    load.window = 4 * BENCH_NS;
    load.core = -1;
    load.udp_port = 20000;

    while ((opt = getopt(argc, argv, "n:T:b:Gw:t:j:c:RP:C:W:B:m:")) != -1) {

        switch (opt) {

        case 'n':
            load.readers = bench_number(optarg, 1);
            break;

        case 'T':
            load.udp = (strcmp(optarg, "udp") == 0);
            break;

        case 'b':
            load.rcvbuf = bench_number(optarg, 1);
            break;

        case 'G':
            load.gro = 1;
            break;

        case 'w':
            load.warmup = bench_number(optarg, 0) * BENCH_NS;
            break;

        case 't':
            load.window = bench_number(optarg, 1) * BENCH_NS;
            break;

        case 'j':
            load.threads = bench_number(optarg, 1);
            break;

        case 'c':
            load.concurrency = bench_number(optarg, 1);
            break;

        case 'R':
            load.rate = 1;
            break;

        case 'P':
            load_pids(optarg);
            break;

        case 'C':
            load.core = bench_number(optarg, 0);
            break;

        case 'W':
            load.worker = bench_number(optarg, 1);
            break;

        case 'B':
            load.from = inet_addr(optarg);
            break;

        case 'm':
            load.first = bench_number(optarg, 1);
            break;

        default:
            load_usage();
        }
    }

    if (load.rate) {
        load.readers = load.concurrency;
    }

    if (optind + 1 != argc || load.threads > LOAD_MAX_THREADS
        || (load.rate && (load.worker || load.first))
        || (load.first && load.first >= load.readers))
    {
        load_usage();
    }

    bench_url(&load.url, argv[optind]);
}


static void
load_usage(void)
{
    fprintf(stderr,
            "usage: rtsp_load [options] rtsp://address:port/path\n"
            "  -n n      readers (100)\n"
            "  -T how    tcp or udp (tcp)\n"
            "  -b bytes  receive buffer of UDP sockets\n"
            "  -G        UDP_GRO on UDP sockets\n"
            "  -B addr   address of the clients (127.0.0.2)\n"
            "  -w sec    warm-up, after all have caught up (2)\n"
            "  -t sec    how long to measure (4)\n"
            "  -c n      sessions that are set up at a time (32)\n"
            "  -j n      threads (1)\n"
            "  -P pid,.. processes of the server, to be charged\n"
            "  -C core   the server's, to see if others use it too\n"
            "  -W pid    only over connections this process accepted\n"
            "  -m n      memory: n readers, then all\n"
            "  -R        rate: set up and end sessions all the time\n");
    exit(2);
}


static void
load_pids(char *list)
{
    char  *pid;

    for (pid = strtok(list, ","); pid; pid = strtok(NULL, ",")) {

        if (load.npids == LOAD_MAX_PIDS) {
            bench_die(0, "too many processes");
        }

        load.pids[load.npids++] = bench_number(pid, 1);
    }
}


static void
load_start_threads(load_thread_t *threads)
{
    int             i, error;
    load_thread_t  *t;

    for (i = 0; i < load.threads; i++) {

        t = &threads[i];

        t->n = load.readers / load.threads
               + (i < load.readers % load.threads);
        t->readers = calloc(t->n ? t->n : 1, sizeof(load_reader_t));
        t->epoll = epoll_create1(EPOLL_CLOEXEC);

        if (t->readers == NULL || t->epoll == -1) {
            bench_die(errno, "cannot start a thread");
        }

        load_buffers(t);

        error = pthread_create(&t->id, NULL, load_thread, t);
        if (error) {
            bench_die(error, "pthread_create() failed");
        }
    }
}


/* how many readers shall run, of all threads together */

static void
load_target(load_thread_t *threads, int target)
{
    int  i;

    for (i = 0; i < load.threads; i++) {
        threads[i].target = target / load.threads
                            + (i < target % load.threads);
    }
}


/* waits until all play and have caught up; returns 0 if some do not */

static int
load_settle(load_thread_t *threads, int target)
{
    int       i, ready;
    uint64_t  deadline;

    deadline = bench_now() + LOAD_SETTLE;

    while (bench_now() < deadline) {

        ready = 0;

        for (i = 0; i < load.threads; i++) {
            ready += threads[i].caught_up + threads[i].failed;
        }

        if (ready >= target) {
            return 1;
        }

        usleep(20000);
    }

    return 0;
}


/* of the server's processes, in KiB; takes some milliseconds of theirs */

static uint64_t
load_memory(void)
{
    int       i;
    uint64_t  memory;

    memory = 0;

    for (i = 0; i < load.npids; i++) {
        memory += bench_process_memory(load.pids[i]);
    }

    return memory;
}


static void
load_snapshot(load_snapshot_t *s)
{
    int            i;
    struct rusage  usage;

    memset(s, 0, sizeof(load_snapshot_t));

    if (load.core != -1) {
        s->busy = bench_core_busy(load.core);
    }

    for (i = 0; i < load.npids; i++) {
        s->server += bench_process_cpu(load.pids[i]);
    }

    getrusage(RUSAGE_SELF, &usage);

    s->client = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * BENCH_NS
                + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;

    s->time = bench_now();
}


static void
load_report(load_thread_t *threads, load_snapshot_t *begin,
    load_snapshot_t *end)
{
    int                   i;
    double                seconds, server, client;
    load_thread_t        *t;
    static load_thread_t  all;

    for (i = 0; i < load.threads; i++) {

        t = &threads[i];
        pthread_join(t->id, NULL);

        all.reads += t->reads;
        all.packets += t->packets;
        all.bytes += t->bytes;
        all.gaps += t->gaps;
        all.reordered += t->reordered;
        all.unstamped += t->unstamped;
        all.sessions += t->sessions;
        all.failed += t->failed;

        bench_hist_merge(&all.latency, &t->latency);
    }

    seconds = (double) (end->time - begin->time) / BENCH_NS;
    server = (double) (end->server - begin->server) / BENCH_NS;
    client = (double) (end->client - begin->client) / BENCH_NS;

    printf("seconds=%.3f\nfailed=%d\n", seconds, all.failed);
    printf("client_cpu_pct=%.1f\n", 100 * client / seconds);

    if (load.npids) {
        printf("server_cpu_s=%.4f\nserver_cpu_pct=%.1f\n", server,
               100 * server / seconds);
    }

    if (load.core != -1) {
        printf("other_cpu_pct=%.1f\n",
               100 * ((end->busy - begin->busy) / 1e9 - server) / seconds);
    }

    if (load.rate) {
        load_report_rate(&all, seconds, server);

    } else {
        load_report_readers(threads, &all, seconds, server);
    }

    printf("p50_ms=%.3f\np99_ms=%.3f\nmax_ms=%.3f\n",
           bench_hist_quantile(&all.latency, 0.5) / 1e6,
           bench_hist_quantile(&all.latency, 0.99) / 1e6,
           all.latency.max / 1e6);
}


static void
load_report_rate(load_thread_t *all, double seconds, double server)
{
    printf("sessions=%lu\nsessions_per_s=%.0f\n", all->sessions,
           all->sessions / seconds);

    if (load.npids && all->sessions) {
        printf("server_us_per_session=%.1f\n",
               server * 1e6 / all->sessions);
    }
}


static void
load_report_readers(load_thread_t *threads, load_thread_t *all,
    double seconds, double server)
{
    int      i, k, n, playing;
    double  *rates;

    rates = calloc(load.readers, sizeof(double));
    if (rates == NULL) {
        bench_die(errno, "cannot report");
    }

    n = 0;
    playing = 0;

    for (i = 0; i < load.threads; i++) {
        for (k = 0; k < threads[i].n; k++) {
            rates[n] = threads[i].readers[k].bytes * 8 / seconds / 1e6;
            playing += (rates[n] > 0);
            n++;
        }
    }

    qsort(rates, n, sizeof(double), load_compare);

    printf("readers=%d\nplaying=%d\n", n, playing);
    printf("mbit_min=%.3f\nmbit_median=%.3f\n", rates[0], rates[n / 2]);
    printf("bytes=%lu\npackets=%lu\ngaps=%lu\nreordered=%lu\n"
           "unstamped=%lu\n", all->bytes, all->packets, all->gaps,
           all->reordered, all->unstamped);

    if (all->reads) {
        printf("packets_per_read=%.2f\n",
               (double) all->packets / all->reads);
    }

    if (load.npids && all->bytes) {
        printf("server_s_per_gb=%.4f\n", server / (all->bytes / 1e9));
    }

    free(rates);
}


static int
load_compare(const void *one, const void *two)
{
    double  a, b;

    a = *(const double *) one;
    b = *(const double *) two;

    return (a > b) - (a < b);
}


static void *
load_thread(void *data)
{
    load_thread_t *t = data;

    int                  i, n;
    uint64_t             now, tick, stopped;
    load_event_t        *e;
    struct epoll_event   events[LOAD_MAX_EVENTS];

    tick = 0;
    stopped = 0;

    for ( ;; ) {

        n = epoll_wait(t->epoll, events, LOAD_MAX_EVENTS, 20);

        for (i = 0; i < n; i++) {
            e = events[i].data.ptr;

            if (e->fd != -1) {
                e->handler(t, e->reader);
            }
        }

        now = bench_now();

        if (load.phase == LOAD_STOP) {

            if (stopped == 0) {
                stopped = now;
            }

            if (load_stop_all(t) == 0 || now - stopped > LOAD_END) {
                return NULL;
            }

            continue;
        }

        load_start_more(t);

        if (now - tick > LOAD_TICK) {
            tick = now;
            load_tick(t, now);
        }
    }
}


static void
load_buffers(load_thread_t *t)
{
    int     i;
    size_t  size, stride;

    size = load.gro ? LOAD_GRO : LOAD_DATAGRAM;
    stride = size + 192;        /* not all in the same lines of the cache */
    t->batch = load.gro ? 8 : LOAD_BATCH;

    t->buffer = malloc(LOAD_BUFFER + t->batch * stride);
    if (t->buffer == NULL) {
        bench_die(ENOMEM, "cannot start a thread");
    }

    for (i = 0; i < t->batch; i++) {
        t->iovs[i].iov_base = t->buffer + LOAD_BUFFER + i * stride;
        t->iovs[i].iov_len = size;
        t->msgs[i].msg_hdr.msg_iov = &t->iovs[i];
        t->msgs[i].msg_hdr.msg_iovlen = 1;
    }
}


static void
load_start_more(load_thread_t *t)
{
    int  started;

    while (t->started < t->target && t->setups < load.concurrency) {
        started = t->started++;
        load_reader_start(t, &t->readers[started]);
    }
}


static void
load_tick(load_thread_t *t, uint64_t now)
{
    int             i, caught_up;
    load_reader_t  *r;

    caught_up = 0;

    for (i = 0; i < t->started; i++) {

        r = &t->readers[i];

        if (r->state != LOAD_PLAYING) {
            continue;
        }

        if (r->latency && r->latency < LOAD_CAUGHT_UP) {
            caught_up++;
        }

        if (now - r->keepalive > LOAD_KEEPALIVE) {
            r->keepalive = now;
            load_request(t, r, LOAD_PLAYING, "GET_PARAMETER", load.url.text,
                         "");
        }
    }

    t->caught_up = caught_up;
}


/* sessions over UDP outlive their connection, so each gets a TEARDOWN */

static int
load_stop_all(load_thread_t *t)
{
    int             i, open;
    load_reader_t  *r;

    open = 0;

    for (i = 0; i < t->started; i++) {

        r = &t->readers[i];

        if (r->state == LOAD_PLAYING) {
            load_request(t, r, LOAD_TEARDOWN, "TEARDOWN", load.url.text, "");
        }

        if (r->state != LOAD_DONE && r->state != LOAD_FAILED) {
            open++;
        }
    }

    return open;
}


static void
load_reader_start(load_thread_t *t, load_reader_t *r)
{
    unsigned   n;
    in_addr_t  from;

    r->control.reader = r;
    r->media.reader = r;
    r->media.fd = -1;
    r->rtcp_fd = -1;
    r->rest_len = 0;
    r->seq_known = 0;
    r->latency = 0;
    r->started = bench_now();
    memset(&r->client, 0, sizeof(bench_client_t));

    t->setups++;

    n = load.connections++;

    if (load.accepted) {
        r->control.fd = load.accepted[n];

    } else {
        from = load.from;

        if (load.rate) {
            /* closed connections keep their ports for a while */
            from = htonl(ntohl(from) + n % LOAD_ADDRESSES);
        }

        r->control.fd = bench_connect(&load.url, from, SOCK_NONBLOCK);
    }

    if (r->control.fd == -1) {
        load_reader_fail(t, r, strerror(errno));
        return;
    }

    r->state = LOAD_CONNECT;
    load_reader_watch(t, &r->control, load_connected);
}


static int
load_reader_sockets(load_thread_t *t, load_reader_t *r, uint16_t *port)
{
    int  i;

    for (i = 0; i < 10000; i++) {

        *port = 20000 + (load.udp_port += 2) % 12000;

        r->media.fd = load_udp_socket(*port);
        if (r->media.fd == -1) {
            continue;
        }

        r->rtcp_fd = load_udp_socket(*port + 1);
        if (r->rtcp_fd == -1) {
            close(r->media.fd);
            r->media.fd = -1;
            continue;
        }

        load_reader_watch(t, &r->media, load_read_udp);

        return 0;
    }

    return -1;
}


static int
load_udp_socket(uint16_t port)
{
    int                 fd, on;
    struct sockaddr_in  addr;

    fd = socket(AF_INET, SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);
    if (fd == -1) {
        return -1;
    }

    on = 1;

    if (load.gro) {
        setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(int));
    }

    if (load.rcvbuf
        && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &load.rcvbuf,
                      sizeof(int))
           == -1)
    {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &load.rcvbuf, sizeof(int));
    }

    memset(&addr, 0, sizeof(addr));
    addr.sin_family = AF_INET;
    addr.sin_port = htons(port);
    addr.sin_addr.s_addr = load.from;

    if (bind(fd, (struct sockaddr *) &addr, sizeof(addr)) == -1) {
        close(fd);
        return -1;
    }

    return fd;
}


static void
load_reader_watch(load_thread_t *t, load_event_t *e, load_handler_pt handler)
{
    struct epoll_event  event;

    e->handler = handler;

    event.events = (handler == load_connected) ? EPOLLOUT : EPOLLIN;
    event.data.ptr = e;

    if (epoll_ctl(t->epoll, EPOLL_CTL_ADD, e->fd, &event) == -1
        && (errno != EEXIST
            || epoll_ctl(t->epoll, EPOLL_CTL_MOD, e->fd, &event) == -1))
    {
        bench_die(errno, "epoll_ctl() failed");
    }
}


static void
load_reader_close(load_reader_t *r)
{
    if (r->control.fd != -1) {
        close(r->control.fd);
        r->control.fd = -1;
    }

    if (r->media.fd != -1) {
        close(r->media.fd);
        r->media.fd = -1;
    }

    if (r->rtcp_fd != -1) {
        close(r->rtcp_fd);
        r->rtcp_fd = -1;
    }

    free(r->rest);
    r->rest = NULL;
    r->rest_len = 0;
    r->rest_size = 0;
}


static void
load_reader_fail(load_thread_t *t, load_reader_t *r, const char *reason)
{
    static const char  *state[] = { "idle", "connect", "DESCRIBE", "SETUP",
                                    "PLAY", "playing", "TEARDOWN" };

    if (r->state == LOAD_TEARDOWN) {

        /* it was to end in any case */

        load_reader_close(r);
        r->state = LOAD_DONE;
        return;
    }

    if (load.complained++ < 5) {
        fprintf(stderr, "rtsp_load: reader failed at %s: %s\n",
                state[r->state], reason);
    }

    if (r->state < LOAD_PLAYING) {
        t->setups--;
    }

    load_reader_close(r);
    r->state = LOAD_FAILED;
    t->failed++;
}


static void
load_request(load_thread_t *t, load_reader_t *r, load_state_e state,
    const char *method, const char *url, const char *headers)
{
    char    request[2048];
    size_t  len;

    len = bench_request(&r->client, request, sizeof(request), method, url,
                        headers, NULL);

    if (send(r->control.fd, request, len, MSG_DONTWAIT) != (ssize_t) len) {
        load_reader_fail(t, r, strerror(errno));
        return;
    }

    r->state = state;
}


static void
load_setup(load_thread_t *t, load_reader_t *r)
{
    char      headers[128];
    uint16_t  port;

    if (!load.udp) {
        load_request(t, r, LOAD_SETUP, "SETUP", r->track,
                     "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
        return;
    }

    if (load_reader_sockets(t, r, &port) == -1) {
        load_reader_fail(t, r, "no pair of ports");
        return;
    }

    snprintf(headers, sizeof(headers),
             "Transport: RTP/AVP;unicast;client_port=%d-%d\r\n",
             port, port + 1);

    load_request(t, r, LOAD_SETUP, "SETUP", r->track, headers);
}


static void
load_response(load_thread_t *t, load_reader_t *r, const bench_message_t *m)
{
    char      transport[256], *p;
    uint64_t  now;

    if (bench_status(m) != 200) {
        transport[0] = '\0';
        snprintf(transport, sizeof(transport), "%.*s",
                 (int) strcspn(m->head, "\r"), m->head);
        load_reader_fail(t, r, transport);
        return;
    }

    switch (r->state) {

    case LOAD_DESCRIBE:
        load_track(r, m);
        load_setup(t, r);
        return;

    case LOAD_SETUP:
        bench_take_session(&r->client, m);
        bench_header(m, "Transport", transport, sizeof(transport));

        p = strstr(transport, "interleaved=");
        r->channel = p ? atoi(p + sizeof("interleaved=") - 1) : 0;

        load_request(t, r, LOAD_PLAY, "PLAY", load.url.text,
                     "Range: npt=0.000-\r\n");
        return;

    case LOAD_PLAY:
        t->setups--;
        now = bench_now();
        r->state = LOAD_PLAYING;
        r->keepalive = now;

        if (load.rate) {
            if (load.phase == LOAD_MEASURE) {
                bench_hist_add(&t->latency, now - r->started);
            }

            load_request(t, r, LOAD_TEARDOWN, "TEARDOWN", load.url.text, "");
        }

        return;

    case LOAD_TEARDOWN:
        load_reader_close(r);
        r->state = LOAD_DONE;

        if (load.rate && load.phase != LOAD_STOP) {
            t->sessions += (load.phase == LOAD_MEASURE);
            load_reader_start(t, r);
        }

        return;

    default:    /* of a keep-alive */
        return;
    }
}


/* the control attribute of the first media (RFC 2326, C.1.1) */

static void
load_track(load_reader_t *r, const bench_message_t *m)
{
    size_t       len;
    char         base[256], body[16384];
    const char  *p;

    len = (m->body_len < sizeof(body)) ? m->body_len : sizeof(body) - 1;
    memcpy(body, m->body, len);
    body[len] = '\0';

    if (bench_header(m, "Content-Base", base, sizeof(base)) == 0) {
        strcpy(base, load.url.text);
    }

    len = strlen(base);

    if (len && base[len - 1] == '/') {
        base[len - 1] = '\0';
    }

    p = strstr(body, "\nm=");
    p = p ? strstr(p, "\na=control:") : NULL;

    if (p == NULL) {
        strcpy(r->track, base);
        return;
    }

    p += sizeof("\na=control:") - 1;
    len = strcspn(p, "\r\n");

    if (len > 200) {
        len = 200;
    }

    if (strncmp(p, "rtsp://", 7) == 0) {
        snprintf(r->track, sizeof(r->track), "%.*s", (int) len, p);

    } else {
        snprintf(r->track, sizeof(r->track), "%s/%.*s", base, (int) len, p);
    }
}


static void
load_connected(load_thread_t *t, load_reader_t *r)
{
    int        error;
    socklen_t  len;

    len = sizeof(int);
    getsockopt(r->control.fd, SOL_SOCKET, SO_ERROR, &error, &len);

    if (error) {
        load_reader_fail(t, r, strerror(error));
        return;
    }

    load_reader_watch(t, &r->control, load_read_tcp);

    load_request(t, r, LOAD_DESCRIBE, "DESCRIBE", load.url.text,
                 "Accept: application/sdp\r\n");
}


/* one recv() for an event; what is left over comes first in the next one */

static void
load_read_tcp(load_thread_t *t, load_reader_t *r)
{
    int      fd;
    size_t   len, used;
    ssize_t  n;

    if (r->rest_len) {
        memcpy(t->buffer, r->rest, r->rest_len);
    }

    fd = r->control.fd;

    n = recv(fd, t->buffer + r->rest_len, LOAD_BUFFER - r->rest_len,
             MSG_DONTWAIT);

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN) {
            load_reader_fail(t, r, n ? strerror(errno) : "closed");
        }

        return;
    }

    len = r->rest_len + n;
    r->rest_len = 0;

    used = load_parse(t, r, t->buffer, len);

    if (used == len || r->state == LOAD_CONNECT || r->control.fd != fd) {
        return;
    }

    len -= used;

    if (len > r->rest_size) {

        if (len == LOAD_BUFFER) {
            load_reader_fail(t, r, "what came is too long");
            return;
        }

        r->rest_size = len + BENCH_FRAMED_PACKET;

        free(r->rest);
        r->rest = malloc(r->rest_size);

        if (r->rest == NULL) {
            bench_die(ENOMEM, "cannot read");
        }
    }

    memcpy(r->rest, t->buffer + used, len);
    r->rest_len = len;
}


/* returns how many bytes of whole packets and responses there were */

static size_t
load_parse(load_thread_t *t, load_reader_t *r, unsigned char *buf, size_t len)
{
    int               rc;
    size_t            size, before, pos;
    uint64_t          now;
    bench_message_t   m;

    pos = 0;
    now = bench_now();
    before = t->packets;

    while (pos < len) {

        if (buf[pos] == '$') {

            if (len - pos < 4) {
                break;
            }

            size = (buf[pos + 2] << 8) + buf[pos + 3];

            if (len - pos < 4 + size) {
                break;
            }

            if (buf[pos + 1] == r->channel) {
                load_packet(t, r, buf + pos + 4, size, now);
            }

            pos += 4 + size;
            continue;
        }

        rc = bench_message(&m, (char *) buf + pos, len - pos);

        if (rc == 0) {
            break;
        }

        if (rc == -1) {
            load_reader_fail(t, r, "what came is neither RTP nor RTSP");
            return len;
        }

        load_response(t, r, &m);

        if (r->control.fd == -1 || r->state == LOAD_CONNECT) {
            return len;     /* closed, or started anew */
        }

        pos += m.size;
    }

    t->reads += (t->packets != before);

    return pos;
}


static void
load_read_udp(load_thread_t *t, load_reader_t *r)
{
    int              i, n, gro, size;
    size_t           len, part;
    uint64_t         now, before;
    unsigned char   *p;
    struct msghdr   *msg;
    struct cmsghdr  *cmsg;

    for (i = 0; load.gro && i < t->batch; i++) {
        t->msgs[i].msg_hdr.msg_control = t->controls[i];
        t->msgs[i].msg_hdr.msg_controllen = sizeof(t->controls[i]);
    }

    n = recvmmsg(r->media.fd, t->msgs, t->batch, MSG_DONTWAIT, NULL);
    if (n <= 0) {
        return;
    }

    now = bench_now();
    before = t->packets;

    for (i = 0; i < n; i++) {

        p = t->iovs[i].iov_base;
        len = t->msgs[i].msg_len;
        msg = &t->msgs[i].msg_hdr;
        size = len;

        cmsg = load.gro ? CMSG_FIRSTHDR(msg) : NULL;

        if (cmsg && cmsg->cmsg_level == SOL_UDP
            && cmsg->cmsg_type == UDP_GRO)
        {
            memcpy(&gro, CMSG_DATA(cmsg), sizeof(int));
            size = gro;
        }

        while (len) {
            part = ((size_t) size < len) ? (size_t) size : len;
            load_packet(t, r, p, part, now);
            p += part;
            len -= part;
        }
    }

    t->reads += (t->packets != before);
}


static void
load_packet(load_thread_t *t, load_reader_t *r, const unsigned char *p,
    size_t len, uint64_t now)
{
    int       measure;
    int16_t   ahead;
    uint16_t  seq;
    uint64_t  sent;

    if (len < BENCH_RTP_HEADER) {
        return;
    }

    measure = (load.phase == LOAD_MEASURE);

    seq = (p[2] << 8) + p[3];
    ahead = (int16_t) (seq - r->seq);

    if (r->seq_known && measure) {

        if (ahead > 1) {
            t->gaps += ahead - 1;

        } else if (ahead < 1) {
            t->reordered++;
        }
    }

    if (!r->seq_known || ahead > 0) {
        r->seq = seq;
        r->seq_known = 1;
    }

    sent = bench_stamped(p, len);

    /* a stream of somebody else's has no stamps: taken as caught up */

    r->latency = (sent && now > sent) ? now - sent : 1;

    if (!measure) {
        return;
    }

    r->bytes += len;
    t->bytes += len;
    t->packets++;

    if (sent) {
        bench_hist_add(&t->latency, r->latency);

    } else {
        t->unstamped++;
    }
}
