
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * Puts the parts together in a worker: who is told what when the worker was
 * woken, by the clock, or by a datagram on the shared ports.  Called by the
 * stream module at the start and the end of the process.
 */


static void ngx_rtsp_server_stream(ngx_uint_t slot);
static void ngx_rtsp_server_commands(void);
static void ngx_rtsp_server_tick(void);
static void ngx_rtsp_server_shutdown(void);
static void ngx_rtsp_server_datagram(ngx_rtsp_udp_socket_t *us,
    struct sockaddr *from, socklen_t len, u_char *data, size_t size,
    uint64_t arrival);


ngx_rtsp_main_conf_t  *ngx_rtsp_main_conf;

/* worker_shutdown_timeout, 0: not shutting down, or without end */
static ngx_msec_t      ngx_rtsp_server_until;


static ngx_rtsp_seat_handlers_t  ngx_rtsp_server_handlers = {
    ngx_rtsp_server_stream,
    ngx_rtsp_server_commands,
    ngx_rtsp_server_tick,
    ngx_rtsp_server_shutdown
};


ngx_int_t
ngx_rtsp_server_init_process(ngx_cycle_t *cycle, ngx_rtsp_main_conf_t *conf)
{
    ngx_rtsp_main_conf = conf;

    ngx_rtsp_feed_init();
    ngx_rtsp_source_init(ngx_rtsp_feed_deliver);
    ngx_rtsp_connection_init();
    ngx_rtsp_session_init();
    ngx_rtsp_publisher_init();

    ngx_rtsp_zone_use(conf->zone);

    /* without a seat there is no RTSP here, but all else goes on */

    if (ngx_rtsp_seat_take(cycle, &ngx_rtsp_server_handlers) != NGX_OK) {
        return NGX_OK;
    }

    return ngx_rtsp_udp_init_process(cycle, &conf->udp,
                                     ngx_rtsp_server_datagram);
}


void
ngx_rtsp_server_exit_process(ngx_cycle_t *cycle)
{
    ngx_rtsp_session_exit();
    ngx_rtsp_seat_leave(cycle);
}


static void
ngx_rtsp_server_stream(ngx_uint_t slot)
{
    ngx_rtsp_feed_deliver_slot(slot);
    ngx_rtsp_source_check(slot);
    ngx_rtsp_connection_retry();
}


static void
ngx_rtsp_server_commands(void)
{
    ngx_rtsp_session_commands();
    ngx_rtsp_connection_retry();
}


static void
ngx_rtsp_server_tick(void)
{
    if (ngx_rtsp_server_until
        && (ngx_msec_int_t) (ngx_current_msec - ngx_rtsp_server_until) >= 0)
    {
        /* nginx closes connections then; UDP sessions may have none */

        ngx_rtsp_server_until = 0;
        ngx_rtsp_session_exit();
    }

    ngx_rtsp_source_tick();
    ngx_rtsp_feed_tick();
    ngx_rtsp_session_tick();
    ngx_rtsp_user_file_tick();
    ngx_rtsp_connection_tick();
}


/*
 * Sessions with media go on in a worker that shuts down; the connections of
 * others are closed by nginx itself.
 */

static void
ngx_rtsp_server_shutdown(void)
{
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(ngx_cycle->conf_ctx,
                                           ngx_core_module);

    if (ccf->shutdown_timeout) {
        ngx_rtsp_server_until = ngx_current_msec + ccf->shutdown_timeout;
    }

    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                  "rtsp worker serves its sessions to their end");
}


/* RTCP of readers, or a publisher that sends from another port than it said */

static void
ngx_rtsp_server_datagram(ngx_rtsp_udp_socket_t *us, struct sockaddr *from,
    socklen_t len, u_char *data, size_t size, uint64_t arrival)
{
    int64_t          lost, jitter;
    ngx_rtsp_rtp_t   rtp;
    ngx_rtsp_rtcp_t  rtcp;

    if (!us->rtcp) {
        if (ngx_rtsp_parse_rtp(data, size, &rtp) == NGX_OK) {
            (void) ngx_rtsp_record_latch(from, len, 0, rtp.type);
        }

        return;
    }

    lost = -1;
    jitter = -1;

    if (ngx_rtsp_parse_rtcp(data, size, &rtcp) == NGX_OK && rtcp.nblocks) {
        lost = ngx_max(rtcp.blocks[0].lost, 0);
        jitter = rtcp.blocks[0].jitter;
    }

    if (ngx_rtsp_record_touch(from, len, lost, jitter) != NGX_OK) {
        (void) ngx_rtsp_record_latch(from, len, 1, 0);
    }
}
