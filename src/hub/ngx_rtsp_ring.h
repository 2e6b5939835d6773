
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_RING_H_INCLUDED_
#define _NGX_RTSP_RING_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <sys/uio.h>


/*
 * A single-writer, many-reader, lock-free ring of packets in shared memory.
 *
 * Packets lie back to back as TCP wants them ('$', channel, length, RTP or
 * RTCP); one that would cross the end of the bytes starts at their beginning.
 * Beside them is a ring of descriptors.  A position is the number of a packet
 * since the ring began: 64 bits, never wrapped.  "head" publishes bytes and
 * descriptors together, "tail" says what was overwritten: the writer moves it
 * before it touches anything, a reader looks at it after use.
 */

#define NGX_RTSP_RING_FRAME       4         /* '$', channel, 16-bit length */

#define NGX_RTSP_RING_RTCP        0x01      /* else RTP */
#define NGX_RTSP_RING_KEY         0x02      /* a decoder may start here */
#define NGX_RTSP_RING_END         0x04      /* last packet of its frame */
#define NGX_RTSP_RING_ESTIMATE    0x08      /* a sender report written before
                                             * the source sent one */

typedef struct {
    uint64_t                      offset;   /* of '$', never wrapped */
    uint64_t                      arrival;  /* CLOCK_MONOTONIC, us */
    uint32_t                      len;      /* with the 4 bytes of framing */
    uint32_t                      rtptime;
    uint16_t                      seq;
    uint8_t                       media;    /* index in the description */
    uint8_t                       flags;    /* NGX_RTSP_RING_... */
    uint32_t                      rtcp;     /* RTCP packets before it; all of a
                                             * stream's have the same size */
} ngx_rtsp_packet_t;


typedef struct {
    ngx_atomic_t                  head;     /* first packet not yet there */
    ngx_atomic_t                  due;      /* first that may not go out yet */
    ngx_atomic_t                  key;      /* 1 + newest key start, 0: none */

    /* packets before it may carry NGX_RTSP_RING_ESTIMATE reports */
    ngx_atomic_t                  reports;

    u_char                        pad1[NGX_CPU_CACHE_LINE];

    ngx_atomic_t                  tail;     /* first packet still whole */
    ngx_atomic_t                  wrap_end; /* end of the last packet before
                                             * the newest wrap, an offset */
    uint64_t                      offset;   /* end of the newest packet */

    u_char                        pad2[NGX_CPU_CACHE_LINE];

    uint64_t                      size;     /* bytes, a power of two */
    uint64_t                      npackets; /* descriptors, a power of two */
    ngx_rtsp_packet_t            *packets;
    u_char                       *bytes;
} ngx_rtsp_ring_t;


/*
 * Memory for a ring of at least "size" bytes of packets (rounded up to a
 * power of two, 64 KiB at least), and its set-up in a block of that much.
 * "first" is the number of its first packet.
 */
size_t ngx_rtsp_ring_memory(size_t size);
ngx_rtsp_ring_t *ngx_rtsp_ring_init(void *block, size_t size, uint64_t first);


/* Writer: only the process that has the stream's writer role may call these */

/*
 * Room for one packet of "len" bytes, framing included: a place to write it
 * to, after "tail" has moved past what was there.  NULL if "len" is more than
 * a quarter of the ring, or than the framing can say (65539).  May be called
 * again instead of being followed by a commit.
 */
u_char *ngx_rtsp_ring_reserve(ngx_rtsp_ring_t *ring, size_t len);

/*
 * Publishes what was written to the last reserved place.  The packet's
 * offset is filled in; its len must be the reserved one.  A packet with
 * NGX_RTSP_RING_KEY becomes the newest key start.  Returns its number.
 */
uint64_t ngx_rtsp_ring_commit(ngx_rtsp_ring_t *ring,
    ngx_rtsp_packet_t *packet);

/* a decoder may start at packet "index", known only now that more has come */
void ngx_rtsp_ring_mark_key(ngx_rtsp_ring_t *ring, uint64_t index);

/* everything up to the head may go out */
void ngx_rtsp_ring_flush(ngx_rtsp_ring_t *ring);


/* Readers */

/*
 * Copies the descriptor of packet "index".  NGX_OK; NGX_AGAIN, not there yet;
 * NGX_DECLINED, overwritten, or damaged by a writer that runs over us.
 */
ngx_int_t ngx_rtsp_ring_get(ngx_rtsp_ring_t *ring, uint64_t index,
    ngx_rtsp_packet_t *packet);

/* where the bytes of a packet got with ngx_rtsp_ring_get() are */
#define ngx_rtsp_ring_bytes(ring, packet)                                     \
    ((ring)->bytes + ((packet)->offset & ((ring)->size - 1)))

/*
 * The bytes of packets [from, to) as one piece, or two around the end of the
 * ring.  Returns the number of pieces, 0 for an empty range, or NGX_AGAIN and
 * NGX_DECLINED as above.
 */
ngx_int_t ngx_rtsp_ring_range(ngx_rtsp_ring_t *ring, uint64_t from,
    uint64_t to, struct iovec iov[2]);

/* 1 when packet "index" and all after it are still whole: ask after use */
ngx_uint_t ngx_rtsp_ring_whole(ngx_rtsp_ring_t *ring, uint64_t index);

/*
 * The newest packet at which a decoder may start and that is still whole:
 * NGX_OK and its number, or NGX_DECLINED.
 */
ngx_int_t ngx_rtsp_ring_newest_key(ngx_rtsp_ring_t *ring, uint64_t *index);


#endif /* _NGX_RTSP_RING_H_INCLUDED_ */
