
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_DIRECTORY_H_INCLUDED_
#define _NGX_RTSP_DIRECTORY_H_INCLUDED_


/*
 * The directory of streams.  Every function takes the lock itself, except
 * those that end in _locked.
 */


typedef struct {
    ngx_str_t                     name;
    uint64_t                      session;  /* public id of the publisher */
    ngx_msec_t                    until;    /* ngx_current_msec */
    ngx_uint_t                    max;      /* rtsp_max_streams, 0: none */
    unsigned                      override:1;
} ngx_rtsp_claim_t;

/*
 * ANNOUNCE: reserves a name.  NGX_OK; NGX_BUSY, it has another publisher that
 * may not be replaced (a live source may when "override" is set, or when its
 * session speaks UDP and has no connection any more; a held one always may;
 * a foreign claim may once it is past its time or its owner is dead);
 * NGX_DECLINED, "max" names are taken; NGX_ERROR, the zone is full.
 */
ngx_int_t ngx_rtsp_stream_claim(ngx_rtsp_claim_t *claim);

/* gives a claim back, if "session" still has it */
void ngx_rtsp_stream_unclaim(ngx_str_t *name, uint64_t session);

/* under the lock: this worker has adopted "session", its claim comes along */
void ngx_rtsp_claim_adopt_locked(ngx_str_t *name, uint64_t session);


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
 * DESCRIBE: copies the text of a live or held stream into "sdp->data", which
 * has room for "size" bytes, and sets its length.  NGX_OK; NGX_DECLINED, no
 * such stream; NGX_ERROR, it does not fit.
 */
ngx_int_t ngx_rtsp_stream_sdp(ngx_str_t *name, ngx_str_t *sdp, size_t size);

/*
 * SETUP of a reader: one more reader of this seat.  NGX_OK and the stream,
 * which stays valid until ngx_rtsp_stream_detach(); NGX_DECLINED, no such
 * stream; NGX_BUSY, "max" (0: no limit) readers are there already.
 */
ngx_int_t ngx_rtsp_stream_attach(ngx_str_t *name, ngx_uint_t max,
    ngx_rtsp_stream_t **stream);
void ngx_rtsp_stream_detach(ngx_rtsp_stream_t *stream);

/*
 * A session that was let go by its owner keeps its place among the readers:
 * that is moved to this seat.  NULL: the stream has gone meanwhile.
 */
ngx_rtsp_stream_t *ngx_rtsp_stream_reattach(ngx_rtsp_record_t *record);

/* under the lock: nobody came for such a session, its place is given up */
void ngx_rtsp_stream_forget_locked(ngx_rtsp_record_t *record);

/* readers in all live seats */
ngx_uint_t ngx_rtsp_stream_readers(ngx_rtsp_stream_t *stream);

/* tick: ends held streams and claims whose time is over, a bounded slice */
void ngx_rtsp_stream_expire(void);

/*
 * For the reaper, under the lock: "owner" is dead.  Each looks at a slice
 * that begins at "cursor" (0 at first), moves it; NGX_AGAIN while there is
 * more.
 */
ngx_int_t ngx_rtsp_stream_reap_locked(ngx_rtsp_owner_t owner,
    uint64_t *cursor);
ngx_int_t ngx_rtsp_claim_reap_locked(ngx_rtsp_owner_t owner,
    uint64_t *cursor);


#endif /* _NGX_RTSP_DIRECTORY_H_INCLUDED_ */
