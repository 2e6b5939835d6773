
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


static ngx_int_t ngx_rtsp_describe_adapt(ngx_rtsp_request_t *r,
    ngx_str_t *sdp);
static ngx_uint_t ngx_rtsp_describe_ipv6(ngx_rtsp_request_t *r);


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

    sdp.data = text;

    rc = ngx_rtsp_stream_sdp(&r->stream_name, &sdp, sizeof(text));

    if (rc != NGX_OK) {
        return ngx_rtsp_refuse(r, rc == NGX_DECLINED ? 404 : 500,
                               "there is no such stream");
    }

    if (ngx_rtsp_describe_adapt(r, &sdp) != NGX_OK) {
        return ngx_rtsp_refuse(r, 500, "its description is too large");
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


/*
 * Most clients get the description as it is stored.  Back channels are taken
 * out for those who do not ask for them: they would take them for media to
 * play (ONVIF Streaming 5.3.1).  GStreamer opens its UDP sockets for the
 * family that "c=" says, whatever the connection's is.
 */

static ngx_int_t
ngx_rtsp_describe_adapt(ngx_rtsp_request_t *r, ngx_str_t *sdp)
{
    ngx_uint_t              i, hide;
    ngx_rtsp_writer_t       w;
    ngx_rtsp_sdp_write_t    opt;
    static u_char           text[2 * NGX_RTSP_MAX_SDP];
    static ngx_rtsp_sdp_t   parsed;

    ngx_memzero(&opt, sizeof(ngx_rtsp_sdp_write_t));

    if (ngx_rtsp_describe_ipv6(r)) {
        ngx_str_set(&opt.address, "::");
    }

    /* as ngx_rtsp_put_sdp() marks them; most streams have none */

    hide = !(r->back_channel && r->conf->back_channel)
           && ngx_strlcasestrn(sdp->data, sdp->data + sdp->len,
                               (u_char *) "a=sendonly",
                               sizeof("a=sendonly") - 2)
              != NULL;

    if (!hide && opt.address.len == 0) {
        return NGX_OK;
    }

    if (ngx_rtsp_parse_sdp(sdp, &parsed) != NGX_OK) {
        return hide ? NGX_ERROR : NGX_OK;
    }

    for (i = 0; i < parsed.nmedias; i++) {
        if (hide && parsed.medias[i].back_channel) {
            opt.hide |= (uint32_t) 1 << i;
        }
    }

    w.pos = text;
    w.end = text + sizeof(text);
    w.overflow = 0;

    ngx_rtsp_put_sdp(&w, &parsed, &opt);

    sdp->data = text;
    sdp->len = w.pos - text;

    return w.overflow ? NGX_ERROR : NGX_OK;
}


/* an IPv4 client of a socket that serves both is one of IPv4 */

static ngx_uint_t
ngx_rtsp_describe_ipv6(ngx_rtsp_request_t *r)
{
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;

    sin6 = (struct sockaddr_in6 *) r->connection->connection->sockaddr;

    return sin6->sin6_family == AF_INET6
           && !IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr);
#else
    return 0;
#endif
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

    ngx_rtsp_session_end(session, r->connection, NGX_RTSP_END_TEARDOWN);

    return ngx_rtsp_respond(r, 200);
}
