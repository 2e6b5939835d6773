
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_hub.h"

#include <openssl/crypto.h>


/*
 * The session table: sessions by their id, by their public id, and by the
 * addresses that their datagrams come from.
 *
 * Called by the server for every session, by the UDP transport for datagrams
 * that no socket of their own has taken, by the tick and by the reaper of
 * dead seats.  It owns the records; what is in a record is written by the
 * worker that owns the session.
 *
 * The invariant: a record leaves all indexes before it is freed, in an order
 * that can be begun again from any point, since whoever does it may die.
 */


#define NGX_RTSP_RECORD_SLICE    (NGX_RTSP_HASH / 4)  /* buckets at a time */
#define NGX_RTSP_RECORD_TIMEOUT  60000 /* ms, until the owner sets one */

#define ngx_rtsp_public_hash(id)  ngx_rtsp_hash(&(id), sizeof(uint64_t))


static ngx_int_t ngx_rtsp_record_ids(ngx_rtsp_record_t *record);
static void ngx_rtsp_record_text(ngx_rtsp_record_t *record, u_char *p,
    ngx_str_t *texts);
static void ngx_rtsp_record_link(ngx_rtsp_record_t *record);
static void ngx_rtsp_record_free(ngx_rtsp_record_t *record);
static ngx_rtsp_record_t *ngx_rtsp_record_get(ngx_str_t *id);

static ngx_int_t ngx_rtsp_peer_address(struct sockaddr *sockaddr,
    u_char *address, in_port_t *port);
static ngx_uint_t ngx_rtsp_peer_hash(u_char *address, in_port_t port);
static ngx_uint_t ngx_rtsp_peer_used(ngx_rtsp_record_t *record,
    u_char *address, in_port_t rtcp_port);
static ngx_int_t ngx_rtsp_peer_add(ngx_rtsp_record_t *record,
    ngx_uint_t media, u_char *address, in_port_t port);
static void ngx_rtsp_peer_remove(ngx_rtsp_record_t *record);
static ngx_uint_t ngx_rtsp_peer_is(ngx_rtsp_peer_t *peer, u_char *address,
    in_port_t port);
static ngx_uint_t ngx_rtsp_peer_waits(ngx_rtsp_peer_t *peer, ngx_uint_t rtcp,
    ngx_uint_t payload_type);
static ngx_rtsp_peer_t *ngx_rtsp_peer_find(u_char *address, in_port_t port,
    ngx_uint_t rtcp, ngx_uint_t payload_type);


static ngx_uint_t  ngx_rtsp_record_cursor;


ngx_rtsp_record_t *
ngx_rtsp_record_create(ngx_str_t *stream, ngx_str_t *path, ngx_str_t *agent,
    ngx_str_t *user, ngx_uint_t nmedias)
{
    size_t              len;
    ngx_str_t           texts[4];
    ngx_uint_t          i;
    ngx_rtsp_record_t  *record;

    if (ngx_rtsp_self == 0) {
        return NULL;
    }

    texts[0] = *stream;
    texts[1] = *path;
    texts[2] = *agent;
    texts[3] = *user;

    len = 0;

    for (i = 0; i < 4; i++) {
        texts[i].len = ngx_min(texts[i].len, NGX_RTSP_MAX_NAME);
        len += texts[i].len;
    }

    ngx_rtsp_lock();

    record = ngx_rtsp_alloc(sizeof(ngx_rtsp_record_t));
    if (record == NULL) {
        goto done;
    }

    record->text = ngx_rtsp_alloc(len);
    record->medias = ngx_rtsp_alloc(nmedias * sizeof(ngx_rtsp_record_media_t));

    if (record->text == NULL
        || record->medias == NULL
        || ngx_rtsp_record_ids(record) != NGX_OK)
    {
        ngx_rtsp_record_free(record);
        record = NULL;
        goto done;
    }

    ngx_rtsp_record_text(record, record->text, texts);

    record->nmedias = nmedias;
    record->owner = ngx_rtsp_self;
    record->created = ngx_current_msec;
    record->seen = ngx_current_msec;

    ngx_rtsp_record_link(record);

done:

    ngx_rtsp_unlock();

    return record;
}


/*
 * The id is a credential, 128 random bits; the other number, which everybody
 * may see, says nothing about it.
 */

static ngx_int_t
ngx_rtsp_record_ids(ngx_rtsp_record_t *record)
{
    u_char         random[NGX_RTSP_ID_LEN / 2];
    ngx_uint_t     i;
    static u_char  hex[] = "0123456789abcdef";

    if (ngx_rtsp_random(random, sizeof(random)) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < sizeof(random); i++) {
        record->id[2 * i] = hex[random[i] >> 4];
        record->id[2 * i + 1] = hex[random[i] & 0xf];
    }

    do {
        if (ngx_rtsp_random(&record->public_id, sizeof(record->public_id))
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        /* 0 means nobody */

    } while (record->public_id == 0);

    return NGX_OK;
}


static void
ngx_rtsp_record_text(ngx_rtsp_record_t *record, u_char *p, ngx_str_t *texts)
{
    record->stream_len = (uint8_t) texts[0].len;
    record->path_len = (uint8_t) texts[1].len;
    record->agent_len = (uint8_t) texts[2].len;
    record->user_len = (uint8_t) texts[3].len;

    p = ngx_cpymem(p, texts[0].data, texts[0].len);
    p = ngx_cpymem(p, texts[1].data, texts[1].len);
    p = ngx_cpymem(p, texts[2].data, texts[2].len);
    ngx_memcpy(p, texts[3].data, texts[3].len);
}


static void
ngx_rtsp_record_link(ngx_rtsp_record_t *record)
{
    ngx_rtsp_record_t  **bucket;

    bucket = &ngx_rtsp_hub->sessions[ngx_rtsp_hash(record->id,
                                                   NGX_RTSP_ID_LEN)];
    record->next = *bucket;

    ngx_memory_barrier();

    *bucket = record;
    ngx_rtsp_hub->nsessions++;

    bucket = &ngx_rtsp_hub->publics[ngx_rtsp_public_hash(record->public_id)];

    record->next_public = *bucket;

    ngx_memory_barrier();

    *bucket = record;
}


ngx_int_t
ngx_rtsp_record_set_sdp(ngx_rtsp_record_t *record, ngx_str_t *sdp)
{
    u_char  *data, *old;

    ngx_rtsp_lock();

    data = ngx_rtsp_alloc(sdp->len);

    if (data == NULL) {
        ngx_rtsp_unlock();
        return NGX_ERROR;
    }

    ngx_memcpy(data, sdp->data, sdp->len);

    old = record->sdp;

    record->sdp_len = ngx_min(record->sdp_len, sdp->len);

    ngx_memory_barrier();

    record->sdp = data;

    ngx_memory_barrier();

    record->sdp_len = sdp->len;

    ngx_rtsp_free(old);

    ngx_rtsp_unlock();

    return NGX_OK;
}


ngx_int_t
ngx_rtsp_record_set_client(ngx_rtsp_record_t *record, ngx_str_t *query,
    ngx_str_t *subject)
{
    u_char  *data;
    size_t   query_len, subject_len;

    query_len = ngx_min(query->len, 65535);
    subject_len = ngx_min(subject->len, 65535);

    if (query_len + subject_len == 0) {
        return NGX_OK;
    }

    ngx_rtsp_lock();

    data = ngx_rtsp_alloc(query_len + subject_len);

    if (data == NULL) {
        ngx_rtsp_unlock();
        return NGX_ERROR;
    }

    ngx_memcpy(data, query->data, query_len);
    ngx_memcpy(data + query_len, subject->data, subject_len);

    record->client = data;

    ngx_memory_barrier();

    record->query_len = (uint16_t) query_len;
    record->subject_len = (uint16_t) subject_len;

    ngx_rtsp_unlock();

    return NGX_OK;
}


ngx_int_t
ngx_rtsp_record_seal(ngx_rtsp_record_t *record, const u_char *data, size_t len)
{
    u_char  *sealed, *old;

    ngx_rtsp_lock();
    sealed = ngx_rtsp_alloc_block(len + NGX_RTSP_SEAL_LEN);
    ngx_rtsp_unlock();

    if (sealed == NULL) {
        return NGX_ERROR;
    }

    if (ngx_rtsp_secret_seal(data, len, sealed) != NGX_OK) {
        old = sealed;

    } else {
        old = record->sealed;

        record->sealed_len = 0;

        ngx_memory_barrier();

        record->sealed = sealed;

        ngx_memory_barrier();

        record->sealed_len = (uint32_t) (len + NGX_RTSP_SEAL_LEN);
    }

    ngx_rtsp_lock();
    ngx_rtsp_free(old);
    ngx_rtsp_unlock();

    return (old == sealed) ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_rtsp_record_unseal(ngx_rtsp_record_t *record, u_char *data)
{
    u_char     *sealed;
    ngx_int_t   rc;

    sealed = record->sealed;

    rc = ngx_rtsp_secret_open(sealed, record->sealed_len, data);

    record->sealed_len = 0;
    record->sealed = NULL;

    ngx_rtsp_lock();
    ngx_rtsp_free(sealed);
    ngx_rtsp_unlock();

    return rc;
}


void
ngx_rtsp_record_delete(ngx_rtsp_record_t *record)
{
    ngx_rtsp_lock();

    if (ngx_rtsp_self && record->owner == ngx_rtsp_self) {
        ngx_rtsp_record_free(record);
    }

    ngx_rtsp_unlock();
}


/* the chain by id is the last one left: it is what the reaper walks */

static void
ngx_rtsp_record_free(ngx_rtsp_record_t *record)
{
    ngx_rtsp_record_t  **p;

    ngx_rtsp_peer_remove(record);

    for (p = &ngx_rtsp_hub->publics[ngx_rtsp_public_hash(record->public_id)];
         *p;
         p = &(*p)->next_public)
    {
        if (*p == record) {
            *p = record->next_public;
            break;
        }
    }

    for (p = &ngx_rtsp_hub->sessions[ngx_rtsp_hash(record->id,
                                                   NGX_RTSP_ID_LEN)];
         *p;
         p = &(*p)->next)
    {
        if (*p == record) {
            *p = record->next;
            ngx_rtsp_hub->nsessions--;
            break;
        }
    }

    /* a token may be in its query */

    if (record->client) {
        OPENSSL_cleanse(record->client,
                        record->query_len + record->subject_len);
    }

    ngx_rtsp_free(record->sdp);
    ngx_rtsp_free(record->text);
    ngx_rtsp_free(record->client);
    ngx_rtsp_free(record->sealed);
    ngx_rtsp_free(record->medias);
    ngx_rtsp_free(record);
}


static ngx_rtsp_record_t *
ngx_rtsp_record_get(ngx_str_t *id)
{
    ngx_rtsp_record_t  *record;

    if (id->len != NGX_RTSP_ID_LEN) {
        return NULL;
    }

    for (record = ngx_rtsp_hub->sessions[ngx_rtsp_hash(id->data, id->len)];
         record;
         record = record->next)
    {
        if (ngx_memcmp(record->id, id->data, NGX_RTSP_ID_LEN) == 0) {
            return record;
        }
    }

    return NULL;
}


ngx_rtsp_record_t *
ngx_rtsp_record_public_locked(uint64_t public_id)
{
    ngx_rtsp_record_t  *record;

    for (record = ngx_rtsp_hub->publics[ngx_rtsp_public_hash(public_id)];
         record;
         record = record->next_public)
    {
        if (record->public_id == public_id) {
            return record;
        }
    }

    return NULL;
}


ngx_int_t
ngx_rtsp_record_find(ngx_str_t *id, ngx_rtsp_record_info_t *info)
{
    ngx_rtsp_record_t  *record;

    ngx_rtsp_lock();

    record = ngx_rtsp_record_get(id);

    if (record) {
        info->owner = record->owner;
        info->state = record->state;
        info->role = record->role;
        info->transport = record->transport;
        info->sockaddr = record->sockaddr;
        info->socklen = record->socklen;
    }

    ngx_rtsp_unlock();

    return record ? NGX_OK : NGX_DECLINED;
}


ngx_rtsp_record_t *
ngx_rtsp_record_adopt(ngx_str_t *id)
{
    ngx_str_t           name;
    ngx_rtsp_record_t  *record;

    if (ngx_rtsp_self == 0) {
        return NULL;
    }

    ngx_rtsp_lock();

    record = ngx_rtsp_record_get(id);

    if (record && ngx_rtsp_seat_alive(record->owner)) {
        record = NULL;
    }

    if (record) {
        record->owner = ngx_rtsp_self;

        name.data = record->text;
        name.len = record->stream_len;

        ngx_rtsp_claim_adopt_locked(&name, record->public_id);
    }

    ngx_rtsp_unlock();

    return record;
}


void
ngx_rtsp_record_release(ngx_rtsp_record_t *record)
{
    ngx_rtsp_lock();

    if (record->owner == ngx_rtsp_self) {
        record->owner = 0;
    }

    ngx_rtsp_unlock();
}


ngx_int_t
ngx_rtsp_record_listen(ngx_rtsp_record_t *record)
{
    u_char                    address[16];
    in_port_t                 port;
    ngx_int_t                 rc;
    ngx_uint_t                i;
    ngx_rtsp_record_media_t  *media;

    if (ngx_rtsp_peer_address((struct sockaddr *) &record->sockaddr,
                              address, &port)
        != NGX_OK)
    {
        return NGX_OK;
    }

    rc = NGX_OK;

    ngx_rtsp_lock();

    ngx_rtsp_peer_remove(record);

    for (i = 0; i < record->nmedias; i++) {
        media = &record->medias[i];

        if (!media->setup) {
            continue;
        }

        port = 0;

        if (record->role != NGX_RTSP_ROLE_PUBLISH) {
            port = media->client_port[1];

            if (port == 0) {
                continue;
            }
        }

        rc = (port && ngx_rtsp_peer_used(record, address, port))
             ? NGX_BUSY : ngx_rtsp_peer_add(record, i, address, port);

        if (rc != NGX_OK) {
            ngx_rtsp_peer_remove(record);
            break;
        }
    }

    ngx_rtsp_unlock();

    return rc;
}


void
ngx_rtsp_record_unlisten(ngx_rtsp_record_t *record)
{
    ngx_rtsp_lock();

    ngx_rtsp_peer_remove(record);

    ngx_rtsp_unlock();
}


static ngx_int_t
ngx_rtsp_peer_address(struct sockaddr *sockaddr, u_char *address,
    in_port_t *port)
{
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    switch (sockaddr->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) sockaddr;

        ngx_memzero(address, 10);
        address[10] = 0xff;
        address[11] = 0xff;
        ngx_memcpy(&address[12], &sin->sin_addr, 4);

        *port = ntohs(sin->sin_port);

        return NGX_OK;

#if (NGX_HAVE_INET6)

    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sockaddr;

        ngx_memcpy(address, &sin6->sin6_addr, 16);
        *port = ntohs(sin6->sin6_port);

        return NGX_OK;

#endif

    default:
        return NGX_DECLINED;
    }
}


static ngx_uint_t
ngx_rtsp_peer_hash(u_char *address, in_port_t port)
{
    u_char  key[18];

    ngx_memcpy(key, address, 16);
    key[16] = (u_char) (port >> 8);
    key[17] = (u_char) port;

    return ngx_rtsp_hash(key, sizeof(key));
}


/* newest first: a session that was forgotten does not hide its successor */

static ngx_int_t
ngx_rtsp_peer_add(ngx_rtsp_record_t *record, ngx_uint_t media,
    u_char *address, in_port_t port)
{
    ngx_rtsp_peer_t  *peer, **bucket;

    peer = ngx_rtsp_alloc(sizeof(ngx_rtsp_peer_t));
    if (peer == NULL) {
        return NGX_ERROR;
    }

    peer->record = record;
    peer->media = media;
    peer->port = port;
    peer->bucket = ngx_rtsp_peer_hash(address, port);
    ngx_memcpy(peer->address, address, 16);

    bucket = &ngx_rtsp_hub->peers[peer->bucket];

    peer->next = *bucket;
    peer->sibling = record->peers;

    ngx_memory_barrier();

    record->peers = peer;

    ngx_memory_barrier();

    *bucket = peer;

    return NGX_OK;
}


static void
ngx_rtsp_peer_remove(ngx_rtsp_record_t *record)
{
    ngx_rtsp_peer_t  *peer, **p;

    while (record->peers) {
        peer = record->peers;

        for (p = &ngx_rtsp_hub->peers[peer->bucket]; *p; p = &(*p)->next) {
            if (*p == peer) {
                *p = peer->next;
                break;
            }
        }

        ngx_memory_barrier();

        record->peers = peer->sibling;

        ngx_rtsp_free(peer);
    }
}


static ngx_uint_t
ngx_rtsp_peer_is(ngx_rtsp_peer_t *peer, u_char *address, in_port_t port)
{
    return peer->port == port && ngx_memcmp(peer->address, address, 16) == 0;
}


ngx_uint_t
ngx_rtsp_record_port_used(ngx_rtsp_record_t *record, in_port_t rtcp_port)
{
    u_char      address[16];
    in_port_t   port;
    ngx_uint_t  used;

    if (ngx_rtsp_peer_address((struct sockaddr *) &record->sockaddr,
                              address, &port)
        != NGX_OK)
    {
        return 0;
    }

    ngx_rtsp_lock();

    used = ngx_rtsp_peer_used(record, address, rtcp_port);

    ngx_rtsp_unlock();

    return used;
}


/* under the lock: another session of the same stream plays there */

static ngx_uint_t
ngx_rtsp_peer_used(ngx_rtsp_record_t *record, u_char *address,
    in_port_t rtcp_port)
{
    ngx_rtsp_peer_t  *peer;

    for (peer = ngx_rtsp_hub->peers[ngx_rtsp_peer_hash(address, rtcp_port)];
         peer;
         peer = peer->next)
    {
        if (peer->record != record
            && record->stream
            && peer->record->stream == record->stream
            && ngx_rtsp_peer_is(peer, address, rtcp_port))
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_rtsp_record_touch(struct sockaddr *sockaddr, socklen_t socklen,
    int64_t lost, int64_t jitter)
{
    u_char                    address[16];
    in_port_t                 port;
    ngx_rtsp_peer_t          *peer;
    ngx_rtsp_record_media_t  *media;

    /* no port: that key is a publisher's */

    if (ngx_rtsp_peer_address(sockaddr, address, &port) != NGX_OK
        || port == 0)
    {
        return NGX_DECLINED;
    }

    ngx_rtsp_lock();

    for (peer = ngx_rtsp_hub->peers[ngx_rtsp_peer_hash(address, port)];
         peer;
         peer = peer->next)
    {
        if (!ngx_rtsp_peer_is(peer, address, port)) {
            continue;
        }

        peer->record->seen = ngx_current_msec;

        media = &peer->record->medias[peer->media];

        if (lost >= 0) {
            media->lost = lost;
        }

        if (jitter >= 0) {
            media->jitter = jitter;
        }

        break;
    }

    ngx_rtsp_unlock();

    return peer ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_rtsp_record_latch(struct sockaddr *sockaddr, socklen_t socklen,
    ngx_uint_t rtcp, ngx_uint_t payload_type)
{
    u_char             address[16];
    in_port_t          port;
    ngx_rtsp_peer_t   *peer;
    ngx_rtsp_owner_t   owner;

    if (ngx_rtsp_peer_address(sockaddr, address, &port) != NGX_OK
        || port == 0)
    {
        return NGX_DECLINED;
    }

    ngx_rtsp_lock();

    peer = ngx_rtsp_peer_find(address, port, rtcp, payload_type);

    if (peer) {
        peer->record->medias[peer->media].peer_port[rtcp] = port;

        owner = peer->record->owner;

        if (owner) {
            ngx_rtsp_seat_wake_commands(ngx_rtsp_owner_seat(owner));
        }
    }

    ngx_rtsp_unlock();

    if (peer == NULL) {
        (void) ngx_atomic_fetch_add(&ngx_rtsp_hub->strangers, 1);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/*
 * The one media that waits for this datagram.  The port that a client has
 * announced decides where several do; behind NAT it is another one.
 */

static ngx_rtsp_peer_t *
ngx_rtsp_peer_find(u_char *address, in_port_t port, ngx_uint_t rtcp,
    ngx_uint_t payload_type)
{
    ngx_uint_t                n, nexact;
    ngx_rtsp_peer_t          *peer, *found, *exact;
    ngx_rtsp_record_media_t  *media;

    n = 0;
    nexact = 0;
    found = NULL;
    exact = NULL;

    for (peer = ngx_rtsp_hub->peers[ngx_rtsp_peer_hash(address, 0)];
         peer;
         peer = peer->next)
    {
        if (!ngx_rtsp_peer_is(peer, address, 0)
            || !ngx_rtsp_peer_waits(peer, rtcp, payload_type))
        {
            continue;
        }

        found = peer;
        n++;

        media = &peer->record->medias[peer->media];

        if (media->client_port[rtcp] == port) {
            exact = peer;
            nexact++;
        }
    }

    if (nexact == 1) {
        return exact;
    }

    return n == 1 ? found : NULL;
}


static ngx_uint_t
ngx_rtsp_peer_waits(ngx_rtsp_peer_t *peer, ngx_uint_t rtcp,
    ngx_uint_t payload_type)
{
    ngx_uint_t                i;
    ngx_rtsp_record_t        *record;
    ngx_rtsp_record_media_t  *media;

    record = peer->record;
    media = &record->medias[peer->media];

    if (record->state != NGX_RTSP_SESSION_RECORDING
        || record->transport != NGX_RTSP_TRANSPORT_UDP
        || media->peer_port[rtcp])
    {
        return 0;
    }

    if (rtcp) {
        return 1;
    }

    for (i = 0; i < media->nformats; i++) {
        if (media->payload_types[i] == payload_type) {
            return 1;
        }
    }

    return 0;
}


void
ngx_rtsp_record_expire(void)
{
    ngx_uint_t          i;
    ngx_msec_t          timeout;
    ngx_rtsp_record_t  *record, *next;

    ngx_rtsp_lock();

    for (i = 0; i < NGX_RTSP_RECORD_SLICE; i++) {

        for (record = ngx_rtsp_hub->sessions[ngx_rtsp_record_cursor];
             record;
             record = next)
        {
            next = record->next;

            if (record->owner) {
                continue;
            }

            timeout = record->timeout ? record->timeout
                                      : NGX_RTSP_RECORD_TIMEOUT;

            if ((ngx_msec_int_t) (ngx_current_msec - record->seen)
                >= (ngx_msec_int_t) timeout)
            {
                ngx_rtsp_stream_forget_locked(record);
                ngx_rtsp_record_free(record);
            }
        }

        ngx_rtsp_record_cursor = (ngx_rtsp_record_cursor + 1) % NGX_RTSP_HASH;
    }

    ngx_rtsp_unlock();
}


ngx_int_t
ngx_rtsp_record_reap_locked(ngx_rtsp_owner_t owner, uint64_t *cursor)
{
    ngx_uint_t          i;
    ngx_rtsp_record_t  *record, *next;

    for (i = 0; i < NGX_RTSP_RECORD_SLICE && *cursor < NGX_RTSP_HASH; i++) {

        for (record = ngx_rtsp_hub->sessions[*cursor]; record; record = next)
        {
            next = record->next;

            if (record->owner == owner) {
                ngx_rtsp_record_free(record);
            }
        }

        (*cursor)++;
    }

    return *cursor < NGX_RTSP_HASH ? NGX_AGAIN : NGX_OK;
}
