
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_AUTH_REQUEST_H_INCLUDED_
#define _NGX_RTSP_AUTH_REQUEST_H_INCLUDED_


#include "ngx_rtsp_http_client.h"


/*
 * rtsp_auth_request, rtsp_auth_ssl_verify, rtsp_auth_ssl_trusted_certificate:
 * a part of the configuration of ngx_stream_rtsp_auth_module, which calls the
 * functions below from its own.
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


/* fresh: nothing is set */
void ngx_rtsp_auth_request_create(ngx_rtsp_auth_request_conf_t *conf);

/* for (stream, server) and (server, path); NGX_CONF_ERROR was logged */
char *ngx_rtsp_auth_request_merge(ngx_conf_t *cf,
    ngx_rtsp_auth_request_conf_t *prev, ngx_rtsp_auth_request_conf_t *conf);

/*
 * The directives.  cmd->offset is that of the ngx_rtsp_auth_request_conf_t;
 * for the other two nginx's own setters do: a flag and a string.
 */
char *ngx_stream_rtsp_auth_request(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


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

/*
 * From now on the service is asked again and again whether the session may
 * keep that role, with the credentials of this request; 401 and 403 end it.
 * Called once for each role of a new session, and for one that came from
 * another worker, where the credentials of its beginning have stayed.  Does
 * nothing where "recheck" is not set.  NGX_ERROR: no memory.
 */
ngx_int_t ngx_rtsp_auth_recheck(ngx_rtsp_request_t *r,
    ngx_rtsp_session_t *session, ngx_uint_t role);


#endif /* _NGX_RTSP_AUTH_REQUEST_H_INCLUDED_ */
