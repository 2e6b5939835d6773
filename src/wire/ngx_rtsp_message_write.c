
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_message.h"


/*
 * Writes the lines of RTSP messages.  Called by the server's responses and the
 * client's requests; what it writes goes into the caller's writer.
 *
 * Invariant: no value ends its line, whatever is in it.
 */


typedef struct {
    ngx_uint_t   status;
    const char  *reason;
} ngx_rtsp_reason_t;


static void ngx_rtsp_put_clean(ngx_rtsp_writer_t *w, const u_char *data,
    size_t len);


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
    { 414, "Request-URI Too Large" },
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
