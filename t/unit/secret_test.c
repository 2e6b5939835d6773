
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "unit.h"
#include "hub_nginx.h"


/*
 * Hashes, seals and outages: what lies in the zone and may be looked at, or
 * tells workers of each other.
 */


static void
test_hash(void)
{
    u_char  a[NGX_RTSP_HASH_LEN], b[NGX_RTSP_HASH_LEN];

    unit_is_int(ngx_rtsp_secret_hash((u_char *) "x", 1, a), NGX_ERROR,
                "no hash before there are keys");
    unit_is_int(ngx_rtsp_secret_seal((u_char *) "x", 1, a), NGX_ERROR,
                "and no seal");

    hub_zone();

    unit_is_int(ngx_rtsp_secret_hash((u_char *) "x", 1, a), NGX_OK, "a hash");
    unit_is_int(ngx_rtsp_secret_hash((u_char *) "y", 1, b), NGX_OK,
                "of other data");
    unit_ok(memcmp(a, b, sizeof(a)) != 0, "is another one");

    hub_zone();

    unit_is_int(ngx_rtsp_secret_hash((u_char *) "x", 1, b), NGX_OK,
                "with another zone");
    unit_is_mem(a, sizeof(a), b, sizeof(b), "it is the same");
}


static void
test_seal(void)
{
    size_t  i, len;
    u_char  data[300], sealed[2][300 + NGX_RTSP_SEAL_LEN], out[300];

    static size_t  sizes[] = { 0, 1, 15, 16, 17, 300 };

    memset(data, 'p', sizeof(data));

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        len = sizes[i];

        unit_ok(ngx_rtsp_secret_seal(data, len, sealed[0]) == NGX_OK,
                "%d bytes are sealed", (int) len);
        unit_is_int(ngx_rtsp_secret_seal(data, len, sealed[1]), NGX_OK,
                    "twice");
        unit_ok(memcmp(sealed[0], sealed[1], len + NGX_RTSP_SEAL_LEN) != 0,
                "differently");
        unit_ok(memmem(sealed[0], len + NGX_RTSP_SEAL_LEN, "pppp", 4) == NULL,
                "not to be read");

        memset(out, 'x', sizeof(out));
        unit_is_int(ngx_rtsp_secret_open(sealed[0], len + NGX_RTSP_SEAL_LEN,
                                         out),
                    NGX_OK, "opened");
        unit_is_mem(out, len, data, len, "they are the same");

        sealed[0][len + NGX_RTSP_SEAL_LEN - 1] ^= 0x80;
        unit_is_int(ngx_rtsp_secret_open(sealed[0], len + NGX_RTSP_SEAL_LEN,
                                         out),
                    NGX_DECLINED, "changed ones are not opened");
        unit_ok(len == 0 || memmem(out, len, "p", 1) == NULL,
                "and nothing of them is left");
    }

    unit_is_int(ngx_rtsp_secret_open(sealed[1], NGX_RTSP_SEAL_LEN - 1, out),
                NGX_DECLINED, "too few bytes");
}


static ngx_rtsp_record_t *
record(void)
{
    ngx_str_t  name = ngx_string("/one"), empty = ngx_null_string;

    return ngx_rtsp_record_create(&name, &name, &empty, &empty, 1);
}


static void
test_record(void)
{
    u_char              out[64];
    ngx_uint_t          i, blocks;
    ngx_rtsp_record_t  *r;

    hub_zone();
    ngx_rtsp_self = ngx_rtsp_owner(0, 1);

    blocks = hub_shared->blocks;
    r = record();

    unit_ok(r != NULL, "a session");
    unit_is_int(r->sealed_len, 0, "with nothing sealed");

    unit_is_int(ngx_rtsp_record_seal(r, (u_char *) "first", 5), NGX_OK,
                "something");
    unit_is_int(ngx_rtsp_record_seal(r, (u_char *) "second", 6), NGX_OK,
                "something else");
    unit_is_int(r->sealed_len, 6 + NGX_RTSP_SEAL_LEN, "takes its place");
    unit_is_int(ngx_rtsp_record_unseal(r, out), NGX_OK, "it is taken out");
    unit_is_mem(out, 6, "second", 6, "as it was");
    unit_is_int(r->sealed_len, 0, "and is gone");

    hub_shared->limit = hub_shared->blocks;
    unit_is_int(ngx_rtsp_record_seal(r, (u_char *) "third", 5), NGX_ERROR,
                "the zone is full");
    hub_shared->limit = 0;

    unit_is_int(ngx_rtsp_record_seal(r, (u_char *) "third", 5), NGX_OK,
                "it has room again");

    ngx_rtsp_record_delete(r);
    unit_is_int(hub_shared->blocks, blocks, "all of it goes with the session");

    /* nobody takes it: the session is forgotten in time */

    r = record();
    (void) ngx_rtsp_record_seal(r, (u_char *) "third", 5);
    r->timeout = 1000;
    ngx_rtsp_record_release(r);

    ngx_current_msec += 1000;

    for (i = 0; i < NGX_RTSP_HASH; i++) {
        ngx_rtsp_record_expire();
    }

    unit_is_int(hub_shared->blocks, blocks, "or with its time");
}


static void
test_outage(void)
{
    u_char      text[8];
    ngx_str_t   a = ngx_string("http://a/"), b = ngx_string("http://b/"), n;
    ngx_uint_t  i;

    hub_zone();

    unit_is_int(ngx_rtsp_outage_answered(&a, 1000), 0, "it answers");
    unit_is_int(ngx_rtsp_outage_failed(&a), 1, "it fails: news");
    unit_is_int(ngx_rtsp_outage_failed(&a), 0, "again: none");
    unit_is_int(ngx_rtsp_outage_failed(&b), 1, "another one fails");

    ngx_current_msec += 999;
    unit_is_int(ngx_rtsp_outage_answered(&a, 1000), 0, "too early");
    unit_is_int(ngx_rtsp_outage_failed(&a), 0, "it fails still");

    ngx_current_msec += 999;
    unit_is_int(ngx_rtsp_outage_answered(&a, 1000), 0, "the time runs anew");

    ngx_current_msec += 1;
    unit_is_int(ngx_rtsp_outage_answered(&a, 1000), 1, "it is back");
    unit_is_int(ngx_rtsp_outage_answered(&a, 1000), 0, "said once");
    unit_is_int(ngx_rtsp_outage_failed(&a), 1, "the next outage is news");
    unit_is_int(ngx_rtsp_outage_answered(&b, 1000), 1, "the other is back");

    n.data = text;

    for (i = 0; i < NGX_RTSP_OUTAGES; i++) {
        ngx_current_msec += 1;
        n.len = sprintf((char *) text, "%d", (int) i);

        unit_is_int(ngx_rtsp_outage_failed(&n), 1, "many fail");
    }

    unit_is_int(ngx_rtsp_outage_failed(&n), 0, "the newest is known");
    unit_is_int(ngx_rtsp_outage_failed(&a), 1,
                "the one that failed longest ago is forgotten");
}


int
main(void)
{
    (void) hub_tick;

    test_hash();
    test_seal();
    test_record();
    test_outage();

    return unit_done();
}
