
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_rtcp.h"


/*
 * RTCP compound packets (RFC 3550, 6) read and written: sender and receiver
 * reports, source description with a CNAME, goodbye.  Called where RTCP
 * enters (from sources and readers) and where reports are made.
 *
 * Owns nothing and keeps nothing.  Reading never looks behind a packet's
 * length field or the datagram; the lengths in what is written are always
 * right, so that a dissector finds nothing malformed.
 */


#define NGX_RTSP_RTCP_CNAME      1

/* from 1900 (NTP) to 1970 (Unix), 70 years with 17 leap days, in seconds */
#define NGX_RTSP_NTP_EPOCH       2208988800ULL


static ngx_int_t ngx_rtsp_parse_rtcp_packet(u_char *p, size_t len,
    ngx_rtsp_rtcp_t *out);
static void ngx_rtsp_parse_report_blocks(u_char *p, ngx_uint_t n,
    ngx_rtsp_rtcp_t *out);
static u_char *ngx_rtsp_put_rtcp_header(u_char *p, ngx_uint_t count,
    ngx_uint_t type, size_t len, uint32_t ssrc);
static u_char *ngx_rtsp_put_report_block(u_char *p,
    const ngx_rtsp_report_block_t *block);
static u_char *ngx_rtsp_put_sdes(u_char *p, uint32_t ssrc,
    const ngx_str_t *cname);


ngx_int_t
ngx_rtsp_parse_rtcp(u_char *data, size_t len, ngx_rtsp_rtcp_t *out)
{
    size_t  size;
    u_char  *p, *last;

    ngx_memzero(out, sizeof(ngx_rtsp_rtcp_t));

    last = data + len;

    for (p = data; p < last; p += size) {

        if (last - p < 4 || p[0] >> 6 != 2 || p[1] < 192 || p[1] > 223) {
            break;
        }

        size = 4 + 4 * (size_t) ngx_rtsp_rtp_get16(p + 2);

        if (size > (size_t) (last - p)
            || ngx_rtsp_parse_rtcp_packet(p, size, out) != NGX_OK)
        {
            break;
        }
    }

    if (p == data) {
        return NGX_ERROR;
    }

    out->malformed = (p != last);

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_parse_rtcp_packet(u_char *p, size_t len, ngx_rtsp_rtcp_t *out)
{
    size_t      info;
    ngx_uint_t  n;

    n = p[0] & 0x1f;

    switch (p[1]) {

    case NGX_RTSP_RTCP_SR:
    case NGX_RTSP_RTCP_RR:

        info = (p[1] == NGX_RTSP_RTCP_SR) ? 28 : 8;

        if (len < info + 24 * n) {
            return NGX_ERROR;
        }

        if (!out->has_sr && !out->has_rr) {
            out->ssrc = ngx_rtsp_rtp_get32(p + 4);
        }

        if (p[1] == NGX_RTSP_RTCP_RR) {
            out->has_rr = 1;

        } else if (!out->has_sr) {
            out->has_sr = 1;
            out->sr.ssrc = ngx_rtsp_rtp_get32(p + 4);
            out->sr.ntp = (uint64_t) ngx_rtsp_rtp_get32(p + 8) << 32
                          | ngx_rtsp_rtp_get32(p + 12);
            out->sr.timestamp = ngx_rtsp_rtp_get32(p + 16);
            out->sr.packets = ngx_rtsp_rtp_get32(p + 20);
            out->sr.octets = ngx_rtsp_rtp_get32(p + 24);
        }

        ngx_rtsp_parse_report_blocks(p + info, n, out);

        return NGX_OK;

    case NGX_RTSP_RTCP_BYE:

        if (len < 4 + 4 * n) {
            return NGX_ERROR;
        }

        if (n && !out->has_bye) {
            out->has_bye = 1;
            out->bye = ngx_rtsp_rtp_get32(p + 4);
        }

        return NGX_OK;

    default:
        return NGX_OK;
    }
}


static void
ngx_rtsp_parse_report_blocks(u_char *p, ngx_uint_t n, ngx_rtsp_rtcp_t *out)
{
    uint32_t                  lost;
    ngx_rtsp_report_block_t  *block;

    for ( /* void */ ; n; n--, p += 24) {

        if (out->nblocks == NGX_RTSP_RTCP_MAX_BLOCKS) {
            return;
        }

        block = &out->blocks[out->nblocks++];

        lost = ngx_rtsp_rtp_get32(p + 4) & 0xffffff;

        block->ssrc = ngx_rtsp_rtp_get32(p);
        block->fraction_lost = p[4];
        block->lost = (lost & 0x800000) ? (int32_t) lost - 0x1000000
                                        : (int32_t) lost;
        block->highest_seq = ngx_rtsp_rtp_get32(p + 8);
        block->jitter = ngx_rtsp_rtp_get32(p + 12);
        block->lsr = ngx_rtsp_rtp_get32(p + 16);
        block->dlsr = ngx_rtsp_rtp_get32(p + 20);
    }
}


size_t
ngx_rtsp_put_sr(u_char *p, const ngx_rtsp_sender_report_t *sr,
    const ngx_str_t *cname)
{
    u_char    *start;
    uint32_t   seconds, fraction;

    start = p;

    seconds = (uint32_t) (sr->ntp >> 32);
    fraction = (uint32_t) sr->ntp;

    p = ngx_rtsp_put_rtcp_header(p, 0, NGX_RTSP_RTCP_SR, 28, sr->ssrc);

    ngx_rtsp_rtp_put32(p, seconds);
    ngx_rtsp_rtp_put32(p + 4, fraction);
    ngx_rtsp_rtp_put32(p + 8, sr->timestamp);
    ngx_rtsp_rtp_put32(p + 12, sr->packets);
    ngx_rtsp_rtp_put32(p + 16, sr->octets);

    p = ngx_rtsp_put_sdes(p + 20, sr->ssrc, cname);

    return p - start;
}


size_t
ngx_rtsp_put_rr(u_char *p, uint32_t ssrc, const ngx_rtsp_report_block_t *block,
    const ngx_str_t *cname)
{
    u_char  *start;

    start = p;

    if (block) {
        p = ngx_rtsp_put_rtcp_header(p, 1, NGX_RTSP_RTCP_RR, 32, ssrc);
        p = ngx_rtsp_put_report_block(p, block);

    } else {
        p = ngx_rtsp_put_rtcp_header(p, 0, NGX_RTSP_RTCP_RR, 8, ssrc);
    }

    p = ngx_rtsp_put_sdes(p, ssrc, cname);

    return p - start;
}


size_t
ngx_rtsp_put_bye(u_char *p, uint32_t ssrc, const ngx_str_t *cname)
{
    u_char  *start;

    start = p;

    p = ngx_rtsp_put_rtcp_header(p, 0, NGX_RTSP_RTCP_RR, 8, ssrc);
    p = ngx_rtsp_put_sdes(p, ssrc, cname);
    p = ngx_rtsp_put_rtcp_header(p, 1, NGX_RTSP_RTCP_BYE, 8, ssrc);

    return p - start;
}


/* "len" is that of the whole packet; what follows the SSRC is the caller's */

static u_char *
ngx_rtsp_put_rtcp_header(u_char *p, ngx_uint_t count, ngx_uint_t type,
    size_t len, uint32_t ssrc)
{
    p[0] = (u_char) (0x80 | count);
    p[1] = (u_char) type;

    ngx_rtsp_rtp_put16(p + 2, len / 4 - 1);
    ngx_rtsp_rtp_put32(p + 4, ssrc);

    return p + 8;
}


static u_char *
ngx_rtsp_put_report_block(u_char *p, const ngx_rtsp_report_block_t *block)
{
    uint32_t  lost;

    lost = (uint32_t) block->lost & 0xffffff;

    ngx_rtsp_rtp_put32(p, block->ssrc);
    ngx_rtsp_rtp_put32(p + 4, (uint32_t) block->fraction_lost << 24 | lost);
    ngx_rtsp_rtp_put32(p + 8, block->highest_seq);
    ngx_rtsp_rtp_put32(p + 12, block->jitter);
    ngx_rtsp_rtp_put32(p + 16, block->lsr);
    ngx_rtsp_rtp_put32(p + 20, block->dlsr);

    return p + 24;
}


static u_char *
ngx_rtsp_put_sdes(u_char *p, uint32_t ssrc, const ngx_str_t *cname)
{
    size_t  len, size;

    if (cname == NULL || cname->len == 0) {
        return p;
    }

    len = ngx_min(cname->len, NGX_RTSP_RTCP_MAX_CNAME);

    /* RFC 3550, 6.5: 1 to 4 zeros end the list of items at a word's end */

    size = (8 + 2 + len) / 4 * 4 + 4;

    p = ngx_rtsp_put_rtcp_header(p, 1, NGX_RTSP_RTCP_SDES, size, ssrc);
    size -= 8;

    p[0] = NGX_RTSP_RTCP_CNAME;
    p[1] = (u_char) len;
    ngx_memcpy(p + 2, cname->data, len);
    ngx_memzero(p + 2 + len, size - 2 - len);

    return p + size;
}


uint64_t
ngx_rtsp_usec_to_ntp(uint64_t usec)
{
    return ((usec / 1000000 + NGX_RTSP_NTP_EPOCH) << 32)
           + ((usec % 1000000) << 32) / 1000000;
}


uint64_t
ngx_rtsp_ntp_to_usec(uint64_t ntp)
{
    uint64_t  seconds, usec;

    seconds = ntp >> 32;

    /* rounded, or a time would lose a microsecond on its way there and back */

    usec = ((ntp & 0xffffffff) * 1000000 + 0x80000000) >> 32;

    if (seconds < NGX_RTSP_NTP_EPOCH) {
        return 0;
    }

    return (seconds - NGX_RTSP_NTP_EPOCH) * 1000000 + usec;
}
