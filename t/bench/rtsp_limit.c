
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>


/*
 * The bare loop: the cheapest RTSP relay that these system calls allow, which
 * the module is measured against in the same run.  One thread, one publisher
 * (over TCP), any path.  It checks nothing, counts nothing, and trusts its
 * clients, so it is a yardstick and no server.
 *
 * The publisher's bytes are received right into a ring, where they already
 * are framed as a reader over TCP gets them: "$", channel, length, RTP.  The
 * ring's memory is mapped twice in a row, so that any part of it is one
 * contiguous run of bytes, and a reader is a position in it.  A flush costs
 * one send() for a reader over TCP; over UDP, sendmmsg() takes 64 messages at
 * a time, each a run of packets that the kernel cuts up (UDP_SEGMENT).
 *
 * When to flush TCP readers is chosen by -f: after each recv() ("read"), or
 * at the end of each frame ("frame").  UDP readers always get whole frames.
 */

#define LIMIT_RING            (16 * 1024 * 1024)
#define LIMIT_RECV            65536
#define LIMIT_REQUEST         65536
#define LIMIT_MAX_EVENTS      512
#define LIMIT_MAX_READERS     16384
#define LIMIT_MAX_IOVS        2048          /* packets of a flush over UDP */
#define LIMIT_MAX_SEGMENTS    44            /* 44 x 1440 bytes < 64 KiB */
#define LIMIT_MAX_RUNS        512
#define LIMIT_BATCH           64            /* messages of a sendmmsg() */
#define LIMIT_SNDBUF          (4 * 1024 * 1024)


typedef struct {
    int                   fd;
    int                   slot;             /* in the list of readers, or -1 */
    unsigned              udp:1;
    unsigned              blocked:1;        /* waits for EPOLLOUT */
    unsigned              closed:1;
    unsigned              answer:1;         /* text is one that waits */
    uint64_t              pos;              /* TCP reader: sent up to here */
    struct sockaddr_in    addr;             /* UDP reader */
    char                 *text;             /* a part of a request */
    size_t                text_len;
} limit_conn_t;


typedef struct {
    limit_conn_t         *conns[LIMIT_MAX_READERS];
    int                   n;
} limit_readers_t;


/* packets of one size, the last may be shorter: one message with GSO */

typedef struct {
    struct iovec         *iov;
    size_t                iovs;
    size_t                size;
    size_t                total;

    union {
        struct cmsghdr    header;
        char              space[CMSG_SPACE(sizeof(uint16_t))];
    } control;
} limit_run_t;


static void limit_options(int argc, char **argv, int *port, int *udp_port);
static int limit_socket(int type, int port);
static unsigned char *limit_mirror(size_t size);
static void limit_accept(int listen_fd);
static void limit_read(limit_conn_t *c);
static void limit_request(limit_conn_t *c, const bench_message_t *m);
static void limit_setup(limit_conn_t *c, const bench_message_t *m,
    char *headers, size_t size);
static void limit_answer(limit_conn_t *c, const bench_message_t *m,
    const char *status, const char *headers, const char *body);
static void limit_play(limit_conn_t *c);
static void limit_stop(limit_conn_t *c);
static void limit_close(limit_conn_t *c);
static void limit_keep(limit_conn_t *c, const char *text, size_t len);
static void limit_ingest(limit_conn_t *c);
static uint64_t limit_scan(uint64_t filled, unsigned *strange);
static void limit_flush(uint64_t end, uint64_t frame_end);
static void limit_send(limit_conn_t *c);
static void limit_flush_udp(uint64_t pos, uint64_t end);
static size_t limit_runs(uint64_t pos, uint64_t end);
static void limit_segment(limit_run_t *run);
static int limit_sendmmsg(struct mmsghdr *msgs, int n);


static struct {
    int                   epoll;
    int                   udp_fd;
    int                   udp_port;
    unsigned              per_frame:1;
    unsigned              segment:1;        /* the kernel has UDP_SEGMENT */

    char                 *sdp;
    limit_conn_t         *publisher;
    limit_readers_t       tcp;
    limit_readers_t       udp;
    unsigned              sessions;

    unsigned char        *ring;
    uint64_t              head;             /* end of the last whole packet */
    uint64_t              filled;           /* end of the last byte */
    uint64_t              frame;            /* end of the last whole frame */
    uint64_t              flushed;          /* TCP readers may go to here */
    uint64_t              flushed_udp;

    struct iovec          iovs[LIMIT_MAX_IOVS];
    limit_run_t           runs[LIMIT_MAX_RUNS];
} limit;


int
main(int argc, char **argv)
{
    int                  i, n, port, listen_fd;
    limit_conn_t        *c;
    struct epoll_event   events[LIMIT_MAX_EVENTS], event;

    limit_options(argc, argv, &port, &limit.udp_port);

    signal(SIGPIPE, SIG_IGN);

    limit.ring = limit_mirror(LIMIT_RING);
    limit.epoll = epoll_create1(EPOLL_CLOEXEC);
    limit.udp_fd = limit_socket(SOCK_DGRAM, limit.udp_port);
    limit.segment = 1;

    /* the second port of the pair: what arrives there is left unread */

    (void) limit_socket(SOCK_DGRAM, limit.udp_port + 1);

    listen_fd = limit_socket(SOCK_STREAM, port);

    if (listen(listen_fd, 4096) == -1) {
        bench_die(errno, "listen() failed");
    }

    event.events = EPOLLIN;
    event.data.ptr = NULL;
    epoll_ctl(limit.epoll, EPOLL_CTL_ADD, listen_fd, &event);

    printf("ready\n");
    fflush(stdout);

    for ( ;; ) {
        n = epoll_wait(limit.epoll, events, LIMIT_MAX_EVENTS, -1);

        for (i = 0; i < n; i++) {

            c = events[i].data.ptr;

            if (c == NULL) {
                limit_accept(listen_fd);
                continue;
            }

            if (events[i].events & EPOLLOUT && c->blocked) {
                c->blocked = 0;
                limit_send(c);
            }

            if (events[i].events & (EPOLLIN|EPOLLRDHUP|EPOLLHUP|EPOLLERR)
                && !c->closed)
            {
                if (c == limit.publisher) {
                    limit_ingest(c);

                } else {
                    limit_read(c);
                }
            }

            if (c->closed) {
                limit_close(c);
            }
        }
    }
}


static void
limit_options(int argc, char **argv, int *port, int *udp_port)
{
    int  opt;

    *port = 0;
    *udp_port = 0;

    while ((opt = getopt(argc, argv, "p:u:f:")) != -1) {

        switch (opt) {

        case 'p':
            *port = bench_number(optarg, 1);
            break;

        case 'u':
            *udp_port = bench_number(optarg, 1);
            break;

        case 'f':
            if (strcmp(optarg, "frame") == 0) {
                limit.per_frame = 1;
                break;
            }

            if (strcmp(optarg, "read") == 0) {
                break;
            }

            goto usage;

        default:
            goto usage;
        }
    }

    if (*port && *udp_port && optind == argc) {
        return;
    }

usage:

    fprintf(stderr,
            "usage: rtsp_limit -p port -u port [-f read | -f frame]\n"
            "  -p port   RTSP, on 127.0.0.1\n"
            "  -u port   RTP over UDP; the next port is RTCP's\n"
            "  -f when   to flush TCP readers (after each read)\n");
    exit(2);
}


static int
limit_socket(int type, int port)
{
    int                 fd, on, size;
    struct sockaddr_in  addr;

    fd = socket(AF_INET, type|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);
    if (fd == -1) {
        bench_die(errno, "socket() failed");
    }

    memset(&addr, 0, sizeof(addr));
    addr.sin_family = AF_INET;
    addr.sin_port = htons(port);
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    on = 1;
    size = LIMIT_SNDBUF;

    if (type == SOCK_STREAM) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(int));

    } else if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(int))
               == -1)
    {
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(int));
    }

    if (bind(fd, (struct sockaddr *) &addr, sizeof(addr)) == -1) {
        bench_die(errno, "bind() to port %d failed", port);
    }

    return fd;
}


static unsigned char *
limit_mirror(size_t size)
{
    int             fd;
    unsigned char  *p;

    fd = memfd_create("ring", MFD_CLOEXEC);

    if (fd == -1 || ftruncate(fd, size) == -1) {
        bench_die(errno, "cannot create the ring");
    }

    p = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED
        || mmap(p, size, PROT_READ|PROT_WRITE,
                MAP_SHARED|MAP_FIXED|MAP_POPULATE, fd, 0)
           == MAP_FAILED
        || mmap(p + size, size, PROT_READ|PROT_WRITE,
                MAP_SHARED|MAP_FIXED|MAP_POPULATE, fd, 0)
           == MAP_FAILED)
    {
        bench_die(errno, "cannot map the ring");
    }

    return p;
}


static void
limit_accept(int listen_fd)
{
    int                  fd, on;
    socklen_t            len;
    limit_conn_t        *c;
    struct sockaddr_in   addr;
    struct epoll_event   event;

    for ( ;; ) {
        len = sizeof(addr);

        fd = accept4(listen_fd, (struct sockaddr *) &addr, &len,
                     SOCK_NONBLOCK|SOCK_CLOEXEC);
        if (fd == -1) {
            return;
        }

        on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(int));

        c = calloc(1, sizeof(limit_conn_t));
        if (c == NULL) {
            bench_die(ENOMEM, "cannot accept");
        }

        c->fd = fd;
        c->slot = -1;
        c->addr = addr;

        event.events = EPOLLIN|EPOLLOUT|EPOLLRDHUP|EPOLLET;
        event.data.ptr = c;
        epoll_ctl(limit.epoll, EPOLL_CTL_ADD, fd, &event);
    }
}


/* requests; what is not whole yet is kept for the next time */

static void
limit_read(limit_conn_t *c)
{
    int              rc;
    char            *p;
    size_t           len;
    ssize_t          n;
    bench_message_t  m;
    static char      buf[LIMIT_REQUEST];

    if (c->answer) {
        return;     /* limit_send() comes back here */
    }

    len = c->text_len;

    if (len) {
        memcpy(buf, c->text, len);
        limit_keep(c, NULL, 0);
    }

    n = recv(c->fd, buf + len, sizeof(buf) - len, 0);

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN) {
            c->closed = 1;
        }

        limit_keep(c, buf, len);
        return;
    }

    len += n;
    p = buf;

    while (len && !c->closed) {

        if (*p == '$') {    /* RTCP of a reader */

            rc = 0;

            if (len >= 4) {
                m.size = 4 + ((unsigned char) p[2] << 8)
                         + (unsigned char) p[3];
                rc = (len >= m.size);
            }

        } else {
            rc = bench_message(&m, p, len);

            if (rc == 1) {
                limit_request(c, &m);
            }
        }

        if (rc == -1 || (rc == 0 && len == sizeof(buf))) {
            c->closed = 1;
            return;
        }

        if (rc == 0) {
            limit_keep(c, p, len);
            return;
        }

        p += m.size;
        len -= m.size;
    }
}


static void
limit_request(limit_conn_t *c, const bench_message_t *m)
{
    char  headers[512];

    switch (m->head[0]) {

    case 'O':   /* OPTIONS */
        limit_answer(c, m, "200 OK", "Public: DESCRIBE, ANNOUNCE, SETUP, "
                     "PLAY, RECORD, TEARDOWN, GET_PARAMETER\r\n", NULL);
        return;

    case 'A':   /* ANNOUNCE */
        free(limit.sdp);
        limit.sdp = strndup(m->body, m->body_len);
        break;

    case 'D':   /* DESCRIBE */
        if (limit.sdp == NULL) {
            limit_answer(c, m, "404 Not Found", "", NULL);
            return;
        }

        limit_answer(c, m, "200 OK", "Content-Type: application/sdp\r\n",
                     limit.sdp);
        return;

    case 'S':   /* SETUP */
        limit_setup(c, m, headers, sizeof(headers));
        limit_answer(c, m, "200 OK", headers, NULL);
        return;

    case 'R':   /* RECORD */
        if (limit.publisher) {
            limit_answer(c, m, "403 Forbidden", "", NULL);
            return;
        }

        limit.publisher = c;
        limit.filled = limit.head;
        break;

    case 'P':   /* PLAY */
        limit_answer(c, m, "200 OK", "Range: npt=0.000-\r\n", NULL);
        limit_play(c);
        return;

    case 'T':   /* TEARDOWN */
        if (c == limit.publisher) {
            limit.publisher = NULL;
        }

        limit_answer(c, m, "200 OK", "", NULL);
        limit_stop(c);
        return;
    }

    limit_answer(c, m, "200 OK", "", NULL);
}


static void
limit_setup(limit_conn_t *c, const bench_message_t *m, char *headers,
    size_t size)
{
    int    port;
    char   transport[256], *p;

    bench_header(m, "Transport", transport, sizeof(transport));

    p = strstr(transport, "client_port=");

    if (p == NULL || strstr(transport, "TCP")) {
        c->udp = 0;
        snprintf(headers, size, "Transport: RTP/AVP/TCP;unicast;"
                 "interleaved=0-1\r\nSession: %08x;timeout=60\r\n",
                 ++limit.sessions);
        return;
    }

    port = atoi(p + sizeof("client_port=") - 1);

    c->udp = 1;
    c->addr.sin_port = htons(port);

    snprintf(headers, size, "Transport: RTP/AVP;unicast;client_port=%d-%d;"
             "server_port=%d-%d\r\nSession: %08x;timeout=60\r\n",
             port, port + 1, limit.udp_port, limit.udp_port + 1,
             ++limit.sessions);
}


static void
limit_answer(limit_conn_t *c, const bench_message_t *m, const char *status,
    const char *headers, const char *body)
{
    char    text[8192], cseq[32];
    size_t  len;

    bench_header(m, "CSeq", cseq, sizeof(cseq));

    if (body == NULL) {
        len = snprintf(text, sizeof(text), "RTSP/1.0 %s\r\nCSeq: %s\r\n%s"
                       "\r\n", status, cseq, headers);

    } else {
        len = snprintf(text, sizeof(text), "RTSP/1.0 %s\r\nCSeq: %s\r\n%s"
                       "Content-Length: %zu\r\n\r\n%s",
                       status, cseq, headers, strlen(body), body);
    }

    if (len >= sizeof(text)) {
        c->closed = 1;
        return;
    }

    if (c->slot != -1 && !c->udp && c->pos != limit.flushed) {

        /* a packet may be half sent: the answer goes after it */

        limit_keep(c, text, len);
        c->answer = 1;
        return;
    }

    if (send(c->fd, text, len, 0) != (ssize_t) len) {
        c->closed = 1;
    }
}


static void
limit_play(limit_conn_t *c)
{
    limit_readers_t  *readers;

    readers = c->udp ? &limit.udp : &limit.tcp;

    if (c->slot != -1 || readers->n == LIMIT_MAX_READERS) {
        return;
    }

    c->pos = limit.flushed;
    c->blocked = 0;
    c->slot = readers->n;
    readers->conns[readers->n++] = c;
}


static void
limit_stop(limit_conn_t *c)
{
    limit_conn_t     *last;
    limit_readers_t  *readers;

    if (c->slot == -1) {
        return;
    }

    readers = c->udp ? &limit.udp : &limit.tcp;

    last = readers->conns[--readers->n];
    readers->conns[c->slot] = last;
    last->slot = c->slot;
    c->slot = -1;

    if (c->answer) {    /* to TEARDOWN, on a full socket */
        c->closed = 1;
    }
}


static void
limit_close(limit_conn_t *c)
{
    limit_keep(c, NULL, 0);
    limit_stop(c);

    if (c == limit.publisher) {
        limit.publisher = NULL;
    }

    close(c->fd);
    free(c);
}


static void
limit_keep(limit_conn_t *c, const char *text, size_t len)
{
    free(c->text);

    c->text = NULL;
    c->text_len = len;

    if (len) {
        c->text = malloc(len);
        if (c->text == NULL) {
            bench_die(ENOMEM, "cannot keep %zu bytes", len);
        }

        memcpy(c->text, text, len);
    }
}


/*
 * Edge-triggered: read until the socket has no more, which a read that comes
 * back short already tells.
 */

static void
limit_ingest(limit_conn_t *c)
{
    ssize_t          n;
    unsigned         strange;
    bench_message_t  m;

    do {
        n = recv(c->fd, limit.ring + limit.filled % LIMIT_RING, LIMIT_RECV,
                 0);

        if (n <= 0) {
            if (n == 0 || errno != EAGAIN) {
                c->closed = 1;
            }

            return;
        }

        limit.filled += n;
        limit.head = limit_scan(limit.filled, &strange);

        limit_flush(limit.per_frame ? limit.frame : limit.head, limit.frame);

        if (strange) {

            /* no packet but a request: TEARDOWN, the end of the stream */

            if (bench_message(&m, (char *) limit.ring
                                  + limit.head % LIMIT_RING,
                              limit.filled - limit.head)
                == 1)
            {
                limit_request(c, &m);
            }

            if (c == limit.publisher) {
                c->closed = 1;
            }

            return;
        }

    } while (n == LIMIT_RECV);
}


/* returns the end of the last whole packet, notes the end of a frame */

static uint64_t
limit_scan(uint64_t filled, unsigned *strange)
{
    size_t                len;
    uint64_t              pos;
    const unsigned char  *p;

    *strange = 0;
    pos = limit.head;

    while (filled - pos >= 4) {

        p = limit.ring + pos % LIMIT_RING;

        if (p[0] != '$') {
            *strange = 1;
            break;
        }

        len = 4 + (p[2] << 8) + p[3];

        if (filled - pos < len) {
            break;
        }

        pos += len;

        if (p[1] == 0 && len > 5 && p[5] & 0x80) {
            limit.frame = pos;
        }
    }

    return pos;
}


static void
limit_flush(uint64_t end, uint64_t frame_end)
{
    int            i;
    limit_conn_t  *c;

    if (limit.flushed != end) {
        limit.flushed = end;

        /* backwards, as a reader that goes is replaced by the last one */

        for (i = limit.tcp.n - 1; i >= 0; i--) {
            c = limit.tcp.conns[i];

            if (!c->blocked) {
                limit_send(c);
                continue;
            }

            if (limit.filled - c->pos > LIMIT_RING - 2 * LIMIT_RECV) {

                /* too slow: the ring has come round to it */

                limit_stop(c);
                shutdown(c->fd, SHUT_RDWR);
            }
        }
    }

    if (limit.flushed_udp != frame_end) {

        if (limit.udp.n) {
            limit_flush_udp(limit.flushed_udp, frame_end);
        }

        limit.flushed_udp = frame_end;
    }
}


static void
limit_send(limit_conn_t *c)
{
    size_t   len;
    ssize_t  n;

    if (c->slot == -1 || c->udp) {
        return;
    }

    len = limit.flushed - c->pos;

    if (len) {
        n = send(c->fd, limit.ring + c->pos % LIMIT_RING, len, 0);

        if (n == -1) {
            if (errno == EAGAIN) {
                c->blocked = 1;

            } else {
                limit_stop(c);      /* EPOLLHUP brings the end */
            }

            return;
        }

        c->pos += n;

        if ((size_t) n < len) {
            c->blocked = 1;
            return;
        }
    }

    if (c->answer) {
        (void) send(c->fd, c->text, c->text_len, 0);
        limit_keep(c, NULL, 0);
        c->answer = 0;
        limit_read(c);
    }
}


/* every reader gets the same messages, 64 of them with one call */

static void
limit_flush_udp(uint64_t pos, uint64_t end)
{
    int                    i, n;
    size_t                 k, nruns;
    limit_run_t           *run;
    struct mmsghdr        *msg;
    static struct mmsghdr  msgs[LIMIT_BATCH];

    nruns = limit_runs(pos, end);
    n = 0;

    for (i = 0; i < limit.udp.n; i++) {

        for (k = 0; k < nruns; k++) {

            run = &limit.runs[k];
            msg = &msgs[n++];

            msg->msg_hdr.msg_name = &limit.udp.conns[i]->addr;
            msg->msg_hdr.msg_namelen = sizeof(struct sockaddr_in);
            msg->msg_hdr.msg_iov = run->iov;
            msg->msg_hdr.msg_iovlen = run->iovs;

            if (run->iovs > 1) {
                msg->msg_hdr.msg_control = &run->control;
                msg->msg_hdr.msg_controllen = sizeof(run->control);

            } else {
                msg->msg_hdr.msg_control = NULL;
                msg->msg_hdr.msg_controllen = 0;
            }

            if (n == LIMIT_BATCH) {
                n = limit_sendmmsg(msgs, n);
            }
        }
    }

    (void) limit_sendmmsg(msgs, n);
}


/* cuts a part of the ring into runs of RTP packets, RTCP is left out */

static size_t
limit_runs(uint64_t pos, uint64_t end)
{
    size_t          len, n, iovs;
    limit_run_t    *run;
    unsigned char  *p;

    n = 0;
    iovs = 0;
    run = NULL;

    while (pos < end && iovs < LIMIT_MAX_IOVS && n < LIMIT_MAX_RUNS) {

        p = limit.ring + pos % LIMIT_RING;
        len = (p[2] << 8) + p[3];
        pos += 4 + len;

        if (p[1] != 0) {
            continue;
        }

        if (run == NULL || len > run->size
            || run->iovs == (limit.segment ? LIMIT_MAX_SEGMENTS : 1)
            || run->total + len > 65000
            || run->iov[run->iovs - 1].iov_len < run->size)
        {
            run = &limit.runs[n++];
            run->iov = &limit.iovs[iovs];
            run->iovs = 0;
            run->total = 0;
            run->size = len;
            limit_segment(run);
        }

        limit.iovs[iovs].iov_base = p + 4;
        limit.iovs[iovs].iov_len = len;
        iovs++;

        run->iovs++;
        run->total += len;
    }

    return n;
}


static void
limit_segment(limit_run_t *run)
{
    uint16_t         size;
    struct cmsghdr  *cmsg;

    size = run->size;

    cmsg = &run->control.header;
    cmsg->cmsg_level = SOL_UDP;
    cmsg->cmsg_type = UDP_SEGMENT;
    cmsg->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    memcpy(CMSG_DATA(cmsg), &size, sizeof(uint16_t));
}


/* what the socket does not take is lost, as on a network; returns 0 */

static int
limit_sendmmsg(struct mmsghdr *msgs, int n)
{
    int  sent;

    while (n > 0) {
        sent = sendmmsg(limit.udp_fd, msgs, n, 0);

        if (sent == -1) {

            if (errno == EIO || errno == EINVAL) {
                limit.segment = 0;      /* from the next flush on */
            }

            sent = 1;
        }

        msgs += sent;
        n -= sent;
    }

    return 0;
}
