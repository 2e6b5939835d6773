
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_FRAGMENT_H_INCLUDED_
#define _NGX_RTSP_FRAGMENT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_codec.h"


/*
 * Gets each packet in turn.  It may change the header in place (sequence
 * number, SSRC); the memory is used again for the next one.
 */
typedef void (*ngx_rtsp_fragment_pt)(void *data, u_char *packet, size_t len);


/*
 * Splits one RTP packet of H.264 (RFC 6184: single NAL unit, STAP-A, FU-A) or
 * H.265 (RFC 7798: single NAL unit, AP, FU) into packets of at most "max"
 * bytes, RTP header included, and hands each to "handler".  "scratch" has
 * room for "max" bytes.
 *
 * The new packets have the type, time stamp, SSRC and CSRC list of the old
 * one; a header extension and padding are dropped.  Sequence numbers count
 * up from that of the old packet; the caller shifts them.  The marker, if
 * there was one, is on the last packet only.  The NAL units are, byte for
 * byte, those that went in.
 *
 * Returns the number of packets, or NGX_ERROR, with nothing handed over, when
 * the packet cannot be split: another codec or packet type, unsound, or "max"
 * too small for a fragment.  H.264 with packetization-mode=0 must not be
 * given, since its readers know no fragments.
 */
ngx_int_t ngx_rtsp_fragment(ngx_rtsp_codec_e codec, const u_char *rtp,
    size_t len, size_t max, ngx_rtsp_fragment_pt handler, void *data,
    u_char *scratch);


#endif /* _NGX_RTSP_FRAGMENT_H_INCLUDED_ */
