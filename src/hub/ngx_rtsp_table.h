
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_TABLE_H_INCLUDED_
#define _NGX_RTSP_TABLE_H_INCLUDED_


/*
 * The session table.  Every function takes the lock itself.  A record's
 * fields are written by its owner only, except where the structure says so.
 */


/*
 * A new record of this seat with random ids, linked.  The texts are copied
 * (bounded: user agent and user are cut at 255 bytes).  NULL: the zone is
 * full.
 */
ngx_rtsp_record_t *ngx_rtsp_record_create(ngx_str_t *stream, ngx_str_t *path,
    ngx_str_t *agent, ngx_str_t *user, ngx_uint_t nmedias);

/* a publisher's announced description, kept for whoever runs RECORD */
ngx_int_t ngx_rtsp_record_set_sdp(ngx_rtsp_record_t *record, ngx_str_t *sdp);

/*
 * What a client came with, kept for as long as its session: the raw query of
 * its URL and the subject of its certificate, both may be empty and are cut
 * at 65535 bytes.  Called once, by whoever has created the record.
 * NGX_ERROR: the zone is full.
 */
ngx_int_t ngx_rtsp_record_set_client(ngx_rtsp_record_t *record,
    ngx_str_t *query, ngx_str_t *subject);

/*
 * What the next owner of the session has to know and nobody else may read.
 * seal(): a sealed copy is kept in the zone, in place of an older one, until
 * it is taken or the record is deleted.  NGX_ERROR: the zone is full.
 */
ngx_int_t ngx_rtsp_record_seal(ngx_rtsp_record_t *record, const u_char *data,
    size_t len);

/*
 * Takes it out again, for the owner.  "data" has room for record->sealed_len -
 * NGX_RTSP_SEAL_LEN bytes; where sealed_len is 0 there is none to be taken.
 * NGX_DECLINED: it cannot be opened, and is gone.
 */
ngx_int_t ngx_rtsp_record_unseal(ngx_rtsp_record_t *record, u_char *data);

/* nothing happens to a record that another seat has adopted */
void ngx_rtsp_record_delete(ngx_rtsp_record_t *record);


/* what another worker may know of a session */

typedef struct {
    ngx_rtsp_owner_t              owner;
    ngx_uint_t                    state;
    ngx_uint_t                    role;
    ngx_uint_t                    transport;
    ngx_sockaddr_t                sockaddr;
    socklen_t                     socklen;
} ngx_rtsp_record_info_t;

/* NGX_OK or NGX_DECLINED (no such session); "id" is matched whole */
ngx_int_t ngx_rtsp_record_find(ngx_str_t *id, ngx_rtsp_record_info_t *info);

/*
 * Makes this seat the owner of a record that nobody owns (let go, or its
 * owner is dead).  NULL: gone, or still owned.
 */
ngx_rtsp_record_t *ngx_rtsp_record_adopt(ngx_str_t *id);

/* the owner lets an idle session go to whoever adopts it */
void ngx_rtsp_record_release(ngx_rtsp_record_t *record);

/*
 * A UDP reader begins or ends to play: its medias' RTCP ports are entered in
 * or taken from the index that ngx_rtsp_record_touch() looks in.  Likewise a
 * UDP publisher (record->role) that begins or ends to record: only then does
 * ngx_rtsp_record_latch() find it.  Role, sockaddr and medias are read.
 * NGX_ERROR: the zone is full; NGX_BUSY: another reader of the stream plays at
 * that address and port.
 */
ngx_int_t ngx_rtsp_record_listen(ngx_rtsp_record_t *record);
void ngx_rtsp_record_unlisten(ngx_rtsp_record_t *record);

/*
 * 1 if another reader of the session's stream plays at its address with that
 * RTCP port: both would get everything twice.
 */
ngx_uint_t ngx_rtsp_record_port_used(ngx_rtsp_record_t *record,
    in_port_t rtcp_port);

/*
 * RTCP of a UDP reader has come to some worker: a session in PLAY of that
 * address (IPv4 mapped and plain are the same) with that RTCP client port has
 * shown a sign of life.  "lost" and "jitter" of a report for the media, -1:
 * none.  NGX_OK or NGX_DECLINED.
 */
ngx_int_t ngx_rtsp_record_touch(struct sockaddr *sockaddr, socklen_t socklen,
    int64_t lost, int64_t jitter);

/*
 * A datagram of a stranger on the shared pair: the one media in RECORD over
 * UDP of that address that waits for its RTP (rtcp: 0) or RTCP (1) port and,
 * for RTP, has that payload type.  NGX_OK: the port was noted in peer_port and
 * the owner's seat woken as for a command; NGX_DECLINED: none or several, it
 * was counted as a stranger's.  Among several the media that announced this
 * very port wins.
 */
ngx_int_t ngx_rtsp_record_latch(struct sockaddr *sockaddr, socklen_t socklen,
    ngx_uint_t rtcp, ngx_uint_t payload_type);

/* under the lock: the session with that public id, or NULL */
ngx_rtsp_record_t *ngx_rtsp_record_public_locked(uint64_t public_id);

/* tick: deletes records that nobody owns any more and whose time is over, a
 * bounded slice */
void ngx_rtsp_record_expire(void);

/*
 * For the reaper, under the lock: "owner" is dead.  Looks at a slice that
 * begins at "cursor" (0 at first), moves it; NGX_AGAIN while there is more.
 */
ngx_int_t ngx_rtsp_record_reap_locked(ngx_rtsp_owner_t owner,
    uint64_t *cursor);


#endif /* _NGX_RTSP_TABLE_H_INCLUDED_ */
