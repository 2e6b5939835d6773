
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_AUTH_SUBJECT_H_INCLUDED_
#define _NGX_RTSP_AUTH_SUBJECT_H_INCLUDED_


/* bytes of a certificate's subject; a client with a longer one is denied */
#define NGX_RTSP_AUTH_MAX_SUBJECT  4096


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


/*
 * Of whom a service is asked.  Slices of the request, of the pool that it was
 * described with, or of what a session has kept.
 */

typedef struct {
    ngx_uint_t                    scheme;   /* ngx_rtsp_scheme_e */
    ngx_str_t                     fields[NGX_RTSP_TELL_MAX];
} ngx_rtsp_auth_subject_t;


/*
 * The request's token for a service: Bearer, else, without an Authorization
 * header, "token" or "jwt" of the query, the first that has a value.  "buf",
 * as long as the query, is for the decoded one, which the caller wipes.
 * NGX_DECLINED: there is none.
 */
ngx_int_t ngx_rtsp_auth_token(ngx_rtsp_request_t *r,
    ngx_rtsp_credentials_t *cr, u_char *buf, ngx_str_t *token);

/*
 * The subject of a request, slices of it and of "cr" where they can be.
 * NGX_DECLINED: its certificate's subject is too long to be told; NGX_ERROR:
 * no memory.
 */
ngx_int_t ngx_rtsp_auth_subject_describe(ngx_rtsp_request_t *r,
    ngx_rtsp_credentials_t *cr, ngx_uint_t role, ngx_pool_t *pool,
    ngx_rtsp_auth_subject_t *subject);

/*
 * From now on it is that of a session, which is asked about again: its strings
 * are copied to the session's pool.  NGX_ERROR: no memory.
 */
ngx_int_t ngx_rtsp_auth_subject_keep(ngx_rtsp_auth_subject_t *subject,
    ngx_rtsp_session_t *session);

/* wipes all that may be a credential, or have one in it, of such a copy */
void ngx_rtsp_auth_subject_wipe(ngx_rtsp_auth_subject_t *subject);


#endif /* _NGX_RTSP_AUTH_SUBJECT_H_INCLUDED_ */
