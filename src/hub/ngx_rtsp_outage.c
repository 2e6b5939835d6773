
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_hub.h"


/*
 * Which services and files are out of order, as all workers together have
 * seen it, so that the log gets one line about it and not one of each session
 * in each worker.  Called by the server for its authorisation services and
 * its files of users.
 *
 * The table stands in the hub and never grows: with more things out of order
 * than it has places, the one that failed longest ago is forgotten, and may
 * be told of twice.
 *
 * Invariant: a name has one entry at most; one that is not "failing" is free.
 */


static ngx_rtsp_outage_t *ngx_rtsp_outage_find(uint64_t name);
static ngx_rtsp_outage_t *ngx_rtsp_outage_place(void);
static uint64_t ngx_rtsp_outage_name(ngx_str_t *name);


ngx_uint_t
ngx_rtsp_outage_failed(ngx_str_t *name)
{
    uint64_t            hash;
    ngx_uint_t          news;
    ngx_rtsp_outage_t  *outage;

    hash = ngx_rtsp_outage_name(name);

    ngx_rtsp_lock();

    outage = ngx_rtsp_outage_find(hash);

    news = (outage == NULL);

    if (news) {
        outage = ngx_rtsp_outage_place();
        outage->name = hash;
    }

    outage->last = ngx_current_msec;

    ngx_memory_barrier();

    outage->failing = 1;

    ngx_rtsp_unlock();

    return news;
}


ngx_uint_t
ngx_rtsp_outage_answered(ngx_str_t *name, ngx_msec_t quiet)
{
    uint64_t            hash;
    ngx_uint_t          over;
    ngx_rtsp_outage_t  *outage;

    hash = ngx_rtsp_outage_name(name);

    /* as nearly always; who looks too early looks again with each answer */

    if (ngx_rtsp_outage_find(hash) == NULL) {
        return 0;
    }

    ngx_rtsp_lock();

    outage = ngx_rtsp_outage_find(hash);

    over = outage
           && (ngx_msec_int_t) (ngx_current_msec - outage->last)
              >= (ngx_msec_int_t) quiet;

    if (over) {
        outage->failing = 0;
    }

    ngx_rtsp_unlock();

    return over;
}


static ngx_rtsp_outage_t *
ngx_rtsp_outage_find(uint64_t name)
{
    ngx_uint_t          i;
    ngx_rtsp_outage_t  *outage;

    for (i = 0; i < NGX_RTSP_OUTAGES; i++) {
        outage = &ngx_rtsp_hub->outages[i];

        if (outage->failing && outage->name == name) {
            return outage;
        }
    }

    return NULL;
}


/* a free one, or the one that failed longest ago, made free */

static ngx_rtsp_outage_t *
ngx_rtsp_outage_place(void)
{
    ngx_uint_t          i;
    ngx_rtsp_outage_t  *outage, *place;

    place = &ngx_rtsp_hub->outages[0];

    for (i = 0; i < NGX_RTSP_OUTAGES; i++) {
        outage = &ngx_rtsp_hub->outages[i];

        if (!outage->failing) {
            return outage;
        }

        if ((ngx_msec_int_t) (outage->last - place->last) < 0) {
            place = outage;
        }
    }

    place->failing = 0;

    ngx_memory_barrier();

    return place;
}


/* FNV-1a, of 64 bits: two things are not taken for each other */

static uint64_t
ngx_rtsp_outage_name(ngx_str_t *name)
{
    size_t    i;
    uint64_t  hash;

    hash = 0xcbf29ce484222325;

    for (i = 0; i < name->len; i++) {
        hash = (hash ^ name->data[i]) * 0x100000001b3;
    }

    return hash;
}
