
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_REQUEST_H_INCLUDED_
#define _NGX_RTSP_REQUEST_H_INCLUDED_


/*
 * Handles one request.  NGX_OK: answered; NGX_AGAIN: it waits and will be
 * handled again; NGX_ERROR: the connection has to be closed.
 */
ngx_int_t ngx_rtsp_request_handle(ngx_rtsp_connection_t *conn,
    ngx_rtsp_message_t *message);

/* 1 if the request names the path of the session */
ngx_uint_t ngx_rtsp_request_is_path(ngx_rtsp_request_t *r,
    ngx_rtsp_session_t *session);

/* the answer to a message that could not be parsed */
ngx_int_t ngx_rtsp_request_refuse(ngx_rtsp_connection_t *conn,
    ngx_rtsp_message_t *message);


#endif /* _NGX_RTSP_REQUEST_H_INCLUDED_ */
