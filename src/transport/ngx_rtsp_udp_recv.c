
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include <netinet/udp.h>

#include "ngx_rtsp_clock.h"
#include "ngx_rtsp_udp.h"


/*
 * Reads UDP sockets and hands on each datagram.  The event loop calls it; it
 * owns the connections of the sockets read, and the one buffer of the process
 * that datagrams are handed on from.
 *
 * One recvmsg() at a time: with UDP_GRO it brings a run of datagrams of one
 * peer, and recvmmsg() gains nothing beyond that, as a socket seldom has more
 * than a few waiting.
 *
 * Invariant: once a handler has closed the socket it was called for, neither
 * the socket's connection nor its events are touched; its structure is freed
 * when the reading has come back here.
 */


#define NGX_RTSP_UDP_READS        64        /* before others get their turn */
#define NGX_RTSP_UDP_MAX          65536     /* what one recvmsg() brings */


static ngx_int_t ngx_rtsp_udp_watch(ngx_rtsp_udp_socket_t *us,
    ngx_socket_t fd, ngx_log_t *log);
static void ngx_rtsp_udp_read_handler(ngx_event_t *rev);
static ngx_int_t ngx_rtsp_udp_read(ngx_rtsp_udp_socket_t *us);
static ngx_int_t ngx_rtsp_udp_read_failed(ngx_rtsp_udp_socket_t *us,
    ngx_err_t err);
static void ngx_rtsp_udp_deliver(ngx_rtsp_udp_socket_t *us,
    struct msghdr *msg, u_char *data, size_t len);
static size_t ngx_rtsp_udp_segment(struct msghdr *msg, size_t len);
static ngx_uint_t ngx_rtsp_udp_is_peer(ngx_rtsp_udp_socket_t *us,
    struct sockaddr *from);


ngx_rtsp_udp_socket_t  ngx_rtsp_udp_shared[2][2];

/* its handler runs now, so it is not to be freed */
static ngx_rtsp_udp_socket_t  *ngx_rtsp_udp_reading;

static u_char  ngx_rtsp_udp_data[NGX_RTSP_UDP_MAX];


ngx_int_t
ngx_rtsp_udp_init_process(ngx_cycle_t *cycle, ngx_rtsp_udp_conf_t *conf,
    ngx_rtsp_udp_handler_pt handler)
{
    ngx_uint_t              i;
    ngx_socket_t            fd;
    ngx_rtsp_udp_socket_t  *us;

    if (conf->port == 0 || conf->last != 0) {
        return NGX_OK;
    }

    for (i = 0; i < 4; i++) {
        fd = conf->fd[i / 2][i % 2];

        if (fd == (ngx_socket_t) -1) {
            continue;
        }

        us = &ngx_rtsp_udp_shared[i / 2][i % 2];

        ngx_memzero(us, sizeof(ngx_rtsp_udp_socket_t));
        us->handler = handler;
        us->shared = 1;
        us->rtcp = i % 2;

        if (ngx_rtsp_udp_watch(us, fd, cycle->log) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_rtsp_udp_socket_t *
ngx_rtsp_udp_attach(ngx_socket_t fd, ngx_rtsp_udp_handler_pt handler,
    void *data, ngx_log_t *log)
{
    ngx_rtsp_udp_socket_t  *us;

    us = ngx_calloc(sizeof(ngx_rtsp_udp_socket_t), log);

    if (us) {
        us->handler = handler;
        us->data = data;

        if (ngx_rtsp_udp_watch(us, fd, log) == NGX_OK) {
            return us;
        }

        ngx_free(us);
    }

    if (ngx_close_socket(fd) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_socket_errno,
                      ngx_close_socket_n " of a UDP socket failed");
    }

    return NULL;
}


static ngx_int_t
ngx_rtsp_udp_watch(ngx_rtsp_udp_socket_t *us, ngx_socket_t fd, ngx_log_t *log)
{
    ngx_uint_t         flags;
    ngx_connection_t  *c;

    c = ngx_get_connection(fd, log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    us->connection = c;

    c->data = us;
    c->type = SOCK_DGRAM;
    c->log_error = NGX_ERROR_INFO;
    c->shared = us->shared;

    c->read->log = log;
    c->write->log = log;
    c->read->handler = ngx_rtsp_udp_read_handler;

    flags = NGX_LEVEL_EVENT;

    if (ngx_event_flags & NGX_USE_CLEAR_EVENT) {

        /* all workers wait on a shared socket, and one to wake is enough */

        flags = us->shared ? NGX_CLEAR_EVENT|NGX_EXCLUSIVE_EVENT
                           : NGX_CLEAR_EVENT;
    }

    /* a shared socket outlives the worker: no leak, nothing to shut down */

    c->read->channel = us->shared;

    if (ngx_add_event(c->read, NGX_READ_EVENT, flags) != NGX_OK) {
        ngx_free_connection(c);
        c->fd = (ngx_socket_t) -1;

        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_rtsp_udp_close(ngx_rtsp_udp_socket_t *us)
{
    if (us->closed) {
        return;
    }

    us->closed = 1;

    ngx_close_connection(us->connection);
    us->connection = NULL;

    if (us != ngx_rtsp_udp_reading) {
        ngx_free(us);
    }
}


static void
ngx_rtsp_udp_read_handler(ngx_event_t *rev)
{
    ngx_uint_t              i;
    ngx_connection_t       *c;
    ngx_rtsp_udp_socket_t  *us;

    c = rev->data;
    us = c->data;

    ngx_rtsp_udp_reading = us;

    for (i = 0; i < NGX_RTSP_UDP_READS; i++) {

        if (ngx_rtsp_udp_read(us) == NGX_AGAIN) {
            rev->ready = 0;
            break;
        }

        if (us->closed) {
            break;
        }
    }

    ngx_rtsp_udp_reading = NULL;

    if (us->closed) {
        ngx_free(us);
        return;
    }

    if (i == NGX_RTSP_UDP_READS) {
        ngx_post_event(rev, &ngx_posted_next_events);
    }
}


/* NGX_AGAIN: there is no more for now */

static ngx_int_t
ngx_rtsp_udp_read(ngx_rtsp_udp_socket_t *us)
{
    ssize_t          n;
    struct iovec     iov;
    struct msghdr    msg;
    ngx_sockaddr_t   from;

    union {
        struct cmsghdr   cmsg;
        u_char           data[CMSG_SPACE(sizeof(int))];
    } control;

    iov.iov_base = ngx_rtsp_udp_data;
    iov.iov_len = NGX_RTSP_UDP_MAX;

    ngx_memzero(&msg, sizeof(struct msghdr));
    msg.msg_name = &from;
    msg.msg_namelen = sizeof(ngx_sockaddr_t);
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = &control;
    msg.msg_controllen = sizeof(control);

    n = recvmsg(us->connection->fd, &msg, 0);

    if (n == -1) {
        return ngx_rtsp_udp_read_failed(us, ngx_socket_errno);
    }

    if (n > 0 && !(msg.msg_flags & (MSG_TRUNC|MSG_CTRUNC))) {
        ngx_rtsp_udp_deliver(us, &msg, ngx_rtsp_udp_data, n);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_udp_read_failed(ngx_rtsp_udp_socket_t *us, ngx_err_t err)
{
    ngx_log_t  *log;

    log = us->connection->log;

    switch (err) {

    case NGX_EAGAIN:
        return NGX_AGAIN;

    case NGX_EINTR:
        return NGX_OK;

    case NGX_ECONNREFUSED:
    case NGX_EHOSTUNREACH:
    case NGX_ENETUNREACH:
    case NGX_EHOSTDOWN:
    case NGX_ENETDOWN:

        /* what became of a datagram sent before; the next call goes on */

        ngx_log_debug0(NGX_LOG_DEBUG_EVENT, log, err, "rtsp udp recvmsg()");
        return NGX_OK;

    default:
        ngx_log_error(NGX_LOG_ERR, log, err, "recvmsg() failed");
        return NGX_AGAIN;
    }
}


static void
ngx_rtsp_udp_deliver(ngx_rtsp_udp_socket_t *us, struct msghdr *msg,
    u_char *data, size_t len)
{
    size_t                  size;
    u_char                 *end;
    ngx_int_t               family;
    uint64_t                arrival;
    struct sockaddr        *from;
    ngx_rtsp_udp_socket_t  *to;

    arrival = ngx_rtsp_now();
    from = msg->msg_name;
    to = us;

    if (us->connected && !ngx_rtsp_udp_is_peer(us, from)) {

        /* it came after the socket's bind() and before its connect() */

        family = ngx_rtsp_udp_family(from);

        if (family == NGX_DECLINED) {
            return;
        }

        to = &ngx_rtsp_udp_shared[family][us->rtcp];

        if (to->handler == NULL) {
            return;
        }
    }

    size = ngx_rtsp_udp_segment(msg, len);
    end = data + len;

    ngx_log_debug3(NGX_LOG_DEBUG_EVENT, us->connection->log, 0,
                   "rtsp udp recv fd:%d len:%uz segment:%uz",
                   us->connection->fd, len, size);

    for ( /* void */ ; data < end; data += size) {
        to->handler(to, from, msg->msg_namelen, data,
                    ngx_min(size, (size_t) (end - data)), arrival);

        if (us->closed) {
            return;
        }
    }
}


/* the size of each datagram but the last in what UDP_GRO has put together */

static size_t
ngx_rtsp_udp_segment(struct msghdr *msg, size_t len)
{
#if (NGX_RTSP_HAVE_UDP_SEGMENT)

    int              size;
    struct cmsghdr  *cmsg;

    for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {

        if (cmsg->cmsg_level != IPPROTO_UDP || cmsg->cmsg_type != UDP_GRO) {
            continue;
        }

        ngx_memcpy(&size, CMSG_DATA(cmsg), sizeof(int));

        if (size > 0) {
            return size;
        }
    }

#endif

    return len;
}


static ngx_uint_t
ngx_rtsp_udp_is_peer(ngx_rtsp_udp_socket_t *us, struct sockaddr *from)
{
    struct sockaddr_in   *sin;

#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;

    if (from->sa_family == AF_INET6) {
        sin6 = (struct sockaddr_in6 *) from;

        return us->peer.sockaddr.sa_family == AF_INET6
               && us->peer.sockaddr_in6.sin6_port == sin6->sin6_port
               && ngx_memcmp(&us->peer.sockaddr_in6.sin6_addr,
                             &sin6->sin6_addr, sizeof(struct in6_addr))
                  == 0;
    }
#endif

    sin = (struct sockaddr_in *) from;

    return us->peer.sockaddr.sa_family == AF_INET
           && us->peer.sockaddr_in.sin_port == sin->sin_port
           && us->peer.sockaddr_in.sin_addr.s_addr == sin->sin_addr.s_addr;
}
