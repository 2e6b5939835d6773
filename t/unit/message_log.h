
/*
 * Copyright (C) the nginx RTSP module authors
 */


/*
 * What a parser makes of a byte stream, as text: one line per message.  Used
 * by the unit test, which compares it with what is wanted, and by the fuzzer,
 * which compares the logs of one stream cut in different ways.
 *
 * The stream is handed over as a connection would do it: all bytes not
 * consumed yet, each time in a new block of exactly their size, so that the
 * sanitizer sees every byte read too far and every pointer kept too long.
 */


#ifndef _MESSAGE_LOG_H_INCLUDED_
#define _MESSAGE_LOG_H_INCLUDED_


#include "unit.h"

#include "ngx_rtsp_message.h"


typedef struct {
    char    *text;
    size_t   len;
    size_t   size;
} message_log_t;


/* the size of the next piece of "left" bytes, 1 at least */
typedef size_t (*message_cut_pt)(void *data, size_t left);


static inline void
message_log_mem(message_log_t *log, const void *data, size_t len)
{
    if (log->len + len + 1 > log->size) {
        log->size = (log->len + len + 1) * 2;
        log->text = realloc(log->text, log->size);

        if (log->text == NULL) {
            exit(2);
        }
    }

    if (len) {
        memcpy(log->text + log->len, data, len);
    }

    log->len += len;
    log->text[log->len] = '\0';
}


static inline void
message_log_str(message_log_t *log, const char *before, const ngx_str_t *str,
    const char *after)
{
    message_log_mem(log, before, strlen(before));
    message_log_mem(log, str->data, str->len);
    message_log_mem(log, after, strlen(after));
}


static inline void
message_log_uint(message_log_t *log, const char *before, ngx_uint_t n,
    const char *after)
{
    char       digits[32];
    ngx_str_t  str;

    str.data = (u_char *) digits;
    str.len = snprintf(digits, sizeof(digits), "%lu", (unsigned long) n);

    message_log_str(log, before, &str, after);
}


static inline void
message_log_headers(message_log_t *log, ngx_rtsp_message_t *m)
{
    ngx_uint_t  i;

    for (i = 0; i < m->nheaders; i++) {
        message_log_str(log, " {", &m->headers[i].name, ":");
        message_log_str(log, "", &m->headers[i].value, "}");
    }
}


static inline void
message_log_message(message_log_t *log, ngx_int_t rc, ngx_rtsp_message_t *m)
{
    if (rc == NGX_ERROR) {
        message_log_uint(log, m->fatal ? "fatal " : "error ", m->status, "");
        message_log_headers(log, m);

    } else if (m->type == NGX_RTSP_FRAME) {
        message_log_uint(log, "$", m->channel, "");
        message_log_str(log, " [", &m->payload, "]");

    } else if (m->type == NGX_RTSP_HTTP) {
        message_log_mem(log, "HTTP", 4);

    } else {

        if (m->type == NGX_RTSP_REQUEST) {
            message_log_str(log, "", &m->method_name, "");
            message_log_uint(log, "/", m->method, "");
            message_log_str(log, " ", &m->uri, "");

        } else {
            message_log_uint(log, "", m->status, "");
            message_log_str(log, " (", &m->reason, ")");
        }

        message_log_headers(log, m);
        message_log_str(log, m->body.len ? " [" : "", &m->body,
                        m->body.len ? "]" : "");
    }
}


/* what the parser promises of its answers; 1 if it is kept */

static inline ngx_uint_t
message_log_sound(ngx_rtsp_parser_t *p, ngx_int_t rc, ngx_rtsp_message_t *m,
    u_char *bytes, size_t len)
{
    if (m->len > len) {
        return 0;
    }

    if (rc == NGX_AGAIN) {
        return p->need == 0
               ? len - m->len < NGX_RTSP_MAX_HEAD
               : p->need > len - m->len
                 && p->need <= NGX_RTSP_MAX_HEAD + NGX_RTSP_MAX_BODY;
    }

    if (rc == NGX_OK && m->type == NGX_RTSP_FRAME) {
        return m->payload.data >= bytes + NGX_RTSP_FRAME_HEADER
               && m->payload.data[-NGX_RTSP_FRAME_HEADER] == '$'
               && m->payload.data + m->payload.len == bytes + m->len;
    }

    if (rc == NGX_OK && m->type != NGX_RTSP_HTTP) {
        return m->len > 0 && m->body.data + m->body.len == bytes + m->len;
    }

    return rc == NGX_OK || m->fatal || m->len > 0;
}


/*
 * Runs a stream through a new parser; "cut" gives the sizes of the pieces.
 * Each line ends with the number of bytes consumed so far, except for errors
 * that end it.  The caller frees log->text.
 */

static inline void
message_log_run(message_log_t *log, const u_char *data, size_t size,
    ngx_uint_t trusted, message_cut_pt cut, void *cut_data)
{
    u_char              *bytes;
    size_t               start, end;
    ngx_int_t            rc;
    ngx_rtsp_parser_t    p;
    ngx_rtsp_message_t  *m;

    ngx_memzero(log, sizeof(message_log_t));
    message_log_mem(log, "", 0);

    m = malloc(sizeof(ngx_rtsp_message_t));
    if (m == NULL) {
        exit(2);
    }

    memset(m, 0x5a, sizeof(ngx_rtsp_message_t));

    ngx_rtsp_parser_init(&p);
    p.trusted = trusted;

    start = 0;
    end = 0;

    while (end < size) {
        end += cut(cut_data, size - end);

        do {
            bytes = unit_copy(data + start, end - start);

            rc = ngx_rtsp_parse(&p, bytes, bytes + (end - start), m);

            if (!message_log_sound(&p, rc, m, bytes, end - start)) {
                message_log_mem(log, "unsound\n", 8);
                free(bytes);
                goto done;
            }

            if (rc != NGX_AGAIN) {
                message_log_message(log, rc, m);
            }

            free(bytes);

            start += m->len;

            if ((rc == NGX_ERROR && m->fatal)
                || (rc == NGX_OK && m->type == NGX_RTSP_HTTP))
            {
                message_log_mem(log, "\n", 1);
                goto done;
            }

            if (rc != NGX_AGAIN) {
                message_log_uint(log, " @", start, "\n");
            }

        } while (rc != NGX_AGAIN);
    }

done:

    free(m);
}


#endif /* _MESSAGE_LOG_H_INCLUDED_ */
