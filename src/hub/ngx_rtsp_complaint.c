
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_hub.h"


/*
 * What has been complained about already, so that not every worker does.
 * Called by the server where it reads files again.
 *
 * A short table in the hub.  Invariant: where more things are at fault than
 * there is room for, a fault may be told more than once, but none is kept
 * quiet.
 */


ngx_uint_t
ngx_rtsp_complaint_begin(uint64_t key)
{
    uint64_t        *keys;
    ngx_uint_t       i, free, first;
    ngx_rtsp_hub_t  *hub;

    hub = ngx_rtsp_hub;
    keys = hub->complaints;
    first = 1;

    ngx_rtsp_lock();

    free = hub->ncomplaints % NGX_RTSP_COMPLAINTS;

    for (i = 0; i < NGX_RTSP_COMPLAINTS; i++) {

        if (keys[i] == key) {
            first = 0;
            break;
        }

        if (keys[i] == 0) {
            free = i;
        }
    }

    if (first) {
        hub->ncomplaints += (keys[free] != 0);
        keys[free] = key;
    }

    ngx_rtsp_unlock();

    return first;
}


ngx_uint_t
ngx_rtsp_complaint_end(uint64_t key)
{
    uint64_t    *keys;
    ngx_uint_t   i, found;

    keys = ngx_rtsp_hub->complaints;
    found = 0;

    ngx_rtsp_lock();

    for (i = 0; i < NGX_RTSP_COMPLAINTS; i++) {
        if (keys[i] == key) {
            keys[i] = 0;
            found = 1;
            break;
        }
    }

    ngx_rtsp_unlock();

    return found;
}
