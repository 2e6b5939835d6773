
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_PASSWORD_H_INCLUDED_
#define _NGX_RTSP_PASSWORD_H_INCLUDED_


typedef struct ngx_rtsp_password_job_s  ngx_rtsp_password_job_t;


/* process start: nothing is remembered; "pool" (void if there are no threads)
 * is where slow hashes are made, NULL: in the worker */
ngx_int_t ngx_rtsp_password_init(void *pool);

/*
 * Compares a password with a hash of htpasswd.  NGX_OK: right; NGX_DECLINED:
 * wrong; NGX_AGAIN: a thread is at it, or at another one of the same address,
 * to be asked again with the same "job" when the connection is woken;
 * NGX_ERROR: no memory or too many jobs.  *job is NULL at first and belongs to
 * the caller as long as it is not.
 */
ngx_int_t ngx_rtsp_password_check(ngx_rtsp_password_job_t **job,
    ngx_rtsp_connection_t *conn, ngx_str_t *user, ngx_str_t *password,
    ngx_str_t *hash);

/* the caller goes away, or does not want to know any more */
void ngx_rtsp_password_abandon(ngx_rtsp_password_job_t **job);


#endif /* _NGX_RTSP_PASSWORD_H_INCLUDED_ */
