
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_text.h"


/*
 * Bytes of text: bounded writing, and the small readings that every parser
 * of wire/ needs (comparing, cutting, numbers, base64).
 *
 * Called by the parsers and writers of wire/ and by whoever builds a message.
 * It owns nothing.  A writer's "pos" never passes its "end": a piece that does
 * not fit is dropped whole and "overflow" stays set, so that later pieces are
 * dropped too and no text with a hole in it goes out.
 */


static ngx_uint_t ngx_rtsp_text_same(const u_char *data, const char *text,
    size_t len);
static ngx_uint_t ngx_rtsp_base64_digit(u_char c);


static const char  ngx_rtsp_base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";


void
ngx_rtsp_put(ngx_rtsp_writer_t *w, const void *data, size_t len)
{
    if (w->overflow || len > (size_t) (w->end - w->pos)) {
        w->overflow = 1;
        return;
    }

    if (len) {
        w->pos = ngx_cpymem(w->pos, data, len);
    }
}


void
ngx_rtsp_put_text(ngx_rtsp_writer_t *w, const char *text)
{
    ngx_rtsp_put(w, text, ngx_strlen(text));
}


void
ngx_rtsp_put_str(ngx_rtsp_writer_t *w, const ngx_str_t *str)
{
    ngx_rtsp_put(w, str->data, str->len);
}


void
ngx_rtsp_put_uint(ngx_rtsp_writer_t *w, uint64_t n)
{
    u_char  *p;
    u_char   buf[NGX_INT64_LEN];

    p = buf + sizeof(buf);

    do {
        *--p = (u_char) ('0' + n % 10);
        n /= 10;
    } while (n);

    ngx_rtsp_put(w, p, buf + sizeof(buf) - p);
}


void
ngx_rtsp_put_hex(ngx_rtsp_writer_t *w, uint64_t n, ngx_uint_t digits)
{
    u_char      buf[16];
    ngx_uint_t  i;

    if (digits > sizeof(buf)) {
        digits = sizeof(buf);
    }

    for (i = digits; i > 0; i--) {
        buf[i - 1] = (u_char) "0123456789ABCDEF"[n & 0xf];
        n >>= 4;
    }

    ngx_rtsp_put(w, buf, digits);
}


void
ngx_rtsp_put_base64(ngx_rtsp_writer_t *w, const u_char *data, size_t len)
{
    u_char    out[4];
    uint32_t  n;

    while (len) {
        n = (uint32_t) data[0] << 16;

        if (len > 1) {
            n |= (uint32_t) data[1] << 8;
        }

        if (len > 2) {
            n |= data[2];
        }

        out[0] = ngx_rtsp_base64_alphabet[n >> 18];
        out[1] = ngx_rtsp_base64_alphabet[(n >> 12) & 0x3f];
        out[2] = (len > 1) ? ngx_rtsp_base64_alphabet[(n >> 6) & 0x3f] : '=';
        out[3] = (len > 2) ? ngx_rtsp_base64_alphabet[n & 0x3f] : '=';

        ngx_rtsp_put(w, out, 4);

        if (len <= 3) {
            return;
        }

        data += 3;
        len -= 3;
    }
}


ngx_uint_t
ngx_rtsp_text_is(const ngx_str_t *str, const char *text)
{
    size_t  len;

    len = ngx_strlen(text);

    return str->len == len && ngx_rtsp_text_same(str->data, text, len);
}


ngx_uint_t
ngx_rtsp_text_begins(const ngx_str_t *str, const char *text)
{
    size_t  len;

    len = ngx_strlen(text);

    return str->len >= len && ngx_rtsp_text_same(str->data, text, len);
}


static ngx_uint_t
ngx_rtsp_text_same(const u_char *data, const char *text, size_t len)
{
    size_t  i;
    u_char  c;

    for (i = 0; i < len; i++) {
        c = (u_char) text[i];

        if (ngx_tolower(data[i]) != ngx_tolower(c)) {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
ngx_rtsp_text_cut(ngx_str_t *str, u_char c, ngx_str_t *part)
{
    u_char  *p;

    if (str->data == NULL) {
        ngx_str_null(part);
        return 0;
    }

    part->data = str->data;

    p = str->len ? memchr(str->data, c, str->len) : NULL;

    if (p == NULL) {
        part->len = str->len;
        ngx_str_null(str);
        return 1;
    }

    part->len = p - str->data;
    str->data = p + 1;
    str->len -= part->len + 1;

    return 1;
}


void
ngx_rtsp_text_trim(ngx_str_t *str)
{
    while (str->len && (str->data[0] == ' ' || str->data[0] == '\t')) {
        str->data++;
        str->len--;
    }

    while (str->len
           && (str->data[str->len - 1] == ' '
               || str->data[str->len - 1] == '\t'))
    {
        str->len--;
    }
}


int64_t
ngx_rtsp_text_uint(const ngx_str_t *str, int64_t max)
{
    size_t   i;
    int64_t  n, digit;

    if (str->len == 0) {
        return NGX_ERROR;
    }

    n = 0;

    for (i = 0; i < str->len; i++) {
        if (str->data[i] < '0' || str->data[i] > '9') {
            return NGX_ERROR;
        }

        digit = str->data[i] - '0';

        if (digit > max || n > (max - digit) / 10) {
            return NGX_ERROR;
        }

        n = n * 10 + digit;
    }

    return n;
}


int64_t
ngx_rtsp_text_hex(const ngx_str_t *str)
{
    size_t   i;
    u_char   c;
    int64_t  n;

    if (str->len == 0 || str->len > 8) {
        return NGX_ERROR;
    }

    n = 0;

    for (i = 0; i < str->len; i++) {
        c = ngx_tolower(str->data[i]);

        if (c >= '0' && c <= '9') {
            n = n * 16 + (c - '0');

        } else if (c >= 'a' && c <= 'f') {
            n = n * 16 + (c - 'a' + 10);

        } else {
            return NGX_ERROR;
        }
    }

    return n;
}


ssize_t
ngx_rtsp_text_base64(const ngx_str_t *src, u_char *dst, size_t size)
{
    size_t      i, len, n;
    uint32_t    bits;
    ngx_uint_t  digit, have;

    len = src->len;

    while (len && src->len - len < 2 && src->data[len - 1] == '=') {
        len--;
    }

    /* a single digit of a last group holds no byte */

    if (len % 4 == 1 || (len != src->len && src->len % 4 != 0)) {
        return NGX_ERROR;
    }

    n = 0;
    bits = 0;
    have = 0;

    for (i = 0; i < len; i++) {
        digit = ngx_rtsp_base64_digit(src->data[i]);
        if (digit > 63) {
            return NGX_ERROR;
        }

        bits = (bits << 6 | (uint32_t) digit) & 0xffff;
        have += 6;

        if (have >= 8) {
            if (n == size) {
                return NGX_ERROR;
            }

            have -= 8;
            dst[n++] = (u_char) (bits >> have);
        }
    }

    return n;
}


static ngx_uint_t
ngx_rtsp_base64_digit(u_char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }

    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }

    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }

    if (c == '+' || c == '-') {
        return 62;
    }

    if (c == '/' || c == '_') {
        return 63;
    }

    return 64;
}
