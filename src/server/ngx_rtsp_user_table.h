
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_USER_TABLE_H_INCLUDED_
#define _NGX_RTSP_USER_TABLE_H_INCLUDED_


#define NGX_RTSP_MAX_HASH       1024        /* bytes of one in htpasswd */


typedef enum {
    NGX_RTSP_USER_CRYPT = 0,    /* htpasswd: what ngx_crypt() knows */
    NGX_RTSP_USER_MD5,          /* htdigest: HA1 of MD5, in lower case */
    NGX_RTSP_USER_SHA256        /* htdigest: HA1 of SHA-256, likewise */
} ngx_rtsp_user_kind_e;


/* one line; strings end in NUL */

typedef struct ngx_rtsp_user_s  ngx_rtsp_user_t;

struct ngx_rtsp_user_s {
    ngx_rtsp_user_t              *next;     /* of the same bucket */
    ngx_str_t                     name;
    ngx_str_t                     realm;    /* htdigest only */
    ngx_str_t                     hash;
    uint8_t                       kind;     /* ngx_rtsp_user_kind_e */
    uint8_t                       roles;    /* bits */
};


/* zeroed: there is none */

typedef struct {
    ngx_pool_t                   *pool;     /* of all below */
    ngx_str_t                     text;     /* the file's, cut in place */
    ngx_rtsp_user_t             **buckets;
    ngx_uint_t                    mask;
    ngx_rtsp_user_t              *users;
    ngx_uint_t                    nusers;
    ngx_rtsp_user_t              *decoy;
} ngx_rtsp_user_table_t;


/*
 * Cuts table->text, lines that each end in a line feed, into users.  NULL: it
 * is done; otherwise what is wrong, and in which line (0: no memory).
 */
const char *ngx_rtsp_user_table_fill(ngx_rtsp_user_table_t *table,
    ngx_uint_t *line);

/*
 * The first line of a user of that kind and, in htdigest lines, that realm;
 * NULL: none.
 */
ngx_rtsp_user_t *ngx_rtsp_user_table_find(ngx_rtsp_user_table_t *table,
    ngx_str_t *name, ngx_str_t *realm, ngx_uint_t kind);

/*
 * 1 if some user could answer the challenges of rtsp_auth (NGX_RTSP_OFFER_*)
 * for that realm
 */
ngx_uint_t ngx_rtsp_user_table_serves(ngx_rtsp_user_table_t *table,
    ngx_str_t *realm, ngx_uint_t offers);

/* wipes and frees what is in it, if there is anything */
void ngx_rtsp_user_table_destroy(ngx_rtsp_user_table_t *table);


/* "{PLAIN}password", spelled as ngx_crypt() wants it */
#define ngx_rtsp_user_is_plain(hash)                                          \
    ((hash)->len >= 7 && ngx_strncmp((hash)->data, "{PLAIN}", 7) == 0)

/* a hash that no password has */
#define ngx_rtsp_user_is_locked(hash)                                         \
    ((hash)->data[0] == '!' || (hash)->data[0] == '*')

/* {PLAIN}, {SHA}, {SSHA} and DES take microseconds */
#define ngx_rtsp_user_is_slow(hash)                                           \
    ((hash)->data[0] == '$' || (hash)->data[0] == '_')


#endif /* _NGX_RTSP_USER_TABLE_H_INCLUDED_ */
