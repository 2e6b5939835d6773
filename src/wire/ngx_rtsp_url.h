
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_URL_H_INCLUDED_
#define _NGX_RTSP_URL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_text.h"


#define NGX_RTSP_MAX_PATH        255    /* decoded, with the leading '/' */


typedef struct {
    ngx_str_t                scheme;    /* len 0: a bare path */
    ngx_str_t                user;      /* raw, data NULL without user-info */
    ngx_str_t                password;  /* raw, data NULL if there is no ':' */
    ngx_str_t                host;      /* without brackets, with its zone */
    ngx_int_t                port;      /* -1: none */
    ngx_str_t                path;      /* raw, may be empty */
    ngx_str_t                query;     /* raw, without '?' */
    unsigned                 has_query:1;
    unsigned                 secure:1;  /* rtsps */
} ngx_rtsp_url_t;


/*
 * Reads a URL (RFC 2326 3.2): rtsp, rtsps, or a bare "/path"; slices point
 * into it.  NGX_ERROR for another scheme (rtspu too), no host, a bad port, a
 * fragment, spaces or control characters.  "*" is for the caller.  Tolerated:
 * a raw '%', '@', '#' or ':' in the password, a raw '%' before an IPv6 zone,
 * unencoded symbols in path and query.
 */
ngx_int_t ngx_rtsp_parse_url(const ngx_str_t *uri, ngx_rtsp_url_t *url);

/* writes a URL without user and password */
void ngx_rtsp_put_url(ngx_rtsp_writer_t *w, const ngx_rtsp_url_t *url);


/*
 * The path by which a stream is looked up: percent-decoded once into "dst" of
 * NGX_RTSP_MAX_PATH bytes, one trailing '/' taken off (GStreamer adds it), ""
 * and "//" made "/".  "query" is the raw query without one trailing '/', which
 * FFmpeg adds; a slice of the URL, and it may be NULL.
 *
 * NGX_ERROR: malformed percent-encoding, a ".." segment, a control character,
 * a path that is too long.
 */
ngx_int_t ngx_rtsp_url_path(const ngx_rtsp_url_t *url, u_char *dst,
    ngx_str_t *path, ngx_str_t *query);

/*
 * SETUP of a media to play: cuts "/trackID=x" or "/streamid=x" off the query
 * (FFmpeg), else off the path (GStreamer) and gives the rest as "base" and
 * "trackID=x" as "control"; control.len is 0 if there is none.
 */
void ngx_rtsp_url_control(const ngx_rtsp_url_t *url, ngx_str_t *control,
    ngx_rtsp_url_t *base);

/* the number in "trackID=n" or "streamid=n"; NGX_ERROR if it is none */
ngx_int_t ngx_rtsp_url_track(const ngx_str_t *control);

/*
 * SETUP of a media to record: 1 if "request_uri" is the media whose a=control
 * in the SDP announced to "announce_uri" is "control", as clients join them:
 * absolute, after the query (FFmpeg), before it (GStreamer) or without it.
 * Scheme, host and port are not compared.  A control of "" or "*" is the
 * announced URL itself.
 */
ngx_uint_t ngx_rtsp_url_is_control(const ngx_str_t *request_uri,
    const ngx_str_t *announce_uri, const ngx_str_t *control);

/*
 * The URL of a media as a client asks for it (RFC 2326 C.1.1): "control" put
 * behind "base" as it is; an absolute one keeps its scheme, path and query
 * but gets the base's host and port, since cameras behind NAT name their inner
 * address.  No user or password is written.  NGX_ERROR if "base" is a bare
 * path, or it or an absolute "control" is no URL.
 */
ngx_int_t ngx_rtsp_url_join(ngx_rtsp_writer_t *w, const ngx_str_t *base,
    const ngx_str_t *control);


#endif /* _NGX_RTSP_URL_H_INCLUDED_ */
