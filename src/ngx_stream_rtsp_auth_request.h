
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_STREAM_RTSP_AUTH_REQUEST_H_INCLUDED_
#define _NGX_STREAM_RTSP_AUTH_REQUEST_H_INCLUDED_


#include "ngx_rtsp_server.h"


/*
 * rtsp_auth_request, rtsp_auth_ssl_verify, rtsp_auth_ssl_trusted_certificate:
 * the directives of ngx_stream_rtsp_auth_module that are about a service.
 */

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


#endif /* _NGX_STREAM_RTSP_AUTH_REQUEST_H_INCLUDED_ */
