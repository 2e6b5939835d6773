
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_stream_rtsp_http_service.h"


/*
 * HTTP services as the configuration names them: reads URLs, finds or makes
 * their upstreams, sets TLS up.  Called by the directives that name one, while
 * nginx reads its configuration, and never later.
 *
 * A host without a port may be the name of an upstream{} that comes further
 * down in the file.  nginx refuses an implicit upstream without a port, so
 * such a host is looked up at the merge only, when all of them are known.
 */


static ngx_int_t ngx_stream_rtsp_http_parse_host(ngx_conf_t *cf,
    ngx_rtsp_http_url_t *url);
static ngx_stream_upstream_srv_conf_t *ngx_stream_rtsp_http_find_upstream(
    ngx_conf_t *cf, ngx_rtsp_http_url_t *url);
#if (NGX_SSL)
static ngx_int_t ngx_stream_rtsp_http_create_ssl(ngx_conf_t *cf,
    ngx_rtsp_http_service_t *service, ngx_uint_t verify, ngx_str_t *trusted);
#endif


ngx_rtsp_http_url_t *
ngx_stream_rtsp_http_parse_service(ngx_conf_t *cf, ngx_str_t *value)
{
    size_t                skip;
    u_char               *p, *last;
    ngx_rtsp_http_url_t  *url;

    url = ngx_pcalloc(cf->pool, sizeof(ngx_rtsp_http_url_t));
    if (url == NULL) {
        return NULL;
    }

    url->url = *value;
    url->file = cf->conf_file->file.name.data;
    url->line = cf->conf_file->line;

    if (ngx_strncasecmp(value->data, (u_char *) "http://", 7) == 0) {
        skip = 7;
        url->port = 80;

    } else if (ngx_strncasecmp(value->data, (u_char *) "https://", 8) == 0) {
        skip = 8;
        url->port = 443;
        url->ssl = 1;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid URL \"%V\", it must begin with "
                           "\"http://\" or \"https://\"", value);
        return NULL;
    }

    last = value->data + value->len;

    for (p = value->data; p < last; p++) {
        if (*p <= ' ' || *p == 0x7f || *p == '$' || *p == '#') {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid URL \"%V\", it must not have "
                               "variables, spaces or a fragment", value);
            return NULL;
        }
    }

    url->host.data = value->data + skip;

    for (p = url->host.data; p < last && *p != '/' && *p != '?'; p++) {
        /* void */
    }

    url->host.len = p - url->host.data;

    /* a query may follow the host at once, but a path there has to be */

    url->uri.len = last - p + (p == last || *p == '?');
    url->uri.data = ngx_pnalloc(cf->pool, url->uri.len);
    if (url->uri.data == NULL) {
        return NULL;
    }

    url->uri.data[0] = '/';
    ngx_memcpy(url->uri.data + url->uri.len - (last - p), p, last - p);

    return (ngx_stream_rtsp_http_parse_host(cf, url) == NGX_OK) ? url : NULL;
}


/* an implicit upstream with a port is nginx's own to resolve */

static ngx_int_t
ngx_stream_rtsp_http_parse_host(ngx_conf_t *cf, ngx_rtsp_http_url_t *url)
{
    ngx_url_t  u;

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = url->host;
    u.no_resolve = 1;

    if (url->host.len == 0
        || ngx_strlchr(url->host.data, url->host.data + url->host.len, '@')
        || ngx_strncmp(url->host.data, "unix:", 5) == 0
        || ngx_parse_url(cf->pool, &u) != NGX_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "%s in \"%V\", write a name or an address, and a "
                           "port if need be",
                           u.err ? u.err : "invalid host", &url->url);
        return NGX_ERROR;
    }

    url->literal = (u.naddrs > 0);

    url->name.len = u.host.len;

    if (u.host.len > 2 && u.host.data[0] == '[') {
        u.host.data++;
        url->name.len -= 2;
    }

    url->name.data = ngx_pnalloc(cf->pool, url->name.len + 1);
    if (url->name.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(url->name.data, u.host.data, url->name.len);
    url->name.data[url->name.len] = '\0';

    if (u.no_port) {
        return NGX_OK;
    }

    url->port = u.port;

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = url->host;
    u.no_resolve = 1;

    url->upstream = ngx_stream_upstream_add(cf, &u, 0);

    return url->upstream ? NGX_OK : NGX_ERROR;
}


ngx_rtsp_http_service_t *
ngx_stream_rtsp_http_create_service(ngx_conf_t *cf, ngx_rtsp_http_url_t *url,
    ngx_uint_t verify, ngx_str_t *trusted)
{
    ngx_rtsp_http_service_t  *service;

    service = ngx_pcalloc(cf->pool, sizeof(ngx_rtsp_http_service_t));
    if (service == NULL) {
        return NULL;
    }

    service->url = url;
    service->ctx = *(ngx_stream_conf_ctx_t *) cf->ctx;

    ngx_queue_init(&service->idle);

    if (url->upstream == NULL) {
        url->upstream = ngx_stream_rtsp_http_find_upstream(cf, url);

        if (url->upstream == NULL) {
            return NULL;
        }
    }

    service->upstream = url->upstream;

    if (url->ssl) {
#if (NGX_SSL)
        if (ngx_stream_rtsp_http_create_ssl(cf, service, verify, trusted)
            != NGX_OK)
        {
            return NULL;
        }
#else
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" needs an nginx that was built with TLS",
                           &url->url);
        return NULL;
#endif
    }

    return service;
}


/* an upstream{} of that name, or one of our own with the default port */

static ngx_stream_upstream_srv_conf_t *
ngx_stream_rtsp_http_find_upstream(ngx_conf_t *cf, ngx_rtsp_http_url_t *url)
{
    ngx_uint_t                        i;
    ngx_stream_upstream_srv_conf_t   *uscf, **uscfp;
    ngx_stream_upstream_main_conf_t  *umcf;

    umcf = ngx_stream_conf_get_module_main_conf(cf,
                                                ngx_stream_upstream_module);
    uscfp = umcf->upstreams.elts;

    for (i = 0; i < umcf->upstreams.nelts; i++) {

        if ((uscfp[i]->flags & NGX_STREAM_UPSTREAM_CREATE)
            && uscfp[i]->host.len == url->name.len
            && ngx_strncasecmp(uscfp[i]->host.data, url->name.data,
                               url->name.len)
               == 0)
        {
            return uscfp[i];
        }
    }

    uscf = ngx_pcalloc(cf->pool, sizeof(ngx_stream_upstream_srv_conf_t));
    if (uscf == NULL) {
        return NULL;
    }

    uscf->host = url->name;
    uscf->port = url->port;
    uscf->file_name = url->file;
    uscf->line = url->line;

    if (ngx_stream_upstream_init_round_robin(cf, uscf) != NGX_OK) {
        return NULL;
    }

    return uscf;
}


#if (NGX_SSL)

static ngx_int_t
ngx_stream_rtsp_http_create_ssl(ngx_conf_t *cf,
    ngx_rtsp_http_service_t *service, ngx_uint_t verify, ngx_str_t *trusted)
{
    ngx_pool_cleanup_t  *cln;

    service->ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    if (service->ssl == NULL) {
        return NGX_ERROR;
    }

    service->ssl->log = cf->log;
    service->verify = verify;

    if (ngx_ssl_create(service->ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(service->ssl);
        return NGX_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = service->ssl;

    if (verify
        && ngx_ssl_trusted_certificate(cf, service->ssl, trusted, 10)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}

#endif
