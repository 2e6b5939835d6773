
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_hub.h"


/*
 * Answers of authorisation services, shared by all workers.  Called by the
 * server, which makes a key out of everything that an answer depends on:
 * keyed hashes, so nothing in here tells a password.
 *
 * The key picks a set of a few entries, and what is new takes the place of
 * the oldest of them: no lists to be left broken, no search, no allocation.
 *
 * Invariant: an entry is "valid" only while all of it is; a process that dies
 * while it writes leaves an empty entry.
 */


static ngx_rtsp_auth_cache_t *ngx_rtsp_auth_cache_make(void);
static ngx_rtsp_auth_entry_t *ngx_rtsp_auth_cache_set(const u_char *key);
static ngx_uint_t ngx_rtsp_auth_cache_expired(ngx_rtsp_auth_entry_t *e);


ngx_int_t
ngx_rtsp_auth_cache_secret(u_char *secret)
{
    ngx_rtsp_auth_cache_t  *cache;

    ngx_rtsp_lock();
    cache = ngx_rtsp_hub->auth_cache;
    ngx_rtsp_unlock();

    if (cache == NULL) {
        cache = ngx_rtsp_auth_cache_make();

        if (cache == NULL) {
            return NGX_ERROR;
        }
    }

    ngx_memcpy(secret, cache->secret, NGX_RTSP_AUTH_SECRET_LEN);

    return NGX_OK;
}


/* it is cleared outside of the lock, as that takes a while */

static ngx_rtsp_auth_cache_t *
ngx_rtsp_auth_cache_make(void)
{
    ngx_rtsp_auth_cache_t  *cache;

    ngx_rtsp_lock();
    cache = ngx_rtsp_alloc_block(sizeof(ngx_rtsp_auth_cache_t));
    ngx_rtsp_unlock();

    if (cache == NULL) {
        return NULL;
    }

    ngx_memzero(cache, sizeof(ngx_rtsp_auth_cache_t));

    if (ngx_rtsp_random(cache->secret, NGX_RTSP_AUTH_SECRET_LEN) != NGX_OK) {
        ngx_rtsp_lock();
        ngx_rtsp_free(cache);
        ngx_rtsp_unlock();

        return NULL;
    }

    ngx_rtsp_lock();

    if (ngx_rtsp_hub->auth_cache == NULL) {
        ngx_memory_barrier();
        ngx_rtsp_hub->auth_cache = cache;

    } else {
        /* another worker was faster */
        ngx_rtsp_free(cache);
    }

    cache = ngx_rtsp_hub->auth_cache;

    ngx_rtsp_unlock();

    return cache;
}


ngx_int_t
ngx_rtsp_auth_cache_find(const u_char *key, ngx_rtsp_auth_answer_t *answer)
{
    ngx_int_t               rc;
    ngx_uint_t              i;
    ngx_rtsp_auth_entry_t  *set;

    rc = NGX_DECLINED;

    ngx_rtsp_lock();

    if (ngx_rtsp_hub->auth_cache == NULL) {
        goto done;
    }

    set = ngx_rtsp_auth_cache_set(key);

    for (i = 0; i < NGX_RTSP_AUTH_WAYS; i++) {

        if (set[i].valid
            && ngx_memcmp(set[i].key, key, NGX_RTSP_AUTH_KEY_LEN) == 0
            && !ngx_rtsp_auth_cache_expired(&set[i]))
        {
            *answer = set[i].answer;
            rc = NGX_OK;
            break;
        }
    }

done:

    ngx_rtsp_unlock();

    return rc;
}


void
ngx_rtsp_auth_cache_store(const u_char *key,
    const ngx_rtsp_auth_answer_t *answer, ngx_msec_t time)
{
    ngx_uint_t              i;
    ngx_rtsp_auth_entry_t  *set, *e;

    ngx_rtsp_lock();

    if (ngx_rtsp_hub->auth_cache == NULL) {
        goto done;
    }

    set = ngx_rtsp_auth_cache_set(key);
    e = &set[0];

    for (i = 0; i < NGX_RTSP_AUTH_WAYS; i++) {

        if (set[i].valid
            && ngx_memcmp(set[i].key, key, NGX_RTSP_AUTH_KEY_LEN) == 0)
        {
            e = &set[i];
            break;
        }

        /* of those that are not needed any more any will do */

        if (!e->valid || ngx_rtsp_auth_cache_expired(e)) {
            continue;
        }

        if (!set[i].valid || ngx_rtsp_auth_cache_expired(&set[i])
            || (ngx_msec_int_t) (set[i].stored - e->stored) < 0)
        {
            e = &set[i];
        }
    }

    e->valid = 0;
    ngx_memory_barrier();

    ngx_memcpy(e->key, key, NGX_RTSP_AUTH_KEY_LEN);
    e->answer = *answer;
    e->stored = ngx_current_msec;
    e->until = ngx_current_msec + time;

    ngx_memory_barrier();
    e->valid = 1;

done:

    ngx_rtsp_unlock();
}


static ngx_rtsp_auth_entry_t *
ngx_rtsp_auth_cache_set(const u_char *key)
{
    ngx_uint_t  n;

    n = (key[0] | key[1] << 8) & (NGX_RTSP_AUTH_SETS - 1);

    return &ngx_rtsp_hub->auth_cache->entries[n * NGX_RTSP_AUTH_WAYS];
}


static ngx_uint_t
ngx_rtsp_auth_cache_expired(ngx_rtsp_auth_entry_t *e)
{
    return (ngx_msec_int_t) (ngx_current_msec - e->until) >= 0;
}
