
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_READER_H_INCLUDED_
#define _NGX_RTSP_READER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_rtsp_hub.h"
#include "ngx_rtsp_output.h"
#include "ngx_rtsp_udp.h"


/*
 * A reader: a position in a stream's ring plus a transport.  The readers of a
 * stream in this worker hang on one feed.
 */

#define NGX_RTSP_START_KEY        0         /* rtsp_start */
#define NGX_RTSP_START_LIVE       1

#define NGX_RTSP_KEY_PATIENCE     20000000  /* us a stream without key frames
                                             * lets its readers wait for one */

#define NGX_RTSP_UDP_REPLAY       (128 * 1024)  /* bytes .. */
#define NGX_RTSP_UDP_REPLAY_TIME  20            /* .. in so many ms */

typedef struct ngx_rtsp_reader_s  ngx_rtsp_reader_t;
typedef struct ngx_rtsp_feed_s    ngx_rtsp_feed_t;


/* why a reader cannot go on */

typedef enum {
    NGX_RTSP_READER_ENDED = 0,              /* the stream has ended */
    NGX_RTSP_READER_BROKEN,                 /* its connection failed */
    NGX_RTSP_READER_OVERRUN                 /* a packet was overwritten while
                                             * it was being sent */
} ngx_rtsp_reader_end_e;


struct ngx_rtsp_reader_s {
    ngx_queue_t                   queue;    /* in the feed */
    ngx_rtsp_feed_t              *feed;     /* NULL: does not play */
    ngx_rtsp_stream_t            *stream;

    uint64_t                      pos;      /* next packet */
    uint64_t                      start;    /* where it began */
    uint32_t                      medias;   /* bits of those set up */

    ngx_rtsp_record_t            *record;   /* counters, ports, channels */
    ngx_msec_t                    lag;      /* rtsp_lag */

    /* TCP */
    ngx_rtsp_output_t            *out;

    /* UDP */
    ngx_event_t                   replay;   /* its pace; data: the reader */
    ngx_rtsp_udp_conf_t          *udp_conf;
    ngx_rtsp_udp_socket_t       **pairs;    /* private ports: 2 a media */

    ngx_log_t                    *log;
    void                        (*ended)(ngx_rtsp_reader_t *reader,
                                         ngx_rtsp_reader_end_e why);
    void                         *data;

    unsigned                      udp:1;
    unsigned                      video:1;  /* has set up pictures */
    unsigned                      canonical:1;  /* ring bytes as they are */
    unsigned                      wait_key:1;   /* pos is to be found */
    unsigned                      caught_up:1;  /* since start or jump */
    unsigned                      replaying:1;  /* UDP, paced */
    unsigned                      blocked:1;    /* UDP, the socket was full */
    unsigned                      doomed:1;     /* its end is posted */
    unsigned                      at_key:1;     /* it began at a key frame */
    unsigned                      clocked:1;    /* its first packet and key
                                                 * frame are known */
};


struct ngx_rtsp_feed_s {
    ngx_queue_t                   queue;    /* of this worker's feeds */
    ngx_rtsp_stream_t            *stream;
    ngx_queue_t                   readers;
    ngx_uint_t                    nreaders;
    ngx_event_t                   retry;    /* UDP sockets were full */
};


/* process start: an empty list of feeds */
void ngx_rtsp_feed_init(void);

/* delivers what is due, and the end, to the readers of a stream or a slot */
void ngx_rtsp_feed_deliver(ngx_rtsp_stream_t *stream);
void ngx_rtsp_feed_deliver_slot(ngx_uint_t slot);

/* every 250 ms: readers that wait for a key frame they may never get */
void ngx_rtsp_feed_tick(void);


/*
 * PLAY: sets pos to where the reader will start (its stream, medias, record
 * and transport are set), so that RTP-Info can be told before it runs.
 */
void ngx_rtsp_reader_seek(ngx_rtsp_reader_t *reader, ngx_uint_t start);

/*
 * The first RTP packet of a media that the reader will get: NGX_OK, or
 * NGX_DECLINED where that is not known yet.
 */
ngx_int_t ngx_rtsp_reader_first(ngx_rtsp_reader_t *reader, ngx_uint_t media,
    ngx_rtsp_packet_t *packet);

/* begins and ends to get packets; NGX_ERROR: no memory */
ngx_int_t ngx_rtsp_reader_start(ngx_rtsp_reader_t *reader);
void ngx_rtsp_reader_stop(ngx_rtsp_reader_t *reader);

/*
 * Sends to a TCP reader what it has to get and its connection takes.
 * NGX_OK, also when some of it has to wait; NGX_ERROR: "ended" was called, or
 * will be at the end of this turn of the event loop.
 */
ngx_int_t ngx_rtsp_reader_send(ngx_rtsp_reader_t *reader);

/* one RTCP or RTP packet outside of the ring: BYE, receiver reports */
ngx_int_t ngx_rtsp_reader_send_own(ngx_rtsp_reader_t *reader,
    ngx_uint_t media, ngx_uint_t rtcp, u_char *data, size_t len);


/* readers of UDP (ngx_rtsp_reader_udp.c) */
void ngx_rtsp_reader_udp_deliver(ngx_rtsp_feed_t *feed);
ngx_int_t ngx_rtsp_reader_udp_send_own(ngx_rtsp_reader_t *reader,
    ngx_uint_t media, ngx_uint_t rtcp, u_char *data, size_t len);
void ngx_rtsp_reader_udp_replay(ngx_event_t *ev);
void ngx_rtsp_reader_udp_retry(ngx_event_t *ev);

/* common to both transports (ngx_rtsp_reader.c) */
ngx_int_t ngx_rtsp_reader_ready(ngx_rtsp_reader_t *reader,
    ngx_rtsp_ring_t *ring);
ngx_rtsp_ring_t *ngx_rtsp_reader_ring(ngx_rtsp_reader_t *reader,
    uint64_t *due);
ngx_uint_t ngx_rtsp_reader_wants(ngx_rtsp_reader_t *reader,
    ngx_rtsp_ring_t *ring, uint64_t pos, ngx_rtsp_packet_t *packet);
void ngx_rtsp_reader_clock(ngx_rtsp_reader_t *reader);
void ngx_rtsp_reader_end(ngx_rtsp_reader_t *reader, ngx_rtsp_reader_end_e why);


#endif /* _NGX_RTSP_READER_H_INCLUDED_ */
