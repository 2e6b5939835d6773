
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_WORDS_H_INCLUDED_
#define _NGX_RTSP_WORDS_H_INCLUDED_


/* sets of ngx_rtsp_role_e */

#define ngx_rtsp_role_bit(role)  ((ngx_uint_t) 1 << (role))

#define NGX_RTSP_ALL_ROLES                                                    \
    (ngx_rtsp_role_bit(NGX_RTSP_ROLE_READ)                                    \
     |ngx_rtsp_role_bit(NGX_RTSP_ROLE_PUBLISH)                                \
     |ngx_rtsp_role_bit(NGX_RTSP_ROLE_TALK))


/* words of ngx_rtsp_role_e and ngx_rtsp_transport_e; "" of NONE */
ngx_str_t *ngx_rtsp_role_word(ngx_uint_t role);
ngx_str_t *ngx_rtsp_transport_word(ngx_uint_t transport);

/* the role that a word means, in lower case; NGX_RTSP_ROLE_NONE: it is none */
ngx_uint_t ngx_rtsp_word_role(ngx_str_t *word);


#endif /* _NGX_RTSP_WORDS_H_INCLUDED_ */
