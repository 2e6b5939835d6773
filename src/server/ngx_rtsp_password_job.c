
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * Whose password is checked next.  Called with jobs that take long; media
 * must never wait for one, so they are done in nginx's thread pool, one of an
 * address (IPv6: /64) at a time, over all workers: who sends many guesses
 * occupies one processor at most, and nobody but himself waits for them.
 *
 * In a worker those of one address stand in a line, first come, first served:
 * the first one of it alone tries to get the turn of the address from the
 * hub, at every tick while another worker has it.  Where all places are taken
 * lines wait for them in the order in which they came.
 *
 * Invariant: a job that waits is in its line until it starts, is freed, or
 * has no time left, and whoever becomes the first of a line is woken; while a
 * thread has a job, only the thread touches it.
 */


/*
 * Jobs that threads have at one time, of all addresses.  More would not be
 * done sooner: they share the processors with each other, and with media.
 */
#define NGX_RTSP_PASSWORD_JOBS   4

/* how long one may stand in line, ms */
#define NGX_RTSP_PASSWORD_WAIT   10000

/* between two looks, where nobody wakes who waits, ms */
#define NGX_RTSP_PASSWORD_LOOK   250

#define NGX_RTSP_PASSWORD_LINES  256        /* buckets, a power of two */


#if (NGX_THREADS)

struct ngx_rtsp_password_line_s {
    ngx_rtsp_password_line_t     *next;     /* of the same bucket */
    ngx_queue_t                   jobs;     /* that wait */
    ngx_queue_t                   crowd;    /* if it is crowded */
    u_char                        address[16];
    unsigned                      running:1;    /* a thread has one of it */
    unsigned                      crowded:1;    /* waits for a place */
};


static ngx_int_t ngx_rtsp_password_line_join(ngx_rtsp_password_job_t *job);
static ngx_rtsp_password_line_t **ngx_rtsp_password_line_find(
    u_char *address);
static void ngx_rtsp_password_line_leave(ngx_rtsp_password_job_t *job);
static void ngx_rtsp_password_line_call(ngx_rtsp_password_line_t *line);
static ngx_int_t ngx_rtsp_password_place(ngx_rtsp_password_line_t *line);
static ngx_int_t ngx_rtsp_password_post(ngx_rtsp_password_job_t *job);
static void ngx_rtsp_password_thread(void *data, ngx_log_t *log);
static void ngx_rtsp_password_done(ngx_event_t *ev);


static ngx_rtsp_password_line_t
                    *ngx_rtsp_password_lines[NGX_RTSP_PASSWORD_LINES];
static ngx_queue_t   ngx_rtsp_password_crowd;
static ngx_uint_t    ngx_rtsp_password_running;

/* the pool has refused a job: no other one is tried before that */
static ngx_msec_t    ngx_rtsp_password_refused;
static ngx_uint_t    ngx_rtsp_password_full;

static void         *ngx_rtsp_password_pool;

#endif


void
ngx_rtsp_password_jobs_init(void *pool)
{
#if (NGX_THREADS)

    ngx_memzero(ngx_rtsp_password_lines, sizeof(ngx_rtsp_password_lines));
    ngx_queue_init(&ngx_rtsp_password_crowd);

    ngx_rtsp_password_running = 0;
    ngx_rtsp_password_full = 0;
    ngx_rtsp_password_pool = pool;

#endif
}


ngx_rtsp_password_job_t *
ngx_rtsp_password_job_create(ngx_rtsp_connection_t *conn, ngx_str_t *password,
    ngx_str_t *hash)
{
    ngx_rtsp_password_job_t  *job;

    job = ngx_calloc(sizeof(ngx_rtsp_password_job_t) + password->len + 1
                     + hash->len + 1, ngx_cycle->log);
    if (job == NULL) {
        return NULL;
    }

    job->connection = conn;

    job->password.len = password->len;
    job->password.data = job->text;
    ngx_memcpy(job->password.data, password->data, password->len);

    job->hash.len = hash->len;
    job->hash.data = job->text + password->len + 1;
    ngx_memcpy(job->hash.data, hash->data, hash->len);

    return job;
}


void
ngx_rtsp_password_job_free(ngx_rtsp_password_job_t *job)
{
#if (NGX_THREADS)

    if (job->line) {
        ngx_rtsp_password_line_leave(job);
    }

#endif

    ngx_explicit_memzero(job->text, job->password.len + 1 + job->hash.len);
    ngx_free(job);
}


#if (NGX_THREADS)

ngx_int_t
ngx_rtsp_password_job_start(ngx_rtsp_password_job_t *job, ngx_msec_t *until)
{
    ngx_rtsp_password_line_t  *line;

    if (job->running) {
        *until = ngx_current_msec + NGX_RTSP_PASSWORD_LOOK;
        return NGX_AGAIN;
    }

    if (job->line == NULL && ngx_rtsp_password_line_join(job) != NGX_OK) {
        return NGX_ERROR;
    }

    line = job->line;

    if ((ngx_msec_int_t) (ngx_current_msec - job->deadline) >= 0) {
        return NGX_BUSY;
    }

    if (line->running || ngx_queue_head(&line->jobs) != &job->queue) {
        *until = job->deadline;
        return NGX_AGAIN;
    }

    if (ngx_rtsp_password_place(line) != NGX_OK
        || ngx_rtsp_turn_take(line->address) != NGX_OK)
    {
        *until = ngx_current_msec + NGX_RTSP_PASSWORD_LOOK;
        return NGX_AGAIN;
    }

    if (ngx_rtsp_password_post(job) != NGX_OK) {
        ngx_rtsp_turn_give(line->address);
        return NGX_ERROR;
    }

    *until = ngx_current_msec + NGX_RTSP_PASSWORD_LOOK;

    return NGX_AGAIN;
}


static ngx_int_t
ngx_rtsp_password_line_join(ngx_rtsp_password_job_t *job)
{
    u_char                     address[16];
    ngx_rtsp_password_line_t  *line, **p;

    ngx_rtsp_tries_address(job->connection->connection->sockaddr, address);

    p = ngx_rtsp_password_line_find(address);
    line = *p;

    if (line == NULL) {

        line = ngx_calloc(sizeof(ngx_rtsp_password_line_t), ngx_cycle->log);
        if (line == NULL) {
            return NGX_ERROR;
        }

        ngx_queue_init(&line->jobs);
        ngx_memcpy(line->address, address, sizeof(address));

        *p = line;
    }

    job->line = line;
    job->deadline = ngx_current_msec + NGX_RTSP_PASSWORD_WAIT;

    ngx_queue_insert_tail(&line->jobs, &job->queue);

    return NGX_OK;
}


/* the pointer to the line of the address, or to put a new one in */

static ngx_rtsp_password_line_t **
ngx_rtsp_password_line_find(u_char *address)
{
    ngx_rtsp_password_line_t  **p;

    p = &ngx_rtsp_password_lines[ngx_rtsp_hash(address, 16)
                                 % NGX_RTSP_PASSWORD_LINES];

    while (*p && ngx_memcmp((*p)->address, address, 16) != 0) {
        p = &(*p)->next;
    }

    return p;
}


/* a job that waits does so no longer */

static void
ngx_rtsp_password_line_leave(ngx_rtsp_password_job_t *job)
{
    ngx_uint_t                 first;
    ngx_rtsp_password_line_t  *line;

    line = job->line;
    first = (ngx_queue_head(&line->jobs) == &job->queue);

    ngx_queue_remove(&job->queue);
    job->line = NULL;

    if (first && !line->running) {
        ngx_rtsp_password_line_call(line);
    }
}


/* the first one of it may try its luck; a line of nobody is no more */

static void
ngx_rtsp_password_line_call(ngx_rtsp_password_line_t *line)
{
    ngx_queue_t                *q;
    ngx_rtsp_password_job_t    *job;
    ngx_rtsp_password_line_t  **p;

    if (!ngx_queue_empty(&line->jobs)) {
        q = ngx_queue_head(&line->jobs);
        job = ngx_queue_data(q, ngx_rtsp_password_job_t, queue);

        ngx_rtsp_connection_wake(job->connection);
        return;
    }

    if (line->crowded) {
        ngx_queue_remove(&line->crowd);
    }

    p = ngx_rtsp_password_line_find(line->address);
    *p = line->next;

    ngx_free(line);
}


/* NGX_OK: there is a place for one more job; NGX_AGAIN */

static ngx_int_t
ngx_rtsp_password_place(ngx_rtsp_password_line_t *line)
{
    if (ngx_rtsp_password_full) {

        if ((ngx_msec_int_t) (ngx_current_msec - ngx_rtsp_password_refused)
            < NGX_RTSP_PASSWORD_LOOK)
        {
            return NGX_AGAIN;
        }

        ngx_rtsp_password_full = 0;
    }

    if (ngx_rtsp_password_running < NGX_RTSP_PASSWORD_JOBS) {
        return NGX_OK;
    }

    if (!line->crowded) {
        line->crowded = 1;
        ngx_queue_insert_tail(&ngx_rtsp_password_crowd, &line->crowd);
    }

    return NGX_AGAIN;
}


/* NGX_OK: it runs, or will; NGX_ERROR was logged by the pool */

static ngx_int_t
ngx_rtsp_password_post(ngx_rtsp_password_job_t *job)
{
    ngx_rtsp_password_line_t  *line;

    job->task.ctx = job;
    job->task.handler = ngx_rtsp_password_thread;
    job->task.event.handler = ngx_rtsp_password_done;
    job->task.event.data = job;
    job->task.event.log = ngx_cycle->log;

    if (ngx_thread_task_post(ngx_rtsp_password_pool, &job->task) != NGX_OK) {

        /* those who wait shall not be refused all at once for that */

        ngx_rtsp_password_refused = ngx_current_msec;
        ngx_rtsp_password_full = 1;

        return NGX_ERROR;
    }

    line = job->line;

    ngx_queue_remove(&job->queue);
    ngx_rtsp_password_running++;

    job->running = 1;
    line->running = 1;

    if (line->crowded) {
        line->crowded = 0;
        ngx_queue_remove(&line->crowd);
    }

    return NGX_OK;
}


static void
ngx_rtsp_password_thread(void *data, ngx_log_t *log)
{
    ngx_rtsp_password_job_t *job = data;

    job->work(job, log);
}


/*
 * Woken are, in this order, who has waited for the result, which the others
 * may have use for, the line that waits longest for a place, and the next one
 * of this line.
 */

static void
ngx_rtsp_password_done(ngx_event_t *ev)
{
    ngx_queue_t               *q;
    ngx_rtsp_password_job_t   *job;
    ngx_rtsp_password_line_t  *line, *other;

    job = ev->data;
    line = job->line;

    ngx_rtsp_password_running--;

    job->running = 0;
    job->done = 1;
    job->line = NULL;

    line->running = 0;
    ngx_rtsp_turn_give(line->address);

    if (job->abandoned) {
        ngx_rtsp_password_job_free(job);

    } else {
        ngx_rtsp_connection_wake(job->connection);
    }

    if (!ngx_queue_empty(&ngx_rtsp_password_crowd)) {
        q = ngx_queue_head(&ngx_rtsp_password_crowd);
        other = ngx_queue_data(q, ngx_rtsp_password_line_t, crowd);

        ngx_rtsp_password_line_call(other);
    }

    ngx_rtsp_password_line_call(line);
}

#endif
