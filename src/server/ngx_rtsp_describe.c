
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * The methods that change nothing, and TEARDOWN: OPTIONS, DESCRIBE,
 * GET_PARAMETER, SET_PARAMETER.  Called by the table of methods.
 */


ngx_int_t
ngx_rtsp_options(ngx_rtsp_request_t *r)
{
    ngx_rtsp_writer_t  *w;

    w = ngx_rtsp_response_begin(r, 200);

    ngx_rtsp_put_header_text(w, "Public",
                             "OPTIONS, DESCRIBE, ANNOUNCE, SETUP, PLAY, "
                             "RECORD, PAUSE, GET_PARAMETER, SET_PARAMETER, "
                             "TEARDOWN");

    return ngx_rtsp_response_end(r, w, NULL);
}


/*
 * Content-Base is the URL of the request with a slash behind it, also behind
 * a query: clients put the medias' control there.
 */

ngx_int_t
ngx_rtsp_describe(ngx_rtsp_request_t *r)
{
    ngx_int_t            rc;
    ngx_str_t            sdp;
    ngx_rtsp_writer_t   *w;
    static u_char        text[2 * NGX_RTSP_MAX_SDP];

    if (!r->connection->conf->read) {
        return ngx_rtsp_refuse_role(r, "rtsp_read is off");
    }

    sdp.data = text;

    rc = ngx_rtsp_stream_sdp(&r->path, &sdp, sizeof(text));

    if (rc != NGX_OK) {
        return ngx_rtsp_refuse(r, rc == NGX_DECLINED ? 404 : 500,
                               "there is no such stream");
    }

    w = ngx_rtsp_response_begin(r, 200);

    ngx_rtsp_put_header_begin(w, "Content-Base");
    ngx_rtsp_put_url(w, &r->url);

    if (w->pos[-1] != '/') {
        ngx_rtsp_put_text(w, "/");
    }

    ngx_rtsp_put_header_end(w);
    ngx_rtsp_put_header_text(w, "Content-Type", "application/sdp");

    return ngx_rtsp_response_end(r, w, &sdp);
}


ngx_int_t
ngx_rtsp_get_parameter(ngx_rtsp_request_t *r)
{
    ngx_rtsp_writer_t  *w;

    w = ngx_rtsp_response_begin(r, 200);
    ngx_rtsp_put_header_text(w, "Content-Type", "text/parameters");

    return ngx_rtsp_response_end(r, w, NULL);
}


/* we have no parameters (RFC 2326, 10.9); without any it is a sign of life */

ngx_int_t
ngx_rtsp_set_parameter(ngx_rtsp_request_t *r)
{
    return ngx_rtsp_respond(r, r->message->body.len ? 451 : 200);
}


ngx_int_t
ngx_rtsp_teardown(ngx_rtsp_request_t *r)
{
    ngx_rtsp_session_t  *session;

    session = r->session;
    r->session = NULL;

    ngx_rtsp_session_end(session, r->connection, "was torn down");

    return ngx_rtsp_respond(r, 200);
}
