
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_server.h"


/*
 * rtsp_auth_request: asks the service, or the cache that all workers share,
 * about a request, and answers it as the service has decided.
 *
 * Called by the authentication of methods, and by connections that go away.
 * Owns questions, which hang on their connection until its request has been
 * answered.
 *
 * Invariant: a question is a call under way, or has a status; what it has of
 * credentials is wiped when it goes.
 */


struct ngx_rtsp_auth_question_s {
    ngx_rtsp_auth_question_t     *next;     /* of the same request */
    ngx_rtsp_connection_t        *connection;
    ngx_pool_t                   *pool;
    ngx_log_t                    *log;
    ngx_rtsp_auth_request_conf_t *conf;
    ngx_uint_t                    role;
    ngx_str_t                     method;
    ngx_str_t                     path;
    ngx_str_t                     token;    /* of the query, decoded */

    ngx_rtsp_http_call_t         *call;     /* NULL: it is answered */
    ngx_uint_t                    status;   /* 200, 401, 403, 3xx or 503 */
    ngx_str_t                     location;
    ngx_str_t                     ha1;

    unsigned                      digest:1;
    unsigned                      keyed:1;  /* the answer may be kept */
    unsigned                      cached:1; /* it is the cache's */
    u_char                        key[NGX_RTSP_AUTH_KEY_LEN];
};


static ngx_int_t ngx_rtsp_auth_question(ngx_rtsp_request_t *r, ngx_uint_t role,
    ngx_rtsp_credentials_t *cr, ngx_rtsp_auth_question_t **question);
static ngx_int_t ngx_rtsp_auth_ask(ngx_rtsp_request_t *r, ngx_uint_t role,
    ngx_rtsp_credentials_t *cr, ngx_uint_t cache,
    ngx_rtsp_auth_question_t **question);
static ngx_rtsp_auth_question_t *ngx_rtsp_auth_create(ngx_rtsp_request_t *r,
    ngx_uint_t role, ngx_rtsp_credentials_t *cr);
static ngx_int_t ngx_rtsp_auth_post(ngx_rtsp_auth_question_t *q,
    ngx_rtsp_request_t *r, ngx_rtsp_auth_subject_t *subject);
static void ngx_rtsp_auth_destroy(ngx_rtsp_auth_question_t *q);
static ngx_uint_t ngx_rtsp_auth_outdated(ngx_rtsp_request_t *r,
    ngx_rtsp_auth_question_t *q, ngx_rtsp_credentials_t *cr);
static ngx_int_t ngx_rtsp_auth_obey(ngx_rtsp_request_t *r,
    ngx_rtsp_auth_question_t *q, ngx_rtsp_credentials_t *cr);
static ngx_int_t ngx_rtsp_auth_let_in(ngx_rtsp_request_t *r,
    ngx_rtsp_auth_question_t *q, ngx_rtsp_credentials_t *cr);
static ngx_int_t ngx_rtsp_auth_redirect(ngx_rtsp_request_t *r,
    ngx_rtsp_auth_question_t *q);
static void ngx_rtsp_auth_answered(ngx_rtsp_http_call_t *call);
static void ngx_rtsp_auth_judge(ngx_rtsp_auth_question_t *q,
    ngx_rtsp_http_call_t *call);
static ngx_int_t ngx_rtsp_auth_look_up(ngx_rtsp_auth_question_t *q);
static void ngx_rtsp_auth_store(ngx_rtsp_auth_question_t *q);


ngx_int_t
ngx_rtsp_auth_request(ngx_rtsp_request_t *r, ngx_uint_t role,
    ngx_rtsp_credentials_t *cr)
{
    ngx_int_t                  rc;
    ngx_rtsp_auth_question_t  *q;

    rc = ngx_rtsp_auth_question(r, role, cr, &q);

    switch (rc) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        rc = ngx_rtsp_refuse(r, 403, "the subject of its certificate is too "
                             "long for rtsp_auth_request");
        return (rc == NGX_OK) ? NGX_DONE : NGX_ERROR;

    default:
        rc = ngx_rtsp_refuse(r, 503, "no memory for rtsp_auth_request");
        return (rc == NGX_OK) ? NGX_DONE : NGX_ERROR;
    }

    if (q->call) {

        /* the call's deadline is the same, and it wakes us */

        return ngx_rtsp_connection_sleep(r->connection,
                                         ngx_current_msec + q->conf->timeout);
    }

    return ngx_rtsp_auth_obey(r, q, cr);
}


/* the one that is there, or a new one; errors are those of describing it */

static ngx_int_t
ngx_rtsp_auth_question(ngx_rtsp_request_t *r, ngx_uint_t role,
    ngx_rtsp_credentials_t *cr, ngx_rtsp_auth_question_t **question)
{
    ngx_int_t                   rc;
    ngx_rtsp_auth_question_t   *q, **p;

    for (p = &r->connection->questions; *p; p = &(*p)->next) {
        if ((*p)->role == role) {
            break;
        }
    }

    if (*p == NULL) {
        rc = ngx_rtsp_auth_ask(r, role, cr, 1, p);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    q = *p;

    if (q->cached && ngx_rtsp_auth_outdated(r, q, cr)) {
        *p = q->next;
        ngx_rtsp_auth_destroy(q);

        rc = ngx_rtsp_auth_ask(r, role, cr, 0, p);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    *question = *p;

    return NGX_OK;
}


/* puts a new question before *question, which may be answered already */

static ngx_int_t
ngx_rtsp_auth_ask(ngx_rtsp_request_t *r, ngx_uint_t role,
    ngx_rtsp_credentials_t *cr, ngx_uint_t cache,
    ngx_rtsp_auth_question_t **question)
{
    ngx_int_t                  rc;
    ngx_rtsp_auth_subject_t    subject;
    ngx_rtsp_auth_question_t  *q;

    q = ngx_rtsp_auth_create(r, role, cr);
    if (q == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_rtsp_auth_subject_describe(r, cr, role, q->pool, &subject);

    if (cr->scheme == NGX_RTSP_SCHEME_NONE) {
        q->token = subject.fields[NGX_RTSP_TELL_TOKEN];
    }

    if (rc != NGX_OK) {
        ngx_rtsp_auth_destroy(q);
        return rc;
    }

    q->keyed = (q->conf->cache
                && ngx_rtsp_auth_form_key(&subject, &q->conf->url->url,
                                          q->key)
                   == NGX_OK);

    q->cached = (q->keyed && cache && ngx_rtsp_auth_look_up(q) == NGX_OK);

    if (!q->cached && ngx_rtsp_auth_post(q, r, &subject) != NGX_OK) {
        ngx_rtsp_auth_destroy(q);
        return NGX_ERROR;
    }

    q->next = *question;
    *question = q;

    return NGX_OK;
}


static ngx_rtsp_auth_question_t *
ngx_rtsp_auth_create(ngx_rtsp_request_t *r, ngx_uint_t role,
    ngx_rtsp_credentials_t *cr)
{
    ngx_pool_t                *pool;
    ngx_rtsp_auth_conf_t      *acf;
    ngx_rtsp_auth_question_t  *q;

    pool = ngx_create_pool(1024, r->connection->connection->log);
    if (pool == NULL) {
        return NULL;
    }

    q = ngx_pcalloc(pool, sizeof(ngx_rtsp_auth_question_t));
    if (q == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    acf = ngx_rtsp_request_conf(r, ngx_stream_rtsp_auth_module);

    q->connection = r->connection;
    q->pool = pool;
    q->log = r->connection->connection->log;
    q->conf = &acf->request;
    q->role = role;
    q->digest = (cr->scheme == NGX_RTSP_SCHEME_DIGEST);

    return q;
}


static ngx_int_t
ngx_rtsp_auth_post(ngx_rtsp_auth_question_t *q, ngx_rtsp_request_t *r,
    ngx_rtsp_auth_subject_t *subject)
{
    /* the request may wait as mere bytes of its connection */

    q->method.len = r->message->method_name.len;
    q->method.data = ngx_pstrdup(q->pool, &r->message->method_name);
    q->path.len = r->path.len;
    q->path.data = ngx_pstrdup(q->pool, &r->path);

    if (q->method.data == NULL || q->path.data == NULL) {
        return NGX_ERROR;
    }

    q->call = ngx_rtsp_auth_form_post(subject, q->conf, q->log,
                                      ngx_rtsp_auth_answered, q);

    return q->call ? NGX_OK : NGX_ERROR;
}


void
ngx_rtsp_auth_request_cancel(ngx_rtsp_connection_t *conn)
{
    ngx_rtsp_auth_question_t  *q;

    while (conn->questions) {
        q = conn->questions;
        conn->questions = q->next;

        ngx_rtsp_auth_destroy(q);
    }
}


static void
ngx_rtsp_auth_destroy(ngx_rtsp_auth_question_t *q)
{
    if (q->call) {
        ngx_rtsp_http_cancel(q->call);
    }

    ngx_explicit_memzero(q->token.data, q->token.len);
    ngx_explicit_memzero(q->ha1.data, q->ha1.len);

    ngx_destroy_pool(q->pool);
}


/*
 * The password may have been changed since the cache learnt its HA1.  Whoever
 * is wrong makes the service be asked with this, but no more often than wrong
 * credentials are looked at.
 */

static ngx_uint_t
ngx_rtsp_auth_outdated(ngx_rtsp_request_t *r, ngx_rtsp_auth_question_t *q,
    ngx_rtsp_credentials_t *cr)
{
    return q->digest && q->ha1.len && !ngx_rtsp_auth_proves(r, cr, &q->ha1);
}


/* does with the request what the service has said */

static ngx_int_t
ngx_rtsp_auth_obey(ngx_rtsp_request_t *r, ngx_rtsp_auth_question_t *q,
    ngx_rtsp_credentials_t *cr)
{
    ngx_int_t  rc;

    switch (q->status) {

    case 200:
        return ngx_rtsp_auth_let_in(r, q, cr);

    case 401:

        /* who has shown nothing has not been wrong */

        if (cr->scheme == NGX_RTSP_SCHEME_NONE
            && !ngx_rtsp_auth_has_token(r, cr))
        {
            ngx_rtsp_log_refused(r, NGX_LOG_INFO, 401,
                                 "no credentials for rtsp_auth_request");

            return ngx_rtsp_auth_challenge(r, 0);
        }

        return ngx_rtsp_auth_wrong(r, &cr->user,
                                   "wrong credentials (rtsp_auth_request)");

    case 403:
        rc = ngx_rtsp_refuse(r, 403, "rtsp_auth_request has denied it");
        break;

    case 503:
        /* there was a line when the answer came, or did not */
        rc = ngx_rtsp_respond(r, 503);
        break;

    default:
        rc = ngx_rtsp_auth_redirect(r, q);
    }

    return (rc == NGX_OK) ? NGX_DONE : NGX_ERROR;
}


/* a service that gives no HA1 has verified the response, but no nonce */

static ngx_int_t
ngx_rtsp_auth_let_in(ngx_rtsp_request_t *r, ngx_rtsp_auth_question_t *q,
    ngx_rtsp_credentials_t *cr)
{
    ngx_int_t              rc;
    ngx_rtsp_auth_conf_t  *acf;

    acf = ngx_rtsp_request_conf(r, ngx_stream_rtsp_auth_module);

    if (!q->digest) {
        return NGX_OK;
    }

    if (acf->realm.len == 0) {

        /* the challenge was not ours, so neither is its nonce */

        rc = (q->ha1.len == 0 || ngx_rtsp_auth_proves(r, cr, &q->ha1))
             ? NGX_OK : NGX_DECLINED;

    } else {
        rc = q->ha1.len ? ngx_rtsp_auth_digest(r, cr, &q->ha1)
                        : ngx_rtsp_auth_fresh(r, cr);
    }

    if (rc == NGX_DECLINED) {
        return ngx_rtsp_auth_wrong(r, &cr->user,
                                   "wrong credentials (rtsp_auth_request)");
    }

    return rc;
}


static ngx_int_t
ngx_rtsp_auth_redirect(ngx_rtsp_request_t *r, ngx_rtsp_auth_question_t *q)
{
    ngx_rtsp_writer_t  *w;

    ngx_log_error(NGX_LOG_INFO, q->log, 0,
                  "rtsp %V of \"%V\" redirected with %ui by "
                  "rtsp_auth_request", &r->message->method_name, &r->path,
                  q->status);

    w = ngx_rtsp_response_begin(r, q->status);
    ngx_rtsp_put_header(w, "Location", &q->location);

    return ngx_rtsp_response_end(r, w, NULL);
}


static void
ngx_rtsp_auth_answered(ngx_rtsp_http_call_t *call)
{
    ngx_rtsp_auth_question_t  *q;

    q = call->data;
    q->call = NULL;

    ngx_rtsp_auth_judge(q, call);

    if (q->status == 503) {
        ngx_rtsp_auth_service_failed(call, 1, q->log, &q->method, &q->path,
                                     "it is refused with 503");

    } else {
        ngx_rtsp_auth_service_answered(q->conf);

        if (q->keyed) {
            ngx_rtsp_auth_store(q);
        }
    }

    ngx_rtsp_connection_wake(q->connection);
}


/* what the service's answer means for the question */

static void
ngx_rtsp_auth_judge(ngx_rtsp_auth_question_t *q, ngx_rtsp_http_call_t *call)
{
    q->status = 503;

    if (call->status >= 200 && call->status < 300) {

        q->ha1.data = ngx_pstrdup(q->pool, &call->ha1);

        if (q->ha1.data) {
            q->ha1.len = call->ha1.len;
            q->status = 200;
        }

    } else if (call->status == 401 || call->status == 403) {
        q->status = call->status;

    } else if (call->status >= 300 && call->status < 400
               && call->location.len)
    {
        q->location.data = ngx_pstrdup(q->pool, &call->location);

        if (q->location.data) {
            q->location.len = call->location.len;
            q->status = call->status;
        }
    }
}


/* NGX_OK: the cache knows the answer */

static ngx_int_t
ngx_rtsp_auth_look_up(ngx_rtsp_auth_question_t *q)
{
    ngx_int_t               rc;
    ngx_rtsp_auth_answer_t  answer;

    rc = ngx_rtsp_auth_cache_find(q->key, &answer);

    if (rc != NGX_OK) {
        return rc;
    }

    q->ha1.data = ngx_pnalloc(q->pool, answer.ha1_len + 1);

    if (q->ha1.data) {
        ngx_memcpy(q->ha1.data, answer.ha1, answer.ha1_len);
        q->ha1.len = answer.ha1_len;
        q->status = answer.status;
    }

    ngx_explicit_memzero(answer.ha1, answer.ha1_len);

    return q->ha1.data ? NGX_OK : NGX_DECLINED;
}


static void
ngx_rtsp_auth_store(ngx_rtsp_auth_question_t *q)
{
    ngx_rtsp_auth_answer_t  answer;

    if (q->status != 200 && q->status != 401 && q->status != 403) {
        return;
    }

    /* without HA1 the answer was about this one response */

    if (q->digest && q->ha1.len == 0) {
        return;
    }

    ngx_memzero(&answer, sizeof(ngx_rtsp_auth_answer_t));

    answer.status = q->status;
    answer.ha1_len = q->ha1.len;
    ngx_memcpy(answer.ha1, q->ha1.data, q->ha1.len);

    ngx_rtsp_auth_cache_store(q->key, &answer, q->conf->cache);

    ngx_explicit_memzero(answer.ha1, answer.ha1_len);
}
