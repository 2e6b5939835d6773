
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_HEADER_H_INCLUDED_
#define _NGX_RTSP_HEADER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_text.h"


typedef enum {
    NGX_RTSP_MODE_NONE = 0,
    NGX_RTSP_MODE_PLAY,
    NGX_RTSP_MODE_RECORD
} ngx_rtsp_mode_e;


/* one offer of a Transport header; numbers are -1 where absent */

typedef struct {
    ngx_rtsp_mode_e          mode;

    ngx_int_t                interleaved[2];    /* 0 to 255 */
    ngx_int_t                port[2];           /* of a multicast group */
    ngx_int_t                client_port[2];
    ngx_int_t                server_port[2];    /* may be 0: any port */
    ngx_int_t                ttl;               /* 0 to 255 */

    ngx_str_t                source;            /* address or host name */
    ngx_str_t                destination;
    uint32_t                 ssrc;

    unsigned                 tcp:1;             /* RTP/AVP/TCP */
    unsigned                 secure:1;          /* RTP/SAVP */
    unsigned                 unicast:1;         /* said so, 0 is no "no" */
    unsigned                 multicast:1;
    unsigned                 append:1;
    unsigned                 has_ssrc:1;
    unsigned                 unsupported:1;     /* another profile: skip it */
} ngx_rtsp_transport_t;


typedef enum {
    NGX_RTSP_RANGE_NPT = 1,
    NGX_RTSP_RANGE_CLOCK,
    NGX_RTSP_RANGE_SMPTE
} ngx_rtsp_range_e;


typedef struct {
    ngx_rtsp_range_e         type;
    ngx_str_t                raw;       /* what follows "npt=", "clock=" .. */
    int64_t                  start;     /* npt: ms, -1 if absent or "now" */
    int64_t                  end;       /* npt: ms, -1 if absent */
    unsigned                 now:1;     /* npt: starts now */
} ngx_rtsp_range_t;


typedef struct {
    ngx_str_t                url;       /* len 0 if absent; may be relative */
    uint32_t                 rtptime;
    uint16_t                 seq;
    unsigned                 has_seq:1;
    unsigned                 has_rtptime:1;
} ngx_rtsp_rtp_info_t;


typedef struct {
    ngx_str_t                prot;      /* "mikey", in any case */
    ngx_str_t                uri;       /* len 0 if absent */
    ngx_str_t                data;      /* base64 */
} ngx_rtsp_key_mgmt_t;


/* makes an offer with nothing in it: UDP, RTP/AVP, every number absent */
void ngx_rtsp_init_transport(ngx_rtsp_transport_t *t);

/*
 * Reads the offers of one Transport header (RFC 2326 12.39) into "offers",
 * their number into "n"; those beyond "max" are ignored.  Returns NGX_OK with
 * at least one offer, or NGX_ERROR if any is invalid: no profile, numbers out
 * of range (client_port and port begin at 1), an unknown mode.  An offer of
 * another profile than RTP/AVP and RTP/SAVP is marked as unsupported.
 *
 * Tolerated: any order and case, spaces, quotes, keys without a value, single
 * ports and channels (the pair is completed), mode=receive for record, an
 * ssrc that is short, padded with spaces (Hikvision, Dahua) or no number.
 */
ngx_int_t ngx_rtsp_parse_transport(const ngx_str_t *value,
    ngx_rtsp_transport_t *offers, ngx_uint_t max, ngx_uint_t *n);

/* writes the value of a Transport header, fields of -1 and len 0 left out */
void ngx_rtsp_put_transport(ngx_rtsp_writer_t *w,
    const ngx_rtsp_transport_t *t);


/*
 * Session (RFC 2326 12.37): the id and its timeout in seconds, -1 if there is
 * none of 1 or more.  "timeout" may be NULL.  NGX_ERROR if the id is empty.
 */
ngx_int_t ngx_rtsp_parse_session(const ngx_str_t *value, ngx_str_t *id,
    ngx_int_t *timeout);


/*
 * Range (RFC 2326 12.29, 3.5 to 3.7).  clock and smpte stay text.  Returns
 * NGX_DECLINED for another unit, NGX_ERROR for an npt that cannot be read.
 */
ngx_int_t ngx_rtsp_parse_range(const ngx_str_t *value,
    ngx_rtsp_range_t *range);


/*
 * RTP-Info (RFC 2326 12.33).  A part that is missing or out of range is
 * absent; entries beyond "max" are ignored.  NGX_ERROR if there is no entry
 * with anything in it.
 */
ngx_int_t ngx_rtsp_parse_rtp_info(const ngx_str_t *value,
    ngx_rtsp_rtp_info_t *entries, ngx_uint_t max, ngx_uint_t *n);

/* one entry of the value of RTP-Info; without "has_seq" only the URL */
void ngx_rtsp_put_rtp_info_entry(ngx_rtsp_writer_t *w, ngx_uint_t first,
    const ngx_str_t *url, ngx_uint_t has_seq, ngx_uint_t seq,
    uint32_t rtptime);


/*
 * KeyMgmt (RFC 4567 6.2): the first entry of prot=mikey.  NGX_ERROR if there
 * is none, or it has no data.
 */
ngx_int_t ngx_rtsp_parse_key_mgmt(const ngx_str_t *value,
    ngx_rtsp_key_mgmt_t *km);


/* 1 if a Content-Type is "type", whatever its case and parameters */
ngx_uint_t ngx_rtsp_content_type_is(const ngx_str_t *value,
    const char *type);

/* 1 if a comma-separated list holds "token", whatever its case */
ngx_uint_t ngx_rtsp_header_has_token(const ngx_str_t *value,
    const char *token);

/*
 * Cuts the next item off a list, up to "sep" or the end, not looking inside
 * of "quotes"; white space around it is taken off.  Returns 0 at the end.
 */
ngx_uint_t ngx_rtsp_cut_item(ngx_str_t *list, u_char sep, ngx_str_t *item);

/*
 * Splits "name=value" at the first '=', takes white space and the quotes of
 * the value off; without '=' value.len is 0 and value.data NULL.
 */
void ngx_rtsp_split_param(const ngx_str_t *item, ngx_str_t *name,
    ngx_str_t *value);


#endif /* _NGX_RTSP_HEADER_H_INCLUDED_ */
