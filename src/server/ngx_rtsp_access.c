
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * Decides who may read, publish and talk on a path as far as its directives
 * can tell without asking anybody.  Called when a request wants a role that
 * its session does not have yet.
 *
 * Invariant: each refusal has one line at level info that names the client,
 * the path and the directive.
 */


/* the largest Location, each byte escaped */
#define NGX_RTSP_LOCATION_SIZE  (3 * NGX_RTSP_MAX_URI)


static ngx_int_t ngx_rtsp_access_return(ngx_rtsp_request_t *r);
static void ngx_rtsp_access_put_location(ngx_rtsp_writer_t *w,
    ngx_str_t *url);


ngx_int_t
ngx_rtsp_access_check(ngx_rtsp_request_t *r, ngx_uint_t role)
{
    const char  *why;

    if (r->unmatched) {
        return ngx_rtsp_refuse(r, 404, "no rtsp_path matches");
    }

    if (r->conf->return_status) {
        return ngx_rtsp_access_return(r);
    }

    if (role == NGX_RTSP_ROLE_READ && !r->conf->read) {
        return ngx_rtsp_refuse_role(r, "rtsp_read is off");
    }

    if (role == NGX_RTSP_ROLE_PUBLISH && !r->conf->publish) {
        return ngx_rtsp_refuse_role(r, "rtsp_publish is off");
    }

    why = ngx_rtsp_access_denied(r, role);

    return why ? ngx_rtsp_refuse(r, 403, why) : NGX_DECLINED;
}


const char *
ngx_rtsp_access_denied(ngx_rtsp_request_t *r, ngx_uint_t role)
{
    ngx_uint_t        i;
    ngx_array_t       cidrs;
    ngx_rtsp_rule_t  *rules;

    if (r->conf->rules == NULL) {
        return NULL;
    }

    rules = r->conf->rules->elts;

    for (i = 0; i < r->conf->rules->nelts; i++) {

        if ((rules[i].roles & ngx_rtsp_role_bit(role)) == 0) {
            continue;
        }

        cidrs.elts = &rules[i].cidr;
        cidrs.nelts = 1;

        if (rules[i].all
            || ngx_cidr_match(r->connection->connection->sockaddr, &cidrs)
               == NGX_OK)
        {
            return rules[i].deny ? rules[i].text : NULL;
        }
    }

    return NULL;
}


static ngx_int_t
ngx_rtsp_access_return(ngx_rtsp_request_t *r)
{
    ngx_str_t           url;
    ngx_uint_t          status;
    ngx_rtsp_writer_t  *w;
    u_char              text[NGX_RTSP_MAX_URI];

    status = r->conf->return_status;

    if (r->conf->return_url) {
        url.data = text;

        if (ngx_rtsp_path_value(r, r->conf->return_url, &url, sizeof(text))
            != NGX_OK
            || url.len == 0)
        {
            return ngx_rtsp_refuse(r, 500,
                                   "the URL of rtsp_return is empty or too "
                                   "long");
        }
    }

    /* whatever the status, it is what the administrator wants */

    ngx_rtsp_log_refused(r, NGX_LOG_INFO, status, "rtsp_return");

    w = ngx_rtsp_response_begin(r, status);

    if (r->conf->return_url) {
        ngx_rtsp_access_put_location(w, &url);
    }

    return ngx_rtsp_response_end(r, w, NULL);
}


/* captures are decoded: what cannot stand in a header is escaped again */

static void
ngx_rtsp_access_put_location(ngx_rtsp_writer_t *w, ngx_str_t *url)
{
    size_t              i;
    ngx_str_t           location;
    ngx_rtsp_writer_t   lw;
    u_char              text[NGX_RTSP_LOCATION_SIZE];

    lw.pos = text;
    lw.end = text + sizeof(text);
    lw.overflow = 0;

    for (i = 0; i < url->len; i++) {

        if (url->data[i] > ' ' && url->data[i] < 0x7f) {
            ngx_rtsp_put(&lw, &url->data[i], 1);

        } else {
            ngx_rtsp_put_text(&lw, "%");
            ngx_rtsp_put_hex(&lw, url->data[i], 2);
        }
    }

    location.data = text;
    location.len = lw.pos - text;

    ngx_rtsp_put_header(w, "Location", &location);
}
