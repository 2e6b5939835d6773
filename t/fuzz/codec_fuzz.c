
/*
 * Copyright (C) the nginx RTSP module authors
 */


/*
 * Feeds payloads to the search for key frames and to fragmentation.  The first
 * byte is the codec, the second the size of fragments; then come packets, each
 * with two bytes of length, one of time and marker, and the payload.
 *
 * A key frame is never reported twice in one unit, and NAL units put together
 * from fragments are those of the packet that was split.
 */


#include "../unit/nal_receiver.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static nal_receiver_t  codec_fuzz_in, codec_fuzz_out;


static void
codec_fuzz_check(ngx_uint_t ok)
{
    if (!ok) {
        abort();
    }
}


static void
codec_fuzz_sets(const ngx_rtsp_parameter_sets_t *sets)
{
    ngx_uint_t                       i, total;
    const ngx_rtsp_parameter_set_t  *set;

    codec_fuzz_check(sets->nsets <= NGX_RTSP_MAX_PARAMETER_SETS);

    total = 0;

    for (i = 0; i < sets->nsets; i++) {
        set = &sets->sets[i];
        total += set->len;

        codec_fuzz_check(set->len
                         && (size_t) set->offset + set->len <= sets->size);
        codec_fuzz_check(i == 0 || set[-1].kind < set->kind
                         || (set[-1].kind == set->kind
                             && set[-1].id < set->id));
    }

    codec_fuzz_check(total == sets->size
                     && total <= NGX_RTSP_PARAMETER_SETS_SIZE);
}


static void
codec_fuzz_receiver(nal_receiver_t *r, ngx_rtsp_codec_e codec, size_t max)
{
    r->codec = codec;
    r->len = 0;
    r->open = 0;
    r->fragments = 0;
    r->packets = 0;
    r->markers = 0;
    r->bad = 0;
    r->max = max;
    r->seq = 0;
    r->ncsrc = 0;
}


static void
codec_fuzz_fragment(ngx_rtsp_codec_e codec, const u_char *payload, size_t len,
    size_t max)
{
    u_char     *packet, *scratch;
    ngx_int_t   n;

    static const u_char  header[] = {
        0x80, 0xe0, 0, 0, 1, 2, 3, 4, 0xaa, 0xbb, 0xcc, 0xdd
    };

    packet = malloc(sizeof(header) + len);
    scratch = malloc(max + 1);

    ngx_memcpy(packet, header, sizeof(header));

    if (len) {
        ngx_memcpy(packet + sizeof(header), payload, len);
    }

    codec_fuzz_receiver(&codec_fuzz_out, codec, max);

    n = ngx_rtsp_fragment(codec, packet, sizeof(header) + len, max,
                          nal_receive, &codec_fuzz_out, scratch);

    if (n == NGX_ERROR) {
        codec_fuzz_check(codec_fuzz_out.packets == 0);

    } else {
        codec_fuzz_receiver(&codec_fuzz_in, codec, 65536);
        nal_receive(&codec_fuzz_in, packet, sizeof(header) + len);

        codec_fuzz_check(codec_fuzz_out.packets == (ngx_uint_t) n);
        codec_fuzz_check(codec_fuzz_out.markers == 1
                         && codec_fuzz_out.marked_last);
        codec_fuzz_check(codec_fuzz_in.len == codec_fuzz_out.len);
        codec_fuzz_check(ngx_memcmp(codec_fuzz_in.nals, codec_fuzz_out.nals,
                                    codec_fuzz_in.len) == 0);
    }

    free(packet);
    free(scratch);
}


static void
codec_fuzz_payload(ngx_rtsp_codec_state_t *state, ngx_rtsp_writer_t *w)
{
    w->overflow = 0;

    ngx_rtsp_put_parameter_sets(w, &state->sets, state->codec);

    codec_fuzz_check(!w->overflow);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                  len, max;
    u_char                 *copy, buf[NGX_RTSP_PARAMETER_SETS_PAYLOAD];
    uint16_t                seq;
    ngx_uint_t              flags, keys;
    ngx_rtsp_rtp_t          rtp;
    ngx_rtsp_codec_e        codec;
    ngx_rtsp_writer_t       w;
    ngx_rtsp_codec_state_t  state;

    if (size < 2) {
        return 0;
    }

    codec = data[0] % (NGX_RTSP_CODEC_MPEGTS + 1);
    max = 8 + data[1];

    data += 2;
    size -= 2;

    ngx_rtsp_codec_init(&state, codec, NULL);
    ngx_memzero(&rtp, sizeof(ngx_rtsp_rtp_t));

    keys = 0;

    for (seq = 0; size >= 3; seq++) {
        len = ngx_min((size_t) ngx_rtsp_rtp_get16(data), size - 3);
        copy = unit_copy(data + 3, len);

        rtp.payload = copy;
        rtp.payload_len = len;
        rtp.timestamp = data[2] & 0x7f;
        rtp.marker = data[2] >> 7;
        rtp.seq = seq;

        flags = ngx_rtsp_codec_packet(&state, &rtp);

        keys = (flags & NGX_RTSP_PACKET_UNIT) ? 0 : keys;
        keys += (flags & NGX_RTSP_PACKET_KEY) ? 1 : 0;
        codec_fuzz_check(keys <= 1);
        codec_fuzz_check(seq || (flags & NGX_RTSP_PACKET_UNIT));
        codec_fuzz_sets(&state.sets);

        codec_fuzz_fragment(codec, copy, len, max);

        free(copy);

        data += 3 + len;
        size -= 3 + len;
    }

    w.pos = buf;
    w.end = buf + sizeof(buf);

    codec_fuzz_payload(&state, &w);

    return 0;
}
