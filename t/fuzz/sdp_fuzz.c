
/*
 * Copyright (C) the nginx RTSP module authors
 */


/*
 * Feeds text to the SDP parser and writer.  Beyond finding no fault: an SDP
 * that was accepted is written, and what was written is accepted again, has
 * the same medias, and is written the same way once more.
 */


#include "../unit/unit.h"

#include "ngx_rtsp_sdp.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
sdp_fuzz_check(ngx_uint_t ok)
{
    if (!ok) {
        abort();
    }
}


static void
sdp_fuzz_bounds(const ngx_rtsp_sdp_t *sdp)
{
    ngx_uint_t                   i;
    const ngx_rtsp_sdp_media_t  *media;

    sdp_fuzz_check(sdp->nmedias >= 1 && sdp->nmedias <= NGX_RTSP_MAX_MEDIAS);

    for (i = 0; i < sdp->nmedias; i++) {
        media = &sdp->medias[i];

        sdp_fuzz_check(media->nformats >= 1
                       && media->nformats <= NGX_RTSP_MAX_FORMATS);
        sdp_fuzz_check(media->type.len && media->text.len);
    }
}


/* parameter sets of a format survive being written */

static void
sdp_fuzz_fmtp(const ngx_rtsp_sdp_format_t *format)
{
    static u_char               text[NGX_RTSP_MAX_SDP + 16384];
    ngx_rtsp_writer_t           w;
    ngx_rtsp_sdp_format_t       copy;
    ngx_rtsp_parameter_sets_t   sets, again;

    (void) ngx_rtsp_sdp_parameter_sets(format, &sets);

    w.pos = text;
    w.end = text + sizeof(text);
    w.overflow = 0;

    if (ngx_rtsp_sdp_put_fmtp(&w, format, &sets) != NGX_OK) {
        sdp_fuzz_check(w.pos == text);
        return;
    }

    copy = *format;
    copy.fmtp.data = text;
    copy.fmtp.len = w.pos - text;

    (void) ngx_rtsp_sdp_parameter_sets(&copy, &again);

    sdp_fuzz_check(ngx_rtsp_parameter_sets_same(&sets, &again));
}


static size_t
sdp_fuzz_write(const ngx_rtsp_sdp_t *sdp, u_char *text, size_t size)
{
    ngx_rtsp_writer_t            w;
    static ngx_rtsp_sdp_write_t  opt;

    w.pos = text;
    w.end = text + size;
    w.overflow = 0;

    ngx_rtsp_put_sdp(&w, sdp, &opt);

    sdp_fuzz_check(!w.overflow);

    return w.pos - text;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char                 *copy;
    ngx_str_t               text;
    ngx_uint_t              i;
    static u_char           first[3 * NGX_RTSP_MAX_SDP];
    static u_char           second[3 * NGX_RTSP_MAX_SDP];
    static ngx_rtsp_sdp_t   sdp, again;

    copy = unit_copy(data, size);

    text.data = copy;
    text.len = size;

    if (ngx_rtsp_parse_sdp(&text, &sdp) != NGX_OK) {
        sdp_fuzz_check(sdp.error != NULL);
        free(copy);
        return 0;
    }

    sdp_fuzz_bounds(&sdp);

    for (i = 0; i < sdp.nmedias; i++) {
        sdp_fuzz_fmtp(&sdp.medias[i].formats[0]);
    }

    text.data = first;
    text.len = sdp_fuzz_write(&sdp, first, sizeof(first));

    if (text.len <= NGX_RTSP_MAX_SDP) {
        sdp_fuzz_check(ngx_rtsp_parse_sdp(&text, &again) == NGX_OK);
        sdp_fuzz_check(ngx_rtsp_sdp_same(&sdp, &again));

        sdp_fuzz_check(sdp_fuzz_write(&again, second, sizeof(second))
                       == text.len);
        sdp_fuzz_check(ngx_memcmp(first, second, text.len) == 0);
    }

    free(copy);

    return 0;
}
