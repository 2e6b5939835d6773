
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_AUTH_SERVICE_H_INCLUDED_
#define _NGX_RTSP_AUTH_SERVICE_H_INCLUDED_


/*
 * The call about "method" of "path" has had no answer, or none of use; "then"
 * says what follows.  With "refused" somebody is turned away for it, which is
 * worth an error line each time; else there is one in each outage of the
 * service, of all workers together, and the others are info.
 */
void ngx_rtsp_auth_service_failed(ngx_rtsp_http_call_t *call,
    ngx_uint_t refused, ngx_log_t *log, ngx_str_t *method, ngx_str_t *path,
    const char *then);

/* it had one; the end of an outage is worth a notice */
void ngx_rtsp_auth_service_answered(ngx_rtsp_auth_request_conf_t *conf);


#endif /* _NGX_RTSP_AUTH_SERVICE_H_INCLUDED_ */
