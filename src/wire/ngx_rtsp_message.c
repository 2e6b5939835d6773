
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_message.h"


/*
 * RTSP messages: requests, responses and interleaved frames out of a byte
 * stream (RFC 2326 4 to 7 and 10.12), and the lines of messages into it.
 *
 * Called by the server's and the client's connections with whatever bytes have
 * come.  It owns nothing: a message is slices of the caller's bytes, a parser
 * is a few offsets into them.
 *
 * Every decision depends on bytes and their offsets only, never on where a
 * read ended, so any split of the input gives the same messages.  No byte of
 * a head is looked at more than a fixed number of times, and what a peer can
 * make us wait for is bounded by NGX_RTSP_MAX_HEAD, NGX_RTSP_MAX_BODY,
 * NGX_RTSP_MAX_FRAME and NGX_RTSP_MAX_GARBAGE.
 */


typedef enum {
    ngx_rtsp_idle = 0,          /* between messages */
    ngx_rtsp_guess,             /* a request if its whole line says so */
    ngx_rtsp_head               /* within a request or response */
} ngx_rtsp_state_e;


typedef struct {
    ngx_uint_t   status;
    const char  *reason;
} ngx_rtsp_reason_t;


static ngx_int_t ngx_rtsp_find_start(ngx_rtsp_parser_t *p, u_char **pos,
    u_char *last, ngx_rtsp_message_t *m);
static ngx_int_t ngx_rtsp_check_start(ngx_rtsp_parser_t *p, u_char *pos,
    u_char *last);
static ngx_int_t ngx_rtsp_check_name(u_char *pos, u_char *last);
static ngx_int_t ngx_rtsp_check_status_line(u_char *pos, u_char *last);
static ngx_int_t ngx_rtsp_check_line(ngx_rtsp_parser_t *p, u_char *pos,
    u_char *last);
static ngx_int_t ngx_rtsp_parse_frame(ngx_rtsp_parser_t *p, u_char *pos,
    u_char *last, ngx_rtsp_message_t *m);
static ngx_int_t ngx_rtsp_parse_text(ngx_rtsp_parser_t *p, u_char *pos,
    u_char *last, ngx_rtsp_message_t *m);
static ngx_int_t ngx_rtsp_scan_head(ngx_rtsp_parser_t *p, u_char *pos,
    u_char *last, ngx_rtsp_message_t *m);
static ngx_int_t ngx_rtsp_scan_first_line(ngx_rtsp_parser_t *p, u_char *pos,
    u_char *s, ngx_rtsp_message_t *m);
static ngx_uint_t ngx_rtsp_parse_head(u_char *pos, size_t size,
    ngx_rtsp_message_t *m);
static ngx_uint_t ngx_rtsp_cut_line(ngx_str_t *text, ngx_str_t *line);
static ngx_uint_t ngx_rtsp_parse_first_line(ngx_str_t *line,
    ngx_rtsp_message_t *m);
static ngx_uint_t ngx_rtsp_parse_request_line(const ngx_str_t *line,
    ngx_rtsp_message_t *m);
static ngx_uint_t ngx_rtsp_parse_status_line(const ngx_str_t *line,
    ngx_rtsp_message_t *m);
static ngx_uint_t ngx_rtsp_parse_version(const ngx_str_t *version);
static ngx_int_t ngx_rtsp_parse_header(const ngx_str_t *line,
    ngx_rtsp_header_t *h);
static ngx_uint_t ngx_rtsp_parse_length(ngx_rtsp_message_t *m);
static ngx_uint_t ngx_rtsp_is_token(const ngx_str_t *str);
static ngx_uint_t ngx_rtsp_is_token_char(u_char c);
static ngx_int_t ngx_rtsp_fatal(ngx_rtsp_message_t *m, ngx_uint_t status);
static void ngx_rtsp_put_clean(ngx_rtsp_writer_t *w, const u_char *data,
    size_t len);


#define ngx_rtsp_is_control(c)  (((c) < 0x20 && (c) != '\t') || (c) == 0x7f)


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


/* white space and NULs, which pad messages of some cameras */

static const u_char  ngx_rtsp_padding[] = { ' ', '\t', CR, LF, '\0' };


/* what a token may hold besides letters and digits (RFC 2326 15.1) */

static const u_char  ngx_rtsp_token_marks[] = {
    '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'
};


static const ngx_rtsp_reason_t  ngx_rtsp_reasons[] = {
    { 100, "Continue" },
    { 200, "OK" },
    { 201, "Created" },
    { 250, "Low on Storage Space" },
    { 300, "Multiple Choices" },
    { 301, "Moved Permanently" },
    { 302, "Moved Temporarily" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 305, "Use Proxy" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 402, "Payment Required" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 407, "Proxy Authentication Required" },
    { 408, "Request Time-out" },
    { 410, "Gone" },
    { 411, "Length Required" },
    { 412, "Precondition Failed" },
    { 413, "Request Entity Too Large" },
    { 415, "Unsupported Media Type" },
    { 431, "Request Header Fields Too Large" },
    { 451, "Parameter Not Understood" },
    { 452, "Conference Not Found" },
    { 453, "Not Enough Bandwidth" },
    { 454, "Session Not Found" },
    { 455, "Method Not Valid in This State" },
    { 456, "Header Field Not Valid for Resource" },
    { 457, "Invalid Range" },
    { 458, "Parameter Is Read-Only" },
    { 459, "Aggregate Operation Not Allowed" },
    { 460, "Only Aggregate Operation Allowed" },
    { 461, "Unsupported Transport" },
    { 462, "Destination Unreachable" },
    { 463, "Key Management Failure" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Time-out" },
    { 505, "RTSP Version Not Supported" },
    { 551, "Option Not Supported" }
};


void
ngx_rtsp_parser_init(ngx_rtsp_parser_t *p)
{
    ngx_memzero(p, sizeof(ngx_rtsp_parser_t));
}


ngx_int_t
ngx_rtsp_parse(ngx_rtsp_parser_t *p, u_char *pos, u_char *last,
    ngx_rtsp_message_t *m)
{
    u_char     *start;
    ngx_int_t   rc;

    ngx_memzero(m, offsetof(ngx_rtsp_message_t, headers));
    ngx_str_null(&m->body);
    ngx_str_null(&m->payload);
    m->channel = 0;
    m->fatal = 0;

    start = pos;
    p->need = 0;

    if (p->state != ngx_rtsp_head) {
        rc = ngx_rtsp_find_start(p, &pos, last, m);

        m->len = pos - start;

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (p->state == ngx_rtsp_idle) {
        return ngx_rtsp_parse_frame(p, pos, last, m);
    }

    return ngx_rtsp_parse_text(p, pos, last, m);
}


/*
 * Skips to the first byte of a message.  On NGX_OK the state is "head" for a
 * request or response and still "idle" for a frame.
 */

static ngx_int_t
ngx_rtsp_find_start(ngx_rtsp_parser_t *p, u_char **pos, u_char *last,
    ngx_rtsp_message_t *m)
{
    ngx_int_t  rc;

    while (*pos < last) {

        if (p->state == ngx_rtsp_idle
            && memchr(ngx_rtsp_padding, **pos, sizeof(ngx_rtsp_padding)))
        {
            (*pos)++;
            continue;
        }

        rc = ngx_rtsp_check_start(p, *pos, last);

        if (rc == NGX_AGAIN) {
            return NGX_AGAIN;
        }

        p->scan = 0;
        p->line = 0;
        p->spaces = 0;

        if (rc == NGX_OK) {
            return NGX_OK;
        }

        p->state = ngx_rtsp_idle;

        if (!p->trusted || ++p->garbage > NGX_RTSP_MAX_GARBAGE) {
            return ngx_rtsp_fatal(m, 400);
        }

        (*pos)++;
    }

    return NGX_AGAIN;
}


/*
 * Can a message begin here?  Before the first valid request any token may be a
 * method, and the line is judged while it is read.  Directly after a message a
 * known method or "RTSP/" is believed, another token only if its line ends in
 * a version.  After garbage only a known method or "RTSP/" counts, and only if
 * its line looks right, since both may stand in the middle of anything.
 */

static ngx_int_t
ngx_rtsp_check_start(ngx_rtsp_parser_t *p, u_char *pos, u_char *last)
{
    ngx_int_t  rc;

    if (p->state == ngx_rtsp_guess) {
        return ngx_rtsp_check_line(p, pos, last);
    }

    if (*pos == '$') {
        return p->trusted ? NGX_OK : NGX_DECLINED;
    }

    if (!ngx_rtsp_is_token_char(*pos)) {
        return NGX_DECLINED;
    }

    if (!p->trusted) {
        p->state = ngx_rtsp_head;
        return NGX_OK;
    }

    rc = ngx_rtsp_check_name(pos, last);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (p->garbage == 0 && rc == NGX_OK) {
        p->state = ngx_rtsp_head;
        return NGX_OK;
    }

    if (p->garbage) {

        if (rc == NGX_DECLINED) {
            return NGX_DECLINED;
        }

        if (pos[0] == 'R' && pos[1] == 'T') {
            rc = ngx_rtsp_check_status_line(pos, last);

            if (rc == NGX_OK) {
                p->state = ngx_rtsp_head;
            }

            return rc;
        }
    }

    p->state = ngx_rtsp_guess;

    return ngx_rtsp_check_line(p, pos, last);
}


/* a known method and its space, or "RTSP/" */

static ngx_int_t
ngx_rtsp_check_name(u_char *pos, u_char *last)
{
    size_t       len, size;
    ngx_int_t    rc;
    ngx_uint_t   i;
    const char  *name;

    rc = NGX_DECLINED;
    size = last - pos;

    for (i = 0; i <= NGX_RTSP_UNKNOWN_METHOD; i++) {
        name = (i == NGX_RTSP_UNKNOWN_METHOD) ? "RTSP/" : ngx_rtsp_methods[i];
        len = ngx_strlen(name);

        if (ngx_memcmp(pos, name, ngx_min(len, size)) != 0) {
            continue;
        }

        if (i == NGX_RTSP_UNKNOWN_METHOD) {
            return (size < len) ? NGX_AGAIN : NGX_OK;
        }

        if (size > len) {
            if (pos[len] == ' ') {
                return NGX_OK;
            }

            continue;
        }

        rc = NGX_AGAIN;
    }

    return rc;
}


/* "RTSP/1.0 200": all that is asked of a response after garbage */

static ngx_int_t
ngx_rtsp_check_status_line(u_char *pos, u_char *last)
{
    size_t       i, len;
    const char  *form;

    form = "RTSP/0.0 000";
    len = ngx_strlen(form);

    for (i = 0; i < len; i++) {

        if (pos + i == last) {
            return NGX_AGAIN;
        }

        if (form[i] == '0') {
            if (pos[i] < '0' || pos[i] > '9') {
                return NGX_DECLINED;
            }

        } else if (pos[i] != (u_char) form[i]) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/*
 * Does a whole line look like "METHOD uri RTSP/x.y"?  Declines at the first
 * byte that cannot belong to such a line, so that garbage full of method names
 * is not read again and again.
 */

static ngx_int_t
ngx_rtsp_check_line(ngx_rtsp_parser_t *p, u_char *pos, u_char *last)
{
    u_char     *s;
    size_t      i;
    ngx_str_t   version;

    for (s = pos + p->scan; s < last; s++) {

        if (*s == LF) {
            version.data = pos + p->line;
            version.len = s - version.data;

            if (version.len && s[-1] == CR) {
                version.len--;
            }

            if (p->spaces == 2 && ngx_rtsp_parse_version(&version) != 400) {
                p->state = ngx_rtsp_head;
                return NGX_OK;
            }

            return NGX_DECLINED;
        }

        if (s - pos >= NGX_RTSP_MAX_HEAD) {
            return NGX_DECLINED;
        }

        if (*s == ' ') {
            if (++p->spaces > 2) {
                return NGX_DECLINED;
            }

            p->line = s + 1 - pos;
            continue;
        }

        if (*s != CR && (*s < 0x20 || *s == 0x7f)) {
            return NGX_DECLINED;
        }

        if (p->spaces == 0
            && (!ngx_rtsp_is_token_char(*s)
                || s - pos >= NGX_RTSP_MAX_METHOD))
        {
            return NGX_DECLINED;
        }

        i = s - pos - p->line;

        if (p->spaces == 2 && i < 5 && *s != (u_char) "RTSP/"[i]) {
            return NGX_DECLINED;
        }
    }

    p->scan = s - pos;

    return NGX_AGAIN;
}


static ngx_int_t
ngx_rtsp_parse_frame(ngx_rtsp_parser_t *p, u_char *pos, u_char *last,
    ngx_rtsp_message_t *m)
{
    size_t  size;

    size = last - pos;

    if (size < NGX_RTSP_FRAME_HEADER) {
        p->need = NGX_RTSP_FRAME_HEADER;
        return NGX_AGAIN;
    }

    m->type = NGX_RTSP_FRAME;
    m->channel = pos[1];
    m->payload.len = ((size_t) pos[2] << 8) | pos[3];
    m->payload.data = pos + NGX_RTSP_FRAME_HEADER;

    p->need = NGX_RTSP_FRAME_HEADER + m->payload.len;

    if (size < p->need) {
        return NGX_AGAIN;
    }

    m->len += p->need;

    p->need = 0;
    p->garbage = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_parse_text(ngx_rtsp_parser_t *p, u_char *pos, u_char *last,
    ngx_rtsp_message_t *m)
{
    size_t      size;
    ngx_int_t   rc;
    ngx_uint_t  status;

    if (p->head == 0) {
        rc = ngx_rtsp_scan_head(p, pos, last, m);

        if (rc != NGX_OK) {
            return rc;
        }

        if (m->type == NGX_RTSP_HTTP) {
            return NGX_OK;
        }
    }

    /* read again when its body has come, since the bytes may have moved */

    status = ngx_rtsp_parse_head(pos, p->head, m);

    if (m->fatal) {
        return ngx_rtsp_fatal(m, status);
    }

    size = p->head + m->body.len;

    if ((size_t) (last - pos) < size) {
        p->need = size;
        return NGX_AGAIN;
    }

    m->body.data = pos + p->head;
    m->len += size;

    p->state = ngx_rtsp_idle;
    p->scan = 0;
    p->line = 0;
    p->head = 0;
    p->lines = 0;
    p->spaces = 0;
    p->garbage = 0;

    if (status) {
        m->status = status;
        return NGX_ERROR;
    }

    p->trusted = 1;

    return NGX_OK;
}


/* finds the empty line after the headers, and stops at what cannot go well */

static ngx_int_t
ngx_rtsp_scan_head(ngx_rtsp_parser_t *p, u_char *pos, u_char *last,
    ngx_rtsp_message_t *m)
{
    u_char     *s;
    size_t      len;
    ngx_int_t   rc;

    for (s = pos + p->scan; s < last; s++) {

        if (p->lines == 0) {
            rc = ngx_rtsp_scan_first_line(p, pos, s, m);

            if (rc != NGX_AGAIN) {
                return rc;
            }
        }

        if (*s == LF) {
            len = s - pos - p->line;

            if (len == 0 || (len == 1 && s[-1] == CR)) {
                p->head = s + 1 - pos;
                return NGX_OK;
            }

            p->line = s + 1 - pos;

            if (++p->lines > 1 + NGX_RTSP_MAX_HEADERS) {
                goto too_large;
            }
        }

        /* now and not a byte later: the caller's buffer may be full */

        if (s + 1 - pos >= NGX_RTSP_MAX_HEAD) {
            goto too_large;
        }
    }

    p->scan = s - pos;

    return NGX_AGAIN;

too_large:

    /* for the CSeq */

    if (p->lines) {
        (void) ngx_rtsp_parse_head(pos, p->line, m);
    }

    return ngx_rtsp_fatal(m, 431);
}


/*
 * The byte at "s" of a first line.  NGX_AGAIN: go on; NGX_OK: HTTP.  What is
 * wrong here is wrong at once, so that another protocol gets its answer
 * before it has ended what it takes for a head.
 */

static ngx_int_t
ngx_rtsp_scan_first_line(ngx_rtsp_parser_t *p, u_char *pos, u_char *s,
    ngx_rtsp_message_t *m)
{
    size_t      len;
    ngx_uint_t  status;

    len = s - pos;

    if (*s == LF) {
        status = ngx_rtsp_parse_head(pos, len + 1, m);

        return m->fatal ? ngx_rtsp_fatal(m, status) : NGX_AGAIN;
    }

    if (p->trusted) {
        return NGX_AGAIN;
    }

    if (*s != CR && ngx_rtsp_is_control(*s)) {
        return ngx_rtsp_fatal(m, 400);
    }

    if (p->spaces) {
        return NGX_AGAIN;
    }

    if (*s == ' ') {
        p->spaces = 1;

        if ((len == 3 && ngx_memcmp(pos, "GET", 3) == 0)
            || (len == 4 && ngx_memcmp(pos, "POST", 4) == 0))
        {
            m->type = NGX_RTSP_HTTP;
            return NGX_OK;
        }

        return NGX_AGAIN;
    }

    if (!ngx_rtsp_is_token_char(*s) || len >= NGX_RTSP_MAX_METHOD) {
        return ngx_rtsp_fatal(m, 400);
    }

    return NGX_AGAIN;
}


/*
 * Reads first line and headers of "size" bytes.  Returns 0, or the status to
 * answer; m->fatal is set if the end of the message cannot be known.  The
 * size of the body goes to m->body.len.
 */

static ngx_uint_t
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

static ngx_uint_t
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


static ngx_uint_t
ngx_rtsp_is_token_char(u_char c)
{
    u_char  letter;

    letter = ngx_tolower(c);

    return (letter >= 'a' && letter <= 'z')
           || (c >= '0' && c <= '9')
           || memchr(ngx_rtsp_token_marks, c, sizeof(ngx_rtsp_token_marks));
}


static ngx_int_t
ngx_rtsp_fatal(ngx_rtsp_message_t *m, ngx_uint_t status)
{
    m->fatal = 1;
    m->status = status;

    return NGX_ERROR;
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


const char *
ngx_rtsp_reason(ngx_uint_t status)
{
    ngx_uint_t  i, n, generic;

    n = sizeof(ngx_rtsp_reasons) / sizeof(ngx_rtsp_reason_t);
    generic = status / 100 * 100;

    for ( ;; ) {

        for (i = 0; i < n; i++) {
            if (ngx_rtsp_reasons[i].status == status) {
                return ngx_rtsp_reasons[i].reason;
            }
        }

        if (status == generic) {
            return "Unknown";
        }

        status = generic;
    }
}


void
ngx_rtsp_put_response(ngx_rtsp_writer_t *w, ngx_uint_t status,
    const char *reason, const ngx_str_t *cseq)
{
    if (reason == NULL) {
        reason = ngx_rtsp_reason(status);
    }

    ngx_rtsp_put_text(w, "RTSP/1.0 ");
    ngx_rtsp_put_uint(w, status);
    ngx_rtsp_put_text(w, " ");
    ngx_rtsp_put_clean(w, (u_char *) reason, ngx_strlen(reason));
    ngx_rtsp_put_text(w, CRLF);

    if (cseq && cseq->len) {
        ngx_rtsp_put_header(w, "CSeq", cseq);
    }
}


void
ngx_rtsp_put_request(ngx_rtsp_writer_t *w, const char *method,
    const ngx_str_t *uri, ngx_uint_t cseq)
{
    ngx_rtsp_put_text(w, method);
    ngx_rtsp_put_text(w, " ");
    ngx_rtsp_put_clean(w, uri->data, uri->len);
    ngx_rtsp_put_text(w, " RTSP/1.0" CRLF);

    ngx_rtsp_put_header_uint(w, "CSeq", cseq);
}


void
ngx_rtsp_put_header(ngx_rtsp_writer_t *w, const char *name,
    const ngx_str_t *value)
{
    ngx_rtsp_put_header_begin(w, name);
    ngx_rtsp_put_clean(w, value->data, value->len);
    ngx_rtsp_put_header_end(w);
}


void
ngx_rtsp_put_header_text(ngx_rtsp_writer_t *w, const char *name,
    const char *value)
{
    ngx_rtsp_put_header_begin(w, name);
    ngx_rtsp_put_clean(w, (u_char *) value, ngx_strlen(value));
    ngx_rtsp_put_header_end(w);
}


void
ngx_rtsp_put_header_uint(ngx_rtsp_writer_t *w, const char *name,
    uint64_t value)
{
    ngx_rtsp_put_header_begin(w, name);
    ngx_rtsp_put_uint(w, value);
    ngx_rtsp_put_header_end(w);
}


void
ngx_rtsp_put_header_begin(ngx_rtsp_writer_t *w, const char *name)
{
    ngx_rtsp_put_text(w, name);
    ngx_rtsp_put_text(w, ": ");
}


void
ngx_rtsp_put_header_end(ngx_rtsp_writer_t *w)
{
    ngx_rtsp_put_text(w, CRLF);
}


void
ngx_rtsp_put_end(ngx_rtsp_writer_t *w)
{
    ngx_rtsp_put_text(w, CRLF);
}


static void
ngx_rtsp_put_clean(ngx_rtsp_writer_t *w, const u_char *data, size_t len)
{
    size_t  i, start;

    start = 0;

    for (i = 0; i < len; i++) {
        if (ngx_rtsp_is_control(data[i])) {
            ngx_rtsp_put(w, data + start, i - start);
            ngx_rtsp_put_text(w, " ");
            start = i + 1;
        }
    }

    if (len > start) {
        ngx_rtsp_put(w, data + start, len - start);
    }
}
