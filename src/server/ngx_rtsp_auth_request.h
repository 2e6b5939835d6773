
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_AUTH_REQUEST_H_INCLUDED_
#define _NGX_RTSP_AUTH_REQUEST_H_INCLUDED_


#include "ngx_rtsp_http_client.h"


/*
 * rtsp_auth_request, rtsp_auth_ssl_verify, rtsp_auth_ssl_trusted_certificate:
 * a part of the configuration of ngx_stream_rtsp_auth_module.
 */

typedef struct {
    ngx_rtsp_http_url_t          *url;      /* NULL: off */
    ngx_msec_t                    timeout;
    ngx_msec_t                    cache;    /* 0: none */
    ngx_msec_t                    recheck;  /* 0: never */
    ngx_flag_t                    ssl_verify;
    ngx_str_t                     ssl_trusted_certificate;
    ngx_rtsp_http_service_t      *service;  /* made by the merge */
} ngx_rtsp_auth_request_conf_t;


/*
 * Asks the service, or the cache, whether the client with these credentials
 * (scheme NONE: it has sent none) may take that role (ngx_rtsp_role_e) on the
 * request's path.  NGX_OK: yes; NGX_AGAIN: the request waits, to be returned;
 * NGX_DONE: it was answered: 401 as for any wrong credentials, 403, 3xx with
 * a Location, 503 where there was no usable answer; NGX_ERROR: it was, and the
 * connection has to be closed.
 */
ngx_int_t ngx_rtsp_auth_request(ngx_rtsp_request_t *r, ngx_uint_t role,
    ngx_rtsp_credentials_t *cr);

/* the connection's request has been answered, or the connection closes */
void ngx_rtsp_auth_request_cancel(ngx_rtsp_connection_t *conn);


#endif /* _NGX_RTSP_AUTH_REQUEST_H_INCLUDED_ */
