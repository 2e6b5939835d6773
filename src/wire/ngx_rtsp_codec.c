
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_codec.h"
#include "ngx_rtsp_codec_h26x.h"


/*
 * Where a decoder may start: looks at each packet of a source's media on its
 * way into the ring and tells where frames begin and which are key frames.
 *
 * Called once per packet, so it costs a few compares for most of them.  The
 * state is the caller's and has no pointers.  A frame is what shares a time
 * stamp; a key frame is only ever reported when its beginning was seen, so a
 * damaged one is never offered to a reader.  What a payload claims about
 * itself is checked against its length before it is read.
 */


static ngx_uint_t ngx_rtsp_codec_holds(ngx_rtsp_codec_state_t *state,
    const ngx_rtsp_rtp_t *rtp);
static ngx_uint_t ngx_rtsp_codec_new_unit(ngx_rtsp_codec_state_t *state,
    const ngx_rtsp_rtp_t *rtp, ngx_uint_t holds);
static ngx_uint_t ngx_rtsp_av1_holds(ngx_rtsp_codec_state_t *state,
    const u_char *p, size_t len);
static ngx_uint_t ngx_rtsp_av1_obu_holds(const u_char *p, size_t len);
static size_t ngx_rtsp_leb128(const u_char *p, size_t len, size_t *value);
static ngx_uint_t ngx_rtsp_vp8_holds(const u_char *p, size_t len);
static ngx_uint_t ngx_rtsp_vp9_holds(const u_char *p, size_t len);
static size_t ngx_rtsp_vp9_descriptor(const u_char *p, size_t len,
    ngx_uint_t *layer);
static size_t ngx_rtsp_vp9_structure(const u_char *p, size_t len);
static ngx_uint_t ngx_rtsp_mpeg4_holds(ngx_rtsp_codec_state_t *state,
    const ngx_rtsp_rtp_t *rtp);
static ngx_uint_t ngx_rtsp_mpeg2_holds(const u_char *p, size_t len);
static ngx_uint_t ngx_rtsp_mjpeg_holds(const u_char *p, size_t len);


void
ngx_rtsp_codec_init(ngx_rtsp_codec_state_t *state, ngx_rtsp_codec_e codec,
    const ngx_rtsp_parameter_sets_t *announced)
{
    ngx_memzero(state, sizeof(ngx_rtsp_codec_state_t));

    state->codec = codec;

    if (announced) {
        state->sets = *announced;
    }
}


ngx_uint_t
ngx_rtsp_codec_packet(ngx_rtsp_codec_state_t *state,
    const ngx_rtsp_rtp_t *rtp)
{
    ngx_uint_t  holds, flags;

    switch (state->codec) {

    case NGX_RTSP_CODEC_H264:
    case NGX_RTSP_CODEC_H265:
    case NGX_RTSP_CODEC_AV1:
    case NGX_RTSP_CODEC_VP8:
    case NGX_RTSP_CODEC_VP9:
    case NGX_RTSP_CODEC_MPEG4:
    case NGX_RTSP_CODEC_MPEG2:
    case NGX_RTSP_CODEC_MJPEG:
        break;

    default:
        return NGX_RTSP_PACKET_UNIT|NGX_RTSP_PACKET_KEY;
    }

    flags = 0;
    holds = ngx_rtsp_codec_holds(state, rtp);

    if (ngx_rtsp_codec_new_unit(state, rtp, holds)) {
        flags |= NGX_RTSP_PACKET_UNIT;

        state->picture = 0;
        state->parameters = 0;
        state->key = 0;
    }

    state->started = 1;
    state->timestamp = rtp->timestamp;
    state->ended = rtp->marker;

    if (holds & NGX_RTSP_HOLDS_PARAMETERS) {
        flags |= NGX_RTSP_PACKET_PARAMETERS;
        state->parameters = 1;
    }

    if (holds & NGX_RTSP_HOLDS_PICTURE) {
        state->picture = 1;
    }

    if (holds & NGX_RTSP_HOLDS_KEY && !state->key) {
        flags |= NGX_RTSP_PACKET_KEY;
        state->key = 1;
    }

    return flags;
}


static ngx_uint_t
ngx_rtsp_codec_holds(ngx_rtsp_codec_state_t *state, const ngx_rtsp_rtp_t *rtp)
{
    size_t   len;
    u_char  *p;

    p = rtp->payload;
    len = rtp->payload_len;

    switch (state->codec) {

    case NGX_RTSP_CODEC_H264:
    case NGX_RTSP_CODEC_H265:
        return ngx_rtsp_h26x_holds(state, rtp);

    case NGX_RTSP_CODEC_AV1:
        return ngx_rtsp_av1_holds(state, p, len);

    case NGX_RTSP_CODEC_VP8:
        return ngx_rtsp_vp8_holds(p, len);

    case NGX_RTSP_CODEC_VP9:
        return ngx_rtsp_vp9_holds(p, len);

    case NGX_RTSP_CODEC_MPEG4:
        return ngx_rtsp_mpeg4_holds(state, rtp);

    case NGX_RTSP_CODEC_MPEG2:
        return ngx_rtsp_mpeg2_holds(p, len);

    default: /* NGX_RTSP_CODEC_MJPEG */
        return ngx_rtsp_mjpeg_holds(p, len);
    }
}


static ngx_uint_t
ngx_rtsp_codec_new_unit(ngx_rtsp_codec_state_t *state,
    const ngx_rtsp_rtp_t *rtp, ngx_uint_t holds)
{
    if (!state->started || holds & NGX_RTSP_HOLDS_FIRST) {
        return 1;
    }

    if (rtp->timestamp != state->timestamp) {

        /*
         * Some encoders give parameter sets a time stamp of their own: they
         * are the beginning of the frame that follows.
         */

        return !state->parameters || state->picture;
    }

    /*
     * Others give them that of the frame before, behind its marker.  Markers
     * alone say nothing: there are cameras that set them on every packet.
     */

    return state->ended && state->picture && holds & NGX_RTSP_HOLDS_LEADING;
}


/*
 * AV1 (RTP Payload Format for AV1, 4.3 to 4.5): an aggregation header
 *
 *     Z Y W W N - - -
 *
 * and OBU elements, each with a length but for the last if W counts them.
 */

static ngx_uint_t
ngx_rtsp_av1_holds(ngx_rtsp_codec_state_t *state, const u_char *p, size_t len)
{
    size_t      size, n;
    ngx_uint_t  holds, count, i, continued;

    if (len < 2) {
        return 0;
    }

    continued = p[0] >> 7;
    count = (p[0] >> 4) & 3;

    /* N: the first packet of a coded video sequence */

    holds = (p[0] & 8 && !continued)
            ? NGX_RTSP_HOLDS_KEY|NGX_RTSP_HOLDS_LEADING : 0;

    p++;
    len--;

    for (i = 1; len; i++) {

        size = len;

        if (i != count) {
            n = ngx_rtsp_leb128(p, len, &size);
            if (n == 0 || size > len - n) {
                break;
            }

            p += n;
            len -= n;
        }

        if (i == 1 && continued) {
            holds |= NGX_RTSP_HOLDS_PICTURE;

        } else {
            holds |= ngx_rtsp_av1_obu_holds(p, size);
        }

        p += size;
        len -= size;
    }

    /* a key frame without its sequence header starts no decoder */

    if (!(holds & NGX_RTSP_HOLDS_PARAMETERS || state->parameters)) {
        holds &= ~(ngx_uint_t) NGX_RTSP_HOLDS_KEY;
    }

    return holds;
}


/* AV1 Bitstream, 5.3.2 and 5.9.2 */

static ngx_uint_t
ngx_rtsp_av1_obu_holds(const u_char *p, size_t len)
{
    size_t      n, size, skip;
    ngx_uint_t  type, shown, frame_type;

    if (len == 0) {
        return 0;
    }

    type = (p[0] >> 3) & 0x0f;

    switch (type) {

    case 1:                                  /* sequence header */
        return NGX_RTSP_HOLDS_PARAMETERS;

    case 3:                                  /* frame header */
    case 6:                                  /* frame */
        break;

    default:
        return 0;
    }

    skip = (p[0] & 4) ? 2 : 1;               /* extension byte */

    if (p[0] & 2 && len > skip) {
        n = ngx_rtsp_leb128(p + skip, len - skip, &size);
        skip += n ? n : len;
    }

    if (len <= skip) {
        return NGX_RTSP_HOLDS_PICTURE;
    }

    shown = p[skip] >> 7;
    frame_type = (p[skip] >> 5) & 3;

    return (!shown && frame_type == 0)
           ? NGX_RTSP_HOLDS_PICTURE|NGX_RTSP_HOLDS_KEY
           : NGX_RTSP_HOLDS_PICTURE;
}


/* returns how many bytes the number takes, 0 when it is not whole */

static size_t
ngx_rtsp_leb128(const u_char *p, size_t len, size_t *value)
{
    size_t  i;

    *value = 0;

    for (i = 0; i < len && i < 4; i++) {
        *value |= (size_t) (p[i] & 0x7f) << (7 * i);

        if (!(p[i] & 0x80)) {
            return i + 1;
        }
    }

    return 0;
}


/*
 * VP8 (RFC 7741, 4.2 and 4.3): X R N S R PID, then as X says I L T K and what
 * these announce; the frame begins where S is 1 and PID 0, with a header
 * whose lowest bit is 0 in a key frame.
 */

static ngx_uint_t
ngx_rtsp_vp8_holds(const u_char *p, size_t len)
{
    size_t  n;

    if (len < 2 || (p[0] & 0x17) != 0x10) {
        return NGX_RTSP_HOLDS_PICTURE;
    }

    n = 1;

    if (p[0] & 0x80) {
        n = 2;

        if (p[1] & 0x80) {
            n += (len > 2 && p[2] & 0x80) ? 2 : 1;
        }

        n += (p[1] & 0x40) ? 1 : 0;
        n += (p[1] & 0x30) ? 1 : 0;
    }

    if (n >= len) {
        return NGX_RTSP_HOLDS_PICTURE;
    }

    return NGX_RTSP_HOLDS_FIRST|NGX_RTSP_HOLDS_PICTURE
           |((p[n] & 1) ? 0 : NGX_RTSP_HOLDS_KEY);
}


/*
 * VP9 (RFC 9628, 4.2): I P L F B E V Z.  A frame begins where B is 1 in the
 * lowest spatial layer; it may start a decoder when it is not predicted from
 * others (P is 0) and its own header (VP9 Bitstream, 6.2) says key frame.
 */

static ngx_uint_t
ngx_rtsp_vp9_holds(const u_char *p, size_t len)
{
    size_t      n;
    ngx_uint_t  layer, profile, header;

    if (len == 0 || !(p[0] & 0x08)) {
        return NGX_RTSP_HOLDS_PICTURE;
    }

    n = ngx_rtsp_vp9_descriptor(p, len, &layer);

    if (n >= len || layer != 0) {
        return NGX_RTSP_HOLDS_PICTURE;
    }

    if (p[0] & 0x40) {
        return NGX_RTSP_HOLDS_FIRST|NGX_RTSP_HOLDS_PICTURE;
    }

    /* frame_marker(2), profile(2), reserved(1) in profile 3 */

    header = p[n] << 4;
    profile = (p[n] >> 4 & 1) << 1 | (p[n] >> 5 & 1);

    if (profile == 3) {
        header <<= 1;
    }

    /* show_existing_frame and frame_type, both 0 in a key frame */

    return NGX_RTSP_HOLDS_FIRST|NGX_RTSP_HOLDS_PICTURE
           |((header & 0xc0) ? 0 : NGX_RTSP_HOLDS_KEY);
}


/* the length of a descriptor, "len" when it is not whole */

static size_t
ngx_rtsp_vp9_descriptor(const u_char *p, size_t len, ngx_uint_t *layer)
{
    size_t      n;
    ngx_uint_t  i;

    n = 1;
    *layer = 0;

    if (p[0] & 0x80) {
        n += (len > 1 && p[1] & 0x80) ? 2 : 1;
    }

    if (p[0] & 0x20) {

        if (n >= len) {
            return len;
        }

        *layer = (p[n] >> 1) & 7;
        n += (p[0] & 0x10) ? 1 : 2;
    }

    /* flexible mode: up to three references, each tells if one follows */

    if ((p[0] & 0x50) == 0x50) {

        for (i = 0; i < 3; i++) {

            if (n >= len) {
                return len;
            }

            if (!(p[n++] & 1)) {
                break;
            }
        }
    }

    if (p[0] & 0x02) {

        if (n >= len) {
            return len;
        }

        n += ngx_rtsp_vp9_structure(p + n, len - n);
    }

    return ngx_min(n, len);
}


/* scalability structure: N_S(3) Y G, sizes, and pictures with references */

static size_t
ngx_rtsp_vp9_structure(const u_char *p, size_t len)
{
    size_t      n;
    ngx_uint_t  pictures;

    n = 1;

    if (p[0] & 0x10) {
        n += 4 * ((size_t) (p[0] >> 5) + 1);
    }

    if (!(p[0] & 0x08)) {
        return n;
    }

    if (n >= len) {
        return len;
    }

    for (pictures = p[n++]; pictures; pictures--) {

        if (n >= len) {
            return len;
        }

        n += 1 + ((p[n] >> 2) & 3);
    }

    return n;
}


/*
 * MPEG-4 video (RFC 6416, 5): plain start codes; what comes first in a frame
 * also comes first in a packet, but packets may hold several headers.
 */

static ngx_uint_t
ngx_rtsp_mpeg4_holds(ngx_rtsp_codec_state_t *state, const ngx_rtsp_rtp_t *rtp)
{
    ngx_uint_t     holds;
    const u_char  *p, *last;

    if (state->picture && !state->ended
        && rtp->timestamp == state->timestamp)
    {
        return NGX_RTSP_HOLDS_PICTURE;       /* the rest of a picture */
    }

    holds = 0;
    last = rtp->payload + rtp->payload_len;

    for (p = rtp->payload; last - p > 4; p++) {

        if (p[0] != 0 || p[1] != 0 || p[2] != 1) {
            continue;
        }

        if (p[3] == 0xb6) {                  /* VOP */
            holds |= NGX_RTSP_HOLDS_PICTURE;

            if (p[4] >> 6 == 0) {
                holds |= NGX_RTSP_HOLDS_KEY;
            }

            return holds;
        }

        if (p[3] <= 0x2f || p[3] == 0xb0 || p[3] == 0xb5) {

            /* video object, its layer, sequence, visual object */
            holds |= NGX_RTSP_HOLDS_PARAMETERS|NGX_RTSP_HOLDS_LEADING;

        } else if (p[3] == 0xb3) {           /* group of VOPs */
            holds |= NGX_RTSP_HOLDS_LEADING;
        }
    }

    return holds;
}


/* RFC 2250, 3.4: the lowest three bits of the third byte, 1 is an I-frame */

static ngx_uint_t
ngx_rtsp_mpeg2_holds(const u_char *p, size_t len)
{
    if (len < 4) {
        return 0;
    }

    return NGX_RTSP_HOLDS_PICTURE
           |(((p[2] & 7) == 1) ? NGX_RTSP_HOLDS_KEY : 0);
}


/* RFC 2435, 3.1: every frame is a key frame, it begins at fragment offset 0 */

static ngx_uint_t
ngx_rtsp_mjpeg_holds(const u_char *p, size_t len)
{
    if (len < 8 || p[1] != 0 || p[2] != 0 || p[3] != 0) {
        return NGX_RTSP_HOLDS_PICTURE;
    }

    return NGX_RTSP_HOLDS_FIRST|NGX_RTSP_HOLDS_PICTURE|NGX_RTSP_HOLDS_KEY;
}
