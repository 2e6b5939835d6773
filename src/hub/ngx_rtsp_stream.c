
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_hub.h"
#include "ngx_rtsp_clock.h"


/*
 * The life of a stream, from its first source to its end: made or gone on
 * with, described, held, ended, freed.
 *
 * Called by sources, and by the directory, which knows its readers.  It owns
 * streams with their descriptions and rings.
 *
 * The invariant: a stream's memory is freed when it has ended, nobody writes
 * it and no seat has readers in it, and not before: another stream's bytes
 * would appear under a reader.
 */


/* how long the one who was asked for a stream may wait to take it, ms */
#define NGX_RTSP_TAKEOVER  5000


static ngx_int_t ngx_rtsp_stream_start_locked(ngx_rtsp_stream_offer_t *offer,
    ngx_rtsp_stream_t **stream, ngx_uint_t *resumed);
static void ngx_rtsp_stream_link(ngx_rtsp_stream_t *stream,
    ngx_rtsp_name_t *entry);
static ngx_uint_t ngx_rtsp_stream_asked(ngx_rtsp_stream_t *stream);
static ngx_int_t ngx_rtsp_stream_resume(ngx_rtsp_stream_t *stream,
    ngx_rtsp_stream_offer_t *offer);
static ngx_rtsp_stream_t *ngx_rtsp_stream_create(
    ngx_rtsp_stream_offer_t *offer);
static void ngx_rtsp_stream_fill(ngx_rtsp_stream_t *stream,
    ngx_rtsp_stream_offer_t *offer);
static void ngx_rtsp_stream_source(ngx_rtsp_stream_t *stream,
    ngx_rtsp_stream_offer_t *offer);
static ngx_int_t ngx_rtsp_stream_ssrcs(ngx_rtsp_stream_t *stream);
static void ngx_rtsp_stream_drop(ngx_rtsp_stream_t *stream);
static void ngx_rtsp_stream_free(ngx_rtsp_stream_t *stream);
static void ngx_rtsp_stream_wake(ngx_rtsp_stream_t *stream);
static void ngx_rtsp_stream_wake_owner(ngx_rtsp_stream_t *stream,
    ngx_rtsp_owner_t owner);
static ngx_int_t ngx_rtsp_stream_set_sdp(ngx_rtsp_stream_t *stream,
    ngx_str_t *sdp);


ngx_int_t
ngx_rtsp_stream_start(ngx_rtsp_stream_offer_t *offer,
    ngx_rtsp_stream_t **stream, ngx_uint_t *resumed)
{
    ngx_int_t  rc;

    *resumed = 0;

    if (ngx_rtsp_self == 0) {
        return NGX_ERROR;
    }

    ngx_rtsp_lock();

    rc = ngx_rtsp_stream_start_locked(offer, stream, resumed);

    ngx_rtsp_unlock();

    return rc;
}


static ngx_int_t
ngx_rtsp_stream_start_locked(ngx_rtsp_stream_offer_t *offer,
    ngx_rtsp_stream_t **stream, ngx_uint_t *resumed)
{
    ngx_rtsp_name_t    *entry;
    ngx_rtsp_stream_t  *old, *created;

    entry = ngx_rtsp_name_find_locked(&offer->name);

    if (entry == NULL || entry->claim != offer->session) {
        return NGX_BUSY;
    }

    /* the session may have moved, and has RECORD to wait for now */

    entry->claim_owner = ngx_rtsp_self;
    entry->claim_until = ngx_current_msec + NGX_RTSP_TAKEOVER;

    old = entry->stream;

    if (old
        && old->nmedias == offer->nmedias
        && ngx_memcmp(old->signature, offer->signature, 16) == 0)
    {
        if (ngx_rtsp_stream_asked(old)) {
            return NGX_AGAIN;
        }

        /* only readers make it worth to go on; others start afresh */

        if (ngx_rtsp_stream_has_readers_locked(old)) {

            if (ngx_rtsp_stream_resume(old, offer) != NGX_OK) {
                return NGX_ERROR;
            }

            entry->claim = 0;

            *stream = old;
            *resumed = 1;

            return NGX_OK;
        }
    }

    created = ngx_rtsp_stream_create(offer);
    if (created == NULL) {
        return NGX_ERROR;
    }

    ngx_rtsp_stream_link(created, entry);

    *stream = created;

    return NGX_OK;
}


/* the claim keeps the name until the stream does */

static void
ngx_rtsp_stream_link(ngx_rtsp_stream_t *stream, ngx_rtsp_name_t *entry)
{
    stream->name = entry;
    stream->next = ngx_rtsp_hub->streams;

    ngx_memory_barrier();

    ngx_rtsp_hub->streams = stream;

    if (entry->stream) {
        ngx_rtsp_stream_end_locked(entry->stream);
    }

    entry->stream = stream;

    ngx_memory_barrier();

    entry->claim = 0;
}


/* 1 if there is a living writer: it was asked to let go */

static ngx_uint_t
ngx_rtsp_stream_asked(ngx_rtsp_stream_t *stream)
{
    ngx_rtsp_owner_t  source;

    source = stream->source;

    if (!ngx_rtsp_seat_alive(source)) {
        return 0;
    }

    stream->wanted = ngx_rtsp_self;

    ngx_rtsp_stream_wake_owner(stream, source);

    return 1;
}


static ngx_int_t
ngx_rtsp_stream_resume(ngx_rtsp_stream_t *stream,
    ngx_rtsp_stream_offer_t *offer)
{
    if (ngx_rtsp_stream_set_sdp(stream, &offer->sdp) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_rtsp_stream_source(stream, offer);

    stream->wanted = 0;
    stream->source = ngx_rtsp_self;

    ngx_memory_barrier();

    stream->state = NGX_RTSP_STREAM_LIVE;

    ngx_rtsp_stream_wake(stream);

    return NGX_OK;
}


static ngx_rtsp_stream_t *
ngx_rtsp_stream_create(ngx_rtsp_stream_offer_t *offer)
{
    void               *block;
    ngx_rtsp_stream_t  *stream;

    stream = ngx_rtsp_alloc(offsetof(ngx_rtsp_stream_t, medias)
                            + offer->nmedias
                              * sizeof(ngx_rtsp_stream_media_t));
    if (stream == NULL) {
        return NULL;
    }

    stream->sdp = ngx_rtsp_alloc(offer->sdp.len);
    block = ngx_rtsp_alloc_block(ngx_rtsp_ring_memory(offer->buffer));

    if (stream->sdp == NULL || block == NULL) {
        ngx_rtsp_free(block);
        goto failed;
    }

    stream->ring = ngx_rtsp_ring_init(block, offer->buffer, 0);

    ngx_rtsp_stream_fill(stream, offer);

    if (ngx_rtsp_stream_ssrcs(stream) != NGX_OK) {
        goto failed;
    }

    return stream;

failed:

    ngx_rtsp_stream_free(stream);

    return NULL;
}


static void
ngx_rtsp_stream_fill(ngx_rtsp_stream_t *stream,
    ngx_rtsp_stream_offer_t *offer)
{
    ngx_uint_t                i;
    ngx_rtsp_stream_media_t  *media;

    ngx_rtsp_stream_source(stream, offer);

    stream->source = ngx_rtsp_self;
    stream->id = ++ngx_rtsp_hub->next_id;
    stream->slot = stream->id % NGX_RTSP_SLOTS;
    stream->created = ngx_current_msec;
    stream->key_arrival = ngx_rtsp_now();

    ngx_memcpy(stream->signature, offer->signature, 16);

    ngx_memcpy(stream->sdp, offer->sdp.data, offer->sdp.len);
    stream->sdp_len = offer->sdp.len;

    stream->nmedias = offer->nmedias;

    for (i = 0; i < offer->nmedias; i++) {
        media = &stream->medias[i];

        media->video = offer->medias[i].video;
        media->back_channel = offer->medias[i].back_channel;
        media->nformats = offer->medias[i].nformats;
        media->clock_rate = offer->medias[i].clock_rate;

        if (media->video) {
            stream->video = 1;
        }
    }
}


/* what changes with each source */

static void
ngx_rtsp_stream_source(ngx_rtsp_stream_t *stream,
    ngx_rtsp_stream_offer_t *offer)
{
    stream->session = offer->session;
    stream->hold = offer->hold;

    stream->address_len = ngx_min(offer->address.len,
                                  sizeof(stream->address));
    ngx_memcpy(stream->address, offer->address.data, stream->address_len);
}


/* RFC 3550, 8.1: random, and no two of a session alike */

static ngx_int_t
ngx_rtsp_stream_ssrcs(ngx_rtsp_stream_t *stream)
{
    uint32_t    ssrc;
    ngx_uint_t  i, k;

    i = 0;

    while (i < stream->nmedias) {

        if (ngx_rtsp_random(&ssrc, sizeof(ssrc)) != NGX_OK) {
            return NGX_ERROR;
        }

        for (k = 0; k < i; k++) {
            if (stream->medias[k].ssrc == ssrc) {
                break;
            }
        }

        if (ssrc && k == i) {
            stream->medias[i++].ssrc = ssrc;
        }
    }

    return NGX_OK;
}


void
ngx_rtsp_stream_lose(ngx_rtsp_stream_t *stream)
{
    ngx_rtsp_lock();

    ngx_rtsp_stream_lose_locked(stream);

    ngx_rtsp_unlock();
}


void
ngx_rtsp_stream_lose_locked(ngx_rtsp_stream_t *stream)
{
    if (ngx_rtsp_self && stream->source == ngx_rtsp_self) {
        ngx_rtsp_stream_lost_locked(stream);
    }
}


/* the role goes last, so that a death in here leaves work for the reaper */

void
ngx_rtsp_stream_lost_locked(ngx_rtsp_stream_t *stream)
{
    ngx_msec_t  hold;

    hold = stream->hold;

    if (stream->wanted) {
        hold = ngx_max(hold, NGX_RTSP_TAKEOVER);
    }

    if (stream->state == NGX_RTSP_STREAM_LIVE) {

        if (hold
            && (stream->wanted
                || ngx_rtsp_stream_has_readers_locked(stream)))
        {
            stream->hold_until = ngx_current_msec + hold;
            ngx_memory_barrier();
            stream->state = NGX_RTSP_STREAM_HELD;

        } else {
            stream->state = NGX_RTSP_STREAM_ENDED;
        }
    }

    ngx_memory_barrier();

    stream->source = 0;

    if (stream->state == NGX_RTSP_STREAM_ENDED) {
        ngx_rtsp_stream_end_locked(stream);
        return;
    }

    ngx_rtsp_stream_wake(stream);

    if (stream->wanted) {
        ngx_rtsp_stream_wake_owner(stream, stream->wanted);
    }

    ngx_rtsp_stream_settle_locked(stream);
}


void
ngx_rtsp_stream_settle_locked(ngx_rtsp_stream_t *stream)
{
    if (stream->state == NGX_RTSP_STREAM_HELD
        && stream->wanted == 0
        && !ngx_rtsp_stream_has_readers_locked(stream))
    {
        ngx_rtsp_stream_end_locked(stream);
        return;
    }

    ngx_rtsp_stream_drop(stream);
}


void
ngx_rtsp_stream_end_locked(ngx_rtsp_stream_t *stream)
{
    ngx_rtsp_name_t  *entry;

    stream->state = NGX_RTSP_STREAM_ENDED;

    entry = stream->name;

    if (entry) {
        if (entry->stream == stream) {
            entry->stream = NULL;
        }

        stream->name = NULL;

        ngx_rtsp_name_drop_locked(entry);
    }

    ngx_memory_barrier();

    ngx_rtsp_stream_wake(stream);

    if (stream->source) {
        ngx_rtsp_stream_wake_owner(stream, stream->source);
    }

    ngx_rtsp_stream_drop(stream);
}


/* frees an ended stream that nobody uses any more */

static void
ngx_rtsp_stream_drop(ngx_rtsp_stream_t *stream)
{
    ngx_rtsp_stream_t  **p;

    if (stream->state != NGX_RTSP_STREAM_ENDED
        || stream->source
        || ngx_rtsp_stream_has_readers_locked(stream))
    {
        return;
    }

    for (p = &ngx_rtsp_hub->streams; *p; p = &(*p)->next) {

        if (*p == stream) {
            *p = stream->next;

            ngx_rtsp_stream_free(stream);
            return;
        }
    }
}


static void
ngx_rtsp_stream_free(ngx_rtsp_stream_t *stream)
{
    ngx_rtsp_free((void *) stream->fragments);
    ngx_rtsp_free(stream->ring);
    ngx_rtsp_free(stream->sdp);
    ngx_rtsp_free(stream);
}


/* all seats with readers, our own too */

static void
ngx_rtsp_stream_wake(ngx_rtsp_stream_t *stream)
{
    if (ngx_rtsp_self
        && stream->readers[ngx_rtsp_owner_seat(ngx_rtsp_self)])
    {
        ngx_rtsp_stream_wake_owner(stream, ngx_rtsp_self);
    }

    ngx_rtsp_seat_wake_readers(stream);
}


static void
ngx_rtsp_stream_wake_owner(ngx_rtsp_stream_t *stream, ngx_rtsp_owner_t owner)
{
    ngx_rtsp_seat_wake_stream(ngx_rtsp_owner_seat(owner), stream->slot);
}


ngx_int_t
ngx_rtsp_stream_describe(ngx_rtsp_stream_t *stream, ngx_str_t *sdp)
{
    ngx_int_t  rc;

    ngx_rtsp_lock();

    rc = ngx_rtsp_stream_set_sdp(stream, sdp);

    ngx_rtsp_unlock();

    return rc;
}


static ngx_int_t
ngx_rtsp_stream_set_sdp(ngx_rtsp_stream_t *stream, ngx_str_t *sdp)
{
    u_char  *data, *old;

    data = ngx_rtsp_alloc(sdp->len);
    if (data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(data, sdp->data, sdp->len);

    old = stream->sdp;

    /* a death in here may leave a text cut short, never one too long */

    stream->sdp_len = ngx_min(stream->sdp_len, sdp->len);

    ngx_memory_barrier();

    stream->sdp = data;

    ngx_memory_barrier();

    stream->sdp_len = sdp->len;

    ngx_rtsp_free(old);

    return NGX_OK;
}


ngx_int_t
ngx_rtsp_stream_add_fragments(ngx_rtsp_stream_t *stream, uint64_t first)
{
    void             *block;
    size_t            size;
    ngx_rtsp_ring_t  *ring;

    if (stream->fragments) {
        return NGX_OK;
    }

    size = stream->ring->size;

    ngx_rtsp_lock();

    block = ngx_rtsp_alloc_block(ngx_rtsp_ring_memory(size));

    if (block) {
        ring = ngx_rtsp_ring_init(block, size, first);

        stream->fragments_first = first;

        ngx_memory_barrier();

        stream->fragments = (ngx_atomic_uint_t) ring;
    }

    ngx_rtsp_unlock();

    return block ? NGX_OK : NGX_ERROR;
}
