
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_rtsp_reader.h"
#include "ngx_rtsp_clock.h"
#include "ngx_rtsp_rtcp.h"
#include "ngx_rtsp_source.h"


/*
 * Readers and where they stand: feeds, the start, the wait for a key frame,
 * the lag rule and the end, for both transports.  The server starts and stops
 * readers; the seat and the local source have feeds delivered.
 *
 * Invariant: a reader pins nothing.  Its position is only trusted after the
 * ring has said that the packet there is still whole, and when it is not, the
 * reader goes on at a key frame, never at some packet.
 */


#define NGX_RTSP_FEED_HASH  256

/* packets looked at for the first one of a media, at PLAY */
#define NGX_RTSP_SEEK_MAX   4096


static void ngx_rtsp_feed_run(ngx_rtsp_feed_t *feed);
static void ngx_rtsp_feed_end(ngx_rtsp_feed_t *feed);
static ngx_rtsp_feed_t *ngx_rtsp_feed_find(ngx_rtsp_stream_t *stream);
static ngx_int_t ngx_rtsp_reader_key(ngx_rtsp_reader_t *reader,
    uint64_t *index);
static ngx_int_t ngx_rtsp_reader_wait_key(ngx_rtsp_reader_t *reader);
static ngx_int_t ngx_rtsp_reader_check_lag(ngx_rtsp_reader_t *reader,
    ngx_rtsp_ring_t *ring);
static void ngx_rtsp_reader_fell_off(ngx_rtsp_reader_t *reader);
static void ngx_rtsp_reader_skip(ngx_rtsp_reader_t *reader, uint64_t index,
    uint64_t behind);
static void ngx_rtsp_reader_begin(ngx_rtsp_reader_t *reader, uint64_t index,
    ngx_uint_t at_key);
static void ngx_rtsp_reader_bye(ngx_rtsp_reader_t *reader);


static ngx_queue_t  ngx_rtsp_feeds[NGX_RTSP_FEED_HASH];


void
ngx_rtsp_feed_init(void)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_RTSP_FEED_HASH; i++) {
        ngx_queue_init(&ngx_rtsp_feeds[i]);
    }
}


static ngx_rtsp_feed_t *
ngx_rtsp_feed_find(ngx_rtsp_stream_t *stream)
{
    ngx_queue_t      *q, *bucket;
    ngx_rtsp_feed_t  *feed;

    bucket = &ngx_rtsp_feeds[stream->slot % NGX_RTSP_FEED_HASH];

    for (q = ngx_queue_head(bucket);
         q != ngx_queue_sentinel(bucket);
         q = ngx_queue_next(q))
    {
        feed = ngx_queue_data(q, ngx_rtsp_feed_t, queue);

        if (feed->stream == stream) {
            return feed;
        }
    }

    return NULL;
}


void
ngx_rtsp_feed_deliver(ngx_rtsp_stream_t *stream)
{
    ngx_rtsp_feed_t  *feed;

    feed = ngx_rtsp_feed_find(stream);

    if (feed) {
        ngx_rtsp_feed_run(feed);
    }
}


void
ngx_rtsp_feed_deliver_slot(ngx_uint_t slot)
{
    ngx_queue_t      *q, *next, *bucket;
    ngx_rtsp_feed_t  *feed;

    bucket = &ngx_rtsp_feeds[slot % NGX_RTSP_FEED_HASH];

    for (q = ngx_queue_head(bucket);
         q != ngx_queue_sentinel(bucket);
         q = next)
    {
        next = ngx_queue_next(q);
        feed = ngx_queue_data(q, ngx_rtsp_feed_t, queue);

        if (feed->stream->slot == slot) {
            ngx_rtsp_feed_run(feed);
        }
    }
}


void
ngx_rtsp_feed_tick(void)
{
    ngx_uint_t        i;
    ngx_queue_t      *q, *next;
    ngx_rtsp_feed_t  *feed;

    for (i = 0; i < NGX_RTSP_FEED_HASH; i++) {

        for (q = ngx_queue_head(&ngx_rtsp_feeds[i]);
             q != ngx_queue_sentinel(&ngx_rtsp_feeds[i]);
             q = next)
        {
            next = ngx_queue_next(q);
            feed = ngx_queue_data(q, ngx_rtsp_feed_t, queue);

            ngx_rtsp_feed_run(feed);
        }
    }
}


static void
ngx_rtsp_feed_run(ngx_rtsp_feed_t *feed)
{
    ngx_uint_t          ended, n;
    ngx_queue_t        *q;
    ngx_rtsp_reader_t  *reader;

    ended = (feed->stream->state == NGX_RTSP_STREAM_ENDED);

    ngx_rtsp_reader_udp_deliver(feed);

    /*
     * Readers move to the tail as they are served, and one more does at the
     * end, so that every turn begins with another one.  None leaves the list
     * meanwhile: the end of a reader is told later.
     */

    for (n = feed->nreaders; n; n--) {

        q = ngx_queue_head(&feed->readers);
        ngx_queue_remove(q);
        ngx_queue_insert_tail(&feed->readers, q);

        reader = ngx_queue_data(q, ngx_rtsp_reader_t, queue);

        if (!reader->udp) {
            (void) ngx_rtsp_reader_send(reader);
        }
    }

    q = ngx_queue_head(&feed->readers);
    ngx_queue_remove(q);
    ngx_queue_insert_tail(&feed->readers, q);

    if (ended) {
        ngx_rtsp_feed_end(feed);
    }
}


/* the stream has ended: readers that have got everything leave */

static void
ngx_rtsp_feed_end(ngx_rtsp_feed_t *feed)
{
    uint64_t            due;
    ngx_queue_t        *q, *next;
    ngx_rtsp_reader_t  *reader;

    for (q = ngx_queue_head(&feed->readers);
         q != ngx_queue_sentinel(&feed->readers);
         q = next)
    {
        next = ngx_queue_next(q);
        reader = ngx_queue_data(q, ngx_rtsp_reader_t, queue);

        (void) ngx_rtsp_reader_ring(reader, &due);

        if (reader->wait_key
            || (reader->pos >= due
                && (reader->udp || !ngx_rtsp_output_pending(reader->out))))
        {
            ngx_rtsp_reader_end(reader, NGX_RTSP_READER_ENDED);
        }
    }
}


/*
 * The ring a reader is in, and how far it may go there.  UDP readers leave
 * the first ring for that of the fragments at one packet number, which means
 * the same packet in both.
 */

ngx_rtsp_ring_t *
ngx_rtsp_reader_ring(ngx_rtsp_reader_t *reader, uint64_t *due)
{
    ngx_uint_t          ended;
    ngx_rtsp_ring_t    *ring, *fragments;
    ngx_rtsp_stream_t  *stream;

    stream = reader->stream;
    ring = stream->ring;

    /* nobody may be left to say that the last packets are due */

    ended = (stream->state == NGX_RTSP_STREAM_ENDED);

    *due = ended ? ring->head : ring->due;

    if (!reader->udp) {
        return ring;
    }

    /* the writer links the fragments before it publishes what they replace */

    ngx_memory_barrier();

    fragments = (ngx_rtsp_ring_t *) stream->fragments;

    if (fragments == NULL) {
        return ring;
    }

    if (reader->pos < stream->fragments_first) {
        *due = ngx_min(*due, stream->fragments_first);

        if (reader->pos < *due) {
            return ring;
        }
    }

    *due = ended ? fragments->head : fragments->due;

    return fragments;
}


static ngx_int_t
ngx_rtsp_reader_key(ngx_rtsp_reader_t *reader, uint64_t *index)
{
    ngx_rtsp_ring_t    *fragments;
    ngx_rtsp_stream_t  *stream;

    stream = reader->stream;

    if (reader->udp) {
        fragments = (ngx_rtsp_ring_t *) stream->fragments;

        if (fragments) {

            if (ngx_rtsp_ring_newest_key(fragments, index) == NGX_OK) {
                return NGX_OK;
            }

            if (ngx_rtsp_ring_newest_key(stream->ring, index) == NGX_OK
                && *index < stream->fragments_first)
            {
                return NGX_OK;
            }

            return NGX_DECLINED;
        }
    }

    return ngx_rtsp_ring_newest_key(stream->ring, index);
}


void
ngx_rtsp_reader_seek(ngx_rtsp_reader_t *reader, ngx_uint_t start)
{
    uint64_t            index;
    uint32_t            video;
    ngx_uint_t          i;
    ngx_rtsp_ring_t    *fragments;
    ngx_rtsp_stream_t  *stream;

    stream = reader->stream;
    fragments = reader->udp ? (ngx_rtsp_ring_t *) stream->fragments : NULL;

    ngx_rtsp_reader_begin(reader, fragments ? fragments->head
                                            : stream->ring->head, 0);
    reader->caught_up = 0;
    reader->wait_key = 0;
    reader->replaying = 0;

    stream->report_wanted = 1;

    video = 0;

    for (i = 0; i < stream->nmedias; i++) {
        if (stream->medias[i].video) {
            video |= (uint32_t) 1 << i;
        }
    }

    reader->video = ((reader->medias & video) != 0);

    if (!reader->video || start == NGX_RTSP_START_LIVE) {
        return;
    }

    if (ngx_rtsp_reader_key(reader, &index) != NGX_OK) {
        reader->wait_key = 1;
        return;
    }

    ngx_rtsp_reader_begin(reader, index, 1);
    reader->replaying = reader->udp;
}


static void
ngx_rtsp_reader_begin(ngx_rtsp_reader_t *reader, uint64_t index,
    ngx_uint_t at_key)
{
    reader->pos = index;
    reader->start = index;
    reader->at_key = at_key;
}


ngx_int_t
ngx_rtsp_reader_first(ngx_rtsp_reader_t *reader, ngx_uint_t media,
    ngx_rtsp_packet_t *packet)
{
    uint64_t          pos, due;
    ngx_uint_t        n;
    ngx_rtsp_ring_t  *ring;

    if (reader->wait_key) {
        return NGX_DECLINED;
    }

    pos = reader->pos;

    for (n = 0; n < NGX_RTSP_SEEK_MAX; n++) {

        ring = ngx_rtsp_reader_ring(reader, &due);

        if (ngx_rtsp_ring_get(ring, pos, packet) != NGX_OK) {
            return NGX_DECLINED;
        }

        if (packet->media == media
            && (packet->flags & NGX_RTSP_RING_RTCP) == 0)
        {
            return NGX_OK;
        }

        pos++;
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_rtsp_reader_start(ngx_rtsp_reader_t *reader)
{
    ngx_rtsp_feed_t  *feed;

    feed = ngx_rtsp_feed_find(reader->stream);

    if (feed == NULL) {
        feed = ngx_calloc(sizeof(ngx_rtsp_feed_t), reader->log);
        if (feed == NULL) {
            return NGX_ERROR;
        }

        feed->stream = reader->stream;
        feed->retry.handler = ngx_rtsp_reader_udp_retry;
        feed->retry.data = feed;
        feed->retry.log = ngx_cycle->log;

        ngx_queue_init(&feed->readers);
        ngx_queue_insert_tail(
            &ngx_rtsp_feeds[feed->stream->slot % NGX_RTSP_FEED_HASH],
            &feed->queue);
    }

    reader->feed = feed;
    ngx_queue_insert_tail(&feed->readers, &reader->queue);
    feed->nreaders++;

    if (reader->record->started == 0) {
        reader->record->started = ngx_rtsp_now();
    }

    if (reader->udp) {
        reader->replay.handler = ngx_rtsp_reader_udp_replay;
        reader->replay.data = reader;
        reader->replay.log = reader->log;

        if (reader->replaying) {
            ngx_rtsp_reader_udp_replay(&reader->replay);
        }
    }

    return NGX_OK;
}


void
ngx_rtsp_reader_stop(ngx_rtsp_reader_t *reader)
{
    ngx_rtsp_feed_t  *feed;

    feed = reader->feed;

    if (feed == NULL) {
        return;
    }

    reader->feed = NULL;
    reader->blocked = 0;

    if (reader->replay.timer_set) {
        ngx_del_timer(&reader->replay);
    }

    ngx_queue_remove(&reader->queue);
    feed->nreaders--;

    if (feed->nreaders == 0) {

        if (feed->retry.timer_set) {
            ngx_del_timer(&feed->retry);
        }

        ngx_queue_remove(&feed->queue);
        ngx_free(feed);
    }
}


/*
 * 1 if the reader has set up the media of the packet at "pos", and it is not
 * a report that was guessed before the source told the time.
 */

ngx_uint_t
ngx_rtsp_reader_wants(ngx_rtsp_reader_t *reader, ngx_rtsp_ring_t *ring,
    uint64_t pos, ngx_rtsp_packet_t *packet)
{
    if ((reader->medias & ((uint32_t) 1 << packet->media)) == 0) {
        return 0;
    }

    return (packet->flags & NGX_RTSP_RING_ESTIMATE) == 0
           || pos >= ring->reports;
}


/*
 * Brings the position to where sending can begin.  NGX_OK: there is something
 * to send; NGX_AGAIN: there is not.
 */

ngx_int_t
ngx_rtsp_reader_ready(ngx_rtsp_reader_t *reader, ngx_rtsp_ring_t *ring)
{
    if (reader->wait_key) {
        return ngx_rtsp_reader_wait_key(reader);
    }

    if (!ngx_rtsp_ring_whole(ring, reader->pos)) {
        ngx_rtsp_reader_fell_off(reader);
        return ngx_rtsp_reader_wait_key(reader);
    }

    if (!reader->caught_up) {
        return NGX_OK;
    }

    return ngx_rtsp_reader_check_lag(reader, ring);
}


static ngx_int_t
ngx_rtsp_reader_wait_key(ngx_rtsp_reader_t *reader)
{
    uint64_t            index;
    ngx_rtsp_ring_t    *fragments;
    ngx_rtsp_stream_t  *stream;

    stream = reader->stream;

    if (ngx_rtsp_reader_key(reader, &index) == NGX_OK
        && index >= reader->pos)
    {
        ngx_rtsp_reader_begin(reader, index, 1);
        reader->wait_key = 0;
        return NGX_OK;
    }

    if (ngx_rtsp_now() - stream->key_arrival < NGX_RTSP_KEY_PATIENCE) {
        return NGX_AGAIN;
    }

    /* this stream has no key frames, or none that we know: any will do */

    fragments = reader->udp ? (ngx_rtsp_ring_t *) stream->fragments : NULL;

    ngx_rtsp_reader_begin(reader, fragments ? fragments->head
                                            : stream->ring->head, 0);
    reader->wait_key = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_reader_check_lag(ngx_rtsp_reader_t *reader, ngx_rtsp_ring_t *ring)
{
    uint64_t           now, behind, index;
    ngx_rtsp_packet_t  packet;

    if (ngx_rtsp_ring_get(ring, reader->pos, &packet) != NGX_OK) {
        return NGX_OK;
    }

    now = ngx_rtsp_now();
    behind = now - packet.arrival;

    if (now < packet.arrival
        || behind <= (uint64_t) reader->lag * 1000
        || ngx_rtsp_reader_key(reader, &index) != NGX_OK
        || index <= reader->pos)
    {
        return NGX_OK;
    }

    ngx_rtsp_reader_skip(reader, index, behind);

    return NGX_OK;
}


/* the ring has gone over what this reader had not got yet */

static void
ngx_rtsp_reader_fell_off(ngx_rtsp_reader_t *reader)
{
    uint64_t            index, due;
    ngx_rtsp_ring_t    *ring;

    if (ngx_rtsp_reader_key(reader, &index) == NGX_OK
        && index > reader->pos)
    {
        ngx_rtsp_reader_skip(reader, index, 0);
        return;
    }

    ring = ngx_rtsp_reader_ring(reader, &due);

    ngx_rtsp_reader_skip(reader, ngx_max(ring->head, reader->pos), 0);

    if (reader->video) {
        reader->wait_key = 1;
    }
}


static void
ngx_rtsp_reader_skip(ngx_rtsp_reader_t *reader, uint64_t index,
    uint64_t behind)
{
    uint64_t  skipped;

    skipped = index - reader->pos;

    reader->pos = index;
    reader->caught_up = 0;
    reader->record->packets_dropped += skipped;

    if (reader->udp && !reader->replaying) {

        /* from a key frame on it is a replay again, and paced */

        reader->replaying = 1;

        if (!reader->replay.timer_set) {
            ngx_add_timer(&reader->replay, 1);
        }
    }

    if (behind) {
        ngx_log_error(NGX_LOG_NOTICE, reader->log, 0,
                      "rtsp reader lags %uL.%uLs behind, skipped %uL packets "
                      "to the next key frame",
                      behind / 1000000, behind / 100000 % 10, skipped);

    } else {
        ngx_log_error(NGX_LOG_NOTICE, reader->log, 0,
                      "rtsp reader fell off the buffer, skipped %uL packets "
                      "to the next key frame", skipped);
    }
}


/*
 * Something was sent, and the times of the first packet and key frame are not
 * known yet.  A reader that begins between key frames has had one when the
 * newest lies behind it.
 */

void
ngx_rtsp_reader_clock(ngx_rtsp_reader_t *reader)
{
    uint64_t            index, passed;
    ngx_rtsp_record_t  *record;

    record = reader->record;

    /* reports alone do not count */

    if (record->packets_sent == 0) {
        return;
    }

    passed = 0;

    if (record->first_packet == 0) {
        passed = ngx_max(ngx_rtsp_now() - record->started, 1);
        record->first_packet = passed;
    }

    if (record->first_key || !reader->video) {
        reader->clocked = 1;
        return;
    }

    if (!reader->at_key
        && (ngx_rtsp_reader_key(reader, &index) != NGX_OK
            || index < reader->start
            || index >= reader->pos))
    {
        return;
    }

    record->first_key = passed ? passed : ngx_rtsp_now() - record->started;
    reader->clocked = 1;
}


ngx_int_t
ngx_rtsp_reader_send_own(ngx_rtsp_reader_t *reader, ngx_uint_t media,
    ngx_uint_t rtcp, u_char *data, size_t len)
{
    u_char                    head[NGX_RTSP_RING_FRAME];
    ngx_rtsp_record_media_t  *rm;

    rm = &reader->record->medias[media];

    if (reader->udp) {
        return ngx_rtsp_reader_udp_send_own(reader, media, rtcp, data, len);
    }

    head[0] = '$';
    head[1] = rm->channel[rtcp];
    head[2] = (u_char) (len >> 8);
    head[3] = (u_char) len;

    if (ngx_rtsp_output_keep(reader->out, head, sizeof(head)) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_rtsp_output_put(reader->out, data, len);
}


static void
ngx_rtsp_reader_bye(ngx_rtsp_reader_t *reader)
{
    size_t      len;
    u_char      buf[NGX_RTSP_RTCP_BYE_LEN], text[NGX_RTSP_CNAME_LEN];
    ngx_str_t   cname;
    ngx_uint_t  i;

    ngx_rtsp_source_cname(reader->stream, text, &cname);

    for (i = 0; i < reader->stream->nmedias; i++) {

        if ((reader->medias & ((uint32_t) 1 << i)) == 0) {
            continue;
        }

        len = ngx_rtsp_put_bye(buf, reader->stream->medias[i].ssrc, &cname);

        if (ngx_rtsp_reader_send_own(reader, i, 1, buf, len) != NGX_OK) {
            return;
        }
    }
}


void
ngx_rtsp_reader_end(ngx_rtsp_reader_t *reader, ngx_rtsp_reader_end_e why)
{
    if (reader->doomed) {
        return;
    }

    reader->doomed = 1;

    if (why == NGX_RTSP_READER_ENDED) {
        ngx_rtsp_reader_bye(reader);
    }

    reader->ended(reader, why);
}
