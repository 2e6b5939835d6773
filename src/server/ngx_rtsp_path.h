
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_PATH_H_INCLUDED_
#define _NGX_RTSP_PATH_H_INCLUDED_


/* one rtsp_path block */

struct ngx_rtsp_path_s {
    ngx_str_t                     name;     /* or the regular expression */
    ngx_str_t                     text;     /* with its modifier, for logs */
    void                        **srv_conf;
    ngx_rtsp_path_t              *parent;   /* the longest other prefix of
                                             * this prefix */
#if (NGX_PCRE)
    ngx_stream_regex_t           *regex;    /* NULL: none */
#endif

    u_char                       *file;     /* where it is configured */
    ngx_uint_t                    line;
    ngx_uint_t                    order;

    unsigned                      exact:1;      /* = */
    unsigned                      noregex:1;    /* ^~ */
    unsigned                      pattern:1;    /* ~ or ~* */
};


/* those of a server, arrays of ngx_rtsp_path_t * */

struct ngx_rtsp_paths_s {
    ngx_array_t                   exacts;   /* sorted by name */
    ngx_array_t                   prefixes; /* likewise, with parents */
    ngx_array_t                   regexes;  /* in the order of the file */
};


/*
 * Chooses the rtsp_path of the request's server as location is chosen, by
 * "path", which is decoded; sets r->conf, r->srv_conf and captures.  Without
 * any rtsp_path these are the server's.  NGX_OK; NGX_DECLINED: there are
 * some and none matches, r->unmatched is set and the rules are the server's;
 * NGX_ERROR: no memory, or a regular expression failed, it was logged.
 */
ngx_int_t ngx_rtsp_path_match(ngx_rtsp_request_t *r, ngx_str_t *path);

/*
 * rtsp_stream, or the path: sets r->stream_name.  NGX_ERROR: the name cannot
 * be one, it was logged.
 */
ngx_int_t ngx_rtsp_path_stream(ngx_rtsp_request_t *r);

/*
 * Evaluates a value for the request into "value->data", which has room for
 * "size" bytes, and sets its length.  NGX_ERROR: no memory, or too long.
 */
ngx_int_t ngx_rtsp_path_value(ngx_rtsp_request_t *r,
    ngx_stream_complex_value_t *cv, ngx_str_t *value, size_t size);

/* 1 when a stream may have the name: 1 to 255 bytes, no control characters */
ngx_uint_t ngx_rtsp_path_is_name(ngx_str_t *name);


#endif /* _NGX_RTSP_PATH_H_INCLUDED_ */
