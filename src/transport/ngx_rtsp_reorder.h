
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_REORDER_H_INCLUDED_
#define _NGX_RTSP_REORDER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Puts the RTP packets of one media of a UDP publisher back into order.  A
 * packet that is not the next one waits until the hole before it is filled,
 * NGX_RTSP_REORDER_SIZE packets have come after the hole, or 100 ms are over.
 * Duplicates and late packets are dropped; 65 late ones in a row, or another
 * SSRC, are a sender that has started again.
 */

#define NGX_RTSP_REORDER_SIZE     64
#define NGX_RTSP_REORDER_WAIT     100000    /* us */
#define NGX_RTSP_REORDER_JUMP     3000      /* RFC 3550 A.1, MAX_DROPOUT */

typedef struct ngx_rtsp_reorder_s  ngx_rtsp_reorder_t;

/*
 * Called for each packet in its order; "arrival" is the packet's own.  It may
 * destroy the reorder buffer it is called from, and gets no more then.
 */
typedef void (*ngx_rtsp_reorder_pt)(void *data, u_char *packet, size_t len,
    uint64_t arrival);

/* NULL: no memory.  Packets are copied only while they wait. */
ngx_rtsp_reorder_t *ngx_rtsp_reorder_create(ngx_rtsp_reorder_pt handler,
    void *data, ngx_log_t *log);
void ngx_rtsp_reorder_destroy(ngx_rtsp_reorder_t *ro);

/* a packet of at least 12 bytes; delivers it and what it sets free */
void ngx_rtsp_reorder_put(ngx_rtsp_reorder_t *ro, u_char *packet, size_t len,
    uint64_t arrival);

/*
 * Gives up holes older than the wait at time "now" (us).  Returns us until
 * it has to be called again, 0: nothing waits.
 */
uint64_t ngx_rtsp_reorder_expire(ngx_rtsp_reorder_t *ro, uint64_t now);

/*
 * Sequence numbers given up, whether their packets came later or never.  What
 * came twice is no loss, and neither is a jump over more than
 * NGX_RTSP_REORDER_JUMP numbers: the sender has started again.
 */
uint64_t ngx_rtsp_reorder_lost(ngx_rtsp_reorder_t *ro);


#endif /* _NGX_RTSP_REORDER_H_INCLUDED_ */
