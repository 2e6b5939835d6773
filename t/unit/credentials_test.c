
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "unit.h"

#include "ngx_rtsp_credentials.h"


/*
 * Authorization headers as clients write them, the examples of the RFCs and
 * others computed by hand with md5sum and sha256sum, and the uris that stand
 * for a request's URL.
 */


typedef struct {
    const char  *name;
    const char  *value;
    const char  *want;          /* fields joined by '|', NULL: NGX_ERROR */
} credentials_row_t;


typedef struct {
    const char  *name;
    const char  *method;
    const char  *user;
    const char  *realm;
    const char  *password;
    const char  *value;
    ngx_uint_t   right;
} credentials_digest_t;


typedef struct {
    const char  *name;
    const char  *uri;
    const char  *request_uri;
    ngx_uint_t   setup;
    ngx_uint_t   want;
} credentials_uri_t;


#define MD5_0     "0123456789abcdef0123456789abcdef"
#define SHA256_0  MD5_0 MD5_0


static const credentials_row_t  credentials_rows[] = {

    { "basic", "Basic dXNlcjpwYXNz", "basic|user|pass" },

    { "basic: the scheme in any case", "bAsIc   dXNlcjpwYXNz ",
      "basic|user|pass" },

    { "basic: a password with colons (split at the first)",
      "Basic dXNlcjpwYTpzczo=", "basic|user|pa:ss:" },

    { "basic: an empty password", "Basic dXNlcjo=", "basic|user|" },

    { "basic: UTF-8 (RFC 7617 2.1)", "Basic dGVzdDoxMjPCow==",
      "basic|test|123\xc2\xa3" },

    { "basic: no padding", "Basic dGVzdDoxMjPCow", "basic|test|123\xc2\xa3" },

    { "basic: an empty user", "Basic OnBhc3M=", NULL },

    { "basic: no colon", "Basic dXNlcg==", NULL },

    { "basic: nothing", "Basic", NULL },

    { "basic: no base64", "Basic dXNl*jpwYXNz", NULL },

    { "basic: a line feed in the user", "Basic dQpzZXI6cGFzcw==", NULL },

    { "basic: a NUL in the password", "Basic dXNlcjpwAGE=", NULL },

    { "bearer", "Bearer eyJhbGciOi.J9-_~+/==", "bearer|eyJhbGciOi.J9-_~+/==" },

    { "bearer: nothing", "bearer ", NULL },

    { "bearer: two words", "Bearer a b", NULL },

    { "digest: RFC 2069, no qop and no algorithm",
      "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/\","
      " response=\"" MD5_0 "\"",
      "digest|u|r|n|/|" MD5_0 "|md5||||" },

    { "digest: all parameters (RFC 7616 3.9.1)",
      "Digest username=\"Mufasa\", realm=\"http-auth@example.org\","
      " uri=\"/dir/index.html\", algorithm=SHA-256,"
      " nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\","
      " nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\","
      " qop=auth, response="
      "\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\","
      " opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
      "digest|Mufasa|http-auth@example.org"
      "|7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v|/dir/index.html"
      "|753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
      "|sha256|auth|00000001|f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
      "|FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS" },

    { "digest: no quotes at all",
      "Digest username=u,realm=a b , nonce=n,uri=rtsp://h/p?a=b,"
      "response=" MD5_0,
      "digest|u|a b|n|rtsp://h/p?a=b|" MD5_0 "|md5||||" },

    { "digest: quotes around tokens, upper case",
      "DIGEST USERNAME=\"u\",Realm=\"r\",NONCE=\"n\",Uri=\"/\","
      "Algorithm=\"md5\",QOP=\"auth\",nc=\"00000001\",cnonce=c,"
      "Response=\"0123456789ABCDEF0123456789ABCDEF\"",
      "digest|u|r|n|/|0123456789ABCDEF0123456789ABCDEF|md5|auth|00000001|c|" },

    { "digest: white space and commas anywhere",
      "Digest ,, username = \"u\" ,realm= \"r\"\tnonce=\"n\",,"
      "uri=\"/\"  ,response=\"" MD5_0 "\" , ",
      "digest|u|r|n|/|" MD5_0 "|md5||||" },

    { "digest: commas and spaces in quotes",
      "Digest username=\"a, b\", realm=\"x=y, z\", nonce=\"n\", uri=\"/\","
      " response=\"" MD5_0 "\"",
      "digest|a, b|x=y, z|n|/|" MD5_0 "|md5||||" },

    { "digest: unknown parameters are ignored",
      "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/\","
      " auth-param=\"x\", response=\"" MD5_0 "\", stale=FALSE",
      "digest|u|r|n|/|" MD5_0 "|md5||||" },

    { "digest: empty parameters (cameras)",
      "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/\","
      " opaque=\"\", qop=\"\", response=\"" MD5_0 "\"",
      "digest|u|r|n|/|" MD5_0 "|md5||||" },

    { "digest: an escaped user (curl)",
      "Digest username=\"a\\\"b\\\\c\", realm=\"r\", nonce=\"n\", uri=\"/\","
      " response=\"" MD5_0 "\"",
      "digest|a\"b\\c|r|n|/|" MD5_0 "|md5||||" },

    { "digest: a domain in front of the user (FFmpeg)",
      "Digest username=\"DOM\\user\", realm=\"r\", nonce=\"n\", uri=\"/\","
      " response=\"" MD5_0 "\"",
      "digest|DOM\\user|r|n|/|" MD5_0 "|md5||||" },

    { "digest: SHA-256 in lower case",
      "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/\","
      " algorithm=sha-256, response=\"" SHA256_0 "\"",
      "digest|u|r|n|/|" SHA256_0 "|sha256||||" },

    { "digest: an algorithm nobody knows is reported",
      "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/\","
      " algorithm=SHA-512-256, response=\"x\"",
      "digest|u|r|n|/|x|unknown||||" },

    { "digest: MD5-sess is not MD5",
      "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/\","
      " algorithm=MD5-sess, response=\"" MD5_0 "\"",
      "digest|u|r|n|/|" MD5_0 "|unknown||||" },

    { "digest: a response of SHA-256 for MD5",
      "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/\","
      " response=\"" SHA256_0 "\"", NULL },

    { "digest: a response that is no hex",
      "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/\","
      " response=\"0123456789abcdef0123456789abcdeg\"", NULL },

    { "digest: qop=auth-int is not offered",
      "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/\","
      " qop=auth-int, nc=1, cnonce=c, response=\"" MD5_0 "\"", NULL },

    { "digest: qop without cnonce",
      "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/\","
      " qop=auth, nc=00000001, response=\"" MD5_0 "\"", NULL },

    { "digest: a hashed user name",
      "Digest username=\"" MD5_0 "\", realm=\"r\", nonce=\"n\", uri=\"/\","
      " userhash=true, response=\"" MD5_0 "\"", NULL },

    { "digest: an empty user",
      "Digest username=\"\", realm=\"r\", nonce=\"n\", uri=\"/\","
      " response=\"" MD5_0 "\"", NULL },

    { "digest: a tab in the user",
      "Digest username=\"a\tb\", realm=\"r\", nonce=\"n\", uri=\"/\","
      " response=\"" MD5_0 "\"", NULL },

    { "digest: a parameter twice",
      "Digest username=\"u\", username=\"v\", realm=\"r\", nonce=\"n\","
      " uri=\"/\", response=\"" MD5_0 "\"", NULL },

    { "digest: no nonce",
      "Digest username=\"u\", realm=\"r\", uri=\"/\","
      " response=\"" MD5_0 "\"", NULL },

    { "digest: an open quote",
      "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/\","
      " response=\"" MD5_0, NULL },

    { "digest: a backslash at the end", "Digest username=\"u\\", NULL },

    { "digest: a word alone", "Digest username", NULL },

    { "digest: no name", "Digest =\"u\"", NULL },

    { "digest: nothing", "Digest", NULL },
};


static const credentials_digest_t  credentials_digests[] = {

    { "digest: MD5 (RFC 7616 3.9.1)", "GET", "Mufasa",
      "http-auth@example.org", "Circle of Life",
      "Digest username=\"Mufasa\", realm=\"http-auth@example.org\","
      " uri=\"/dir/index.html\", algorithm=MD5,"
      " nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\","
      " nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\","
      " qop=auth, response=\"8ca523f5e9506fed4657c9700eebdbec\"", 1 },

    { "digest: SHA-256 (RFC 7616 3.9.1)", "GET", "Mufasa",
      "http-auth@example.org", "Circle of Life",
      "Digest username=\"Mufasa\", realm=\"http-auth@example.org\","
      " uri=\"/dir/index.html\", algorithm=SHA-256,"
      " nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\","
      " nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\","
      " qop=auth, response="
      "\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"",
      1 },

    { "digest: MD5 (RFC 2617 3.5)", "GET", "Mufasa", "testrealm@host.com",
      "Circle Of Life",
      "Digest username=\"Mufasa\", realm=\"testrealm@host.com\","
      " nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\","
      " uri=\"/dir/index.html\", qop=auth, nc=00000001, cnonce=\"0a4f113b\","
      " response=\"6629FAE49393A05397450978507C4EF1\"", 1 },

    { "digest: RFC 2069, no qop", "GET", "Mufasa", "testrealm@host.com",
      "CircleOfLife",
      "Digest username=\"Mufasa\", realm=\"testrealm@host.com\","
      " nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\","
      " uri=\"/dir/index.html\","
      " response=\"1949323746fe6a43ef61f9606e7febea\"", 1 },

    { "digest: another method", "PUT", "Mufasa", "testrealm@host.com",
      "CircleOfLife",
      "Digest username=\"Mufasa\", realm=\"testrealm@host.com\","
      " nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\","
      " uri=\"/dir/index.html\","
      " response=\"1949323746fe6a43ef61f9606e7febea\"", 0 },

    { "digest: another password", "GET", "Mufasa", "testrealm@host.com",
      "CircleOfLive",
      "Digest username=\"Mufasa\", realm=\"testrealm@host.com\","
      " nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\","
      " uri=\"/dir/index.html\","
      " response=\"1949323746fe6a43ef61f9606e7febea\"", 0 },
};


#define URL  "rtsp://host:8554/a/b"


static const credentials_uri_t  credentials_uris[] = {

    { "uri: the request's", URL "?q=1", URL "?q=1", 0, 1 },
    { "uri: a path alone (Bosch BVMS)", "/a/b?q=1", URL "?q=1", 0, 1 },
    { "uri: a slash more", URL "/", URL, 0, 1 },
    { "uri: a slash less", URL, URL "/", 0, 1 },
    { "uri: a slash behind the query (live555)", URL "?q=1/", URL "?q=1",
      0, 1 },
    { "uri: the port that is the default", "rtsp://Host:554/a",
      "rtsp://host/a", 0, 1 },
    { "uri: with a user", "rtsp://u:p@host:8554/a/b", URL, 0, 1 },
    { "uri: no path", "rtsp://host", "rtsp://host/", 0, 1 },
    { "uri: another path", "rtsp://host:8554/a/c", URL, 0, 0 },
    { "uri: a longer path", URL "c", URL, 0, 0 },
    { "uri: another query", URL "?q=2", URL "?q=1", 0, 0 },
    { "uri: no query", URL, URL "?q=1", 0, 0 },
    { "uri: another host", "rtsp://other:8554/a/b", URL, 0, 0 },
    { "uri: another port", "rtsp://host:8555/a/b", URL, 0, 0 },
    { "uri: no URL", "a/b", URL, 0, 0 },
    { "uri: empty", "", URL, 0, 0 },
    { "uri: SETUP of the whole (VLC)", URL "/", URL "/trackID=0", 1, 1 },
    { "uri: SETUP of the whole (HappyTime)", URL, URL "/trackID=0", 1, 1 },
    { "uri: SETUP of the whole, a path (BVMS)", "/a/b/", URL "/trackID=0",
      1, 1 },
    { "uri: SETUP of the media", URL "/trackID=0", URL "/trackID=0", 1, 1 },
    { "uri: SETUP behind the query (VLC)", URL "?q=1/", URL "?q=1/trackID=0",
      1, 1 },
    { "uri: SETUP before the query (GStreamer)", URL "?q=1",
      URL "/trackID=0?q=1", 1, 1 },
    { "uri: SETUP of another media", URL "/trackID=1", URL "/trackID=0",
      1, 0 },
    { "uri: SETUP of a parent", "rtsp://host:8554/a", URL "/trackID=0",
      1, 0 },
    { "uri: the whole for something else than SETUP", URL "/",
      URL "/trackID=0", 0, 0 },
};


static void
credentials_put(ngx_rtsp_writer_t *w, const ngx_rtsp_credentials_t *cr)
{
    ngx_uint_t         i;
    const ngx_str_t   *fields[5];
    static const char *algorithms[] = { "none", "md5", "sha256", "unknown" };

    switch (cr->scheme) {

    case NGX_RTSP_SCHEME_BASIC:
        ngx_rtsp_put_text(w, "basic|");
        ngx_rtsp_put_str(w, &cr->user);
        ngx_rtsp_put_text(w, "|");
        ngx_rtsp_put_str(w, &cr->password);
        return;

    case NGX_RTSP_SCHEME_BEARER:
        ngx_rtsp_put_text(w, "bearer|");
        ngx_rtsp_put_str(w, &cr->token);
        return;

    default:
        break;
    }

    fields[0] = &cr->user;
    fields[1] = &cr->realm;
    fields[2] = &cr->nonce;
    fields[3] = &cr->uri;
    fields[4] = &cr->response;

    ngx_rtsp_put_text(w, "digest");

    for (i = 0; i < 5; i++) {
        ngx_rtsp_put_text(w, "|");
        ngx_rtsp_put_str(w, fields[i]);
    }

    ngx_rtsp_put_text(w, "|");
    ngx_rtsp_put_text(w, algorithms[cr->algorithm]);

    fields[0] = &cr->qop;
    fields[1] = &cr->nc;
    fields[2] = &cr->cnonce;
    fields[3] = &cr->opaque;

    for (i = 0; i < 4; i++) {
        ngx_rtsp_put_text(w, "|");
        ngx_rtsp_put_str(w, fields[i]);
    }
}


static void
credentials_parse(const credentials_row_t *row)
{
    u_char                  buf[2048];
    ngx_int_t               rc;
    ngx_str_t               value, got;
    ngx_rtsp_writer_t       w;
    ngx_rtsp_credentials_t  cr;

    value = unit_str(row->value);
    value.data = unit_copy(value.data, value.len);

    rc = ngx_rtsp_parse_credentials(&value, &cr);

    if (row->want == NULL) {
        unit_is_int(rc, NGX_ERROR, row->name);

    } else {
        w.pos = buf;
        w.end = buf + sizeof(buf);
        w.overflow = 0;

        if (rc == NGX_OK) {
            credentials_put(&w, &cr);
        }

        got.data = buf;
        got.len = w.pos - buf;

        unit_is_str(&got, row->want, row->name);
    }

    free(value.data);
}


static void
credentials_schemes(void)
{
    size_t                  len;
    char                   *text;
    ngx_str_t               value;
    ngx_rtsp_credentials_t  cr;

    value = unit_str("Negotiate abc");
    unit_is_int(ngx_rtsp_parse_credentials(&value, &cr), NGX_DECLINED,
                "another scheme");

    value = unit_str("");
    unit_is_int(ngx_rtsp_parse_credentials(&value, &cr), NGX_DECLINED,
                "nothing");

    /* "Basic " and the base64 of a user, a colon and much more */

    text = malloc(4096);
    len = sprintf(text, "Basic dXNlcjow");
    memset(text + len, 'Z', 4096 - len);

    value.data = (u_char *) text;
    value.len = 6 + 4 * (NGX_RTSP_MAX_CREDENTIAL / 3);

    unit_is_int(ngx_rtsp_parse_credentials(&value, &cr), NGX_OK,
                "basic: nearly as long as it may be");
    unit_is_int(cr.password.len, NGX_RTSP_MAX_CREDENTIAL / 3 * 3 - 5,
                "basic: a long password is whole");

    value.len += 4;
    unit_is_int(ngx_rtsp_parse_credentials(&value, &cr), NGX_ERROR,
                "basic: too long");

    free(text);
}


static void
credentials_digest(const credentials_digest_t *row)
{
    u_char                  ha1[NGX_RTSP_SHA256_LEN];
    ngx_int_t               rc;
    ngx_str_t               value, user, realm, password, method;
    ngx_rtsp_credentials_t  cr;

    value = unit_str(row->value);
    user = unit_str(row->user);
    realm = unit_str(row->realm);
    password = unit_str(row->password);
    method = unit_str(row->method);

    rc = ngx_rtsp_parse_credentials(&value, &cr);

    if (rc == NGX_OK) {
        rc = ngx_rtsp_digest_ha1(cr.algorithm, &user, &realm, &password, ha1);
    }

    unit_ok(rc == NGX_OK
            && ngx_rtsp_is_digest_right(&cr, &method, ha1) == row->right,
            "%s", row->name);
}


static void
credentials_secrets(void)
{
    ngx_str_t  a, b;

    a = unit_str("secret");
    b = unit_str("secret");
    unit_ok(ngx_rtsp_is_same_secret(&a, &b), "secrets: equal");

    b = unit_str("secreT");
    unit_ok(!ngx_rtsp_is_same_secret(&a, &b), "secrets: another");

    b = unit_str("secret1");
    unit_ok(!ngx_rtsp_is_same_secret(&a, &b), "secrets: a longer one");

    a = unit_str("");
    b = unit_str("");
    unit_ok(ngx_rtsp_is_same_secret(&a, &b), "secrets: empty");

    unit_is_int(ngx_rtsp_digest_len(NGX_RTSP_DIGEST_UNKNOWN), 0,
                "an unknown algorithm has no hashes");
}


static void
credentials_challenges(void)
{
    u_char             buf[512];
    ngx_str_t          got, realm, nonce;
    ngx_rtsp_writer_t  w;

    realm = unit_str("cctv");
    nonce = unit_str("0a1b");

    w.end = buf + sizeof(buf);
    w.overflow = 0;
    got.data = buf;

    w.pos = buf;
    ngx_rtsp_put_basic_challenge(&w, &realm);
    got.len = w.pos - buf;
    unit_is_str(&got, "Basic realm=\"cctv\"", "challenge: Basic");

    w.pos = buf;
    ngx_rtsp_put_digest_challenge(&w, &realm, &nonce, NGX_RTSP_DIGEST_MD5, 0);
    got.len = w.pos - buf;
    unit_is_str(&got, "Digest realm=\"cctv\", nonce=\"0a1b\", qop=\"auth\","
                " algorithm=MD5", "challenge: Digest MD5");

    w.pos = buf;
    ngx_rtsp_put_digest_challenge(&w, &realm, &nonce, NGX_RTSP_DIGEST_SHA256,
                                  1);
    got.len = w.pos - buf;
    unit_is_str(&got, "Digest realm=\"cctv\", nonce=\"0a1b\", qop=\"auth\","
                " algorithm=SHA-256, stale=true",
                "challenge: Digest SHA-256, stale");
}


int
main(void)
{
    ngx_str_t   uri, request_uri;
    ngx_uint_t  i;

    for (i = 0; i < sizeof(credentials_rows) / sizeof(credentials_row_t); i++)
    {
        credentials_parse(&credentials_rows[i]);
    }

    credentials_schemes();

    for (i = 0;
         i < sizeof(credentials_digests) / sizeof(credentials_digest_t);
         i++)
    {
        credentials_digest(&credentials_digests[i]);
    }

    for (i = 0; i < sizeof(credentials_uris) / sizeof(credentials_uri_t); i++)
    {
        uri = unit_str(credentials_uris[i].uri);
        request_uri = unit_str(credentials_uris[i].request_uri);

        unit_is_int(ngx_rtsp_is_digest_uri(&uri, &request_uri,
                                           credentials_uris[i].setup),
                    credentials_uris[i].want, credentials_uris[i].name);
    }

    credentials_secrets();
    credentials_challenges();

    return unit_done();
}
