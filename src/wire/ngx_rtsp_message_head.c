
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_message.h"


/*
 * The head of an RTSP message, once it is whole: its first line, its headers
 * and the length of its body (RFC 2326 4 to 7 and 12), and what is looked up
 * in it.
 *
 * Called by the parser, which knows where a head begins and ends, and by all
 * who read headers.  It owns nothing: names and values are slices of the
 * caller's bytes.
 */


static ngx_uint_t ngx_rtsp_cut_line(ngx_str_t *text, ngx_str_t *line);
static ngx_uint_t ngx_rtsp_parse_first_line(ngx_str_t *line,
    ngx_rtsp_message_t *m);
static ngx_uint_t ngx_rtsp_parse_request_line(const ngx_str_t *line,
    ngx_rtsp_message_t *m);
static ngx_uint_t ngx_rtsp_parse_status_line(const ngx_str_t *line,
    ngx_rtsp_message_t *m);
static ngx_int_t ngx_rtsp_parse_header(const ngx_str_t *line,
    ngx_rtsp_header_t *h);
static ngx_uint_t ngx_rtsp_parse_length(ngx_rtsp_message_t *m);
static ngx_uint_t ngx_rtsp_is_token(const ngx_str_t *str);


static const char  *ngx_rtsp_methods[] = {
    "OPTIONS",
    "DESCRIBE",
    "ANNOUNCE",
    "SETUP",
    "PLAY",
    "RECORD",
    "PAUSE",
    "TEARDOWN",
    "GET_PARAMETER",
    "SET_PARAMETER",
    "REDIRECT",
    ""
};


/* what a token may hold besides letters and digits (RFC 2326 15.1) */

static const u_char  ngx_rtsp_token_marks[] = {
    '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'
};


ngx_uint_t
ngx_rtsp_parse_head(u_char *pos, size_t size, ngx_rtsp_message_t *m)
{
    ngx_str_t   head, line;
    ngx_uint_t  status, error;

    m->nheaders = 0;
    m->body.len = 0;

    head.data = pos;
    head.len = size;

    (void) ngx_rtsp_cut_line(&head, &line);

    status = ngx_rtsp_parse_first_line(&line, m);

    while (ngx_rtsp_cut_line(&head, &line) && line.len) {

        if (m->nheaders == NGX_RTSP_MAX_HEADERS) {
            m->fatal = 1;
            return 431;
        }

        if (ngx_rtsp_parse_header(&line, &m->headers[m->nheaders]) == NGX_OK) {
            m->nheaders++;
            continue;
        }

        if (m->type == NGX_RTSP_REQUEST && status == 0) {
            status = 400;
        }
    }

    if (m->fatal) {
        return status;
    }

    error = ngx_rtsp_parse_length(m);

    return error ? error : status;
}


static ngx_uint_t
ngx_rtsp_cut_line(ngx_str_t *text, ngx_str_t *line)
{
    if (!ngx_rtsp_text_cut(text, LF, line)) {
        return 0;
    }

    if (line->len && line->data[line->len - 1] == CR) {
        line->len--;
    }

    return 1;
}


/* like ngx_rtsp_parse_head(), and its first part */

static ngx_uint_t
ngx_rtsp_parse_first_line(ngx_str_t *line, ngx_rtsp_message_t *m)
{
    ngx_uint_t  status;

    ngx_rtsp_text_trim(line);

    if (line->len >= 5 && ngx_memcmp(line->data, "RTSP/", 5) == 0) {
        m->type = NGX_RTSP_RESPONSE;
        status = ngx_rtsp_parse_status_line(line, m);

    } else {
        m->type = NGX_RTSP_REQUEST;
        status = ngx_rtsp_parse_request_line(line, m);
    }

    /* what does not end in a version is another protocol */

    if (ngx_rtsp_parse_version(&m->version) == 400) {
        m->fatal = 1;
    }

    return status;
}


/*
 * The method ends at the first space and the version begins behind the last,
 * so that a URI with a space in it is a bad URI and not a bad version.
 */

static ngx_uint_t
ngx_rtsp_parse_request_line(const ngx_str_t *line, ngx_rtsp_message_t *m)
{
    size_t      i;
    u_char     *p, *end;
    ngx_str_t   rest;
    ngx_uint_t  status;

    end = line->data + line->len;

    for (p = end; p > line->data && p[-1] != ' '; p--) { /* void */ }

    m->version.data = p;
    m->version.len = end - p;

    rest = *line;
    (void) ngx_rtsp_text_cut(&rest, ' ', &m->method_name);

    m->method = ngx_rtsp_method(&m->method_name);

    if (rest.data && rest.len > m->version.len) {
        m->uri.data = rest.data;
        m->uri.len = rest.len - m->version.len - 1;
    }

    status = ngx_rtsp_parse_version(&m->version);

    if (status) {
        return status;
    }

    if (!ngx_rtsp_is_token(&m->method_name)
        || m->method_name.len > NGX_RTSP_MAX_METHOD
        || m->uri.len == 0)
    {
        return 400;
    }

    for (i = 0; i < m->uri.len; i++) {
        if (m->uri.data[i] <= ' ' || m->uri.data[i] == 0x7f) {
            return 400;
        }
    }

    return 0;
}


/* the reason phrase may be empty, or missing with its space (cameras) */

static ngx_uint_t
ngx_rtsp_parse_status_line(const ngx_str_t *line, ngx_rtsp_message_t *m)
{
    int64_t     n;
    ngx_str_t   rest, code;
    ngx_uint_t  status;

    rest = *line;

    (void) ngx_rtsp_text_cut(&rest, ' ', &m->version);

    status = ngx_rtsp_parse_version(&m->version);

    if (status) {
        return status;
    }

    ngx_rtsp_text_trim(&rest);
    (void) ngx_rtsp_text_cut(&rest, ' ', &code);

    n = (code.len == 3) ? ngx_rtsp_text_uint(&code, 999) : NGX_ERROR;

    if (n < 100) {
        return 400;
    }

    m->status = n;

    ngx_rtsp_text_trim(&rest);

    m->reason = rest;

    return 0;
}


/* 0, 505 for another RTSP, whose heads are like ours, 400 for anything else */

ngx_uint_t
ngx_rtsp_parse_version(const ngx_str_t *version)
{
    ngx_str_t  major, minor;

    if (version->len <= 5 || ngx_memcmp(version->data, "RTSP/", 5) != 0) {
        return 400;
    }

    minor.data = version->data + 5;
    minor.len = version->len - 5;

    (void) ngx_rtsp_text_cut(&minor, '.', &major);

    if (ngx_rtsp_text_uint(&major, 99) == NGX_ERROR
        || ngx_rtsp_text_uint(&minor, 99) == NGX_ERROR)
    {
        return 400;
    }

    return ngx_rtsp_text_is(version, "RTSP/1.0") ? 0 : 505;
}


/* NGX_ERROR if it is none: no colon, no token before it, folded, control */

static ngx_int_t
ngx_rtsp_parse_header(const ngx_str_t *line, ngx_rtsp_header_t *h)
{
    size_t  i;

    for (i = 0; i < line->len; i++) {
        if (ngx_rtsp_is_control(line->data[i])) {
            return NGX_ERROR;
        }
    }

    h->value = *line;

    (void) ngx_rtsp_text_cut(&h->value, ':', &h->name);

    if (h->value.data == NULL) {
        return NGX_ERROR;
    }

    /* a line that begins with white space goes on with the one before it */

    if (h->name.len && h->name.data[0] != ' ' && h->name.data[0] != '\t') {
        ngx_rtsp_text_trim(&h->name);
    }

    if (!ngx_rtsp_is_token(&h->name)) {
        return NGX_ERROR;
    }

    ngx_rtsp_text_trim(&h->value);

    return NGX_OK;
}


/* Content-Length decides where the next message begins: no doubt is allowed */

static ngx_uint_t
ngx_rtsp_parse_length(ngx_rtsp_message_t *m)
{
    size_t              i;
    int64_t             n, length;
    ngx_rtsp_header_t  *h;

    length = -1;

    for (h = ngx_rtsp_find_header(m, "Content-Length");
         h;
         h = ngx_rtsp_next_header(m, h))
    {
        for (i = 0; i < h->value.len; i++) {
            if (h->value.data[i] < '0' || h->value.data[i] > '9') {
                break;
            }
        }

        if (i == 0 || i < h->value.len) {
            m->fatal = 1;
            return 400;
        }

        n = ngx_rtsp_text_uint(&h->value, NGX_RTSP_MAX_BODY);

        if (n == NGX_ERROR) {
            m->fatal = 1;
            return 413;
        }

        if (length != -1 && n != length) {
            m->fatal = 1;
            return 400;
        }

        length = n;
    }

    if (length != -1) {
        m->body.len = length;
    }

    return 0;
}


static ngx_uint_t
ngx_rtsp_is_token(const ngx_str_t *str)
{
    size_t  i;

    for (i = 0; i < str->len; i++) {
        if (!ngx_rtsp_is_token_char(str->data[i])) {
            return 0;
        }
    }

    return str->len != 0;
}


ngx_uint_t
ngx_rtsp_is_token_char(u_char c)
{
    u_char  letter;

    letter = ngx_tolower(c);

    return (letter >= 'a' && letter <= 'z')
           || (c >= '0' && c <= '9')
           || memchr(ngx_rtsp_token_marks, c, sizeof(ngx_rtsp_token_marks));
}


ngx_rtsp_header_t *
ngx_rtsp_find_header(ngx_rtsp_message_t *m, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; i < m->nheaders; i++) {
        if (ngx_rtsp_text_is(&m->headers[i].name, name)) {
            return &m->headers[i];
        }
    }

    return NULL;
}


ngx_rtsp_header_t *
ngx_rtsp_next_header(ngx_rtsp_message_t *m, ngx_rtsp_header_t *h)
{
    size_t              i;
    ngx_str_t          *a, *b;
    ngx_rtsp_header_t  *next;

    a = &h->name;

    for (next = h + 1; next < m->headers + m->nheaders; next++) {
        b = &next->name;

        if (a->len != b->len) {
            continue;
        }

        for (i = 0; i < a->len; i++) {
            if (ngx_tolower(a->data[i]) != ngx_tolower(b->data[i])) {
                break;
            }
        }

        if (i == a->len) {
            return next;
        }
    }

    return NULL;
}


ngx_int_t
ngx_rtsp_find_header_once(ngx_rtsp_message_t *m, const char *name,
    ngx_rtsp_header_t **h)
{
    *h = ngx_rtsp_find_header(m, name);

    if (*h == NULL) {
        return NGX_DECLINED;
    }

    return ngx_rtsp_next_header(m, *h) ? NGX_ERROR : NGX_OK;
}


ngx_rtsp_method_e
ngx_rtsp_method(const ngx_str_t *name)
{
    size_t      len;
    ngx_uint_t  i;

    for (i = 0; i < NGX_RTSP_UNKNOWN_METHOD; i++) {
        len = ngx_strlen(ngx_rtsp_methods[i]);

        if (name->len == len
            && ngx_memcmp(name->data, ngx_rtsp_methods[i], len) == 0)
        {
            break;
        }
    }

    return i;
}


const char *
ngx_rtsp_method_name(ngx_rtsp_method_e method)
{
    return ngx_rtsp_methods[method];
}
