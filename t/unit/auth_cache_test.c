
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "unit.h"
#include "hub_nginx.h"


/*
 * The cache of authorisation answers: what it finds, for how long, and whom
 * it lets go of when it is full.
 */


static void
cache_key(u_char *key, ngx_uint_t set, ngx_uint_t n)
{
    memset(key, 0x5a, NGX_RTSP_AUTH_KEY_LEN);

    key[0] = set & 0xff;
    key[1] = (set >> 8) & 0xff;
    key[2] = n & 0xff;
    key[3] = (n >> 8) & 0xff;
}


static void
cache_store(ngx_uint_t set, ngx_uint_t n, ngx_uint_t status, ngx_msec_t time)
{
    u_char                  key[NGX_RTSP_AUTH_KEY_LEN];
    ngx_rtsp_auth_answer_t  answer;

    cache_key(key, set, n);

    memset(&answer, 0, sizeof(ngx_rtsp_auth_answer_t));
    answer.status = status;

    ngx_rtsp_auth_cache_store(key, &answer, time);
}


/* the status kept, 0: none */

static ngx_uint_t
cache_find(ngx_uint_t set, ngx_uint_t n)
{
    u_char                  key[NGX_RTSP_AUTH_KEY_LEN];
    ngx_rtsp_auth_answer_t  answer;

    cache_key(key, set, n);

    return (ngx_rtsp_auth_cache_find(key, &answer) == NGX_OK) ? answer.status
                                                              : 0;
}


static void
test_lazy(void)
{
    ngx_uint_t  blocks;

    hub_zone();

    unit_is_int(cache_find(0, 0), 0, "nothing is known");

    blocks = hub_shared->blocks;

    hub_shared->limit = blocks;
    cache_store(0, 0, 200, 1000);
    hub_shared->limit = 0;

    unit_is_int(cache_find(0, 0), 0, "nothing is kept in a full zone");
    unit_is_int(hub_shared->blocks, blocks, "nor anything taken");

    cache_store(0, 0, 200, 1000);
    unit_is_int(cache_find(0, 0), 200, "the first answer makes the cache");
    unit_is_int(hub_shared->blocks, blocks + 1, "of one block");

    cache_store(1, 0, 200, 1000);
    unit_is_int(hub_shared->blocks, blocks + 1, "for all that follow");

    ngx_current_msec += 1000;
}


/* how often "text" stands in the cache */

static ngx_uint_t
cache_has(const char *text)
{
    u_char      *p, *last;
    ngx_uint_t   n;

    p = (u_char *) ngx_rtsp_hub->auth_cache;
    last = p + sizeof(ngx_rtsp_auth_cache_t);

    for (n = 0; (p = memmem(p, last - p, text, strlen(text))); n++) {
        p++;
    }

    return n;
}


/* the entries of the key's set that are not all zero */

static ngx_uint_t
cache_written(ngx_uint_t set)
{
    ngx_uint_t              i, n;
    ngx_rtsp_auth_entry_t  *e, none;

    memset(&none, 0, sizeof(none));

    e = &ngx_rtsp_hub->auth_cache->entries[set * NGX_RTSP_AUTH_WAYS];

    for (i = 0, n = 0; i < NGX_RTSP_AUTH_WAYS; i++) {
        n += (memcmp(&e[i], &none, sizeof(none)) != 0);
    }

    return n;
}


static void
test_sealed(void)
{
    u_char                  key[NGX_RTSP_AUTH_KEY_LEN];
    ngx_rtsp_auth_entry_t  *e;
    ngx_rtsp_auth_answer_t  answer;

    static const char  *ha1[] = { "0123456789abcdef0123456789abcdef",
                                  "fedcba9876543210fedcba9876543210" };

    cache_key(key, 5, 5);
    memset(&answer, 0, sizeof(ngx_rtsp_auth_answer_t));
    answer.status = 200;
    answer.ha1_len = 32;

    memcpy(answer.ha1, ha1[0], 32);
    ngx_rtsp_auth_cache_store(key, &answer, 1000);
    unit_is_int(cache_has("0123456789abcdef"), 0, "HA1 is not to be read");

    memcpy(answer.ha1, ha1[1], 32);
    ngx_rtsp_auth_cache_store(key, &answer, 1000);

    memset(&answer, 0, sizeof(ngx_rtsp_auth_answer_t));
    unit_is_int(ngx_rtsp_auth_cache_find(key, &answer), NGX_OK, "it is found");
    unit_is_mem(answer.ha1, answer.ha1_len, ha1[1], 32, "the newer one");
    unit_is_int(cache_written(5), 1, "in the place of the older one");

    e = &ngx_rtsp_hub->auth_cache->entries[5 * NGX_RTSP_AUTH_WAYS];
    e->sealed[NGX_RTSP_SEAL_LEN] ^= 1;
    unit_is_int(ngx_rtsp_auth_cache_find(key, &answer), NGX_DECLINED,
                "one that was changed is not believed");

    ngx_current_msec += 1000;
    unit_is_int(cache_find(5, 6), 0, "another key of its set");
    unit_is_int(cache_written(5), 0, "finds it expired, and wipes it");
}


static void
test_entries(void)
{
    u_char                  key[NGX_RTSP_AUTH_KEY_LEN];
    ngx_rtsp_auth_answer_t  answer;

    unit_is_int(cache_find(1, 1), 0, "nothing is known");

    cache_store(1, 1, 200, 1000);
    unit_is_int(cache_find(1, 1), 200, "an answer");
    unit_is_int(cache_find(1, 2), 0, "not that of another key");
    unit_is_int(cache_find(2, 1), 0, "nor of another set");

    cache_store(1, 1, 403, 1000);
    unit_is_int(cache_find(1, 1), 403, "a newer answer takes its place");

    ngx_current_msec += 999;
    unit_is_int(cache_find(1, 1), 403, "until its time is over");

    ngx_current_msec += 1;
    unit_is_int(cache_find(1, 1), 0, "and not longer");

    cache_key(key, 3, 3);
    memset(&answer, 0, sizeof(ngx_rtsp_auth_answer_t));
    answer.status = 200;
    answer.ha1_len = NGX_RTSP_AUTH_HA1_LEN;
    memset(answer.ha1, 'a', NGX_RTSP_AUTH_HA1_LEN);
    ngx_rtsp_auth_cache_store(key, &answer, 1000);

    memset(&answer, 0, sizeof(ngx_rtsp_auth_answer_t));
    unit_is_int(ngx_rtsp_auth_cache_find(key, &answer), NGX_OK, "with HA1");
    unit_is_int(answer.ha1_len, NGX_RTSP_AUTH_HA1_LEN, "its length");
    unit_is_int(answer.ha1[NGX_RTSP_AUTH_HA1_LEN - 1], 'a', "its end");
}


static void
test_full(void)
{
    ngx_uint_t  i, n, blocks;

    blocks = hub_shared->blocks;

    for (i = 0; i < NGX_RTSP_AUTH_WAYS; i++) {
        cache_store(7, i, 200, 100000);
        ngx_current_msec += 10;
    }

    for (i = 0, n = 0; i < NGX_RTSP_AUTH_WAYS; i++) {
        n += (cache_find(7, i) == 200);
    }

    unit_is_int(n, NGX_RTSP_AUTH_WAYS, "a set is full");

    cache_store(7, 100, 200, 100000);
    unit_is_int(cache_find(7, 100), 200, "one more");
    unit_is_int(cache_find(7, 0), 0, "in the place of the oldest");
    unit_is_int(cache_find(7, 1), 200, "and of no other");

    /* what is over goes first, however young */

    cache_store(7, 101, 200, 10);
    unit_is_int(cache_find(7, 1), 0, "the next oldest goes");
    ngx_current_msec += 10;

    cache_store(7, 102, 200, 100000);
    unit_is_int(cache_find(7, 2), 200, "what has expired goes before it");
    unit_is_int(cache_find(7, 102), 200, "for a new one");

    ngx_current_msec += 10;

    for (i = 0; i < 10000; i++) {
        cache_store(i % NGX_RTSP_AUTH_SETS, i, 200, 100000);
    }

    for (i = 0, n = 0; i < 10000; i++) {
        n += (cache_find(i % NGX_RTSP_AUTH_SETS, i) == 200);
    }

    unit_is_int(n, NGX_RTSP_AUTH_SETS * NGX_RTSP_AUTH_WAYS,
                "4096 of 10000 are there");
    unit_is_int(hub_shared->blocks, blocks, "the zone gave nothing for them");
}


int
main(void)
{
    (void) hub_tick;

    test_lazy();
    test_entries();
    test_sealed();
    test_full();

    return unit_done();
}
