
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_AUTH_CACHE_H_INCLUDED_
#define _NGX_RTSP_AUTH_CACHE_H_INCLUDED_


#define NGX_RTSP_AUTH_KEY_LEN     NGX_RTSP_HASH_LEN
#define NGX_RTSP_AUTH_HA1_LEN     64        /* SHA-256 in hexadecimal */

#define NGX_RTSP_AUTH_SETS        512       /* a power of two */
#define NGX_RTSP_AUTH_WAYS        8         /* entries of a set */


/* what a service has said about a key */

typedef struct {
    ngx_uint_t                    status;   /* 200, 401, 403 */
    size_t                        ha1_len;  /* 0: none */
    u_char                        ha1[NGX_RTSP_AUTH_HA1_LEN];
} ngx_rtsp_auth_answer_t;


typedef struct {
    ngx_atomic_t                  valid;    /* written first and last */
    ngx_msec_t                    stored;
    ngx_msec_t                    until;
    u_char                        key[NGX_RTSP_AUTH_KEY_LEN];
    ngx_uint_t                    status;
    size_t                        sealed_len;   /* 0: no HA1 */
    u_char                        sealed[NGX_RTSP_AUTH_HA1_LEN
                                         + NGX_RTSP_SEAL_LEN];
} ngx_rtsp_auth_entry_t;


/* in the zone, made by the first worker that has something to keep */

struct ngx_rtsp_auth_cache_s {
    ngx_rtsp_auth_entry_t         entries[NGX_RTSP_AUTH_SETS
                                          * NGX_RTSP_AUTH_WAYS];
};


/*
 * Keys are NGX_RTSP_AUTH_KEY_LEN bytes, evenly spread and not to be guessed.
 * NGX_OK: "answer" is filled in; NGX_DECLINED: nothing is known.
 */
ngx_int_t ngx_rtsp_auth_cache_find(const u_char *key,
    ngx_rtsp_auth_answer_t *answer);

/*
 * Keeps an answer for "time" ms, in place of the oldest where need be, its HA1
 * sealed.  Nothing is kept where the zone is full.
 */
void ngx_rtsp_auth_cache_store(const u_char *key,
    const ngx_rtsp_auth_answer_t *answer, ngx_msec_t time);


#endif /* _NGX_RTSP_AUTH_CACHE_H_INCLUDED_ */
