
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_COMPLAINT_H_INCLUDED_
#define _NGX_RTSP_COMPLAINT_H_INCLUDED_


/*
 * Faults that all workers see, each by itself, and of which one line is
 * enough until they are mended.  "key" is any number but 0 that stands for
 * the thing that is at fault.  Both functions take the lock.
 */

/* 1: nobody has complained yet, and the caller is to do it */
ngx_uint_t ngx_rtsp_complaint_begin(uint64_t key);

/* 1: it had been complained about, and the caller is to say that it is well */
ngx_uint_t ngx_rtsp_complaint_end(uint64_t key);


#endif /* _NGX_RTSP_COMPLAINT_H_INCLUDED_ */
