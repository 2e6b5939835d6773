
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_TURNS_H_INCLUDED_
#define _NGX_RTSP_TURNS_H_INCLUDED_


/*
 * The right to have a slow hash made for an address (the 16 bytes of
 * ngx_rtsp_tries_address()), which one worker has at a time.  Both functions
 * take the lock.
 */

/*
 * NGX_OK: it is ours until it is given back; NGX_AGAIN: another worker has
 * it, or too many addresses have theirs: to be tried again a while later.  A
 * worker asks only for what it does not have.
 */
ngx_int_t ngx_rtsp_turn_take(u_char *address);

/* gives it back */
void ngx_rtsp_turn_give(u_char *address);


#endif /* _NGX_RTSP_TURNS_H_INCLUDED_ */
