
/*
 * Copyright (C) the nginx RTSP module authors
 */


/*
 * A printer of test results for prove: each check is one line of TAP, a
 * failed one is followed by what was got and wanted.  Every unit test is a
 * plain program: it includes this file once, checks, and ends its main() with
 * "return unit_done();".  Numbers and text are compared by value; bytes are
 * shown escaped, so a diagnostic is always one line.
 */


#ifndef _UNIT_H_INCLUDED_
#define _UNIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static ngx_uint_t  unit_tests;
static ngx_uint_t  unit_failures;


static inline ngx_uint_t
unit_ok(ngx_uint_t ok, const char *fmt, ...)
{
    va_list  args;

    unit_tests++;

    if (!ok) {
        unit_failures++;
    }

    printf("%sok %lu - ", ok ? "" : "not ", (unsigned long) unit_tests);

    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);

    printf("\n");
    fflush(stdout);

    return ok;
}


static inline void
unit_show(const char *label, const void *data, size_t len)
{
    size_t         i;
    const u_char  *p;

    p = data;

    printf("# %s: \"", label);

    for (i = 0; i < len; i++) {
        if (p[i] >= 0x20 && p[i] < 0x7f) {
            putchar(p[i]);

        } else {
            printf("\\x%02x", p[i]);
        }
    }

    printf("\" (%lu bytes)\n", (unsigned long) len);
}


static inline ngx_uint_t
unit_is_mem(const void *got, size_t len, const void *want, size_t size,
    const char *name)
{
    if (unit_ok(len == size && (len == 0 || memcmp(got, want, len) == 0),
                "%s", name))
    {
        return 1;
    }

    unit_show("got", got, len);
    unit_show("wanted", want, size);

    return 0;
}


/* "got" against text that ends in NUL */

static inline ngx_uint_t
unit_is_str(const ngx_str_t *got, const char *want, const char *name)
{
    return unit_is_mem(got->data, got->len, want, strlen(want), name);
}


static inline ngx_uint_t
unit_is_int(int64_t got, int64_t want, const char *name)
{
    if (unit_ok(got == want, "%s", name)) {
        return 1;
    }

    printf("# got: %lld\n# wanted: %lld\n", (long long) got,
           (long long) want);

    return 0;
}


/* a slice of text that ends in NUL */

static inline ngx_str_t
unit_str(const char *text)
{
    ngx_str_t  str;

    str.len = strlen(text);
    str.data = (u_char *) text;

    return str;
}


/*
 * A copy in a block of its own size, so that the sanitizer sees every byte
 * read past its end.  The caller frees it.
 */

static inline u_char *
unit_copy(const void *data, size_t len)
{
    u_char  *p;

    p = malloc(len ? len : 1);
    if (p == NULL) {
        exit(2);
    }

    if (len) {
        memcpy(p, data, len);
    }

    return p;
}


static inline int
unit_done(void)
{
    printf("1..%lu\n", (unsigned long) unit_tests);

    return unit_failures ? 1 : 0;
}


#endif /* _UNIT_H_INCLUDED_ */
