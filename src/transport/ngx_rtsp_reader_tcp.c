
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_rtsp_reader.h"
#include "ngx_rtsp_source.h"


/*
 * Readers over an RTSP connection: packets interleaved with responses.
 * Called by the feed when something is due and by the connection when it can
 * be written to again.
 *
 * A reader of all medias on the ring's own channels gets contiguous pieces of
 * the ring; all others get their packets gathered behind headers of their
 * own.  Invariant: a packet that was begun is finished from a private copy,
 * as the ring may go over it.
 */


#define NGX_RTSP_GATHER  32                 /* packets in one writev() */


static ngx_int_t ngx_rtsp_reader_send_range(ngx_rtsp_reader_t *reader,
    ngx_rtsp_ring_t *ring, uint64_t due);
static ngx_int_t ngx_rtsp_reader_count_range(ngx_rtsp_reader_t *reader,
    ngx_rtsp_ring_t *ring, uint64_t to, size_t size);
static ngx_int_t ngx_rtsp_reader_cut_range(ngx_rtsp_reader_t *reader,
    ngx_rtsp_ring_t *ring, size_t sent);
static ngx_int_t ngx_rtsp_reader_send_gathered(ngx_rtsp_reader_t *reader,
    ngx_rtsp_ring_t *ring, uint64_t due);
static void ngx_rtsp_reader_count(ngx_rtsp_reader_t *reader,
    ngx_rtsp_packet_t *packet);


ngx_int_t
ngx_rtsp_reader_send(ngx_rtsp_reader_t *reader)
{
    uint64_t          due, from;
    ngx_int_t         rc;
    ngx_rtsp_ring_t  *ring;

    for ( ;; ) {

        if (ngx_rtsp_output_pending(reader->out)) {
            rc = ngx_rtsp_output_flush(reader->out);

            if (rc == NGX_ERROR) {
                ngx_rtsp_reader_end(reader, NGX_RTSP_READER_BROKEN);
                return NGX_ERROR;
            }

            if (rc == NGX_AGAIN) {
                return NGX_OK;
            }
        }

        /* where to go on is found out when the connection takes something */

        if (!reader->out->connection->write->ready) {
            return NGX_OK;
        }

        ring = ngx_rtsp_reader_ring(reader, &due);

        if (ngx_rtsp_reader_ready(reader, ring) != NGX_OK) {
            return NGX_OK;
        }

        if (reader->pos >= due) {
            reader->caught_up = 1;
            return NGX_OK;
        }

        from = reader->pos;

        /* guessed reports before ring->reports have to be left out */

        rc = (reader->canonical && reader->pos >= ring->reports)
             ? ngx_rtsp_reader_send_range(reader, ring, due)
             : ngx_rtsp_reader_send_gathered(reader, ring, due);

        if (rc == NGX_AGAIN) {
            return NGX_OK;
        }

        if (rc == NGX_ERROR) {
            ngx_rtsp_reader_end(reader, NGX_RTSP_READER_BROKEN);
            return NGX_ERROR;
        }

        if (rc == NGX_ABORT) {
            ngx_rtsp_reader_end(reader, NGX_RTSP_READER_OVERRUN);
            return NGX_ERROR;
        }

        if (reader->pos == from) {
            return NGX_OK;
        }
    }
}


/*
 * NGX_OK: something was sent; NGX_AGAIN: the connection takes nothing;
 * NGX_DECLINED: the packet was overwritten before; NGX_ABORT: while it was
 * being sent, so the peer may have got damaged bytes; NGX_ERROR: broken.
 */

static ngx_int_t
ngx_rtsp_reader_send_range(ngx_rtsp_reader_t *reader, ngx_rtsp_ring_t *ring,
    uint64_t due)
{
    size_t         size;
    ssize_t        sent;
    uint64_t       from;
    ngx_int_t      n;
    struct iovec   iov[2];

    from = reader->pos;

    n = ngx_rtsp_ring_range(ring, from, due, iov);

    if (n == NGX_DECLINED) {
        return NGX_OK;
    }

    size = iov[0].iov_len + (n == 2 ? iov[1].iov_len : 0);

    sent = ngx_rtsp_output_writev(reader->out, iov, n);

    if (sent <= 0) {
        return sent == 0 ? NGX_AGAIN : NGX_ERROR;
    }

    n = ((size_t) sent == size)
        ? ngx_rtsp_reader_count_range(reader, ring, due, size)
        : ngx_rtsp_reader_cut_range(reader, ring, sent);

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    return (n == NGX_OK && ngx_rtsp_ring_whole(ring, from)) ? NGX_OK
                                                            : NGX_ABORT;
}


/*
 * All of [pos, to) was sent: counted from its two ends, as all RTCP packets
 * of a ring have one size.
 */

static ngx_int_t
ngx_rtsp_reader_count_range(ngx_rtsp_reader_t *reader, ngx_rtsp_ring_t *ring,
    uint64_t to, size_t size)
{
    uint32_t           packets, reports;
    ngx_rtsp_packet_t  first, last;

    if (ngx_rtsp_ring_get(ring, reader->pos, &first) != NGX_OK
        || ngx_rtsp_ring_get(ring, to - 1, &last) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    reports = last.rtcp - first.rtcp
              + ((last.flags & NGX_RTSP_RING_RTCP) ? 1 : 0);
    packets = (uint32_t) (to - reader->pos) - reports;

    reader->record->packets_sent += packets;
    reader->record->bytes_sent += size - (size_t) packets * NGX_RTSP_RING_FRAME
                                  - (size_t) reports * NGX_RTSP_RING_REPORT;
    reader->pos = to;

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_reader_cut_range(ngx_rtsp_reader_t *reader, ngx_rtsp_ring_t *ring,
    size_t sent)
{
    ngx_rtsp_packet_t  packet;

    while (sent) {

        if (ngx_rtsp_ring_get(ring, reader->pos, &packet) != NGX_OK) {
            return NGX_DECLINED;
        }

        if (sent < packet.len) {

            if (ngx_rtsp_output_keep(reader->out,
                                 ngx_rtsp_ring_bytes(ring, &packet) + sent,
                                 packet.len - sent)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            sent = packet.len;
        }

        sent -= packet.len;
        reader->pos++;
        ngx_rtsp_reader_count(reader, &packet);
    }

    return NGX_OK;
}


static void
ngx_rtsp_reader_count(ngx_rtsp_reader_t *reader, ngx_rtsp_packet_t *packet)
{
    if ((packet->flags & NGX_RTSP_RING_RTCP) == 0) {
        reader->record->packets_sent++;
        reader->record->bytes_sent += packet->len - NGX_RTSP_RING_FRAME;
    }
}


/* returns as ngx_rtsp_reader_send_range() */

static ngx_int_t
ngx_rtsp_reader_send_gathered(ngx_rtsp_reader_t *reader,
    ngx_rtsp_ring_t *ring, uint64_t due)
{
    u_char             *bytes, heads[NGX_RTSP_GATHER][NGX_RTSP_RING_FRAME];
    size_t              cut;
    ssize_t             sent;
    uint64_t            pos, from, at[NGX_RTSP_GATHER];
    ngx_uint_t          i, n;
    struct iovec        iov[2 * NGX_RTSP_GATHER];
    ngx_rtsp_packet_t   packets[NGX_RTSP_GATHER];

    n = 0;
    from = reader->pos;

    for (pos = from; pos < due && n < NGX_RTSP_GATHER; pos++) {

        if (ngx_rtsp_ring_get(ring, pos, &packets[n]) != NGX_OK) {
            return NGX_OK;
        }

        if (!ngx_rtsp_reader_wants(reader, ring, pos, &packets[n])) {
            continue;
        }

        bytes = ngx_rtsp_ring_bytes(ring, &packets[n]);

        heads[n][0] = '$';
        heads[n][1] = reader->record->medias[packets[n].media].channel
                          [packets[n].flags & NGX_RTSP_RING_RTCP];
        heads[n][2] = (u_char) ((packets[n].len - NGX_RTSP_RING_FRAME) >> 8);
        heads[n][3] = (u_char) (packets[n].len - NGX_RTSP_RING_FRAME);

        iov[2 * n].iov_base = heads[n];
        iov[2 * n].iov_len = NGX_RTSP_RING_FRAME;
        iov[2 * n + 1].iov_base = bytes + NGX_RTSP_RING_FRAME;
        iov[2 * n + 1].iov_len = packets[n].len - NGX_RTSP_RING_FRAME;

        at[n++] = pos;
    }

    if (n == 0) {
        reader->pos = pos;
        return NGX_OK;
    }

    sent = ngx_rtsp_output_writev(reader->out, iov, 2 * n);

    if (sent <= 0) {
        return sent == 0 ? NGX_AGAIN : NGX_ERROR;
    }

    for (i = 0; i < n && sent > 0; i++) {

        if ((size_t) sent < packets[i].len) {
            cut = sent;
            sent = packets[i].len;

            if (cut < NGX_RTSP_RING_FRAME) {

                if (ngx_rtsp_output_keep(reader->out, heads[i] + cut,
                                         NGX_RTSP_RING_FRAME - cut)
                    != NGX_OK)
                {
                    return NGX_ERROR;
                }

                cut = NGX_RTSP_RING_FRAME;
            }

            if (ngx_rtsp_output_keep(reader->out,
                             ngx_rtsp_ring_bytes(ring, &packets[i]) + cut,
                             packets[i].len - cut)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }

        sent -= packets[i].len;
        ngx_rtsp_reader_count(reader, &packets[i]);
    }

    reader->pos = (i == n) ? pos : at[i - 1] + 1;

    return ngx_rtsp_ring_whole(ring, from) ? NGX_OK : NGX_ABORT;
}
