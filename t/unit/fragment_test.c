
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "nal_receiver.h"


/*
 * Fragmentation: whatever goes in, the NAL units that a receiver puts together
 * are the same, and so are time, marker and the order of numbers.
 */


static nal_receiver_t  in, out;


#define HEADER(first)                                                         \
    first "\xe0\xff\xfe\x01\x02\x03\x04\xaa\xbb\xcc\xdd"


static size_t
make(u_char *p, const char *header, size_t hlen, const char *start,
    size_t slen, size_t len)
{
    size_t  i;

    ngx_memcpy(p, header, hlen);
    ngx_memcpy(p + hlen, start, slen);

    for (i = hlen + slen; i < hlen + slen + len; i++) {
        p[i] = (u_char) (i * 31);
    }

    return i;
}


static void
reset(nal_receiver_t *r, ngx_rtsp_codec_e codec, size_t max, ngx_uint_t ncsrc)
{
    ngx_memzero(r, sizeof(nal_receiver_t));

    r->codec = codec;
    r->max = max;
    r->seq = 0xfffe;
    r->ncsrc = ncsrc;
}


/*
 * The packet as it is and its pieces, each put together, must give the same
 * NAL units.
 */

static void
check(ngx_rtsp_codec_e codec, u_char *packet, size_t len, size_t max,
    const char *name)
{
    u_char          *data, *scratch, *plain;
    ngx_int_t        rc;
    ngx_rtsp_rtp_t   rtp;

    data = unit_copy(packet, len);
    plain = unit_copy(packet, len);
    scratch = malloc(max ? max : 1);

    (void) ngx_rtsp_parse_rtp(plain, len, &rtp);

    reset(&in, codec, 65536, rtp.ncsrc);
    reset(&out, codec, max, rtp.ncsrc);

    if (rtp.extension || (plain[0] & 0x20)) {

        /* as it would be without the two */

        plain[0] &= 0xcf;
        ngx_memmove(plain + 12 + 4 * rtp.ncsrc, rtp.payload, rtp.payload_len);
        nal_receive(&in, plain, 12 + 4 * rtp.ncsrc + rtp.payload_len);

    } else {
        nal_receive(&in, plain, len);
    }

    rc = ngx_rtsp_fragment(codec, data, len, max, nal_receive, &out, scratch);

    unit_ok(rc == (ngx_int_t) out.packets && rc > 0,
            "%s: %ld packets", name, (long) rc);
    unit_is_int(out.bad, 0, "headers, numbers and sizes are right");
    unit_ok(out.markers == 1 && out.marked_last, "marker on the last only");
    unit_ok(memcmp(data, packet, len) == 0, "the packet is left alone");

    if (unit_ok(in.len == out.len && memcmp(in.nals, out.nals, in.len) == 0,
                "%s: the same NAL units", name) == 0)
    {
        printf("# %lu bytes, wanted %lu\n", (unsigned long) out.len,
               (unsigned long) in.len);
    }

    free(data);
    free(plain);
    free(scratch);
}


#define MAKE(header, start, len)                                              \
    make(packet, header, sizeof(header) - 1, start, sizeof(start) - 1, len)


static void
test_h264(void)
{
    size_t         len, i;
    static u_char  packet[66000];

    len = MAKE(HEADER("\x80"), "\x65", 5000);
    check(NGX_RTSP_CODEC_H264, packet, len, 1472, "single NAL unit");
    unit_is_int(out.packets, 4, "no more packets than needed");

    check(NGX_RTSP_CODEC_H264, packet, len, len - 1, "a byte too large");
    check(NGX_RTSP_CODEC_H264, packet, len, 15, "a byte per packet");
    check(NGX_RTSP_CODEC_H264, packet, len, len, "one that fits");
    unit_is_int(out.packets, 1, "stays one packet");

    len = MAKE(HEADER("\x80"), "\x65", 65000);
    check(NGX_RTSP_CODEC_H264, packet, len, 1472, "a large NAL unit");

    len = MAKE(HEADER("\x92") "11112222\xbe\xde\0\1eeee", "\x65", 3000);
    check(NGX_RTSP_CODEC_H264, packet, len, 1472, "CSRC and extension");

    len = MAKE(HEADER("\xa0"), "\x41", 3000);
    packet[len++] = 0;
    packet[len++] = 2;
    check(NGX_RTSP_CODEC_H264, packet, len, 1472, "padding");

    len = MAKE(HEADER("\x80"), "\x7c\x85", 4000);
    check(NGX_RTSP_CODEC_H264, packet, len, 1472, "first FU-A");
    unit_is_int(out.nals[4], 0x65, "S is on the first");

    len = MAKE(HEADER("\x80"), "\x7c\x05", 4000);
    check(NGX_RTSP_CODEC_H264, packet, len, 1472, "FU-A in the middle");

    len = MAKE(HEADER("\x80"), "\x7c\x45", 4000);
    check(NGX_RTSP_CODEC_H264, packet, len, 1472, "last FU-A");

    len = MAKE(HEADER("\x80"), "\x78\0\3\x67" "ab" "\0\2\x68" "a"
               "\x0b\xb9\x65", 3000);
    check(NGX_RTSP_CODEC_H264, packet, len, 1472, "STAP-A");
    unit_is_int(out.packets, 5, "two small ones, three fragments");

    for (i = 0; i < 40; i++) {
        len = MAKE(HEADER("\x80"), "\x65", 1440 + i);
        check(NGX_RTSP_CODEC_H264, packet, len, 1472, "around the limit");
    }
}


static void
test_h265(void)
{
    size_t         len, i;
    static u_char  packet[66000];

    len = MAKE(HEADER("\x80"), "\x26\x01", 5000);
    check(NGX_RTSP_CODEC_H265, packet, len, 1472, "H.265 single NAL unit");
    check(NGX_RTSP_CODEC_H265, packet, len, 16, "H.265, a byte per packet");

    len = MAKE(HEADER("\x80"), "\x27\xfb", 5000);
    check(NGX_RTSP_CODEC_H265, packet, len, 1472, "H.265, layer and time");

    len = MAKE(HEADER("\x80"), "\x62\x01\x93", 4000);
    check(NGX_RTSP_CODEC_H265, packet, len, 1472, "H.265 first FU");

    len = MAKE(HEADER("\x80"), "\x62\x01\x13", 4000);
    check(NGX_RTSP_CODEC_H265, packet, len, 1472, "H.265 FU in the middle");

    len = MAKE(HEADER("\x80"), "\x62\x01\x53", 4000);
    check(NGX_RTSP_CODEC_H265, packet, len, 1472, "H.265 last FU");

    len = MAKE(HEADER("\x80"), "\x60\x01\0\4\x40\x01" "ab\0\3\x42\x01" "a"
               "\0\3\x44\x01" "a\x0b\xba\x26\x01", 3000);
    check(NGX_RTSP_CODEC_H265, packet, len, 1472, "H.265 AP");
    unit_is_int(out.packets, 6, "three small ones, three fragments");

    for (i = 0; i < 40; i++) {
        len = MAKE(HEADER("\x80"), "\x26\x01", 1440 + i);
        check(NGX_RTSP_CODEC_H265, packet, len, 1472,
              "H.265 around the limit");
    }
}


typedef struct {
    const char        *name;
    ngx_rtsp_codec_e   codec;
    size_t             max;
    const char        *payload;
    size_t             len;
} unit_refused_t;


#define CASE(name, codec, max, payload)                                       \
    { name, NGX_RTSP_CODEC_##codec, max, payload, sizeof(payload) - 1 }


static const unit_refused_t  refused[] = {
    CASE("another codec", VP8, 20, "\x10\x00 and some more bytes"),
    CASE("no payload", H264, 20, ""),
    CASE("a NAL unit header alone", H264, 20, "\x65"),
    CASE("MTAP", H264, 20, "\x7a\0\0\0\3\0\0\0abcdefgh"),
    CASE("FU-B", H264, 20, "\x7d\x85\0\0abcdefghijk"),
    CASE("too small a limit", H264, 14, "\x65 and some more bytes"),
    CASE("too small a limit for H.265", H265, 15, "\x26\1 and some more"),
    CASE("STAP-A of nothing", H264, 20, "\x78"),
    CASE("STAP-A that ends too early", H264, 20, "\x78\0\2\x67" "a\0\5\x68"),
    CASE("STAP-A with half a length", H264, 20, "\x78\0\2\x67" "a\0"),
    CASE("STAP-A with an empty NAL unit", H264, 20, "\x78\0\0\0\2\x67" "a"),
    CASE("STAP-A in a STAP-A", H264, 20, "\x78\0\3\x78\0\0\0\2\x67" "a"),
    CASE("AP that ends too early", H265, 20, "\x60\1\0\3\x40\1" "a\0\5\x42"),
    CASE("PACI", H265, 20, "\x64\1 and some more bytes")
};


static void
test_refused(void)
{
    u_char           *data, scratch[64];
    ngx_int_t         rc;
    ngx_uint_t        i;

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        data = malloc(12 + refused[i].len);

        ngx_memcpy(data, HEADER("\x80"), 12);
        ngx_memcpy(data + 12, refused[i].payload, refused[i].len);

        reset(&out, refused[i].codec, refused[i].max, 0);

        rc = ngx_rtsp_fragment(refused[i].codec, data, 12 + refused[i].len,
                               refused[i].max, nal_receive, &out, scratch);

        unit_is_int(rc, NGX_ERROR, refused[i].name);
        unit_is_int(out.packets, 0, "nothing is handed over");

        free(data);
    }
}


static void
test_marker(void)
{
    size_t         len;
    static u_char  packet[4000], scratch[1472];

    len = MAKE(HEADER("\x80"), "\x65", 3000);
    packet[1] &= 0x7f;

    reset(&out, NGX_RTSP_CODEC_H264, 1472, 0);
    (void) ngx_rtsp_fragment(NGX_RTSP_CODEC_H264, packet, len, 1472,
                             nal_receive, &out, scratch);

    unit_ok(out.packets == 3 && out.markers == 0,
            "no marker comes from nothing");
}


int
main(void)
{
    test_h264();
    test_h265();
    test_refused();
    test_marker();

    return unit_done();
}
