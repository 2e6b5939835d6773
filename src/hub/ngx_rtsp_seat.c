
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_hub.h"

#include <sys/eventfd.h>


/*
 * Seats: who is alive, and how workers wake each other.
 *
 * Called by the core module when the master starts and when workers begin and
 * end, by everybody who has news for another worker, and by a timer of its
 * own.  It owns the wake-up descriptors, which live as long as the master so
 * that workers of all generations share them, and this worker's seat.
 *
 * The invariant: a worker holds the mutex of its seat from the moment it has
 * one until it leaves or dies.  Whoever gets the mutex of a seat that has a
 * pid therefore knows that its process is gone, and nothing else says so.
 */


#define NGX_RTSP_SEAT_TICK     250 /* ms */
#define NGX_RTSP_SEAT_LOST     256 /* lines owed, a reaper's slice */


/* a publisher that has died with its worker */

typedef struct {
    size_t                        address_len;
    size_t                        name_len;
    u_char                        address[NGX_SOCKADDR_STRLEN];
    u_char                        name[NGX_RTSP_MAX_NAME];
} ngx_rtsp_lost_t;


/* cleans up after a dead owner, a slice at a time */
typedef ngx_int_t (*ngx_rtsp_seat_reap_pt)(ngx_rtsp_owner_t owner,
    uint64_t *cursor);


static ngx_int_t ngx_rtsp_seat_try(ngx_rtsp_seat_t *seat);
static void ngx_rtsp_seat_say_lost(void);
static void ngx_rtsp_seat_clean(ngx_rtsp_owner_t owner);
static ngx_rtsp_seat_t *ngx_rtsp_seat_find(void);
static ngx_int_t ngx_rtsp_seat_listen(ngx_cycle_t *cycle, ngx_fd_t fd);
static void ngx_rtsp_seat_wake(ngx_uint_t index);
static void ngx_rtsp_seat_look(void);
static void ngx_rtsp_seat_read_handler(ngx_event_t *rev);
static void ngx_rtsp_seat_tick_handler(ngx_event_t *ev);


ngx_rtsp_owner_t                  ngx_rtsp_self;

static ngx_uint_t                 ngx_rtsp_seat_ready;
static ngx_fd_t                   ngx_rtsp_seat_fds[NGX_RTSP_SEATS];

static ngx_uint_t                 ngx_rtsp_nlost;
static ngx_rtsp_lost_t            ngx_rtsp_lost[NGX_RTSP_SEAT_LOST];
static ngx_rtsp_seat_t           *ngx_rtsp_seat;
static ngx_rtsp_seat_handlers_t   ngx_rtsp_seat_handlers;
static ngx_event_t                ngx_rtsp_seat_timer;


static ngx_rtsp_seat_reap_pt      ngx_rtsp_seat_reapers[] = {
    ngx_rtsp_record_reap_locked,
    ngx_rtsp_stream_reap_locked,
    ngx_rtsp_claim_reap_locked,
    ngx_rtsp_command_reap_locked
};


ngx_int_t
ngx_rtsp_seat_init_module(ngx_cycle_t *cycle)
{
    ngx_uint_t  i;

    if (ngx_test_config || ngx_rtsp_seat_ready) {
        return NGX_OK;
    }

    for (i = 0; i < NGX_RTSP_SEATS; i++) {

        ngx_rtsp_seat_fds[i] = eventfd(0, EFD_NONBLOCK|EFD_CLOEXEC);

        if (ngx_rtsp_seat_fds[i] == -1) {
            ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                          "eventfd() failed, rtsp is not available");

            while (i) {
                (void) close(ngx_rtsp_seat_fds[--i]);
            }

            return NGX_ERROR;
        }
    }

    ngx_rtsp_seat_ready = 1;

    return NGX_OK;
}


ngx_int_t
ngx_rtsp_seat_take(ngx_cycle_t *cycle, ngx_rtsp_seat_handlers_t *handlers)
{
    ngx_uint_t        index;
    ngx_rtsp_seat_t  *seat;

    seat = ngx_rtsp_seat_ready ? ngx_rtsp_seat_find() : NULL;

    if (seat == NULL) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, 0,
                      "no seat for this worker process in the rtsp zone, "
                      "rtsp is not available in it");
        return NGX_ERROR;
    }

    index = seat - ngx_rtsp_hub->seats;

    /* what is left from the one before is no news for us */

    seat->generation++;
    seat->exiting = 0;
    seat->commands = 0;
    seat->flag = 0;
    ngx_memzero((void *) seat->dirty, sizeof(seat->dirty));

    ngx_memory_barrier();

    seat->pid = ngx_pid;

    ngx_rtsp_seat = seat;
    ngx_rtsp_seat_handlers = *handlers;
    ngx_rtsp_self = ngx_rtsp_owner(index, seat->generation);

    if (ngx_rtsp_seat_listen(cycle, ngx_rtsp_seat_fds[index]) != NGX_OK) {
        ngx_rtsp_seat_leave(cycle);

        ngx_log_error(NGX_LOG_ALERT, cycle->log, 0,
                      "cannot listen for wake-ups, "
                      "rtsp is not available in this worker process");
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* a free or dead seat, locked and cleaned up, or NULL */

static ngx_rtsp_seat_t *
ngx_rtsp_seat_find(void)
{
    ngx_uint_t        i;
    ngx_rtsp_seat_t  *seat;

    for (i = 0; i < NGX_RTSP_SEATS; i++) {
        seat = &ngx_rtsp_hub->seats[i];

        if (ngx_rtsp_seat_try(seat) != NGX_OK) {
            continue;
        }

        if (seat->pid) {
            ngx_rtsp_seat_clean(ngx_rtsp_owner(i, seat->generation));
            seat->pid = 0;
        }

        return seat;
    }

    return NULL;
}


/* NGX_OK: the mutex is ours, nobody lives in the seat; NGX_BUSY */

static ngx_int_t
ngx_rtsp_seat_try(ngx_rtsp_seat_t *seat)
{
    switch (pthread_mutex_trylock(&seat->alive)) {

    case 0:
        return NGX_OK;

    case EOWNERDEAD:
        (void) pthread_mutex_consistent(&seat->alive);
        return NGX_OK;

    default:
        return NGX_BUSY;
    }
}


static ngx_int_t
ngx_rtsp_seat_listen(ngx_cycle_t *cycle, ngx_fd_t fd)
{
    ngx_event_t       *rev, *timer;
    ngx_connection_t  *c;

    c = ngx_get_connection(fd, cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    rev = c->read;
    rev->log = cycle->log;
    rev->handler = ngx_rtsp_seat_read_handler;

    /* neither a leaked socket at exit nor one that the shutdown timer cuts */
    rev->channel = 1;
    c->write->channel = 1;
    c->write->log = cycle->log;

    /* a graceful shutdown calls the handler of an idle connection */
    c->idle = 1;
    c->shared = 1;

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_free_connection(c);
        return NGX_ERROR;
    }

    timer = &ngx_rtsp_seat_timer;

    ngx_memzero(timer, sizeof(ngx_event_t));
    timer->handler = ngx_rtsp_seat_tick_handler;
    timer->data = c;
    timer->log = cycle->log;
    timer->cancelable = 1;

    ngx_add_timer(timer, NGX_RTSP_SEAT_TICK);

    return NGX_OK;
}


void
ngx_rtsp_seat_leave(ngx_cycle_t *cycle)
{
    ngx_rtsp_seat_t  *seat;

    seat = ngx_rtsp_seat;

    if (seat == NULL) {
        return;
    }

    if (ngx_rtsp_seat_timer.timer_set) {
        ngx_del_timer(&ngx_rtsp_seat_timer);
    }

    /* after a fast shutdown there may be something left */
    ngx_rtsp_seat_clean(ngx_rtsp_self);

    ngx_rtsp_self = 0;
    ngx_rtsp_seat = NULL;

    seat->pid = 0;
    (void) pthread_mutex_unlock(&seat->alive);
}


ngx_uint_t
ngx_rtsp_seat_reap(void)
{
    ngx_pid_t         pid;
    ngx_uint_t        i, n;
    ngx_rtsp_seat_t  *seat;

    n = 0;

    for (i = 0; i < NGX_RTSP_SEATS; i++) {
        seat = &ngx_rtsp_hub->seats[i];

        if (seat->pid == 0
            || seat == ngx_rtsp_seat
            || ngx_rtsp_seat_try(seat) != NGX_OK)
        {
            continue;
        }

        pid = seat->pid;

        if (pid) {
            ngx_rtsp_seat_clean(ngx_rtsp_owner(i, seat->generation));
            seat->pid = 0;
        }

        (void) pthread_mutex_unlock(&seat->alive);

        if (pid) {
            ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                          "rtsp cleaned up after dead process %P", pid);
            n++;
        }
    }

    return n;
}


void
ngx_rtsp_seat_mourn(ngx_rtsp_stream_t *stream)
{
    ngx_rtsp_lost_t  *lost;

    if (ngx_rtsp_nlost == NGX_RTSP_SEAT_LOST) {
        return;
    }

    lost = &ngx_rtsp_lost[ngx_rtsp_nlost++];

    lost->address_len = stream->address_len;
    ngx_memcpy(lost->address, stream->address, stream->address_len);

    lost->name_len = stream->name ? stream->name->len : 0;
    ngx_memcpy(lost->name, stream->name ? stream->name->data : (u_char *) "",
               lost->name_len);
}


/* the lock is free again */

static void
ngx_rtsp_seat_say_lost(void)
{
    ngx_uint_t  i;

    for (i = 0; i < ngx_rtsp_nlost; i++) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "rtsp publisher is lost with its worker, client: %*s, "
                      "path: \"%*s\"",
                      ngx_rtsp_lost[i].address_len, ngx_rtsp_lost[i].address,
                      ngx_rtsp_lost[i].name_len, ngx_rtsp_lost[i].name);
    }

    ngx_rtsp_nlost = 0;
}


/*
 * The caller has the seat's mutex.  All steps may be done twice: if we die
 * here, the next one begins again.
 */

static void
ngx_rtsp_seat_clean(ngx_rtsp_owner_t owner)
{
    uint64_t    cursor;
    ngx_int_t   rc;
    ngx_uint_t  i, n;

    n = sizeof(ngx_rtsp_seat_reapers) / sizeof(ngx_rtsp_seat_reapers[0]);

    for (i = 0; i < n; i++) {
        cursor = 0;

        do {
            ngx_rtsp_lock();
            rc = ngx_rtsp_seat_reapers[i](owner, &cursor);
            ngx_rtsp_unlock();

            ngx_rtsp_seat_say_lost();

        } while (rc == NGX_AGAIN);
    }
}


ngx_uint_t
ngx_rtsp_seat_alive(ngx_rtsp_owner_t owner)
{
    ngx_uint_t        index;
    ngx_rtsp_seat_t  *seat;

    if (owner == 0) {
        return 0;
    }

    if (owner == ngx_rtsp_self) {
        return 1;
    }

    index = ngx_rtsp_owner_seat(owner);

    if (index >= NGX_RTSP_SEATS) {
        return 0;
    }

    seat = &ngx_rtsp_hub->seats[index];

    if (seat->pid == 0 || ngx_rtsp_owner(index, seat->generation) != owner) {
        return 0;
    }

    if (ngx_rtsp_seat_try(seat) != NGX_OK) {
        return 1;
    }

    /* the pid stays, so that the reaper sees that there is work to do */

    (void) pthread_mutex_unlock(&seat->alive);

    return 0;
}


void
ngx_rtsp_seat_wake_stream(ngx_uint_t seat, ngx_uint_t slot)
{
    ngx_atomic_t  *word;

    word = &ngx_rtsp_hub->seats[seat].dirty[slot / 64];

    (void) __sync_fetch_and_or(word, (ngx_atomic_uint_t) 1 << (slot % 64));

    ngx_rtsp_seat_wake(seat);
}


void
ngx_rtsp_seat_wake_commands(ngx_uint_t seat)
{
    ngx_rtsp_hub->seats[seat].commands = 1;

    ngx_rtsp_seat_wake(seat);
}


/* only the first news since the seat has looked costs a system call */

static void
ngx_rtsp_seat_wake(ngx_uint_t index)
{
    uint64_t          one;
    ngx_rtsp_seat_t  *seat;

    seat = &ngx_rtsp_hub->seats[index];

    if (!ngx_atomic_cmp_set(&seat->flag, 0, 1)) {
        return;
    }

    one = 1;

    if (write(ngx_rtsp_seat_fds[index], &one, sizeof(one)) == -1) {
        ngx_log_debug1(NGX_LOG_DEBUG_EVENT, ngx_cycle->log, ngx_errno,
                       "rtsp wake seat:%ui failed", index);
    }
}


void
ngx_rtsp_seat_wake_readers(ngx_rtsp_stream_t *stream)
{
    ngx_uint_t         i, index;
    ngx_atomic_uint_t  bits;

    for (i = 0; i < NGX_RTSP_SEATS / 64; i++) {

        for (bits = stream->seats[i]; bits; bits &= bits - 1) {
            index = i * 64 + __builtin_ctzl(bits);

            if (&ngx_rtsp_hub->seats[index] != ngx_rtsp_seat) {
                ngx_rtsp_seat_wake_stream(index, stream->slot);
            }
        }
    }
}


/*
 * Looks at all news.  The flag is cleared before, so that news that come
 * meanwhile wake us again.
 */

static void
ngx_rtsp_seat_look(void)
{
    ngx_uint_t         i;
    ngx_rtsp_seat_t   *seat;
    ngx_atomic_uint_t  bits;

    seat = ngx_rtsp_seat;

    seat->flag = 0;

    ngx_memory_barrier();

    for (i = 0; i < NGX_RTSP_SLOTS / 64; i++) {

        if (seat->dirty[i] == 0) {
            continue;
        }

        for (bits = __sync_fetch_and_and(&seat->dirty[i], 0);
             bits;
             bits &= bits - 1)
        {
            ngx_rtsp_seat_handlers.stream(i * 64 + __builtin_ctzl(bits));
        }
    }

    if (__sync_fetch_and_and(&seat->commands, 0)) {
        ngx_rtsp_seat_handlers.commands();
    }
}


static void
ngx_rtsp_seat_read_handler(ngx_event_t *rev)
{
    uint64_t           n;
    ngx_connection_t  *c;

    c = rev->data;

    if (ngx_rtsp_seat == NULL) {
        return;
    }

    if (c->close) {
        c->close = 0;
        c->idle = 0;

        ngx_rtsp_seat->exiting = 1;
        ngx_rtsp_seat_handlers.shutdown();

        return;
    }

    /*
     * the flag is the news, not the number: the descriptor may be shared with
     * a worker that still has an older zone
     */

    if (read(c->fd, &n, sizeof(n)) == -1 && ngx_errno != NGX_EAGAIN) {
        ngx_log_error(NGX_LOG_ALERT, rev->log, ngx_errno,
                      "read() from eventfd failed");
    }

    rev->ready = 0;

    ngx_rtsp_seat_look();

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_log_error(NGX_LOG_ALERT, rev->log, 0,
                      "cannot listen for rtsp wake-ups");
    }
}


/*
 * Whoever wakes us may die between any two of its steps, so the news are
 * looked at here too.  The timer goes on in a graceful shutdown: it does not
 * keep the process.
 */

static void
ngx_rtsp_seat_tick_handler(ngx_event_t *ev)
{
    ngx_rtsp_seat_look();

    (void) ngx_rtsp_seat_reap();

    ngx_rtsp_stream_expire();
    ngx_rtsp_record_expire();

    ngx_rtsp_seat_handlers.tick();

    ngx_add_timer(ev, NGX_RTSP_SEAT_TICK);
}
