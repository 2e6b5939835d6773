
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * Who asks?  Challenges, and checks what clients answer against a file of
 * users, a service, or both.  Called by the methods that begin something:
 * DESCRIBE, ANNOUNCE, and the SETUP that makes a session.
 *
 * It owns the nonce of a connection and what is known about the request that
 * is being handled, since a request that waits is handled again from its
 * beginning.
 *
 * Invariant: whoever is wrong learns it no sooner than after half a second,
 * and nobody else waits for that.
 */


/*
 * A wrong credential is answered so much later than it came, ms; the tick adds
 * to it.  What it took to find out is within that time, and not to be told
 * from outside.
 */
#define NGX_RTSP_REFUSE_MIN       500
#define NGX_RTSP_REFUSE_SPREAD    1250


static ngx_rtsp_auth_state_t *ngx_rtsp_auth_state(ngx_rtsp_connection_t *conn);
static void ngx_rtsp_auth_cleanup(void *data);
static ngx_int_t ngx_rtsp_auth_admit(ngx_rtsp_request_t *r,
    ngx_rtsp_auth_conf_t *conf, ngx_uint_t role);
static ngx_int_t ngx_rtsp_auth_decide(ngx_rtsp_request_t *r,
    ngx_rtsp_auth_conf_t *conf, ngx_uint_t role, ngx_rtsp_credentials_t *cr);
static const char *ngx_rtsp_auth_credentials(ngx_rtsp_request_t *r,
    ngx_rtsp_auth_conf_t *conf, ngx_rtsp_credentials_t *cr);
static const char *ngx_rtsp_auth_offered(ngx_rtsp_auth_conf_t *conf,
    ngx_rtsp_credentials_t *cr);
static ngx_int_t ngx_rtsp_auth_file(ngx_rtsp_request_t *r,
    ngx_rtsp_auth_conf_t *conf, ngx_uint_t role, ngx_rtsp_credentials_t *cr);
static ngx_int_t ngx_rtsp_auth_unchecked(ngx_rtsp_request_t *r,
    const char *why);
static ngx_int_t ngx_rtsp_auth_file_digest(ngx_rtsp_request_t *r,
    ngx_rtsp_auth_conf_t *conf, ngx_rtsp_credentials_t *cr,
    ngx_rtsp_user_t **user);
static ngx_int_t ngx_rtsp_auth_file_basic(ngx_rtsp_request_t *r,
    ngx_rtsp_auth_conf_t *conf, ngx_rtsp_credentials_t *cr,
    ngx_rtsp_user_t **user, ngx_msec_t *until);
static ngx_int_t ngx_rtsp_auth_password(ngx_rtsp_request_t *r,
    ngx_rtsp_auth_conf_t *conf, ngx_rtsp_credentials_t *cr,
    ngx_rtsp_user_t *user, ngx_msec_t *until);
static ngx_int_t ngx_rtsp_auth_used_up(ngx_rtsp_request_t *r,
    ngx_rtsp_credentials_t *cr);
static ngx_int_t ngx_rtsp_auth_refuse(ngx_rtsp_request_t *r);
static ngx_int_t ngx_rtsp_auth_refusing(ngx_rtsp_request_t *r);
static ngx_int_t ngx_rtsp_auth_nonce(ngx_rtsp_auth_state_t *auth);
static void ngx_rtsp_auth_log(ngx_rtsp_request_t *r, ngx_uint_t status,
    const char *why, ngx_str_t *user);
static ngx_int_t ngx_rtsp_auth_answered(ngx_int_t rc);


ngx_int_t
ngx_rtsp_auth_check(ngx_rtsp_request_t *r, ngx_uint_t role)
{
    ngx_int_t               rc;
    ngx_rtsp_auth_conf_t   *conf;
    ngx_rtsp_auth_state_t  *auth;

    conf = ngx_rtsp_request_conf(r, ngx_stream_rtsp_auth_module);

    if (conf->realm.len == 0 && conf->request.url == NULL) {
        return NGX_OK;
    }

    auth = ngx_rtsp_auth_state(r->connection);
    if (auth == NULL) {
        return ngx_rtsp_auth_answered(ngx_rtsp_refuse(r, 500, "no memory"));
    }

    if (!auth->begun) {
        auth->begun = 1;
        auth->refuse_at = ngx_current_msec + NGX_RTSP_REFUSE_MIN
                          + ngx_random() % NGX_RTSP_REFUSE_SPREAD;
    }

    if (auth->refusing) {
        return ngx_rtsp_auth_refusing(r);
    }

    if ((auth->passed & ngx_rtsp_role_bit(role)) == 0) {

        rc = ngx_rtsp_auth_admit(r, conf, role);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    r->user.data = auth->user;
    r->user.len = auth->user_len;

    return NGX_OK;
}


/* a decision, of which nothing stays but who it was */

static ngx_int_t
ngx_rtsp_auth_admit(ngx_rtsp_request_t *r, ngx_rtsp_auth_conf_t *conf,
    ngx_uint_t role)
{
    ngx_int_t                rc;
    ngx_rtsp_auth_state_t   *auth;
    ngx_rtsp_credentials_t   cr;

    auth = r->connection->auth;

    rc = ngx_rtsp_auth_decide(r, conf, role, &cr);

    if (rc == NGX_OK) {
        auth->passed |= ngx_rtsp_role_bit(role);
        auth->user_len = ngx_min(cr.user.len, NGX_RTSP_MAX_USER);
        ngx_memcpy(auth->user, cr.user.data, auth->user_len);

        /* what the method waits for has a time of its own */
        r->connection->retry = 0;
    }

    ngx_explicit_memzero(cr.text, sizeof(cr.text));

    return rc;
}


void
ngx_rtsp_auth_reset(ngx_rtsp_connection_t *conn)
{
    ngx_rtsp_auth_state_t  *auth;

    auth = conn->auth;

    if (auth) {
        ngx_rtsp_password_abandon(&auth->job);
        auth->passed = 0;
        auth->begun = 0;
        auth->refusing = 0;
    }
}


static ngx_rtsp_auth_state_t *
ngx_rtsp_auth_state(ngx_rtsp_connection_t *conn)
{
    ngx_pool_t          *pool;
    ngx_pool_cleanup_t  *cln;

    if (conn->auth) {
        return conn->auth;
    }

    pool = conn->connection->pool;

    cln = ngx_pool_cleanup_add(pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    conn->auth = ngx_pcalloc(pool, sizeof(ngx_rtsp_auth_state_t));

    if (conn->auth) {
        cln->handler = ngx_rtsp_auth_cleanup;
        cln->data = conn->auth;
    }

    return conn->auth;
}


/* the connection is gone: nobody waits for its password any more */

static void
ngx_rtsp_auth_cleanup(void *data)
{
    ngx_rtsp_auth_state_t *auth = data;

    ngx_rtsp_password_abandon(&auth->job);
}


/* as ngx_rtsp_auth_check(), with the credentials in "cr" on NGX_OK */

static ngx_int_t
ngx_rtsp_auth_decide(ngx_rtsp_request_t *r, ngx_rtsp_auth_conf_t *conf,
    ngx_uint_t role, ngx_rtsp_credentials_t *cr)
{
    ngx_int_t    rc;
    const char  *why;

    why = ngx_rtsp_auth_credentials(r, conf, cr);

    if (conf->realm.len == 0) {

        if ((cr->scheme != NGX_RTSP_SCHEME_NONE
             || ngx_rtsp_auth_has_token(r, cr))
            && ngx_rtsp_tries_used_up(r->connection->connection->sockaddr))
        {
            return ngx_rtsp_auth_used_up(r, cr);
        }

        return ngx_rtsp_auth_request(r, role, cr);
    }

    if (why && (conf->user_file || conf->request.url == NULL
                || !ngx_rtsp_auth_has_token(r, cr)))
    {
        ngx_rtsp_auth_log(r, 401, why, NULL);
        return ngx_rtsp_auth_challenge(r, 0);
    }

    if (ngx_rtsp_tries_used_up(r->connection->connection->sockaddr)) {
        return ngx_rtsp_auth_used_up(r, cr);
    }

    if (conf->user_file) {
        rc = ngx_rtsp_auth_file(r, conf, role, cr);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (conf->request.url) {
        return ngx_rtsp_auth_request(r, role, cr);
    }

    /* the configuration was checked for this, but nobody gets in by it */

    return conf->user_file ? NGX_OK
                           : ngx_rtsp_auth_wrong(r, &cr->user,
                                                 "nobody knows any user");
}


/* NULL: usable credentials; otherwise why they are not */

static const char *
ngx_rtsp_auth_credentials(ngx_rtsp_request_t *r, ngx_rtsp_auth_conf_t *conf,
    ngx_rtsp_credentials_t *cr)
{
    ngx_int_t           rc;
    ngx_rtsp_header_t  *h;

    ngx_memzero(cr, offsetof(ngx_rtsp_credentials_t, text));

    rc = ngx_rtsp_find_header_once(r->message, "Authorization", &h);

    if (rc == NGX_DECLINED) {
        return "no credentials for rtsp_auth";
    }

    if (rc == NGX_OK) {
        rc = ngx_rtsp_parse_credentials(&h->value, cr);
    }

    if (rc != NGX_OK) {

        /* nothing of what was read before it stopped is to be used */

        ngx_memzero(cr, offsetof(ngx_rtsp_credentials_t, text));

        return (rc == NGX_DECLINED) ? "a scheme that rtsp_auth does not offer"
                                    : "no sense in the credentials for "
                                      "rtsp_auth";
    }

    return ngx_rtsp_auth_offered(conf, cr);
}


static const char *
ngx_rtsp_auth_offered(ngx_rtsp_auth_conf_t *conf, ngx_rtsp_credentials_t *cr)
{
    ngx_uint_t  offer;

    switch (cr->scheme) {

    case NGX_RTSP_SCHEME_BASIC:
        offer = NGX_RTSP_OFFER_BASIC;
        break;

    case NGX_RTSP_SCHEME_DIGEST:
        offer = (cr->algorithm == NGX_RTSP_DIGEST_MD5)
                ? NGX_RTSP_OFFER_MD5
                : (cr->algorithm == NGX_RTSP_DIGEST_SHA256)
                  ? NGX_RTSP_OFFER_SHA256 : 0;
        break;

    default:
        offer = 0;
    }

    if ((conf->offers & offer) == 0) {
        return "a scheme that rtsp_auth does not offer";
    }

    if (cr->scheme == NGX_RTSP_SCHEME_DIGEST
        && (cr->realm.len != conf->realm.len
            || ngx_memcmp(cr->realm.data, conf->realm.data, cr->realm.len)
               != 0))
    {
        return "credentials for another realm than that of rtsp_auth";
    }

    return NULL;
}


/* a Bearer token, or one in the query, is for the service to judge */

ngx_uint_t
ngx_rtsp_auth_has_token(ngx_rtsp_request_t *r, ngx_rtsp_credentials_t *cr)
{
    u_char     buf[NGX_RTSP_MAX_URI];
    ngx_int_t  rc;
    ngx_str_t  token;

    rc = ngx_rtsp_auth_token(r, cr, buf, &token);

    if (rc == NGX_OK && token.data == buf) {
        ngx_explicit_memzero(buf, token.len);
    }

    return rc == NGX_OK;
}


/* the credentials against rtsp_auth_user_file */

static ngx_int_t
ngx_rtsp_auth_file(ngx_rtsp_request_t *r, ngx_rtsp_auth_conf_t *conf,
    ngx_uint_t role, ngx_rtsp_credentials_t *cr)
{
    ngx_int_t         rc;
    ngx_msec_t        until;
    ngx_rtsp_user_t  *user;

    ngx_rtsp_user_file_update(conf->user_file,
                              r->connection->connection->log);

    rc = (cr->scheme == NGX_RTSP_SCHEME_DIGEST)
         ? ngx_rtsp_auth_file_digest(r, conf, cr, &user)
         : ngx_rtsp_auth_file_basic(r, conf, cr, &user, &until);

    switch (rc) {

    case NGX_OK:
        break;

    case NGX_AGAIN:
        return ngx_rtsp_connection_sleep(r->connection, until);

    case NGX_DECLINED:
        return ngx_rtsp_auth_wrong(r, &cr->user,
                                   "wrong credentials (rtsp_auth_user_file)");

    case NGX_DONE:
        return NGX_DONE;

    case NGX_BUSY:
        return ngx_rtsp_auth_unchecked(r, "its address has too many passwords "
                                       "to be checked");

    default:
        return ngx_rtsp_auth_unchecked(r, "its password cannot be checked "
                                       "now");
    }

    /* others of the address may have been wrong meanwhile */

    if (ngx_rtsp_tries_used_up(r->connection->connection->sockaddr)) {
        return ngx_rtsp_auth_used_up(r, cr);
    }

    if ((user->roles & ngx_rtsp_role_bit(role)) == 0) {
        ngx_rtsp_auth_log(r, 403, "rtsp_auth_user_file gives another role",
                          &cr->user);
        return ngx_rtsp_auth_answered(ngx_rtsp_respond(r, 403));
    }

    return NGX_OK;
}


/* a client can bring it about, so it is no error of ours */

static ngx_int_t
ngx_rtsp_auth_unchecked(ngx_rtsp_request_t *r, const char *why)
{
    ngx_rtsp_auth_log(r, 503, why, NULL);

    return ngx_rtsp_auth_answered(ngx_rtsp_respond(r, 503));
}


/* a password that is not hashed serves both algorithms */

static ngx_int_t
ngx_rtsp_auth_file_digest(ngx_rtsp_request_t *r, ngx_rtsp_auth_conf_t *conf,
    ngx_rtsp_credentials_t *cr, ngx_rtsp_user_t **user)
{
    u_char      hash[NGX_RTSP_SHA256_LEN];
    ngx_int_t   rc;
    ngx_str_t   ha1, password;
    ngx_uint_t  kind;

    kind = (cr->algorithm == NGX_RTSP_DIGEST_SHA256) ? NGX_RTSP_USER_SHA256
                                                     : NGX_RTSP_USER_MD5;

    *user = ngx_rtsp_user_find(conf->user_file, &cr->user, &conf->realm, kind);

    if (*user) {
        return ngx_rtsp_auth_digest(r, cr, &(*user)->hash);
    }

    *user = ngx_rtsp_user_find(conf->user_file, &cr->user, NULL,
                               NGX_RTSP_USER_CRYPT);

    if (*user == NULL || !ngx_rtsp_user_is_plain(&(*user)->hash)) {
        return NGX_DECLINED;
    }

    password.data = (*user)->hash.data + sizeof("{PLAIN}") - 1;
    password.len = (*user)->hash.len - (sizeof("{PLAIN}") - 1);

    if (ngx_rtsp_digest_ha1(cr->algorithm, &cr->user, &conf->realm, &password,
                            hash)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ha1.data = hash;
    ha1.len = ngx_rtsp_digest_len(cr->algorithm);

    rc = ngx_rtsp_auth_digest(r, cr, &ha1);

    ngx_explicit_memzero(hash, sizeof(hash));

    return rc;
}


static ngx_int_t
ngx_rtsp_auth_file_basic(ngx_rtsp_request_t *r, ngx_rtsp_auth_conf_t *conf,
    ngx_rtsp_credentials_t *cr, ngx_rtsp_user_t **user, ngx_msec_t *until)
{
    u_char      hash[NGX_RTSP_SHA256_LEN];
    ngx_int_t   rc;
    ngx_str_t   ha1;
    ngx_uint_t  algorithm;

    *user = ngx_rtsp_user_find(conf->user_file, &cr->user, NULL,
                               NGX_RTSP_USER_CRYPT);

    if (*user) {
        return ngx_rtsp_auth_password(r, conf, cr, *user, until);
    }

    algorithm = NGX_RTSP_DIGEST_SHA256;
    *user = ngx_rtsp_user_find(conf->user_file, &cr->user, &conf->realm,
                               NGX_RTSP_USER_SHA256);

    if (*user == NULL) {
        algorithm = NGX_RTSP_DIGEST_MD5;
        *user = ngx_rtsp_user_find(conf->user_file, &cr->user, &conf->realm,
                                   NGX_RTSP_USER_MD5);
    }

    if (*user == NULL) {
        return ngx_rtsp_auth_password(r, conf, cr, NULL, until);
    }

    if (ngx_rtsp_digest_ha1(algorithm, &cr->user, &conf->realm, &cr->password,
                            hash)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ha1.data = hash;
    ha1.len = ngx_rtsp_digest_len(algorithm);

    rc = ngx_rtsp_is_same_secret(&ha1, &(*user)->hash) ? NGX_OK
                                                       : NGX_DECLINED;

    ngx_explicit_memzero(hash, sizeof(hash));

    return rc;
}


/*
 * Who is not there (NULL), or locked, has to stand in line as well where
 * others do, else the time of the answer would tell.
 */

static ngx_int_t
ngx_rtsp_auth_password(ngx_rtsp_request_t *r, ngx_rtsp_auth_conf_t *conf,
    ngx_rtsp_credentials_t *cr, ngx_rtsp_user_t *user, ngx_msec_t *until)
{
    ngx_int_t   rc;
    ngx_uint_t  known;

    known = (user && !ngx_rtsp_user_is_locked(&user->hash));

    if (!known) {
        user = ngx_rtsp_user_decoy(conf->user_file);

        if (user == NULL) {
            return NGX_DECLINED;
        }
    }

    rc = ngx_rtsp_password_check(&r->connection->auth->job, r->connection,
                                 &cr->user, &cr->password, &user->hash,
                                 until);

    return (rc == NGX_OK && !known) ? NGX_DECLINED : rc;
}


ngx_int_t
ngx_rtsp_auth_digest(ngx_rtsp_request_t *r, ngx_rtsp_credentials_t *cr,
    ngx_str_t *ha1)
{
    return ngx_rtsp_auth_proves(r, cr, ha1) ? ngx_rtsp_auth_fresh(r, cr)
                                            : NGX_DECLINED;
}


ngx_uint_t
ngx_rtsp_auth_proves(ngx_rtsp_request_t *r, ngx_rtsp_credentials_t *cr,
    ngx_str_t *ha1)
{
    u_char      hash[NGX_RTSP_SHA256_LEN];
    ngx_uint_t  right, setup;

    if (ha1->len != ngx_rtsp_digest_len(cr->algorithm) || ha1->len == 0) {
        return 0;
    }

    setup = (r->message->method == NGX_RTSP_SETUP);

    if (!ngx_rtsp_is_digest_uri(&cr->uri, &r->message->uri, setup)) {
        ngx_log_error(NGX_LOG_INFO, r->connection->connection->log, 0,
                      "rtsp client asked for \"%V\" with a Digest of another "
                      "URL", &r->path);
        return 0;
    }

    ngx_strlow(hash, ha1->data, ha1->len);

    right = ngx_rtsp_is_digest_right(cr, &r->message->method_name, hash);

    ngx_explicit_memzero(hash, sizeof(hash));

    return right;
}


ngx_int_t
ngx_rtsp_auth_fresh(ngx_rtsp_request_t *r, ngx_rtsp_credentials_t *cr)
{
    if (ngx_rtsp_nonce_is(&r->connection->auth->nonce, &cr->nonce,
                          ngx_current_msec))
    {
        return NGX_OK;
    }

    ngx_rtsp_auth_log(r, 401, "the nonce for rtsp_auth is stale", &cr->user);

    return ngx_rtsp_auth_challenge(r, 1);
}


ngx_int_t
ngx_rtsp_auth_wrong(ngx_rtsp_request_t *r, ngx_str_t *user, const char *why)
{
    ngx_uint_t         n;
    ngx_connection_t  *c;

    c = r->connection->connection;

    ngx_rtsp_auth_log(r, 401, why, user);

    n = ngx_rtsp_tries_add(c->sockaddr);

    if (n == NGX_RTSP_MAX_TRIES) {
        ngx_log_error(NGX_LOG_NOTICE, c->log, 0,
                      "rtsp client's address sent %ui wrong credentials in a "
                      "minute, more are refused unread", n);
    }

    return ngx_rtsp_auth_refuse(r);
}


static ngx_int_t
ngx_rtsp_auth_used_up(ngx_rtsp_request_t *r, ngx_rtsp_credentials_t *cr)
{
    ngx_rtsp_auth_log(r, 401, "too many wrong credentials from its address "
                      "within a minute", cr->user.len ? &cr->user : NULL);

    return ngx_rtsp_auth_refuse(r);
}


static ngx_int_t
ngx_rtsp_auth_refuse(ngx_rtsp_request_t *r)
{
    ngx_rtsp_auth_state_t  *auth;

    auth = r->connection->auth;
    auth->refusing = 1;

    /* it may still stand in line */
    ngx_rtsp_password_abandon(&auth->job);

    return ngx_rtsp_auth_refusing(r);
}


static ngx_int_t
ngx_rtsp_auth_refusing(ngx_rtsp_request_t *r)
{
    ngx_rtsp_auth_state_t  *auth;

    auth = r->connection->auth;

    if ((ngx_msec_int_t) (ngx_current_msec - auth->refuse_at) < 0) {
        return ngx_rtsp_connection_sleep(r->connection, auth->refuse_at);
    }

    return ngx_rtsp_auth_challenge(r, 0);
}


/*
 * Clients take the first challenge that they can do (curl), or the last one
 * whether they can or not (FFmpeg, of Digest), so MD5 goes behind SHA-256.  A
 * service that wants credentials where rtsp_auth is off gets the password.
 */

ngx_int_t
ngx_rtsp_auth_challenge(ngx_rtsp_request_t *r, ngx_uint_t stale)
{
    ngx_str_t               nonce, realm;
    ngx_uint_t              offers;
    ngx_rtsp_writer_t      *w;
    ngx_rtsp_auth_conf_t   *conf;
    ngx_rtsp_auth_state_t  *auth;

    conf = ngx_rtsp_request_conf(r, ngx_stream_rtsp_auth_module);
    auth = r->connection->auth;

    if (ngx_rtsp_auth_nonce(auth) != NGX_OK) {
        return ngx_rtsp_auth_answered(ngx_rtsp_refuse(r, 500, "no nonce"));
    }

    nonce.data = auth->nonce.text;
    nonce.len = NGX_RTSP_NONCE_LEN;

    realm = conf->realm;
    offers = conf->offers;

    if (realm.len == 0) {
        ngx_str_set(&realm, "rtsp");
        offers = NGX_RTSP_OFFER_BASIC;
    }

    w = ngx_rtsp_response_begin(r, 401);

    if (offers & NGX_RTSP_OFFER_SHA256) {
        ngx_rtsp_put_header_begin(w, "WWW-Authenticate");
        ngx_rtsp_put_digest_challenge(w, &realm, &nonce,
                                      NGX_RTSP_DIGEST_SHA256, stale);
        ngx_rtsp_put_header_end(w);
    }

    if (offers & NGX_RTSP_OFFER_MD5) {
        ngx_rtsp_put_header_begin(w, "WWW-Authenticate");
        ngx_rtsp_put_digest_challenge(w, &realm, &nonce, NGX_RTSP_DIGEST_MD5,
                                      stale);
        ngx_rtsp_put_header_end(w);
    }

    if (offers & NGX_RTSP_OFFER_BASIC) {
        ngx_rtsp_put_header_begin(w, "WWW-Authenticate");
        ngx_rtsp_put_basic_challenge(w, &realm);
        ngx_rtsp_put_header_end(w);
    }

    return ngx_rtsp_auth_answered(ngx_rtsp_response_end(r, w, NULL));
}


/* the connection's nonce, a new one if it has none that is fresh */

static ngx_int_t
ngx_rtsp_auth_nonce(ngx_rtsp_auth_state_t *auth)
{
    u_char  random[NGX_RTSP_NONCE_RANDOM];

    if (ngx_rtsp_nonce_is_fresh(&auth->nonce, ngx_current_msec)) {
        return NGX_OK;
    }

    if (ngx_rtsp_random(random, sizeof(random)) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_rtsp_nonce_make(&auth->nonce, random, ngx_current_msec);

    return NGX_OK;
}


/* who was refused what and by which directive, never with a password */

static void
ngx_rtsp_auth_log(ngx_rtsp_request_t *r, ngx_uint_t status, const char *why,
    ngx_str_t *user)
{
    u_char  text[256 + NGX_RTSP_MAX_CREDENTIAL];

    if (user) {
        ngx_snprintf(text, sizeof(text), "%s, user: \"%V\"%Z", why, user);
        text[sizeof(text) - 1] = '\0';
        why = (char *) text;
    }

    ngx_rtsp_log_refused(r, NGX_LOG_INFO, status, why);
}


static ngx_int_t
ngx_rtsp_auth_answered(ngx_int_t rc)
{
    return (rc == NGX_OK) ? NGX_DONE : NGX_ERROR;
}
