
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_PASSWORD_H_INCLUDED_
#define _NGX_RTSP_PASSWORD_H_INCLUDED_


#include "ngx_rtsp_password_job.h"


/* process start: nothing is remembered; "pool" (void if there are no threads)
 * is where slow hashes are made, NULL: in the worker */
ngx_int_t ngx_rtsp_password_init(void *pool);

/*
 * Compares a password with a hash of htpasswd.  NGX_OK: right; NGX_DECLINED:
 * wrong; NGX_AGAIN: a thread is at it, or has to be waited for, to be asked
 * again with the same "job" when the connection is woken, or at "until";
 * NGX_BUSY: it has waited too long; NGX_ERROR: no memory, or no thread would
 * take it.  *job is NULL at first and belongs to the caller as long as it is
 * not.
 */
ngx_int_t ngx_rtsp_password_check(ngx_rtsp_password_job_t **job,
    ngx_rtsp_connection_t *conn, ngx_str_t *user, ngx_str_t *password,
    ngx_str_t *hash, ngx_msec_t *until);

/* the caller goes away, or does not want to know any more */
void ngx_rtsp_password_abandon(ngx_rtsp_password_job_t **job);


#endif /* _NGX_RTSP_PASSWORD_H_INCLUDED_ */
