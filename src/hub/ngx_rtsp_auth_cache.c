
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_hub.h"

#include <openssl/crypto.h>


/*
 * Answers of authorisation services, shared by all workers.  Called by the
 * server, which makes a key out of everything that an answer depends on:
 * keyed hashes, so nothing in here tells a password.  A HA1 is as good as one
 * for whoever answers a Digest with it, so it is sealed.
 *
 * The key picks a set of a few entries, and what is new takes the place of
 * the oldest of them: no lists to be left broken, no search, no allocation.
 *
 * Invariant: an entry is "valid" only while all of it is; a process that dies
 * while it writes leaves an empty entry.
 */


static ngx_rtsp_auth_cache_t *ngx_rtsp_auth_cache_make(void);
static ngx_rtsp_auth_entry_t *ngx_rtsp_auth_cache_entry(const u_char *key);
static ngx_rtsp_auth_entry_t *ngx_rtsp_auth_cache_place(const u_char *key);
static ngx_rtsp_auth_entry_t *ngx_rtsp_auth_cache_set(const u_char *key);


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
    ngx_rtsp_auth_entry_t  *e, found;

    found.valid = 0;

    ngx_rtsp_lock();

    e = ngx_rtsp_hub->auth_cache ? ngx_rtsp_auth_cache_entry(key) : NULL;

    if (e) {
        found = *e;
    }

    ngx_rtsp_unlock();

    if (!found.valid) {
        return NGX_DECLINED;
    }

    answer->status = found.status;
    answer->ha1_len = 0;

    if (found.sealed_len == 0) {
        return NGX_OK;
    }

    if (ngx_rtsp_secret_open(found.sealed, found.sealed_len, answer->ha1)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    answer->ha1_len = found.sealed_len - NGX_RTSP_SEAL_LEN;

    return NGX_OK;
}


void
ngx_rtsp_auth_cache_store(const u_char *key,
    const ngx_rtsp_auth_answer_t *answer, ngx_msec_t time)
{
    ngx_rtsp_auth_entry_t  *e, new;

    ngx_memzero(&new, sizeof(ngx_rtsp_auth_entry_t));

    ngx_memcpy(new.key, key, NGX_RTSP_AUTH_KEY_LEN);
    new.status = answer->status;
    new.stored = ngx_current_msec;
    new.until = ngx_current_msec + time;

    if (answer->ha1_len) {

        if (ngx_rtsp_secret_seal(answer->ha1, answer->ha1_len, new.sealed)
            != NGX_OK)
        {
            return;
        }

        new.sealed_len = answer->ha1_len + NGX_RTSP_SEAL_LEN;
    }

    if (ngx_rtsp_hub->auth_cache == NULL
        && ngx_rtsp_auth_cache_make() == NULL)
    {
        return;
    }

    ngx_rtsp_lock();

    e = ngx_rtsp_auth_cache_entry(key);

    if (e == NULL) {
        e = ngx_rtsp_auth_cache_place(key);
    }

    e->valid = 0;
    ngx_memory_barrier();

    *e = new;

    ngx_memory_barrier();
    e->valid = 1;

    ngx_rtsp_unlock();
}


/* the entry of the key, or NULL; what is over in its set is wiped */

static ngx_rtsp_auth_entry_t *
ngx_rtsp_auth_cache_entry(const u_char *key)
{
    ngx_uint_t              i;
    ngx_rtsp_auth_entry_t  *set, *found;

    found = NULL;
    set = ngx_rtsp_auth_cache_set(key);

    for (i = 0; i < NGX_RTSP_AUTH_WAYS; i++) {

        if (!set[i].valid) {
            continue;
        }

        if ((ngx_msec_int_t) (ngx_current_msec - set[i].until) >= 0) {
            set[i].valid = 0;
            ngx_memory_barrier();
            OPENSSL_cleanse(&set[i], sizeof(ngx_rtsp_auth_entry_t));

        } else if (ngx_memcmp(set[i].key, key, NGX_RTSP_AUTH_KEY_LEN) == 0) {
            found = &set[i];
        }
    }

    return found;
}


/* where a new entry may go: one that is empty, else the oldest */

static ngx_rtsp_auth_entry_t *
ngx_rtsp_auth_cache_place(const u_char *key)
{
    ngx_uint_t              i;
    ngx_rtsp_auth_entry_t  *set, *oldest;

    set = ngx_rtsp_auth_cache_set(key);
    oldest = &set[0];

    for (i = 0; i < NGX_RTSP_AUTH_WAYS; i++) {

        if (!set[i].valid) {
            return &set[i];
        }

        if ((ngx_msec_int_t) (set[i].stored - oldest->stored) < 0) {
            oldest = &set[i];
        }
    }

    return oldest;
}


static ngx_rtsp_auth_entry_t *
ngx_rtsp_auth_cache_set(const u_char *key)
{
    ngx_uint_t  n;

    n = (key[0] | key[1] << 8) & (NGX_RTSP_AUTH_SETS - 1);

    return &ngx_rtsp_hub->auth_cache->entries[n * NGX_RTSP_AUTH_WAYS];
}
