
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "unit.h"

#include "ngx_rtsp_http.h"


/*
 * Answers of HTTP services.  A row holds the bytes and what comes of them, in
 * words: each is fed in one piece and byte by byte, which must be the same.
 */


typedef struct {
    const char  *name;
    const char  *bytes;
    const char  *want;
} http_row_t;


static const http_row_t  http_rows[] = {

    { "length 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      "ok 200 keep" },

    { "a body", "HTTP/1.1 403 No\r\nContent-Length: 3\r\n\r\nabc",
      "ok 403 keep" },

    { "a body that is not whole",
      "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", "again 200 keep" },

    { "a head that is not whole", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
      "again" },

    { "no body", "HTTP/1.1 204 None\r\n\r\n", "ok 204 keep" },

    { "no body in spite of its length",
      "HTTP/1.1 304 Same\r\nContent-Length: 7\r\n\r\n", "ok 304 keep" },

    { "no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
      "ok 200 keep" },

    { "LF alone", "HTTP/1.1 200 OK\ncontent-length:0\n\n", "ok 200 keep" },

    { "until the end", "HTTP/1.1 200 OK\r\n\r\n", "declined 200 keep" },

    { "asks to close",
      "HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 0\r\n\r\n",
      "ok 200" },

    { "HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "ok 200" },

    { "HTTP/1.0 with keep-alive",
      "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
      "Content-Length: 0\r\n\r\n", "ok 200 keep" },

    { "something behind it",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", "declined 200 keep" },

    { "chunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n1A ;x=y\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n",
      "ok 200 keep" },

    { "chunks and trailers",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n"
      "0\r\nX: y\r\nZ: 1\r\n\r\n", "ok 200 keep" },

    { "a chunk of no size",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
      "error 200 has sent an invalid chunk" },

    { "a chunk that is longer than it says",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
      "error 200 has sent an invalid chunk" },

    { "a chunk of 2^33",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n200000000\r\n",
      "error 200 has sent an invalid chunk" },

    { "chunks and a length (RFC 9112 6.3)",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
      "Content-Length: 5\r\n\r\n0\r\n\r\n", "ok 200" },

    { "another coding",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      "declined 200" },

    { "an interim answer",
      "HTTP/1.1 100 Continue\r\nLocation: /a\r\n\r\n"
      "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "ok 403 keep" },

    { "another protocol", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
      "error wants another protocol" },

    { "Location",
      "HTTP/1.1 302 Found\r\nLocation:  rtsp://a/b?c=d \r\n"
      "Content-Length: 0\r\n\r\n", "ok 302 keep location=rtsp://a/b?c=d" },

    { "the first of two",
      "HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\n"
      "Content-Length: 0\r\n\r\n", "ok 302 keep location=/a" },

    { "a space in Location",
      "HTTP/1.1 302 Found\r\nLocation: rtsp://a/ b\r\n\r\n",
      "error has sent an invalid Location" },

    { "a tab in Location", "HTTP/1.1 302 Found\r\nLocation: /a\tb\r\n\r\n",
      "error has sent an invalid Location" },

    { "HA1 of MD5",
      "HTTP/1.1 200 OK\r\nX-RTSP-HA1: 0123456789ABCDEF0123456789abcdef\r\n"
      "Content-Length: 0\r\n\r\n",
      "ok 200 keep ha1=0123456789abcdef0123456789abcdef" },

    { "HA1 of SHA-256",
      "HTTP/1.1 200 OK\r\nx-rtsp-ha1: 0123456789abcdef0123456789abcdef"
      "0123456789abcdef0123456789abcdef\r\nContent-Length: 0\r\n\r\n",
      "ok 200 keep ha1=0123456789abcdef0123456789abcdef"
      "0123456789abcdef0123456789abcdef" },

    { "HA1 of no length",
      "HTTP/1.1 200 OK\r\nX-RTSP-HA1: 0123\r\n\r\n",
      "error has sent an invalid X-RTSP-HA1" },

    { "HA1 of no digits",
      "HTTP/1.1 200 OK\r\nX-RTSP-HA1: 0123456789abcdef0123456789abcdeg\r\n"
      "\r\n",
      "error has sent an invalid X-RTSP-HA1" },

    { "the same length twice",
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
      "ok 200 keep" },

    { "two lengths",
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n",
      "error has sent an invalid Content-Length" },

    { "a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
      "error has sent an invalid Content-Length" },

    { "a length over 2^63",
      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "error has sent an invalid Content-Length" },

    { "a header without a colon", "HTTP/1.1 200 OK\r\nfoo\r\n\r\n",
      "error has sent an invalid header" },

    { "a header without a name", "HTTP/1.1 200 OK\r\n: foo\r\n\r\n",
      "error has sent an invalid header" },

    { "a space before the colon",
      "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
      "error has sent an invalid header" },

    { "a folded header", "HTTP/1.1 200 OK\r\nA: b\r\n c: d\r\n\r\n",
      "error has sent an invalid header" },

    { "a control character", "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
      "error has sent an invalid header" },

    { "8-bit text", "HTTP/1.1 200 OK\r\nA: \xe9\r\nContent-Length: 0\r\n\r\n",
      "ok 200 keep" },

    { "HTTP/2", "HTTP/2 200\r\n\r\n",
      "error does not answer in HTTP/1.1" },

    { "no HTTP", "SSH-2.0-OpenSSH_9.2\r\n",
      "error does not answer in HTTP/1.1" },

    { "an empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n",
      "error does not answer in HTTP/1.1" },

    { "a status of two digits", "HTTP/1.1 20 OK\r\n\r\n",
      "error does not answer in HTTP/1.1" },

    { "a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n",
      "error does not answer in HTTP/1.1" },

    { "status 600", "HTTP/1.1 600 OK\r\n\r\n",
      "error has sent an invalid status" },

    { "status 099", "HTTP/1.1 099 OK\r\n\r\n",
      "error has sent an invalid status" },
};


/* "step" bytes at a time, each piece in a block of its own */

static void
http_run(const u_char *bytes, size_t len, size_t step, u_char *text,
    size_t size)
{
    size_t                            n;
    u_char                           *piece;
    ngx_int_t                         rc;
    ngx_str_t                         s;
    ngx_rtsp_writer_t                 w;
    static ngx_rtsp_http_response_t   r;

    ngx_rtsp_http_init(&r);

    rc = NGX_AGAIN;

    while (len && (rc == NGX_AGAIN || rc == NGX_OK)) {
        n = ngx_min(step, len);

        piece = unit_copy(bytes, n);
        rc = ngx_rtsp_http_parse(&r, piece, n);
        free(piece);

        bytes += n;
        len -= n;
    }

    w.pos = text;
    w.end = text + size - 1;
    w.overflow = 0;

    ngx_rtsp_put_text(&w, rc == NGX_OK ? "ok"
                          : rc == NGX_AGAIN ? "again"
                            : rc == NGX_DECLINED ? "declined" : "error");

    if (r.whole) {
        ngx_rtsp_put_text(&w, " ");
        ngx_rtsp_put_uint(&w, r.status);
    }

    if (rc == NGX_ERROR) {
        ngx_rtsp_put_text(&w, " ");
        ngx_rtsp_put_text(&w, r.error);

    } else if (r.whole) {

        if (ngx_rtsp_http_reusable(&r)) {
            ngx_rtsp_put_text(&w, " keep");
        }

        if (r.location_len) {
            s.data = r.location;
            s.len = r.location_len;
            ngx_rtsp_put_text(&w, " location=");
            ngx_rtsp_put_str(&w, &s);
        }

        if (r.ha1_len) {
            s.data = r.ha1;
            s.len = r.ha1_len;
            ngx_rtsp_put_text(&w, " ha1=");
            ngx_rtsp_put_str(&w, &s);
        }
    }

    *w.pos = '\0';
}


static void
http_is(const u_char *bytes, size_t len, const char *want, const char *name)
{
    ngx_uint_t        i;
    ngx_str_t         got;
    char              label[128];
    static u_char     text[4096];
    static size_t     steps[] = { 1 << 20, 1, 7 };

    for (i = 0; i < 3; i++) {
        http_run(bytes, len, steps[i], text, sizeof(text));

        got.data = text;
        got.len = strlen((char *) text);

        (void) snprintf(label, sizeof(label), "%s, %s", name,
                        i == 0 ? "whole" : i == 1 ? "byte by byte" : "by 7");

        unit_is_str(&got, want, label);
    }
}


/* "n" times "text" between "head" and "tail" */

static void
http_is_long(const char *head, const char *text, size_t n, const char *tail,
    const char *want, const char *name)
{
    size_t   len;
    u_char  *bytes, *p;

    len = strlen(head) + n * strlen(text) + strlen(tail);

    bytes = malloc(len);
    if (bytes == NULL) {
        exit(2);
    }

    p = ngx_cpymem(bytes, head, strlen(head));

    while (n--) {
        p = ngx_cpymem(p, text, strlen(text));
    }

    ngx_memcpy(p, tail, strlen(tail));

    http_is(bytes, len, want, name);

    free(bytes);
}


static void
http_bounds(void)
{
    http_is_long("HTTP/1.1 200 OK\r\n", "A: 34567890123\r\n", 1000,
                 "Content-Length: 0\r\n\r\n", "ok 200 keep",
                 "a head under 16k");

    http_is_long("HTTP/1.1 200 OK\r\n", "A: 34567890123\r\n", 1030,
                 "Content-Length: 0\r\n\r\n",
                 "error has sent a head over 16k", "a head over 16k");

    http_is_long("HTTP/1.1 100 OK\r\n\r\n", "HTTP/1.1 100 OK\r\n\r\n", 900,
                 "", "error has sent a head over 16k",
                 "interim answers over 16k");

    http_is_long("HTTP/1.1 200 OK\r\nA:", "b", 10000,
                 "\r\nContent-Length: 0\r\n\r\n", "ok 200 keep",
                 "a long header that nobody needs");

    http_is_long("HTTP/1.1 302 OK\r\nLocation: ", "b", 2049, "\r\n\r\n",
                 "error has sent a Location over 2k", "a Location over 2k");

    http_is_long("HTTP/1.1 302 OK\r\nLocation: ", "b", 5000, "\r\n\r\n",
                 "error has sent a Location over 2k", "a Location over 4k");

    http_is_long("HTTP/1.1 200 OK\r\nContent-Length:", " ", 5000,
                 "1\r\n\r\n", "error has sent an invalid Content-Length",
                 "a length behind 5000 spaces");

    http_is_long("HTTP/1.1 200 OK\r\nTransfer-Encoding:", " ", 5000,
                 "chunked\r\n\r\n", "error has sent an invalid header",
                 "a coding behind 5000 spaces");

    http_is_long("", "x", 20000, "", "error has sent a head over 16k",
                 "a line without end");

    http_is_long("HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n", "x",
                 65536, "", "ok 200 keep", "a body of 64k");

    http_is_long("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", "x",
                 70000, "", "declined 200 keep", "a body of 1g");

    http_is_long("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                 "1\r\nx\r\n", 20000, "", "declined 200 keep",
                 "chunks over 64k");

    http_is_long("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                 "A: b\r\n", 20000, "", "declined 200 keep",
                 "trailers over 64k");
}


static void
http_write(void)
{
    u_char             buf[1024];
    ngx_str_t          uri, host, value, got;
    ngx_rtsp_writer_t  w;

    w.pos = buf;
    w.end = buf + sizeof(buf);
    w.overflow = 0;

    uri = unit_str("/auth?x=1");
    host = unit_str("auth:81");

    ngx_rtsp_http_put_post(&w, &uri, &host, 42);

    got.data = buf;
    got.len = w.pos - buf;

    unit_is_str(&got, "POST /auth?x=1 HTTP/1.1\r\n"
                "Host: auth:81\r\n"
                "User-Agent: nginx\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n"
                "Content-Length: 42\r\n\r\n", "the head of a POST");

    w.pos = buf;

    value = unit_str("/cam 1");
    ngx_rtsp_http_put_field(&w, 1, "path", &value);

    value = unit_str("a&b=c+d%25/\xe9\r\n~-._Zz09");
    ngx_rtsp_http_put_field(&w, 0, "query", &value);

    ngx_str_null(&value);
    ngx_rtsp_http_put_field(&w, 0, "user", &value);

    got.len = w.pos - buf;

    unit_is_str(&got, "path=%2Fcam%201"
                "&query=a%26b%3Dc%2Bd%2525%2F%E9%0D%0A~-._Zz09&user=",
                "a form");

    w.pos = buf;
    w.end = buf + 6;

    value = unit_str("%%%");
    ngx_rtsp_http_put_field(&w, 1, "a", &value);

    unit_ok(w.overflow, "a form that does not fit");
}


int
main(void)
{
    ngx_uint_t  i;

    for (i = 0; i < sizeof(http_rows) / sizeof(http_row_t); i++) {
        http_is((const u_char *) http_rows[i].bytes,
                strlen(http_rows[i].bytes), http_rows[i].want,
                http_rows[i].name);
    }

    http_bounds();
    http_write();

    return unit_done();
}
