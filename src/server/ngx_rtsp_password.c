
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>
#include <ngx_crypt.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "ngx_rtsp_server.h"


/*
 * Passwords against the hashes of htpasswd files.  Called by the
 * authentication of Basic credentials.
 *
 * Most of these hashes are slow on purpose (bcrypt takes a tenth of a
 * second).  They are left to jobs, which have their turn some time, and what
 * was right is remembered as a keyed hash of user, password and stored hash,
 * so that readers who come back cost nothing.
 *
 * Invariant: a job is owned by the connection that waits for it until it is
 * abandoned, and no password outlives its job.
 */


#define NGX_RTSP_REMEMBERED_ROWS  256
#define NGX_RTSP_REMEMBERED_ROW   4


typedef struct {
    u_char                        mac[32];
    uint64_t                      used;     /* 0: free, else when, counted */
} ngx_rtsp_remembered_t;


static ngx_int_t ngx_rtsp_password_work(ngx_rtsp_password_job_t **job,
    ngx_msec_t *until);
static ngx_int_t ngx_rtsp_password_mac(ngx_str_t *user, ngx_str_t *password,
    ngx_str_t *hash, u_char *mac);
static ngx_rtsp_remembered_t *ngx_rtsp_password_remembered(u_char *mac,
    ngx_rtsp_remembered_t **oldest);
static void ngx_rtsp_password_remember(u_char *mac);
static ngx_int_t ngx_rtsp_password_result(ngx_rtsp_password_job_t **job);
static void ngx_rtsp_password_run(ngx_rtsp_password_job_t *job,
    ngx_log_t *log);


static ngx_rtsp_remembered_t
    ngx_rtsp_remembered[NGX_RTSP_REMEMBERED_ROWS][NGX_RTSP_REMEMBERED_ROW];
static uint64_t      ngx_rtsp_remembered_clock;
static u_char        ngx_rtsp_password_key[32];
static void         *ngx_rtsp_password_pool;


ngx_int_t
ngx_rtsp_password_init(void *pool)
{
    ngx_rtsp_password_pool = pool;
    ngx_rtsp_password_jobs_init(pool);

    ngx_memzero(ngx_rtsp_remembered, sizeof(ngx_rtsp_remembered));

    return ngx_rtsp_random(ngx_rtsp_password_key,
                           sizeof(ngx_rtsp_password_key));
}


ngx_int_t
ngx_rtsp_password_check(ngx_rtsp_password_job_t **job,
    ngx_rtsp_connection_t *conn, ngx_str_t *user, ngx_str_t *password,
    ngx_str_t *hash, ngx_msec_t *until)
{
    u_char                  mac[32];
    ngx_rtsp_remembered_t  *oldest;

    if (ngx_rtsp_user_is_locked(hash)) {
        return NGX_DECLINED;
    }

    if (ngx_rtsp_password_mac(user, password, hash, mac) != NGX_OK) {
        return NGX_ERROR;
    }

    if (*job && ngx_memcmp((*job)->mac, mac, sizeof(mac)) != 0) {

        /* the file has changed meanwhile */

        ngx_rtsp_password_abandon(job);
    }

    if (*job && (*job)->done) {
        return ngx_rtsp_password_result(job);
    }

    if (ngx_rtsp_user_is_slow(hash)
        && ngx_rtsp_password_remembered(mac, &oldest))
    {
        ngx_rtsp_password_abandon(job);
        return NGX_OK;
    }

    if (*job == NULL) {

        *job = ngx_rtsp_password_job_create(conn, password, hash);
        if (*job == NULL) {
            return NGX_ERROR;
        }

        (*job)->work = ngx_rtsp_password_run;
        ngx_memcpy((*job)->mac, mac, sizeof(mac));
    }

    return ngx_rtsp_password_work(job, until);
}


/* here and now, or by a thread when it is its turn */

static ngx_int_t
ngx_rtsp_password_work(ngx_rtsp_password_job_t **job, ngx_msec_t *until)
{
#if (NGX_THREADS)

    ngx_int_t  rc;

    if (ngx_rtsp_password_pool && ngx_rtsp_user_is_slow(&(*job)->hash)) {

        rc = ngx_rtsp_password_job_start(*job, until);

        if (rc != NGX_AGAIN) {
            ngx_rtsp_password_abandon(job);
        }

        return rc;
    }

#endif

    ngx_rtsp_password_run(*job, ngx_cycle->log);
    (*job)->done = 1;

    return ngx_rtsp_password_result(job);
}


void
ngx_rtsp_password_abandon(ngx_rtsp_password_job_t **job)
{
    if (*job == NULL) {
        return;
    }

    if ((*job)->running) {
        (*job)->abandoned = 1;

    } else {
        ngx_rtsp_password_job_free(*job);
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

    rc = (*job)->rc;

    if (rc == NGX_OK && ngx_rtsp_user_is_slow(&(*job)->hash)) {
        ngx_rtsp_password_remember((*job)->mac);
    }

    ngx_rtsp_password_abandon(job);

    return rc;
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

    rc = ngx_crypt(pool, job->password.data, job->hash.data, &encrypted);

    /* a hash that crypt() does not know is nobody's */

    job->rc = NGX_DECLINED;

    if (rc == NGX_OK) {
        got.data = encrypted;
        got.len = ngx_strlen(encrypted);

        if (ngx_rtsp_is_same_secret(&got, &job->hash)) {
            job->rc = NGX_OK;
        }

        ngx_explicit_memzero(encrypted, got.len);
    }

    ngx_destroy_pool(pool);
}
