
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_message.h"


/*
 * RTSP messages, cut out of a byte stream: where a request, a response or an
 * interleaved frame begins and ends (RFC 2326 4 to 7 and 10.12).
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
static ngx_int_t ngx_rtsp_fatal(ngx_rtsp_message_t *m, ngx_uint_t status);
/* white space and NULs, which pad messages of some cameras */

static const u_char  ngx_rtsp_padding[] = { ' ', '\t', CR, LF, '\0' };


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
        name = (i == NGX_RTSP_UNKNOWN_METHOD) ? "RTSP/"
                                              : ngx_rtsp_method_name(i);
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


static ngx_int_t
ngx_rtsp_fatal(ngx_rtsp_message_t *m, ngx_uint_t status)
{
    m->fatal = 1;
    m->status = status;

    return NGX_ERROR;
}
