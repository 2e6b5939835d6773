
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_UDP_H_INCLUDED_
#define _NGX_RTSP_UDP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include <sys/uio.h>


/*
 * UDP sockets.  By default one RTP/RTCP port pair per address family serves
 * all sessions of all workers; its sockets are made in the master.  What a
 * publisher sends comes to a connected socket of its own on the same port.
 */

#define NGX_RTSP_UDP_IPV4         0
#define NGX_RTSP_UDP_IPV6         1

#define NGX_RTSP_UDP_RUN          40        /* packets in one message */
#define NGX_RTSP_UDP_BATCH        64        /* messages in one call */


/* rtsp_udp_port */

typedef struct {
    in_port_t                     port;     /* even; 0: off */
    in_port_t                     last;     /* 0: shared pair; else private
                                             * pairs from [port, last] */
    size_t                        rcvbuf;   /* 0: a default of 4 MiB */
    size_t                        sndbuf;   /* 0: a default of 4 MiB */
    ngx_socket_t                  fd[2][2]; /* family; RTP, RTCP; -1: none */
    ngx_uint_t                    bound;    /* unsigned  bound:1; made by this
                                             * cycle, which has not won yet */
} ngx_rtsp_udp_conf_t;


/*
 * init_main_conf: binds the shared pair, or takes over the sockets of the
 * running cycle when the port is the same.  Does not bind under "nginx -t"
 * and "nginx -s".  A host without IPv6 (or IPv4) gets a notice and serves the
 * other family.  The sockets are closed with cf->pool's cleanup unless
 * init_module comes.  NGX_ERROR was logged with what to do.
 */
ngx_int_t ngx_rtsp_udp_configure(ngx_conf_t *cf, ngx_rtsp_udp_conf_t *conf);

/*
 * The cycle has won: from here on its sockets stay until another port does.
 * NULL: it has no RTSP; the sockets of an earlier cycle are closed.
 */
void ngx_rtsp_udp_init_module(ngx_cycle_t *cycle, ngx_rtsp_udp_conf_t *conf);


/* the first index of fd[][]; NGX_DECLINED: neither IPv4 nor IPv6 */
ngx_int_t ngx_rtsp_udp_family(struct sockaddr *sockaddr);

/*
 * Turns an IPv4 address mapped into IPv6 (a client of a listen socket with
 * ipv6only=off) into plain IPv4, in place, and changes nothing else.  All
 * addresses given to the functions below have gone through it, as our sockets
 * are IPV6_V6ONLY and report plain ones.
 */
void ngx_rtsp_udp_unmap(struct sockaddr *sockaddr, socklen_t *len);


typedef struct ngx_rtsp_udp_socket_s  ngx_rtsp_udp_socket_t;

/*
 * Called once per datagram, also where the kernel has put several together.
 * It is never empty.  "arrival" is in us of CLOCK_MONOTONIC.  The handler may
 * change the bytes, and may close this socket or any other.
 */
typedef void (*ngx_rtsp_udp_handler_pt)(ngx_rtsp_udp_socket_t *us,
    struct sockaddr *from, socklen_t fromlen, u_char *data, size_t len,
    uint64_t arrival);

struct ngx_rtsp_udp_socket_s {
    ngx_connection_t             *connection;
    ngx_rtsp_udp_handler_pt       handler;
    void                         *data;
    ngx_sockaddr_t                peer;     /* of a connected socket */
    unsigned                      rtcp:1;
    unsigned                      shared:1;
    unsigned                      connected:1;
    unsigned                      closed:1; /* by its own handler, while it
                                             * is being read */
};

/*
 * Worker: reads the shared sockets; "handler" gets what no connected socket
 * takes: RTCP of readers, and strangers.  Its us->data is NULL.  A datagram
 * comes to one worker only, whichever is quickest.
 */
ngx_int_t ngx_rtsp_udp_init_process(ngx_cycle_t *cycle,
    ngx_rtsp_udp_conf_t *conf, ngx_rtsp_udp_handler_pt handler);

/*
 * A socket on the shared port, bound to our address "local" (its port does
 * not matter) and connected to "peer": the peer's datagrams come to this
 * worker only, in the next turn of the event loop at the earliest.  What
 * others had sent before it was connected still goes to the handler of the
 * shared sockets.  NULL was logged.  The log is the session's.
 */
ngx_rtsp_udp_socket_t *ngx_rtsp_udp_connect(ngx_rtsp_udp_conf_t *conf,
    ngx_uint_t rtcp, struct sockaddr *local, struct sockaddr *peer,
    socklen_t len, ngx_rtsp_udp_handler_pt handler, void *data,
    ngx_log_t *log);
void ngx_rtsp_udp_close(ngx_rtsp_udp_socket_t *us);

/*
 * Private pairs: two unconnected sockets on an even port of the range and
 * the next one, bound to "local"'s address.  Our port is put into "port", in
 * host order.  NGX_ERROR was logged: none is free.
 */
ngx_int_t ngx_rtsp_udp_pair(ngx_rtsp_udp_conf_t *conf, struct sockaddr *local,
    socklen_t len, ngx_rtsp_udp_handler_pt handler, void *data,
    ngx_log_t *log, ngx_rtsp_udp_socket_t *pair[2], in_port_t *port);


/*
 * One datagram; from our address "local" where the socket is shared (NULL:
 * any, or the socket's own).  Returns its size, NGX_AGAIN, or NGX_ERROR: it
 * cannot be sent, with ngx_errno set.  A port that the peer has closed is no
 * error.
 */
ssize_t ngx_rtsp_udp_send(ngx_socket_t fd, struct sockaddr *local,
    struct sockaddr *to, socklen_t len, u_char *data, size_t size);


/*
 * A run: packets that go to one port of each of many peers, each as a
 * datagram of its own, all of the same size but for a last smaller one.
 */

typedef struct {
    struct iovec                  iov[NGX_RTSP_UDP_RUN];
    ngx_uint_t                    n;
    size_t                        segment;  /* bytes of each but the last */
    size_t                        size;     /* of all */
} ngx_rtsp_udp_run_t;

/*
 * NGX_OK; NGX_DECLINED: does not fit into the run, send it first; NGX_ERROR:
 * no datagram can hold it.  A run is empty when n is 0.
 */
ngx_int_t ngx_rtsp_udp_run_add(ngx_rtsp_udp_run_t *run, u_char *data,
    size_t size);

typedef struct {
    struct sockaddr              *to;
    socklen_t                     len;
    struct sockaddr              *local;    /* NULL: any */
    ngx_int_t                     rc;       /* out: NGX_OK; NGX_AGAIN; or
                                             * NGX_ERROR: lost */
    ngx_uint_t                    sent;     /* out: packets that went out; not
                                             * 0 with NGX_AGAIN only where
                                             * nothing segments */
} ngx_rtsp_udp_target_t;

/*
 * Sends the run to all targets through one socket: UDP_SEGMENT messages, up
 * to NGX_RTSP_UDP_BATCH in a sendmmsg().  Where the kernel, the device or the
 * path's MTU refuses segmentation (EIO, EINVAL, EMSGSIZE), that target gets
 * plain datagrams, at once and for the next minute.  After NGX_AGAIN of one
 * target all later ones have it too.
 */
void ngx_rtsp_udp_send_run(ngx_socket_t fd, ngx_rtsp_udp_run_t *run,
    ngx_rtsp_udp_target_t *targets, ngx_uint_t n);


/*
 * Between the files of this part: a new structure for "fd", which is read in
 * this worker from now on.  NULL was logged, and the socket is closed.
 */
ngx_rtsp_udp_socket_t *ngx_rtsp_udp_attach(ngx_socket_t fd,
    ngx_rtsp_udp_handler_pt handler, void *data, ngx_log_t *log);

/* who gets what came to a connected socket from somebody else */
extern ngx_rtsp_udp_socket_t  ngx_rtsp_udp_shared[2][2];


#endif /* _NGX_RTSP_UDP_H_INCLUDED_ */
