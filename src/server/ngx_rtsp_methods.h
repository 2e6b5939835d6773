
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_METHODS_H_INCLUDED_
#define _NGX_RTSP_METHODS_H_INCLUDED_


/*
 * The methods.  Each is called in a state where it is allowed, answers the
 * request and returns as ngx_rtsp_request_handle().
 */

ngx_int_t ngx_rtsp_options(ngx_rtsp_request_t *r);
ngx_int_t ngx_rtsp_describe(ngx_rtsp_request_t *r);
ngx_int_t ngx_rtsp_get_parameter(ngx_rtsp_request_t *r);
ngx_int_t ngx_rtsp_set_parameter(ngx_rtsp_request_t *r);
ngx_int_t ngx_rtsp_teardown(ngx_rtsp_request_t *r);

ngx_int_t ngx_rtsp_setup(ngx_rtsp_request_t *r);

ngx_int_t ngx_rtsp_play(ngx_rtsp_request_t *r);
ngx_int_t ngx_rtsp_pause(ngx_rtsp_request_t *r);

ngx_int_t ngx_rtsp_announce(ngx_rtsp_request_t *r);
ngx_int_t ngx_rtsp_record(ngx_rtsp_request_t *r);


#endif /* _NGX_RTSP_METHODS_H_INCLUDED_ */
