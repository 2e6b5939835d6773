
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_AUTH_RECHECK_H_INCLUDED_
#define _NGX_RTSP_AUTH_RECHECK_H_INCLUDED_


struct ngx_rtsp_auth_recheck_s {
    ngx_rtsp_auth_recheck_t      *next;     /* of the same session */
    ngx_rtsp_session_t           *session;
    ngx_rtsp_auth_request_conf_t *conf;     /* NULL: it is not asked here */
    ngx_str_t                     url;      /* of the service */
    ngx_rtsp_auth_subject_t       subject;
    ngx_rtsp_http_call_t         *call;
    ngx_msec_t                    due;      /* the next question */
    ngx_event_t                   timer;
    unsigned                      pressed:1;    /* the last move has cut a
                                                 * question short, and it was
                                                 * not answered since */
};


/*
 * From now on the service is asked again and again whether the session may
 * keep that role, with what this request says of its client; 401 and 403 end
 * it.  Called when a session gets a role, whether it has it already or not.
 * Does nothing where "recheck" is not set.  NGX_ERROR: no memory.
 */
ngx_int_t ngx_rtsp_auth_recheck(ngx_rtsp_request_t *r,
    ngx_rtsp_session_t *session, ngx_uint_t role);

/*
 * A recheck of the session that asks nothing yet: it wants a configuration, a
 * subject, and its timer.  NULL: no memory.
 */
ngx_rtsp_auth_recheck_t *ngx_rtsp_auth_recheck_add(
    ngx_rtsp_session_t *session);


#endif /* _NGX_RTSP_AUTH_RECHECK_H_INCLUDED_ */
