
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_server.h"

#if (NGX_SSL)
#include <openssl/hmac.h>
#endif


/*
 * rtsp_auth_request: puts what a request says about its client into a form,
 * asks the service, answers the request as the service has decided, remembers
 * that for the cache that all workers share, and asks again while a session
 * runs.
 *
 * Called by the authentication of methods, and by connections that go away.
 * Owns questions, which hang on their connection until its request has been
 * answered, and rechecks, which live in the pool of their session and end
 * with it.
 *
 * Invariant: credentials are kept in memory of this worker only, and only as
 * long as a question or a recheck needs them; the zone gets keyed hashes.
 */


/* a form: headers of 16k, all of their bytes percent-encoded, and names */
#define NGX_RTSP_AUTH_FORM  (3 * NGX_RTSP_MAX_HEAD + 4096)


/* what a service is told, in this order */

typedef enum {
    NGX_RTSP_TELL_CALL = 0,
    NGX_RTSP_TELL_PATH,
    NGX_RTSP_TELL_QUERY,
    NGX_RTSP_TELL_USER,
    NGX_RTSP_TELL_PASSWORD,
    NGX_RTSP_TELL_TOKEN,
    NGX_RTSP_TELL_USERNAME,
    NGX_RTSP_TELL_REALM,
    NGX_RTSP_TELL_NONCE,
    NGX_RTSP_TELL_URI,
    NGX_RTSP_TELL_RESPONSE,
    NGX_RTSP_TELL_ALGORITHM,
    NGX_RTSP_TELL_QOP,
    NGX_RTSP_TELL_NC,
    NGX_RTSP_TELL_CNONCE,
    NGX_RTSP_TELL_OPAQUE,
    NGX_RTSP_TELL_ROLE,
    NGX_RTSP_TELL_ADDRESS,
    NGX_RTSP_TELL_TRANSPORT,
    NGX_RTSP_TELL_TLS_SUBJECT,
    NGX_RTSP_TELL_USER_AGENT,
    NGX_RTSP_TELL_SESSION,
    NGX_RTSP_TELL_MAX
} ngx_rtsp_tell_e;


typedef struct {
    const char                   *name;
    unsigned                      digest:1; /* left out where it is absent */
    unsigned                      key:1;    /* the answer depends on it */
} ngx_rtsp_auth_field_t;


/* slices of the request, or of a session's pool */

typedef struct {
    ngx_uint_t                    scheme;   /* ngx_rtsp_scheme_e */
    ngx_str_t                     fields[NGX_RTSP_TELL_MAX];
} ngx_rtsp_auth_subject_t;


struct ngx_rtsp_auth_question_s {
    ngx_rtsp_auth_question_t     *next;     /* of the same request */
    ngx_rtsp_connection_t        *connection;
    ngx_pool_t                   *pool;
    ngx_log_t                    *log;
    ngx_rtsp_auth_request_conf_t *conf;
    ngx_uint_t                    role;
    ngx_str_t                     method;
    ngx_str_t                     path;

    ngx_rtsp_http_call_t         *call;     /* NULL: it is answered */
    ngx_uint_t                    status;   /* 200, 401, 403, 3xx or 503 */
    ngx_str_t                     location;
    ngx_str_t                     ha1;

    unsigned                      digest:1;
    unsigned                      keyed:1;  /* the answer may be kept */
    u_char                        key[NGX_RTSP_AUTH_KEY_LEN];
};


typedef struct {
    ngx_rtsp_session_t           *session;
    ngx_rtsp_auth_request_conf_t *conf;
    ngx_rtsp_auth_subject_t       subject;
    ngx_rtsp_http_call_t         *call;
    ngx_event_t                   timer;
    unsigned                      failing:1;
} ngx_rtsp_auth_recheck_t;


static ngx_rtsp_auth_question_t *ngx_rtsp_auth_ask(ngx_rtsp_request_t *r,
    ngx_rtsp_auth_request_conf_t *conf, ngx_uint_t role,
    ngx_rtsp_credentials_t *cr);
static ngx_int_t ngx_rtsp_auth_obey(ngx_rtsp_request_t *r,
    ngx_rtsp_auth_question_t *q, ngx_rtsp_credentials_t *cr);
static ngx_int_t ngx_rtsp_auth_let_in(ngx_rtsp_request_t *r,
    ngx_rtsp_auth_question_t *q, ngx_rtsp_credentials_t *cr);
static ngx_int_t ngx_rtsp_auth_redirect(ngx_rtsp_request_t *r,
    ngx_rtsp_auth_question_t *q);

static ngx_int_t ngx_rtsp_auth_describe(ngx_rtsp_request_t *r,
    ngx_rtsp_credentials_t *cr, ngx_uint_t role, ngx_pool_t *pool,
    ngx_rtsp_auth_subject_t *subject);
static void ngx_rtsp_auth_credentials(ngx_rtsp_credentials_t *cr,
    ngx_rtsp_auth_subject_t *subject);
static ngx_int_t ngx_rtsp_auth_token(ngx_rtsp_request_t *r, ngx_pool_t *pool,
    ngx_str_t *token);
static ngx_int_t ngx_rtsp_auth_connection(ngx_rtsp_request_t *r,
    ngx_pool_t *pool, ngx_rtsp_auth_subject_t *subject);
static ngx_int_t ngx_rtsp_auth_session(ngx_rtsp_session_t *session,
    ngx_pool_t *pool, ngx_str_t *id);
static void ngx_rtsp_auth_role(ngx_uint_t role, ngx_str_t *name);
static ngx_uint_t ngx_rtsp_auth_offer(ngx_rtsp_request_t *r);
static void ngx_rtsp_auth_transport(ngx_uint_t transport, ngx_str_t *name);

static ngx_rtsp_http_call_t *ngx_rtsp_auth_post(
    ngx_rtsp_auth_request_conf_t *conf, ngx_rtsp_auth_subject_t *subject,
    ngx_log_t *log, ngx_rtsp_http_handler_pt handler, void *data);
static void ngx_rtsp_auth_answered(ngx_rtsp_http_call_t *call);
static void ngx_rtsp_auth_judge(ngx_rtsp_auth_question_t *q,
    ngx_rtsp_http_call_t *call);
static void ngx_rtsp_auth_complain(ngx_uint_t level, ngx_log_t *log,
    ngx_rtsp_http_call_t *call, ngx_str_t *method, ngx_str_t *path,
    const char *then);

static void ngx_rtsp_auth_look_up(ngx_rtsp_auth_question_t *q,
    ngx_rtsp_auth_subject_t *subject);
#if (NGX_SSL)
static ngx_int_t ngx_rtsp_auth_key(ngx_rtsp_auth_request_conf_t *conf,
    ngx_rtsp_auth_subject_t *subject, u_char *key);
#endif
static void ngx_rtsp_auth_store(ngx_rtsp_auth_question_t *q);

static ngx_int_t ngx_rtsp_auth_recheck_copy(ngx_rtsp_auth_recheck_t *recheck);
static void ngx_rtsp_auth_recheck_schedule(ngx_rtsp_auth_recheck_t *recheck);
static void ngx_rtsp_auth_recheck_timer(ngx_event_t *ev);
static void ngx_rtsp_auth_deny(ngx_rtsp_auth_recheck_t *recheck,
    ngx_uint_t status);
static void ngx_rtsp_auth_recheck_answered(ngx_rtsp_http_call_t *call);
static void ngx_rtsp_auth_recheck_cleanup(void *data);


static ngx_rtsp_auth_field_t  ngx_rtsp_auth_fields[NGX_RTSP_TELL_MAX] = {
    { "call", 0, 0 },
    { "path", 0, 1 },
    { "query", 0, 1 },
    { "user", 0, 1 },
    { "password", 0, 1 },
    { "token", 0, 1 },

    /*
     * A Digest answer is another one each time, so an answer of the service
     * is kept for the user, and has to be verified by whoever finds it.
     */

    { "username", 1, 1 },
    { "realm", 1, 1 },
    { "nonce", 1, 0 },
    { "uri", 1, 0 },
    { "response", 1, 0 },
    { "algorithm", 1, 1 },
    { "qop", 1, 0 },
    { "nc", 1, 0 },
    { "cnonce", 1, 0 },
    { "opaque", 1, 0 },

    { "role", 0, 1 },
    { "address", 0, 1 },
    { "transport", 0, 0 },
    { "tls_subject", 0, 1 },
    { "user_agent", 0, 0 },
    { "session", 0, 0 }
};


/* forms and keys are written here, and wiped at once */
static u_char  ngx_rtsp_auth_buf[NGX_RTSP_AUTH_FORM];


ngx_int_t
ngx_rtsp_auth_request(ngx_rtsp_request_t *r, ngx_uint_t role,
    ngx_rtsp_credentials_t *cr)
{
    ngx_rtsp_auth_conf_t          *acf;
    ngx_rtsp_connection_t         *conn;
    ngx_rtsp_auth_question_t      *q;
    ngx_rtsp_auth_request_conf_t  *conf;

    acf = ngx_rtsp_request_conf(r, ngx_stream_rtsp_auth_module);
    conf = &acf->request;
    conn = r->connection;

    for (q = conn->questions; q; q = q->next) {
        if (q->role == role) {
            break;
        }
    }

    if (q == NULL) {
        q = ngx_rtsp_auth_ask(r, conf, role, cr);

        if (q == NULL) {
            return (ngx_rtsp_refuse(r, 503, "no memory for rtsp_auth_request")
                    == NGX_OK)
                   ? NGX_DONE : NGX_ERROR;
        }

        q->next = conn->questions;
        conn->questions = q;
    }

    if (q->call) {

        /* the call's deadline is the same, and it wakes us */

        return ngx_rtsp_connection_sleep(conn, ngx_current_msec
                                               + conf->timeout);
    }

    return ngx_rtsp_auth_obey(r, q, cr);
}


/* NULL: no memory */

static ngx_rtsp_auth_question_t *
ngx_rtsp_auth_ask(ngx_rtsp_request_t *r, ngx_rtsp_auth_request_conf_t *conf,
    ngx_uint_t role, ngx_rtsp_credentials_t *cr)
{
    ngx_pool_t                *pool;
    ngx_rtsp_auth_subject_t    subject;
    ngx_rtsp_auth_question_t  *q;

    pool = ngx_create_pool(1024, r->connection->connection->log);
    if (pool == NULL) {
        return NULL;
    }

    q = ngx_pcalloc(pool, sizeof(ngx_rtsp_auth_question_t));
    if (q == NULL) {
        goto failed;
    }

    q->connection = r->connection;
    q->pool = pool;
    q->log = r->connection->connection->log;
    q->conf = conf;
    q->role = role;
    q->digest = (cr->scheme == NGX_RTSP_SCHEME_DIGEST);

    if (ngx_rtsp_auth_describe(r, cr, role, pool, &subject) != NGX_OK) {
        goto failed;
    }

    if (conf->cache) {
        ngx_rtsp_auth_look_up(q, &subject);

        if (q->status) {
            return q;
        }
    }

    /* the request may wait as mere bytes of its connection */

    q->method.len = r->message->method_name.len;
    q->method.data = ngx_pstrdup(pool, &r->message->method_name);
    q->path.len = r->path.len;
    q->path.data = ngx_pstrdup(pool, &r->path);

    if (q->method.data == NULL || q->path.data == NULL) {
        goto failed;
    }

    q->call = ngx_rtsp_auth_post(conf, &subject, q->log,
                                 ngx_rtsp_auth_answered, q);

    if (q->call) {
        return q;
    }

failed:

    ngx_destroy_pool(pool);

    return NULL;
}


void
ngx_rtsp_auth_request_cancel(ngx_rtsp_connection_t *conn)
{
    ngx_rtsp_auth_question_t  *q;

    while (conn->questions) {
        q = conn->questions;
        conn->questions = q->next;

        if (q->call) {
            ngx_rtsp_http_cancel(q->call);
        }

        ngx_destroy_pool(q->pool);
    }
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

        return (cr->scheme == NGX_RTSP_SCHEME_NONE
                && !ngx_rtsp_auth_has_token(r, cr))
               ? ngx_rtsp_auth_challenge(r, 0)
               : ngx_rtsp_auth_wrong(r, &cr->user,
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


static ngx_int_t
ngx_rtsp_auth_describe(ngx_rtsp_request_t *r, ngx_rtsp_credentials_t *cr,
    ngx_uint_t role, ngx_pool_t *pool, ngx_rtsp_auth_subject_t *subject)
{
    ngx_str_t          *fields;
    ngx_rtsp_header_t  *h;

    ngx_memzero(subject, sizeof(ngx_rtsp_auth_subject_t));

    fields = subject->fields;

    ngx_rtsp_auth_credentials(cr, subject);

    if (subject->scheme == NGX_RTSP_SCHEME_NONE
        && ngx_rtsp_auth_token(r, pool, &fields[NGX_RTSP_TELL_TOKEN])
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    fields[NGX_RTSP_TELL_CALL] = r->message->method_name;
    fields[NGX_RTSP_TELL_PATH] = r->path;
    fields[NGX_RTSP_TELL_QUERY] = r->query;

    h = ngx_rtsp_find_header(r->message, "User-Agent");

    if (h) {
        fields[NGX_RTSP_TELL_USER_AGENT] = h->value;
    }

    ngx_rtsp_auth_role(role, &fields[NGX_RTSP_TELL_ROLE]);
    ngx_rtsp_auth_transport(ngx_rtsp_auth_offer(r),
                            &fields[NGX_RTSP_TELL_TRANSPORT]);

    return ngx_rtsp_auth_connection(r, pool, subject);
}


static void
ngx_rtsp_auth_credentials(ngx_rtsp_credentials_t *cr,
    ngx_rtsp_auth_subject_t *subject)
{
    ngx_str_t  *fields;

    fields = subject->fields;

    subject->scheme = cr->scheme;

    switch (cr->scheme) {

    case NGX_RTSP_SCHEME_BASIC:
        fields[NGX_RTSP_TELL_USER] = cr->user;
        fields[NGX_RTSP_TELL_PASSWORD] = cr->password;
        break;

    case NGX_RTSP_SCHEME_BEARER:
        fields[NGX_RTSP_TELL_TOKEN] = cr->token;
        break;

    case NGX_RTSP_SCHEME_DIGEST:
        fields[NGX_RTSP_TELL_USERNAME] = cr->user;
        fields[NGX_RTSP_TELL_REALM] = cr->realm;
        fields[NGX_RTSP_TELL_NONCE] = cr->nonce;
        fields[NGX_RTSP_TELL_URI] = cr->uri;
        fields[NGX_RTSP_TELL_RESPONSE] = cr->response;
        fields[NGX_RTSP_TELL_ALGORITHM] = cr->algorithm_name;
        fields[NGX_RTSP_TELL_QOP] = cr->qop;
        fields[NGX_RTSP_TELL_NC] = cr->nc;
        fields[NGX_RTSP_TELL_CNONCE] = cr->cnonce;
        fields[NGX_RTSP_TELL_OPAQUE] = cr->opaque;
        break;

    default: /* NGX_RTSP_SCHEME_NONE */
        break;
    }
}


/* "token" or "jwt" of the query, for clients that cannot send a header */

static ngx_int_t
ngx_rtsp_auth_token(ngx_rtsp_request_t *r, ngx_pool_t *pool, ngx_str_t *token)
{
    u_char     *dst, *src;
    ngx_str_t   query, arg, name;

    query = r->query;

    while (ngx_rtsp_text_cut(&query, '&', &arg)) {

        (void) ngx_rtsp_text_cut(&arg, '=', &name);

        if (arg.len == 0
            || (!ngx_rtsp_text_is(&name, "token")
                && !ngx_rtsp_text_is(&name, "jwt")))
        {
            continue;
        }

        dst = ngx_pnalloc(pool, arg.len);
        if (dst == NULL) {
            return NGX_ERROR;
        }

        token->data = dst;
        src = arg.data;

        ngx_unescape_uri(&dst, &src, arg.len, 0);

        token->len = dst - token->data;

        return NGX_OK;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_auth_connection(ngx_rtsp_request_t *r, ngx_pool_t *pool,
    ngx_rtsp_auth_subject_t *subject)
{
    ngx_str_t         *fields;
    ngx_connection_t  *c;

    c = r->connection->connection;
    fields = subject->fields;

    fields[NGX_RTSP_TELL_ADDRESS] = c->addr_text;

#if (NGX_SSL)

    if (c->ssl
        && ngx_ssl_get_subject_dn(c, pool, &fields[NGX_RTSP_TELL_TLS_SUBJECT])
           != NGX_OK)
    {
        return NGX_ERROR;
    }

#endif

    if (r->session == NULL) {
        return NGX_OK;
    }

    return ngx_rtsp_auth_session(r->session, pool,
                                 &fields[NGX_RTSP_TELL_SESSION]);
}


/* the public id, in 16 digits */

static ngx_int_t
ngx_rtsp_auth_session(ngx_rtsp_session_t *session, ngx_pool_t *pool,
    ngx_str_t *id)
{
    id->data = ngx_pnalloc(pool, 16);
    if (id->data == NULL) {
        return NGX_ERROR;
    }

    id->len = ngx_sprintf(id->data, "%016xL", session->record->public_id)
              - id->data;

    return NGX_OK;
}


static void
ngx_rtsp_auth_role(ngx_uint_t role, ngx_str_t *name)
{
    switch (role) {

    case NGX_RTSP_ROLE_PUBLISH:
        ngx_str_set(name, "publish");
        break;

    case NGX_RTSP_ROLE_TALK:
        ngx_str_set(name, "talk");
        break;

    default:
        ngx_str_set(name, "read");
    }
}


/* only SETUP tells the transport, and from then on the session */

static ngx_uint_t
ngx_rtsp_auth_offer(ngx_rtsp_request_t *r)
{
    ngx_uint_t             n;
    ngx_rtsp_header_t     *h;
    ngx_rtsp_transport_t   offer;

    h = (r->message->method == NGX_RTSP_SETUP)
        ? ngx_rtsp_find_header(r->message, "Transport") : NULL;

    if (h && ngx_rtsp_parse_transport(&h->value, &offer, 1, &n) == NGX_OK) {
        return offer.tcp ? NGX_RTSP_TRANSPORT_TCP
               : offer.multicast ? NGX_RTSP_TRANSPORT_MULTICAST
                                 : NGX_RTSP_TRANSPORT_UDP;
    }

    return r->session ? r->session->record->transport
                      : NGX_RTSP_TRANSPORT_NONE;
}


static void
ngx_rtsp_auth_transport(ngx_uint_t transport, ngx_str_t *name)
{
    switch (transport) {

    case NGX_RTSP_TRANSPORT_TCP:
        ngx_str_set(name, "tcp");
        break;

    case NGX_RTSP_TRANSPORT_UDP:
        ngx_str_set(name, "udp");
        break;

    case NGX_RTSP_TRANSPORT_MULTICAST:
        ngx_str_set(name, "multicast");
        break;

    default:
        ngx_str_null(name);
    }
}


/* NULL: no memory */

static ngx_rtsp_http_call_t *
ngx_rtsp_auth_post(ngx_rtsp_auth_request_conf_t *conf,
    ngx_rtsp_auth_subject_t *subject, ngx_log_t *log,
    ngx_rtsp_http_handler_pt handler, void *data)
{
    ngx_str_t              form, *value;
    ngx_uint_t             i;
    ngx_rtsp_writer_t      w;
    ngx_rtsp_http_call_t  *call;

    w.pos = ngx_rtsp_auth_buf;
    w.end = ngx_rtsp_auth_buf + sizeof(ngx_rtsp_auth_buf);
    w.overflow = 0;

    for (i = 0; i < NGX_RTSP_TELL_MAX; i++) {
        value = &subject->fields[i];

        if (value->len || !ngx_rtsp_auth_fields[i].digest) {
            ngx_rtsp_http_put_field(&w, i == 0, ngx_rtsp_auth_fields[i].name,
                                    value);
        }
    }

    form.data = ngx_rtsp_auth_buf;
    form.len = w.pos - ngx_rtsp_auth_buf;

    call = w.overflow ? NULL
                      : ngx_rtsp_http_post(conf->service, &form, conf->timeout,
                                           log, handler, data);

    ngx_explicit_memzero(form.data, form.len);

    return call;
}


static void
ngx_rtsp_auth_answered(ngx_rtsp_http_call_t *call)
{
    ngx_rtsp_auth_question_t  *q;

    q = call->data;
    q->call = NULL;

    ngx_rtsp_auth_judge(q, call);

    if (q->status == 503) {
        ngx_rtsp_auth_complain(NGX_LOG_ERR, q->log, call, &q->method,
                               &q->path, "it is refused with 503");

    } else if (q->keyed) {
        ngx_rtsp_auth_store(q);
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


static void
ngx_rtsp_auth_complain(ngx_uint_t level, ngx_log_t *log,
    ngx_rtsp_http_call_t *call, ngx_str_t *method, ngx_str_t *path,
    const char *then)
{
    if (call->status) {
        ngx_log_error(level, log, 0,
                      "rtsp service \"%V\" at %V has answered with %ui%s, "
                      "asked about %V of \"%V\": %s",
                      &call->service->url->url, &call->peer, call->status,
                      call->status / 100 == 3 ? " without a Location" : "",
                      method, path, then);
        return;
    }

    ngx_log_error(level, log, call->err,
                  "rtsp service \"%V\"%s%V %s%s%s, asked about %V of \"%V\": "
                  "%s", &call->service->url->url,
                  call->peer.len ? " at " : "", &call->peer,
                  call->cause, call->detail ? ": " : "",
                  call->detail ? call->detail : "", method, path, then);
}


/* sets the question's status if the cache knows the answer */

static void
ngx_rtsp_auth_look_up(ngx_rtsp_auth_question_t *q,
    ngx_rtsp_auth_subject_t *subject)
{
#if (NGX_SSL)
    ngx_rtsp_auth_answer_t  answer;

    if (ngx_rtsp_auth_key(q->conf, subject, q->key) != NGX_OK) {
        return;
    }

    q->keyed = 1;

    if (ngx_rtsp_auth_cache_find(q->key, &answer) != NGX_OK) {
        return;
    }

    q->ha1.data = ngx_pnalloc(q->pool, answer.ha1_len + 1);
    if (q->ha1.data == NULL) {
        return;
    }

    ngx_memcpy(q->ha1.data, answer.ha1, answer.ha1_len);
    q->ha1.len = answer.ha1_len;
    q->status = answer.status;
#endif
}


#if (NGX_SSL)

/* lengths keep what belongs to one field from passing for another's */

static ngx_int_t
ngx_rtsp_auth_key(ngx_rtsp_auth_request_conf_t *conf,
    ngx_rtsp_auth_subject_t *subject, u_char *key)
{
    size_t              size;
    uint32_t            len;
    u_char             *hmac, scheme, secret[NGX_RTSP_AUTH_SECRET_LEN];
    ngx_str_t          *value;
    ngx_uint_t          i;
    unsigned int        n;
    ngx_rtsp_writer_t   w;

    if (ngx_rtsp_auth_cache_secret(secret) != NGX_OK) {
        return NGX_ERROR;
    }

    w.pos = ngx_rtsp_auth_buf;
    w.end = ngx_rtsp_auth_buf + sizeof(ngx_rtsp_auth_buf);
    w.overflow = 0;

    scheme = (u_char) subject->scheme;
    ngx_rtsp_put(&w, &scheme, 1);

    len = (uint32_t) conf->url->url.len;
    ngx_rtsp_put(&w, &len, sizeof(uint32_t));
    ngx_rtsp_put_str(&w, &conf->url->url);

    for (i = 0; i < NGX_RTSP_TELL_MAX; i++) {

        if (!ngx_rtsp_auth_fields[i].key) {
            continue;
        }

        value = &subject->fields[i];

        len = (uint32_t) value->len;
        ngx_rtsp_put(&w, &len, sizeof(uint32_t));
        ngx_rtsp_put_str(&w, value);
    }

    size = w.pos - ngx_rtsp_auth_buf;

    hmac = w.overflow ? NULL
                      : HMAC(EVP_sha256(), secret, NGX_RTSP_AUTH_SECRET_LEN,
                             ngx_rtsp_auth_buf, size, key, &n);

    ngx_explicit_memzero(ngx_rtsp_auth_buf, size);

    return hmac ? NGX_OK : NGX_ERROR;
}

#endif


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
}


ngx_int_t
ngx_rtsp_auth_recheck(ngx_rtsp_request_t *r, ngx_rtsp_session_t *session,
    ngx_uint_t role)
{
    ngx_rtsp_header_t        *h;
    ngx_pool_cleanup_t       *cln;
    ngx_rtsp_auth_conf_t     *acf;
    ngx_rtsp_credentials_t    cr;
    ngx_rtsp_auth_recheck_t  *recheck;

    acf = session->srv_conf[ngx_stream_rtsp_auth_module.ctx_index];

    if (acf->request.url == NULL || acf->request.recheck == 0) {
        return NGX_OK;
    }

    h = ngx_rtsp_find_header(r->message, "Authorization");

    if (h == NULL || ngx_rtsp_parse_credentials(&h->value, &cr) != NGX_OK) {
        cr.scheme = NGX_RTSP_SCHEME_NONE;
    }

    recheck = ngx_pcalloc(session->pool, sizeof(ngx_rtsp_auth_recheck_t));
    if (recheck == NULL) {
        return NGX_ERROR;
    }

    recheck->session = session;
    recheck->conf = &acf->request;

    if (ngx_rtsp_auth_describe(r, &cr, role, session->pool, &recheck->subject)
        != NGX_OK
        || ngx_rtsp_auth_recheck_copy(recheck) != NGX_OK)
    {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(session->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_rtsp_auth_recheck_cleanup;
    cln->data = recheck;

    recheck->timer.handler = ngx_rtsp_auth_recheck_timer;
    recheck->timer.data = recheck;
    recheck->timer.log = &session->log;
    recheck->timer.cancelable = 1;

    ngx_rtsp_auth_recheck_schedule(recheck);

    return NGX_OK;
}


/* the request's strings are slices of bytes that go away with it */

static ngx_int_t
ngx_rtsp_auth_recheck_copy(ngx_rtsp_auth_recheck_t *recheck)
{
    u_char      *p;
    ngx_str_t   *fields;
    ngx_uint_t   i;

    fields = recheck->subject.fields;

    /* the URL may name one of its medias as well */
    fields[NGX_RTSP_TELL_PATH] = recheck->session->path;

    for (i = 0; i < NGX_RTSP_TELL_MAX; i++) {

        if (fields[i].len == 0) {
            continue;
        }

        p = ngx_pstrdup(recheck->session->pool, &fields[i]);
        if (p == NULL) {
            return NGX_ERROR;
        }

        fields[i].data = p;
    }

    ngx_str_set(&fields[NGX_RTSP_TELL_CALL], "RECHECK");

    return ngx_rtsp_auth_session(recheck->session, recheck->session->pool,
                                 &fields[NGX_RTSP_TELL_SESSION]);
}


/* up to 10 % sooner, so sessions that began together are not asked together */

static void
ngx_rtsp_auth_recheck_schedule(ngx_rtsp_auth_recheck_t *recheck)
{
    ngx_msec_t  period;

    period = recheck->conf->recheck;

    ngx_add_timer(&recheck->timer,
                  period - (ngx_msec_t) ngx_random() % (period / 10 + 1));
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

    ngx_rtsp_auth_transport(session->record->transport,
                            &fields[NGX_RTSP_TELL_TRANSPORT]);

    recheck->call = ngx_rtsp_auth_post(recheck->conf, &recheck->subject,
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


/* what the cache may still allow is over, too */

static void
ngx_rtsp_auth_deny(ngx_rtsp_auth_recheck_t *recheck, ngx_uint_t status)
{
#if (NGX_SSL)
    u_char                  key[NGX_RTSP_AUTH_KEY_LEN];
    ngx_rtsp_auth_answer_t  answer;

    /* a Digest may have been refused for its nonce, which is old by now */

    if (recheck->conf->cache == 0
        || (recheck->subject.scheme == NGX_RTSP_SCHEME_DIGEST
            && status == 401)
        || ngx_rtsp_auth_key(recheck->conf, &recheck->subject, key) != NGX_OK)
    {
        return;
    }

    ngx_memzero(&answer, sizeof(ngx_rtsp_auth_answer_t));

    answer.status = status;

    ngx_rtsp_auth_cache_store(key, &answer, recheck->conf->cache);
#endif
}


static void
ngx_rtsp_auth_recheck_answered(ngx_rtsp_http_call_t *call)
{
    ngx_str_t                *fields;
    ngx_rtsp_session_t       *session;
    ngx_rtsp_auth_recheck_t  *recheck;

    recheck = call->data;
    recheck->call = NULL;

    session = recheck->session;
    fields = recheck->subject.fields;

    if (call->status == 401 || call->status == 403) {

        ngx_log_error(NGX_LOG_NOTICE, &session->log, 0,
                      "rtsp service \"%V\" has answered with %ui, the session "
                      "loses its right to %V", &call->service->url->url,
                      call->status, &fields[NGX_RTSP_TELL_ROLE]);

        ngx_rtsp_auth_deny(recheck, call->status);
        ngx_rtsp_session_end(session, NULL, NGX_RTSP_END_RECHECK);
        return;
    }

    if (call->status >= 200 && call->status < 300) {
        recheck->failing = 0;

    } else {
        ngx_rtsp_auth_complain(recheck->failing ? NGX_LOG_INFO : NGX_LOG_ERR,
                               &session->log, call,
                               &fields[NGX_RTSP_TELL_CALL],
                               &fields[NGX_RTSP_TELL_PATH],
                               "the session stays");
        recheck->failing = 1;
    }

    ngx_rtsp_auth_recheck_schedule(recheck);
}


/* the session ends, or goes to another worker */

static void
ngx_rtsp_auth_recheck_cleanup(void *data)
{
    ngx_str_t                *field;
    ngx_uint_t                i;
    ngx_rtsp_auth_recheck_t  *recheck;

    recheck = data;

    if (recheck->timer.timer_set) {
        ngx_del_timer(&recheck->timer);
    }

    if (recheck->call) {
        ngx_rtsp_http_cancel(recheck->call);
    }

    for (i = NGX_RTSP_TELL_PASSWORD; i <= NGX_RTSP_TELL_OPAQUE; i++) {
        field = &recheck->subject.fields[i];

        if (field->len) {
            ngx_explicit_memzero(field->data, field->len);
        }
    }
}
