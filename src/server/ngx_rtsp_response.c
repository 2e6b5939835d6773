
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * Writes every response of the server and hands it to the connection's
 * output.  Owns the one buffer of the process in which they are put together.
 *
 * Invariant: a response is sent whole or not at all; one that does not fit
 * becomes a 500.
 */


#define NGX_RTSP_RESPONSE_SIZE  (NGX_RTSP_MAX_HEAD + 2 * NGX_RTSP_MAX_SDP)


static void ngx_rtsp_response_session(ngx_rtsp_request_t *r,
    ngx_rtsp_writer_t *w);


static u_char             ngx_rtsp_response[NGX_RTSP_RESPONSE_SIZE];
static ngx_rtsp_writer_t  ngx_rtsp_response_writer;


ngx_rtsp_writer_t *
ngx_rtsp_response_begin(ngx_rtsp_request_t *r, ngx_uint_t status)
{
    ngx_rtsp_writer_t  *w;

    w = &ngx_rtsp_response_writer;

    w->pos = ngx_rtsp_response;
    w->end = ngx_rtsp_response + sizeof(ngx_rtsp_response);
    w->overflow = 0;

    r->connection->status = status;

    if (r->session) {
        r->session->status = (uint16_t) status;
    }

    ngx_rtsp_put_response(w, status, NULL, r->cseq.data ? &r->cseq : NULL);
    ngx_rtsp_put_header_text(w, "Server", "nginx");

    /* some clients cannot take a Session in the answer to ANNOUNCE */

    if ((r->session || r->foreign) && status == 200
        && r->message->method != NGX_RTSP_ANNOUNCE
        && r->message->method != NGX_RTSP_TEARDOWN)
    {
        ngx_rtsp_response_session(r, w);
    }

    return w;
}


/*
 * The timeout that is told is 5 s shorter than ours, as clients tend to send
 * their keep-alive just when it is over; but not under half of it.
 */

static void
ngx_rtsp_response_session(ngx_rtsp_request_t *r, ngx_rtsp_writer_t *w)
{
    ngx_str_t   id;
    ngx_msec_t  timeout;

    timeout = (r->session ? r->session->conf : r->conf)->session_timeout;
    timeout = (timeout >= 10000) ? timeout - 5000 : timeout / 2;

    id.data = r->session ? r->session->record->id : r->id.data;
    id.len = NGX_RTSP_ID_LEN;

    ngx_rtsp_put_header_begin(w, "Session");
    ngx_rtsp_put_str(w, &id);
    ngx_rtsp_put_text(w, ";timeout=");
    ngx_rtsp_put_uint(w, (timeout + 999) / 1000);
    ngx_rtsp_put_header_end(w);
}


ngx_int_t
ngx_rtsp_response_end(ngx_rtsp_request_t *r, ngx_rtsp_writer_t *w,
    ngx_str_t *body)
{
    if (body && body->len) {
        ngx_rtsp_put_header_uint(w, "Content-Length", body->len);
    }

    ngx_rtsp_put_end(w);

    if (body) {
        ngx_rtsp_put_str(w, body);
    }

    if (w->overflow) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->connection->log, 0,
                      "rtsp response is larger than %uz bytes",
                      sizeof(ngx_rtsp_response));
        return ngx_rtsp_respond(r, 500);
    }

    return ngx_rtsp_output_put(&r->connection->out, ngx_rtsp_response,
                               w->pos - ngx_rtsp_response);
}


ngx_int_t
ngx_rtsp_respond(ngx_rtsp_request_t *r, ngx_uint_t status)
{
    return ngx_rtsp_response_end(r, ngx_rtsp_response_begin(r, status), NULL);
}


ngx_int_t
ngx_rtsp_refuse(ngx_rtsp_request_t *r, ngx_uint_t status, const char *why)
{
    ngx_uint_t  level;

    /* what the client can do nothing about is for the administrator */

    level = (status >= 500) ? NGX_LOG_ERR : NGX_LOG_INFO;

    ngx_rtsp_log_refused(r, level, status, why);

    return ngx_rtsp_respond(r, status);
}


void
ngx_rtsp_log_refused(ngx_rtsp_request_t *r, ngx_uint_t level,
    ngx_uint_t status, const char *why)
{
    ngx_log_t  *log;

    log = r->connection->connection->log;

    if (r->conf->path) {
        ngx_log_error(level, log, 0,
                      "rtsp %V of \"%V\" refused with %ui: %s, "
                      "in rtsp_path \"%V\"",
                      &r->message->method_name, &r->path, status, why,
                      &r->conf->path->text);
        return;
    }

    ngx_log_error(level, log, 0, "rtsp %V of \"%V\" refused with %ui: %s",
                  &r->message->method_name, &r->path, status, why);
}


ngx_int_t
ngx_rtsp_refuse_role(ngx_rtsp_request_t *r, const char *why)
{
    ngx_rtsp_conf_t    *conf;
    ngx_rtsp_writer_t  *w;

    conf = r->conf;

    ngx_rtsp_log_refused(r, NGX_LOG_INFO, 405, why);

    w = ngx_rtsp_response_begin(r, 405);

    ngx_rtsp_put_header_begin(w, "Allow");
    ngx_rtsp_put_text(w, "OPTIONS, GET_PARAMETER, SET_PARAMETER");

    if (conf->read || conf->publish) {
        ngx_rtsp_put_text(w, ", SETUP, PAUSE, TEARDOWN");
    }

    if (conf->read) {
        ngx_rtsp_put_text(w, ", DESCRIBE, PLAY");
    }

    if (conf->publish) {
        ngx_rtsp_put_text(w, ", ANNOUNCE, RECORD");
    }

    ngx_rtsp_put_header_end(w);

    return ngx_rtsp_response_end(r, w, NULL);
}
