
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * The core module: the first of the shared object, which is named after it.
 * It takes part in the life of the master (wake-up descriptors, UDP sockets),
 * and has no directives.
 *
 * Invariant: it does nothing where no server has "rtsp on".
 */


static ngx_int_t ngx_rtsp_init_module(ngx_cycle_t *cycle);
static ngx_rtsp_main_conf_t *ngx_rtsp_cycle_conf(ngx_cycle_t *cycle);


static ngx_core_module_t  ngx_rtsp_module_ctx = {
    ngx_string("rtsp"),
    NULL,                                  /* create configuration */
    NULL                                   /* init configuration */
};


ngx_module_t  ngx_rtsp_module = {
    NGX_MODULE_V1,
    &ngx_rtsp_module_ctx,                  /* module context */
    NULL,                                  /* module directives */
    NGX_CORE_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_rtsp_init_module,                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* NULL: the configuration has no stream{}, or no RTSP in it */

static ngx_rtsp_main_conf_t *
ngx_rtsp_cycle_conf(ngx_cycle_t *cycle)
{
    ngx_rtsp_main_conf_t  *conf;

    conf = ngx_stream_cycle_get_module_main_conf(cycle,
                                                 ngx_stream_rtsp_module);

    return (conf && conf->enabled) ? conf : NULL;
}


/* an error here would end the master even at a reload, so there is none */

static ngx_int_t
ngx_rtsp_init_module(ngx_cycle_t *cycle)
{
    ngx_rtsp_main_conf_t  *conf;

    if (ngx_test_config) {
        return NGX_OK;
    }

    conf = ngx_rtsp_cycle_conf(cycle);

    ngx_rtsp_udp_init_module(cycle, conf ? &conf->udp : NULL);

    if (conf) {
        (void) ngx_rtsp_seat_init_module(cycle);
    }

    return NGX_OK;
}
