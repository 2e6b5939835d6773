
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_HTTP_CLIENT_H_INCLUDED_
#define _NGX_RTSP_HTTP_CLIENT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_http.h"


/* idle connections to a service, per worker */
#define NGX_RTSP_HTTP_IDLE          8
#define NGX_RTSP_HTTP_IDLE_TIMEOUT  60000   /* ms */

/* the rest of a body that nobody waits for may take that long, ms */
#define NGX_RTSP_HTTP_DRAIN_TIMEOUT  1000

/* calls of a service under way, per worker: each may have a connection */
#define NGX_RTSP_HTTP_CALLS          256


typedef struct ngx_rtsp_http_call_s        ngx_rtsp_http_call_t;
typedef struct ngx_rtsp_http_connection_s  ngx_rtsp_http_connection_t;


/* where a service is, as a directive names it */

typedef struct {
    ngx_str_t                     url;      /* as written */
    ngx_str_t                     host;     /* with the port if written */
    ngx_str_t                     name;     /* without; terminated by a NUL */
    ngx_str_t                     uri;      /* path and query */
    in_port_t                     port;
    ngx_stream_upstream_srv_conf_t  *upstream;  /* NULL: found later, since an
                                                 * upstream{} may follow */
    u_char                       *file;     /* where the directive stands */
    ngx_uint_t                    line;
    unsigned                      ssl:1;
    unsigned                      literal:1;    /* the name is an address */
} ngx_rtsp_http_url_t;


/* a service with the connections that a worker keeps to it */

typedef struct {
    ngx_rtsp_http_url_t          *url;
    ngx_stream_upstream_srv_conf_t  *upstream;
    ngx_stream_conf_ctx_t         ctx;      /* of who asks */
#if (NGX_SSL)
    ngx_ssl_t                    *ssl;      /* NULL: plain */
    unsigned                      verify:1;
#endif
    ngx_queue_t                   idle;     /* the last used one first */
    ngx_uint_t                    nidle;
    ngx_uint_t                    ncalls;   /* under way */
    unsigned                      crowded:1;    /* somebody was turned away,
                                                 * and they are still many */
} ngx_rtsp_http_service_t;


typedef void (*ngx_rtsp_http_handler_pt)(ngx_rtsp_http_call_t *call);


/* one question, from ngx_rtsp_http_post() until its handler has returned */

struct ngx_rtsp_http_call_s {
    ngx_pool_t                   *pool;
    ngx_log_t                    *log;
    ngx_rtsp_http_service_t      *service;

    /* the answer; strings are the call's own */
    ngx_uint_t                    status;   /* 0: there is none */
    ngx_str_t                     location;
    ngx_str_t                     ha1;

    /* without one: why, the service being the subject, and which server */
    const char                   *cause;
    const char                   *detail;   /* NULL: none */
    ngx_err_t                     err;      /* 0: none */
    ngx_str_t                     peer;
    unsigned                      again:1;  /* another call had the same cause
                                             * just before */

    ngx_rtsp_http_handler_pt      handler;
    void                         *data;

    /* private to the client */
    ngx_stream_session_t         *session;  /* what balancers look at */
    ngx_rtsp_http_connection_t   *connection;
    ngx_str_t                     request;
    size_t                        sent;
    ngx_msec_t                    deadline;
    ngx_event_t                   timer;
    ngx_event_t                   done;
};


/*
 * POSTs a form to the service.  The handler is called exactly once, from an
 * event of its own and never from here, within "timeout" ms; the call is freed
 * when it returns.  A server that cannot be reached, closes without an answer,
 * or stays silent for half of the time left, is passed over for the next one
 * of the upstream: what is posted has to be a question that may be asked
 * twice.  Where NGX_RTSP_HTTP_CALLS are under way there is no answer, at once.
 * "body" is copied, "log" has to outlive the call.  NULL: no memory.
 */
ngx_rtsp_http_call_t *ngx_rtsp_http_post(ngx_rtsp_http_service_t *service,
    ngx_str_t *body, ngx_msec_t timeout, ngx_log_t *log,
    ngx_rtsp_http_handler_pt handler, void *data);

/* ends a call; its handler is not called */
void ngx_rtsp_http_cancel(ngx_rtsp_http_call_t *call);


#endif /* _NGX_RTSP_HTTP_CLIENT_H_INCLUDED_ */
