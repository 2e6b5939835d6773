
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_rtsp_source.h"
#include "ngx_rtsp_clock.h"


/*
 * RTCP between a source and its stream (RFC 3550, 6.4).  The source's sender
 * reports tell which time of day an RTP time is; reports of the stream's own,
 * with its SSRC and numbers, are written into its rings once for all readers.
 *
 * Invariant: until the source has told the time of day, reports say when
 * packets arrived and are marked as estimates; a reader that replays gets
 * none of them once the source has told.
 */


#define NGX_RTSP_REPORT_PERIOD  5000000     /* us */
#define NGX_RTSP_REPORT_JOIN     400000     /* us, at least, for new readers */


static void ngx_rtsp_source_report_told(ngx_rtsp_source_t *source);
static void ngx_rtsp_source_report(ngx_rtsp_source_t *source,
    ngx_uint_t media, uint64_t now);
static void ngx_rtsp_source_report_time(ngx_rtsp_source_t *source,
    ngx_uint_t media, uint64_t now, ngx_rtsp_sender_report_t *sr);
static void ngx_rtsp_source_report_put(ngx_rtsp_ring_t *ring,
    ngx_rtsp_packet_t *packet, u_char *data, size_t len);


void
ngx_rtsp_source_rtcp(ngx_rtsp_source_t *source, ngx_uint_t media, u_char *data,
    size_t len, uint64_t arrival)
{
    ngx_uint_t                first;
    ngx_rtsp_rtcp_t           rtcp;
    ngx_rtsp_source_media_t  *sm;

    if (ngx_rtsp_parse_rtcp(data, len, &rtcp) != NGX_OK) {
        source->invalid++;
        return;
    }

    sm = &source->medias[media];

    /* cameras without a clock send 0 */

    if (!rtcp.has_sr || rtcp.sr.ntp == 0) {
        return;
    }

    first = (sm->report_ntp == 0);

    sm->report_ntp = rtcp.sr.ntp;
    sm->report_rtptime = rtcp.sr.timestamp;
    sm->report_arrival = arrival;

    if (!first || !sm->started) {
        return;
    }

    ngx_rtsp_source_report_told(source);
    ngx_rtsp_source_report_all(source, arrival);
    ngx_rtsp_source_post(source, arrival);
}


/* the source has told the time: reports from before are not for replays */

static void
ngx_rtsp_source_report_told(ngx_rtsp_source_t *source)
{
    ngx_rtsp_ring_t  *ring, *fragments;

    ring = source->stream->ring;
    fragments = (ngx_rtsp_ring_t *) source->stream->fragments;

    ring->reports = ring->head;

    if (fragments) {
        fragments->reports = fragments->head;
    }
}


/* a packet has gone into the ring: is it time for a report? */

void
ngx_rtsp_source_report_due(ngx_rtsp_source_t *source, ngx_uint_t media,
    uint64_t now)
{
    ngx_rtsp_source_media_t  *sm;

    sm = &source->medias[media];

    if (sm->reported == 0 || now - sm->reported >= NGX_RTSP_REPORT_PERIOD) {

        if (sm->reported == 0 && sm->report_ntp) {
            ngx_rtsp_source_report_told(source);
        }

        ngx_rtsp_source_report(source, media, now);
    }

    if (source->stream->report_wanted) {
        ngx_rtsp_source_report_all(source, now);
    }
}


/* all medias, but for those that had a report just now */

void
ngx_rtsp_source_report_all(ngx_rtsp_source_t *source, uint64_t now)
{
    ngx_uint_t                i;
    ngx_rtsp_source_media_t  *sm;

    source->stream->report_wanted = 0;
    ngx_memory_barrier();

    for (i = 0; i < source->stream->nmedias; i++) {
        sm = &source->medias[i];

        if (!sm->started) {
            continue;
        }

        if (now - sm->reported < NGX_RTSP_REPORT_JOIN
            && !(sm->report_ntp && sm->report_arrival > sm->reported))
        {
            /* too soon: the flag stays for the next packet or tick */
            source->stream->report_wanted = 1;
            continue;
        }

        ngx_rtsp_source_report(source, i, now);
    }
}


/* reports that no packet has called for: some medias send little */

void
ngx_rtsp_source_report_tick(ngx_rtsp_source_t *source, uint64_t now)
{
    ngx_uint_t                i, n;
    ngx_rtsp_source_media_t  *sm;

    n = source->stream->report_wanted;

    if (n) {
        ngx_rtsp_source_report_all(source, now);
    }

    for (i = 0; i < source->stream->nmedias; i++) {
        sm = &source->medias[i];

        if (sm->started && now - sm->reported >= NGX_RTSP_REPORT_PERIOD) {
            ngx_rtsp_source_report(source, i, now);
            n = 1;
        }
    }

    if (n) {
        ngx_rtsp_source_post(source, now);
    }
}


static void
ngx_rtsp_source_report(ngx_rtsp_source_t *source, ngx_uint_t media,
    uint64_t now)
{
    size_t                     len;
    u_char                     buf[NGX_RTSP_RTCP_SR_LEN],
                               text[NGX_RTSP_CNAME_LEN];
    ngx_str_t                  cname;
    ngx_rtsp_packet_t          packet;
    ngx_rtsp_stream_t         *stream;
    ngx_rtsp_source_media_t   *sm;
    ngx_rtsp_stream_media_t   *stm;
    ngx_rtsp_sender_report_t   sr;

    stream = source->stream;
    sm = &source->medias[media];
    stm = &stream->medias[media];

    if (stm->clock_rate == 0 || stm->back_channel) {
        sm->reported = now;
        return;
    }

    ngx_rtsp_source_report_time(source, media, now, &sr);

    sr.ssrc = stm->ssrc;
    sr.packets = (uint32_t) stm->packets;
    sr.octets = (uint32_t) stm->octets;

    ngx_rtsp_source_cname(stream, text, &cname);

    len = ngx_rtsp_put_sr(buf, &sr, &cname);

    ngx_memzero(&packet, sizeof(ngx_rtsp_packet_t));

    packet.len = NGX_RTSP_RING_FRAME + len;
    packet.arrival = now;
    packet.rtptime = sr.timestamp;
    packet.media = (uint8_t) media;
    packet.flags = NGX_RTSP_RING_RTCP
                   | (sm->report_ntp ? 0 : NGX_RTSP_RING_ESTIMATE);
    packet.rtcp = source->rtcp++;

    ngx_rtsp_source_report_put(stream->ring, &packet, buf, len);

    if (stream->fragments) {
        ngx_rtsp_source_report_put((ngx_rtsp_ring_t *) stream->fragments,
                                   &packet, buf, len);
    }

    sm->reported = now;
}


/* the RTP time of this moment, and the time of day that belongs to it */

static void
ngx_rtsp_source_report_time(ngx_rtsp_source_t *source, ngx_uint_t media,
    uint64_t now, ngx_rtsp_sender_report_t *sr)
{
    uint64_t                  passed;
    ngx_rtsp_source_media_t  *sm;
    ngx_rtsp_stream_media_t  *stm;

    sm = &source->medias[media];
    stm = &source->stream->medias[media];

    if (sm->report_ntp) {
        passed = (now > sm->report_arrival) ? now - sm->report_arrival : 0;

        sr->ntp = ngx_rtsp_usec_to_ntp(ngx_rtsp_ntp_to_usec(sm->report_ntp)
                                       + passed);
        sr->timestamp = sm->report_rtptime + sm->time_shift;

    } else {
        passed = (now > stm->arrival) ? now - stm->arrival : 0;

        sr->ntp = ngx_rtsp_usec_to_ntp(ngx_rtsp_unix_time());
        sr->timestamp = stm->rtptime;
    }

    sr->timestamp += (uint32_t) (passed * stm->clock_rate / 1000000);
}


static void
ngx_rtsp_source_report_put(ngx_rtsp_ring_t *ring, ngx_rtsp_packet_t *packet,
    u_char *data, size_t len)
{
    u_char             *p;
    ngx_rtsp_packet_t   copy;

    p = ngx_rtsp_ring_reserve(ring, packet->len);
    if (p == NULL) {
        return;
    }

    *p++ = '$';
    *p++ = (u_char) (2 * packet->media + 1);
    *p++ = (u_char) (len >> 8);
    *p++ = (u_char) len;

    ngx_memcpy(p, data, len);

    copy = *packet;

    (void) ngx_rtsp_ring_commit(ring, &copy);
}


size_t
ngx_rtsp_source_receiver_report(ngx_rtsp_source_t *source, ngx_uint_t media,
    u_char *p)
{
    u_char                    text[NGX_RTSP_CNAME_LEN];
    uint64_t                  passed;
    ngx_str_t                 cname;
    ngx_rtsp_report_block_t   block;
    ngx_rtsp_source_media_t  *sm;

    sm = &source->medias[media];

    if (!sm->started) {
        return 0;
    }

    ngx_memzero(&block, sizeof(ngx_rtsp_report_block_t));

    block.ssrc = sm->ssrc;
    ngx_rtsp_rtp_stat_report(&sm->stat, &block);

    if (sm->report_ntp) {
        passed = ngx_rtsp_now() - sm->report_arrival;

        block.lsr = ngx_rtsp_ntp_middle(sm->report_ntp);
        block.dlsr = (uint32_t) (passed * 65536 / 1000000);
    }

    ngx_rtsp_source_cname(source->stream, text, &cname);

    return ngx_rtsp_put_rr(p, source->stream->medias[media].ssrc, &block,
                           &cname);
}
