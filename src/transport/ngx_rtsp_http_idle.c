
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_http_idle.h"


/*
 * Connections to HTTP services between two calls: kept for the next one,
 * watched for their end, closed when there are too many or nobody comes.
 * Called by the HTTP client.
 *
 * Owns the connections that it was given, until one is taken again.  The rest
 * of an answer's body may still come in.  A connection's pool and log are its
 * own, as it outlives calls.
 *
 * Invariant: a connection in the list has no call and its read timer running;
 * one that is draining is not given away.
 */


/* nobody wants what is read here */
#define NGX_RTSP_HTTP_REST  4096


static void ngx_rtsp_http_idle_read(ngx_event_t *rev);
static void ngx_rtsp_http_idle_write(ngx_event_t *wev);


static u_char  ngx_rtsp_http_rest[NGX_RTSP_HTTP_REST];


ngx_rtsp_http_connection_t *
ngx_rtsp_http_take_idle(ngx_rtsp_http_service_t *service,
    ngx_peer_connection_t *peer)
{
    ngx_queue_t                 *q;
    ngx_connection_t            *c;
    ngx_rtsp_http_connection_t  *hc;

    for (q = ngx_queue_head(&service->idle);
         q != ngx_queue_sentinel(&service->idle);
         q = ngx_queue_next(q))
    {
        hc = ngx_queue_data(q, ngx_rtsp_http_connection_t, queue);

        if (hc->draining
            || ngx_memn2cmp((u_char *) &hc->sockaddr,
                            (u_char *) peer->sockaddr,
                            hc->socklen, peer->socklen)
               != 0)
        {
            continue;
        }

        ngx_queue_remove(q);
        service->nidle--;

        c = hc->connection;
        c->idle = 0;
        ngx_del_timer(c->read);

        hc->reused = 1;

        return hc;
    }

    return NULL;
}


void
ngx_rtsp_http_put_idle(ngx_rtsp_http_connection_t *hc)
{
    ngx_queue_t              *q;
    ngx_connection_t         *c;
    ngx_rtsp_http_service_t  *service;

    c = hc->connection;
    service = hc->service;

    if (service->nidle == NGX_RTSP_HTTP_IDLE) {
        q = ngx_queue_last(&service->idle);
        ngx_queue_remove(q);
        service->nidle--;

        ngx_rtsp_http_close(ngx_queue_data(q, ngx_rtsp_http_connection_t,
                                           queue));
    }

    ngx_queue_insert_head(&service->idle, &hc->queue);
    service->nidle++;

    ngx_rtsp_http_set_log(c, ngx_cycle->log);

    /* it is closed when the worker begins to shut down */

    c->idle = 1;
    c->read->handler = ngx_rtsp_http_idle_read;
    c->write->handler = ngx_rtsp_http_idle_write;

    ngx_add_timer(c->read, hc->draining ? NGX_RTSP_HTTP_DRAIN_TIMEOUT
                                        : NGX_RTSP_HTTP_IDLE_TIMEOUT);

    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_events);
    }
}


/* the rest of a body, or its end; an idle server has nothing to say */

static void
ngx_rtsp_http_idle_read(ngx_event_t *rev)
{
    ssize_t                      n;
    ngx_int_t                    rc;
    ngx_connection_t            *c;
    ngx_rtsp_http_connection_t  *hc;

    c = rev->data;
    hc = c->data;

    if (c->close || rev->timedout) {
        goto close;
    }

    for ( ;; ) {
        n = c->recv(c, ngx_rtsp_http_rest, NGX_RTSP_HTTP_REST);

        if (n == NGX_AGAIN) {

            if (ngx_handle_read_event(rev, 0) != NGX_OK) {
                goto close;
            }

            return;
        }

        if (n <= 0 || !hc->draining) {
            goto close;
        }

        rc = ngx_rtsp_http_parse(&hc->response, ngx_rtsp_http_rest, n);

        if (rc == NGX_OK) {
            hc->draining = 0;
            ngx_del_timer(rev);
            ngx_add_timer(rev, NGX_RTSP_HTTP_IDLE_TIMEOUT);

        } else if (rc != NGX_AGAIN) {
            goto close;
        }
    }

close:

    ngx_queue_remove(&hc->queue);
    hc->service->nidle--;

    ngx_rtsp_http_close(hc);
}


static void
ngx_rtsp_http_idle_write(ngx_event_t *wev)
{
    ngx_log_debug0(NGX_LOG_DEBUG_EVENT, wev->log, 0,
                   "rtsp idle http connection is writable");
}


void
ngx_rtsp_http_set_log(ngx_connection_t *c, ngx_log_t *log)
{
    c->log = log;
    c->read->log = log;
    c->write->log = log;
    c->pool->log = log;
}


/* no farewell in TLS: nothing of value follows, and nothing is waited for */

void
ngx_rtsp_http_close(ngx_rtsp_http_connection_t *hc)
{
    ngx_pool_t        *pool;
    ngx_connection_t  *c;

    c = hc->connection;
    pool = hc->pool;

    ngx_rtsp_http_set_log(c, ngx_cycle->log);

#if (NGX_SSL)

    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;
        (void) ngx_ssl_shutdown(c);
    }

#endif

    /* a HA1 may be in it */
    ngx_explicit_memzero(&hc->response, sizeof(ngx_rtsp_http_response_t));

    ngx_close_connection(c);
    ngx_destroy_pool(pool);
}
