
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_CREDENTIALS_H_INCLUDED_
#define _NGX_RTSP_CREDENTIALS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_text.h"


#define NGX_RTSP_MAX_USER        255    /* bytes of a user name */
#define NGX_RTSP_MAX_CREDENTIAL  1024   /* "user:password" of Basic */

/* hex digits of hashes */
#define NGX_RTSP_MD5_LEN         32
#define NGX_RTSP_SHA256_LEN      64


typedef enum {
    NGX_RTSP_SCHEME_NONE = 0,
    NGX_RTSP_SCHEME_BASIC,
    NGX_RTSP_SCHEME_DIGEST,
    NGX_RTSP_SCHEME_BEARER
} ngx_rtsp_scheme_e;


typedef enum {
    NGX_RTSP_DIGEST_NONE = 0,
    NGX_RTSP_DIGEST_MD5,
    NGX_RTSP_DIGEST_SHA256,
    NGX_RTSP_DIGEST_UNKNOWN             /* named, and none of the above */
} ngx_rtsp_digest_e;


/*
 * What an Authorization header says.  Slices point into the header, those of
 * a user and a password that had to be decoded into "text": a structure that
 * was copied has to be parsed anew.  What is absent has len 0.
 */

typedef struct {
    ngx_rtsp_scheme_e        scheme;

    ngx_str_t                user;      /* Basic and Digest */
    ngx_str_t                password;  /* Basic; may hold colons, be empty */
    ngx_str_t                token;     /* Bearer */

    ngx_rtsp_digest_e        algorithm; /* MD5 where it is absent */
    ngx_str_t                algorithm_name;
    ngx_str_t                realm;
    ngx_str_t                nonce;
    ngx_str_t                uri;
    ngx_str_t                response;
    ngx_str_t                qop;       /* empty: RFC 2069 */
    ngx_str_t                nc;
    ngx_str_t                cnonce;
    ngx_str_t                opaque;

    u_char                   text[NGX_RTSP_MAX_CREDENTIAL];
} ngx_rtsp_credentials_t;


/*
 * Reads the value of an Authorization header (RFC 7616 3.4, RFC 7617 2, RFC
 * 6750 2.1).  Tolerated: schemes and algorithms in any case, quotes missing
 * or where they should not be, any white space and commas between parameters,
 * parameters nobody knows, no qop (RFC 2069).
 *
 * NGX_DECLINED: another scheme.  NGX_ERROR: not to be read: no or an empty
 * user, control characters in a name or password, a parameter that is missing
 * or repeated, a response of the wrong length, a qop other than auth, a hashed
 * user name.  An unknown algorithm is no error, no response is right for it.
 */
ngx_int_t ngx_rtsp_parse_credentials(const ngx_str_t *value,
    ngx_rtsp_credentials_t *cr);

/*
 * 1 if the uri of a Digest may stand for the request's own: the same path and
 * query on the same host, or without a host (Bosch BVMS), with or without a
 * slash at the end.  In SETUP also the URL without the media's control (VLC
 * with a slash behind it, HappyTime without).
 */
ngx_uint_t ngx_rtsp_is_digest_uri(const ngx_str_t *uri,
    const ngx_str_t *request_uri, ngx_uint_t setup);


/* hex digits of the algorithm's hashes; 0 if it is unknown */
size_t ngx_rtsp_digest_len(ngx_uint_t algorithm);

/*
 * H(user:realm:password) in lower case into "ha1" of ngx_rtsp_digest_len()
 * bytes.  NGX_ERROR: the library has no such algorithm.
 */
ngx_int_t ngx_rtsp_digest_ha1(ngx_uint_t algorithm, const ngx_str_t *user,
    const ngx_str_t *realm, const ngx_str_t *password, u_char *ha1);

/*
 * The response to a challenge (RFC 7616 3.4.1, without qop RFC 2069 2.1.2):
 * algorithm, nonce, uri, qop, nc and cnonce are taken from "cr".  "ha1" is in
 * lower case.  NGX_ERROR as above.
 */
ngx_int_t ngx_rtsp_digest_response(const ngx_rtsp_credentials_t *cr,
    const ngx_str_t *method, const u_char *ha1, u_char *response);

/* 1 if cr->response is right, compared in constant time */
ngx_uint_t ngx_rtsp_is_digest_right(const ngx_rtsp_credentials_t *cr,
    const ngx_str_t *method, const u_char *ha1);

/* 1 if two secrets are equal; the time tells neither where they differ nor
 * how long they are */
ngx_uint_t ngx_rtsp_is_same_secret(const ngx_str_t *a, const ngx_str_t *b);


/*
 * Values of WWW-Authenticate headers.  A realm has neither quotes nor
 * backslashes.  Every Digest challenge offers qop="auth".
 */
void ngx_rtsp_put_basic_challenge(ngx_rtsp_writer_t *w,
    const ngx_str_t *realm);
void ngx_rtsp_put_digest_challenge(ngx_rtsp_writer_t *w,
    const ngx_str_t *realm, const ngx_str_t *nonce, ngx_uint_t algorithm,
    ngx_uint_t stale);


#endif /* _NGX_RTSP_CREDENTIALS_H_INCLUDED_ */
