
/*
 * Copyright (C) the nginx RTSP module authors
 */


/*
 * Feeds text to the parser of Authorization headers.  Beyond finding no
 * fault, what it promises is checked: names without control characters,
 * slices within the header or the structure, and the sizes of a Digest.
 */


#include "../unit/unit.h"

#include "ngx_rtsp_credentials.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
credentials_fuzz_check(ngx_uint_t ok)
{
    if (!ok) {
        abort();
    }
}


static void
credentials_fuzz_slice(const ngx_str_t *slice, const ngx_str_t *text,
    const ngx_rtsp_credentials_t *cr)
{
    if (slice->len == 0) {
        return;
    }

    if (slice->data >= cr->text && slice->data < cr->text + sizeof(cr->text)) {
        credentials_fuzz_check(slice->data + slice->len
                               <= cr->text + sizeof(cr->text));
        return;
    }

    credentials_fuzz_check(slice->data >= text->data
                           && slice->data + slice->len
                              <= text->data + text->len);
}


static void
credentials_fuzz_digest(const ngx_str_t *text,
    const ngx_rtsp_credentials_t *cr)
{
    size_t     len;
    u_char     ha1[NGX_RTSP_SHA256_LEN];
    ngx_str_t  method;

    credentials_fuzz_slice(&cr->realm, text, cr);
    credentials_fuzz_slice(&cr->nonce, text, cr);
    credentials_fuzz_slice(&cr->uri, text, cr);
    credentials_fuzz_slice(&cr->response, text, cr);
    credentials_fuzz_slice(&cr->qop, text, cr);
    credentials_fuzz_slice(&cr->nc, text, cr);
    credentials_fuzz_slice(&cr->cnonce, text, cr);
    credentials_fuzz_slice(&cr->opaque, text, cr);

    credentials_fuzz_check(cr->realm.len && cr->nonce.len && cr->uri.len);

    len = ngx_rtsp_digest_len(cr->algorithm);
    credentials_fuzz_check(len == 0 || cr->response.len == len);

    memset(ha1, '0', sizeof(ha1));
    method = unit_str("DESCRIBE");

    (void) ngx_rtsp_is_digest_right(cr, &method, ha1);
    (void) ngx_rtsp_is_digest_uri(&cr->uri, &cr->realm, 1);
    credentials_fuzz_check(len == 0
                           || ngx_rtsp_digest_ha1(cr->algorithm, &cr->user,
                                                  &cr->realm, &cr->nonce, ha1)
                              == NGX_OK);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                  i;
    ngx_str_t               text;
    ngx_rtsp_credentials_t  cr;

    if (size > 4096) {
        return 0;
    }

    text.data = unit_copy(data, size);
    text.len = size;

    if (ngx_rtsp_parse_credentials(&text, &cr) == NGX_OK) {

        credentials_fuzz_slice(&cr.user, &text, &cr);
        credentials_fuzz_slice(&cr.password, &text, &cr);
        credentials_fuzz_slice(&cr.token, &text, &cr);

        credentials_fuzz_check(cr.user.len || cr.token.len);

        for (i = 0; i < cr.user.len; i++) {
            credentials_fuzz_check(cr.user.data[i] >= 0x20
                                   && cr.user.data[i] != 0x7f);
        }

        if (cr.scheme == NGX_RTSP_SCHEME_DIGEST) {
            credentials_fuzz_digest(&text, &cr);
        }
    }

    free(text.data);

    return 0;
}
