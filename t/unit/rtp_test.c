
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "unit.h"

#include "ngx_rtsp_rtp.h"


/*
 * RTP headers (RFC 3550, 5.1), serial numbers, and the account of a receiver
 * (A.1, A.3, A.8).
 */


typedef struct {
    const char  *name;
    const char  *data;
    size_t       len;
    ngx_int_t    rc;
    size_t       header_len;
    size_t       payload_len;
    ngx_uint_t   ncsrc;
} unit_rtp_t;


#define HEADER  "\xe0\x12\x34\x01\x02\x03\x04\xaa\xbb\xcc\xdd"

#define CASE(name, data, rc, header, payload, ncsrc)                          \
    { name, data, sizeof(data) - 1, rc, header, payload, ncsrc }


static const unit_rtp_t  packets[] = {

    CASE("plain", "\x80" HEADER "abc", NGX_OK, 12, 3, 0),
    CASE("no payload", "\x80" HEADER, NGX_OK, 12, 0, 0),
    CASE("one byte short", "\x80\xe0\x12\x34\x01\x02\x03\x04\xaa\xbb\xcc",
         NGX_ERROR, 0, 0, 0),
    CASE("nothing", "", NGX_ERROR, 0, 0, 0),
    CASE("version 1", "\x40" HEADER "abc", NGX_ERROR, 0, 0, 0),
    CASE("version 3", "\xc0" HEADER "abc", NGX_ERROR, 0, 0, 0),
    CASE("two CSRC", "\x82" HEADER "11112222abc", NGX_OK, 20, 3, 2),
    CASE("CSRC that do not fit", "\x82" HEADER "1111222",
         NGX_ERROR, 0, 0, 0),
    CASE("extension", "\x90" HEADER "\xbe\xde\0\1eeeeabc", NGX_OK, 20, 3, 0),
    CASE("empty extension", "\x90" HEADER "\xbe\xde\0\0abc",
         NGX_OK, 16, 3, 0),
    CASE("extension and CSRC", "\x91" HEADER "1111\xbe\xde\0\1eeeeabc",
         NGX_OK, 24, 3, 1),
    CASE("extension without its header", "\x90" HEADER "\xbe\xde\0",
         NGX_ERROR, 0, 0, 0),
    CASE("extension that does not fit", "\x90" HEADER "\xbe\xde\0\1eee",
         NGX_ERROR, 0, 0, 0),
    CASE("extension of 65535 words", "\x90" HEADER "\xbe\xde\xff\xff""e",
         NGX_ERROR, 0, 0, 0),
    CASE("padding", "\xa0" HEADER "abc\0\0\3", NGX_OK, 12, 3, 0),
    CASE("nothing but padding", "\xa0" HEADER "\0\0\3", NGX_OK, 12, 0, 0),
    CASE("padding of 0", "\xa0" HEADER "abc\0", NGX_ERROR, 0, 0, 0),
    CASE("more padding than payload", "\xa0" HEADER "abc\5",
         NGX_ERROR, 0, 0, 0),
    CASE("padding without payload", "\xa0" HEADER, NGX_ERROR, 0, 0, 0)
};


static void
test_parse(void)
{
    u_char            *data;
    ngx_int_t          rc;
    ngx_uint_t         i;
    ngx_rtsp_rtp_t     rtp;
    const unit_rtp_t  *t;

    for (i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        t = &packets[i];
        data = unit_copy(t->data, t->len);

        rc = ngx_rtsp_parse_rtp(data, t->len, &rtp);

        unit_is_int(rc, t->rc, t->name);

        if (rc == NGX_OK) {
            unit_ok(rtp.header_len == t->header_len
                    && rtp.payload_len == t->payload_len
                    && rtp.payload == data + t->header_len
                    && rtp.ncsrc == t->ncsrc,
                    "%s: header %lu, payload %lu", t->name,
                    (unsigned long) rtp.header_len,
                    (unsigned long) rtp.payload_len);

            unit_ok(rtp.marker == 1 && rtp.type == 96 && rtp.seq == 0x1234
                    && rtp.timestamp == 0x01020304 && rtp.ssrc == 0xaabbccdd,
                    "%s: fields", t->name);
        }

        free(data);
    }
}


static void
test_fields(void)
{
    u_char  p[] = "\x80" HEADER;

    unit_is_int(ngx_rtsp_rtp_type(p), 96, "payload type in place");
    unit_is_int(ngx_rtsp_rtp_marker(p), 1, "marker in place");

    ngx_rtsp_rtp_set_seq(p, 0xfffe);
    ngx_rtsp_rtp_set_timestamp(p, 0xfedcba98);
    ngx_rtsp_rtp_set_ssrc(p, 0x80000001);

    unit_is_int(ngx_rtsp_rtp_seq(p), 0xfffe, "sequence number set");
    unit_is_int(ngx_rtsp_rtp_timestamp(p), 0xfedcba98, "time stamp set");
    unit_is_int(ngx_rtsp_rtp_ssrc(p), 0x80000001, "SSRC set");
    unit_is_mem(p, 12, "\x80\xe0\xff\xfe\xfe\xdc\xba\x98\x80\0\0\1", 12,
                "in network order, and nothing else");

    unit_is_int(ngx_rtsp_seq_diff(1, 0xffff), 2, "sequence over the wrap");
    unit_is_int(ngx_rtsp_seq_diff(0xffff, 1), -2, "and back");
    unit_is_int(ngx_rtsp_timestamp_diff(1, 0xffffffff), 2, "time over it");
    unit_is_int(ngx_rtsp_timestamp_diff(0xffffffff, 1), -2, "and back");
}


static void
test_loss(void)
{
    ngx_uint_t               i;
    ngx_rtsp_rtp_stat_t      st;
    ngx_rtsp_report_block_t  block;

    ngx_memzero(&st, sizeof(ngx_rtsp_rtp_stat_t));

    ngx_rtsp_rtp_stat_report(&st, &block);
    unit_ok(block.lost == 0 && block.fraction_lost == 0,
            "no packet, nothing lost");

    ngx_rtsp_rtp_stat_update(&st, 30, 0, 0, 90000);
    ngx_rtsp_rtp_stat_update(&st, 100, 0, 0, 90000);

    unit_is_int(ngx_rtsp_rtp_stat_lost(&st), 69, "30 and then 100: 69 lost");

    ngx_rtsp_rtp_stat_report(&st, &block);
    unit_is_int(block.lost, 69, "cumulative loss");
    unit_is_int(block.fraction_lost, 69 * 256 / 71, "fraction lost");
    unit_is_int(block.highest_seq, 100, "highest sequence number");

    ngx_rtsp_rtp_stat_update(&st, 101, 0, 0, 90000);
    ngx_rtsp_rtp_stat_report(&st, &block);
    unit_is_int(block.fraction_lost, 0, "the fraction is since last report");
    unit_is_int(block.lost, 69, "the number is not");

    ngx_memzero(&st, sizeof(ngx_rtsp_rtp_stat_t));

    for (i = 65534; i < 65540; i++) {
        ngx_rtsp_rtp_stat_update(&st, (uint16_t) i, 0, 0, 90000);
    }

    ngx_rtsp_rtp_stat_report(&st, &block);
    unit_is_int(block.highest_seq, 0x10003, "a cycle is counted");
    unit_is_int(block.lost, 0, "nothing is lost over the wrap");

    ngx_rtsp_rtp_stat_update(&st, 2, 0, 0, 90000);
    ngx_rtsp_rtp_stat_update(&st, 65535, 0, 0, 90000);
    ngx_rtsp_rtp_stat_report(&st, &block);
    unit_is_int(block.highest_seq, 0x10003, "late ones make no cycle");
    unit_is_int(block.lost, -2, "more received than expected");
    unit_is_int(ngx_rtsp_rtp_stat_lost(&st), 0, "but none lost");
    unit_is_int(st.received, 8, "all are counted");
}


static void
test_restart(void)
{
    uint64_t                 i;
    ngx_rtsp_rtp_stat_t      st;
    ngx_rtsp_report_block_t  block;

    ngx_memzero(&st, sizeof(ngx_rtsp_rtp_stat_t));

    ngx_rtsp_rtp_stat_update(&st, 1000, 0, 0, 90000);
    ngx_rtsp_rtp_stat_update(&st, 1002, 0, 0, 90000);

    unit_is_int(ngx_rtsp_rtp_stat_update(&st, 40000, 0, 0, 90000),
                NGX_DECLINED, "a jump is not believed");
    unit_is_int(ngx_rtsp_rtp_stat_update(&st, 1003, 0, 0, 90000), NGX_OK,
                "on in the old order");
    unit_is_int(ngx_rtsp_rtp_stat_update(&st, 40001, 0, 0, 90000),
                NGX_DECLINED, "another jump is not, either");
    unit_is_int(ngx_rtsp_rtp_stat_update(&st, 40002, 0, 0, 90000), NGX_OK,
                "two in a row are");
    unit_is_int(ngx_rtsp_rtp_stat_update(&st, 40003, 0, 0, 90000), NGX_OK,
                "on in the new order");

    unit_is_int(ngx_rtsp_rtp_stat_lost(&st), 1, "the loss before is kept");

    ngx_rtsp_rtp_stat_update(&st, 60000, 77777777, 0, 90000);
    ngx_rtsp_rtp_stat_update(&st, 60001, 77777777, 0, 90000);
    unit_is_int(ngx_rtsp_rtp_stat_jitter(&st), 0, "a new time is no jitter");

    ngx_memzero(&st, sizeof(ngx_rtsp_rtp_stat_t));

    /* 2^23 lost and more, in steps that still count as loss */

    for (i = 0; i < 3000; i++) {
        ngx_rtsp_rtp_stat_update(&st, (uint16_t) (i * 2999), 0, 0, 90000);
    }

    ngx_rtsp_rtp_stat_report(&st, &block);
    unit_is_int(block.lost, 0x7fffff, "24 bits with sign");
    unit_is_int(ngx_rtsp_rtp_stat_lost(&st), 2999 * 2998,
                "but all are counted");
    unit_is_int(block.fraction_lost, 255, "nearly all lost");
}


static void
test_jitter(void)
{
    ngx_uint_t               i;
    ngx_rtsp_rtp_stat_t      st;
    ngx_rtsp_report_block_t  block;

    ngx_memzero(&st, sizeof(ngx_rtsp_rtp_stat_t));

    ngx_rtsp_rtp_stat_update(&st, 1, 0, 1000000, 90000);
    ngx_rtsp_rtp_stat_update(&st, 2, 45000, 1000000, 90000);
    ngx_rtsp_rtp_stat_report(&st, &block);
    unit_is_int(block.jitter, 45000 / 16, "half a second once");

    ngx_memzero(&st, sizeof(ngx_rtsp_rtp_stat_t));

    for (i = 0; i < 100; i++) {
        ngx_rtsp_rtp_stat_update(&st, (uint16_t) i, (uint32_t) (i * 3600),
                                 1700000000000000ULL + i * 40000, 90000);
    }

    unit_is_int(ngx_rtsp_rtp_stat_jitter(&st), 0, "even arrival, no jitter");

    ngx_memzero(&st, sizeof(ngx_rtsp_rtp_stat_t));

    for (i = 0; i < 2000; i++) {
        ngx_rtsp_rtp_stat_update(&st, (uint16_t) i,
                                 (i & 1) ? 0x80000000 : 0, 0, 90000);
    }

    unit_ok(ngx_rtsp_rtp_stat_jitter(&st) <= 0x7ffffff,
            "absurd time stamps overflow nothing");

    ngx_memzero(&st, sizeof(ngx_rtsp_rtp_stat_t));

    ngx_rtsp_rtp_stat_update(&st, 1, 0, 0, 0);
    ngx_rtsp_rtp_stat_update(&st, 2, 90000, 0, 0);
    unit_is_int(ngx_rtsp_rtp_stat_jitter(&st), 0, "unknown clock, no jitter");
}


int
main(void)
{
    test_parse();
    test_fields();
    test_loss();
    test_restart();
    test_jitter();

    return unit_done();
}
