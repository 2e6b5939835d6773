
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_RESPONSE_H_INCLUDED_
#define _NGX_RTSP_RESPONSE_H_INCLUDED_


/*
 * The one writer of responses.  begin() starts one with status, CSeq, Server
 * and, when the request has a session and it went well, Session; the caller
 * adds headers; end() adds the body and sends.  There is one buffer a process,
 * so nothing else may be answered in between.
 */
ngx_rtsp_writer_t *ngx_rtsp_response_begin(ngx_rtsp_request_t *r,
    ngx_uint_t status);
ngx_int_t ngx_rtsp_response_end(ngx_rtsp_request_t *r, ngx_rtsp_writer_t *w,
    ngx_str_t *body);

/* refuses a request, with an info line that says whom and why */
ngx_int_t ngx_rtsp_refuse(ngx_rtsp_request_t *r, ngx_uint_t status,
    const char *why);

/* the info or error line of a refusal: whom, which path, and why */
void ngx_rtsp_log_refused(ngx_rtsp_request_t *r, ngx_uint_t level,
    ngx_uint_t status, const char *why);

/* 405 with what is allowed instead, as "rtsp_read" and "rtsp_publish" say */
ngx_int_t ngx_rtsp_refuse_role(ngx_rtsp_request_t *r, const char *why);

/* a response without more headers and without a body */
ngx_int_t ngx_rtsp_respond(ngx_rtsp_request_t *r, ngx_uint_t status);


#endif /* _NGX_RTSP_RESPONSE_H_INCLUDED_ */
