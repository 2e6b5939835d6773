
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_server.h"


/*
 * What a service is told, in bytes: a subject as a form, as the key of the
 * cache, or packed for another worker.  Called by questions and rechecks.
 *
 * Owns nothing but a buffer.  Invariant: that is wiped before a function
 * returns.
 */


/*
 * What a form can take: all of a request's head percent-encoded; the token
 * once more, as it stands in the query, too; what is not of the head: the
 * certificate's subject, address, session and words; names.
 */
#define NGX_RTSP_AUTH_FORM                                                    \
    (3 * (NGX_RTSP_MAX_HEAD + NGX_RTSP_MAX_URI + NGX_RTSP_AUTH_MAX_SUBJECT    \
          + NGX_SOCKADDR_STRLEN + 64)                                         \
     + NGX_RTSP_TELL_MAX * 16)


typedef struct {
    const char                   *name;
    unsigned                      digest:1; /* left out where it is absent */
    unsigned                      key:1;    /* the answer depends on it */
} ngx_rtsp_auth_field_t;


static void ngx_rtsp_auth_form_begin(ngx_rtsp_writer_t *w);
static void ngx_rtsp_auth_form_end(ngx_rtsp_writer_t *w);
static void ngx_rtsp_auth_form_put(ngx_rtsp_writer_t *w, ngx_str_t *str);
static ngx_int_t ngx_rtsp_auth_form_take(ngx_str_t *data, uint32_t *n);


static ngx_rtsp_auth_field_t  ngx_rtsp_auth_form_fields[] = {
    { "call", 0, 0 },
    { "path", 0, 1 },
    { "query", 0, 1 },
    { "user", 0, 1 },
    { "password", 0, 1 },
    { "token", 0, 1 },

    /*
     * A Digest answer is another one each time, so an answer of the service
     * is kept for the user, and has to be verified by whoever finds it.
     */

    { "username", 1, 1 },
    { "realm", 1, 1 },
    { "nonce", 1, 0 },
    { "uri", 1, 0 },
    { "response", 1, 0 },
    { "algorithm", 1, 1 },
    { "qop", 1, 0 },
    { "nc", 1, 0 },
    { "cnonce", 1, 0 },
    { "opaque", 1, 0 },

    { "role", 0, 1 },
    { "address", 0, 1 },
    { "transport", 0, 0 },
    { "tls_subject", 0, 1 },
    { "user_agent", 0, 0 },
    { "session", 0, 0 }
};


/* forms and keys are written here, and wiped at once */
static u_char  ngx_rtsp_auth_form_buf[NGX_RTSP_AUTH_FORM];


/* lengths keep what belongs to one field from passing for another's */

ngx_int_t
ngx_rtsp_auth_form_key(ngx_rtsp_auth_subject_t *subject, ngx_str_t *url,
    u_char *key)
{
    u_char              scheme;
    ngx_int_t           rc;
    ngx_uint_t          i;
    ngx_rtsp_writer_t   w;

    ngx_rtsp_auth_form_begin(&w);

    scheme = (u_char) subject->scheme;

    ngx_rtsp_put(&w, &scheme, 1);
    ngx_rtsp_auth_form_put(&w, url);

    for (i = 0; i < NGX_RTSP_TELL_MAX; i++) {
        if (ngx_rtsp_auth_form_fields[i].key) {
            ngx_rtsp_auth_form_put(&w, &subject->fields[i]);
        }
    }

    rc = w.overflow ? NGX_ERROR
                    : ngx_rtsp_secret_hash(ngx_rtsp_auth_form_buf,
                                           w.pos - ngx_rtsp_auth_form_buf,
                                           key);
    ngx_rtsp_auth_form_end(&w);

    return rc;
}


ngx_rtsp_http_call_t *
ngx_rtsp_auth_form_post(ngx_rtsp_auth_subject_t *subject,
    ngx_rtsp_auth_request_conf_t *conf, ngx_log_t *log,
    ngx_rtsp_http_handler_pt handler, void *data)
{
    ngx_str_t               form, *value;
    ngx_uint_t              i;
    ngx_rtsp_writer_t       w;
    ngx_rtsp_http_call_t   *call;
    ngx_rtsp_auth_field_t  *field;

    ngx_rtsp_auth_form_begin(&w);

    for (i = 0; i < NGX_RTSP_TELL_MAX; i++) {
        field = &ngx_rtsp_auth_form_fields[i];
        value = &subject->fields[i];

        if (value->len || !field->digest) {
            ngx_rtsp_http_put_field(&w, i == 0, field->name, value);
        }
    }

    form.data = ngx_rtsp_auth_form_buf;
    form.len = w.pos - form.data;

    call = w.overflow ? NULL
                      : ngx_rtsp_http_post(conf->service, &form, conf->timeout,
                                           log, handler, data);
    ngx_rtsp_auth_form_end(&w);

    return call;
}


static void
ngx_rtsp_auth_form_begin(ngx_rtsp_writer_t *w)
{
    w->pos = ngx_rtsp_auth_form_buf;
    w->end = ngx_rtsp_auth_form_buf + sizeof(ngx_rtsp_auth_form_buf);
    w->overflow = 0;
}


static void
ngx_rtsp_auth_form_end(ngx_rtsp_writer_t *w)
{
    ngx_explicit_memzero(ngx_rtsp_auth_form_buf,
                         w->pos - ngx_rtsp_auth_form_buf);
}


/* a string with its length */

static void
ngx_rtsp_auth_form_put(ngx_rtsp_writer_t *w, ngx_str_t *str)
{
    uint32_t  len;

    len = (uint32_t) str->len;

    ngx_rtsp_put(w, &len, sizeof(uint32_t));
    ngx_rtsp_put_str(w, str);
}


size_t
ngx_rtsp_auth_form_packed(ngx_rtsp_auth_subject_t *subject)
{
    size_t      len;
    ngx_uint_t  i;

    len = sizeof(uint32_t);

    for (i = 0; i < NGX_RTSP_TELL_MAX; i++) {
        len += sizeof(uint32_t) + subject->fields[i].len;
    }

    return len;
}


void
ngx_rtsp_auth_form_pack(ngx_rtsp_auth_subject_t *subject,
    ngx_rtsp_writer_t *w)
{
    uint32_t    scheme;
    ngx_uint_t  i;

    scheme = (uint32_t) subject->scheme;

    ngx_rtsp_put(w, &scheme, sizeof(uint32_t));

    for (i = 0; i < NGX_RTSP_TELL_MAX; i++) {
        ngx_rtsp_auth_form_put(w, &subject->fields[i]);
    }
}


ngx_int_t
ngx_rtsp_auth_form_unpack(ngx_rtsp_auth_subject_t *subject, ngx_str_t *data)
{
    uint32_t    n;
    ngx_uint_t  i;

    if (ngx_rtsp_auth_form_take(data, &n) != NGX_OK) {
        return NGX_ERROR;
    }

    subject->scheme = n;

    for (i = 0; i < NGX_RTSP_TELL_MAX; i++) {

        if (ngx_rtsp_auth_form_take(data, &n) != NGX_OK || n > data->len) {
            return NGX_ERROR;
        }

        subject->fields[i].data = data->data;
        subject->fields[i].len = n;

        data->data += n;
        data->len -= n;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_rtsp_auth_form_take(ngx_str_t *data, uint32_t *n)
{
    if (data->len < sizeof(uint32_t)) {
        return NGX_ERROR;
    }

    ngx_memcpy(n, data->data, sizeof(uint32_t));

    data->data += sizeof(uint32_t);
    data->len -= sizeof(uint32_t);

    return NGX_OK;
}
