
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_RTCP_H_INCLUDED_
#define _NGX_RTSP_RTCP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_rtp.h"


#define NGX_RTSP_RTCP_SR            200
#define NGX_RTSP_RTCP_RR            201
#define NGX_RTSP_RTCP_SDES          202
#define NGX_RTSP_RTCP_BYE           203
#define NGX_RTSP_RTCP_APP           204

#define NGX_RTSP_RTCP_MAX_BLOCKS    8
#define NGX_RTSP_RTCP_MAX_CNAME     64

/* what the writers below need at most, in bytes */
#define NGX_RTSP_RTCP_SDES_LEN      (4 + 4 + 2 + NGX_RTSP_RTCP_MAX_CNAME + 4)
#define NGX_RTSP_RTCP_SR_LEN        (28 + NGX_RTSP_RTCP_SDES_LEN)
#define NGX_RTSP_RTCP_RR_LEN        (8 + 24 + NGX_RTSP_RTCP_SDES_LEN)
#define NGX_RTSP_RTCP_BYE_LEN       (8 + NGX_RTSP_RTCP_SDES_LEN + 8)


/*
 * Sender information (RFC 3550, 6.4.1), in host byte order.
 */
typedef struct {
    uint64_t             ntp;            /* seconds since 1900 . fraction */
    uint32_t             ssrc;
    uint32_t             timestamp;      /* RTP time of "ntp" */
    uint32_t             packets;
    uint32_t             octets;         /* of payload */
} ngx_rtsp_sender_report_t;


/*
 * What matters of a compound packet: the first sender report, the report
 * blocks of all reports (those above the bound are dropped), and whether
 * somebody says goodbye.
 */
typedef struct {
    ngx_rtsp_sender_report_t  sr;
    ngx_rtsp_report_block_t   blocks[NGX_RTSP_RTCP_MAX_BLOCKS];
    ngx_uint_t           nblocks;
    uint32_t             ssrc;           /* of the first report */
    uint32_t             bye;            /* SSRC that leaves */
    unsigned             has_sr:1;
    unsigned             has_rr:1;
    unsigned             has_bye:1;
    unsigned             malformed:1;    /* something behind was unsound */
} ngx_rtsp_rtcp_t;


/* 1 when a packet on a shared RTP/RTCP channel is RTCP (RFC 5761, 4) */
#define ngx_rtsp_is_rtcp(p, len)                                              \
    ((len) >= 4 && (p)[1] >= 192 && (p)[1] <= 223)


/*
 * Reads a compound packet (RFC 3550, 6.1; reduced-size ones too, RFC 5506).
 * SDES, APP, feedback and unknown packets are skipped by their length, so an
 * SDES without terminator (Hanwha) does no harm.  NGX_ERROR when not even the
 * first packet is sound; what comes behind an unsound one is not read.
 */
ngx_int_t ngx_rtsp_parse_rtcp(u_char *data, size_t len, ngx_rtsp_rtcp_t *out);

/*
 * The writers return the length of a compound packet, a multiple of 4, that
 * begins at "p"; "p" has room for NGX_RTSP_RTCP_..._LEN bytes.  A CNAME is
 * cut at NGX_RTSP_RTCP_MAX_CNAME bytes, an empty one leaves out the SDES.
 */

/* SR without blocks, SDES */
size_t ngx_rtsp_put_sr(u_char *p, const ngx_rtsp_sender_report_t *sr,
    const ngx_str_t *cname);

/* RR, SDES; without a block ("block" is NULL) it is an empty report */
size_t ngx_rtsp_put_rr(u_char *p, uint32_t ssrc,
    const ngx_rtsp_report_block_t *block, const ngx_str_t *cname);

/* empty RR, SDES, BYE */
size_t ngx_rtsp_put_bye(u_char *p, uint32_t ssrc, const ngx_str_t *cname);


/* microseconds since 1970 to an NTP timestamp, and back (0 before 1970) */
uint64_t ngx_rtsp_usec_to_ntp(uint64_t usec);
uint64_t ngx_rtsp_ntp_to_usec(uint64_t ntp);

/* the middle 32 bits, which a receiver report returns as LSR */
#define ngx_rtsp_ntp_middle(ntp)  ((uint32_t) ((ntp) >> 16))


#endif /* _NGX_RTSP_RTCP_H_INCLUDED_ */
