
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include <netinet/udp.h>

#include "ngx_rtsp_udp.h"


/*
 * Sends datagrams: single ones, and runs of packets to many readers, which is
 * where the work of a UDP fan-out is.  It is called by whoever delivers a
 * stream's ring, and owns nothing but the memory of refusals.
 *
 * A run goes to a reader as one message that the kernel or the network card
 * cuts into datagrams (UDP_SEGMENT), a third of the cost of single ones or
 * less; all messages share the run's list of packets.
 *
 * Invariant: a reader gets the packets of a run once, in their order, without
 * holes, up to where the kernel has no more room.
 */


#define NGX_RTSP_UDP_MAX          65507     /* 65535 - 20 IP - 8 UDP */

#define NGX_RTSP_UDP_REFUSALS     256       /* a power of two */
#define NGX_RTSP_UDP_REFUSAL_TIME 60000     /* ms */


#if (NGX_RTSP_HAVE_SENDMMSG)

typedef struct mmsghdr  ngx_rtsp_udp_msg_t;

#else

typedef struct {
    struct msghdr             msg_hdr;
} ngx_rtsp_udp_msg_t;

#endif


/* the control data of one message: the segment's size and our address */

typedef union {
    struct cmsghdr            cmsg;
    u_char                    data[CMSG_SPACE(sizeof(uint16_t))
                                   + CMSG_SPACE(sizeof(struct in6_pktinfo))];
} ngx_rtsp_udp_control_t;


/* an address that cannot be reached with segments of this size or more */

typedef struct {
    uint32_t                  address;      /* hashed where it is longer */
    size_t                    segment;
    ngx_msec_t                until;        /* 0: none */
} ngx_rtsp_udp_refusal_t;


static ngx_uint_t ngx_rtsp_udp_send_batch(ngx_socket_t fd,
    ngx_rtsp_udp_run_t *run, ngx_rtsp_udp_target_t *targets, ngx_uint_t n);
static void ngx_rtsp_udp_send_failed(ngx_socket_t fd, ngx_rtsp_udp_run_t *run,
    ngx_rtsp_udp_target_t *target, ngx_err_t err);
static ngx_int_t ngx_rtsp_udp_send_plain(ngx_socket_t fd,
    ngx_rtsp_udp_run_t *run, ngx_rtsp_udp_target_t *target);
static int ngx_rtsp_udp_sendmmsg(ngx_socket_t fd, ngx_rtsp_udp_msg_t *msgs,
    ngx_uint_t n);
static void ngx_rtsp_udp_message(struct msghdr *msg,
    ngx_rtsp_udp_control_t *control, ngx_rtsp_udp_target_t *target,
    struct iovec *iov, ngx_uint_t n, size_t segment);
static size_t ngx_rtsp_udp_put_control(ngx_rtsp_udp_control_t *control,
    size_t len, int level, int type, void *data, size_t size);
static size_t ngx_rtsp_udp_put_local(ngx_rtsp_udp_control_t *control,
    size_t len, ngx_rtsp_udp_target_t *target);
static ngx_uint_t ngx_rtsp_udp_refused(ngx_rtsp_udp_run_t *run,
    struct sockaddr *to);
static void ngx_rtsp_udp_refuse(ngx_rtsp_udp_run_t *run, struct sockaddr *to,
    ngx_err_t err);
static uint32_t ngx_rtsp_udp_address(struct sockaddr *sockaddr);


static ngx_rtsp_udp_refusal_t  ngx_rtsp_udp_refusals[NGX_RTSP_UDP_REFUSALS];
static ngx_uint_t              ngx_rtsp_udp_nrefusals;

static ngx_rtsp_udp_msg_t      ngx_rtsp_udp_msgs[NGX_RTSP_UDP_BATCH];
static ngx_rtsp_udp_control_t  ngx_rtsp_udp_controls[NGX_RTSP_UDP_BATCH];


ssize_t
ngx_rtsp_udp_send(ngx_socket_t fd, struct sockaddr *local,
    struct sockaddr *to, socklen_t len, u_char *data, size_t size)
{
    struct iovec           iov;
    ngx_rtsp_udp_msg_t     msg;
    ngx_rtsp_udp_target_t  target;

    target.to = to;
    target.len = len;
    target.local = local;

    iov.iov_base = data;
    iov.iov_len = size;

    ngx_rtsp_udp_message(&msg.msg_hdr, ngx_rtsp_udp_controls, &target, &iov, 1,
                         0);

    if (ngx_rtsp_udp_sendmmsg(fd, &msg, 1) == 1) {
        return size;
    }

    return (ngx_socket_errno == NGX_EAGAIN) ? NGX_AGAIN : NGX_ERROR;
}


ngx_int_t
ngx_rtsp_udp_run_add(ngx_rtsp_udp_run_t *run, u_char *data, size_t size)
{
    if (size == 0 || size > NGX_RTSP_UDP_MAX) {
        return NGX_ERROR;
    }

    if (run->n == 0) {
        run->segment = size;
        run->size = 0;

    } else if (run->n == NGX_RTSP_UDP_RUN
               || size > run->segment
               || run->size != run->n * run->segment
               || run->size + size > NGX_RTSP_UDP_MAX)
    {
        return NGX_DECLINED;
    }

    run->iov[run->n].iov_base = data;
    run->iov[run->n].iov_len = size;

    run->n++;
    run->size += size;

    return NGX_OK;
}


void
ngx_rtsp_udp_send_run(ngx_socket_t fd, ngx_rtsp_udp_run_t *run,
    ngx_rtsp_udp_target_t *targets, ngx_uint_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < n; /* void */ ) {
        i += ngx_rtsp_udp_send_batch(fd, run, &targets[i], n - i);

        if (targets[i - 1].rc == NGX_AGAIN) {
            break;
        }
    }

    for ( /* void */ ; i < n; i++) {
        targets[i].rc = NGX_AGAIN;
        targets[i].sent = 0;
    }
}


/* returns how many targets are done with, 1 at least */

static ngx_uint_t
ngx_rtsp_udp_send_batch(ngx_socket_t fd, ngx_rtsp_udp_run_t *run,
    ngx_rtsp_udp_target_t *targets, ngx_uint_t n)
{
    int         rc;
    ngx_uint_t  i;

    if (ngx_rtsp_udp_refused(run, targets[0].to)) {
        targets[0].rc = ngx_rtsp_udp_send_plain(fd, run, &targets[0]);
        return 1;
    }

    n = ngx_min(n, NGX_RTSP_UDP_BATCH);

    for (i = 0; i < n; i++) {

        if (i && ngx_rtsp_udp_refused(run, targets[i].to)) {
            break;
        }

        ngx_rtsp_udp_message(&ngx_rtsp_udp_msgs[i].msg_hdr,
                             &ngx_rtsp_udp_controls[i], &targets[i], run->iov,
                             run->n, run->segment);
    }

    rc = ngx_rtsp_udp_sendmmsg(fd, ngx_rtsp_udp_msgs, i);

    if (rc <= 0) {
        ngx_rtsp_udp_send_failed(fd, run, &targets[0], ngx_socket_errno);
        return 1;
    }

    n = rc;

    for (i = 0; i < n; i++) {
        targets[i].rc = NGX_OK;
        targets[i].sent = run->n;
    }

    return n;
}


static void
ngx_rtsp_udp_send_failed(ngx_socket_t fd, ngx_rtsp_udp_run_t *run,
    ngx_rtsp_udp_target_t *target, ngx_err_t err)
{
    target->sent = 0;

    switch (err) {

    case NGX_EAGAIN:
        target->rc = NGX_AGAIN;
        return;

    case EIO:               /* no checksums by the device */
    case NGX_EINVAL:        /* no segmentation in the kernel, or the MTU */
    case EMSGSIZE:          /* the MTU, kernels from 6.2 on */

        if (run->n > 1) {
            target->rc = ngx_rtsp_udp_send_plain(fd, run, target);

            if (target->rc != NGX_ERROR) {
                ngx_rtsp_udp_refuse(run, target->to, err);
            }

            return;
        }

        /* fall through */

    default:
        target->rc = NGX_ERROR;
    }
}


/* a datagram for each packet of the run; NGX_AGAIN: target->sent of them */

static ngx_int_t
ngx_rtsp_udp_send_plain(ngx_socket_t fd, ngx_rtsp_udp_run_t *run,
    ngx_rtsp_udp_target_t *target)
{
    int         rc;
    ngx_uint_t  i;

    for (i = 0; i < run->n; i++) {
        ngx_rtsp_udp_message(&ngx_rtsp_udp_msgs[i].msg_hdr,
                             &ngx_rtsp_udp_controls[i], target, &run->iov[i],
                             1, 0);
    }

    target->sent = 0;

    while (target->sent < run->n) {
        rc = ngx_rtsp_udp_sendmmsg(fd, &ngx_rtsp_udp_msgs[target->sent],
                                   run->n - target->sent);

        if (rc <= 0) {
            return (ngx_socket_errno == NGX_EAGAIN) ? NGX_AGAIN : NGX_ERROR;
        }

        target->sent += rc;
    }

    return NGX_OK;
}


/* how many messages were sent, or -1 if it is the first that cannot be */

static int
ngx_rtsp_udp_sendmmsg(ngx_socket_t fd, ngx_rtsp_udp_msg_t *msgs, ngx_uint_t n)
{
    int         rc;
    ngx_uint_t  refused;

    refused = 0;

    for ( ;; ) {

#if (NGX_RTSP_HAVE_SENDMMSG)

        rc = sendmmsg(fd, msgs, n, 0);

#else

        for (rc = 0; (ngx_uint_t) rc < n; rc++) {

            if (sendmsg(fd, &msgs[rc].msg_hdr, 0) == -1) {
                rc = rc ? rc : -1;
                break;
            }
        }

#endif

        if (rc != -1) {
            return rc;
        }

        if (ngx_socket_errno == NGX_EINTR) {
            continue;
        }

        /* a connected socket's news of an earlier datagram, told once */

        if (ngx_socket_errno == NGX_ECONNREFUSED && !refused) {
            refused = 1;
            continue;
        }

        return -1;
    }
}


/* "segment" is the size of a datagram where the message holds several */

static void
ngx_rtsp_udp_message(struct msghdr *msg, ngx_rtsp_udp_control_t *control,
    ngx_rtsp_udp_target_t *target, struct iovec *iov, ngx_uint_t n,
    size_t segment)
{
    size_t    len;
#if (NGX_RTSP_HAVE_UDP_SEGMENT)
    uint16_t  size;
#endif

    len = 0;

#if (NGX_RTSP_HAVE_UDP_SEGMENT)

    if (n > 1) {
        size = (uint16_t) segment;
        len = ngx_rtsp_udp_put_control(control, len, IPPROTO_UDP, UDP_SEGMENT,
                                       &size, sizeof(uint16_t));
    }

#endif

    if (target->local) {
        len = ngx_rtsp_udp_put_local(control, len, target);
    }

    msg->msg_name = target->to;
    msg->msg_namelen = target->len;
    msg->msg_iov = iov;
    msg->msg_iovlen = n;
    msg->msg_control = len ? control : NULL;
    msg->msg_controllen = len;
    msg->msg_flags = 0;
}


static size_t
ngx_rtsp_udp_put_local(ngx_rtsp_udp_control_t *control, size_t len,
    ngx_rtsp_udp_target_t *target)
{
#if (NGX_HAVE_IP_PKTINFO)
    struct in_pktinfo     pkt;
    struct sockaddr_in   *sin;
#endif
#if (NGX_HAVE_INET6 && NGX_HAVE_IPV6_RECVPKTINFO)
    struct in6_pktinfo    pkt6;
    struct sockaddr_in6  *sin6;
#endif

    switch (target->local->sa_family) {

#if (NGX_HAVE_IP_PKTINFO)

    case AF_INET:
        sin = (struct sockaddr_in *) target->local;

        ngx_memzero(&pkt, sizeof(struct in_pktinfo));
        pkt.ipi_spec_dst = sin->sin_addr;

        return ngx_rtsp_udp_put_control(control, len, IPPROTO_IP, IP_PKTINFO,
                                        &pkt, sizeof(struct in_pktinfo));

#endif

#if (NGX_HAVE_INET6 && NGX_HAVE_IPV6_RECVPKTINFO)

    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) target->local;

        ngx_memzero(&pkt6, sizeof(struct in6_pktinfo));
        pkt6.ipi6_addr = sin6->sin6_addr;
        pkt6.ipi6_ifindex = sin6->sin6_scope_id;

        return ngx_rtsp_udp_put_control(control, len, IPPROTO_IPV6,
                                        IPV6_PKTINFO, &pkt6,
                                        sizeof(struct in6_pktinfo));

#endif

    default:
        return len;
    }
}


static size_t
ngx_rtsp_udp_put_control(ngx_rtsp_udp_control_t *control, size_t len,
    int level, int type, void *data, size_t size)
{
    struct cmsghdr  *cmsg;

    cmsg = (struct cmsghdr *) &control->data[len];

    cmsg->cmsg_level = level;
    cmsg->cmsg_type = type;
    cmsg->cmsg_len = CMSG_LEN(size);

    ngx_memcpy(CMSG_DATA(cmsg), data, size);

    return len + CMSG_SPACE(size);
}


/* the run has to go to this address as single datagrams */

static ngx_uint_t
ngx_rtsp_udp_refused(ngx_rtsp_udp_run_t *run, struct sockaddr *to)
{
#if (NGX_RTSP_HAVE_UDP_SEGMENT)

    uint32_t                 address;
    ngx_rtsp_udp_refusal_t  *refusal;

    if (ngx_rtsp_udp_nrefusals == 0 || run->n == 1) {
        return 0;
    }

    address = ngx_rtsp_udp_address(to);
    refusal = &ngx_rtsp_udp_refusals[address % NGX_RTSP_UDP_REFUSALS];

    if (refusal->until == 0
        || refusal->address != address
        || run->segment < refusal->segment)
    {
        return 0;
    }

    if ((ngx_msec_int_t) (refusal->until - ngx_current_msec) > 0) {
        return 1;
    }

    refusal->until = 0;
    ngx_rtsp_udp_nrefusals--;

    return 0;

#else

    return run->n > 1;

#endif
}


static void
ngx_rtsp_udp_refuse(ngx_rtsp_udp_run_t *run, struct sockaddr *to,
    ngx_err_t err)
{
    uint32_t                 address;
    ngx_rtsp_udp_refusal_t  *refusal;

    address = ngx_rtsp_udp_address(to);
    refusal = &ngx_rtsp_udp_refusals[address % NGX_RTSP_UDP_REFUSALS];

    if (refusal->until == 0) {
        ngx_rtsp_udp_nrefusals++;
    }

    refusal->address = address;
    refusal->segment = (err == EIO) ? 0 : run->segment;
    refusal->until = ngx_current_msec + NGX_RTSP_UDP_REFUSAL_TIME;

    if (refusal->until == 0) {
        refusal->until = 1;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_EVENT, ngx_cycle->log, err,
                   "rtsp udp segments of %uz refused", run->segment);
}


/* the low bits differ between neighbours, and pick the place in the table */

static uint32_t
ngx_rtsp_udp_address(struct sockaddr *sockaddr)
{
    uint32_t              address;
#if (NGX_HAVE_INET6)
    ngx_uint_t            i;
    struct sockaddr_in6  *sin6;

    if (sockaddr->sa_family == AF_INET6) {
        sin6 = (struct sockaddr_in6 *) sockaddr;
        address = 0;

        for (i = 0; i < 16; i++) {
            address = address * 31 + sin6->sin6_addr.s6_addr[i];
        }

        return address;
    }
#endif

    address = ntohl(((struct sockaddr_in *) sockaddr)->sin_addr.s_addr);

    return address;
}
