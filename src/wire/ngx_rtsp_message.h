
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_MESSAGE_H_INCLUDED_
#define _NGX_RTSP_MESSAGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_text.h"


/* the bounds of a message, in bytes */

#define NGX_RTSP_MAX_METHOD      64
#define NGX_RTSP_MAX_HEAD        16384      /* first line and headers */
#define NGX_RTSP_MAX_URI         NGX_RTSP_MAX_HEAD  /* tokens are long */
#define NGX_RTSP_MAX_HEADERS     100
#define NGX_RTSP_MAX_BODY        131072
#define NGX_RTSP_MAX_FRAME       65535      /* payload, without '$' header */
#define NGX_RTSP_MAX_GARBAGE     65536      /* skipped between two messages */
#define NGX_RTSP_FRAME_HEADER    4


typedef enum {
    NGX_RTSP_OPTIONS = 0,
    NGX_RTSP_DESCRIBE,
    NGX_RTSP_ANNOUNCE,
    NGX_RTSP_SETUP,
    NGX_RTSP_PLAY,
    NGX_RTSP_RECORD,
    NGX_RTSP_PAUSE,
    NGX_RTSP_TEARDOWN,
    NGX_RTSP_GET_PARAMETER,
    NGX_RTSP_SET_PARAMETER,
    NGX_RTSP_REDIRECT,
    NGX_RTSP_UNKNOWN_METHOD
} ngx_rtsp_method_e;


typedef enum {
    NGX_RTSP_REQUEST = 1,
    NGX_RTSP_RESPONSE,
    NGX_RTSP_FRAME,
    NGX_RTSP_HTTP           /* a connection that begins with GET or POST */
} ngx_rtsp_message_e;


typedef struct {
    ngx_str_t                name;      /* as received */
    ngx_str_t                value;     /* without white space around it */
} ngx_rtsp_header_t;


typedef struct {
    ngx_rtsp_message_e       type;

    /* bytes of the input that are done with: skipped ones and the message */
    size_t                   len;

    /* request */
    ngx_rtsp_method_e        method;
    ngx_str_t                method_name;
    ngx_str_t                uri;       /* as received, "*" too */
    ngx_str_t                version;   /* "RTSP/1.0", in responses too */

    /* response: the status received; on NGX_ERROR: the status to answer */
    ngx_uint_t               status;
    ngx_str_t                reason;    /* may be empty */

    ngx_uint_t               nheaders;
    ngx_rtsp_header_t        headers[NGX_RTSP_MAX_HEADERS];
    ngx_str_t                body;

    /* frame: the '$' header stands directly before payload.data */
    ngx_uint_t               channel;
    ngx_str_t                payload;

    /* on NGX_ERROR: framing is lost, answer and close */
    unsigned                 fatal:1;
} ngx_rtsp_message_t;


/*
 * The state of one direction of a connection between two calls.  It keeps
 * offsets from the first byte not consumed yet, never pointers, so the caller
 * may move the bytes.
 */

typedef struct {
    /*
     * after NGX_AGAIN: the size of the message begun, counted from the first
     * byte that stays, as far as known (else 0: at most NGX_RTSP_MAX_HEAD)
     */
    size_t                   need;

    ngx_uint_t               state;
    size_t                   scan;      /* looked at already */
    size_t                   line;      /* where the line in sight begins */
    size_t                   head;      /* size of a whole head, else 0 */
    size_t                   garbage;   /* skipped since the last message */
    ngx_uint_t               lines;     /* whole lines of the head */
    ngx_uint_t               spaces;    /* in the first line */

    /*
     * Garbage and frames are accepted: set by the first valid request, since
     * a web page can make a browser send a body to this port; a client, which
     * has chosen its peer, sets it after init.
     */
    unsigned                 trusted:1;
} ngx_rtsp_parser_t;


void ngx_rtsp_parser_init(ngx_rtsp_parser_t *p);


/*
 * Takes the next message (RFC 2326 4, 6, 7; frames: 10.12) from the bytes
 * [pos, last), which are all that are not consumed yet.  After every return
 * the caller drops the first m->len bytes before the next call; slices of "m"
 * point into the input.  However the bytes are split over calls, the messages
 * are the same.
 *
 * NGX_OK     a whole message; NGX_RTSP_HTTP: nothing of it was consumed
 * NGX_AGAIN  more bytes are needed, see p->need; m->len may be above 0
 * NGX_ERROR  m->status is to be answered.  With m->fatal framing is lost and
 *            the parser must not be used again, otherwise the message was
 *            consumed and the connection goes on.  The headers that could be
 *            read are in m->headers, so that the answer can carry CSeq;
 *            m->type is NGX_RTSP_RESPONSE if nothing is to be answered.
 *
 * White space and NULs between messages are skipped, other garbage only once
 * "trusted" (see above).  A line may end in LF alone.  In a response a header
 * line that makes no sense is left out (cameras send such), in a request it
 * is a 400.
 */

ngx_int_t ngx_rtsp_parse(ngx_rtsp_parser_t *p, u_char *pos, u_char *last,
    ngx_rtsp_message_t *m);


/* the first header of that name, without regard to case; NULL if none */
ngx_rtsp_header_t *ngx_rtsp_find_header(ngx_rtsp_message_t *m,
    const char *name);

/* the next header of the same name after "h"; NULL if none */
ngx_rtsp_header_t *ngx_rtsp_next_header(ngx_rtsp_message_t *m,
    ngx_rtsp_header_t *h);

/* NGX_OK: there once, in *h; NGX_DECLINED: not there; NGX_ERROR: repeated */
ngx_int_t ngx_rtsp_find_header_once(ngx_rtsp_message_t *m, const char *name,
    ngx_rtsp_header_t **h);


/* methods are case-sensitive (RFC 2326 6.1) */
ngx_rtsp_method_e ngx_rtsp_method(const ngx_str_t *name);

/* the name of a method, "" of NGX_RTSP_UNKNOWN_METHOD */
const char *ngx_rtsp_method_name(ngx_rtsp_method_e method);

/* the reason phrase (RFC 2326 7.1.1, RFC 4567 for 463), else that of x00 */
const char *ngx_rtsp_reason(ngx_uint_t status);


/*
 * Writers.  A message is a response or request line, headers, an end, and
 * then whatever body the caller puts behind it.  Control characters in text
 * from elsewhere are written as spaces, so no value can end its line.
 */

/* "reason" may be NULL (the standard one), "cseq" too (no such header) */
void ngx_rtsp_put_response(ngx_rtsp_writer_t *w, ngx_uint_t status,
    const char *reason, const ngx_str_t *cseq);
void ngx_rtsp_put_request(ngx_rtsp_writer_t *w, const char *method,
    const ngx_str_t *uri, ngx_uint_t cseq);

void ngx_rtsp_put_header(ngx_rtsp_writer_t *w, const char *name,
    const ngx_str_t *value);
void ngx_rtsp_put_header_text(ngx_rtsp_writer_t *w, const char *name,
    const char *value);
void ngx_rtsp_put_header_uint(ngx_rtsp_writer_t *w, const char *name,
    uint64_t value);

/* "name: " and the line's end, for values written by other ngx_rtsp_put_*() */
void ngx_rtsp_put_header_begin(ngx_rtsp_writer_t *w, const char *name);
void ngx_rtsp_put_header_end(ngx_rtsp_writer_t *w);

/* the empty line after the headers */
void ngx_rtsp_put_end(ngx_rtsp_writer_t *w);


/*
 * Between the parts of the parser.  parse_head() reads first line and headers
 * of "size" bytes, and returns 0, or the status to answer; m->fatal is set if
 * the end of the message cannot be known.  The size of the body goes to
 * m->body.len.  parse_version() returns 0, 400 or 505.
 */

#define ngx_rtsp_is_control(c)  (((c) < 0x20 && (c) != '\t') || (c) == 0x7f)

ngx_uint_t ngx_rtsp_parse_head(u_char *pos, size_t size,
    ngx_rtsp_message_t *m);
ngx_uint_t ngx_rtsp_parse_version(const ngx_str_t *version);
ngx_uint_t ngx_rtsp_is_token_char(u_char c);


#endif /* _NGX_RTSP_MESSAGE_H_INCLUDED_ */
