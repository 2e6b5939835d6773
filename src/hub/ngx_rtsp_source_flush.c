
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_rtsp_source.h"
#include "ngx_rtsp_clock.h"


/*
 * When the packets of a source go out to readers: at most once per turn of
 * the event loop, and with many readers only at the end of a frame, as a
 * send() costs many times what one more packet in it does.
 *
 * Invariant: nothing waits longer than the bound of rtsp_flush, which for
 * "auto" grows with the number of readers.
 */


#define NGX_RTSP_FLUSH_PER_READER   50      /* us */
#define NGX_RTSP_FLUSH_FEW          2000    /* us, less is not worth a wait */
#define NGX_RTSP_FLUSH_MAX          20000   /* us, half a frame at 25 fps */
#define NGX_RTSP_FLUSH_BYTES        65536

#define NGX_RTSP_REFRESH_SIZE       (2 * NGX_RTSP_MAX_SDP)


static void ngx_rtsp_source_flush_event(ngx_event_t *ev);
static uint64_t ngx_rtsp_source_hold(ngx_rtsp_source_t *source);
static void ngx_rtsp_source_flush(ngx_rtsp_source_t *source);
static void ngx_rtsp_source_refresh(ngx_rtsp_source_t *source);


static void  (*ngx_rtsp_source_flushed)(ngx_rtsp_stream_t *stream);


void
ngx_rtsp_source_flush_init(ngx_rtsp_source_t *source,
    void (*deliver)(ngx_rtsp_stream_t *stream))
{
    ngx_rtsp_source_flushed = deliver;

    source->event.handler = ngx_rtsp_source_flush_event;
    source->event.data = source;
    source->event.log = source->log;

    source->timer.handler = ngx_rtsp_source_flush_event;
    source->timer.data = source;
    source->timer.log = source->log;
}


void
ngx_rtsp_source_post(ngx_rtsp_source_t *source, uint64_t arrival)
{
    if (source->since == 0) {
        source->since = arrival;
    }

    if (!source->event.posted) {
        ngx_post_event(&source->event, &ngx_posted_events);
    }
}


/* how long packets may wait for the end of their frame, us */

static uint64_t
ngx_rtsp_source_hold(ngx_rtsp_source_t *source)
{
    uint64_t  hold;

    if (source->flush != NGX_RTSP_FLUSH_AUTO) {
        return (uint64_t) source->flush * 1000;
    }

    hold = (uint64_t) source->nreaders * NGX_RTSP_FLUSH_PER_READER;

    return (hold < NGX_RTSP_FLUSH_FEW) ? 0 : ngx_min(hold, NGX_RTSP_FLUSH_MAX);
}


static void
ngx_rtsp_source_flush_event(ngx_event_t *ev)
{
    uint64_t             hold, now, due;
    ngx_rtsp_ring_t     *ring;
    ngx_rtsp_packet_t    packet;
    ngx_rtsp_source_t   *source;

    source = ev->data;
    ring = source->stream->ring;
    due = ring->due;

    if (due == ring->head) {
        source->since = 0;
        return;
    }

    hold = ngx_rtsp_source_hold(source);
    now = ngx_rtsp_now();

    if (source->frame_end <= due
        && now < source->since + hold
        && ngx_rtsp_ring_get(ring, due, &packet) == NGX_OK
        && ring->offset - packet.offset < NGX_RTSP_FLUSH_BYTES)
    {
        if (!source->timer.timer_set) {
            ngx_add_timer(&source->timer,
                          (source->since + hold - now) / 1000 + 1);
        }

        return;
    }

    ngx_rtsp_source_flush(source);
}


static void
ngx_rtsp_source_flush(ngx_rtsp_source_t *source)
{
    ngx_rtsp_stream_t  *stream;

    stream = source->stream;

    if (source->timer.timer_set) {
        ngx_del_timer(&source->timer);
    }

    source->since = 0;

    if (stream->fragments) {
        ngx_rtsp_ring_flush((ngx_rtsp_ring_t *) stream->fragments);
    }

    ngx_rtsp_ring_flush(stream->ring);

    ngx_rtsp_seat_wake_readers(stream);

    if (source->refresh) {
        source->refresh = 0;
        ngx_rtsp_source_refresh(source);
    }

    ngx_rtsp_source_flushed(stream);
}


/* parameter sets have changed in band: readers to come are told */

static void
ngx_rtsp_source_refresh(ngx_rtsp_source_t *source)
{
    ngx_str_t      sdp;
    static u_char  text[NGX_RTSP_REFRESH_SIZE];

    sdp.data = text;

    if (ngx_rtsp_source_describe(&source->sdp, source, &sdp, sizeof(text))
        != NGX_OK)
    {
        return;
    }

    if (ngx_rtsp_stream_describe(source->stream, &sdp) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, source->log, 0,
                      "rtsp_zone is full, readers are told the old parameter "
                      "sets of the stream");
    }
}
