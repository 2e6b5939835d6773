
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_hub.h"

#include <sys/random.h>


/*
 * The shared zone as such: its set-up, its one lock and its memory.
 *
 * Called by the modules when the configuration is read and by everything in
 * hub/.  One robust mutex covers the directory, the session table and the
 * slab.  The slab's own mutex is never taken once workers run: with two locks
 * a process could die between them, and nginx unlocks that one by force
 * without a word to whoever takes it next.
 *
 * The invariant: "step" says whether the holder is inside the slab's code.
 * What hub/ itself changes stays consistent at every instruction, the slab's
 * lists do not.
 */


#define NGX_RTSP_STEP_NONE     0
#define NGX_RTSP_STEP_SLAB     1

/* recounting after a death walks no further, whatever it finds */
#define NGX_RTSP_RECOUNT       1000000


static void ngx_rtsp_lock_recover(void);
static ngx_int_t ngx_rtsp_zone_mutexes(ngx_rtsp_hub_t *hub);


ngx_rtsp_hub_t          *ngx_rtsp_hub;
ngx_slab_pool_t         *ngx_rtsp_slab;

/* the lock is ours and tells of a death inside the slab: to be logged */
static ngx_uint_t        ngx_rtsp_zone_alert;


ngx_int_t
ngx_rtsp_zone_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_rtsp_hub_t   *hub;
    ngx_slab_pool_t  *slab;

    if (data) {
        zone->data = data;
        return NGX_OK;
    }

    slab = (ngx_slab_pool_t *) zone->shm.addr;

    if (zone->shm.exists) {
        zone->data = slab->data;
        return NGX_OK;
    }

    /* a full zone is told by whoever is refused for it */
    slab->log_nomem = 0;

    hub = ngx_slab_calloc(slab, sizeof(ngx_rtsp_hub_t));
    if (hub == NULL) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "zone \"%V\" is too small", &zone->shm.name);
        return NGX_ERROR;
    }

    if (ngx_rtsp_zone_mutexes(hub) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "robust shared mutexes are not available");
        return NGX_ERROR;
    }

    if (ngx_rtsp_random(&hub->seed, sizeof(hub->seed)) != NGX_OK
        || ngx_rtsp_secret_init() != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, ngx_errno,
                      "getrandom() failed");
        return NGX_ERROR;
    }

    slab->data = hub;
    zone->data = hub;

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_zone_mutexes(ngx_rtsp_hub_t *hub)
{
    ngx_int_t            rc;
    ngx_uint_t           i;
    pthread_mutexattr_t  attr;

    if (pthread_mutexattr_init(&attr) != 0) {
        return NGX_ERROR;
    }

    rc = NGX_ERROR;

    if (pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) != 0
        || pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) != 0
        || pthread_mutex_init(&hub->lock, &attr) != 0)
    {
        goto done;
    }

    for (i = 0; i < NGX_RTSP_SEATS; i++) {
        if (pthread_mutex_init(&hub->seats[i].alive, &attr) != 0) {
            goto done;
        }
    }

    rc = NGX_OK;

done:

    (void) pthread_mutexattr_destroy(&attr);

    return rc;
}


void
ngx_rtsp_zone_use(ngx_shm_zone_t *zone)
{
    ngx_rtsp_slab = (ngx_slab_pool_t *) zone->shm.addr;
    ngx_rtsp_hub = ngx_rtsp_slab->data;
}


void
ngx_rtsp_lock(void)
{
    if (pthread_mutex_lock(&ngx_rtsp_hub->lock) == EOWNERDEAD) {
        (void) pthread_mutex_consistent(&ngx_rtsp_hub->lock);
        ngx_rtsp_lock_recover();
    }
}


void
ngx_rtsp_unlock(void)
{
    ngx_uint_t  alert;

    alert = ngx_rtsp_zone_alert;
    ngx_rtsp_zone_alert = 0;

    (void) pthread_mutex_unlock(&ngx_rtsp_hub->lock);

    if (alert) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "rtsp zone was left damaged by a process that died, "
                      "new streams and sessions are refused, "
                      "restart nginx");
    }
}


/*
 * The holder died.  The chains are whole, counts may miss what it was doing.
 * If it dies again in here, the next one does the same from the start.
 */

static void
ngx_rtsp_lock_recover(void)
{
    ngx_uint_t           i, n;
    ngx_rtsp_hub_t      *hub;
    ngx_rtsp_name_t     *name;
    ngx_rtsp_record_t   *record;
    ngx_rtsp_command_t  *command;

    hub = ngx_rtsp_hub;

    if (hub->step == NGX_RTSP_STEP_SLAB && !hub->broken) {
        hub->broken = 1;
        ngx_rtsp_zone_alert = 1;
    }

    hub->step = NGX_RTSP_STEP_NONE;

    n = 0;

    for (i = 0; i < NGX_RTSP_HASH; i++) {
        for (name = hub->names[i];
             name && n < NGX_RTSP_RECOUNT;
             name = name->next)
        {
            n++;
        }
    }

    hub->nnames = n;

    n = 0;

    for (i = 0; i < NGX_RTSP_HASH; i++) {
        for (record = hub->sessions[i];
             record && n < NGX_RTSP_RECOUNT;
             record = record->next)
        {
            n++;
        }
    }

    hub->nsessions = n;

    n = 0;

    for (command = hub->commands;
         command && n < NGX_RTSP_RECOUNT;
         command = command->next)
    {
        n++;
    }

    hub->ncommands = n;
}


void *
ngx_rtsp_alloc(size_t size)
{
    void  *p;

    p = ngx_rtsp_alloc_block(size);

    if (p) {
        ngx_memzero(p, size);
    }

    return p;
}


void *
ngx_rtsp_alloc_block(size_t size)
{
    void  *p;

    if (ngx_rtsp_hub->broken) {
        return NULL;
    }

    ngx_rtsp_hub->step = NGX_RTSP_STEP_SLAB;
    ngx_memory_barrier();

    p = ngx_slab_alloc_locked(ngx_rtsp_slab, size);

    ngx_memory_barrier();
    ngx_rtsp_hub->step = NGX_RTSP_STEP_NONE;

    return p;
}


void
ngx_rtsp_free(void *p)
{
    if (p == NULL || ngx_rtsp_hub->broken) {
        return;
    }

    ngx_rtsp_hub->step = NGX_RTSP_STEP_SLAB;
    ngx_memory_barrier();

    ngx_slab_free_locked(ngx_rtsp_slab, p);

    ngx_memory_barrier();
    ngx_rtsp_hub->step = NGX_RTSP_STEP_NONE;
}


size_t
ngx_rtsp_zone_used(void)
{
    ngx_uint_t  pages;

    pages = ngx_rtsp_slab->last - ngx_rtsp_slab->pages;

    return (pages - ngx_rtsp_slab->pfree) * ngx_pagesize;
}


/* FNV-1a; the seed keeps clients from choosing names for one bucket */

ngx_uint_t
ngx_rtsp_hash(const void *key, size_t len)
{
    size_t         i;
    uint32_t       hash;
    const u_char  *p;

    p = key;
    hash = 0x811c9dc5 ^ ngx_rtsp_hub->seed;

    for (i = 0; i < len; i++) {
        hash = (hash ^ p[i]) * 0x01000193;
    }

    return (hash ^ (hash >> 16)) & (NGX_RTSP_HASH - 1);
}


ngx_int_t
ngx_rtsp_random(void *buf, size_t len)
{
    u_char   *p;
    ssize_t   n;

    p = buf;

    while (len) {
        n = getrandom(p, len, 0);

        if (n == -1) {
            if (ngx_errno == NGX_EINTR) {
                continue;
            }

            return NGX_ERROR;
        }

        p += n;
        len -= n;
    }

    return NGX_OK;
}
