
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_hub.h"


/*
 * Whose turn it is to have a password checked that takes long: one of an
 * address at a time, over all workers.  Called by the server's jobs.
 *
 * The table stands in the hub and never grows.  An address has a row of a few
 * entries; where all of them are taken by others, which needs more addresses
 * at work than there are processors, it has to wait as well.
 *
 * Invariant: a turn ends with the process that has it.  There is no time to
 * run out: a turn whose worker is merely slow is not given to a second one.
 */


static ngx_rtsp_turn_t *ngx_rtsp_turn_row(u_char *address);


ngx_int_t
ngx_rtsp_turn_take(u_char *address)
{
    ngx_int_t         rc;
    ngx_uint_t        i;
    ngx_rtsp_turn_t  *row, *turn;

    rc = NGX_AGAIN;
    turn = NULL;

    ngx_rtsp_lock();

    row = ngx_rtsp_turn_row(address);

    for (i = 0; i < NGX_RTSP_TURNS_ROW; i++) {

        if (!ngx_rtsp_seat_alive(row[i].owner)) {
            turn = &row[i];
            continue;
        }

        if (ngx_memcmp(row[i].address, address, 16) == 0) {
            goto done;
        }
    }

    if (turn) {

        /* whoever dies in between leaves it free */

        turn->owner = 0;
        ngx_memory_barrier();
        ngx_memcpy(turn->address, address, 16);
        ngx_memory_barrier();
        turn->owner = ngx_rtsp_self;

        rc = NGX_OK;
    }

done:

    ngx_rtsp_unlock();

    return rc;
}


void
ngx_rtsp_turn_give(u_char *address)
{
    ngx_uint_t        i;
    ngx_rtsp_turn_t  *row;

    ngx_rtsp_lock();

    row = ngx_rtsp_turn_row(address);

    for (i = 0; i < NGX_RTSP_TURNS_ROW; i++) {

        if (row[i].owner == ngx_rtsp_self
            && ngx_memcmp(row[i].address, address, 16) == 0)
        {
            row[i].owner = 0;
        }
    }

    ngx_rtsp_unlock();
}


static ngx_rtsp_turn_t *
ngx_rtsp_turn_row(u_char *address)
{
    return ngx_rtsp_hub->turns[ngx_rtsp_hash(address, 16)
                               % NGX_RTSP_TURNS_ROWS];
}
