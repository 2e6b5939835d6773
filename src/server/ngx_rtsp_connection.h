
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_CONNECTION_H_INCLUDED_
#define _NGX_RTSP_CONNECTION_H_INCLUDED_


/* the content handler of a server with "rtsp on" */
void ngx_rtsp_connection_handler(ngx_stream_session_t *s);

/* process start: no connection waits */
void ngx_rtsp_connection_init(void);

/*
 * The request that is being handled has to wait until ngx_rtsp_connection_
 * retry() at some wake-up or tick finds that it can go on, at most "timeout"
 * ms: it is then handled again from its beginning, with connection->retry
 * set.  What it returns has to be returned by the method.
 */
ngx_int_t ngx_rtsp_connection_wait(ngx_rtsp_connection_t *conn,
    ngx_msec_t timeout);

/*
 * The same where only time, or ngx_rtsp_connection_wake(), can change
 * anything: until then nobody looks at the request, so that many who wait cost
 * nothing when media wake the worker.  "until" is a time of ngx_current_msec.
 */
ngx_int_t ngx_rtsp_connection_sleep(ngx_rtsp_connection_t *conn,
    ngx_msec_t until);

/* 1 when the waiting request has had all its time */
ngx_uint_t ngx_rtsp_connection_waited(ngx_rtsp_connection_t *conn);

/* handles the waiting requests of all connections again */
void ngx_rtsp_connection_retry(void);

/* tick: those of them, too, that have slept long enough */
void ngx_rtsp_connection_tick(void);

/* if this one waits, its request is handled again soon, from an event */
void ngx_rtsp_connection_wake(ngx_rtsp_connection_t *conn);

/* closes now; the connection is unlinked from its session, which may end */
void ngx_rtsp_connection_close(ngx_rtsp_connection_t *conn);

/* closes once the peer has been sent what waits for it */
void ngx_rtsp_connection_finish(ngx_rtsp_connection_t *conn);

/* the timer that fits the connection's state */
void ngx_rtsp_connection_set_timer(ngx_rtsp_connection_t *conn);


#endif /* _NGX_RTSP_CONNECTION_H_INCLUDED_ */
