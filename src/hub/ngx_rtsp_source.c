
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_rtsp_source.h"
#include "ngx_rtsp_clock.h"


/*
 * Takes the packets of a publisher or a pull in and makes them those of the
 * stream: SSRC, and for a later source of the same stream numbers and time
 * that go on where the one before has stopped.  Called by whoever receives,
 * with packets in order.
 *
 * Invariant: this process has the writer's role of source->stream.  What the
 * first source sends goes through as it is but for the SSRC.
 */


static ngx_int_t ngx_rtsp_source_prepare(ngx_rtsp_source_t *source,
    ngx_str_t *text);
static void ngx_rtsp_source_init_media(ngx_rtsp_source_t *source,
    ngx_uint_t media);
static uint32_t ngx_rtsp_source_hash_sets(ngx_rtsp_parameter_sets_t *sets);
static void ngx_rtsp_source_begin_media(ngx_rtsp_source_t *source,
    ngx_uint_t media, ngx_rtsp_rtp_t *rtp, uint64_t arrival);
static void ngx_rtsp_source_inject(ngx_rtsp_source_t *source,
    ngx_uint_t media, ngx_rtsp_rtp_t *rtp, uint64_t arrival);
static void ngx_rtsp_source_count(ngx_rtsp_source_t *source,
    ngx_uint_t media, ngx_rtsp_rtp_t *rtp, size_t len, uint64_t arrival);


static ngx_queue_t  ngx_rtsp_sources;
static void       (*ngx_rtsp_source_deliver)(ngx_rtsp_stream_t *stream);


void
ngx_rtsp_source_init(void (*deliver)(ngx_rtsp_stream_t *stream))
{
    ngx_queue_init(&ngx_rtsp_sources);
    ngx_rtsp_source_deliver = deliver;
}


ngx_rtsp_source_t *
ngx_rtsp_source_create(ngx_rtsp_stream_t *stream, ngx_str_t *sdp,
    size_t packet_size, ngx_msec_t flush, ngx_log_t *log)
{
    ngx_rtsp_source_t  *source;

    source = ngx_calloc(sizeof(ngx_rtsp_source_t), log);
    if (source == NULL) {
        return NULL;
    }

    source->stream = stream;
    source->log = log;
    source->packet_size = packet_size;
    source->flush = flush;
    source->nreaders = ngx_rtsp_stream_readers(stream);

    if (ngx_rtsp_source_prepare(source, sdp) != NGX_OK) {
        ngx_free(source);
        return NULL;
    }

    ngx_rtsp_source_flush_init(source, ngx_rtsp_source_deliver);

    ngx_queue_insert_tail(&ngx_rtsp_sources, &source->queue);

    return source;
}


/* the description and the medias, in memory of their own */

static ngx_int_t
ngx_rtsp_source_prepare(ngx_rtsp_source_t *source, ngx_str_t *text)
{
    ngx_uint_t          i, n;
    ngx_rtsp_packet_t   packet;
    ngx_rtsp_ring_t    *ring;

    n = source->stream->nmedias;

    source->medias = ngx_calloc(n * sizeof(ngx_rtsp_source_media_t)
                                + text->len, source->log);
    if (source->medias == NULL) {
        return NGX_ERROR;
    }

    source->text.data = (u_char *) (source->medias + n);
    source->text.len = text->len;
    ngx_memcpy(source->text.data, text->data, text->len);

    if (ngx_rtsp_parse_sdp(&source->text, &source->sdp) != NGX_OK
        || source->sdp.nmedias != n)
    {
        ngx_free(source->medias);
        return NGX_ERROR;
    }

    source->key_media = (ngx_uint_t) -1;

    for (i = 0; i < n; i++) {
        ngx_rtsp_source_init_media(source, i);

        if (source->key_media == (ngx_uint_t) -1
            && source->stream->medias[i].video)
        {
            source->key_media = i;
        }
    }

    /* a successor goes on counting the reports where the last one stopped */

    ring = source->stream->ring;

    if (ring->head && ngx_rtsp_ring_get(ring, ring->head - 1, &packet)
                      == NGX_OK)
    {
        source->rtcp = packet.rtcp
                       + ((packet.flags & NGX_RTSP_RING_RTCP) ? 1 : 0);
    }

    source->unit = ring->head;
    source->unit_fragments = (uint64_t) -1;
    source->frame_end = ring->head;

    return NGX_OK;
}


static void
ngx_rtsp_source_init_media(ngx_rtsp_source_t *source, ngx_uint_t media)
{
    uint32_t                     hash;
    ngx_rtsp_sdp_format_t       *format;
    ngx_rtsp_source_media_t     *sm;
    ngx_rtsp_stream_media_t     *stm;
    ngx_rtsp_parameter_sets_t    sets;

    sm = &source->medias[media];
    format = &source->sdp.medias[media].formats[0];

    ngx_memzero(&sets, sizeof(ngx_rtsp_parameter_sets_t));

    (void) ngx_rtsp_sdp_parameter_sets(format, &sets);

    ngx_rtsp_codec_init(&sm->codec, format->codec, &sets);

    /*
     * Readers of the source before this one have been told its parameter
     * sets; if these are others, they get them in band.
     */

    stm = &source->stream->medias[media];
    hash = ngx_rtsp_source_hash_sets(&sets);

    sm->inject = (stm->started && sets.nsets && stm->sets != hash);
    sm->sets = hash;
}


static uint32_t
ngx_rtsp_source_hash_sets(ngx_rtsp_parameter_sets_t *sets)
{
    uint32_t    hash;
    ngx_uint_t  i;

    ngx_crc32_init(hash);

    for (i = 0; i < sets->nsets; i++) {
        ngx_crc32_update(&hash, sets->data + sets->sets[i].offset,
                         sets->sets[i].len);
    }

    ngx_crc32_final(hash);

    return hash;
}


void
ngx_rtsp_source_close(ngx_rtsp_source_t *source)
{
    if (source->event.posted) {
        ngx_delete_posted_event(&source->event);
    }

    if (source->timer.timer_set) {
        ngx_del_timer(&source->timer);
    }

    ngx_queue_remove(&source->queue);

    ngx_rtsp_ring_flush(source->stream->ring);

    if (source->stream->fragments) {
        ngx_rtsp_ring_flush((ngx_rtsp_ring_t *) source->stream->fragments);
    }

    ngx_rtsp_stream_lose(source->stream);

    ngx_free(source->medias);
    ngx_free(source);
}


ngx_int_t
ngx_rtsp_source_rtp(ngx_rtsp_source_t *source, ngx_uint_t media, u_char *data,
    size_t len, uint64_t arrival)
{
    ngx_uint_t                 flags;
    ngx_rtsp_rtp_t             rtp;
    ngx_rtsp_source_media_t   *sm;
    ngx_rtsp_source_packet_t   sp;
    ngx_rtsp_stream_media_t   *stm;

    sm = &source->medias[media];
    stm = &source->stream->medias[media];

    if (ngx_rtsp_parse_rtp(data, len, &rtp) != NGX_OK
        || ngx_rtsp_sdp_format(&source->sdp.medias[media], rtp.type) == NULL
        || stm->back_channel)
    {
        source->invalid++;
        return NGX_DECLINED;
    }

    if (!sm->started) {
        ngx_rtsp_source_begin_media(source, media, &rtp, arrival);
    }

    /* another SSRC of the same source: its numbers are as good as before */
    sm->ssrc = rtp.ssrc;

    (void) ngx_rtsp_rtp_stat_update(&sm->stat, rtp.seq, rtp.timestamp,
                                    arrival, stm->clock_rate);

    flags = ngx_rtsp_codec_packet(&sm->codec, &rtp);

    if (sm->codec.changed) {
        sm->codec.changed = 0;
        stm->sets = ngx_rtsp_source_hash_sets(&sm->codec.sets);
        source->refresh = 1;
    }

    if (sm->inject) {
        sm->inject = 0;
        ngx_rtsp_source_inject(source, media, &rtp, arrival);

        /* the frame begins with what was put before it */
        flags &= ~NGX_RTSP_PACKET_UNIT;
    }

    /* a packet of sound is a frame, what its marker says is another matter */

    sp.media = media;
    sp.flags = (rtp.marker || !stm->video) ? NGX_RTSP_RING_END : 0;
    sp.arrival = arrival;
    sp.rtptime = rtp.timestamp + sm->time_shift;
    sp.seq = rtp.seq + sm->seq_shift;
    sp.unit = (flags & NGX_RTSP_PACKET_UNIT) != 0;
    sp.key = (flags & NGX_RTSP_PACKET_KEY) != 0;

    if (ngx_rtsp_source_store(source, &sp, data, len) != NGX_OK) {
        source->invalid++;
        return NGX_DECLINED;
    }

    ngx_rtsp_source_count(source, media, &rtp, len, arrival);
    ngx_rtsp_source_report_due(source, media, arrival);
    ngx_rtsp_source_post(source, arrival);

    return NGX_OK;
}


static void
ngx_rtsp_source_count(ngx_rtsp_source_t *source, ngx_uint_t media,
    ngx_rtsp_rtp_t *rtp, size_t len, uint64_t arrival)
{
    uint64_t                  lost;
    ngx_rtsp_source_media_t  *sm;
    ngx_rtsp_stream_media_t  *stm;

    sm = &source->medias[media];
    stm = &source->stream->medias[media];

    stm->packets++;
    stm->octets += rtp->payload_len;
    stm->bytes += len;

    lost = ngx_rtsp_rtp_stat_lost(&sm->stat);

    if (source->record) {
        source->record->medias[media].lost = lost;

        if (source->record->first_packet == 0) {
            source->record->first_packet =
                             ngx_rtsp_source_passed(source->record, arrival);
        }

        source->record->packets_received++;
        source->record->bytes_received += len;

        /* a late packet takes back what was counted as lost */

        source->record->packets_lost += lost - sm->lost;
        source->record->medias[media].jitter =
                                          ngx_rtsp_rtp_stat_jitter(&sm->stat);
    }

    stm->lost += lost - sm->lost;
    sm->lost = lost;
}


/*
 * The first packet of a source on a media.  Where readers have had packets
 * before, they get the next number, and a time that is later by as much as
 * has passed since.
 */

static void
ngx_rtsp_source_begin_media(ngx_rtsp_source_t *source, ngx_uint_t media,
    ngx_rtsp_rtp_t *rtp, uint64_t arrival)
{
    uint64_t                  passed;
    ngx_rtsp_source_media_t  *sm;
    ngx_rtsp_stream_media_t  *stm;

    sm = &source->medias[media];
    stm = &source->stream->medias[media];

    stm->sets = sm->sets;

    sm->started = 1;
    sm->ssrc = rtp->ssrc;
    sm->seq_shift = 0;
    sm->time_shift = 0;
    sm->lost = 0;
    ngx_memzero(&sm->stat, sizeof(ngx_rtsp_rtp_stat_t));

    if (stm->started) {
        passed = (arrival > stm->arrival) ? arrival - stm->arrival : 0;
        passed = passed * stm->clock_rate / 1000000;

        /* never the same time for two frames */
        passed = ngx_max(passed, 1);

        sm->seq_shift = (uint16_t) (stm->seq + 1 - rtp->seq);
        sm->time_shift = stm->rtptime + (uint32_t) passed - rtp->timestamp;
    }
}


/*
 * The source's parameter sets before its first frame, each in a packet of its
 * own, which every packetization mode allows.
 */

static void
ngx_rtsp_source_inject(ngx_rtsp_source_t *source, ngx_uint_t media,
    ngx_rtsp_rtp_t *rtp, uint64_t arrival)
{
    u_char                      packet[NGX_RTSP_RTP_HEADER_LEN
                                       + NGX_RTSP_MAX_PARAMETER_SET];
    ngx_uint_t                  i;
    ngx_rtsp_source_media_t    *sm;
    ngx_rtsp_source_packet_t    sp;
    ngx_rtsp_parameter_set_t   *set;
    ngx_rtsp_parameter_sets_t  *sets;

    sm = &source->medias[media];
    sets = &sm->codec.sets;

    packet[0] = 0x80;
    packet[1] = rtp->type;

    for (i = 0; i < sets->nsets; i++) {
        set = &sets->sets[i];

        ngx_memcpy(packet + NGX_RTSP_RTP_HEADER_LEN, sets->data + set->offset,
                   set->len);

        sp.media = media;
        sp.flags = 0;
        sp.arrival = arrival;
        sp.rtptime = rtp->timestamp + sm->time_shift;
        sp.seq = rtp->seq + sm->seq_shift;
        sp.unit = (i == 0);
        sp.key = 0;

        if (ngx_rtsp_source_store(source, &sp, packet,
                                  NGX_RTSP_RTP_HEADER_LEN + set->len)
            != NGX_OK)
        {
            return;
        }

        sm->seq_shift++;
    }
}


void
ngx_rtsp_source_check(ngx_uint_t slot)
{
    ngx_queue_t        *q, *next;
    ngx_rtsp_source_t  *source;

    for (q = ngx_queue_head(&ngx_rtsp_sources);
         q != ngx_queue_sentinel(&ngx_rtsp_sources);
         q = next)
    {
        next = ngx_queue_next(q);
        source = ngx_queue_data(q, ngx_rtsp_source_t, queue);

        /* wanted by a successor, or ended since one brings other medias */

        if (source->stream->slot == slot
            && (source->stream->wanted
                || source->stream->state == NGX_RTSP_STREAM_ENDED))
        {
            source->lost(source);
        }
    }
}


void
ngx_rtsp_source_tick(void)
{
    uint64_t            now;
    ngx_queue_t        *q;
    ngx_rtsp_source_t  *source;

    now = ngx_rtsp_now();

    for (q = ngx_queue_head(&ngx_rtsp_sources);
         q != ngx_queue_sentinel(&ngx_rtsp_sources);
         q = ngx_queue_next(q))
    {
        source = ngx_queue_data(q, ngx_rtsp_source_t, queue);

        source->nreaders = ngx_rtsp_stream_readers(source->stream);

        ngx_rtsp_source_report_tick(source, now);
    }
}


uint64_t
ngx_rtsp_source_passed(ngx_rtsp_record_t *record, uint64_t arrival)
{
    return (arrival > record->started) ? arrival - record->started : 1;
}


void
ngx_rtsp_source_cname(ngx_rtsp_stream_t *stream, u_char *text,
    ngx_str_t *cname)
{
    ngx_rtsp_writer_t  w;

    w.pos = text;
    w.end = text + NGX_RTSP_CNAME_LEN;
    w.overflow = 0;

    ngx_rtsp_put_hex(&w, stream->id, NGX_RTSP_CNAME_LEN);

    cname->data = text;
    cname->len = NGX_RTSP_CNAME_LEN;
}


ngx_int_t
ngx_rtsp_source_describe(ngx_rtsp_sdp_t *announced, ngx_rtsp_source_t *source,
    ngx_str_t *sdp, size_t size)
{
    ngx_uint_t                   i;
    ngx_rtsp_writer_t            w, fw;
    ngx_rtsp_sdp_write_t         opt;
    static u_char                fmtp[4 * NGX_RTSP_PARAMETER_SETS_SIZE];

    ngx_memzero(&opt, sizeof(ngx_rtsp_sdp_write_t));

    fw.pos = fmtp;
    fw.end = fmtp + sizeof(fmtp);
    fw.overflow = 0;

    for (i = 0; source && i < announced->nmedias; i++) {

        opt.fmtp[i].data = fw.pos;

        if (ngx_rtsp_sdp_put_fmtp(&fw, &announced->medias[i].formats[0],
                                  &source->medias[i].codec.sets)
            == NGX_OK
            && !fw.overflow)
        {
            opt.fmtp[i].len = fw.pos - opt.fmtp[i].data;
        }
    }

    w.pos = sdp->data;
    w.end = sdp->data + size;
    w.overflow = 0;

    ngx_rtsp_put_sdp(&w, announced, &opt);

    if (w.overflow) {
        return NGX_ERROR;
    }

    sdp->len = w.pos - sdp->data;

    return NGX_OK;
}
