
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "unit.h"
#include "message_log.h"


/*
 * Messages out of bytes and into them.  Every row of the table is parsed in
 * one piece, byte by byte, and cut in two at every place: the log of messages
 * must be that of the row each time, and each message must end at the same
 * byte.
 *
 * A line of the log: "METHOD/number uri {Name:value} [body]",
 * "status (reason) {Name:value} [body]", "$channel [payload]", "HTTP",
 * "error status {..}" where the connection goes on, "fatal status {..}".
 */


typedef struct {
    const char  *name;
    ngx_uint_t   trusted;
    const char  *bytes;
    size_t       len;
    const char  *want;
} message_row_t;


#define BYTES(text)  text, sizeof(text) - 1


static const message_row_t  message_rows[] = {

    /* requests */

    { "request: every method has its number", 0,
      BYTES("OPTIONS * RTSP/1.0\r\n\r\n"
            "DESCRIBE rtsp://h/p RTSP/1.0\r\n\r\n"
            "ANNOUNCE rtsp://h/p RTSP/1.0\r\n\r\n"
            "SETUP rtsp://h/p RTSP/1.0\r\n\r\n"
            "PLAY rtsp://h/p RTSP/1.0\r\n\r\n"
            "RECORD rtsp://h/p RTSP/1.0\r\n\r\n"
            "PAUSE rtsp://h/p RTSP/1.0\r\n\r\n"
            "TEARDOWN rtsp://h/p RTSP/1.0\r\n\r\n"
            "GET_PARAMETER rtsp://h/p RTSP/1.0\r\n\r\n"
            "SET_PARAMETER rtsp://h/p RTSP/1.0\r\n\r\n"
            "REDIRECT rtsp://h/p RTSP/1.0\r\n\r\n"),
      "OPTIONS/0 *\nDESCRIBE/1 rtsp://h/p\nANNOUNCE/2 rtsp://h/p\n"
      "SETUP/3 rtsp://h/p\nPLAY/4 rtsp://h/p\nRECORD/5 rtsp://h/p\n"
      "PAUSE/6 rtsp://h/p\nTEARDOWN/7 rtsp://h/p\n"
      "GET_PARAMETER/8 rtsp://h/p\nSET_PARAMETER/9 rtsp://h/p\n"
      "REDIRECT/10 rtsp://h/p\n" },

    { "request: headers as received, values trimmed", 0,
      BYTES("OPTIONS * RTSP/1.0\r\nCSeq:1\r\ncseq:    2 \t\r\n"
            "X-Empty:\r\nX-Colon: a:b: c\r\nX-Space : v\r\n\r\n"),
      "OPTIONS/0 * {CSeq:1} {cseq:2} {X-Empty:} {X-Colon:a:b: c}"
      " {X-Space:v}\n" },

    { "request: lone LF as line end", 0,
      BYTES("OPTIONS * RTSP/1.0\nCSeq: 1\n\nOPTIONS * RTSP/1.0\r\n\n"),
      "OPTIONS/0 * {CSeq:1}\nOPTIONS/0 *\n" },

    { "request: body", 0,
      BYTES("ANNOUNCE rtsp://h/p RTSP/1.0\r\nContent-Length: 5\r\n\r\n"
            "v=0\r\nPLAY rtsp://h/p RTSP/1.0\r\n\r\n"),
      "ANNOUNCE/2 rtsp://h/p {Content-Length:5} [v=0\r\n]\n"
      "PLAY/4 rtsp://h/p\n" },

    { "request: a body that looks like requests and frames", 0,
      BYTES("ANNOUNCE rtsp://h/p RTSP/1.0\r\ncontent-length: 26\r\n\r\n"
            "$\0\0\1OPTIONS * RTSP/1.0\r\n\r\n"
            "PLAY rtsp://h/p RTSP/1.0\r\n\r\n"),
      NULL },

    { "request: Content-Length of 0", 0,
      BYTES("PLAY u RTSP/1.0\r\nContent-Length: 0\r\n\r\n"),
      "PLAY/4 u {Content-Length:0}\n" },

    { "request: Content-Length twice with one value", 0,
      BYTES("PLAY u RTSP/1.0\r\nContent-Length: 1\r\ncontent-length: 01\r\n"
            "\r\nxPLAY u RTSP/1.0\r\n\r\n"),
      "PLAY/4 u {Content-Length:1} {content-length:01} [x]\nPLAY/4 u\n" },

    { "request: pipelined", 0,
      BYTES("PLAY a RTSP/1.0\r\n\r\nPAUSE b RTSP/1.0\r\nCSeq: 2\r\n\r\n"),
      "PLAY/4 a\nPAUSE/6 b {CSeq:2}\n" },

    { "request: an unknown method is a message (501)", 0,
      BYTES("FOO rtsp://h/p RTSP/1.0\r\nCSeq: 1\r\n\r\n"
            "options * RTSP/1.0\r\n\r\nPLAYX u RTSP/1.0\r\n\r\n"
            "SETFOO u RTSP/1.0\r\n\r\n"),
      "FOO/11 rtsp://h/p {CSeq:1}\noptions/11 *\nPLAYX/11 u\n"
      "SETFOO/11 u\n" },

    { "request: HTTP-like names within RTSP are methods", 0,
      BYTES("GET_PARAMETER u RTSP/1.0\r\n\r\nGET u RTSP/1.0\r\n\r\n"),
      "GET_PARAMETER/8 u\nGET/11 u\n" },

    { "request: space behind the version", 0,
      BYTES("OPTIONS * RTSP/1.0 \r\n\r\n"), "OPTIONS/0 *\n" },

    { "request: bytes above 127 in the URI", 0,
      BYTES("OPTIONS rtsp://h/\xc3\xa9 RTSP/1.0\r\n\r\n"),
      "OPTIONS/0 rtsp://h/\xc3\xa9\n" },

    /* bad requests with whole frames around them */

    { "400: header without colon, connection goes on", 0,
      BYTES("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nbad\r\nA: b\r\n\r\n"
            "OPTIONS * RTSP/1.0\r\n\r\n"),
      "error 400 {CSeq:1} {A:b}\nOPTIONS/0 *\n" },

    { "400: the body of a bad request is consumed too", 0,
      BYTES("ANNOUNCE u RTSP/1.0\r\nbad\r\nContent-Length: 4\r\n\r\n$\0\0\1"
            "OPTIONS * RTSP/1.0\r\n\r\n"),
      "error 400 {Content-Length:4}\nOPTIONS/0 *\n" },

    { "400: folded header", 0,
      BYTES("OPTIONS * RTSP/1.0\r\nA: b\r\n c: d\r\n\r\n"),
      "error 400 {A:b}\n" },

    { "400: header without a name", 0,
      BYTES("OPTIONS * RTSP/1.0\r\n: b\r\n\r\n"), "error 400\n" },

    { "400: header name with a space within", 0,
      BYTES("OPTIONS * RTSP/1.0\r\nA b: c\r\n\r\n"), "error 400\n" },

    { "400: control character in a header", 0,
      BYTES("OPTIONS * RTSP/1.0\r\nA: b\rc\r\nB: \0\r\n\r\n"),
      "error 400\n" },

    { "400: space within the URI", 0,
      BYTES("OPTIONS rtsp://h/a b RTSP/1.0\r\nCSeq: 7\r\n\r\n"),
      "error 400 {CSeq:7}\n" },

    { "400: no URI", 0,
      BYTES("OPTIONS RTSP/1.0\r\n\r\nOPTIONS  RTSP/1.0\r\n\r\n"),
      "error 400\nerror 400\n" },

    { "400: control character in the request line", 1,
      BYTES("OPTIONS rtsp://h/\1 RTSP/1.0\r\nCSeq: 7\r\n\r\n"),
      "error 400 {CSeq:7}\n" },

    { "505: another version of RTSP, with its body", 0,
      BYTES("PLAY u RTSP/2.0\r\nCSeq: 3\r\nContent-Length: 2\r\n\r\nab"
            "PLAY u RTSP/1.0\r\n\r\nPLAY u RTSP/1.10\r\n\r\n"),
      "error 505 {CSeq:3} {Content-Length:2}\nPLAY/4 u\nerror 505\n" },

    /* framing lost */

    { "fatal 400: another protocol's version", 0,
      BYTES("OPTIONS / HTTP/1.1\r\n"), "fatal 400\n" },

    { "fatal 400: another protocol's version, later", 1,
      BYTES("OPTIONS / HTTP/1.1\r\n"), "fatal 400\n" },

    { "fatal 400: no version", 0, BYTES("OPTIONS *\r\n"), "fatal 400\n" },

    { "fatal 400: a version that is none", 0,
      BYTES("OPTIONS * RTSP/1.x\r\n"), "fatal 400\n" },

    { "fatal 400: Content-Length is no number", 0,
      BYTES("PLAY u RTSP/1.0\r\nCSeq: 4\r\nContent-Length: 1x\r\n\r\n"),
      "fatal 400 {CSeq:4} {Content-Length:1x}\n" },

    { "fatal 400: Content-Length is negative", 0,
      BYTES("PLAY u RTSP/1.0\r\nContent-Length: -1\r\n\r\n"),
      "fatal 400 {Content-Length:-1}\n" },

    { "fatal 400: Content-Length is empty", 0,
      BYTES("PLAY u RTSP/1.0\r\nContent-Length:\r\n\r\n"),
      "fatal 400 {Content-Length:}\n" },

    { "fatal 400: two values of Content-Length", 0,
      BYTES("PLAY u RTSP/1.0\r\nContent-Length: 1\r\nContent-Length: 2\r\n"
            "\r\n"),
      "fatal 400 {Content-Length:1} {Content-Length:2}\n" },

    { "fatal 413: body over 128 KiB", 0,
      BYTES("PLAY u RTSP/1.0\r\nContent-Length: 131073\r\n\r\n"),
      "fatal 413 {Content-Length:131073}\n" },

    { "fatal 413: Content-Length beyond every integer", 0,
      BYTES("PLAY u RTSP/1.0\r\n"
            "Content-Length: 99999999999999999999999\r\n\r\n"),
      "fatal 413 {Content-Length:99999999999999999999999}\n" },

    /* the first bytes of a connection */

    { "start: HTTP GET", 0, BYTES("GET / HTTP/1.1\r\n"), "HTTP\n" },

    { "start: HTTP POST", 0, BYTES("POST / HTTP/1.1\r\n"), "HTTP\n" },

    { "start: TLS on a plain port", 0, BYTES("\x16\x03\x01"),
      "fatal 400\n" },

    { "start: a frame before a request", 0, BYTES("$\0\0\1x"),
      "fatal 400\n" },

    { "start: a response before a request", 0,
      BYTES("RTSP/1.0 200 OK\r\n\r\n"), "fatal 400\n" },

    { "start: garbage before a request", 0,
      BYTES("(OPTIONS * RTSP/1.0\r\n\r\n"), "fatal 400\n" },

    { "start: a token that goes on for ever", 0,
      BYTES("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            "AAAAA"),
      "fatal 400\n" },

    { "start: control character in the first line", 0,
      BYTES("OPTIONS \1"), "fatal 400\n" },

    { "start: white space and NULs", 0,
      BYTES("\r\n \t\0OPTIONS * RTSP/1.0\r\n\r\n"), "OPTIONS/0 *\n" },

    { "start: a bad request opens no door to garbage", 0,
      BYTES("OPTIONS * RTSP/1.0\r\nbad\r\n\r\n$\0\0\0"),
      "error 400\nfatal 400\n" },

    /* frames */

    { "frame: between requests", 0,
      BYTES("PLAY u RTSP/1.0\r\n\r\n$\0\0\3abc$\7\0\1dPAUSE u RTSP/1.0\r\n"
            "\r\n"),
      "PLAY/4 u\n$0 [abc]\n$7 [d]\nPAUSE/6 u\n" },

    { "frame: empty", 1, BYTES("$\377\0\0$\1\0\0"), "$255 []\n$1 []\n" },

    { "frame: payload with dollars and line ends", 1,
      BYTES("$\0\0\6$a\r\n\r\n$\0\0\1x"), "$0 [$a\r\n\r\n]\n$0 [x]\n" },

    { "frame: a request's body is not read as one", 1,
      BYTES("PLAY u RTSP/1.0\r\nContent-Length: 5\r\n\r\n$\1\0\1x$\2\0\1y"),
      NULL },

    /* between messages */

    { "between: CRLF behind frames and requests (cameras)", 0,
      BYTES("PLAY u RTSP/1.0\r\n\r\n\r\n$\0\0\1a\r\n\0\0$\0\0\1b \t"
            "PAUSE u RTSP/1.0\r\n\r\n"),
      "PLAY/4 u\n$0 [a]\n$0 [b]\nPAUSE/6 u\n" },

    { "between: garbage is skipped to a frame", 1,
      BYTES("\xff\xfe" "abc$\0\0\1a"), "$0 [a]\n" },

    { "between: garbage is skipped to a request", 1,
      BYTES("\xff" "XPLAY u RTSP/1.0\r\n\r\n"), "PLAY/4 u\n" },

    { "between: garbage is skipped to a response", 1,
      BYTES("\xff" "RTRTSP/1.0 200 OK\r\n\r\n"), "200 (OK)\n" },

    { "between: a text line is garbage", 1,
      BYTES("hello world\r\nPLAY u RTSP/1.0\r\n\r\n"), "PLAY/4 u\n" },

    { "between: a line of three words is garbage without a version", 1,
      BYTES("hello wide world\r\nPLAY u RTSP/1.0\r\n\r\n"), "PLAY/4 u\n" },

    { "between: names of methods within garbage", 1,
      BYTES("\xff" "PLAY PLAY PLAY it SETUP RTSP/1.0 RTSP/ RTSP/1.0 2x\r\n"
            "PAUSE u RTSP/1.0\r\n\r\n"),
      "PAUSE/6 u\n" },

    { "between: an unknown method within garbage is garbage", 1,
      BYTES("\xff" "FOO u RTSP/1.0\r\n\r\nPLAY u RTSP/1.0\r\n\r\n"
            "FOO u RTSP/1.0\r\n\r\n"),
      "PLAY/4 u\nFOO/11 u\n" },

    { "between: a method without its space is garbage", 1,
      BYTES("PLAY\r\nPLAY u RTSP/1.0\r\n\r\n"), "PLAY/4 u\n" },

    /* responses */

    { "response: reason of two words", 1,
      BYTES("RTSP/1.0 404 Not Found\r\nCSeq: 2\r\n\r\n"),
      "404 (Not Found) {CSeq:2}\n" },

    { "response: empty reason, missing reason (cameras)", 1,
      BYTES("RTSP/1.0 200 \r\n\r\nRTSP/1.0 200\r\n\r\n"),
      "200 ()\n200 ()\n" },

    { "response: body", 1,
      BYTES("RTSP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nv=0"),
      "200 (OK) {Content-Length:3} [v=0]\n" },

    { "response: several spaces before code and reason", 1,
      BYTES("RTSP/1.0   200   OK \r\n\r\n"), "200 (OK)\n" },

    { "response: code of two or four digits", 1,
      BYTES("RTSP/1.0 20 OK\r\n\r\nRTSP/1.0 2000 OK\r\n\r\n"
            "RTSP/1.0 099 X\r\n\r\nRTSP/1.0 2xx\r\n\r\n"
            "RTSP/1.0\r\n\r\n"),
      "error 400\nerror 400\nerror 400\nerror 400\nerror 400\n" },

    { "response: header lines that make no sense are left out (cameras)", 1,
      BYTES("RTSP/1.0 200 OK\r\nCSeq: 2\r\nhello\r\n folded: 1\r\n"
            "Server: \1\r\nA: b\r\n\r\n"),
      "200 (OK) {CSeq:2} {A:b}\n" },

    { "response: among frames", 1,
      BYTES("$\0\0\1aRTSP/1.0 200 OK\r\n\r\n$\0\0\1b"),
      "$0 [a]\n200 (OK)\n$0 [b]\n" },

    { "response: another version", 1,
      BYTES("RTSP/2.0 200 OK\r\n\r\n"), "error 505\n" },

    { "response: not RTSP's version", 1,
      BYTES("RTSP/x 200 OK\r\n"), "fatal 400\n" },

    { NULL, 0, NULL, 0, NULL }
};


static size_t
message_cut_once(void *data, size_t left)
{
    size_t *first = data;

    size_t  n;

    if (*first == 0) {
        return left;
    }

    n = *first;
    *first = 0;

    return n;
}


static size_t
message_cut_bytes(void *data, size_t left)
{
    return 1;
}


/* takes " @consumed" off the ends of lines */

static void
message_strip(char *text)
{
    char  *from, *to;

    to = text;

    for (from = text; *from; /* void */ ) {

        if (from[0] == ' ' && from[1] == '@') {
            from += 2 + strspn(from + 2, "0123456789");
            continue;
        }

        *to++ = *from++;
    }

    *to = '\0';
}


/* one stream, however it is cut; "whole" is its log in one piece */

static ngx_uint_t
message_same_splits(const u_char *bytes, size_t len, ngx_uint_t trusted,
    message_log_t *whole)
{
    size_t         i, first;
    ngx_uint_t     same;
    message_log_t  log;

    for (i = 0; i <= len; i++) {
        first = i;

        if (i == 0) {
            message_log_run(&log, bytes, len, trusted, message_cut_bytes,
                            NULL);
        } else {
            message_log_run(&log, bytes, len, trusted, message_cut_once,
                            &first);
        }

        same = (strcmp(log.text, whole->text) == 0);

        if (!same) {
            unit_show("whole", whole->text, whole->len);
            unit_show(i ? "cut" : "byte by byte", log.text, log.len);
            printf("# cut at: %lu\n", (unsigned long) i);
        }

        free(log.text);

        if (!same) {
            return 0;
        }
    }

    return 1;
}


static void
message_test_rows(void)
{
    size_t                first;
    ngx_uint_t            same;
    message_log_t         log;
    const message_row_t  *t;

    for (t = message_rows; t->name; t++) {
        first = 0;
        message_log_run(&log, (u_char *) t->bytes, t->len, t->trusted,
                        message_cut_once, &first);

        same = message_same_splits((u_char *) t->bytes, t->len, t->trusted,
                                   &log);
        unit_ok(same, "%s: any split", t->name);

        message_strip(log.text);

        if (t->want) {
            unit_is_mem(log.text, strlen(log.text), t->want, strlen(t->want),
                        t->name);
        }

        free(log.text);
    }
}


/* rows whose log holds NULs, or whose input is long */

static void
message_test_body_is_opaque(void)
{
    u_char              *bytes;
    u_char               text[] =
        "ANNOUNCE u RTSP/1.0\r\nContent-Length: 26\r\n\r\n"
        "$\0\0\1OPTIONS * RTSP/1.0\r\n\r\n"
        "PLAY u RTSP/1.0\r\n\r\n";
    ngx_rtsp_parser_t    p;
    ngx_rtsp_message_t   m;

    bytes = unit_copy(text, sizeof(text) - 1);

    ngx_rtsp_parser_init(&p);

    unit_is_int(ngx_rtsp_parse(&p, bytes, bytes + sizeof(text) - 1, &m),
                NGX_OK, "body: whole");
    unit_is_int(m.method, NGX_RTSP_ANNOUNCE, "body: its request");
    unit_is_mem(m.body.data, m.body.len, "$\0\0\1OPTIONS * RTSP/1.0\r\n\r\n",
                26, "body: a body that looks like messages is a body");

    unit_is_int(ngx_rtsp_parse(&p, bytes + m.len, bytes + sizeof(text) - 1,
                               &m),
                NGX_OK, "body: the next message");
    unit_is_int(m.method, NGX_RTSP_PLAY, "body: the next request");

    free(bytes);
}


static void
message_test_need(void)
{
    u_char               bytes[] = "  PLAY u RTSP/1.0\r\n"
                                   "Content-Length: 100\r\n\r\nabc";
    u_char               frame[] = "$\0\1\0abc";
    ngx_rtsp_parser_t    p;
    ngx_rtsp_message_t   m;

    ngx_rtsp_parser_init(&p);

    unit_is_int(ngx_rtsp_parse(&p, bytes, bytes + 10, &m), NGX_AGAIN,
                "need: half a head");
    unit_is_int(m.len, 2, "need: white space before it may be dropped");
    unit_is_int(p.need, 0, "need: not known yet");

    unit_is_int(ngx_rtsp_parse(&p, bytes + 2, bytes + sizeof(bytes) - 1, &m),
                NGX_AGAIN, "need: half a body");
    unit_is_int(m.len, 0, "need: nothing more to drop");
    unit_is_int(p.need, sizeof(bytes) - 3 + 97, "need: head and body");

    ngx_rtsp_parser_init(&p);
    p.trusted = 1;

    unit_is_int(ngx_rtsp_parse(&p, frame, frame + 3, &m), NGX_AGAIN,
                "need: half a frame header");
    unit_is_int(p.need, 4, "need: the frame's header");

    unit_is_int(ngx_rtsp_parse(&p, frame, frame + 7, &m), NGX_AGAIN,
                "need: half a frame");
    unit_is_int(p.need, 260, "need: the frame");
}


/*
 * A request with "n" bytes of "c" in a place of its own.  Returns its status,
 * 0 if it was good; "any" the same in whatever pieces.
 */

static ngx_uint_t
message_status(const char *before, u_char c, size_t n, const char *after,
    ngx_uint_t trusted, const char *name)
{
    size_t          len, first;
    u_char         *bytes;
    ngx_uint_t      status;
    message_log_t   log, again;

    len = strlen(before) + n + strlen(after);
    bytes = malloc(len + 1);

    memcpy(bytes, before, strlen(before));
    memset(bytes + strlen(before), c, n);
    memcpy(bytes + strlen(before) + n, after, strlen(after) + 1);

    first = 0;
    message_log_run(&log, bytes, len, trusted, message_cut_once, &first);

    first = len - 1;
    message_log_run(&again, bytes, len, trusted, message_cut_once, &first);

    unit_ok(strcmp(log.text, again.text) == 0, "%s: any split", name);

    if (strncmp(log.text, "fatal ", 6) == 0) {
        status = strtoul(log.text + 6, NULL, 10);

    } else if (strncmp(log.text, "error ", 6) == 0) {
        status = 1000 + strtoul(log.text + 6, NULL, 10);

    } else {
        status = (log.len == 0) ? 1 : 0;
    }

    free(bytes);
    free(log.text);
    free(again.text);

    return status;
}


typedef struct {
    const char  *name;
    const char  *before;
    u_char       c;
    size_t       n;
    const char  *after;
    ngx_uint_t   trusted;
    ngx_uint_t   status;    /* 1: no message, 1000 and up: not fatal */
} message_bound_t;


#define HEAD_END  " RTSP/1.0\r\n\r\n"


static const message_bound_t  message_bounds[] = {
    { "bound: longest request line", "OPTIONS ", 'u', 16384 - 8 - 13,
      HEAD_END, 0, 0 },
    { "bound: longest request line, later", "OPTIONS ", 'u', 16384 - 8 - 13,
      HEAD_END, 1, 0 },
    { "bound: request line too long", "OPTIONS ", 'u', 16384 - 8 - 12,
      HEAD_END, 0, 431 },
    { "bound: request line without end", "OPTIONS ", 'u', 100000, "", 0,
      431 },
    { "bound: request line without end, later", "OPTIONS ", 'u', 100000, "",
      1, 431 },
    { "bound: method of 64", "", 'M', 64, " u RTSP/1.0\r\n\r\n", 0, 0 },
    { "bound: method of 65", "", 'M', 65, " u RTSP/1.0\r\n\r\n", 0, 400 },
    { "bound: method of 64, later", "", 'M', 64, " u RTSP/1.0\r\n\r\n", 1,
      0 },
    { "bound: method of 65, later, is garbage", "", 'M', 65,
      " u RTSP/1.0\r\n\r\n", 1, 1 },
    { "bound: head of 16 KiB", "OPTIONS * RTSP/1.0\r\nA: ", 'v',
      16384 - 23 - 4, "\r\n\r\n", 0, 0 },
    { "bound: head of 16 KiB and 1", "OPTIONS * RTSP/1.0\r\nA: ", 'v',
      16384 - 23 - 3, "\r\n\r\n", 0, 431 },
    { "bound: garbage of 64 KiB", "", '(', 65536,
      "OPTIONS *" HEAD_END, 1, 0 },
    { "bound: garbage of 64 KiB and 1", "", '(', 65537,
      "OPTIONS *" HEAD_END, 1, 400 },
    { "bound: white space is no garbage", "", '\n', 200000,
      "OPTIONS *" HEAD_END, 0, 0 },
    { NULL, NULL, 0, 0, NULL, 0, 0 }
};


static void
message_test_bounds(void)
{
    const message_bound_t  *t;

    for (t = message_bounds; t->name; t++) {
        unit_is_int(message_status(t->before, t->c, t->n, t->after,
                                   t->trusted, t->name),
                    t->status, t->name);
    }
}


static void
message_test_many_headers(void)
{
    char           bytes[4096];
    size_t         len, first;
    ngx_uint_t     i, n;
    message_log_t  log;

    for (n = 100; n <= 101; n++) {
        len = sprintf(bytes, "OPTIONS * RTSP/1.0\r\n");

        for (i = 0; i < n; i++) {
            len += sprintf(bytes + len, "%s: %lu\r\n", i ? "A" : "CSeq",
                           (unsigned long) i);
        }

        len += sprintf(bytes + len, "\r\n");

        first = 0;
        message_log_run(&log, (u_char *) bytes, len, 0, message_cut_once,
                        &first);

        if (n == 100) {
            unit_ok(strncmp(log.text, "OPTIONS/0 * {CSeq:0} {A:1}", 26) == 0,
                    "bound: 100 headers");
        } else {
            unit_ok(strncmp(log.text, "fatal 431 {CSeq:0} {A:1}", 24) == 0,
                    "bound: 101 headers, CSeq is known");
        }

        unit_ok(message_same_splits((u_char *) bytes, len, 0, &log),
                "bound: %lu headers: any split", (unsigned long) n);

        free(log.text);
    }
}


static void
message_test_largest(void)
{
    u_char              *bytes;
    size_t               len;
    ngx_rtsp_parser_t    p;
    ngx_rtsp_message_t   m;

    bytes = malloc(NGX_RTSP_MAX_HEAD + NGX_RTSP_MAX_BODY);

    len = sprintf((char *) bytes,
                  "ANNOUNCE u RTSP/1.0\r\nContent-Length: 131072\r\n\r\n");
    memset(bytes + len, '$', NGX_RTSP_MAX_BODY);
    len += NGX_RTSP_MAX_BODY;

    ngx_rtsp_parser_init(&p);

    unit_is_int(ngx_rtsp_parse(&p, bytes, bytes + len - 1, &m), NGX_AGAIN,
                "bound: body of 128 KiB, a byte missing");
    unit_is_int(p.need, len, "bound: its size is known");
    unit_is_int(ngx_rtsp_parse(&p, bytes, bytes + len, &m), NGX_OK,
                "bound: body of 128 KiB");
    unit_is_int(m.body.len, 131072, "bound: the body's size");

    bytes[0] = '$';
    bytes[1] = 1;
    bytes[2] = 0xff;
    bytes[3] = 0xff;

    unit_is_int(ngx_rtsp_parse(&p, bytes, bytes + 65538, &m), NGX_AGAIN,
                "bound: frame of 65535, a byte missing");
    unit_is_int(ngx_rtsp_parse(&p, bytes, bytes + 65539, &m), NGX_OK,
                "bound: frame of 65535");
    unit_is_int(m.payload.len, 65535, "bound: the frame's size");

    free(bytes);
}


static void
message_test_find(void)
{
    u_char               bytes[] = "OPTIONS * RTSP/1.0\r\nCSEQ: 1\r\nA: 2\r\n"
                                   "a: 3\r\nAB: 4\r\n\r\n";
    ngx_rtsp_parser_t    p;
    ngx_rtsp_header_t   *h;
    ngx_rtsp_message_t   m;

    ngx_rtsp_parser_init(&p);
    (void) ngx_rtsp_parse(&p, bytes, bytes + sizeof(bytes) - 1, &m);

    h = ngx_rtsp_find_header(&m, "CSeq");
    unit_ok(h != NULL, "find: any case");
    unit_is_str(&h->value, "1", "find: its value");

    unit_ok(ngx_rtsp_find_header(&m, "B") == NULL, "find: none");

    h = ngx_rtsp_find_header(&m, "A");
    unit_is_str(&h->value, "2", "find: the first of two");
    h = ngx_rtsp_next_header(&m, h);
    unit_is_str(&h->value, "3", "find: the second of two");
    unit_ok(ngx_rtsp_next_header(&m, h) == NULL, "find: no third");

    unit_is_int(ngx_rtsp_find_header_once(&m, "CSeq", &h), NGX_OK,
                "once: there once");
    unit_is_int(ngx_rtsp_find_header_once(&m, "A", &h), NGX_ERROR,
                "once: repeated");
    unit_is_int(ngx_rtsp_find_header_once(&m, "B", &h), NGX_DECLINED,
                "once: not there");
}


static void
message_test_writers(void)
{
    u_char              buf[512];
    ngx_str_t           str;
    ngx_uint_t          i;
    ngx_rtsp_writer_t   w;

    w.pos = buf;
    w.end = buf + sizeof(buf);
    w.overflow = 0;

    str = unit_str("5");
    ngx_rtsp_put_response(&w, 454, NULL, &str);
    ngx_rtsp_put_header_text(&w, "Server", "nginx");
    ngx_rtsp_put_header_uint(&w, "Content-Length", 0);
    ngx_rtsp_put_end(&w);

    str = unit_str("RTSP/1.0 454 Session Not Found\r\nCSeq: 5\r\n"
                   "Server: nginx\r\nContent-Length: 0\r\n\r\n");
    unit_is_mem(buf, w.pos - buf, str.data, str.len, "write: a response");

    w.pos = buf;
    ngx_rtsp_put_response(&w, 400, "Not\r\nThis", NULL);
    str = unit_str("a\r\nSession: 1\t\x7f\xc3\xa9");
    ngx_rtsp_put_header(&w, "X", &str);

    str = unit_str("RTSP/1.0 400 Not  This\r\n"
                   "X: a  Session: 1\t \xc3\xa9\r\n");
    unit_is_mem(buf, w.pos - buf, str.data, str.len,
                "write: no value ends its line");

    w.pos = buf;
    str = unit_str("rtsp://h/p");
    ngx_rtsp_put_request(&w, ngx_rtsp_method_name(NGX_RTSP_SETUP), &str, 3);
    ngx_rtsp_put_end(&w);

    str = unit_str("SETUP rtsp://h/p RTSP/1.0\r\nCSeq: 3\r\n\r\n");
    unit_is_mem(buf, w.pos - buf, str.data, str.len, "write: a request");

    for (i = 0; i < NGX_RTSP_UNKNOWN_METHOD; i++) {
        str = unit_str(ngx_rtsp_method_name(i));
        unit_is_int(ngx_rtsp_method(&str), i, "method: name and number");
    }

    str = unit_str("play");
    unit_is_int(ngx_rtsp_method(&str), NGX_RTSP_UNKNOWN_METHOD,
                "method: names are case-sensitive");

    unit_ok(strcmp(ngx_rtsp_reason(463), "Key Management Failure") == 0,
            "reason: 463 is that of RFC 4567");
    unit_ok(strcmp(ngx_rtsp_reason(499), "Bad Request") == 0,
            "reason: of an unknown status, that of its class");
    unit_ok(strcmp(ngx_rtsp_reason(700), "Unknown") == 0,
            "reason: of an unknown class");
}


int
main(void)
{
    message_test_rows();
    message_test_body_is_opaque();
    message_test_need();
    message_test_bounds();
    message_test_many_headers();
    message_test_largest();
    message_test_find();
    message_test_writers();

    return unit_done();
}
