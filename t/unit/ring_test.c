
/*
 * Copyright (C) the nginx RTSP module authors
 */


/*
 * The ring of packets.  A model beside it remembers what was written; what
 * the ring gives out must be that, whole, or refused.  At the end one process
 * writes as fast as it can into a small ring while others read.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include <sys/mman.h>
#include <sys/wait.h>

#include "unit.h"

#include "ngx_rtsp_ring.c"


#define SIZE      (64 * 1024)
#define NPACKETS  (SIZE / NGX_RTSP_RING_PER_PACKET)
#define PACKETS   4000                      /* of a model's run */
#define READERS   3
#define SECONDS   1.2
#define PATIENCE  20                        /* s, on a busy machine */


typedef struct {
    volatile uint64_t  verified;            /* packets */
    volatile uint64_t  ranges;              /* in two pieces */
    volatile uint64_t  overrun;             /* refused: overwritten */
    volatile uint64_t  keys;
    volatile uint64_t  wrong;
} reader_stat_t;


static ngx_rtsp_ring_t *
create(size_t size, uint64_t first)
{
    void  *block;

    /* not one byte more: the sanitizer watches */
    block = malloc(ngx_rtsp_ring_memory(size));
    if (block == NULL) {
        exit(2);
    }

    memset(block, 0xa5, ngx_rtsp_ring_memory(size));

    return ngx_rtsp_ring_init(block, size, first);
}


/* every byte of a packet follows from its number */

static void
fill(u_char *p, uint64_t index, size_t len)
{
    size_t  i;

    p[0] = '$';
    p[1] = (u_char) (index % 4);
    p[2] = (u_char) ((len - 4) >> 8);
    p[3] = (u_char) (len - 4);

    for (i = 4; i < len; i++) {
        p[i] = (u_char) (index * 131 + (index >> 8) + i);
    }
}


static ngx_uint_t
is_packet(u_char *p, uint64_t index, size_t len)
{
    size_t  i;

    if (p[0] != '$' || p[1] != index % 4
        || (size_t) ((p[2] << 8) | p[3]) != ((len - 4) & 0xffff))
    {
        return 0;
    }

    for (i = 4; i < len; i++) {
        if (p[i] != (u_char) (index * 131 + (index >> 8) + i)) {
            return 0;
        }
    }

    return 1;
}


static uint64_t
put(ngx_rtsp_ring_t *ring, size_t len, ngx_uint_t flags)
{
    u_char             *p;
    uint64_t            head;
    ngx_rtsp_packet_t   packet;

    head = ring->head;

    p = ngx_rtsp_ring_reserve(ring, len);
    if (p == NULL) {
        return (uint64_t) -1;
    }

    fill(p, head, len);

    memset(&packet, 0, sizeof(packet));
    packet.len = len;
    packet.seq = (uint16_t) head;
    packet.rtptime = (uint32_t) (head * 90);
    packet.flags = (uint8_t) flags;

    return ngx_rtsp_ring_commit(ring, &packet);
}


static ngx_uint_t
holds(ngx_rtsp_ring_t *ring, uint64_t index)
{
    ngx_rtsp_packet_t  packet;

    return ngx_rtsp_ring_get(ring, index, &packet) == NGX_OK
           && packet.seq == (uint16_t) index
           && is_packet(ngx_rtsp_ring_bytes(ring, &packet), index, packet.len)
           && ngx_rtsp_ring_whole(ring, index);
}


/* packets [from, to) out of pieces: as many as they say, each one right */

static ngx_uint_t
is_range(u_char *p, size_t size, uint64_t from, uint64_t to)
{
    size_t  len;

    for ( /* void */ ; from < to; from++) {

        if (size < 4) {
            return 0;
        }

        len = 4 + ((p[2] << 8) | p[3]);

        if (len > size || !is_packet(p, from, len)) {
            return 0;
        }

        p += len;
        size -= len;
    }

    return size == 0;
}


/* the pieces one after the other, as a socket would get them */

static size_t
join(u_char *p, struct iovec *iov, ngx_int_t n)
{
    size_t     size;
    ngx_int_t  i;

    size = 0;

    for (i = 0; i < n; i++) {
        memcpy(p + size, iov[i].iov_base, iov[i].iov_len);
        size += iov[i].iov_len;
    }

    return size;
}


static ngx_int_t
range(ngx_rtsp_ring_t *ring, uint64_t from, uint64_t to)
{
    ngx_int_t       n;
    struct iovec    iov[2];
    static u_char   buf[4 * SIZE];

    n = ngx_rtsp_ring_range(ring, from, to, iov);

    if (n > 0 && !is_range(buf, join(buf, iov, n), from, to)) {
        return -100;
    }

    return n;
}


static void
test_empty(void)
{
    uint64_t            index;
    struct iovec        iov[2];
    ngx_rtsp_ring_t    *ring;
    ngx_rtsp_packet_t   packet;

    ring = create(1, 0);

    unit_is_int(ring->size, SIZE, "64 KiB is the smallest ring");
    unit_is_int(ngx_rtsp_ring_get(ring, 0, &packet), NGX_AGAIN,
                "an empty ring has no first packet yet");
    unit_is_int(ngx_rtsp_ring_range(ring, 0, 0, iov), 0,
                "an empty range has no pieces");
    unit_is_int(ngx_rtsp_ring_range(ring, 0, 1, iov), NGX_AGAIN,
                "a range of what is not there yet");
    unit_is_int(ngx_rtsp_ring_newest_key(ring, &index), NGX_DECLINED,
                "an empty ring has no key start");

    free(ring);

    ring = create(SIZE + 1, 1000);

    unit_is_int(ring->size, 2 * SIZE, "sizes go up to a power of two");
    unit_is_int(ngx_rtsp_ring_get(ring, 999, &packet), NGX_DECLINED,
                "what was before the first number is lost");
    unit_is_int(ngx_rtsp_ring_get(ring, 1000, &packet), NGX_AGAIN,
                "the first number is to come");
    unit_is_int(put(ring, 100, 0), 1000, "the first packet gets it");
    unit_ok(holds(ring, 1000), "and can be read");

    free(ring);
}


static void
test_limits(void)
{
    ngx_rtsp_ring_t  *ring;

    ring = create(SIZE, 0);

    unit_ok(ngx_rtsp_ring_reserve(ring, SIZE / 4 + 1) == NULL,
            "more than a quarter of the ring is refused");
    unit_is_int(put(ring, SIZE / 4, 0), 0, "a quarter is not");
    unit_ok(holds(ring, 0), "a packet of a quarter can be read");

    free(ring);

    ring = create(1024 * 1024, 0);

    unit_ok(ngx_rtsp_ring_reserve(ring, 65540) == NULL,
            "more than framing can say is refused");
    unit_is_int(put(ring, 65539, 0), 0, "the largest frame is not");
    unit_ok(holds(ring, 0), "the largest frame can be read");

    free(ring);
}


static void
test_due(void)
{
    ngx_rtsp_ring_t  *ring;

    ring = create(SIZE, 5);

    put(ring, 100, 0);
    put(ring, 100, 0);

    unit_is_int(ring->due, 5, "nothing is due before a flush");

    ngx_rtsp_ring_flush(ring);

    unit_is_int(ring->due, 7, "everything is due after it");

    free(ring);
}


static void
test_wrap(void)
{
    ngx_rtsp_ring_t  *ring;

    ring = create(SIZE, 0);

    /* 6 x 10000 leaves 5536 bytes at the end, too few for a seventh */

    while (ring->head < 7) {
        put(ring, 10000, 0);
    }

    unit_is_int(ring->packets[6].offset, SIZE,
                "a packet that would cross the end begins at the front");
    unit_is_int(ring->tail, 1, "and overwrites the first one");
    unit_is_int(range(ring, 1, 6), 1, "packets before the wrap: one piece");
    unit_is_int(range(ring, 1, 7), 2, "packets around it: two");
    unit_is_int(range(ring, 6, 7), 1, "packets after it: one");
    unit_is_int(range(ring, 0, 7), NGX_DECLINED, "overwritten ones: none");
    unit_ok(!ngx_rtsp_ring_whole(ring, 0) && ngx_rtsp_ring_whole(ring, 1),
            "only the first one is not whole any more");

    free(ring);

    ring = create(SIZE, 0);

    while (ring->head < 10) {
        put(ring, SIZE / 8, 0);
    }

    unit_is_int(range(ring, 2, 10), 2,
                "packets that end where the ring ends: two pieces");
    unit_is_int(ring->tail, 2, "and no byte of the ring is unused");

    free(ring);
}


static void
test_abandoned(void)
{
    ngx_rtsp_ring_t  *ring;

    ring = create(SIZE, 0);

    while (ring->head < 6) {
        put(ring, 10000, 0);
    }

    /* the writer dies with a place beyond the end of the ring */

    memset(ngx_rtsp_ring_reserve(ring, 10000), 0xee, 10000);

    unit_is_int(ring->head, 6, "a reserved place is not published");
    unit_is_int(range(ring, 1, 6), 1, "what was not overwritten stays");

    unit_is_int(put(ring, 5000, 0), 6, "its successor has a smaller packet");
    unit_is_int(range(ring, 1, 7), 1, "that fits before the end");
    unit_is_int(put(ring, 9000, 0), 7, "and another one");
    unit_is_int(range(ring, 2, 8), 2, "that does not");

    free(ring);
}


static void
test_descriptors(void)
{
    ngx_rtsp_ring_t  *ring;

    ring = create(SIZE, 0);

    while (ring->head < NPACKETS + 10) {
        put(ring, 5, 0);
    }

    unit_is_int(ring->tail, 10, "small packets run out of descriptors");
    unit_is_int(range(ring, 10, NPACKETS + 10), 1, "the others are whole");
    unit_is_int(range(ring, 9, NPACKETS + 10), NGX_DECLINED,
                "one before is not");

    free(ring);
}


static void
test_keys(void)
{
    uint64_t            index;
    ngx_rtsp_ring_t    *ring;
    ngx_rtsp_packet_t   packet;

    ring = create(SIZE, 0);

    put(ring, 1000, 0);
    put(ring, 1000, NGX_RTSP_RING_KEY);
    put(ring, 1000, 0);
    put(ring, 1000, 0);

    unit_ok(ngx_rtsp_ring_newest_key(ring, &index) == NGX_OK && index == 1,
            "a packet may be committed as a key start");

    ngx_rtsp_ring_mark_key(ring, 4);

    unit_ok(ngx_rtsp_ring_newest_key(ring, &index) == NGX_OK && index == 1,
            "one that is not there cannot be marked");

    ngx_rtsp_ring_mark_key(ring, 2);

    unit_ok(ngx_rtsp_ring_newest_key(ring, &index) == NGX_OK && index == 2,
            "one may be marked later");
    unit_ok(ngx_rtsp_ring_get(ring, 2, &packet) == NGX_OK
            && packet.flags == NGX_RTSP_RING_KEY,
            "its descriptor says so too");

    ngx_rtsp_ring_mark_key(ring, 0);

    unit_ok(ngx_rtsp_ring_newest_key(ring, &index) == NGX_OK && index == 2,
            "an older one is not the newest");

    while (ring->tail <= 2) {
        put(ring, 1000, 0);
    }

    unit_is_int(ngx_rtsp_ring_newest_key(ring, &index), NGX_DECLINED,
                "an overwritten key start is no start");

    ngx_rtsp_ring_mark_key(ring, 2);

    unit_is_int(ngx_rtsp_ring_newest_key(ring, &index), NGX_DECLINED,
                "and cannot be marked");

    free(ring);
}


static void
test_damage(void)
{
    ngx_uint_t          i, n;
    struct iovec        iov[2];
    ngx_rtsp_ring_t    *ring;
    ngx_rtsp_packet_t   packet, *p;

    static ngx_rtsp_packet_t  bad[] = {
        { .offset = 0, .len = 3 },
        { .offset = 0, .len = SIZE / 4 + 1 },
        { .offset = 0, .len = 0xffffffff },
        { .offset = SIZE - 100, .len = 101 },
        { .offset = 0xffffffffffffff00, .len = 0x101 },
    };

    n = 0;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ring = create(SIZE, 0);

        put(ring, 1000, 0);
        ring->packets[0] = bad[i];

        if (ngx_rtsp_ring_get(ring, 0, &packet) == NGX_DECLINED
            && ngx_rtsp_ring_range(ring, 0, 1, iov) == NGX_DECLINED)
        {
            n++;
        }

        free(ring);
    }

    unit_is_int(n, i, "descriptors that lead out of the ring are refused");

    ring = create(SIZE, 0);

    while (ring->head < 7) {
        put(ring, 10000, 0);
    }

    ring->wrap_end = 3 * SIZE;
    unit_is_int(ngx_rtsp_ring_range(ring, 2, 7, iov), NGX_DECLINED,
                "so is a wrap behind the ring");

    ring->wrap_end = 0;
    unit_is_int(ngx_rtsp_ring_range(ring, 2, 7, iov), NGX_DECLINED,
                "and one before the range");

    p = &ring->packets[4];
    p->offset += 2 * SIZE;
    unit_is_int(ngx_rtsp_ring_range(ring, 2, 5, iov), NGX_DECLINED,
                "a range cannot be longer than the ring");

    p->offset = 0;
    unit_is_int(ngx_rtsp_ring_range(ring, 2, 5, iov), NGX_DECLINED,
                "nor end before it begins");

    free(ring);
}


/* how many bytes the whole packets take: the ring must not waste its room */

static uint64_t
kept(ngx_rtsp_ring_t *ring)
{
    ngx_rtsp_packet_t  packet;

    if (ngx_rtsp_ring_get(ring, ring->tail, &packet) != NGX_OK) {
        return 0;
    }

    return ring->offset - packet.offset;
}


static void
test_model(unsigned seed, size_t max, const char *name)
{
    size_t            len;
    uint64_t          i, from, to, lost, wasted, wrong;
    ngx_rtsp_ring_t  *ring;

    srandom(seed);

    ring = create(SIZE, seed);
    lost = 0;
    wasted = 0;
    wrong = 0;

    for (i = 0; i < PACKETS; i++) {
        len = 5 + random() % (max - 4);

        if (random() % 16 == 0) {
            (void) ngx_rtsp_ring_reserve(ring, 5 + random() % (max - 4));
        }

        if (put(ring, len, 0) != seed + i) {
            wrong++;
        }

        if (ring->tail > seed
            && ring->head - ring->tail < NPACKETS - 1
            && kept(ring) + 3 * max < SIZE)
        {
            wasted++;
        }

        from = ring->tail + random() % (ring->head - ring->tail);
        to = from + 1 + random() % (ring->head - from);

        if (!holds(ring, from) || range(ring, from, to) < 1) {
            lost++;
        }

        if (i % 8 == 0 && range(ring, ring->tail, ring->head) < 1) {
            lost++;
        }
    }

    unit_is_int(wrong, 0, name);
    unit_is_int(lost, 0, "  whatever is said to be whole is");
    unit_is_int(wasted, 0, "  and is as much as the ring can hold");

    free(ring);
}


/* a reader that lags: it follows, is overrun, jumps, all at random */

static void
stress_reader(ngx_rtsp_ring_t *ring, reader_stat_t *st, volatile int *stop)
{
    size_t              size;
    uint64_t            pos, to, key;
    ngx_int_t           n;
    struct iovec        iov[2];
    ngx_rtsp_packet_t   packet;
    static u_char       buf[SIZE + 4];

    pos = 0;

    while (!*stop) {

        if (ngx_rtsp_ring_newest_key(ring, &key) == NGX_OK) {

            if (key % 50 && ngx_rtsp_ring_whole(ring, key)) {
                st->wrong++;
            }

            st->keys++;
        }

        if (ngx_rtsp_ring_get(ring, pos, &packet) == NGX_OK) {
            memcpy(buf, ngx_rtsp_ring_bytes(ring, &packet), packet.len);

            if (ngx_rtsp_ring_whole(ring, pos)) {
                if (!is_packet(buf, pos, packet.len)) {
                    st->wrong++;
                }

                st->verified++;
            }
        }

        to = ring->head;
        n = ngx_rtsp_ring_range(ring, pos, to, iov);

        if (n > 0) {
            size = join(buf, iov, n);

            if (ngx_rtsp_ring_whole(ring, pos)) {
                if (!is_range(buf, size, pos, to)) {
                    st->wrong++;
                }

                st->ranges += (n == 2);
                st->verified += to - pos;
                pos = to;
                continue;
            }
        }

        if (n != 0) {
            st->overrun++;

            /* as near to the writer as it gets */
            pos = ring->tail + random() % 4;
        }
    }
}


static double
seconds(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec + ts.tv_nsec / 1e9;
}


static reader_stat_t
stress_sum(reader_stat_t *st)
{
    ngx_uint_t     i;
    reader_stat_t  sum;

    memset(&sum, 0, sizeof(sum));

    for (i = 0; i < READERS; i++) {
        sum.verified += st[i].verified;
        sum.ranges += st[i].ranges;
        sum.overrun += st[i].overrun;
        sum.keys += st[i].keys;
        sum.wrong += st[i].wrong;
    }

    return sum;
}


static ngx_uint_t
stress_enough(reader_stat_t *st)
{
    reader_stat_t  sum;

    sum = stress_sum(st);

    return sum.verified > 1000
           && sum.ranges > 10
           && sum.overrun > 10
           && sum.keys > 10;
}


static void
stress_writer(ngx_rtsp_ring_t *ring, reader_stat_t *st)
{
    double      start, passed;
    size_t      len;
    uint64_t    head;
    ngx_uint_t  i;

    start = seconds();

    for ( ;; ) {
        passed = seconds() - start;

        if (passed > PATIENCE || (passed > SECONDS && stress_enough(st))) {
            break;
        }

        for (i = 0; i < 100; i++) {
            head = ring->head;
            len = 5 + (head * 2654435761u >> 7) % 1500;

            if (put(ring, len, (head % 50 == 0) ? NGX_RTSP_RING_KEY : 0)
                != head)
            {
                exit(2);
            }
        }
    }
}


static void
test_stress(void)
{
    int               status;
    char             *p;
    pid_t             pids[READERS];
    ngx_uint_t        i;
    volatile int     *stop;
    reader_stat_t    *st, sum;
    ngx_rtsp_ring_t  *ring;

    p = mmap(NULL, 4096 + ngx_rtsp_ring_memory(SIZE), PROT_READ|PROT_WRITE,
             MAP_SHARED|MAP_ANON, -1, 0);
    if (p == MAP_FAILED) {
        exit(2);
    }

    stop = (int *) p;
    st = (reader_stat_t *) (p + 64);
    ring = ngx_rtsp_ring_init(p + 4096, SIZE, 0);

    for (i = 0; i < READERS; i++) {
        pids[i] = fork();

        if (pids[i] == 0) {
            srandom(i);
            stress_reader(ring, &st[i], stop);
            _exit(0);
        }
    }

    stress_writer(ring, st);

    *stop = 1;

    for (i = 0; i < READERS; i++) {
        waitpid(pids[i], &status, 0);

        unit_is_int(status, 0, "a reader beside a fast writer ends well");
    }

    sum = stress_sum(st);

    printf("# %lu written, %lu read, %lu wraps read, %lu overruns\n",
           (unsigned long) ring->head, (unsigned long) sum.verified,
           (unsigned long) sum.ranges, (unsigned long) sum.overrun);

    unit_is_int(sum.wrong, 0, "nothing that was said to be whole was torn");
    unit_ok(stress_enough(st), "packets, wraps and overruns have been met");
}


int
main(void)
{
    test_empty();
    test_limits();
    test_due();
    test_wrap();
    test_abandoned();
    test_descriptors();
    test_keys();
    test_damage();

    test_model(1, 1500, "packets of a camera");
    test_model(2, 40, "small packets");
    test_model(3, SIZE / 4, "packets up to a quarter of the ring");

    test_stress();

    return unit_done();
}
