
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include <pwd.h>
#include <netinet/udp.h>
#include <linux/filter.h>

#include "ngx_rtsp_udp.h"


/*
 * Makes the UDP sockets and decides where datagrams arrive.  Reading is in
 * ngx_rtsp_udp_recv.c, sending in ngx_rtsp_udp_send.c.
 *
 * The shared pair is bound in the master, while it reads the configuration,
 * and lives in static variables: all workers of all generations inherit the
 * same sockets, and a reload with the same port takes them over.  A publisher
 * gets a connected socket on the same port, made in its worker.  The kernel
 * prefers it for that peer, so the publisher's datagrams arrive there and
 * nowhere else.
 *
 * Sockets may share a port only with SO_REUSEPORT and one owner.  Invariant:
 * the owner of all of them is the workers' user, the master's sockets too.
 */


#define NGX_RTSP_UDP_BUFFER       (4 * 1024 * 1024)

/* as long as nginx waits for its listening sockets */
#define NGX_RTSP_UDP_TRIES        5
#define NGX_RTSP_UDP_TRY_DELAY    500       /* ms */


typedef struct {
    in_port_t                     port;     /* 0: no sockets */
    ngx_socket_t                  fd[2][2];
} ngx_rtsp_udp_running_t;


static void ngx_rtsp_udp_cleanup(void *data);
static ngx_int_t ngx_rtsp_udp_bind_family(ngx_conf_t *cf,
    ngx_rtsp_udp_conf_t *conf, ngx_uint_t family);
static ngx_int_t ngx_rtsp_udp_bind_shared(ngx_conf_t *cf,
    struct sockaddr *sockaddr, socklen_t len, ngx_socket_t *fd);
static ngx_int_t ngx_rtsp_udp_bind(ngx_conf_t *cf, struct sockaddr *sockaddr,
    socklen_t len, ngx_uint_t exclusive, ngx_socket_t *fd);
static ngx_err_t ngx_rtsp_udp_open(struct sockaddr *sockaddr, socklen_t len,
    ngx_uint_t exclusive, ngx_cycle_t *cycle, ngx_log_t *log,
    ngx_socket_t *fdp);
static socklen_t ngx_rtsp_udp_any(ngx_sockaddr_t *sa, ngx_uint_t family,
    in_port_t port);
static void ngx_rtsp_udp_own(ngx_socket_t fd, ngx_cycle_t *cycle,
    ngx_log_t *log);
static void ngx_rtsp_udp_steer(ngx_socket_t fd, ngx_log_t *log);
static void ngx_rtsp_udp_buffer(ngx_socket_t fd, int force, int name,
    size_t size, ngx_log_t *log);
static void ngx_rtsp_udp_check_buffer(ngx_conf_t *cf,
    ngx_rtsp_udp_conf_t *conf, ngx_socket_t fd);
static void ngx_rtsp_udp_buffers(ngx_socket_t fd, ngx_rtsp_udp_conf_t *conf,
    ngx_log_t *log);
static in_port_t ngx_rtsp_udp_bind_pair(ngx_rtsp_udp_conf_t *conf,
    struct sockaddr *local, socklen_t len, ngx_socket_t fd[2],
    ngx_log_t *log);
static ngx_socket_t ngx_rtsp_udp_bind_local(struct sockaddr *local,
    socklen_t len, in_port_t port, ngx_uint_t share, ngx_log_t *log);
static void ngx_rtsp_udp_gro(ngx_socket_t fd, ngx_log_t *log);
static void ngx_rtsp_udp_close_fd(ngx_socket_t fd, ngx_log_t *log);


/* the sockets of the cycle that runs; the master's, inherited by workers */
static ngx_rtsp_udp_running_t  ngx_rtsp_udp_running;

static ngx_uint_t  ngx_rtsp_udp_warned;     /* of a clipped buffer */


ngx_int_t
ngx_rtsp_udp_configure(ngx_conf_t *cf, ngx_rtsp_udp_conf_t *conf)
{
    ngx_uint_t           i;
    ngx_pool_cleanup_t  *cln;

    for (i = 0; i < 4; i++) {
        conf->fd[i / 2][i % 2] = (ngx_socket_t) -1;
    }

    conf->bound = 0;

    if (conf->rcvbuf == 0) {
        conf->rcvbuf = NGX_RTSP_UDP_BUFFER;
    }

    if (conf->sndbuf == 0) {
        conf->sndbuf = NGX_RTSP_UDP_BUFFER;
    }

    if (conf->port == 0 || conf->last != 0
        || ngx_test_config || ngx_process == NGX_PROCESS_SIGNALLER)
    {
        return NGX_OK;
    }

    if (conf->port == ngx_rtsp_udp_running.port) {
        ngx_memcpy(conf->fd, ngx_rtsp_udp_running.fd, sizeof(conf->fd));
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_rtsp_udp_cleanup;
    cln->data = conf;
    conf->bound = 1;

    if (ngx_rtsp_udp_bind_family(cf, conf, NGX_RTSP_UDP_IPV4) != NGX_OK
        || ngx_rtsp_udp_bind_family(cf, conf, NGX_RTSP_UDP_IPV6) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (conf->fd[NGX_RTSP_UDP_IPV4][0] == (ngx_socket_t) -1
        && conf->fd[NGX_RTSP_UDP_IPV6][0] == (ngx_socket_t) -1)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"rtsp_udp_port %d\": the host has neither IPv4 "
                           "nor IPv6, write \"rtsp_udp_port off\"",
                           (int) conf->port);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_rtsp_udp_cleanup(void *data)
{
    ngx_rtsp_udp_conf_t *conf = data;

    ngx_uint_t  i;

    if (!conf->bound) {
        return;
    }

    for (i = 0; i < 4; i++) {
        ngx_rtsp_udp_close_fd(conf->fd[i / 2][i % 2], ngx_cycle->log);
    }
}


void
ngx_rtsp_udp_init_module(ngx_cycle_t *cycle, ngx_rtsp_udp_conf_t *conf)
{
    ngx_uint_t               i;
    ngx_socket_t             fd;
    ngx_rtsp_udp_running_t  *running;

    if (ngx_test_config) {
        return;
    }

    running = &ngx_rtsp_udp_running;

    if (conf && conf->last != 0) {
        conf = NULL;
    }

    if (running->port && (conf == NULL || conf->port != running->port)) {

        /* workers that still use them have copies of their own */

        for (i = 0; i < 4; i++) {
            ngx_rtsp_udp_close_fd(running->fd[i / 2][i % 2], cycle->log);
        }

        running->port = 0;
    }

    if (conf == NULL || conf->port == 0) {
        return;
    }

    running->port = conf->port;
    ngx_memcpy(running->fd, conf->fd, sizeof(conf->fd));
    conf->bound = 0;

    for (i = 0; i < 4; i++) {
        fd = conf->fd[i / 2][i % 2];

        if (fd == (ngx_socket_t) -1) {
            continue;
        }

        /* "user" may have been read later than we were, or have changed */

        ngx_rtsp_udp_own(fd, cycle, cycle->log);
        ngx_rtsp_udp_buffers(fd, conf, cycle->log);
    }
}


static ngx_int_t
ngx_rtsp_udp_bind_family(ngx_conf_t *cf, ngx_rtsp_udp_conf_t *conf,
    ngx_uint_t family)
{
    socklen_t       len;
    ngx_int_t       rc;
    ngx_uint_t      i;
    ngx_socket_t   *fd;
    ngx_sockaddr_t  sa;

#if !(NGX_HAVE_INET6)
    if (family == NGX_RTSP_UDP_IPV6) {
        return NGX_OK;
    }
#endif

    fd = conf->fd[family];

    for (i = 0; i < 2; i++) {
        len = ngx_rtsp_udp_any(&sa, family, conf->port + i);

        rc = ngx_rtsp_udp_bind_shared(cf, &sa.sockaddr, len, &fd[i]);

        if (rc == NGX_DECLINED) {
            ngx_rtsp_udp_close_fd(fd[0], cf->log);
            fd[0] = (ngx_socket_t) -1;

            ngx_conf_log_error(NGX_LOG_NOTICE, cf, 0,
                               "no %s on this host, RTP goes without it",
                               family == NGX_RTSP_UDP_IPV4 ? "IPv4" : "IPv6");
            return NGX_OK;
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_rtsp_udp_steer(fd[i], cf->log);
        ngx_rtsp_udp_check_buffer(cf, conf, fd[i]);
    }

    return NGX_OK;
}


/*
 * A shared port would hide that another server has it, and that one would get
 * our readers' RTCP.  So a server that starts looks first whether it is alone;
 * one that reloads or replaces its binary is not.
 */

static ngx_int_t
ngx_rtsp_udp_bind_shared(ngx_conf_t *cf, struct sockaddr *sockaddr,
    socklen_t len, ngx_socket_t *fd)
{
    ngx_int_t     rc;
    ngx_socket_t  probe;

    if (ngx_is_init_cycle(cf->cycle->old_cycle) && !ngx_inherited) {

        probe = (ngx_socket_t) -1;
        rc = ngx_rtsp_udp_bind(cf, sockaddr, len, 1, &probe);

        if (rc != NGX_OK) {
            return rc;
        }

        ngx_rtsp_udp_close_fd(probe, cf->log);
    }

    return ngx_rtsp_udp_bind(cf, sockaddr, len, 0, fd);
}


/* NGX_DECLINED: the host does not have this family */

static ngx_int_t
ngx_rtsp_udp_bind(ngx_conf_t *cf, struct sockaddr *sockaddr, socklen_t len,
    ngx_uint_t exclusive, ngx_socket_t *fd)
{
    size_t      n;
    u_char      text[NGX_SOCKADDR_STRLEN];
    ngx_err_t   err;
    ngx_uint_t  tries;

    tries = exclusive ? NGX_RTSP_UDP_TRIES : 1;

    for ( ;; ) {
        err = ngx_rtsp_udp_open(sockaddr, len, exclusive, cf->cycle, cf->log,
                                fd);

        if (err == 0) {
            return NGX_OK;
        }

        if (err == EAFNOSUPPORT || err == EADDRNOTAVAIL) {
            return NGX_DECLINED;
        }

        if (err != NGX_EADDRINUSE || --tries == 0) {
            break;
        }

        /* a server that has just been told to stop */

        ngx_msleep(NGX_RTSP_UDP_TRY_DELAY);
    }

    n = ngx_sock_ntop(sockaddr, len, text, NGX_SOCKADDR_STRLEN, 1);

    ngx_conf_log_error(NGX_LOG_EMERG, cf, err,
                       "bind() to %*s failed, \"rtsp_udp_port\" needs a free "
                       "even UDP port and the next one (or \"off\")", n, text);

    return NGX_ERROR;
}


static ngx_err_t
ngx_rtsp_udp_open(struct sockaddr *sockaddr, socklen_t len,
    ngx_uint_t exclusive, ngx_cycle_t *cycle, ngx_log_t *log,
    ngx_socket_t *fdp)
{
    int           on;
    ngx_err_t     err;
    ngx_socket_t  fd;

    fd = socket(sockaddr->sa_family, SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (fd == (ngx_socket_t) -1) {
        return ngx_socket_errno;
    }

    on = 1;

#if (NGX_HAVE_INET6 && defined IPV6_V6ONLY)

    if (sockaddr->sa_family == AF_INET6
        && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(int)) == -1)
    {
        goto failed;
    }

#endif

    if (!exclusive) {

        if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(int)) == -1) {
            goto failed;
        }

        /*
         * The master does it before bind(): the port may be another binary's.
         * A worker's sockets are of the right owner, and it has no "cycle".
         */

        if (cycle) {
            ngx_rtsp_udp_own(fd, cycle, log);
        }
    }

    if (bind(fd, sockaddr, len) == -1) {
        goto failed;
    }

    *fdp = fd;

    return 0;

failed:

    err = ngx_socket_errno;

    ngx_rtsp_udp_close_fd(fd, log);

    return err;
}


static socklen_t
ngx_rtsp_udp_any(ngx_sockaddr_t *sa, ngx_uint_t family, in_port_t port)
{
    ngx_memzero(sa, sizeof(ngx_sockaddr_t));

#if (NGX_HAVE_INET6)

    if (family == NGX_RTSP_UDP_IPV6) {
        sa->sockaddr_in6.sin6_family = AF_INET6;
        sa->sockaddr_in6.sin6_port = htons(port);

        return sizeof(struct sockaddr_in6);
    }

#endif

    sa->sockaddr_in.sin_family = AF_INET;
    sa->sockaddr_in.sin_port = htons(port);

    return sizeof(struct sockaddr_in);
}


/*
 * The kernel lets sockets share a port only if one uid owns them all: it is
 * that of the workers, whose sockets come later.
 */

static void
ngx_rtsp_udp_own(ngx_socket_t fd, ngx_cycle_t *cycle, ngx_log_t *log)
{
    ngx_uid_t         user;
    struct passwd    *pwd;
    ngx_core_conf_t  *ccf;

    if (geteuid() != 0) {
        return;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    user = ccf->user;

    if (user == (ngx_uid_t) NGX_CONF_UNSET_UINT) {

        /* nothing read yet, and the core sets the default only at the end */

        pwd = getpwnam(NGX_USER);
        if (pwd == NULL) {
            return;
        }

        user = pwd->pw_uid;
    }

    if (fchown(fd, user, (gid_t) -1) == -1) {
        ngx_log_error(NGX_LOG_WARN, log, ngx_errno,
                      "fchown() of a UDP socket failed, UDP publishers "
                      "cannot be served from \"rtsp_udp_port\"");
    }
}


/*
 * The binary before ours has sockets on the same address until its sessions
 * end, and the kernel would deal out the datagrams of everybody who is not
 * connected between them and us.  They are its readers': the first socket,
 * which is the older one, gets them all.
 */

static void
ngx_rtsp_udp_steer(ngx_socket_t fd, ngx_log_t *log)
{
#ifdef SO_ATTACH_REUSEPORT_CBPF

    struct sock_filter  code[] = {
        { BPF_RET|BPF_K, 0, 0, 0 }
    };

    struct sock_fprog  program = { 1, code };

    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
                   sizeof(program))
        == -1)
    {
        ngx_log_error(NGX_LOG_NOTICE, log, ngx_socket_errno,
                      "setsockopt(SO_ATTACH_REUSEPORT_CBPF) failed, ignored");
    }

#endif
}


/* "force" is the option that passes the system's limit, for the privileged */

static void
ngx_rtsp_udp_buffer(ngx_socket_t fd, int force, int name, size_t size,
    ngx_log_t *log)
{
    int  n;

    n = (int) size;

    if (setsockopt(fd, SOL_SOCKET, force, &n, sizeof(int)) == 0) {
        return;
    }

    if (setsockopt(fd, SOL_SOCKET, name, &n, sizeof(int)) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_socket_errno,
                      "setsockopt() of a UDP buffer of %uz failed, ignored",
                      size);
    }
}


/*
 * Workers have no privilege for their sockets; so what counts is what the
 * kernel grants without it.
 */

static void
ngx_rtsp_udp_check_buffer(ngx_conf_t *cf, ngx_rtsp_udp_conf_t *conf,
    ngx_socket_t fd)
{
    int        size;
    socklen_t  len;

    if (ngx_rtsp_udp_warned) {
        return;
    }

    size = (int) conf->rcvbuf;
    len = sizeof(int);

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, len) == -1
        || getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &len) == -1)
    {
        return;
    }

    /* the kernel doubles it, for what it needs itself */

    if ((size_t) size / 2 < conf->rcvbuf) {
        ngx_rtsp_udp_warned = 1;

        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "the kernel clips the UDP receive buffers from %uz "
                           "to %uz bytes and may lose packets of publishers, "
                           "raise net.core.rmem_max or set \"rcvbuf=\" of "
                           "\"rtsp_udp_port\"",
                           conf->rcvbuf, (size_t) size / 2);
    }
}


static void
ngx_rtsp_udp_buffers(ngx_socket_t fd, ngx_rtsp_udp_conf_t *conf,
    ngx_log_t *log)
{
    ngx_rtsp_udp_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, conf->rcvbuf, log);
    ngx_rtsp_udp_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, conf->sndbuf, log);
}


ngx_int_t
ngx_rtsp_udp_family(struct sockaddr *sockaddr)
{
    switch (sockaddr->sa_family) {

    case AF_INET:
        return NGX_RTSP_UDP_IPV4;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        return NGX_RTSP_UDP_IPV6;
#endif

    default:
        return NGX_DECLINED;
    }
}


void
ngx_rtsp_udp_unmap(struct sockaddr *sockaddr, socklen_t *len)
{
#if (NGX_HAVE_INET6)

    struct sockaddr_in    sin;
    struct sockaddr_in6  *sin6;

    if (sockaddr->sa_family != AF_INET6) {
        return;
    }

    sin6 = (struct sockaddr_in6 *) sockaddr;

    if (!IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
        return;
    }

    ngx_memzero(&sin, sizeof(struct sockaddr_in));
    sin.sin_family = AF_INET;
    sin.sin_port = sin6->sin6_port;
    ngx_memcpy(&sin.sin_addr, &sin6->sin6_addr.s6_addr[12], 4);

    ngx_memcpy(sockaddr, &sin, sizeof(struct sockaddr_in));
    *len = sizeof(struct sockaddr_in);

#endif
}


ngx_rtsp_udp_socket_t *
ngx_rtsp_udp_connect(ngx_rtsp_udp_conf_t *conf, ngx_uint_t rtcp,
    struct sockaddr *local, struct sockaddr *peer, socklen_t len,
    ngx_rtsp_udp_handler_pt handler, void *data, ngx_log_t *log)
{
    ngx_int_t               family;
    ngx_socket_t            fd;
    ngx_rtsp_udp_socket_t  *us;

    family = ngx_rtsp_udp_family(peer);

    if (family == NGX_DECLINED || local->sa_family != peer->sa_family
        || conf->fd[family][rtcp] == (ngx_socket_t) -1)
    {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "no UDP socket for addresses of this kind");
        return NULL;
    }

    fd = ngx_rtsp_udp_bind_local(local, len, conf->port + rtcp, 1, log);

    if (fd == (ngx_socket_t) -1) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_socket_errno,
                      "bind() to UDP port %d failed",
                      (int) (conf->port + rtcp));
        return NULL;
    }

    /* room first: from bind() on it may get what is for others */

    ngx_rtsp_udp_buffers(fd, conf, log);

    if (connect(fd, peer, len) == -1) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_socket_errno,
                      "connect() of a UDP socket failed");
        ngx_rtsp_udp_close_fd(fd, log);
        return NULL;
    }

    if (!rtcp) {
        ngx_rtsp_udp_gro(fd, log);
    }

    us = ngx_rtsp_udp_attach(fd, handler, data, log);
    if (us == NULL) {
        return NULL;
    }

    us->rtcp = rtcp;
    us->connected = 1;
    ngx_memcpy(&us->peer, peer, len);

    return us;
}


ngx_int_t
ngx_rtsp_udp_pair(ngx_rtsp_udp_conf_t *conf, struct sockaddr *local,
    socklen_t len, ngx_rtsp_udp_handler_pt handler, void *data,
    ngx_log_t *log, ngx_rtsp_udp_socket_t *pair[2], in_port_t *port)
{
    ngx_socket_t  fd[2];

    *port = ngx_rtsp_udp_bind_pair(conf, local, len, fd, log);

    if (*port == 0) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_socket_errno,
                      "no free pair of UDP ports in \"rtsp_udp_port %d-%d\"",
                      (int) conf->port, (int) conf->last);
        return NGX_ERROR;
    }

    ngx_rtsp_udp_buffers(fd[0], conf, log);
    ngx_rtsp_udp_gro(fd[0], log);

    pair[0] = ngx_rtsp_udp_attach(fd[0], handler, data, log);

    if (pair[0] == NULL) {
        ngx_rtsp_udp_close_fd(fd[1], log);
        return NGX_ERROR;
    }

    pair[1] = ngx_rtsp_udp_attach(fd[1], handler, data, log);

    if (pair[1] == NULL) {
        ngx_rtsp_udp_close(pair[0]);
        return NGX_ERROR;
    }

    pair[1]->rtcp = 1;

    return NGX_OK;
}


/* tries the range once, from a place in it by chance; 0: none is free */

static in_port_t
ngx_rtsp_udp_bind_pair(ngx_rtsp_udp_conf_t *conf, struct sockaddr *local,
    socklen_t len, ngx_socket_t fd[2], ngx_log_t *log)
{
    in_port_t   port;
    ngx_uint_t  i, n, start;

    n = (conf->last - conf->port + 1) / 2;
    start = (ngx_uint_t) ngx_random();

    for (i = 0; i < n; i++) {
        port = conf->port + 2 * ((start + i) % n);

        fd[0] = ngx_rtsp_udp_bind_local(local, len, port, 0, log);

        if (fd[0] == (ngx_socket_t) -1) {
            continue;
        }

        fd[1] = ngx_rtsp_udp_bind_local(local, len, port + 1, 0, log);

        if (fd[1] != (ngx_socket_t) -1) {
            return port;
        }

        ngx_rtsp_udp_close_fd(fd[0], log);
    }

    return 0;
}


/* -1: ngx_socket_errno says why */

static ngx_socket_t
ngx_rtsp_udp_bind_local(struct sockaddr *local, socklen_t len, in_port_t port,
    ngx_uint_t share, ngx_log_t *log)
{
    ngx_err_t       err;
    ngx_socket_t    fd;
    ngx_sockaddr_t  sa;

    ngx_memcpy(&sa, local, len);

    /* both families have their port in the same place */

    sa.sockaddr_in.sin_port = htons(port);

    err = ngx_rtsp_udp_open(&sa.sockaddr, len, !share, NULL, log, &fd);

    if (err) {
        ngx_set_socket_errno(err);
        return (ngx_socket_t) -1;
    }

    return fd;
}


static void
ngx_rtsp_udp_gro(ngx_socket_t fd, ngx_log_t *log)
{
#if (NGX_RTSP_HAVE_UDP_SEGMENT)

    int  on;

    on = 1;

    if (setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(int)) == -1) {
        ngx_log_debug0(NGX_LOG_DEBUG_EVENT, log, ngx_socket_errno,
                       "rtsp udp no GRO");
    }

#endif
}


static void
ngx_rtsp_udp_close_fd(ngx_socket_t fd, ngx_log_t *log)
{
    if (fd != (ngx_socket_t) -1 && ngx_close_socket(fd) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_socket_errno,
                      ngx_close_socket_n " of a UDP socket failed");
    }
}
