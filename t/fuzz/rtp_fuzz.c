
/*
 * Copyright (C) the nginx RTSP module authors
 */


/*
 * Feeds bytes to the RTP and RTCP parsers.  The first byte says which of the
 * two.  RTP: the payload lies within the packet, and the account of a receiver
 * takes whatever the fields say.  RTCP: what was read is written, and reads
 * as what it was.
 */


#include "../unit/unit.h"

#include "ngx_rtsp_rtcp.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
rtp_fuzz_check(ngx_uint_t ok)
{
    if (!ok) {
        abort();
    }
}


/* packets of 16 bytes, one after the other, make an account */

static void
rtp_fuzz_stat(const u_char *p, size_t len)
{
    ngx_rtsp_rtp_stat_t      st;
    ngx_rtsp_report_block_t  block;

    ngx_memzero(&st, sizeof(ngx_rtsp_rtp_stat_t));

    for ( /* void */ ; len >= 16; p += 16, len -= 16) {

        (void) ngx_rtsp_rtp_stat_update(&st, ngx_rtsp_rtp_get16(p),
                                        ngx_rtsp_rtp_get32(p + 2),
                                        (uint64_t) ngx_rtsp_rtp_get32(p + 6)
                                        << 16 | ngx_rtsp_rtp_get16(p + 10),
                                        ngx_rtsp_rtp_get32(p + 12));
        if (p[0] & 1) {
            ngx_rtsp_rtp_stat_report(&st, &block);
            rtp_fuzz_check(block.lost >= -0x800000 && block.lost <= 0x7fffff);
        }
    }

    (void) ngx_rtsp_rtp_stat_lost(&st);
}


static void
rtp_fuzz_rtp(u_char *p, size_t len)
{
    ngx_rtsp_rtp_t  rtp;

    rtp_fuzz_stat(p, len);

    if (ngx_rtsp_parse_rtp(p, len, &rtp) != NGX_OK) {
        return;
    }

    rtp_fuzz_check(rtp.payload == p + rtp.header_len);
    rtp_fuzz_check(rtp.header_len >= NGX_RTSP_RTP_HEADER_LEN
                   && rtp.header_len <= len
                   && rtp.payload_len <= len - rtp.header_len);

    ngx_rtsp_rtp_set_seq(p, rtp.seq);
    ngx_rtsp_rtp_set_timestamp(p, rtp.timestamp);
    ngx_rtsp_rtp_set_ssrc(p, rtp.ssrc);

    rtp_fuzz_check(ngx_rtsp_rtp_seq(p) == rtp.seq
                   && ngx_rtsp_rtp_timestamp(p) == rtp.timestamp
                   && ngx_rtsp_rtp_ssrc(p) == rtp.ssrc);
}


static void
rtp_fuzz_rtcp(u_char *p, size_t len)
{
    u_char           sr[NGX_RTSP_RTCP_SR_LEN], rr[NGX_RTSP_RTCP_RR_LEN];
    ngx_str_t        cname;
    ngx_uint_t       i;
    ngx_rtsp_rtcp_t  out, again;

    if (ngx_rtsp_parse_rtcp(p, len, &out) != NGX_OK) {
        return;
    }

    rtp_fuzz_check(out.nblocks <= NGX_RTSP_RTCP_MAX_BLOCKS);

    cname.data = p;
    cname.len = len;

    len = ngx_rtsp_put_sr(sr, &out.sr, &cname);

    rtp_fuzz_check(len <= sizeof(sr));
    rtp_fuzz_check(ngx_rtsp_parse_rtcp(sr, len, &again) == NGX_OK
                   && again.has_sr && !again.malformed);
    rtp_fuzz_check(ngx_memcmp(&out.sr, &again.sr,
                              sizeof(ngx_rtsp_sender_report_t)) == 0);

    for (i = 0; i < out.nblocks; i++) {
        len = ngx_rtsp_put_rr(rr, out.ssrc, &out.blocks[i], &cname);

        rtp_fuzz_check(len <= sizeof(rr));
        rtp_fuzz_check(ngx_rtsp_parse_rtcp(rr, len, &again) == NGX_OK
                       && again.nblocks == 1 && !again.malformed
                       && again.ssrc == out.ssrc);
        rtp_fuzz_check(again.blocks[0].lost == out.blocks[i].lost
                       && again.blocks[0].ssrc == out.blocks[i].ssrc
                       && again.blocks[0].dlsr == out.blocks[i].dlsr);
    }

    (void) ngx_rtsp_ntp_to_usec(out.sr.ntp);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char  *copy;

    if (size == 0) {
        return 0;
    }

    copy = unit_copy(data + 1, size - 1);

    if (data[0] & 1) {
        rtp_fuzz_rtcp(copy, size - 1);

    } else {
        rtp_fuzz_rtp(copy, size - 1);
    }

    free(copy);

    return 0;
}
