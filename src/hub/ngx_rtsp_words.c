
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_hub.h"


/*
 * The words for roles and transports, the same in configurations, files of
 * users, questions to services, variables and logs.
 */


/* by ngx_rtsp_role_e */

static ngx_str_t  ngx_rtsp_roles[] = {
    ngx_null_string,
    ngx_string("read"),
    ngx_string("publish"),
    ngx_string("talk")
};


/* by ngx_rtsp_transport_e */

static ngx_str_t  ngx_rtsp_transports[] = {
    ngx_null_string,
    ngx_string("tcp"),
    ngx_string("udp"),
    ngx_string("multicast")
};


ngx_str_t *
ngx_rtsp_role_word(ngx_uint_t role)
{
    return &ngx_rtsp_roles[role];
}


ngx_str_t *
ngx_rtsp_transport_word(ngx_uint_t transport)
{
    return &ngx_rtsp_transports[transport];
}


ngx_uint_t
ngx_rtsp_word_role(ngx_str_t *word)
{
    ngx_str_t   *s;
    ngx_uint_t   role;

    for (role = NGX_RTSP_ROLE_TALK; role != NGX_RTSP_ROLE_NONE; role--) {
        s = &ngx_rtsp_roles[role];

        if (s->len == word->len
            && ngx_memcmp(s->data, word->data, s->len) == 0)
        {
            break;
        }
    }

    return role;
}
