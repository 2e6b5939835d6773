
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_HTTP_IDLE_H_INCLUDED_
#define _NGX_RTSP_HTTP_IDLE_H_INCLUDED_


#include "ngx_rtsp_http_client.h"


/*
 * Private to the HTTP client: its connections, and those among them that are
 * kept.
 */


struct ngx_rtsp_http_connection_s {
    ngx_queue_t                   queue;    /* in service->idle */
    ngx_pool_t                   *pool;
    ngx_connection_t             *connection;
    ngx_rtsp_http_service_t      *service;
    ngx_rtsp_http_call_t         *call;     /* NULL: idle */

    struct sockaddr_storage       sockaddr;
    socklen_t                     socklen;

    unsigned                      reused:1;
    unsigned                      answered:1;   /* a byte of it has come */
    unsigned                      draining:1;

    ngx_rtsp_http_response_t      response;
};


/* an idle connection to that server, now the caller's; NULL: there is none */
ngx_rtsp_http_connection_t *ngx_rtsp_http_take_idle(
    ngx_rtsp_http_service_t *service, ngx_peer_connection_t *peer);

/*
 * A connection without a call is kept, or closed.  "draining" says that the
 * rest of its answer is still to come.
 */
void ngx_rtsp_http_put_idle(ngx_rtsp_http_connection_t *hc);

/* who is to be told of its errors */
void ngx_rtsp_http_set_log(ngx_connection_t *c, ngx_log_t *log);

/* closes one that is in no list */
void ngx_rtsp_http_close(ngx_rtsp_http_connection_t *hc);


#endif /* _NGX_RTSP_HTTP_IDLE_H_INCLUDED_ */
