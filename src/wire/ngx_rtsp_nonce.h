
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_NONCE_H_INCLUDED_
#define _NGX_RTSP_NONCE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_RTSP_NONCE_LEN       32         /* hex digits */
#define NGX_RTSP_NONCE_RANDOM    (NGX_RTSP_NONCE_LEN / 2)
#define NGX_RTSP_NONCE_LIFETIME  300000     /* ms */


/* a nonce of Digest (RFC 7616 3.3); zeroed: there is none yet */

typedef struct {
    ngx_msec_t                    made;
    ngx_uint_t                    set;
    u_char                        text[NGX_RTSP_NONCE_LEN];
} ngx_rtsp_nonce_t;


/* 1 if there is one that has not expired; "now" as ngx_current_msec */
ngx_uint_t ngx_rtsp_nonce_is_fresh(const ngx_rtsp_nonce_t *nonce,
    ngx_msec_t now);

/* 1 if it is fresh and "text" is the same */
ngx_uint_t ngx_rtsp_nonce_is(const ngx_rtsp_nonce_t *nonce,
    const ngx_str_t *text, ngx_msec_t now);

/* a new one, of so many random bytes: NGX_RTSP_NONCE_RANDOM */
void ngx_rtsp_nonce_make(ngx_rtsp_nonce_t *nonce, const u_char *random,
    ngx_msec_t now);


#endif /* _NGX_RTSP_NONCE_H_INCLUDED_ */
