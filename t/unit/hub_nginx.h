
/*
 * Copyright (C) the nginx RTSP module authors
 */


/*
 * Stand-ins for what hub/ needs of nginx, for the one program that tests it:
 * a log that counts its alerts, a clock that the test moves, a slab that
 * counts its blocks, poisons free ones, and on demand kills the process
 * that is inside it, and an event loop of one descriptor and one timer.  What
 * all processes have to see lies in shared memory.
 */


#ifndef _HUB_NGINX_H_INCLUDED_
#define _HUB_NGINX_H_INCLUDED_


#include "ngx_rtsp_hub.h"

#include <signal.h>
#include <sys/mman.h>


#define HUB_ZONE   (16 * 1024 * 1024)


typedef struct hub_block_s  hub_block_t;

struct hub_block_s {
    hub_block_t   *next;
    size_t         size;                    /* 0: free */
    size_t         room;
};


typedef struct {
    ngx_atomic_t   alerts;
    ngx_atomic_t   bad_frees;
    ngx_atomic_t   blocks;                  /* in use */
    ngx_atomic_t   die;                     /* in the next slab call */
    size_t         limit;                   /* of blocks, 0: none */
    hub_block_t   *free;
    u_char        *pos;
    u_char        *end;
} hub_shared_t;


static hub_shared_t          *hub_shared;
static ngx_slab_pool_t       *hub_pool;

static ngx_log_t              hub_log;
static ngx_cycle_t            hub_cycle;
static ngx_connection_t       hub_connection;
static ngx_event_t            hub_read;
static ngx_event_t            hub_write;
static ngx_event_t           *hub_timer;

volatile ngx_cycle_t         *ngx_cycle = &hub_cycle;
volatile ngx_msec_t           ngx_current_msec = 1000000;
ngx_pid_t                     ngx_pid;
ngx_uint_t                    ngx_test_config;
ngx_uint_t                    ngx_pagesize = 4096;
ngx_uint_t                    ngx_event_flags;
ngx_rbtree_t                  ngx_event_timer_rbtree;


void
ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    if (level <= NGX_LOG_ALERT) {
        (void) ngx_atomic_fetch_add(&hub_shared->alerts, 1);
    }
}


void *
ngx_slab_alloc_locked(ngx_slab_pool_t *pool, size_t size)
{
    size_t         room;
    hub_block_t   *block, **p;

    if (hub_shared->die) {
        hub_shared->die = 0;
        raise(SIGKILL);
    }

    if (hub_shared->limit && hub_shared->blocks >= hub_shared->limit) {
        return NULL;
    }

    room = (size + 15) / 16 * 16 + 16;

    for (p = &hub_shared->free; *p; p = &(*p)->next) {
        block = *p;

        if (block->room == room) {
            *p = block->next;
            goto found;
        }
    }

    if ((size_t) (hub_shared->end - hub_shared->pos)
        < room + sizeof(hub_block_t))
    {
        return NULL;
    }

    block = (hub_block_t *) hub_shared->pos;
    hub_shared->pos += (sizeof(hub_block_t) + room + 15) / 16 * 16;

found:

    block->room = room;
    block->size = size + 1;
    memset(block + 1, 0xa5, room);

    hub_shared->blocks++;

    return block + 1;
}


void *
ngx_slab_calloc(ngx_slab_pool_t *pool, size_t size)
{
    void  *p;

    p = ngx_slab_alloc_locked(pool, size);

    if (p) {
        memset(p, 0, size);
    }

    return p;
}


void
ngx_slab_free_locked(ngx_slab_pool_t *pool, void *p)
{
    u_char       *tail;
    size_t        i;
    hub_block_t  *block;

    if (hub_shared->die) {
        hub_shared->die = 0;
        raise(SIGKILL);
    }

    block = (hub_block_t *) p - 1;

    if ((u_char *) block < (u_char *) (hub_shared + 1)
        || (u_char *) block >= hub_shared->pos
        || block->size == 0)
    {
        hub_shared->bad_frees++;
        return;
    }

    /* nobody has written past its end */

    tail = (u_char *) p + block->size - 1;

    for (i = 0; i < block->room - (block->size - 1); i++) {
        if (tail[i] != 0xa5) {
            hub_shared->bad_frees++;
            break;
        }
    }

    memset(p, 0xdd, block->room);

    block->size = 0;
    block->next = hub_shared->free;
    hub_shared->free = block;

    hub_shared->blocks--;
}


ngx_connection_t *
ngx_get_connection(ngx_socket_t s, ngx_log_t *log)
{
    memset(&hub_connection, 0, sizeof(ngx_connection_t));
    memset(&hub_read, 0, sizeof(ngx_event_t));
    memset(&hub_write, 0, sizeof(ngx_event_t));

    hub_connection.fd = s;
    hub_connection.log = log;
    hub_connection.read = &hub_read;
    hub_connection.write = &hub_write;
    hub_read.data = &hub_connection;
    hub_write.data = &hub_connection;

    return &hub_connection;
}


void
ngx_free_connection(ngx_connection_t *c)
{
    c->fd = -1;
}


ngx_int_t
ngx_handle_read_event(ngx_event_t *rev, ngx_uint_t flags)
{
    return NGX_OK;
}


void
ngx_rbtree_insert(ngx_rbtree_t *tree, ngx_rbtree_node_t *node)
{
    hub_timer = (ngx_event_t *)
                         ((u_char *) node - offsetof(ngx_event_t, timer));
}


void
ngx_rbtree_delete(ngx_rbtree_t *tree, ngx_rbtree_node_t *node)
{
    hub_timer = NULL;
}


/* what the event loop does with the timer of this process */

static void
hub_tick(void)
{
    ngx_event_t  *timer;

    timer = hub_timer;
    hub_timer = NULL;

    timer->timer_set = 0;
    timer->handler(timer);
}


/* a new zone, for this process and those it starts */

static void
hub_zone(void)
{
    u_char          *p;
    ngx_shm_zone_t   zone;

    if (hub_shared == NULL) {
        p = mmap(NULL, HUB_ZONE, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANON,
                 -1, 0);
        if (p == MAP_FAILED) {
            exit(2);
        }

        hub_shared = (hub_shared_t *) p;
    }

    memset(hub_shared, 0, sizeof(hub_shared_t));

    hub_pool = (ngx_slab_pool_t *) (hub_shared + 1);
    memset(hub_pool, 0, sizeof(ngx_slab_pool_t));

    hub_shared->pos = (u_char *) (((uintptr_t) (hub_pool + 1) + 63) & ~63ul);
    hub_shared->end = (u_char *) hub_shared + HUB_ZONE;

    hub_log.log_level = NGX_LOG_NOTICE;
    hub_cycle.log = &hub_log;

    ngx_pid = getpid();

    memset(&zone, 0, sizeof(ngx_shm_zone_t));
    zone.shm.addr = (u_char *) hub_pool;
    zone.shm.log = &hub_log;

    if (ngx_rtsp_zone_init(&zone, NULL) != NGX_OK) {
        exit(2);
    }

    ngx_rtsp_zone_use(&zone);
}


#endif /* _HUB_NGINX_H_INCLUDED_ */
