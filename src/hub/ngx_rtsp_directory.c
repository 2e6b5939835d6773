
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_hub.h"


/*
 * The directory: which names are taken, by whom, and who reads the stream
 * behind a name.
 *
 * Called by sources (claim), by readers (sdp, attach, detach), by the tick and
 * by the reaper of dead seats.  It owns names, claims and the counts of
 * readers.
 *
 * The invariant: a name exists while it has a claim or a stream.  Whatever is
 * linked is filled in, so a death at any instruction leaks at most; the reaper
 * looks at everything its dead seat may have left half done.
 */


#define NGX_RTSP_EXPIRE_SLICE  (NGX_RTSP_HASH / 4)  /* buckets in a tick */
#define NGX_RTSP_REAP_SLICE    256

#define ngx_rtsp_past(until, now)  ((ngx_msec_int_t) ((until) - (now)) <= 0)


static ngx_int_t ngx_rtsp_claim_take(ngx_rtsp_claim_t *claim);
static ngx_uint_t ngx_rtsp_claim_stands(ngx_rtsp_name_t *entry,
    uint64_t session);
static ngx_uint_t ngx_rtsp_stream_replaceable(ngx_rtsp_stream_t *stream,
    ngx_rtsp_claim_t *claim);
static void ngx_rtsp_claim_drop(ngx_rtsp_name_t *entry);
static ngx_rtsp_name_t *ngx_rtsp_name_create(ngx_str_t *name);
static void ngx_rtsp_name_expire(ngx_rtsp_name_t *entry, ngx_msec_t now);

static ngx_rtsp_stream_t *ngx_rtsp_stream_find(ngx_str_t *name);
static ngx_rtsp_stream_t *ngx_rtsp_stream_by_id(uint64_t id);
static void ngx_rtsp_stream_uncount(ngx_rtsp_stream_t *stream,
    ngx_uint_t seat);
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

    entry = ngx_rtsp_name_find_locked(&claim->name);

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

    entry = ngx_rtsp_name_find_locked(name);

    if (entry && entry->claim == session) {
        ngx_rtsp_claim_drop(entry);
    }

    ngx_rtsp_unlock();
}


void
ngx_rtsp_claim_adopt_locked(ngx_str_t *name, uint64_t session)
{
    ngx_rtsp_name_t  *entry;

    entry = ngx_rtsp_name_find_locked(name);

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
        ngx_rtsp_stream_settle_locked(stream);

        return;
    }

    ngx_rtsp_name_drop_locked(entry);
}


ngx_rtsp_name_t *
ngx_rtsp_name_find_locked(ngx_str_t *name)
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


void
ngx_rtsp_name_drop_locked(ngx_rtsp_name_t *entry)
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


static ngx_rtsp_stream_t *
ngx_rtsp_stream_find(ngx_str_t *name)
{
    ngx_rtsp_name_t  *entry;

    entry = ngx_rtsp_name_find_locked(name);

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

        ngx_rtsp_stream_settle_locked(stream);
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


ngx_uint_t
ngx_rtsp_stream_has_readers_locked(ngx_rtsp_stream_t *stream)
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

        ngx_rtsp_stream_end_locked(stream);
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

        ngx_rtsp_stream_lost_locked(stream);
        return;
    }

    if (stream->state == NGX_RTSP_STREAM_ENDED) {
        ngx_rtsp_stream_end_locked(stream);
        return;
    }

    ngx_rtsp_stream_settle_locked(stream);
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
