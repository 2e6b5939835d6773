
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "unit.h"

#include "ngx_rtsp_hub.h"


/*
 * Turns of addresses over workers.  The hub is a plain structure here, without
 * a zone, and who is alive is the test's to say.
 */


#define TURNS_WORKERS  8


static ngx_rtsp_hub_t  turns_hub;
static ngx_uint_t      turns_dead[TURNS_WORKERS];

ngx_rtsp_hub_t        *ngx_rtsp_hub = &turns_hub;
ngx_rtsp_owner_t       ngx_rtsp_self;


void
ngx_rtsp_lock(void)
{
}


void
ngx_rtsp_unlock(void)
{
}


/* the row is that of the last byte, so that a test can choose it */

ngx_uint_t
ngx_rtsp_hash(const void *key, size_t len)
{
    return ((const u_char *) key)[len - 1];
}


ngx_uint_t
ngx_rtsp_seat_alive(ngx_rtsp_owner_t owner)
{
    return owner && !turns_dead[ngx_rtsp_owner_seat(owner)];
}


static void
turns_be(ngx_uint_t worker)
{
    ngx_rtsp_self = ngx_rtsp_owner(worker, 1);
}


static void
turns_begin(void)
{
    memset(&turns_hub, 0, sizeof(turns_hub));
    memset(turns_dead, 0, sizeof(turns_dead));
    turns_be(0);
}


static ngx_int_t
turns_take(const char *address)
{
    return ngx_rtsp_turn_take((u_char *) address);
}


static void
turns_give(const char *address)
{
    ngx_rtsp_turn_give((u_char *) address);
}


#define TURNS_A  "0123456789abcdeA"
#define TURNS_B  "0123456789abcdeB"


static void
test_turns(void)
{
    turns_begin();

    unit_is_int(turns_take(TURNS_A), NGX_OK, "a turn");
    unit_is_int(turns_take(TURNS_B), NGX_OK, "of another address as well");

    turns_be(1);
    unit_is_int(turns_take(TURNS_A), NGX_AGAIN, "another worker waits");

    turns_give(TURNS_A);
    unit_is_int(turns_take(TURNS_A), NGX_AGAIN, "who gives what it has not");

    turns_be(0);
    turns_give(TURNS_A);

    turns_be(1);
    unit_is_int(turns_take(TURNS_A), NGX_OK, "it was given back");
    unit_is_int(turns_take(TURNS_B), NGX_AGAIN, "the other was not");

    turns_be(2);
    unit_is_int(turns_take(TURNS_A), NGX_AGAIN, "a third worker waits");

    turns_dead[1] = 1;
    unit_is_int(turns_take(TURNS_A), NGX_OK, "until the second one dies");
    unit_is_int(turns_take(TURNS_B), NGX_AGAIN, "the first one lives");
}


static void
test_row(void)
{
    char        address[17];
    ngx_uint_t  i, taken;

    turns_begin();

    memcpy(address, TURNS_A, sizeof(address));
    taken = 0;

    for (i = 0; i < NGX_RTSP_TURNS_ROW + 1; i++) {
        turns_be(i);
        address[0] = (char) ('a' + i);
        taken += (turns_take(address) == NGX_OK);
    }

    unit_is_int(taken, NGX_RTSP_TURNS_ROW, "a row has so many at a time");

    address[0] = 'b';
    turns_be(1);
    turns_give(address);

    turns_be(NGX_RTSP_TURNS_ROW);
    address[0] = (char) ('a' + NGX_RTSP_TURNS_ROW);
    unit_is_int(turns_take(address), NGX_OK, "then the next one");

    turns_dead[0] = 1;
    turns_be(1);
    address[0] = 'b';
    unit_is_int(turns_take(address), NGX_OK, "the dead make room");

    address[0] = 'c';
    unit_is_int(turns_take(address), NGX_AGAIN, "and the living stay");
}


int
main(void)
{
    test_turns();
    test_row();

    return unit_done();
}
