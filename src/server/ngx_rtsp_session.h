
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_SESSION_H_INCLUDED_
#define _NGX_RTSP_SESSION_H_INCLUDED_


/* process start: no sessions */
void ngx_rtsp_session_init(void);

/*
 * A new session of the request's client on its path, linked to its
 * connection.  NULL: the zone is full.
 */
ngx_rtsp_session_t *ngx_rtsp_session_create(ngx_rtsp_request_t *r,
    ngx_uint_t role, ngx_uint_t nmedias);

/* the local part of a record that this worker has adopted; NULL: no memory */
ngx_rtsp_session_t *ngx_rtsp_session_adopt(ngx_rtsp_request_t *r,
    ngx_rtsp_record_t *record);

/* a session of this worker by its id; NULL: none */
ngx_rtsp_session_t *ngx_rtsp_session_find(u_char *id);

/* a sign of life */
void ngx_rtsp_session_touch(ngx_rtsp_session_t *session);

/* begins and ends to get or send media: the record's state, timers */
void ngx_rtsp_session_active(ngx_rtsp_session_t *session, ngx_uint_t state,
    ngx_rtsp_connection_t *bound);

/* media stop, the session stays (PAUSE) */
void ngx_rtsp_session_pause(ngx_rtsp_session_t *session);

/*
 * The one place where a session ends.  Connections linked to it are closed,
 * but for "keep" (TEARDOWN came over it; may be NULL).
 */
void ngx_rtsp_session_end(ngx_rtsp_session_t *session,
    ngx_rtsp_connection_t *keep, ngx_rtsp_end_e end);

/* the word for it in logs and metrics; empty for NGX_RTSP_END_NONE */
ngx_str_t *ngx_rtsp_session_end_word(ngx_rtsp_end_e end);

/* the process exits: all sessions end, their sockets are closed at once */
void ngx_rtsp_session_exit(void);

/* the session's reader, made at its first PLAY; NULL: no memory */
ngx_rtsp_reader_t *ngx_rtsp_session_reader(ngx_rtsp_session_t *session);

/* ends at the end of this turn of the event loop */
void ngx_rtsp_session_end_soon(ngx_rtsp_session_t *session,
    ngx_rtsp_end_e end);

/* every 250 ms */
void ngx_rtsp_session_tick(void);

/* commands of other workers, and ports that they have found out */
void ngx_rtsp_session_commands(void);


#endif /* _NGX_RTSP_SESSION_H_INCLUDED_ */
