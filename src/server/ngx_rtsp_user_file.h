
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_USER_FILE_H_INCLUDED_
#define _NGX_RTSP_USER_FILE_H_INCLUDED_


#define NGX_RTSP_MAX_USER_FILE  (16 * 1024 * 1024)
#define NGX_RTSP_MAX_HASH       1024        /* bytes of one in htpasswd */

/* a role in a line's set of them */
#define ngx_rtsp_role_bit(role)  ((ngx_uint_t) 1 << (role))

#define NGX_RTSP_ALL_ROLES                                                    \
    (ngx_rtsp_role_bit(NGX_RTSP_ROLE_READ)                                    \
     |ngx_rtsp_role_bit(NGX_RTSP_ROLE_PUBLISH)                                \
     |ngx_rtsp_role_bit(NGX_RTSP_ROLE_TALK))


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


typedef struct ngx_rtsp_user_file_s  ngx_rtsp_user_file_t;


/*
 * rtsp_auth_user_file: the file as it is now, read and checked; one structure
 * for all directives of the configuration that name it ("files" holds pointers
 * to them).  NULL: it cannot be read, or a line makes no sense; that was
 * logged with the line's number.
 */
ngx_rtsp_user_file_t *ngx_rtsp_user_file_add(ngx_conf_t *cf,
    ngx_array_t *files, ngx_str_t *name);

/*
 * Reads the file again if it has changed, looking once a second at most.  One
 * that is gone, or broken, leaves the old content in force, with one error
 * line until it is well again.  Called before find(), whose results it may
 * free.
 */
void ngx_rtsp_user_file_update(ngx_rtsp_user_file_t *file, ngx_log_t *log);

/*
 * The first line of a user of that kind and, in htdigest lines, that realm;
 * NULL: none.
 */
ngx_rtsp_user_t *ngx_rtsp_user_find(ngx_rtsp_user_file_t *file,
    ngx_str_t *name, ngx_str_t *realm, ngx_uint_t kind);

/*
 * 1 if some user could answer the challenges of rtsp_auth (NGX_RTSP_OFFER_*)
 * for that realm
 */
ngx_uint_t ngx_rtsp_user_file_serves(ngx_rtsp_user_file_t *file,
    ngx_str_t *realm, ngx_uint_t offers);

/* the file's name with its path, as it was opened */
ngx_str_t *ngx_rtsp_user_file_name(ngx_rtsp_user_file_t *file);


/* "{PLAIN}password", spelled as ngx_crypt() wants it */
#define ngx_rtsp_user_is_plain(hash)                                          \
    ((hash)->len >= 7 && ngx_strncmp((hash)->data, "{PLAIN}", 7) == 0)


#endif /* _NGX_RTSP_USER_FILE_H_INCLUDED_ */
