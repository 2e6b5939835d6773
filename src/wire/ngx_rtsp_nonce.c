
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_nonce.h"


/*
 * The nonce of Digest challenges: what it looks like and how long it is good.
 * Called by the server's authentication, which owns one for each connection
 * and gives time and random bytes.
 *
 * Invariant: an expired nonce is as good as none, so an answer to it is stale
 * (RFC 7616 3.3) and the next challenge has a new one.
 */


ngx_uint_t
ngx_rtsp_nonce_is_fresh(const ngx_rtsp_nonce_t *nonce, ngx_msec_t now)
{
    return nonce->set && now - nonce->made < NGX_RTSP_NONCE_LIFETIME;
}


ngx_uint_t
ngx_rtsp_nonce_is(const ngx_rtsp_nonce_t *nonce, const ngx_str_t *text,
    ngx_msec_t now)
{
    return ngx_rtsp_nonce_is_fresh(nonce, now)
           && text->len == NGX_RTSP_NONCE_LEN
           && ngx_memcmp(text->data, nonce->text, NGX_RTSP_NONCE_LEN) == 0;
}


void
ngx_rtsp_nonce_make(ngx_rtsp_nonce_t *nonce, const u_char *random,
    ngx_msec_t now)
{
    ngx_uint_t     i;
    static u_char  hex[] = "0123456789abcdef";

    for (i = 0; i < NGX_RTSP_NONCE_RANDOM; i++) {
        nonce->text[2 * i] = hex[random[i] >> 4];
        nonce->text[2 * i + 1] = hex[random[i] & 0xf];
    }

    nonce->made = now;
    nonce->set = 1;
}
