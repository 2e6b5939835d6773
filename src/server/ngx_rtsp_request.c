
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * Requests: checks what is common to all methods, finds the session, looks
 * the method up in the table and calls it if the state allows it.  A session
 * that another worker runs is steered by commands to that worker, or fetched
 * from it when it is idle.
 *
 * Invariant: every request gets exactly one response, and the connection
 * stays while its framing is intact.
 */


#define NGX_RTSP_IN_INIT       0x01         /* no session */
#define NGX_RTSP_IN_READ       0x02         /* set up to read, or paused */
#define NGX_RTSP_IN_PLAY       0x04
#define NGX_RTSP_IN_PUBLISH    0x08         /* announced, or paused */
#define NGX_RTSP_IN_RECORD     0x10
#define NGX_RTSP_IN_SESSION    0x1e
#define NGX_RTSP_IN_ANY        0x1f


typedef struct {
    ngx_rtsp_method_e       method;
    ngx_uint_t              states;
    ngx_uint_t              role;           /* what it needs, outside of a
                                             * session that has it; 0: none */
    ngx_int_t             (*handler)(ngx_rtsp_request_t *r);
} ngx_rtsp_method_t;


static ngx_int_t ngx_rtsp_request_process(ngx_rtsp_request_t *r);
static ngx_int_t ngx_rtsp_request_init(ngx_rtsp_request_t *r);
static ngx_int_t ngx_rtsp_request_path(ngx_rtsp_request_t *r);
static ngx_int_t ngx_rtsp_request_call(ngx_rtsp_request_t *r,
    ngx_rtsp_method_t *method);
static ngx_int_t ngx_rtsp_request_admit(ngx_rtsp_request_t *r,
    ngx_uint_t role);
static void ngx_rtsp_request_bind(ngx_rtsp_request_t *r);
static ngx_int_t ngx_rtsp_request_require(ngx_rtsp_request_t *r,
    ngx_str_t *tag);
static ngx_int_t ngx_rtsp_request_unsupported(ngx_rtsp_request_t *r,
    ngx_str_t *tag);
static ngx_int_t ngx_rtsp_request_session(ngx_rtsp_request_t *r,
    ngx_uint_t *status);
static ngx_int_t ngx_rtsp_request_begin(ngx_rtsp_request_t *r,
    ngx_uint_t *status);
static ngx_int_t ngx_rtsp_request_room(ngx_rtsp_request_t *r,
    ngx_uint_t *status);
static ngx_int_t ngx_rtsp_request_linked(ngx_rtsp_request_t *r);
static ngx_int_t ngx_rtsp_request_local(ngx_rtsp_request_t *r,
    ngx_rtsp_session_t *session, ngx_uint_t *status);
static ngx_int_t ngx_rtsp_request_foreign(ngx_rtsp_request_t *r,
    ngx_rtsp_record_info_t *info, ngx_uint_t *status);
static ngx_int_t ngx_rtsp_request_command(ngx_rtsp_request_t *r,
    ngx_rtsp_owner_t owner, ngx_uint_t type, ngx_uint_t *status);
static ngx_int_t ngx_rtsp_request_answered(ngx_rtsp_request_t *r,
    ngx_uint_t *status);
static ngx_int_t ngx_rtsp_request_commanded(ngx_rtsp_request_t *r,
    ngx_uint_t type, ngx_uint_t *status);
static ngx_int_t ngx_rtsp_request_adopt(ngx_rtsp_request_t *r,
    ngx_uint_t *status);
static ngx_uint_t ngx_rtsp_request_state(ngx_rtsp_request_t *r);
static ngx_int_t ngx_rtsp_request_wrong_state(ngx_rtsp_request_t *r,
    ngx_uint_t state);
static ngx_uint_t ngx_rtsp_request_same_address(ngx_rtsp_request_t *r,
    struct sockaddr *sockaddr);


static ngx_rtsp_method_t  ngx_rtsp_methods[] = {

    { NGX_RTSP_OPTIONS, NGX_RTSP_IN_ANY, 0, ngx_rtsp_options },

    { NGX_RTSP_DESCRIBE, NGX_RTSP_IN_ANY, NGX_RTSP_ROLE_READ,
      ngx_rtsp_describe },

    { NGX_RTSP_ANNOUNCE, NGX_RTSP_IN_INIT, NGX_RTSP_ROLE_PUBLISH,
      ngx_rtsp_announce },

    { NGX_RTSP_SETUP,
      NGX_RTSP_IN_INIT|NGX_RTSP_IN_READ|NGX_RTSP_IN_PUBLISH,
      NGX_RTSP_ROLE_READ, ngx_rtsp_setup },

    { NGX_RTSP_PLAY, NGX_RTSP_IN_READ|NGX_RTSP_IN_PLAY, 0, ngx_rtsp_play },

    { NGX_RTSP_RECORD, NGX_RTSP_IN_PUBLISH, 0, ngx_rtsp_record },

    { NGX_RTSP_PAUSE, NGX_RTSP_IN_SESSION, 0, ngx_rtsp_pause },

    { NGX_RTSP_TEARDOWN, NGX_RTSP_IN_SESSION, 0, ngx_rtsp_teardown },

    { NGX_RTSP_GET_PARAMETER, NGX_RTSP_IN_ANY, 0, ngx_rtsp_get_parameter },

    { NGX_RTSP_SET_PARAMETER, NGX_RTSP_IN_ANY, 0, ngx_rtsp_set_parameter },
};


#define NGX_RTSP_NMETHODS                                                     \
    (sizeof(ngx_rtsp_methods) / sizeof(ngx_rtsp_method_t))


ngx_int_t
ngx_rtsp_request_handle(ngx_rtsp_connection_t *conn,
    ngx_rtsp_message_t *message)
{
    ngx_int_t           rc;
    ngx_rtsp_request_t  r;

    ngx_memzero(&r, sizeof(ngx_rtsp_request_t));

    r.connection = conn;
    r.message = message;
    r.conf = conn->conf;
    r.srv_conf = conn->srv_conf;

    conn->request = &r;

    rc = ngx_rtsp_request_process(&r);

    conn->request = NULL;

    return rc;
}


static ngx_int_t
ngx_rtsp_request_process(ngx_rtsp_request_t *r)
{
    ngx_int_t   rc;
    ngx_str_t   tag;
    ngx_uint_t  i, status;

    if (ngx_rtsp_request_init(r) != NGX_OK) {
        return ngx_rtsp_respond(r, 400);
    }

    if (r->path.len && ngx_rtsp_path_match(r, &r->path) == NGX_ERROR) {
        return ngx_rtsp_respond(r, 500);
    }

    for (i = 0; i < NGX_RTSP_NMETHODS; i++) {
        if (ngx_rtsp_methods[i].method == r->message->method) {
            break;
        }
    }

    if (i == NGX_RTSP_NMETHODS) {
        return ngx_rtsp_respond(r, 501);
    }

    if (ngx_rtsp_self == 0) {
        return ngx_rtsp_refuse(r, 503, "this worker has no seat");
    }

    if (ngx_rtsp_request_require(r, &tag) != NGX_OK) {
        return ngx_rtsp_request_unsupported(r, &tag);
    }

    rc = ngx_rtsp_request_session(r, &status);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (rc == NGX_DONE) {
        return (status == 455)
               ? ngx_rtsp_request_wrong_state(r, NGX_RTSP_IN_INIT)
               : ngx_rtsp_respond(r, status);
    }

    return ngx_rtsp_request_call(r, &ngx_rtsp_methods[i]);
}


/* the method is called if the state and the path's rules allow it */

static ngx_int_t
ngx_rtsp_request_call(ngx_rtsp_request_t *r, ngx_rtsp_method_t *method)
{
    ngx_int_t   rc;
    ngx_uint_t  state;

    state = ngx_rtsp_request_state(r);

    if ((method->states & state) == 0) {

        /* a session is what most methods lack first of all */

        return (state == NGX_RTSP_IN_INIT && r->id.len == 0)
               ? ngx_rtsp_respond(r, 454)
               : ngx_rtsp_request_wrong_state(r, state);
    }

    if (r->session) {
        ngx_rtsp_session_touch(r->session);
        r->session->method = (uint8_t) r->message->method;
        ngx_rtsp_request_bind(r);
    }

    /* a session stays admitted */

    if (method->role && (r->session == NULL
                         || method->method != NGX_RTSP_SETUP))
    {
        rc = ngx_rtsp_request_admit(r, method->role);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    return method->handler(r);
}


/*
 * Who wants what where.  NGX_DECLINED: it may, and the stream has its name;
 * otherwise the request was answered, or waits, as for the methods.
 */

static ngx_int_t
ngx_rtsp_request_admit(ngx_rtsp_request_t *r, ngx_uint_t role)
{
    ngx_int_t  rc;

    rc = ngx_rtsp_access_check(r, role);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_rtsp_auth_check(r, role);

    if (rc != NGX_OK) {
        return (rc == NGX_DONE) ? NGX_OK : rc;
    }

    if (ngx_rtsp_path_stream(r) != NGX_OK) {
        return ngx_rtsp_respond(r, 500);
    }

    return NGX_DECLINED;
}


/*
 * What is asked of a session goes by the path that it was made on; DESCRIBE
 * and OPTIONS are about the path that they name.
 */

static void
ngx_rtsp_request_bind(ngx_rtsp_request_t *r)
{
    ngx_rtsp_session_t  *session;

    if (r->message->method == NGX_RTSP_DESCRIBE
        || r->message->method == NGX_RTSP_OPTIONS)
    {
        return;
    }

    session = r->session;

    /* for its captures */

    if (!ngx_rtsp_request_is_path(r, session)) {
        (void) ngx_rtsp_path_match(r, &session->path);
    }

    r->conf = session->conf;
    r->srv_conf = session->srv_conf;
    r->unmatched = 0;

    r->connection->stream_session->srv_conf = session->srv_conf;
}


ngx_int_t
ngx_rtsp_request_refuse(ngx_rtsp_connection_t *conn,
    ngx_rtsp_message_t *message)
{
    ngx_rtsp_header_t   *h;
    ngx_rtsp_request_t   r;

    ngx_memzero(&r, sizeof(ngx_rtsp_request_t));

    r.connection = conn;
    r.message = message;
    r.conf = conn->conf;
    r.srv_conf = conn->srv_conf;

    h = ngx_rtsp_find_header(message, "CSeq");

    if (h) {
        r.cseq = h->value;
    }

    return ngx_rtsp_respond(&r, message->status);
}


/* CSeq, URL and path; NGX_ERROR: one of them is missing or makes no sense */

static ngx_int_t
ngx_rtsp_request_init(ngx_rtsp_request_t *r)
{
    ngx_rtsp_header_t  *h;

    if (ngx_rtsp_find_header_once(r->message, "CSeq", &h) != NGX_OK
        || h->value.len == 0)
    {
        ngx_log_error(NGX_LOG_INFO, r->connection->connection->log, 0,
                      "rtsp client sent a request without one CSeq");
        return NGX_ERROR;
    }

    r->cseq = h->value;

    if (r->message->uri.len == 1 && r->message->uri.data[0] == '*') {
        return r->message->method == NGX_RTSP_OPTIONS ? NGX_OK : NGX_ERROR;
    }

    if (ngx_rtsp_parse_url(&r->message->uri, &r->url) != NGX_OK
        || ngx_rtsp_request_path(r) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_INFO, r->connection->connection->log, 0,
                      "rtsp client sent an invalid URL");
        return NGX_ERROR;
    }

    /* not the URL: it may have a password or a token in it */

    ngx_log_debug2(NGX_LOG_DEBUG_STREAM, r->connection->connection->log, 0,
                   "rtsp request %V of \"%V\"", &r->message->method_name,
                   &r->path);

    return NGX_OK;
}


/*
 * The path without what SETUP, and some clients everywhere, put behind it to
 * name a media.
 */

static ngx_int_t
ngx_rtsp_request_path(ngx_rtsp_request_t *r)
{
    ngx_str_t       control;
    ngx_rtsp_url_t  base;

    ngx_rtsp_url_control(&r->url, &control, &base);

    return ngx_rtsp_url_path(&base, r->path_data, &r->path, &r->query);
}


/*
 * The back channel's tag is known even where there is none to offer: a viewer
 * who hoped to talk still sees.  NGX_DECLINED: "tag" is not known.
 */

static ngx_int_t
ngx_rtsp_request_require(ngx_rtsp_request_t *r, ngx_str_t *tag)
{
    ngx_str_t           list;
    ngx_rtsp_header_t  *h;

    for (h = ngx_rtsp_find_header(r->message, "Require");
         h;
         h = ngx_rtsp_next_header(r->message, h))
    {
        list = h->value;

        while (ngx_rtsp_cut_item(&list, ',', tag)) {

            if (ngx_rtsp_text_is(tag, "www.onvif.org/ver20/backchannel")) {
                r->back_channel = 1;

            } else if (tag->len) {
                return NGX_DECLINED;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_request_unsupported(ngx_rtsp_request_t *r, ngx_str_t *tag)
{
    ngx_rtsp_writer_t  *w;

    w = ngx_rtsp_response_begin(r, 551);
    ngx_rtsp_put_header(w, "Unsupported", tag);

    return ngx_rtsp_response_end(r, w, NULL);
}


/*
 * Finds the session.  NGX_OK: r->session is set, or there is none; NGX_AGAIN:
 * the request waits; NGX_DONE: "status" is to be answered.
 */

static ngx_int_t
ngx_rtsp_request_session(ngx_rtsp_request_t *r, ngx_uint_t *status)
{
    ngx_rtsp_header_t       *h;
    ngx_rtsp_session_t      *session;
    ngx_rtsp_connection_t   *conn;
    ngx_rtsp_record_info_t   info;

    conn = r->connection;

    h = ngx_rtsp_find_header(r->message, "Session");

    if (h == NULL || ngx_rtsp_parse_session(&h->value, &r->id, NULL) != NGX_OK)
    {
        return ngx_rtsp_request_linked(r);
    }

    if (conn->session
        && r->id.len == NGX_RTSP_ID_LEN
        && ngx_memcmp(conn->session->record->id, r->id.data, NGX_RTSP_ID_LEN)
           == 0)
    {
        r->session = conn->session;
        return NGX_OK;
    }

    if (conn->command) {
        return ngx_rtsp_request_answered(r, status);
    }

    if (ngx_rtsp_record_find(&r->id, &info) != NGX_OK) {

        /*
         * The session has ended: SETUP begins a new one, beside the one that
         * the connection may have.
         */

        if (r->message->method == NGX_RTSP_SETUP) {
            return ngx_rtsp_request_begin(r, status);
        }

        if (r->message->method == NGX_RTSP_DESCRIBE
            || (r->message->method == NGX_RTSP_ANNOUNCE
                && conn->session == NULL))
        {
            return NGX_OK;
        }

        *status = 454;
        return NGX_DONE;
    }

    if (!ngx_rtsp_request_same_address(r,
                                       (struct sockaddr *) &info.sockaddr))
    {
        ngx_log_error(NGX_LOG_INFO, conn->connection->log, 0,
                      "rtsp client asked for a session of another address");
        *status = 400;
        return NGX_DONE;
    }

    if (info.owner == ngx_rtsp_self) {

        session = ngx_rtsp_session_find(r->id.data);

        if (session == NULL) {
            *status = 454;
            return NGX_DONE;
        }

        return ngx_rtsp_request_local(r, session, status);
    }

    return ngx_rtsp_request_foreign(r, &info, status);
}


/* as above; SETUP may have begun its session already, and waited then */

static ngx_int_t
ngx_rtsp_request_begin(ngx_rtsp_request_t *r, ngx_uint_t *status)
{
    if (r->connection->retry) {
        r->session = ngx_rtsp_session_begun(r->connection);

        if (r->session) {
            return NGX_OK;
        }
    }

    return ngx_rtsp_request_room(r, status);
}


/* as above: a connection has a few sessions, not all that fit into the zone */

static ngx_int_t
ngx_rtsp_request_room(ngx_rtsp_request_t *r, ngx_uint_t *status)
{
    if (ngx_rtsp_session_room(r->connection)) {
        return NGX_OK;
    }

    ngx_rtsp_log_refused(r, NGX_LOG_INFO, 453,
                         "its connection has too many sessions");
    *status = 453;

    return NGX_DONE;
}


/*
 * Without a Session header the linked session is meant where that is clear:
 * all but the methods whose meaning is the session itself.
 */

static ngx_int_t
ngx_rtsp_request_linked(ngx_rtsp_request_t *r)
{
    switch (r->message->method) {

    case NGX_RTSP_PLAY:
    case NGX_RTSP_RECORD:
    case NGX_RTSP_PAUSE:
    case NGX_RTSP_TEARDOWN:
        break;

    default:
        r->session = r->connection->session;
    }

    return NGX_OK;
}


/* a session of this worker that this connection is not linked to */

static ngx_int_t
ngx_rtsp_request_local(ngx_rtsp_request_t *r, ngx_rtsp_session_t *session,
    ngx_uint_t *status)
{
    ngx_rtsp_connection_t  *conn;

    conn = r->connection;

    if (session->bound) {

        /* media go over another connection, it alone steers them */

        *status = 455;
        return NGX_DONE;
    }

    ngx_rtsp_session_link(session, conn);

    r->session = session;

    return NGX_OK;
}


/* a session of another worker */

static ngx_int_t
ngx_rtsp_request_foreign(ngx_rtsp_request_t *r, ngx_rtsp_record_info_t *info,
    ngx_uint_t *status)
{
    ngx_uint_t  type, active;

    active = (info->state >= NGX_RTSP_SESSION_PLAYING);

    if (active && info->transport == NGX_RTSP_TRANSPORT_TCP) {
        *status = 455;
        return NGX_DONE;
    }

    switch (r->message->method) {

    case NGX_RTSP_PAUSE:
        type = NGX_RTSP_COMMAND_PAUSE;
        break;

    case NGX_RTSP_TEARDOWN:
        type = NGX_RTSP_COMMAND_TEARDOWN;
        break;

    case NGX_RTSP_SETUP:
    case NGX_RTSP_RECORD:
    case NGX_RTSP_ANNOUNCE:

        if (active) {
            *status = 455;
            return NGX_DONE;
        }

        type = NGX_RTSP_COMMAND_RELEASE;
        break;

    case NGX_RTSP_PLAY:
        type = active ? NGX_RTSP_COMMAND_TOUCH : NGX_RTSP_COMMAND_RELEASE;
        break;

    default:
        type = NGX_RTSP_COMMAND_TOUCH;
    }

    if (type == NGX_RTSP_COMMAND_RELEASE
        && ngx_rtsp_request_room(r, status) != NGX_OK)
    {
        return NGX_DONE;
    }

    return ngx_rtsp_request_command(r, info->owner, type, status);
}


/*
 * Asks the owner.  When it is dead its session is idle for us to take, or, if
 * media flowed, gone with it.
 */

static ngx_int_t
ngx_rtsp_request_command(ngx_rtsp_request_t *r, ngx_rtsp_owner_t owner,
    ngx_uint_t type, ngx_uint_t *status)
{
    ngx_rtsp_connection_t  *conn;

    conn = r->connection;

    if (owner == 0 || !ngx_rtsp_seat_alive(owner)) {
        *status = (type == NGX_RTSP_COMMAND_RELEASE) ? 200 : 454;
        return ngx_rtsp_request_commanded(r, type, status);
    }

    conn->command = ngx_rtsp_command_send(owner, type, r->id.data);

    if (conn->command == NULL) {
        *status = 503;
        return NGX_DONE;
    }

    /* what it has waited for before was something else */
    conn->retry = 0;

    return ngx_rtsp_connection_wait(conn, NGX_RTSP_COMMAND_WAIT);
}


/*
 * Looks for the owner's answer.  It is not asked for the session before: that
 * may have ended by what was asked.
 */

static ngx_int_t
ngx_rtsp_request_answered(ngx_rtsp_request_t *r, ngx_uint_t *status)
{
    ngx_uint_t              type;
    ngx_rtsp_connection_t  *conn;

    conn = r->connection;
    type = conn->command->type;

    if (conn->command->status) {
        *status = conn->command->status;

    } else if (!ngx_rtsp_seat_alive(conn->command->to)) {
        *status = (type == NGX_RTSP_COMMAND_RELEASE) ? 200 : 454;

    } else if (ngx_rtsp_connection_waited(conn)) {
        *status = 503;

    } else {
        return ngx_rtsp_connection_wait(conn, 0);
    }

    ngx_rtsp_command_free(conn->command);
    conn->command = NULL;

    /* if it has to wait again then for something else, and anew */
    conn->retry = 0;

    return ngx_rtsp_request_commanded(r, type, status);
}


/* what the owner's answer means for the request */

static ngx_int_t
ngx_rtsp_request_commanded(ngx_rtsp_request_t *r, ngx_uint_t type,
    ngx_uint_t *status)
{
    if (type == NGX_RTSP_COMMAND_RELEASE && *status == 200) {
        return ngx_rtsp_request_adopt(r, status);
    }

    r->foreign = 1;

    /* these have an answer of their own, whoever runs the session */

    if (*status == 200
        && (r->message->method == NGX_RTSP_OPTIONS
            || r->message->method == NGX_RTSP_DESCRIBE
            || r->message->method == NGX_RTSP_GET_PARAMETER
            || r->message->method == NGX_RTSP_SET_PARAMETER))
    {
        return NGX_OK;
    }

    return NGX_DONE;
}


static ngx_int_t
ngx_rtsp_request_adopt(ngx_rtsp_request_t *r, ngx_uint_t *status)
{
    ngx_rtsp_record_t  *record;

    record = ngx_rtsp_record_adopt(&r->id);

    if (record == NULL) {
        *status = 454;
        return NGX_DONE;
    }

    r->session = ngx_rtsp_session_adopt(r, record);

    if (r->session == NULL) {
        *status = 454;
        return NGX_DONE;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_rtsp_request_is_path(ngx_rtsp_request_t *r, ngx_rtsp_session_t *session)
{
    return r->path.len == session->path.len
           && ngx_memcmp(r->path.data, session->path.data, r->path.len) == 0;
}


static ngx_uint_t
ngx_rtsp_request_state(ngx_rtsp_request_t *r)
{
    ngx_rtsp_record_t  *record;

    if (r->session == NULL) {
        return NGX_RTSP_IN_INIT;
    }

    record = r->session->record;

    switch (record->state) {

    case NGX_RTSP_SESSION_PLAYING:
        return NGX_RTSP_IN_PLAY;

    case NGX_RTSP_SESSION_RECORDING:
        return NGX_RTSP_IN_RECORD;

    default:
        return record->role == NGX_RTSP_ROLE_PUBLISH ? NGX_RTSP_IN_PUBLISH
                                                     : NGX_RTSP_IN_READ;
    }
}


/* 455 must say what is allowed (RFC 2326 11.3.6, 12.4) */

static ngx_int_t
ngx_rtsp_request_wrong_state(ngx_rtsp_request_t *r, ngx_uint_t state)
{
    ngx_uint_t          i, n;
    ngx_rtsp_writer_t  *w;

    w = ngx_rtsp_response_begin(r, 455);

    ngx_rtsp_put_header_begin(w, "Allow");

    for (i = 0, n = 0; i < NGX_RTSP_NMETHODS; i++) {

        if ((ngx_rtsp_methods[i].states & state) == 0) {
            continue;
        }

        if (n++) {
            ngx_rtsp_put_text(w, ", ");
        }

        ngx_rtsp_put_text(w,
                        ngx_rtsp_method_name(ngx_rtsp_methods[i].method));
    }

    ngx_rtsp_put_header_end(w);

    return ngx_rtsp_response_end(r, w, NULL);
}


static ngx_uint_t
ngx_rtsp_request_same_address(ngx_rtsp_request_t *r, struct sockaddr *sockaddr)
{
    socklen_t                 len;
    ngx_connection_t         *c;
    struct sockaddr_storage   ss;

    c = r->connection->connection;

    ngx_memcpy(&ss, c->sockaddr, c->socklen);
    len = c->socklen;

    ngx_rtsp_udp_unmap((struct sockaddr *) &ss, &len);

    return ngx_cmp_sockaddr((struct sockaddr *) &ss, len, sockaddr, len, 0)
           == NGX_OK;
}
