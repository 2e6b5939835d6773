
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_md5.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * Publishers: sessions that announce a description and record.  Receives
 * their media over TCP and UDP and hands it, in order, to the source that
 * writes the stream.  The source exists from RECORD to PAUSE or the end.
 *
 * Invariant: a packet counts only if it comes over the session's connection,
 * or by UDP from the address the session was made from.
 */


#define NGX_RTSP_PUBLISHER_TICK    50       /* ms */
#define NGX_RTSP_PUBLISHER_REPORT  5000000  /* us */


static ngx_int_t ngx_rtsp_publisher_init_text(ngx_rtsp_session_t *session);
static ngx_int_t ngx_rtsp_publisher_offer(ngx_rtsp_publisher_t *publisher,
    ngx_rtsp_stream_offer_t *offer);
static void ngx_rtsp_publisher_signature(ngx_rtsp_sdp_t *sdp,
    u_char signature[16]);
static ngx_int_t ngx_rtsp_publisher_open(ngx_rtsp_publisher_t *publisher);
static ngx_int_t ngx_rtsp_publisher_connect(ngx_rtsp_publisher_t *publisher,
    ngx_uint_t media, ngx_uint_t rtcp, in_port_t port);
static void ngx_rtsp_publisher_punch(ngx_rtsp_publisher_t *publisher);
static void ngx_rtsp_publisher_send(ngx_rtsp_publisher_t *publisher,
    ngx_uint_t media, ngx_uint_t rtcp, u_char *data, size_t len);
static void ngx_rtsp_publisher_close(ngx_rtsp_publisher_t *publisher);
static void ngx_rtsp_publisher_lost(ngx_rtsp_source_t *source);
static ngx_uint_t ngx_rtsp_publisher_is_from(ngx_rtsp_session_t *session,
    ngx_uint_t media, ngx_uint_t rtcp, struct sockaddr *from, socklen_t len);
static ngx_uint_t ngx_rtsp_publisher_is_media(ngx_rtsp_publisher_t *publisher,
    ngx_uint_t media, u_char *data, size_t size);
static void ngx_rtsp_publisher_ordered(void *data, u_char *packet, size_t len,
    uint64_t arrival);
static void ngx_rtsp_publisher_timer(ngx_event_t *ev);
static void ngx_rtsp_publisher_report(ngx_rtsp_publisher_t *publisher);


static ngx_queue_t  ngx_rtsp_publishers;


void
ngx_rtsp_publisher_init(void)
{
    ngx_queue_init(&ngx_rtsp_publishers);
}


/* the record keeps the announced URL, a line feed, and the description */

ngx_int_t
ngx_rtsp_publisher_create(ngx_rtsp_session_t *session, ngx_str_t *uri,
    ngx_str_t *text)
{
    ngx_int_t   rc;
    ngx_str_t   both;

    both.len = uri->len + 1 + text->len;
    both.data = ngx_alloc(both.len, &session->log);

    if (both.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(both.data, uri->data, uri->len);
    both.data[uri->len] = LF;
    ngx_memcpy(both.data + uri->len + 1, text->data, text->len);

    rc = ngx_rtsp_record_set_sdp(session->record, &both);

    ngx_free(both.data);

    return (rc == NGX_OK) ? ngx_rtsp_publisher_restore(session) : NGX_ERROR;
}


ngx_int_t
ngx_rtsp_publisher_restore(ngx_rtsp_session_t *session)
{
    ngx_uint_t             i, n;
    ngx_rtsp_publisher_t  *publisher;

    n = session->record->nmedias;

    publisher = ngx_pcalloc(session->pool, sizeof(ngx_rtsp_publisher_t)
                               + n * sizeof(ngx_rtsp_publisher_media_t));
    if (publisher == NULL) {
        return NGX_ERROR;
    }

    publisher->session = session;
    session->publisher = publisher;

    for (i = 0; i < n; i++) {
        publisher->medias[i].publisher = publisher;
    }

    publisher->timer.handler = ngx_rtsp_publisher_timer;
    publisher->timer.data = publisher;
    publisher->timer.log = &session->log;

    return ngx_rtsp_publisher_init_text(session);
}


static ngx_int_t
ngx_rtsp_publisher_init_text(ngx_rtsp_session_t *session)
{
    u_char                *p, *last;
    ngx_rtsp_record_t     *record;
    ngx_rtsp_publisher_t  *publisher;

    record = session->record;
    publisher = session->publisher;

    p = record->sdp;
    last = record->sdp + record->sdp_len;

    publisher->uri.data = p;

    p = ngx_strlchr(p, last, LF);
    if (p == NULL) {
        return NGX_ERROR;
    }

    publisher->uri.len = p - publisher->uri.data;
    publisher->text.data = p + 1;
    publisher->text.len = last - publisher->text.data;

    publisher->sdp = ngx_palloc(session->pool, sizeof(ngx_rtsp_sdp_t));
    if (publisher->sdp == NULL) {
        return NGX_ERROR;
    }

    return ngx_rtsp_parse_sdp(&publisher->text, publisher->sdp);
}


ngx_int_t
ngx_rtsp_publisher_start(ngx_rtsp_publisher_t *publisher)
{
    ngx_int_t                 rc;
    ngx_uint_t                resumed;
    ngx_rtsp_conf_t          *conf;
    ngx_rtsp_stream_t        *stream;
    ngx_rtsp_session_t       *session;
    ngx_rtsp_stream_offer_t   offer;

    session = publisher->session;
    conf = session->conf;

    if (ngx_rtsp_publisher_offer(publisher, &offer) != NGX_OK) {
        return NGX_ERROR;
    }

    /* what can fail comes before the stream that is there is touched */

    if (session->record->transport == NGX_RTSP_TRANSPORT_UDP
        && ngx_rtsp_publisher_open(publisher) != NGX_OK)
    {
        ngx_rtsp_publisher_close(publisher);
        return NGX_ABORT;
    }

    rc = ngx_rtsp_stream_start(&offer, &stream, &resumed);

    if (rc != NGX_OK) {

        if (rc != NGX_AGAIN) {
            ngx_rtsp_publisher_close(publisher);
        }

        return rc;
    }

    publisher->source = ngx_rtsp_source_create(stream, &publisher->text,
                                               conf->packet_size, conf->flush,
                                               &session->log);
    if (publisher->source == NULL) {
        ngx_rtsp_publisher_close(publisher);
        ngx_rtsp_stream_lose(stream);
        return NGX_ABORT;
    }

    publisher->source->record = session->record;
    publisher->source->lost = ngx_rtsp_publisher_lost;
    publisher->source->data = publisher;

    publisher->seen = ngx_rtsp_now();

    if (session->record->started == 0) {
        session->record->started = publisher->seen;
    }

    if (session->record->transport == NGX_RTSP_TRANSPORT_UDP) {
        publisher->reported = publisher->seen;

        ngx_queue_insert_tail(&ngx_rtsp_publishers, &publisher->queue);
        ngx_add_timer(&publisher->timer, NGX_RTSP_PUBLISHER_TICK);

        ngx_rtsp_publisher_punch(publisher);
    }

    if (resumed) {
        ngx_log_error(NGX_LOG_NOTICE, &session->log, 0,
                      "rtsp publisher is back, its stream goes on");

    } else {
        ngx_log_error(NGX_LOG_INFO, &session->log, 0,
                      "rtsp publisher has begun");
    }

    return NGX_OK;
}


/* what the stream is made from; its strings are valid until the next call */

static ngx_int_t
ngx_rtsp_publisher_offer(ngx_rtsp_publisher_t *publisher,
    ngx_rtsp_stream_offer_t *offer)
{
    ngx_uint_t                       i;
    ngx_rtsp_sdp_t                  *sdp;
    ngx_rtsp_session_t              *session;
    static u_char                    text[2 * NGX_RTSP_MAX_SDP];
    static ngx_rtsp_stream_media_t   medias[NGX_RTSP_MAX_MEDIAS];

    session = publisher->session;
    sdp = publisher->sdp;

    ngx_memzero(offer, sizeof(ngx_rtsp_stream_offer_t));
    ngx_memzero(medias, sizeof(medias));

    offer->name = session->stream_name;
    offer->session = session->record->public_id;
    offer->address = session->addr_text;
    offer->hold = session->conf->hold;
    offer->buffer = session->conf->buffer;
    offer->nmedias = sdp->nmedias;
    offer->medias = medias;

    for (i = 0; i < sdp->nmedias; i++) {
        medias[i].video = (sdp->medias[i].kind == NGX_RTSP_MEDIA_VIDEO);
        medias[i].back_channel = sdp->medias[i].back_channel;
        medias[i].nformats = (uint8_t) sdp->medias[i].nformats;
        medias[i].clock_rate = sdp->medias[i].formats[0].clock_rate;
    }

    ngx_rtsp_publisher_signature(sdp, offer->signature);

    offer->sdp.data = text;

    return ngx_rtsp_source_describe(sdp, NULL, &offer->sdp, sizeof(text));
}


/*
 * What makes medias the same when a source comes back: their number, order,
 * types, payload types, rtpmap, and the configuration of AAC and MPEG-4.
 */

static void
ngx_rtsp_publisher_signature(ngx_rtsp_sdp_t *sdp, u_char signature[16])
{
    u_char                   line[64];
    ngx_md5_t                md5;
    ngx_str_t                config;
    ngx_uint_t               i, n;
    ngx_rtsp_writer_t        w;
    ngx_rtsp_sdp_media_t    *media;
    ngx_rtsp_sdp_format_t   *format;

    ngx_md5_init(&md5);

    for (i = 0; i < sdp->nmedias; i++) {
        media = &sdp->medias[i];

        ngx_md5_update(&md5, "m=", 2);
        ngx_md5_update(&md5, media->type.data, media->type.len);

        for (n = 0; n < media->nformats; n++) {
            format = &media->formats[n];

            w.pos = line;
            w.end = line + sizeof(line);
            w.overflow = 0;

            ngx_rtsp_put_text(&w, ";");
            ngx_rtsp_put_uint(&w, format->type);
            ngx_rtsp_put_text(&w, "/");
            ngx_rtsp_put_uint(&w, format->clock_rate);
            ngx_rtsp_put_text(&w, "/");

            ngx_md5_update(&md5, line, w.pos - line);
            ngx_md5_update(&md5, format->channels.data, format->channels.len);
            ngx_md5_update(&md5, "/", 1);

            /* encodings are case-insensitive (RFC 4855, 3) */

            w.pos = ngx_min(line + format->encoding.len, w.end);
            ngx_strlow(line, format->encoding.data, w.pos - line);
            ngx_md5_update(&md5, line, w.pos - line);

            if ((format->codec == NGX_RTSP_CODEC_AAC
                 || format->codec == NGX_RTSP_CODEC_LATM
                 || format->codec == NGX_RTSP_CODEC_MPEG4)
                && ngx_rtsp_sdp_parameter(&format->fmtp, "config", &config))
            {
                ngx_md5_update(&md5, "=", 1);
                ngx_md5_update(&md5, config.data, config.len);
            }
        }
    }

    ngx_md5_final(signature, &md5);
}


/* the UDP side of a publisher: sockets of its own, and the way through NAT */

static ngx_int_t
ngx_rtsp_publisher_open(ngx_rtsp_publisher_t *publisher)
{
    ngx_uint_t                   i, rtcp;
    ngx_rtsp_record_t           *record;
    ngx_rtsp_publisher_media_t  *pm;

    record = publisher->session->record;

    for (i = 0; i < record->nmedias; i++) {
        pm = &publisher->medias[i];

        /* RECORD that had to wait for the source before it comes again */

        if (pm->reorder) {
            continue;
        }

        pm->reorder = ngx_rtsp_reorder_create(ngx_rtsp_publisher_ordered, pm,
                                              &publisher->session->log);
        if (pm->reorder == NULL) {
            return NGX_ERROR;
        }

        for (rtcp = 0; rtcp < 2; rtcp++) {

            record->medias[i].peer_port[rtcp] = 0;

            if (publisher->session->pairs == NULL
                && ngx_rtsp_publisher_connect(publisher, i, rtcp,
                                          record->medias[i].client_port[rtcp])
                   != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_publisher_connect(ngx_rtsp_publisher_t *publisher, ngx_uint_t media,
    ngx_uint_t rtcp, in_port_t port)
{
    ngx_rtsp_record_t        *record;
    ngx_rtsp_udp_socket_t    *us, **slot;
    struct sockaddr_storage   peer;

    record = publisher->session->record;
    slot = &publisher->medias[media].sockets[rtcp];

    ngx_memcpy(&peer, &record->sockaddr, record->socklen);
    ngx_inet_set_port((struct sockaddr *) &peer, port);

    if (*slot) {
        ngx_rtsp_udp_close(*slot);
        *slot = NULL;
    }

    us = ngx_rtsp_udp_connect(&ngx_rtsp_main_conf->udp, rtcp,
                              (struct sockaddr *) &record->local,
                              (struct sockaddr *) &peer, record->socklen,
                              ngx_rtsp_publisher_datagram,
                              &publisher->medias[media],
                              &publisher->session->log);
    if (us == NULL) {
        return NGX_ERROR;
    }

    *slot = us;

    return NGX_OK;
}


/*
 * Packets to where the publisher said it will send from open firewalls on the
 * way: an empty RTP header, an empty receiver report.
 */

static void
ngx_rtsp_publisher_punch(ngx_rtsp_publisher_t *publisher)
{
    size_t      len;
    u_char      rtp[NGX_RTSP_RTP_HEADER_LEN], rtcp[NGX_RTSP_RTCP_RR_LEN];
    ngx_str_t   cname;
    ngx_uint_t  i;

    ngx_memzero(rtp, sizeof(rtp));
    rtp[0] = 0x80;

    ngx_str_null(&cname);
    len = ngx_rtsp_put_rr(rtcp, 0, NULL, &cname);

    for (i = 0; i < publisher->session->record->nmedias; i++) {
        ngx_rtsp_publisher_send(publisher, i, 0, rtp, sizeof(rtp));
        ngx_rtsp_publisher_send(publisher, i, 1, rtcp, len);
    }
}


static void
ngx_rtsp_publisher_send(ngx_rtsp_publisher_t *publisher, ngx_uint_t media,
    ngx_uint_t rtcp, u_char *data, size_t len)
{
    in_port_t                 port;
    ngx_rtsp_record_t        *record;
    ngx_rtsp_udp_socket_t    *us;
    struct sockaddr_storage   peer;

    record = publisher->session->record;

    us = publisher->session->pairs ? publisher->session->pairs[2 * media
                                                               + rtcp]
                                   : publisher->medias[media].sockets[rtcp];
    if (us == NULL) {
        return;
    }

    port = (in_port_t) record->medias[media].peer_port[rtcp];

    ngx_memcpy(&peer, &record->sockaddr, record->socklen);
    ngx_inet_set_port((struct sockaddr *) &peer,
                      port ? port : record->medias[media].client_port[rtcp]);

    (void) ngx_rtsp_udp_send(us->connection->fd,
                             (struct sockaddr *) &record->local,
                             (struct sockaddr *) &peer, record->socklen,
                             data, len);
}


void
ngx_rtsp_publisher_stop(ngx_rtsp_publisher_t *publisher)
{
    ngx_rtsp_publisher_close(publisher);

    if (publisher->source) {
        ngx_rtsp_source_close(publisher->source);
        publisher->source = NULL;
    }
}


static void
ngx_rtsp_publisher_close(ngx_rtsp_publisher_t *publisher)
{
    ngx_uint_t                   i, rtcp;
    ngx_rtsp_publisher_media_t  *pm;

    if (publisher->timer.timer_set) {
        ngx_del_timer(&publisher->timer);
        ngx_queue_remove(&publisher->queue);
    }

    for (i = 0; i < publisher->session->record->nmedias; i++) {
        pm = &publisher->medias[i];

        for (rtcp = 0; rtcp < 2; rtcp++) {
            if (pm->sockets[rtcp]) {
                ngx_rtsp_udp_close(pm->sockets[rtcp]);
                pm->sockets[rtcp] = NULL;
            }
        }

        if (pm->reorder) {
            ngx_rtsp_reorder_destroy(pm->reorder);
            pm->reorder = NULL;
        }
    }
}


/* another source has taken the stream over */

static void
ngx_rtsp_publisher_lost(ngx_rtsp_source_t *source)
{
    ngx_rtsp_session_t    *session;
    ngx_rtsp_publisher_t  *publisher;

    publisher = source->data;
    session = publisher->session;

    ngx_log_error(NGX_LOG_NOTICE, &session->log, 0,
                  "rtsp publisher is replaced by another one");

    ngx_rtsp_publisher_stop(publisher);

    ngx_rtsp_session_end_soon(session, NGX_RTSP_END_OVERRIDE);
}


void
ngx_rtsp_publisher_frame(ngx_rtsp_publisher_t *publisher, ngx_uint_t channel,
    ngx_str_t *payload, uint64_t arrival)
{
    ngx_uint_t          i;
    ngx_rtsp_record_t  *record;

    if (publisher->source == NULL) {
        return;
    }

    record = publisher->session->record;

    for (i = 0; i < record->nmedias; i++) {

        if (record->medias[i].channel[0] == channel) {
            publisher->seen = arrival;
            (void) ngx_rtsp_source_rtp(publisher->source, i, payload->data,
                                       payload->len, arrival);
            return;
        }

        if (record->medias[i].channel[1] == channel) {
            publisher->seen = arrival;
            ngx_rtsp_source_rtcp(publisher->source, i, payload->data,
                                 payload->len, arrival);
            return;
        }
    }
}


void
ngx_rtsp_publisher_datagram(ngx_rtsp_udp_socket_t *us, struct sockaddr *from,
    socklen_t len, u_char *data, size_t size, uint64_t arrival)
{
    ngx_uint_t                   media;
    ngx_rtsp_publisher_t        *publisher;
    ngx_rtsp_publisher_media_t  *pm;

    pm = us->data;
    publisher = pm->publisher;
    media = pm - publisher->medias;

    if (publisher->source == NULL
        || !ngx_rtsp_publisher_is_from(publisher->session, media, us->rtcp,
                                       from, len))
    {
        return;
    }

    publisher->seen = arrival;

    if (us->rtcp) {
        ngx_rtsp_source_rtcp(publisher->source, media, data, size, arrival);

    } else if (ngx_rtsp_publisher_is_media(publisher, media, data, size)) {
        ngx_rtsp_reorder_put(pm->reorder, data, size, arrival);

    } else {
        publisher->source->invalid++;
    }
}


/* 1 if it is RTP of the media: only its numbers say something about order */

static ngx_uint_t
ngx_rtsp_publisher_is_media(ngx_rtsp_publisher_t *publisher, ngx_uint_t media,
    u_char *data, size_t size)
{
    ngx_rtsp_rtp_t  rtp;

    return ngx_rtsp_parse_rtp(data, size, &rtp) == NGX_OK
           && ngx_rtsp_sdp_format(&publisher->sdp->medias[media], rtp.type)
              != NULL;
}


/* the first datagram of the session's address fixes the port */

static ngx_uint_t
ngx_rtsp_publisher_is_from(ngx_rtsp_session_t *session, ngx_uint_t media,
    ngx_uint_t rtcp, struct sockaddr *from, socklen_t len)
{
    in_port_t           port;
    ngx_atomic_t       *latched;
    ngx_rtsp_record_t  *record;

    record = session->record;
    latched = &record->medias[media].peer_port[rtcp];
    port = ngx_inet_get_port(from);

    if (ngx_cmp_sockaddr(from, len, (struct sockaddr *) &record->sockaddr,
                         record->socklen, 0)
        != NGX_OK)
    {
        return 0;
    }

    if (*latched == 0) {
        *latched = port;
    }

    return *latched == port;
}


static void
ngx_rtsp_publisher_ordered(void *data, u_char *packet, size_t len,
    uint64_t arrival)
{
    ngx_rtsp_publisher_media_t *pm = data;

    (void) ngx_rtsp_source_rtp(pm->publisher->source,
                               pm - pm->publisher->medias, packet, len,
                               arrival);
}


/*
 * Datagrams that no connected socket took have told where a publisher behind
 * NAT sends from.
 */

void
ngx_rtsp_publisher_latch(void)
{
    ngx_uint_t                i, rtcp;
    ngx_queue_t              *q;
    ngx_atomic_uint_t         port;
    ngx_rtsp_record_t        *record;
    ngx_rtsp_publisher_t     *publisher;
    ngx_rtsp_udp_socket_t    *us;

    for (q = ngx_queue_head(&ngx_rtsp_publishers);
         q != ngx_queue_sentinel(&ngx_rtsp_publishers);
         q = ngx_queue_next(q))
    {
        publisher = ngx_queue_data(q, ngx_rtsp_publisher_t, queue);
        record = publisher->session->record;

        for (i = 0; i < 2 * record->nmedias; i++) {

            rtcp = i & 1;
            us = publisher->medias[i / 2].sockets[rtcp];
            port = record->medias[i / 2].peer_port[rtcp];

            if (us == NULL || port == 0
                || port == ngx_inet_get_port(&us->peer.sockaddr))
            {
                continue;
            }

            ngx_log_error(NGX_LOG_INFO, &publisher->session->log, 0,
                          "rtsp publisher sends from port %uA instead of %uD",
                          port, record->medias[i / 2].client_port[rtcp]);

            (void) ngx_rtsp_publisher_connect(publisher, i / 2, rtcp,
                                              (in_port_t) port);
        }
    }
}


static void
ngx_rtsp_publisher_timer(ngx_event_t *ev)
{
    uint64_t               now;
    ngx_uint_t             i;
    ngx_rtsp_publisher_t  *publisher;

    publisher = ev->data;
    now = ngx_rtsp_now();

    for (i = 0; i < publisher->session->record->nmedias; i++) {
        (void) ngx_rtsp_reorder_expire(publisher->medias[i].reorder, now);
    }

    if (now - publisher->reported >= NGX_RTSP_PUBLISHER_REPORT) {
        publisher->reported = now;
        ngx_rtsp_publisher_report(publisher);
    }

    ngx_add_timer(ev, NGX_RTSP_PUBLISHER_TICK);
}


static void
ngx_rtsp_publisher_report(ngx_rtsp_publisher_t *publisher)
{
    size_t      len;
    u_char      packet[NGX_RTSP_RTCP_RR_LEN];
    ngx_uint_t  i;

    for (i = 0; i < publisher->session->record->nmedias; i++) {

        len = ngx_rtsp_source_receiver_report(publisher->source, i, packet);

        if (len) {
            ngx_rtsp_publisher_send(publisher, i, 1, packet, len);
        }
    }
}
