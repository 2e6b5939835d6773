
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_PUBLISHER_H_INCLUDED_
#define _NGX_RTSP_PUBLISHER_H_INCLUDED_


/* one media that a publisher sends */

typedef struct {
    ngx_rtsp_publisher_t         *publisher;
    ngx_rtsp_udp_socket_t        *sockets[2];   /* RTP, RTCP; connected */
    ngx_rtsp_reorder_t           *reorder;
} ngx_rtsp_publisher_media_t;


struct ngx_rtsp_publisher_s {
    ngx_queue_t                   queue;    /* in RECORD over UDP */
    ngx_rtsp_session_t           *session;
    ngx_rtsp_source_t            *source;   /* NULL: not in RECORD */

    ngx_str_t                     uri;      /* as announced */
    ngx_str_t                     text;     /* likewise, the description */
    ngx_rtsp_sdp_t               *sdp;      /* of text */

    ngx_event_t                   timer;    /* holes and reports; UDP */
    uint64_t                      seen;     /* us, the last packet */
    uint64_t                      reported; /* us, receiver reports */

    ngx_rtsp_publisher_media_t    medias[1];
};


/*
 * ANNOUNCE: the description is kept with the session's record.  NGX_OK;
 * NGX_ERROR: no memory, or the zone is full.
 */
ngx_int_t ngx_rtsp_publisher_create(ngx_rtsp_session_t *session,
    ngx_str_t *uri, ngx_str_t *text);

/* the same from the record of a session that came from another worker */
ngx_int_t ngx_rtsp_publisher_restore(ngx_rtsp_session_t *session);

/*
 * RECORD: becomes the source of the session's stream.  As for
 * ngx_rtsp_stream_start(): NGX_OK, NGX_AGAIN, NGX_BUSY, NGX_ERROR; and
 * NGX_ABORT: no memory, or no UDP port.
 */
ngx_int_t ngx_rtsp_publisher_start(ngx_rtsp_publisher_t *publisher);

/* the stream is left to hold or end; PAUSE and the end of the session */
void ngx_rtsp_publisher_stop(ngx_rtsp_publisher_t *publisher);

/* a frame came over TCP */
void ngx_rtsp_publisher_frame(ngx_rtsp_publisher_t *publisher,
    ngx_uint_t channel, ngx_str_t *payload, uint64_t arrival);

/* process start: no publishers */
void ngx_rtsp_publisher_init(void);

/* some worker may have seen where publishers of this one send from */
void ngx_rtsp_publisher_latch(void);

/* a datagram to a private port of a media; data is a publisher's media */
void ngx_rtsp_publisher_datagram(ngx_rtsp_udp_socket_t *us,
    struct sockaddr *from, socklen_t len, u_char *data, size_t size,
    uint64_t arrival);


#endif /* _NGX_RTSP_PUBLISHER_H_INCLUDED_ */
