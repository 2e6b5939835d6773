
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_rtsp_codec.h"


/*
 * Parameter sets of H.264 and H.265: a small bounded collection, filled from
 * the SDP or in band, and written as SDP parameters (by sdp_write) or as one
 * RTP payload (here).
 *
 * A set is told from another by its kind and the identifier that it carries;
 * a new one with the same identifier replaces the old (an encoder that was
 * reconfigured).  The order is always that in which a decoder wants them, and
 * every offset lies within the data.
 */


/* reads bits of a NAL unit, over its emulation prevention bytes */

typedef struct {
    const u_char  *pos;
    const u_char  *last;
    ngx_uint_t     bit;       /* of *pos that comes next, 0 is the highest */
    ngx_uint_t     zeros;     /* zero bytes just before *pos */
    unsigned       error:1;   /* read over the end */
} ngx_rtsp_bits_t;


static ngx_int_t ngx_rtsp_parameter_set_kind(ngx_rtsp_codec_e codec,
    const u_char *nal);
static ngx_int_t ngx_rtsp_parameter_set_id(ngx_rtsp_codec_e codec,
    ngx_uint_t kind, const u_char *nal, size_t len);
static void ngx_rtsp_skip_profile(ngx_rtsp_bits_t *bits);
static uint32_t ngx_rtsp_get_bits(ngx_rtsp_bits_t *bits, ngx_uint_t n);
static uint32_t ngx_rtsp_get_golomb(ngx_rtsp_bits_t *bits);
static ngx_int_t ngx_rtsp_parameter_sets_insert(
    ngx_rtsp_parameter_sets_t *sets, ngx_uint_t kind, ngx_uint_t id,
    const u_char *nal, size_t len);
static void ngx_rtsp_parameter_sets_remove(ngx_rtsp_parameter_sets_t *sets,
    ngx_uint_t n);


ngx_int_t
ngx_rtsp_parameter_sets_add(ngx_rtsp_parameter_sets_t *sets,
    ngx_rtsp_codec_e codec, const u_char *nal, size_t len)
{
    size_t      header, room;
    ngx_int_t   kind, id;
    ngx_uint_t  i;

    /* a NAL unit ends with a bit that is set; zeros behind it are padding */

    while (len && nal[len - 1] == 0) {
        len--;
    }

    header = (codec == NGX_RTSP_CODEC_H264) ? 1 : 2;

    if (len < header) {
        return NGX_DECLINED;
    }

    kind = ngx_rtsp_parameter_set_kind(codec, nal);
    if (kind == NGX_DECLINED) {
        return NGX_DECLINED;
    }

    id = ngx_rtsp_parameter_set_id(codec, kind, nal + header, len - header);

    if (id == NGX_ERROR || len > NGX_RTSP_MAX_PARAMETER_SET) {
        return NGX_ERROR;
    }

    room = NGX_RTSP_PARAMETER_SETS_SIZE - sets->size;

    for (i = 0; i < sets->nsets; i++) {

        if (sets->sets[i].kind != kind || sets->sets[i].id != id) {
            continue;
        }

        if (sets->sets[i].len == len
            && ngx_memcmp(sets->data + sets->sets[i].offset, nal, len) == 0)
        {
            return NGX_DONE;
        }

        if (len > room + sets->sets[i].len) {
            return NGX_ERROR;
        }

        ngx_rtsp_parameter_sets_remove(sets, i);

        return ngx_rtsp_parameter_sets_insert(sets, kind, id, nal, len);
    }

    if (len > room || sets->nsets == NGX_RTSP_MAX_PARAMETER_SETS) {
        return NGX_ERROR;
    }

    return ngx_rtsp_parameter_sets_insert(sets, kind, id, nal, len);
}


static ngx_int_t
ngx_rtsp_parameter_set_kind(ngx_rtsp_codec_e codec, const u_char *nal)
{
    if (codec == NGX_RTSP_CODEC_H264) {

        switch (nal[0] & 0x1f) {
        case 7:
            return NGX_RTSP_SPS;
        case 8:
            return NGX_RTSP_PPS;
        default:
            return NGX_DECLINED;
        }
    }

    /* of the base layer only, or the identifiers would not be unique */

    if (codec != NGX_RTSP_CODEC_H265 || nal[0] & 1 || nal[1] & 0xf8) {
        return NGX_DECLINED;
    }

    switch (nal[0] >> 1 & 0x3f) {
    case 32:
        return NGX_RTSP_VPS;
    case 33:
        return NGX_RTSP_SPS;
    case 34:
        return NGX_RTSP_PPS;
    default:
        return NGX_DECLINED;
    }
}


/* ITU-T H.264, 7.3.2.1 and 7.3.2.2; H.265, 7.3.2.1 to 7.3.2.3 */

static ngx_int_t
ngx_rtsp_parameter_set_id(ngx_rtsp_codec_e codec, ngx_uint_t kind,
    const u_char *nal, size_t len)
{
    uint32_t         id;
    ngx_rtsp_bits_t  bits;

    bits.pos = nal;
    bits.last = nal + len;
    bits.bit = 0;
    bits.zeros = 0;
    bits.error = 0;

    if (kind == NGX_RTSP_VPS) {
        id = ngx_rtsp_get_bits(&bits, 4);

    } else {

        if (kind == NGX_RTSP_SPS) {

            if (codec == NGX_RTSP_CODEC_H264) {
                /* profile_idc, constraints, level_idc */
                (void) ngx_rtsp_get_bits(&bits, 24);

            } else {
                ngx_rtsp_skip_profile(&bits);
            }
        }

        id = ngx_rtsp_get_golomb(&bits);
    }

    if (bits.error || id > 255) {
        return NGX_ERROR;
    }

    return id;
}


/* everything in an H.265 SPS before its identifier; H.265, 7.3.3 */

static void
ngx_rtsp_skip_profile(ngx_rtsp_bits_t *bits)
{
    uint32_t    present;
    ngx_uint_t  i, n, layers;

    (void) ngx_rtsp_get_bits(bits, 4);       /* VPS */
    layers = ngx_rtsp_get_bits(bits, 3);
    (void) ngx_rtsp_get_bits(bits, 1);       /* nesting */

    n = 88 + 8;                              /* general profile and level */

    if (layers) {

        for (i = 0; i < n; i += 8) {
            (void) ngx_rtsp_get_bits(bits, 8);
        }

        present = ngx_rtsp_get_bits(bits, 16);
        n = 0;

        for (i = 0; i < layers; i++) {
            n += (present & 0x8000) ? 88 : 0;
            n += (present & 0x4000) ? 8 : 0;
            present <<= 2;
        }
    }

    for (i = 0; i < n; i += 8) {
        (void) ngx_rtsp_get_bits(bits, 8);
    }
}


static uint32_t
ngx_rtsp_get_bits(ngx_rtsp_bits_t *bits, ngx_uint_t n)
{
    uint32_t  value;

    for (value = 0; n; n--) {

        if (bits->pos < bits->last && bits->bit == 0
            && bits->zeros >= 2 && *bits->pos == 3)
        {
            bits->pos++;
            bits->zeros = 0;
        }

        if (bits->pos >= bits->last) {
            bits->error = 1;
            return 0;
        }

        value = value << 1 | (*bits->pos >> (7 - bits->bit) & 1);

        if (++bits->bit == 8) {
            bits->zeros = *bits->pos ? 0 : bits->zeros + 1;
            bits->bit = 0;
            bits->pos++;
        }
    }

    return value;
}


/* ue(v), H.264, 9.1; more than 16 zeros is no number of ours */

static uint32_t
ngx_rtsp_get_golomb(ngx_rtsp_bits_t *bits)
{
    ngx_uint_t  n;

    for (n = 0; ngx_rtsp_get_bits(bits, 1) == 0; n++) {

        if (bits->error || n == 16) {
            bits->error = 1;
            return 0;
        }
    }

    return (1 << n) - 1 + ngx_rtsp_get_bits(bits, n);
}


/* there is room, and no set with this identifier */

static ngx_int_t
ngx_rtsp_parameter_sets_insert(ngx_rtsp_parameter_sets_t *sets,
    ngx_uint_t kind, ngx_uint_t id, const u_char *nal, size_t len)
{
    ngx_uint_t                 i;
    ngx_rtsp_parameter_set_t  *set;

    set = sets->sets;

    for (i = sets->nsets; i > 0; i--) {

        if (set[i - 1].kind < kind
            || (set[i - 1].kind == kind && set[i - 1].id < id))
        {
            break;
        }

        set[i] = set[i - 1];
    }

    set[i].kind = (u_char) kind;
    set[i].id = (u_char) id;
    set[i].offset = (uint16_t) sets->size;
    set[i].len = (uint16_t) len;

    ngx_memcpy(sets->data + sets->size, nal, len);

    sets->size += len;
    sets->nsets++;

    return NGX_OK;
}


static void
ngx_rtsp_parameter_sets_remove(ngx_rtsp_parameter_sets_t *sets, ngx_uint_t n)
{
    size_t                    next;
    ngx_uint_t                i;
    ngx_rtsp_parameter_set_t  set;

    set = sets->sets[n];
    next = set.offset + set.len;

    ngx_memmove(sets->data + set.offset, sets->data + next,
                sets->size - next);

    sets->size -= set.len;
    sets->nsets--;

    for (i = n; i < sets->nsets; i++) {
        sets->sets[i] = sets->sets[i + 1];
    }

    for (i = 0; i < sets->nsets; i++) {

        if (sets->sets[i].offset > set.offset) {
            sets->sets[i].offset -= set.len;
        }
    }
}


ngx_uint_t
ngx_rtsp_parameter_sets_same(const ngx_rtsp_parameter_sets_t *a,
    const ngx_rtsp_parameter_sets_t *b)
{
    ngx_uint_t                       i;
    const ngx_rtsp_parameter_set_t  *x, *y;

    if (a->nsets != b->nsets) {
        return 0;
    }

    for (i = 0; i < a->nsets; i++) {
        x = &a->sets[i];
        y = &b->sets[i];

        if (x->kind != y->kind
            || x->len != y->len
            || ngx_memcmp(a->data + x->offset, b->data + y->offset, x->len)
               != 0)
        {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
ngx_rtsp_parameter_sets_complete(const ngx_rtsp_parameter_sets_t *sets,
    ngx_rtsp_codec_e codec)
{
    ngx_uint_t  i, want, have;

    switch (codec) {

    case NGX_RTSP_CODEC_H264:
        want = 1 << NGX_RTSP_SPS | 1 << NGX_RTSP_PPS;
        break;

    case NGX_RTSP_CODEC_H265:
        want = 1 << NGX_RTSP_VPS | 1 << NGX_RTSP_SPS | 1 << NGX_RTSP_PPS;
        break;

    default:
        return 0;
    }

    have = 0;

    for (i = 0; i < sets->nsets; i++) {
        have |= (ngx_uint_t) 1 << sets->sets[i].kind;
    }

    return (have & want) == want;
}


void
ngx_rtsp_put_parameter_sets(ngx_rtsp_writer_t *w,
    const ngx_rtsp_parameter_sets_t *sets, ngx_rtsp_codec_e codec)
{
    u_char        size[2], header[2];
    ngx_uint_t    i;
    const u_char  *nal;

    if (sets->nsets == 1) {
        ngx_rtsp_put(w, sets->data + sets->sets[0].offset, sets->sets[0].len);
        return;
    }

    if (sets->nsets == 0) {
        return;
    }

    if (codec == NGX_RTSP_CODEC_H264) {
        header[0] = 0x60 | 24;               /* STAP-A, highest NRI */
        ngx_rtsp_put(w, header, 1);

    } else {
        header[0] = 48 << 1;                 /* AP of layer 0 */
        header[1] = 1;                       /* lowest temporal id */
        ngx_rtsp_put(w, header, 2);
    }

    for (i = 0; i < sets->nsets; i++) {
        nal = sets->data + sets->sets[i].offset;

        ngx_rtsp_rtp_put16(size, sets->sets[i].len);
        ngx_rtsp_put(w, size, 2);
        ngx_rtsp_put(w, nal, sets->sets[i].len);
    }
}
