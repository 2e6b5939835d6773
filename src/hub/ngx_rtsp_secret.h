
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_SECRET_H_INCLUDED_
#define _NGX_RTSP_SECRET_H_INCLUDED_


#define NGX_RTSP_HASH_LEN  32           /* of HMAC-SHA256 */
#define NGX_RTSP_SEAL_LEN  28           /* what sealing adds, bytes */


/*
 * Makes the keys, once in the life of a master, before it has workers.
 * NGX_ERROR: there are no random numbers.
 */
ngx_int_t ngx_rtsp_secret_init(void);

/*
 * A hash of NGX_RTSP_HASH_LEN bytes that says nothing about the data, and is
 * the same in all workers.  NGX_ERROR: the library has failed.
 */
ngx_int_t ngx_rtsp_secret_hash(const u_char *data, size_t len, u_char *hash);

/*
 * What is to lie in the zone and must not be read there: "sealed" has room
 * for len + NGX_RTSP_SEAL_LEN bytes.  NGX_ERROR: the library has failed.
 */
ngx_int_t ngx_rtsp_secret_seal(const u_char *data, size_t len,
    u_char *sealed);

/*
 * The reverse: "len" is that of the sealed bytes, "data" has room for
 * len - NGX_RTSP_SEAL_LEN.  NGX_DECLINED: it was not sealed by this master,
 * or was changed; nothing is left in "data".
 */
ngx_int_t ngx_rtsp_secret_open(const u_char *sealed, size_t len,
    u_char *data);


#endif /* _NGX_RTSP_SECRET_H_INCLUDED_ */
