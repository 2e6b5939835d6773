
/*
 * Copyright (C) the nginx RTSP module authors
 */


/*
 * The reorder buffer of UDP publishers: what goes in as numbers, in the order
 * of arrival, comes out as numbers.  Each row of the table is one sender.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "unit.h"

#include "ngx_rtsp_reorder.c"


#define MS  1000                            /* in us */


typedef struct {
    const char  *name;
    const char  *in;        /* "number@ms", "number" a ms after the one before,
                             * "first-last", "!ms" expiry at that time */
    const char  *out;       /* numbers, runs as "first-last" */
    int          lost;
} reorder_test_t;


static u_char    out[65536];                /* as text */
static size_t    out_len;
static int       run_first;
static int       run_last;
static uint64_t  last_arrival;
static int       wrong;                     /* bytes or arrival of a packet */


static reorder_test_t  tests[] = {

    { "packets in order go through",
      "10-15", "10-15", 0 },

    { "numbers wrap",
      "65533-65535 0-3", "65533-65535 0-3", 0 },

    { "two swapped packets are put in order",
      "1 3 2 4", "1-4", 0 },

    { "two swapped packets around the wrap",
      "65534 0 65535 1", "65534-65535 0-1", 0 },

    { "a packet that waits is held back",
      "1 3 4", "1", 0 },

    { "one that came 63 places late is still put in order",
      "1 3-65 2 66", "1-66", 0 },

    { "a hole is given up when 64 packets have come after it",
      "1 3-66", "1 3-66", 1 },

    { "a packet of a hole that was given up is dropped",
      "1 3-66 2 67", "1 3-67", 1 },

    { "two holes are given up one by one",
      "1 3-10 12-66 67-75", "1 3-10 12-75", 2 },

    { "a hole is given up after 100 ms",
      "1@0 3@10 !109 !110", "1 3", 1 },

    { "a hole is kept for 100 ms",
      "1@0 3@10 !109", "1", 0 },

    { "a hole is given up by the next packet where no timer ran",
      "1@0 3@10 4@110", "1 3-4", 1 },

    { "the second of two holes keeps its own time",
      "1@0 3@10 5@60 !110 !159", "1 3", 1 },

    { "and is given up when that is over",
      "1@0 3@10 5@60 !110 !160", "1 3 5", 2 },

    { "time counts from the packet that waits longest, not the lowest",
      "1@0 5@10 3@60 !110", "1 3 5", 2 },

    /* arrival lies in time stamp and SSRC, which is another from 2^32 us on */

    { "numbers of another SSRC count from its first packet on",
      "100-101 5-6@4294968", "100-101 5-6", 0 },

    { "what waits when another SSRC begins is handed on",
      "100@4294960 102 5@4294968", "100 102 5", 1 },

    { "a hole that is filled leaves no wait behind",
      "1@0 3@10 2@20 !500", "1-3", 0 },

    { "a packet sent twice is dropped",
      "1 2 2 3", "1-3", 0 },

    { "a packet sent twice that waits is dropped",
      "1 3 3 2 4", "1-4", 0 },

    { "old packets do not come back",
      "1000-1010 990-1010 1011", "1000-1011", 0 },

    { "64 late packets in a row are late",
      "1000-1001 101-164", "1000-1001", 0 },

    { "65 late packets in a row are a sender that starts again",
      "1000-1001 101-170", "1000-1001 165-170", 0 },

    { "late packets count only in a row",
      "1000 101-164 1001 101-164 1002", "1000-1002", 0 },

    { "what waited goes out before a sender that starts again",
      "1000@0 1002@0 101-165 166", "1000 1002 165-166", 1 },

    { "a gap of 3000 numbers is loss",
      "1 3001 3002@200", "1 3001-3002", 2999 },

    { "a jump of more is a sender that starts again",
      "1 3005-3006", "1 3005-3006", 0 },

    { "a jump hands on what waits first",
      "1 3 20000-20001", "1 3 20000-20001", 1 },

    { "a gap of more than the buffer with packets that wait in it",
      "1 3 5 100 101@900", "1 3 5 100-101", 96 },

    { "even when everything comes backwards",
      "1 20-20 19-19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2", "1-20", 0 }
};




void *
ngx_alloc(size_t size, ngx_log_t *log)
{
    return malloc(size);
}


static void
put_number(const char *fmt, int n)
{
    out_len += snprintf((char *) out + out_len, sizeof(out) - out_len, fmt, n);
}


static void
end_run(void)
{
    if (run_first == -1) {
        return;
    }

    put_number(out_len ? " %d" : "%d", run_first);

    if (run_last != run_first) {
        put_number("-%d", run_last);
    }

    run_first = -1;
}


/* a packet's time stamp is its arrival, and so is its length's low digit */

static size_t
make_packet(u_char *p, uint16_t seq, uint64_t arrival)
{
    memset(p, 0x80, 64);

    p[2] = seq >> 8;
    p[3] = seq & 0xff;
    memcpy(&p[4], &arrival, sizeof(uint64_t));

    return 12 + seq % 50;
}


static void
take(void *data, u_char *packet, size_t len, uint64_t arrival)
{
    int     seq;
    u_char  want[64];

    seq = packet[2] << 8 | packet[3];

    if (data != tests
        || len != make_packet(want, seq, arrival)
        || memcmp(packet, want, len) != 0)
    {
        wrong = 1;
    }

    if (run_first == -1 || seq != run_last + 1) {
        end_run();
        run_first = seq;
    }

    run_last = seq;
}


static void
put(ngx_rtsp_reorder_t *ro, uint16_t seq)
{
    size_t  len;
    u_char  packet[64], *p;

    len = make_packet(packet, seq, last_arrival);
    p = unit_copy(packet, len);

    ngx_rtsp_reorder_put(ro, p, len, last_arrival);

    free(p);
}


static void
feed(ngx_rtsp_reorder_t *ro, const char *p)
{
    int    seq, last;
    char  *end;

    while (*p) {

        if (*p == ' ') {
            p++;
            continue;
        }

        if (*p == '!') {
            last_arrival = strtoul(p + 1, &end, 10) * MS;
            (void) ngx_rtsp_reorder_expire(ro, last_arrival);
            p = end;
            continue;
        }

        seq = strtol(p, &end, 10);
        last = seq;

        if (*end == '-') {
            last = strtol(end + 1, &end, 10);
        }

        if (*end == '@') {
            last_arrival = strtoul(end + 1, &end, 10) * MS;

        } else {
            last_arrival += 1;
        }

        for ( /* void */ ; seq <= last; seq++) {
            put(ro, seq);
        }

        p = end;
    }
}


static void
test_table(void)
{
    ngx_str_t            got;
    ngx_uint_t           i;
    ngx_rtsp_reorder_t  *ro;

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        ro = ngx_rtsp_reorder_create(take, tests, NULL);

        out_len = 0;
        run_first = -1;
        last_arrival = 0;
        wrong = 0;

        feed(ro, tests[i].in);
        end_run();

        got.data = out;
        got.len = out_len;

        unit_is_str(&got, tests[i].out, tests[i].name);
        unit_is_int(ngx_rtsp_reorder_lost(ro), tests[i].lost, "  lost");
        unit_ok(!wrong, "  bytes and arrival are each packet's own");

        ngx_rtsp_reorder_destroy(ro);
    }
}


static void
test_expire(void)
{
    ngx_rtsp_reorder_t  *ro;

    ro = ngx_rtsp_reorder_create(take, tests, NULL);

    last_arrival = 1000 * MS;

    put(ro, 1);
    unit_is_int(ngx_rtsp_reorder_expire(ro, 1000 * MS), 0,
                "no timer where nothing waits");

    put(ro, 3);
    unit_is_int(ngx_rtsp_reorder_expire(ro, 1030 * MS), 70 * MS,
                "the timer is set for what is left of 100 ms");
    unit_is_int(ngx_rtsp_reorder_expire(ro, 999 * MS), 101 * MS,
                "a time before the arrival does no harm");

    last_arrival = 1040 * MS;
    put(ro, 5);
    unit_is_int(ngx_rtsp_reorder_expire(ro, 1100 * MS), 40 * MS,
                "then for the next hole");
    unit_is_int(ngx_rtsp_reorder_expire(ro, 1140 * MS), 0,
                "and no more once that is over");

    /* what waits is freed, or the sanitizer tells */

    put(ro, 9);
    ngx_rtsp_reorder_destroy(ro);
}


static ngx_rtsp_reorder_t  *doomed;
static ngx_uint_t           calls;


static void
take_and_destroy(void *data, u_char *packet, size_t len, uint64_t arrival)
{
    if (++calls == 2) {
        ngx_rtsp_reorder_destroy(doomed);
    }
}


static void
test_destroy(void)
{
    int  i;

    for (i = 0; i < 2; i++) {
        doomed = ngx_rtsp_reorder_create(take_and_destroy, NULL, NULL);

        calls = 0;
        last_arrival = 0;

        put(doomed, 1);
        put(doomed, 3);
        put(doomed, 4);
        put(doomed, 6);

        if (i == 0) {
            put(doomed, 2);

        } else {
            unit_is_int(ngx_rtsp_reorder_expire(doomed, 200 * MS), 0,
                        "or from a timer, which ends then");
        }

        unit_is_int(calls, 2, "the handler may destroy the buffer");
    }
}


/* packets shuffled over a short way, some lost, some sent twice */

static void
test_shuffle(void)
{
    int                  i, j, n, last, count, seqs[4000];
    ngx_rtsp_reorder_t  *ro;

    ro = ngx_rtsp_reorder_create(take, tests, NULL);

    srandom(1);

    n = 0;

    for (i = 0; i < 2000; i++) {

        if (i > 0 && i < 1999 && i % 37 == 0) {
            continue;
        }

        seqs[n++] = i;

        if (i % 11 == 0) {
            seqs[n++] = i;
        }
    }

    /* within 30 of them, or the buffer has to give up more */

    for (i = 1; i < n; i++) {
        j = i + random() % (30 - i % 30);

        if (j < n) {
            last = seqs[i];
            seqs[i] = seqs[j];
            seqs[j] = last;
        }
    }

    out_len = 0;
    run_first = -1;
    wrong = 0;
    last_arrival = 0;

    for (i = 0; i < n; i++) {
        last_arrival += 200;
        put(ro, 64000 + seqs[i]);
    }

    (void) ngx_rtsp_reorder_expire(ro, last_arrival + 200 * MS);
    end_run();

    count = 0;

    for (i = 0; i < (int) out_len; i++) {
        count += (out[i] == ' ');
    }

    /* a hole each 37 numbers, and the wrap */

    unit_is_int(count, 1998 / 37 + 1, "shuffled packets come out in order");
    unit_is_int(ngx_rtsp_reorder_lost(ro), 1998 / 37, "  lost");
    unit_ok(!wrong, "  bytes and arrival are each packet's own");

    ngx_rtsp_reorder_destroy(ro);
}


int
main(void)
{
    test_table();
    test_expire();
    test_destroy();
    test_shuffle();

    return unit_done();
}
