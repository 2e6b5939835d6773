
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_TEXT_H_INCLUDED_
#define _NGX_RTSP_TEXT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Text in and out of memory blocks, for all of wire/.  Nothing here needs a
 * pool or a function of the nginx binary, so wire/ also runs in plain C
 * programs (unit tests, fuzzers).
 *
 * A writer never runs over: what does not fit sets "overflow" and is dropped,
 * so a caller writes everything and looks once at the end.
 */

typedef struct {
    u_char              *pos;       /* where the next byte goes */
    u_char              *end;       /* first byte that must not be written */
    unsigned             overflow:1;
} ngx_rtsp_writer_t;


void ngx_rtsp_put(ngx_rtsp_writer_t *w, const void *data, size_t len);
void ngx_rtsp_put_text(ngx_rtsp_writer_t *w, const char *text);
void ngx_rtsp_put_str(ngx_rtsp_writer_t *w, const ngx_str_t *str);
void ngx_rtsp_put_uint(ngx_rtsp_writer_t *w, uint64_t n);

/* upper-case hex, exactly "digits" (1 to 16) of them */
void ngx_rtsp_put_hex(ngx_rtsp_writer_t *w, uint64_t n, ngx_uint_t digits);

/* base64 with padding (RFC 4648, 4) */
void ngx_rtsp_put_base64(ngx_rtsp_writer_t *w, const u_char *data, size_t len);


/* 1 when "str" is exactly "text", without regard to ASCII case */
ngx_uint_t ngx_rtsp_text_is(const ngx_str_t *str, const char *text);

/* 1 when "str" begins with "text", without regard to ASCII case */
ngx_uint_t ngx_rtsp_text_begins(const ngx_str_t *str, const char *text);

/*
 * Cuts the part before the first "c" off the front of "str" into "part";
 * without a "c" all of it.  Returns 1 when there was something to cut, 0 when
 * "str" was at its end (str->data is NULL then).
 */
ngx_uint_t ngx_rtsp_text_cut(ngx_str_t *str, u_char c, ngx_str_t *part);

/* takes spaces and tabs off both ends */
void ngx_rtsp_text_trim(ngx_str_t *str);

/* decimal number of digits only, up to "max"; else NGX_ERROR, also if empty */
int64_t ngx_rtsp_text_uint(const ngx_str_t *str, int64_t max);

/* hexadecimal number of 1 to 8 digits; else NGX_ERROR */
int64_t ngx_rtsp_text_hex(const ngx_str_t *str);

/*
 * Decodes base64 of the standard or the URL alphabet, padded or not, into
 * "dst" of "size" bytes.  Returns the number of bytes, or NGX_ERROR when the
 * text is not base64 or does not fit.
 */
ssize_t ngx_rtsp_text_base64(const ngx_str_t *src, u_char *dst, size_t size);


#endif /* _NGX_RTSP_TEXT_H_INCLUDED_ */
