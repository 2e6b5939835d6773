
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>
#include <ngx_crypt.h>

#if (NGX_THREADS)
#include <ngx_thread_pool.h>
#endif

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "ngx_rtsp_server.h"


/*
 * Passwords against the hashes of htpasswd files.  Called by the
 * authentication of Basic credentials.
 *
 * Most of these hashes are slow on purpose (bcrypt takes a tenth of a
 * second), and media must never wait for one: they are made in nginx's thread
 * pool, one at a time for an address, and what was right is remembered as a
 * keyed hash of user, password and stored hash, so that readers who come back
 * cost nothing.
 *
 * Invariant: a job is owned by the connection that waits for it until it is
 * abandoned; while a thread has it, only the thread touches it.  No password
 * outlives its job.
 */


#define NGX_RTSP_REMEMBERED_ROWS  256
#define NGX_RTSP_REMEMBERED_ROW   4

/* jobs that threads have at one time, of all addresses */
#define NGX_RTSP_PASSWORD_JOBS    256


typedef struct {
    u_char                        mac[32];
    uint64_t                      used;     /* 0: free, else when, counted */
} ngx_rtsp_remembered_t;


struct ngx_rtsp_password_job_s {
    ngx_queue_t                   queue;
    ngx_rtsp_connection_t        *connection;
    u_char                        mac[32];  /* what is asked */
    u_char                        address[16];
    u_char                       *password; /* all three end in NUL */
    u_char                       *hash;
    ngx_str_t                     hash_text;
    size_t                        password_len;
    ngx_int_t                     rc;

#if (NGX_THREADS)
    ngx_thread_task_t             task;
#endif

    unsigned                      done:1;
    unsigned                      abandoned:1;

    u_char                        text[1];
};


static ngx_int_t ngx_rtsp_password_mac(ngx_str_t *user, ngx_str_t *password,
    ngx_str_t *hash, u_char *mac);
static ngx_rtsp_remembered_t *ngx_rtsp_password_remembered(u_char *mac,
    ngx_rtsp_remembered_t **oldest);
static void ngx_rtsp_password_remember(u_char *mac);
static ngx_int_t ngx_rtsp_password_result(ngx_rtsp_password_job_t **job);
static ngx_uint_t ngx_rtsp_password_is_slow(ngx_str_t *hash);
static ngx_rtsp_password_job_t *ngx_rtsp_password_job(u_char *mac,
    ngx_str_t *password, ngx_str_t *hash);
static void ngx_rtsp_password_run(ngx_rtsp_password_job_t *job,
    ngx_log_t *log);
static void ngx_rtsp_password_free(ngx_rtsp_password_job_t *job);

#if (NGX_THREADS)
static ngx_uint_t ngx_rtsp_password_is_busy(u_char *address);
static ngx_int_t ngx_rtsp_password_post(ngx_rtsp_password_job_t *job);
static void ngx_rtsp_password_thread(void *data, ngx_log_t *log);
static void ngx_rtsp_password_done(ngx_event_t *ev);
#endif


static ngx_rtsp_remembered_t
    ngx_rtsp_remembered[NGX_RTSP_REMEMBERED_ROWS][NGX_RTSP_REMEMBERED_ROW];
static uint64_t      ngx_rtsp_remembered_clock;
static u_char        ngx_rtsp_password_key[32];

static void         *ngx_rtsp_password_pool;
static ngx_queue_t   ngx_rtsp_password_jobs;    /* that threads have */
static ngx_uint_t    ngx_rtsp_password_njobs;


ngx_int_t
ngx_rtsp_password_init(void *pool)
{
    ngx_queue_init(&ngx_rtsp_password_jobs);
    ngx_rtsp_password_njobs = 0;
    ngx_rtsp_password_pool = pool;

    ngx_memzero(ngx_rtsp_remembered, sizeof(ngx_rtsp_remembered));

    return ngx_rtsp_random(ngx_rtsp_password_key,
                           sizeof(ngx_rtsp_password_key));
}


ngx_int_t
ngx_rtsp_password_check(ngx_rtsp_password_job_t **job,
    ngx_rtsp_connection_t *conn, ngx_str_t *user, ngx_str_t *password,
    ngx_str_t *hash)
{
    u_char                    mac[32];
    ngx_int_t                 rc;
    ngx_rtsp_remembered_t    *oldest;
    ngx_rtsp_password_job_t  *new;

    if (hash->data[0] == '!' || hash->data[0] == '*') {
        return NGX_DECLINED;
    }

    if (ngx_rtsp_password_mac(user, password, hash, mac) != NGX_OK) {
        return NGX_ERROR;
    }

    if (*job && ngx_memcmp((*job)->mac, mac, sizeof(mac)) != 0) {

        /* the file has changed meanwhile */

        ngx_rtsp_password_abandon(job);
    }

    if (*job) {
        return ngx_rtsp_password_result(job);
    }

    if (ngx_rtsp_password_is_slow(hash)
        && ngx_rtsp_password_remembered(mac, &oldest))
    {
        return NGX_OK;
    }

    new = ngx_rtsp_password_job(mac, password, hash);
    if (new == NULL) {
        return NGX_ERROR;
    }

#if (NGX_THREADS)

    if (ngx_rtsp_password_pool && ngx_rtsp_password_is_slow(hash)) {

        new->connection = conn;
        ngx_rtsp_tries_address(conn->connection->sockaddr, new->address);

        if (ngx_rtsp_password_is_busy(new->address)) {
            ngx_rtsp_password_free(new);
            return NGX_AGAIN;
        }

        rc = ngx_rtsp_password_post(new);

        if (rc == NGX_AGAIN) {
            *job = new;

        } else {
            ngx_rtsp_password_free(new);
        }

        return rc;
    }

#endif

    ngx_rtsp_password_run(new, ngx_cycle->log);
    new->done = 1;

    *job = new;
    rc = ngx_rtsp_password_result(job);

    return rc;
}


void
ngx_rtsp_password_abandon(ngx_rtsp_password_job_t **job)
{
    if (*job == NULL) {
        return;
    }

    if ((*job)->done) {
        ngx_rtsp_password_free(*job);

    } else {
        (*job)->abandoned = 1;
    }

    *job = NULL;
}


/* keyed, so that neither time nor memory tells anything of a password */

static ngx_int_t
ngx_rtsp_password_mac(ngx_str_t *user, ngx_str_t *password, ngx_str_t *hash,
    u_char *mac)
{
    size_t         len;
    u_char        *p;
    unsigned int   mac_len;
    u_char         text[3 * sizeof(size_t) + NGX_RTSP_MAX_USER
                        + NGX_RTSP_MAX_CREDENTIAL + NGX_RTSP_MAX_HASH];

    len = 3 * sizeof(size_t) + user->len + password->len + hash->len;

    if (len > sizeof(text)) {
        return NGX_ERROR;
    }

    /* with their lengths: no two triples have the same text */

    p = ngx_cpymem(text, &user->len, sizeof(size_t));
    p = ngx_cpymem(p, &password->len, sizeof(size_t));
    p = ngx_cpymem(p, &hash->len, sizeof(size_t));
    p = ngx_cpymem(p, user->data, user->len);
    p = ngx_cpymem(p, password->data, password->len);
    p = ngx_cpymem(p, hash->data, hash->len);

    p = HMAC(EVP_sha256(), ngx_rtsp_password_key,
             sizeof(ngx_rtsp_password_key), text, p - text, mac, &mac_len);

    ngx_explicit_memzero(text, len);

    return (p && mac_len == 32) ? NGX_OK : NGX_ERROR;
}


/* NULL: not remembered, and what may be forgotten for it */

static ngx_rtsp_remembered_t *
ngx_rtsp_password_remembered(u_char *mac, ngx_rtsp_remembered_t **oldest)
{
    ngx_uint_t              i;
    ngx_rtsp_remembered_t  *row;

    row = ngx_rtsp_remembered[mac[0]];
    *oldest = &row[0];

    for (i = 0; i < NGX_RTSP_REMEMBERED_ROW; i++) {

        if (row[i].used && ngx_memcmp(row[i].mac, mac, 32) == 0) {
            row[i].used = ++ngx_rtsp_remembered_clock;
            return &row[i];
        }

        if (row[i].used < (*oldest)->used) {
            *oldest = &row[i];
        }
    }

    return NULL;
}


static void
ngx_rtsp_password_remember(u_char *mac)
{
    ngx_rtsp_remembered_t  *oldest;

    if (ngx_rtsp_password_remembered(mac, &oldest) == NULL) {
        ngx_memcpy(oldest->mac, mac, 32);
        oldest->used = ++ngx_rtsp_remembered_clock;
    }
}


static ngx_int_t
ngx_rtsp_password_result(ngx_rtsp_password_job_t **job)
{
    ngx_int_t  rc;

    if (!(*job)->done) {
        return NGX_AGAIN;
    }

    rc = (*job)->rc;

    if (rc == NGX_OK && ngx_rtsp_password_is_slow(&(*job)->hash_text)) {
        ngx_rtsp_password_remember((*job)->mac);
    }

    ngx_rtsp_password_free(*job);
    *job = NULL;

    return rc;
}


/* {PLAIN}, {SHA}, {SSHA} and DES take microseconds */

static ngx_uint_t
ngx_rtsp_password_is_slow(ngx_str_t *hash)
{
    return hash->data[0] == '$' || hash->data[0] == '_';
}


static ngx_rtsp_password_job_t *
ngx_rtsp_password_job(u_char *mac, ngx_str_t *password, ngx_str_t *hash)
{
    ngx_rtsp_password_job_t  *job;

    job = ngx_calloc(sizeof(ngx_rtsp_password_job_t) + password->len + 1
                     + hash->len + 1, ngx_cycle->log);
    if (job == NULL) {
        return NULL;
    }

    ngx_memcpy(job->mac, mac, sizeof(job->mac));

    job->password = job->text;
    job->password_len = password->len;
    job->hash = ngx_cpymem(job->password, password->data, password->len) + 1;
    ngx_memcpy(job->hash, hash->data, hash->len);

    job->hash_text.data = job->hash;
    job->hash_text.len = hash->len;

    return job;
}


/* makes the hash of the password and compares; runs in a thread, too */

static void
ngx_rtsp_password_run(ngx_rtsp_password_job_t *job, ngx_log_t *log)
{
    u_char      *encrypted;
    ngx_int_t    rc;
    ngx_str_t    got;
    ngx_pool_t  *pool;

    job->rc = NGX_ERROR;

    pool = ngx_create_pool(1024, log);
    if (pool == NULL) {
        return;
    }

    rc = ngx_crypt(pool, job->password, job->hash, &encrypted);

    /* a hash that crypt() does not know is nobody's */

    job->rc = NGX_DECLINED;

    if (rc == NGX_OK) {
        got.data = encrypted;
        got.len = ngx_strlen(encrypted);

        if (ngx_rtsp_is_same_secret(&got, &job->hash_text)) {
            job->rc = NGX_OK;
        }

        ngx_explicit_memzero(encrypted, got.len);
    }

    ngx_destroy_pool(pool);
}


static void
ngx_rtsp_password_free(ngx_rtsp_password_job_t *job)
{
    ngx_explicit_memzero(job->password, job->password_len);
    ngx_free(job);
}


#if (NGX_THREADS)

static ngx_uint_t
ngx_rtsp_password_is_busy(u_char *address)
{
    ngx_queue_t              *q;
    ngx_rtsp_password_job_t  *job;

    for (q = ngx_queue_head(&ngx_rtsp_password_jobs);
         q != ngx_queue_sentinel(&ngx_rtsp_password_jobs);
         q = ngx_queue_next(q))
    {
        job = ngx_queue_data(q, ngx_rtsp_password_job_t, queue);

        if (ngx_memcmp(job->address, address, sizeof(job->address)) == 0) {
            return 1;
        }
    }

    return ngx_rtsp_password_njobs >= NGX_RTSP_PASSWORD_JOBS;
}


/* NGX_AGAIN: a thread has it; NGX_ERROR */

static ngx_int_t
ngx_rtsp_password_post(ngx_rtsp_password_job_t *job)
{
    job->task.ctx = job;
    job->task.handler = ngx_rtsp_password_thread;
    job->task.event.handler = ngx_rtsp_password_done;
    job->task.event.data = job;
    job->task.event.log = ngx_cycle->log;

    if (ngx_thread_task_post(ngx_rtsp_password_pool, &job->task) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_queue_insert_tail(&ngx_rtsp_password_jobs, &job->queue);
    ngx_rtsp_password_njobs++;

    return NGX_AGAIN;
}


static void
ngx_rtsp_password_thread(void *data, ngx_log_t *log)
{
    ngx_rtsp_password_run(data, log);
}


static void
ngx_rtsp_password_done(ngx_event_t *ev)
{
    ngx_rtsp_password_job_t  *job;

    job = ev->data;

    ngx_queue_remove(&job->queue);
    ngx_rtsp_password_njobs--;

    job->done = 1;

    if (job->abandoned) {
        ngx_rtsp_password_free(job);
        return;
    }

    ngx_rtsp_connection_wake(job->connection);
}

#endif
