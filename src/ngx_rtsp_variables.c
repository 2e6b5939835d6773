
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"
#include "ngx_rtsp_variables.h"


/*
 * The variables $rtsp_...  They say what a request that is being handled and
 * its session are, or, on a context made for a session alone, what that is and
 * has done.  Read by nginx; owns nothing.
 *
 * Invariant: what is not known is "not found", a "-" in logs and empty in
 * complex values; the id of a session, which is a credential, is told by no
 * variable.  None is cacheable, as a connection has many requests.
 */


static ngx_rtsp_request_t *ngx_rtsp_variable_request(ngx_stream_session_t *s);
static ngx_rtsp_session_t *ngx_rtsp_variable_session(ngx_stream_session_t *s);
static ngx_rtsp_record_t *ngx_rtsp_variable_record(ngx_stream_session_t *s);
static void ngx_rtsp_variable_query_text(ngx_stream_session_t *s,
    ngx_str_t *query);
static ngx_int_t ngx_rtsp_variable_none(ngx_stream_variable_value_t *v);
static ngx_int_t ngx_rtsp_variable_text(ngx_stream_variable_value_t *v,
    u_char *data, size_t len);
static ngx_int_t ngx_rtsp_variable_name(ngx_stream_variable_value_t *v,
    ngx_str_t *name);
static ngx_int_t ngx_rtsp_variable_word(ngx_stream_variable_value_t *v,
    const char *word);
static ngx_int_t ngx_rtsp_variable_number(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uint64_t n);
static ngx_int_t ngx_rtsp_variable_seconds(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uint64_t usec);

static ngx_int_t ngx_rtsp_variable_path(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_stream(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_query(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_argument(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_method(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_user(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_user_agent(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_role(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_session_id(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_transport(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_profile(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_tunnel(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_status(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_counter(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_lost(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_jitter(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_time(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_session_time(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_source_addr(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_rtsp_variable_end_reason(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);


#define ngx_rtsp_variable(name, handler, data)                                \
    { ngx_string(name), NULL, handler, data, NGX_STREAM_VAR_NOCACHEABLE, 0 }

#define ngx_rtsp_variable_of(name, handler, field)                            \
    ngx_rtsp_variable(name, handler, offsetof(ngx_rtsp_record_t, field))


static ngx_stream_variable_t  ngx_rtsp_variables[] = {

    ngx_rtsp_variable("rtsp_path", ngx_rtsp_variable_path, 0),
    ngx_rtsp_variable("rtsp_stream", ngx_rtsp_variable_stream, 0),
    ngx_rtsp_variable("rtsp_query", ngx_rtsp_variable_query, 0),

    { ngx_string("rtsp_arg_"), NULL, ngx_rtsp_variable_argument, 0,
      NGX_STREAM_VAR_NOCACHEABLE|NGX_STREAM_VAR_PREFIX, 0 },

    ngx_rtsp_variable("rtsp_method", ngx_rtsp_variable_method, 0),
    ngx_rtsp_variable("rtsp_user", ngx_rtsp_variable_user, 0),
    ngx_rtsp_variable("rtsp_user_agent", ngx_rtsp_variable_user_agent, 0),
    ngx_rtsp_variable("rtsp_role", ngx_rtsp_variable_role, 0),
    ngx_rtsp_variable("rtsp_session", ngx_rtsp_variable_session_id, 0),
    ngx_rtsp_variable("rtsp_transport", ngx_rtsp_variable_transport, 0),
    ngx_rtsp_variable("rtsp_profile", ngx_rtsp_variable_profile, 0),
    ngx_rtsp_variable("rtsp_tunnel", ngx_rtsp_variable_tunnel, 0),
    ngx_rtsp_variable("rtsp_status", ngx_rtsp_variable_status, 0),

    ngx_rtsp_variable_of("rtsp_bytes_sent", ngx_rtsp_variable_counter,
                         bytes_sent),
    ngx_rtsp_variable_of("rtsp_bytes_received", ngx_rtsp_variable_counter,
                         bytes_received),
    ngx_rtsp_variable_of("rtsp_packets_sent", ngx_rtsp_variable_counter,
                         packets_sent),
    ngx_rtsp_variable_of("rtsp_packets_received", ngx_rtsp_variable_counter,
                         packets_received),
    ngx_rtsp_variable_of("rtsp_packets_dropped", ngx_rtsp_variable_counter,
                         packets_dropped),

    ngx_rtsp_variable("rtsp_packets_lost", ngx_rtsp_variable_lost, 0),
    ngx_rtsp_variable("rtsp_jitter", ngx_rtsp_variable_jitter, 0),

    ngx_rtsp_variable_of("rtsp_first_packet_time", ngx_rtsp_variable_time,
                         first_packet),
    ngx_rtsp_variable_of("rtsp_first_key_time", ngx_rtsp_variable_time,
                         first_key),

    ngx_rtsp_variable("rtsp_session_time", ngx_rtsp_variable_session_time, 0),
    ngx_rtsp_variable("rtsp_source_addr", ngx_rtsp_variable_source_addr, 0),
    ngx_rtsp_variable("rtsp_end_reason", ngx_rtsp_variable_end_reason, 0),

    ngx_stream_null_variable
};


ngx_int_t
ngx_rtsp_variables_add(ngx_conf_t *cf)
{
    ngx_stream_variable_t  *v, *var;

    for (v = ngx_rtsp_variables; v->name.len; v++) {

        var = ngx_stream_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


/* NULL: none is being handled */

static ngx_rtsp_request_t *
ngx_rtsp_variable_request(ngx_stream_session_t *s)
{
    ngx_rtsp_connection_t  *conn;

    conn = ngx_stream_get_module_ctx(s, ngx_stream_rtsp_module);

    return conn ? conn->request : NULL;
}


/* the session that is meant, if this worker runs it; else NULL */

static ngx_rtsp_session_t *
ngx_rtsp_variable_session(ngx_stream_session_t *s)
{
    ngx_rtsp_connection_t  *conn;

    conn = ngx_stream_get_module_ctx(s, ngx_stream_rtsp_module);

    if (conn == NULL) {
        return NULL;
    }

    return conn->request ? conn->request->session : conn->session;
}


static ngx_rtsp_record_t *
ngx_rtsp_variable_record(ngx_stream_session_t *s)
{
    ngx_rtsp_session_t  *session;

    session = ngx_rtsp_variable_session(s);

    return session ? session->record : NULL;
}


static ngx_int_t
ngx_rtsp_variable_none(ngx_stream_variable_value_t *v)
{
    v->not_found = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_variable_text(ngx_stream_variable_value_t *v, u_char *data,
    size_t len)
{
    if (len == 0) {
        return ngx_rtsp_variable_none(v);
    }

    v->data = data;
    v->len = len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_variable_word(ngx_stream_variable_value_t *v, const char *word)
{
    return ngx_rtsp_variable_text(v, (u_char *) word, ngx_strlen(word));
}


/* one of the words, if there is one */

static ngx_int_t
ngx_rtsp_variable_name(ngx_stream_variable_value_t *v, ngx_str_t *name)
{
    return name->len ? ngx_rtsp_variable_text(v, name->data, name->len)
                     : ngx_rtsp_variable_none(v);
}


static ngx_int_t
ngx_rtsp_variable_number(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uint64_t n)
{
    u_char  *p;

    p = ngx_pnalloc(s->connection->pool, NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    return ngx_rtsp_variable_text(v, p, ngx_sprintf(p, "%uL", n) - p);
}


/* seconds with milliseconds, as nginx writes all its times */

static ngx_int_t
ngx_rtsp_variable_seconds(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uint64_t usec)
{
    u_char  *p, *last;

    p = ngx_pnalloc(s->connection->pool, NGX_INT64_LEN + 4);
    if (p == NULL) {
        return NGX_ERROR;
    }

    last = ngx_sprintf(p, "%uL.%03uL", usec / 1000000, usec / 1000 % 1000);

    return ngx_rtsp_variable_text(v, p, last - p);
}


static ngx_int_t
ngx_rtsp_variable_path(ngx_stream_session_t *s, ngx_stream_variable_value_t *v,
    uintptr_t data)
{
    ngx_rtsp_request_t  *r;
    ngx_rtsp_session_t  *session;

    r = ngx_rtsp_variable_request(s);

    if (r && r->path.len) {
        return ngx_rtsp_variable_text(v, r->path.data, r->path.len);
    }

    session = ngx_rtsp_variable_session(s);

    return session ? ngx_rtsp_variable_text(v, session->path.data,
                                            session->path.len)
                   : ngx_rtsp_variable_none(v);
}


/* a request that was not let in yet, or asks nothing of a stream, has none */

static ngx_int_t
ngx_rtsp_variable_stream(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    ngx_rtsp_request_t  *r;
    ngx_rtsp_session_t  *session;

    r = ngx_rtsp_variable_request(s);

    if (r && r->stream_name.len) {
        return ngx_rtsp_variable_text(v, r->stream_name.data,
                                      r->stream_name.len);
    }

    session = ngx_rtsp_variable_session(s);

    return session ? ngx_rtsp_variable_text(v, session->stream_name.data,
                                            session->stream_name.len)
                   : ngx_rtsp_variable_none(v);
}


/* a request without a query means what its session has begun with */

static void
ngx_rtsp_variable_query_text(ngx_stream_session_t *s, ngx_str_t *query)
{
    ngx_rtsp_request_t  *r;
    ngx_rtsp_session_t  *session;

    ngx_str_null(query);

    r = ngx_rtsp_variable_request(s);

    if (r && r->query.len) {
        *query = r->query;
        return;
    }

    session = ngx_rtsp_variable_session(s);

    if (session) {
        *query = session->query;
    }
}


static ngx_int_t
ngx_rtsp_variable_query(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    ngx_str_t  query;

    ngx_rtsp_variable_query_text(s, &query);

    return ngx_rtsp_variable_text(v, query.data, query.len);
}


/* as $arg_NAME of http: the first one, without regard to case, raw */

static ngx_int_t
ngx_rtsp_variable_argument(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    ngx_str_t *name = (ngx_str_t *) data;

    size_t     len;
    u_char    *arg;
    ngx_str_t  query, item;

    arg = name->data + sizeof("rtsp_arg_") - 1;
    len = name->len - (sizeof("rtsp_arg_") - 1);

    ngx_rtsp_variable_query_text(s, &query);

    while (len && ngx_rtsp_text_cut(&query, '&', &item)) {

        if (item.len > len && item.data[len] == '='
            && ngx_strncasecmp(item.data, arg, len) == 0)
        {
            return ngx_rtsp_variable_text(v, item.data + len + 1,
                                          item.len - len - 1);
        }
    }

    return ngx_rtsp_variable_none(v);
}


/* of a session: that of its last request */

static ngx_int_t
ngx_rtsp_variable_method(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    ngx_rtsp_request_t  *r;
    ngx_rtsp_session_t  *session;

    r = ngx_rtsp_variable_request(s);

    if (r) {
        return ngx_rtsp_variable_text(v, r->message->method_name.data,
                                      r->message->method_name.len);
    }

    session = ngx_rtsp_variable_session(s);

    return session ? ngx_rtsp_variable_word(v,
                                      ngx_rtsp_method_name(session->method))
                   : ngx_rtsp_variable_none(v);
}


static ngx_int_t
ngx_rtsp_variable_user(ngx_stream_session_t *s, ngx_stream_variable_value_t *v,
    uintptr_t data)
{
    ngx_rtsp_record_t   *record;
    ngx_rtsp_request_t  *r;

    r = ngx_rtsp_variable_request(s);

    if (r && r->user.len) {
        return ngx_rtsp_variable_text(v, r->user.data, r->user.len);
    }

    record = ngx_rtsp_variable_record(s);

    if (record == NULL) {
        return ngx_rtsp_variable_none(v);
    }

    return ngx_rtsp_variable_text(v, record->text + record->stream_len
                                  + record->path_len + record->agent_len,
                                  record->user_len);
}


static ngx_int_t
ngx_rtsp_variable_user_agent(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    ngx_rtsp_header_t   *h;
    ngx_rtsp_record_t   *record;
    ngx_rtsp_request_t  *r;

    r = ngx_rtsp_variable_request(s);
    h = r ? ngx_rtsp_find_header(r->message, "User-Agent") : NULL;

    if (h) {
        return ngx_rtsp_variable_text(v, h->value.data, h->value.len);
    }

    record = ngx_rtsp_variable_record(s);

    if (record == NULL) {
        return ngx_rtsp_variable_none(v);
    }

    return ngx_rtsp_variable_text(v, record->text + record->stream_len
                                  + record->path_len, record->agent_len);
}


/* before there is a session: the role that the method asks for */

static ngx_int_t
ngx_rtsp_variable_role(ngx_stream_session_t *s, ngx_stream_variable_value_t *v,
    uintptr_t data)
{
    ngx_uint_t           role;
    ngx_rtsp_record_t   *record;
    ngx_rtsp_request_t  *r;

    role = NGX_RTSP_ROLE_NONE;

    r = ngx_rtsp_variable_request(s);
    record = ngx_rtsp_variable_record(s);

    if (record) {
        role = record->role;

    } else if (r) {

        switch (r->message->method) {

        case NGX_RTSP_DESCRIBE:
        case NGX_RTSP_SETUP:
        case NGX_RTSP_PLAY:
            role = NGX_RTSP_ROLE_READ;
            break;

        case NGX_RTSP_ANNOUNCE:
        case NGX_RTSP_RECORD:
            role = NGX_RTSP_ROLE_PUBLISH;
            break;

        default:
            break;
        }
    }

    return ngx_rtsp_variable_name(v, ngx_rtsp_role_word(role));
}


static ngx_int_t
ngx_rtsp_variable_session_id(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    u_char             *p;
    ngx_rtsp_record_t  *record;

    record = ngx_rtsp_variable_record(s);

    if (record == NULL) {
        return ngx_rtsp_variable_none(v);
    }

    p = ngx_pnalloc(s->connection->pool, 16);
    if (p == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(p, "%016xL", record->public_id);

    return ngx_rtsp_variable_text(v, p, 16);
}


static ngx_int_t
ngx_rtsp_variable_transport(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    ngx_rtsp_record_t  *record;

    record = ngx_rtsp_variable_record(s);

    return ngx_rtsp_variable_name(v, ngx_rtsp_transport_word(
                             record ? record->transport
                                    : NGX_RTSP_TRANSPORT_NONE));
}


static ngx_int_t
ngx_rtsp_variable_profile(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    ngx_rtsp_record_t  *record;

    record = ngx_rtsp_variable_record(s);

    return (record && record->transport) ? ngx_rtsp_variable_word(v, "avp")
                                         : ngx_rtsp_variable_none(v);
}


/* requests come over plain connections and TLS */

static ngx_int_t
ngx_rtsp_variable_tunnel(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    return ngx_rtsp_variable_none(v);
}


static ngx_int_t
ngx_rtsp_variable_status(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    ngx_uint_t              status;
    ngx_rtsp_connection_t  *conn;

    conn = ngx_stream_get_module_ctx(s, ngx_stream_rtsp_module);

    if (conn == NULL) {
        return ngx_rtsp_variable_none(v);
    }

    status = conn->status;

    if (status == 0 && conn->session) {
        status = conn->session->status;
    }

    return status ? ngx_rtsp_variable_number(s, v, status)
                  : ngx_rtsp_variable_none(v);
}


static ngx_int_t
ngx_rtsp_variable_counter(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    ngx_rtsp_record_t  *record;

    record = ngx_rtsp_variable_record(s);

    return record ? ngx_rtsp_variable_number(s, v,
                                *(ngx_atomic_t *) ((u_char *) record + data))
                  : ngx_rtsp_variable_none(v);
}


/* a publisher's we count ourselves, a reader tells us of its own in RTCP */

static ngx_int_t
ngx_rtsp_variable_lost(ngx_stream_session_t *s, ngx_stream_variable_value_t *v,
    uintptr_t data)
{
    uint64_t            lost;
    ngx_uint_t          i;
    ngx_rtsp_record_t  *record;

    record = ngx_rtsp_variable_record(s);

    if (record == NULL) {
        return ngx_rtsp_variable_none(v);
    }

    lost = record->packets_lost;

    if (record->role != NGX_RTSP_ROLE_PUBLISH) {

        for (i = 0; i < record->nmedias; i++) {
            lost += record->medias[i].lost;
        }
    }

    return ngx_rtsp_variable_number(s, v, lost);
}


/* the largest of its medias; what a reader gets it reports in RTCP */

static ngx_int_t
ngx_rtsp_variable_jitter(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    uint64_t             jitter, usec;
    uint32_t             clock;
    ngx_uint_t           i;
    ngx_rtsp_record_t   *record;
    ngx_rtsp_session_t  *session;

    session = ngx_rtsp_variable_session(s);

    if (session == NULL) {
        return ngx_rtsp_variable_none(v);
    }

    record = session->record;

    jitter = 0;

    for (i = 0; i < record->nmedias; i++) {

        clock = session->publisher
                ? session->publisher->sdp->medias[i].formats[0].clock_rate
                : session->stream ? session->stream->medias[i].clock_rate : 0;

        if (clock) {
            usec = (uint64_t) record->medias[i].jitter * 1000000 / clock;
            jitter = ngx_max(jitter, usec);
        }
    }

    return ngx_rtsp_variable_seconds(s, v, jitter);
}


static ngx_int_t
ngx_rtsp_variable_time(ngx_stream_session_t *s, ngx_stream_variable_value_t *v,
    uintptr_t data)
{
    uint64_t            usec;
    ngx_rtsp_record_t  *record;

    record = ngx_rtsp_variable_record(s);
    usec = record ? *(uint64_t *) ((u_char *) record + data) : 0;

    return usec ? ngx_rtsp_variable_seconds(s, v, usec)
                : ngx_rtsp_variable_none(v);
}


static ngx_int_t
ngx_rtsp_variable_session_time(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    ngx_rtsp_record_t  *record;

    record = ngx_rtsp_variable_record(s);

    return record ? ngx_rtsp_variable_seconds(s, v,
                     (uint64_t) (ngx_current_msec - record->created) * 1000)
                  : ngx_rtsp_variable_none(v);
}


/* who feeds the stream; its successor may be in another worker */

static ngx_int_t
ngx_rtsp_variable_source_addr(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    u_char              *p;
    size_t               len;
    ngx_rtsp_session_t  *session;

    session = ngx_rtsp_variable_session(s);

    if (session == NULL) {
        return ngx_rtsp_variable_none(v);
    }

    if (session->publisher) {
        return ngx_rtsp_variable_text(v, session->addr_text.data,
                                      session->addr_text.len);
    }

    if (session->stream == NULL) {
        return ngx_rtsp_variable_none(v);
    }

    p = ngx_pnalloc(s->connection->pool, NGX_SOCKADDR_STRLEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_rtsp_lock();

    len = session->stream->address_len;
    ngx_memcpy(p, session->stream->address, len);

    ngx_rtsp_unlock();

    return ngx_rtsp_variable_text(v, p, len);
}


static ngx_int_t
ngx_rtsp_variable_end_reason(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    ngx_str_t           *word;
    ngx_rtsp_session_t  *session;

    session = ngx_rtsp_variable_session(s);

    if (session == NULL) {
        return ngx_rtsp_variable_none(v);
    }

    word = ngx_rtsp_session_end_word(session->end);

    return ngx_rtsp_variable_text(v, word->data, word->len);
}
