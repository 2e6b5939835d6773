
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_server.h"


/*
 * Rechecks of sessions that go from worker to worker: put into the session's
 * record when it leaves, taken out where it arrives, with the time of the next
 * question.  Neither who brings the session nor how often it moves changes
 * what is asked when.
 *
 * Called by sessions that are let go or adopted.  Owns nothing.
 *
 * Invariant: a session that has begun with a recheck does not go on without.
 * Where it cannot be taken along (the zone is full) the session stays, where
 * it cannot be taken up (its worker died) it ends.
 */


/* one of a session that moves; URL and subject follow */

typedef struct {
    ngx_msec_t                    due;
    uint32_t                      url_len;
    uint32_t                      pressed;
} ngx_rtsp_auth_moved_t;


static size_t ngx_rtsp_auth_move_size(ngx_rtsp_session_t *session);
static void ngx_rtsp_auth_move_pack(ngx_rtsp_auth_recheck_t *recheck,
    ngx_rtsp_writer_t *w);
static ngx_int_t ngx_rtsp_auth_move_unpack(ngx_rtsp_session_t *session,
    ngx_str_t *data);
static ngx_rtsp_auth_request_conf_t *ngx_rtsp_auth_move_conf(
    ngx_rtsp_session_t *session, ngx_str_t *url);
static ngx_rtsp_auth_request_conf_t *ngx_rtsp_auth_move_server(
    void **srv_conf, ngx_str_t *url);
static ngx_rtsp_auth_request_conf_t *ngx_rtsp_auth_move_paths(
    ngx_array_t *paths, ngx_str_t *url);
static ngx_rtsp_auth_request_conf_t *ngx_rtsp_auth_move_asks(
    void **srv_conf, ngx_str_t *url);


ngx_int_t
ngx_rtsp_auth_move_leave(ngx_rtsp_session_t *session)
{
    size_t                    len;
    u_char                   *data;
    ngx_int_t                 rc;
    ngx_rtsp_writer_t         w;
    ngx_rtsp_auth_recheck_t  *recheck;

    if (session->rechecks == NULL) {
        return NGX_OK;
    }

    for (recheck = session->rechecks; recheck; recheck = recheck->next) {

        /* who moves on and on before there is an answer hides from it */

        if (recheck->conf && recheck->pressed) {
            ngx_log_error(NGX_LOG_INFO, &session->log, 0,
                          "rtsp session stays in its worker until service "
                          "\"%V\" has answered", &recheck->url);
            return NGX_ERROR;
        }
    }

    len = ngx_rtsp_auth_move_size(session);

    data = ngx_alloc(len, &session->log);
    if (data == NULL) {
        return NGX_ERROR;
    }

    w.pos = data;
    w.end = data + len;
    w.overflow = 0;

    for (recheck = session->rechecks; recheck; recheck = recheck->next) {
        ngx_rtsp_auth_move_pack(recheck, &w);
    }

    rc = w.overflow ? NGX_ERROR
                    : ngx_rtsp_record_seal(session->record, data, len);

    ngx_explicit_memzero(data, len);
    ngx_free(data);

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, &session->log, 0,
                      "rtsp session stays in its worker, rtsp_zone has no "
                      "room for what recheck has to know in another one");
    }

    return rc;
}


static size_t
ngx_rtsp_auth_move_size(ngx_rtsp_session_t *session)
{
    size_t                    len;
    ngx_rtsp_auth_recheck_t  *recheck;

    len = 0;

    for (recheck = session->rechecks; recheck; recheck = recheck->next) {
        len += sizeof(ngx_rtsp_auth_moved_t) + recheck->url.len
               + ngx_rtsp_auth_form_packed(&recheck->subject);
    }

    return len;
}


static void
ngx_rtsp_auth_move_pack(ngx_rtsp_auth_recheck_t *recheck,
    ngx_rtsp_writer_t *w)
{
    ngx_rtsp_auth_moved_t  moved;

    moved.due = recheck->due;
    moved.url_len = (uint32_t) recheck->url.len;
    moved.pressed = (recheck->call || recheck->pressed);

    ngx_rtsp_put(w, &moved, sizeof(ngx_rtsp_auth_moved_t));
    ngx_rtsp_put_str(w, &recheck->url);
    ngx_rtsp_auth_form_pack(&recheck->subject, w);
}


ngx_int_t
ngx_rtsp_auth_move_resume(ngx_rtsp_session_t *session)
{
    ngx_str_t           data;
    ngx_rtsp_record_t  *record;

    record = session->record;

    if (!record->rechecked) {
        return NGX_OK;
    }

    if (record->sealed_len == 0) {
        goto failed;
    }

    /* subjects are slices of it, and wipe what they have of it */

    data.len = record->sealed_len - NGX_RTSP_SEAL_LEN;
    data.data = ngx_pnalloc(session->pool, data.len);

    if (data.data == NULL
        || ngx_rtsp_record_unseal(record, data.data) != NGX_OK)
    {
        goto failed;
    }

    while (data.len) {
        if (ngx_rtsp_auth_move_unpack(session, &data) != NGX_OK) {
            goto failed;
        }
    }

    return NGX_OK;

failed:

    ngx_log_error(NGX_LOG_NOTICE, &session->log, 0,
                  "rtsp session cannot be rechecked in the worker it came to");

    return NGX_ERROR;
}


/* cuts one off the front of "data" */

static ngx_int_t
ngx_rtsp_auth_move_unpack(ngx_rtsp_session_t *session, ngx_str_t *data)
{
    ngx_rtsp_auth_moved_t     moved;
    ngx_rtsp_auth_recheck_t  *recheck;

    if (data->len < sizeof(ngx_rtsp_auth_moved_t)) {
        return NGX_ERROR;
    }

    ngx_memcpy(&moved, data->data, sizeof(ngx_rtsp_auth_moved_t));

    data->data += sizeof(ngx_rtsp_auth_moved_t);
    data->len -= sizeof(ngx_rtsp_auth_moved_t);

    if (moved.url_len > data->len) {
        return NGX_ERROR;
    }

    recheck = ngx_rtsp_auth_recheck_add(session);
    if (recheck == NULL) {
        return NGX_ERROR;
    }

    recheck->url.data = data->data;
    recheck->url.len = moved.url_len;

    data->data += moved.url_len;
    data->len -= moved.url_len;

    if (ngx_rtsp_auth_form_unpack(&recheck->subject, data) != NGX_OK) {
        return NGX_ERROR;
    }

    recheck->due = moved.due;
    recheck->pressed = moved.pressed;
    recheck->conf = ngx_rtsp_auth_move_conf(session, &recheck->url);

    if (recheck->conf == NULL) {
        ngx_log_error(NGX_LOG_NOTICE, &session->log, 0,
                      "rtsp session is not rechecked any more, nobody asks "
                      "\"%V\" in this configuration", &recheck->url);
        return NGX_OK;
    }

    ngx_add_timer(&recheck->timer,
                  (ngx_msec_t) ngx_max((ngx_msec_int_t)
                                       (recheck->due - ngx_current_msec), 1));

    return NGX_OK;
}


/*
 * Who asks that service, in this worker's configuration.  The session may have
 * come over another server, which asks nobody, or somebody else: that must not
 * rid it of its recheck.  After a reload with another URL the session's path
 * says whom to ask; NULL: nobody.
 */

static ngx_rtsp_auth_request_conf_t *
ngx_rtsp_auth_move_conf(ngx_rtsp_session_t *session, ngx_str_t *url)
{
    ngx_uint_t                      i;
    ngx_rtsp_auth_request_conf_t   *conf;
    ngx_stream_core_srv_conf_t    **cscfp;
    ngx_stream_core_main_conf_t    *cmcf;

    conf = ngx_rtsp_auth_move_asks(session->srv_conf, url);

    if (conf) {
        return conf;
    }

    cmcf = ngx_stream_cycle_get_module_main_conf(ngx_cycle,
                                                 ngx_stream_core_module);
    cscfp = cmcf->servers.elts;

    for (i = 0; i < cmcf->servers.nelts; i++) {
        conf = ngx_rtsp_auth_move_server(cscfp[i]->ctx->srv_conf, url);

        if (conf) {
            return conf;
        }
    }

    return ngx_rtsp_auth_move_asks(session->srv_conf, NULL);
}


/* the server itself or one of its paths */

static ngx_rtsp_auth_request_conf_t *
ngx_rtsp_auth_move_server(void **srv_conf, ngx_str_t *url)
{
    ngx_rtsp_conf_t               *rcf;
    ngx_rtsp_auth_request_conf_t  *conf;

    rcf = srv_conf[ngx_stream_rtsp_module.ctx_index];
    conf = ngx_rtsp_auth_move_asks(srv_conf, url);

    if (conf == NULL && rcf->paths) {
        conf = ngx_rtsp_auth_move_paths(&rcf->paths->exacts, url);
    }

    if (conf == NULL && rcf->paths) {
        conf = ngx_rtsp_auth_move_paths(&rcf->paths->prefixes, url);
    }

    if (conf == NULL && rcf->paths) {
        conf = ngx_rtsp_auth_move_paths(&rcf->paths->regexes, url);
    }

    return conf;
}


static ngx_rtsp_auth_request_conf_t *
ngx_rtsp_auth_move_paths(ngx_array_t *paths, ngx_str_t *url)
{
    ngx_uint_t                      i;
    ngx_rtsp_path_t               **path;
    ngx_rtsp_auth_request_conf_t   *conf;

    path = paths->elts;

    for (i = 0; i < paths->nelts; i++) {
        conf = ngx_rtsp_auth_move_asks(path[i]->srv_conf, url);

        if (conf) {
            return conf;
        }
    }

    return NULL;
}


/* NULL: no recheck there, or not by that service; no URL: any */

static ngx_rtsp_auth_request_conf_t *
ngx_rtsp_auth_move_asks(void **srv_conf, ngx_str_t *url)
{
    ngx_rtsp_auth_conf_t          *acf;
    ngx_rtsp_auth_request_conf_t  *conf;

    acf = srv_conf[ngx_stream_rtsp_auth_module.ctx_index];
    conf = &acf->request;

    if (conf->url == NULL || conf->recheck == 0) {
        return NULL;
    }

    if (url
        && (url->len != conf->url->url.len
            || ngx_memcmp(url->data, conf->url->url.data, url->len) != 0))
    {
        return NULL;
    }

    return conf;
}
