
/*
 * Copyright (C) the nginx RTSP module authors
 */


/*
 * Feeds an answer of an HTTP service to its parser twice, in one piece and
 * cut into pieces whose sizes come from the first byte of the input: what is
 * read of the head must be the same, and within its bounds.  The cut ones
 * stop where the whole one does, or at something that follows the answer.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include <stdlib.h>

#include "ngx_rtsp_http.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static ngx_int_t
http_fuzz_run(ngx_rtsp_http_response_t *r, const uint8_t *data, size_t size,
    uint32_t cut)
{
    size_t      n;
    u_char     *piece;
    ngx_int_t   rc;

    ngx_rtsp_http_init(r);

    rc = NGX_AGAIN;

    while (size && (rc == NGX_AGAIN || rc == NGX_OK)) {
        n = size;

        if (cut) {
            cut = cut * 1664525 + 1013904223;
            n = ngx_min(1 + (cut >> 16) % 40, size);
        }

        /* a block of its own: reading past its end is seen */

        piece = malloc(n);
        if (piece == NULL) {
            abort();
        }

        ngx_memcpy(piece, data, n);
        rc = ngx_rtsp_http_parse(r, piece, n);
        free(piece);

        data += n;
        size -= n;
    }

    return rc;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_int_t                         a, b;
    static ngx_rtsp_http_response_t   whole, parts;

    if (size < 2) {
        return 0;
    }

    a = http_fuzz_run(&whole, data + 1, size - 1, 0);
    b = http_fuzz_run(&parts, data + 1, size - 1, data[0] + 1);

    if (a != b || whole.whole != parts.whole
        || whole.location_len > NGX_RTSP_HTTP_MAX_LOCATION
        || whole.ha1_len > NGX_RTSP_HTTP_MAX_HA1
        || whole.line_len > NGX_RTSP_HTTP_MAX_LINE
        || (a == NGX_ERROR && whole.error != parts.error))
    {
        abort();
    }

    if (whole.whole
        && (whole.status < 200 || whole.status > 599
            || whole.status != parts.status
            || whole.location_len != parts.location_len
            || ngx_memcmp(whole.location, parts.location, whole.location_len)
               != 0
            || whole.ha1_len != parts.ha1_len
            || ngx_memcmp(whole.ha1, parts.ha1, whole.ha1_len) != 0
            || ngx_rtsp_http_reusable(&whole)
               != ngx_rtsp_http_reusable(&parts)))
    {
        abort();
    }

    return 0;
}
