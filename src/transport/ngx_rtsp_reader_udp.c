
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_rtsp_reader.h"
#include "ngx_rtsp_udp.h"


/*
 * Readers over UDP.  Those of a feed that stand at the same packet are served
 * together: the packets that are due are cut into runs of one media, and each
 * run goes to all of them in a few calls.  A reader that replays from a key
 * frame goes alone and paced, as receive buffers are small by default.
 *
 * Invariant: where the socket takes nothing a reader stays at the first
 * packet of its run and tries again; packets are never queued.
 */


#define NGX_RTSP_UDP_RETRY  5               /* ms */


typedef struct {
    ngx_rtsp_reader_t       *readers[NGX_RTSP_UDP_BATCH];
    ngx_uint_t               nreaders;

    ngx_rtsp_ring_t         *ring;
    uint64_t                 from;          /* first packet of the run */
    uint64_t                 to;            /* packet after its last */
    ngx_uint_t               media;
    ngx_uint_t               rtcp;
    uint64_t                 at[NGX_RTSP_UDP_RUN];  /* of its packets */
    ngx_rtsp_udp_run_t       run;
} ngx_rtsp_udp_group_t;


static ngx_int_t ngx_rtsp_reader_udp_pass(ngx_rtsp_feed_t *feed);
static ngx_uint_t ngx_rtsp_reader_udp_due(ngx_rtsp_reader_t *reader);
static void ngx_rtsp_reader_udp_alone(ngx_rtsp_reader_t *reader,
    size_t limit);
static void ngx_rtsp_reader_udp_group(ngx_rtsp_udp_group_t *group,
    uint64_t due, size_t limit);
static ngx_int_t ngx_rtsp_reader_udp_add(ngx_rtsp_udp_group_t *group,
    uint64_t pos, ngx_rtsp_packet_t *packet);
static void ngx_rtsp_reader_udp_send(ngx_rtsp_udp_group_t *group);
static void ngx_rtsp_reader_udp_sent(ngx_rtsp_udp_group_t *group,
    ngx_rtsp_reader_t *reader, ngx_rtsp_udp_target_t *target);
static socklen_t ngx_rtsp_reader_udp_address(ngx_rtsp_reader_t *reader,
    ngx_uint_t media, ngx_uint_t rtcp, struct sockaddr_storage *ss);
static ngx_socket_t ngx_rtsp_reader_udp_fd(ngx_rtsp_reader_t *reader,
    ngx_uint_t media, ngx_uint_t rtcp);


void
ngx_rtsp_reader_udp_deliver(ngx_rtsp_feed_t *feed)
{
    /* nearly always all readers stand at one packet and one pass does it */

    while (ngx_rtsp_reader_udp_pass(feed) == NGX_AGAIN) { /* void */ }
}


/*
 * Serves the readers that stand where the first one stands that has something
 * to get.  NGX_AGAIN: others stand elsewhere; NGX_OK: there is none.
 */

static ngx_int_t
ngx_rtsp_reader_udp_pass(ngx_rtsp_feed_t *feed)
{
    uint64_t                     pos, due;
    uint32_t                     medias;
    ngx_uint_t                   others;
    ngx_queue_t                 *q;
    ngx_rtsp_reader_t           *reader;
    static ngx_rtsp_udp_group_t  group;

    group.nreaders = 0;
    group.ring = NULL;

    others = 0;
    pos = 0;
    due = 0;
    medias = 0;

    for (q = ngx_queue_head(&feed->readers);
         q != ngx_queue_sentinel(&feed->readers);
         q = ngx_queue_next(q))
    {
        reader = ngx_queue_data(q, ngx_rtsp_reader_t, queue);

        if (!reader->udp || reader->replaying || reader->blocked
            || !ngx_rtsp_reader_udp_due(reader))
        {
            continue;
        }

        if (reader->pairs) {

            /* from ports of its own: nobody can share in that */

            ngx_rtsp_reader_udp_alone(reader, (size_t) -1);
            continue;
        }

        if (group.ring == NULL) {
            group.ring = ngx_rtsp_reader_ring(reader, &due);
            pos = reader->pos;
            medias = reader->medias;

        } else if (reader->pos != pos || reader->medias != medias) {
            others = 1;
            continue;
        }

        group.readers[group.nreaders++] = reader;

        if (group.nreaders == NGX_RTSP_UDP_BATCH) {
            ngx_rtsp_reader_udp_group(&group, due, (size_t) -1);
            group.nreaders = 0;
        }
    }

    if (group.nreaders) {
        ngx_rtsp_reader_udp_group(&group, due, (size_t) -1);
    }

    return others ? NGX_AGAIN : NGX_OK;
}


/* 1 if there is something to get for a reader, whose place is found out */

static ngx_uint_t
ngx_rtsp_reader_udp_due(ngx_rtsp_reader_t *reader)
{
    uint64_t          due;
    ngx_rtsp_ring_t  *ring;

    ring = ngx_rtsp_reader_ring(reader, &due);

    if (ngx_rtsp_reader_ready(reader, ring) != NGX_OK) {
        return 0;
    }

    if (reader->replaying) {
        return 0;
    }

    (void) ngx_rtsp_reader_ring(reader, &due);

    if (reader->pos < due) {
        return 1;
    }

    reader->caught_up = 1;

    return 0;
}


/* sends what is due, at most "limit" bytes, to one reader */

static void
ngx_rtsp_reader_udp_alone(ngx_rtsp_reader_t *reader, size_t limit)
{
    uint64_t                     due;
    static ngx_rtsp_udp_group_t  group;

    group.readers[0] = reader;
    group.nreaders = 1;
    group.ring = ngx_rtsp_reader_ring(reader, &due);

    ngx_rtsp_reader_udp_group(&group, due, limit);
}


/* sends [pos, due), at most "limit" bytes, to a group */

static void
ngx_rtsp_reader_udp_group(ngx_rtsp_udp_group_t *group, uint64_t due,
    size_t limit)
{
    size_t              size;
    uint64_t            pos;
    ngx_uint_t          i;
    ngx_rtsp_packet_t   packet;
    ngx_rtsp_reader_t  *first;

    first = group->readers[0];

    group->from = first->pos;
    group->run.n = 0;
    size = 0;

    for (pos = first->pos; pos < due && size < limit; pos++) {

        if (ngx_rtsp_ring_get(group->ring, pos, &packet) != NGX_OK) {
            break;
        }

        group->to = pos;

        if (!ngx_rtsp_reader_wants(first, group->ring, pos, &packet)) {
            continue;
        }

        size += packet.len;

        if (ngx_rtsp_reader_udp_add(group, pos, &packet) == NGX_OK) {
            continue;
        }

        ngx_rtsp_reader_udp_send(group);

        if (group->nreaders == 0) {
            return;
        }

        first = group->readers[0];
        (void) ngx_rtsp_reader_udp_add(group, pos, &packet);
    }

    group->to = pos;
    ngx_rtsp_reader_udp_send(group);

    for (i = 0; i < group->nreaders; i++) {
        group->readers[i]->pos = pos;
    }
}


static ngx_int_t
ngx_rtsp_reader_udp_add(ngx_rtsp_udp_group_t *group, uint64_t pos,
    ngx_rtsp_packet_t *packet)
{
    ngx_uint_t  rtcp;

    rtcp = packet->flags & NGX_RTSP_RING_RTCP;

    if (group->run.n && (group->media != packet->media || group->rtcp != rtcp))
    {
        return NGX_DECLINED;
    }

    if (ngx_rtsp_udp_run_add(&group->run,
                             ngx_rtsp_ring_bytes(group->ring, packet)
                             + NGX_RTSP_RING_FRAME,
                             packet->len - NGX_RTSP_RING_FRAME)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    group->media = packet->media;
    group->rtcp = rtcp;
    group->at[group->run.n - 1] = pos;

    return NGX_OK;
}


static void
ngx_rtsp_reader_udp_send(ngx_rtsp_udp_group_t *group)
{
    ngx_uint_t                      i, n;
    ngx_socket_t                    fd;
    ngx_rtsp_reader_t              *reader;
    static struct sockaddr_storage  ss[NGX_RTSP_UDP_BATCH];
    static ngx_rtsp_udp_target_t    targets[NGX_RTSP_UDP_BATCH];

    if (group->run.n == 0) {
        return;
    }

    if (!ngx_rtsp_ring_whole(group->ring, group->from)) {
        group->run.n = 0;
        group->nreaders = 0;
        return;
    }

    for (i = 0; i < group->nreaders; i++) {
        reader = group->readers[i];

        targets[i].to = (struct sockaddr *) &ss[i];
        targets[i].len = ngx_rtsp_reader_udp_address(reader, group->media,
                                                     group->rtcp, &ss[i]);
        targets[i].local = (struct sockaddr *) &reader->record->local;
    }

    /* the families have different sockets, so they go one after the other */

    for (i = 0; i < group->nreaders; i = n) {

        fd = ngx_rtsp_reader_udp_fd(group->readers[i], group->media,
                                    group->rtcp);

        for (n = i + 1; n < group->nreaders; n++) {
            if (ngx_rtsp_reader_udp_fd(group->readers[n], group->media,
                                       group->rtcp)
                != fd)
            {
                break;
            }
        }

        ngx_rtsp_udp_send_run(fd, &group->run, &targets[i], n - i);
    }

    n = 0;

    for (i = 0; i < group->nreaders; i++) {
        reader = group->readers[i];

        ngx_rtsp_reader_udp_sent(group, reader, &targets[i]);

        if (!reader->blocked) {
            group->readers[n++] = reader;
        }
    }

    group->nreaders = n;
    group->from = group->to;
    group->run.n = 0;
}


/* the outcome of a run for one reader; an unreachable one loses its packets */

static void
ngx_rtsp_reader_udp_sent(ngx_rtsp_udp_group_t *group,
    ngx_rtsp_reader_t *reader, ngx_rtsp_udp_target_t *target)
{
    ngx_uint_t  i;

    if (target->rc == NGX_AGAIN && target->sent < group->run.n) {

        reader->pos = target->sent ? group->at[target->sent] : group->from;
        reader->blocked = 1;

        if (!reader->feed->retry.timer_set) {
            ngx_add_timer(&reader->feed->retry, NGX_RTSP_UDP_RETRY);
        }

    } else {
        reader->pos = group->to;
    }

    if (group->rtcp) {
        return;
    }

    reader->record->packets_sent += target->sent;

    for (i = 0; i < target->sent; i++) {
        reader->record->bytes_sent += group->run.iov[i].iov_len;
    }

    if (target->rc == NGX_ERROR) {
        reader->record->packets_dropped += group->run.n - target->sent;
    }

    if (!reader->clocked) {
        ngx_rtsp_reader_clock(reader);
    }
}


static socklen_t
ngx_rtsp_reader_udp_address(ngx_rtsp_reader_t *reader, ngx_uint_t media,
    ngx_uint_t rtcp, struct sockaddr_storage *ss)
{
    ngx_rtsp_record_t  *record;

    record = reader->record;

    ngx_memcpy(ss, &record->sockaddr, record->socklen);
    ngx_inet_set_port((struct sockaddr *) ss,
                      record->medias[media].client_port[rtcp]);

    return record->socklen;
}


static ngx_socket_t
ngx_rtsp_reader_udp_fd(ngx_rtsp_reader_t *reader, ngx_uint_t media,
    ngx_uint_t rtcp)
{
    ngx_int_t  family;

    if (reader->pairs) {
        return reader->pairs[2 * media + rtcp]->connection->fd;
    }

    family = ngx_rtsp_udp_family((struct sockaddr *)
                                 &reader->record->sockaddr);

    return reader->udp_conf->fd[family][rtcp];
}


/*
 * A socket was full: all readers that it has stopped go on together.  Shared
 * sockets are not told apart by their events, so this is asked, not told.
 */

void
ngx_rtsp_reader_udp_retry(ngx_event_t *ev)
{
    ngx_queue_t        *q;
    ngx_rtsp_feed_t    *feed;
    ngx_rtsp_reader_t  *reader;

    feed = ev->data;

    for (q = ngx_queue_head(&feed->readers);
         q != ngx_queue_sentinel(&feed->readers);
         q = ngx_queue_next(q))
    {
        reader = ngx_queue_data(q, ngx_rtsp_reader_t, queue);
        reader->blocked = 0;
    }

    ngx_rtsp_reader_udp_deliver(feed);
}


/* the pace of a replay */

void
ngx_rtsp_reader_udp_replay(ngx_event_t *ev)
{
    uint64_t            due;
    ngx_rtsp_ring_t    *ring;
    ngx_rtsp_reader_t  *reader;

    reader = ev->data;

    if (!reader->replaying) {
        return;
    }

    ring = ngx_rtsp_reader_ring(reader, &due);

    if (!reader->blocked && ngx_rtsp_reader_ready(reader, ring) == NGX_OK) {

        ngx_rtsp_reader_udp_alone(reader, NGX_RTSP_UDP_REPLAY);

        (void) ngx_rtsp_reader_ring(reader, &due);

        if (reader->pos >= due) {
            reader->replaying = 0;
            reader->caught_up = 1;
            return;
        }
    }

    if (!ev->timer_set) {
        ngx_add_timer(ev, NGX_RTSP_UDP_REPLAY_TIME);
    }
}


ngx_int_t
ngx_rtsp_reader_udp_send_own(ngx_rtsp_reader_t *reader, ngx_uint_t media,
    ngx_uint_t rtcp, u_char *data, size_t len)
{
    socklen_t                socklen;
    struct sockaddr_storage  ss;

    socklen = ngx_rtsp_reader_udp_address(reader, media, rtcp, &ss);

    if (ngx_rtsp_udp_send(ngx_rtsp_reader_udp_fd(reader, media, rtcp),
                          (struct sockaddr *) &reader->record->local,
                          (struct sockaddr *) &ss, socklen, data, len)
        < 0)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}
