
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_ACCESS_H_INCLUDED_
#define _NGX_RTSP_ACCESS_H_INCLUDED_


/* one rtsp_allow or rtsp_deny */

typedef struct {
    ngx_cidr_t                    cidr;
    const char                   *text;     /* as written, for logs */
    unsigned                      roles:8;  /* bits 1 << ngx_rtsp_role_e */
    unsigned                      all:1;    /* any address */
    unsigned                      deny:1;
} ngx_rtsp_rule_t;


/*
 * May this request's client have a role (ngx_rtsp_role_e: READ or PUBLISH) on
 * its path?  rtsp_path, rtsp_return, the role's switch and the rules of
 * addresses decide, in this order.  NGX_DECLINED: nothing is against it.
 * Otherwise it was answered, and that is what the method has to return.
 */
ngx_int_t ngx_rtsp_access_check(ngx_rtsp_request_t *r, ngx_uint_t role);

/* the rtsp_deny that is against it, as written; NULL: none */
const char *ngx_rtsp_access_denied(ngx_rtsp_request_t *r, ngx_uint_t role);


#endif /* _NGX_RTSP_ACCESS_H_INCLUDED_ */
