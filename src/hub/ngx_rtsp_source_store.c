
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_rtsp_source.h"
#include "ngx_rtsp_fragment.h"


/*
 * Puts a source's packets into the stream's ring, and, once one was too large
 * for UDP, into a second ring for UDP readers, with large ones cut up.  Both
 * hold the same frames; the second has more packets and so other sequence
 * numbers, which all UDP readers share.
 *
 * Invariant: the second ring begins at the packet number at which UDP readers
 * leave the first, and is linked before that packet is published there.
 */


typedef struct {
    ngx_rtsp_source_t         *source;
    ngx_rtsp_ring_t           *ring;
    ngx_rtsp_source_packet_t  *packet;
    uint16_t                   first;       /* number of the cut packet */
    ngx_uint_t                 n;
} ngx_rtsp_source_cut_t;


static ngx_int_t ngx_rtsp_source_put(ngx_rtsp_source_t *source,
    ngx_rtsp_ring_t *ring, ngx_rtsp_source_packet_t *sp, uint16_t seq,
    ngx_uint_t flags, u_char *data, size_t len, uint64_t *index);
static ngx_uint_t ngx_rtsp_source_splits(ngx_rtsp_source_t *source,
    ngx_uint_t media);
static void ngx_rtsp_source_store_fragments(ngx_rtsp_source_t *source,
    ngx_rtsp_source_packet_t *sp, u_char *data, size_t len);
static void ngx_rtsp_source_cut(void *data, u_char *packet, size_t len);
static void ngx_rtsp_source_key(ngx_rtsp_source_t *source,
    ngx_rtsp_source_packet_t *sp);
static void ngx_rtsp_source_check_buffer(ngx_rtsp_source_t *source,
    uint64_t offset);


ngx_int_t
ngx_rtsp_source_store(ngx_rtsp_source_t *source, ngx_rtsp_source_packet_t *sp,
    u_char *data, size_t len)
{
    uint64_t                  index;
    ngx_rtsp_stream_t        *stream;
    ngx_rtsp_stream_media_t  *stm;

    stream = source->stream;

    if (stream->fragments == 0
        && len > source->packet_size
        && ngx_rtsp_source_splits(source, sp->media))
    {
        if (ngx_rtsp_stream_add_fragments(stream, stream->ring->head)
            != NGX_OK)
        {
            /* UDP readers get what the network makes of it */

            source->packet_size = (size_t) -1;
            ngx_log_error(NGX_LOG_ERR, source->log, 0,
                          "rtsp_zone is too small for a second buffer, "
                          "large packets go to UDP readers as they are");
        }
    }

    if (ngx_rtsp_source_put(source, stream->ring, sp, sp->seq, sp->flags,
                            data, len, &index)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (sp->media == source->key_media && sp->unit) {

        /* a source that sets no marker ends a frame by beginning another */

        source->unit = index;
        source->frame_end = ngx_max(source->frame_end, index);
    }

    if (sp->flags & NGX_RTSP_RING_END
        && (sp->media == source->key_media
            || source->key_media == (ngx_uint_t) -1
            || source->flush != NGX_RTSP_FLUSH_AUTO))
    {
        /* "auto" lets sound go with the pictures, it is bound all the same */

        source->frame_end = index + 1;
    }

    if (stream->fragments) {
        ngx_rtsp_source_store_fragments(source, sp, data, len);
    }

    stm = &stream->medias[sp->media];
    stm->seq = sp->seq;
    stm->rtptime = sp->rtptime;
    stm->arrival = sp->arrival;
    stm->started = 1;

    if (sp->key && sp->media == source->key_media) {
        ngx_rtsp_source_key(source, sp);
    }

    return NGX_OK;
}


/* one packet into one ring; NGX_ERROR: larger than the ring can take */

static ngx_int_t
ngx_rtsp_source_put(ngx_rtsp_source_t *source, ngx_rtsp_ring_t *ring,
    ngx_rtsp_source_packet_t *sp, uint16_t seq, ngx_uint_t flags,
    u_char *data, size_t len, uint64_t *index)
{
    u_char             *p;
    ngx_rtsp_packet_t   packet;

    p = ngx_rtsp_ring_reserve(ring, NGX_RTSP_RING_FRAME + len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    p[0] = '$';
    p[1] = (u_char) (2 * sp->media);
    p[2] = (u_char) (len >> 8);
    p[3] = (u_char) len;

    p += NGX_RTSP_RING_FRAME;

    ngx_memcpy(p, data, len);

    ngx_rtsp_rtp_set_seq(p, seq);
    ngx_rtsp_rtp_set_timestamp(p, sp->rtptime);
    ngx_rtsp_rtp_set_ssrc(p, source->stream->medias[sp->media].ssrc);

    packet.len = NGX_RTSP_RING_FRAME + len;
    packet.arrival = sp->arrival;
    packet.rtptime = sp->rtptime;
    packet.seq = seq;
    packet.media = (uint8_t) sp->media;
    packet.flags = (uint8_t) flags;
    packet.rtcp = source->rtcp;

    *index = ngx_rtsp_ring_commit(ring, &packet);

    return NGX_OK;
}


/* 1 if large packets of a media may be cut: its readers know fragments */

static ngx_uint_t
ngx_rtsp_source_splits(ngx_rtsp_source_t *source, ngx_uint_t media)
{
    ngx_rtsp_sdp_format_t  *format;

    format = &source->sdp.medias[media].formats[0];

    return format->codec == NGX_RTSP_CODEC_H265
           || (format->codec == NGX_RTSP_CODEC_H264
               && format->packetization_mode == 1);
}


static void
ngx_rtsp_source_store_fragments(ngx_rtsp_source_t *source,
    ngx_rtsp_source_packet_t *sp, u_char *data, size_t len)
{
    uint64_t                  index;
    ngx_int_t                 n;
    ngx_rtsp_ring_t          *ring;
    ngx_rtsp_source_cut_t     cut;
    ngx_rtsp_stream_media_t  *stm;
    static u_char             scratch[65536];

    ring = (ngx_rtsp_ring_t *) source->stream->fragments;
    stm = &source->stream->medias[sp->media];

    if (sp->unit && sp->media == source->key_media) {
        source->unit_fragments = ring->head;
    }

    cut.source = source;
    cut.ring = ring;
    cut.packet = sp;
    cut.first = ngx_rtsp_rtp_seq(data);
    cut.n = 0;

    if (len > source->packet_size
        && ngx_rtsp_source_splits(source, sp->media))
    {
        n = ngx_rtsp_fragment(source->sdp.medias[sp->media].formats[0].codec,
                              data, len, source->packet_size,
                              ngx_rtsp_source_cut, &cut, scratch);
        if (n > 0) {
            stm->fragments += (uint16_t) (n - 1);
            return;
        }
    }

    (void) ngx_rtsp_source_put(source, ring, sp, sp->seq + stm->fragments,
                               sp->flags, data, len, &index);
}


static void
ngx_rtsp_source_cut(void *data, u_char *packet, size_t len)
{
    ngx_rtsp_source_cut_t *cut = data;

    uint16_t    seq;
    uint64_t    index;
    ngx_uint_t  flags;

    seq = cut->packet->seq
          + cut->source->stream->medias[cut->packet->media].fragments
          + (uint16_t) (ngx_rtsp_rtp_seq(packet) - cut->first);

    flags = ngx_rtsp_rtp_marker(packet) ? NGX_RTSP_RING_END : 0;

    (void) ngx_rtsp_source_put(cut->source, cut->ring, cut->packet, seq,
                               flags, packet, len, &index);
}


/* the frame that began at source->unit has turned out to be a key frame */

static void
ngx_rtsp_source_key(ngx_rtsp_source_t *source, ngx_rtsp_source_packet_t *sp)
{
    ngx_rtsp_ring_t    *ring, *fragments;
    ngx_rtsp_packet_t   packet;
    ngx_rtsp_stream_t  *stream;

    stream = source->stream;
    ring = stream->ring;
    fragments = (ngx_rtsp_ring_t *) stream->fragments;

    if (source->record && source->record->first_key == 0) {
        source->record->first_key = ngx_rtsp_source_passed(source->record,
                                                           sp->arrival);
    }

    if (ngx_rtsp_ring_get(ring, source->unit, &packet) != NGX_OK) {

        /* this frame alone is larger than the buffer */

        ngx_rtsp_source_check_buffer(source, ring->offset);
        return;
    }

    ngx_rtsp_source_check_buffer(source, packet.offset);

    ngx_rtsp_ring_mark_key(ring, source->unit);

    source->key_offset = packet.offset;
    stream->key_arrival = sp->arrival;

    if (fragments && source->unit_fragments != (uint64_t) -1) {
        ngx_rtsp_ring_mark_key(fragments, source->unit_fragments);
    }
}


/*
 * A key frame begins at "offset".  If the one before has been overwritten
 * already, then for a while no reader could start, so the buffer is told to
 * be too small, once.
 */

static void
ngx_rtsp_source_check_buffer(ngx_rtsp_source_t *source, uint64_t offset)
{
    uint64_t          size, want;
    ngx_rtsp_ring_t  *ring;

    ring = source->stream->ring;

    if (source->stream->small || ring->key == 0
        || ngx_rtsp_ring_whole(ring, ring->key - 1))
    {
        return;
    }

    size = offset - source->key_offset;

    for (want = ring->size; want < 2 * size; want *= 2) { /* void */ }

    source->stream->small = 1;

    ngx_log_error(NGX_LOG_NOTICE, source->log, 0,
                  "rtsp_buffer of %uLk is too small for the stream's %uLk "
                  "from key frame to key frame, \"rtsp_buffer %uLm\" would do",
                  ring->size / 1024, size / 1024,
                  ngx_max(want / 1024 / 1024, 1));
}
