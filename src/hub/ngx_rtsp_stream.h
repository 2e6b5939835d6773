
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_STREAM_H_INCLUDED_
#define _NGX_RTSP_STREAM_H_INCLUDED_


/*
 * A stream's life.  Every function takes the lock itself, except those that
 * end in _locked.
 */


/* what a source brings */

typedef struct {
    ngx_str_t                     name;
    uint64_t                      session;
    ngx_str_t                     address;  /* text, without port */
    ngx_str_t                     sdp;      /* for readers */
    u_char                        signature[16];
    ngx_msec_t                    hold;
    size_t                        buffer;   /* rtsp_buffer */
    ngx_uint_t                    nmedias;
    ngx_rtsp_stream_media_t      *medias;   /* video, back_channel, nformats
                                             * and clock_rate are read */
} ngx_rtsp_stream_offer_t;

/*
 * RECORD: makes this worker the source of the name it has claimed.
 * NGX_OK, "stream" is live and ours: a new one, or with "resumed" set the one
 * that was held or taken over, whose numbers, SSRC and time go on (same
 * signature).  An old stream with other medias is ended on the way.
 * NGX_AGAIN, the source that writes was asked to let go; call again when
 * woken or ticked.  NGX_BUSY, the claim is gone.  NGX_ERROR, the zone is full.
 */
ngx_int_t ngx_rtsp_stream_start(ngx_rtsp_stream_offer_t *offer,
    ngx_rtsp_stream_t **stream, ngx_uint_t *resumed);

/*
 * Our source is gone, or has found the stream ended: it is held while it has
 * readers, for its hold time, else it ends, and its memory may be gone when
 * this returns.  Does nothing if the role is not ours any more.
 */
void ngx_rtsp_stream_lose(ngx_rtsp_stream_t *stream);
void ngx_rtsp_stream_lose_locked(ngx_rtsp_stream_t *stream);

/* new text for readers who DESCRIBE from now on; NGX_ERROR: the zone is full,
 * the old one stays */
ngx_int_t ngx_rtsp_stream_describe(ngx_rtsp_stream_t *stream, ngx_str_t *sdp);

/*
 * A second ring for UDP readers, of the size of the first, that goes on with
 * packet number "first" where the first ring stops being used by them.
 */
ngx_int_t ngx_rtsp_stream_add_fragments(ngx_rtsp_stream_t *stream,
    uint64_t first);


/*
 * For ngx_rtsp_directory.c, under the lock; the stream may be gone after each.
 * lost(): nobody writes any more, whoever it was.  settle(): a reader, a
 * writer or a claim has left; a held stream without readers ends, unless
 * somebody is about to write it, and an ended one that nobody uses is freed.
 * end(): the readers have to leave, and so has the writer if there is one.
 */
void ngx_rtsp_stream_lost_locked(ngx_rtsp_stream_t *stream);
void ngx_rtsp_stream_settle_locked(ngx_rtsp_stream_t *stream);
void ngx_rtsp_stream_end_locked(ngx_rtsp_stream_t *stream);


#endif /* _NGX_RTSP_STREAM_H_INCLUDED_ */
