
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_PASSWORD_JOB_H_INCLUDED_
#define _NGX_RTSP_PASSWORD_JOB_H_INCLUDED_


#if (NGX_THREADS)
#include <ngx_thread_pool.h>
#endif


typedef struct ngx_rtsp_password_job_s   ngx_rtsp_password_job_t;
typedef struct ngx_rtsp_password_line_s  ngx_rtsp_password_line_t;

typedef void (*ngx_rtsp_password_work_pt)(ngx_rtsp_password_job_t *job,
    ngx_log_t *log);


/* one password and the hash that it may have; both end in NUL */

struct ngx_rtsp_password_job_s {
    ngx_queue_t                   queue;    /* in line->jobs, while it waits */
    ngx_rtsp_password_line_t     *line;     /* NULL: it stands in none */
    ngx_rtsp_connection_t        *connection;
    ngx_rtsp_password_work_pt     work;
    ngx_msec_t                    deadline; /* of its turn */
    ngx_int_t                     rc;       /* of the work */

    u_char                        mac[32];  /* what is asked */
    ngx_str_t                     password;
    ngx_str_t                     hash;

#if (NGX_THREADS)
    ngx_thread_task_t             task;
#endif

    unsigned                      running:1;    /* a thread has it */
    unsigned                      done:1;
    unsigned                      abandoned:1;

    u_char                        text[1];
};


/* process start: no jobs; "pool" of threads, or NULL */
void ngx_rtsp_password_jobs_init(void *pool);

/* NULL: no memory */
ngx_rtsp_password_job_t *ngx_rtsp_password_job_create(
    ngx_rtsp_connection_t *conn, ngx_str_t *password, ngx_str_t *hash);

/* wipes and frees one that no thread has; those behind it move up */
void ngx_rtsp_password_job_free(ngx_rtsp_password_job_t *job);

/*
 * A thread does the work when it is the job's turn, and the connection is then
 * woken.  NGX_AGAIN: not done yet, to be called again at "until" at the latest
 * or when woken; NGX_BUSY: the deadline has passed; NGX_ERROR: no memory, or
 * the pool is full.  Not to be called where there is no pool.
 */
ngx_int_t ngx_rtsp_password_job_start(ngx_rtsp_password_job_t *job,
    ngx_msec_t *until);


#endif /* _NGX_RTSP_PASSWORD_JOB_H_INCLUDED_ */
