
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_CONTEXT_H_INCLUDED_
#define _NGX_RTSP_CONTEXT_H_INCLUDED_


/*
 * A stream session of nginx on which variables and complex values can be
 * evaluated for a session of ours, whose connection may be gone.  It has a
 * pool of its own, which takes all that is computed.
 *
 * What nginx's own variables say of client and server is what they said when
 * the session was made; $bytes_sent, $bytes_received, $session_time and
 * $status are the session's, and the variables of TLS are known as long as
 * media go over a connection.  The caller destroys it before the session ends.
 * NULL: no memory.
 */
ngx_stream_session_t *ngx_rtsp_context_session(ngx_rtsp_session_t *session);

void ngx_rtsp_context_destroy(ngx_stream_session_t *s);

/* set by the front door: the handler of nginx's "set", or NULL */
extern ngx_stream_handler_pt  ngx_rtsp_context_set;

/*
 * Set by the front door: logs a session that has had media and ends, while
 * all of it is still there.  NULL: nobody does.
 */
extern void (*ngx_rtsp_access_log)(ngx_rtsp_session_t *session);


#endif /* _NGX_RTSP_CONTEXT_H_INCLUDED_ */
