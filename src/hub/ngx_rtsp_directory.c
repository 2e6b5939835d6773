
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_hub.h"
#include "ngx_rtsp_clock.h"


/*
 * The directory: which names are taken, by whom, and the life of a stream
 * from its first source to its last reader.
 *
 * Called by sources (claim, start, lose), by readers (sdp, attach,
 * detach), by the tick and by the reaper of dead seats.  It owns names and
 * streams with their descriptions and rings.
 *
 * The invariants: a name exists while it has a claim or a stream.  A stream's
 * memory is freed when it has ended, nobody writes it and no seat has readers
 * in it, and not before: another stream's bytes would appear under a reader.
 * Whatever is linked is filled in, so a death at any instruction leaks at
 * most; the reaper looks at everything its dead seat may have left half done.
 */


/* how long the one who was asked for a stream may wait to take it, ms */
#define NGX_RTSP_TAKEOVER      5000

#define NGX_RTSP_EXPIRE_SLICE  (NGX_RTSP_HASH / 4)  /* buckets in a tick */
#define NGX_RTSP_REAP_SLICE    256

#define ngx_rtsp_past(until, now)  ((ngx_msec_int_t) ((until) - (now)) <= 0)


static ngx_rtsp_name_t *ngx_rtsp_name_find(ngx_str_t *name);
static ngx_rtsp_name_t *ngx_rtsp_name_create(ngx_str_t *name);
static void ngx_rtsp_name_drop(ngx_rtsp_name_t *entry);
static void ngx_rtsp_name_expire(ngx_rtsp_name_t *entry, ngx_msec_t now);

static ngx_int_t ngx_rtsp_claim_take(ngx_rtsp_claim_t *claim);
static ngx_uint_t ngx_rtsp_claim_stands(ngx_rtsp_name_t *entry,
    uint64_t session);
static void ngx_rtsp_claim_drop(ngx_rtsp_name_t *entry);
static ngx_uint_t ngx_rtsp_stream_replaceable(ngx_rtsp_stream_t *stream,
    ngx_rtsp_claim_t *claim);

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
static ngx_int_t ngx_rtsp_stream_set_sdp(ngx_rtsp_stream_t *stream,
    ngx_str_t *sdp);

static ngx_rtsp_stream_t *ngx_rtsp_stream_find(ngx_str_t *name);
static ngx_rtsp_stream_t *ngx_rtsp_stream_by_id(uint64_t id);
static void ngx_rtsp_stream_uncount(ngx_rtsp_stream_t *stream,
    ngx_uint_t seat);
static ngx_uint_t ngx_rtsp_stream_has_readers(ngx_rtsp_stream_t *stream);
static void ngx_rtsp_stream_wake(ngx_rtsp_stream_t *stream);
static void ngx_rtsp_stream_wake_owner(ngx_rtsp_stream_t *stream,
    ngx_rtsp_owner_t owner);
static void ngx_rtsp_stream_lost(ngx_rtsp_stream_t *stream);
static void ngx_rtsp_stream_settle(ngx_rtsp_stream_t *stream);
static void ngx_rtsp_stream_end(ngx_rtsp_stream_t *stream);
static void ngx_rtsp_stream_drop(ngx_rtsp_stream_t *stream);
static void ngx_rtsp_stream_free(ngx_rtsp_stream_t *stream);
static void ngx_rtsp_stream_bereave(ngx_rtsp_stream_t *stream,
    ngx_rtsp_owner_t owner);


static ngx_uint_t  ngx_rtsp_expire_cursor;


ngx_int_t
ngx_rtsp_stream_claim(ngx_rtsp_claim_t *claim)
{
    ngx_int_t  rc;

    if (ngx_rtsp_self == 0 || claim->name.len > NGX_RTSP_MAX_NAME) {
        return NGX_ERROR;
    }

    ngx_rtsp_lock();

    rc = ngx_rtsp_claim_take(claim);

    ngx_rtsp_unlock();

    return rc;
}


static ngx_int_t
ngx_rtsp_claim_take(ngx_rtsp_claim_t *claim)
{
    ngx_rtsp_name_t  *entry;

    entry = ngx_rtsp_name_find(&claim->name);

    if (entry) {
        if (!claim->override
            && ngx_rtsp_claim_stands(entry, claim->session))
        {
            return NGX_BUSY;
        }

        if (entry->stream
            && !ngx_rtsp_stream_replaceable(entry->stream, claim))
        {
            return NGX_BUSY;
        }

    } else {
        if (claim->max && ngx_rtsp_hub->nnames >= claim->max) {
            return NGX_DECLINED;
        }

        entry = ngx_rtsp_name_create(&claim->name);
        if (entry == NULL) {
            return NGX_ERROR;
        }
    }

    entry->claim_owner = ngx_rtsp_self;
    entry->claim_until = claim->until;

    ngx_memory_barrier();

    entry->claim = claim->session;

    return NGX_OK;
}


/* another session than "session" has announced and may still start */

static ngx_uint_t
ngx_rtsp_claim_stands(ngx_rtsp_name_t *entry, uint64_t session)
{
    return entry->claim
           && entry->claim != session
           && !ngx_rtsp_past(entry->claim_until, ngx_current_msec)
           && ngx_rtsp_seat_alive(entry->claim_owner);
}


static ngx_uint_t
ngx_rtsp_stream_replaceable(ngx_rtsp_stream_t *stream, ngx_rtsp_claim_t *claim)
{
    ngx_rtsp_record_t  *record;

    if (claim->override
        || stream->session == claim->session
        || stream->state != NGX_RTSP_STREAM_LIVE
        || !ngx_rtsp_seat_alive(stream->source))
    {
        return 1;
    }

    /* an encoder that was restarted, while its datagrams are still awaited */

    record = ngx_rtsp_record_public_locked(stream->session);

    return record
           && record->transport == NGX_RTSP_TRANSPORT_UDP
           && record->connected == 0;
}


void
ngx_rtsp_stream_unclaim(ngx_str_t *name, uint64_t session)
{
    ngx_rtsp_name_t  *entry;

    ngx_rtsp_lock();

    entry = ngx_rtsp_name_find(name);

    if (entry && entry->claim == session) {
        ngx_rtsp_claim_drop(entry);
    }

    ngx_rtsp_unlock();
}


void
ngx_rtsp_claim_adopt_locked(ngx_str_t *name, uint64_t session)
{
    ngx_rtsp_name_t  *entry;

    entry = ngx_rtsp_name_find(name);

    if (entry && entry->claim == session) {
        entry->claim_owner = ngx_rtsp_self;
    }
}


/* the name may be gone after it */

static void
ngx_rtsp_claim_drop(ngx_rtsp_name_t *entry)
{
    ngx_rtsp_stream_t  *stream;

    entry->claim = 0;

    stream = entry->stream;

    if (stream) {
        /* who has the claim is the only one who asks for the stream */

        stream->wanted = 0;
        ngx_rtsp_stream_settle(stream);

        return;
    }

    ngx_rtsp_name_drop(entry);
}


static ngx_rtsp_name_t *
ngx_rtsp_name_find(ngx_str_t *name)
{
    ngx_rtsp_name_t  *entry;

    for (entry = ngx_rtsp_hub->names[ngx_rtsp_hash(name->data, name->len)];
         entry;
         entry = entry->next)
    {
        if (entry->len == name->len
            && ngx_memcmp(entry->data, name->data, name->len) == 0)
        {
            return entry;
        }
    }

    return NULL;
}


static ngx_rtsp_name_t *
ngx_rtsp_name_create(ngx_str_t *name)
{
    ngx_rtsp_name_t  *entry, **bucket;

    entry = ngx_rtsp_alloc(offsetof(ngx_rtsp_name_t, data) + name->len);
    if (entry == NULL) {
        return NULL;
    }

    bucket = &ngx_rtsp_hub->names[ngx_rtsp_hash(name->data, name->len)];

    entry->len = name->len;
    ngx_memcpy(entry->data, name->data, name->len);
    entry->next = *bucket;

    ngx_memory_barrier();

    *bucket = entry;
    ngx_rtsp_hub->nnames++;

    return entry;
}


/* frees a name that nobody has any more */

static void
ngx_rtsp_name_drop(ngx_rtsp_name_t *entry)
{
    ngx_rtsp_name_t  **p;

    if (entry->claim || entry->stream) {
        return;
    }

    p = &ngx_rtsp_hub->names[ngx_rtsp_hash(entry->data, entry->len)];

    for ( /* void */ ; *p; p = &(*p)->next) {

        if (*p == entry) {
            *p = entry->next;
            ngx_rtsp_hub->nnames--;

            ngx_rtsp_free(entry);
            return;
        }
    }
}


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

    entry = ngx_rtsp_name_find(&offer->name);

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

        if (ngx_rtsp_stream_has_readers(old)) {

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
        ngx_rtsp_stream_end(entry->stream);
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
        ngx_rtsp_stream_lost(stream);
    }
}


/*
 * Nobody writes any more, whoever it was.  The role goes last, so that a
 * death in here leaves work for the reaper.  The stream may be gone after it.
 */

static void
ngx_rtsp_stream_lost(ngx_rtsp_stream_t *stream)
{
    ngx_msec_t  hold;

    hold = stream->hold;

    if (stream->wanted) {
        hold = ngx_max(hold, NGX_RTSP_TAKEOVER);
    }

    if (stream->state == NGX_RTSP_STREAM_LIVE) {

        if (hold && (stream->wanted || ngx_rtsp_stream_has_readers(stream))) {
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
        ngx_rtsp_stream_end(stream);
        return;
    }

    ngx_rtsp_stream_wake(stream);

    if (stream->wanted) {
        ngx_rtsp_stream_wake_owner(stream, stream->wanted);
    }

    ngx_rtsp_stream_settle(stream);
}


/*
 * After a reader or a writer has left: a held stream without readers ends,
 * unless somebody is about to write it, and an ended one that nobody uses is
 * freed.
 */

static void
ngx_rtsp_stream_settle(ngx_rtsp_stream_t *stream)
{
    if (stream->state == NGX_RTSP_STREAM_HELD
        && stream->wanted == 0
        && !ngx_rtsp_stream_has_readers(stream))
    {
        ngx_rtsp_stream_end(stream);
        return;
    }

    ngx_rtsp_stream_drop(stream);
}


/* the readers have to leave, and so has the writer if there is one */

static void
ngx_rtsp_stream_end(ngx_rtsp_stream_t *stream)
{
    ngx_rtsp_name_t  *entry;

    stream->state = NGX_RTSP_STREAM_ENDED;

    entry = stream->name;

    if (entry) {
        if (entry->stream == stream) {
            entry->stream = NULL;
        }

        stream->name = NULL;

        ngx_rtsp_name_drop(entry);
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
        || ngx_rtsp_stream_has_readers(stream))
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


static ngx_rtsp_stream_t *
ngx_rtsp_stream_find(ngx_str_t *name)
{
    ngx_rtsp_name_t  *entry;

    entry = ngx_rtsp_name_find(name);

    return entry ? entry->stream : NULL;
}


ngx_int_t
ngx_rtsp_stream_sdp(ngx_str_t *name, ngx_str_t *sdp, size_t size)
{
    ngx_int_t           rc;
    ngx_rtsp_stream_t  *stream;

    ngx_rtsp_lock();

    stream = ngx_rtsp_stream_find(name);

    if (stream == NULL) {
        rc = NGX_DECLINED;

    } else if (stream->sdp_len > size) {
        rc = NGX_ERROR;

    } else {
        sdp->len = stream->sdp_len;
        ngx_memcpy(sdp->data, stream->sdp, sdp->len);
        rc = NGX_OK;
    }

    ngx_rtsp_unlock();

    return rc;
}


ngx_int_t
ngx_rtsp_stream_attach(ngx_str_t *name, ngx_uint_t max,
    ngx_rtsp_stream_t **stream)
{
    ngx_int_t           rc;
    ngx_uint_t          seat;
    ngx_rtsp_stream_t  *found;

    if (ngx_rtsp_self == 0) {
        return NGX_DECLINED;
    }

    seat = ngx_rtsp_owner_seat(ngx_rtsp_self);

    ngx_rtsp_lock();

    found = ngx_rtsp_stream_find(name);

    if (found == NULL) {
        rc = NGX_DECLINED;

    } else if (max && ngx_rtsp_stream_readers(found) >= max) {
        rc = NGX_BUSY;

    } else {
        found->readers[seat]++;
        found->seats[seat / 64] |= (ngx_atomic_uint_t) 1 << (seat % 64);

        *stream = found;
        rc = NGX_OK;
    }

    ngx_rtsp_unlock();

    return rc;
}


void
ngx_rtsp_stream_detach(ngx_rtsp_stream_t *stream)
{
    if (ngx_rtsp_self == 0) {
        return;
    }

    ngx_rtsp_lock();

    ngx_rtsp_stream_uncount(stream, ngx_rtsp_owner_seat(ngx_rtsp_self));

    ngx_rtsp_unlock();
}


/* one reader less in a seat; the stream may be gone after it */

static void
ngx_rtsp_stream_uncount(ngx_rtsp_stream_t *stream, ngx_uint_t seat)
{
    if (stream->readers[seat] && --stream->readers[seat] == 0) {
        stream->seats[seat / 64] &= ~((ngx_atomic_uint_t) 1 << (seat % 64));

        ngx_rtsp_stream_settle(stream);
    }
}


ngx_rtsp_stream_t *
ngx_rtsp_stream_reattach(ngx_rtsp_record_t *record)
{
    ngx_uint_t          seat;
    ngx_rtsp_stream_t  *stream;

    if (ngx_rtsp_self == 0) {
        return NULL;
    }

    seat = ngx_rtsp_owner_seat(ngx_rtsp_self);

    ngx_rtsp_lock();

    stream = ngx_rtsp_stream_by_id(record->stream);

    if (stream) {
        stream->readers[seat]++;
        stream->seats[seat / 64] |= (ngx_atomic_uint_t) 1 << (seat % 64);

        ngx_rtsp_stream_forget_locked(record);

        record->stream = stream->id;
        record->counted = ngx_rtsp_self;
    }

    ngx_rtsp_unlock();

    return stream;
}


void
ngx_rtsp_stream_forget_locked(ngx_rtsp_record_t *record)
{
    ngx_uint_t          seat;
    ngx_rtsp_stream_t  *stream;

    stream = ngx_rtsp_stream_by_id(record->stream);

    record->stream = 0;

    if (stream == NULL || record->counted == 0) {
        return;
    }

    /* a seat that was taken anew has begun to count at 0 */

    seat = ngx_rtsp_owner_seat(record->counted);

    if (record->counted
        == ngx_rtsp_owner(seat, ngx_rtsp_hub->seats[seat].generation))
    {
        ngx_rtsp_stream_uncount(stream, seat);
    }
}


static ngx_rtsp_stream_t *
ngx_rtsp_stream_by_id(uint64_t id)
{
    ngx_rtsp_stream_t  *stream;

    for (stream = id ? ngx_rtsp_hub->streams : NULL;
         stream;
         stream = stream->next)
    {
        if (stream->id == id) {
            break;
        }
    }

    return stream;
}


/* the caller is one of them, or has the lock */

ngx_uint_t
ngx_rtsp_stream_readers(ngx_rtsp_stream_t *stream)
{
    ngx_uint_t         i, n;
    ngx_atomic_uint_t  bits;

    n = 0;

    for (i = 0; i < NGX_RTSP_SEATS / 64; i++) {

        for (bits = stream->seats[i]; bits; bits &= bits - 1) {
            n += stream->readers[i * 64 + __builtin_ctzl(bits)];
        }
    }

    return n;
}


static ngx_uint_t
ngx_rtsp_stream_has_readers(ngx_rtsp_stream_t *stream)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_RTSP_SEATS / 64; i++) {
        if (stream->seats[i]) {
            return 1;
        }
    }

    return 0;
}


void
ngx_rtsp_stream_expire(void)
{
    ngx_uint_t        i;
    ngx_msec_t        now;
    ngx_rtsp_name_t  *entry, *next;

    now = ngx_current_msec;

    ngx_rtsp_lock();

    for (i = 0; i < NGX_RTSP_EXPIRE_SLICE; i++) {

        for (entry = ngx_rtsp_hub->names[ngx_rtsp_expire_cursor];
             entry;
             entry = next)
        {
            next = entry->next;
            ngx_rtsp_name_expire(entry, now);
        }

        ngx_rtsp_expire_cursor = (ngx_rtsp_expire_cursor + 1) % NGX_RTSP_HASH;
    }

    ngx_rtsp_unlock();
}


static void
ngx_rtsp_name_expire(ngx_rtsp_name_t *entry, ngx_msec_t now)
{
    ngx_rtsp_stream_t  *stream;

    stream = entry->stream;

    if (stream
        && stream->state == NGX_RTSP_STREAM_HELD
        && ngx_rtsp_past(stream->hold_until, now))
    {
        /* the name goes with it, if no claim keeps it */

        ngx_rtsp_stream_end(stream);
        return;
    }

    /* what a dead seat has claimed may be half done: that is the reaper's */

    if (entry->claim
        && ngx_rtsp_past(entry->claim_until, now)
        && ngx_rtsp_seat_alive(entry->claim_owner))
    {
        ngx_rtsp_claim_drop(entry);
    }
}


/*
 * New streams come to the front of the list with rising ids, so the id of the
 * last one seen says where to go on.
 */

ngx_int_t
ngx_rtsp_stream_reap_locked(ngx_rtsp_owner_t owner, uint64_t *cursor)
{
    ngx_uint_t          n;
    ngx_rtsp_stream_t  *stream, *next;

    n = 0;

    for (stream = ngx_rtsp_hub->streams; stream; stream = next) {
        next = stream->next;

        if (*cursor && stream->id >= *cursor) {
            continue;
        }

        if (n++ == NGX_RTSP_REAP_SLICE) {
            return NGX_AGAIN;
        }

        *cursor = stream->id;

        ngx_rtsp_stream_bereave(stream, owner);
    }

    return NGX_OK;
}


/*
 * The dead do not read, so they are not counted when it is asked who does.
 * What they had begun to end is ended again, from the start.
 */

static void
ngx_rtsp_stream_bereave(ngx_rtsp_stream_t *stream, ngx_rtsp_owner_t owner)
{
    ngx_uint_t  seat;

    seat = ngx_rtsp_owner_seat(owner);

    stream->seats[seat / 64] &= ~((ngx_atomic_uint_t) 1 << (seat % 64));
    stream->readers[seat] = 0;

    if (stream->wanted == owner) {
        stream->wanted = 0;
    }

    if (stream->source == owner) {

        if (owner != ngx_rtsp_self) {
            ngx_rtsp_seat_mourn(stream);
        }

        ngx_rtsp_stream_lost(stream);
        return;
    }

    if (stream->state == NGX_RTSP_STREAM_ENDED) {
        ngx_rtsp_stream_end(stream);
        return;
    }

    ngx_rtsp_stream_settle(stream);
}


ngx_int_t
ngx_rtsp_claim_reap_locked(ngx_rtsp_owner_t owner, uint64_t *cursor)
{
    ngx_uint_t        i;
    ngx_rtsp_name_t  *entry, *next;

    for (i = 0; i < NGX_RTSP_REAP_SLICE && *cursor < NGX_RTSP_HASH; i++) {

        for (entry = ngx_rtsp_hub->names[*cursor]; entry; entry = next) {
            next = entry->next;

            if (entry->claim_owner == owner || entry->claim == 0) {
                ngx_rtsp_claim_drop(entry);
            }
        }

        (*cursor)++;
    }

    return *cursor < NGX_RTSP_HASH ? NGX_AGAIN : NGX_OK;
}
