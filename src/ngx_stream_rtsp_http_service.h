
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_STREAM_RTSP_HTTP_SERVICE_H_INCLUDED_
#define _NGX_STREAM_RTSP_HTTP_SERVICE_H_INCLUDED_


#include "ngx_rtsp_http_client.h"


/*
 * Reads the URL of a service: http or https, a host (the name of an upstream{}
 * of stream{}, an address, or a name that is resolved at start), no variables,
 * no user.  NULL: an error was logged.
 */
ngx_rtsp_http_url_t *ngx_stream_rtsp_http_parse_service(
    ngx_conf_t *cf, ngx_str_t *value);

/*
 * Makes a service, once all of stream{} was read (at a merge, not before).
 * "trusted" names a file of CA certificates, len 0: none; "verify" needs it.
 * NULL: an error was logged.
 */
ngx_rtsp_http_service_t *ngx_stream_rtsp_http_create_service(
    ngx_conf_t *cf, ngx_rtsp_http_url_t *url, ngx_uint_t verify,
    ngx_str_t *trusted);


#endif /* _NGX_STREAM_RTSP_HTTP_SERVICE_H_INCLUDED_ */
