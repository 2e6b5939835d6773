
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_SEAT_H_INCLUDED_
#define _NGX_RTSP_SEAT_H_INCLUDED_


/* what a worker does when it was woken, and 4 times a second all the same */

typedef struct {
    /* a stream in this slot has something new: packets, an end, a request */
    void                        (*stream)(ngx_uint_t slot);

    /* commands to us or answers to ours have come */
    void                        (*commands)(void);

    /* every 250 ms, after all of the above were called for all slots that
     * the seat's own map names */
    void                        (*tick)(void);

    /* this worker begins its graceful shutdown */
    void                        (*shutdown)(void);
} ngx_rtsp_seat_handlers_t;


/*
 * In the master: creates the wake-up descriptors, once for all generations.
 * NGX_ERROR was logged; the module then answers 503.
 */
ngx_int_t ngx_rtsp_seat_init_module(ngx_cycle_t *cycle);

/*
 * In a worker: takes a free or dead seat of ngx_rtsp_hub, listens to its
 * descriptor, starts the tick.  NGX_ERROR without a seat (one alert line).
 */
ngx_int_t ngx_rtsp_seat_take(ngx_cycle_t *cycle,
    ngx_rtsp_seat_handlers_t *handlers);

/* at exit: the seat is free at once; what it owned must have been let go */
void ngx_rtsp_seat_leave(ngx_cycle_t *cycle);

/* wakes seats: the slot's bit first, then the flag, then the descriptor */
void ngx_rtsp_seat_wake_stream(ngx_uint_t seat, ngx_uint_t slot);
void ngx_rtsp_seat_wake_commands(ngx_uint_t seat);

/* wakes every seat with readers of the stream, except this one */
void ngx_rtsp_seat_wake_readers(ngx_rtsp_stream_t *stream);

/*
 * Looks at every other seat, and cleans up after those whose process is
 * dead: sessions, claims, sources (lost: held or ended), reader counts,
 * commands.  Returns how many there were.
 */
ngx_uint_t ngx_rtsp_seat_reap(void);

/* for the reaper, under the lock: a line is owed to the stream's publisher */
void ngx_rtsp_seat_mourn(ngx_rtsp_stream_t *stream);

/* 1 while the process behind "owner" lives and still has that seat */
ngx_uint_t ngx_rtsp_seat_alive(ngx_rtsp_owner_t owner);


#endif /* _NGX_RTSP_SEAT_H_INCLUDED_ */
