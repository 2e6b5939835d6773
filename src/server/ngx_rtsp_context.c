
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * Temporary stream sessions for variables: nginx evaluates all of them on an
 * ngx_stream_session_t with a connection below it, and a session of ours may
 * have outlived both.  Called where something is to be said about a session
 * outside of a request; while a request is handled its connection's will do.
 *
 * Invariant: nothing that was computed on a context is used after it; the
 * connection of a context is never read from, written to or closed.
 */


#define NGX_RTSP_CONTEXT_POOL  4096


typedef struct {
    ngx_stream_session_t    session;
    ngx_connection_t        connection;
    ngx_rtsp_connection_t   rtsp;           /* ours, it has a session */
    ngx_listening_t         listening;
    ngx_event_t             event;          /* of nothing */
    u_char                  address[NGX_SOCKADDR_STRLEN];
} ngx_rtsp_context_t;


static ngx_int_t ngx_rtsp_context_init(ngx_rtsp_context_t *context,
    ngx_rtsp_session_t *session, ngx_pool_t *pool);
static void ngx_rtsp_context_connection(ngx_rtsp_context_t *context,
    ngx_rtsp_session_t *session, ngx_pool_t *pool);
static void ngx_rtsp_context_captures(ngx_rtsp_session_t *session,
    ngx_stream_session_t *s);
static void ngx_rtsp_context_counters(ngx_stream_session_t *s,
    ngx_rtsp_session_t *session);


void                  (*ngx_rtsp_access_log)(ngx_rtsp_session_t *session);
ngx_stream_handler_pt   ngx_rtsp_context_set;


ngx_stream_session_t *
ngx_rtsp_context_session(ngx_rtsp_session_t *session)
{
    ngx_pool_t            *pool;
    ngx_rtsp_context_t    *context;
    ngx_stream_session_t  *s;

    pool = ngx_create_pool(NGX_RTSP_CONTEXT_POOL, &session->log);
    if (pool == NULL) {
        return NULL;
    }

    context = ngx_pcalloc(pool, sizeof(ngx_rtsp_context_t));

    if (context == NULL
        || ngx_rtsp_context_init(context, session, pool) != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return NULL;
    }

    s = &context->session;

    /* what a request of it would find: "set", and over it captures */

    ngx_rtsp_context_captures(session, s);

    if (ngx_rtsp_context_set) {
        (void) ngx_rtsp_context_set(s);
        ngx_rtsp_context_captures(session, s);
    }

    return s;
}


static void
ngx_rtsp_context_captures(ngx_rtsp_session_t *session,
    ngx_stream_session_t *s)
{
#if (NGX_PCRE)
    ngx_rtsp_path_t  *path;

    path = session->conf->path;

    if (path && path->regex) {
        (void) ngx_stream_regex_exec(s, path->regex, &session->path);
    }
#endif
}


static ngx_int_t
ngx_rtsp_context_init(ngx_rtsp_context_t *context,
    ngx_rtsp_session_t *session, ngx_pool_t *pool)
{
    ngx_stream_session_t         *s;
    ngx_stream_core_srv_conf_t   *cscf;
    ngx_stream_core_main_conf_t  *cmcf;

    s = &context->session;

    ngx_rtsp_context_connection(context, session, pool);
    ngx_rtsp_context_counters(s, session);

    cscf = session->srv_conf[ngx_stream_core_module.ctx_index];

    s->signature = NGX_STREAM_MODULE;
    s->connection = &context->connection;
    s->main_conf = cscf->ctx->main_conf;
    s->srv_conf = session->srv_conf;

    cmcf = ngx_stream_get_module_main_conf(s, ngx_stream_core_module);

    s->variables = ngx_pcalloc(pool, cmcf->variables.nelts
                                     * sizeof(ngx_stream_variable_value_t));
    s->ctx = ngx_pcalloc(pool, sizeof(void *) * ngx_stream_max_module);

    if (s->variables == NULL || s->ctx == NULL) {
        return NGX_ERROR;
    }

    context->rtsp.connection = &context->connection;
    context->rtsp.stream_session = s;
    context->rtsp.conf = session->conf;
    context->rtsp.srv_conf = session->srv_conf;
    context->rtsp.session = session;

    ngx_stream_set_ctx(s, &context->rtsp, ngx_stream_rtsp_module);

    return NGX_OK;
}


static void
ngx_rtsp_context_connection(ngx_rtsp_context_t *context,
    ngx_rtsp_session_t *session, ngx_pool_t *pool)
{
    ngx_str_t           *text;
    ngx_connection_t    *c;
    ngx_rtsp_record_t   *record;

    c = &context->connection;
    record = session->record;

    c->data = &context->session;
    c->read = &context->event;
    c->write = &context->event;
    c->fd = (ngx_socket_t) -1;
    c->type = SOCK_STREAM;
    c->pool = pool;
    c->log = &session->log;
    c->log_error = NGX_ERROR_INFO;
    c->number = session->log.connection;
    c->sent = record->bytes_sent;

    c->sockaddr = (struct sockaddr *) &record->sockaddr;
    c->socklen = record->socklen;
    c->addr_text = session->addr_text;
    c->proxy_protocol = session->proxy_protocol;

    c->local_sockaddr = (struct sockaddr *) &record->local;
    c->local_socklen = record->local_len;

    c->listening = &context->listening;
    context->listening.sockaddr = c->local_sockaddr;
    context->listening.socklen = c->local_socklen;
    context->listening.type = SOCK_STREAM;

    text = &context->listening.addr_text;
    text->data = context->address;
    text->len = ngx_sock_ntop(c->local_sockaddr, c->local_socklen, text->data,
                              NGX_SOCKADDR_STRLEN, 1);

#if (NGX_SSL || NGX_COMPAT)

    if (session->bound) {
        c->ssl = session->bound->connection->ssl;
    }

#endif

    context->event.data = c;
    context->event.log = c->log;
}


static void
ngx_rtsp_context_counters(ngx_stream_session_t *s, ngx_rtsp_session_t *session)
{
    uint64_t     start;
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    start = (uint64_t) tp->sec * 1000 + tp->msec
            - (ngx_current_msec - session->record->created);

    s->start_sec = (time_t) (start / 1000);
    s->start_msec = (ngx_msec_t) (start % 1000);
    s->received = session->record->bytes_received;
    s->status = session->status;
}


void
ngx_rtsp_context_destroy(ngx_stream_session_t *s)
{
    ngx_destroy_pool(s->connection->pool);
}
