
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_SOURCE_H_INCLUDED_
#define _NGX_RTSP_SOURCE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_rtsp_hub.h"
#include "ngx_rtsp_sdp.h"
#include "ngx_rtsp_rtp.h"
#include "ngx_rtsp_rtcp.h"


/*
 * A source: what writes a stream, in the worker that runs it.  The one place
 * where packets enter a stream.
 */

#define NGX_RTSP_FLUSH_AUTO       ((ngx_msec_t) -2)

#define NGX_RTSP_CNAME_LEN        16        /* hex digits of the stream's id */

/* a sender report in a ring: framing, SR, SDES with the CNAME above */
#define NGX_RTSP_RING_REPORT      (4 + 28 + 28)


typedef struct ngx_rtsp_source_s  ngx_rtsp_source_t;


typedef struct {
    ngx_rtsp_codec_state_t        codec;
    ngx_rtsp_rtp_stat_t           stat;     /* of this source's packets */

    uint64_t                      lost;     /* already told to the stream */
    uint64_t                      reported; /* us, our last sender report */

    /* the source's own newest sender report; ntp 0: none yet */
    uint64_t                      report_ntp;
    uint64_t                      report_arrival;
    uint32_t                      report_rtptime;

    uint32_t                      ssrc;     /* of the source */
    uint32_t                      time_shift;
    uint32_t                      sets;     /* hash of those it announced */
    uint16_t                      seq_shift;
    unsigned                      started:1;
    unsigned                      inject:1; /* other parameter sets than the
                                             * readers were told */
} ngx_rtsp_source_media_t;


struct ngx_rtsp_source_s {
    ngx_queue_t                   queue;    /* this worker's sources */
    ngx_rtsp_stream_t            *stream;
    ngx_rtsp_record_t            *record;   /* of a publisher, counted into */
    ngx_log_t                    *log;

    size_t                        packet_size;  /* rtsp_packet_size */
    ngx_msec_t                    flush;    /* rtsp_flush */
    ngx_uint_t                    nreaders; /* as of the last tick */

    ngx_event_t                   event;    /* end of this turn: deliver */
    ngx_event_t                   timer;    /* a frame was held long enough */

    ngx_str_t                     text;     /* the SDP as announced */
    ngx_rtsp_sdp_t                sdp;      /* slices of text */

    uint64_t                      unit;     /* first packet of the frame */
    uint64_t                      unit_fragments;   /* likewise in the second
                                                     * ring; -1: not there */
    uint64_t                      key_offset;   /* of the newest key start */
    uint64_t                      since;    /* us, oldest packet held back */
    uint64_t                      frame_end;    /* 1 + last packet of one */
    uint32_t                      rtcp;     /* sender reports in the ring */
    uint64_t                      invalid;  /* packets that made no sense */

    /* the role is asked for: the source has to be closed in this call */
    void                        (*lost)(ngx_rtsp_source_t *source);
    void                         *data;

    ngx_uint_t                    key_media;    /* (ngx_uint_t) -1: none */
    unsigned                      refresh:1;    /* the SDP is out of date */

    ngx_rtsp_source_media_t      *medias;
};


/*
 * Process start.  "deliver" is called when something is due for the readers
 * of a stream in this worker.
 */
void ngx_rtsp_source_init(void (*deliver)(ngx_rtsp_stream_t *stream));

/*
 * Begins to write a stream whose role ngx_rtsp_stream_start() has given us.
 * "sdp" is what the source announced; NULL: no memory.
 */
ngx_rtsp_source_t *ngx_rtsp_source_create(ngx_rtsp_stream_t *stream,
    ngx_str_t *sdp, size_t packet_size, ngx_msec_t flush, ngx_log_t *log);

/* ends to write; the stream is held or ends (ngx_rtsp_stream_lose()) */
void ngx_rtsp_source_close(ngx_rtsp_source_t *source);

/*
 * One RTP packet of a media, in order.  "arrival" is ngx_rtsp_now() when it
 * came.  NGX_DECLINED: not RTP, or of no payload type of the media; counted.
 */
ngx_int_t ngx_rtsp_source_rtp(ngx_rtsp_source_t *source, ngx_uint_t media,
    u_char *data, size_t len, uint64_t arrival);

/* one RTCP packet of the source, compound or not */
void ngx_rtsp_source_rtcp(ngx_rtsp_source_t *source, ngx_uint_t media,
    u_char *data, size_t len, uint64_t arrival);

/*
 * Writes a receiver report on a media of the source to "p", which has room
 * for NGX_RTSP_RTCP_RR_LEN bytes.  Returns its length, 0 before the first
 * packet.
 */
size_t ngx_rtsp_source_receiver_report(ngx_rtsp_source_t *source,
    ngx_uint_t media, u_char *p);

/* sources of this slot whose role is wanted are told so */
void ngx_rtsp_source_check(ngx_uint_t slot);

/* every 250 ms */
void ngx_rtsp_source_tick(void);

/* the CNAME in a stream's reports; "text" holds NGX_RTSP_CNAME_LEN bytes */
void ngx_rtsp_source_cname(ngx_rtsp_stream_t *stream, u_char *text,
    ngx_str_t *cname);

/*
 * The text that readers get for an announced description, with parameter
 * sets seen in band where "source" (may be NULL) has seen any.  NGX_ERROR:
 * it does not fit into "size" bytes at sdp->data.
 */
ngx_int_t ngx_rtsp_source_describe(ngx_rtsp_sdp_t *announced,
    ngx_rtsp_source_t *source, ngx_str_t *sdp, size_t size);


/* between the parts of the source */

/* us from the beginning of a publisher's RECORD until now, never 0 */
uint64_t ngx_rtsp_source_passed(ngx_rtsp_record_t *record, uint64_t arrival);

/* ngx_rtsp_source_report.c */
void ngx_rtsp_source_report_due(ngx_rtsp_source_t *source, ngx_uint_t media,
    uint64_t now);
void ngx_rtsp_source_report_all(ngx_rtsp_source_t *source, uint64_t now);
void ngx_rtsp_source_report_tick(ngx_rtsp_source_t *source, uint64_t now);

/* ngx_rtsp_source_flush.c */
void ngx_rtsp_source_flush_init(ngx_rtsp_source_t *source,
    void (*deliver)(ngx_rtsp_stream_t *stream));
void ngx_rtsp_source_post(ngx_rtsp_source_t *source, uint64_t arrival);

/* ngx_rtsp_source_store.c */

typedef struct {
    ngx_uint_t                    media;
    ngx_uint_t                    flags;    /* NGX_RTSP_RING_... */
    uint64_t                      arrival;
    uint32_t                      rtptime;
    uint16_t                      seq;
    unsigned                      unit:1;   /* first packet of a frame */
    unsigned                      key:1;    /* its frame is a key frame */
} ngx_rtsp_source_packet_t;

ngx_int_t ngx_rtsp_source_store(ngx_rtsp_source_t *source,
    ngx_rtsp_source_packet_t *sp, u_char *data, size_t len);


#endif /* _NGX_RTSP_SOURCE_H_INCLUDED_ */
