
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "unit.h"

#include "ngx_rtsp_header.h"


/*
 * Values of single headers, a table for each.  A row of Transport holds what
 * was received and all offers as they would be written, joined by '|': so one
 * table tests reading and writing.  Names say whose spelling it is.
 */


#define HEADER_OFFERS  4


typedef struct {
    const char  *name;
    const char  *value;
    const char  *want;          /* NULL: NGX_ERROR */
} header_row_t;


static const header_row_t  header_transports[] = {

    { "transport: UDP (FFmpeg)", "RTP/AVP/UDP;unicast;client_port=5000-5001",
      "RTP/AVP;unicast;client_port=5000-5001" },

    { "transport: TCP (FFmpeg)", "RTP/AVP/TCP;unicast;interleaved=0-1",
      "RTP/AVP/TCP;unicast;interleaved=0-1" },

    { "transport: record (FFmpeg)",
      "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record",
      "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record" },

    { "transport: mode in quotes (GStreamer)",
      "RTP/AVP;unicast;client_port=14236-14237;mode=\"PLAY\"",
      "RTP/AVP;unicast;client_port=14236-14237;mode=play" },

    { "transport: mode=receive is record",
      "RTP/AVP;unicast;client_port=14186;mode=receive",
      "RTP/AVP;unicast;client_port=14186-14187;mode=record" },

    { "transport: a list of modes in quotes (RFC 2326 12.39)",
      "RTP/AVP;unicast;client_port=2-3;mode=\"PLAY, RECORD\"",
      "RTP/AVP;unicast;client_port=2-3;mode=play" },

    { "transport: several offers, a comma in quotes",
      "RTP/AVP;unicast;client_port=2-3;mode=\"PLAY,RECORD\","
      " RTP/AVP/TCP;unicast;interleaved=0-1",
      "RTP/AVP;unicast;client_port=2-3;mode=play"
      "|RTP/AVP/TCP;unicast;interleaved=0-1" },

    { "transport: three offers (GStreamer)",
      "RTP/AVP/UDP;unicast;client_port=2-3,RTP/AVP/UDP;multicast,"
      "RTP/AVP/TCP;unicast;interleaved=0-1",
      "RTP/AVP;unicast;client_port=2-3|RTP/AVP;multicast"
      "|RTP/AVP/TCP;unicast;interleaved=0-1" },

    { "transport: more offers than asked for",
      "RTP/AVP,RTP/AVP,RTP/AVP,RTP/AVP,RTP/AVP;client_port=0",
      "RTP/AVP|RTP/AVP|RTP/AVP|RTP/AVP" },

    { "transport: empty offers", ", RTP/AVP;unicast,,",
      "RTP/AVP;unicast" },

    { "transport: secure", "RTP/SAVP;unicast;client_port=2-3",
      "RTP/SAVP;unicast;client_port=2-3" },

    { "transport: secure, TCP", "RTP/SAVP/TCP;interleaved=4-5",
      "RTP/SAVP/TCP;interleaved=4-5" },

    { "transport: secure, UDP", "RTP/SAVP/UDP;unicast",
      "RTP/SAVP;unicast" },

    { "transport: multicast, all fields",
      "RTP/AVP;multicast;destination=225.219.201.15;port=7000-7001;ttl=127",
      "RTP/AVP;multicast;destination=225.219.201.15;port=7000-7001;ttl=127" },

    { "transport: keys and profile in any case",
      "rtp/avp/tcp;UNICAST;Interleaved=2-3;MODE=Record;SSRC=aBcD1234",
      "RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=ABCD1234;mode=record" },

    { "transport: fields in any order",
      "client_port=2-3;unicast;RTP/AVP",
      "RTP/AVP;unicast;client_port=2-3" },

    { "transport: spaces around everything",
      " RTP/AVP ; unicast ; client_port = 2 - 3 ; ttl = 1 ",
      "RTP/AVP;unicast;ttl=1;client_port=2-3" },

    { "transport: spaces before ssrc (Hikvision)",
      "RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=  46a81ad7;mode=\"play\"",
      "RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=46A81AD7;mode=play" },

    { "transport: spaces within ssrc (Dahua)",
      "RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=      D93FF",
      "RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=000D93FF" },

    { "transport: ssrc of an odd number of digits",
      "RTP/AVP;unicast;ssrc=1",
      "RTP/AVP;unicast;ssrc=00000001" },

    { "transport: ssrc that is no number is ignored",
      "RTP/AVP;unicast;ssrc=4317f;ssrc=xyz;client_port=2-3",
      "RTP/AVP;unicast;client_port=2-3;ssrc=0004317F" },

    { "transport: ssrc of nine digits is ignored",
      "RTP/AVP;unicast;ssrc=123456789", "RTP/AVP;unicast" },

    { "transport: single ports",
      "RTP/AVP;unicast;client_port=14236;source=172.16.8.2;server_port=56002",
      "RTP/AVP;unicast;source=172.16.8.2;client_port=14236-14237"
      ";server_port=56002-56003" },

    { "transport: single channel", "RTP/AVP/TCP;interleaved=7",
      "RTP/AVP/TCP;interleaved=7-8" },

    { "transport: odd channels", "RTP/AVP/TCP;interleaved=5-6",
      "RTP/AVP/TCP;interleaved=5-6" },

    { "transport: channels that are no pair", "RTP/AVP/TCP;interleaved=0-5",
      "RTP/AVP/TCP;interleaved=0-5" },

    { "transport: server_port=0-1 means any port",
      "RTP/AVP;unicast;client_port=2-3;server_port=0-1",
      "RTP/AVP;unicast;client_port=2-3;server_port=0-1" },

    { "transport: server_port=0-0 means any port",
      "RTP/AVP;unicast;client_port=2-3;server_port=0-0",
      "RTP/AVP;unicast;client_port=2-3;server_port=0-0" },

    { "transport: empty source",
      "RTP/AVP/UDP;unicast;source=;server_port=2-3",
      "RTP/AVP;unicast;server_port=2-3" },

    { "transport: source is a host name",
      "RTP/AVP;unicast;source=camera.example;server_port=2-3",
      "RTP/AVP;unicast;source=camera.example;server_port=2-3" },

    { "transport: keys without a value",
      "RTP/AVP;unicast;source;client_port;ssrc;mode;append",
      "RTP/AVP;unicast" },

    { "transport: unknown keys",
      "RTP/AVP;unicast;layers=2;x-dynamic-rate=1;fwd_port=a;client_port=2-3",
      "RTP/AVP;unicast;client_port=2-3" },

    { "transport: no unicast", "RTP/AVP/TCP;interleaved=0-1",
      "RTP/AVP/TCP;interleaved=0-1" },

    { "transport: the last of two equal keys",
      "RTP/AVP;client_port=2-3;client_port=4-5",
      "RTP/AVP;client_port=4-5" },

    { "transport: semicolon at the end", "RTP/AVP;unicast;",
      "RTP/AVP;unicast" },

    { "transport: another transport is marked, not refused",
      "RAW/RAW/UDP;unicast;client_port=2-3,RTP/AVP/TCP;interleaved=0-1",
      "unsupported|RTP/AVP/TCP;interleaved=0-1" },

    { "transport: another profile is marked (AVPF)",
      "RTP/AVPF;unicast;client_port=2-3,RTP/SAVPF;unicast",
      "unsupported|unsupported" },

    { "transport: another lower transport is marked",
      "RTP/AVP/SCTP;unicast;client_port=0", "unsupported" },

    { "transport: a profile of slashes only", "/TCP;unicast",
      "unsupported" },

    { "transport: channel of 255", "RTP/AVP/TCP;interleaved=254-255",
      "RTP/AVP/TCP;interleaved=254-255" },

    { "transport: channel over 255", "RTP/AVP/TCP;interleaved=255-256",
      NULL },
    { "transport: single channel of 255", "RTP/AVP/TCP;interleaved=255",
      NULL },
    { "transport: channel that is no number", "RTP/AVP/TCP;interleaved=a-b",
      NULL },
    { "transport: half a pair", "RTP/AVP/TCP;interleaved=0-", NULL },
    { "transport: three channels", "RTP/AVP/TCP;interleaved=0-1-2", NULL },
    { "transport: client_port of 0", "RTP/AVP;client_port=0-1", NULL },
    { "transport: client_port over 65535", "RTP/AVP;client_port=65535-65536",
      NULL },
    { "transport: single client_port of 65535", "RTP/AVP;client_port=65535",
      NULL },
    { "transport: a huge client_port",
      "RTP/AVP;client_port=99999999999999999999", NULL },
    { "transport: port of 0", "RTP/AVP;multicast;port=0-1", NULL },
    { "transport: ttl over 255", "RTP/AVP;multicast;ttl=256", NULL },
    { "transport: ttl that is no number", "RTP/AVP;multicast;ttl=a", NULL },
    { "transport: unknown mode", "RTP/AVP;mode=stream", NULL },
    { "transport: no profile", "unicast;client_port=2-3", NULL },
    { "transport: one invalid offer of two",
      "RTP/AVP;unicast;client_port=2-3,RTP/AVP/TCP;interleaved=300-301",
      NULL },
    { "transport: an offer of a key only",
      "RTP/AVP;mode=PLAY,RECORD", NULL },
    { "transport: empty", "", NULL },
    { "transport: nothing but commas", " , ,", NULL },

    { NULL, NULL, NULL }
};


static const header_row_t  header_sessions[] = {
    { "session: id alone", "A3eqwsafq3rFASqew", "A3eqwsafq3rFASqew -1" },
    { "session: timeout", "12345678;timeout=55", "12345678 55" },
    { "session: space after the semicolon (Axis)", "12345678; timeout=60",
      "12345678 60" },
    { "session: spaces everywhere", " 12345678 ; timeout = 60 ",
      "12345678 60" },
    { "session: in any case", "12345678;Timeout=60", "12345678 60" },
    { "session: timeout of 0 is none", "1;timeout=0", "1 -1" },
    { "session: timeout that is no number is none", "1;timeout=a", "1 -1" },
    { "session: other parameters", "1;x=y;timeout=5;z", "1 5" },
    { "session: timeout in quotes", "1;timeout=\"30\"", "1 30" },
    { "session: empty", "", NULL },
    { "session: no id", ";timeout=60", NULL },
    { NULL, NULL, NULL }
};


/* start, end, now, raw */

static const header_row_t  header_ranges[] = {
    { "range: from 0 (Parrot needs it)", "npt=0-", "npt 0 -1 0 0-" },
    { "range: fraction", "npt=0.000-12.3456", "npt 0 12345 0 0.000-12.3456" },
    { "range: short fraction", "npt=1.5-2.", "npt 1500 2000 0 1.5-2." },
    { "range: now", "npt=now-", "npt -1 -1 1 now-" },
    { "range: now, in any case, spaces", " NPT = Now - ",
      "npt -1 -1 1 Now -" },
    { "range: hours", "npt=1:02:03.25-100:00:00",
      "npt 3723250 360000000 0 1:02:03.25-100:00:00" },
    { "range: end only", "npt=-20", "npt -1 20000 0 -20" },
    { "range: no dash", "npt=5", "npt 5000 -1 0 5" },
    { "range: time parameter", "npt=5-;time=19970123T143720Z",
      "npt 5000 -1 0 5-" },
    { "range: clock", "clock=19961108T142300Z-19961108T143520Z",
      "clock -1 -1 0 19961108T142300Z-19961108T143520Z" },
    { "range: smpte", "smpte=10:12:33:20-", "smpte -1 -1 0 10:12:33:20-" },
    { "range: smpte with its frame rate", "smpte-25=10:07:00-",
      "smpte -1 -1 0 10:07:00-" },
    { "range: neither start nor end", "npt=-", NULL },
    { "range: nothing", "npt=", NULL },
    { "range: letters", "npt=a-b", NULL },
    { "range: letters in the fraction", "npt=1.a-", NULL },
    { "range: letters far in the fraction", "npt=1.0000a-", NULL },
    { "range: seconds over 59", "npt=1:02:60-", NULL },
    { "range: minutes over 59", "npt=1:60:00-", NULL },
    { "range: no seconds", "npt=1:00-", NULL },
    { "range: two fractions", "npt=1.0.0-", NULL },
    { "range: a huge number", "npt=99999999999999999999-", NULL },
    { "range: another unit", "bytes=0-", "other" },
    { "range: empty", "", "other" },
    { NULL, NULL, NULL }
};


/* as written, joined by '|' */

static const header_row_t  header_rtp_infos[] = {
    { "rtp-info: single",
      "url=rtsp://h/p/trackID=0;seq=35243;rtptime=717574556",
      "url=rtsp://h/p/trackID=0;seq=35243;rtptime=717574556" },
    { "rtp-info: two, space after the comma",
      "url=rtsp://h/p/trackID=1;seq=1;rtptime=2,"
      " url=rtsp://h/p/trackID=2;seq=3;rtptime=4",
      "url=rtsp://h/p/trackID=1;seq=1;rtptime=2"
      "|url=rtsp://h/p/trackID=2;seq=3;rtptime=4" },
    { "rtp-info: relative URL", "url=trackID=0;seq=12447;rtptime=12447",
      "url=trackID=0;seq=12447;rtptime=12447" },
    { "rtp-info: path only", "url=/stream/trackID=0;seq=1;rtptime=2",
      "url=/stream/trackID=0;seq=1;rtptime=2" },
    { "rtp-info: no rtptime", "url=rtsp://h/p;seq=4", "url=rtsp://h/p;seq=4" },
    { "rtp-info: no seq", "url=rtsp://h/p;rtptime=4",
      "url=rtsp://h/p;rtptime=4" },
    { "rtp-info: URL alone", "url=rtsp://h/p", "url=rtsp://h/p" },
    { "rtp-info: no URL", "seq=4;rtptime=5", ";seq=4;rtptime=5" },
    { "rtp-info: other order", "rtptime=5;seq=4;url=u",
      "url=u;seq=4;rtptime=5" },
    { "rtp-info: spaces around everything",
      " url = rtsp://h/p ; seq = 4 ; rtptime = 5 , url = b",
      "url=rtsp://h/p;seq=4;rtptime=5|url=b" },
    { "rtp-info: commas in the URL", "url=rtsp://h/p?a=1,2;seq=1,url=b,;seq=2",
      "url=rtsp://h/p?a=1,2;seq=1|url=b,;seq=2" },
    { "rtp-info: semicolons in the URL",
      "url=rtsp://h/cam;channel=1;subtype=0/trackID=0;seq=1;x;rtptime=2",
      "url=rtsp://h/cam;channel=1;subtype=0/trackID=0;seq=1;rtptime=2" },
    { "rtp-info: URL in quotes", "url=\"rtsp://h/p\" ;seq=1",
      "url=rtsp://h/p;seq=1" },
    { "rtp-info: the largest numbers", "url=u;seq=65535;rtptime=4294967295",
      "url=u;seq=65535;rtptime=4294967295" },
    { "rtp-info: numbers out of range are absent",
      "url=u;seq=65536;rtptime=4294967296", "url=u" },
    { "rtp-info: a negative rtptime is absent", "url=u;seq=1;rtptime=-1",
      "url=u;seq=1" },
    { "rtp-info: more entries than asked for",
      "url=a,url=b,url=c,url=d,url=e", "url=a|url=b|url=c|url=d" },
    { "rtp-info: empty entries", "url=a,,url=b, ", "url=a|url=b" },
    { "rtp-info: empty", "", NULL },
    { "rtp-info: nothing known", "a=b;c", NULL },
    { "rtp-info: empty values", "url=;seq=;rtptime=", NULL },
    { NULL, NULL, NULL }
};


/* prot, uri, data */

static const header_row_t  header_key_mgmts[] = {
    { "keymgmt: in quotes",
      "prot=mikey;uri=\"rtsp://h/p/trackID=0\";data=\"AQAV==\"",
      "mikey rtsp://h/p/trackID=0 AQAV==" },
    { "keymgmt: without quotes, other order",
      "data=AQAV;prot=MIKEY;uri=rtsp://h/p", "MIKEY rtsp://h/p AQAV" },
    { "keymgmt: spaces", "prot=mikey ; data = \"AQ\"", "mikey  AQ" },
    { "keymgmt: separators in quotes",
      "prot=mikey;uri=\"rtsp://h/a,b;c\";data=\"AQ\"",
      "mikey rtsp://h/a,b;c AQ" },
    { "keymgmt: mikey is second",
      "prot=other;data=\"x\",prot=mikey;data=\"y\"",
      "mikey  y" },
    { "keymgmt: another protocol", "prot=other;uri=\"u\";data=\"x\"", NULL },
    { "keymgmt: no data", "prot=mikey;uri=\"u\"", NULL },
    { "keymgmt: no prot", "uri=\"u\";data=\"x\"", NULL },
    { "keymgmt: empty", "", NULL },
    { NULL, NULL, NULL }
};


static void
header_put_bar(ngx_rtsp_writer_t *w, ngx_uint_t i)
{
    if (i) {
        ngx_rtsp_put_text(w, "|");
    }
}


static void
header_put_transports(ngx_rtsp_writer_t *w, const ngx_str_t *value)
{
    ngx_uint_t            i, n;
    ngx_rtsp_transport_t  offers[HEADER_OFFERS];

    if (ngx_rtsp_parse_transport(value, offers, HEADER_OFFERS, &n) != NGX_OK) {
        ngx_rtsp_put_text(w, "error");
        return;
    }

    for (i = 0; i < n; i++) {
        header_put_bar(w, i);

        if (offers[i].unsupported) {
            ngx_rtsp_put_text(w, "unsupported");
            continue;
        }

        ngx_rtsp_put_transport(w, &offers[i]);
    }
}


static void
header_put_int(ngx_rtsp_writer_t *w, int64_t n)
{
    ngx_rtsp_put_text(w, (n < 0) ? " -" : " ");
    ngx_rtsp_put_uint(w, (n < 0) ? -n : n);
}


static void
header_put_session(ngx_rtsp_writer_t *w, const ngx_str_t *value)
{
    ngx_int_t  timeout;
    ngx_str_t  id;

    if (ngx_rtsp_parse_session(value, &id, &timeout) != NGX_OK) {
        ngx_rtsp_put_text(w, "error");
        return;
    }

    ngx_rtsp_put_str(w, &id);
    header_put_int(w, timeout);
}


static void
header_put_range(ngx_rtsp_writer_t *w, const ngx_str_t *value)
{
    ngx_int_t                 rc;
    ngx_rtsp_range_t          range;
    static const char *const  types[] = { "none", "npt", "clock", "smpte" };

    rc = ngx_rtsp_parse_range(value, &range);

    if (rc != NGX_OK) {
        ngx_rtsp_put_text(w, (rc == NGX_DECLINED) ? "other" : "error");
        return;
    }

    ngx_rtsp_put_text(w, types[range.type]);
    header_put_int(w, range.start);
    header_put_int(w, range.end);
    header_put_int(w, range.now);
    ngx_rtsp_put_text(w, " ");
    ngx_rtsp_put_str(w, &range.raw);
}


static void
header_put_rtp_info(ngx_rtsp_writer_t *w, const ngx_str_t *value)
{
    ngx_uint_t           i, n;
    ngx_rtsp_rtp_info_t  entries[HEADER_OFFERS];

    if (ngx_rtsp_parse_rtp_info(value, entries, HEADER_OFFERS, &n) != NGX_OK) {
        ngx_rtsp_put_text(w, "error");
        return;
    }

    for (i = 0; i < n; i++) {
        header_put_bar(w, i);

        ngx_rtsp_put_text(w, entries[i].url.len ? "url=" : "");
        ngx_rtsp_put_str(w, &entries[i].url);

        if (entries[i].has_seq) {
            ngx_rtsp_put_text(w, ";seq=");
            ngx_rtsp_put_uint(w, entries[i].seq);
        }

        if (entries[i].has_rtptime) {
            ngx_rtsp_put_text(w, ";rtptime=");
            ngx_rtsp_put_uint(w, entries[i].rtptime);
        }
    }
}


static void
header_put_key_mgmt(ngx_rtsp_writer_t *w, const ngx_str_t *value)
{
    ngx_rtsp_key_mgmt_t  km;

    if (ngx_rtsp_parse_key_mgmt(value, &km) != NGX_OK) {
        ngx_rtsp_put_text(w, "error");
        return;
    }

    ngx_rtsp_put_str(w, &km.prot);
    ngx_rtsp_put_text(w, " ");
    ngx_rtsp_put_str(w, &km.uri);
    ngx_rtsp_put_text(w, " ");
    ngx_rtsp_put_str(w, &km.data);
}


static void
header_test_table(const header_row_t *t,
    void (*put)(ngx_rtsp_writer_t *w, const ngx_str_t *value))
{
    u_char              buf[1024];
    ngx_str_t           value;
    const char         *want;
    ngx_rtsp_writer_t   w;

    for ( /* void */ ; t->name; t++) {
        w.pos = buf;
        w.end = buf + sizeof(buf);
        w.overflow = 0;

        value.len = strlen(t->value);
        value.data = unit_copy(t->value, value.len);

        put(&w, &value);

        want = t->want ? t->want : "error";
        unit_is_mem(buf, w.pos - buf, want, strlen(want), t->name);

        free(value.data);
    }
}


static void
header_test_rtp_info_writer(void)
{
    u_char              buf[256];
    ngx_str_t           url;
    ngx_rtsp_writer_t   w;
    const char         *want;

    w.pos = buf;
    w.end = buf + sizeof(buf);
    w.overflow = 0;

    url = unit_str("rtsp://h/p/trackID=0");
    ngx_rtsp_put_rtp_info_entry(&w, 1, &url, 1, 65535, 4294967295U);

    url = unit_str("rtsp://h/p/trackID=1");
    ngx_rtsp_put_rtp_info_entry(&w, 0, &url, 0, 7, 7);

    want = "url=rtsp://h/p/trackID=0;seq=65535;rtptime=4294967295,"
           "url=rtsp://h/p/trackID=1";

    unit_is_mem(buf, w.pos - buf, want, strlen(want),
                "rtp-info: written without spaces, unknown numbers left out");
}


static void
header_test_transport_order(void)
{
    u_char                 buf[256];
    const char            *want;
    ngx_rtsp_writer_t      w;
    ngx_rtsp_transport_t   t;

    ngx_rtsp_init_transport(&t);

    t.unicast = 1;
    t.source = unit_str("192.0.2.1");
    t.destination = unit_str("192.0.2.2");
    t.interleaved[0] = 0;
    t.interleaved[1] = 1;
    t.port[0] = 2;
    t.port[1] = 3;
    t.ttl = 4;
    t.client_port[0] = 5;
    t.client_port[1] = 6;
    t.server_port[0] = 7;
    t.ssrc = 0x0a1b2c3d;
    t.has_ssrc = 1;
    t.mode = NGX_RTSP_MODE_PLAY;

    w.pos = buf;
    w.end = buf + sizeof(buf);
    w.overflow = 0;

    ngx_rtsp_put_transport(&w, &t);

    want = "RTP/AVP;unicast;source=192.0.2.1;destination=192.0.2.2;"
           "interleaved=0-1;port=2-3;ttl=4;client_port=5-6;server_port=7;"
           "ssrc=0A1B2C3D;mode=play";

    unit_is_mem(buf, w.pos - buf, want, strlen(want),
                "transport: the order of fields");
}


static void
header_test_lists(void)
{
    ngx_str_t  value, name, param;

    value = unit_str("application/sdp");
    unit_ok(ngx_rtsp_content_type_is(&value, "application/sdp"),
            "content-type: plain");
    value = unit_str(" Application/SDP ; charset=utf-8");
    unit_ok(ngx_rtsp_content_type_is(&value, "application/sdp"),
            "content-type: case and parameters do not matter");
    value = unit_str("application/sdpx");
    unit_ok(!ngx_rtsp_content_type_is(&value, "application/sdp"),
            "content-type: another one");
    value = unit_str("");
    unit_ok(!ngx_rtsp_content_type_is(&value, "application/sdp"),
            "content-type: empty");

    value = unit_str("a, www.ONVIF.org/ver20/backchannel ,b");
    unit_ok(ngx_rtsp_header_has_token(&value,
                                      "www.onvif.org/ver20/backchannel"),
            "token: within a list, in any case");
    value = unit_str("GET_PARAMETERS, OPTIONS");
    unit_ok(!ngx_rtsp_header_has_token(&value, "GET_PARAMETER"),
            "token: not a part of another");
    value = unit_str("");
    unit_ok(!ngx_rtsp_header_has_token(&value, "a"), "token: empty list");

    value = unit_str(" a = \" b=c \" ");
    ngx_rtsp_split_param(&value, &name, &param);
    unit_is_str(&name, "a", "param: name");
    unit_is_str(&param, "b=c", "param: value in quotes");

    value = unit_str("a=\"");
    ngx_rtsp_split_param(&value, &name, &param);
    unit_is_int(param.len, 0, "param: a single quote");

    value = unit_str("a");
    ngx_rtsp_split_param(&value, &name, &param);
    unit_ok(param.data == NULL, "param: no value");

    value = unit_str("a=");
    ngx_rtsp_split_param(&value, &name, &param);
    unit_ok(param.data != NULL && param.len == 0, "param: empty value");
}


int
main(void)
{
    header_test_table(header_transports, header_put_transports);
    header_test_table(header_sessions, header_put_session);
    header_test_table(header_ranges, header_put_range);
    header_test_table(header_rtp_infos, header_put_rtp_info);
    header_test_table(header_key_mgmts, header_put_key_mgmt);
    header_test_rtp_info_writer();
    header_test_transport_order();
    header_test_lists();

    return unit_done();
}
