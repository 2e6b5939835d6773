
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_AUTH_MOVE_H_INCLUDED_
#define _NGX_RTSP_AUTH_MOVE_H_INCLUDED_


/*
 * The session is about to be let go to another worker: its rechecks are put
 * into the record, sealed.  They go on here until the session does not exist
 * any more.  NGX_ERROR: it has to stay, it was logged.
 */
ngx_int_t ngx_rtsp_auth_move_leave(ngx_rtsp_session_t *session);

/*
 * It has come from another worker, and its rechecks go on as they were there,
 * whoever has brought it.  NGX_ERROR: it has to end, it was logged.
 */
ngx_int_t ngx_rtsp_auth_move_resume(ngx_rtsp_session_t *session);


#endif /* _NGX_RTSP_AUTH_MOVE_H_INCLUDED_ */
