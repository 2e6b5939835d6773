
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_rtp.h"


/*
 * RTP packets (RFC 3550, 5.1) taken apart, and the account that a receiver
 * keeps of them.  Called for each packet that comes in, once at ingest; what
 * goes out is changed in place by the macros of the header.
 *
 * Owns nothing: the parsed structure points into the packet, and everything
 * it says lies within the packet's bounds, whatever the sender wrote.  The
 * account never divides by what came over the wire and never runs backwards
 * but for a sender that starts anew.
 */


/* RFC 3550, A.1: what is still taken for loss, and for reordering */
#define NGX_RTSP_MAX_DROPOUT   3000
#define NGX_RTSP_MAX_MISORDER  100

/* never equal to a sequence number */
#define NGX_RTSP_NO_SEQ        0x10000


static uint64_t ngx_rtsp_rtp_stat_expected(const ngx_rtsp_rtp_stat_t *st);
static void ngx_rtsp_rtp_stat_jump(ngx_rtsp_rtp_stat_t *st, uint16_t seq);
static void ngx_rtsp_rtp_stat_time(ngx_rtsp_rtp_stat_t *st,
    uint32_t timestamp, uint64_t arrival, uint32_t clock_rate);


ngx_int_t
ngx_rtsp_parse_rtp(u_char *data, size_t len, ngx_rtsp_rtp_t *rtp)
{
    size_t  header, padding;

    if (len < NGX_RTSP_RTP_HEADER_LEN || data[0] >> 6 != 2) {
        return NGX_ERROR;
    }

    rtp->ncsrc = data[0] & 0x0f;
    rtp->extension = (data[0] >> 4) & 1;
    rtp->marker = ngx_rtsp_rtp_marker(data);
    rtp->type = ngx_rtsp_rtp_type(data);
    rtp->seq = ngx_rtsp_rtp_seq(data);
    rtp->timestamp = ngx_rtsp_rtp_timestamp(data);
    rtp->ssrc = ngx_rtsp_rtp_ssrc(data);

    header = NGX_RTSP_RTP_HEADER_LEN + 4 * rtp->ncsrc;

    if (rtp->extension) {
        if (len < header + 4) {
            return NGX_ERROR;
        }

        header += 4 + 4 * (size_t) ngx_rtsp_rtp_get16(data + header + 2);
    }

    if (len < header) {
        return NGX_ERROR;
    }

    padding = 0;

    if (data[0] & 0x20) {
        if (len == header) {
            return NGX_ERROR;
        }

        padding = data[len - 1];

        if (padding == 0 || padding > len - header) {
            return NGX_ERROR;
        }
    }

    rtp->header_len = header;
    rtp->payload = data + header;
    rtp->payload_len = len - header - padding;

    return NGX_OK;
}


ngx_int_t
ngx_rtsp_rtp_stat_update(ngx_rtsp_rtp_stat_t *st, uint16_t seq,
    uint32_t timestamp, uint64_t arrival, uint32_t clock_rate)
{
    uint16_t  delta;

    if (!st->started) {
        st->started = 1;
        st->base_seq = seq;
        st->max_seq = seq;
        st->bad_seq = NGX_RTSP_NO_SEQ;
        st->received = 1;

        ngx_rtsp_rtp_stat_time(st, timestamp, arrival, clock_rate);

        return NGX_OK;
    }

    delta = seq - st->max_seq;

    if (delta < NGX_RTSP_MAX_DROPOUT) {

        if (seq < st->max_seq) {
            st->cycles += 0x10000;
        }

        st->max_seq = seq;

    } else if (delta <= 0x10000 - NGX_RTSP_MAX_MISORDER) {

        /* two in a row out of all order: the sender has started anew */

        if (seq != st->bad_seq) {
            st->bad_seq = (uint16_t) (seq + 1);
            return NGX_DECLINED;
        }

        ngx_rtsp_rtp_stat_jump(st, seq);

    } else {
        /* late or twice: counted, but it tells nothing about the jitter */

        st->received++;

        return NGX_OK;
    }

    st->received++;
    st->bad_seq = NGX_RTSP_NO_SEQ;

    ngx_rtsp_rtp_stat_time(st, timestamp, arrival, clock_rate);

    return NGX_OK;
}


/*
 * The old run is closed with what it has expected; the new one begins with
 * the packet that was declined before, which stays uncounted.
 */

static void
ngx_rtsp_rtp_stat_jump(ngx_rtsp_rtp_stat_t *st, uint16_t seq)
{
    st->expected = ngx_rtsp_rtp_stat_expected(st);

    if (seq < st->max_seq) {
        st->cycles += 0x10000;
    }

    st->base_seq = st->cycles + seq;
    st->max_seq = seq;
    st->timed = 0;
}


static void
ngx_rtsp_rtp_stat_time(ngx_rtsp_rtp_stat_t *st, uint32_t timestamp,
    uint64_t arrival, uint32_t clock_rate)
{
    int32_t   d;
    uint32_t  transit, change;

    if (clock_rate == 0) {
        return;
    }

    /* seconds and the rest apart, or the product would overflow */

    transit = (uint32_t) (arrival / 1000000 * clock_rate
                          + arrival % 1000000 * clock_rate / 1000000)
              - timestamp;

    if (st->timed) {
        d = ngx_rtsp_timestamp_diff(transit, st->transit);
        change = d < 0 ? 0 - (uint32_t) d : (uint32_t) d;

        /* RFC 3550, A.8; more than 2^27 units could not be averaged */

        change = ngx_min(change, 0x7ffffff);
        st->jitter += change - ((st->jitter + 8) >> 4);
    }

    st->transit = transit;
    st->timed = 1;
}


static uint64_t
ngx_rtsp_rtp_stat_expected(const ngx_rtsp_rtp_stat_t *st)
{
    if (!st->started) {
        return 0;
    }

    return st->expected
           + (uint32_t) (st->cycles + st->max_seq - st->base_seq) + 1;
}


uint64_t
ngx_rtsp_rtp_stat_lost(const ngx_rtsp_rtp_stat_t *st)
{
    uint64_t  expected;

    expected = ngx_rtsp_rtp_stat_expected(st);

    return expected > st->received ? expected - st->received : 0;
}


void
ngx_rtsp_rtp_stat_report(ngx_rtsp_rtp_stat_t *st,
    ngx_rtsp_report_block_t *block)
{
    int64_t   lost;
    uint64_t  expected, interval, received;

    expected = ngx_rtsp_rtp_stat_expected(st);

    lost = (int64_t) (expected - st->received);
    block->lost = (int32_t) ngx_max(ngx_min(lost, 0x7fffff), -0x800000);

    interval = expected - st->expected_prior;
    received = st->received - st->received_prior;

    st->expected_prior = expected;
    st->received_prior = st->received;

    block->fraction_lost = 0;

    if (interval > received) {
        block->fraction_lost = (u_char)
                               ngx_min(((interval - received) << 8) / interval,
                                       255);
    }

    block->highest_seq = st->cycles + st->max_seq;
    block->jitter = ngx_rtsp_rtp_stat_jitter(st);
}
