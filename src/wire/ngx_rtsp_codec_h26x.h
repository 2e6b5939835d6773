
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_CODEC_H26X_H_INCLUDED_
#define _NGX_RTSP_CODEC_H26X_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_codec.h"


/*
 * What a payload holds, as the codecs' own functions tell it to
 * ngx_rtsp_codec_packet(), which makes the flags of the packet from it.
 */
#define NGX_RTSP_HOLDS_FIRST       0x01  /* surely the first of its frame */
#define NGX_RTSP_HOLDS_LEADING     0x02  /* begins with what may only stand
                                            before a frame's picture data */
#define NGX_RTSP_HOLDS_PICTURE     0x04  /* picture data */
#define NGX_RTSP_HOLDS_KEY         0x08  /* that of a key frame */
#define NGX_RTSP_HOLDS_PARAMETERS  0x10


/* of H.264 and H.265; collects parameter sets into the state */
ngx_uint_t ngx_rtsp_h26x_holds(ngx_rtsp_codec_state_t *state,
    const ngx_rtsp_rtp_t *rtp);


#endif /* _NGX_RTSP_CODEC_H26X_H_INCLUDED_ */
