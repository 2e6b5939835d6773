
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_rtsp_output.h"


/*
 * All bytes of an RTSP connection leave here, called by the server for
 * responses and by readers for packets.  Owns the private buffer.
 *
 * Invariant: bytes leave in the order they were given, and nothing is written
 * around what waits.  TLS writes from the private buffer only, as OpenSSL
 * wants the very same bytes again after a write that would have blocked; for
 * plain TCP the kernel copies, so ring memory may be written from directly.
 */


static ssize_t ngx_rtsp_output_copy(ngx_rtsp_output_t *out, struct iovec *iov,
    ngx_uint_t n);
static void ngx_rtsp_output_wait(ngx_rtsp_output_t *out);


void
ngx_rtsp_output_init(ngx_rtsp_output_t *out, ngx_connection_t *c,
    ngx_msec_t timeout)
{
    ngx_memzero(out, sizeof(ngx_rtsp_output_t));

    out->connection = c;
    out->timeout = timeout;

#if (NGX_SSL)

    /* what waits may grow, and so move, before it is written again */

    if (c->ssl) {
        (void) SSL_set_mode(c->ssl->connection,
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    }

#endif
}


void
ngx_rtsp_output_cleanup(ngx_rtsp_output_t *out)
{
    if (out->start) {
        ngx_free(out->start);
    }

    out->start = NULL;
    out->pos = NULL;
    out->last = NULL;
    out->end = NULL;
}


ngx_int_t
ngx_rtsp_output_keep(ngx_rtsp_output_t *out, const u_char *data, size_t len)
{
    size_t   pending, size;
    u_char  *p;

    if (len == 0) {
        return NGX_OK;
    }

    pending = out->last - out->pos;

    if ((size_t) (out->end - out->last) < len) {

        if (pending + len > NGX_RTSP_OUTPUT_MAX) {
            ngx_log_error(NGX_LOG_INFO, out->connection->log, 0,
                          "rtsp client does not read its responses, "
                          "%uz bytes wait", pending);
            return NGX_ERROR;
        }

        size = ngx_max(pending + len, 2048);

        p = ngx_alloc(size, out->connection->log);
        if (p == NULL) {
            return NGX_ERROR;
        }

        if (pending) {
            ngx_memcpy(p, out->pos, pending);
        }

        ngx_rtsp_output_cleanup(out);

        out->start = p;
        out->pos = p;
        out->last = p + pending;
        out->end = p + size;
    }

    out->last = ngx_cpymem(out->last, data, len);

    return NGX_OK;
}


ngx_int_t
ngx_rtsp_output_put(ngx_rtsp_output_t *out, const u_char *data, size_t len)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = out->connection;

    if (!ngx_rtsp_output_pending(out) && !ngx_rtsp_is_tls(c)) {

        n = c->send(c, (u_char *) data, len);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (n > 0) {
            data += n;
            len -= n;
        }
    }

    if (ngx_rtsp_output_keep(out, data, len) != NGX_OK) {
        return NGX_ERROR;
    }

    return (ngx_rtsp_output_flush(out) == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_rtsp_output_flush(ngx_rtsp_output_t *out)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = out->connection;

    while (ngx_rtsp_output_pending(out)) {

        n = c->send(c, out->pos, out->last - out->pos);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (n == NGX_AGAIN) {
            ngx_rtsp_output_wait(out);
            return ngx_handle_write_event(c->write, 0) == NGX_OK ? NGX_AGAIN
                                                                 : NGX_ERROR;
        }

        out->pos += n;

        /* the peer does read: it gets the whole time again */

        if (c->write->timer_set) {
            ngx_del_timer(c->write);
        }
    }

    ngx_rtsp_output_cleanup(out);

    if (!c->write->ready) {

        /*
         * A short write clears "ready" even where all went out after it.
         * Nobody sends more until the event, so the peer has a deadline.
         */

        ngx_rtsp_output_wait(out);

        return ngx_handle_write_event(c->write, 0) == NGX_OK ? NGX_OK
                                                             : NGX_ERROR;
    }

    if (c->write->timer_set) {
        ngx_del_timer(c->write);
    }

    return NGX_OK;
}


static void
ngx_rtsp_output_wait(ngx_rtsp_output_t *out)
{
    ngx_event_t  *wev;

    wev = out->connection->write;

    if (!wev->timer_set) {
        ngx_add_timer(wev, out->timeout);
    }
}


ssize_t
ngx_rtsp_output_writev(ngx_rtsp_output_t *out, struct iovec *iov,
    ngx_uint_t n)
{
    ssize_t            sent;
    ngx_err_t          err;
    ngx_event_t       *wev;
    ngx_connection_t  *c;

    c = out->connection;
    wev = c->write;

    if (wev->pending_eof || wev->error || c->error) {
        return NGX_ERROR;
    }

    if (ngx_rtsp_is_tls(c)) {
        return ngx_rtsp_output_copy(out, iov, n);
    }

    if (!wev->ready) {
        ngx_rtsp_output_wait(out);
        return 0;
    }

    do {
        /* one piece is the rule, and a plain send() of it is cheaper */

        sent = (n == 1) ? send(c->fd, iov->iov_base, iov->iov_len, 0)
                        : writev(c->fd, iov, n);

        if (sent >= 0) {
            c->sent += sent;

            if (wev->timer_set) {
                ngx_del_timer(wev);
            }

            return sent;
        }

        err = ngx_socket_errno;

    } while (err == NGX_EINTR);

    if (err == NGX_EAGAIN) {
        wev->ready = 0;
        ngx_rtsp_output_wait(out);
        return ngx_handle_write_event(wev, 0) == NGX_OK ? 0 : NGX_ERROR;
    }

    wev->error = 1;
    (void) ngx_connection_error(c, err, "send() failed");

    return NGX_ERROR;
}


static ssize_t
ngx_rtsp_output_copy(ngx_rtsp_output_t *out, struct iovec *iov, ngx_uint_t n)
{
    size_t      len, size;
    ngx_uint_t  i;

    size = 0;

    for (i = 0; i < n && size < NGX_RTSP_OUTPUT_TLS; i++) {
        len = ngx_min(iov[i].iov_len, NGX_RTSP_OUTPUT_TLS - size);

        if (ngx_rtsp_output_keep(out, iov[i].iov_base, len) != NGX_OK) {
            return NGX_ERROR;
        }

        size += len;
    }

    if (ngx_rtsp_output_flush(out) == NGX_ERROR) {
        return NGX_ERROR;
    }

    return size;
}
