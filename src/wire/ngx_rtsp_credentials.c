
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "ngx_rtsp_credentials.h"
#include "ngx_rtsp_url.h"


/*
 * Authorization and WWW-Authenticate (RFC 7616, RFC 7617, RFC 2069, RFC 6750)
 * as text and as arithmetic.  Called by the server, which knows the users and
 * the nonces, and by the rtsp_auth_request client.
 *
 * It owns nothing: hashes are made by libcrypto, texts are slices of the
 * header, or of the caller's structure where they were decoded.  Invariant:
 * all that is secret is compared in constant time, and only here.
 */


#define NGX_RTSP_MAX_HASH_PARTS  11


typedef struct {
    const char  *name;
    size_t       offset;
} ngx_rtsp_digest_param_t;


static ngx_int_t ngx_rtsp_parse_basic(ngx_str_t *text,
    ngx_rtsp_credentials_t *cr);
static ngx_int_t ngx_rtsp_parse_bearer(ngx_str_t *text,
    ngx_rtsp_credentials_t *cr);
static ngx_int_t ngx_rtsp_parse_digest(ngx_str_t *text,
    ngx_rtsp_credentials_t *cr);
static ngx_int_t ngx_rtsp_cut_param(ngx_str_t *text, ngx_str_t *name,
    ngx_str_t *value);
static size_t ngx_rtsp_param_value(ngx_str_t *text, size_t i,
    ngx_str_t *value);
static ngx_int_t ngx_rtsp_check_digest(ngx_rtsp_credentials_t *cr);
static ngx_int_t ngx_rtsp_unescape_user(ngx_rtsp_credentials_t *cr);
static ngx_uint_t ngx_rtsp_is_printable(const ngx_str_t *text);
static ngx_uint_t ngx_rtsp_is_same_resource(const ngx_rtsp_url_t *a,
    const ngx_rtsp_url_t *b);
static void ngx_rtsp_resource(const ngx_rtsp_url_t *url, ngx_str_t *path,
    ngx_str_t *query);
static ngx_int_t ngx_rtsp_hash_parts(ngx_uint_t algorithm,
    const ngx_str_t *parts, ngx_uint_t n, u_char *hex);


static const ngx_rtsp_digest_param_t  ngx_rtsp_digest_params[] = {
    { "username", offsetof(ngx_rtsp_credentials_t, user) },
    { "realm", offsetof(ngx_rtsp_credentials_t, realm) },
    { "nonce", offsetof(ngx_rtsp_credentials_t, nonce) },
    { "uri", offsetof(ngx_rtsp_credentials_t, uri) },
    { "response", offsetof(ngx_rtsp_credentials_t, response) },
    { "algorithm", offsetof(ngx_rtsp_credentials_t, algorithm_name) },
    { "qop", offsetof(ngx_rtsp_credentials_t, qop) },
    { "nc", offsetof(ngx_rtsp_credentials_t, nc) },
    { "cnonce", offsetof(ngx_rtsp_credentials_t, cnonce) },
    { "opaque", offsetof(ngx_rtsp_credentials_t, opaque) }
};


static const ngx_str_t  ngx_rtsp_colon = ngx_string(":");


ngx_int_t
ngx_rtsp_parse_credentials(const ngx_str_t *value, ngx_rtsp_credentials_t *cr)
{
    size_t     len;
    ngx_str_t  text, scheme;

    /* the text is not cleared: it is large, and whoever writes it says how
     * much of it there is */

    ngx_memzero(cr, offsetof(ngx_rtsp_credentials_t, text));

    text = *value;
    ngx_rtsp_text_trim(&text);

    for (len = 0; len < text.len; len++) {
        if (text.data[len] == ' ' || text.data[len] == '\t') {
            break;
        }
    }

    scheme.data = text.data;
    scheme.len = len;

    text.data += len;
    text.len -= len;
    ngx_rtsp_text_trim(&text);

    if (ngx_rtsp_text_is(&scheme, "Basic")) {
        return ngx_rtsp_parse_basic(&text, cr);
    }

    if (ngx_rtsp_text_is(&scheme, "Digest")) {
        return ngx_rtsp_parse_digest(&text, cr);
    }

    if (ngx_rtsp_text_is(&scheme, "Bearer")) {
        return ngx_rtsp_parse_bearer(&text, cr);
    }

    return NGX_DECLINED;
}


/* a user name holds no colon, a password may (RFC 7617 2) */

static ngx_int_t
ngx_rtsp_parse_basic(ngx_str_t *text, ngx_rtsp_credentials_t *cr)
{
    ssize_t    n;
    ngx_str_t  rest;

    n = ngx_rtsp_text_base64(text, cr->text, sizeof(cr->text));

    if (n <= 0) {
        return NGX_ERROR;
    }

    rest.data = cr->text;
    rest.len = n;

    if (!ngx_rtsp_is_printable(&rest)
        || memchr(rest.data, ':', rest.len) == NULL)
    {
        return NGX_ERROR;
    }

    (void) ngx_rtsp_text_cut(&rest, ':', &cr->user);

    if (cr->user.len == 0) {
        return NGX_ERROR;
    }

    cr->password = rest;
    cr->scheme = NGX_RTSP_SCHEME_BASIC;

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_parse_bearer(ngx_str_t *text, ngx_rtsp_credentials_t *cr)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] <= ' ' || text->data[i] >= 0x7f) {
            return NGX_ERROR;
        }
    }

    if (text->len == 0) {
        return NGX_ERROR;
    }

    cr->token = *text;
    cr->scheme = NGX_RTSP_SCHEME_BEARER;

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_parse_digest(ngx_str_t *text, ngx_rtsp_credentials_t *cr)
{
    ngx_int_t   rc;
    ngx_str_t   rest, name, value, *param;
    ngx_uint_t  i;

    rest = *text;

    for ( ;; ) {

        rc = ngx_rtsp_cut_param(&rest, &name, &value);

        if (rc == NGX_DONE) {
            break;
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }

        if (ngx_rtsp_text_is(&name, "userhash")
            && !ngx_rtsp_text_is(&value, "false"))
        {
            return NGX_ERROR;
        }

        for (i = 0;
             i < sizeof(ngx_rtsp_digest_params)
                 / sizeof(ngx_rtsp_digest_param_t);
             i++)
        {
            if (!ngx_rtsp_text_is(&name, ngx_rtsp_digest_params[i].name)) {
                continue;
            }

            param = (ngx_str_t *) ((u_char *) cr
                                   + ngx_rtsp_digest_params[i].offset);

            if (param->data) {
                return NGX_ERROR;
            }

            *param = value;
        }
    }

    if (ngx_rtsp_check_digest(cr) != NGX_OK) {
        return NGX_ERROR;
    }

    cr->scheme = NGX_RTSP_SCHEME_DIGEST;

    return NGX_OK;
}


/*
 * The next "name=value" or "name="value"" behind any commas and white space;
 * a value's data is never NULL.  NGX_DONE: no more; NGX_ERROR: something else.
 */

static ngx_int_t
ngx_rtsp_cut_param(ngx_str_t *text, ngx_str_t *name, ngx_str_t *value)
{
    size_t  i, start;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] != ' ' && text->data[i] != '\t'
            && text->data[i] != ',')
        {
            break;
        }
    }

    if (i == text->len) {
        return NGX_DONE;
    }

    start = i;

    while (i < text->len && text->data[i] != '=') {

        if (text->data[i] == ',' || text->data[i] == '"') {
            return NGX_ERROR;
        }

        i++;
    }

    if (i == text->len) {
        return NGX_ERROR;
    }

    name->data = text->data + start;
    name->len = i - start;
    ngx_rtsp_text_trim(name);

    i = ngx_rtsp_param_value(text, i + 1, value);

    if (name->len == 0 || i == 0) {
        return NGX_ERROR;
    }

    text->data += i;
    text->len -= i;

    return NGX_OK;
}


/* the value that begins at "i"; returns where it ends, 0: no second quote */

static size_t
ngx_rtsp_param_value(ngx_str_t *text, size_t i, ngx_str_t *value)
{
    while (i < text->len && (text->data[i] == ' ' || text->data[i] == '\t')) {
        i++;
    }

    if (i == text->len || text->data[i] != '"') {

        value->data = text->data + i;

        while (i < text->len && text->data[i] != ',') {
            i++;
        }

        value->len = text->data + i - value->data;
        ngx_rtsp_text_trim(value);

        return i;
    }

    value->data = text->data + ++i;

    while (i < text->len && text->data[i] != '"') {

        if (text->data[i] == '\\') {
            i++;
        }

        i++;
    }

    if (i >= text->len) {
        return 0;
    }

    value->len = text->data + i - value->data;

    return i + 1;
}


static ngx_int_t
ngx_rtsp_check_digest(ngx_rtsp_credentials_t *cr)
{
    size_t  i;

    if (cr->user.len == 0 || cr->realm.len == 0 || cr->nonce.len == 0
        || cr->uri.len == 0 || cr->response.len == 0)
    {
        return NGX_ERROR;
    }

    if (cr->algorithm_name.len == 0
        || ngx_rtsp_text_is(&cr->algorithm_name, "MD5"))
    {
        cr->algorithm = NGX_RTSP_DIGEST_MD5;

    } else if (ngx_rtsp_text_is(&cr->algorithm_name, "SHA-256")) {
        cr->algorithm = NGX_RTSP_DIGEST_SHA256;

    } else {
        cr->algorithm = NGX_RTSP_DIGEST_UNKNOWN;
    }

    if (cr->algorithm != NGX_RTSP_DIGEST_UNKNOWN) {

        if (cr->response.len != ngx_rtsp_digest_len(cr->algorithm)) {
            return NGX_ERROR;
        }

        for (i = 0; i < cr->response.len; i++) {
            if (memchr("0123456789abcdefABCDEF", cr->response.data[i], 22)
                == NULL)
            {
                return NGX_ERROR;
            }
        }
    }

    if (cr->qop.len
        && (!ngx_rtsp_text_is(&cr->qop, "auth")
            || cr->nc.len == 0 || cr->cnonce.len == 0))
    {
        return NGX_ERROR;
    }

    return ngx_rtsp_unescape_user(cr);
}


/*
 * A quoted name has its quotes and backslashes escaped (curl), which is not
 * part of it.  FFmpeg escapes nothing, so other backslashes are kept: they
 * stand behind the domain in names of Windows.
 */

static ngx_int_t
ngx_rtsp_unescape_user(ngx_rtsp_credentials_t *cr)
{
    size_t   i;
    u_char  *p;

    if (!ngx_rtsp_is_printable(&cr->user) || cr->user.len > sizeof(cr->text)) {
        return NGX_ERROR;
    }

    if (memchr(cr->user.data, '\\', cr->user.len) == NULL) {
        return NGX_OK;
    }

    p = cr->text;

    for (i = 0; i < cr->user.len; i++) {

        if (cr->user.data[i] == '\\' && i + 1 < cr->user.len
            && (cr->user.data[i + 1] == '\\' || cr->user.data[i + 1] == '"'))
        {
            i++;
        }

        *p++ = cr->user.data[i];
    }

    cr->user.data = cr->text;
    cr->user.len = p - cr->text;

    return NGX_OK;
}


/* no control characters: names go into logs and files of lines */

static ngx_uint_t
ngx_rtsp_is_printable(const ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] < 0x20 || text->data[i] == 0x7f) {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
ngx_rtsp_is_digest_uri(const ngx_str_t *uri, const ngx_str_t *request_uri,
    ngx_uint_t setup)
{
    ngx_str_t       control;
    ngx_rtsp_url_t  a, b, base;

    if (ngx_rtsp_parse_url(uri, &a) != NGX_OK
        || ngx_rtsp_parse_url(request_uri, &b) != NGX_OK)
    {
        return 0;
    }

    if (ngx_rtsp_is_same_resource(&a, &b)) {
        return 1;
    }

    if (!setup) {
        return 0;
    }

    ngx_rtsp_url_control(&b, &control, &base);

    return control.len && ngx_rtsp_is_same_resource(&a, &base);
}


static ngx_uint_t
ngx_rtsp_is_same_resource(const ngx_rtsp_url_t *a, const ngx_rtsp_url_t *b)
{
    size_t     i;
    ngx_int_t  port[2];
    ngx_str_t  path[2], query[2];

    if (a->scheme.len && b->scheme.len) {

        port[0] = (a->port == -1) ? 554 : a->port;
        port[1] = (b->port == -1) ? 554 : b->port;

        if (port[0] != port[1] || a->host.len != b->host.len) {
            return 0;
        }

        for (i = 0; i < a->host.len; i++) {
            if (ngx_tolower(a->host.data[i]) != ngx_tolower(b->host.data[i])) {
                return 0;
            }
        }
    }

    ngx_rtsp_resource(a, &path[0], &query[0]);
    ngx_rtsp_resource(b, &path[1], &query[1]);

    return a->has_query == b->has_query
           && path[0].len == path[1].len
           && query[0].len == query[1].len
           && ngx_memcmp(path[0].data, path[1].data, path[0].len) == 0
           && ngx_memcmp(query[0].data, query[1].data, query[0].len) == 0;
}


/* without the slash that clients put at the end or leave out there */

static void
ngx_rtsp_resource(const ngx_rtsp_url_t *url, ngx_str_t *path,
    ngx_str_t *query)
{
    ngx_str_t  *last;

    *path = url->path;
    *query = url->query;

    last = url->has_query ? query : path;

    if (last->len && last->data[last->len - 1] == '/') {
        last->len--;
    }
}


size_t
ngx_rtsp_digest_len(ngx_uint_t algorithm)
{
    switch (algorithm) {

    case NGX_RTSP_DIGEST_MD5:
        return NGX_RTSP_MD5_LEN;

    case NGX_RTSP_DIGEST_SHA256:
        return NGX_RTSP_SHA256_LEN;

    default:
        return 0;
    }
}


ngx_int_t
ngx_rtsp_digest_ha1(ngx_uint_t algorithm, const ngx_str_t *user,
    const ngx_str_t *realm, const ngx_str_t *password, u_char *ha1)
{
    ngx_str_t  parts[5];

    parts[0] = *user;
    parts[1] = ngx_rtsp_colon;
    parts[2] = *realm;
    parts[3] = ngx_rtsp_colon;
    parts[4] = *password;

    return ngx_rtsp_hash_parts(algorithm, parts, 5, ha1);
}


ngx_int_t
ngx_rtsp_digest_response(const ngx_rtsp_credentials_t *cr,
    const ngx_str_t *method, const u_char *ha1, u_char *response)
{
    u_char      ha2[NGX_RTSP_SHA256_LEN];
    ngx_str_t   parts[NGX_RTSP_MAX_HASH_PARTS];
    ngx_uint_t  n;

    parts[0] = *method;
    parts[1] = ngx_rtsp_colon;
    parts[2] = cr->uri;

    if (ngx_rtsp_hash_parts(cr->algorithm, parts, 3, ha2) != NGX_OK) {
        return NGX_ERROR;
    }

    n = 0;

    parts[n].data = (u_char *) ha1;
    parts[n++].len = ngx_rtsp_digest_len(cr->algorithm);
    parts[n++] = ngx_rtsp_colon;
    parts[n++] = cr->nonce;
    parts[n++] = ngx_rtsp_colon;

    if (cr->qop.len) {
        parts[n++] = cr->nc;
        parts[n++] = ngx_rtsp_colon;
        parts[n++] = cr->cnonce;
        parts[n++] = ngx_rtsp_colon;
        parts[n++] = cr->qop;
        parts[n++] = ngx_rtsp_colon;
    }

    parts[n].data = ha2;
    parts[n++].len = ngx_rtsp_digest_len(cr->algorithm);

    return ngx_rtsp_hash_parts(cr->algorithm, parts, n, response);
}


ngx_uint_t
ngx_rtsp_is_digest_right(const ngx_rtsp_credentials_t *cr,
    const ngx_str_t *method, const u_char *ha1)
{
    size_t  i, len;
    u_char  right[NGX_RTSP_SHA256_LEN], got[NGX_RTSP_SHA256_LEN];

    len = ngx_rtsp_digest_len(cr->algorithm);

    if (len == 0 || cr->response.len != len
        || ngx_rtsp_digest_response(cr, method, ha1, right) != NGX_OK)
    {
        return 0;
    }

    for (i = 0; i < len; i++) {
        got[i] = ngx_tolower(cr->response.data[i]);
    }

    return CRYPTO_memcmp(got, right, len) == 0;
}


ngx_uint_t
ngx_rtsp_is_same_secret(const ngx_str_t *a, const ngx_str_t *b)
{
    u_char  ha[NGX_RTSP_SHA256_LEN], hb[NGX_RTSP_SHA256_LEN];

    if (ngx_rtsp_hash_parts(NGX_RTSP_DIGEST_SHA256, a, 1, ha) != NGX_OK
        || ngx_rtsp_hash_parts(NGX_RTSP_DIGEST_SHA256, b, 1, hb) != NGX_OK)
    {
        return 0;
    }

    return CRYPTO_memcmp(ha, hb, sizeof(ha)) == 0;
}


/* the hash of all parts one behind the other, in lower-case hex */

static ngx_int_t
ngx_rtsp_hash_parts(ngx_uint_t algorithm, const ngx_str_t *parts,
    ngx_uint_t n, u_char *hex)
{
    u_char         md[EVP_MAX_MD_SIZE];
    ngx_int_t      rc;
    EVP_MD_CTX    *ctx;
    ngx_uint_t     i;
    unsigned int   len;

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_ERROR;

    if (EVP_DigestInit_ex(ctx, algorithm == NGX_RTSP_DIGEST_SHA256
                               ? EVP_sha256() : EVP_md5(), NULL)
        != 1)
    {
        goto done;
    }

    for (i = 0; i < n; i++) {
        if (EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) != 1) {
            goto done;
        }
    }

    if (EVP_DigestFinal_ex(ctx, md, &len) != 1
        || 2 * len != ngx_rtsp_digest_len(algorithm))
    {
        goto done;
    }

    for (i = 0; i < len; i++) {
        hex[2 * i] = "0123456789abcdef"[md[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[md[i] & 0xf];
    }

    rc = NGX_OK;

done:

    EVP_MD_CTX_free(ctx);

    return rc;
}


void
ngx_rtsp_put_basic_challenge(ngx_rtsp_writer_t *w, const ngx_str_t *realm)
{
    ngx_rtsp_put_text(w, "Basic realm=\"");
    ngx_rtsp_put_str(w, realm);
    ngx_rtsp_put_text(w, "\"");
}


/* algorithm and stale are tokens, without quotes (RFC 7616 3.3) */

void
ngx_rtsp_put_digest_challenge(ngx_rtsp_writer_t *w, const ngx_str_t *realm,
    const ngx_str_t *nonce, ngx_uint_t algorithm, ngx_uint_t stale)
{
    ngx_rtsp_put_text(w, "Digest realm=\"");
    ngx_rtsp_put_str(w, realm);
    ngx_rtsp_put_text(w, "\", nonce=\"");
    ngx_rtsp_put_str(w, nonce);
    ngx_rtsp_put_text(w, "\", qop=\"auth\", algorithm=");
    ngx_rtsp_put_text(w, algorithm == NGX_RTSP_DIGEST_SHA256 ? "SHA-256"
                                                             : "MD5");

    if (stale) {
        ngx_rtsp_put_text(w, ", stale=true");
    }
}
