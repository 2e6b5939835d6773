
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "unit.h"

#include "ngx_rtsp_url.h"


/*
 * URLs, the path they stand for, and where clients put media controls.  The
 * rows of SETUP are the forms that FFmpeg, GStreamer, VLC and QuickTime send.
 */


typedef struct {
    const char  *name;
    const char  *url;
    const char  *want;          /* NULL: NGX_ERROR */
} url_row_t;


typedef struct {
    const char  *name;
    const char  *setup;
    const char  *path;
    const char  *query;
    const char  *control;       /* "": the first media */
} url_setup_t;


typedef struct {
    const char  *name;
    const char  *announce;
    const char  *control;
    const char  *setup;
    ngx_uint_t   want;
} url_record_t;


typedef struct {
    const char  *name;
    const char  *base;
    const char  *control;
    const char  *want;
} url_join_t;


/* scheme user password host port path query, "-" for what is not there */

static const url_row_t  url_rows[] = {
    { "url: host and path", "rtsp://host/path", "rtsp - - host -1 /path -" },
    { "url: port", "rtsp://host:8554/a/b", "rtsp - - host 8554 /a/b -" },
    { "url: no path", "rtsp://host", "rtsp - - host -1  -" },
    { "url: no path, port", "rtsp://host:554", "rtsp - - host 554  -" },
    { "url: query without path", "rtsp://host?a=b", "rtsp - - host -1  a=b" },
    { "url: empty query", "rtsp://host/p?", "rtsp - - host -1 /p " },
    { "url: query with slashes and question marks",
      "rtsp://host/p?a=/b?c", "rtsp - - host -1 /p a=/b?c" },
    { "url: scheme in any case", "RTSPs://host/p",
      "RTSPs - - host -1 /p -" },
    { "url: user and password", "rtsp://admin:secret@host:80/p",
      "rtsp admin secret host 80 /p -" },
    { "url: user without password", "rtsp://admin@host/p",
      "rtsp admin - host -1 /p -" },
    { "url: empty password", "rtsp://admin:@host/p",
      "rtsp admin  host -1 /p -" },
    { "url: empty user-info", "rtsp://@host/p", "rtsp  - host -1 /p -" },
    { "url: raw percent in the password", "rtsp://user:a%b@host/p",
      "rtsp user a%b host -1 /p -" },
    { "url: raw at sign in the password", "rtsp://user:p@ss@host/p",
      "rtsp user p@ss host -1 /p -" },
    { "url: raw colon and number sign in the password",
      "rtsp://user:a:b#c@host/p", "rtsp user a:b#c host -1 /p -" },
    { "url: at sign in the path", "rtsp://host/a@b",
      "rtsp - - host -1 /a@b -" },
    { "url: IPv6", "rtsp://[2001:db8::1]:8554/p",
      "rtsp - - 2001:db8::1 8554 /p -" },
    { "url: IPv6 without port", "rtsp://[::1]/p", "rtsp - - ::1 -1 /p -" },
    { "url: IPv6 without port and path", "rtsp://[::1]",
      "rtsp - - ::1 -1  -" },
    { "url: IPv6 with a zone (ffplay)", "rtsp://[fe80::1%eth0]:8554/p",
      "rtsp - - fe80::1%eth0 8554 /p -" },
    { "url: IPv6 with user", "rtsp://u:p@[::1]:1/p", "rtsp u p ::1 1 /p -" },
    { "url: empty port", "rtsp://host:/p", "rtsp - - host -1 /p -" },
    { "url: unencoded symbols in the path",
      "rtsp://host/cam/realmonitor;a=[1]|{2}\\^`\"<>/x",
      "rtsp - - host -1 /cam/realmonitor;a=[1]|{2}\\^`\"<>/x -" },
    { "url: raw percent in the path", "rtsp://host/100%/x",
      "rtsp - - host -1 /100%/x -" },
    { "url: bytes above 127", "rtsp://host/\xc3\xa9",
      "rtsp - - host -1 /\xc3\xa9 -" },
    { "url: a bare path", "/p?q", "- - -  -1 /p q" },
    { "url: a bare path of two slashes", "//p", "- - -  -1 //p -" },

    { "url: rtspu", "rtspu://host/p", NULL },
    { "url: http", "http://host/p", NULL },
    { "url: no slashes", "rtsp:host", NULL },
    { "url: asterisk", "*", NULL },
    { "url: empty", "", NULL },
    { "url: no host", "rtsp:///p", NULL },
    { "url: no host, port", "rtsp://:554/p", NULL },
    { "url: no host, user", "rtsp://u@/p", NULL },
    { "url: port of 0", "rtsp://host:0/p", NULL },
    { "url: port over 65535", "rtsp://host:65536/p", NULL },
    { "url: port that is no number", "rtsp://host:a/p", NULL },
    { "url: two ports", "rtsp://host:1:2/p", NULL },
    { "url: IPv6 without brackets", "rtsp://2001:db8::1/p", NULL },
    { "url: IPv6 without closing bracket", "rtsp://[::1/p", NULL },
    { "url: IPv6, text behind the bracket", "rtsp://[::1]x/p", NULL },
    { "url: IPv6, empty", "rtsp://[]/p", NULL },
    { "url: bracket within the host", "rtsp://a[b]/p", NULL },
    { "url: fragment", "rtsp://host/p#f", NULL },
    { "url: fragment behind the query", "rtsp://host/p?q#f", NULL },
    { "url: fragment behind the host", "rtsp://host#f", NULL },
    { "url: space", "rtsp://host/a b", NULL },
    { "url: control character", "rtsp://host/a\x01", NULL },
    { "url: DEL", "rtsp://host/a\x7f", NULL },
    { NULL, NULL, NULL }
};


/* the path, then the query if there is one */

static const url_row_t  url_paths[] = {
    { "path: plain", "rtsp://h/test/stream", "/test/stream" },
    { "path: a trailing slash goes (GStreamer)", "rtsp://h/p/", "/p" },
    { "path: only one goes", "rtsp://h/p//", "/p/" },
    { "path: the query's slash goes (FFmpeg)", "rtsp://h/p?q=1/", "/p q=1" },
    { "path: the query's slash goes with the path's", "rtsp://h/p/?q=1/",
      "/p q=1" },
    { "path: the path's slash goes before a query", "rtsp://h/p/?q=1",
      "/p q=1" },
    { "path: a query of a slash", "rtsp://h/p/?/", "/p" },
    { "path: empty is /", "rtsp://h", "/" },
    { "path: empty with a query is /", "rtsp://h?q", "/ q" },
    { "path: / stays", "rtsp://h/", "/" },
    { "path: // is /", "rtsp://h//", "/" },
    { "path: // is /, also with a query's slash", "rtsp://h//?q/", "/ q" },
    { "path: percent-encoding", "rtsp://h/a%20b%2fc%41", "/a b/cA" },
    { "path: decoded once", "rtsp://h/a%252541", "/a%2541" },
    { "path: an encoded trailing slash goes too", "rtsp://h/p%2F", "/p" },
    { "path: the query stays raw", "rtsp://h/p?a=%20%zz", "/p a=%20%zz" },
    { "path: dots that are no segment", "rtsp://h/..a/b../...",
      "/..a/b../..." },
    { "path: a bare path", "/p/", "/p" },
    { "path: user and port do not matter", "rtsp://u:p@h:1/p", "/p" },

    { "path: parent segment", "rtsp://h/a/../b", NULL },
    { "path: parent segment at the end", "rtsp://h/a/..", NULL },
    { "path: parent segment, slash behind it", "rtsp://h/../", NULL },
    { "path: encoded parent segment", "rtsp://h/a/%2e%2E/b", NULL },
    { "path: parent segment between encoded slashes", "rtsp://h/a%2f..%2fb",
      NULL },
    { "path: encoded NUL", "rtsp://h/a%00", NULL },
    { "path: encoded line end", "rtsp://h/a%0d%0a", NULL },
    { "path: encoded DEL", "rtsp://h/a%7f", NULL },
    { "path: percent at the end", "rtsp://h/a%", NULL },
    { "path: one digit at the end", "rtsp://h/a%4", NULL },
    { "path: no digits", "rtsp://h/a%zz", NULL },
    { NULL, NULL, NULL }
};


static const url_setup_t  url_setups[] = {
    { "setup: suffix", "rtsp://h/teststream/trackID=1",
      "/teststream", "", "trackID=1" },
    { "setup: suffix behind the query (FFmpeg)",
      "rtsp://h/teststream?testing=123/trackID=1",
      "/teststream", "testing=123", "trackID=1" },
    { "setup: suffix before the query (GStreamer)",
      "rtsp://h/teststream/trackID=1?testing=123",
      "/teststream", "testing=123", "trackID=1" },
    { "setup: trailing slash (FFmpeg, MPEG-TS)", "rtsp://h/teststream/",
      "/teststream", "", "" },
    { "setup: trailing slash behind the query",
      "rtsp://h/teststream?testing=123/", "/teststream", "testing=123", "" },
    { "setup: trailing slash before the query",
      "rtsp://h/teststream/?testing=123", "/teststream", "testing=123", "" },
    { "setup: inner slashes", "rtsp://h/test/stream/trackID=1",
      "/test/stream", "", "trackID=1" },
    { "setup: inner slashes, behind the query",
      "rtsp://h/test/stream?testing=123/trackID=1",
      "/test/stream", "testing=123", "trackID=1" },
    { "setup: inner slashes, before the query",
      "rtsp://h/test/stream/trackID=1?testing=123",
      "/test/stream", "testing=123", "trackID=1" },
    { "setup: empty path", "rtsp://h:1/trackID=1", "/", "", "trackID=1" },
    { "setup: path /", "rtsp://h:1//trackID=1", "/", "", "trackID=1" },
    { "setup: path / without suffix", "rtsp://h:1/", "/", "", "" },
    { "setup: empty path without suffix", "rtsp://h:1", "/", "", "" },
    { "setup: bare path", "rtsp://h/teststream", "/teststream", "", "" },
    { "setup: base with a slash of its own", "rtsp://h/p//trackID=0",
      "/p", "", "trackID=0" },
    { "setup: query with a slash of its own", "rtsp://h/p?q=1//trackID=0",
      "/p", "q=1", "trackID=0" },
    { "setup: streamid, any case", "rtsp://h/p/STREAMID=3", "/p", "",
      "STREAMID=3" },
    { "setup: TRACKID", "rtsp://h/p/trackid=3", "/p", "", "trackid=3" },
    { "setup: slash behind the suffix", "rtsp://h/p/trackID=1/", "/p", "",
      "trackID=1" },
    { "setup: the last of two suffixes", "rtsp://h/trackID=1/trackID=2",
      "/trackID=1", "", "trackID=2" },
    { "setup: a value that is no number is the server's to refuse",
      "rtsp://h/p/trackID=abc", "/p", "", "trackID=abc" },
    { "setup: an empty value is no suffix", "rtsp://h/p/trackID=",
      "/p/trackID=", "", "" },
    { "setup: other last segments are none", "rtsp://h/p/xtrackID=1",
      "/p/xtrackID=1", "", "" },
    { "setup: a query's argument is none", "rtsp://h/p?trackID=1",
      "/p", "trackID=1", "" },
    { NULL, NULL, NULL, NULL, NULL }
};


static const url_record_t  url_records[] = {
    { "record: any token", "rtsp://h/teststream", "bbb=ccc",
      "rtsp://h/teststream/bbb=ccc", 1 },
    { "record: inner slashes", "rtsp://h/test/stream", "ddd=eee",
      "rtsp://h/test/stream/ddd=eee", 1 },
    { "record: behind the query (FFmpeg)", "rtsp://h/test/stream?testing=0",
      "fff=ggg", "rtsp://h/test/stream?testing=0/fff=ggg", 1 },
    { "record: before the query (GStreamer)",
      "rtsp://h/test/stream?testing=0", "fff=ggg",
      "rtsp://h/test/stream/fff=ggg?testing=0", 1 },
    { "record: without the query", "rtsp://h/test/stream?testing=0",
      "fff=ggg", "rtsp://h/test/stream/fff=ggg", 1 },
    { "record: empty path", "rtsp://h", "streamid=1", "rtsp://h/streamid=1",
      1 },
    { "record: path /", "rtsp://h/", "streamid=1", "rtsp://h//streamid=1",
      1 },
    { "record: path /, one slash", "rtsp://h/", "streamid=1",
      "rtsp://h/streamid=1", 1 },
    { "record: announced with a trailing slash", "rtsp://h/p/",
      "streamid=0", "rtsp://h/p/streamid=0", 1 },
    { "record: announced with a trailing slash, kept", "rtsp://h/p/",
      "streamid=0", "rtsp://h/p//streamid=0", 1 },
    { "record: a plain word", "rtsp://h/p", "video", "rtsp://h/p/video", 1 },
    { "record: control with inner slashes", "rtsp://h/p", "a/b",
      "rtsp://h/p/a/b", 1 },
    { "record: control with a leading slash", "rtsp://h/p", "/track1",
      "rtsp://h/p/track1", 1 },
    { "record: control with a question mark", "rtsp://h/p", "?ctype=video",
      "rtsp://h/p?ctype=video", 1 },
    { "record: control with a question mark, query", "rtsp://h/p?a=b",
      "?ctype=video", "rtsp://h/p?a=b?ctype=video", 1 },
    { "record: control with a query of its own", "rtsp://h/p",
      "track?x=1", "rtsp://h/p/track?x=1", 1 },
    { "record: absolute", "rtsp://h/p", "rtsp://h/p/streamid=0",
      "rtsp://h/p/streamid=0", 1 },
    { "record: absolute, other host and scheme", "rtsp://h/p",
      "rtsps://10.0.0.1:554/p/streamid=0", "rtsp://h:8554/p/streamid=0", 1 },
    { "record: scheme, host and port are not compared", "rtsp://a:1/p",
      "streamid=0", "rtsps://b/p/streamid=0", 1 },
    { "record: no control", "rtsp://h/p", "", "rtsp://h/p/", 1 },
    { "record: control of an asterisk", "rtsp://h/p/", "*", "rtsp://h/p",
      1 },
    { "record: trailing slash behind the control", "rtsp://h/p",
      "streamid=0", "rtsp://h/p/streamid=0/", 1 },

    { "record: another media", "rtsp://h/p", "streamid=1",
      "rtsp://h/p/streamid=10", 0 },
    { "record: another media, shorter", "rtsp://h/p", "streamid=10",
      "rtsp://h/p/streamid=1", 0 },
    { "record: another path", "rtsp://h/p", "streamid=1",
      "rtsp://h/q/streamid=1", 0 },
    { "record: a longer path", "rtsp://h/p", "streamid=1",
      "rtsp://h/p/x/streamid=1", 0 },
    { "record: a path that only begins so", "rtsp://h/p", "streamid=1",
      "rtsp://h/pstreamid=1", 0 },
    { "record: another query", "rtsp://h/p?a=1", "streamid=1",
      "rtsp://h/p/streamid=1?a=2", 0 },
    { "record: another query, behind", "rtsp://h/p?a=1", "streamid=1",
      "rtsp://h/p?a=2/streamid=1", 0 },
    { "record: a query that was not announced", "rtsp://h/p", "streamid=1",
      "rtsp://h/p/streamid=1?a=2", 0 },
    { "record: the announced URL itself", "rtsp://h/p", "streamid=1",
      "rtsp://h/p", 0 },
    { "record: no control, a media's URL", "rtsp://h/p", "",
      "rtsp://h/p/streamid=1", 0 },
    { "record: absolute, another path", "rtsp://h/p",
      "rtsp://h/p/streamid=0", "rtsp://h/p/streamid=1", 0 },
    { "record: control of a slash", "rtsp://h/p", "/", "rtsp://h/p/", 0 },
    { NULL, NULL, NULL, NULL, 0 }
};


static const url_join_t  url_joins[] = {
    { "join: no control", "rtsp://h/test", "", "rtsp://h/test" },
    { "join: asterisk", "rtsp://h/test/", "*", "rtsp://h/test/" },
    { "join: relative", "rtsp://h/test", "trackID=1",
      "rtsp://h/test/trackID=1" },
    { "join: one slash", "rtsp://h/test/", "trackID=1",
      "rtsp://h/test/trackID=1" },
    { "join: question mark", "rtsp://h/test", "?ctype=video",
      "rtsp://h/test?ctype=video" },
    { "join: behind the query", "rtsp://h/test?a=b", "track1",
      "rtsp://h/test?a=b/track1" },
    { "join: leading slash of the control stays", "rtsp://h/1/",
      "/trackID=2", "rtsp://h/1//trackID=2" },
    { "join: leading slash", "rtsp://h/1", "/trackID=2",
      "rtsp://h/1/trackID=2" },
    { "join: no path", "rtsp://h:8554", "trackID=0",
      "rtsp://h:8554/trackID=0" },
    { "join: absolute with the inner host of a camera behind NAT",
      "rtsp://h:8554/test", "rtsp://10.0.0.1/x/trackID=1?q",
      "rtsp://h:8554/x/trackID=1?q" },
    { "join: absolute with another scheme", "rtsps://h/test",
      "rtsp://h/test/trackID=1", "rtsp://h/test/trackID=1" },
    { "join: user and password are not written",
      "rtsp://admin:p@ss@h:1/test?a=b", "trackID=1",
      "rtsp://h:1/test?a=b/trackID=1" },
    { "join: user and password of the control neither",
      "rtsp://h/test", "rtsp://a:b@c/d", "rtsp://h/d" },
    { "join: IPv6", "rtsp://[fe80::1%eth0]:1/p", "t",
      "rtsp://[fe80::1%eth0]:1/p/t" },
    { "join: a base that is no URL", "http://h/p", "t", NULL },
    { "join: a base without host", "/p", "rtsp://h/p/t", NULL },
    { "join: an absolute control that is no URL", "rtsp://h/p", "rtsp:///t",
      NULL },
    { NULL, NULL, NULL, NULL }
};


static void
url_put(ngx_rtsp_writer_t *w, const ngx_str_t *part, ngx_uint_t there)
{
    if (there) {
        ngx_rtsp_put_str(w, part);

    } else {
        ngx_rtsp_put_text(w, "-");
    }

    ngx_rtsp_put_text(w, " ");
}


static void
url_put_parts(ngx_rtsp_writer_t *w, const ngx_str_t *text)
{
    ngx_rtsp_url_t  url;

    if (ngx_rtsp_parse_url(text, &url) != NGX_OK) {
        ngx_rtsp_put_text(w, "error");
        return;
    }

    url_put(w, &url.scheme, url.scheme.len);
    url_put(w, &url.user, url.user.data != NULL);
    url_put(w, &url.password, url.password.data != NULL);
    url_put(w, &url.host, 1);

    ngx_rtsp_put_text(w, (url.port == -1) ? "-1" : "");

    if (url.port != -1) {
        ngx_rtsp_put_uint(w, url.port);
    }

    ngx_rtsp_put_text(w, " ");
    url_put(w, &url.path, 1);
    url_put(w, &url.query, url.has_query);

    w->pos--;
}


static void
url_put_path(ngx_rtsp_writer_t *w, const ngx_str_t *text)
{
    u_char         *buf;
    ngx_str_t       path, query;
    ngx_rtsp_url_t  url;

    buf = unit_copy(NULL, 0);
    buf = realloc(buf, NGX_RTSP_MAX_PATH);

    if (ngx_rtsp_parse_url(text, &url) != NGX_OK
        || ngx_rtsp_url_path(&url, buf, &path, &query) != NGX_OK)
    {
        ngx_rtsp_put_text(w, "error");

    } else {
        ngx_rtsp_put_str(w, &path);
        ngx_rtsp_put_text(w, query.len ? " " : "");
        ngx_rtsp_put_str(w, &query);
    }

    free(buf);
}


static void
url_test_table(const url_row_t *t,
    void (*put)(ngx_rtsp_writer_t *w, const ngx_str_t *text))
{
    u_char              buf[1024];
    ngx_str_t           text;
    const char         *want;
    ngx_rtsp_writer_t   w;

    for ( /* void */ ; t->name; t++) {
        w.pos = buf;
        w.end = buf + sizeof(buf);
        w.overflow = 0;

        text.len = strlen(t->url);
        text.data = unit_copy(t->url, text.len);

        put(&w, &text);

        want = t->want ? t->want : "error";
        unit_is_mem(buf, w.pos - buf, want, strlen(want), t->name);

        free(text.data);
    }
}


static void
url_test_setups(void)
{
    u_char              buf[NGX_RTSP_MAX_PATH];
    ngx_int_t           rc;
    ngx_str_t           text, control, path, query;
    ngx_rtsp_url_t      url, base;
    const url_setup_t  *t;

    for (t = url_setups; t->name; t++) {
        text = unit_str(t->setup);

        rc = ngx_rtsp_parse_url(&text, &url);
        ngx_rtsp_url_control(&url, &control, &base);

        if (rc != NGX_OK
            || ngx_rtsp_url_path(&base, buf, &path, &query) != NGX_OK)
        {
            unit_ok(0, "%s", t->name);
            continue;
        }

        unit_is_str(&control, t->control, t->name);
        unit_is_str(&path, t->path, t->name);
        unit_is_str(&query, t->query, t->name);
    }
}


static void
url_test_records(void)
{
    ngx_str_t            announce, control, setup;
    const url_record_t  *t;

    for (t = url_records; t->name; t++) {
        announce = unit_str(t->announce);
        control = unit_str(t->control);
        setup = unit_str(t->setup);

        unit_is_int(ngx_rtsp_url_is_control(&setup, &announce, &control),
                    t->want, t->name);
    }
}


static void
url_test_joins(void)
{
    u_char              buf[256];
    ngx_int_t           rc;
    ngx_str_t           base, control;
    const char         *want;
    const url_join_t   *t;
    ngx_rtsp_writer_t   w;

    for (t = url_joins; t->name; t++) {
        w.pos = buf;
        w.end = buf + sizeof(buf);
        w.overflow = 0;

        base = unit_str(t->base);
        control = unit_str(t->control);

        rc = ngx_rtsp_url_join(&w, &base, &control);

        want = (rc == NGX_OK) ? t->want : NULL;

        unit_ok((rc == NGX_OK) == (t->want != NULL), "%s: answer", t->name);
        unit_is_mem(buf, w.pos - buf, want ? want : "",
                    want ? strlen(want) : 0, t->name);
    }
}


/* paths of 254, 255 and 256 bytes, with and without a slash behind them */

static void
url_test_long_paths(void)
{
    u_char          text[512], buf[NGX_RTSP_MAX_PATH];
    size_t          len;
    ngx_int_t       rc, want;
    ngx_str_t       uri, path;
    ngx_uint_t      slash;
    ngx_rtsp_url_t  url;

    for (len = 254; len <= 256; len++) {
        for (slash = 0; slash < 2; slash++) {
            ngx_memset(text, 'a', sizeof(text));

            text[0] = '/';

            if (slash) {
                text[len] = '/';
            }

            uri.data = text;
            uri.len = len + slash;

            rc = ngx_rtsp_parse_url(&uri, &url);

            if (rc == NGX_OK) {
                rc = ngx_rtsp_url_path(&url, buf, &path, NULL);
            }

            want = (len <= NGX_RTSP_MAX_PATH) ? NGX_OK : NGX_ERROR;

            unit_ok(rc == want && (rc != NGX_OK || path.len == len),
                    "path: %lu bytes%s", (unsigned long) len,
                    slash ? " and a slash" : "");
        }
    }
}


static void
url_test_track(void)
{
    ngx_str_t  control;

    control = unit_str("trackID=31");
    unit_is_int(ngx_rtsp_url_track(&control), 31, "track: its number");
    control = unit_str("trackID=-1");
    unit_is_int(ngx_rtsp_url_track(&control), NGX_ERROR, "track: sign");
    control = unit_str("trackID=1a");
    unit_is_int(ngx_rtsp_url_track(&control), NGX_ERROR, "track: letter");
    control = unit_str("trackID=99999999999");
    unit_is_int(ngx_rtsp_url_track(&control), NGX_ERROR, "track: huge");
    ngx_str_null(&control);
    unit_is_int(ngx_rtsp_url_track(&control), NGX_ERROR, "track: none");
}


int
main(void)
{
    url_test_table(url_rows, url_put_parts);
    url_test_table(url_paths, url_put_path);
    url_test_setups();
    url_test_records();
    url_test_joins();
    url_test_long_paths();
    url_test_track();

    return unit_done();
}
