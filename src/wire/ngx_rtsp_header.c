
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_header.h"


/*
 * The values of single headers: Transport, Session, Range, RTP-Info, KeyMgmt
 * and lists of tokens (RFC 2326 12, RFC 4567 6.2), read and, where we send
 * them, written.
 *
 * Called by the server for requests and by the client for what cameras
 * answer, so it reads every spelling seen in the field and leaves it to them
 * what they want of it.  It owns nothing: results are slices of the value.
 * Numbers that come out are within their range, so that none has to be
 * checked again before it becomes a port or a channel.
 */


typedef struct {
    const char  *name;
    size_t       offset;
    ngx_int_t    min;
    ngx_int_t    max;
} ngx_rtsp_pair_t;


static ngx_int_t ngx_rtsp_parse_offer(const ngx_str_t *offer,
    ngx_rtsp_transport_t *t);
static ngx_uint_t ngx_rtsp_parse_transport_flag(const ngx_str_t *name,
    ngx_rtsp_transport_t *t);
static ngx_int_t ngx_rtsp_parse_transport_field(const ngx_str_t *name,
    const ngx_str_t *value, ngx_rtsp_transport_t *t);
static ngx_int_t ngx_rtsp_parse_pair(const ngx_str_t *value,
    const ngx_rtsp_pair_t *limits, ngx_int_t *pair);
static ngx_int_t ngx_rtsp_parse_mode(const ngx_str_t *value,
    ngx_rtsp_transport_t *t);
static void ngx_rtsp_put_pair(ngx_rtsp_writer_t *w, const char *name,
    const ngx_int_t *pair);
static int64_t ngx_rtsp_parse_npt(const ngx_str_t *text);
static int64_t ngx_rtsp_parse_npt_seconds(ngx_str_t *text, int64_t max);
static ngx_uint_t ngx_rtsp_is_rtp_info_part(const ngx_str_t *text);
static void ngx_rtsp_cut_rtp_info(ngx_str_t *list, ngx_str_t *entry);
static ngx_uint_t ngx_rtsp_parse_rtp_info_entry(const ngx_str_t *entry,
    ngx_rtsp_rtp_info_t *info);


/* a port of 0 in an answer means any port (some cameras: server_port=0-1) */

static const ngx_rtsp_pair_t  ngx_rtsp_pairs[] = {

    { "interleaved", offsetof(ngx_rtsp_transport_t, interleaved), 0, 255 },
    { "port", offsetof(ngx_rtsp_transport_t, port), 1, 65535 },
    { "client_port", offsetof(ngx_rtsp_transport_t, client_port), 1, 65535 },
    { "server_port", offsetof(ngx_rtsp_transport_t, server_port), 0, 65535 },

    { NULL, 0, 0, 0 }
};


void
ngx_rtsp_init_transport(ngx_rtsp_transport_t *t)
{
    ngx_uint_t  i;

    ngx_memzero(t, sizeof(ngx_rtsp_transport_t));

    for (i = 0; i < 2; i++) {
        t->interleaved[i] = -1;
        t->port[i] = -1;
        t->client_port[i] = -1;
        t->server_port[i] = -1;
    }

    t->ttl = -1;
}


ngx_int_t
ngx_rtsp_parse_transport(const ngx_str_t *value, ngx_rtsp_transport_t *offers,
    ngx_uint_t max, ngx_uint_t *n)
{
    ngx_str_t  list, offer;

    *n = 0;
    list = *value;

    while (*n < max && ngx_rtsp_cut_item(&list, ',', &offer)) {

        if (offer.len == 0) {
            continue;
        }

        if (ngx_rtsp_parse_offer(&offer, &offers[*n]) != NGX_OK) {
            return NGX_ERROR;
        }

        (*n)++;
    }

    return *n ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_rtsp_parse_offer(const ngx_str_t *offer, ngx_rtsp_transport_t *t)
{
    ngx_str_t   rest, item, name, value;
    ngx_uint_t  profile, invalid;

    ngx_rtsp_init_transport(t);

    rest = *offer;
    profile = 0;
    invalid = 0;

    while (ngx_rtsp_cut_item(&rest, ';', &item)) {
        ngx_rtsp_split_param(&item, &name, &value);

        if (value.data == NULL) {
            profile |= ngx_rtsp_parse_transport_flag(&name, t);
            continue;
        }

        if (value.len
            && ngx_rtsp_parse_transport_field(&name, &value, t) != NGX_OK)
        {
            invalid = 1;
        }
    }

    if (!profile) {
        return NGX_ERROR;
    }

    /* the fields of another profile may mean anything */

    return (invalid && !t->unsupported) ? NGX_ERROR : NGX_OK;
}


/* returns 1 for a profile, which is known by its slash */

static ngx_uint_t
ngx_rtsp_parse_transport_flag(const ngx_str_t *name, ngx_rtsp_transport_t *t)
{
    ngx_str_t  protocol;

    if (ngx_rtsp_text_is(name, "unicast")) {
        t->unicast = 1;
        t->multicast = 0;
        return 0;
    }

    if (ngx_rtsp_text_is(name, "multicast")) {
        t->multicast = 1;
        t->unicast = 0;
        return 0;
    }

    if (ngx_rtsp_text_is(name, "append")) {
        t->append = 1;
        return 0;
    }

    if (name->len == 0 || memchr(name->data, '/', name->len) == NULL) {
        return 0;
    }

    t->tcp = 0;
    t->secure = 0;
    t->unsupported = 0;

    protocol = *name;

    if (ngx_rtsp_text_begins(name, "RTP/AVP")) {
        protocol.data += 7;
        protocol.len -= 7;

    } else if (ngx_rtsp_text_begins(name, "RTP/SAVP")) {
        t->secure = 1;
        protocol.data += 8;
        protocol.len -= 8;

    } else {
        t->unsupported = 1;
        return 1;
    }

    if (ngx_rtsp_text_is(&protocol, "/TCP")) {
        t->tcp = 1;

    } else if (protocol.len && !ngx_rtsp_text_is(&protocol, "/UDP")) {
        t->unsupported = 1;
    }

    return 1;
}


static ngx_int_t
ngx_rtsp_parse_transport_field(const ngx_str_t *name, const ngx_str_t *value,
    ngx_rtsp_transport_t *t)
{
    int64_t                 n;
    ngx_int_t              *pair;
    const ngx_rtsp_pair_t  *p;

    for (p = ngx_rtsp_pairs; p->name; p++) {
        if (ngx_rtsp_text_is(name, p->name)) {
            pair = (ngx_int_t *) ((u_char *) t + p->offset);
            return ngx_rtsp_parse_pair(value, p, pair);
        }
    }

    if (ngx_rtsp_text_is(name, "ttl")) {
        t->ttl = ngx_rtsp_text_uint(value, 255);
        return (t->ttl == NGX_ERROR) ? NGX_ERROR : NGX_OK;
    }

    if (ngx_rtsp_text_is(name, "mode")) {
        return ngx_rtsp_parse_mode(value, t);
    }

    if (ngx_rtsp_text_is(name, "ssrc")) {
        n = ngx_rtsp_text_hex(value);

        /* nothing depends on it, and cameras send all sorts */

        if (n != NGX_ERROR) {
            t->ssrc = (uint32_t) n;
            t->has_ssrc = 1;
        }

        return NGX_OK;
    }

    if (ngx_rtsp_text_is(name, "source")) {
        t->source = *value;

    } else if (ngx_rtsp_text_is(name, "destination")) {
        t->destination = *value;
    }

    return NGX_OK;
}


/* "a-b", or "a" for a and the next one */

static ngx_int_t
ngx_rtsp_parse_pair(const ngx_str_t *value, const ngx_rtsp_pair_t *limits,
    ngx_int_t *pair)
{
    ngx_str_t  first, second;

    second = *value;

    (void) ngx_rtsp_text_cut(&second, '-', &first);

    ngx_rtsp_text_trim(&first);
    pair[0] = ngx_rtsp_text_uint(&first, limits->max);

    if (second.data) {
        ngx_rtsp_text_trim(&second);
        pair[1] = ngx_rtsp_text_uint(&second, limits->max);

    } else {
        pair[1] = pair[0] + 1;
    }

    if (pair[0] < limits->min || pair[1] < limits->min
        || pair[1] > limits->max)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* RFC 2326 allows "PLAY,RECORD" in quotes; the first one counts */

static ngx_int_t
ngx_rtsp_parse_mode(const ngx_str_t *value, ngx_rtsp_transport_t *t)
{
    ngx_str_t        list, item;
    ngx_rtsp_mode_e  mode;

    list = *value;
    t->mode = NGX_RTSP_MODE_NONE;

    while (ngx_rtsp_cut_item(&list, ',', &item)) {

        if (ngx_rtsp_text_is(&item, "play")) {
            mode = NGX_RTSP_MODE_PLAY;

        } else if (ngx_rtsp_text_is(&item, "record")
                   || ngx_rtsp_text_is(&item, "receive"))
        {
            mode = NGX_RTSP_MODE_RECORD;

        } else {
            return NGX_ERROR;
        }

        if (t->mode == NGX_RTSP_MODE_NONE) {
            t->mode = mode;
        }
    }

    return NGX_OK;
}


void
ngx_rtsp_put_transport(ngx_rtsp_writer_t *w, const ngx_rtsp_transport_t *t)
{
    ngx_rtsp_put_text(w, t->secure ? "RTP/SAVP" : "RTP/AVP");

    if (t->tcp) {
        ngx_rtsp_put_text(w, "/TCP");
    }

    if (t->multicast) {
        ngx_rtsp_put_text(w, ";multicast");

    } else if (t->unicast) {
        ngx_rtsp_put_text(w, ";unicast");
    }

    if (t->source.len) {
        ngx_rtsp_put_text(w, ";source=");
        ngx_rtsp_put_str(w, &t->source);
    }

    if (t->destination.len) {
        ngx_rtsp_put_text(w, ";destination=");
        ngx_rtsp_put_str(w, &t->destination);
    }

    ngx_rtsp_put_pair(w, ";interleaved=", t->interleaved);
    ngx_rtsp_put_pair(w, ";port=", t->port);

    if (t->ttl >= 0) {
        ngx_rtsp_put_text(w, ";ttl=");
        ngx_rtsp_put_uint(w, t->ttl);
    }

    ngx_rtsp_put_pair(w, ";client_port=", t->client_port);
    ngx_rtsp_put_pair(w, ";server_port=", t->server_port);

    if (t->has_ssrc) {
        ngx_rtsp_put_text(w, ";ssrc=");
        ngx_rtsp_put_hex(w, t->ssrc, 8);
    }

    if (t->mode == NGX_RTSP_MODE_PLAY) {
        ngx_rtsp_put_text(w, ";mode=play");

    } else if (t->mode == NGX_RTSP_MODE_RECORD) {
        ngx_rtsp_put_text(w, ";mode=record");
    }
}


static void
ngx_rtsp_put_pair(ngx_rtsp_writer_t *w, const char *name,
    const ngx_int_t *pair)
{
    if (pair[0] < 0) {
        return;
    }

    ngx_rtsp_put_text(w, name);
    ngx_rtsp_put_uint(w, pair[0]);

    if (pair[1] >= 0) {
        ngx_rtsp_put_text(w, "-");
        ngx_rtsp_put_uint(w, pair[1]);
    }
}


ngx_int_t
ngx_rtsp_parse_session(const ngx_str_t *value, ngx_str_t *id,
    ngx_int_t *timeout)
{
    int64_t    n;
    ngx_str_t  rest, item, name, param;

    rest = *value;
    n = -1;

    (void) ngx_rtsp_cut_item(&rest, ';', id);

    while (ngx_rtsp_cut_item(&rest, ';', &item)) {
        ngx_rtsp_split_param(&item, &name, &param);

        if (ngx_rtsp_text_is(&name, "timeout")) {
            n = ngx_rtsp_text_uint(&param, NGX_MAX_INT32_VALUE);
        }
    }

    if (timeout) {
        *timeout = (n > 0) ? n : -1;
    }

    return id->len ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_rtsp_parse_range(const ngx_str_t *value, ngx_rtsp_range_t *range)
{
    ngx_str_t  rest, item, unit, start, end;

    ngx_memzero(range, sizeof(ngx_rtsp_range_t));
    range->start = -1;
    range->end = -1;

    rest = *value;

    (void) ngx_rtsp_cut_item(&rest, ';', &item);
    ngx_rtsp_split_param(&item, &unit, &range->raw);

    if (ngx_rtsp_text_is(&unit, "clock")) {
        range->type = NGX_RTSP_RANGE_CLOCK;
        return NGX_OK;
    }

    /* smpte, smpte-30-drop, smpte-25 */

    if (ngx_rtsp_text_begins(&unit, "smpte")) {
        range->type = NGX_RTSP_RANGE_SMPTE;
        return NGX_OK;
    }

    if (!ngx_rtsp_text_is(&unit, "npt")) {
        return NGX_DECLINED;
    }

    range->type = NGX_RTSP_RANGE_NPT;

    end = range->raw;
    (void) ngx_rtsp_text_cut(&end, '-', &start);

    ngx_rtsp_text_trim(&start);
    ngx_rtsp_text_trim(&end);

    if (start.len == 0 && end.len == 0) {
        return NGX_ERROR;
    }

    if (ngx_rtsp_text_is(&start, "now")) {
        range->now = 1;

    } else if (start.len) {
        range->start = ngx_rtsp_parse_npt(&start);

        if (range->start == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    if (end.len) {
        range->end = ngx_rtsp_parse_npt(&end);

        if (range->end == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* "12.5", "1:02:03.25", in milliseconds (RFC 2326 3.6) */

static int64_t
ngx_rtsp_parse_npt(const ngx_str_t *text)
{
    int64_t    hours, minutes, ms;
    ngx_str_t  rest, part;

    rest = *text;
    (void) ngx_rtsp_text_cut(&rest, ':', &part);

    if (rest.data == NULL) {
        return ngx_rtsp_parse_npt_seconds(&part, NGX_MAX_INT32_VALUE);
    }

    hours = ngx_rtsp_text_uint(&part, NGX_MAX_INT32_VALUE);

    (void) ngx_rtsp_text_cut(&rest, ':', &part);
    minutes = ngx_rtsp_text_uint(&part, 59);

    ms = ngx_rtsp_parse_npt_seconds(&rest, 59);

    if (hours == NGX_ERROR || minutes == NGX_ERROR || ms == NGX_ERROR) {
        return NGX_ERROR;
    }

    return (hours * 60 + minutes) * 60 * 1000 + ms;
}


static int64_t
ngx_rtsp_parse_npt_seconds(ngx_str_t *text, int64_t max)
{
    size_t     i;
    int64_t    seconds, ms;
    ngx_str_t  part;

    (void) ngx_rtsp_text_cut(text, '.', &part);

    seconds = ngx_rtsp_text_uint(&part, max);

    if (seconds == NGX_ERROR) {
        return NGX_ERROR;
    }

    ms = 0;

    for (i = 0; i < ngx_max(text->len, 3); i++) {

        if (i < text->len && (text->data[i] < '0' || text->data[i] > '9')) {
            return NGX_ERROR;
        }

        if (i < 3) {
            ms = ms * 10 + ((i < text->len) ? text->data[i] - '0' : 0);
        }
    }

    return seconds * 1000 + ms;
}


ngx_int_t
ngx_rtsp_parse_rtp_info(const ngx_str_t *value, ngx_rtsp_rtp_info_t *entries,
    ngx_uint_t max, ngx_uint_t *n)
{
    ngx_str_t  list, entry;

    *n = 0;
    list = *value;

    while (*n < max && list.data) {
        ngx_rtsp_cut_rtp_info(&list, &entry);

        if (ngx_rtsp_parse_rtp_info_entry(&entry, &entries[*n])) {
            (*n)++;
        }
    }

    return *n ? NGX_OK : NGX_ERROR;
}


static ngx_uint_t
ngx_rtsp_is_rtp_info_part(const ngx_str_t *text)
{
    ngx_str_t  name, rest;

    rest = *text;
    (void) ngx_rtsp_text_cut(&rest, '=', &name);

    if (rest.data == NULL) {
        return 0;
    }

    ngx_rtsp_text_trim(&name);

    return ngx_rtsp_text_is(&name, "url")
           || ngx_rtsp_text_is(&name, "seq")
           || ngx_rtsp_text_is(&name, "rtptime")
           || ngx_rtsp_text_is(&name, "ssrc");
}


/*
 * A URL may hold commas of its own: an entry ends where another one begins,
 * or nothing.
 */

static void
ngx_rtsp_cut_rtp_info(ngx_str_t *list, ngx_str_t *entry)
{
    u_char     *end;
    ngx_str_t   part, next;

    entry->data = list->data;

    do {
        (void) ngx_rtsp_text_cut(list, ',', &part);
        end = part.data + part.len;

        next = *list;
        ngx_rtsp_text_trim(&next);

    } while (next.len && next.data[0] != ','
             && !ngx_rtsp_is_rtp_info_part(list));

    entry->len = end - entry->data;
}


/* the same goes for semicolons; returns 1 if there is anything in it */

static ngx_uint_t
ngx_rtsp_parse_rtp_info_entry(const ngx_str_t *entry,
    ngx_rtsp_rtp_info_t *info)
{
    int64_t     n;
    ngx_str_t   rest, item, name, value;
    ngx_uint_t  in_url;

    ngx_memzero(info, sizeof(ngx_rtsp_rtp_info_t));

    rest = *entry;
    in_url = 0;

    while (ngx_rtsp_text_cut(&rest, ';', &item)) {
        ngx_rtsp_text_trim(&item);

        if (!ngx_rtsp_is_rtp_info_part(&item)) {

            if (in_url && item.len) {
                info->url.len = item.data + item.len - info->url.data;
            }

            continue;
        }

        ngx_rtsp_split_param(&item, &name, &value);

        in_url = ngx_rtsp_text_is(&name, "url");

        if (in_url) {
            info->url = value;

        } else if (ngx_rtsp_text_is(&name, "seq")) {
            n = ngx_rtsp_text_uint(&value, 65535);
            info->seq = (uint16_t) n;
            info->has_seq = (n != NGX_ERROR);

        } else if (ngx_rtsp_text_is(&name, "rtptime")) {
            n = ngx_rtsp_text_uint(&value, NGX_MAX_UINT32_VALUE);
            info->rtptime = (uint32_t) n;
            info->has_rtptime = (n != NGX_ERROR);
        }
    }

    return info->url.len || info->has_seq || info->has_rtptime;
}


void
ngx_rtsp_put_rtp_info_entry(ngx_rtsp_writer_t *w, ngx_uint_t first,
    const ngx_str_t *url, ngx_uint_t has_seq, ngx_uint_t seq,
    uint32_t rtptime)
{
    if (!first) {
        ngx_rtsp_put_text(w, ",");
    }

    ngx_rtsp_put_text(w, "url=");
    ngx_rtsp_put_str(w, url);

    if (has_seq) {
        ngx_rtsp_put_text(w, ";seq=");
        ngx_rtsp_put_uint(w, seq);
        ngx_rtsp_put_text(w, ";rtptime=");
        ngx_rtsp_put_uint(w, rtptime);
    }
}


ngx_int_t
ngx_rtsp_parse_key_mgmt(const ngx_str_t *value, ngx_rtsp_key_mgmt_t *km)
{
    ngx_str_t  list, entry, item, name, param;

    list = *value;

    while (ngx_rtsp_cut_item(&list, ',', &entry)) {
        ngx_memzero(km, sizeof(ngx_rtsp_key_mgmt_t));

        while (ngx_rtsp_cut_item(&entry, ';', &item)) {
            ngx_rtsp_split_param(&item, &name, &param);

            if (ngx_rtsp_text_is(&name, "prot")) {
                km->prot = param;

            } else if (ngx_rtsp_text_is(&name, "uri")) {
                km->uri = param;

            } else if (ngx_rtsp_text_is(&name, "data")) {
                km->data = param;
            }
        }

        if (ngx_rtsp_text_is(&km->prot, "mikey")) {
            return km->data.len ? NGX_OK : NGX_ERROR;
        }
    }

    return NGX_ERROR;
}


ngx_uint_t
ngx_rtsp_content_type_is(const ngx_str_t *value, const char *type)
{
    ngx_str_t  rest, item;

    rest = *value;

    return ngx_rtsp_cut_item(&rest, ';', &item)
           && ngx_rtsp_text_is(&item, type);
}


ngx_uint_t
ngx_rtsp_header_has_token(const ngx_str_t *value, const char *token)
{
    ngx_str_t  list, item;

    list = *value;

    while (ngx_rtsp_cut_item(&list, ',', &item)) {
        if (ngx_rtsp_text_is(&item, token)) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_rtsp_cut_item(ngx_str_t *list, u_char sep, ngx_str_t *item)
{
    size_t      i;
    ngx_uint_t  quoted;

    if (list->data == NULL) {
        ngx_str_null(item);
        return 0;
    }

    quoted = 0;

    for (i = 0; i < list->len; i++) {

        if (list->data[i] == '"') {
            quoted = !quoted;

        } else if (list->data[i] == sep && !quoted) {
            break;
        }
    }

    item->data = list->data;
    item->len = i;

    ngx_rtsp_text_trim(item);

    if (i == list->len) {
        ngx_str_null(list);
        return 1;
    }

    list->data += i + 1;
    list->len -= i + 1;

    return 1;
}


void
ngx_rtsp_split_param(const ngx_str_t *item, ngx_str_t *name, ngx_str_t *value)
{
    *value = *item;

    (void) ngx_rtsp_text_cut(value, '=', name);

    ngx_rtsp_text_trim(name);
    ngx_rtsp_text_trim(value);

    if (value->len && value->data[0] == '"') {
        value->data++;
        value->len--;

        if (value->len && value->data[value->len - 1] == '"') {
            value->len--;
        }

        ngx_rtsp_text_trim(value);
    }
}
