
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * ANNOUNCE and RECORD.  Called by the table of methods.
 *
 * ANNOUNCE reserves the name; whoever has it loses it at RECORD only, so that
 * a stream goes on until its successor really comes.
 */


static ngx_int_t ngx_rtsp_announce_check(ngx_rtsp_request_t *r,
    ngx_rtsp_sdp_t *sdp);
static ngx_int_t ngx_rtsp_record_claim(ngx_rtsp_session_t *session,
    ngx_uint_t override);
static ngx_int_t ngx_rtsp_record_refuse(ngx_rtsp_request_t *r, ngx_int_t rc);


ngx_int_t
ngx_rtsp_announce(ngx_rtsp_request_t *r)
{
    ngx_int_t                rc;
    ngx_uint_t               i, n;
    ngx_rtsp_sdp_t          *sdp;
    ngx_rtsp_record_t       *record;
    ngx_rtsp_session_t      *session;
    static ngx_rtsp_sdp_t    announced;

    sdp = &announced;

    rc = ngx_rtsp_announce_check(r, sdp);

    if (rc != NGX_OK) {
        (void) ngx_rtsp_respond(r, 400);
        return (rc == NGX_DECLINED) ? NGX_ERROR : NGX_OK;
    }

    session = ngx_rtsp_session_create(r, NGX_RTSP_ROLE_PUBLISH, sdp->nmedias);
    if (session == NULL) {
        return ngx_rtsp_refuse(r, 503, "rtsp_zone is full");
    }

    if (ngx_rtsp_publisher_create(session, &r->message->uri,
                                  &r->message->body)
        != NGX_OK)
    {
        ngx_rtsp_session_end(session, r->connection, NGX_RTSP_END_REFUSED);
        return ngx_rtsp_refuse(r, 503, "rtsp_zone is full");
    }

    record = session->record;

    for (i = 0; i < sdp->nmedias; i++) {

        record->medias[i].nformats = (uint8_t) sdp->medias[i].nformats;

        for (n = 0; n < sdp->medias[i].nformats; n++) {
            record->medias[i].payload_types[n] =
                                   (uint8_t) sdp->medias[i].formats[n].type;
        }
    }

    rc = ngx_rtsp_record_claim(session, session->conf->override);

    if (rc != NGX_OK) {
        ngx_rtsp_session_end(session, r->connection, NGX_RTSP_END_REFUSED);
        return ngx_rtsp_record_refuse(r, rc);
    }

    if (ngx_rtsp_auth_recheck(r, session, NGX_RTSP_ROLE_PUBLISH) != NGX_OK) {
        ngx_rtsp_session_end(session, r->connection, NGX_RTSP_END_REFUSED);
        return ngx_rtsp_refuse(r, 503, "no memory");
    }

    return ngx_rtsp_respond(r, 200);
}


/* NGX_ERROR: it makes no sense; NGX_DECLINED: it is over a bound */

static ngx_int_t
ngx_rtsp_announce_check(ngx_rtsp_request_t *r, ngx_rtsp_sdp_t *sdp)
{
    ngx_log_t          *log;
    ngx_uint_t          i;
    ngx_rtsp_header_t  *h;

    log = r->connection->connection->log;

    h = ngx_rtsp_find_header(r->message, "Content-Type");

    if (h == NULL || !ngx_rtsp_content_type_is(&h->value, "application/sdp")) {
        ngx_log_error(NGX_LOG_INFO, log, 0,
                      "rtsp client announced something else than "
                      "application/sdp for \"%V\"", &r->path);
        return NGX_ERROR;
    }

    if (ngx_rtsp_parse_sdp(&r->message->body, sdp) != NGX_OK) {
        ngx_log_error(NGX_LOG_INFO, log, 0,
                      "rtsp client announced an invalid SDP for \"%V\": %s",
                      &r->path, sdp->error);

        return sdp->too_large ? NGX_DECLINED : NGX_ERROR;
    }

    for (i = 0; i < sdp->nmedias; i++) {

        if (sdp->medias[i].back_channel && !r->conf->back_channel) {
            ngx_rtsp_log_refused(r, NGX_LOG_INFO, 400,
                                 "it has a back channel and "
                                 "rtsp_back_channel is off");
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* reserves the name, or keeps the reservation; as ngx_rtsp_stream_claim() */

static ngx_int_t
ngx_rtsp_record_claim(ngx_rtsp_session_t *session, ngx_uint_t override)
{
    ngx_rtsp_conf_t   *conf;
    ngx_rtsp_claim_t   claim;

    conf = session->conf;

    ngx_memzero(&claim, sizeof(ngx_rtsp_claim_t));

    claim.name = session->stream_name;
    claim.session = session->record->public_id;
    claim.until = ngx_current_msec + conf->media_timeout;
    claim.max = ngx_rtsp_main_conf->max_streams;
    claim.override = override;

    return ngx_rtsp_stream_claim(&claim);
}


/* the answer to a publisher that does not get its name, or its stream */

static ngx_int_t
ngx_rtsp_record_refuse(ngx_rtsp_request_t *r, ngx_int_t rc)
{
    switch (rc) {

    case NGX_BUSY:
        return ngx_rtsp_refuse(r, 403, "another publisher has the stream, and "
                               "rtsp_publish is without \"override\"");

    case NGX_DECLINED:
        return ngx_rtsp_refuse(r, 503, "rtsp_max_streams are there already");

    case NGX_ABORT:
        return ngx_rtsp_refuse(r, 503, "there is no memory or no UDP port");

    case NGX_AGAIN:
        return ngx_rtsp_refuse(r, 503,
                               "the publisher before it does not let go");

    default:
        return ngx_rtsp_refuse(r, 503, "rtsp_zone is full");
    }
}


ngx_int_t
ngx_rtsp_record(ngx_rtsp_request_t *r)
{
    ngx_int_t            rc;
    ngx_uint_t           i;
    const char          *why;
    ngx_rtsp_record_t   *record;
    ngx_rtsp_session_t  *session;

    session = r->session;
    record = session->record;

    if (!ngx_rtsp_request_is_path(r, session)) {
        return ngx_rtsp_refuse(r, 400, "the session has another path");
    }

    for (i = 0; i < record->nmedias; i++) {
        if (!record->medias[i].setup) {
            return ngx_rtsp_refuse(r, 400, "a media was not set up");
        }
    }

    why = (record->transport == NGX_RTSP_TRANSPORT_TCP)
          ? ngx_rtsp_session_take(session, r->connection) : NULL;

    if (why) {
        return ngx_rtsp_refuse(r, 455, why);
    }

    rc = ngx_rtsp_publisher_start(session->publisher);

    if (rc == NGX_BUSY) {

        /* the reservation is over, or was used up before a PAUSE */

        rc = ngx_rtsp_record_claim(session, 0);

        if (rc == NGX_OK) {
            rc = ngx_rtsp_publisher_start(session->publisher);
        }
    }

    if (rc == NGX_AGAIN && !ngx_rtsp_connection_waited(r->connection)) {
        return ngx_rtsp_connection_wait(r->connection, NGX_RTSP_RECORD_WAIT);
    }

    if (rc != NGX_OK) {
        return ngx_rtsp_record_refuse(r, rc);
    }

    if (record->transport == NGX_RTSP_TRANSPORT_UDP
        && ngx_rtsp_record_listen(record) != NGX_OK)
    {
        /* only a publisher behind NAT would need it */

        ngx_log_error(NGX_LOG_WARN, &session->log, 0,
                      "rtsp_zone is full, another source port of the "
                      "publisher would not be found");
    }

    ngx_rtsp_session_active(session, NGX_RTSP_SESSION_RECORDING,
                            record->transport == NGX_RTSP_TRANSPORT_TCP
                            ? r->connection : NULL);

    return ngx_rtsp_respond(r, 200);
}
