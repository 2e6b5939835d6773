
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_http_idle.h"


/*
 * A small HTTP/1.1 client on nginx's events: connects to the servers of an
 * upstream{} as a balancer picks them, with TLS where the service has it,
 * posts a question, reads the answer, and leaves the connection to the idle
 * ones.  Called by the server for its authorisation services.
 *
 * Owns its calls, and a connection as long as it is a call's.
 *
 * Invariant: a call has its timer running until it is done, and is done once;
 * the balancer gets back every peer it gave (session->upstream->peer.sockaddr
 * is set in between).
 */


/* all answers are read here, the parser keeps what matters */
#define NGX_RTSP_HTTP_INPUT  16384


static ngx_uint_t ngx_rtsp_http_crowded(ngx_rtsp_http_call_t *call);
static ngx_int_t ngx_rtsp_http_request(ngx_rtsp_http_call_t *call,
    ngx_str_t *body);
static ngx_int_t ngx_rtsp_http_session(ngx_rtsp_http_call_t *call);
static ngx_connection_t *ngx_rtsp_http_nobody(ngx_rtsp_http_call_t *call);
static void ngx_rtsp_http_pick(ngx_rtsp_http_call_t *call);
static void ngx_rtsp_http_schedule(ngx_rtsp_http_call_t *call);
static void ngx_rtsp_http_connect(ngx_rtsp_http_call_t *call);
static void ngx_rtsp_http_attach(ngx_rtsp_http_connection_t *hc,
    ngx_rtsp_http_call_t *call);
static void ngx_rtsp_http_connected(ngx_event_t *ev);
#if (NGX_SSL)
static void ngx_rtsp_http_handshake(ngx_rtsp_http_connection_t *hc);
static void ngx_rtsp_http_handshaken(ngx_connection_t *c);
static const char *ngx_rtsp_http_verify(ngx_rtsp_http_connection_t *hc);
#endif
static void ngx_rtsp_http_begin(ngx_rtsp_http_connection_t *hc);
static void ngx_rtsp_http_send(ngx_event_t *wev);
static void ngx_rtsp_http_read(ngx_event_t *rev);
static void ngx_rtsp_http_broken(ngx_rtsp_http_connection_t *hc);
static void ngx_rtsp_http_answer(ngx_rtsp_http_connection_t *hc,
    ngx_int_t rc);
static void ngx_rtsp_http_timeout(ngx_event_t *ev);
static void ngx_rtsp_http_next(ngx_rtsp_http_call_t *call, const char *cause,
    ngx_err_t err);
static void ngx_rtsp_http_let_go(ngx_rtsp_http_call_t *call,
    ngx_uint_t state);
static void ngx_rtsp_http_finish(ngx_rtsp_http_call_t *call,
    const char *cause);
static void ngx_rtsp_http_done(ngx_event_t *ev);
static void ngx_rtsp_http_free(ngx_rtsp_http_call_t *call);
static void ngx_rtsp_http_destroy(ngx_rtsp_http_call_t *call);


static u_char  ngx_rtsp_http_input[NGX_RTSP_HTTP_INPUT];


ngx_rtsp_http_call_t *
ngx_rtsp_http_post(ngx_rtsp_http_service_t *service, ngx_str_t *body,
    ngx_msec_t timeout, ngx_log_t *log, ngx_rtsp_http_handler_pt handler,
    void *data)
{
    ngx_pool_t             *pool;
    ngx_rtsp_http_call_t   *call;
    ngx_stream_upstream_t  *u;

    pool = ngx_create_pool(4096, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    call = ngx_pcalloc(pool, sizeof(ngx_rtsp_http_call_t));
    if (call == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    call->pool = pool;
    call->log = log;
    call->service = service;
    call->handler = handler;
    call->data = data;
    call->deadline = ngx_current_msec + timeout;

    call->timer.handler = ngx_rtsp_http_timeout;
    call->timer.data = call;
    call->timer.log = log;

    call->done.handler = ngx_rtsp_http_done;
    call->done.data = call;
    call->done.log = log;

    if (ngx_rtsp_http_request(call, body) != NGX_OK
        || ngx_rtsp_http_session(call) != NGX_OK)
    {
        ngx_rtsp_http_destroy(call);
        return NULL;
    }

    u = call->session->upstream;

    if (ngx_rtsp_http_crowded(call)) {
        service->ncalls++;
        ngx_rtsp_http_finish(call, "has too many calls under way");
        return call;
    }

    if (service->upstream->peer.init(call->session, service->upstream)
        != NGX_OK)
    {
        ngx_rtsp_http_destroy(call);
        return NULL;
    }

    service->ncalls++;
    u->peer.start_time = ngx_current_msec;

    ngx_rtsp_http_pick(call);

    return call;
}


/* 1 if there are too many; the first one who is told so is told apart */

static ngx_uint_t
ngx_rtsp_http_crowded(ngx_rtsp_http_call_t *call)
{
    ngx_rtsp_http_service_t  *service;

    service = call->service;

    if (service->ncalls < NGX_RTSP_HTTP_CALLS) {
        return 0;
    }

    call->again = service->crowded;
    service->crowded = 1;

    return 1;
}


static ngx_int_t
ngx_rtsp_http_request(ngx_rtsp_http_call_t *call, ngx_str_t *body)
{
    size_t                size;
    ngx_rtsp_writer_t     w;
    ngx_rtsp_http_url_t  *url;

    url = call->service->url;

    /* 512: what of the head is the same for all, and a number */

    size = 512 + url->uri.len + url->host.len + body->len;

    w.pos = ngx_pnalloc(call->pool, size);
    if (w.pos == NULL) {
        return NGX_ERROR;
    }

    w.end = w.pos + size;
    w.overflow = 0;

    call->request.data = w.pos;

    ngx_rtsp_http_put_post(&w, &url->uri, &url->host, body->len);
    ngx_rtsp_put_str(&w, body);

    call->request.len = w.pos - call->request.data;

    return w.overflow ? NGX_ERROR : NGX_OK;
}


/*
 * Balancers and the variables in their keys look at a session and at its
 * connection.  There is none of a client's, so they get one that is complete
 * as far as they look, events included, without a socket.
 */

static ngx_int_t
ngx_rtsp_http_session(ngx_rtsp_http_call_t *call)
{
    ngx_time_t                   *tp;
    ngx_stream_session_t         *s;
    ngx_stream_upstream_t        *u;
    ngx_stream_core_main_conf_t  *cmcf;

    s = ngx_pcalloc(call->pool, sizeof(ngx_stream_session_t));
    u = ngx_pcalloc(call->pool, sizeof(ngx_stream_upstream_t));

    if (s == NULL || u == NULL) {
        return NGX_ERROR;
    }

    s->signature = NGX_STREAM_MODULE;
    s->main_conf = call->service->ctx.main_conf;
    s->srv_conf = call->service->ctx.srv_conf;
    s->upstream = u;

    cmcf = ngx_stream_get_module_main_conf(s, ngx_stream_core_module);

    s->connection = ngx_rtsp_http_nobody(call);
    s->ctx = ngx_pcalloc(call->pool, sizeof(void *) * ngx_stream_max_module);
    s->variables = ngx_pcalloc(call->pool, cmcf->variables.nelts
                                        * sizeof(ngx_stream_variable_value_t));
    s->upstream_states = ngx_array_create(call->pool, 2,
                                          sizeof(ngx_stream_upstream_state_t));

    if (s->connection == NULL || s->ctx == NULL || s->variables == NULL
        || s->upstream_states == NULL)
    {
        return NGX_ERROR;
    }

    s->connection->data = s;

    tp = ngx_timeofday();
    s->start_sec = tp->sec;
    s->start_msec = tp->msec;

    u->upstream = call->service->upstream;
    u->peer.log = call->log;
    u->peer.type = SOCK_STREAM;

    /* the one line at level error is the caller's */
    u->peer.log_error = NGX_ERROR_INFO;

    call->session = s;

    return NGX_OK;
}


static ngx_connection_t *
ngx_rtsp_http_nobody(ngx_rtsp_http_call_t *call)
{
    ngx_event_t         *events;
    ngx_listening_t     *ls;
    ngx_connection_t    *c;
    struct sockaddr_in  *sin;

    c = ngx_pcalloc(call->pool, sizeof(ngx_connection_t));
    events = ngx_pcalloc(call->pool, 2 * sizeof(ngx_event_t));
    ls = ngx_pcalloc(call->pool, sizeof(ngx_listening_t));
    sin = ngx_pcalloc(call->pool, sizeof(struct sockaddr_in));

    if (c == NULL || events == NULL || ls == NULL || sin == NULL) {
        return NULL;
    }

    events[0].data = c;
    events[0].log = call->log;
    events[0].closed = 1;

    events[1] = events[0];
    events[1].write = 1;

    c->read = &events[0];
    c->write = &events[1];

    /* with a wildcard $server_port would ask the socket */

    sin->sin_family = AF_INET;
    sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    ngx_str_set(&ls->addr_text, "127.0.0.1");
    ls->sockaddr = (struct sockaddr *) sin;
    ls->socklen = sizeof(struct sockaddr_in);

    c->fd = (ngx_socket_t) -1;
    c->type = SOCK_STREAM;
    c->pool = call->pool;
    c->log = call->log;
    c->listening = ls;
    c->sockaddr = ls->sockaddr;
    c->socklen = ls->socklen;
    c->local_sockaddr = ls->sockaddr;
    c->local_socklen = ls->socklen;
    c->addr_text = ls->addr_text;

    return c;
}


/* the next server, over a connection that is there or a new one */

static void
ngx_rtsp_http_pick(ngx_rtsp_http_call_t *call)
{
    ngx_int_t                    rc;
    ngx_stream_session_t        *s;
    ngx_stream_upstream_t       *u;
    ngx_rtsp_http_connection_t  *hc;

    s = call->session;
    u = s->upstream;

    /* least_time looks at it when the peer is given back */

    u->state = ngx_array_push(s->upstream_states);
    if (u->state == NULL) {
        ngx_rtsp_http_finish(call, "could not be asked, no memory");
        return;
    }

    ngx_memzero(u->state, sizeof(ngx_stream_upstream_state_t));
    u->state->connect_time = (ngx_msec_t) -1;
    u->state->first_byte_time = (ngx_msec_t) -1;
    u->state->response_time = (ngx_msec_t) -1;
    u->start_time = ngx_current_msec;

    rc = u->peer.get(&u->peer, u->peer.data);

    if (rc != NGX_OK) {
        u->peer.sockaddr = NULL;

        ngx_rtsp_http_finish(call, call->cause ? call->cause
                                               : "has no live servers");
        return;
    }

    u->state->peer = u->peer.name;

    /* a name may live in shared memory and vanish */

    call->peer.data = ngx_pstrdup(call->pool, u->peer.name);
    call->peer.len = call->peer.data ? u->peer.name->len : 0;

    ngx_rtsp_http_schedule(call);

    hc = ngx_rtsp_http_take_idle(call->service, &u->peer);

    if (hc) {
        ngx_rtsp_http_attach(hc, call);
        ngx_rtsp_http_begin(hc);
        return;
    }

    ngx_rtsp_http_connect(call);
}


/* a silent server leaves half of the time to those behind it */

static void
ngx_rtsp_http_schedule(ngx_rtsp_http_call_t *call)
{
    ngx_msec_int_t  left;

    left = call->deadline - ngx_current_msec;

    if (call->session->upstream->peer.tries > 1) {
        left /= 2;
    }

    if (call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

    ngx_add_timer(&call->timer, (ngx_msec_t) ngx_max(left, 1));
}


/*
 * The balancer has given its peer already, so connecting must not ask it for
 * another; and what goes wrong is told by the caller, in one line.
 */

static void
ngx_rtsp_http_connect(ngx_rtsp_http_call_t *call)
{
    ngx_int_t                    rc;
    ngx_log_t                    quiet;
    ngx_pool_t                  *pool;
    ngx_peer_connection_t       *peer;
    ngx_event_get_peer_pt        get;
    ngx_rtsp_http_connection_t  *hc;

    peer = &call->session->upstream->peer;

    pool = ngx_create_pool(sizeof(ngx_rtsp_http_connection_t) + 1024,
                           ngx_cycle->log);
    if (pool == NULL) {
        ngx_rtsp_http_finish(call, "could not be asked, no memory");
        return;
    }

    hc = ngx_palloc(pool, sizeof(ngx_rtsp_http_connection_t));
    if (hc == NULL) {
        ngx_destroy_pool(pool);
        ngx_rtsp_http_finish(call, "could not be asked, no memory");
        return;
    }

    ngx_memzero(hc, offsetof(ngx_rtsp_http_connection_t, response));

    quiet = *call->log;

    if ((quiet.log_level & NGX_LOG_DEBUG_ALL) == 0) {
        quiet.log_level = ngx_min(quiet.log_level, NGX_LOG_ALERT);
    }

    get = peer->get;

    peer->get = ngx_event_get_peer;
    peer->log = &quiet;
    peer->connection = NULL;

    ngx_set_socket_errno(0);

    rc = ngx_event_connect_peer(peer);

    peer->get = get;
    peer->log = call->log;

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        ngx_destroy_pool(pool);

        if (rc == NGX_DECLINED) {
            ngx_rtsp_http_next(call, "cannot be connected to",
                               ngx_socket_errno);
        } else {
            ngx_rtsp_http_finish(call, "could not be asked");
        }

        return;
    }

    hc->pool = pool;
    hc->service = call->service;
    hc->connection = peer->connection;
    hc->connection->pool = pool;
    hc->connection->data = hc;

    ngx_memcpy(&hc->sockaddr, peer->sockaddr, peer->socklen);
    hc->socklen = peer->socklen;

    ngx_rtsp_http_attach(hc, call);

    hc->connection->read->handler = ngx_rtsp_http_connected;
    hc->connection->write->handler = ngx_rtsp_http_connected;

    if (rc == NGX_OK) {
        ngx_rtsp_http_connected(hc->connection->write);
    }
}


static void
ngx_rtsp_http_attach(ngx_rtsp_http_connection_t *hc,
    ngx_rtsp_http_call_t *call)
{
    hc->call = call;
    hc->answered = 0;
    call->connection = hc;
    call->session->upstream->peer.connection = hc->connection;
    call->sent = 0;

    ngx_rtsp_http_init(&hc->response);
    ngx_rtsp_http_set_log(hc->connection, call->log);
}


static void
ngx_rtsp_http_connected(ngx_event_t *ev)
{
    int                          err;
    socklen_t                    len;
    ngx_connection_t            *c;
    ngx_rtsp_http_connection_t  *hc;

    c = ev->data;
    hc = c->data;

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err) {
        ngx_rtsp_http_next(hc->call, "cannot be connected to", err);
        return;
    }

    if (!c->write->ready) {
        return;
    }

    (void) ngx_tcp_nodelay(c);

#if (NGX_SSL)

    if (hc->service->ssl) {
        ngx_rtsp_http_handshake(hc);
        return;
    }

#endif

    ngx_rtsp_http_begin(hc);
}


#if (NGX_SSL)

static void
ngx_rtsp_http_handshake(ngx_rtsp_http_connection_t *hc)
{
    ngx_connection_t         *c;
    ngx_rtsp_http_service_t  *service;

    c = hc->connection;
    service = hc->service;

    if (ngx_ssl_create_connection(service->ssl, c, NGX_SSL_CLIENT) != NGX_OK) {
        ngx_rtsp_http_next(hc->call, "cannot be spoken to in TLS", 0);
        return;
    }

    /* addresses are no server names (RFC 6066 3) */

    if (!service->url->literal
        && SSL_set_tlsext_host_name(c->ssl->connection,
                                    (char *) service->url->name.data)
           == 0)
    {
        ngx_ssl_error(NGX_LOG_ALERT, c->log, 0,
                      "SSL_set_tlsext_host_name() failed");
    }

    if (ngx_ssl_handshake(c) == NGX_AGAIN) {
        c->ssl->handler = ngx_rtsp_http_handshaken;
        return;
    }

    ngx_rtsp_http_handshaken(c);
}


static void
ngx_rtsp_http_handshaken(ngx_connection_t *c)
{
    const char                  *detail;
    ngx_rtsp_http_connection_t  *hc;

    hc = c->data;

    if (!c->ssl->handshaked) {
        ngx_rtsp_http_next(hc->call, "has failed in the TLS handshake", 0);
        return;
    }

    detail = hc->service->verify ? ngx_rtsp_http_verify(hc) : NULL;

    if (detail) {
        hc->call->detail = detail;
        ngx_rtsp_http_next(hc->call, "has a certificate that is not trusted",
                           0);
        return;
    }

    ngx_rtsp_http_begin(hc);
}


/* NULL: the certificate is good, and that of this service */

static const char *
ngx_rtsp_http_verify(ngx_rtsp_http_connection_t *hc)
{
    long                  rc;
    X509                 *cert;
    ngx_uint_t            same;
    ngx_connection_t     *c;
    ngx_rtsp_http_url_t  *url;

    c = hc->connection;
    url = hc->service->url;

    rc = SSL_get_verify_result(c->ssl->connection);

    if (rc != X509_V_OK) {
        return X509_verify_cert_error_string(rc);
    }

    if (ngx_ssl_check_host(c, &url->name) == NGX_OK) {
        return NULL;
    }

    /* nginx compares names only */

    cert = SSL_get_peer_certificate(c->ssl->connection);

    if (cert == NULL) {
        return "there is none";
    }

    same = url->literal
           && X509_check_ip_asc(cert, (char *) url->name.data, 0) == 1;

    X509_free(cert);

    return same ? NULL : "it is for another host";
}

#endif


static void
ngx_rtsp_http_begin(ngx_rtsp_http_connection_t *hc)
{
    ngx_connection_t       *c;
    ngx_stream_upstream_t  *u;

    c = hc->connection;
    u = hc->call->session->upstream;

    u->connected = 1;
    u->state->connect_time = ngx_current_msec - u->start_time;

    if (u->peer.notify) {
        u->peer.notify(&u->peer, u->peer.data,
                       NGX_STREAM_UPSTREAM_NOTIFY_CONNECT);
    }

    c->read->handler = ngx_rtsp_http_read;
    c->write->handler = ngx_rtsp_http_send;

    ngx_rtsp_http_send(c->write);
}


static void
ngx_rtsp_http_send(ngx_event_t *wev)
{
    ssize_t                      n;
    ngx_connection_t            *c;
    ngx_rtsp_http_call_t        *call;
    ngx_rtsp_http_connection_t  *hc;

    c = wev->data;
    hc = c->data;
    call = hc->call;

    while (call->sent < call->request.len) {

        n = c->send(c, call->request.data + call->sent,
                    call->request.len - call->sent);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == NGX_ERROR) {
            ngx_rtsp_http_broken(hc);
            return;
        }

        call->sent += n;
    }

    if (ngx_handle_write_event(wev, 0) != NGX_OK) {
        ngx_rtsp_http_broken(hc);
        return;
    }

    if (c->read->ready) {
        ngx_rtsp_http_read(c->read);
    }
}


static void
ngx_rtsp_http_read(ngx_event_t *rev)
{
    ssize_t                      n;
    ngx_int_t                    rc;
    const char                  *error;
    ngx_connection_t            *c;
    ngx_rtsp_http_call_t        *call;
    ngx_rtsp_http_connection_t  *hc;

    c = rev->data;
    hc = c->data;
    call = hc->call;

    for ( ;; ) {
        n = c->recv(c, ngx_rtsp_http_input, NGX_RTSP_HTTP_INPUT);

        if (n == NGX_AGAIN) {

            if (ngx_handle_read_event(rev, 0) != NGX_OK) {
                ngx_rtsp_http_broken(hc);
            }

            return;
        }

        if (n <= 0) {
            ngx_rtsp_http_broken(hc);
            return;
        }

        hc->answered = 1;

        rc = ngx_rtsp_http_parse(&hc->response, ngx_rtsp_http_input, n);

        ngx_explicit_memzero(ngx_rtsp_http_input, n);

        if (hc->response.whole) {
            ngx_rtsp_http_answer(hc, rc);
            return;
        }

        if (rc == NGX_ERROR) {
            error = hc->response.error;
            ngx_rtsp_http_let_go(call, NGX_PEER_FAILED);
            ngx_rtsp_http_finish(call, error);
            return;
        }
    }
}


/*
 * The connection has ended before the answer.  One that was idle may have
 * been closed just when we began to use it: the same server is asked again.
 */

static void
ngx_rtsp_http_broken(ngx_rtsp_http_connection_t *hc)
{
    ngx_rtsp_http_call_t  *call;

    call = hc->call;

    if (hc->reused && !hc->answered) {
        call->connection = NULL;
        ngx_rtsp_http_close(hc);
        ngx_rtsp_http_connect(call);
        return;
    }

    ngx_rtsp_http_next(call, "has closed the connection without an answer", 0);
}


/* "rc" is the parser's, it says what becomes of the connection */

static void
ngx_rtsp_http_answer(ngx_rtsp_http_connection_t *hc, ngx_int_t rc)
{
    ngx_uint_t                 keep;
    ngx_rtsp_http_call_t      *call;
    ngx_stream_upstream_t     *u;
    ngx_rtsp_http_response_t  *response;

    call = hc->call;
    response = &hc->response;
    u = call->session->upstream;

    u->state->response_time = ngx_current_msec - u->start_time;
    u->state->first_byte_time = u->state->response_time;

    call->location.data = ngx_pnalloc(call->pool, response->location_len + 1);
    call->ha1.data = ngx_pnalloc(call->pool, response->ha1_len + 1);

    if (call->location.data == NULL || call->ha1.data == NULL) {
        ngx_rtsp_http_let_go(call, 0);
        ngx_rtsp_http_finish(call, "could not be asked, no memory");
        return;
    }

    call->location.len = response->location_len;
    ngx_memcpy(call->location.data, response->location,
               response->location_len);

    call->ha1.len = response->ha1_len;
    ngx_memcpy(call->ha1.data, response->ha1, response->ha1_len);

    call->status = response->status;

    /* a line that has begun is the framing of what is still to come */

    ngx_explicit_memzero(response->ha1, response->ha1_len);
    ngx_explicit_memzero(response->line + response->line_len,
                         NGX_RTSP_HTTP_MAX_LINE - response->line_len);

    keep = (rc == NGX_OK || rc == NGX_AGAIN)
           && call->sent == call->request.len
           && ngx_rtsp_http_reusable(response)
           && !ngx_exiting && !ngx_terminate;

    if (keep) {
        hc->draining = (rc == NGX_AGAIN);
        hc->call = NULL;
        call->connection = NULL;
        ngx_rtsp_http_put_idle(hc);
    }

    ngx_rtsp_http_let_go(call, 0);
    ngx_rtsp_http_finish(call, NULL);
}


static void
ngx_rtsp_http_timeout(ngx_event_t *ev)
{
    ngx_rtsp_http_call_t  *call;

    call = ev->data;

    if ((ngx_msec_int_t) (ngx_current_msec - call->deadline) >= 0) {

        /* it may be the last word, there is no time for another server */

        ngx_rtsp_http_let_go(call, NGX_PEER_FAILED);
        ngx_rtsp_http_finish(call, "does not answer in time");
        return;
    }

    ngx_rtsp_http_next(call, "does not answer in time", 0);
}


static void
ngx_rtsp_http_next(ngx_rtsp_http_call_t *call, const char *cause,
    ngx_err_t err)
{
    ngx_rtsp_http_let_go(call, NGX_PEER_FAILED);

    call->cause = cause;
    call->err = err;

    if (call->session->upstream->peer.tries == 0) {
        ngx_rtsp_http_finish(call, cause);
        return;
    }

    ngx_rtsp_http_pick(call);
}


/* the peer goes back to the balancer, a connection in use is closed */

static void
ngx_rtsp_http_let_go(ngx_rtsp_http_call_t *call, ngx_uint_t state)
{
    ngx_peer_connection_t  *peer;

    peer = &call->session->upstream->peer;

    if (peer->sockaddr) {
        peer->free(peer, peer->data, state);
        peer->sockaddr = NULL;
    }

    peer->connection = NULL;

    if (call->connection) {
        ngx_rtsp_http_close(call->connection);
        call->connection = NULL;
    }
}


/* a cause: there is no answer */

static void
ngx_rtsp_http_finish(ngx_rtsp_http_call_t *call, const char *cause)
{
    ngx_rtsp_http_let_go(call, 0);

    if (cause) {
        call->status = 0;
        call->cause = cause;
    }

    if (call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

    ngx_post_event(&call->done, &ngx_posted_events);
}


static void
ngx_rtsp_http_done(ngx_event_t *ev)
{
    ngx_rtsp_http_call_t  *call;

    call = ev->data;

    call->handler(call);

    ngx_rtsp_http_free(call);
}


void
ngx_rtsp_http_cancel(ngx_rtsp_http_call_t *call)
{
    ngx_rtsp_http_let_go(call, 0);
    ngx_rtsp_http_free(call);
}


static void
ngx_rtsp_http_free(ngx_rtsp_http_call_t *call)
{
    if (call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

    if (call->done.posted) {
        ngx_delete_posted_event(&call->done);
    }

    call->service->ncalls--;

    if (call->service->ncalls < NGX_RTSP_HTTP_CALLS / 2) {
        call->service->crowded = 0;
    }

    ngx_rtsp_http_destroy(call);
}


/* a password may be in the request, and a HA1 is as good as one */

static void
ngx_rtsp_http_destroy(ngx_rtsp_http_call_t *call)
{
    ngx_explicit_memzero(call->request.data, call->request.len);
    ngx_explicit_memzero(call->ha1.data, call->ha1.len);

    ngx_destroy_pool(call->pool);
}
