
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_DIRECTORY_H_INCLUDED_
#define _NGX_RTSP_DIRECTORY_H_INCLUDED_


/*
 * The directory of streams: names, claims and readers.  Every function takes
 * the lock itself, except those that end in _locked.
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


/*
 * For ngx_rtsp_stream.c, under the lock: NULL, nobody has the name; drop()
 * frees a name that has neither claim nor stream any more.
 */
ngx_rtsp_name_t *ngx_rtsp_name_find_locked(ngx_str_t *name);
void ngx_rtsp_name_drop_locked(ngx_rtsp_name_t *entry);
ngx_uint_t ngx_rtsp_stream_has_readers_locked(ngx_rtsp_stream_t *stream);


#endif /* _NGX_RTSP_DIRECTORY_H_INCLUDED_ */
