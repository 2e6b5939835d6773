
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_RTP_H_INCLUDED_
#define _NGX_RTSP_RTP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_RTSP_RTP_HEADER_LEN  12


/*
 * One RTP packet (RFC 3550, 5.1).  "payload" points into the packet and is
 * what is left without header, CSRC list, header extension and padding.
 */
typedef struct {
    uint32_t             timestamp;
    uint32_t             ssrc;
    uint16_t             seq;
    u_char               type;           /* payload type, 0 to 127 */
    unsigned             marker:1;
    unsigned             extension:1;
    unsigned             ncsrc:4;
    u_char              *payload;
    size_t               payload_len;    /* may be 0 */
    size_t               header_len;     /* CSRC list, extension included */
} ngx_rtsp_rtp_t;


/*
 * One report block (RFC 3550, 6.4.1), in host byte order.
 */
typedef struct {
    uint32_t             ssrc;           /* whose packets are reported on */
    uint32_t             highest_seq;    /* cycles in the upper 16 bits */
    uint32_t             jitter;         /* in RTP time units */
    uint32_t             lsr;            /* middle of the last report's NTP */
    uint32_t             dlsr;           /* since then, in 1/65536 s */
    int32_t              lost;           /* 24 bits, signed */
    u_char               fraction_lost;  /* in 1/256, since last report */
} ngx_rtsp_report_block_t;


/*
 * What a receiver keeps of one SSRC (RFC 3550, A.1, A.3 and A.8).  Zeroed
 * memory is a valid start: the first packet opens the count.
 */
typedef struct {
    uint64_t             received;       /* since the first packet */
    uint64_t             expected;       /* of runs before a restart */
    uint64_t             expected_prior; /* at the last report */
    uint64_t             received_prior;
    uint32_t             cycles;         /* wraps of the sequence, << 16 */
    uint32_t             base_seq;
    uint32_t             bad_seq;        /* what a restarted sender sends */
    uint32_t             transit;
    uint32_t             jitter;         /* 16 times the jitter */
    uint16_t             max_seq;
    unsigned             started:1;
    unsigned             timed:1;        /* "transit" is set */
} ngx_rtsp_rtp_stat_t;


/*
 * Serial number arithmetic (RFC 1982): how far "a" is ahead of "b", negative
 * when it is behind.
 */
#define ngx_rtsp_seq_diff(a, b)                                               \
    ((int16_t) (uint16_t) ((uint16_t) (a) - (uint16_t) (b)))
#define ngx_rtsp_timestamp_diff(a, b)                                         \
    ((int32_t) ((uint32_t) (a) - (uint32_t) (b)))

#define ngx_rtsp_rtp_get16(p)                                                 \
    ((uint16_t) ((p)[0] << 8 | (p)[1]))
#define ngx_rtsp_rtp_get32(p)                                                 \
    ((uint32_t) (p)[0] << 24 | (uint32_t) (p)[1] << 16                        \
     | (uint32_t) (p)[2] << 8 | (p)[3])

#define ngx_rtsp_rtp_put16(p, n)                                              \
    ((p)[0] = (u_char) ((n) >> 8), (p)[1] = (u_char) (n))
#define ngx_rtsp_rtp_put32(p, n)                                              \
    ((p)[0] = (u_char) ((n) >> 24), (p)[1] = (u_char) ((n) >> 16),            \
     (p)[2] = (u_char) ((n) >> 8), (p)[3] = (u_char) (n))

/*
 * Fields of a packet that ngx_rtsp_parse_rtp() has passed, read and written
 * in place.
 */
#define ngx_rtsp_rtp_type(p)       ((p)[1] & 0x7f)
#define ngx_rtsp_rtp_marker(p)     ((p)[1] >> 7)
#define ngx_rtsp_rtp_seq(p)        ngx_rtsp_rtp_get16((p) + 2)
#define ngx_rtsp_rtp_timestamp(p)  ngx_rtsp_rtp_get32((p) + 4)
#define ngx_rtsp_rtp_ssrc(p)       ngx_rtsp_rtp_get32((p) + 8)

#define ngx_rtsp_rtp_set_seq(p, n)        ngx_rtsp_rtp_put16((p) + 2, n)
#define ngx_rtsp_rtp_set_timestamp(p, n)  ngx_rtsp_rtp_put32((p) + 4, n)
#define ngx_rtsp_rtp_set_ssrc(p, n)       ngx_rtsp_rtp_put32((p) + 8, n)


/*
 * Takes a packet apart.  NGX_ERROR when it is not RTP version 2, or when its
 * CSRC list, header extension or padding does not fit into it.
 */
ngx_int_t ngx_rtsp_parse_rtp(u_char *data, size_t len, ngx_rtsp_rtp_t *rtp);


/*
 * Counts a packet that has arrived.  "arrival" is in microseconds of any
 * clock that only goes on; "clock_rate" is that of the format, 0 when it is
 * unknown (there is no jitter then).  Returns NGX_DECLINED for a sequence
 * number out of all order, which is not counted unless its successor comes
 * next: a sender that starts anew (RFC 3550, A.1).
 */
ngx_int_t ngx_rtsp_rtp_stat_update(ngx_rtsp_rtp_stat_t *st, uint16_t seq,
    uint32_t timestamp, uint64_t arrival, uint32_t clock_rate);

/* packets that have not come since the start, never under 0 */
uint64_t ngx_rtsp_rtp_stat_lost(const ngx_rtsp_rtp_stat_t *st);

/* in RTP time units */
#define ngx_rtsp_rtp_stat_jitter(st)  ((st)->jitter >> 4)

/*
 * Fills fraction_lost, lost, highest_seq and jitter of a block, and starts
 * the next interval for fraction_lost.  ssrc, lsr and dlsr are the caller's.
 * "lost" stays within the 24 bits with sign that RFC 3550, 6.4.1 has for it.
 */
void ngx_rtsp_rtp_stat_report(ngx_rtsp_rtp_stat_t *st,
    ngx_rtsp_report_block_t *block);


#endif /* _NGX_RTSP_RTP_H_INCLUDED_ */
