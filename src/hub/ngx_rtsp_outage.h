
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_OUTAGE_H_INCLUDED_
#define _NGX_RTSP_OUTAGE_H_INCLUDED_


/*
 * The service or file of that name does not do.  1 if that is news, 0 if some
 * worker has said so before, in the same outage.
 */
ngx_uint_t ngx_rtsp_outage_failed(ngx_str_t *name);

/*
 * It does.  1 if an outage is over with that, which is so once nobody has seen
 * it fail for "quiet" ms: 1 is returned once, in one worker.
 */
ngx_uint_t ngx_rtsp_outage_answered(ngx_str_t *name, ngx_msec_t quiet);


#endif /* _NGX_RTSP_OUTAGE_H_INCLUDED_ */
