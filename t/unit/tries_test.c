
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "unit.h"

#include "ngx_rtsp_hub.h"

#include <arpa/inet.h>


/*
 * Wrong credentials counted by address: how addresses are told apart, what a
 * minute is, and what becomes of the oldest when a row is full.  The hub is a
 * plain structure here, without a zone, and the clock is the test's.
 */


#define TRIES_START  1000000000


static ngx_rtsp_hub_t  tries_hub;

ngx_rtsp_hub_t        *ngx_rtsp_hub = &tries_hub;
volatile ngx_msec_t    ngx_current_msec;


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


static struct sockaddr *
tries_address(const char *text)
{
    struct sockaddr_in          *sin;
    struct sockaddr_in6         *sin6;
    static struct sockaddr_storage  ss;

    memset(&ss, 0, sizeof(ss));

    sin = (struct sockaddr_in *) &ss;
    sin6 = (struct sockaddr_in6 *) &ss;

    if (inet_pton(AF_INET, text, &sin->sin_addr) == 1) {
        sin->sin_family = AF_INET;

    } else if (inet_pton(AF_INET6, text, &sin6->sin6_addr) == 1) {
        sin6->sin6_family = AF_INET6;

    } else {
        ss.ss_family = AF_UNIX;
    }

    return (struct sockaddr *) &ss;
}


static ngx_uint_t
tries_add(const char *text, ngx_uint_t times)
{
    ngx_uint_t  n;

    n = 0;

    while (times--) {
        n = ngx_rtsp_tries_add(tries_address(text));
    }

    return n;
}


static ngx_uint_t
tries_used_up(const char *text)
{
    return ngx_rtsp_tries_used_up(tries_address(text));
}


static void
tries_begin(void)
{
    memset(&tries_hub, 0, sizeof(tries_hub));
    ngx_current_msec = TRIES_START;
}


static void
test_addresses(void)
{
    tries_begin();

    unit_ok(!tries_used_up("10.0.0.1"), "an address nobody knows");
    unit_is_int(tries_add("10.0.0.1", 49), 49, "49 tries");
    unit_ok(!tries_used_up("10.0.0.1"), "are not too many");
    unit_is_int(tries_add("10.0.0.1", 1), 50, "50 tries");
    unit_ok(tries_used_up("10.0.0.1"), "are");
    unit_ok(tries_used_up("::ffff:10.0.0.1"), "also as a mapped address");
    unit_ok(!tries_used_up("10.0.1.1"), "another address of the row");

    (void) tries_add("2001:db8:1:2::1", 50);
    unit_ok(tries_used_up("2001:db8:1:2:ffff::2"), "a /64 is one");
    unit_ok(!tries_used_up("2001:db8:1:3::1"), "the next /64 is another");

    (void) tries_add("unix:", 50);
    unit_ok(tries_used_up("unix:"), "local sockets are one");
    unit_ok(!tries_used_up("::1"), "and not that of the local host");
}


static void
test_minute(void)
{
    ngx_uint_t  i, early;

    tries_begin();
    (void) tries_add("10.0.0.1", 50);

    ngx_current_msec += 60000;
    unit_ok(tries_used_up("10.0.0.1"), "a minute later");

    ngx_current_msec += 10000;
    unit_ok(!tries_used_up("10.0.0.1"), "ten seconds more: forgiven");
    unit_is_int(tries_add("10.0.0.1", 1), 1, "counted anew");

    /* one every 1.6 s: 44 at most in what is counted */

    tries_begin();
    early = 0;

    for (i = 0; i < 1000; i++) {
        (void) tries_add("10.0.0.1", 1);
        ngx_current_msec += 1600;
        early += tries_used_up("10.0.0.1");
    }

    unit_is_int(early, 0, "slow ones for long");

    /* wherever the windows begin, a minute never has more than 50 */

    for (i = 0; i < 20; i++) {
        tries_begin();
        ngx_current_msec += i * 3333;

        (void) tries_add("10.0.0.1", 25);
        ngx_current_msec += 59000;
        (void) tries_add("10.0.0.1", 25);

        if (!tries_used_up("10.0.0.1")) {
            break;
        }
    }

    unit_is_int(i, 20, "25 at the beginning of a minute and 25 at its end");

    tries_begin();
    unit_is_int(tries_add("10.0.0.1", 300), 50, "counts do not run over");

    ngx_current_msec -= 20000;
    unit_ok(tries_used_up("10.0.0.1"), "a worker whose clock is behind");
    unit_is_int(tries_add("10.0.0.1", 1), 50, "may count, too");
}


static void
test_row(void)
{
    tries_begin();

    (void) tries_add("10.0.0.1", 50);
    ngx_current_msec += 10000;
    (void) tries_add("10.0.1.1", 50);
    (void) tries_add("10.0.2.1", 50);
    (void) tries_add("10.0.3.1", 50);

    unit_ok(tries_used_up("10.0.0.1") && tries_used_up("10.0.3.1"),
            "a full row");

    /* whoever is asked for is not old */

    ngx_current_msec += 10000;
    unit_ok(tries_used_up("10.0.0.1") && tries_used_up("10.0.2.1")
            && tries_used_up("10.0.3.1"), "three that are asked for");

    unit_is_int(tries_add("10.0.4.1", 1), 1, "a fifth address");
    unit_ok(!tries_used_up("10.0.1.1"), "takes the place of the oldest");
    unit_ok(tries_used_up("10.0.0.1") && tries_used_up("10.0.2.1")
            && tries_used_up("10.0.3.1"), "and of no other");

    unit_ok(!tries_used_up("10.0.0.2"), "another row");
}


int
main(void)
{
    test_addresses();
    test_minute();
    test_row();

    return unit_done();
}
