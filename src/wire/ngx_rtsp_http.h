
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_HTTP_H_INCLUDED_
#define _NGX_RTSP_HTTP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_text.h"


/* the bounds of an answer, in bytes */

#define NGX_RTSP_HTTP_MAX_HEAD      16384   /* with interim answers */
#define NGX_RTSP_HTTP_MAX_BODY      65536   /* with its framing */
#define NGX_RTSP_HTTP_MAX_LINE      4096    /* of those that matter to us */
#define NGX_RTSP_HTTP_MAX_LOCATION  2048
#define NGX_RTSP_HTTP_MAX_HA1       64      /* SHA-256 in hexadecimal */


typedef enum {
    NGX_RTSP_HTTP_STATUS = 0,
    NGX_RTSP_HTTP_HEADER,
    NGX_RTSP_HTTP_BODY,                     /* of a known length */
    NGX_RTSP_HTTP_CHUNK,                    /* the line with its size */
    NGX_RTSP_HTTP_CHUNK_DATA,
    NGX_RTSP_HTTP_CHUNK_END,                /* the end of line behind it */
    NGX_RTSP_HTTP_TRAILER,
    NGX_RTSP_HTTP_UNTIL_CLOSE,
    NGX_RTSP_HTTP_DONE
} ngx_rtsp_http_state_e;


/*
 * An answer while it comes in.  It keeps what matters of the head and nothing
 * of the body, and no pointer into the input.
 */

typedef struct {
    ngx_rtsp_http_state_e    state;
    const char              *error;     /* after NGX_ERROR: "is ...", "has .."
                                         * with the service as the subject */

    ngx_uint_t               status;    /* 200 to 599 once "whole" is set */
    size_t                   location_len;
    size_t                   ha1_len;

    size_t                   head;      /* bytes so far */
    size_t                   body;      /* likewise */
    int64_t                  length;    /* Content-Length, -1: none */
    int64_t                  left;      /* of the body or the chunk */
    size_t                   line_len;

    unsigned                 whole:1;   /* the head is: the answer is known */
    unsigned                 cut:1;     /* the line is longer than "line" */
    unsigned                 old:1;     /* HTTP/1.0 */
    unsigned                 close:1;
    unsigned                 keep:1;
    unsigned                 chunked:1;
    unsigned                 coded:1;   /* another transfer coding */

    u_char                   line[NGX_RTSP_HTTP_MAX_LINE];
    u_char                   location[NGX_RTSP_HTTP_MAX_LOCATION];
    u_char                   ha1[NGX_RTSP_HTTP_MAX_HA1];    /* lower case */
} ngx_rtsp_http_response_t;


void ngx_rtsp_http_init(ngx_rtsp_http_response_t *r);

/*
 * Takes the next bytes of an answer to a POST (RFC 9112 4 to 7), split in any
 * way.  Interim answers (1xx) are skipped, a line may end in LF alone.
 *
 * NGX_AGAIN     more is needed; r->whole: the answer is known already
 * NGX_OK        the body has ended too; the connection can be used again if
 *               ngx_rtsp_http_reusable() says so
 * NGX_DECLINED  r->whole is set, but the body is over its bound, ends with the
 *               connection, or something follows it: to be closed
 * NGX_ERROR     r->error says what is wrong; with r->whole only the body is
 *
 * Of the headers Content-Length, Transfer-Encoding, Connection, Location and
 * X-RTSP-HA1 (32 or 64 hexadecimal digits) are read.
 */
ngx_int_t ngx_rtsp_http_parse(ngx_rtsp_http_response_t *r, const u_char *data,
    size_t len);

/* 1 if the server keeps the connection after this answer (RFC 9112 9.3) */
ngx_uint_t ngx_rtsp_http_reusable(const ngx_rtsp_http_response_t *r);


/* the head of a POST of a form with a body of "len" bytes */
void ngx_rtsp_http_put_post(ngx_rtsp_writer_t *w, const ngx_str_t *uri,
    const ngx_str_t *host, size_t len);

/* "name=value" of a form, percent-encoded; all but the first begin with '&' */
void ngx_rtsp_http_put_field(ngx_rtsp_writer_t *w, ngx_uint_t first,
    const char *name, const ngx_str_t *value);

/* all but letters, digits and "-._~" percent-encoded (RFC 3986 2.3) */
void ngx_rtsp_http_put_encoded(ngx_rtsp_writer_t *w, const ngx_str_t *str);


#endif /* _NGX_RTSP_HTTP_H_INCLUDED_ */
