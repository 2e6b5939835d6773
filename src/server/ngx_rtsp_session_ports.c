
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * The private UDP ports of a session, where rtsp_udp_port is a range, and what
 * its client says of the media that it gets.  Called by SETUP, by sessions
 * that come and end, and by datagrams.
 */


static void ngx_rtsp_session_datagram(ngx_rtsp_udp_socket_t *us,
    struct sockaddr *from, socklen_t len, u_char *data, size_t size,
    uint64_t arrival);


ngx_int_t
ngx_rtsp_session_open_ports(ngx_rtsp_session_t *session, ngx_uint_t media,
    in_port_t *port)
{
    void                     *data;
    ngx_rtsp_record_t        *record;
    ngx_rtsp_udp_conf_t       conf;
    ngx_rtsp_udp_handler_pt   handler;

    record = session->record;
    conf = ngx_rtsp_main_conf->udp;

    if (record->medias[media].server_port) {

        /* the client knows it already */

        conf.port = record->medias[media].server_port;
        conf.last = conf.port + 1;
    }

    if (session->pairs == NULL) {
        session->pairs = ngx_pcalloc(session->pool, 2 * record->nmedias
                                           * sizeof(ngx_rtsp_udp_socket_t *));
        if (session->pairs == NULL) {
            return NGX_ERROR;
        }
    }

    if (session->publisher) {
        handler = ngx_rtsp_publisher_datagram;
        data = &session->publisher->medias[media];

    } else {
        handler = ngx_rtsp_session_datagram;
        data = session;
    }

    if (ngx_rtsp_udp_pair(&conf, (struct sockaddr *) &record->local,
                          record->local_len, handler, data, &session->log,
                          &session->pairs[2 * media], port)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    record->medias[media].server_port = *port;

    return NGX_OK;
}


ngx_int_t
ngx_rtsp_session_reopen_ports(ngx_rtsp_session_t *session)
{
    in_port_t   port;
    ngx_uint_t  i;

    for (i = 0; i < session->record->nmedias; i++) {

        if (session->record->medias[i].server_port
            && ngx_rtsp_session_open_ports(session, i, &port) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* a reader says something on a port of its own */

static void
ngx_rtsp_session_datagram(ngx_rtsp_udp_socket_t *us, struct sockaddr *from,
    socklen_t len, u_char *data, size_t size, uint64_t arrival)
{
    ngx_rtsp_session_t  *session;

    session = us->data;

    if (ngx_cmp_sockaddr(from, len,
                         (struct sockaddr *) &session->record->sockaddr,
                         session->record->socklen, 0)
        == NGX_OK)
    {
        ngx_rtsp_session_touch(session);

        if (us->rtcp) {
            ngx_rtsp_session_reported(session, data, size);
        }
    }
}


void
ngx_rtsp_session_reported(ngx_rtsp_session_t *session, u_char *data,
    size_t size)
{
    ngx_uint_t         i, n;
    ngx_rtsp_rtcp_t    rtcp;
    ngx_rtsp_record_t  *record;

    record = session->record;

    if (session->stream == NULL
        || ngx_rtsp_parse_rtcp(data, size, &rtcp) != NGX_OK)
    {
        return;
    }

    for (i = 0; i < record->nmedias; i++) {

        for (n = 0; n < rtcp.nblocks; n++) {

            if (rtcp.blocks[n].ssrc == session->stream->medias[i].ssrc) {
                record->medias[i].lost = ngx_max(rtcp.blocks[n].lost, 0);
                record->medias[i].jitter = rtcp.blocks[n].jitter;
            }
        }
    }
}


void
ngx_rtsp_session_close_ports(ngx_rtsp_session_t *session)
{
    ngx_uint_t  i;

    if (session->pairs == NULL) {
        return;
    }

    for (i = 0; i < 2 * session->record->nmedias; i++) {
        if (session->pairs[i]) {
            ngx_rtsp_udp_close(session->pairs[i]);
        }
    }

    session->pairs = NULL;
}
