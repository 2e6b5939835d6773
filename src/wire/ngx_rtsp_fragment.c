
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_fragment.h"


/*
 * Splits H.264 and H.265 packets that are too large for a datagram.  Called
 * once per stream and packet where the ring of UDP readers is filled.
 *
 * Owns nothing; one output packet at a time lives in the caller's scratch
 * memory.  A packet is checked whole before the first piece of it is handed
 * over, so a refused packet leaves no half of itself behind.  No NAL unit
 * loses, gains or changes a byte: only packet headers are made anew.
 */


#define NGX_RTSP_H264_STAP_A  24
#define NGX_RTSP_H264_FU_A    28

#define NGX_RTSP_H265_AP      48
#define NGX_RTSP_H265_FU      49

#define NGX_RTSP_FU_START     0x80
#define NGX_RTSP_FU_END       0x40


/*
 * How the two codecs differ: "header" is the length of a NAL unit header, to
 * which a fragment adds one byte.
 */
typedef struct {
    size_t                header;
    ngx_uint_t            max_single;    /* highest type of a NAL unit */
    ngx_uint_t            aggregate;
    ngx_uint_t            fragment;
} ngx_rtsp_nal_layout_t;


typedef struct {
    const ngx_rtsp_nal_layout_t  *layout;
    ngx_rtsp_fragment_pt  handler;
    void                 *data;
    u_char               *packet;
    size_t                header_len;    /* of the RTP header in "packet" */
    size_t                max;
    ngx_uint_t            marker;        /* for the very last packet */
    uint16_t              seq;
    ngx_int_t             count;
} ngx_rtsp_fragment_t;


static const ngx_rtsp_nal_layout_t *ngx_rtsp_nal_layout(
    ngx_rtsp_codec_e codec);
static ngx_uint_t ngx_rtsp_nal_type(const ngx_rtsp_nal_layout_t *layout,
    const u_char *p);
static ngx_int_t ngx_rtsp_fragment_check(const ngx_rtsp_nal_layout_t *layout,
    const u_char *p, size_t len);
static void ngx_rtsp_fragment_aggregate(ngx_rtsp_fragment_t *ctx,
    const u_char *p, size_t len);
static void ngx_rtsp_fragment_nal(ngx_rtsp_fragment_t *ctx, const u_char *p,
    size_t len, ngx_uint_t last);
static void ngx_rtsp_fragment_unit(ngx_rtsp_fragment_t *ctx,
    const u_char *header, ngx_uint_t flags, const u_char *p, size_t len,
    ngx_uint_t last);
static void ngx_rtsp_fragment_send(ngx_rtsp_fragment_t *ctx, size_t len,
    ngx_uint_t last);


static const ngx_rtsp_nal_layout_t  ngx_rtsp_h264_layout = {
    1, 23, NGX_RTSP_H264_STAP_A, NGX_RTSP_H264_FU_A
};

static const ngx_rtsp_nal_layout_t  ngx_rtsp_h265_layout = {
    2, 47, NGX_RTSP_H265_AP, NGX_RTSP_H265_FU
};


ngx_int_t
ngx_rtsp_fragment(ngx_rtsp_codec_e codec, const u_char *rtp, size_t len,
    size_t max, ngx_rtsp_fragment_pt handler, void *data, u_char *scratch)
{
    size_t                header;
    u_char                fu[3];
    const u_char         *p;
    ngx_uint_t            type, flags;
    ngx_rtsp_rtp_t        packet;
    ngx_rtsp_fragment_t   ctx;

    ctx.layout = ngx_rtsp_nal_layout(codec);

    if (ctx.layout == NULL
        || ngx_rtsp_parse_rtp((u_char *) rtp, len, &packet) != NGX_OK)
    {
        return NGX_ERROR;
    }

    header = ctx.layout->header;
    p = packet.payload;
    len = packet.payload_len;

    ctx.header_len = NGX_RTSP_RTP_HEADER_LEN + 4 * packet.ncsrc;
    ctx.handler = handler;
    ctx.data = data;
    ctx.packet = scratch;
    ctx.max = max;
    ctx.marker = packet.marker;
    ctx.seq = packet.seq;
    ctx.count = 0;

    /* one byte of a NAL unit per packet is the least that makes progress */

    if (max < ctx.header_len + header + 2
        || ngx_rtsp_fragment_check(ctx.layout, p, len) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(scratch, rtp, ctx.header_len);

    scratch[0] &= 0xcf;                      /* no padding, no extension */
    scratch[1] &= 0x7f;                      /* no marker */

    type = ngx_rtsp_nal_type(ctx.layout, p);

    if (type == ctx.layout->aggregate) {
        ngx_rtsp_fragment_aggregate(&ctx, p + header, len - header);

    } else if (type == ctx.layout->fragment) {
        ngx_memcpy(fu, p, header + 1);
        flags = fu[header] & (NGX_RTSP_FU_START|NGX_RTSP_FU_END);

        ngx_rtsp_fragment_unit(&ctx, fu, flags, p + header + 1,
                               len - header - 1, 1);

    } else {
        ngx_rtsp_fragment_nal(&ctx, p, len, 1);
    }

    return ctx.count;
}


static const ngx_rtsp_nal_layout_t *
ngx_rtsp_nal_layout(ngx_rtsp_codec_e codec)
{
    switch (codec) {

    case NGX_RTSP_CODEC_H264:
        return &ngx_rtsp_h264_layout;

    case NGX_RTSP_CODEC_H265:
        return &ngx_rtsp_h265_layout;

    default:
        return NULL;
    }
}


static ngx_uint_t
ngx_rtsp_nal_type(const ngx_rtsp_nal_layout_t *layout, const u_char *p)
{
    return (layout->header == 1) ? p[0] & 0x1f : (p[0] >> 1) & 0x3f;
}


/*
 * NGX_OK when the payload is of a kind that can be split and is sound to its
 * last byte.
 */

static ngx_int_t
ngx_rtsp_fragment_check(const ngx_rtsp_nal_layout_t *layout, const u_char *p,
    size_t len)
{
    size_t      size;
    ngx_uint_t  type, n;

    if (len <= layout->header) {
        return NGX_ERROR;
    }

    type = ngx_rtsp_nal_type(layout, p);

    if (type <= layout->max_single || type == layout->fragment) {
        return NGX_OK;
    }

    if (type != layout->aggregate) {
        return NGX_ERROR;
    }

    p += layout->header;
    len -= layout->header;

    for (n = 0; len; n++) {

        if (len < 2) {
            return NGX_ERROR;
        }

        size = ngx_rtsp_rtp_get16(p);

        if (size < layout->header || size > len - 2
            || ngx_rtsp_nal_type(layout, p + 2) > layout->max_single)
        {
            return NGX_ERROR;
        }

        p += 2 + size;
        len -= 2 + size;
    }

    return n ? NGX_OK : NGX_ERROR;
}


static void
ngx_rtsp_fragment_aggregate(ngx_rtsp_fragment_t *ctx, const u_char *p,
    size_t len)
{
    size_t  size;

    while (len) {
        size = ngx_rtsp_rtp_get16(p);
        p += 2;
        len -= 2 + size;

        ngx_rtsp_fragment_nal(ctx, p, size, len == 0);

        p += size;
    }
}


/*
 * One whole NAL unit, as it is or as fragments.  "last" tells that nothing of
 * the old packet follows.
 */

static void
ngx_rtsp_fragment_nal(ngx_rtsp_fragment_t *ctx, const u_char *p, size_t len,
    ngx_uint_t last)
{
    size_t  header;
    u_char  fu[3];

    if (len <= ctx->max - ctx->header_len) {
        ngx_memcpy(ctx->packet + ctx->header_len, p, len);
        ngx_rtsp_fragment_send(ctx, ctx->header_len + len, last);
        return;
    }

    header = ctx->layout->header;

    if (header == 1) {
        /* RFC 6184, 5.8: F and NRI move to the FU indicator */
        fu[0] = (p[0] & 0xe0) | NGX_RTSP_H264_FU_A;
        fu[1] = p[0] & 0x1f;

    } else {
        /* RFC 7798, 4.4.3: all but the type stays in the payload header */
        fu[0] = (p[0] & 0x81) | NGX_RTSP_H265_FU << 1;
        fu[1] = p[1];
        fu[2] = (p[0] >> 1) & 0x3f;
    }

    ngx_rtsp_fragment_unit(ctx, fu, NGX_RTSP_FU_START|NGX_RTSP_FU_END,
                           p + header, len - header, last);
}


/*
 * Sends "len" bytes as fragments below "header", the payload header and the
 * FU header.  "flags" say whether the bytes begin the NAL unit (S), end it
 * (E), or both; each bit goes to the fragment at that end.
 */

static void
ngx_rtsp_fragment_unit(ngx_rtsp_fragment_t *ctx, const u_char *header,
    ngx_uint_t flags, const u_char *p, size_t len, ngx_uint_t last)
{
    size_t      size, room;
    u_char     *start;
    ngx_uint_t  n;

    n = ctx->layout->header + 1;
    start = ctx->packet + ctx->header_len;
    room = ctx->max - ctx->header_len - n;

    ngx_memcpy(start, header, n);
    start[n - 1] &= 0x3f;
    start[n - 1] |= flags & NGX_RTSP_FU_START;

    do {
        size = ngx_min(len, room);

        if (size == len) {
            start[n - 1] |= flags & NGX_RTSP_FU_END;
        }

        ngx_memcpy(start + n, p, size);
        p += size;
        len -= size;

        ngx_rtsp_fragment_send(ctx, ctx->header_len + n + size,
                               last && len == 0);

        /* the handler may have changed the RTP header, but not this one */

        start[n - 1] &= 0x3f;

    } while (len);
}


static void
ngx_rtsp_fragment_send(ngx_rtsp_fragment_t *ctx, size_t len, ngx_uint_t last)
{
    ngx_rtsp_rtp_set_seq(ctx->packet, ctx->seq);

    if (last && ctx->marker) {
        ctx->packet[1] |= 0x80;
    }

    ctx->seq++;
    ctx->count++;

    ctx->handler(ctx->data, ctx->packet, len);
}
