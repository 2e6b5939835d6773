
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_server.h"


/*
 * Of whom a service is asked: puts what a request says about its client into
 * fields, and keeps them for a session.  Called by questions and rechecks.
 *
 * Owns nothing: fields are slices of the request, or of the pool of who asks.
 * Invariant: what is kept of credentials can be wiped, by the one function
 * that knows which fields have some.
 */


static void ngx_rtsp_auth_subject_credentials(ngx_rtsp_credentials_t *cr,
    ngx_rtsp_auth_subject_t *subject);
static ngx_int_t ngx_rtsp_auth_subject_connection(ngx_rtsp_request_t *r,
    ngx_pool_t *pool, ngx_rtsp_auth_subject_t *subject);
static ngx_int_t ngx_rtsp_auth_subject_session(ngx_rtsp_session_t *session,
    ngx_pool_t *pool, ngx_rtsp_auth_subject_t *subject);
static ngx_uint_t ngx_rtsp_auth_subject_offer(ngx_rtsp_request_t *r);


ngx_int_t
ngx_rtsp_auth_token(ngx_rtsp_request_t *r, ngx_rtsp_credentials_t *cr,
    u_char *buf, ngx_str_t *token)
{
    u_char     *dst, *src;
    ngx_str_t   query, arg, name;

    if (cr->scheme != NGX_RTSP_SCHEME_NONE) {
        *token = cr->token;

        return (cr->scheme == NGX_RTSP_SCHEME_BEARER) ? NGX_OK : NGX_DECLINED;
    }

    query = r->query;

    while (ngx_rtsp_text_cut(&query, '&', &arg)) {

        (void) ngx_rtsp_text_cut(&arg, '=', &name);

        if (!ngx_rtsp_text_is(&name, "token")
            && !ngx_rtsp_text_is(&name, "jwt"))
        {
            continue;
        }

        dst = buf;
        src = arg.data;

        ngx_unescape_uri(&dst, &src, arg.len, 0);

        if (dst > buf) {
            token->data = buf;
            token->len = dst - buf;

            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_rtsp_auth_subject_describe(ngx_rtsp_request_t *r,
    ngx_rtsp_credentials_t *cr, ngx_uint_t role, ngx_pool_t *pool,
    ngx_rtsp_auth_subject_t *subject)
{
    u_char             *buf;
    ngx_str_t          *fields;
    ngx_rtsp_header_t  *h;

    ngx_memzero(subject, sizeof(ngx_rtsp_auth_subject_t));

    fields = subject->fields;

    ngx_rtsp_auth_subject_credentials(cr, subject);

    if (subject->scheme == NGX_RTSP_SCHEME_NONE) {

        buf = ngx_pnalloc(pool, r->query.len + 1);
        if (buf == NULL) {
            return NGX_ERROR;
        }

        (void) ngx_rtsp_auth_token(r, cr, buf, &fields[NGX_RTSP_TELL_TOKEN]);
    }

    fields[NGX_RTSP_TELL_CALL] = r->message->method_name;
    fields[NGX_RTSP_TELL_PATH] = r->path;
    fields[NGX_RTSP_TELL_QUERY] = r->query;

    h = ngx_rtsp_find_header(r->message, "User-Agent");

    if (h) {
        fields[NGX_RTSP_TELL_USER_AGENT] = h->value;
    }

    fields[NGX_RTSP_TELL_ROLE] = *ngx_rtsp_role_word(role);
    fields[NGX_RTSP_TELL_TRANSPORT] =
                      *ngx_rtsp_transport_word(ngx_rtsp_auth_subject_offer(r));

    return ngx_rtsp_auth_subject_connection(r, pool, subject);
}


static void
ngx_rtsp_auth_subject_credentials(ngx_rtsp_credentials_t *cr,
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


static ngx_int_t
ngx_rtsp_auth_subject_connection(ngx_rtsp_request_t *r, ngx_pool_t *pool,
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

    if (fields[NGX_RTSP_TELL_TLS_SUBJECT].len > NGX_RTSP_AUTH_MAX_SUBJECT) {
        return NGX_DECLINED;
    }

    if (r->session == NULL) {
        return NGX_OK;
    }

    return ngx_rtsp_auth_subject_session(r->session, pool, subject);
}


/* the public id, in 16 digits */

static ngx_int_t
ngx_rtsp_auth_subject_session(ngx_rtsp_session_t *session, ngx_pool_t *pool,
    ngx_rtsp_auth_subject_t *subject)
{
    ngx_str_t  *id;

    id = &subject->fields[NGX_RTSP_TELL_SESSION];

    id->data = ngx_pnalloc(pool, 16);
    if (id->data == NULL) {
        return NGX_ERROR;
    }

    id->len = ngx_sprintf(id->data, "%016xL", session->record->public_id)
              - id->data;

    return NGX_OK;
}


/* only SETUP tells the transport, and from then on the session */

static ngx_uint_t
ngx_rtsp_auth_subject_offer(ngx_rtsp_request_t *r)
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


ngx_int_t
ngx_rtsp_auth_subject_keep(ngx_rtsp_auth_subject_t *subject,
    ngx_rtsp_session_t *session)
{
    u_char      *p;
    ngx_str_t   *fields;
    ngx_uint_t   i;

    fields = subject->fields;

    /* the URL may name one of its medias as well */
    fields[NGX_RTSP_TELL_PATH] = session->path;

    for (i = 0; i < NGX_RTSP_TELL_MAX; i++) {

        if (fields[i].len == 0) {
            continue;
        }

        p = ngx_pstrdup(session->pool, &fields[i]);

        if (p == NULL) {

            /* the session does not own these */

            for ( /* void */ ; i < NGX_RTSP_TELL_MAX; i++) {
                ngx_str_null(&fields[i]);
            }

            return NGX_ERROR;
        }

        fields[i].data = p;
    }

    ngx_str_set(&fields[NGX_RTSP_TELL_CALL], "RECHECK");

    return ngx_rtsp_auth_subject_session(session, session->pool, subject);
}


/* a token may stand in the query */

void
ngx_rtsp_auth_subject_wipe(ngx_rtsp_auth_subject_t *subject)
{
    ngx_str_t   *field;
    ngx_uint_t   i;

    for (i = NGX_RTSP_TELL_QUERY; i <= NGX_RTSP_TELL_OPAQUE; i++) {
        field = &subject->fields[i];

        ngx_explicit_memzero(field->data, field->len);
        ngx_str_null(field);
    }
}
