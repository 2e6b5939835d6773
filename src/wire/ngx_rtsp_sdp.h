
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_SDP_H_INCLUDED_
#define _NGX_RTSP_SDP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_text.h"
#include "ngx_rtsp_codec.h"


#define NGX_RTSP_MAX_MEDIAS   32
#define NGX_RTSP_MAX_FORMATS  8             /* of one media */
#define NGX_RTSP_MAX_SDP      (128 * 1024)  /* bytes */


typedef enum {
    NGX_RTSP_MEDIA_OTHER = 0,
    NGX_RTSP_MEDIA_VIDEO,
    NGX_RTSP_MEDIA_AUDIO
} ngx_rtsp_media_kind_e;


typedef enum {
    NGX_RTSP_DIRECTION_NONE = 0,     /* not said */
    NGX_RTSP_DIRECTION_SENDRECV,
    NGX_RTSP_DIRECTION_SENDONLY,
    NGX_RTSP_DIRECTION_RECVONLY,
    NGX_RTSP_DIRECTION_INACTIVE
} ngx_rtsp_direction_e;


typedef struct {
    ngx_uint_t           type;           /* payload type; one above 127, which
                                            RTP cannot carry, is let pass */
    ngx_rtsp_codec_e     codec;
    ngx_str_t            encoding;       /* "H264", as rtpmap spells it, or
                                            RFC 3551's name, or empty */
    uint32_t             clock_rate;     /* 0 is unknown */
    ngx_str_t            channels;       /* third part of rtpmap, or empty */
    ngx_str_t            fmtp;           /* without the payload type */
    ngx_uint_t           packetization_mode;  /* of H.264, 0 if not said */
} ngx_rtsp_sdp_format_t;


typedef struct {
    ngx_str_t            type;           /* "video" */
    ngx_rtsp_media_kind_e  kind;
    ngx_str_t            proto;          /* "RTP/AVP" */
    ngx_rtsp_direction_e  direction;
    unsigned             secure:1;       /* "proto" names SAVP */
    unsigned             back_channel:1;
    ngx_str_t            control;        /* first a=control; data is NULL when
                                            there is none */
    ngx_str_t            mid;
    ngx_str_t            key_mgmt;       /* "mikey AQAFg..." */
    ngx_str_t            text;           /* the lines of this section, "m="
                                            included, as they came */
    ngx_uint_t           nformats;       /* at least 1 */
    ngx_rtsp_sdp_format_t  formats[NGX_RTSP_MAX_FORMATS];
} ngx_rtsp_sdp_media_t;


typedef struct {
    ngx_str_t            name;           /* s=, empty for a lone space */
    ngx_str_t            information;    /* i= */
    ngx_str_t            control;
    ngx_str_t            range;          /* "npt=now-" */
    ngx_str_t            key_mgmt;
    ngx_str_t            session;        /* lines before the first "m=" */
    const char          *error;          /* why it was refused */
    unsigned             too_large:1;    /* over one of the bounds */
    ngx_uint_t           nmedias;        /* at least 1 */
    ngx_rtsp_sdp_media_t  medias[NGX_RTSP_MAX_MEDIAS];
} ngx_rtsp_sdp_t;


typedef struct {
    uint32_t             hide;           /* bit i: media i is left out */
    unsigned             secure:1;       /* RTP/SAVP */
    ngx_str_t            address;        /* of c=, empty for 0.0.0.0; with
                                            "/ttl" for a group */
    ngx_str_t            fmtp[NGX_RTSP_MAX_MEDIAS];
                                         /* of the first format, instead of
                                            the source's, or empty */
    ngx_str_t            key_mgmt[NGX_RTSP_MAX_MEDIAS];
} ngx_rtsp_sdp_write_t;


/*
 * Reads an SDP (RFC 4566, RFC 2326 appendix C), as tolerant as real cameras
 * need it: everything that a relay does not use may be wrong.  All strings
 * are slices of "text", or constants.
 *
 * NGX_ERROR sets sdp->error to a sentence: a line that is none, an unknown or
 * misplaced letter, a broken m= line, no media, too many medias or formats,
 * more than NGX_RTSP_MAX_SDP bytes.
 *
 * A media with a=sendonly is a back channel (ONVIF Streaming 5.3), unless all
 * of them have it (FritzBox, IDS uEye).
 */
ngx_int_t ngx_rtsp_parse_sdp(const ngx_str_t *text, ngx_rtsp_sdp_t *sdp);

/*
 * Takes the next line that is not blank off the front of "text", without its
 * end; CR, LF and NUL, alone or together, end lines.  0 at the end.
 */
ngx_uint_t ngx_rtsp_sdp_line(ngx_str_t *text, ngx_str_t *line);

/*
 * 1 when "line" is the attribute "a=<name>" or "a=<name>:<value>", with the
 * value without spaces around (empty in the first case).
 */
ngx_uint_t ngx_rtsp_sdp_attribute(const ngx_str_t *line, const char *name,
    ngx_str_t *value);

/*
 * Finds a parameter of a format by its name, whatever its case: 1 and its
 * value, without spaces around, or 0.
 */
ngx_uint_t ngx_rtsp_sdp_parameter(const ngx_str_t *fmtp, const char *name,
    ngx_str_t *value);

/* the format of a payload type in a media, or NULL */
const ngx_rtsp_sdp_format_t *ngx_rtsp_sdp_format(
    const ngx_rtsp_sdp_media_t *media, ngx_uint_t type);

/*
 * 1 when both describe the same medias: number, order, type, payload types,
 * rtpmap, and "config" of AAC and MPEG-4.  Other parameters may differ.
 */
ngx_uint_t ngx_rtsp_sdp_same(const ngx_rtsp_sdp_t *a, const ngx_rtsp_sdp_t *b);

/*
 * Decodes the parameter sets of an H.264 or H.265 format (RFC 6184, 8.1;
 * RFC 7798, 7.1), without the start codes that some cameras put before them
 * (Revotech).  What is not base64 or no parameter set is left out.  Returns
 * how many there are.
 */
ngx_uint_t ngx_rtsp_sdp_parameter_sets(const ngx_rtsp_sdp_format_t *format,
    ngx_rtsp_parameter_sets_t *sets);


/*
 * Writes the SDP that readers get: the address and time of a relay, controls
 * "trackID=<index in the full list>", port 0; what belongs to the source's
 * transport is left out, every other attribute is kept.  When a back channel
 * is listed it is "sendonly" and the others are "recvonly".
 */
void ngx_rtsp_put_sdp(ngx_rtsp_writer_t *w, const ngx_rtsp_sdp_t *sdp,
    const ngx_rtsp_sdp_write_t *opt);

/*
 * Writes the parameters of an H.264 or H.265 format with "sets" in place of
 * those it had, and profile-level-id to match.  NGX_DECLINED, and nothing is
 * written, when the codec is another or the sets are not complete.
 */
ngx_int_t ngx_rtsp_sdp_put_fmtp(ngx_rtsp_writer_t *w,
    const ngx_rtsp_sdp_format_t *format,
    const ngx_rtsp_parameter_sets_t *sets);


#endif /* _NGX_RTSP_SDP_H_INCLUDED_ */
