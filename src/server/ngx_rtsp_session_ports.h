
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_SESSION_PORTS_H_INCLUDED_
#define _NGX_RTSP_SESSION_PORTS_H_INCLUDED_


/*
 * rtsp_udp_port with a range: a pair of ports for one media of the session.
 * NGX_ERROR: none is free.
 */
ngx_int_t ngx_rtsp_session_open_ports(ngx_rtsp_session_t *session,
    ngx_uint_t media, in_port_t *port);

/* those of a session that came from another worker; as above */
ngx_int_t ngx_rtsp_session_reopen_ports(ngx_rtsp_session_t *session);

void ngx_rtsp_session_close_ports(ngx_rtsp_session_t *session);

/* what a reader reports of what it gets (RFC 3550, 6.4.2) */
void ngx_rtsp_session_reported(ngx_rtsp_session_t *session, u_char *data,
    size_t size);


#endif /* _NGX_RTSP_SESSION_PORTS_H_INCLUDED_ */
