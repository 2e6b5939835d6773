
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "unit.h"

#include "ngx_rtsp_codec.h"


/*
 * Key-frame starts: a row is a packet, with the flags that it has to get.
 * Rows of one name make one stream.
 */


typedef struct {
    const char        *name;
    ngx_rtsp_codec_e   codec;
    uint32_t           timestamp;
    ngx_uint_t         marker;
    const char        *payload;
    size_t             len;
    const char        *flags;        /* U: unit, K: key, P: parameters */
} unit_packet_t;


#define ROW(name, codec, ts, marker, payload, flags)                          \
    { name, NGX_RTSP_CODEC_##codec, ts, marker, payload,                      \
      sizeof(payload) - 1, flags }

#define H264_SPS  "\x67\x42\x00\x0a\x96\x53\x05\x89\x88"
#define H264_PPS  "\x68\xc9\x63\x88"
#define H264_SEI  "\x06\x05\x01\xff\x80"
#define H264_AUD  "\x09\x10"
#define H264_IDR  "\x65\x88\x84\x00\x10"
#define H264_P    "\x41\x9a\x24\x6c\x41"

#define H265_VPS  "\x40\x01\x0c\x01\xff\xff\x01\x60\x00\x00\x03\x00\x00\x03"  \
                  "\x00\x00\x03\x00\x00\x03\x00\x96\xac\x09"
#define H265_SPS  "\x42\x01\x01\x01\x60\x00\x00\x03\x00\x00\x03\x00\x00\x03"  \
                  "\x00\x00\x03\x00\x96\xa0\x03\xc0\x80\x10\xe5"
#define H265_PPS  "\x44\x01\xe0\x76\xb0\x26\x40"
#define H265_SEI  "\x4e\x01\x05\x01\xff\x80"
#define H265_IDR  "\x26\x01\xaf\x09"
#define H265_CRA  "\x2a\x01\xaf\x09"
#define H265_P    "\x02\x01\xd0\x09"


static const unit_packet_t  packets[] = {

    /* H.264 */

    ROW("H.264, single NAL units", H264, 10, 0, H264_SPS, "UP"),
    ROW("H.264, single NAL units", H264, 10, 0, H264_PPS, "P"),
    ROW("H.264, single NAL units", H264, 10, 0, H264_SEI, ""),
    ROW("H.264, single NAL units", H264, 10, 1, H264_IDR, "K"),
    ROW("H.264, single NAL units", H264, 20, 1, H264_P, "U"),
    ROW("H.264, single NAL units", H264, 30, 0, H264_AUD, "U"),
    ROW("H.264, single NAL units", H264, 30, 0, H264_SPS, "P"),
    ROW("H.264, single NAL units", H264, 30, 0, H264_PPS, "P"),
    ROW("H.264, single NAL units", H264, 30, 0, H264_IDR, "K"),
    ROW("H.264, single NAL units", H264, 30, 1, H264_IDR, ""),
    ROW("H.264, single NAL units", H264, 40, 1, H264_P, "U"),

    ROW("H.264, IDR alone", H264, 10, 1, H264_IDR, "UK"),
    ROW("H.264, IDR alone", H264, 20, 1, H264_P, "U"),

    ROW("H.264, STAP-A of all", H264, 10, 1,
        "\x78" "\0\x09" H264_SPS "\0\4" H264_PPS "\0\5" H264_IDR, "UKP"),

    ROW("H.264, STAP-A, FU-A", H264, 10, 0,
        "\x78" "\0\x09" H264_SPS "\0\4" H264_PPS, "UP"),
    ROW("H.264, STAP-A, FU-A", H264, 10, 0, "\x7c\x85" "abc", "K"),
    ROW("H.264, STAP-A, FU-A", H264, 10, 0, "\x7c\x05" "abc", ""),
    ROW("H.264, STAP-A, FU-A", H264, 10, 1, "\x7c\x45" "abc", ""),
    ROW("H.264, STAP-A, FU-A", H264, 20, 0, "\x5c\x81" "abc", "U"),
    ROW("H.264, STAP-A, FU-A", H264, 20, 1, "\x5c\x41" "abc", ""),

    ROW("H.264, the first fragment of the IDR is lost", H264, 10, 0,
        "\x7c\x05" "abc", "U"),
    ROW("H.264, the first fragment of the IDR is lost", H264, 10, 1,
        "\x7c\x45" "abc", ""),
    ROW("H.264, the first fragment of the IDR is lost", H264, 20, 1,
        H264_P, "U"),

    ROW("H.264, parameter sets with a time of their own", H264, 10, 1,
        H264_P, "U"),
    ROW("H.264, parameter sets with a time of their own", H264, 19, 1,
        H264_SPS, "UP"),
    ROW("H.264, parameter sets with a time of their own", H264, 19, 1,
        H264_PPS, "P"),
    ROW("H.264, parameter sets with a time of their own", H264, 20, 1,
        H264_IDR, "K"),
    ROW("H.264, parameter sets with a time of their own", H264, 30, 1,
        H264_P, "U"),

    ROW("H.264, parameter sets with the time before", H264, 10, 1,
        H264_P, "U"),
    ROW("H.264, parameter sets with the time before", H264, 10, 0,
        H264_SPS, "UP"),
    ROW("H.264, parameter sets with the time before", H264, 10, 0,
        H264_PPS, "P"),
    ROW("H.264, parameter sets with the time before", H264, 20, 1,
        H264_IDR, "K"),

    ROW("H.264, no markers (FLIR M400)", H264, 10, 0, H264_SPS, "UP"),
    ROW("H.264, no markers (FLIR M400)", H264, 10, 0, H264_PPS, "P"),
    ROW("H.264, no markers (FLIR M400)", H264, 10, 0, H264_IDR, "K"),
    ROW("H.264, no markers (FLIR M400)", H264, 20, 0, H264_P, "U"),

    ROW("H.264, markers on every slice", H264, 10, 1, H264_IDR, "UK"),
    ROW("H.264, markers on every slice", H264, 10, 1, H264_IDR, ""),
    ROW("H.264, markers on every slice", H264, 20, 1, H264_P, "U"),
    ROW("H.264, markers on every slice", H264, 20, 1, H264_P, ""),

    ROW("H.264, start codes inside", H264, 10, 1,
        "\0\0\0\1" H264_SPS "\0\0\0\1" H264_PPS "\0\0\1" H264_IDR, "UKP"),
    ROW("H.264, start codes inside", H264, 20, 1, "\0\0\0\1" H264_P, "U"),
    ROW("H.264, SPS, PPS and IDR as one NAL unit", H264, 10, 1,
        H264_SPS "\0\0\0\1" H264_PPS "\0\0\1" H264_IDR, "UKP"),

    ROW("H.264, all behind a delimiter", H264, 10, 1,
        H264_AUD "\0\0\0\1" H264_SPS "\0\0\0\1" H264_PPS
        "\0\0\1" H264_IDR, "UKP"),

    ROW("H.264, periodic intra refresh has no key", H264, 10, 0,
        "\x06\x06\x01\xc4\x80", "U"),
    ROW("H.264, periodic intra refresh has no key", H264, 10, 1,
        H264_P, ""),

    ROW("H.264, unsound", H264, 10, 0, "", "U"),
    ROW("H.264, unsound", H264, 10, 0, "\x65", ""),
    ROW("H.264, unsound", H264, 10, 0, "\x78", ""),
    ROW("H.264, unsound", H264, 10, 0, "\x78\xff\xff\x65", ""),
    ROW("H.264, unsound", H264, 10, 0, "\x7c\x85", "K"),

    /* H.265 */

    ROW("H.265, single NAL units", H265, 10, 0, H265_VPS, "UP"),
    ROW("H.265, single NAL units", H265, 10, 0, H265_SPS, "P"),
    ROW("H.265, single NAL units", H265, 10, 0, H265_PPS, "P"),
    ROW("H.265, single NAL units", H265, 10, 0, H265_SEI, ""),
    ROW("H.265, single NAL units", H265, 10, 1, H265_IDR, "K"),
    ROW("H.265, single NAL units", H265, 20, 1, H265_P, "U"),
    ROW("H.265, single NAL units", H265, 30, 1, H265_CRA, "UK"),

    ROW("H.265, AP, FU", H265, 10, 0,
        "\x60\x01" "\0\x18" H265_VPS "\0\x19" H265_SPS "\0\7" H265_PPS, "UP"),
    ROW("H.265, AP, FU", H265, 10, 0, "\x62\x01\x93" "abc", "K"),
    ROW("H.265, AP, FU", H265, 10, 1, "\x62\x01\x53" "abc", ""),
    ROW("H.265, AP, FU", H265, 20, 0, "\x62\x01\x81" "abc", "U"),
    ROW("H.265, AP, FU", H265, 20, 1, "\x62\x01\x41" "abc", ""),

    ROW("H.265, AP of all", H265, 10, 1,
        "\x60\x01" "\0\x18" H265_VPS "\0\x19" H265_SPS "\0\7" H265_PPS
        "\0\4" H265_IDR, "UKP"),

    ROW("H.265, start codes inside", H265, 10, 1,
        "\0\0\0\1" H265_VPS "\0\0\0\1" H265_SPS "\0\0\0\1" H265_PPS
        "\0\0\1" H265_IDR, "UKP"),

    ROW("H.265, unsound", H265, 10, 0, "\x26", "U"),
    ROW("H.265, unsound", H265, 10, 0, "\x60\x01\x00", ""),
    ROW("H.265, unsound", H265, 10, 0, "\x62\x01", ""),

    /* AV1 */

    ROW("AV1, N and a sequence header", AV1, 10, 0,
        "\x28" "\x05\x08" "abcd" "\x30\x10" "ab", "UKP"),
    ROW("AV1, N and a sequence header", AV1, 10, 1, "\x90" "cdef", ""),
    ROW("AV1, N and a sequence header", AV1, 20, 1, "\x10" "\x30\x30" "ab",
        "U"),
    ROW("AV1, without N", AV1, 10, 1,
        "\x00" "\x02\x12\x00" "\x05\x08" "abcd" "\x04\x30\x10" "ab", "UKP"),
    ROW("AV1, sequence header and frame in two packets", AV1, 10, 0,
        "\x10" "\x08" "abcd", "UP"),
    ROW("AV1, sequence header and frame in two packets", AV1, 10, 1,
        "\x10" "\x32\x03\x10" "ab", "K"),
    ROW("AV1, key frame without sequence header", AV1, 10, 1,
        "\x10" "\x30\x10" "ab", "U"),
    ROW("AV1, sequence header before another frame", AV1, 10, 1,
        "\x20" "\x05\x08" "abcd" "\x30\x30" "ab", "UP"),
    ROW("AV1, shown again", AV1, 10, 1,
        "\x20" "\x05\x08" "abcd" "\x18\x80", "UP"),
    ROW("AV1, unsound", AV1, 10, 1, "\x28\x7f\x08", "U"),
    ROW("AV1, unsound", AV1, 10, 1, "\x28", ""),
    ROW("AV1, unsound", AV1, 10, 1, "\x00\xff\xff\xff\xff\xff", ""),

    /* VP8 */

    ROW("VP8", VP8, 10, 0, "\x10\x10\x02\x00\x9d\x01\x2a", "UK"),
    ROW("VP8", VP8, 10, 1, "\x00\x10\x02\x00", ""),
    ROW("VP8", VP8, 20, 1, "\x10\x11\x02\x00", "U"),
    ROW("VP8, picture id of 15 bits", VP8, 10, 0,
        "\x90\x80\x81\x23\x10\x02\x00\x9d\x01\x2a", "UK"),
    ROW("VP8, picture id of 15 bits", VP8, 20, 0,
        "\x90\x80\x81\x24\x11\x02\x00", "U"),
    ROW("VP8, all extensions", VP8, 10, 0,
        "\x90\xf0\x12\x34\x56\x10\x02\x00", "UK"),
    ROW("VP8, another partition", VP8, 10, 0, "\x11\x10\x02\x00", "U"),
    ROW("VP8, unsound", VP8, 10, 0, "\x90\xf0\x12\x34\x56", "U"),
    ROW("VP8, unsound", VP8, 10, 0, "\x90", ""),

    /* VP9 */

    ROW("VP9", VP9, 10, 0, "\x88\x81\x23\x82\x49\x83", "UK"),
    ROW("VP9", VP9, 10, 1, "\x84\x81\x23\x82\x49\x83", ""),
    ROW("VP9", VP9, 20, 1, "\xc8\x81\x24\x86\x00\x40", "U"),
    ROW("VP9, not predicted but intra only", VP9, 10, 1,
        "\x88\x12\x86\x00\x40", "U"),
    ROW("VP9, profile 3", VP9, 10, 1, "\x88\x12\xb0\x49", "UK"),
    ROW("VP9, profile 3", VP9, 20, 1, "\x88\x13\xb2\x49", "U"),
    ROW("VP9, scalability structure", VP9, 10, 0,
        "\xaa\x81\x23\x00\x05" "\x38\1\2\3\4\1\2\3\4" "\x02\x04\x11\x00"
        "\x82\x49", "UK"),
    ROW("VP9, scalability structure", VP9, 10, 1,
        "\xa8\x81\x23\x02\x05\x82\x49", ""),
    ROW("VP9, flexible mode", VP9, 10, 0, "\x98\x12\x82\x49", "UK"),
    ROW("VP9, flexible mode", VP9, 20, 0, "\xd8\x13\x03\x02\x86\x49", "U"),
    ROW("VP9, unsound", VP9, 10, 0, "\x8a\x12\xff\x01", "U"),
    ROW("VP9, unsound", VP9, 10, 0, "\xff", ""),

    /* MPEG-4 video, MPEG-2 video, JPEG */

    ROW("MPEG-4, headers and I-VOP", MPEG4, 10, 0,
        "\0\0\1\xb0\x01\0\0\1\xb5\x09\0\0\1\0\0\0\1\x20\x00\x84"
        "\0\0\1\xb3\x00\0\0\1\xb6\x10", "UKP"),
    ROW("MPEG-4, headers and I-VOP", MPEG4, 10, 1, "\0\0\1\xb6\x10", ""),
    ROW("MPEG-4, headers and I-VOP", MPEG4, 20, 1, "\0\0\1\xb6\x50", "U"),
    ROW("MPEG-4, GOV", MPEG4, 10, 1, "\0\0\1\xb3\x00\0\0\1\xb6\x10", "UK"),
    ROW("MPEG-4, headers apart", MPEG4, 10, 1,
        "\0\0\1\xb0\x01\0\0\1\x20\x00\x84", "UP"),
    ROW("MPEG-4, headers apart", MPEG4, 11, 1, "\0\0\1\xb6\x10", "K"),
    ROW("MPEG-4, unsound", MPEG4, 10, 1, "\0\0\1\xb6", "U"),

    ROW("MPEG-2", MPEG2, 10, 0, "\0\0\x39\0\0\0\1\xb3", "UK"),
    ROW("MPEG-2", MPEG2, 10, 1, "\0\0\x09\0\0\0\1\1", ""),
    ROW("MPEG-2", MPEG2, 20, 1, "\0\0\x1a\0\0\0\1\0", "U"),

    ROW("JPEG", MJPEG, 10, 0, "\0\0\0\0\1\x50\x28\x1e" "abc", "UK"),
    ROW("JPEG", MJPEG, 10, 1, "\0\0\4\0\1\x50\x28\x1e" "abc", ""),
    ROW("JPEG", MJPEG, 20, 0, "\0\0\0\0\1\x50\x28\x1e" "abc", "UK"),
    ROW("JPEG, a clock that stands still", MJPEG, 10, 0,
        "\0\0\0\0\1\x50\x28\x1e" "abc", "UK"),
    ROW("JPEG, a clock that stands still", MJPEG, 10, 1,
        "\0\0\4\0\1\x50\x28\x1e" "abc", ""),
    ROW("JPEG, a clock that stands still", MJPEG, 10, 0,
        "\0\0\0\0\1\x50\x28\x1e" "abc", "UK"),

    /* the rest starts anywhere */

    ROW("AAC", AAC, 10, 1, "abc", "UK"),
    ROW("AAC", AAC, 20, 1, "abc", "UK"),
    ROW("unknown", OTHER, 10, 0, "", "UK")
};


static ngx_rtsp_codec_state_t  state;


static ngx_uint_t
feed(const char *payload, size_t len, uint32_t timestamp, ngx_uint_t marker,
    uint16_t seq)
{
    u_char          *data;
    ngx_uint_t       flags;
    ngx_rtsp_rtp_t   rtp;

    ngx_memzero(&rtp, sizeof(ngx_rtsp_rtp_t));

    data = unit_copy(payload, len);

    rtp.payload = data;
    rtp.payload_len = len;
    rtp.timestamp = timestamp;
    rtp.marker = marker;
    rtp.seq = seq;

    flags = ngx_rtsp_codec_packet(&state, &rtp);

    free(data);

    return flags;
}


static void
test_flags(void)
{
    char                  got[4];
    u_char                seq;
    ngx_str_t             str;
    ngx_uint_t            i, flags;
    const char           *name;
    const unit_packet_t  *t;

    name = "";
    seq = 0;

    for (i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        t = &packets[i];

        if (strcmp(t->name, name) != 0) {
            ngx_rtsp_codec_init(&state, t->codec, NULL);
            name = t->name;
            seq = 0;
        }

        flags = feed(t->payload, t->len, t->timestamp, t->marker, seq++);

        str.data = (u_char *) got;
        str.len = 0;

        if (flags & NGX_RTSP_PACKET_UNIT) {
            got[str.len++] = 'U';
        }

        if (flags & NGX_RTSP_PACKET_KEY) {
            got[str.len++] = 'K';
        }

        if (flags & NGX_RTSP_PACKET_PARAMETERS) {
            got[str.len++] = 'P';
        }

        if (!unit_is_str(&str, t->flags, t->name)) {
            printf("# packet %d\n", seq);
        }
    }
}


static void
is_set(ngx_uint_t n, const char *want, size_t len, const char *name)
{
    ngx_rtsp_parameter_set_t  *set;

    if (n >= state.sets.nsets) {
        unit_ok(0, "%s", name);
        return;
    }

    set = &state.sets.sets[n];

    unit_is_mem(state.sets.data + set->offset, set->len, want, len, name);
}


#define IS_SET(n, want, name)  is_set(n, want, sizeof(want) - 1, name)
#define FEED(payload, seq)                                                    \
    (void) feed(payload, sizeof(payload) - 1, 1, 0, seq)

#define OTHER_SPS  "\x67\x42\x00\x1e\x96\x53\x05\x89\x88\x77"
#define OTHER_PPS  "\x68\x5b\x63\x88"        /* identifier 1 */


static void
test_sets(void)
{
    ngx_rtsp_parameter_sets_t  announced;

    ngx_rtsp_codec_init(&state, NGX_RTSP_CODEC_H264, NULL);

    FEED(H264_IDR, 1);
    unit_is_int(state.changed, 0, "a picture changes no parameter sets");

    FEED(H264_PPS, 2);
    FEED(H264_SPS, 3);
    unit_is_int(state.changed, 1, "parameter sets that were not known");
    unit_is_int(state.sets.nsets, 2, "two of them");
    IS_SET(0, H264_SPS, "SPS is first");
    IS_SET(1, H264_PPS, "PPS is second");

    state.changed = 0;
    FEED("\x78" "\0\x0b" H264_SPS "\0\0" "\0\4" H264_PPS, 4);
    unit_is_int(state.changed, 0, "the same again, with zeros behind");

    FEED(OTHER_PPS, 5);
    unit_is_int(state.changed, 1, "a PPS of another identifier");
    unit_is_int(state.sets.nsets, 3, "is one more");
    IS_SET(2, OTHER_PPS, "behind the others");

    state.changed = 0;
    FEED(H264_PPS, 6);
    FEED(OTHER_PPS, 7);
    unit_is_int(state.changed, 0, "two PPS in turn are no change");

    FEED(OTHER_SPS, 8);
    unit_is_int(state.changed, 1, "another SPS");
    unit_is_int(state.sets.nsets, 3, "replaces the old one");
    IS_SET(0, OTHER_SPS, "SPS replaced");
    IS_SET(1, H264_PPS, "PPS is as before");
    IS_SET(2, OTHER_PPS, "so is the other PPS");

    state.changed = 0;
    FEED("\x7c\x87\x42\x00\x0a\x96", 9);
    FEED("\x7c\x07\x53\x05", 10);
    FEED("\x7c\x47\x89\x88", 11);
    unit_is_int(state.changed, 1, "an SPS in fragments");
    IS_SET(0, H264_SPS, "is put together");

    state.changed = 0;
    FEED("\x7c\x87\x42\x00\x1e\x96", 12);
    FEED("\x7c\x47\x89\x88", 14);
    unit_is_int(state.changed, 0, "but not when one is missing");

    announced = state.sets;
    ngx_rtsp_codec_init(&state, NGX_RTSP_CODEC_H264, &announced);
    FEED(H264_SPS, 1);
    unit_is_int(state.changed, 0, "what was announced is no change");

    ngx_rtsp_codec_init(&state, NGX_RTSP_CODEC_H265, NULL);
    FEED("\x60\x01" "\0\7" H265_PPS "\0\x19" H265_SPS "\0\x18" H265_VPS, 1);
    unit_is_int(state.changed, 1, "H.265");
    IS_SET(0, H265_VPS, "VPS");
    IS_SET(1, H265_SPS, "SPS");
    IS_SET(2, H265_PPS, "PPS");

    unit_is_int(ngx_rtsp_parameter_sets_complete(&state.sets,
                                                 NGX_RTSP_CODEC_H265), 1,
                "all three are complete");

    ngx_rtsp_codec_init(&state, NGX_RTSP_CODEC_H265, NULL);
    FEED("\x62\x01\xa1" "\x01\x01\x60\x00\x00\x03\x00\x00\x03\x00\x00\x03",
         1);
    FEED("\x62\x01\x61" "\x00\x00\x03\x00\x96\xa0\x03\xc0\x80\x10\xe5", 2);
    IS_SET(0, H265_SPS, "H.265 SPS in fragments");
    unit_is_int(ngx_rtsp_parameter_sets_complete(&state.sets,
                                                 NGX_RTSP_CODEC_H265), 0,
                "an SPS alone is not complete");
}


static void
test_room(void)
{
    u_char       nal[NGX_RTSP_MAX_PARAMETER_SET + 1];
    ngx_uint_t   n, bad;
    ngx_rtsp_parameter_sets_t  sets;

    ngx_memzero(&sets, sizeof(ngx_rtsp_parameter_sets_t));
    ngx_memset(nal, 0xff, sizeof(nal));

    nal[0] = 0x68;

    unit_is_int(ngx_rtsp_parameter_sets_add(&sets, NGX_RTSP_CODEC_H264, nal,
                                            sizeof(nal)),
                NGX_ERROR, "too large a set");
    unit_is_int(ngx_rtsp_parameter_sets_add(&sets, NGX_RTSP_CODEC_H264, nal,
                                            sizeof(nal) - 1),
                NGX_OK, "the largest set");
    unit_is_int(ngx_rtsp_parameter_sets_add(&sets, NGX_RTSP_CODEC_H264, nal,
                                            sizeof(nal) - 1),
                NGX_DONE, "again");
    unit_is_int(ngx_rtsp_parameter_sets_add(&sets, NGX_RTSP_CODEC_H264, nal,
                                            1),
                NGX_ERROR, "no identifier");
    unit_is_int(ngx_rtsp_parameter_sets_add(&sets, NGX_RTSP_CODEC_H264,
                                            (u_char *) "\x65\x88", 2),
                NGX_DECLINED, "no parameter set");
    unit_is_int(ngx_rtsp_parameter_sets_add(&sets, NGX_RTSP_CODEC_VP8, nal,
                                            9),
                NGX_DECLINED, "no codec with parameter sets");

    /* identifiers 3 to 6 (00100 to 00111), with larger and larger sets */

    bad = 0;

    for (n = 0; n < 400; n++) {
        nal[1] = (u_char) (0x20 | (n % 4) << 3 | 7);
        (void) ngx_rtsp_parameter_sets_add(&sets, NGX_RTSP_CODEC_H264, nal,
                                           100 + n);
        bad += sets.size > NGX_RTSP_PARAMETER_SETS_SIZE;
    }

    unit_is_int(bad, 0, "never more than there is room for");
    unit_is_int(sets.nsets, 5, "each identifier once");

    ngx_memzero(&sets, sizeof(ngx_rtsp_parameter_sets_t));

    nal[1] = 0x01;                     /* 00000001 xxxxxxx1: 127 to 254 */

    for (n = 0; n < 100; n++) {
        nal[2] = (u_char) (n << 1 | 1);
        (void) ngx_rtsp_parameter_sets_add(&sets, NGX_RTSP_CODEC_H264, nal,
                                           3);
    }

    unit_is_int(sets.nsets, NGX_RTSP_MAX_PARAMETER_SETS, "at most 16 sets");
}


static void
test_payload(void)
{
    u_char              buf[NGX_RTSP_PARAMETER_SETS_PAYLOAD];
    ngx_rtsp_writer_t   w;

    ngx_rtsp_codec_init(&state, NGX_RTSP_CODEC_H264, NULL);
    FEED(H264_SPS, 1);

    w.pos = buf;
    w.end = buf + sizeof(buf);
    w.overflow = 0;

    ngx_rtsp_put_parameter_sets(&w, &state.sets, NGX_RTSP_CODEC_H264);
    unit_is_mem(buf, w.pos - buf, H264_SPS, 9, "one set is a NAL unit");

    FEED(H264_PPS, 2);
    w.pos = buf;

    ngx_rtsp_put_parameter_sets(&w, &state.sets, NGX_RTSP_CODEC_H264);
    unit_is_mem(buf, w.pos - buf, "\x78\0\x09" H264_SPS "\0\4" H264_PPS, 18,
                "two are a STAP-A");

    ngx_rtsp_codec_init(&state, NGX_RTSP_CODEC_H265, NULL);
    FEED(H265_SPS, 1);
    FEED(H265_PPS, 2);
    FEED(H265_VPS, 3);
    w.pos = buf;

    ngx_rtsp_put_parameter_sets(&w, &state.sets, NGX_RTSP_CODEC_H265);
    unit_is_mem(buf, w.pos - buf,
                "\x60\x01\0\x18" H265_VPS "\0\x19" H265_SPS "\0\7" H265_PPS,
                2 + 6 + 24 + 25 + 7, "H.265 sets are an AP");
}


int
main(void)
{
    test_flags();
    test_sets();
    test_room();
    test_payload();

    return unit_done();
}
