
/*
 * Copyright (C) the nginx RTSP module authors
 */


/*
 * A receiver of H.264 and H.265: puts NAL units together from packets of
 * every kind, and counts what is wrong with the packets.  Two receivers that
 * got the same NAL units hold the same bytes.  For the test and the fuzzer of
 * fragmentation.
 */


#ifndef _NAL_RECEIVER_H_INCLUDED_
#define _NAL_RECEIVER_H_INCLUDED_


#include "unit.h"

#include "ngx_rtsp_fragment.h"


#define NAL_RECEIVER_SIZE  (128 * 1024)


typedef struct {
    ngx_rtsp_codec_e  codec;
    u_char            nals[NAL_RECEIVER_SIZE];  /* 4 bytes of length, bytes */
    size_t            len;
    size_t            open;         /* where the unfinished NAL unit began */
    ngx_uint_t        fragments;    /* of the unfinished NAL unit */
    ngx_uint_t        packets;
    ngx_uint_t        markers;
    ngx_uint_t        marked_last;
    ngx_uint_t        bad;
    size_t            max;          /* wanted: at most this long */
    uint16_t          seq;          /* of the next packet */
    ngx_uint_t        ncsrc;
} nal_receiver_t;


static inline void
nal_begin(nal_receiver_t *r)
{
    r->open = r->len;
    r->len += 4;
}


static inline void
nal_add(nal_receiver_t *r, const u_char *p, size_t len)
{
    ngx_memcpy(r->nals + r->len, p, len);
    r->len += len;
}


static inline void
nal_end(nal_receiver_t *r)
{
    ngx_rtsp_rtp_put32(r->nals + r->open, r->len - r->open - 4);
}


static inline void
nal_receive_aggregate(nal_receiver_t *r, const u_char *p, size_t len)
{
    size_t  size;

    while (len) {
        size = ngx_rtsp_rtp_get16(p);

        nal_begin(r);
        nal_add(r, p + 2, size);
        nal_end(r);

        p += 2 + size;
        len -= 2 + size;
    }
}


/* fragments at the edges of the packet may be halves of a NAL unit */

static inline void
nal_receive_fragment(nal_receiver_t *r, const u_char *p, size_t len)
{
    u_char  header[2];
    size_t  n;

    n = (r->codec == NGX_RTSP_CODEC_H264) ? 1 : 2;

    if (p[n] & 0x80) {
        nal_begin(r);

        if (n == 1) {
            header[0] = (p[0] & 0xe0) | (p[1] & 0x1f);

        } else {
            header[0] = (p[0] & 0x81) | (p[2] & 0x3f) << 1;
            header[1] = p[1];
        }

        nal_add(r, header, n);
        r->fragments = 0;
    }

    nal_add(r, p + n + 1, len - n - 1);
    r->fragments++;

    if (p[n] & 0x40) {
        r->bad += (r->fragments < 2);
        nal_end(r);
    }
}


static inline void
nal_receive(void *data, u_char *packet, size_t len)
{
    nal_receiver_t *r = data;

    size_t          header;
    ngx_uint_t      type, aggregate, fragment;
    ngx_rtsp_rtp_t  rtp;

    r->packets++;

    if (len > r->max || ngx_rtsp_parse_rtp(packet, len, &rtp) != NGX_OK
        || rtp.payload_len == 0)
    {
        r->bad++;
        return;
    }

    r->bad += rtp.seq != r->seq || rtp.timestamp != 0x01020304
              || rtp.ssrc != 0xaabbccdd || rtp.type != 96
              || rtp.extension || rtp.ncsrc != r->ncsrc
              || (packet[0] & 0x20);

    r->seq++;
    r->markers += rtp.marker;
    r->marked_last = rtp.marker;

    /* a caller may write into the header */
    ngx_rtsp_rtp_set_seq(packet, 0);

    if (r->codec == NGX_RTSP_CODEC_H264) {
        type = rtp.payload[0] & 0x1f;
        aggregate = 24;
        fragment = 28;

    } else {
        type = (rtp.payload[0] >> 1) & 0x3f;
        aggregate = 48;
        fragment = 49;
    }

    if (type == aggregate) {
        header = (aggregate == 24) ? 1 : 2;
        nal_receive_aggregate(r, rtp.payload + header,
                              rtp.payload_len - header);

    } else if (type == fragment) {
        nal_receive_fragment(r, rtp.payload, rtp.payload_len);

    } else {
        nal_begin(r);
        nal_add(r, rtp.payload, rtp.payload_len);
        nal_end(r);
    }
}


#endif /* _NAL_RECEIVER_H_INCLUDED_ */
