
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_AUTH_H_INCLUDED_
#define _NGX_RTSP_AUTH_H_INCLUDED_


#include "ngx_rtsp_nonce.h"


/* what rtsp_auth offers, bits */
#define NGX_RTSP_OFFER_BASIC   0x01
#define NGX_RTSP_OFFER_MD5     0x02
#define NGX_RTSP_OFFER_SHA256  0x04


/* stream{}, server{} and rtsp_path, inherited */

typedef struct {
    ngx_str_t                     realm;    /* len 0: off, data NULL: unset */
    ngx_uint_t                    offers;
    ngx_rtsp_user_file_t         *user_file;
    ngx_rtsp_auth_request_conf_t  request;

    u_char                       *file;     /* where rtsp_auth stands */
    ngx_uint_t                    line;
    void                         *place;    /* and its rtsp_auth_user_file, for
                                             * the directive itself */
} ngx_rtsp_auth_conf_t;


/*
 * What a connection remembers, made with its first request that needs it.
 * All but the nonce is about the request at hand.
 */

struct ngx_rtsp_auth_state_s {
    ngx_rtsp_nonce_t              nonce;
    ngx_rtsp_password_job_t      *job;
    ngx_msec_t                    refuse_at;    /* if it is to be */
    ngx_uint_t                    passed;   /* roles, bits */
    size_t                        user_len;
    unsigned                      begun:1;      /* refuse_at is set */
    unsigned                      refusing:1;   /* until then */

    u_char                        user[NGX_RTSP_MAX_USER];
};


/*
 * May the request's client act in that role (ngx_rtsp_role_e)?  Called by
 * methods before they change anything; a session stays authorised, so only
 * where there is none yet.  NGX_OK: yes, and r->user says who it is;
 * NGX_AGAIN: the request waits, to be returned; NGX_DONE: it was answered;
 * NGX_ERROR: it was, and the connection has to be closed.
 */
ngx_int_t ngx_rtsp_auth_check(ngx_rtsp_request_t *r, ngx_uint_t role);

/* the request has its answer: what is known about it is forgotten */
void ngx_rtsp_auth_reset(ngx_rtsp_connection_t *conn);


/*
 * For those who decide about credentials in the place of a file, with the
 * same results.  digest(): is the response right for this HA1 (32 or 64 hex
 * digits, as the algorithm)?  NGX_OK, NGX_DECLINED: no, NGX_DONE: the nonce is
 * stale and the client was told so.  fresh(): the same about the nonce, when
 * the response was found right elsewhere.  wrong(): counts a try, and the
 * request is refused a while later.  challenge(): 401 at once.
 */
ngx_int_t ngx_rtsp_auth_digest(ngx_rtsp_request_t *r,
    ngx_rtsp_credentials_t *cr, ngx_str_t *ha1);

/* 1 if the response is right for this HA1, whosever the nonce is */
ngx_uint_t ngx_rtsp_auth_proves(ngx_rtsp_request_t *r,
    ngx_rtsp_credentials_t *cr, ngx_str_t *ha1);

/* 1 if there is a token for a service to judge: Bearer, or in the query */
ngx_uint_t ngx_rtsp_auth_has_token(ngx_rtsp_request_t *r,
    ngx_rtsp_credentials_t *cr);

ngx_int_t ngx_rtsp_auth_fresh(ngx_rtsp_request_t *r,
    ngx_rtsp_credentials_t *cr);
ngx_int_t ngx_rtsp_auth_wrong(ngx_rtsp_request_t *r, ngx_str_t *user,
    const char *why);
ngx_int_t ngx_rtsp_auth_challenge(ngx_rtsp_request_t *r, ngx_uint_t stale);


#endif /* _NGX_RTSP_AUTH_H_INCLUDED_ */
