
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "unit.h"

#include "ngx_rtsp_rtcp.h"


/*
 * RTCP (RFC 3550, 6): compound packets read with patience, and written so
 * that nobody needs any.
 */


#define SR                                                                    \
    "\x80\xc8\0\6" "\xaa\xbb\xcc\xdd" "\xe9\x33\x11\x22\x80\0\0\0"            \
    "\0\1\x5f\x90" "\0\0\0\5" "\0\0\x12\x34"

#define BLOCK                                                                 \
    "\1\2\3\4" "\x40\0\0\x11" "\0\1\0\x20" "\0\0\0\7" "\x11\x22\x80\0"        \
    "\0\1\0\0"

#define SDES  "\x81\xca\0\3" "\xaa\xbb\xcc\xdd" "\1\4" "cam1\0\0"

/* Hanwha: the list of items ends with the packet, not with a zero */
#define SDES_OPEN  "\x81\xca\0\3" "\xaa\xbb\xcc\xdd" "\1\6" "camera"

#define BYE  "\x81\xcb\0\1" "\xaa\xbb\xcc\xdd"

#define APP  "\x80\xcc\0\2" "\xaa\xbb\xcc\xdd" "name"


typedef struct {
    const char  *name;
    const char  *data;
    size_t       len;
    ngx_int_t    rc;
    ngx_uint_t   sr;
    ngx_uint_t   rr;
    ngx_uint_t   nblocks;
    ngx_uint_t   bye;
    ngx_uint_t   malformed;
} unit_rtcp_t;


#define CASE(name, data, rc, sr, rr, nblocks, bye, malformed)                 \
    { name, data, sizeof(data) - 1, rc, sr, rr, nblocks, bye, malformed }


static const unit_rtcp_t  packets[] = {

    CASE("sender report", SR, NGX_OK, 1, 0, 0, 0, 0),
    CASE("sender report with SDES", SR SDES, NGX_OK, 1, 0, 0, 0, 0),
    CASE("SDES without terminator (Hanwha)", SR SDES_OPEN,
         NGX_OK, 1, 0, 0, 0, 0),
    CASE("sender report with block",
         "\x81\xc8\0\x0c" "\xaa\xbb\xcc\xdd" "\xe9\x33\x11\x22\x80\0\0\0"
         "\0\1\x5f\x90" "\0\0\0\5" "\0\0\x12\x34" BLOCK,
         NGX_OK, 1, 0, 1, 0, 0),
    CASE("receiver report", "\x81\xc9\0\7" "\xaa\xbb\xcc\xdd" BLOCK,
         NGX_OK, 0, 1, 1, 0, 0),
    CASE("empty receiver report", "\x80\xc9\0\1" "\xaa\xbb\xcc\xdd",
         NGX_OK, 0, 1, 0, 0, 0),
    CASE("two blocks", "\x82\xc9\0\x0d" "\xaa\xbb\xcc\xdd" BLOCK BLOCK,
         NGX_OK, 0, 1, 2, 0, 0),
    CASE("more blocks than are kept",
         "\x8a\xc9\0\x3d" "\xaa\xbb\xcc\xdd" BLOCK BLOCK BLOCK BLOCK BLOCK
         BLOCK BLOCK BLOCK BLOCK BLOCK,
         NGX_OK, 0, 1, NGX_RTSP_RTCP_MAX_BLOCKS, 0, 0),
    CASE("goodbye", SR SDES BYE, NGX_OK, 1, 0, 0, 1, 0),
    CASE("goodbye alone (RFC 5506)", BYE, NGX_OK, 0, 0, 0, 1, 0),
    CASE("goodbye of nobody", "\x80\xcb\0\0", NGX_OK, 0, 0, 0, 0, 0),
    CASE("goodbye with a reason",
         "\x81\xcb\0\2" "\xaa\xbb\xcc\xdd" "\3" "end",
         NGX_OK, 0, 0, 0, 1, 0),
    CASE("unknown packets are skipped",
         "\x80\xc9\0\1" "\xaa\xbb\xcc\xdd" APP
         "\x81\xcd\0\2" "\xaa\xbb\xcc\xdd" "\1\2\3\4" BYE,
         NGX_OK, 0, 1, 0, 1, 0),
    CASE("a good one before a bad one counts", SR "\x81\xca\0\7" "abcd",
         NGX_OK, 1, 0, 0, 0, 1),
    CASE("rest of three bytes", SR "abc", NGX_OK, 1, 0, 0, 0, 1),
    CASE("block that is not there", SR "\x81\xc9\0\1" "\xaa\xbb\xcc\xdd",
         NGX_OK, 1, 0, 0, 0, 1),

    CASE("nothing", "", NGX_ERROR, 0, 0, 0, 0, 0),
    CASE("three bytes", "\x80\xc9\0", NGX_ERROR, 0, 0, 0, 0, 0),
    CASE("version 1", "\x40\xc9\0\1" "\xaa\xbb\xcc\xdd",
         NGX_ERROR, 0, 0, 0, 0, 0),
    CASE("RTP", "\x80\x60\0\1" "\xaa\xbb\xcc\xdd",
         NGX_ERROR, 0, 0, 0, 0, 0),
    CASE("too short a sender report", "\x80\xc8\0\1" "\xaa\xbb\xcc\xdd",
         NGX_ERROR, 0, 0, 0, 0, 0),
    CASE("longer than the datagram", "\x80\xc9\0\2" "\xaa\xbb\xcc\xdd",
         NGX_ERROR, 0, 0, 0, 0, 0)
};


static void
test_parse(void)
{
    u_char             *data;
    ngx_int_t           rc;
    ngx_uint_t          i;
    ngx_rtsp_rtcp_t     out;
    const unit_rtcp_t  *t;

    for (i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        t = &packets[i];
        data = unit_copy(t->data, t->len);

        rc = ngx_rtsp_parse_rtcp(data, t->len, &out);

        unit_is_int(rc, t->rc, t->name);

        if (rc == NGX_OK) {
            unit_ok(out.has_sr == t->sr && out.has_rr == t->rr
                    && out.nblocks == t->nblocks && out.has_bye == t->bye
                    && out.malformed == t->malformed,
                    "%s: sr %d, rr %d, blocks %d, bye %d, malformed %d",
                    t->name, out.has_sr, out.has_rr, (int) out.nblocks,
                    out.has_bye, out.malformed);
        }

        free(data);
    }
}


static void
test_values(void)
{
    u_char           data[] = SR "\x81\xc9\0\7" "\1\1\1\1" BLOCK BYE;
    ngx_rtsp_rtcp_t  out;

    ngx_rtsp_parse_rtcp(data, sizeof(data) - 1, &out);

    unit_is_int(out.ssrc, 0xaabbccdd, "SSRC of the first report");
    unit_is_int(out.sr.ssrc, 0xaabbccdd, "SSRC of the sender report");
    unit_ok(out.sr.ntp == 0xe933112280000000, "NTP");
    unit_is_int(out.sr.timestamp, 90000, "RTP time");
    unit_is_int(out.sr.packets, 5, "packets");
    unit_is_int(out.sr.octets, 0x1234, "octets");
    unit_is_int(out.blocks[0].ssrc, 0x01020304, "SSRC of the block");
    unit_is_int(out.blocks[0].fraction_lost, 64, "fraction lost");
    unit_is_int(out.blocks[0].lost, 17, "lost");
    unit_is_int(out.blocks[0].highest_seq, 0x10020, "highest sequence number");
    unit_is_int(out.blocks[0].jitter, 7, "jitter");
    unit_is_int(out.blocks[0].lsr, 0x11228000, "LSR");
    unit_is_int(out.blocks[0].dlsr, 65536, "DLSR");
    unit_is_int(out.bye, 0xaabbccdd, "SSRC that leaves");
}


static void
test_write(void)
{
    u_char                   *p, *end;
    size_t                    len;
    ngx_str_t                 cname, none;
    ngx_rtsp_rtcp_t           out;
    ngx_rtsp_report_block_t   block;
    ngx_rtsp_sender_report_t  sr;

    ngx_memzero(&none, sizeof(ngx_str_t));
    cname = unit_str("cam1");

    sr.ntp = 0xe933112280000000;
    sr.ssrc = 0xaabbccdd;
    sr.timestamp = 90000;
    sr.packets = 5;
    sr.octets = 0x1234;

    end = malloc(NGX_RTSP_RTCP_BYE_LEN + NGX_RTSP_RTCP_SR_LEN);
    p = end;

    len = ngx_rtsp_put_sr(p, &sr, &cname);
    unit_is_mem(p, len, SR SDES, sizeof(SR SDES) - 1, "sender report");

    len = ngx_rtsp_put_sr(p, &sr, &none);
    unit_is_mem(p, len, SR, sizeof(SR) - 1, "sender report without CNAME");

    block.ssrc = 0x01020304;
    block.fraction_lost = 64;
    block.lost = 17;
    block.highest_seq = 0x10020;
    block.jitter = 7;
    block.lsr = 0x11228000;
    block.dlsr = 65536;

    len = ngx_rtsp_put_rr(p, 0xaabbccdd, &block, &cname);
    unit_is_mem(p, len, "\x81\xc9\0\7" "\xaa\xbb\xcc\xdd" BLOCK SDES,
                32 + sizeof(SDES) - 1, "receiver report");

    len = ngx_rtsp_put_rr(p, 0xaabbccdd, NULL, &none);
    unit_is_mem(p, len, "\x80\xc9\0\1" "\xaa\xbb\xcc\xdd", 8,
                "empty receiver report");

    block.lost = -2;
    len = ngx_rtsp_put_rr(p, 0xaabbccdd, &block, &none);
    ngx_rtsp_parse_rtcp(p, len, &out);
    unit_is_int(out.blocks[0].lost, -2, "a negative loss goes and comes");
    unit_is_int(out.blocks[0].fraction_lost, 64, "and leaves the fraction");

    len = ngx_rtsp_put_bye(p, 0xaabbccdd, &cname);
    unit_is_mem(p, len, "\x80\xc9\0\1" "\xaa\xbb\xcc\xdd" SDES BYE,
                8 + sizeof(SDES BYE) - 1, "goodbye");

    free(end);
}


/* every length of a CNAME, in a block of the promised size */

static void
test_cname(void)
{
    u_char                   *p, text[NGX_RTSP_RTCP_MAX_CNAME + 8];
    size_t                    n, len;
    ngx_str_t                 cname;
    ngx_uint_t                bad;
    ngx_rtsp_rtcp_t           out;
    ngx_rtsp_sender_report_t  sr;
    ngx_rtsp_report_block_t   block;

    ngx_memset(text, 'x', sizeof(text));
    ngx_memzero(&sr, sizeof(ngx_rtsp_sender_report_t));
    ngx_memzero(&block, sizeof(ngx_rtsp_report_block_t));

    bad = 0;

    for (n = 0; n <= sizeof(text); n++) {
        cname.data = text;
        cname.len = n;

        p = malloc(NGX_RTSP_RTCP_SR_LEN);
        len = ngx_rtsp_put_sr(p, &sr, &cname);
        bad += ngx_rtsp_parse_rtcp(p, len, &out) != NGX_OK || out.malformed;
        bad += len % 4 != 0 || (n && p[len - 1] != 0);
        free(p);

        p = malloc(NGX_RTSP_RTCP_RR_LEN);
        len = ngx_rtsp_put_rr(p, 1, &block, &cname);
        bad += ngx_rtsp_parse_rtcp(p, len, &out) != NGX_OK || out.malformed;
        free(p);

        p = malloc(NGX_RTSP_RTCP_BYE_LEN);
        len = ngx_rtsp_put_bye(p, 1, &cname);
        bad += ngx_rtsp_parse_rtcp(p, len, &out) != NGX_OK || out.malformed
               || !out.has_bye;
        free(p);
    }

    unit_is_int(bad, 0, "CNAMEs of all lengths are sound and fit");
}


static void
test_ntp(void)
{
    uint64_t    usec;
    ngx_uint_t  bad;

    unit_ok(ngx_rtsp_usec_to_ntp(0) == 2208988800ULL << 32, "1970");
    unit_ok(ngx_rtsp_usec_to_ntp(1500000)
            == (2208988801ULL << 32 | 0x80000000), "1.5 s later");
    unit_is_int(ngx_rtsp_ntp_to_usec(0), 0, "before 1970");
    unit_is_int(ngx_rtsp_ntp_middle(0x1122334455667788), 0x33445566,
                "middle 32 bits");

    bad = 0;

    for (usec = 1700000000000000ULL; usec < 1700000002000000ULL; usec += 7) {
        bad += ngx_rtsp_ntp_to_usec(ngx_rtsp_usec_to_ntp(usec)) != usec;
    }

    unit_is_int(bad, 0, "there and back to the microsecond");

    unit_is_int(ngx_rtsp_is_rtcp((u_char *) SR, 28), 1, "SR is RTCP");
    unit_is_int(ngx_rtsp_is_rtcp((u_char *) "\x80\xe0\0\0", 4), 0,
                "type 96 with marker is not");
}


int
main(void)
{
    test_parse();
    test_values();
    test_write();
    test_cname();
    test_ntp();

    return unit_done();
}
