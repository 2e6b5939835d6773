
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_reorder.h"


/*
 * The reorder buffer of one media of a UDP publisher.  The session that owns
 * the media puts in what its socket delivers and calls _expire() from a timer
 * while packets wait.
 *
 * In a stream without loss nothing is copied and nothing waits: the packet is
 * the next one, and is handed on from where it lies.  A packet from ahead is
 * copied into the slot of its number modulo the size.
 *
 * Invariant: every waiting packet has a number in (next, next + size), so a
 * slot holds at most one candidate, and "waiting" slots are in use.
 */


typedef struct {
    u_char                   *packet;       /* NULL: nothing here */
    size_t                    len;
    uint64_t                  arrival;
} ngx_rtsp_reorder_slot_t;


struct ngx_rtsp_reorder_s {
    ngx_rtsp_reorder_pt       handler;
    void                     *data;
    ngx_log_t                *log;

    ngx_rtsp_reorder_slot_t   slots[NGX_RTSP_REORDER_SIZE];
    ngx_uint_t                waiting;
    uint64_t                  oldest;       /* arrival of who waits longest */

    uint64_t                  lost;
    ngx_uint_t                late;         /* in a row */
    uint16_t                  next;         /* number to be handed on */
    u_char                    ssrc[4];      /* of the last packet */
    unsigned                  started:1;
    unsigned                  busy:1;       /* its handler may be running */
    unsigned                  destroyed:1;  /* by its handler */
};


#define ngx_rtsp_reorder_slot(ro, seq)                                        \
    (&(ro)->slots[(seq) % NGX_RTSP_REORDER_SIZE])


static void ngx_rtsp_reorder_take(ngx_rtsp_reorder_t *ro, uint16_t seq,
    u_char *packet, size_t len, uint64_t arrival);
static uint64_t ngx_rtsp_reorder_give_up(ngx_rtsp_reorder_t *ro,
    uint64_t now);
static void ngx_rtsp_reorder_hand_on(ngx_rtsp_reorder_t *ro, u_char *packet,
    size_t len, uint64_t arrival);
static void ngx_rtsp_reorder_store(ngx_rtsp_reorder_t *ro, uint16_t seq,
    u_char *packet, size_t len, uint64_t arrival);
static void ngx_rtsp_reorder_release(ngx_rtsp_reorder_t *ro);
static void ngx_rtsp_reorder_skip(ngx_rtsp_reorder_t *ro, ngx_uint_t n);
static void ngx_rtsp_reorder_restart(ngx_rtsp_reorder_t *ro, uint16_t seq);
static void ngx_rtsp_reorder_age(ngx_rtsp_reorder_t *ro);


ngx_rtsp_reorder_t *
ngx_rtsp_reorder_create(ngx_rtsp_reorder_pt handler, void *data,
    ngx_log_t *log)
{
    ngx_rtsp_reorder_t  *ro;

    ro = ngx_alloc(sizeof(ngx_rtsp_reorder_t), log);
    if (ro == NULL) {
        return NULL;
    }

    ngx_memzero(ro, sizeof(ngx_rtsp_reorder_t));

    ro->handler = handler;
    ro->data = data;
    ro->log = log;

    return ro;
}


void
ngx_rtsp_reorder_destroy(ngx_rtsp_reorder_t *ro)
{
    ngx_uint_t  i;

    if (ro->busy) {
        ro->destroyed = 1;
        return;
    }

    for (i = 0; i < NGX_RTSP_REORDER_SIZE; i++) {
        if (ro->slots[i].packet) {
            ngx_free(ro->slots[i].packet);
        }
    }

    ngx_free(ro);
}


void
ngx_rtsp_reorder_put(ngx_rtsp_reorder_t *ro, u_char *packet, size_t len,
    uint64_t arrival)
{
    uint16_t  seq;

    seq = (uint16_t) (packet[2] << 8 | packet[3]);

    ro->busy = 1;

    if (!ro->started
        || ngx_memcmp(ro->ssrc, packet + 8, sizeof(ro->ssrc)) != 0)
    {
        /* the numbers of another SSRC say nothing about those before */

        ngx_rtsp_reorder_restart(ro, seq);

        ngx_memcpy(ro->ssrc, packet + 8, sizeof(ro->ssrc));
        ro->started = 1;
    }

    if (ro->waiting) {
        (void) ngx_rtsp_reorder_give_up(ro, arrival);
    }

    ngx_rtsp_reorder_take(ro, seq, packet, len, arrival);

    ro->busy = 0;

    if (ro->destroyed) {
        ngx_rtsp_reorder_destroy(ro);
    }
}


uint64_t
ngx_rtsp_reorder_expire(ngx_rtsp_reorder_t *ro, uint64_t now)
{
    uint64_t  left;

    ro->busy = 1;

    left = ngx_rtsp_reorder_give_up(ro, now);

    ro->busy = 0;

    if (ro->destroyed) {
        ngx_rtsp_reorder_destroy(ro);
        return 0;
    }

    return left;
}


uint64_t
ngx_rtsp_reorder_lost(ngx_rtsp_reorder_t *ro)
{
    return ro->lost;
}


static void
ngx_rtsp_reorder_take(ngx_rtsp_reorder_t *ro, uint16_t seq, u_char *packet,
    size_t len, uint64_t arrival)
{
    int16_t  ahead;

    ahead = (int16_t) (seq - ro->next);

    if (ahead < 0) {

        if (ro->late < NGX_RTSP_REORDER_SIZE) {
            ro->late++;
            return;
        }

        ngx_rtsp_reorder_restart(ro, seq);

    } else if (ahead > NGX_RTSP_REORDER_JUMP) {
        ngx_rtsp_reorder_restart(ro, seq);

    } else if (ahead >= NGX_RTSP_REORDER_SIZE) {
        ngx_rtsp_reorder_skip(ro, ahead - NGX_RTSP_REORDER_SIZE + 1);
    }

    ro->late = 0;

    /* what was waiting may have been all that was missing */

    if (seq != ro->next) {
        ngx_rtsp_reorder_store(ro, seq, packet, len, arrival);
        return;
    }

    ro->next++;
    ngx_rtsp_reorder_hand_on(ro, packet, len, arrival);

    if (ro->waiting) {
        ngx_rtsp_reorder_release(ro);
        ngx_rtsp_reorder_age(ro);
    }
}


/* hands on what waits behind holes that are too old; us until the next is */

static uint64_t
ngx_rtsp_reorder_give_up(ngx_rtsp_reorder_t *ro, uint64_t now)
{
    ngx_uint_t  n;

    while (ro->waiting) {

        if (now < ro->oldest + NGX_RTSP_REORDER_WAIT) {
            return ro->oldest + NGX_RTSP_REORDER_WAIT - now;
        }

        n = 1;

        while (ngx_rtsp_reorder_slot(ro, ro->next + n)->packet == NULL) {
            n++;
        }

        ngx_rtsp_reorder_skip(ro, n);
    }

    return 0;
}


static void
ngx_rtsp_reorder_hand_on(ngx_rtsp_reorder_t *ro, u_char *packet, size_t len,
    uint64_t arrival)
{
    if (!ro->destroyed) {
        ro->handler(ro->data, packet, len, arrival);
    }
}


static void
ngx_rtsp_reorder_store(ngx_rtsp_reorder_t *ro, uint16_t seq, u_char *packet,
    size_t len, uint64_t arrival)
{
    ngx_rtsp_reorder_slot_t  *slot;

    slot = ngx_rtsp_reorder_slot(ro, seq);

    if (slot->packet) {
        /* a duplicate */
        return;
    }

    slot->packet = ngx_alloc(len, ro->log);
    if (slot->packet == NULL) {
        return;
    }

    ngx_memcpy(slot->packet, packet, len);
    slot->len = len;
    slot->arrival = arrival;

    if (ro->waiting++ == 0) {
        ro->oldest = arrival;
    }
}


/* hands on what is no longer behind a hole */

static void
ngx_rtsp_reorder_release(ngx_rtsp_reorder_t *ro)
{
    u_char                   *packet;
    ngx_rtsp_reorder_slot_t  *slot;

    for ( ;; ) {
        slot = ngx_rtsp_reorder_slot(ro, ro->next);
        packet = slot->packet;

        if (packet == NULL) {
            return;
        }

        slot->packet = NULL;
        ro->waiting--;
        ro->next++;

        ngx_rtsp_reorder_hand_on(ro, packet, slot->len, slot->arrival);
        ngx_free(packet);
    }
}


/* goes on by n numbers: those that wait are handed on, the others are lost */

static void
ngx_rtsp_reorder_skip(ngx_rtsp_reorder_t *ro, ngx_uint_t n)
{
    uint16_t  end;

    end = (uint16_t) (ro->next + n);

    while ((int16_t) (end - ro->next) > 0) {

        if (ngx_rtsp_reorder_slot(ro, ro->next)->packet) {
            ngx_rtsp_reorder_release(ro);
            continue;
        }

        ro->next++;
        ro->lost++;
    }

    ngx_rtsp_reorder_release(ro);
    ngx_rtsp_reorder_age(ro);
}


/* the sender counts anew; what waits is the end of its old count */

static void
ngx_rtsp_reorder_restart(ngx_rtsp_reorder_t *ro, uint16_t seq)
{
    while (ro->waiting) {

        if (ngx_rtsp_reorder_slot(ro, ro->next)->packet == NULL) {
            ro->next++;
            ro->lost++;
            continue;
        }

        ngx_rtsp_reorder_release(ro);
    }

    ro->next = seq;
}


static void
ngx_rtsp_reorder_age(ngx_rtsp_reorder_t *ro)
{
    ngx_uint_t                i, n;
    ngx_rtsp_reorder_slot_t  *slot;

    n = ro->waiting;

    for (i = 0; n; i++) {
        slot = &ro->slots[i];

        if (slot->packet == NULL) {
            continue;
        }

        if (n-- == ro->waiting || slot->arrival < ro->oldest) {
            ro->oldest = slot->arrival;
        }
    }
}
