
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_SESSION_LINK_H_INCLUDED_
#define _NGX_RTSP_SESSION_LINK_H_INCLUDED_


/* nothing happens if the connection has a session already */
void ngx_rtsp_session_link(ngx_rtsp_session_t *session,
    ngx_rtsp_connection_t *conn);

/*
 * The connection is to carry the session's media.  One that it has had until
 * now lives on beside it.  NULL, or why that cannot be.
 */
const char *ngx_rtsp_session_take(ngx_rtsp_session_t *session,
    ngx_rtsp_connection_t *conn);

/* a new one goes beside, if the connection is linked; there is room for it */
void ngx_rtsp_session_beside(ngx_rtsp_session_t *session,
    ngx_rtsp_connection_t *conn);

/*
 * 1 if the connection may have one more session beside the one that it is
 * linked to, or is linked to none.
 */
ngx_uint_t ngx_rtsp_session_room(ngx_rtsp_connection_t *conn);

/*
 * The session that a SETUP of the connection has begun and that has nothing
 * set up yet, as that SETUP waits; NULL: none.
 */
ngx_rtsp_session_t *ngx_rtsp_session_begun(ngx_rtsp_connection_t *conn);

/* the connection goes away: as unlink(), about the sessions beside */
void ngx_rtsp_session_abandon(ngx_rtsp_connection_t *conn);

/*
 * The connection goes away or leaves its session, which ends, unless media
 * flow over UDP or another connection has it.
 */
void ngx_rtsp_session_unlink(ngx_rtsp_connection_t *conn);


#endif /* _NGX_RTSP_SESSION_LINK_H_INCLUDED_ */
