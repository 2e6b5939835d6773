
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_server.h"


/*
 * Whether authorisation services do their duty, and what the log is told of
 * it.  Called with the outcome of each question and each recheck; workers know
 * of each other's through the hub.
 *
 * Invariant: an outage has a line at level error when it begins, and one at
 * notice when it is over, that is, when the service answers and nobody has
 * seen it fail for the time in which each session is asked about again.  So
 * one that fails for some sessions only does not go back and forth.
 */


/* ms, without and with recheck */
#define NGX_RTSP_AUTH_QUIET      10000
#define NGX_RTSP_AUTH_MAX_QUIET  60000


static void ngx_rtsp_auth_service_complain(ngx_uint_t level, ngx_log_t *log,
    ngx_rtsp_http_call_t *call, ngx_str_t *method, ngx_str_t *path,
    const char *then);


void
ngx_rtsp_auth_service_failed(ngx_rtsp_http_call_t *call, ngx_uint_t refused,
    ngx_log_t *log, ngx_str_t *method, ngx_str_t *path, const char *then)
{
    ngx_uint_t  news;

    news = ngx_rtsp_outage_failed(&call->service->url->url);

    if (refused) {
        news = !call->again;
    }

    ngx_rtsp_auth_service_complain(news ? NGX_LOG_ERR : NGX_LOG_INFO, log,
                                   call, method, path, then);
}


void
ngx_rtsp_auth_service_answered(ngx_rtsp_auth_request_conf_t *conf)
{
    ngx_msec_t  quiet;

    quiet = conf->recheck ? ngx_min(conf->recheck, NGX_RTSP_AUTH_MAX_QUIET)
                          : NGX_RTSP_AUTH_QUIET;

    if (ngx_rtsp_outage_answered(&conf->url->url, quiet)) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "rtsp service \"%V\" is back", &conf->url->url);
    }
}


static void
ngx_rtsp_auth_service_complain(ngx_uint_t level, ngx_log_t *log,
    ngx_rtsp_http_call_t *call, ngx_str_t *method, ngx_str_t *path,
    const char *then)
{
    if (call->status) {
        ngx_log_error(level, log, 0,
                      "rtsp service \"%V\" at %V has answered with %ui%s, "
                      "asked about %V of \"%V\": %s",
                      &call->service->url->url, &call->peer, call->status,
                      call->status / 100 == 3 ? " without a Location" : "",
                      method, path, then);
        return;
    }

    ngx_log_error(level, log, call->err,
                  "rtsp service \"%V\"%s%V %s%s%s, asked about %V of \"%V\": "
                  "%s", &call->service->url->url,
                  call->peer.len ? " at " : "", &call->peer,
                  call->cause, call->detail ? ": " : "",
                  call->detail ? call->detail : "", method, path, then);
}
