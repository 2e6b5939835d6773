
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_ring.h"


/*
 * The ring of packets: the one primitive that carries media from the process
 * that takes it in to every process that sends it out.
 *
 * Called by the one writer of a stream and by all its readers, in different
 * processes, at the same time and without a lock.  It owns the layout of its
 * block and nothing else, and needs nothing but memory.
 *
 * "head" is the only word that publishes: where the writer goes on follows
 * from the descriptor before it, so a writer that dies at any instruction
 * leaves a ring that its successor continues.  "tail" is moved before a byte
 * or a descriptor is overwritten, so a reader that finds it unmoved after use
 * has seen only whole packets.
 */


#define NGX_RTSP_RING_MIN_SIZE     (64 * 1024)
#define NGX_RTSP_RING_MAX_PACKET   (65535 + NGX_RTSP_RING_FRAME)

/* bytes per descriptor: audio and reports are smaller, video is larger */
#define NGX_RTSP_RING_PER_PACKET   512


/*
 * What was read before must not be read later: enough for a reader, who only
 * loads.  It costs nothing where the processor keeps loads in order.
 */
#define ngx_rtsp_ring_load_barrier()  __atomic_thread_fence(__ATOMIC_ACQUIRE)


static size_t ngx_rtsp_ring_size(size_t size);
static uint64_t ngx_rtsp_ring_place(ngx_rtsp_ring_t *ring, size_t len,
    uint64_t *last);


size_t
ngx_rtsp_ring_memory(size_t size)
{
    size = ngx_rtsp_ring_size(size);

    return ngx_align(sizeof(ngx_rtsp_ring_t), NGX_CPU_CACHE_LINE)
           + size / NGX_RTSP_RING_PER_PACKET * sizeof(ngx_rtsp_packet_t)
           + size;
}


static size_t
ngx_rtsp_ring_size(size_t size)
{
    size_t  n;

    for (n = NGX_RTSP_RING_MIN_SIZE; n < size; n <<= 1) { /* void */ }

    return n;
}


ngx_rtsp_ring_t *
ngx_rtsp_ring_init(void *block, size_t size, uint64_t first)
{
    u_char             *p;
    ngx_rtsp_ring_t    *ring;
    ngx_rtsp_packet_t  *packet;

    ring = block;
    p = block;

    ngx_memzero(ring, sizeof(ngx_rtsp_ring_t));

    ring->size = ngx_rtsp_ring_size(size);
    ring->npackets = ring->size / NGX_RTSP_RING_PER_PACKET;

    p += ngx_align(sizeof(ngx_rtsp_ring_t), NGX_CPU_CACHE_LINE);
    ring->packets = (ngx_rtsp_packet_t *) p;

    p += ring->npackets * sizeof(ngx_rtsp_packet_t);
    ring->bytes = p;

    /* the descriptor before the first one says where to begin */

    packet = &ring->packets[(first - 1) & (ring->npackets - 1)];
    ngx_memzero(packet, sizeof(ngx_rtsp_packet_t));

    ring->head = first;
    ring->due = first;
    ring->reports = first;
    ring->tail = first;

    return ring;
}


u_char *
ngx_rtsp_ring_reserve(ngx_rtsp_ring_t *ring, size_t len)
{
    uint64_t  head, tail, offset, end, last;

    if (len > ring->size / 4 || len > NGX_RTSP_RING_MAX_PACKET) {
        return NULL;
    }

    offset = ngx_rtsp_ring_place(ring, len, &last);
    end = offset + len;

    head = ring->head;
    tail = ring->tail;

    /*
     * a packet is lost with its first overwritten byte, or when the new
     * descriptor takes its slot
     */

    while (tail < head
           && (tail + ring->npackets <= head
               || ring->packets[tail & (ring->npackets - 1)].offset
                  + ring->size < end))
    {
        tail++;
    }

    ring->tail = tail;

    ngx_memory_barrier();

    return ring->bytes + (offset & (ring->size - 1));
}


/*
 * The offset of the next packet, which never crosses the end of the bytes,
 * and the end of the one before it.
 */

static uint64_t
ngx_rtsp_ring_place(ngx_rtsp_ring_t *ring, size_t len, uint64_t *last)
{
    uint64_t            pos;
    ngx_rtsp_packet_t  *packet;

    packet = &ring->packets[(ring->head - 1) & (ring->npackets - 1)];

    *last = packet->offset + packet->len;

    pos = *last & (ring->size - 1);

    if (pos + len > ring->size) {
        return *last + (ring->size - pos);
    }

    return *last;
}


uint64_t
ngx_rtsp_ring_commit(ngx_rtsp_ring_t *ring, ngx_rtsp_packet_t *packet)
{
    uint64_t  head, last;

    head = ring->head;

    packet->offset = ngx_rtsp_ring_place(ring, packet->len, &last);

    /*
     * reserving has moved the tail past everything before the wrap that
     * wrap_end was about until now
     */

    if ((packet->offset & (ring->size - 1)) == 0) {
        ring->wrap_end = last;
    }

    ring->packets[head & (ring->npackets - 1)] = *packet;

    ngx_memory_barrier();

    ring->head = head + 1;

    /* for the writer's own arithmetic, nothing relies on it here */
    ring->offset = packet->offset + packet->len;

    if (packet->flags & NGX_RTSP_RING_KEY) {
        ring->key = head + 1;
    }

    return head;
}


void
ngx_rtsp_ring_mark_key(ngx_rtsp_ring_t *ring, uint64_t index)
{
    if (index < ring->tail || index >= ring->head) {
        return;
    }

    ring->packets[index & (ring->npackets - 1)].flags |= NGX_RTSP_RING_KEY;

    ngx_memory_barrier();

    if (ring->key < index + 1) {
        ring->key = index + 1;
    }
}


void
ngx_rtsp_ring_flush(ngx_rtsp_ring_t *ring)
{
    ngx_memory_barrier();

    ring->due = ring->head;
}


ngx_int_t
ngx_rtsp_ring_get(ngx_rtsp_ring_t *ring, uint64_t index,
    ngx_rtsp_packet_t *packet)
{
    if (index >= ring->head) {
        return NGX_AGAIN;
    }

    ngx_rtsp_ring_load_barrier();

    *packet = ring->packets[index & (ring->npackets - 1)];

    ngx_rtsp_ring_load_barrier();

    if (index < ring->tail) {
        return NGX_DECLINED;
    }

    /* never follow an offset out of the ring, whatever has written it */

    if (packet->len < NGX_RTSP_RING_FRAME
        || packet->len > ring->size / 4
        || (packet->offset & (ring->size - 1)) + packet->len > ring->size)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_rtsp_ring_range(ngx_rtsp_ring_t *ring, uint64_t from, uint64_t to,
    struct iovec iov[2])
{
    uint64_t           start, end, wrap, turn;
    ngx_int_t          rc;
    ngx_rtsp_packet_t  first, last;

    if (from >= to) {
        return 0;
    }

    rc = ngx_rtsp_ring_get(ring, from, &first);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_rtsp_ring_get(ring, to - 1, &last);
    if (rc != NGX_OK) {
        return rc;
    }

    start = first.offset;
    end = last.offset + last.len;

    if (start >= end || end - start > ring->size) {
        return NGX_DECLINED;
    }

    iov[0].iov_base = ngx_rtsp_ring_bytes(ring, &first);

    /* where the last packet's turn around the ring begins */
    turn = last.offset & ~(ring->size - 1);

    if (start >= turn) {
        iov[0].iov_len = end - start;
        return 1;
    }

    wrap = ring->wrap_end;

    if (!ngx_rtsp_ring_whole(ring, from)
        || wrap < start + first.len
        || wrap > turn)
    {
        return NGX_DECLINED;
    }

    iov[0].iov_len = wrap - start;

    iov[1].iov_base = ring->bytes;
    iov[1].iov_len = end - turn;

    return 2;
}


ngx_uint_t
ngx_rtsp_ring_whole(ngx_rtsp_ring_t *ring, uint64_t index)
{
    ngx_rtsp_ring_load_barrier();

    return index >= ring->tail;
}


ngx_int_t
ngx_rtsp_ring_newest_key(ngx_rtsp_ring_t *ring, uint64_t *index)
{
    uint64_t  key;

    key = ring->key;

    if (key == 0 || !ngx_rtsp_ring_whole(ring, key - 1)) {
        return NGX_DECLINED;
    }

    *index = key - 1;

    return NGX_OK;
}
