
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * SETUP: one media of a session gets its transport, and the first one of a
 * reader makes the session.  Called by the table of methods.
 */


#define NGX_RTSP_MAX_OFFERS  16


static ngx_int_t ngx_rtsp_setup_refuse(ngx_rtsp_request_t *r,
    ngx_uint_t status, const char *why);
static ngx_uint_t ngx_rtsp_setup_choose(ngx_rtsp_request_t *r,
    ngx_rtsp_transport_t *chosen);
static ngx_uint_t ngx_rtsp_setup_supported(ngx_rtsp_request_t *r,
    ngx_rtsp_transport_t *offer);
static ngx_int_t ngx_rtsp_setup_reader(ngx_rtsp_request_t *r,
    ngx_uint_t *status);
static ngx_int_t ngx_rtsp_setup_media(ngx_rtsp_request_t *r);
static ngx_int_t ngx_rtsp_setup_talk(ngx_rtsp_request_t *r);
static ngx_int_t ngx_rtsp_setup_channels(ngx_rtsp_session_t *session,
    ngx_uint_t media, ngx_rtsp_transport_t *transport);
static ngx_uint_t ngx_rtsp_setup_used(ngx_rtsp_record_t *record,
    ngx_int_t channel);
static ngx_int_t ngx_rtsp_setup_ports(ngx_rtsp_session_t *session,
    ngx_uint_t media, ngx_rtsp_transport_t *transport);
static ngx_int_t ngx_rtsp_setup_answer(ngx_rtsp_request_t *r,
    ngx_uint_t media, ngx_rtsp_transport_t *transport);


ngx_int_t
ngx_rtsp_setup(ngx_rtsp_request_t *r)
{
    ngx_int_t                 rc, media;
    ngx_uint_t                status, talks, tcp;
    ngx_rtsp_record_t        *record;
    ngx_rtsp_transport_t      transport;
    ngx_rtsp_record_media_t  *rm;

    status = ngx_rtsp_setup_choose(r, &transport);

    if (status != 200) {
        return ngx_rtsp_refuse(r, status, "no offered transport is usable");
    }

    if (r->session == NULL
        && ngx_rtsp_setup_reader(r, &status) != NGX_OK)
    {
        return ngx_rtsp_setup_refuse(r, status,
                                     status == 453
                                     ? "rtsp_max_readers are there already"
                                     : status == 503
                                       ? "rtsp_zone is full"
                                       : "there is no such stream");
    }

    record = r->session->record;
    tcp = transport.tcp ? NGX_RTSP_TRANSPORT_TCP : NGX_RTSP_TRANSPORT_UDP;

    if ((record->role == NGX_RTSP_ROLE_PUBLISH
         && transport.mode == NGX_RTSP_MODE_PLAY)
        || (record->role == NGX_RTSP_ROLE_READ
            && transport.mode == NGX_RTSP_MODE_RECORD))
    {
        return ngx_rtsp_setup_refuse(r, 400, "the mode is that of another "
                                     "role");
    }

    if (record->transport && record->transport != tcp) {
        return ngx_rtsp_setup_refuse(r, 400, "its medias have different "
                                     "transports");
    }

    media = ngx_rtsp_setup_media(r);

    if (media < 0) {
        return ngx_rtsp_setup_refuse(r, -media, "the URL names no media");
    }

    rm = &record->medias[media];

    if (rm->setup) {
        return ngx_rtsp_setup_refuse(r, 400, "the media is set up already");
    }

    talks = (r->session->stream
             && r->session->stream->medias[media].back_channel);

    if (talks) {
        rc = ngx_rtsp_setup_talk(r);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    status = transport.tcp
             ? ngx_rtsp_setup_channels(r->session, media, &transport)
             : ngx_rtsp_setup_ports(r->session, media, &transport);

    if (status != 200) {
        return ngx_rtsp_setup_refuse(r, status, "channels or ports are "
                                     "missing or in use");
    }

    if (talks
        && ngx_rtsp_auth_recheck(r, r->session, NGX_RTSP_ROLE_TALK) != NGX_OK)
    {
        return ngx_rtsp_setup_refuse(r, 503, "no memory");
    }

    rm->setup = 1;
    record->transport = tcp;
    ngx_rtsp_session_active(r->session, NGX_RTSP_SESSION_READY, NULL);

    return ngx_rtsp_setup_answer(r, media, &transport);
}


/* a session that has nothing set up after all is not kept */

static ngx_int_t
ngx_rtsp_setup_refuse(ngx_rtsp_request_t *r, ngx_uint_t status,
    const char *why)
{
    ngx_rtsp_session_t  *session;

    session = r->session;

    if (session && session->record->transport == NGX_RTSP_TRANSPORT_NONE
        && session->publisher == NULL)
    {
        r->session = NULL;
        ngx_rtsp_session_end(session, r->connection, NGX_RTSP_END_REFUSED);
    }

    return ngx_rtsp_refuse(r, status, why);
}


/* the first offer that is supported; the status if there is none */

static ngx_uint_t
ngx_rtsp_setup_choose(ngx_rtsp_request_t *r, ngx_rtsp_transport_t *chosen)
{
    ngx_uint_t             i, n, status;
    ngx_rtsp_header_t     *h;
    ngx_rtsp_transport_t   offers[NGX_RTSP_MAX_OFFERS];

    status = 400;

    for (h = ngx_rtsp_find_header(r->message, "Transport");
         h;
         h = ngx_rtsp_next_header(r->message, h))
    {
        if (ngx_rtsp_parse_transport(&h->value, offers, NGX_RTSP_MAX_OFFERS,
                                     &n)
            != NGX_OK)
        {
            return 400;
        }

        for (i = 0; i < n; i++) {
            if (ngx_rtsp_setup_supported(r, &offers[i])) {
                *chosen = offers[i];
                return 200;
            }
        }

        status = 461;
    }

    return status;
}


static ngx_uint_t
ngx_rtsp_setup_supported(ngx_rtsp_request_t *r, ngx_rtsp_transport_t *offer)
{
    ngx_connection_t  *c;
    ngx_rtsp_conf_t   *conf;

    c = r->connection->connection;
    conf = r->conf;

    if (offer->unsupported || offer->secure || offer->multicast) {
        return 0;
    }

    if (offer->tcp) {
        return (conf->transports & NGX_RTSP_ALLOW_TCP) != 0;
    }

    /* media in clear beside a control channel that is not would be a lie */

    return (conf->transports & NGX_RTSP_ALLOW_UDP)
           && ngx_rtsp_main_conf->udp.port
           && !ngx_rtsp_is_tls(c)
           && ngx_rtsp_udp_family(c->sockaddr) != NGX_DECLINED;
}


/* the first SETUP of a reader attaches it to its stream */

static ngx_int_t
ngx_rtsp_setup_reader(ngx_rtsp_request_t *r, ngx_uint_t *status)
{
    ngx_int_t           rc;
    ngx_rtsp_stream_t  *stream;

    rc = ngx_rtsp_stream_attach(&r->stream_name, r->conf->max_readers,
                                &stream);

    if (rc != NGX_OK) {
        *status = (rc == NGX_BUSY) ? 453 : 404;
        return NGX_ERROR;
    }

    r->session = ngx_rtsp_session_create(r, NGX_RTSP_ROLE_READ,
                                         stream->nmedias);
    if (r->session == NULL) {
        ngx_rtsp_stream_detach(stream);
        *status = 503;
        return NGX_ERROR;
    }

    r->session->stream = stream;
    r->session->record->stream = stream->id;
    r->session->record->counted = ngx_rtsp_self;

    if (ngx_rtsp_auth_recheck(r, r->session, NGX_RTSP_ROLE_READ) != NGX_OK) {
        *status = 503;
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * The index of the media that the URL names, or the negative status.  Without
 * a control it is the only media, or, with a slash at the end, the first
 * (FFmpeg reading MPEG-TS).
 */

static ngx_int_t
ngx_rtsp_setup_media(ngx_rtsp_request_t *r)
{
    ngx_int_t              track;
    ngx_str_t              control;
    ngx_uint_t             i;
    ngx_rtsp_url_t         base;
    ngx_rtsp_session_t    *session;
    ngx_rtsp_publisher_t  *publisher;

    session = r->session;
    publisher = session->publisher;

    if (publisher) {

        for (i = 0; i < publisher->sdp->nmedias; i++) {
            if (ngx_rtsp_url_is_control(&r->message->uri, &publisher->uri,
                                        &publisher->sdp->medias[i].control))
            {
                return i;
            }
        }

        return -404;
    }

    if (!ngx_rtsp_request_is_path(r, session)) {
        return -400;
    }

    ngx_rtsp_url_control(&r->url, &control, &base);

    if (control.len == 0) {

        if (session->record->nmedias == 1
            || r->message->uri.data[r->message->uri.len - 1] == '/')
        {
            return 0;
        }

        return -459;
    }

    track = ngx_rtsp_url_track(&control);

    return (track >= 0 && track < (ngx_int_t) session->record->nmedias)
           ? track : -404;
}


/*
 * Whoever sets up a back channel needs the right to talk, which is asked for
 * here as the session may have all others already.  NGX_DECLINED: it has it;
 * otherwise the request was answered, or waits.  A session that was made for
 * that media alone goes where it has not, the rest of another can still be set
 * up.
 */

static ngx_int_t
ngx_rtsp_setup_talk(ngx_rtsp_request_t *r)
{
    ngx_int_t            rc;
    const char          *why;
    ngx_rtsp_session_t  *session;

    why = r->conf->back_channel
          ? ngx_rtsp_access_denied(r, NGX_RTSP_ROLE_TALK)
          : "rtsp_back_channel is off";

    if (why) {
        return ngx_rtsp_setup_refuse(r, 403, why);
    }

    rc = ngx_rtsp_auth_check(r, NGX_RTSP_ROLE_TALK);

    if (rc != NGX_DONE) {
        return (rc == NGX_OK) ? NGX_DECLINED : rc;
    }

    session = r->session;

    if (session->record->transport == NGX_RTSP_TRANSPORT_NONE) {
        r->session = NULL;
        ngx_rtsp_session_end(session, r->connection, NGX_RTSP_END_REFUSED);
    }

    return NGX_OK;
}


/* the channels asked for, or the lowest free pair; returns the status */

static ngx_int_t
ngx_rtsp_setup_channels(ngx_rtsp_session_t *session, ngx_uint_t media,
    ngx_rtsp_transport_t *transport)
{
    ngx_int_t           rtp, rtcp;
    ngx_rtsp_record_t  *record;

    record = session->record;

    rtp = transport->interleaved[0];
    rtcp = transport->interleaved[1];

    if (rtp == -1) {

        /* the ring's own channels are the cheapest */

        rtp = 2 * media;

        if (ngx_rtsp_setup_used(record, rtp)
            || ngx_rtsp_setup_used(record, rtp + 1))
        {
            for (rtp = 0; rtp < 254; rtp += 2) {
                if (!ngx_rtsp_setup_used(record, rtp)
                    && !ngx_rtsp_setup_used(record, rtp + 1))
                {
                    break;
                }
            }
        }

        rtcp = rtp + 1;
    }

    if (rtp == rtcp
        || ngx_rtsp_setup_used(record, rtp)
        || ngx_rtsp_setup_used(record, rtcp))
    {
        return 400;
    }

    record->medias[media].channel[0] = (uint8_t) rtp;
    record->medias[media].channel[1] = (uint8_t) rtcp;

    transport->interleaved[0] = rtp;
    transport->interleaved[1] = rtcp;

    return 200;
}


static ngx_uint_t
ngx_rtsp_setup_used(ngx_rtsp_record_t *record, ngx_int_t channel)
{
    ngx_uint_t  i;

    for (i = 0; i < record->nmedias; i++) {
        if (record->medias[i].setup
            && (record->medias[i].channel[0] == channel
                || record->medias[i].channel[1] == channel))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_rtsp_setup_ports(ngx_rtsp_session_t *session, ngx_uint_t media,
    ngx_rtsp_transport_t *transport)
{
    in_port_t             port;
    ngx_rtsp_record_t    *record;
    ngx_rtsp_udp_conf_t  *udp;

    record = session->record;
    udp = &ngx_rtsp_main_conf->udp;

    if (transport->client_port[0] == -1
        || (session->stream
            && ngx_rtsp_record_port_used(record, transport->client_port[1])))
    {
        return 400;
    }

    port = udp->port;

    if (udp->last
        && ngx_rtsp_session_open_ports(session, media, &port) != NGX_OK)
    {
        return 503;
    }

    record->medias[media].client_port[0] =
                                    (in_port_t) transport->client_port[0];
    record->medias[media].client_port[1] =
                                    (in_port_t) transport->client_port[1];

    transport->server_port[0] = port;
    transport->server_port[1] = port + 1;

    return 200;
}


static ngx_int_t
ngx_rtsp_setup_answer(ngx_rtsp_request_t *r, ngx_uint_t media,
    ngx_rtsp_transport_t *transport)
{
    ngx_rtsp_writer_t     *w;
    ngx_rtsp_stream_t     *stream;
    ngx_rtsp_transport_t   answer;

    ngx_rtsp_init_transport(&answer);

    answer.tcp = transport->tcp;
    answer.unicast = 1;

    if (transport->tcp) {
        answer.interleaved[0] = transport->interleaved[0];
        answer.interleaved[1] = transport->interleaved[1];

    } else {
        answer.client_port[0] = transport->client_port[0];
        answer.client_port[1] = transport->client_port[1];
        answer.server_port[0] = transport->server_port[0];
        answer.server_port[1] = transport->server_port[1];
    }

    stream = r->session->stream;

    if (stream) {
        answer.ssrc = stream->medias[media].ssrc;
        answer.has_ssrc = 1;

    } else {
        answer.mode = NGX_RTSP_MODE_RECORD;
    }

    w = ngx_rtsp_response_begin(r, 200);

    ngx_rtsp_put_header_begin(w, "Transport");
    ngx_rtsp_put_transport(w, &answer);
    ngx_rtsp_put_header_end(w);

    return ngx_rtsp_response_end(r, w, NULL);
}
