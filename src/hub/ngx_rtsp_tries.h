
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_TRIES_H_INCLUDED_
#define _NGX_RTSP_TRIES_H_INCLUDED_


/*
 * Wrong credentials of one address (IPv6: /64) within the last minute, as all
 * workers have seen them.  Both functions take the lock.
 */

/* after so many a minute the address is refused unread */
#define NGX_RTSP_MAX_TRIES  50


/* 1 if the address has used up its tries */
ngx_uint_t ngx_rtsp_tries_used_up(struct sockaddr *sockaddr);

/* counts a wrong one; the number within the last minute, this one included */
ngx_uint_t ngx_rtsp_tries_add(struct sockaddr *sockaddr);

/* the address as it is told apart, in 16 bytes (IPv4 as mapped) */
void ngx_rtsp_tries_address(struct sockaddr *sockaddr, u_char *address);


#endif /* _NGX_RTSP_TRIES_H_INCLUDED_ */
