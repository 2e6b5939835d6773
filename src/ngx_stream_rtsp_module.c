
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"
#include "ngx_stream_rtsp_path.h"


/*
 * The front door of stream{}: the directives, their checks and their
 * inheritance, and the life of a worker.  That is not the core module's: in a
 * static build it comes before nginx's events, which are needed here.
 */


#define NGX_RTSP_DEFAULT_ZONE        "rtsp"
#define NGX_RTSP_DEFAULT_ZONE_SIZE   (512 * 1024 * 1024)
#define NGX_RTSP_MIN_ZONE_SIZE       (4 * 1024 * 1024)
#define NGX_RTSP_DEFAULT_PORT        8000
#define NGX_RTSP_MIN_PACKET_SIZE     256
#define NGX_RTSP_MAX_PACKET_SIZE     65507


static ngx_int_t ngx_stream_rtsp_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_stream_rtsp_listens_udp(ngx_conf_t *cf);
static ngx_uint_t ngx_stream_rtsp_enabled(ngx_stream_conf_ctx_t *ctx);
static ngx_int_t ngx_stream_rtsp_init_process(ngx_cycle_t *cycle);
static void ngx_stream_rtsp_exit_process(ngx_cycle_t *cycle);
static void *ngx_stream_rtsp_create_main_conf(ngx_conf_t *cf);
static char *ngx_stream_rtsp_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_stream_rtsp_create_srv_conf(ngx_conf_t *cf);
static char *ngx_stream_rtsp_merge_srv_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_stream_rtsp_check_srv_conf(ngx_conf_t *cf,
    ngx_rtsp_conf_t *conf);

static char *ngx_stream_rtsp(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_stream_rtsp_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_stream_rtsp_publish(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_stream_rtsp_udp_port(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_stream_rtsp_port_range(ngx_str_t *value,
    ngx_rtsp_udp_conf_t *udp);
static char *ngx_stream_rtsp_transports(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_stream_rtsp_start(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_stream_rtsp_flush(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_command_t  ngx_stream_rtsp_commands[] = {

    { ngx_string("rtsp"),
      NGX_STREAM_SRV_CONF|NGX_CONF_FLAG,
      ngx_stream_rtsp,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_rtsp_conf_t, enable),
      NULL },

    { ngx_string("rtsp_zone"),
      NGX_STREAM_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_stream_rtsp_zone,
      NGX_STREAM_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rtsp_max_streams"),
      NGX_STREAM_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_STREAM_MAIN_CONF_OFFSET,
      offsetof(ngx_rtsp_main_conf_t, max_streams),
      NULL },

    { ngx_string("rtsp_udp_port"),
      NGX_STREAM_MAIN_CONF|NGX_CONF_TAKE123,
      ngx_stream_rtsp_udp_port,
      NGX_STREAM_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rtsp_path"),
      NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF|NGX_CONF_BLOCK
                         |NGX_CONF_TAKE12,
      ngx_stream_rtsp_path,
      NGX_STREAM_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rtsp_stream"),
      NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF|NGX_CONF_TAKE1,
      ngx_stream_rtsp_stream,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_rtsp_conf_t, stream),
      NULL },

    { ngx_string("rtsp_return"),
      NGX_STREAM_RTSP_PATH_CONF|NGX_CONF_TAKE12,
      ngx_stream_rtsp_return,
      NGX_STREAM_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rtsp_publish"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE12,
      ngx_stream_rtsp_publish,
      NGX_STREAM_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rtsp_read"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_rtsp_conf_t, read),
      NULL },

    { ngx_string("rtsp_back_channel"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE123,
      ngx_stream_rtsp_back_channel,
      NGX_STREAM_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rtsp_allow"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE1234,
      ngx_stream_rtsp_rule,
      NGX_STREAM_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rtsp_deny"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE1234,
      ngx_stream_rtsp_rule,
      NGX_STREAM_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rtsp_max_readers"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_rtsp_conf_t, max_readers),
      NULL },

    { ngx_string("rtsp_transports"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_1MORE,
      ngx_stream_rtsp_transports,
      NGX_STREAM_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rtsp_packet_size"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_rtsp_conf_t, packet_size),
      NULL },

    { ngx_string("rtsp_buffer"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_rtsp_conf_t, buffer),
      NULL },

    { ngx_string("rtsp_start"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE1,
      ngx_stream_rtsp_start,
      NGX_STREAM_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rtsp_lag"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_rtsp_conf_t, lag),
      NULL },

    { ngx_string("rtsp_flush"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE1,
      ngx_stream_rtsp_flush,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_rtsp_conf_t, flush),
      NULL },

    { ngx_string("rtsp_hold"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_rtsp_conf_t, hold),
      NULL },

    { ngx_string("rtsp_session_timeout"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_rtsp_conf_t, session_timeout),
      NULL },

    { ngx_string("rtsp_media_timeout"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_rtsp_conf_t, media_timeout),
      NULL },

    { ngx_string("rtsp_send_timeout"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_rtsp_conf_t, send_timeout),
      NULL },

    { ngx_string("rtsp_header_timeout"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_rtsp_conf_t, header_timeout),
      NULL },

      ngx_null_command
};


static ngx_stream_module_t  ngx_stream_rtsp_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_stream_rtsp_postconfiguration,     /* postconfiguration */

    ngx_stream_rtsp_create_main_conf,      /* create main configuration */
    ngx_stream_rtsp_init_main_conf,        /* init main configuration */

    ngx_stream_rtsp_create_srv_conf,       /* create server configuration */
    ngx_stream_rtsp_merge_srv_conf         /* merge server configuration */
};


ngx_module_t  ngx_stream_rtsp_module = {
    NGX_MODULE_V1,
    &ngx_stream_rtsp_module_ctx,           /* module context */
    ngx_stream_rtsp_commands,              /* module directives */
    NGX_STREAM_MODULE,                     /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_stream_rtsp_init_process,          /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_stream_rtsp_exit_process,          /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_stream_rtsp_postconfiguration(ngx_conf_t *cf)
{
    if (ngx_stream_rtsp_listens_udp(cf)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a server with \"rtsp on\" cannot have \"listen "
                           "... udp\", its media use \"rtsp_udp_port\"");
        return NGX_ERROR;
    }

    return ngx_stream_rtsp_finish_paths(cf);
}


/* the listen structures were changed in 1.25.5 */

static ngx_int_t
ngx_stream_rtsp_listens_udp(ngx_conf_t *cf)
{
    ngx_uint_t                    i;
    ngx_stream_core_main_conf_t  *cmcf;

    cmcf = ngx_stream_conf_get_module_main_conf(cf, ngx_stream_core_module);

#if (nginx_version >= 1025005)

    {
    ngx_uint_t                     n, k;
    ngx_stream_conf_addr_t        *addr;
    ngx_stream_conf_port_t        *port;
    ngx_stream_core_srv_conf_t   **cscf;

    if (cmcf->ports == NULL) {
        return 0;
    }

    port = cmcf->ports->elts;

    for (i = 0; i < cmcf->ports->nelts; i++) {
        addr = port[i].addrs.elts;

        for (n = 0; n < port[i].addrs.nelts; n++) {
            cscf = addr[n].servers.elts;

            for (k = 0; k < addr[n].servers.nelts; k++) {
                if (port[i].type == SOCK_DGRAM
                    && ngx_stream_rtsp_enabled(cscf[k]->ctx))
                {
                    return 1;
                }
            }
        }
    }
    }

#else

    {
    ngx_stream_listen_t  *ls;

    ls = cmcf->listen.elts;

    for (i = 0; i < cmcf->listen.nelts; i++) {
        if (ls[i].type == SOCK_DGRAM && ngx_stream_rtsp_enabled(ls[i].ctx)) {
            return 1;
        }
    }
    }

#endif

    return 0;
}


static ngx_uint_t
ngx_stream_rtsp_enabled(ngx_stream_conf_ctx_t *ctx)
{
    ngx_rtsp_conf_t  *conf;

    conf = ctx->srv_conf[ngx_stream_rtsp_module.ctx_index];

    return conf->enable == 1;
}


static ngx_int_t
ngx_stream_rtsp_init_process(ngx_cycle_t *cycle)
{
    ngx_rtsp_main_conf_t  *conf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    conf = ngx_stream_cycle_get_module_main_conf(cycle,
                                                 ngx_stream_rtsp_module);

    if (conf == NULL || !conf->enabled) {
        return NGX_OK;
    }

    return ngx_rtsp_server_init_process(cycle, conf);
}


static void
ngx_stream_rtsp_exit_process(ngx_cycle_t *cycle)
{
    if (ngx_rtsp_main_conf) {
        ngx_rtsp_server_exit_process(cycle);
    }
}


static void *
ngx_stream_rtsp_create_main_conf(ngx_conf_t *cf)
{
    ngx_rtsp_main_conf_t  *rmcf;

    rmcf = ngx_pcalloc(cf->pool, sizeof(ngx_rtsp_main_conf_t));
    if (rmcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     rmcf->zone = NULL;
     *     rmcf->enabled = 0;
     *     rmcf->udp.last = 0;
     *     rmcf->udp.rcvbuf = 0;
     *     rmcf->udp.sndbuf = 0;
     */

    rmcf->max_streams = NGX_CONF_UNSET_UINT;
    rmcf->udp.port = NGX_RTSP_DEFAULT_PORT;

    return rmcf;
}


static char *
ngx_stream_rtsp_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_rtsp_main_conf_t *rmcf = conf;

    ngx_str_t  name;

    ngx_conf_init_uint_value(rmcf->max_streams, 0);

    if (!rmcf->enabled) {
        return NGX_CONF_OK;
    }

    if (rmcf->zone == NULL) {
        ngx_str_set(&name, NGX_RTSP_DEFAULT_ZONE);

        rmcf->zone = ngx_shared_memory_add(cf, &name,
                                           NGX_RTSP_DEFAULT_ZONE_SIZE,
                                           &ngx_stream_rtsp_module);
        if (rmcf->zone == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    rmcf->zone->init = ngx_rtsp_zone_init;

    if (ngx_rtsp_udp_configure(cf, &rmcf->udp) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void *
ngx_stream_rtsp_create_srv_conf(ngx_conf_t *cf)
{
    ngx_rtsp_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_rtsp_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->stream = NULL;
     *     conf->rules = NULL;
     *     conf->return_status = 0;
     *     conf->return_url = NULL;
     *     conf->transports = 0;
     *     conf->paths = NULL;
     *     conf->path = NULL;
     */

    conf->enable = NGX_CONF_UNSET;
    conf->publish = NGX_CONF_UNSET;
    conf->override = NGX_CONF_UNSET;
    conf->read = NGX_CONF_UNSET;
    conf->back_channel = NGX_CONF_UNSET;
    conf->talk_override = NGX_CONF_UNSET;
    conf->talk_always = NGX_CONF_UNSET;
    conf->max_readers = NGX_CONF_UNSET_UINT;
    conf->start = NGX_CONF_UNSET_UINT;
    conf->packet_size = NGX_CONF_UNSET_SIZE;
    conf->buffer = NGX_CONF_UNSET_SIZE;
    conf->lag = NGX_CONF_UNSET_MSEC;
    conf->flush = NGX_CONF_UNSET_MSEC;
    conf->hold = NGX_CONF_UNSET_MSEC;
    conf->session_timeout = NGX_CONF_UNSET_MSEC;
    conf->media_timeout = NGX_CONF_UNSET_MSEC;
    conf->send_timeout = NGX_CONF_UNSET_MSEC;
    conf->header_timeout = NGX_CONF_UNSET_MSEC;

    return conf;
}


static char *
ngx_stream_rtsp_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_rtsp_conf_t *prev = parent;
    ngx_rtsp_conf_t *conf = child;

    if (conf->stream == NULL) {
        conf->stream = prev->stream;
    }

    if (conf->rules == NULL) {
        conf->rules = prev->rules;
    }

    ngx_conf_merge_value(conf->enable, prev->enable, 0);
    ngx_conf_merge_value(conf->publish, prev->publish, 0);
    ngx_conf_merge_value(conf->override, prev->override, 0);
    ngx_conf_merge_value(conf->read, prev->read, 1);
    ngx_conf_merge_value(conf->back_channel, prev->back_channel, 0);
    ngx_conf_merge_value(conf->talk_override, prev->talk_override, 0);
    ngx_conf_merge_value(conf->talk_always, prev->talk_always, 0);
    ngx_conf_merge_uint_value(conf->max_readers, prev->max_readers, 0);
    ngx_conf_merge_uint_value(conf->start, prev->start, NGX_RTSP_START_KEY);

    ngx_conf_merge_bitmask_value(conf->transports, prev->transports,
                                 (NGX_CONF_BITMASK_SET|NGX_RTSP_ALLOW_TCP
                                  |NGX_RTSP_ALLOW_UDP));

    /* Ethernet's 1500 less the headers of IPv4 and UDP */

    ngx_conf_merge_size_value(conf->packet_size, prev->packet_size, 1472);
    ngx_conf_merge_size_value(conf->buffer, prev->buffer, 4 * 1024 * 1024);

    ngx_conf_merge_msec_value(conf->lag, prev->lag, 2000);
    ngx_conf_merge_msec_value(conf->flush, prev->flush, NGX_RTSP_FLUSH_AUTO);
    ngx_conf_merge_msec_value(conf->hold, prev->hold, 10000);
    ngx_conf_merge_msec_value(conf->session_timeout, prev->session_timeout,
                              60000);
    ngx_conf_merge_msec_value(conf->media_timeout, prev->media_timeout, 10000);
    ngx_conf_merge_msec_value(conf->send_timeout, prev->send_timeout, 10000);
    ngx_conf_merge_msec_value(conf->header_timeout, prev->header_timeout,
                              15000);

    return ngx_stream_rtsp_check_srv_conf(cf, conf);
}


static char *
ngx_stream_rtsp_check_srv_conf(ngx_conf_t *cf, ngx_rtsp_conf_t *conf)
{
    ngx_rtsp_main_conf_t        *rmcf;
    ngx_stream_core_srv_conf_t  *cscf;

    cscf = ngx_stream_conf_get_module_srv_conf(cf, ngx_stream_core_module);
    rmcf = ngx_stream_conf_get_module_main_conf(cf, ngx_stream_rtsp_module);

    if (conf->enable && cscf->handler != ngx_rtsp_connection_handler) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a server cannot have \"rtsp on\" beside "
                           "\"proxy_pass\", \"return\" or the like");
        return NGX_CONF_ERROR;
    }

    if (conf->enable && rmcf->udp.port == 0
        && (conf->transports & NGX_RTSP_ALLOW_TCP) == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"rtsp_transports udp\" cannot work with "
                           "\"rtsp_udp_port off\"");
        return NGX_CONF_ERROR;
    }

    if (conf->packet_size < NGX_RTSP_MIN_PACKET_SIZE
        || conf->packet_size > NGX_RTSP_MAX_PACKET_SIZE)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"rtsp_packet_size\" must be from %d to %d bytes",
                           NGX_RTSP_MIN_PACKET_SIZE, NGX_RTSP_MAX_PACKET_SIZE);
        return NGX_CONF_ERROR;
    }

    if (conf->buffer < 65536 || conf->buffer > 1024 * 1024 * 1024) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"rtsp_buffer\" must be from 64k to 1024m");
        return NGX_CONF_ERROR;
    }

    if (conf->session_timeout < 1000 || conf->media_timeout == 0
        || conf->send_timeout == 0 || conf->header_timeout == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"rtsp_session_timeout\" must be at least 1s, "
                           "\"rtsp_media_timeout\", \"rtsp_send_timeout\" and "
                           "\"rtsp_header_timeout\" must not be 0");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_stream_rtsp(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtsp_conf_t *rcf = conf;

    char                        *rv;
    ngx_rtsp_main_conf_t        *rmcf;
    ngx_stream_core_srv_conf_t  *cscf;

    rv = ngx_conf_set_flag_slot(cf, cmd, conf);

    if (rv != NGX_CONF_OK || !rcf->enable) {
        return rv;
    }

    rmcf = ngx_stream_conf_get_module_main_conf(cf, ngx_stream_rtsp_module);
    rmcf->enabled++;

    cscf = ngx_stream_conf_get_module_srv_conf(cf, ngx_stream_core_module);

    if (cscf->handler) {
        return "cannot stand beside \"proxy_pass\", \"return\" or the like";
    }

    cscf->handler = ngx_rtsp_connection_handler;

    return NGX_CONF_OK;
}


static char *
ngx_stream_rtsp_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtsp_main_conf_t *rmcf = conf;

    u_char     *p;
    ssize_t     size;
    ngx_str_t  *value, name, s;

    if (rmcf->zone) {
        return "is duplicate";
    }

    value = cf->args->elts;

    p = ngx_strlchr(value[1].data, value[1].data + value[1].len, ':');

    if (p == NULL || p == value[1].data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone \"%V\", write \"rtsp_zone "
                           "name:size\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    name.data = value[1].data;
    name.len = p - value[1].data;

    s.data = p + 1;
    s.len = value[1].data + value[1].len - s.data;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size of zone \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (size < NGX_RTSP_MIN_ZONE_SIZE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "zone \"%V\" is too small, it needs 4m and the "
                           "\"rtsp_buffer\" of each stream", &value[1]);
        return NGX_CONF_ERROR;
    }

    rmcf->zone = ngx_shared_memory_add(cf, &name, size,
                                       &ngx_stream_rtsp_module);

    return rmcf->zone ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_stream_rtsp_publish(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtsp_conf_t *rcf = conf;

    ngx_str_t  *value;

    if (rcf->publish != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcasecmp(value[1].data, (u_char *) "on") == 0) {
        rcf->publish = 1;

    } else if (ngx_strcasecmp(value[1].data, (u_char *) "off") == 0) {
        rcf->publish = 0;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"rtsp_publish\", it must "
                           "be \"on\" or \"off\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    rcf->override = 0;

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (!rcf->publish || ngx_strcmp(value[2].data, "override") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\", only \"on\" may be "
                           "followed, and by \"override\"", &value[2]);
        return NGX_CONF_ERROR;
    }

    rcf->override = 1;

    return NGX_CONF_OK;
}


static char *
ngx_stream_rtsp_udp_port(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtsp_main_conf_t *rmcf = conf;

    ssize_t     size;
    ngx_str_t  *value, s;
    ngx_uint_t  i;

    if (rmcf->udp_set) {
        return "is duplicate";
    }

    rmcf->udp_set = 1;

    value = cf->args->elts;

    if (ngx_stream_rtsp_port_range(&value[1], &rmcf->udp) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid port \"%V\", write an even port, an even "
                           "port and a later odd one as \"from-to\", or "
                           "\"off\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "rcvbuf=", 7) != 0
            && ngx_strncmp(value[i].data, "sndbuf=", 7) != 0)
        {
            goto invalid;
        }

        s.data = value[i].data + 7;
        s.len = value[i].len - 7;

        size = ngx_parse_size(&s);

        if (size == NGX_ERROR || size == 0) {
            goto invalid;
        }

        if (value[i].data[0] == 'r') {
            rmcf->udp.rcvbuf = size;

        } else {
            rmcf->udp.sndbuf = size;
        }
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\", it must be \"rcvbuf=size\" "
                       "or \"sndbuf=size\"", &value[i]);

    return NGX_CONF_ERROR;
}


/* "off", "port" (the shared pair), or "from-to" (private pairs) */

static ngx_int_t
ngx_stream_rtsp_port_range(ngx_str_t *value, ngx_rtsp_udp_conf_t *udp)
{
    u_char     *dash;
    ngx_int_t   port, last;

    udp->last = 0;

    if (ngx_strcmp(value->data, "off") == 0) {
        udp->port = 0;
        return NGX_OK;
    }

    last = 0;
    dash = ngx_strlchr(value->data, value->data + value->len, '-');

    if (dash) {
        last = ngx_atoi(dash + 1, value->data + value->len - dash - 1);
        port = ngx_atoi(value->data, dash - value->data);

        if (last < port + 1 || last > 65535) {
            return NGX_ERROR;
        }

    } else {
        port = ngx_atoi(value->data, value->len);
    }

    if (port < 2 || port > 65534 || port % 2) {
        return NGX_ERROR;
    }

    udp->port = (in_port_t) port;
    udp->last = (in_port_t) last;

    return NGX_OK;
}


static char *
ngx_stream_rtsp_transports(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtsp_conf_t *rcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (rcf->transports) {
        return "is duplicate";
    }

    value = cf->args->elts;
    rcf->transports = NGX_CONF_BITMASK_SET;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "tcp") == 0) {
            rcf->transports |= NGX_RTSP_ALLOW_TCP;

        } else if (ngx_strcmp(value[i].data, "udp") == 0) {
            rcf->transports |= NGX_RTSP_ALLOW_UDP;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" in \"rtsp_transports\", "
                               "it must be \"tcp\", \"udp\" or both",
                               &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_stream_rtsp_start(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtsp_conf_t *rcf = conf;

    ngx_str_t  *value;

    if (rcf->start != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "key") == 0) {
        rcf->start = NGX_RTSP_START_KEY;

    } else if (ngx_strcmp(value[1].data, "live") == 0) {
        rcf->start = NGX_RTSP_START_LIVE;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"rtsp_start\", it must "
                           "be \"key\" or \"live\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_stream_rtsp_flush(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtsp_conf_t *rcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (rcf->flush != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    if (ngx_strcmp(value[1].data, "auto") == 0) {
        rcf->flush = NGX_RTSP_FLUSH_AUTO;
        return NGX_CONF_OK;
    }

    rcf->flush = ngx_parse_time(&value[1], 0);

    if (rcf->flush == (ngx_msec_t) NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"rtsp_flush\", it must "
                           "be \"auto\" or a time", &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
