
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


/* packets that go out in one call, with headers of their own */

typedef struct {
    uint64_t                  from;         /* where the run began to look */
    uint64_t                  to;           /* and where it ended */
    ngx_uint_t                n;
    uint64_t                  at[NGX_RTSP_GATHER];
    ngx_rtsp_packet_t         packets[NGX_RTSP_GATHER];
    u_char                    heads[NGX_RTSP_GATHER][NGX_RTSP_RING_FRAME];
    struct iovec              iov[2 * NGX_RTSP_GATHER];
} ngx_rtsp_reader_run_t;


static ngx_int_t ngx_rtsp_reader_send_range(ngx_rtsp_reader_t *reader,
    ngx_rtsp_ring_t *ring, uint64_t due);
static ngx_int_t ngx_rtsp_reader_count_range(ngx_rtsp_reader_t *reader,
    ngx_rtsp_ring_t *ring, uint64_t to, size_t size);
static ngx_int_t ngx_rtsp_reader_cut_range(ngx_rtsp_reader_t *reader,
    ngx_rtsp_ring_t *ring, size_t sent);
static ngx_int_t ngx_rtsp_reader_send_gathered(ngx_rtsp_reader_t *reader,
    ngx_rtsp_ring_t *ring, uint64_t due);
static ngx_int_t ngx_rtsp_reader_gather(ngx_rtsp_reader_t *reader,
    ngx_rtsp_ring_t *ring, uint64_t due, ngx_rtsp_reader_run_t *run);
static ngx_int_t ngx_rtsp_reader_sent(ngx_rtsp_reader_t *reader,
    ngx_rtsp_reader_run_t *run, size_t sent);
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

        if (!reader->clocked) {
            ngx_rtsp_reader_clock(reader);
        }

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
    ssize_t                 sent;
    ngx_int_t               rc;
    ngx_rtsp_reader_run_t   run;

    run.from = reader->pos;
    run.n = 0;

    if (ngx_rtsp_reader_gather(reader, ring, due, &run) != NGX_OK) {
        return NGX_OK;
    }

    if (run.n == 0) {
        reader->pos = run.to;
        return NGX_OK;
    }

    sent = ngx_rtsp_output_writev(reader->out, run.iov, 2 * run.n);

    if (sent <= 0) {
        return sent == 0 ? NGX_AGAIN : NGX_ERROR;
    }

    rc = ngx_rtsp_reader_sent(reader, &run, sent);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_rtsp_ring_whole(ring, run.from) ? NGX_OK : NGX_ABORT;
}


/* packets that the reader wants, each behind a header of its own channel */

static ngx_int_t
ngx_rtsp_reader_gather(ngx_rtsp_reader_t *reader, ngx_rtsp_ring_t *ring,
    uint64_t due, ngx_rtsp_reader_run_t *run)
{
    u_char             *head;
    size_t              len;
    uint64_t            pos;
    struct iovec       *iov;
    ngx_rtsp_packet_t  *packet;

    for (pos = run->from; pos < due && run->n < NGX_RTSP_GATHER; pos++) {

        packet = &run->packets[run->n];

        if (ngx_rtsp_ring_get(ring, pos, packet) != NGX_OK) {
            return NGX_DECLINED;
        }

        if (!ngx_rtsp_reader_wants(reader, ring, pos, packet)) {
            continue;
        }

        len = packet->len - NGX_RTSP_RING_FRAME;
        head = run->heads[run->n];
        iov = &run->iov[2 * run->n];

        head[0] = '$';
        head[1] = reader->record->medias[packet->media].channel
                                      [packet->flags & NGX_RTSP_RING_RTCP];
        head[2] = (u_char) (len >> 8);
        head[3] = (u_char) len;

        iov[0].iov_base = head;
        iov[0].iov_len = NGX_RTSP_RING_FRAME;
        iov[1].iov_base = ngx_rtsp_ring_bytes(ring, packet)
                          + NGX_RTSP_RING_FRAME;
        iov[1].iov_len = len;

        run->at[run->n++] = pos;
    }

    run->to = pos;

    return NGX_OK;
}


/* "sent" bytes of a run are gone: the cut packet is kept, the rest counted */

static ngx_int_t
ngx_rtsp_reader_sent(ngx_rtsp_reader_t *reader, ngx_rtsp_reader_run_t *run,
    size_t sent)
{
    size_t         cut;
    ngx_uint_t     i;
    struct iovec  *iov;

    for (i = 0; i < run->n && sent; i++) {

        if (sent < run->packets[i].len) {

            iov = &run->iov[2 * i];
            cut = ngx_min(sent, NGX_RTSP_RING_FRAME);

            if (ngx_rtsp_output_keep(reader->out,
                                     (u_char *) iov[0].iov_base + cut,
                                     iov[0].iov_len - cut)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            cut = sent - cut;

            if (ngx_rtsp_output_keep(reader->out,
                                     (u_char *) iov[1].iov_base + cut,
                                     iov[1].iov_len - cut)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            sent = run->packets[i].len;
        }

        sent -= run->packets[i].len;
        ngx_rtsp_reader_count(reader, &run->packets[i]);
    }

    reader->pos = (i == run->n) ? run->to : run->at[i - 1] + 1;

    return NGX_OK;
}
