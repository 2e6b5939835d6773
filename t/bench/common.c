
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "common.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


/*
 * See common.h for what each function promises.  Nothing here keeps state
 * between calls, so the threads of rtsp_load use it freely.  A failure that
 * would make the figures wrong ends the program: a benchmark that goes on
 * after an error measures something else.
 */

#define BENCH_PICK_BATCH  64


static void bench_own_sockets(pid_t pid, uint64_t *inodes, size_t *n,
    size_t max);
static uint64_t bench_peer_inode(const char *table,
    const struct sockaddr_in *client, const struct sockaddr_in *server);
static char *bench_read_file(const char *path);


static const unsigned char  bench_magic[4] = { 0x88, 0xd2, 0xd4, 0xc2 };


void
bench_die(int error, const char *fmt, ...)
{
    va_list  args;

    fprintf(stderr, "%s: ", program_invocation_short_name);

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);

    if (error) {
        fprintf(stderr, ": %s", strerror(error));
    }

    fprintf(stderr, "\n");
    exit(1);
}


uint64_t
bench_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec * BENCH_NS + ts.tv_nsec;
}


long
bench_number(const char *text, long min)
{
    long   n;
    char  *end;

    errno = 0;
    n = strtol(text, &end, 10);

    if (errno || end == text || *end != '\0' || n < min || n > 100000000) {
        bench_die(0, "invalid number \"%s\", at least %ld expected", text,
                  min);
    }

    return n;
}


void
bench_url(bench_url_t *url, const char *text)
{
    int           n, port;
    char          host[16];
    size_t        len;
    const char   *p;

    len = strlen(text);

    while (len && text[len - 1] == '/') {
        len--;
    }

    memset(url, 0, sizeof(bench_url_t));

    if (len >= sizeof(url->text)
        || sscanf(text, "rtsp://%15[0-9.]%n", host, &n) != 1)
    {
        bench_die(0, "invalid url \"%s\", rtsp://a.b.c.d:port/path expected",
                  text);
    }

    memcpy(url->text, text, len);

    port = 554;
    p = text + n;

    if (*p == ':') {
        port = atoi(p + 1);
    }

    url->addr.sin_family = AF_INET;
    url->addr.sin_port = htons(port);

    if (inet_pton(AF_INET, host, &url->addr.sin_addr) != 1) {
        bench_die(0, "invalid address in \"%s\"", text);
    }
}


int
bench_connect(const bench_url_t *url, in_addr_t from, int flags)
{
    int                 fd, on, error;
    struct sockaddr_in  local;

    fd = socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|flags, 0);
    if (fd == -1) {
        return -1;
    }

    on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(int));

    if (from) {
        memset(&local, 0, sizeof(local));
        local.sin_family = AF_INET;
        local.sin_addr.s_addr = from;

        /* leave the choice of the port to connect(), which knows the peer */

        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(int));

        if (bind(fd, (struct sockaddr *) &local, sizeof(local)) == -1) {
            goto failed;
        }
    }

    if (connect(fd, (struct sockaddr *) &url->addr, sizeof(url->addr)) == -1
        && errno != EINPROGRESS)
    {
        goto failed;
    }

    return fd;

failed:

    error = errno;
    close(fd);
    errno = error;

    return -1;
}


void
bench_connect_accepted(const bench_url_t *url, in_addr_t from, pid_t pid,
    int *fds, int n)
{
    int                 i, found, batch[BENCH_PICK_BATCH];
    char               *table;
    size_t              k, nown;
    uint64_t            inode, deadline;
    socklen_t           len;
    static uint64_t     own[65536];
    struct sockaddr_in  local;

    found = 0;
    deadline = bench_now() + 20 * BENCH_NS;

    while (found < n) {

        if (bench_now() > deadline) {
            bench_die(0, "process %d accepts no connections", (int) pid);
        }

        for (i = 0; i < BENCH_PICK_BATCH; i++) {
            batch[i] = bench_connect(url, from, 0);
            if (batch[i] == -1) {
                bench_die(errno, "connect() to %s failed", url->text);
            }
        }

        usleep(50000);  /* time to accept; who was not yet is closed */

        table = bench_read_file("/proc/net/tcp");
        bench_own_sockets(pid, own, &nown, sizeof(own) / sizeof(own[0]));

        for (i = 0; i < BENCH_PICK_BATCH; i++) {

            len = sizeof(local);
            getsockname(batch[i], (struct sockaddr *) &local, &len);

            inode = bench_peer_inode(table, &local, &url->addr);

            for (k = 0; k < nown && own[k] != inode; k++) { /* void */ }

            if (inode && k < nown && found < n) {
                fds[found++] = batch[i];

            } else {
                close(batch[i]);
            }
        }

        free(table);
    }
}


static void
bench_own_sockets(pid_t pid, uint64_t *inodes, size_t *n, size_t max)
{
    DIR            *dir;
    char            path[320], link[64];
    ssize_t         len;
    struct dirent  *entry;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int) pid);

    dir = opendir(path);
    if (dir == NULL) {
        bench_die(errno, "opendir(\"%s\") failed", path);
    }

    *n = 0;

    while ((entry = readdir(dir)) != NULL && *n < max) {

        snprintf(path, sizeof(path), "/proc/%d/fd/%s", (int) pid,
                 entry->d_name);

        len = readlink(path, link, sizeof(link) - 1);
        if (len <= 0) {
            continue;
        }

        link[len] = '\0';

        if (sscanf(link, "socket:[%lu]", &inodes[*n]) == 1) {
            (*n)++;
        }
    }

    closedir(dir);
}


/*
 * The inode of the server's end of a connection, as /proc/net/tcp shows it:
 * addresses as hex of the network order read as a native word, ports in hex.
 * A connection that nobody has accepted yet shows 0.
 */

static uint64_t
bench_peer_inode(const char *table, const struct sockaddr_in *client,
    const struct sockaddr_in *server)
{
    char         ends[64];
    uint64_t     inode;
    const char  *row;

    snprintf(ends, sizeof(ends), "%08X:%04X %08X:%04X",
             server->sin_addr.s_addr, ntohs(server->sin_port),
             client->sin_addr.s_addr, ntohs(client->sin_port));

    row = strstr(table, ends);
    if (row == NULL) {
        return 0;
    }

    /* state, queues, timer, retransmits, uid, timeout, inode */

    if (sscanf(row + strlen(ends), "%*s %*s %*s %*s %*s %*s %lu", &inode)
        != 1)
    {
        return 0;
    }

    return inode;
}


static char *
bench_read_file(const char *path)
{
    char    *text;
    FILE    *file;
    size_t   size, len, n;

    file = fopen(path, "r");
    if (file == NULL) {
        bench_die(errno, "fopen(\"%s\") failed", path);
    }

    len = 0;
    size = 65536;
    text = malloc(size);

    for ( ;; ) {

        if (text == NULL) {
            bench_die(ENOMEM, "cannot read \"%s\"", path);
        }

        n = fread(text + len, 1, size - len - 1, file);
        if (n == 0) {
            break;
        }

        len += n;

        if (size - len < 4096) {
            size *= 2;
            text = realloc(text, size);
        }
    }

    fclose(file);
    text[len] = '\0';

    return text;
}


size_t
bench_request(bench_client_t *client, char *buf, size_t size,
    const char *method, const char *url, const char *headers,
    const char *body)
{
    size_t  len;

    len = snprintf(buf, size, "%s %s RTSP/1.0\r\nCSeq: %d\r\n"
                   "User-Agent: nginx-rtsp-bench\r\n%s",
                   method, url, ++client->cseq, headers);

    if (client->session[0] != '\0' && len < size) {
        len += snprintf(buf + len, size - len, "Session: %s\r\n",
                        client->session);
    }

    if (body && len < size) {
        len += snprintf(buf + len, size - len, "Content-Length: %zu\r\n",
                        strlen(body));
    }

    if (len < size) {
        len += snprintf(buf + len, size - len, "\r\n%s", body ? body : "");
    }

    if (len >= size) {
        bench_die(0, "%s request is too long", method);
    }

    return len;
}


int
bench_message(bench_message_t *m, const char *buf, size_t len)
{
    char         value[16];
    long         body;
    const char  *end;

    end = memmem(buf, len, "\r\n\r\n", 4);

    if (end == NULL) {
        return (len < 65536) ? 0 : -1;
    }

    m->head = buf;
    m->head_len = end + 4 - buf;
    m->body = end + 4;
    m->body_len = 0;

    if (bench_header(m, "Content-Length", value, sizeof(value))) {

        body = strtol(value, NULL, 10);
        if (body < 0 || body > 131072) {
            return -1;
        }

        m->body_len = body;
    }

    m->size = m->head_len + m->body_len;

    return (len >= m->size) ? 1 : 0;
}


int
bench_status(const bench_message_t *m)
{
    if (m->head_len < 12 || memcmp(m->head, "RTSP/1.0 ", 9) != 0) {
        return 0;
    }

    return atoi(m->head + 9);
}


size_t
bench_header(const bench_message_t *m, const char *name, char *value,
    size_t size)
{
    size_t       len, copy;
    const char  *p, *line, *last;

    len = strlen(name);
    last = m->head + m->head_len;

    value[0] = '\0';

    for (line = m->head; line < last; line = p + 2) {

        p = memmem(line, last - line, "\r\n", 2);
        if (p == NULL) {
            break;
        }

        if ((size_t) (p - line) <= len || line[len] != ':'
            || strncasecmp(line, name, len) != 0)
        {
            continue;
        }

        line += len + 1;

        while (line < p && *line == ' ') {
            line++;
        }

        len = p - line;
        copy = (len < size) ? len : size - 1;

        memcpy(value, line, copy);
        value[copy] = '\0';

        return len;
    }

    return 0;
}


void
bench_take_session(bench_client_t *client, const bench_message_t *m)
{
    char  value[128];

    if (bench_header(m, "Session", value, sizeof(value)) == 0) {
        return;
    }

    value[strcspn(value, "; ")] = '\0';
    strcpy(client->session, value);
}


/*
 * The stamp opens the part of the slice that the packet carries.  Its first
 * bytes read as the header of an I slice of macroblock 0, and seven bits in
 * each byte leave the top one set.
 */

void
bench_stamp(unsigned char *p, uint64_t ns)
{
    int  i;

    memcpy(p, bench_magic, sizeof(bench_magic));
    p += sizeof(bench_magic);

    for (i = 0; i < 10; i++) {
        *p++ = 0x80 | (ns & 0x7f);
        ns >>= 7;
    }
}


uint64_t
bench_stamped(const unsigned char *rtp, size_t len)
{
    int                   i;
    uint64_t              ns;
    const unsigned char  *p;

    p = rtp + BENCH_STAMP_OFFSET;

    if (len < BENCH_STAMP_OFFSET + BENCH_STAMP_SIZE
        || memcmp(p, bench_magic, sizeof(bench_magic)) != 0)
    {
        return 0;
    }

    p += sizeof(bench_magic);
    ns = 0;

    for (i = 9; i >= 0; i--) {
        ns = (ns << 7) | (p[i] & 0x7f);
    }

    return ns;
}


/*
 * Values under 32 have a slot each; a larger one is found by the place of its
 * highest bit and the five bits below it.
 */

void
bench_hist_add(bench_hist_t *h, uint64_t value)
{
    int     shift;
    size_t  slot;

    if (value < BENCH_HIST_STEPS) {
        slot = value;

    } else {
        shift = 63 - __builtin_clzll(value) - 5;
        slot = (shift + 1) * BENCH_HIST_STEPS
               + ((value >> shift) & (BENCH_HIST_STEPS - 1));
    }

    h->count[slot]++;
    h->total++;

    if (value > h->max) {
        h->max = value;
    }
}


void
bench_hist_merge(bench_hist_t *h, const bench_hist_t *from)
{
    size_t  slot;

    for (slot = 0; slot < BENCH_HIST_SIZE; slot++) {
        h->count[slot] += from->count[slot];
    }

    h->total += from->total;

    if (from->max > h->max) {
        h->max = from->max;
    }
}


uint64_t
bench_hist_quantile(const bench_hist_t *h, double share)
{
    int       shift;
    size_t    slot;
    uint64_t  sum, wanted, value;

    wanted = share * h->total;
    sum = 0;

    for (slot = 0; slot < BENCH_HIST_SIZE; slot++) {

        sum += h->count[slot];

        if (sum > wanted) {
            break;
        }
    }

    if (slot == BENCH_HIST_SIZE) {
        return h->max;
    }

    if (slot < BENCH_HIST_STEPS) {
        return slot;
    }

    /* the middle of the slot */

    shift = slot / BENCH_HIST_STEPS - 1;
    value = (uint64_t) (BENCH_HIST_STEPS + slot % BENCH_HIST_STEPS) << shift;
    value += (shift) ? 1ULL << (shift - 1) : 0;

    return (value < h->max) ? value : h->max;
}


uint64_t
bench_process_cpu(pid_t pid)
{
    int              error;
    clockid_t        clock;
    struct timespec  ts;

    /* the scheduler's own count, not the ticks of /proc/PID/stat */

    error = clock_getcpuclockid(pid, &clock);

    if (error == 0 && clock_gettime(clock, &ts) == -1) {
        error = errno;
    }

    if (error) {
        bench_die(error, "cannot read the CPU time of process %d", (int) pid);
    }

    return ts.tv_sec * BENCH_NS + ts.tv_nsec;
}


uint64_t
bench_core_busy(int core)
{
    char        *text, *p, name[32];
    uint64_t     user, nice, sys, idle, wait, irq, softirq, steal;

    text = bench_read_file("/proc/stat");
    snprintf(name, sizeof(name), "\ncpu%d ", core);

    p = strstr(text, name);

    if (p == NULL
        || sscanf(p + strlen(name), "%lu %lu %lu %lu %lu %lu %lu %lu",
                  &user, &nice, &sys, &idle, &wait, &irq, &softirq, &steal)
           != 8)
    {
        bench_die(0, "no core %d in /proc/stat", core);
    }

    free(text);

    return (user + nice + sys + irq + softirq + steal)
           * (BENCH_NS / sysconf(_SC_CLK_TCK));
}


uint64_t
bench_process_memory(pid_t pid)
{
    char        path[64], *text, *pss;
    uint64_t    kib;

    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int) pid);

    text = bench_read_file(path);
    pss = strstr(text, "\nPss:");

    if (pss == NULL || sscanf(pss, "\nPss: %lu", &kib) != 1) {
        bench_die(0, "no \"Pss\" in \"%s\"", path);
    }

    free(text);

    return kib;
}
