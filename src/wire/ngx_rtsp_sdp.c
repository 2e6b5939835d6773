
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_sdp.h"


/*
 * SDP (RFC 4566) read.  Called with the body of an ANNOUNCE and with what a
 * camera answers to DESCRIBE.
 *
 * Cameras get SDP wrong in every way there is, and a relay uses little of it:
 * the medias, their formats, controls and directions.  So only the frame of
 * the text is checked (lines of one letter, in the part where they belong),
 * the used parts are read with patience, and what is not used (o=, c=, t=,
 * u= ...) is not looked at.
 *
 * Nothing is copied: every string is a slice of the text or a constant, so
 * the text has to live as long as the structure.
 */


#define NGX_RTSP_MAX_PORT       65536      /* FritzBox and others say so */

/* a payload type that an rtpmap decides */
#define NGX_RTSP_UNKNOWN_TYPE   256


typedef struct {
    u_char                type;
    const char           *encoding;
    uint32_t              clock_rate;
} ngx_rtsp_static_format_t;


typedef struct {
    const char           *encoding;
    ngx_rtsp_codec_e      codec;
} ngx_rtsp_codec_name_t;


static ngx_int_t ngx_rtsp_sdp_read_line(ngx_rtsp_sdp_t *sdp,
    const ngx_str_t *line, ngx_uint_t first);
static ngx_int_t ngx_rtsp_sdp_session_line(ngx_rtsp_sdp_t *sdp,
    const ngx_str_t *line, ngx_uint_t first);
static void ngx_rtsp_sdp_session_attribute(ngx_rtsp_sdp_t *sdp,
    const ngx_str_t *line);
static ngx_int_t ngx_rtsp_sdp_media_line(ngx_rtsp_sdp_t *sdp,
    const ngx_str_t *line);
static ngx_int_t ngx_rtsp_sdp_open_media(ngx_rtsp_sdp_t *sdp,
    const ngx_str_t *line);
static ngx_int_t ngx_rtsp_sdp_formats(ngx_rtsp_sdp_t *sdp,
    ngx_rtsp_sdp_media_t *media, ngx_str_t *list);
static ngx_uint_t ngx_rtsp_sdp_word(ngx_str_t *rest, ngx_str_t *word);
static ngx_int_t ngx_rtsp_sdp_port(const ngx_str_t *word);
static ngx_uint_t ngx_rtsp_sdp_is_secure(const ngx_str_t *proto);
static void ngx_rtsp_sdp_media_attribute(ngx_rtsp_sdp_media_t *media,
    const ngx_str_t *line);
static void ngx_rtsp_sdp_direction(ngx_rtsp_sdp_media_t *media,
    const ngx_str_t *line);
static void ngx_rtsp_sdp_rtpmap(ngx_rtsp_sdp_media_t *media, ngx_str_t *value);
static void ngx_rtsp_sdp_fmtp(ngx_rtsp_sdp_media_t *media, ngx_str_t *value);
static ngx_rtsp_sdp_format_t *ngx_rtsp_sdp_find_format(
    ngx_rtsp_sdp_media_t *media, const ngx_str_t *type);
static ngx_rtsp_sdp_format_t *ngx_rtsp_sdp_smart_format(
    ngx_rtsp_sdp_media_t *media, const ngx_str_t *type);
static ngx_int_t ngx_rtsp_sdp_finish(ngx_rtsp_sdp_t *sdp);
static void ngx_rtsp_sdp_finish_format(ngx_rtsp_sdp_format_t *format);
static ngx_rtsp_codec_e ngx_rtsp_sdp_codec(const ngx_str_t *encoding);
static void ngx_rtsp_sdp_close_section(ngx_rtsp_sdp_t *sdp,
    const u_char *end);
static ngx_int_t ngx_rtsp_sdp_error(ngx_rtsp_sdp_t *sdp, const char *error);
static ngx_uint_t ngx_rtsp_sdp_same_media(const ngx_rtsp_sdp_media_t *a,
    const ngx_rtsp_sdp_media_t *b);
static ngx_uint_t ngx_rtsp_sdp_same_format(const ngx_rtsp_sdp_format_t *a,
    const ngx_rtsp_sdp_format_t *b);
static ngx_uint_t ngx_rtsp_sdp_same_text(const ngx_str_t *a,
    const ngx_str_t *b);
static void ngx_rtsp_sdp_decode_sets(const ngx_rtsp_sdp_format_t *format,
    const char *name, ngx_rtsp_parameter_sets_t *sets);
static void ngx_rtsp_sdp_add_nals(ngx_rtsp_codec_e codec, const u_char *p,
    size_t len, ngx_rtsp_parameter_sets_t *sets);


/* RFC 3551, 6, tables 4 and 5 */

static const ngx_rtsp_static_format_t  ngx_rtsp_static_formats[] = {
    { 0, "PCMU", 8000 },
    { 3, "GSM", 8000 },
    { 4, "G723", 8000 },
    { 5, "DVI4", 8000 },
    { 6, "DVI4", 16000 },
    { 7, "LPC", 8000 },
    { 8, "PCMA", 8000 },
    { 9, "G722", 8000 },
    { 10, "L16", 44100 },
    { 11, "L16", 44100 },
    { 12, "QCELP", 8000 },
    { 13, "CN", 8000 },
    { 14, "MPA", 90000 },
    { 15, "G728", 8000 },
    { 16, "DVI4", 11025 },
    { 17, "DVI4", 22050 },
    { 18, "G729", 8000 },
    { 25, "CelB", 90000 },
    { 26, "JPEG", 90000 },
    { 28, "nv", 90000 },
    { 31, "H261", 90000 },
    { 32, "MPV", 90000 },
    { 33, "MP2T", 90000 },
    { 34, "H263", 90000 },
    { 0, NULL, 0 }
};


static const ngx_rtsp_codec_name_t  ngx_rtsp_codec_names[] = {
    { "H264", NGX_RTSP_CODEC_H264 },
    { "H265", NGX_RTSP_CODEC_H265 },
    { "HEVC", NGX_RTSP_CODEC_H265 },
    { "AV1", NGX_RTSP_CODEC_AV1 },
    { "VP8", NGX_RTSP_CODEC_VP8 },
    { "VP9", NGX_RTSP_CODEC_VP9 },
    { "MP4V-ES", NGX_RTSP_CODEC_MPEG4 },
    { "MPV", NGX_RTSP_CODEC_MPEG2 },
    { "JPEG", NGX_RTSP_CODEC_MJPEG },
    { "MP2T", NGX_RTSP_CODEC_MPEGTS },
    { "mpeg4-generic", NGX_RTSP_CODEC_AAC },
    { "MP4A-LATM", NGX_RTSP_CODEC_LATM },
    { "opus", NGX_RTSP_CODEC_OPUS },
    { "multiopus", NGX_RTSP_CODEC_OPUS },
    { "PCMU", NGX_RTSP_CODEC_PCMU },
    { "PCMA", NGX_RTSP_CODEC_PCMA },
    { "G722", NGX_RTSP_CODEC_G722 },
    { "G726-16", NGX_RTSP_CODEC_G726 },
    { "G726-24", NGX_RTSP_CODEC_G726 },
    { "G726-32", NGX_RTSP_CODEC_G726 },
    { "G726-40", NGX_RTSP_CODEC_G726 },
    { "AAL2-G726-16", NGX_RTSP_CODEC_G726 },
    { "AAL2-G726-24", NGX_RTSP_CODEC_G726 },
    { "AAL2-G726-32", NGX_RTSP_CODEC_G726 },
    { "AAL2-G726-40", NGX_RTSP_CODEC_G726 },
    { "L8", NGX_RTSP_CODEC_LPCM },
    { "L16", NGX_RTSP_CODEC_LPCM },
    { "L24", NGX_RTSP_CODEC_LPCM },
    { "MPA", NGX_RTSP_CODEC_MPA },
    { "AC3", NGX_RTSP_CODEC_AC3 },
    { "speex", NGX_RTSP_CODEC_SPEEX },
    { "vorbis", NGX_RTSP_CODEC_VORBIS },
    { "vnd.onvif.metadata", NGX_RTSP_CODEC_ONVIF },
    { NULL, NGX_RTSP_CODEC_OTHER }
};


ngx_int_t
ngx_rtsp_parse_sdp(const ngx_str_t *text, ngx_rtsp_sdp_t *sdp)
{
    ngx_str_t   rest, line;
    ngx_uint_t  first;

    ngx_memzero(sdp, offsetof(ngx_rtsp_sdp_t, medias));

    if (text->len > NGX_RTSP_MAX_SDP) {
        return ngx_rtsp_sdp_error(sdp, "it is too large");
    }

    sdp->session.data = text->data;

    rest = *text;

    for (first = 1; ngx_rtsp_sdp_line(&rest, &line); first = 0) {

        if (ngx_rtsp_sdp_read_line(sdp, &line, first) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (sdp->nmedias == 0) {
        return ngx_rtsp_sdp_error(sdp, "it has no media");
    }

    ngx_rtsp_sdp_close_section(sdp, text->data + text->len);

    return ngx_rtsp_sdp_finish(sdp);
}


ngx_uint_t
ngx_rtsp_sdp_line(ngx_str_t *text, ngx_str_t *line)
{
    size_t     i;
    ngx_str_t  blank;

    while (text->len) {

        for (i = 0; i < text->len; i++) {

            if (text->data[i] == '\n'
                || text->data[i] == '\r'
                || text->data[i] == '\0')
            {
                break;
            }
        }

        line->data = text->data;
        line->len = i;

        i += (i < text->len) ? 1 : 0;
        text->data += i;
        text->len -= i;

        blank = *line;
        ngx_rtsp_text_trim(&blank);

        if (blank.len) {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_rtsp_sdp_read_line(ngx_rtsp_sdp_t *sdp, const ngx_str_t *line,
    ngx_uint_t first)
{
    if (line->len < 2 || line->data[1] != '=') {
        return ngx_rtsp_sdp_error(sdp, "a line does not begin with a letter "
                                       "and an equals sign");
    }

    if (line->data[0] == 'm') {
        ngx_rtsp_sdp_close_section(sdp, line->data);

        return ngx_rtsp_sdp_open_media(sdp, line);
    }

    if (sdp->nmedias) {
        return ngx_rtsp_sdp_media_line(sdp, line);
    }

    return ngx_rtsp_sdp_session_line(sdp, line, first);
}


/* their order is free, most may be missing; only the first may be "v=" */

static ngx_int_t
ngx_rtsp_sdp_session_line(ngx_rtsp_sdp_t *sdp, const ngx_str_t *line,
    ngx_uint_t first)
{
    ngx_str_t  value;

    value.data = line->data + 2;
    value.len = line->len - 2;

    ngx_rtsp_text_trim(&value);

    switch (line->data[0]) {

    case 'v':
        if (!first) {
            return ngx_rtsp_sdp_error(sdp, "\"v=\" is not the first line");
        }

        if (!ngx_rtsp_text_is(&value, "0")) {
            return ngx_rtsp_sdp_error(sdp, "its version is not 0");
        }

        return NGX_OK;

    case 's':
        sdp->name = value;
        return NGX_OK;

    case 'i':
        sdp->information = value;
        return NGX_OK;

    case 'a':
        ngx_rtsp_sdp_session_attribute(sdp, line);
        return NGX_OK;

    case 'o': case 'u': case 'e': case 'p': case 'c':
    case 'b': case 't': case 'r': case 'z': case 'k':
        return NGX_OK;

    default:
        return ngx_rtsp_sdp_error(sdp, "a line begins with an unknown letter");
    }
}


static void
ngx_rtsp_sdp_session_attribute(ngx_rtsp_sdp_t *sdp, const ngx_str_t *line)
{
    ngx_str_t  value;

    if (sdp->control.data == NULL
        && ngx_rtsp_sdp_attribute(line, "control", &value))
    {
        sdp->control = value;

    } else if (ngx_rtsp_sdp_attribute(line, "range", &value)) {
        sdp->range = value;

    } else if (ngx_rtsp_sdp_attribute(line, "key-mgmt", &value)) {
        sdp->key_mgmt = value;
    }
}


static ngx_int_t
ngx_rtsp_sdp_media_line(ngx_rtsp_sdp_t *sdp, const ngx_str_t *line)
{
    switch (line->data[0]) {

    case 'a':
        ngx_rtsp_sdp_media_attribute(&sdp->medias[sdp->nmedias - 1], line);
        return NGX_OK;

    case 'i': case 'c': case 'b': case 'k':
        return NGX_OK;

    default:
        return ngx_rtsp_sdp_error(sdp, "a line of a media begins with a "
                                       "letter that has no place there");
    }
}


/*
 * m=<media> <port>[/<count>] <proto> <format> ...
 *
 * Any name of a media will do: besides RFC 4566's there are "metadata" (UDP
 * Technology), "meta" (BZBGEAR), "application/TP-LINK" and more.
 */

static ngx_int_t
ngx_rtsp_sdp_open_media(ngx_rtsp_sdp_t *sdp, const ngx_str_t *line)
{
    ngx_str_t              rest, port;
    ngx_rtsp_sdp_media_t  *media;

    if (sdp->nmedias == NGX_RTSP_MAX_MEDIAS) {
        sdp->too_large = 1;
        return ngx_rtsp_sdp_error(sdp, "it has too many medias");
    }

    media = &sdp->medias[sdp->nmedias++];
    ngx_memzero(media, sizeof(ngx_rtsp_sdp_media_t));

    media->text = *line;

    rest.data = line->data + 2;
    rest.len = line->len - 2;

    if (!ngx_rtsp_sdp_word(&rest, &media->type)
        || !ngx_rtsp_sdp_word(&rest, &port)
        || !ngx_rtsp_sdp_word(&rest, &media->proto))
    {
        return ngx_rtsp_sdp_error(sdp, "\"m=\" has too few fields");
    }

    if (ngx_rtsp_sdp_port(&port) != NGX_OK) {
        return ngx_rtsp_sdp_error(sdp, "\"m=\" has an invalid port");
    }

    if (ngx_rtsp_text_is(&media->type, "video")) {
        media->kind = NGX_RTSP_MEDIA_VIDEO;

    } else if (ngx_rtsp_text_is(&media->type, "audio")) {
        media->kind = NGX_RTSP_MEDIA_AUDIO;
    }

    media->secure = ngx_rtsp_sdp_is_secure(&media->proto);

    return ngx_rtsp_sdp_formats(sdp, media, &rest);
}


static ngx_int_t
ngx_rtsp_sdp_formats(ngx_rtsp_sdp_t *sdp, ngx_rtsp_sdp_media_t *media,
    ngx_str_t *list)
{
    int64_t    type;
    ngx_str_t  word;

    while (ngx_rtsp_sdp_word(list, &word)) {

        if (ngx_rtsp_text_begins(&word, "smart/")) {
            /* TP-Link: "smart/1/90000" */
            type = NGX_RTSP_UNKNOWN_TYPE;

        } else {
            type = ngx_rtsp_text_uint(&word, 255);

            if (type == NGX_ERROR) {
                return ngx_rtsp_sdp_error(sdp, "a payload type is invalid");
            }
        }

        if (ngx_rtsp_sdp_format(media, type)) {
            continue;
        }

        if (media->nformats == NGX_RTSP_MAX_FORMATS) {
            sdp->too_large = 1;
            return ngx_rtsp_sdp_error(sdp, "a media has too many formats");
        }

        media->formats[media->nformats++].type = type;
    }

    if (media->nformats == 0) {
        return ngx_rtsp_sdp_error(sdp, "a media has no format");
    }

    return NGX_OK;
}


/* takes the next word off the front of "rest"; 0 when there is none */

static ngx_uint_t
ngx_rtsp_sdp_word(ngx_str_t *rest, ngx_str_t *word)
{
    ngx_rtsp_text_trim(rest);

    return rest->len && ngx_rtsp_text_cut(rest, ' ', word);
}


static ngx_int_t
ngx_rtsp_sdp_port(const ngx_str_t *word)
{
    ngx_str_t  rest, port;

    rest = *word;

    if (!ngx_rtsp_text_cut(&rest, '/', &port)
        || ngx_rtsp_text_uint(&port, NGX_RTSP_MAX_PORT) == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    if (rest.data && ngx_rtsp_text_uint(&rest, NGX_RTSP_MAX_PORT) == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_rtsp_sdp_is_secure(const ngx_str_t *proto)
{
    ngx_str_t  rest, part;

    rest = *proto;

    while (ngx_rtsp_text_cut(&rest, '/', &part)) {

        if (ngx_rtsp_text_is(&part, "SAVP")) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_rtsp_sdp_attribute(const ngx_str_t *line, const char *name,
    ngx_str_t *value)
{
    ngx_str_t  key;

    if (line->len < 2 || line->data[0] != 'a') {
        return 0;
    }

    value->data = line->data + 2;
    value->len = line->len - 2;

    if (!ngx_rtsp_text_cut(value, ':', &key)) {
        return 0;
    }

    ngx_rtsp_text_trim(&key);

    if (!ngx_rtsp_text_is(&key, name)) {
        return 0;
    }

    if (value->data == NULL) {
        value->data = line->data + line->len;
    }

    ngx_rtsp_text_trim(value);

    return 1;
}


static void
ngx_rtsp_sdp_media_attribute(ngx_rtsp_sdp_media_t *media,
    const ngx_str_t *line)
{
    ngx_str_t  value;

    if (ngx_rtsp_sdp_attribute(line, "rtpmap", &value)) {
        ngx_rtsp_sdp_rtpmap(media, &value);

    } else if (ngx_rtsp_sdp_attribute(line, "fmtp", &value)) {
        ngx_rtsp_sdp_fmtp(media, &value);

    } else if (media->control.data == NULL
               && ngx_rtsp_sdp_attribute(line, "control", &value))
    {
        media->control = value;

    } else if (ngx_rtsp_sdp_attribute(line, "mid", &value)) {
        media->mid = value;

    } else if (ngx_rtsp_sdp_attribute(line, "key-mgmt", &value)) {
        media->key_mgmt = value;

    } else if (media->direction == NGX_RTSP_DIRECTION_NONE) {
        ngx_rtsp_sdp_direction(media, line);
    }
}


static void
ngx_rtsp_sdp_direction(ngx_rtsp_sdp_media_t *media, const ngx_str_t *line)
{
    ngx_str_t  value;

    if (ngx_rtsp_sdp_attribute(line, "sendonly", &value)) {
        media->direction = NGX_RTSP_DIRECTION_SENDONLY;

    } else if (ngx_rtsp_sdp_attribute(line, "recvonly", &value)) {
        media->direction = NGX_RTSP_DIRECTION_RECVONLY;

    } else if (ngx_rtsp_sdp_attribute(line, "sendrecv", &value)) {
        media->direction = NGX_RTSP_DIRECTION_SENDRECV;

    } else if (ngx_rtsp_sdp_attribute(line, "inactive", &value)) {
        media->direction = NGX_RTSP_DIRECTION_INACTIVE;
    }
}


/* a=rtpmap:<type> <encoding>[/<clock rate>[/<channels>]] */

static void
ngx_rtsp_sdp_rtpmap(ngx_rtsp_sdp_media_t *media, ngx_str_t *value)
{
    int64_t                 rate;
    ngx_str_t               type, clock;
    ngx_rtsp_sdp_format_t  *format;

    if (!ngx_rtsp_sdp_word(value, &type)) {
        return;
    }

    format = ngx_rtsp_sdp_find_format(media, &type);

    if (format == NULL) {
        format = ngx_rtsp_sdp_smart_format(media, &type);
    }

    if (format == NULL || format->encoding.len) {
        return;
    }

    ngx_rtsp_text_trim(value);
    (void) ngx_rtsp_text_cut(value, '/', &format->encoding);
    ngx_rtsp_text_trim(&format->encoding);

    if (!ngx_rtsp_text_cut(value, '/', &clock)) {
        return;
    }

    ngx_rtsp_text_trim(&clock);
    rate = ngx_rtsp_text_uint(&clock, 0xffffffff);

    if (rate != NGX_ERROR) {
        format->clock_rate = (uint32_t) rate;
    }

    if (value->data) {
        format->channels = *value;
        ngx_rtsp_text_trim(&format->channels);
    }
}


/* a=fmtp:<type> <parameters> */

static void
ngx_rtsp_sdp_fmtp(ngx_rtsp_sdp_media_t *media, ngx_str_t *value)
{
    ngx_str_t               type;
    ngx_rtsp_sdp_format_t  *format;

    if (!ngx_rtsp_sdp_word(value, &type)) {
        return;
    }

    format = ngx_rtsp_sdp_find_format(media, &type);

    if (format && format->fmtp.len == 0 && value->data) {
        format->fmtp = *value;
        ngx_rtsp_text_trim(&format->fmtp);
    }
}


static ngx_rtsp_sdp_format_t *
ngx_rtsp_sdp_find_format(ngx_rtsp_sdp_media_t *media, const ngx_str_t *type)
{
    int64_t  n;

    n = ngx_rtsp_text_uint(type, 255);

    return (n == NGX_ERROR) ? NULL
                            : (ngx_rtsp_sdp_format_t *)
                              ngx_rtsp_sdp_format(media, n);
}


/* the first rtpmap of an unlisted type says what "smart/1/90000" stands for */

static ngx_rtsp_sdp_format_t *
ngx_rtsp_sdp_smart_format(ngx_rtsp_sdp_media_t *media, const ngx_str_t *type)
{
    int64_t     n;
    ngx_uint_t  i;

    n = ngx_rtsp_text_uint(type, 255);

    for (i = 0; i < media->nformats && n != NGX_ERROR; i++) {

        if (media->formats[i].type == NGX_RTSP_UNKNOWN_TYPE) {
            media->formats[i].type = n;
            return &media->formats[i];
        }
    }

    return NULL;
}


const ngx_rtsp_sdp_format_t *
ngx_rtsp_sdp_format(const ngx_rtsp_sdp_media_t *media, ngx_uint_t type)
{
    ngx_uint_t  i;

    for (i = 0; i < media->nformats; i++) {

        if (media->formats[i].type == type) {
            return &media->formats[i];
        }
    }

    return NULL;
}


/* what can be said only when everything has been read */

static ngx_int_t
ngx_rtsp_sdp_finish(ngx_rtsp_sdp_t *sdp)
{
    ngx_uint_t             i, n, back;
    ngx_rtsp_sdp_media_t  *media;

    back = 0;

    for (i = 0; i < sdp->nmedias; i++) {
        media = &sdp->medias[i];

        for (n = 0; n < media->nformats; n++) {

            if (media->formats[n].type == NGX_RTSP_UNKNOWN_TYPE) {
                return ngx_rtsp_sdp_error(sdp, "a media has no payload type");
            }

            ngx_rtsp_sdp_finish_format(&media->formats[n]);
        }

        if (media->direction == NGX_RTSP_DIRECTION_SENDONLY) {
            back++;
        }
    }

    /* FritzBox, IDS uEye: "sendonly" everywhere says what they do */

    if (back == sdp->nmedias) {
        return NGX_OK;
    }

    for (i = 0; i < sdp->nmedias; i++) {
        media = &sdp->medias[i];
        media->back_channel = (media->direction
                               == NGX_RTSP_DIRECTION_SENDONLY);
    }

    return NGX_OK;
}


static void
ngx_rtsp_sdp_finish_format(ngx_rtsp_sdp_format_t *format)
{
    ngx_str_t                        value;
    const ngx_rtsp_static_format_t  *known;

    for (known = ngx_rtsp_static_formats; known->encoding; known++) {

        if (known->type != format->type) {
            continue;
        }

        if (format->encoding.len == 0) {
            format->encoding.data = (u_char *) known->encoding;
            format->encoding.len = ngx_strlen(known->encoding);
        }

        /*
         * The RTP clock of G722 is 8000 whatever the rtpmap says (RFC 3551,
         * 4.5.2); but Bosch and others put other codecs on these types.
         */

        if (ngx_rtsp_text_is(&format->encoding, known->encoding)
            || format->clock_rate == 0)
        {
            format->clock_rate = known->clock_rate;
        }

        break;
    }

    format->codec = ngx_rtsp_sdp_codec(&format->encoding);

    if (format->codec == NGX_RTSP_CODEC_H264
        && ngx_rtsp_sdp_parameter(&format->fmtp, "packetization-mode", &value)
        && value.len == 1
        && (value.data[0] == '1' || value.data[0] == '2'))
    {
        format->packetization_mode = value.data[0] - '0';
    }
}


static ngx_rtsp_codec_e
ngx_rtsp_sdp_codec(const ngx_str_t *encoding)
{
    const ngx_rtsp_codec_name_t  *name;

    for (name = ngx_rtsp_codec_names; name->encoding; name++) {

        if (ngx_rtsp_text_is(encoding, name->encoding)) {
            return name->codec;
        }
    }

    return NGX_RTSP_CODEC_OTHER;
}


/* "end" is where the next section begins */

static void
ngx_rtsp_sdp_close_section(ngx_rtsp_sdp_t *sdp, const u_char *end)
{
    ngx_str_t  *section;

    section = sdp->nmedias ? &sdp->medias[sdp->nmedias - 1].text
                           : &sdp->session;

    section->len = end - section->data;
}


static ngx_int_t
ngx_rtsp_sdp_error(ngx_rtsp_sdp_t *sdp, const char *error)
{
    sdp->error = error;

    return NGX_ERROR;
}


ngx_uint_t
ngx_rtsp_sdp_parameter(const ngx_str_t *fmtp, const char *name,
    ngx_str_t *value)
{
    ngx_str_t  rest, item, key;

    rest = *fmtp;

    while (ngx_rtsp_text_cut(&rest, ';', &item)) {

        if (!ngx_rtsp_text_cut(&item, '=', &key) || item.data == NULL) {
            continue;
        }

        ngx_rtsp_text_trim(&key);

        if (ngx_rtsp_text_is(&key, name)) {
            *value = item;
            ngx_rtsp_text_trim(value);

            return 1;
        }
    }

    ngx_str_null(value);

    return 0;
}


ngx_uint_t
ngx_rtsp_sdp_same(const ngx_rtsp_sdp_t *a, const ngx_rtsp_sdp_t *b)
{
    ngx_uint_t  i;

    if (a->nmedias != b->nmedias) {
        return 0;
    }

    for (i = 0; i < a->nmedias; i++) {

        if (!ngx_rtsp_sdp_same_media(&a->medias[i], &b->medias[i])) {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
ngx_rtsp_sdp_same_media(const ngx_rtsp_sdp_media_t *a,
    const ngx_rtsp_sdp_media_t *b)
{
    ngx_uint_t  i;

    if (!ngx_rtsp_sdp_same_text(&a->type, &b->type)
        || a->back_channel != b->back_channel
        || a->nformats != b->nformats)
    {
        return 0;
    }

    for (i = 0; i < a->nformats; i++) {

        if (!ngx_rtsp_sdp_same_format(&a->formats[i], &b->formats[i])) {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
ngx_rtsp_sdp_same_format(const ngx_rtsp_sdp_format_t *a,
    const ngx_rtsp_sdp_format_t *b)
{
    ngx_str_t               x, y;
    static const ngx_str_t  one = ngx_string("1");

    x = a->channels.len ? a->channels : one;
    y = b->channels.len ? b->channels : one;

    if (a->type != b->type
        || a->clock_rate != b->clock_rate
        || !ngx_rtsp_sdp_same_text(&a->encoding, &b->encoding)
        || !ngx_rtsp_sdp_same_text(&x, &y))
    {
        return 0;
    }

    switch (a->codec) {

    case NGX_RTSP_CODEC_AAC:
    case NGX_RTSP_CODEC_LATM:
    case NGX_RTSP_CODEC_MPEG4:

        (void) ngx_rtsp_sdp_parameter(&a->fmtp, "config", &x);
        (void) ngx_rtsp_sdp_parameter(&b->fmtp, "config", &y);

        return ngx_rtsp_sdp_same_text(&x, &y);

    default:
        return 1;
    }
}


/* without regard to case */

static ngx_uint_t
ngx_rtsp_sdp_same_text(const ngx_str_t *a, const ngx_str_t *b)
{
    size_t  i;

    if (a->len != b->len) {
        return 0;
    }

    for (i = 0; i < a->len; i++) {

        if (ngx_tolower(a->data[i]) != ngx_tolower(b->data[i])) {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
ngx_rtsp_sdp_parameter_sets(const ngx_rtsp_sdp_format_t *format,
    ngx_rtsp_parameter_sets_t *sets)
{
    sets->nsets = 0;
    sets->size = 0;

    switch (format->codec) {

    case NGX_RTSP_CODEC_H264:
        ngx_rtsp_sdp_decode_sets(format, "sprop-parameter-sets", sets);
        break;

    case NGX_RTSP_CODEC_H265:
        ngx_rtsp_sdp_decode_sets(format, "sprop-vps", sets);
        ngx_rtsp_sdp_decode_sets(format, "sprop-sps", sets);
        ngx_rtsp_sdp_decode_sets(format, "sprop-pps", sets);
        break;

    default:
        break;
    }

    return sets->nsets;
}


static void
ngx_rtsp_sdp_decode_sets(const ngx_rtsp_sdp_format_t *format,
    const char *name, ngx_rtsp_parameter_sets_t *sets)
{
    u_char     nal[4 + NGX_RTSP_MAX_PARAMETER_SET];
    ssize_t    len;
    ngx_str_t  list, item;

    if (!ngx_rtsp_sdp_parameter(&format->fmtp, name, &list)) {
        return;
    }

    while (ngx_rtsp_text_cut(&list, ',', &item)) {

        ngx_rtsp_text_trim(&item);
        len = ngx_rtsp_text_base64(&item, nal, sizeof(nal));

        if (len > 0) {
            ngx_rtsp_sdp_add_nals(format->codec, nal, len, sets);
        }
    }
}


/*
 * One NAL unit, as it should be, or several with start codes before them.
 * Zeros before a start code are left out by whom the NAL unit is given to.
 */

static void
ngx_rtsp_sdp_add_nals(ngx_rtsp_codec_e codec, const u_char *p, size_t len,
    ngx_rtsp_parameter_sets_t *sets)
{
    size_t  i, start;

    start = 0;

    for (i = 0; i + 3 <= len; i++) {

        if (p[i] == 0 && p[i + 1] == 0 && p[i + 2] == 1) {
            (void) ngx_rtsp_parameter_sets_add(sets, codec, p + start,
                                               i - start);
            start = i + 3;
        }
    }

    (void) ngx_rtsp_parameter_sets_add(sets, codec, p + start, len - start);
}
