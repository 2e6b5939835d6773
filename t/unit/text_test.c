
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "unit.h"

#include "ngx_rtsp_text.h"


/*
 * The readings and writings every parser stands on: bounds of the writer,
 * numbers at the edge of their range, base64 with the test vectors of RFC
 * 4648, 10.
 */


typedef struct {
    const char  *name;
    const char  *text;
    int64_t      max;
    int64_t      want;
} text_uint_t;


typedef struct {
    const char  *name;
    const char  *plain;
    const char  *base64;
} text_base64_t;


static const text_uint_t  text_uints[] = {
    { "uint: empty", "", 10, NGX_ERROR },
    { "uint: zero", "0", 10, 0 },
    { "uint: leading zeros", "0007", 10, 7 },
    { "uint: the largest", "65535", 65535, 65535 },
    { "uint: one more", "65536", 65535, NGX_ERROR },
    { "uint: a digit above a small bound", "9", 5, NGX_ERROR },
    { "uint: sign", "-1", 10, NGX_ERROR },
    { "uint: plus", "+1", 10, NGX_ERROR },
    { "uint: space", " 1", 10, NGX_ERROR },
    { "uint: letter behind", "1a", 10, NGX_ERROR },
    { "uint: int64", "9223372036854775807", INT64_MAX,
      INT64_MAX },
    { "uint: over int64", "9223372036854775808", INT64_MAX,
      NGX_ERROR },
    { "uint: far over int64", "99999999999999999999999", INT64_MAX,
      NGX_ERROR },
    { NULL, NULL, 0, 0 }
};


static const text_uint_t  text_hexes[] = {
    { "hex: empty", "", 0, NGX_ERROR },
    { "hex: one digit", "a", 0, 10 },
    { "hex: mixed case", "DeadBeef", 0, 0xdeadbeef },
    { "hex: leading zeros", "0000000f", 0, 15 },
    { "hex: nine digits", "000000001", 0, NGX_ERROR },
    { "hex: prefix", "0x12", 0, NGX_ERROR },
    { "hex: letter g", "12g4", 0, NGX_ERROR },
    { NULL, NULL, 0, 0 }
};


static const text_base64_t  text_vectors[] = {
    { "base64: empty", "", "" },
    { "base64: one byte", "f", "Zg==" },
    { "base64: two bytes", "fo", "Zm8=" },
    { "base64: three bytes", "foo", "Zm9v" },
    { "base64: four bytes", "foob", "Zm9vYg==" },
    { "base64: five bytes", "fooba", "Zm9vYmE=" },
    { "base64: six bytes", "foobar", "Zm9vYmFy" },
    { "base64: high bytes", "\xff\xef\xbe", "/+++" },
    { NULL, NULL, NULL }
};


static const text_base64_t  text_spellings[] = {
    { "base64: not padded", "fo", "Zm8" },
    { "base64: URL alphabet", "\xff\xef\xbe", "_-++" },
    { "base64: a single digit", NULL, "Zm9vY" },
    { "base64: padded too much", NULL, "Zg===" },
    { "base64: padded too little", NULL, "Zg=" },
    { "base64: padding only", NULL, "=" },
    { "base64: padding within", NULL, "Zg==Zg==" },
    { "base64: space", NULL, "Zm 9v" },
    { "base64: does not fit", NULL, "Zm9vYmFyZm9vYmFy" },
    { NULL, NULL, NULL }
};


static void
text_test_numbers(void)
{
    ngx_str_t           s;
    const text_uint_t  *t;

    for (t = text_uints; t->name; t++) {
        s = unit_str(t->text);
        unit_is_int(ngx_rtsp_text_uint(&s, t->max), t->want, t->name);
    }

    for (t = text_hexes; t->name; t++) {
        s = unit_str(t->text);
        unit_is_int(ngx_rtsp_text_hex(&s), t->want, t->name);
    }
}


static void
text_test_base64(void)
{
    u_char                out[8];
    ssize_t               n;
    ngx_str_t             s;
    u_char                buf[64];
    ngx_rtsp_writer_t     w;
    const text_base64_t  *t;

    for (t = text_vectors; t->name; t++) {
        w.pos = buf;
        w.end = buf + sizeof(buf);
        w.overflow = 0;

        ngx_rtsp_put_base64(&w, (u_char *) t->plain, strlen(t->plain));
        unit_is_mem(buf, w.pos - buf, t->base64, strlen(t->base64), t->name);

        s = unit_str(t->base64);
        n = ngx_rtsp_text_base64(&s, out, sizeof(out));
        unit_is_mem(out, n < 0 ? 0 : n, t->plain, strlen(t->plain), t->name);
    }

    for (t = text_spellings; t->name; t++) {
        s = unit_str(t->base64);
        n = ngx_rtsp_text_base64(&s, out, sizeof(out));

        if (t->plain == NULL) {
            unit_is_int(n, NGX_ERROR, t->name);
            continue;
        }

        unit_is_mem(out, n < 0 ? 0 : n, t->plain, strlen(t->plain), t->name);
    }
}


static void
text_test_writer(void)
{
    u_char             buf[8];
    ngx_str_t          s;
    ngx_rtsp_writer_t  w;

    ngx_memset(buf, '.', sizeof(buf));

    w.pos = buf;
    w.end = buf + 6;
    w.overflow = 0;

    ngx_rtsp_put_text(&w, "abc");
    ngx_rtsp_put_uint(&w, 1234);
    ngx_rtsp_put_text(&w, "d");

    unit_ok(w.overflow, "writer: overflow is kept");
    unit_is_mem(buf, sizeof(buf), "abc.....", 8,
                "writer: nothing is written after what did not fit");

    w.pos = buf;
    w.end = buf + 6;
    w.overflow = 0;

    ngx_rtsp_put_text(&w, "abc");
    ngx_rtsp_put_hex(&w, 0xabc, 3);

    unit_ok(!w.overflow, "writer: full is no overflow");
    unit_is_mem(buf, sizeof(buf), "abcABC..", 8, "writer: filled to the end");

    ngx_str_null(&s);
    ngx_rtsp_put_str(&w, &s);
    unit_ok(!w.overflow, "writer: an empty string always fits");

    w.pos = buf;
    w.end = buf + sizeof(buf);

    ngx_rtsp_put_uint(&w, 0);
    ngx_rtsp_put_hex(&w, 0x1f, 4);
    unit_is_mem(buf, w.pos - buf, "0001F", 5, "writer: zero, padded hex");
}


static void
text_test_uint_max(void)
{
    u_char             buf[32];
    ngx_rtsp_writer_t  w;

    w.pos = buf;
    w.end = buf + sizeof(buf);
    w.overflow = 0;

    ngx_rtsp_put_uint(&w, 18446744073709551615ULL);
    unit_is_mem(buf, w.pos - buf, "18446744073709551615", 20,
                "writer: the largest number");
}


static void
text_test_strings(void)
{
    ngx_str_t  s, part;

    s = unit_str("Content-LENGTH");
    unit_ok(ngx_rtsp_text_is(&s, "content-length"), "is: any case");
    unit_ok(!ngx_rtsp_text_is(&s, "content"), "is: not a prefix");
    unit_ok(ngx_rtsp_text_begins(&s, "CONTENT"), "begins: any case");
    unit_ok(!ngx_rtsp_text_begins(&s, "Content-Length2"), "begins: too short");

    s = unit_str("a\x7f");
    unit_ok(!ngx_rtsp_text_is(&s, "a_"), "is: only letters have a case");

    s = unit_str(" \t a b \t");
    ngx_rtsp_text_trim(&s);
    unit_is_str(&s, "a b", "trim: both ends");

    s = unit_str(" \t ");
    ngx_rtsp_text_trim(&s);
    unit_is_int(s.len, 0, "trim: nothing is left");

    s = unit_str("a,,b,");
    unit_ok(ngx_rtsp_text_cut(&s, ',', &part), "cut: first");
    unit_is_str(&part, "a", "cut: first part");
    unit_ok(ngx_rtsp_text_cut(&s, ',', &part), "cut: second");
    unit_is_str(&part, "", "cut: an empty part");
    unit_ok(ngx_rtsp_text_cut(&s, ',', &part), "cut: third");
    unit_is_str(&part, "b", "cut: third part");
    unit_ok(ngx_rtsp_text_cut(&s, ',', &part), "cut: behind the last one");
    unit_is_str(&part, "", "cut: an empty last part");
    unit_ok(!ngx_rtsp_text_cut(&s, ',', &part), "cut: the end");
    unit_ok(s.data == NULL, "cut: the end is marked");
}


int
main(void)
{
    text_test_numbers();
    text_test_base64();
    text_test_writer();
    text_test_uint_max();
    text_test_strings();

    return unit_done();
}
