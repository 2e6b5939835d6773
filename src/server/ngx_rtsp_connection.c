
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include <poll.h>

#include "ngx_rtsp_server.h"


/*
 * RTSP connections: reads them, cuts the bytes into messages and hands these
 * on; keeps the deadlines; closes.  Called by the stream module as its
 * content handler and by events.
 *
 * All connections of a process are read into one large buffer.  Invariant:
 * what is left of a message that is not whole yet, and only that, is kept by
 * the connection, from its first byte on.
 */


/* messages and frames of one connection before others have their turn */
#define NGX_RTSP_READS  16

/* the peer may read our last words, ms */
#define NGX_RTSP_LINGER_TIMEOUT  2000

/* the timer of a request that waits: it only keeps the worker alive, ms */
#define NGX_RTSP_WAIT_TIMER  10000

/* a connection without media does not keep a worker that shuts down, ms */
#define NGX_RTSP_EXITING_TIMEOUT  3000

/* what a publisher may leave over without its buffer being allocated anew */
#define NGX_RTSP_KEEP_SIZE  4096

#define NGX_RTSP_INPUT_SIZE                                                   \
    (NGX_RTSP_MAX_HEAD + NGX_RTSP_MAX_BODY + 2 * 65536)


static void ngx_rtsp_connection_read(ngx_event_t *rev);
static void ngx_rtsp_connection_write(ngx_event_t *wev);
static void ngx_rtsp_connection_timeout(ngx_rtsp_connection_t *conn);
static ngx_uint_t ngx_rtsp_connection_is_reset(ngx_connection_t *c);
static ngx_int_t ngx_rtsp_connection_read_some(ngx_rtsp_connection_t *conn);
static ngx_int_t ngx_rtsp_connection_process(ngx_rtsp_connection_t *conn,
    u_char *pos, u_char *last);
static ngx_int_t ngx_rtsp_connection_message(ngx_rtsp_connection_t *conn,
    ngx_rtsp_message_t *m);
static ngx_int_t ngx_rtsp_connection_frame(ngx_rtsp_connection_t *conn,
    ngx_rtsp_message_t *m);
static ngx_int_t ngx_rtsp_connection_bad(ngx_rtsp_connection_t *conn,
    ngx_rtsp_message_t *m);
static const char *ngx_rtsp_connection_fault(ngx_uint_t status);
static ngx_int_t ngx_rtsp_connection_keep(ngx_rtsp_connection_t *conn,
    u_char *pos, u_char *last);
static void ngx_rtsp_connection_wipe(ngx_rtsp_connection_t *conn);
static void ngx_rtsp_connection_wipe_input(ngx_rtsp_message_t *m);
static void ngx_rtsp_connection_await(ngx_rtsp_connection_t *conn,
    ngx_queue_t *queue);
static void ngx_rtsp_connection_unwait(ngx_rtsp_connection_t *conn);
static void ngx_rtsp_connection_rouse(void);
static void ngx_rtsp_connection_woken(ngx_event_t *ev);
static void ngx_rtsp_connection_again(ngx_queue_t *queue);
static void ngx_rtsp_connection_forget(ngx_rtsp_connection_t *conn);
static void ngx_rtsp_connection_linger(ngx_rtsp_connection_t *conn);
static void ngx_rtsp_connection_linger_read(ngx_event_t *rev);


/* for news of any kind, for a time, and those whose time or news has come */
static ngx_queue_t         ngx_rtsp_waiting;
static ngx_queue_t         ngx_rtsp_sleeping;
static ngx_queue_t         ngx_rtsp_woken;
static ngx_event_t         ngx_rtsp_woken_event;

static ngx_rtsp_message_t  ngx_rtsp_message;
static u_char              ngx_rtsp_input[NGX_RTSP_INPUT_SIZE];


void
ngx_rtsp_connection_init(void)
{
    ngx_queue_init(&ngx_rtsp_waiting);
    ngx_queue_init(&ngx_rtsp_sleeping);
    ngx_queue_init(&ngx_rtsp_woken);

    ngx_memzero(&ngx_rtsp_woken_event, sizeof(ngx_event_t));
    ngx_rtsp_woken_event.handler = ngx_rtsp_connection_woken;
    ngx_rtsp_woken_event.log = ngx_cycle->log;
}


void
ngx_rtsp_connection_handler(ngx_stream_session_t *s)
{
    int                     tcp_nodelay;
    ngx_connection_t       *c;
    ngx_rtsp_conf_t        *conf;
    ngx_rtsp_connection_t  *conn;

    c = s->connection;
    c->log->action = "reading RTSP requests";

    conf = ngx_stream_get_module_srv_conf(s, ngx_stream_rtsp_module);

    conn = ngx_pcalloc(c->pool, sizeof(ngx_rtsp_connection_t));
    if (conn == NULL) {
        ngx_stream_finalize_session(s, NGX_STREAM_INTERNAL_SERVER_ERROR);
        return;
    }

    conn->connection = c;
    conn->stream_session = s;
    conn->conf = conf;
    conn->srv_conf = s->srv_conf;

    ngx_rtsp_parser_init(&conn->parser);
    ngx_rtsp_output_init(&conn->out, c, conf->send_timeout);

    ngx_stream_set_ctx(s, conn, ngx_stream_rtsp_module);

    c->log_error = NGX_ERROR_INFO;
    c->read->handler = ngx_rtsp_connection_read;
    c->write->handler = ngx_rtsp_connection_write;

    tcp_nodelay = 1;

    (void) setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY,
                      (const void *) &tcp_nodelay, sizeof(int));
    c->tcp_nodelay = NGX_TCP_NODELAY_SET;

    /* a connection without media may be closed when the worker shuts down */
    c->idle = 1;

    conn->header = 1;
    ngx_add_timer(c->read, conf->header_timeout);

    /* what the preread phase has read already */

    if (c->buffer && c->buffer->pos < c->buffer->last) {

        s->received += c->buffer->last - c->buffer->pos;

        if (ngx_rtsp_connection_process(conn, c->buffer->pos, c->buffer->last)
            != NGX_OK)
        {
            return;
        }

        c->buffer->pos = c->buffer->last;
    }

    ngx_rtsp_connection_read(c->read);
}


static void
ngx_rtsp_connection_read(ngx_event_t *rev)
{
    ngx_int_t               rc;
    ngx_uint_t              n;
    ngx_connection_t       *c;
    ngx_stream_session_t   *s;
    ngx_rtsp_connection_t  *conn;

    c = rev->data;
    s = c->data;
    conn = ngx_stream_get_module_ctx(s, ngx_stream_rtsp_module);

    if (c->close) {

        /* who waits is answered first, unless the time for that is over */

        if (conn->waits && !c->error) {
            c->close = 0;
            return;
        }

        ngx_log_error(NGX_LOG_INFO, c->log, 0,
                      "rtsp connection closed by shutdown");
        conn->end = NGX_RTSP_END_SHUTDOWN;
        ngx_rtsp_connection_close(conn);
        return;
    }

    if (rev->timedout) {
        rev->timedout = 0;

        if (conn->waits) {
            ngx_add_timer(rev, NGX_RTSP_WAIT_TIMER);

        } else {
            ngx_rtsp_connection_timeout(conn);
        }

        return;
    }

    for (n = 0; n < NGX_RTSP_READS; n++) {

        if (conn->waits && ngx_rtsp_connection_is_reset(c)) {
            ngx_log_error(NGX_LOG_INFO, c->log, 0,
                          "rtsp client has reset the connection before it was "
                          "answered");
            ngx_rtsp_connection_close(conn);
            return;
        }

        /* what waits has to be answered before more is read */

        if (conn->waits || conn->closing) {

            if ((ngx_event_flags & NGX_USE_LEVEL_EVENT) && rev->active) {
                (void) ngx_del_event(rev, NGX_READ_EVENT, 0);
            }

            return;
        }

        rc = ngx_rtsp_connection_read_some(conn);

        if (rc == NGX_DONE) {
            return;
        }

        if (rc == NGX_AGAIN) {
            ngx_rtsp_connection_set_timer(conn);

            if (ngx_handle_read_event(rev, 0) != NGX_OK) {
                ngx_rtsp_connection_close(conn);
            }

            return;
        }
    }

    ngx_post_event(rev, &ngx_posted_next_events);
}


/*
 * Nobody is there any more to be answered.  Who has only ended its side of the
 * connection may still read.  recv() would tell it only behind what has come
 * before, which is not read as long as a request waits.
 */

static ngx_uint_t
ngx_rtsp_connection_is_reset(ngx_connection_t *c)
{
    struct pollfd  pfd;

    pfd.fd = c->fd;
    pfd.events = 0;
    pfd.revents = 0;

    return poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLERR);
}


/*
 * One recv() and what comes of it.  NGX_OK: there may be more; NGX_AGAIN:
 * there is not; NGX_DONE: the connection is gone.
 */

static ngx_int_t
ngx_rtsp_connection_read_some(ngx_rtsp_connection_t *conn)
{
    size_t             len;
    ssize_t            n;
    ngx_connection_t  *c;

    c = conn->connection;
    len = conn->len;

    /*
     * The bytes go behind those kept.  They are not copied before something
     * has come, as most calls for little readers find nothing.
     */

    n = c->recv(c, ngx_rtsp_input + len, sizeof(ngx_rtsp_input) - len);

    if (n == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (n <= 0) {
        ngx_log_error(NGX_LOG_INFO, c->log, 0,
                      "rtsp client closed connection");
        ngx_rtsp_connection_close(conn);
        return NGX_DONE;
    }

    conn->stream_session->received += n;

    if (len) {
        ngx_memcpy(ngx_rtsp_input, conn->buf, len);
        conn->len = 0;
    }

    return ngx_rtsp_connection_process(conn, ngx_rtsp_input,
                                       ngx_rtsp_input + len + n);
}


/* NGX_OK or NGX_DONE: the connection is gone */

static ngx_int_t
ngx_rtsp_connection_process(ngx_rtsp_connection_t *conn, u_char *pos,
    u_char *last)
{
    ngx_int_t            rc;
    ngx_rtsp_message_t  *m;

    m = &ngx_rtsp_message;

    while (pos < last) {

        rc = ngx_rtsp_parse(&conn->parser, pos, last, m);

        if (rc == NGX_AGAIN) {
            pos += m->len;
            break;
        }

        /* whatever it is, it is whole */

        if (conn->header) {
            conn->header = 0;

            if (conn->connection->read->timer_set) {
                ngx_del_timer(conn->connection->read);
            }
        }

        if (rc == NGX_ERROR) {
            rc = ngx_rtsp_connection_bad(conn, m);

        } else {
            rc = ngx_rtsp_connection_message(conn, m);
        }

        if (rc == NGX_AGAIN) {

            /* the request stays where it is, and all behind it */
            break;
        }

        if (rc == NGX_DONE) {
            return NGX_DONE;
        }

        if (rc == NGX_ERROR) {
            ngx_rtsp_connection_finish(conn);
            return NGX_DONE;
        }

        pos += m->len;
    }

    if (ngx_rtsp_connection_keep(conn, pos, last) != NGX_OK) {
        ngx_rtsp_connection_close(conn);
        return NGX_DONE;
    }

    /* there is a copy now, which is wiped */

    if (pos < last && *pos != '$') {
        ngx_explicit_memzero(pos, last - pos);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_connection_message(ngx_rtsp_connection_t *conn,
    ngx_rtsp_message_t *m)
{
    ngx_int_t  rc;

    switch (m->type) {

    case NGX_RTSP_FRAME:
        return ngx_rtsp_connection_frame(conn, m);

    case NGX_RTSP_REQUEST:
        rc = ngx_rtsp_request_handle(conn, m);

        if (rc != NGX_AGAIN) {
            conn->retry = 0;
            ngx_rtsp_auth_reset(conn);
            ngx_rtsp_auth_request_cancel(conn);
        }

        if (rc == NGX_OK) {
            ngx_rtsp_connection_wipe_input(m);
        }

        return rc;

    case NGX_RTSP_RESPONSE:
        /* to nothing that we have asked */
        return NGX_OK;

    default: /* NGX_RTSP_HTTP */
        m->status = 400;
        m->fatal = 1;
        m->nheaders = 0;
        return ngx_rtsp_connection_bad(conn, m);
    }
}


static ngx_int_t
ngx_rtsp_connection_bad(ngx_rtsp_connection_t *conn, ngx_rtsp_message_t *m)
{
    ngx_log_error(NGX_LOG_INFO, conn->connection->log, 0,
                  "rtsp client sent an invalid request: %s, %ui%s",
                  ngx_rtsp_connection_fault(m->status), m->status,
                  m->fatal ? ", closing the connection" : "");

    if (m->type != NGX_RTSP_RESPONSE
        && ngx_rtsp_request_refuse(conn, m) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return m->fatal ? NGX_ERROR : NGX_OK;
}


static const char *
ngx_rtsp_connection_fault(ngx_uint_t status)
{
    switch (status) {

    case 413:
        return "its body is too large";

    case 431:
        return "its first line and headers are too large";

    case 505:
        return "its version is not RTSP/1.0";

    default:
        return "it makes no sense";
    }
}


/*
 * Media or RTCP.  Frames that are on their way while the client pauses, or of
 * channels nobody knows, are ignored.
 */

static ngx_int_t
ngx_rtsp_connection_frame(ngx_rtsp_connection_t *conn, ngx_rtsp_message_t *m)
{
    ngx_rtsp_session_t  *session;

    session = conn->session;

    if (session == NULL || session->bound != conn) {
        return NGX_OK;
    }

    ngx_rtsp_session_touch(session);

    if (session->publisher) {
        ngx_rtsp_publisher_frame(session->publisher, m->channel, &m->payload,
                                 ngx_rtsp_now());

    } else if (ngx_rtsp_is_rtcp(m->payload.data, m->payload.len)) {
        ngx_rtsp_session_reported(session, m->payload.data, m->payload.len);
    }

    return NGX_OK;
}


/* keeps [pos, last) for the next read */

static ngx_int_t
ngx_rtsp_connection_keep(ngx_rtsp_connection_t *conn, u_char *pos,
    u_char *last)
{
    size_t   len;
    u_char  *p;

    len = last - pos;

    ngx_rtsp_connection_wipe(conn);

    if (len > conn->size) {

        p = ngx_alloc(len, conn->connection->log);
        if (p == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(p, pos, len);

        if (conn->buf) {
            ngx_free(conn->buf);
        }

        conn->buf = p;
        conn->size = len;

    } else if (len) {
        ngx_memmove(conn->buf, pos, len);
    }

    conn->len = len;

    if (len && *pos != '$') {
        conn->secret = len;
    }

    /* readers say little, so they need not keep a buffer */

    if (conn->buf && len == 0
        && (conn->size > NGX_RTSP_KEEP_SIZE
            || conn->session == NULL || conn->session->publisher == NULL))
    {
        ngx_free(conn->buf);
        conn->buf = NULL;
        conn->size = 0;
    }

    return NGX_OK;
}


/* requests may have passwords in them, frames have none */

static void
ngx_rtsp_connection_wipe(ngx_rtsp_connection_t *conn)
{
    if (conn->secret) {
        ngx_explicit_memzero(conn->buf, conn->secret);
        conn->secret = 0;
    }
}


/* what all connections are read into is not soon overwritten to its end */

static void
ngx_rtsp_connection_wipe_input(ngx_rtsp_message_t *m)
{
    ngx_rtsp_header_t  *h;

    for (h = ngx_rtsp_find_header(m, "Authorization");
         h;
         h = ngx_rtsp_next_header(m, h))
    {
        ngx_explicit_memzero(h->value.data, h->value.len);
    }
}


static void
ngx_rtsp_connection_write(ngx_event_t *wev)
{
    ngx_int_t               rc;
    ngx_connection_t       *c;
    ngx_stream_session_t   *s;
    ngx_rtsp_connection_t  *conn;

    c = wev->data;
    s = c->data;
    conn = ngx_stream_get_module_ctx(s, ngx_stream_rtsp_module);

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_NOTICE,
                      conn->session ? &conn->session->log : c->log, 0,
                      "rtsp client takes nothing for rtsp_send_timeout, "
                      "it is cut");
        conn->end = NGX_RTSP_END_BLOCKED;
        ngx_rtsp_connection_close(conn);
        return;
    }

    rc = ngx_rtsp_output_flush(&conn->out);

    if (rc == NGX_ERROR) {
        ngx_rtsp_connection_close(conn);
        return;
    }

    if (rc == NGX_AGAIN) {
        return;
    }

    if (conn->closing) {
        ngx_rtsp_connection_linger(conn);
        return;
    }

    if (conn->session && conn->session->bound == conn
        && conn->session->reader && conn->session->reader->feed)
    {
        (void) ngx_rtsp_reader_send(conn->session->reader);
    }
}


void
ngx_rtsp_connection_set_timer(ngx_rtsp_connection_t *conn)
{
    ngx_event_t         *rev;
    ngx_rtsp_conf_t     *conf;
    ngx_rtsp_session_t  *session;

    rev = conn->connection->read;
    session = conn->session;
    conf = session ? session->conf : conn->conf;

    if (conn->header) {

        if (!rev->timer_set) {
            ngx_add_timer(rev, conn->conf->header_timeout);
        }

        return;
    }

    if (conn->len && conn->buf[0] != '$') {

        /* from the first byte of a request until it is whole */

        conn->header = 1;

        if (rev->timer_set) {
            ngx_del_timer(rev);
        }

        ngx_add_timer(rev, conn->conf->header_timeout);
        return;
    }

    /* a session that gets or sends media has deadlines of its own */

    if (session && session->record->state >= NGX_RTSP_SESSION_PLAYING) {

        if (rev->timer_set) {
            ngx_del_timer(rev);
        }

        return;
    }

    if (ngx_exiting && rev->timer_set) {
        ngx_del_timer(rev);
    }

    ngx_add_timer(rev, ngx_exiting ? NGX_RTSP_EXITING_TIMEOUT
                                   : conf->session_timeout);
}


static void
ngx_rtsp_connection_timeout(ngx_rtsp_connection_t *conn)
{
    ngx_log_error(NGX_LOG_INFO, conn->connection->log, 0,
                  conn->header ? "rtsp client has not sent a whole request in "
                                 "rtsp_header_timeout"
                               : "rtsp client was silent for "
                                 "rtsp_session_timeout");

    conn->end = conn->header ? NGX_RTSP_END_HEADER : NGX_RTSP_END_SILENT;
    ngx_rtsp_connection_close(conn);
}


ngx_int_t
ngx_rtsp_connection_wait(ngx_rtsp_connection_t *conn, ngx_msec_t timeout)
{
    if (!conn->retry) {
        conn->wait_until = ngx_current_msec + timeout;
    }

    ngx_rtsp_connection_await(conn, &ngx_rtsp_waiting);

    return NGX_AGAIN;
}


ngx_int_t
ngx_rtsp_connection_sleep(ngx_rtsp_connection_t *conn, ngx_msec_t until)
{
    conn->wait_until = until;

    ngx_rtsp_connection_await(conn, &ngx_rtsp_sleeping);

    return NGX_AGAIN;
}


/*
 * The client's deadlines do not run while it is us who wait.  A timer does, as
 * a worker that shuts down leaves with the last one, and an answer is due.
 */

static void
ngx_rtsp_connection_await(ngx_rtsp_connection_t *conn, ngx_queue_t *queue)
{
    ngx_add_timer(conn->connection->read, NGX_RTSP_WAIT_TIMER);

    conn->waits = 1;
    conn->retry = 1;
    ngx_queue_insert_tail(queue, &conn->waiting);
}


void
ngx_rtsp_connection_tick(void)
{
    ngx_rtsp_connection_rouse();
    ngx_rtsp_connection_again(&ngx_rtsp_woken);
    ngx_rtsp_connection_again(&ngx_rtsp_waiting);
}


/* sleepers whose time has come */

static void
ngx_rtsp_connection_rouse(void)
{
    ngx_queue_t            *q, *next;
    ngx_rtsp_connection_t  *conn;

    for (q = ngx_queue_head(&ngx_rtsp_sleeping);
         q != ngx_queue_sentinel(&ngx_rtsp_sleeping);
         q = next)
    {
        next = ngx_queue_next(q);
        conn = ngx_queue_data(q, ngx_rtsp_connection_t, waiting);

        if ((ngx_msec_int_t) (ngx_current_msec - conn->wait_until) >= 0) {
            ngx_queue_remove(q);
            ngx_queue_insert_tail(&ngx_rtsp_woken, q);
        }
    }
}


/*
 * Not handled from here: the caller may be in the middle of another request,
 * and all of them are read from one buffer.
 */

void
ngx_rtsp_connection_wake(ngx_rtsp_connection_t *conn)
{
    if (!conn->waits) {
        return;
    }

    ngx_queue_remove(&conn->waiting);
    ngx_queue_insert_tail(&ngx_rtsp_woken, &conn->waiting);

    if (!ngx_rtsp_woken_event.posted) {
        ngx_post_event(&ngx_rtsp_woken_event, &ngx_posted_events);
    }
}


static void
ngx_rtsp_connection_woken(ngx_event_t *ev)
{
    ngx_rtsp_connection_again(&ngx_rtsp_woken);
}


ngx_uint_t
ngx_rtsp_connection_waited(ngx_rtsp_connection_t *conn)
{
    return conn->retry
           && (ngx_msec_int_t) (ngx_current_msec - conn->wait_until) >= 0;
}


static void
ngx_rtsp_connection_unwait(ngx_rtsp_connection_t *conn)
{
    if (!conn->waits) {
        return;
    }

    conn->waits = 0;
    ngx_queue_remove(&conn->waiting);

    if (conn->connection->read->timer_set) {
        ngx_del_timer(conn->connection->read);
    }
}


/* what was asked of another worker is of no interest any more */

static void
ngx_rtsp_connection_forget(ngx_rtsp_connection_t *conn)
{
    ngx_rtsp_connection_unwait(conn);
    ngx_rtsp_auth_reset(conn);
    ngx_rtsp_auth_request_cancel(conn);

    if (conn->command) {
        ngx_rtsp_command_free(conn->command);
        conn->command = NULL;
    }
}


void
ngx_rtsp_connection_retry(void)
{
    ngx_rtsp_connection_again(&ngx_rtsp_waiting);
}


/* handles the waiting requests of a queue again */

static void
ngx_rtsp_connection_again(ngx_queue_t *queue)
{
    size_t                  len;
    ngx_queue_t            *q, list;
    ngx_rtsp_connection_t  *conn;

    if (ngx_queue_empty(queue)) {
        return;
    }

    /* those that have to wait on are put on the queue again */

    ngx_queue_init(&list);
    ngx_queue_add(&list, queue);
    ngx_queue_init(queue);

    while (!ngx_queue_empty(&list)) {
        q = ngx_queue_head(&list);
        conn = ngx_queue_data(q, ngx_rtsp_connection_t, waiting);

        ngx_rtsp_connection_unwait(conn);

        len = conn->len;
        ngx_memcpy(ngx_rtsp_input, conn->buf, len);
        conn->len = 0;

        if (ngx_rtsp_connection_process(conn, ngx_rtsp_input,
                                        ngx_rtsp_input + len)
            != NGX_OK)
        {
            continue;
        }

        if (!conn->waits) {
            ngx_rtsp_connection_read(conn->connection->read);
        }
    }
}


void
ngx_rtsp_connection_finish(ngx_rtsp_connection_t *conn)
{
    if (conn->closing) {
        return;
    }

    conn->closing = 1;
    ngx_rtsp_session_unlink(conn);
    ngx_rtsp_session_abandon(conn);
    ngx_rtsp_connection_forget(conn);

    if (ngx_rtsp_output_flush(&conn->out) != NGX_AGAIN) {
        ngx_rtsp_connection_linger(conn);
    }
}


/*
 * Closing while the peer still sends makes its kernel drop what it has not
 * read yet, so its last words are read first, for a short while.
 */

static void
ngx_rtsp_connection_linger(ngx_rtsp_connection_t *conn)
{
    ngx_connection_t  *c;

    c = conn->connection;

    if (conn->lingering) {
        return;
    }

    conn->lingering = 1;

    if (ngx_rtsp_is_tls(c) || c->error || c->read->eof || c->write->error) {
        ngx_rtsp_connection_close(conn);
        return;
    }

    (void) ngx_shutdown_socket(c->fd, NGX_WRITE_SHUTDOWN);

    c->read->handler = ngx_rtsp_connection_linger_read;

    if (c->read->timer_set) {
        ngx_del_timer(c->read);
    }

    ngx_add_timer(c->read, NGX_RTSP_LINGER_TIMEOUT);

    /* not from here: the caller may be in the middle of its input */
    ngx_post_event(c->read, &ngx_posted_events);
}


static void
ngx_rtsp_connection_linger_read(ngx_event_t *rev)
{
    ssize_t                 n;
    ngx_uint_t              i;
    ngx_connection_t       *c;
    ngx_stream_session_t   *s;
    ngx_rtsp_connection_t  *conn;

    c = rev->data;
    s = c->data;
    conn = ngx_stream_get_module_ctx(s, ngx_stream_rtsp_module);

    if (!rev->timedout && !c->close) {

        for (i = 0; i < NGX_RTSP_READS; i++) {
            n = c->recv(c, ngx_rtsp_input, sizeof(ngx_rtsp_input));

            if (n == NGX_AGAIN && ngx_handle_read_event(rev, 0) == NGX_OK) {
                return;
            }

            if (n <= 0) {
                break;
            }
        }
    }

    ngx_rtsp_connection_close(conn);
}


void
ngx_rtsp_connection_close(ngx_rtsp_connection_t *conn)
{
    ngx_stream_session_t  *s;

    s = conn->stream_session;

    conn->closing = 1;

    ngx_rtsp_session_unlink(conn);
    ngx_rtsp_session_abandon(conn);
    ngx_rtsp_connection_forget(conn);
    ngx_rtsp_output_cleanup(&conn->out);

    if (conn->buf) {
        ngx_rtsp_connection_wipe(conn);
        ngx_free(conn->buf);
        conn->buf = NULL;
        conn->size = 0;
        conn->len = 0;
    }

    ngx_stream_finalize_session(s, NGX_STREAM_OK);
}
