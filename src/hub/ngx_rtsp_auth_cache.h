
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_AUTH_CACHE_H_INCLUDED_
#define _NGX_RTSP_AUTH_CACHE_H_INCLUDED_


#define NGX_RTSP_AUTH_KEY_LEN     32        /* of HMAC-SHA256 */
#define NGX_RTSP_AUTH_SECRET_LEN  32
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
    ngx_rtsp_auth_answer_t        answer;
} ngx_rtsp_auth_entry_t;


/* in the zone, made by the first worker that wants it */

struct ngx_rtsp_auth_cache_s {
    u_char                        secret[NGX_RTSP_AUTH_SECRET_LEN];
    ngx_rtsp_auth_entry_t         entries[NGX_RTSP_AUTH_SETS
                                          * NGX_RTSP_AUTH_WAYS];
};


/*
 * The random secret that keys are made with, the same in all workers for the
 * life of the zone; makes the cache if there is none yet.  NGX_ERROR: the
 * zone is full, or there are no random numbers.
 */
ngx_int_t ngx_rtsp_auth_cache_secret(u_char *secret);

/*
 * Keys are NGX_RTSP_AUTH_KEY_LEN bytes, evenly spread and not to be guessed.
 * NGX_OK: "answer" is filled in; NGX_DECLINED: nothing is known.
 */
ngx_int_t ngx_rtsp_auth_cache_find(const u_char *key,
    ngx_rtsp_auth_answer_t *answer);

/* keeps an answer for "time" ms, in place of the oldest where need be */
void ngx_rtsp_auth_cache_store(const u_char *key,
    const ngx_rtsp_auth_answer_t *answer, ngx_msec_t time);


#endif /* _NGX_RTSP_AUTH_CACHE_H_INCLUDED_ */
