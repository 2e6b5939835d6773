
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_server.h"


/*
 * recheck= of rtsp_auth_request: asks the service again and again whether a
 * session may keep its right, and ends one that may not.  Called when a
 * session begins.
 *
 * Owns rechecks, which live in the pool of their session and end with it.
 * Invariant: one that has a configuration has its timer or a call running.
 */


static ngx_int_t ngx_rtsp_auth_recheck_subject(
    ngx_rtsp_auth_recheck_t *recheck, ngx_rtsp_request_t *r, ngx_uint_t role);
static void ngx_rtsp_auth_recheck_schedule(ngx_rtsp_auth_recheck_t *recheck);
static void ngx_rtsp_auth_recheck_timer(ngx_event_t *ev);
static void ngx_rtsp_auth_recheck_answered(ngx_rtsp_http_call_t *call);
static void ngx_rtsp_auth_recheck_deny(ngx_rtsp_auth_recheck_t *recheck,
    ngx_uint_t status);
static void ngx_rtsp_auth_recheck_cleanup(void *data);


ngx_int_t
ngx_rtsp_auth_recheck(ngx_rtsp_request_t *r, ngx_rtsp_session_t *session,
    ngx_uint_t role)
{
    ngx_str_t                *told, *word;
    ngx_rtsp_auth_conf_t     *acf;
    ngx_rtsp_auth_recheck_t  *recheck;

    acf = session->srv_conf[ngx_stream_rtsp_auth_module.ctx_index];

    if (acf->request.url == NULL || acf->request.recheck == 0) {
        return NGX_OK;
    }

    word = ngx_rtsp_role_word(role);

    for (recheck = session->rechecks; recheck; recheck = recheck->next) {
        told = &recheck->subject.fields[NGX_RTSP_TELL_ROLE];

        if (told->len == word->len
            && ngx_memcmp(told->data, word->data, word->len) == 0)
        {
            return NGX_OK;
        }
    }

    recheck = ngx_rtsp_auth_recheck_add(session);
    if (recheck == NULL) {
        return NGX_ERROR;
    }

    recheck->conf = &acf->request;
    recheck->url = acf->request.url->url;

    if (ngx_rtsp_auth_recheck_subject(recheck, r, role) != NGX_OK) {
        return NGX_ERROR;
    }

    session->record->rechecked = 1;

    ngx_rtsp_auth_recheck_schedule(recheck);

    return NGX_OK;
}


ngx_rtsp_auth_recheck_t *
ngx_rtsp_auth_recheck_add(ngx_rtsp_session_t *session)
{
    ngx_pool_cleanup_t       *cln;
    ngx_rtsp_auth_recheck_t  *recheck;

    cln = ngx_pool_cleanup_add(session->pool, sizeof(ngx_rtsp_auth_recheck_t));
    if (cln == NULL) {
        return NULL;
    }

    recheck = cln->data;
    ngx_memzero(recheck, sizeof(ngx_rtsp_auth_recheck_t));

    cln->handler = ngx_rtsp_auth_recheck_cleanup;

    recheck->session = session;

    recheck->timer.handler = ngx_rtsp_auth_recheck_timer;
    recheck->timer.data = recheck;
    recheck->timer.log = &session->log;
    recheck->timer.cancelable = 1;

    recheck->next = session->rechecks;
    session->rechecks = recheck;

    return recheck;
}


static ngx_int_t
ngx_rtsp_auth_recheck_subject(ngx_rtsp_auth_recheck_t *recheck,
    ngx_rtsp_request_t *r, ngx_uint_t role)
{
    ngx_int_t                rc;
    ngx_pool_t              *pool;
    ngx_rtsp_header_t       *h;
    ngx_rtsp_credentials_t   cr;
    ngx_rtsp_auth_subject_t  subject;

    h = ngx_rtsp_find_header(r->message, "Authorization");

    if (h == NULL || ngx_rtsp_parse_credentials(&h->value, &cr) != NGX_OK) {
        ngx_memzero(&cr, offsetof(ngx_rtsp_credentials_t, text));
    }

    pool = ngx_create_pool(1024, &recheck->session->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_rtsp_auth_subject_describe(r, &cr, role, pool, &subject);

    /* what it has is not its own before it is kept */

    if (rc == NGX_OK) {
        recheck->subject = subject;
        rc = ngx_rtsp_auth_subject_keep(&recheck->subject, recheck->session);
    }

    if (cr.scheme == NGX_RTSP_SCHEME_NONE) {
        ngx_explicit_memzero(subject.fields[NGX_RTSP_TELL_TOKEN].data,
                             subject.fields[NGX_RTSP_TELL_TOKEN].len);
    }

    ngx_explicit_memzero(&cr, sizeof(ngx_rtsp_credentials_t));
    ngx_destroy_pool(pool);

    return (rc == NGX_OK) ? NGX_OK : NGX_ERROR;
}


/* up to 10 % sooner, so sessions that began together are not asked together */

static void
ngx_rtsp_auth_recheck_schedule(ngx_rtsp_auth_recheck_t *recheck)
{
    ngx_msec_t  period;

    period = recheck->conf->recheck;
    period -= (ngx_msec_t) ngx_random() % (period / 10 + 1);

    recheck->due = ngx_current_msec + period;

    ngx_add_timer(&recheck->timer, period);
}


static void
ngx_rtsp_auth_recheck_timer(ngx_event_t *ev)
{
    ngx_str_t                *fields;
    ngx_rtsp_session_t       *session;
    ngx_rtsp_auth_recheck_t  *recheck;

    recheck = ev->data;
    session = recheck->session;
    fields = recheck->subject.fields;

    fields[NGX_RTSP_TELL_TRANSPORT] =
                          *ngx_rtsp_transport_word(session->record->transport);

    recheck->call = ngx_rtsp_auth_form_post(&recheck->subject, recheck->conf,
                                            &session->log,
                                            ngx_rtsp_auth_recheck_answered,
                                            recheck);

    if (recheck->call == NULL) {
        ngx_log_error(NGX_LOG_ERR, &session->log, 0,
                      "rtsp service \"%V\" could not be asked about RECHECK "
                      "of \"%V\", no memory: the session stays",
                      &recheck->conf->url->url, &fields[NGX_RTSP_TELL_PATH]);

        ngx_rtsp_auth_recheck_schedule(recheck);
    }
}


static void
ngx_rtsp_auth_recheck_answered(ngx_rtsp_http_call_t *call)
{
    ngx_str_t                *fields;
    ngx_rtsp_session_t       *session;
    ngx_rtsp_auth_recheck_t  *recheck;

    recheck = call->data;
    recheck->call = NULL;
    recheck->pressed = 0;

    session = recheck->session;
    fields = recheck->subject.fields;

    if (call->status == 401 || call->status == 403) {

        ngx_log_error(NGX_LOG_NOTICE, &session->log, 0,
                      "rtsp service \"%V\" has answered with %ui, the session "
                      "loses its right to %V", &call->service->url->url,
                      call->status, &fields[NGX_RTSP_TELL_ROLE]);

        ngx_rtsp_auth_service_answered(recheck->conf);
        ngx_rtsp_auth_recheck_deny(recheck, call->status);
        ngx_rtsp_session_end(session, NULL, NGX_RTSP_END_RECHECK);
        return;
    }

    if (call->status >= 200 && call->status < 300) {
        ngx_rtsp_auth_service_answered(recheck->conf);

    } else {
        ngx_rtsp_auth_service_failed(call, 0, &session->log,
                                     &fields[NGX_RTSP_TELL_CALL],
                                     &fields[NGX_RTSP_TELL_PATH],
                                     "the session stays");
    }

    ngx_rtsp_auth_recheck_schedule(recheck);
}


/* what the cache may still allow is over, too */

static void
ngx_rtsp_auth_recheck_deny(ngx_rtsp_auth_recheck_t *recheck, ngx_uint_t status)
{
    u_char                  key[NGX_RTSP_AUTH_KEY_LEN];
    ngx_rtsp_auth_answer_t  answer;

    /* a Digest may have been refused for its nonce, which is old by now */

    if (recheck->conf->cache == 0
        || (recheck->subject.scheme == NGX_RTSP_SCHEME_DIGEST
            && status == 401)
        || ngx_rtsp_auth_form_key(&recheck->subject,
                                  &recheck->conf->url->url, key)
           != NGX_OK)
    {
        return;
    }

    ngx_memzero(&answer, sizeof(ngx_rtsp_auth_answer_t));

    answer.status = status;

    ngx_rtsp_auth_cache_store(key, &answer, recheck->conf->cache);
}


/* the session ends, or goes to another worker */

static void
ngx_rtsp_auth_recheck_cleanup(void *data)
{
    ngx_rtsp_auth_recheck_t *recheck = data;

    if (recheck->timer.timer_set) {
        ngx_del_timer(&recheck->timer);
    }

    if (recheck->call) {
        ngx_rtsp_http_cancel(recheck->call);
    }

    ngx_rtsp_auth_subject_wipe(&recheck->subject);
}
