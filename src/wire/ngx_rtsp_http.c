
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_http.h"
#include "ngx_rtsp_header.h"


/*
 * HTTP/1.1 as far as asking a service needs it: the request is a POST of a
 * form, the answer is its status, Location and HA1.
 *
 * Called by the HTTP client in transport/.  The service is ours to trust but
 * not to be well: every piece is bounded, and what is not needed is dropped
 * as it comes, so that an answer of any size costs the same memory.
 *
 * Invariant: "whole" is set once, by the empty line that ends the last head,
 * and what was read before it does not change any more.
 */


static ssize_t ngx_rtsp_http_take_line(ngx_rtsp_http_response_t *r,
    const u_char *data, size_t len);
static ssize_t ngx_rtsp_http_take_data(ngx_rtsp_http_response_t *r,
    size_t len);
static ngx_int_t ngx_rtsp_http_line(ngx_rtsp_http_response_t *r);
static ngx_int_t ngx_rtsp_http_status_line(ngx_rtsp_http_response_t *r);
static ngx_int_t ngx_rtsp_http_header_line(ngx_rtsp_http_response_t *r);
static ngx_int_t ngx_rtsp_http_split(ngx_rtsp_http_response_t *r,
    ngx_str_t *name, ngx_str_t *value);
static ngx_int_t ngx_rtsp_http_content_length(ngx_rtsp_http_response_t *r,
    ngx_str_t *value);
static ngx_int_t ngx_rtsp_http_location(ngx_rtsp_http_response_t *r,
    ngx_str_t *value);
static ngx_int_t ngx_rtsp_http_ha1(ngx_rtsp_http_response_t *r,
    ngx_str_t *value);
static ngx_int_t ngx_rtsp_http_end_of_head(ngx_rtsp_http_response_t *r);
static ngx_int_t ngx_rtsp_http_chunk_line(ngx_rtsp_http_response_t *r);
static ngx_int_t ngx_rtsp_http_fail(ngx_rtsp_http_response_t *r,
    const char *error);


void
ngx_rtsp_http_init(ngx_rtsp_http_response_t *r)
{
    ngx_memzero(r, offsetof(ngx_rtsp_http_response_t, line));

    r->length = -1;
}


ngx_int_t
ngx_rtsp_http_parse(ngx_rtsp_http_response_t *r, const u_char *data,
    size_t len)
{
    ssize_t  n;

    while (len) {

        switch (r->state) {

        case NGX_RTSP_HTTP_BODY:
        case NGX_RTSP_HTTP_CHUNK_DATA:
            n = ngx_rtsp_http_take_data(r, len);
            break;

        case NGX_RTSP_HTTP_UNTIL_CLOSE:
        case NGX_RTSP_HTTP_DONE:
            return NGX_DECLINED;

        default:
            n = ngx_rtsp_http_take_line(r, data, len);
        }

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (r->body > NGX_RTSP_HTTP_MAX_BODY) {
            return NGX_DECLINED;
        }

        data += n;
        len -= n;
    }

    switch (r->state) {

    case NGX_RTSP_HTTP_DONE:
        return NGX_OK;

    case NGX_RTSP_HTTP_UNTIL_CLOSE:
        return NGX_DECLINED;

    default:
        return NGX_AGAIN;
    }
}


/* takes bytes up to the end of the line; returns how many */

static ssize_t
ngx_rtsp_http_take_line(ngx_rtsp_http_response_t *r, const u_char *data,
    size_t len)
{
    size_t         n, room;
    const u_char  *end;

    end = memchr(data, LF, len);

    if (end) {
        len = end + 1 - data;
    }

    if (r->whole) {
        r->body += len;

    } else {
        r->head += len;

        if (r->head > NGX_RTSP_HTTP_MAX_HEAD) {
            return ngx_rtsp_http_fail(r, "has sent a head over 16k");
        }
    }

    room = NGX_RTSP_HTTP_MAX_LINE - r->line_len;
    n = ngx_min(len, room);

    ngx_memcpy(r->line + r->line_len, data, n);
    r->line_len += n;
    r->cut |= (n < len);

    if (end == NULL) {
        return len;
    }

    while (r->line_len && (r->line[r->line_len - 1] == LF
                           || r->line[r->line_len - 1] == CR))
    {
        r->line_len--;
    }

    if (ngx_rtsp_http_line(r) != NGX_OK) {
        return NGX_ERROR;
    }

    r->line_len = 0;
    r->cut = 0;

    return len;
}


/* drops bytes of the body; returns how many */

static ssize_t
ngx_rtsp_http_take_data(ngx_rtsp_http_response_t *r, size_t len)
{
    if ((int64_t) len > r->left) {
        len = (size_t) r->left;
    }

    r->left -= len;
    r->body += len;

    if (r->left == 0) {
        r->state = (r->state == NGX_RTSP_HTTP_BODY) ? NGX_RTSP_HTTP_DONE
                                                    : NGX_RTSP_HTTP_CHUNK_END;
    }

    return len;
}


static ngx_int_t
ngx_rtsp_http_line(ngx_rtsp_http_response_t *r)
{
    switch (r->state) {

    case NGX_RTSP_HTTP_STATUS:
        return ngx_rtsp_http_status_line(r);

    case NGX_RTSP_HTTP_HEADER:
        return r->line_len ? ngx_rtsp_http_header_line(r)
                           : ngx_rtsp_http_end_of_head(r);

    case NGX_RTSP_HTTP_CHUNK:
        return ngx_rtsp_http_chunk_line(r);

    case NGX_RTSP_HTTP_CHUNK_END:

        if (r->line_len) {
            return ngx_rtsp_http_fail(r, "has sent an invalid chunk");
        }

        r->state = NGX_RTSP_HTTP_CHUNK;
        return NGX_OK;

    default: /* NGX_RTSP_HTTP_TRAILER */

        if (r->line_len == 0) {
            r->state = NGX_RTSP_HTTP_DONE;
        }

        return NGX_OK;
    }
}


/* HTTP/1.x, a space, three digits, and a reason after a space, or none */

static ngx_int_t
ngx_rtsp_http_status_line(ngx_rtsp_http_response_t *r)
{
    int64_t    status;
    ngx_str_t  line, digits;

    line.data = r->line;
    line.len = r->line_len;

    if (line.len < 12 || ngx_memcmp(line.data, "HTTP/1.", 7) != 0
        || line.data[7] < '0' || line.data[7] > '9' || line.data[8] != ' '
        || (line.len > 12 && line.data[12] != ' '))
    {
        return ngx_rtsp_http_fail(r, "does not answer in HTTP/1.1");
    }

    digits.data = line.data + 9;
    digits.len = 3;

    status = ngx_rtsp_text_uint(&digits, 599);

    if (status < 100) {
        return ngx_rtsp_http_fail(r, "has sent an invalid status");
    }

    r->old = (line.data[7] == '0');
    r->status = (ngx_uint_t) status;
    r->state = NGX_RTSP_HTTP_HEADER;

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_http_header_line(ngx_rtsp_http_response_t *r)
{
    ngx_str_t  name, value;

    if (ngx_rtsp_http_split(r, &name, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_rtsp_text_is(&name, "Content-Length")) {
        return ngx_rtsp_http_content_length(r, &value);
    }

    if (ngx_rtsp_text_is(&name, "Transfer-Encoding")) {

        if (ngx_rtsp_text_is(&value, "chunked")) {
            r->chunked = 1;

        } else {
            r->coded = 1;
        }

        return NGX_OK;
    }

    if (ngx_rtsp_text_is(&name, "Connection")) {

        if (ngx_rtsp_header_has_token(&value, "close")) {
            r->close = 1;
        }

        if (ngx_rtsp_header_has_token(&value, "keep-alive")) {
            r->keep = 1;
        }

        return NGX_OK;
    }

    if (ngx_rtsp_text_is(&name, "Location")) {
        return ngx_rtsp_http_location(r, &value);
    }

    if (ngx_rtsp_text_is(&name, "X-RTSP-HA1")) {
        return ngx_rtsp_http_ha1(r, &value);
    }

    return NGX_OK;
}


/*
 * A folded line has no name.  A line that is too long is one that we do not
 * need, or else it is taken for something else than it says.
 */

static ngx_int_t
ngx_rtsp_http_split(ngx_rtsp_http_response_t *r, ngx_str_t *name,
    ngx_str_t *value)
{
    size_t  i;
    u_char  c;

    value->data = r->line;
    value->len = r->line_len;

    (void) ngx_rtsp_text_cut(value, ':', name);

    if (value->data == NULL || name->len == 0) {
        return ngx_rtsp_http_fail(r, "has sent an invalid header");
    }

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (c <= ' ' || c >= 0x7f) {
            return ngx_rtsp_http_fail(r, "has sent an invalid header");
        }
    }

    for (i = 0; i < value->len; i++) {
        c = value->data[i];

        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return ngx_rtsp_http_fail(r, "has sent an invalid header");
        }
    }

    if (r->cut) {

        if (ngx_rtsp_text_is(name, "Location")) {
            return ngx_rtsp_http_fail(r, "has sent a Location over 2k");
        }

        if (ngx_rtsp_text_is(name, "Transfer-Encoding")) {
            return ngx_rtsp_http_fail(r, "has sent an invalid header");
        }
    }

    ngx_rtsp_text_trim(value);

    return NGX_OK;
}


/* two lengths could be meant to hide a second answer (RFC 9112 6.3) */

static ngx_int_t
ngx_rtsp_http_content_length(ngx_rtsp_http_response_t *r, ngx_str_t *value)
{
    int64_t  n;

    n = ngx_rtsp_text_uint(value, NGX_MAX_INT_T_VALUE);

    if (n < 0 || r->cut || (r->length != -1 && r->length != n)) {
        return ngx_rtsp_http_fail(r, "has sent an invalid Content-Length");
    }

    r->length = n;

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_http_location(ngx_rtsp_http_response_t *r, ngx_str_t *value)
{
    size_t  i;

    if (value->len > NGX_RTSP_HTTP_MAX_LOCATION) {
        return ngx_rtsp_http_fail(r, "has sent a Location over 2k");
    }

    for (i = 0; i < value->len; i++) {
        if (value->data[i] <= ' ') {
            return ngx_rtsp_http_fail(r, "has sent an invalid Location");
        }
    }

    if (r->location_len == 0 && value->len) {
        ngx_memcpy(r->location, value->data, value->len);
        r->location_len = value->len;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_http_ha1(ngx_rtsp_http_response_t *r, ngx_str_t *value)
{
    size_t  i;
    u_char  c;

    if (value->len != 32 && value->len != 64) {
        return ngx_rtsp_http_fail(r, "has sent an invalid X-RTSP-HA1");
    }

    for (i = 0; i < value->len; i++) {
        c = ngx_tolower(value->data[i]);

        if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
            return ngx_rtsp_http_fail(r, "has sent an invalid X-RTSP-HA1");
        }

        r->ha1[i] = c;
    }

    r->ha1_len = value->len;

    return NGX_OK;
}


/* which body follows (RFC 9112 6.3) */

static ngx_int_t
ngx_rtsp_http_end_of_head(ngx_rtsp_http_response_t *r)
{
    size_t  head;

    if (r->status == 101) {
        return ngx_rtsp_http_fail(r, "wants another protocol");
    }

    if (r->status < 200) {

        /* the answer itself comes yet, within the same bound */

        head = r->head;
        ngx_rtsp_http_init(r);
        r->head = head;

        return NGX_OK;
    }

    r->whole = 1;

    if (r->status == 204 || r->status == 304) {
        r->state = NGX_RTSP_HTTP_DONE;

    } else if (r->coded) {
        r->state = NGX_RTSP_HTTP_UNTIL_CLOSE;

    } else if (r->chunked) {
        r->state = NGX_RTSP_HTTP_CHUNK;

    } else if (r->length == -1) {
        r->state = NGX_RTSP_HTTP_UNTIL_CLOSE;

    } else if (r->length == 0) {
        r->state = NGX_RTSP_HTTP_DONE;

    } else {
        r->state = NGX_RTSP_HTTP_BODY;
        r->left = r->length;
    }

    return NGX_OK;
}


/* extensions behind the size are ignored (RFC 9112 7.1.1) */

static ngx_int_t
ngx_rtsp_http_chunk_line(ngx_rtsp_http_response_t *r)
{
    ngx_str_t  line, size;

    line.data = r->line;
    line.len = r->line_len;

    (void) ngx_rtsp_text_cut(&line, ';', &size);
    ngx_rtsp_text_trim(&size);

    r->left = ngx_rtsp_text_hex(&size);

    if (r->left < 0) {
        return ngx_rtsp_http_fail(r, "has sent an invalid chunk");
    }

    r->state = r->left ? NGX_RTSP_HTTP_CHUNK_DATA : NGX_RTSP_HTTP_TRAILER;

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_http_fail(ngx_rtsp_http_response_t *r, const char *error)
{
    r->error = error;

    return NGX_ERROR;
}


ngx_uint_t
ngx_rtsp_http_reusable(const ngx_rtsp_http_response_t *r)
{
    if (r->close || r->coded || (r->chunked && r->length != -1)) {
        return 0;
    }

    return !r->old || r->keep;
}


void
ngx_rtsp_http_put_post(ngx_rtsp_writer_t *w, const ngx_str_t *uri,
    const ngx_str_t *host, size_t len)
{
    ngx_rtsp_put_text(w, "POST ");
    ngx_rtsp_put_str(w, uri);
    ngx_rtsp_put_text(w, " HTTP/1.1" CRLF "Host: ");
    ngx_rtsp_put_str(w, host);
    ngx_rtsp_put_text(w, CRLF "User-Agent: nginx" CRLF
                      "Content-Type: application/x-www-form-urlencoded" CRLF
                      "Content-Length: ");
    ngx_rtsp_put_uint(w, len);
    ngx_rtsp_put_text(w, CRLF CRLF);
}


void
ngx_rtsp_http_put_field(ngx_rtsp_writer_t *w, ngx_uint_t first,
    const char *name, const ngx_str_t *value)
{
    if (!first) {
        ngx_rtsp_put_text(w, "&");
    }

    ngx_rtsp_put_text(w, name);
    ngx_rtsp_put_text(w, "=");
    ngx_rtsp_http_put_encoded(w, value);
}


void
ngx_rtsp_http_put_encoded(ngx_rtsp_writer_t *w, const ngx_str_t *str)
{
    size_t  i;
    u_char  c, lower;

    for (i = 0; i < str->len; i++) {
        c = str->data[i];
        lower = ngx_tolower(c);

        if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9')
            || c == '-' || c == '.' || c == '_' || c == '~')
        {
            ngx_rtsp_put(w, &c, 1);

        } else {
            ngx_rtsp_put_text(w, "%");
            ngx_rtsp_put_hex(w, c, 2);
        }
    }
}
