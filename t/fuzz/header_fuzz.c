
/*
 * Copyright (C) the nginx RTSP module authors
 */


/*
 * Feeds text to the parsers of single headers and URLs.  Beyond finding no
 * fault, what they promise is checked: numbers within their range, slices
 * within the text, and that a Transport or URL that was written is read as
 * what it was.
 */


#include "../unit/unit.h"

#include "ngx_rtsp_header.h"
#include "ngx_rtsp_url.h"


#define HEADER_FUZZ_OFFERS  4


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
header_fuzz_check(ngx_uint_t ok)
{
    if (!ok) {
        abort();
    }
}


static void
header_fuzz_slice(const ngx_str_t *slice, const ngx_str_t *text)
{
    if (slice->len == 0) {
        return;
    }

    header_fuzz_check(slice->data >= text->data
                      && slice->data + slice->len <= text->data + text->len);
}


static void
header_fuzz_pair(const ngx_int_t *pair, ngx_int_t min, ngx_int_t max)
{
    if (pair[0] == -1 && pair[1] == -1) {
        return;
    }

    header_fuzz_check(pair[0] >= min && pair[0] <= max && pair[1] >= min
                      && pair[1] <= max);
}


/* what was in quotes cannot always stand without them */

static ngx_uint_t
header_fuzz_plain(const ngx_str_t *value)
{
    size_t  i;

    for (i = 0; i < value->len; i++) {
        if (value->data[i] <= ' ' || strchr("\",;", value->data[i])) {
            return 0;
        }
    }

    return 1;
}


static void
header_fuzz_again(const ngx_rtsp_transport_t *t)
{
    u_char                 buf[8192], again[8192];
    ngx_str_t              text;
    ngx_uint_t             n;
    ngx_rtsp_writer_t      w, v;
    ngx_rtsp_transport_t   offer;

    if (!header_fuzz_plain(&t->source) || !header_fuzz_plain(&t->destination))
    {
        return;
    }

    w.pos = buf;
    w.end = buf + sizeof(buf);
    w.overflow = 0;

    ngx_rtsp_put_transport(&w, t);

    if (w.overflow) {
        return;
    }

    text.data = buf;
    text.len = w.pos - buf;

    header_fuzz_check(ngx_rtsp_parse_transport(&text, &offer, 1, &n)
                      == NGX_OK);

    v.pos = again;
    v.end = again + sizeof(again);
    v.overflow = 0;

    ngx_rtsp_put_transport(&v, &offer);

    header_fuzz_check((size_t) (v.pos - again) == text.len
                      && memcmp(buf, again, text.len) == 0);
}


static void
header_fuzz_transport(const ngx_str_t *text)
{
    ngx_uint_t             i, n;
    ngx_rtsp_transport_t  *t;
    ngx_rtsp_transport_t   offers[HEADER_FUZZ_OFFERS];

    if (ngx_rtsp_parse_transport(text, offers, HEADER_FUZZ_OFFERS, &n)
        != NGX_OK)
    {
        return;
    }

    header_fuzz_check(n >= 1 && n <= HEADER_FUZZ_OFFERS);

    for (i = 0; i < n; i++) {
        t = &offers[i];

        header_fuzz_slice(&t->source, text);
        header_fuzz_slice(&t->destination, text);

        if (t->unsupported) {
            continue;
        }

        header_fuzz_pair(t->interleaved, 0, 255);
        header_fuzz_pair(t->port, 1, 65535);
        header_fuzz_pair(t->client_port, 1, 65535);
        header_fuzz_pair(t->server_port, 0, 65535);
        header_fuzz_check(t->ttl >= -1 && t->ttl <= 255);

        header_fuzz_again(t);
    }
}


static void
header_fuzz_others(const ngx_str_t *text)
{
    ngx_str_t            id;
    ngx_int_t            timeout;
    ngx_uint_t           i, n;
    ngx_rtsp_range_t     range;
    ngx_rtsp_key_mgmt_t  km;
    ngx_rtsp_rtp_info_t  entries[HEADER_FUZZ_OFFERS];

    if (ngx_rtsp_parse_session(text, &id, &timeout) == NGX_OK) {
        header_fuzz_check(id.len > 0);
        header_fuzz_check(timeout == -1 || timeout > 0);
        header_fuzz_slice(&id, text);
    }

    if (ngx_rtsp_parse_range(text, &range) == NGX_OK) {
        header_fuzz_check(range.start >= -1 && range.end >= -1);
        header_fuzz_slice(&range.raw, text);
    }

    if (ngx_rtsp_parse_rtp_info(text, entries, HEADER_FUZZ_OFFERS, &n)
        == NGX_OK)
    {
        for (i = 0; i < n; i++) {
            header_fuzz_slice(&entries[i].url, text);
        }
    }

    if (ngx_rtsp_parse_key_mgmt(text, &km) == NGX_OK) {
        header_fuzz_slice(&km.prot, text);
        header_fuzz_slice(&km.uri, text);
        header_fuzz_slice(&km.data, text);
    }

    (void) ngx_rtsp_content_type_is(text, "application/sdp");
    (void) ngx_rtsp_header_has_token(text, "www.onvif.org/ver20/backchannel");
}


static void
header_fuzz_path(const ngx_rtsp_url_t *url)
{
    size_t     i;
    u_char    *buf;
    ngx_str_t  path, query;

    buf = malloc(NGX_RTSP_MAX_PATH);

    if (buf && ngx_rtsp_url_path(url, buf, &path, &query) == NGX_OK) {
        header_fuzz_check(path.len >= 1 && path.len <= NGX_RTSP_MAX_PATH);
        header_fuzz_check(path.data[0] == '/');

        for (i = 0; i < path.len; i++) {
            header_fuzz_check(path.data[i] >= 0x20 && path.data[i] != 0x7f);
        }

        header_fuzz_slice(&query, &url->query);
    }

    free(buf);
}


/* the first line is a URL, the second one a control, the third another URL */

static void
header_fuzz_url(const ngx_str_t *text)
{
    u_char              buf[8192];
    ngx_str_t           rest, uri, control, other, suffix, written;
    ngx_rtsp_url_t      url, base;
    ngx_rtsp_writer_t   w;

    rest = *text;

    (void) ngx_rtsp_text_cut(&rest, LF, &uri);
    (void) ngx_rtsp_text_cut(&rest, LF, &control);
    (void) ngx_rtsp_text_cut(&rest, LF, &other);

    (void) ngx_rtsp_url_is_control(&other, &uri, &control);

    w.pos = buf;
    w.end = buf + sizeof(buf);
    w.overflow = 0;

    (void) ngx_rtsp_url_join(&w, &uri, &control);

    if (ngx_rtsp_parse_url(&uri, &url) != NGX_OK) {
        return;
    }

    header_fuzz_slice(&url.host, &uri);
    header_fuzz_slice(&url.user, &uri);
    header_fuzz_slice(&url.password, &uri);
    header_fuzz_slice(&url.path, &uri);
    header_fuzz_slice(&url.query, &uri);

    header_fuzz_path(&url);

    ngx_rtsp_url_control(&url, &suffix, &base);
    header_fuzz_slice(&suffix, &uri);
    (void) ngx_rtsp_url_track(&suffix);
    header_fuzz_path(&base);

    /* a URL that was written is one, and has no user any more */

    w.pos = buf;
    w.overflow = 0;

    ngx_rtsp_put_url(&w, &url);

    if (w.overflow) {
        return;
    }

    written.data = buf;
    written.len = w.pos - buf;

    header_fuzz_check(ngx_rtsp_parse_url(&written, &base) == NGX_OK);
    header_fuzz_check(base.user.data == NULL);
    header_fuzz_check(base.port == url.port);
    header_fuzz_check(base.host.len == url.host.len);
    header_fuzz_check(base.path.len == url.path.len);
    header_fuzz_check(base.query.len == url.query.len);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t  text;

    if (size > 4096) {
        return 0;
    }

    text.data = unit_copy(data, size);
    text.len = size;

    header_fuzz_transport(&text);
    header_fuzz_others(&text);
    header_fuzz_url(&text);

    free(text.data);

    return 0;
}
