
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_url.h"


/*
 * RTSP URLs, the path by which a stream is found, and the media controls that
 * clients put behind URLs (RFC 2326 3.2, C.1.1).
 *
 * Called by the server for what is asked for, and by the client for the URL of
 * a pull and for the media URLs of a camera.  It owns nothing: parts of a URL
 * are slices of it, only ngx_rtsp_url_path() writes, into the caller's buffer.
 *
 * A URL is decoded in one place only, ngx_rtsp_url_path(), and once, so that
 * what was checked there is what is looked up; all the rest is raw text.
 */


static ngx_int_t ngx_rtsp_cut_authority(ngx_str_t *text, ngx_rtsp_url_t *url,
    ngx_str_t *authority);
static ngx_int_t ngx_rtsp_parse_authority(ngx_str_t *text,
    ngx_rtsp_url_t *url);
static ngx_int_t ngx_rtsp_parse_host(ngx_str_t *text, ngx_rtsp_url_t *url);
static void ngx_rtsp_split_query(const ngx_str_t *text, ngx_rtsp_url_t *url);
static ngx_int_t ngx_rtsp_decode_path(const ngx_str_t *raw, u_char *dst,
    ngx_str_t *path);
static ngx_uint_t ngx_rtsp_is_safe_path(const ngx_str_t *path);
static ngx_uint_t ngx_rtsp_cut_control(ngx_str_t *text, ngx_str_t *control);
static void ngx_rtsp_path_and_query(const ngx_str_t *uri, ngx_str_t *text);
static void ngx_rtsp_cut_slash(ngx_str_t *text);
static ngx_uint_t ngx_rtsp_is_joined(const ngx_str_t *text,
    const ngx_str_t *base, const ngx_str_t *control, ngx_str_t *rest);
static ngx_uint_t ngx_rtsp_same_text(const ngx_str_t *a, const ngx_str_t *b);


ngx_int_t
ngx_rtsp_parse_url(const ngx_str_t *uri, ngx_rtsp_url_t *url)
{
    size_t     i;
    ngx_str_t  rest, authority;

    ngx_memzero(url, sizeof(ngx_rtsp_url_t));
    url->port = -1;

    for (i = 0; i < uri->len; i++) {
        if (uri->data[i] <= ' ' || uri->data[i] == 0x7f) {
            return NGX_ERROR;
        }
    }

    rest = *uri;

    if (rest.len == 0 || rest.data[0] != '/') {

        if (ngx_rtsp_cut_authority(&rest, url, &authority) != NGX_OK
            || ngx_rtsp_parse_authority(&authority, url) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (rest.len && memchr(rest.data, '#', rest.len)) {
        return NGX_ERROR;
    }

    ngx_rtsp_split_query(&rest, url);

    return NGX_OK;
}


/*
 * An authority ends at the first slash or question mark: a password with one
 * of these in it cannot be told from a path and has to be encoded.
 */

static ngx_int_t
ngx_rtsp_cut_authority(ngx_str_t *text, ngx_rtsp_url_t *url,
    ngx_str_t *authority)
{
    size_t  i, skip;

    if (ngx_rtsp_text_begins(text, "rtsp://")) {
        skip = sizeof("rtsp://") - 1;

    } else if (ngx_rtsp_text_begins(text, "rtsps://")) {
        skip = sizeof("rtsps://") - 1;
        url->secure = 1;

    } else {
        return NGX_ERROR;
    }

    for (i = skip; i < text->len; i++) {
        if (text->data[i] == '/' || text->data[i] == '?') {
            break;
        }
    }

    url->scheme.data = text->data;
    url->scheme.len = skip - (sizeof("://") - 1);

    authority->data = text->data + skip;
    authority->len = i - skip;

    text->data += i;
    text->len -= i;

    return NGX_OK;
}


/* the last '@' ends the user-info: passwords with a raw '@' are common */

static ngx_int_t
ngx_rtsp_parse_authority(ngx_str_t *text, ngx_rtsp_url_t *url)
{
    size_t     i;
    ngx_str_t  info;

    for (i = text->len; i > 0; i--) {
        if (text->data[i - 1] == '@') {
            break;
        }
    }

    if (i > 0) {
        info.data = text->data;
        info.len = i - 1;

        text->data += i;
        text->len -= i;

        (void) ngx_rtsp_text_cut(&info, ':', &url->user);
        url->password = info;
    }

    return ngx_rtsp_parse_host(text, url);
}


static ngx_int_t
ngx_rtsp_parse_host(ngx_str_t *text, ngx_rtsp_url_t *url)
{
    u_char     *p;
    int64_t     n;
    ngx_str_t   port;

    port = *text;

    if (text->len && text->data[0] == '[') {
        p = memchr(text->data, ']', text->len);

        if (p == NULL) {
            return NGX_ERROR;
        }

        url->host.data = text->data + 1;
        url->host.len = p - url->host.data;

        port.len -= p + 1 - port.data;
        port.data = p + 1;

        if (port.len && *port.data++ != ':') {
            return NGX_ERROR;
        }

        if (port.len) {
            port.len--;
        }

    } else {
        (void) ngx_rtsp_text_cut(&port, ':', &url->host);
    }

    if (url->host.len == 0
        || memchr(url->host.data, '[', url->host.len)
        || memchr(url->host.data, ']', url->host.len)
        || memchr(url->host.data, '#', url->host.len))
    {
        return NGX_ERROR;
    }

    if (port.len == 0) {
        return NGX_OK;
    }

    n = ngx_rtsp_text_uint(&port, 65535);

    if (n < 1) {
        return NGX_ERROR;
    }

    url->port = n;

    return NGX_OK;
}


static void
ngx_rtsp_split_query(const ngx_str_t *text, ngx_rtsp_url_t *url)
{
    url->query = *text;

    (void) ngx_rtsp_text_cut(&url->query, '?', &url->path);

    url->has_query = (url->query.data != NULL);
}


void
ngx_rtsp_put_url(ngx_rtsp_writer_t *w, const ngx_rtsp_url_t *url)
{
    ngx_uint_t  brackets;

    if (url->scheme.len) {
        brackets = memchr(url->host.data, ':', url->host.len) != NULL;

        ngx_rtsp_put_text(w, url->secure ? "rtsps://" : "rtsp://");
        ngx_rtsp_put_text(w, brackets ? "[" : "");
        ngx_rtsp_put_str(w, &url->host);
        ngx_rtsp_put_text(w, brackets ? "]" : "");

        if (url->port > 0) {
            ngx_rtsp_put_text(w, ":");
            ngx_rtsp_put_uint(w, url->port);
        }
    }

    ngx_rtsp_put_str(w, &url->path);

    if (url->has_query) {
        ngx_rtsp_put_text(w, "?");
        ngx_rtsp_put_str(w, &url->query);
    }
}


ngx_int_t
ngx_rtsp_url_path(const ngx_rtsp_url_t *url, u_char *dst, ngx_str_t *path,
    ngx_str_t *query)
{
    if (query) {
        *query = url->query;
        ngx_rtsp_cut_slash(query);
    }

    if (ngx_rtsp_decode_path(&url->path, dst, path) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_rtsp_is_safe_path(path) ? NGX_OK : NGX_ERROR;
}


/*
 * One trailing slash goes, whatever the query has: what is described as
 * "/p/?q" is played as "/p/?q/" by clients that put a slash behind a base URL
 * (FFmpeg).  It is not counted, so that the longest path may have it, too.
 */

static ngx_int_t
ngx_rtsp_decode_path(const ngx_str_t *raw, u_char *dst, ngx_str_t *path)
{
    u_char      c;
    size_t      i, n;
    int64_t     hex;
    ngx_str_t   digits;

    n = 0;

    for (i = 0; i < raw->len; i++) {
        c = raw->data[i];

        if (c == '%') {
            digits.data = raw->data + i + 1;
            digits.len = ngx_min(raw->len - i - 1, 2);

            hex = (digits.len == 2) ? ngx_rtsp_text_hex(&digits) : NGX_ERROR;

            if (hex == NGX_ERROR) {
                return NGX_ERROR;
            }

            c = (u_char) hex;
            i += 2;
        }

        if (c == '/' && i + 1 >= raw->len && n > 0) {
            break;
        }

        if (n == NGX_RTSP_MAX_PATH) {
            return NGX_ERROR;
        }

        dst[n++] = c;
    }

    /* "" and what is "//" without its last slash */

    if (n == 0 || (n == 2 && dst[0] == '/' && dst[1] == '/')) {
        dst[0] = '/';
        n = 1;
    }

    path->data = dst;
    path->len = n;

    return NGX_OK;
}


static ngx_uint_t
ngx_rtsp_is_safe_path(const ngx_str_t *path)
{
    size_t     i;
    ngx_str_t  rest, segment;

    if (path->data[0] != '/') {
        return 0;
    }

    for (i = 0; i < path->len; i++) {
        if (path->data[i] < 0x20 || path->data[i] == 0x7f) {
            return 0;
        }
    }

    rest = *path;

    while (ngx_rtsp_text_cut(&rest, '/', &segment)) {
        if (ngx_rtsp_text_is(&segment, "..")) {
            return 0;
        }
    }

    return 1;
}


void
ngx_rtsp_url_control(const ngx_rtsp_url_t *url, ngx_str_t *control,
    ngx_rtsp_url_t *base)
{
    *base = *url;
    ngx_str_null(control);

    if (ngx_rtsp_cut_control(&base->query, control)) {
        return;
    }

    (void) ngx_rtsp_cut_control(&base->path, control);
}


/* cuts "/trackID=x", itself with or without a slash behind, off the end */

static ngx_uint_t
ngx_rtsp_cut_control(ngx_str_t *text, ngx_str_t *control)
{
    size_t     i;
    ngx_str_t  last, name, value;

    last = *text;

    if (last.len && last.data[last.len - 1] == '/') {
        last.len--;
    }

    for (i = last.len; i > 0; i--) {
        if (last.data[i - 1] == '/') {
            break;
        }
    }

    if (i == 0) {
        return 0;
    }

    last.data += i;
    last.len -= i;

    value = last;
    (void) ngx_rtsp_text_cut(&value, '=', &name);

    if (value.len == 0
        || (!ngx_rtsp_text_is(&name, "trackID")
            && !ngx_rtsp_text_is(&name, "streamid")))
    {
        return 0;
    }

    *control = last;
    text->len = i - 1;

    return 1;
}


ngx_int_t
ngx_rtsp_url_track(const ngx_str_t *control)
{
    ngx_str_t  name, value;

    value = *control;
    (void) ngx_rtsp_text_cut(&value, '=', &name);

    return ngx_rtsp_text_uint(&value, NGX_MAX_INT32_VALUE);
}


ngx_uint_t
ngx_rtsp_url_is_control(const ngx_str_t *request_uri,
    const ngx_str_t *announce_uri, const ngx_str_t *control)
{
    ngx_str_t       text, base, media, rest;
    ngx_rtsp_url_t  url;

    ngx_rtsp_path_and_query(request_uri, &text);
    ngx_rtsp_path_and_query(announce_uri, &base);

    ngx_rtsp_cut_slash(&text);
    ngx_rtsp_cut_slash(&base);

    if (control->len == 0 || ngx_rtsp_text_is(control, "*")) {
        return ngx_rtsp_same_text(&text, &base);
    }

    media = *control;

    if (ngx_rtsp_text_begins(&media, "rtsp://")
        || ngx_rtsp_text_begins(&media, "rtsps://"))
    {
        ngx_rtsp_path_and_query(control, &media);
        ngx_rtsp_cut_slash(&media);

        return ngx_rtsp_same_text(&text, &media);
    }

    ngx_rtsp_cut_slash(&media);

    /* /path?query/control, /path/control */

    if (ngx_rtsp_is_joined(&text, &base, &media, &rest) && rest.len == 0) {
        return 1;
    }

    /* /path/control?query; some leave the query out */

    ngx_rtsp_split_query(&base, &url);

    if (!url.has_query) {
        return 0;
    }

    ngx_rtsp_cut_slash(&url.path);

    if (!ngx_rtsp_is_joined(&text, &url.path, &media, &rest)) {
        return 0;
    }

    if (rest.len && rest.data[0] == '?') {
        rest.data++;
        rest.len--;
        return ngx_rtsp_same_text(&rest, &url.query);
    }

    return rest.len == 0;
}


/* what is left of a URL without scheme and authority, also if it is bad */

static void
ngx_rtsp_path_and_query(const ngx_str_t *uri, ngx_str_t *text)
{
    ngx_str_t       authority;
    ngx_rtsp_url_t  url;

    *text = *uri;

    (void) ngx_rtsp_cut_authority(text, &url, &authority);
}


static void
ngx_rtsp_cut_slash(ngx_str_t *text)
{
    if (text->len && text->data[text->len - 1] == '/') {
        text->len--;
    }
}


/*
 * Does "text" begin with "base" and "control", joined by one slash, by two
 * (the base had one of its own), or by none if the control brings its own '/'
 * or '?'?  What follows is "rest".
 */

static ngx_uint_t
ngx_rtsp_is_joined(const ngx_str_t *text, const ngx_str_t *base,
    const ngx_str_t *control, ngx_str_t *rest)
{
    ngx_str_t   left, media;
    ngx_uint_t  slashes;

    if (text->len == 0
        || text->len < base->len
        || (base->len
            && ngx_memcmp(text->data, base->data, base->len) != 0))
    {
        return 0;
    }

    left.data = text->data + base->len;
    left.len = text->len - base->len;

    media = *control;

    if (media.len && media.data[0] == '/') {
        media.data++;
        media.len--;
    }

    slashes = 0;

    while (left.len && left.data[0] == '/' && slashes < 2) {
        left.data++;
        left.len--;
        slashes++;
    }

    if (media.len == 0 || (slashes == 0 && media.data[0] != '?')) {
        return 0;
    }

    if (left.len < media.len
        || ngx_memcmp(left.data, media.data, media.len) != 0)
    {
        return 0;
    }

    rest->data = left.data + media.len;
    rest->len = left.len - media.len;

    return 1;
}


static ngx_uint_t
ngx_rtsp_same_text(const ngx_str_t *a, const ngx_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || ngx_memcmp(a->data, b->data, a->len) == 0);
}


ngx_int_t
ngx_rtsp_url_join(ngx_rtsp_writer_t *w, const ngx_str_t *base,
    const ngx_str_t *control)
{
    u_char          last;
    ngx_rtsp_url_t  url, media;

    if (ngx_rtsp_parse_url(base, &url) != NGX_OK || url.scheme.len == 0) {
        return NGX_ERROR;
    }

    if (ngx_rtsp_text_begins(control, "rtsp://")
        || ngx_rtsp_text_begins(control, "rtsps://"))
    {
        if (ngx_rtsp_parse_url(control, &media) != NGX_OK) {
            return NGX_ERROR;
        }

        media.host = url.host;
        media.port = url.port;

        ngx_rtsp_put_url(w, &media);
        return NGX_OK;
    }

    ngx_rtsp_put_url(w, &url);

    if (control->len == 0 || ngx_rtsp_text_is(control, "*")) {
        return NGX_OK;
    }

    last = base->data[base->len - 1];

    if (last != '/' && control->data[0] != '/' && control->data[0] != '?') {
        ngx_rtsp_put_text(w, "/");
    }

    ngx_rtsp_put_str(w, control);

    return NGX_OK;
}
