
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * PLAY and PAUSE.  Called by the table of methods.
 *
 * Invariant: over TCP the answer to PLAY goes out before the first packet.
 */


static ngx_int_t ngx_rtsp_play_prepare(ngx_rtsp_session_t *session);
static void ngx_rtsp_play_rtp_info(ngx_rtsp_request_t *r,
    ngx_rtsp_writer_t *w);
static ngx_int_t ngx_rtsp_play_start(ngx_rtsp_session_t *session,
    ngx_rtsp_connection_t *conn);


ngx_int_t
ngx_rtsp_play(ngx_rtsp_request_t *r)
{
    ngx_int_t            rc;
    const char          *why;
    ngx_rtsp_writer_t   *w;
    ngx_rtsp_session_t  *session;

    session = r->session;

    if (session->record->state == NGX_RTSP_SESSION_PLAYING) {

        /* live: there is nowhere else to go */

        return ngx_rtsp_respond(r, 200);
    }

    if (session->stream->state == NGX_RTSP_STREAM_ENDED) {
        return ngx_rtsp_refuse(r, 454, "its stream has ended");
    }

    if (!ngx_rtsp_request_is_path(r, session)) {
        return ngx_rtsp_refuse(r, 400, "the session has another path");
    }

    /* media go over the connection that asks for them */

    why = (session->record->transport == NGX_RTSP_TRANSPORT_TCP)
          ? ngx_rtsp_session_take(session, r->connection) : NULL;

    if (why) {
        return ngx_rtsp_refuse(r, 455, why);
    }

    rc = ngx_rtsp_play_prepare(session);

    if (rc == NGX_BUSY) {
        return ngx_rtsp_refuse(r, 400, "another reader of the stream plays at "
                               "its ports");
    }

    if (rc != NGX_OK) {
        return ngx_rtsp_refuse(r, 503, "there is no memory");
    }

    w = ngx_rtsp_response_begin(r, 200);

    ngx_rtsp_play_rtp_info(r, w);

    rc = ngx_rtsp_response_end(r, w, NULL);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_rtsp_play_start(session, r->connection);
}


/* everything that can fail, and where to start; as ngx_rtsp_record_listen() */

static ngx_int_t
ngx_rtsp_play_prepare(ngx_rtsp_session_t *session)
{
    ngx_uint_t          i, all;
    ngx_rtsp_reader_t  *reader;
    ngx_rtsp_record_t  *record;

    record = session->record;

    reader = ngx_rtsp_session_reader(session);
    if (reader == NULL) {
        return NGX_ERROR;
    }

    reader->medias = 0;
    reader->canonical = !reader->udp;
    all = 1;

    for (i = 0; i < record->nmedias; i++) {

        if (!record->medias[i].setup) {
            all = 0;
            continue;
        }

        reader->medias |= (uint32_t) 1 << i;

        if (record->medias[i].channel[0] != 2 * i
            || record->medias[i].channel[1] != 2 * i + 1)
        {
            reader->canonical = 0;
        }
    }

    reader->canonical = reader->canonical && all;

    ngx_rtsp_reader_seek(reader, session->conf->start);

    return reader->udp ? ngx_rtsp_record_listen(record) : NGX_OK;
}


/*
 * The URL is repeated for each media: where it is that long that all of them
 * would be more than a client has to take, the header, which clients can do
 * without, is left out.
 */

static void
ngx_rtsp_play_rtp_info(ngx_rtsp_request_t *r, ngx_rtsp_writer_t *w)
{
    u_char              *begin;
    ngx_int_t            rc;
    ngx_str_t            url;
    ngx_uint_t           i, first;
    ngx_rtsp_url_t       base;
    ngx_rtsp_packet_t    packet;
    ngx_rtsp_writer_t    uw;
    ngx_rtsp_session_t  *session;
    u_char               text[2 * NGX_RTSP_MAX_URI];

    session = r->session;
    first = 1;

    ngx_rtsp_url_control(&r->url, &url, &base);

    base.has_query = 0;
    base.query.len = 0;

    begin = w->pos;

    ngx_rtsp_put_header_begin(w, "RTP-Info");

    for (i = 0; i < session->record->nmedias; i++) {

        if (!session->record->medias[i].setup) {
            continue;
        }

        uw.pos = text;
        uw.end = text + sizeof(text);
        uw.overflow = 0;

        ngx_rtsp_put_url(&uw, &base);

        if (uw.pos[-1] != '/') {
            ngx_rtsp_put_text(&uw, "/");
        }

        ngx_rtsp_put_text(&uw, "trackID=");
        ngx_rtsp_put_uint(&uw, i);

        url.data = text;
        url.len = uw.pos - text;

        ngx_memzero(&packet, sizeof(ngx_rtsp_packet_t));

        rc = ngx_rtsp_reader_first(session->reader, i, &packet);

        ngx_rtsp_put_rtp_info_entry(w, first, &url, rc == NGX_OK, packet.seq,
                                    packet.rtptime);
        first = 0;

        if (w->pos - begin > NGX_RTSP_MAX_HEAD) {
            w->pos = begin;
            return;
        }
    }

    ngx_rtsp_put_header_end(w);
}


static ngx_int_t
ngx_rtsp_play_start(ngx_rtsp_session_t *session, ngx_rtsp_connection_t *conn)
{
    ngx_rtsp_reader_t  *reader;

    reader = session->reader;

    if (ngx_rtsp_reader_start(reader) != NGX_OK) {
        return NGX_ERROR;
    }

    if (reader->udp) {
        ngx_rtsp_session_active(session, NGX_RTSP_SESSION_PLAYING, NULL);
        return NGX_OK;
    }

    reader->out = &conn->out;
    conn->out.timeout = session->conf->send_timeout;

    ngx_rtsp_session_active(session, NGX_RTSP_SESSION_PLAYING, conn);

    /* a failure ends the session at the end of this turn */

    (void) ngx_rtsp_reader_send(reader);

    return NGX_OK;
}


ngx_int_t
ngx_rtsp_pause(ngx_rtsp_request_t *r)
{
    if (r->session->record->state >= NGX_RTSP_SESSION_PLAYING) {
        ngx_rtsp_session_pause(r->session);
    }

    return ngx_rtsp_respond(r, 200);
}
