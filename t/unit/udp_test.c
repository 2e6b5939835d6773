
/*
 * Copyright (C) the nginx RTSP module authors
 */


/*
 * The UDP sockets over loopback, against the kernel at hand: which socket a
 * datagram arrives at, in which process, from which address an answer comes,
 * what segmentation and its refusal make of a run.  The bits of nginx that
 * the sources call are stood in for below: an epoll loop of a few lines, and
 * connections that are blocks of their own, so that the sanitizer sees who
 * touches one that was closed.
 *
 * Three calls go through hooks, where a moment or a refusal is needed that
 * the kernel does not give at will: connect(), sendmmsg() and the delay
 * between two tries of bind().
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include <net/if.h>
#include <poll.h>
#include <sched.h>

#include "unit.h"


static int hook_connect(int fd, const struct sockaddr *sa, socklen_t len);
static int hook_sendmmsg(int fd, struct mmsghdr *msgs, unsigned int n,
    int flags);
static ssize_t hook_recvmsg(int fd, struct msghdr *msg, int flags);
static void hook_msleep(ngx_msec_t ms);

#undef ngx_msleep

#define ngx_msleep   hook_msleep
#define connect      hook_connect
#define recvmsg      hook_recvmsg

#if (NGX_RTSP_HAVE_SENDMMSG)
#define sendmmsg     hook_sendmmsg
#else
static ssize_t hook_sendmsg(int fd, struct msghdr *msg, int flags);
#define sendmsg      hook_sendmsg
#endif

#include "ngx_rtsp_udp.c"
#undef NGX_RTSP_UDP_MAX
#include "ngx_rtsp_udp_recv.c"
#undef NGX_RTSP_UDP_MAX
#include "ngx_rtsp_udp_send.c"

#undef connect
#undef recvmsg
#undef sendmmsg
#undef sendmsg


#define NOBODY   65534
#define WORKERS  3
#define EACH     40                         /* datagrams of each peer */


/* nginx, as far as it is needed */

ngx_module_t           ngx_core_module;     /* index 0 */
ngx_event_actions_t    ngx_event_actions;
ngx_uint_t             ngx_event_flags = NGX_USE_CLEAR_EVENT;
ngx_queue_t            ngx_posted_next_events;
volatile ngx_msec_t    ngx_current_msec = 1000;
volatile ngx_cycle_t  *ngx_cycle;
ngx_uint_t             ngx_process;
ngx_uint_t             ngx_inherited;
ngx_uint_t             ngx_test_config;

static ngx_log_t       test_log;
static ngx_cycle_t     cycle, old_cycle;
static ngx_conf_t      cf;
static ngx_core_conf_t core_conf;
static void           *conf_ctx[1] = { &core_conf };

static int             ep;                  /* epoll of this process */
static ngx_uint_t      connections;         /* open */

static ngx_pool_cleanup_t  *cleanups;

static ngx_uint_t      logged_level;        /* of the last message */
static ngx_err_t       logged_err;
static const char     *logged_text;


void *
ngx_alloc(size_t size, ngx_log_t *log)
{
    return malloc(size);
}


void *
ngx_calloc(size_t size, ngx_log_t *log)
{
    return calloc(1, size);
}


ngx_connection_t *
ngx_get_connection(ngx_socket_t fd, ngx_log_t *log)
{
    ngx_connection_t  *c;

    c = calloc(1, sizeof(ngx_connection_t));
    c->read = calloc(1, sizeof(ngx_event_t));
    c->write = calloc(1, sizeof(ngx_event_t));
    c->read->data = c;
    c->write->data = c;
    c->fd = fd;
    c->log = log;

    connections++;

    return c;
}


void
ngx_close_connection(ngx_connection_t *c)
{
    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (!c->shared) {
        (void) close(c->fd);
    }

    ngx_free_connection(c);
}


void
ngx_free_connection(ngx_connection_t *c)
{
    connections--;

    free(c->read);
    free(c->write);
    free(c);
}


ngx_pool_cleanup_t *
ngx_pool_cleanup_add(ngx_pool_t *p, size_t size)
{
    ngx_pool_cleanup_t  *cln;

    cln = calloc(1, sizeof(ngx_pool_cleanup_t));
    cln->next = cleanups;
    cleanups = cln;

    return cln;
}


void ngx_cdecl
ngx_conf_log_error(ngx_uint_t level, ngx_conf_t *conf, ngx_err_t err,
    const char *fmt, ...)
{
    logged_level = level;
    logged_err = err;
    logged_text = fmt;
}


void
ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    logged_level = level;
    logged_err = err;
    logged_text = fmt;
}


size_t
ngx_sock_ntop(struct sockaddr *sa, socklen_t socklen, u_char *text,
    size_t len, ngx_uint_t port)
{
    return snprintf((char *) text, len, "address");
}


static ngx_int_t
stand_in_add_event(ngx_event_t *ev, ngx_int_t event, ngx_uint_t flags)
{
    ngx_connection_t    *c;
    struct epoll_event   ee;

    c = ev->data;

    ee.events = EPOLLIN | (uint32_t) flags;
    ee.data.ptr = c;

    return epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ee) == 0 ? NGX_OK : NGX_ERROR;
}


/* one turn: posted events of the turn before, else what epoll has */

static ngx_uint_t
turn(int ms)
{
    int                  n;
    ngx_event_t         *ev;
    ngx_queue_t         *q;
    ngx_connection_t    *c;
    struct epoll_event   ee;

    if (!ngx_queue_empty(&ngx_posted_next_events)) {
        q = ngx_queue_head(&ngx_posted_next_events);
        ev = ngx_queue_data(q, ngx_event_t, queue);

        ngx_delete_posted_event(ev);
        ev->handler(ev);

        return 1;
    }

    n = epoll_wait(ep, &ee, 1, ms);

    if (n != 1) {
        return 0;
    }

    c = ee.data.ptr;
    c->read->ready = 1;
    c->read->handler(c->read);

    return 1;
}


static void
destroy_pool(void)
{
    ngx_pool_cleanup_t  *cln;

    while (cleanups) {
        cln = cleanups;
        cleanups = cln->next;

        cln->handler(cln->data);
        free(cln);
    }
}


/* hooks */

static int                   straying;      /* sends before connect() does */
static struct sockaddr      *straying_to;
static socklen_t             straying_len;

static ngx_uint_t            receives;
static ngx_uint_t            sleeps;
static int                   sleep_closes = -1;     /* at the third sleep */

static ngx_uint_t            segmented;     /* messages sent in segments */
static ngx_uint_t            plain;
static ngx_uint_t            refusals;
static int                   refuse_err;    /* for segments to this port, or */
static in_port_t             refuse_port;   /* 0: to all */
static int                   room = -1;     /* messages until one EAGAIN */


static int
hook_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
    if (straying) {
        (void) sendto(straying, "stray", 5, 0, straying_to, straying_len);
    }

    return connect(fd, sa, len);
}


static ssize_t
hook_recvmsg(int fd, struct msghdr *msg, int flags)
{
    receives++;

    return recvmsg(fd, msg, flags);
}


static void
hook_msleep(ngx_msec_t ms)
{
    if (++sleeps == 3 && sleep_closes != -1) {
        (void) close(sleep_closes);
        sleep_closes = -1;
    }
}


static int
hook_sendmmsg(int fd, struct mmsghdr *msgs, unsigned int n, int flags)
{
    unsigned int         i;
    struct msghdr       *msg;
    struct sockaddr_in  *sin;

    for (i = 0; i < n; i++) {
        msg = &msgs[i].msg_hdr;
        sin = msg->msg_name;

        if (room == 0) {
#if (NGX_RTSP_HAVE_SENDMMSG)
            room = i ? 0 : -1;
#endif
            errno = EAGAIN;
            break;
        }

        if (refuse_err && msg->msg_iovlen > 1
            && (refuse_port == 0 || sin->sin_port == refuse_port))
        {
            refusals++;
            errno = refuse_err;
            break;
        }

        if (sendmmsg(fd, &msgs[i], 1, flags) != 1) {
            refusals += (msg->msg_iovlen > 1);
            break;
        }

        if (msg->msg_iovlen > 1) {
            segmented++;

        } else {
            plain++;
        }

        room -= (room > 0);
    }

    return i ? (int) i : -1;
}


#if !(NGX_RTSP_HAVE_SENDMMSG)

static ssize_t
hook_sendmsg(int fd, struct msghdr *msg, int flags)
{
    struct mmsghdr  one;

    one.msg_hdr = *msg;

    return hook_sendmmsg(fd, &one, 1, flags);
}

#endif


/* what handlers have seen */

typedef struct {
    int              worker;
    int              shared;
    int              rtcp;
    int              family;
    int              port;                  /* of the sender */
    int              byte;                  /* the first one */
    int              len;
} seen_t;


static seen_t        seen[1000];
static ngx_uint_t    nseen;
static uint64_t      seen_arrival;
static uint64_t      seen_arrivals;         /* different ones */
static int           worker = -1;
static int           report = -1;           /* a pipe, in a worker */
static ngx_uint_t    close_at;              /* nseen at which to close */


static void
handler(ngx_rtsp_udp_socket_t *us, struct sockaddr *from, socklen_t fromlen,
    u_char *data, size_t len, uint64_t arrival)
{
    seen_t  s;

    ngx_memzero(&s, sizeof(seen_t));

    s.worker = worker;
    s.shared = us->shared;
    s.rtcp = us->rtcp;
    s.family = from->sa_family;
    s.port = ntohs(((struct sockaddr_in *) from)->sin_port);
    s.byte = data[0];
    s.len = len;

    if (report != -1) {
        (void) !write(report, &s, sizeof(seen_t));
        return;
    }

    if (arrival != seen_arrival) {
        seen_arrival = arrival;
        seen_arrivals++;
    }

    if (nseen < sizeof(seen) / sizeof(seen[0])) {
        seen[nseen++] = s;
    }

    if (close_at && nseen == close_at) {
        ngx_rtsp_udp_close(us);
    }
}


static void
forget(void)
{
    nseen = 0;
    receives = 0;
    seen_arrivals = 0;
    seen_arrival = 0;
}


/* runs the loop until "n" datagrams were seen, or nothing comes for a while */

static void
run_loop(ngx_uint_t n)
{
    while (nseen < n && turn(500)) { /* void */ }

    /* and no more than that */

    while (turn(20)) { /* void */ }
}


/* addresses and sockets of the other side */

static socklen_t
address(ngx_sockaddr_t *sa, const char *text, in_port_t port)
{
    memset(sa, 0, sizeof(ngx_sockaddr_t));

    if (strchr(text, ':')) {
        sa->sockaddr_in6.sin6_family = AF_INET6;
        sa->sockaddr_in6.sin6_port = htons(port);
        (void) inet_pton(AF_INET6, text, &sa->sockaddr_in6.sin6_addr);

        return sizeof(struct sockaddr_in6);
    }

    sa->sockaddr_in.sin_family = AF_INET;
    sa->sockaddr_in.sin_port = htons(port);
    (void) inet_pton(AF_INET, text, &sa->sockaddr_in.sin_addr);

    return sizeof(struct sockaddr_in);
}


static int
udp(const char *text, in_port_t port)
{
    int             fd, size;
    socklen_t       len;
    ngx_sockaddr_t  sa;

    len = address(&sa, text, port);
    size = 4 * 1024 * 1024;

    fd = socket(sa.sockaddr.sa_family, SOCK_DGRAM|SOCK_CLOEXEC, 0);

    (void) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(int));

    size = 1;

    if (sa.sockaddr.sa_family == AF_INET6) {
        (void) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &size, sizeof(int));
    }

    if (bind(fd, &sa.sockaddr, len) == -1) {
        (void) close(fd);
        return -1;
    }

    return fd;
}


static socklen_t
own_address(int fd, ngx_sockaddr_t *sa)
{
    socklen_t  len;

    len = sizeof(ngx_sockaddr_t);
    (void) getsockname(fd, &sa->sockaddr, &len);

    return len;
}


static int
own_port(int fd)
{
    ngx_sockaddr_t  sa;

    (void) own_address(fd, &sa);

    return ntohs(sa.sockaddr_in.sin_port);
}


static void
say(int fd, const char *text, in_port_t port, const void *data, size_t len)
{
    socklen_t       socklen;
    ngx_sockaddr_t  sa;

    socklen = address(&sa, text, port);

    (void) sendto(fd, data, len, 0, &sa.sockaddr, socklen);
}


/* the next datagram within a second; 0: none.  "from" is its address */

static ssize_t
hear(int fd, u_char *data, size_t size, char *from)
{
    ssize_t         n;
    socklen_t       len;
    struct pollfd   pfd;
    ngx_sockaddr_t  sa;

    pfd.fd = fd;
    pfd.events = POLLIN;

    if (poll(&pfd, 1, 1000) != 1) {
        return 0;
    }

    len = sizeof(ngx_sockaddr_t);
    n = recvfrom(fd, data, size, 0, &sa.sockaddr, &len);

    if (from) {
        (void) inet_ntop(sa.sockaddr.sa_family,
                         sa.sockaddr.sa_family == AF_INET
                         ? (void *) &sa.sockaddr_in.sin_addr
                         : (void *) &sa.sockaddr_in6.sin6_addr,
                         from, INET6_ADDRSTRLEN);
    }

    return n;
}


static ngx_uint_t
is_silent(int fd)
{
    struct pollfd  pfd;

    pfd.fd = fd;
    pfd.events = POLLIN;

    /* over loopback a datagram is there when the call that sends it returns */

    return poll(&pfd, 1, 1) == 0;
}


static ngx_uint_t
is_free(const char *text, in_port_t port)
{
    int  fd;

    fd = udp(text, port);

    if (fd == -1) {
        return 0;
    }

    (void) close(fd);

    return 1;
}


/* an even port from which on n ports are free in both families */

static in_port_t
free_ports(ngx_uint_t n)
{
    in_port_t   port;
    ngx_uint_t  i;

    do {
        port = 20000 + 2 * (random() % 5000);

        for (i = 0; i < n; i++) {
            if (!is_free("0.0.0.0", port + i) || !is_free("::", port + i)) {
                break;
            }
        }

    } while (i < n);

    return port;
}


static in_port_t
free_port(void)
{
    return free_ports(2);
}


static void
configuration(ngx_rtsp_udp_conf_t *conf, in_port_t port, in_port_t last)
{
    memset(conf, 0, sizeof(ngx_rtsp_udp_conf_t));

    conf->port = port;
    conf->last = last;
    logged_text = "";
    sleeps = 0;
}


static ngx_uint_t
is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}


/* the life of the shared pair */

static void
test_off(void)
{
    ngx_rtsp_udp_conf_t  conf;

    configuration(&conf, 0, 0);
    unit_is_int(ngx_rtsp_udp_configure(&cf, &conf), NGX_OK, "off is right");
    unit_is_int(conf.fd[0][0], -1, "  and makes no socket");

    configuration(&conf, 20000, 20010);
    unit_is_int(ngx_rtsp_udp_configure(&cf, &conf), NGX_OK,
                "a range is right");
    unit_is_int(conf.fd[0][0], -1, "  and makes no shared socket");

    ngx_test_config = 1;
    configuration(&conf, free_port(), 0);
    unit_is_int(ngx_rtsp_udp_configure(&cf, &conf), NGX_OK,
                "nginx -t does not bind");
    unit_is_int(conf.fd[0][0], -1, "  no socket");
    ngx_rtsp_udp_init_module(&cycle, &conf);
    unit_is_int(ngx_rtsp_udp_running.port, 0, "  and keeps nothing");
    ngx_test_config = 0;

    ngx_process = NGX_PROCESS_SIGNALLER;
    configuration(&conf, free_port(), 0);
    unit_is_int(ngx_rtsp_udp_configure(&cf, &conf), NGX_OK,
                "nginx -s does not bind");
    unit_is_int(conf.fd[0][0], -1, "  no socket");
    ngx_process = NGX_PROCESS_SINGLE;
}


static void
test_start(ngx_rtsp_udp_conf_t *conf)
{
    int          on, fd;
    socklen_t    len;
    in_port_t    port;
    struct stat  st;

    port = free_port();

    fd = udp("0.0.0.0", port + 1);
    configuration(conf, port, 0);

    unit_is_int(ngx_rtsp_udp_configure(&cf, conf), NGX_ERROR,
                "a start fails where another server has the port");
    unit_ok(logged_level == NGX_LOG_EMERG && logged_err == EADDRINUSE
            && strstr(logged_text, "rtsp_udp_port"),
            "  which the log tells");
    unit_is_int(sleeps, 4, "  after some tries");

    destroy_pool();
    unit_ok(!is_open(conf->fd[0][0]), "  and leaves no socket open");

    configuration(conf, port, 0);
    sleep_closes = fd;

    unit_is_int(ngx_rtsp_udp_configure(&cf, conf), NGX_OK,
                "a start waits for a server that ends");
    unit_is_int(sleeps, 3, "  trying again");

    unit_is_int(own_port(conf->fd[NGX_RTSP_UDP_IPV4][0]), port, "RTP port");
    unit_is_int(own_port(conf->fd[NGX_RTSP_UDP_IPV4][1]), port + 1,
                "RTCP port");
    unit_is_int(own_port(conf->fd[NGX_RTSP_UDP_IPV6][0]), port,
                "RTP port of IPv6");
    unit_is_int(own_port(conf->fd[NGX_RTSP_UDP_IPV6][1]), port + 1,
                "RTCP port of IPv6");

    len = sizeof(int);
    (void) getsockopt(conf->fd[1][0], IPPROTO_IPV6, IPV6_V6ONLY, &on, &len);
    unit_is_int(on, 1, "IPv6 sockets leave IPv4 alone");

    unit_ok(fcntl(conf->fd[0][0], F_GETFL) & O_NONBLOCK, "not blocking");
    unit_ok(fcntl(conf->fd[0][0], F_GETFD) & FD_CLOEXEC, "closed by exec");

    ngx_rtsp_udp_init_module(&cycle, conf);
    destroy_pool();
    unit_ok(is_open(conf->fd[0][0]) && is_open(conf->fd[1][1]),
            "they outlive the pool of a cycle that has won");

    if (geteuid() == 0) {
        (void) fstat(conf->fd[0][0], &st);
        unit_is_int(st.st_uid, NOBODY, "the workers' user owns them");
    }

    conf->port = 0;
}


static void
test_reload(void)
{
    int                  old, fd;
    in_port_t            port;
    ngx_rtsp_udp_conf_t  conf, same, other;

    configuration(&conf, free_port(), 0);
    (void) ngx_rtsp_udp_configure(&cf, &conf);
    ngx_rtsp_udp_init_module(&cycle, &conf);
    destroy_pool();

    old = conf.fd[0][0];
    old_cycle.conf_ctx = (void ****) conf_ctx;

    configuration(&same, conf.port, 0);
    unit_is_int(ngx_rtsp_udp_configure(&cf, &same), NGX_OK,
                "a reload with the same port");
    unit_is_int(same.fd[0][0], old, "  takes over the sockets");
    destroy_pool();
    unit_ok(is_open(old), "  and leaves them open when it fails");

    port = free_port();
    configuration(&other, port, 0);
    unit_is_int(ngx_rtsp_udp_configure(&cf, &other), NGX_OK,
                "a reload with another port");
    fd = other.fd[0][0];
    unit_is_int(own_port(fd), port, "  has sockets of its own");
    unit_ok(is_open(old), "  leaves the old ones alone at first");
    destroy_pool();
    unit_ok(!is_open(fd) && is_open(old), "  and for good when it fails");

    configuration(&other, port, 0);
    (void) ngx_rtsp_udp_configure(&cf, &other);
    ngx_rtsp_udp_init_module(&cycle, &other);
    unit_ok(!is_open(old), "  and closes them when it has won");

    /* the pool of the old cycle ends later than the numbers are used again */

    fd = udp("127.0.0.1", 0);
    destroy_pool();
    unit_ok(is_open(fd) && is_open(other.fd[0][0]),
            "  once, and nobody else's");
    (void) close(fd);

    fd = other.fd[0][0];
    ngx_rtsp_udp_init_module(&cycle, NULL);
    unit_ok(!is_open(fd), "a reload without RTSP closes them");

    old_cycle.conf_ctx = NULL;
}


static void
test_upgrade(void)
{
    int                  i, n, peer;
    u_char               byte;
    ngx_rtsp_udp_conf_t  old, conf;

    configuration(&old, free_port(), 0);
    (void) ngx_rtsp_udp_configure(&cf, &old);
    ngx_rtsp_udp_init_module(&cycle, &old);

    /* another process would have its own static variables */

    ngx_rtsp_udp_running.port = 0;
    ngx_inherited = 1;

    configuration(&conf, old.port, 0);
    unit_is_int(ngx_rtsp_udp_configure(&cf, &conf), NGX_OK,
                "a new binary binds the port of the old one");

    for (i = 0; i < EACH; i++) {
        peer = udp("127.0.0.1", 0);
        say(peer, "127.0.0.1", old.port + 1, "x", 1);
        (void) close(peer);
    }

    for (n = 0; recv(old.fd[0][1], &byte, 1, 0) == 1; n++) { /* void */ }

    unit_is_int(n, EACH, "whose readers' RTCP still comes to that");

    ngx_inherited = 0;
    destroy_pool();
    ngx_memcpy(ngx_rtsp_udp_running.fd, old.fd, sizeof(old.fd));
    ngx_rtsp_udp_running.port = old.port;
    ngx_rtsp_udp_init_module(&cycle, NULL);
}


static int
buffer(int fd, int name)
{
    int        size;
    socklen_t  len;

    len = sizeof(int);
    (void) getsockopt(fd, SOL_SOCKET, name, &size, &len);

    return size / 2;                        /* the kernel doubles it */
}


static void
test_buffers(void)
{
    ngx_rtsp_udp_conf_t  conf;

    configuration(&conf, free_port(), 0);
    conf.rcvbuf = 100000;
    conf.sndbuf = 50000;
    (void) ngx_rtsp_udp_configure(&cf, &conf);
    ngx_rtsp_udp_init_module(&cycle, &conf);

    unit_is_int(buffer(conf.fd[1][0], SO_RCVBUF), 100000, "receive buffer");
    unit_is_int(buffer(conf.fd[0][1], SO_SNDBUF), 50000, "send buffer");

    conf.rcvbuf = 80000;
    (void) ngx_rtsp_udp_configure(&cf, &conf);
    ngx_rtsp_udp_init_module(&cycle, &conf);
    unit_is_int(buffer(conf.fd[1][0], SO_RCVBUF), 80000,
                "a reload changes it");

    destroy_pool();
    ngx_rtsp_udp_init_module(&cycle, NULL);
}


static void
test_user_unset(void)
{
    struct stat          st;
    struct passwd       *pwd;
    ngx_rtsp_udp_conf_t  conf;

    pwd = getpwnam(NGX_USER);

    if (geteuid() != 0 || pwd == NULL) {
        return;
    }

    core_conf.user = (ngx_uid_t) NGX_CONF_UNSET_UINT;

    configuration(&conf, free_port(), 0);
    (void) ngx_rtsp_udp_configure(&cf, &conf);
    (void) fstat(conf.fd[0][0], &st);
    unit_is_int(st.st_uid, pwd->pw_uid,
                "without \"user\" the default user owns the sockets");

    core_conf.user = NOBODY;
    ngx_rtsp_udp_init_module(&cycle, &conf);
    (void) fstat(conf.fd[0][0], &st);
    unit_is_int(st.st_uid, NOBODY, "until it is known");

    destroy_pool();
    ngx_rtsp_udp_init_module(&cycle, NULL);
}


static void
test_clipped(void)
{
    ngx_rtsp_udp_conf_t  conf;

    configuration(&conf, free_port(), 0);
    conf.rcvbuf = 1024 * 1024 * 1024;
    ngx_rtsp_udp_warned = 0;

    (void) ngx_rtsp_udp_configure(&cf, &conf);
    unit_ok(logged_level == NGX_LOG_WARN
            && strstr(logged_text, "net.core.rmem_max"),
            "a clipped receive buffer is told");

    logged_text = "";
    ngx_rtsp_udp_init_module(&cycle, NULL);
    destroy_pool();
    (void) ngx_rtsp_udp_configure(&cf, &conf);
    unit_ok(*logged_text == '\0', "once");

    destroy_pool();
}


/* who gets what, with workers of another user */

static void
work(ngx_rtsp_udp_conf_t *conf, int number, int to_parent,
    ngx_sockaddr_t *locals, int *peers)
{
    seen_t           ready;
    socklen_t        len;
    ngx_uint_t       i;
    ngx_sockaddr_t   sa;

    if (geteuid() == 0 && setuid(NOBODY) == -1) {
        _exit(1);
    }

    ep = epoll_create(1);
    worker = number;
    report = to_parent;

    if (ngx_rtsp_udp_init_process(&cycle, conf, handler) != NGX_OK) {
        _exit(1);
    }

    ngx_memzero(&ready, sizeof(seen_t));
    ready.worker = -1;
    ready.byte = 1;

    /* the worker's own publisher in each family, RTP and RTCP */

    for (i = 0; i < 4; i++) {
        len = own_address(peers[4 * number + i], &sa);

        if (ngx_rtsp_udp_connect(conf, i % 2, &locals[i / 2].sockaddr,
                                 &sa.sockaddr, len, handler, NULL, &test_log)
            == NULL)
        {
            ready.byte = 0;
        }
    }

    (void) !write(report, &ready, sizeof(seen_t));

    for ( ;; ) {
        (void) turn(10000);
    }
}


/* 0: nothing more within two seconds */

static ngx_uint_t
next_report(int fd, seen_t *s)
{
    struct pollfd  pfd;

    pfd.fd = fd;
    pfd.events = POLLIN;

    return poll(&pfd, 1, 2000) == 1
           && read(fd, s, sizeof(seen_t)) == sizeof(seen_t);
}


static void
test_workers(void)
{
    int                  pipes[2], peers[4 * WORKERS], strangers[4], i, j,
                         own, wrong, shared;
    u_char               byte;
    seen_t               s;
    ngx_uint_t           ready;
    ngx_pid_t            pids[WORKERS];
    ngx_sockaddr_t       locals[2];
    ngx_rtsp_udp_conf_t  conf;

    static const char   *hosts[] = { "127.0.0.1", "::1" };
    static const char   *servers[] = { "127.0.0.2", "::1" };

    configuration(&conf, free_port(), 0);
    (void) ngx_rtsp_udp_configure(&cf, &conf);
    ngx_rtsp_udp_init_module(&cycle, &conf);

    (void) address(&locals[0], servers[0], 1);
    (void) address(&locals[1], servers[1], 1);

    for (i = 0; i < 4 * WORKERS; i++) {
        peers[i] = udp(hosts[i % 4 / 2], 0);
    }

    for (i = 0; i < 4; i++) {
        strangers[i] = udp(hosts[i / 2], 0);
    }

    (void) !pipe(pipes);
    ready = 1;

    for (i = 0; i < WORKERS; i++) {
        pids[i] = fork();

        if (pids[i] == 0) {
            work(&conf, i, pipes[1], locals, peers);
        }

        /* one after the other: a later bind() is to disturb nobody */

        ready = ready && next_report(pipes[0], &s) && s.byte;
    }

    unit_ok(ready, "workers of another user connect on the shared port");

    for (j = 0; j < EACH; j++) {
        for (i = 0; i < 4 * WORKERS; i++) {
            byte = i;
            say(peers[i], servers[i % 4 / 2], conf.port + i % 2, &byte, 1);
        }

        for (i = 0; i < 4; i++) {
            byte = 100 + i;
            say(strangers[i], servers[i / 2], conf.port + i % 2, &byte, 1);
        }
    }

    own = 0;
    shared = 0;
    wrong = 0;

    for (i = 0; i < EACH * (4 * WORKERS + 4); i++) {

        if (!next_report(pipes[0], &s)) {
            break;
        }

        if (s.shared) {
            shared++;
            wrong += (s.byte < 100 || s.rtcp != s.byte % 2);

        } else {
            own++;
            wrong += (s.byte / 4 != s.worker || s.rtcp != s.byte % 2);
        }
    }

    unit_is_int(own, EACH * 4 * WORKERS,
                "a peer's datagrams come to its own socket");
    unit_is_int(shared, EACH * 4, "a stranger's come to the shared one, once");
    unit_is_int(wrong, 0, "and all to the right worker and port");

    for (i = 0; i < WORKERS; i++) {
        (void) kill(pids[i], SIGKILL);
        (void) waitpid(pids[i], NULL, 0);
    }

    for (i = 0; i < 4 * WORKERS; i++) {
        (void) close(peers[i]);
    }

    for (i = 0; i < 4; i++) {
        (void) close(strangers[i]);
    }

    (void) close(pipes[0]);
    (void) close(pipes[1]);

    ngx_rtsp_udp_init_module(&cycle, NULL);
    destroy_pool();
}


/* reading, in this process as the only worker */

static void
test_stray(ngx_rtsp_udp_conf_t *conf, ngx_sockaddr_t *local)
{
    int                     peer, stranger;
    socklen_t               len;
    ngx_sockaddr_t          sa, to;
    ngx_rtsp_udp_socket_t  *us;

    peer = udp("127.0.0.1", 0);
    stranger = udp("127.0.0.1", 0);
    len = own_address(peer, &sa);

    forget();

    straying_len = address(&to, "127.0.0.2", conf->port);
    straying_to = &to.sockaddr;
    straying = stranger;

    us = ngx_rtsp_udp_connect(conf, 0, &local->sockaddr, &sa.sockaddr, len,
                              handler, NULL, &test_log);
    straying = 0;

    say(peer, "127.0.0.2", conf->port, "peer", 4);
    run_loop(2);

    unit_is_int(nseen, 2, "nothing is lost around a connect()");
    unit_ok(nseen == 2 && seen[0].shared && seen[0].len == 5,
            "what a stranger had sent goes to the shared handler");
    unit_ok(nseen == 2 && !seen[1].shared && seen[1].len == 4,
            "what the peer sends goes to its own");

    ngx_rtsp_udp_close(us);

    forget();
    say(peer, "127.0.0.2", conf->port, "peer", 4);
    run_loop(1);
    unit_ok(nseen == 1 && seen[0].shared,
            "and to the shared one once that is closed");

    (void) close(peer);
    (void) close(stranger);
}


#if (NGX_RTSP_HAVE_UDP_SEGMENT)

static void
test_gro(ngx_rtsp_udp_conf_t *conf, ngx_sockaddr_t *local)
{
    int                     peer, size, i, wrong;
    u_char                  data[10500];
    socklen_t               len;
    ngx_sockaddr_t          sa;
    ngx_rtsp_udp_socket_t  *us;

    peer = udp("127.0.0.1", 0);
    len = own_address(peer, &sa);

    us = ngx_rtsp_udp_connect(conf, 0, &local->sockaddr, &sa.sockaddr, len,
                              handler, NULL, &test_log);
    forget();

    for (i = 0; i < 10500; i++) {
        data[i] = i / 1000;
    }

    size = 1000;
    (void) setsockopt(peer, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(int));
    say(peer, "127.0.0.2", conf->port, data, sizeof(data));
    run_loop(11);

    wrong = 0;

    for (i = 0; i < (int) nseen; i++) {
        wrong += (seen[i].byte != i || seen[i].len != (i < 10 ? 1000 : 500));
    }

    unit_is_int(nseen, 11, "a run of the kernel is taken apart");
    unit_is_int(wrong, 0, "  at its seams");
    unit_is_int(seen_arrivals, 1, "  and has one arrival");
    unit_ok(receives <= 4, "  and one recvmsg()");

    forget();
    close_at = 3;
    say(peer, "127.0.0.2", conf->port, data, sizeof(data));
    say(peer, "127.0.0.2", conf->port, data, sizeof(data));
    run_loop(3);
    close_at = 0;

    unit_is_int(nseen, 3, "a handler may close the socket it is called from");
    unit_is_int(connections, 4, "  which is gone then");

    (void) us;
    (void) close(peer);
}

#endif


static void
test_fair(ngx_rtsp_udp_conf_t *conf)
{
    int     i, peer;
    u_char  byte;

    peer = udp("127.0.0.1", 0);
    forget();

    for (i = 0; i < 150; i++) {
        byte = i;
        say(peer, "127.0.0.1", conf->port + 1, &byte, 1);
    }

    (void) turn(500);
    unit_is_int(nseen, 64, "a busy socket gives way after 64 datagrams");

    (void) turn(0);
    unit_is_int(nseen, 128, "and goes on in the next turn");

    run_loop(150);
    unit_is_int(nseen, 150, "until there is no more");

    forget();
    say(peer, "127.0.0.1", conf->port + 1, "", 0);
    say(peer, "127.0.0.1", conf->port + 1, "x", 1);
    run_loop(1);
    unit_is_int(nseen, 1, "an empty datagram is nothing");

    (void) close(peer);
}


static void
test_refused(ngx_rtsp_udp_conf_t *conf, ngx_sockaddr_t *local)
{
    int                     peer, port;
    ssize_t                 n[3];
    socklen_t               len;
    ngx_sockaddr_t          sa;
    ngx_rtsp_udp_socket_t  *us;

    peer = udp("127.0.0.1", 0);
    port = own_port(peer);
    len = own_address(peer, &sa);

    us = ngx_rtsp_udp_connect(conf, 1, &local->sockaddr, &sa.sockaddr, len,
                              handler, NULL, &test_log);
    (void) close(peer);

    n[0] = ngx_rtsp_udp_send(us->connection->fd, NULL, &sa.sockaddr, len,
                             (u_char *) "a", 1);
    n[1] = ngx_rtsp_udp_send(us->connection->fd, NULL, &sa.sockaddr, len,
                             (u_char *) "b", 1);
    unit_ok(n[0] == 1 && n[1] == 1, "a closed port is no error to a sender");

    peer = udp("127.0.0.1", port);
    forget();
    logged_text = "";
    say(peer, "127.0.0.2", conf->port + 1, "x", 1);
    run_loop(1);

    unit_ok(nseen == 1 && logged_level != NGX_LOG_ERR,
            "nor to a reader, who goes on");

    ngx_rtsp_udp_close(us);
    (void) close(peer);
}


/* sending */

static void
test_send(ngx_rtsp_udp_conf_t *conf, ngx_sockaddr_t *local)
{
    int             peer;
    char            from[INET6_ADDRSTRLEN];
    u_char          data[100];
    ssize_t         n;
    ngx_str_t       str;
    socklen_t       len;
    ngx_sockaddr_t  sa, local6;

    peer = udp("127.0.0.1", 0);
    len = own_address(peer, &sa);

    n = ngx_rtsp_udp_send(conf->fd[0][1], &local->sockaddr, &sa.sockaddr, len,
                          (u_char *) "report", 6);
    unit_is_int(n, 6, "a datagram is sent");

    str.data = data;
    str.len = hear(peer, data, sizeof(data), from);
    unit_is_str(&str, "report", "  and comes as it was");

    str = unit_str(from);
    unit_is_str(&str, "127.0.0.2", "  from our address");

    (void) ngx_rtsp_udp_send(conf->fd[0][1], NULL, &sa.sockaddr, len,
                             (u_char *) "report", 6);
    (void) hear(peer, data, sizeof(data), from);
    str = unit_str(from);
    unit_is_str(&str, "127.0.0.1", "  from any when it does not matter");
    (void) close(peer);

    peer = udp("::1", 0);
    len = own_address(peer, &sa);
    (void) address(&local6, "::1", 0);

    n = ngx_rtsp_udp_send(conf->fd[1][0], &local6.sockaddr, &sa.sockaddr, len,
                          (u_char *) "report", 6);
    unit_is_int(n, 6, "a datagram is sent over IPv6");
    unit_is_int(hear(peer, data, sizeof(data), from), 6, "  and comes");

    (void) address(&local6, "2001:db8::1", 0);
    n = ngx_rtsp_udp_send(conf->fd[1][0], &local6.sockaddr, &sa.sockaddr, len,
                          (u_char *) "report", 6);
    unit_is_int(n, NGX_ERROR, "an address that is not ours is an error");
    (void) close(peer);

    room = 0;
    n = ngx_rtsp_udp_send(conf->fd[1][0], NULL, &sa.sockaddr, len,
                          (u_char *) "report", 6);
    unit_is_int(n, NGX_AGAIN, "no room is NGX_AGAIN");
    room = -1;
}


typedef struct {
    const char  *name;
    size_t       sizes[5];                  /* taken, up to 0 */
    size_t       last;
    ngx_int_t    rc;
} run_test_t;


static run_test_t  runs[] = {

    { "an empty run takes a packet", { 0 }, 1400, NGX_OK },
    { "an empty run takes the largest datagram", { 0 }, 65507, NGX_OK },
    { "a packet over that fits into none", { 0 }, 65508, NGX_ERROR },
    { "a full run does not make that the run's fault", { 100 }, 65508,
      NGX_ERROR },
    { "an empty packet is none", { 0 }, 0, NGX_ERROR },
    { "one of the same size", { 1400, 1400 }, 1400, NGX_OK },
    { "a smaller one at the end", { 1400, 1400 }, 10, NGX_OK },
    { "none after a smaller one", { 1400, 10 }, 1400, NGX_DECLINED },
    { "not even another small one", { 1400, 10 }, 10, NGX_DECLINED },
    { "no larger one", { 10 }, 11, NGX_DECLINED },
    { "up to 65507 bytes together", { 32000, 32000 }, 1507, NGX_OK },
    { "and no more", { 32000, 32000 }, 1508, NGX_DECLINED }
};


static void
test_run_add(void)
{
    ngx_int_t            rc;
    ngx_uint_t           i, j;
    ngx_rtsp_udp_run_t   run;
    static u_char        data[65536];

    for (i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        run.n = 0;

        for (j = 0; runs[i].sizes[j]; j++) {
            (void) ngx_rtsp_udp_run_add(&run, data, runs[i].sizes[j]);
        }

        rc = ngx_rtsp_udp_run_add(&run, data, runs[i].last);
        unit_is_int(rc, runs[i].rc, runs[i].name);
        unit_is_int(run.n, j + (rc == NGX_OK), "  packets");
    }

    run.n = 0;

    for (i = 0; ngx_rtsp_udp_run_add(&run, data, 100) == NGX_OK; i++) {
        /* void */
    }

    unit_is_int(i, NGX_RTSP_UDP_RUN, "a run has a largest number of packets");
    unit_is_int(run.size, 100 * i, "  and counts its bytes");
}


#define PEERS    70                         /* more than one call takes */
#define PACKETS  12

static int                    run_peers[PEERS];
static ngx_sockaddr_t         run_addresses[PEERS];
static ngx_rtsp_udp_target_t  targets[PEERS];
static ngx_rtsp_udp_run_t     run;
static u_char                 run_data[PACKETS][1300];


static void
make_run(ngx_uint_t n, size_t size)
{
    ngx_uint_t  i;

    run.n = 0;

    for (i = 0; i < n; i++) {
        memset(run_data[i], i, size);
        run_data[i][0] = 200 + i;

        (void) ngx_rtsp_udp_run_add(&run, run_data[i],
                                    i + 1 < n ? size : size / 2);
    }

    segmented = 0;
    plain = 0;
    refusals = 0;
}


/* how many of the peers got all packets of the run, and nothing else */

static ngx_uint_t
count_whole(ngx_uint_t first, ngx_uint_t last)
{
    u_char      data[2000];
    ssize_t     n;
    ngx_uint_t  i, j, whole;

    whole = 0;

    for (i = first; i < last; i++) {

        for (j = 0; j < run.n; j++) {
            n = hear(run_peers[i], data, sizeof(data), NULL);

            if (n != (ssize_t) run.iov[j].iov_len
                || memcmp(data, run.iov[j].iov_base, n) != 0)
            {
                break;
            }
        }

        whole += (j == run.n && is_silent(run_peers[i]));
    }

    return whole;
}


static ngx_uint_t
count_rc(ngx_int_t rc, ngx_uint_t sent)
{
    ngx_uint_t  i, n;

    n = 0;

    for (i = 0; i < PEERS; i++) {
        n += (targets[i].rc == rc && targets[i].sent == sent);
    }

    return n;
}


static void
open_peers(ngx_sockaddr_t *local)
{
    ngx_uint_t  i;

    for (i = 0; i < PEERS; i++) {
        run_peers[i] = udp("127.0.0.1", 0);
        targets[i].to = &run_addresses[i].sockaddr;
        targets[i].len = own_address(run_peers[i], &run_addresses[i]);
        targets[i].local = &local->sockaddr;
        targets[i].rc = 77;
    }
}


static void
test_run(int fd)
{
    char    from[INET6_ADDRSTRLEN];
    u_char  data[2000];

    make_run(PACKETS, 1300);
    ngx_rtsp_udp_send_run(fd, &run, targets, PEERS);

    unit_is_int(count_rc(NGX_OK, PACKETS), PEERS, "a run goes to all targets");
    unit_is_int(count_whole(0, PEERS), PEERS, "  packet by packet");

#if (NGX_RTSP_HAVE_UDP_SEGMENT)
    unit_is_int(segmented, PEERS, "  as a message each");
#endif

    make_run(1, 1300);
    ngx_rtsp_udp_send_run(fd, &run, targets, PEERS);
    unit_is_int(count_rc(NGX_OK, 1), PEERS, "a run of one packet");
    unit_is_int(hear(run_peers[0], data, sizeof(data), from), 650, "  comes");
    unit_ok(strcmp(from, "127.0.0.2") == 0, "  from our address");
    unit_is_int(count_whole(1, PEERS), PEERS - 1, "  to the others too");
    unit_is_int(segmented, 0, "  without segmentation");
}


static void
test_run_again(int fd)
{
    u_char  data[2000];

    make_run(PACKETS, 1300);
    room = 30;
    refuse_err = 0;

#if (NGX_RTSP_HAVE_UDP_SEGMENT)

    ngx_rtsp_udp_send_run(fd, &run, targets, PEERS);
    unit_is_int(count_rc(NGX_OK, PACKETS), 30, "as many as there is room for");
    unit_is_int(count_rc(NGX_AGAIN, 0), PEERS - 30, "  the others have to");
    unit_is_int(count_whole(0, 30), 30, "  these got it");
    unit_ok(is_silent(run_peers[30]), "  and the next one nothing");

#endif

    refuse_err = EIO;
    room = PACKETS + 5;
    ngx_rtsp_udp_send_run(fd, &run, targets, PEERS);
    unit_is_int(count_rc(NGX_OK, PACKETS), 1,
                "no room among single datagrams");
    unit_is_int(count_rc(NGX_AGAIN, 5), 1, "  tells how many went out");
    unit_is_int(count_rc(NGX_AGAIN, 0), PEERS - 2, "  the others wait");
    unit_is_int(count_whole(0, 1), 1, "  the first one got it");

    while (!is_silent(run_peers[1])) {
        (void) hear(run_peers[1], data, sizeof(data), NULL);
    }

    room = -1;
    refuse_err = 0;
    ngx_current_msec += 100000;
}


#if (NGX_RTSP_HAVE_UDP_SEGMENT)

static void
test_run_refused(int fd)
{
    make_run(PACKETS, 1300);
    refuse_err = EIO;
    ngx_rtsp_udp_send_run(fd, &run, targets, 3);

    unit_is_int(count_whole(0, 3), 3, "refused segments go as datagrams");
    unit_is_int(refusals, 1, "  the refusal is remembered for the address");
    unit_is_int(plain, 3 * PACKETS, "  of the device");

    refuse_err = 0;
    make_run(2, 50);
    ngx_rtsp_udp_send_run(fd, &run, targets, 1);
    unit_is_int(count_whole(0, 1), 1, "  also for the smallest");
    unit_is_int(segmented, 0, "  since the device cannot");

    ngx_current_msec += 59999;
    make_run(2, 50);
    ngx_rtsp_udp_send_run(fd, &run, targets, 1);
    unit_is_int(count_whole(0, 1) + segmented, 1, "  for a minute");

    ngx_current_msec += 1;
    make_run(2, 50);
    ngx_rtsp_udp_send_run(fd, &run, targets, 1);
    unit_is_int(count_whole(0, 1), 1, "  and is tried again after it");
    unit_is_int(segmented, 1, "  as a message");

    refuse_err = EMSGSIZE;
    make_run(PACKETS, 1300);
    ngx_rtsp_udp_send_run(fd, &run, targets, 1);
    refuse_err = 0;
    unit_is_int(count_whole(0, 1), 1, "segments over the path's MTU");

    make_run(PACKETS, 1299);
    ngx_rtsp_udp_send_run(fd, &run, targets, 1);
    unit_is_int(count_whole(0, 1), 1, "  do not stop smaller ones");
    unit_is_int(segmented, 1, "  from being a message");

    targets[0].to = targets[1].to;
    run_addresses[2].sockaddr_in.sin_addr.s_addr = htonl(0x7f000003);
    (void) close(run_peers[2]);
    run_peers[2] = udp("127.0.0.3",
                       ntohs(run_addresses[2].sockaddr_in.sin_port));

    make_run(PACKETS, 1300);
    ngx_rtsp_udp_send_run(fd, &run, &targets[1], 2);
    unit_is_int(segmented, 1, "  nor the other addresses");
    unit_is_int(count_whole(1, 3), 2, "  and both are served");
    targets[0].to = &run_addresses[0].sockaddr;

    ngx_current_msec += 100000;
}


/* a real refusal: the MTU of a loopback of our own is smaller than a packet */

static void
small_mtu(void)
{
    int            fd, one;
    struct ifreq   ifr;

    fd = socket(AF_INET, SOCK_DGRAM, 0);

    memset(&ifr, 0, sizeof(struct ifreq));
    strcpy(ifr.ifr_name, "lo");
    ifr.ifr_mtu = 1200;
    one = ioctl(fd, SIOCSIFMTU, &ifr);
    ifr.ifr_flags = IFF_UP|IFF_LOOPBACK|IFF_RUNNING;

    if (one == -1 || ioctl(fd, SIOCSIFFLAGS, &ifr) == -1) {
        _exit(2);
    }

    (void) close(fd);
}


static void
test_mtu(void)
{
    int             fd, status;
    ngx_pid_t       pid;
    ngx_sockaddr_t  local;

    pid = fork();

    if (pid == 0) {

        if (unshare(CLONE_NEWNET) == -1) {
            _exit(2);
        }

        small_mtu();

        (void) address(&local, "127.0.0.2", 0);
        open_peers(&local);
        fd = udp("0.0.0.0", 0);

        make_run(PACKETS, 1300);
        ngx_rtsp_udp_send_run(fd, &run, targets, 2);

        _exit(count_whole(0, 2) == 2 && refusals == 1 && segmented == 0);
    }

    (void) waitpid(pid, &status, 0);

    if (WEXITSTATUS(status) == 2) {
        unit_ok(1, "the kernel refuses by MTU # SKIP no network of our own");
        return;
    }

    unit_is_int(WEXITSTATUS(status), 1,
                "segments the kernel refuses for the MTU get through");
}

#endif


/* private pairs */

static void
test_pair(ngx_sockaddr_t *local)
{
    int                     peer, taken;
    socklen_t               len;
    in_port_t               first, port;
    ngx_uint_t              i, open;
    ngx_rtsp_udp_conf_t     conf;
    ngx_rtsp_udp_socket_t  *pairs[8][2];

    first = free_ports(8);
    len = sizeof(struct sockaddr_in);

    configuration(&conf, first, first + 7);
    (void) ngx_rtsp_udp_configure(&cf, &conf);
    unit_is_int(ngx_rtsp_udp_init_process(&cycle, &conf, handler), NGX_OK,
                "a range has no shared sockets to read");

    taken = udp("127.0.0.2", first + 3);
    open = connections;

    for (i = 0; i < 8; i++) {
        port = 0;

        if (ngx_rtsp_udp_pair(&conf, &local->sockaddr, len, handler, NULL,
                              &test_log, pairs[i], &port)
            != NGX_OK)
        {
            break;
        }

        unit_ok(port % 2 == 0 && port >= first && port < first + 8
                && port != first + 2
                && own_port(pairs[i][0]->connection->fd) == port
                && own_port(pairs[i][1]->connection->fd) == port + 1,
                "a pair is an even port of the range and the next one");
    }

    unit_is_int(i, 3, "as many as are free");
    unit_ok(logged_level == NGX_LOG_ERR && strstr(logged_text, "%d-%d"),
            "then the log tells which range is too small");
    unit_is_int(connections, open + 6, "and nothing is left open");

    peer = udp("127.0.0.1", 0);
    forget();
    say(peer, "127.0.0.2", own_port(pairs[0][1]->connection->fd), "x", 1);
    run_loop(1);
    unit_ok(nseen == 1 && seen[0].rtcp && !seen[0].shared,
            "what comes is read");

    while (i--) {
        ngx_rtsp_udp_close(pairs[i][0]);
        ngx_rtsp_udp_close(pairs[i][1]);
    }

    unit_is_int(connections, open, "and all of it is closed");

    (void) close(peer);
    (void) close(taken);
}


static void
test_unmap(void)
{
    socklen_t           len;
    ngx_sockaddr_t      sa, want;
    struct sockaddr_un  sun;

    len = address(&sa, "::ffff:192.0.2.1", 5000);
    ngx_rtsp_udp_unmap(&sa.sockaddr, &len);
    unit_is_mem(&sa, len, &want, address(&want, "192.0.2.1", 5000),
                "a mapped address becomes IPv4");

    len = address(&sa, "2001:db8::1", 5000);
    ngx_rtsp_udp_unmap(&sa.sockaddr, &len);
    unit_is_mem(&sa, len, &want, address(&want, "2001:db8::1", 5000),
                "an IPv6 address stays");

    sun.sun_family = AF_UNIX;
    unit_is_int(ngx_rtsp_udp_family((struct sockaddr *) &sun), NGX_DECLINED,
                "a unix socket has no UDP");
}


int
main(void)
{
    ngx_uint_t           i;
    ngx_sockaddr_t       local;
    ngx_rtsp_udp_conf_t  conf;

    srandom(getpid());

    ngx_queue_init(&ngx_posted_next_events);
    ngx_event_actions.add = stand_in_add_event;

    test_log.log_level = NGX_LOG_INFO;
    core_conf.user = NOBODY;
    cycle.conf_ctx = (void ****) conf_ctx;
    cycle.old_cycle = &old_cycle;
    cycle.log = &test_log;
    ngx_cycle = &cycle;
    cf.cycle = &cycle;
    cf.log = &test_log;

    ep = epoll_create(1);

    test_off();
    test_start(&conf);
    ngx_rtsp_udp_init_module(&cycle, NULL);
    test_reload();
    test_upgrade();
    test_user_unset();
    test_buffers();
    test_clipped();
    test_workers();

    /* from here on this process is the worker */

    core_conf.user = geteuid();

    configuration(&conf, free_port(), 0);
    (void) ngx_rtsp_udp_configure(&cf, &conf);
    ngx_rtsp_udp_init_module(&cycle, &conf);
    unit_is_int(ngx_rtsp_udp_init_process(&cycle, &conf, handler), NGX_OK,
                "a worker reads the shared sockets");

    (void) address(&local, "127.0.0.2", 1);

    test_stray(&conf, &local);
#if (NGX_RTSP_HAVE_UDP_SEGMENT)
    test_gro(&conf, &local);
#endif
    test_fair(&conf);
    test_refused(&conf, &local);
    test_send(&conf, &local);
    test_run_add();

    open_peers(&local);
    test_run(conf.fd[0][0]);
    test_run_again(conf.fd[0][0]);
#if (NGX_RTSP_HAVE_UDP_SEGMENT)
    test_run_refused(conf.fd[0][0]);
    test_mtu();
#endif

    test_pair(&local);
    test_unmap();

    for (i = 0; i < 4; i++) {
        ngx_close_connection(ngx_rtsp_udp_shared[i / 2][i % 2].connection);
    }

    destroy_pool();

    return unit_done();
}
