
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_ZONE_H_INCLUDED_
#define _NGX_RTSP_ZONE_H_INCLUDED_


/*
 * ngx_shm_zone_t.init of the zone: sets the hub up in a fresh zone, or takes
 * the pointers of the old one over and changes nothing (old workers use it,
 * and the new configuration may still fail).
 */
ngx_int_t ngx_rtsp_zone_init(ngx_shm_zone_t *zone, void *data);

/* in a worker: points ngx_rtsp_hub and ngx_rtsp_slab at the zone */
void ngx_rtsp_zone_use(ngx_shm_zone_t *zone);

/*
 * The lock of the directory, the session table and the slab.  Sections are
 * short, do not log at length, and never fault.  Taking it over from a dead
 * holder is silent, except where it died inside the slab: then nothing more
 * is allocated or freed, and one alert asks for a restart.
 */
void ngx_rtsp_lock(void);
void ngx_rtsp_unlock(void);

/*
 * Zeroed memory of the zone, under the lock; NULL: full, or broken.  A block
 * for a ring is not zeroed: that would take as long as the block is large.
 */
void *ngx_rtsp_alloc(size_t size);
void *ngx_rtsp_alloc_block(size_t size);
void ngx_rtsp_free(void *p);

/* bytes of the zone in use (whole pages), for status and log lines */
size_t ngx_rtsp_zone_used(void);

/* the bucket of a key in any of the hub's tables of NGX_RTSP_HASH chains */
ngx_uint_t ngx_rtsp_hash(const void *key, size_t len);

/* random bytes that nobody can guess; NGX_OK or NGX_ERROR */
ngx_int_t ngx_rtsp_random(void *buf, size_t len);


#endif /* _NGX_RTSP_ZONE_H_INCLUDED_ */
