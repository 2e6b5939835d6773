
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_OUTPUT_H_INCLUDED_
#define _NGX_RTSP_OUTPUT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include <sys/uio.h>


/*
 * The sending side of one RTSP connection, plain or TLS.  Responses and the
 * rest of a cut packet wait in a private buffer that exists only while
 * something waits; what comes from a ring goes straight from there.
 */

#define NGX_RTSP_OUTPUT_MAX       (512 * 1024)
#define NGX_RTSP_OUTPUT_TLS       16384     /* a TLS record */

typedef struct {
    ngx_connection_t             *connection;
    ngx_msec_t                    timeout;  /* rtsp_send_timeout */

    u_char                       *start;    /* the buffer, or NULL */
    u_char                       *pos;
    u_char                       *last;
    u_char                       *end;
} ngx_rtsp_output_t;


#define ngx_rtsp_output_pending(out)  ((out)->pos != (out)->last)

#if (NGX_SSL || NGX_COMPAT)
#define ngx_rtsp_is_tls(c)  ((c)->ssl != NULL)
#else
#define ngx_rtsp_is_tls(c)  0
#endif


void ngx_rtsp_output_init(ngx_rtsp_output_t *out, ngx_connection_t *c,
    ngx_msec_t timeout);
void ngx_rtsp_output_cleanup(ngx_rtsp_output_t *out);

/*
 * Sends bytes in their order, or keeps what the connection does not take.
 * NGX_OK: taken; NGX_ERROR: the connection is broken, or more than
 * NGX_RTSP_OUTPUT_MAX would have to wait.
 */
ngx_int_t ngx_rtsp_output_put(ngx_rtsp_output_t *out, const u_char *data,
    size_t len);

/* keeps bytes without a try to send them: the rest of a cut packet */
ngx_int_t ngx_rtsp_output_keep(ngx_rtsp_output_t *out, const u_char *data,
    size_t len);

/*
 * Sends what waits.  NGX_OK: nothing waits any more; NGX_AGAIN: the write
 * event will tell, the send timer runs; NGX_ERROR: broken.
 */
ngx_int_t ngx_rtsp_output_flush(ngx_rtsp_output_t *out);

/*
 * Sends pieces, when nothing waits.  Returns how many bytes were taken (TLS:
 * a copy, at most one record a call), 0 if the connection takes none now, or
 * NGX_ERROR.
 */
ssize_t ngx_rtsp_output_writev(ngx_rtsp_output_t *out, struct iovec *iov,
    ngx_uint_t n);


#endif /* _NGX_RTSP_OUTPUT_H_INCLUDED_ */
