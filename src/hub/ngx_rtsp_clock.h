
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_CLOCK_H_INCLUDED_
#define _NGX_RTSP_CLOCK_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <time.h>


/*
 * CLOCK_MONOTONIC in us: the same in all workers, and finer than nginx's
 * clock, which stands still during a turn of the event loop.
 */

static ngx_inline uint64_t
ngx_rtsp_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


/* the time of day in us since 1970, for NTP times in sender reports */

static ngx_inline uint64_t
ngx_rtsp_unix_time(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


#endif /* _NGX_RTSP_CLOCK_H_INCLUDED_ */
