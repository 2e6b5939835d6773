
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_AUTH_FORM_H_INCLUDED_
#define _NGX_RTSP_AUTH_FORM_H_INCLUDED_


/*
 * The key that the cache has for answers about this subject.  NGX_ERROR: there
 * is none, as the library has failed.
 */
ngx_int_t ngx_rtsp_auth_form_key(ngx_rtsp_auth_subject_t *subject,
    ngx_str_t *url, u_char *key);

/* posts the form to the service; NULL: no memory */
ngx_rtsp_http_call_t *ngx_rtsp_auth_form_post(
    ngx_rtsp_auth_subject_t *subject, ngx_rtsp_auth_request_conf_t *conf,
    ngx_log_t *log, ngx_rtsp_http_handler_pt handler, void *data);


/*
 * A subject as bytes, for another worker of the same module.  pack() writes
 * what fits and sets w->overflow otherwise; packed() says how many bytes it
 * takes.  unpack() cuts it off the front of "data", of which the fields are
 * slices then; NGX_ERROR: that is none.
 */
size_t ngx_rtsp_auth_form_packed(ngx_rtsp_auth_subject_t *subject);
void ngx_rtsp_auth_form_pack(ngx_rtsp_auth_subject_t *subject,
    ngx_rtsp_writer_t *w);
ngx_int_t ngx_rtsp_auth_form_unpack(ngx_rtsp_auth_subject_t *subject,
    ngx_str_t *data);


#endif /* _NGX_RTSP_AUTH_FORM_H_INCLUDED_ */
