
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


/*
 * Publishes a synthetic H.264 stream: 25 frames a second, 14 packets in a P
 * frame, 140 in the I frame that opens each group of 50, packets of 1440
 * bytes, so 413 packets and 4.76 Mbit a second.  The slices hold no picture,
 * but what a server may look at is genuine: SPS and PPS in the SDP, FU-A
 * headers, reference bits, timestamps, markers.  Every packet carries the time
 * at which it was given to the kernel, for rtsp_load to compare with.
 *
 * A frame's packets leave together, as an encoder in software sends them, or
 * (-S) evenly over the frame time, as a camera's pacing does.  The schedule is
 * absolute: a frame that a slow server held up is not forgiven.  The line
 * "recording" on stdout tells that the stream is on; SIGTERM ends it with a
 * TEARDOWN.
 */

#define PUBLISH_MAX_PACKETS   1024          /* of a frame */
#define PUBLISH_FU_A          28            /* RFC 6184, 5.8 */
#define PUBLISH_IDR           5
#define PUBLISH_NON_IDR       1
#define PUBLISH_SSRC          0x62656e63
#define PUBLISH_KEEPALIVE     (20 * BENCH_NS)


typedef struct {
    bench_url_t      url;
    bench_client_t   client;

    int              fd;                    /* RTSP, and RTP over TCP */
    int              rtp_fd;                /* RTP over UDP, or -1 */
    int              rtcp_fd;
    pid_t            worker;                /* must accept us, 0: any may */

    int              fps;
    int              gop;                   /* frames */
    int              key_packets;           /* of an I frame */
    int              packets;               /* of a P frame */
    uint64_t         duration;              /* ns, 0: until a signal */
    unsigned         spread:1;
    unsigned         udp:1;

    uint16_t         seq;
    uint64_t         frame;                 /* how many were sent */
    uint64_t         late;                  /* a frame time late or more */
    uint64_t         keepalive;             /* when the last one was sent */

    unsigned char    framed[PUBLISH_MAX_PACKETS * BENCH_FRAMED_PACKET];
} publish_t;


static void publish_options(publish_t *pub, int argc, char **argv);
static void publish_start(publish_t *pub);
static void publish_sockets(publish_t *pub, uint16_t *port);
static void publish_request(publish_t *pub, const char *method,
    const char *url, const char *headers, const char *body,
    char *transport, size_t size);
static void publish_response(publish_t *pub, const char *method,
    char *transport, size_t size);
static void publish_server_ports(publish_t *pub, const char *transport);
static void publish_loop(publish_t *pub);
static void publish_frame(publish_t *pub, uint64_t due, uint64_t period);
static void publish_packet(publish_t *pub, int i, int last, int key);
static void publish_send(publish_t *pub, int first, int n);
static void publish_drain(publish_t *pub);
static void publish_sleep(uint64_t until);
static void publish_stop(int signo);


static const char  publish_sdp[] =
    "v=0\r\n"
    "o=- 0 0 IN IP4 127.0.0.1\r\n"
    "s=bench\r\n"
    "c=IN IP4 0.0.0.0\r\n"
    "t=0 0\r\n"
    "m=video 0 RTP/AVP 96\r\n"
    "a=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 packetization-mode=1; profile-level-id=42C01F;"
    " sprop-parameter-sets="
    "Z0LAH9kAUAW7ARAAAAMAEAAAAwMg8YMkgA==,aMuDyyA=\r\n"
    "a=control:trackID=0\r\n";


static volatile sig_atomic_t  publish_stopped;


int
main(int argc, char **argv)
{
    static publish_t  pub;
    struct sigaction  sa;

    publish_options(&pub, argc, argv);

    memset(&sa, 0, sizeof(sa));
    sa.sa_handler = publish_stop;
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);

    signal(SIGPIPE, SIG_IGN);

    publish_start(&pub);

    printf("recording\n");
    fflush(stdout);

    publish_loop(&pub);

    publish_request(&pub, "TEARDOWN", pub.url.text, "", NULL, NULL, 0);

    printf("frames=%lu\nlate=%lu\n", pub.frame, pub.late);

    return 0;
}


static void
publish_options(publish_t *pub, int argc, char **argv)
{
    int  opt;

    pub->fps = 25;
    pub->gop = 50;
    pub->key_packets = 140;
    pub->packets = 14;
    pub->rtp_fd = -1;
    pub->rtcp_fd = -1;

    while ((opt = getopt(argc, argv, "Suf:g:I:P:t:W:")) != -1) {

        switch (opt) {

        case 'S':
            pub->spread = 1;
            break;

        case 'u':
            pub->udp = 1;
            break;

        case 'f':
            pub->fps = bench_number(optarg, 1);
            break;

        case 'g':
            pub->gop = bench_number(optarg, 1);
            break;

        case 'I':
            pub->key_packets = bench_number(optarg, 1);
            break;

        case 'P':
            pub->packets = bench_number(optarg, 1);
            break;

        case 't':
            pub->duration = bench_number(optarg, 1) * BENCH_NS;
            break;

        case 'W':
            pub->worker = bench_number(optarg, 1);
            break;

        default:
            goto usage;
        }
    }

    if (optind + 1 != argc || pub->key_packets > PUBLISH_MAX_PACKETS
        || pub->packets > PUBLISH_MAX_PACKETS)
    {
        goto usage;
    }

    bench_url(&pub->url, argv[optind]);

    return;

usage:

    fprintf(stderr,
            "usage: rtsp_publish [options] rtsp://address:port/path\n"
            "  -S      spread a frame's packets over the frame time\n"
            "  -u      send RTP over UDP\n"
            "  -f n    frames a second (25)\n"
            "  -g n    frames in a group, the first is an I frame (50)\n"
            "  -I n    packets of an I frame (140)\n"
            "  -P n    packets of a P frame (14)\n"
            "  -t sec  how long (until SIGTERM)\n"
            "  -W pid  only over a connection that this process accepted\n");
    exit(2);
}


static void
publish_start(publish_t *pub)
{
    char      url[300], headers[128], transport[256];
    uint16_t  port;

    if (pub->worker) {
        bench_connect_accepted(&pub->url, 0, pub->worker, &pub->fd, 1);

    } else {
        pub->fd = bench_connect(&pub->url, 0, 0);
    }

    if (pub->fd == -1) {
        bench_die(errno, "connect() to %s failed", pub->url.text);
    }

    publish_request(pub, "ANNOUNCE", pub->url.text,
                    "Content-Type: application/sdp\r\n", publish_sdp,
                    NULL, 0);

    snprintf(url, sizeof(url), "%s/trackID=0", pub->url.text);

    if (pub->udp) {
        publish_sockets(pub, &port);
        snprintf(headers, sizeof(headers), "Transport: RTP/AVP;unicast;"
                 "client_port=%d-%d;mode=record\r\n", port, port + 1);

    } else {
        strcpy(headers, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;"
               "mode=record\r\n");
    }

    publish_request(pub, "SETUP", url, headers, NULL, transport,
                    sizeof(transport));

    if (pub->udp) {
        publish_server_ports(pub, transport);

    } else if (strstr(transport, "interleaved=0-1") == NULL) {
        bench_die(0, "unexpected answer to SETUP: \"%s\"", transport);
    }

    publish_request(pub, "RECORD", pub->url.text, "Range: npt=0.000-\r\n",
                    NULL, NULL, 0);
}


/* a pair of ports, the first one even, on the address of the connection */

static void
publish_sockets(publish_t *pub, uint16_t *port)
{
    int                 i, fd[2];
    socklen_t           len;
    struct sockaddr_in  addr;

    len = sizeof(addr);
    getsockname(pub->fd, (struct sockaddr *) &addr, &len);

    for (*port = 20000; *port < 32000; *port += 2) {

        for (i = 0; i < 2; i++) {
            fd[i] = socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, 0);
            if (fd[i] == -1) {
                bench_die(errno, "socket() failed");
            }

            addr.sin_port = htons(*port + i);

            if (bind(fd[i], (struct sockaddr *) &addr, sizeof(addr)) == -1) {
                break;
            }
        }

        if (i == 2) {
            pub->rtp_fd = fd[0];
            pub->rtcp_fd = fd[1];
            return;
        }

        while (i >= 0) {
            close(fd[i--]);
        }
    }

    bench_die(0, "no free pair of UDP ports");
}


static void
publish_request(publish_t *pub, const char *method, const char *url,
    const char *headers, const char *body, char *transport, size_t size)
{
    char    request[4096];
    size_t  len;

    len = bench_request(&pub->client, request, sizeof(request), method, url,
                        headers, body);

    if (send(pub->fd, request, len, 0) != (ssize_t) len) {
        bench_die(errno, "send() of %s failed", method);
    }

    publish_response(pub, method, transport, size);
}


/* the server may send RTCP in between, which is skipped */

static void
publish_response(publish_t *pub, const char *method, char *transport,
    size_t size)
{
    int               rc;
    char              buf[65536 + 4];
    size_t            len, skip;
    ssize_t           n;
    bench_message_t   m;

    len = 0;

    for ( ;; ) {

        n = recv(pub->fd, buf + len, sizeof(buf) - len, 0);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            bench_die(n ? errno : 0, "the server closed the connection "
                      "at %s", method);
        }

        len += n;

        while (len >= 4 && buf[0] == '$') {
            skip = 4 + ((unsigned char) buf[2] << 8) + (unsigned char) buf[3];

            if (len < skip) {
                break;
            }

            len -= skip;
            memmove(buf, buf + skip, len);
        }

        if (len == 0 || buf[0] == '$') {
            continue;
        }

        rc = bench_message(&m, buf, len);

        if (rc == 1) {
            break;
        }

        if (rc == -1) {
            bench_die(0, "invalid response to %s", method);
        }
    }

    if (bench_status(&m) != 200) {
        bench_die(0, "%s: %.*s", method,
                  (int) strcspn(m.head, "\r"), m.head);
    }

    bench_take_session(&pub->client, &m);

    if (transport) {
        bench_header(&m, "Transport", transport, size);
    }
}


static void
publish_server_ports(publish_t *pub, const char *transport)
{
    int                 port, size;
    const char         *p;
    struct sockaddr_in  addr;

    p = strstr(transport, "server_port=");
    port = p ? atoi(p + sizeof("server_port=") - 1) : 0;

    if (port == 0) {
        bench_die(0, "no server_port in \"%s\"", transport);
    }

    addr = pub->url.addr;
    addr.sin_port = htons(port);

    size = 4 * 1024 * 1024;
    setsockopt(pub->rtp_fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(int));

    if (connect(pub->rtp_fd, (struct sockaddr *) &addr, sizeof(addr)) == -1) {
        bench_die(errno, "connect() to UDP port %d failed", port);
    }
}


static void
publish_loop(publish_t *pub)
{
    uint64_t  start, period, due, now;

    period = BENCH_NS / pub->fps;
    start = bench_now();
    pub->keepalive = start;

    while (!publish_stopped) {

        due = start + pub->frame * period;

        if (pub->duration && due - start >= pub->duration) {
            break;
        }

        publish_sleep(due);

        now = bench_now();

        if (now > due + period) {
            pub->late++;
        }

        publish_frame(pub, due, period);
        publish_drain(pub);

        pub->frame++;
    }
}


static void
publish_frame(publish_t *pub, uint64_t due, uint64_t period)
{
    int  i, n, key;

    key = (pub->frame % pub->gop == 0);
    n = key ? pub->key_packets : pub->packets;

    if (!pub->spread) {

        for (i = 0; i < n; i++) {
            publish_packet(pub, i, n - 1, key);
        }

        publish_send(pub, 0, n);

        return;
    }

    for (i = 0; i < n && !publish_stopped; i++) {
        publish_sleep(due + i * period / n);
        publish_packet(pub, i, n - 1, key);
        publish_send(pub, i, 1);
    }
}


static void
publish_packet(publish_t *pub, int i, int last, int key)
{
    uint32_t        rtptime;
    unsigned char  *p;

    p = pub->framed + i * BENCH_FRAMED_PACKET;
    rtptime = pub->frame * BENCH_RTP_CLOCK / pub->fps;

    *p++ = '$';
    *p++ = 0;
    *p++ = BENCH_RTP_PACKET >> 8;
    *p++ = BENCH_RTP_PACKET & 0xff;

    /* no zero byte after the FU header: nothing looks like a start code */

    memset(p, 0xa5, BENCH_RTP_PACKET);

    p[0] = 0x80;                                        /* version 2 */
    p[1] = BENCH_RTP_TYPE | ((i == last) ? 0x80 : 0);   /* marker */
    p[2] = pub->seq >> 8;
    p[3] = pub->seq & 0xff;
    p[4] = rtptime >> 24;
    p[5] = rtptime >> 16;
    p[6] = rtptime >> 8;
    p[7] = rtptime;
    p[8] = PUBLISH_SSRC >> 24;
    p[9] = (PUBLISH_SSRC >> 16) & 0xff;
    p[10] = (PUBLISH_SSRC >> 8) & 0xff;
    p[11] = PUBLISH_SSRC & 0xff;

    /* FU indicator: nal_ref_idc 3; FU header: start, end, type */

    p[12] = 0x60 | PUBLISH_FU_A;
    p[13] = (key ? PUBLISH_IDR : PUBLISH_NON_IDR)
            | ((i == 0) ? 0x80 : 0) | ((i == last) ? 0x40 : 0);

    bench_stamp(p + BENCH_STAMP_OFFSET, bench_now());

    pub->seq++;
}


static void
publish_send(publish_t *pub, int first, int n)
{
    int             i;
    size_t          len;
    ssize_t         sent;
    unsigned char  *p;

    p = pub->framed + first * BENCH_FRAMED_PACKET;

    if (pub->udp) {

        for (i = 0; i < n; i++) {
            if (send(pub->rtp_fd, p + 4, BENCH_RTP_PACKET, 0) == -1
                && errno != ECONNREFUSED && errno != EINTR)
            {
                bench_die(errno, "send() of RTP failed");
            }

            p += BENCH_FRAMED_PACKET;
        }

        return;
    }

    len = n * BENCH_FRAMED_PACKET;

    while (len) {
        sent = send(pub->fd, p, len, 0);

        if (sent == -1) {
            if (errno == EINTR) {
                continue;
            }

            bench_die(errno, "send() of RTP failed");
        }

        p += sent;
        len -= sent;
    }
}


/*
 * What the server sends (receiver reports, answers to keep-alives) is of no
 * interest, but that it closes the connection is.
 */

static void
publish_drain(publish_t *pub)
{
    char     buf[4096];
    size_t   len;
    ssize_t  n;

    if (pub->udp && bench_now() - pub->keepalive > PUBLISH_KEEPALIVE) {

        len = bench_request(&pub->client, buf, sizeof(buf), "OPTIONS",
                            pub->url.text, "", NULL);

        if (send(pub->fd, buf, len, 0) == -1) {
            bench_die(errno, "send() of OPTIONS failed");
        }

        pub->keepalive = bench_now();
    }

    n = recv(pub->fd, buf, sizeof(buf), MSG_DONTWAIT);

    if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR)) {
        bench_die(n ? errno : 0, "the server closed the connection");
    }
}


static void
publish_sleep(uint64_t until)
{
    struct timespec  ts;

    ts.tv_sec = until / BENCH_NS;
    ts.tv_nsec = until % BENCH_NS;

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}


static void
publish_stop(int signo)
{
    publish_stopped = 1;
}
