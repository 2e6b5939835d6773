
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * Sessions of this worker: the local part of a record in the session table.
 * It owns a pool, a log and copies of all it needs, as it may outlive the
 * connection it was made on (UDP); deadlines run on its own timer, which also
 * keeps a worker that shuts down alive as long as it is needed.
 *
 * Invariant: a local session and its record exist together, from the first
 * SETUP or ANNOUNCE until ngx_rtsp_session_end(), or until the record was let
 * go to another worker.
 */


#define NGX_RTSP_SESSION_HASH  256

/* what a reader needs: a worker may have thousands of them */
#define NGX_RTSP_SESSION_POOL                                                 \
    ngx_align(sizeof(ngx_pool_t) + sizeof(ngx_rtsp_session_t)                 \
              + sizeof(ngx_rtsp_reader_t) + NGX_SOCKADDR_STRLEN,              \
              NGX_POOL_ALIGNMENT)

/* how often deadlines are looked at: a part of the shortest one, bounded */
#define NGX_RTSP_SESSION_CHECK_MIN  100     /* ms */
#define NGX_RTSP_SESSION_CHECK_MAX  10000   /* ms */


static ngx_int_t ngx_rtsp_session_client(ngx_rtsp_request_t *r,
    ngx_rtsp_record_t *record);
static ngx_int_t ngx_rtsp_session_proxy_protocol(ngx_rtsp_session_t *session,
    ngx_connection_t *c);
static ngx_rtsp_session_t *ngx_rtsp_session_local(ngx_rtsp_request_t *r,
    ngx_rtsp_record_t *record);
static ngx_queue_t *ngx_rtsp_session_bucket(u_char *id);
static u_char *ngx_rtsp_session_log(ngx_log_t *log, u_char *buf, size_t len);
static void ngx_rtsp_session_timer(ngx_event_t *ev);
static void ngx_rtsp_session_schedule(ngx_rtsp_session_t *session);
static ngx_rtsp_end_e ngx_rtsp_session_overdue(ngx_rtsp_session_t *session);
static void ngx_rtsp_session_reader_ended(ngx_rtsp_reader_t *reader,
    ngx_rtsp_reader_end_e why);
static void ngx_rtsp_session_stop(ngx_rtsp_session_t *session);
static void ngx_rtsp_session_destroy(ngx_rtsp_session_t *session);
static ngx_uint_t ngx_rtsp_session_command(ngx_rtsp_command_t *command);
static ngx_uint_t ngx_rtsp_session_release(ngx_rtsp_session_t *session);


/* by ngx_rtsp_end_e: the word for machines, and what error.log says */

static struct {
    ngx_str_t    word;
    const char  *text;
} ngx_rtsp_session_ends[] = {

    { ngx_string(""), "goes on" },
    { ngx_string("teardown"), "was torn down" },
    { ngx_string("lost"), "lost its connection" },
    { ngx_string("lost"), "was left by its connection" },
    { ngx_string("lost"), "cannot go on in this worker" },
    { ngx_string("timeout"), "was silent for rtsp_session_timeout" },
    { ngx_string("timeout"), "sent no whole request in rtsp_header_timeout" },
    { ngx_string("timeout"), "sent no media for rtsp_media_timeout" },
    { ngx_string("source_lost"), "is left by its stream, which has ended" },
    { ngx_string("slow"),
      "is cut, its packet was overwritten in the buffer while it was sent" },
    { ngx_string("slow"), "takes nothing for rtsp_send_timeout" },
    { ngx_string("override"), "was replaced" },
    { ngx_string("recheck"), "has lost its right by a recheck" },
    { ngx_string("control"), "was ended by rtsp_control" },
    { ngx_string("shutdown"), "is left by its worker" },
    { ngx_string("refused"), "was refused" }
};


static ngx_queue_t  ngx_rtsp_sessions[NGX_RTSP_SESSION_HASH];
static ngx_uint_t   ngx_rtsp_session_exiting;


void
ngx_rtsp_session_init(void)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_RTSP_SESSION_HASH; i++) {
        ngx_queue_init(&ngx_rtsp_sessions[i]);
    }
}


ngx_rtsp_session_t *
ngx_rtsp_session_create(ngx_rtsp_request_t *r, ngx_uint_t role,
    ngx_uint_t nmedias)
{
    ngx_str_t            agent;
    ngx_connection_t    *c;
    ngx_rtsp_header_t   *h;
    ngx_rtsp_record_t   *record;
    ngx_rtsp_session_t  *session;

    c = r->connection->connection;

    ngx_str_null(&agent);

    h = ngx_rtsp_find_header(r->message, "User-Agent");

    if (h) {
        agent = h->value;
    }

    if (ngx_connection_local_sockaddr(c, NULL, 0) != NGX_OK) {
        return NULL;
    }

    record = ngx_rtsp_record_create(&r->stream_name, &r->path, &agent,
                                    &r->user, nmedias);
    if (record == NULL) {
        return NULL;
    }

    if (ngx_rtsp_session_client(r, record) != NGX_OK) {
        ngx_rtsp_record_delete(record);
        return NULL;
    }

    record->role = role;
    record->timeout = r->conf->session_timeout;
    record->tls = (c->ssl != NULL);

    ngx_memcpy(&record->sockaddr, c->sockaddr, c->socklen);
    record->socklen = c->socklen;
    ngx_rtsp_udp_unmap((struct sockaddr *) &record->sockaddr,
                       &record->socklen);

    ngx_memcpy(&record->local, c->local_sockaddr, c->local_socklen);
    record->local_len = c->local_socklen;
    ngx_rtsp_udp_unmap((struct sockaddr *) &record->local,
                       &record->local_len);

    session = ngx_rtsp_session_local(r, record);

    if (session == NULL) {
        ngx_rtsp_record_delete(record);
        return NULL;
    }

    session->method = (uint8_t) r->message->method;

    ngx_rtsp_session_beside(session, r->connection);
    ngx_rtsp_session_link(session, r->connection);

    return session;
}


/* what the session keeps of its client for later checks */

static ngx_int_t
ngx_rtsp_session_client(ngx_rtsp_request_t *r, ngx_rtsp_record_t *record)
{
    ngx_int_t          rc;
    ngx_str_t          subject;
    ngx_pool_t        *pool;
    ngx_connection_t  *c;

    c = r->connection->connection;
    pool = NULL;

    ngx_str_null(&subject);

#if (NGX_SSL)

    if (c->ssl) {
        pool = ngx_create_pool(NGX_MIN_POOL_SIZE, c->log);

        if (pool == NULL
            || ngx_ssl_get_subject_dn(c, pool, &subject) != NGX_OK)
        {
            ngx_str_null(&subject);
        }
    }

#endif

    rc = ngx_rtsp_record_set_client(record, &r->query, &subject);

    if (pool) {
        ngx_destroy_pool(pool);
    }

    return rc;
}


ngx_rtsp_session_t *
ngx_rtsp_session_adopt(ngx_rtsp_request_t *r, ngx_rtsp_record_t *record)
{
    ngx_int_t            rc;
    ngx_str_t            path;
    ngx_rtsp_session_t  *session;

    /* its own path counts: the URL may have a control that it announced */

    path.data = record->text + record->stream_len;
    path.len = record->path_len;

    session = (ngx_rtsp_path_match(r, &path) == NGX_OK)
              ? ngx_rtsp_session_local(r, record) : NULL;

    if (session == NULL) {
        ngx_rtsp_record_delete(record);
        return NULL;
    }

    rc = NGX_OK;

    if (record->role == NGX_RTSP_ROLE_PUBLISH) {
        rc = ngx_rtsp_publisher_restore(session);

    } else {
        session->stream = ngx_rtsp_stream_reattach(record);
    }

    if (rc != NGX_OK
        || (session->publisher == NULL && session->stream == NULL)
        || ngx_rtsp_session_reopen_ports(session) != NGX_OK
        || ngx_rtsp_auth_move_resume(session) != NGX_OK)
    {
        ngx_rtsp_session_end(session, NULL, NGX_RTSP_END_STRANDED);
        return NULL;
    }

    ngx_rtsp_session_beside(session, r->connection);
    ngx_rtsp_session_link(session, r->connection);

    return session;
}


static ngx_rtsp_session_t *
ngx_rtsp_session_local(ngx_rtsp_request_t *r, ngx_rtsp_record_t *record)
{
    ngx_pool_t          *pool;
    ngx_connection_t    *c;
    ngx_rtsp_session_t  *session;

    c = r->connection->connection;

    pool = ngx_create_pool(NGX_RTSP_SESSION_POOL, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    session = ngx_pcalloc(pool, sizeof(ngx_rtsp_session_t));
    if (session == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    session->addr_text.data = ngx_pstrdup(pool, &c->addr_text);
    session->addr_text.len = c->addr_text.len;

    session->pool = pool;

    if (session->addr_text.data == NULL
        || ngx_rtsp_session_proxy_protocol(session, c) != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return NULL;
    }

    session->conf = r->conf;
    session->srv_conf = r->srv_conf;
    session->record = record;

    session->stream_name.data = record->text;
    session->stream_name.len = record->stream_len;
    session->path.data = record->text + record->stream_len;
    session->path.len = record->path_len;

    session->query.data = record->client;
    session->query.len = record->query_len;
    session->subject.data = record->client + record->query_len;
    session->subject.len = record->subject_len;

    session->log = *c->log;
    session->log.handler = ngx_rtsp_session_log;
    session->log.data = session;
    session->log.action = NULL;

    ngx_queue_init(&session->connections);

    session->timer.handler = ngx_rtsp_session_timer;
    session->timer.data = session;
    session->timer.log = &session->log;

    ngx_queue_insert_tail(ngx_rtsp_session_bucket(record->id),
                          &session->queue);

    ngx_rtsp_session_touch(session);
    ngx_rtsp_session_schedule(session);

    return session;
}


/* the version of nginx says what else may be in it, these always are */

static ngx_int_t
ngx_rtsp_session_proxy_protocol(ngx_rtsp_session_t *session,
    ngx_connection_t *c)
{
    ngx_proxy_protocol_t  *from, *to;

    from = c->proxy_protocol;

    if (from == NULL) {
        return NGX_OK;
    }

    to = ngx_pcalloc(session->pool, sizeof(ngx_proxy_protocol_t));
    if (to == NULL) {
        return NGX_ERROR;
    }

    to->src_port = from->src_port;
    to->dst_port = from->dst_port;

    to->src_addr.len = from->src_addr.len;
    to->src_addr.data = ngx_pstrdup(session->pool, &from->src_addr);

    to->dst_addr.len = from->dst_addr.len;
    to->dst_addr.data = ngx_pstrdup(session->pool, &from->dst_addr);

    if (to->src_addr.data == NULL || to->dst_addr.data == NULL) {
        return NGX_ERROR;
    }

    session->proxy_protocol = to;

    return NGX_OK;
}


static ngx_queue_t *
ngx_rtsp_session_bucket(u_char *id)
{
    ngx_int_t  n;

    n = ngx_hextoi(id, 2);

    return &ngx_rtsp_sessions[n == NGX_ERROR ? 0 : n];
}


static u_char *
ngx_rtsp_session_log(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char              *p;
    ngx_rtsp_session_t  *session;

    session = log->data;

    p = ngx_snprintf(buf, len, ", client: %V, path: \"%V\"",
                     &session->addr_text, &session->path);

    return p;
}


ngx_rtsp_session_t *
ngx_rtsp_session_find(u_char *id)
{
    ngx_queue_t         *q, *bucket;
    ngx_rtsp_session_t  *session;

    bucket = ngx_rtsp_session_bucket(id);

    for (q = ngx_queue_head(bucket);
         q != ngx_queue_sentinel(bucket);
         q = ngx_queue_next(q))
    {
        session = ngx_queue_data(q, ngx_rtsp_session_t, queue);

        if (ngx_memcmp(session->record->id, id, NGX_RTSP_ID_LEN) == 0) {
            return session;
        }
    }

    return NULL;
}


void
ngx_rtsp_session_touch(ngx_rtsp_session_t *session)
{
    session->record->seen = ngx_current_msec;
}


void
ngx_rtsp_session_active(ngx_rtsp_session_t *session, ngx_uint_t state,
    ngx_rtsp_connection_t *bound)
{
    ngx_queue_t            *q;
    ngx_rtsp_connection_t  *conn;

    session->record->state = state;
    session->bound = bound;

    /* connections whose session has media outlive a worker's shutdown */

    for (q = ngx_queue_head(&session->connections);
         q != ngx_queue_sentinel(&session->connections);
         q = ngx_queue_next(q))
    {
        conn = ngx_queue_data(q, ngx_rtsp_connection_t, link);
        conn->connection->idle = (state < NGX_RTSP_SESSION_PLAYING);
    }

    ngx_rtsp_session_schedule(session);
}


void
ngx_rtsp_session_pause(ngx_rtsp_session_t *session)
{
    ngx_rtsp_session_stop(session);
    ngx_rtsp_session_active(session, NGX_RTSP_SESSION_READY, NULL);
}


/* no media any more, in neither direction */

static void
ngx_rtsp_session_stop(ngx_rtsp_session_t *session)
{
    if (session->reader) {
        ngx_rtsp_reader_stop(session->reader);
    }

    if (session->publisher) {
        ngx_rtsp_publisher_stop(session->publisher);
    }

    if (session->record->transport == NGX_RTSP_TRANSPORT_UDP
        && session->record->state >= NGX_RTSP_SESSION_PLAYING)
    {
        ngx_rtsp_record_unlisten(session->record);
    }
}


void
ngx_rtsp_session_end(ngx_rtsp_session_t *session, ngx_rtsp_connection_t *keep,
    ngx_rtsp_end_e end)
{
    ngx_uint_t              level;
    ngx_queue_t            *q;
    ngx_rtsp_record_t      *record;
    ngx_rtsp_connection_t  *conn;

    if (session->ending) {
        return;
    }

    session->ending = 1;
    session->end = end;

    /* a publisher that is lost is worth a line, one that goes is not */

    level = (session->publisher && session->publisher->source && keep == NULL)
            ? NGX_LOG_NOTICE : NGX_LOG_INFO;

    /* the one that was refused has its line, with the reason */

    if (end != NGX_RTSP_END_REFUSED) {
        ngx_log_error(level, &session->log, 0, "rtsp %s %s",
                      session->publisher ? "publisher" : "reader",
                      ngx_rtsp_session_ends[end].text);
    }

    ngx_rtsp_session_stop(session);

    if (session->record->started && ngx_rtsp_access_log) {
        ngx_rtsp_access_log(session);
    }

    while (!ngx_queue_empty(&session->connections)) {

        q = ngx_queue_head(&session->connections);
        conn = ngx_queue_data(q, ngx_rtsp_connection_t, link);

        ngx_rtsp_session_unlink(conn);

        if (conn != keep) {

            if (ngx_rtsp_session_exiting) {
                ngx_rtsp_connection_close(conn);

            } else {
                ngx_rtsp_connection_finish(conn);
            }

        } else {
            conn->connection->idle = 1;
        }
    }

    if (session->publisher) {
        ngx_rtsp_stream_unclaim(&session->stream_name,
                                session->record->public_id);
    }

    record = session->record;

    ngx_rtsp_session_destroy(session);
    ngx_rtsp_record_delete(record);
}


ngx_str_t *
ngx_rtsp_session_end_word(ngx_rtsp_end_e end)
{
    return &ngx_rtsp_session_ends[end].word;
}


void
ngx_rtsp_session_exit(void)
{
    ngx_uint_t           i;
    ngx_queue_t         *q;
    ngx_rtsp_session_t  *session;

    ngx_rtsp_session_exiting = 1;

    for (i = 0; i < NGX_RTSP_SESSION_HASH; i++) {

        while (!ngx_queue_empty(&ngx_rtsp_sessions[i])) {
            q = ngx_queue_head(&ngx_rtsp_sessions[i]);
            session = ngx_queue_data(q, ngx_rtsp_session_t, queue);

            ngx_rtsp_session_end(session, NULL, NGX_RTSP_END_SHUTDOWN);
        }
    }
}


/* frees the local part; the record still exists */

static void
ngx_rtsp_session_destroy(ngx_rtsp_session_t *session)
{
    if (session->stream) {
        ngx_rtsp_stream_detach(session->stream);
    }

    ngx_rtsp_session_close_ports(session);

    if (session->timer.timer_set) {
        ngx_del_timer(&session->timer);
    }

    if (session->timer.posted) {
        ngx_delete_posted_event(&session->timer);
    }

    ngx_queue_remove(&session->queue);

    ngx_destroy_pool(session->pool);
}


ngx_rtsp_reader_t *
ngx_rtsp_session_reader(ngx_rtsp_session_t *session)
{
    ngx_rtsp_reader_t  *reader;

    if (session->reader) {
        return session->reader;
    }

    reader = ngx_pcalloc(session->pool, sizeof(ngx_rtsp_reader_t));
    if (reader == NULL) {
        return NULL;
    }

    reader->stream = session->stream;
    reader->record = session->record;
    reader->lag = session->conf->lag;
    reader->udp = (session->record->transport == NGX_RTSP_TRANSPORT_UDP);
    reader->udp_conf = &ngx_rtsp_main_conf->udp;
    reader->pairs = session->pairs;
    reader->log = &session->log;
    reader->ended = ngx_rtsp_session_reader_ended;
    reader->data = session;

    session->reader = reader;

    return reader;
}


/*
 * A reader ends in the middle of what others do: deliveries, its own PLAY.
 * So the session follows at the end of this turn of the event loop.
 */

static void
ngx_rtsp_session_reader_ended(ngx_rtsp_reader_t *reader,
    ngx_rtsp_reader_end_e why)
{
    ngx_rtsp_session_t  *session;

    session = reader->data;

    if (why == NGX_RTSP_READER_OVERRUN) {
        ngx_log_error(NGX_LOG_NOTICE, &session->log, 0,
                      "rtsp reader is too slow for rtsp_buffer");
    }

    ngx_rtsp_session_end_soon(session,
                              (why == NGX_RTSP_READER_ENDED)
                              ? NGX_RTSP_END_SOURCE
                              : (why == NGX_RTSP_READER_OVERRUN)
                                ? NGX_RTSP_END_OVERRUN : NGX_RTSP_END_LOST);
}


void
ngx_rtsp_session_end_soon(ngx_rtsp_session_t *session, ngx_rtsp_end_e end)
{
    session->end = end;

    if (!session->timer.posted) {
        ngx_post_event(&session->timer, &ngx_posted_events);
    }
}


/* sessions that do not play are not told by a feed that their stream ended */

void
ngx_rtsp_session_tick(void)
{
    ngx_uint_t           i;
    ngx_queue_t         *q;
    ngx_rtsp_session_t  *session;

    for (i = 0; i < NGX_RTSP_SESSION_HASH; i++) {

        for (q = ngx_queue_head(&ngx_rtsp_sessions[i]);
             q != ngx_queue_sentinel(&ngx_rtsp_sessions[i]);
             q = ngx_queue_next(q))
        {
            session = ngx_queue_data(q, ngx_rtsp_session_t, queue);

            if (session->stream
                && session->stream->state == NGX_RTSP_STREAM_ENDED
                && session->record->state < NGX_RTSP_SESSION_PLAYING)
            {
                ngx_rtsp_session_end_soon(session, NGX_RTSP_END_SOURCE);
            }
        }
    }
}


static void
ngx_rtsp_session_timer(ngx_event_t *ev)
{
    ngx_rtsp_end_e       end;
    ngx_rtsp_session_t  *session;

    session = ev->data;

    end = session->end ? session->end : ngx_rtsp_session_overdue(session);

    if (end) {
        ngx_rtsp_session_end(session, NULL, end);
        return;
    }

    ngx_rtsp_session_schedule(session);
}


/* which deadline has passed, or NGX_RTSP_END_NONE */

static ngx_rtsp_end_e
ngx_rtsp_session_overdue(ngx_rtsp_session_t *session)
{
    ngx_msec_int_t      silent;
    ngx_rtsp_record_t  *record;

    record = session->record;

    if (record->state == NGX_RTSP_SESSION_RECORDING) {

        silent = (ngx_rtsp_now() - session->publisher->seen) / 1000;

        return silent >= (ngx_msec_int_t) session->conf->media_timeout
               ? NGX_RTSP_END_NO_MEDIA : NGX_RTSP_END_NONE;
    }

    /* readers over TCP need not say anything to stay */

    if (session->bound) {
        return NGX_RTSP_END_NONE;
    }

    silent = ngx_current_msec - (ngx_msec_t) record->seen;

    return silent >= (ngx_msec_int_t) session->conf->session_timeout
           ? NGX_RTSP_END_SILENT : NGX_RTSP_END_NONE;
}


static void
ngx_rtsp_session_schedule(ngx_rtsp_session_t *session)
{
    ngx_msec_t  period;

    period = (session->record->state == NGX_RTSP_SESSION_RECORDING)
             ? session->conf->media_timeout
             : session->conf->session_timeout;

    period = ngx_min(period / 4, NGX_RTSP_SESSION_CHECK_MAX);

    if (session->timer.timer_set) {
        ngx_del_timer(&session->timer);
    }

    ngx_add_timer(&session->timer, ngx_max(period,
                                           NGX_RTSP_SESSION_CHECK_MIN));
}


void
ngx_rtsp_session_commands(void)
{
    ngx_rtsp_command_t  *command, copy;

    while (ngx_rtsp_command_next(&command, &copy) == NGX_OK) {
        ngx_rtsp_command_answer(command, ngx_rtsp_session_command(&copy));
    }

    ngx_rtsp_publisher_latch();
}


static ngx_uint_t
ngx_rtsp_session_command(ngx_rtsp_command_t *command)
{
    ngx_rtsp_session_t  *session;

    session = ngx_rtsp_session_find(command->id);

    if (session == NULL) {
        return 454;
    }

    ngx_rtsp_session_touch(session);

    switch (command->type) {

    case NGX_RTSP_COMMAND_TOUCH:
        return 200;

    case NGX_RTSP_COMMAND_RELEASE:
        return ngx_rtsp_session_release(session);
    }

    /* media over a connection are steered by that connection alone */

    if (session->bound) {
        return 455;
    }

    if (command->type == NGX_RTSP_COMMAND_PAUSE) {
        ngx_rtsp_session_pause(session);

    } else {
        ngx_rtsp_session_end(session, NULL, NGX_RTSP_END_TEARDOWN);
    }

    return 200;
}


/* an idle session goes to another worker; its connections stay, without it */

static ngx_uint_t
ngx_rtsp_session_release(ngx_rtsp_session_t *session)
{
    ngx_queue_t            *q;
    ngx_rtsp_record_t      *record;
    ngx_rtsp_connection_t  *conn;

    if (session->record->state >= NGX_RTSP_SESSION_PLAYING) {
        return 455;
    }

    if (ngx_rtsp_auth_move_leave(session) != NGX_OK) {
        return 503;
    }

    session->ending = 1;

    while (!ngx_queue_empty(&session->connections)) {
        q = ngx_queue_head(&session->connections);
        conn = ngx_queue_data(q, ngx_rtsp_connection_t, link);

        ngx_rtsp_session_unlink(conn);
        ngx_rtsp_connection_set_timer(conn);
    }

    record = session->record;

    /* its place among the stream's readers goes along with the record */

    session->stream = NULL;

    ngx_rtsp_session_destroy(session);
    ngx_rtsp_record_release(record);

    return 200;
}
