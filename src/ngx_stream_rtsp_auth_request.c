
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_stream_rtsp_auth_request.h"
#include "ngx_stream_rtsp_http_service.h"


/*
 * The front door of rtsp_auth_request and its TLS: setters, checks and
 * inheritance.  Its directives stand in the table of
 * ngx_stream_rtsp_auth_module, whose configuration holds this part.
 *
 * Invariant: servers and paths that inherit all of it share one service, and
 * so its idle connections.
 */


#define NGX_RTSP_AUTH_REQUEST_TIMEOUT  5000     /* ms */

/* who waits for an answer holds a connection; and a day is for ever */
#define NGX_RTSP_AUTH_REQUEST_MAX_TIMEOUT  60000
#define NGX_RTSP_AUTH_REQUEST_MAX_TIME     (24 * 3600 * 1000)
#define NGX_RTSP_AUTH_REQUEST_MIN_TIME     1000


static ngx_int_t ngx_stream_rtsp_auth_request_param(ngx_conf_t *cf,
    ngx_rtsp_auth_request_conf_t *conf, ngx_str_t *param);


void
ngx_rtsp_auth_request_create(ngx_rtsp_auth_request_conf_t *conf)
{
    /*
     * set by ngx_pcalloc():
     *
     *     conf->ssl_trusted_certificate = { 0, NULL };
     *     conf->service = NULL;
     */

    conf->url = NGX_CONF_UNSET_PTR;
    conf->ssl_verify = NGX_CONF_UNSET;
}


char *
ngx_rtsp_auth_request_merge(ngx_conf_t *cf, ngx_rtsp_auth_request_conf_t *prev,
    ngx_rtsp_auth_request_conf_t *conf)
{
    ngx_uint_t  inherits;

    inherits = (conf->url == NGX_CONF_UNSET_PTR
                && conf->ssl_verify == NGX_CONF_UNSET
                && conf->ssl_trusted_certificate.data == NULL);

    if (conf->url == NGX_CONF_UNSET_PTR) {
        conf->url = (prev->url == NGX_CONF_UNSET_PTR) ? NULL : prev->url;
        conf->timeout = prev->timeout;
        conf->cache = prev->cache;
        conf->recheck = prev->recheck;
    }

    ngx_conf_merge_value(conf->ssl_verify, prev->ssl_verify, 0);
    ngx_conf_merge_str_value(conf->ssl_trusted_certificate,
                             prev->ssl_trusted_certificate, "");

    if (conf->url == NULL) {
        return NGX_CONF_OK;
    }

    if (inherits && prev->service) {
        conf->service = prev->service;
        return NGX_CONF_OK;
    }

    if (conf->url->ssl && conf->ssl_verify
        && conf->ssl_trusted_certificate.len == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"rtsp_auth_ssl_verify on\" needs "
                           "\"rtsp_auth_ssl_trusted_certificate\" for \"%V\"",
                           &conf->url->url);
        return NGX_CONF_ERROR;
    }

    conf->service = ngx_stream_rtsp_http_create_service(cf, conf->url,
                                              conf->ssl_verify,
                                              &conf->ssl_trusted_certificate);
    if (conf->service == NULL) {
        return NGX_CONF_ERROR;
    }

    if (inherits) {
        prev->service = conf->service;
    }

    return NGX_CONF_OK;
}


char *
ngx_stream_rtsp_auth_request(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                     *value;
    ngx_uint_t                     i;
    ngx_rtsp_auth_request_conf_t  *arcf;

    arcf = (ngx_rtsp_auth_request_conf_t *) ((char *) conf + cmd->offset);

    if (arcf->url != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        arcf->url = NULL;

        return (cf->args->nelts == 2) ? NGX_CONF_OK
                                      : "cannot be \"off\" with parameters";
    }

    arcf->timeout = NGX_RTSP_AUTH_REQUEST_TIMEOUT;
    arcf->cache = 0;
    arcf->recheck = 0;

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_stream_rtsp_auth_request_param(cf, arcf, &value[i])
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    arcf->url = ngx_stream_rtsp_http_parse_service(cf, &value[1]);

    return arcf->url ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_stream_rtsp_auth_request_param(ngx_conf_t *cf,
    ngx_rtsp_auth_request_conf_t *conf, ngx_str_t *param)
{
    ngx_str_t    s;
    ngx_msec_t  *time, min, max;

    min = NGX_RTSP_AUTH_REQUEST_MIN_TIME;
    max = NGX_RTSP_AUTH_REQUEST_MAX_TIME;

    s = *param;

    if (ngx_strncmp(param->data, "timeout=", 8) == 0) {
        time = &conf->timeout;
        s.data += 8;
        min = 1;
        max = NGX_RTSP_AUTH_REQUEST_MAX_TIMEOUT;

    } else if (ngx_strncmp(param->data, "cache=", 6) == 0) {
        time = &conf->cache;
        s.data += 6;

    } else if (ngx_strncmp(param->data, "recheck=", 8) == 0) {
        time = &conf->recheck;
        s.data += 8;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\", it must be "
                           "\"timeout=time\", \"cache=time\" or "
                           "\"recheck=time\"", param);
        return NGX_ERROR;
    }

    s.len -= s.data - param->data;

    *time = ngx_parse_time(&s, 0);

    if (*time == (ngx_msec_t) NGX_ERROR || *time < min || *time > max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\", it must be a time from "
                           "%Mms to %Ms", param, min, max / 1000);
        return NGX_ERROR;
    }

#if !(NGX_SSL)

    if (conf->cache) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" needs an nginx that was built with TLS",
                           param);
        return NGX_ERROR;
    }

#endif

    return NGX_OK;
}
