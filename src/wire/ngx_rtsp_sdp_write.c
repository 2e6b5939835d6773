
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_sdp.h"


/*
 * SDP (RFC 4566) written: what readers get from DESCRIBE, and what a camera
 * gets from our ANNOUNCE.
 *
 * The text of the source is the draft: its lines are gone through again, and
 * a line is kept unless it belongs to the source's transport, to its controls
 * or its keys, or is written anew.  So attributes that nobody here knows get
 * to the players that do.  The order of lines is that of RFC 4566 whatever
 * the source's was; a line of the source never brings a line end of its own.
 */


static void ngx_rtsp_put_sdp_session(ngx_rtsp_writer_t *w,
    const ngx_rtsp_sdp_t *sdp, const ngx_rtsp_sdp_write_t *opt);
static void ngx_rtsp_put_sdp_media(ngx_rtsp_writer_t *w,
    const ngx_rtsp_sdp_t *sdp, const ngx_rtsp_sdp_write_t *opt, ngx_uint_t n,
    ngx_uint_t directed);
static void ngx_rtsp_put_sdp_attributes(ngx_rtsp_writer_t *w,
    const ngx_rtsp_sdp_media_t *media, const ngx_str_t *fmtp);
static void ngx_rtsp_put_sdp_lines(ngx_rtsp_writer_t *w, const ngx_str_t *text,
    u_char letter);
static void ngx_rtsp_put_sdp_line(ngx_rtsp_writer_t *w,
    const ngx_str_t *line);
static ngx_uint_t ngx_rtsp_sdp_is_kept(const ngx_str_t *line);
static ngx_uint_t ngx_rtsp_sdp_is_group(const ngx_str_t *line,
    ngx_uint_t *kept);
static ngx_uint_t ngx_rtsp_sdp_is_fmtp(const ngx_str_t *line, ngx_uint_t type);
static ngx_uint_t ngx_rtsp_sdp_is_renewed(const ngx_rtsp_sdp_format_t *format,
    const ngx_str_t *key);
static void ngx_rtsp_put_sdp_sets(ngx_rtsp_writer_t *w,
    const ngx_rtsp_parameter_sets_t *sets, ngx_uint_t from, ngx_uint_t to);
static void ngx_rtsp_put_sdp_profile(ngx_rtsp_writer_t *w,
    const ngx_rtsp_parameter_sets_t *sets);


/*
 * Attributes that are not the reader's business: how the source reaches us,
 * its keys and SSRCs (ours is another), and those written anew.  A name that
 * ends in "-" stands for all that begin so.
 */

static const char *const  ngx_rtsp_sdp_dropped[] = {
    "control",
    "sendrecv",
    "sendonly",
    "recvonly",
    "inactive",
    "key-mgmt",
    "crypto",
    "fingerprint",
    "setup",
    "connection",
    "tls-id",
    "rtcp",
    "rtcp-",
    "ice-",
    "candidate",
    "remote-candidates",
    "end-of-candidates",
    "ssrc",
    "ssrc-group",
    "source-filter",
    NULL
};


void
ngx_rtsp_put_sdp(ngx_rtsp_writer_t *w, const ngx_rtsp_sdp_t *sdp,
    const ngx_rtsp_sdp_write_t *opt)
{
    ngx_uint_t  i, directed;

    ngx_rtsp_put_sdp_session(w, sdp, opt);

    directed = 0;

    for (i = 0; i < sdp->nmedias; i++) {

        if (sdp->medias[i].back_channel && !(opt->hide >> i & 1)) {
            directed = 1;
        }
    }

    for (i = 0; i < sdp->nmedias; i++) {

        if (!(opt->hide >> i & 1)) {
            ngx_rtsp_put_sdp_media(w, sdp, opt, i, directed);
        }
    }
}


static void
ngx_rtsp_put_sdp_session(ngx_rtsp_writer_t *w, const ngx_rtsp_sdp_t *sdp,
    const ngx_rtsp_sdp_write_t *opt)
{
    ngx_str_t   rest, line;
    ngx_uint_t  kept;

    ngx_rtsp_put_text(w, "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n");

    if (sdp->name.len) {
        ngx_rtsp_put_text(w, "s=");
        ngx_rtsp_put_sdp_line(w, &sdp->name);

    } else {
        /* RFC 4566, 5.3: not empty, a space means that there is none */
        ngx_rtsp_put_text(w, "s= \r\n");
    }

    if (sdp->information.len) {
        ngx_rtsp_put_text(w, "i=");
        ngx_rtsp_put_sdp_line(w, &sdp->information);
    }

    /* Darwin Streaming Server does without no "c=" line */

    if (opt->address.len == 0) {
        ngx_rtsp_put_text(w, "c=IN IP4 0.0.0.0\r\n");

    } else {
        ngx_rtsp_put_text(w, memchr(opt->address.data, ':', opt->address.len)
                             ? "c=IN IP6 " : "c=IN IP4 ");
        ngx_rtsp_put_str(w, &opt->address);
        ngx_rtsp_put_text(w, "\r\n");
    }

    ngx_rtsp_put_sdp_lines(w, &sdp->session, 'b');
    ngx_rtsp_put_text(w, "t=0 0\r\n");

    rest = sdp->session;

    while (ngx_rtsp_sdp_line(&rest, &line)) {

        if (line.data[0] != 'a') {
            continue;
        }

        if (ngx_rtsp_sdp_is_group(&line, &kept)) {

            /* it names medias, none of which may be missing */

            if (kept && opt->hide == 0) {
                ngx_rtsp_put_sdp_line(w, &line);
            }

        } else if (ngx_rtsp_sdp_is_kept(&line)) {
            ngx_rtsp_put_sdp_line(w, &line);
        }
    }
}


static void
ngx_rtsp_put_sdp_media(ngx_rtsp_writer_t *w, const ngx_rtsp_sdp_t *sdp,
    const ngx_rtsp_sdp_write_t *opt, ngx_uint_t n, ngx_uint_t directed)
{
    ngx_uint_t                   i;
    const ngx_rtsp_sdp_media_t  *media;

    media = &sdp->medias[n];

    ngx_rtsp_put_text(w, "m=");
    ngx_rtsp_put_str(w, &media->type);
    ngx_rtsp_put_text(w, opt->secure ? " 0 RTP/SAVP" : " 0 RTP/AVP");

    for (i = 0; i < media->nformats; i++) {
        ngx_rtsp_put_text(w, " ");
        ngx_rtsp_put_uint(w, media->formats[i].type);
    }

    ngx_rtsp_put_text(w, "\r\n");

    ngx_rtsp_put_sdp_lines(w, &media->text, 'i');
    ngx_rtsp_put_sdp_lines(w, &media->text, 'b');

    if (directed) {
        ngx_rtsp_put_text(w, media->back_channel ? "a=sendonly\r\n"
                                                 : "a=recvonly\r\n");
    }

    if (opt->key_mgmt[n].len) {
        ngx_rtsp_put_text(w, "a=key-mgmt:");
        ngx_rtsp_put_str(w, &opt->key_mgmt[n]);
        ngx_rtsp_put_text(w, "\r\n");
    }

    /* Grandstream GXV3500 knows no other spelling */

    ngx_rtsp_put_text(w, "a=control:trackID=");
    ngx_rtsp_put_uint(w, n);
    ngx_rtsp_put_text(w, "\r\n");

    ngx_rtsp_put_sdp_attributes(w, media, &opt->fmtp[n]);
}


/* "fmtp" replaces that of the first format */

static void
ngx_rtsp_put_sdp_attributes(ngx_rtsp_writer_t *w,
    const ngx_rtsp_sdp_media_t *media, const ngx_str_t *fmtp)
{
    ngx_str_t   rest, line;
    ngx_uint_t  type;

    type = media->formats[0].type;
    rest = media->text;

    while (ngx_rtsp_sdp_line(&rest, &line)) {

        if (line.data[0] != 'a' || !ngx_rtsp_sdp_is_kept(&line)) {
            continue;
        }

        if (fmtp->len && ngx_rtsp_sdp_is_fmtp(&line, type)) {
            continue;
        }

        ngx_rtsp_put_sdp_line(w, &line);
    }

    if (fmtp->len) {
        ngx_rtsp_put_text(w, "a=fmtp:");
        ngx_rtsp_put_uint(w, type);
        ngx_rtsp_put_text(w, " ");
        ngx_rtsp_put_str(w, fmtp);
        ngx_rtsp_put_text(w, "\r\n");
    }
}


/* all lines of a letter */

static void
ngx_rtsp_put_sdp_lines(ngx_rtsp_writer_t *w, const ngx_str_t *text,
    u_char letter)
{
    ngx_str_t  rest, line;

    rest = *text;

    while (ngx_rtsp_sdp_line(&rest, &line)) {

        if (line.data[0] == letter) {
            ngx_rtsp_put_sdp_line(w, &line);
        }
    }
}


static void
ngx_rtsp_put_sdp_line(ngx_rtsp_writer_t *w, const ngx_str_t *line)
{
    ngx_rtsp_put_str(w, line);
    ngx_rtsp_put_text(w, "\r\n");
}


static ngx_uint_t
ngx_rtsp_sdp_is_kept(const ngx_str_t *line)
{
    size_t              len;
    ngx_str_t           rest, name;
    const char *const  *dropped;

    rest.data = line->data + 2;
    rest.len = line->len - 2;

    if (!ngx_rtsp_text_cut(&rest, ':', &name)) {
        return 0;
    }

    ngx_rtsp_text_trim(&name);

    for (dropped = ngx_rtsp_sdp_dropped; *dropped; dropped++) {

        len = ngx_strlen(*dropped);

        if (ngx_rtsp_text_is(&name, *dropped)
            || ((*dropped)[len - 1] == '-'
                && ngx_rtsp_text_begins(&name, *dropped)))
        {
            return 0;
        }
    }

    return name.len != 0;
}


/*
 * A bundle (RFC 8843) would be medias on one transport, which ours are not;
 * other groups (FEC, lip synchronisation) hold for the reader as well.
 */

static ngx_uint_t
ngx_rtsp_sdp_is_group(const ngx_str_t *line, ngx_uint_t *kept)
{
    ngx_str_t  value;

    if (!ngx_rtsp_sdp_attribute(line, "group", &value)) {
        return 0;
    }

    *kept = !ngx_rtsp_text_begins(&value, "BUNDLE");

    return 1;
}


static ngx_uint_t
ngx_rtsp_sdp_is_fmtp(const ngx_str_t *line, ngx_uint_t type)
{
    ngx_str_t  value, word;

    if (!ngx_rtsp_sdp_attribute(line, "fmtp", &value)
        || !ngx_rtsp_text_cut(&value, ' ', &word))
    {
        return 0;
    }

    ngx_rtsp_text_trim(&word);

    return ngx_rtsp_text_uint(&word, 255) == (int64_t) type;
}


ngx_int_t
ngx_rtsp_sdp_put_fmtp(ngx_rtsp_writer_t *w,
    const ngx_rtsp_sdp_format_t *format, const ngx_rtsp_parameter_sets_t *sets)
{
    ngx_str_t  rest, item, pair, key;

    if (!ngx_rtsp_parameter_sets_complete(sets, format->codec)) {
        return NGX_DECLINED;
    }

    rest = format->fmtp;

    while (ngx_rtsp_text_cut(&rest, ';', &item)) {

        ngx_rtsp_text_trim(&item);
        pair = item;

        if (item.len == 0 || !ngx_rtsp_text_cut(&pair, '=', &key)) {
            continue;
        }

        ngx_rtsp_text_trim(&key);

        if (!ngx_rtsp_sdp_is_renewed(format, &key)) {
            ngx_rtsp_put_str(w, &item);
            ngx_rtsp_put_text(w, "; ");
        }
    }

    if (format->codec == NGX_RTSP_CODEC_H264) {
        ngx_rtsp_put_sdp_profile(w, sets);
        ngx_rtsp_put_text(w, "sprop-parameter-sets=");
        ngx_rtsp_put_sdp_sets(w, sets, NGX_RTSP_SPS, NGX_RTSP_PPS);

    } else {
        ngx_rtsp_put_text(w, "sprop-vps=");
        ngx_rtsp_put_sdp_sets(w, sets, NGX_RTSP_VPS, NGX_RTSP_VPS);
        ngx_rtsp_put_text(w, "; sprop-sps=");
        ngx_rtsp_put_sdp_sets(w, sets, NGX_RTSP_SPS, NGX_RTSP_SPS);
        ngx_rtsp_put_text(w, "; sprop-pps=");
        ngx_rtsp_put_sdp_sets(w, sets, NGX_RTSP_PPS, NGX_RTSP_PPS);
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_rtsp_sdp_is_renewed(const ngx_rtsp_sdp_format_t *format,
    const ngx_str_t *key)
{
    if (format->codec == NGX_RTSP_CODEC_H264) {
        return ngx_rtsp_text_is(key, "sprop-parameter-sets")
               || ngx_rtsp_text_is(key, "profile-level-id");
    }

    return ngx_rtsp_text_is(key, "sprop-vps")
           || ngx_rtsp_text_is(key, "sprop-sps")
           || ngx_rtsp_text_is(key, "sprop-pps");
}


/* the sets of kinds "from" to "to", which are sorted, with commas between */

static void
ngx_rtsp_put_sdp_sets(ngx_rtsp_writer_t *w,
    const ngx_rtsp_parameter_sets_t *sets, ngx_uint_t from, ngx_uint_t to)
{
    ngx_uint_t                       i, n;
    const ngx_rtsp_parameter_set_t  *set;

    n = 0;

    for (i = 0; i < sets->nsets; i++) {
        set = &sets->sets[i];

        if (set->kind < from || set->kind > to) {
            continue;
        }

        if (n++) {
            ngx_rtsp_put_text(w, ",");
        }

        ngx_rtsp_put_base64(w, sets->data + set->offset, set->len);
    }
}


/* RFC 6184, 8.1: profile_idc, profile-iop and level_idc of the SPS */

static void
ngx_rtsp_put_sdp_profile(ngx_rtsp_writer_t *w,
    const ngx_rtsp_parameter_sets_t *sets)
{
    ngx_uint_t    i;
    const u_char  *nal;

    for (i = 0; i < sets->nsets; i++) {

        if (sets->sets[i].kind == NGX_RTSP_SPS && sets->sets[i].len >= 4) {
            nal = sets->data + sets->sets[i].offset;

            ngx_rtsp_put_text(w, "profile-level-id=");
            ngx_rtsp_put_hex(w, (uint32_t) nal[1] << 16 | nal[2] << 8 | nal[3],
                             6);
            ngx_rtsp_put_text(w, "; ");

            return;
        }
    }
}
