
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "unit.h"

#include "ngx_rtsp_nonce.h"


/*
 * The nonce of a connection: its text, and how long it is good.  The clock is
 * the test's.
 */


#define NONCE_START  1000000000


static u_char  nonce_random[NGX_RTSP_NONCE_RANDOM] = {
    0x00, 0x01, 0x0f, 0x10, 0x9a, 0xf0, 0xff, 0x7f,
    0x80, 0xde, 0xad, 0xbe, 0xef, 0x12, 0x34, 0x56
};

#define NONCE_TEXT  "00010f109af0ff7f80deadbeef123456"


static void
test_none(void)
{
    ngx_str_t         text;
    ngx_rtsp_nonce_t  nonce;

    memset(&nonce, 0, sizeof(nonce));

    text.len = NGX_RTSP_NONCE_LEN;
    text.data = nonce.text;

    unit_ok(!ngx_rtsp_nonce_is_fresh(&nonce, 0), "none at time 0");
    unit_ok(!ngx_rtsp_nonce_is_fresh(&nonce, 1), "none a bit later");
    unit_ok(!ngx_rtsp_nonce_is(&nonce, &text, 1), "zeros are not it");
}


static void
test_text(void)
{
    ngx_str_t         text;
    ngx_rtsp_nonce_t  nonce;

    memset(&nonce, 0, sizeof(nonce));
    ngx_rtsp_nonce_make(&nonce, nonce_random, NONCE_START);

    unit_is_mem(nonce.text, NGX_RTSP_NONCE_LEN, NONCE_TEXT,
                sizeof(NONCE_TEXT) - 1, "hex digits of the random bytes");

    text = unit_str(NONCE_TEXT);
    unit_ok(ngx_rtsp_nonce_is(&nonce, &text, NONCE_START), "the same");

    text = unit_str("00010f109af0ff7f80deadbeef123457");
    unit_ok(!ngx_rtsp_nonce_is(&nonce, &text, NONCE_START), "another digit");

    text = unit_str("00010F109AF0FF7F80DEADBEEF123456");
    unit_ok(!ngx_rtsp_nonce_is(&nonce, &text, NONCE_START), "upper case");

    text = unit_str(NONCE_TEXT);
    text.len--;
    unit_ok(!ngx_rtsp_nonce_is(&nonce, &text, NONCE_START), "shorter");

    text = unit_str(NONCE_TEXT "0");
    unit_ok(!ngx_rtsp_nonce_is(&nonce, &text, NONCE_START), "longer");

    text.len = 0;
    unit_ok(!ngx_rtsp_nonce_is(&nonce, &text, NONCE_START), "empty");
}


static void
test_expiry(ngx_msec_t start, const char *name)
{
    ngx_str_t         text;
    ngx_msec_t        now;
    ngx_rtsp_nonce_t  nonce;

    memset(&nonce, 0, sizeof(nonce));
    ngx_rtsp_nonce_make(&nonce, nonce_random, start);
    text = unit_str(NONCE_TEXT);

    now = start + 299999;
    unit_ok(ngx_rtsp_nonce_is_fresh(&nonce, now), "%s: 299.999 s", name);
    unit_ok(ngx_rtsp_nonce_is(&nonce, &text, now), "%s: is taken", name);

    now = start + 300000;
    unit_ok(!ngx_rtsp_nonce_is_fresh(&nonce, now), "%s: 300 s", name);
    unit_ok(!ngx_rtsp_nonce_is(&nonce, &text, now), "%s: is stale", name);

    nonce_random[0]++;
    ngx_rtsp_nonce_make(&nonce, nonce_random, now);
    nonce_random[0]--;

    unit_ok(ngx_rtsp_nonce_is_fresh(&nonce, now), "%s: a new one", name);
    unit_ok(!ngx_rtsp_nonce_is(&nonce, &text, now), "%s: not the old", name);
}


int
main(void)
{
    test_none();
    test_text();
    test_expiry(NONCE_START, "usual");
    test_expiry((ngx_msec_t) -1000, "a clock that runs over");

    return unit_done();
}
