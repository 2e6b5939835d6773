
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_CODEC_H_INCLUDED_
#define _NGX_RTSP_CODEC_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_text.h"
#include "ngx_rtsp_rtp.h"


typedef enum {
    NGX_RTSP_CODEC_OTHER = 0,

    NGX_RTSP_CODEC_H264,
    NGX_RTSP_CODEC_H265,
    NGX_RTSP_CODEC_AV1,
    NGX_RTSP_CODEC_VP8,
    NGX_RTSP_CODEC_VP9,
    NGX_RTSP_CODEC_MPEG4,          /* MP4V-ES, video */
    NGX_RTSP_CODEC_MPEG2,          /* MPV, MPEG-1 and MPEG-2 video */
    NGX_RTSP_CODEC_MJPEG,
    NGX_RTSP_CODEC_MPEGTS,         /* MP2T */

    NGX_RTSP_CODEC_AAC,            /* mpeg4-generic */
    NGX_RTSP_CODEC_LATM,           /* MP4A-LATM */
    NGX_RTSP_CODEC_OPUS,
    NGX_RTSP_CODEC_PCMU,
    NGX_RTSP_CODEC_PCMA,
    NGX_RTSP_CODEC_G722,
    NGX_RTSP_CODEC_G726,
    NGX_RTSP_CODEC_LPCM,           /* L8, L16, L24 */
    NGX_RTSP_CODEC_MPA,            /* MPEG-1 and MPEG-2 audio */
    NGX_RTSP_CODEC_AC3,
    NGX_RTSP_CODEC_SPEEX,
    NGX_RTSP_CODEC_VORBIS,
    NGX_RTSP_CODEC_ONVIF           /* vnd.onvif.metadata */
} ngx_rtsp_codec_e;


#define NGX_RTSP_MAX_PARAMETER_SET    1024  /* bytes of one set */
#define NGX_RTSP_MAX_PARAMETER_SETS   16
#define NGX_RTSP_PARAMETER_SETS_SIZE  2048  /* bytes of all of them */

/* kinds of parameter sets, in the order in which a decoder wants them */
#define NGX_RTSP_VPS  0
#define NGX_RTSP_SPS  1
#define NGX_RTSP_PPS  2


/*
 * The parameter sets of one H.264 or H.265 format, as NAL units with their
 * headers but without start codes, sorted by kind and identifier.  A stream
 * may use several of a kind, told apart by the identifiers inside.
 */
typedef struct {
    u_char               kind;
    u_char               id;
    uint16_t             offset;         /* in "data" of the sets */
    uint16_t             len;
} ngx_rtsp_parameter_set_t;

typedef struct {
    ngx_uint_t           nsets;
    ngx_rtsp_parameter_set_t  sets[NGX_RTSP_MAX_PARAMETER_SETS];
    size_t               size;           /* bytes used in "data" */
    u_char               data[NGX_RTSP_PARAMETER_SETS_SIZE];
} ngx_rtsp_parameter_sets_t;


/*
 * What is known of a media while its packets go by.  Lives as long as the
 * source; "changed" is set when a packet has brought a parameter set that was
 * not known or differs, and cleared by the caller, who writes a new SDP.
 */
typedef struct {
    ngx_rtsp_codec_e     codec;
    uint32_t             timestamp;
    unsigned             started:1;      /* "timestamp" is set */
    unsigned             picture:1;      /* the unit holds picture data */
    unsigned             key:1;          /* the unit is known to be key */
    unsigned             parameters:1;   /* the unit holds parameter sets */
    unsigned             ended:1;        /* last packet had the marker */
    unsigned             assembling:1;   /* "fragment" is being filled */
    unsigned             changed:1;
    uint16_t             fragment_seq;   /* that the next fragment has */
    size_t               fragment_len;
    u_char               fragment[NGX_RTSP_MAX_PARAMETER_SET];
    ngx_rtsp_parameter_sets_t  sets;
} ngx_rtsp_codec_state_t;


/*
 * Flags of a packet.
 *
 * A frame shows that it is a key frame only in its first picture data, but a
 * decoder needs what comes before, too: access unit delimiter, parameter
 * sets, SEI.  So the caller keeps the position of the last packet that had
 * UNIT; when a packet has KEY, a reader may start at that position (which is
 * the packet itself, when it has both flags):
 *
 *     flags = ngx_rtsp_codec_packet(state, &rtp);
 *
 *     if (flags & NGX_RTSP_PACKET_UNIT) {
 *         unit = position;
 *     }
 *
 *     if (flags & NGX_RTSP_PACKET_KEY) {
 *         mark the descriptor at "unit" as key-frame start;
 *     }
 *
 * UNIT is set once per frame, on its first packet; parameter sets that come
 * with a time stamp of their own just before the frame belong to it, so the
 * frame's first packet has no UNIT then.  KEY is set at most once per frame.
 * Audio and codecs without key frames have both on every packet.
 */
#define NGX_RTSP_PACKET_UNIT        0x01
#define NGX_RTSP_PACKET_KEY         0x02
#define NGX_RTSP_PACKET_PARAMETERS  0x04  /* holds parameter sets */


/*
 * "announced" are the parameter sets of the SDP, or NULL: they are not
 * "changed" when they come in band.
 */
void ngx_rtsp_codec_init(ngx_rtsp_codec_state_t *state, ngx_rtsp_codec_e codec,
    const ngx_rtsp_parameter_sets_t *announced);

/*
 * Looks at the next packet of a media, in order of sequence numbers, and
 * returns its flags.  H.264 (RFC 6184), H.265 (RFC 7798), AV1 (AOM's RTP
 * payload format), VP8 (RFC 7741), VP9 (RFC 9628), MPEG-4 (RFC 6416), MPEG-2
 * (RFC 2250), JPEG (RFC 2435).  A payload that is not sound has no flags but
 * UNIT.
 */
ngx_uint_t ngx_rtsp_codec_packet(ngx_rtsp_codec_state_t *state,
    const ngx_rtsp_rtp_t *rtp);


/*
 * Takes over a NAL unit (without start code) when it is a parameter set of
 * the codec: NGX_OK when the sets have changed by it, NGX_DONE when it was
 * known, NGX_DECLINED when it is none, NGX_ERROR when it is too large or
 * there is no room.
 */
ngx_int_t ngx_rtsp_parameter_sets_add(ngx_rtsp_parameter_sets_t *sets,
    ngx_rtsp_codec_e codec, const u_char *nal, size_t len);

/* 1 when both hold the same sets */
ngx_uint_t ngx_rtsp_parameter_sets_same(const ngx_rtsp_parameter_sets_t *a,
    const ngx_rtsp_parameter_sets_t *b);

/*
 * 1 when there is all that a decoder needs before the first key frame: an SPS
 * and a PPS, for H.265 a VPS, too.
 */
ngx_uint_t ngx_rtsp_parameter_sets_complete(
    const ngx_rtsp_parameter_sets_t *sets, ngx_rtsp_codec_e codec);

/*
 * Writes one RTP payload that holds all the sets: a single NAL unit, STAP-A
 * (RFC 6184, 5.7.1) or AP (RFC 7798, 4.4.2).  It is no larger than
 * NGX_RTSP_PARAMETER_SETS_PAYLOAD.
 */
#define NGX_RTSP_PARAMETER_SETS_PAYLOAD                                       \
    (2 + NGX_RTSP_MAX_PARAMETER_SETS * 2 + NGX_RTSP_PARAMETER_SETS_SIZE)

void ngx_rtsp_put_parameter_sets(ngx_rtsp_writer_t *w,
    const ngx_rtsp_parameter_sets_t *sets, ngx_rtsp_codec_e codec);


#endif /* _NGX_RTSP_CODEC_H_INCLUDED_ */
