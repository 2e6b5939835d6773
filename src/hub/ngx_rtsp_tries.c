
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_hub.h"


/*
 * Counts wrong credentials by address, for all workers.  Called by the
 * server's authentication.
 *
 * The table stands in the hub and never grows: an address has a row of a few
 * entries, and takes the place of the one in it that was counted longest ago.
 * Whoever floods a row to be forgotten has to own the addresses for it, each
 * of which has the same number of tries anyway.
 *
 * Invariant: an entry's counts cover at least the last minute, and at most
 * ten seconds more: nothing that was counted is forgiven early.
 */


#define NGX_RTSP_TRIES_SLOT  10000      /* ms that one count stands for */


static ngx_rtsp_tries_t *ngx_rtsp_tries_find(u_char *address,
    ngx_rtsp_tries_t **oldest);
static ngx_uint_t ngx_rtsp_tries_count(ngx_rtsp_tries_t *tries);


ngx_uint_t
ngx_rtsp_tries_used_up(struct sockaddr *sockaddr)
{
    u_char             address[16];
    ngx_uint_t         n;
    ngx_rtsp_tries_t  *tries, *oldest;

    ngx_rtsp_tries_address(sockaddr, address);

    ngx_rtsp_lock();

    tries = ngx_rtsp_tries_find(address, &oldest);
    n = tries ? ngx_rtsp_tries_count(tries) : 0;

    ngx_rtsp_unlock();

    return n >= NGX_RTSP_MAX_TRIES;
}


ngx_uint_t
ngx_rtsp_tries_add(struct sockaddr *sockaddr)
{
    u_char             address[16];
    ngx_uint_t         n, i;
    ngx_rtsp_tries_t  *tries, *oldest;

    ngx_rtsp_tries_address(sockaddr, address);

    ngx_rtsp_lock();

    tries = ngx_rtsp_tries_find(address, &oldest);

    if (tries == NULL) {
        tries = oldest;
        ngx_memzero(tries, sizeof(ngx_rtsp_tries_t));
        ngx_memcpy(tries->address, address, sizeof(address));
    }

    /* brings the counts up to date, then this one */

    (void) ngx_rtsp_tries_count(tries);

    i = tries->slot % NGX_RTSP_TRIES_SLOTS;

    if (tries->counts[i] < NGX_RTSP_MAX_TRIES) {
        tries->counts[i]++;
    }

    tries->used = 1;

    n = ngx_rtsp_tries_count(tries);

    ngx_rtsp_unlock();

    return n;
}


void
ngx_rtsp_tries_address(struct sockaddr *sockaddr, u_char *address)
{
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    ngx_memzero(address, 16);

    switch (sockaddr->sa_family) {

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sockaddr;

        /* one customer has a /64 at least (RFC 6177) */

        ngx_memcpy(address, &sin6->sin6_addr,
                   IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr) ? 16 : 8);
        return;
#endif

    case AF_INET:
        sin = (struct sockaddr_in *) sockaddr;

        address[10] = 0xff;
        address[11] = 0xff;
        ngx_memcpy(address + 12, &sin->sin_addr, 4);
        return;

    default: /* AF_UNIX: all of them are one, which is not that of ::1 */
        address[8] = 1;
        return;
    }
}


/*
 * Under the lock: the entry of an address, or NULL, and the one in its row
 * that is free or was counted longest ago.
 */

static ngx_rtsp_tries_t *
ngx_rtsp_tries_find(u_char *address, ngx_rtsp_tries_t **oldest)
{
    ngx_uint_t         i;
    ngx_rtsp_tries_t  *row;

    row = ngx_rtsp_hub->tries[ngx_rtsp_hash(address, 16)];
    *oldest = &row[0];

    for (i = 0; i < NGX_RTSP_TRIES_ROW; i++) {

        if (row[i].used && ngx_memcmp(row[i].address, address, 16) == 0) {
            return &row[i];
        }

        if (!row[i].used
            || ((*oldest)->used && row[i].slot < (*oldest)->slot))
        {
            *oldest = &row[i];
        }
    }

    return NULL;
}


/* under the lock: forgets what is older, and returns the sum of the rest */

static ngx_uint_t
ngx_rtsp_tries_count(ngx_rtsp_tries_t *tries)
{
    uint64_t    now;
    ngx_uint_t  i, n;

    now = ngx_current_msec / NGX_RTSP_TRIES_SLOT;

    if (now < tries->slot) {
        now = tries->slot;      /* another worker's clock is ahead */
    }

    for (i = 0; i < NGX_RTSP_TRIES_SLOTS && tries->slot < now; i++) {
        tries->slot++;
        tries->counts[tries->slot % NGX_RTSP_TRIES_SLOTS] = 0;
    }

    tries->slot = now;

    n = 0;

    for (i = 0; i < NGX_RTSP_TRIES_SLOTS; i++) {
        n += tries->counts[i];
    }

    return n;
}
