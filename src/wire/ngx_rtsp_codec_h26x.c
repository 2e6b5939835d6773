
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_codec_h26x.h"


/*
 * NAL units in RTP payloads of H.264 (RFC 6184) and H.265 (RFC 7798): which
 * kinds a packet holds, and the parameter sets among them.
 *
 * Called for every packet of such a media by ngx_rtsp_codec_packet().  The
 * two codecs differ in the NAL unit header and in numbers only, so that one
 * walk serves both.  Most packets are fragments of picture data and are done
 * with after their first bytes; only parameter sets are looked into.
 *
 * Whatever the payload says of lengths, nothing outside of it is read.
 */


#define NGX_RTSP_NAL_PICTURE      0
#define NGX_RTSP_NAL_KEY          1
#define NGX_RTSP_NAL_PARAMETERS   2
#define NGX_RTSP_NAL_LEADING      3    /* delimiter, SEI before a picture */
#define NGX_RTSP_NAL_OTHER        4
#define NGX_RTSP_NAL_AGGREGATE    5
#define NGX_RTSP_NAL_FRAGMENT     6


static ngx_uint_t ngx_rtsp_nal_kind(ngx_rtsp_codec_e codec, ngx_uint_t type);
static ngx_uint_t ngx_rtsp_nal_header_type(ngx_rtsp_codec_e codec,
    const u_char *p);
static ngx_uint_t ngx_rtsp_nal_holds(ngx_rtsp_codec_state_t *state,
    const u_char *p, size_t len);
static ngx_uint_t ngx_rtsp_aggregate_holds(ngx_rtsp_codec_state_t *state,
    const u_char *p, size_t len);
static ngx_uint_t ngx_rtsp_fragment_holds(ngx_rtsp_codec_state_t *state,
    const u_char *p, size_t len, uint16_t seq);
static void ngx_rtsp_assemble(ngx_rtsp_codec_state_t *state, const u_char *p,
    size_t len, uint16_t seq);
static ngx_uint_t ngx_rtsp_start_codes_hold(ngx_rtsp_codec_state_t *state,
    const u_char *p, size_t len);
static const u_char *ngx_rtsp_find_start_code(const u_char *p,
    const u_char *last);
static void ngx_rtsp_keep_parameter_set(ngx_rtsp_codec_state_t *state,
    const u_char *nal, size_t len);


/* what one NAL unit of a kind adds; a leading one only if it comes first */

static const u_char  ngx_rtsp_kind_holds[] = {
    NGX_RTSP_HOLDS_PICTURE,
    NGX_RTSP_HOLDS_PICTURE|NGX_RTSP_HOLDS_KEY,
    NGX_RTSP_HOLDS_PARAMETERS|NGX_RTSP_HOLDS_LEADING,
    NGX_RTSP_HOLDS_LEADING,
    0
};


ngx_uint_t
ngx_rtsp_h26x_holds(ngx_rtsp_codec_state_t *state, const ngx_rtsp_rtp_t *rtp)
{
    size_t         len, header;
    u_char        *p;
    ngx_uint_t     kind;

    p = rtp->payload;
    len = rtp->payload_len;

    header = (state->codec == NGX_RTSP_CODEC_H264) ? 1 : 2;

    if (len <= header) {
        return 0;
    }

    kind = ngx_rtsp_nal_kind(state->codec,
                             ngx_rtsp_nal_header_type(state->codec, p));

    if (kind == NGX_RTSP_NAL_FRAGMENT) {
        return ngx_rtsp_fragment_holds(state, p, len, rtp->seq);
    }

    state->assembling = 0;

    if (kind == NGX_RTSP_NAL_AGGREGATE) {
        return ngx_rtsp_aggregate_holds(state, p + header, len - header);
    }

    /*
     * Some encoders send a whole frame with its start codes as one payload,
     * or put all that comes before a picture into one NAL unit.  Within NAL
     * units there are no start codes, so looking for them is safe.
     */

    if ((p[0] == 0 && p[1] == 0)
        || kind == NGX_RTSP_NAL_PARAMETERS
        || kind == NGX_RTSP_NAL_LEADING)
    {
        return ngx_rtsp_start_codes_hold(state, p, len);
    }

    return ngx_rtsp_nal_holds(state, p, len);
}


/* ITU-T H.264, table 7-1; H.265, table 7-1; the packet types of the RFCs */

static ngx_uint_t
ngx_rtsp_nal_kind(ngx_rtsp_codec_e codec, ngx_uint_t type)
{
    if (codec == NGX_RTSP_CODEC_H264) {

        switch (type) {
        case 1: case 2: case 3: case 4:
            return NGX_RTSP_NAL_PICTURE;
        case 5:
            return NGX_RTSP_NAL_KEY;
        case 7: case 8:
            return NGX_RTSP_NAL_PARAMETERS;
        case 6: case 9:
            return NGX_RTSP_NAL_LEADING;
        case 24:
            return NGX_RTSP_NAL_AGGREGATE;
        case 28:
            return NGX_RTSP_NAL_FRAGMENT;
        default:
            return NGX_RTSP_NAL_OTHER;
        }
    }

    if (type < 32) {
        return (type >= 16 && type <= 21) ? NGX_RTSP_NAL_KEY
                                          : NGX_RTSP_NAL_PICTURE;
    }

    switch (type) {
    case 32: case 33: case 34:
        return NGX_RTSP_NAL_PARAMETERS;
    case 35: case 39:
        return NGX_RTSP_NAL_LEADING;
    case 48:
        return NGX_RTSP_NAL_AGGREGATE;
    case 49:
        return NGX_RTSP_NAL_FRAGMENT;
    default:
        return NGX_RTSP_NAL_OTHER;
    }
}


static ngx_uint_t
ngx_rtsp_nal_header_type(ngx_rtsp_codec_e codec, const u_char *p)
{
    return (codec == NGX_RTSP_CODEC_H264) ? p[0] & 0x1f : (p[0] >> 1) & 0x3f;
}


static ngx_uint_t
ngx_rtsp_nal_holds(ngx_rtsp_codec_state_t *state, const u_char *p, size_t len)
{
    ngx_uint_t  kind;

    if (len == 0) {
        return 0;
    }

    kind = ngx_rtsp_nal_kind(state->codec,
                             ngx_rtsp_nal_header_type(state->codec, p));

    if (kind >= sizeof(ngx_rtsp_kind_holds)) {
        return 0;
    }

    if (kind == NGX_RTSP_NAL_PARAMETERS) {
        ngx_rtsp_keep_parameter_set(state, p, len);
    }

    return ngx_rtsp_kind_holds[kind];
}


/* STAP-A, RFC 6184, 5.7.1, and AP, RFC 7798, 4.4.2, behind their headers */

static ngx_uint_t
ngx_rtsp_aggregate_holds(ngx_rtsp_codec_state_t *state, const u_char *p,
    size_t len)
{
    size_t      size;
    ngx_uint_t  holds, n, first;

    holds = 0;
    first = 1;

    while (len > 2) {
        size = ngx_rtsp_rtp_get16(p);
        p += 2;
        len -= 2;

        if (size > len) {
            break;
        }

        n = ngx_rtsp_nal_holds(state, p, size);

        holds |= first ? n : n & ~(ngx_uint_t) NGX_RTSP_HOLDS_LEADING;
        first = 0;

        p += size;
        len -= size;
    }

    return holds;
}


/* FU-A, RFC 6184, 5.8, and FU, RFC 7798, 4.4.3 */

static ngx_uint_t
ngx_rtsp_fragment_holds(ngx_rtsp_codec_state_t *state, const u_char *p,
    size_t len, uint16_t seq)
{
    size_t      header;
    ngx_uint_t  fu, kind, holds;

    /* the FU header follows the payload header */

    if (state->codec == NGX_RTSP_CODEC_H264) {
        header = 1;
        fu = p[header];
        kind = ngx_rtsp_nal_kind(state->codec, fu & 0x1f);

    } else {
        header = 2;
        fu = p[header];
        kind = ngx_rtsp_nal_kind(state->codec, fu & 0x3f);
    }

    if (kind >= sizeof(ngx_rtsp_kind_holds)) {
        return 0;
    }

    holds = ngx_rtsp_kind_holds[kind];

    if (kind == NGX_RTSP_NAL_PARAMETERS) {
        ngx_rtsp_assemble(state, p, len, seq);

    } else {
        state->assembling = 0;
    }

    if (!(fu & 0x80)) {
        /* without its beginning a key frame is of no use */
        holds &= NGX_RTSP_HOLDS_PICTURE|NGX_RTSP_HOLDS_PARAMETERS;
    }

    return holds;
}


/* puts the fragments of a parameter set together again */

static void
ngx_rtsp_assemble(ngx_rtsp_codec_state_t *state, const u_char *p, size_t len,
    uint16_t seq)
{
    u_char      fu;
    size_t      header;

    header = (state->codec == NGX_RTSP_CODEC_H264) ? 1 : 2;
    fu = p[header];

    if (fu & 0x80) {
        state->assembling = 1;
        state->fragment_len = header;

        if (header == 1) {
            state->fragment[0] = (p[0] & 0xe0) | (fu & 0x1f);

        } else {
            state->fragment[0] = (p[0] & 0x81) | (fu & 0x3f) << 1;
            state->fragment[1] = p[1];
        }

    } else if (!state->assembling || seq != state->fragment_seq) {
        state->assembling = 0;
        return;
    }

    p += header + 1;
    len -= header + 1;

    if (len > NGX_RTSP_MAX_PARAMETER_SET - state->fragment_len) {
        state->assembling = 0;
        return;
    }

    ngx_memcpy(state->fragment + state->fragment_len, p, len);

    state->fragment_len += len;
    state->fragment_seq = (uint16_t) (seq + 1);

    if (fu & 0x40) {
        state->assembling = 0;
        ngx_rtsp_keep_parameter_set(state, state->fragment,
                                    state->fragment_len);
    }
}


static ngx_uint_t
ngx_rtsp_start_codes_hold(ngx_rtsp_codec_state_t *state, const u_char *p,
    size_t len)
{
    ngx_uint_t     holds, n, first;
    const u_char  *next, *last;

    holds = 0;
    first = 1;
    last = p + len;

    while (p < last) {
        next = ngx_rtsp_find_start_code(p, last);

        if (next != p) {
            n = ngx_rtsp_nal_holds(state, p, next - p);

            holds |= first ? n : n & ~(ngx_uint_t) NGX_RTSP_HOLDS_LEADING;

            /* zeros before the first start code are no NAL unit */
            first = (first && p[0] == 0);
        }

        p = (next == last) ? last : next + 3;
    }

    return holds;
}


static const u_char *
ngx_rtsp_find_start_code(const u_char *p, const u_char *last)
{
    for ( /* void */ ; last - p >= 3; p++) {

        if (p[0] == 0 && p[1] == 0 && p[2] == 1) {
            return p;
        }
    }

    return last;
}


static void
ngx_rtsp_keep_parameter_set(ngx_rtsp_codec_state_t *state, const u_char *nal,
    size_t len)
{
    if (ngx_rtsp_parameter_sets_add(&state->sets, state->codec, nal, len)
        == NGX_OK)
    {
        state->changed = 1;
    }
}
