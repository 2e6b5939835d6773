
/*
 * Copyright (C) the nginx RTSP module authors
 */


/*
 * The shared zone, with real processes that die: the lock, seats and
 * wake-ups, the directory, the session table and commands.  Each test has a
 * zone of its own and is the first worker in it; other workers are children
 * that do their part, say so, and wait to be killed.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include <poll.h>
#include <sys/wait.h>

#include "unit.h"
#include "hub_nginx.h"


#define BUFFER    65536
#define KILLS     400                       /* at random times */


static ngx_uint_t   stream_calls;
static ngx_uint_t   last_slot;
static ngx_uint_t   command_calls;
static ngx_uint_t   tick_calls;
static ngx_uint_t   shutdown_calls;

static ngx_uint_t   base_blocks;            /* of an empty zone */
static int          ready[2];               /* children say so */


static void
on_stream(ngx_uint_t slot)
{
    stream_calls++;
    last_slot = slot;
}


static void
on_commands(void)
{
    command_calls++;
}


static void
on_tick(void)
{
    tick_calls++;
}


static void
on_shutdown(void)
{
    shutdown_calls++;
}


static ngx_rtsp_seat_handlers_t  handlers = {
    on_stream, on_commands, on_tick, on_shutdown
};


static void
take_seat(void)
{
    ngx_pid = getpid();

    stream_calls = 0;
    command_calls = 0;
    tick_calls = 0;
    shutdown_calls = 0;

    if (ngx_rtsp_seat_take(&hub_cycle, &handlers) != NGX_OK) {
        _exit(3);
    }
}


/* is the descriptor of our seat readable: does the loop call its handler */

static ngx_uint_t
woken(void)
{
    struct pollfd  pfd;

    pfd.fd = hub_connection.fd;
    pfd.events = POLLIN;

    if (poll(&pfd, 1, 0) != 1) {
        return 0;
    }

    hub_read.handler(&hub_read);

    return 1;
}


static void
begin(void)
{
    hub_zone();
    take_seat();

    base_blocks = hub_shared->blocks;

    /* descriptors outlive zones */
    (void) woken();
}


static void
end(const char *name)
{
    ngx_rtsp_seat_leave(&hub_cycle);

    unit_ok(hub_shared->bad_frees == 0, "%s: no bad free", name);
}


/* a child that has done its part and waits to be killed */

static pid_t
worker(void (*part)(void))
{
    char   c;
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        if (part) {
            part();
        }

        if (write(ready[1], "1", 1) == 1) {
            for ( ;; ) {
                pause();
            }
        }

        _exit(4);
    }

    if (read(ready[0], &c, 1) != 1) {
        exit(2);
    }

    return pid;
}


static void
end_worker(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}


/* a child that dies or ends on its own */

static int
mortal(void (*part)(void))
{
    int    status;
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        part();
        _exit(0);
    }

    waitpid(pid, &status, 0);

    return status;
}


static ngx_int_t
claim_for(const char *name, uint64_t session, ngx_uint_t override)
{
    ngx_rtsp_claim_t  claim;

    memset(&claim, 0, sizeof(claim));

    claim.name = unit_str(name);
    claim.session = session;
    claim.until = ngx_current_msec + 10000;
    claim.override = override;

    return ngx_rtsp_stream_claim(&claim);
}


static void
unclaim(const char *name, uint64_t session)
{
    ngx_str_t  str;

    str = unit_str(name);

    ngx_rtsp_stream_unclaim(&str, session);
}


/* "medias" of the description, 'a' or 'b': another letter, other medias */

static ngx_int_t
start(const char *name, uint64_t session, u_char medias,
    ngx_rtsp_stream_t **stream, ngx_uint_t *resumed)
{
    ngx_rtsp_stream_offer_t  offer;
    ngx_rtsp_stream_media_t  media[2];

    memset(&offer, 0, sizeof(offer));
    memset(media, 0, sizeof(media));

    media[0].video = 1;
    media[0].clock_rate = 90000;
    media[1].clock_rate = 48000;

    offer.name = unit_str(name);
    offer.session = session;
    offer.address = unit_str("192.0.2.1");
    offer.sdp = unit_str(session == 1 ? "v=0 one" : "v=0 the other");
    offer.hold = 5000;
    offer.buffer = BUFFER;
    offer.nmedias = 2;
    offer.medias = media;
    memset(offer.signature, medias, sizeof(offer.signature));

    return ngx_rtsp_stream_start(&offer, stream, resumed);
}


static ngx_rtsp_stream_t *
publish(const char *name, uint64_t session)
{
    ngx_uint_t          resumed;
    ngx_rtsp_stream_t  *stream;

    if (claim_for(name, session, 0) != NGX_OK
        || start(name, session, 'a', &stream, &resumed) != NGX_OK)
    {
        return NULL;
    }

    return stream;
}


static ngx_rtsp_stream_t *
attach(const char *name)
{
    ngx_str_t           str;
    ngx_rtsp_stream_t  *stream;

    str = unit_str(name);

    return ngx_rtsp_stream_attach(&str, 0, &stream) == NGX_OK ? stream : NULL;
}


static ngx_uint_t
known(const char *name)
{
    u_char     buf[64];
    ngx_str_t  str, sdp;

    str = unit_str(name);
    sdp.data = buf;

    return ngx_rtsp_stream_sdp(&str, &sdp, sizeof(buf)) == NGX_OK;
}


static ngx_rtsp_record_t *
session(ngx_uint_t nmedias)
{
    ngx_str_t  name, empty;

    name = unit_str("/gate");
    empty = unit_str("");

    return ngx_rtsp_record_create(&name, &name, &empty, &empty, nmedias);
}


static ngx_str_t
record_id(ngx_rtsp_record_t *record)
{
    ngx_str_t  id;

    id.data = record->id;
    id.len = NGX_RTSP_ID_LEN;

    return id;
}


/* time passes for this process; every bucket is looked at in one second */

static void
pass(ngx_msec_t time)
{
    ngx_uint_t  i;

    ngx_current_msec += time;

    for (i = 0; i < 4; i++) {
        hub_tick();
    }
}


/* the zone */

static void
test_zone(void)
{
    u_char          a[16], b[16];
    ngx_shm_zone_t  zone;

    begin();

    memset(&zone, 0, sizeof(zone));

    unit_ok(ngx_rtsp_zone_init(&zone, ngx_rtsp_hub) == NGX_OK
            && zone.data == ngx_rtsp_hub,
            "a reload takes the zone as it is");
    unit_ok(ngx_rtsp_random(a, 16) == NGX_OK
            && ngx_rtsp_random(b, 16) == NGX_OK
            && memcmp(a, b, 16) != 0,
            "random bytes are random");
    unit_ok(ngx_rtsp_hash("/a", 2) == ngx_rtsp_hash("/a", 2)
            && ngx_rtsp_hash("/a", 2) < NGX_RTSP_HASH,
            "a key always has the same bucket");

    end("zone");
}


static void
die_with_lock(void)
{
    take_seat();
    ngx_rtsp_lock();

    ngx_rtsp_hub->nnames = 77;
    ngx_rtsp_hub->nsessions = 77;
    ngx_rtsp_hub->ncommands = 77;
}


static void
test_lock(void)
{
    begin();

    unit_ok(publish("/a", 1) && session(1), "a stream and a session");

    end_worker(worker(die_with_lock));

    ngx_rtsp_lock();

    unit_ok(ngx_rtsp_hub->nnames == 1 && ngx_rtsp_hub->nsessions == 1
            && ngx_rtsp_hub->ncommands == 0,
            "a lock is taken over from the dead, who are counted after");

    ngx_rtsp_unlock();

    unit_ok(hub_shared->alerts == 0 && publish("/b", 2) != NULL,
            "without a word, and work goes on");

    end("lock");
}


static void
die_in_alloc(void)
{
    take_seat();
    hub_shared->die = 1;
    (void) publish("/c", 3);
}


static void
die_in_free(void)
{
    take_seat();
    hub_shared->die = 1;
    unclaim("/b", 2);
}


static void
test_slab(void (*part)(void), const char *name)
{
    uint64_t            head;
    ngx_rtsp_packet_t   packet;
    ngx_rtsp_stream_t  *stream;

    begin();

    stream = publish("/a", 1);
    claim_for("/b", 2, 0);

    unit_ok(WIFSIGNALED(mortal(part)), "%s: a worker dies inside", name);

    ngx_rtsp_lock();
    ngx_rtsp_unlock();

    unit_is_int(hub_shared->alerts, 1, "  one alert");

    unit_is_int(ngx_rtsp_seat_reap(), 1, "  the dead is cleaned up after");
    unit_ok(publish("/d", 4) == NULL && session(1) == NULL,
            "  new streams and sessions are refused");

    memset(&packet, 0, sizeof(packet));
    packet.len = 100;
    head = stream->ring->head;

    unit_ok(attach("/a") == stream
            && ngx_rtsp_ring_reserve(stream->ring, 100) != NULL
            && ngx_rtsp_ring_commit(stream->ring, &packet) == head,
            "  those that run go on, with new readers");

    ngx_rtsp_stream_lose(stream);
    ngx_rtsp_stream_detach(stream);

    unit_ok(!known("/a"), "  and end");
    unit_is_int(hub_shared->alerts, 1, "  there is no other alert");

    end(name);
}


/* seats */

static void
sit(void)
{
    take_seat();
}


static void
sit_and_leave(void)
{
    take_seat();
    (void) publish("/left", 9);
    ngx_rtsp_seat_leave(&hub_cycle);
}


static void
take_second_seat(void)
{
    take_seat();
    _exit((int) ngx_rtsp_owner_seat(ngx_rtsp_self));
}


static void
test_seats(void)
{
    pid_t             pid;
    siginfo_t         info;
    ngx_rtsp_owner_t  owner;
    ngx_rtsp_seat_t  *seat;

    begin();

    seat = &ngx_rtsp_hub->seats[1];

    unit_is_int(ngx_rtsp_owner_seat(ngx_rtsp_self), 0, "the first seat");
    unit_ok(ngx_rtsp_seat_alive(ngx_rtsp_self), "we live");
    unit_ok(!ngx_rtsp_seat_alive(0) && !ngx_rtsp_seat_alive(0xffff),
            "nobody does not, nor somebody who cannot be");

    pid = worker(sit);
    owner = ngx_rtsp_owner(1, seat->generation);

    unit_is_int(seat->pid, pid, "another worker has the next one");
    unit_ok(ngx_rtsp_seat_alive(owner), "and lives");

    kill(pid, SIGSTOP);

    unit_ok(ngx_rtsp_seat_reap() == 0 && ngx_rtsp_seat_alive(owner),
            "one that is stopped lives");

    kill(pid, SIGKILL);
    (void) waitid(P_PID, pid, &info, WEXITED|WNOWAIT);

    unit_ok(!ngx_rtsp_seat_alive(owner), "one that was killed does not");
    unit_ok(!ngx_rtsp_seat_alive(owner) && seat->pid == pid,
            "to ask does not clean up");
    unit_is_int(ngx_rtsp_seat_reap(), 1, "the reaper does");
    unit_ok(seat->pid == 0 && ngx_rtsp_seat_reap() == 0, "once");

    waitpid(pid, NULL, 0);

    end_worker(worker(sit));

    unit_ok(ngx_rtsp_owner(1, seat->generation) != owner,
            "the next one there is somebody else");
    unit_is_int(WEXITSTATUS(mortal(take_second_seat)), 1,
                "a dead one's seat is taken without the reaper");

    (void) ngx_rtsp_seat_reap();

    unit_is_int(mortal(sit_and_leave), 0, "a worker leaves");
    unit_ok(seat->pid == 0 && ngx_rtsp_seat_reap() == 0 && !known("/left"),
            "and leaves nothing to clean up");

    end("seats");
}


static void
test_seats_full(void)
{
    ngx_uint_t  i, generation;

    begin();

    generation = ngx_rtsp_hub->seats[0].generation;

    for (i = 1; i < NGX_RTSP_SEATS; i++) {
        pthread_mutex_lock(&ngx_rtsp_hub->seats[i].alive);
    }

    unit_is_int(WEXITSTATUS(mortal(sit)), 3, "with all seats taken there is "
                "none");
    unit_ok(hub_shared->alerts == 1
            && ngx_rtsp_hub->seats[0].generation == generation,
            "one alert says so");

    for (i = 1; i < NGX_RTSP_SEATS; i++) {
        pthread_mutex_unlock(&ngx_rtsp_hub->seats[i].alive);
    }

    end("full");
}


/* wake-ups */

static void
wake_first_seat(void)
{
    ngx_uint_t  i;

    take_seat();

    for (i = 0; i < 10; i++) {
        ngx_rtsp_seat_wake_stream(0, 4095);
        ngx_rtsp_seat_wake_stream(0, 64);
    }

    ngx_rtsp_seat_wake_commands(0);
}


static void
test_wake(void)
{
    uint64_t          n;
    ngx_rtsp_seat_t  *seat;

    begin();

    seat = &ngx_rtsp_hub->seats[0];

    unit_ok(!woken(), "nobody has woken us");

    end_worker(worker(wake_first_seat));

    unit_ok(read(hub_connection.fd, &n, sizeof(n)) == sizeof(n) && n == 1,
            "a burst of news is one wake-up");

    /* an old zone's worker may have read the number: the flag counts */

    hub_read.handler(&hub_read);

    unit_ok(stream_calls == 2 && last_slot == 4095 && command_calls == 1,
            "each slot is told once, commands too");
    unit_ok(seat->flag == 0 && !woken(), "and then it is quiet");

    ngx_rtsp_seat_wake_stream(0, 7);

    unit_ok(woken() && last_slot == 7, "a seat may wake itself");

    /* a waker that has died between two steps */

    seat->dirty[1] = 2;
    seat->flag = 1;

    hub_tick();

    unit_ok(last_slot == 65 && seat->flag == 0 && tick_calls == 1,
            "the tick finds what nobody was woken for");
    unit_ok(hub_timer && hub_timer->cancelable && hub_timer->timer_set,
            "it goes on and does not keep a process");

    unit_ok(hub_connection.idle && hub_read.channel,
            "the shutdown calls an idle connection that is no leak");

    hub_connection.close = 1;
    hub_read.handler(&hub_read);
    ngx_rtsp_seat_wake_stream(0, 8);

    unit_ok(shutdown_calls == 1 && seat->exiting && !hub_connection.close
            && !hub_connection.idle && woken() && last_slot == 8,
            "we are told once and go on");

    end("wake");
}


/* the directory */

static void
test_claim(void)
{
    ngx_rtsp_claim_t    claim;
    ngx_rtsp_stream_t  *stream;

    begin();

    unit_is_int(claim_for("/a", 1, 0), NGX_OK, "a free name is claimed");
    unit_is_int(claim_for("/a", 2, 0), NGX_BUSY, "by one session");
    unit_is_int(claim_for("/a", 1, 0), NGX_OK, "which may ask again");
    unit_is_int(claim_for("/a", 2, 1), NGX_OK, "override takes it over");
    unit_is_int(claim_for("/a", 1, 0), NGX_BUSY, "the first one is too late");
    unit_is_int(claim_for("/a", 1, 1), NGX_OK, "unless it overrides, too");

    ngx_current_msec += 10001;

    unit_is_int(claim_for("/a", 2, 0), NGX_OK, "when it is late, by another");

    unclaim("/a", 1);
    unit_is_int(claim_for("/a", 1, 0), NGX_BUSY, "who keeps it");

    memset(&claim, 0, sizeof(claim));
    claim.name = unit_str("/b");
    claim.session = 3;
    claim.until = ngx_current_msec + 10000;
    claim.max = 1;

    unit_is_int(ngx_rtsp_stream_claim(&claim), NGX_DECLINED,
                "a claim counts as a stream");

    unclaim("/a", 2);

    unit_ok(ngx_rtsp_hub->nnames == 0 && hub_shared->blocks == base_blocks,
            "a name without claim and stream is gone");
    unit_is_int(ngx_rtsp_stream_claim(&claim), NGX_OK, "so another fits in");

    pass(10001);

    unit_is_int(ngx_rtsp_hub->nnames, 0, "a forgotten claim expires");

    stream = publish("/a", 1);

    unit_is_int(claim_for("/a", 2, 0), NGX_BUSY, "a live stream is kept");
    unit_is_int(claim_for("/a", 2, 1), NGX_OK, "unless it is overridden");
    unit_ok(known("/a") && stream->state == NGX_RTSP_STREAM_LIVE,
            "which does nothing yet");

    unclaim("/a", 2);
    ngx_rtsp_stream_lose(stream);

    unit_ok(!known("/a") && hub_shared->blocks == base_blocks,
            "without readers it ends with its source");

    end("claim");
}


static void
test_claim_udp(void)
{
    ngx_rtsp_record_t  *record;

    begin();

    record = session(1);
    record->transport = NGX_RTSP_TRANSPORT_UDP;
    record->connected = 1;

    (void) publish("/a", record->public_id);

    unit_is_int(claim_for("/a", 2, 0), NGX_BUSY,
                "a UDP publisher with its connection is kept");

    record->connected = 0;

    unit_is_int(claim_for("/a", 2, 0), NGX_OK,
                "one without may be replaced");

    unclaim("/a", 2);
    record->transport = NGX_RTSP_TRANSPORT_TCP;

    unit_is_int(claim_for("/a", 2, 0), NGX_BUSY, "if it speaks UDP");

    end("claim udp");
}


static void
test_start(void)
{
    u_char              buf[64];
    ngx_str_t           name, sdp;
    ngx_uint_t          resumed;
    ngx_rtsp_stream_t  *stream;

    begin();

    unit_is_int(start("/a", 1, 'a', &stream, &resumed), NGX_BUSY,
                "a name has to be claimed first");

    stream = publish("/a", 1);

    unit_ok(stream->source == ngx_rtsp_self && stream->session == 1
            && stream->slot == stream->id % NGX_RTSP_SLOTS
            && stream->nmedias == 2 && stream->video,
            "a stream is ours");
    unit_ok(stream->medias[0].ssrc && stream->medias[1].ssrc
            && stream->medias[0].ssrc != stream->medias[1].ssrc,
            "with an SSRC for each media");

    name = unit_str("/a");
    sdp.data = buf;

    unit_is_int(ngx_rtsp_stream_sdp(&name, &sdp, 6), NGX_ERROR,
                "its text needs room");
    unit_is_int(ngx_rtsp_stream_sdp(&name, &sdp, 7), NGX_OK, "and no more");
    unit_is_str(&sdp, "v=0 one", "it is what the source said");

    sdp = unit_str("v=0 with other parameters");
    unit_is_int(ngx_rtsp_stream_describe(stream, &sdp), NGX_OK,
                "it may be changed");
    sdp.data = buf;
    (void) ngx_rtsp_stream_sdp(&name, &sdp, sizeof(buf));
    unit_is_str(&sdp, "v=0 with other parameters", "readers get the new one");

    name = unit_str("/b");
    unit_is_int(ngx_rtsp_stream_sdp(&name, &sdp, sizeof(buf)), NGX_DECLINED,
                "of no other stream");

    unit_is_int(ngx_rtsp_stream_add_fragments(stream, 12), NGX_OK,
                "a second ring");
    unit_ok(((ngx_rtsp_ring_t *) stream->fragments)->head == 12
            && stream->fragments_first == 12,
            "goes on with the number asked for");
    unit_ok(ngx_rtsp_stream_add_fragments(stream, 13) == NGX_OK
            && stream->fragments_first == 12,
            "and is not made twice");

    ngx_rtsp_stream_lose(stream);

    unit_is_int(hub_shared->blocks, base_blocks, "all of it is freed");

    end("start");
}


static void
test_full(void)
{
    ngx_uint_t          i, n, resumed;
    ngx_rtsp_stream_t  *stream;

    begin();

    n = 0;

    /* a stream needs a name, itself, its text and its ring */

    for (i = 0; i < 4; i++) {
        hub_shared->limit = base_blocks + i;

        if (claim_for("/a", 1, 0) == NGX_OK) {
            n += (start("/a", 1, 'a', &stream, &resumed) == NGX_ERROR);
            unclaim("/a", 1);
        }

        n += (hub_shared->blocks == base_blocks);
    }

    unit_is_int(n, 7, "a zone that is full refuses, and loses nothing");

    for (i = 0; i < 3; i++) {
        hub_shared->limit = base_blocks + i;
        n += (session(1) == NULL && hub_shared->blocks == base_blocks);
    }

    unit_is_int(n, 10, "sessions likewise");

    end("full zone");
}


static void
test_hold(void)
{
    uint32_t            ssrc;
    ngx_uint_t          resumed;
    ngx_rtsp_ring_t    *ring;
    ngx_rtsp_stream_t  *stream, *again;

    begin();

    stream = publish("/a", 1);
    ring = stream->ring;
    ssrc = stream->medias[0].ssrc;

    unit_ok(attach("/a") == stream, "a reader");

    ngx_rtsp_stream_lose(stream);

    unit_ok(stream->state == NGX_RTSP_STREAM_HELD && stream->source == 0
            && woken() && last_slot == stream->slot,
            "a stream with readers is held, and they are woken");
    unit_ok(known("/a") && attach("/a") == stream, "it answers as before");

    pass(4000);

    unit_ok(known("/a"), "for its time");
    unit_ok(claim_for("/a", 2, 0) == NGX_OK
            && start("/a", 2, 'a', &again, &resumed) == NGX_OK
            && again == stream && resumed,
            "a source with the same medias goes on with it");
    unit_ok(stream->ring == ring && stream->medias[0].ssrc == ssrc
            && stream->session == 2 && stream->source == ngx_rtsp_self
            && stream->state == NGX_RTSP_STREAM_LIVE,
            "its ring and numbers stay, the source is new");

    ngx_rtsp_stream_lose(stream);
    (void) claim_for("/a", 3, 0);

    unit_ok(start("/a", 3, 'b', &again, &resumed) == NGX_OK
            && again != stream && !resumed,
            "a source with other medias makes another stream");
    unit_ok(stream->state == NGX_RTSP_STREAM_ENDED && woken()
            && stream->ring == ring,
            "the old one ends, but is there for its readers");

    ngx_rtsp_stream_detach(stream);
    ngx_rtsp_stream_detach(stream);

    unit_is_int(hub_shared->blocks, base_blocks + 4, "until they leave");

    ngx_rtsp_stream_lose(again);

    unit_is_int(hub_shared->blocks, base_blocks, "nothing is left");

    end("hold");
}


static void
test_hold_ends(void)
{
    ngx_rtsp_stream_t  *stream;

    begin();

    stream = publish("/a", 1);
    (void) attach("/a");
    ngx_rtsp_stream_lose(stream);

    pass(5001);

    unit_ok(stream->state == NGX_RTSP_STREAM_ENDED && !known("/a") && woken(),
            "a held stream ends when its time is over");

    ngx_rtsp_stream_detach(stream);

    stream = publish("/a", 1);
    (void) attach("/a");
    ngx_rtsp_stream_lose(stream);
    ngx_rtsp_stream_detach(stream);

    unit_ok(!known("/a"), "or with its last reader");

    stream = publish("/a", 1);
    (void) attach("/a");
    stream->hold = 0;
    ngx_rtsp_stream_lose(stream);

    unit_ok(stream->state == NGX_RTSP_STREAM_ENDED && !known("/a"),
            "or at once if it is not to be held");

    ngx_rtsp_stream_detach(stream);

    unit_is_int(hub_shared->blocks, base_blocks, "nothing is left");

    end("hold ends");
}


static void
test_readers(void)
{
    ngx_str_t           name;
    ngx_rtsp_stream_t  *stream;

    begin();

    name = unit_str("/a");

    unit_is_int(ngx_rtsp_stream_attach(&name, 0, &stream), NGX_DECLINED,
                "no stream, no reader");

    (void) publish("/a", 1);

    unit_ok(ngx_rtsp_stream_attach(&name, 2, &stream) == NGX_OK
            && ngx_rtsp_stream_attach(&name, 2, &stream) == NGX_OK
            && ngx_rtsp_stream_attach(&name, 2, &stream) == NGX_BUSY,
            "readers up to a limit");
    unit_is_int(ngx_rtsp_stream_readers(stream), 2, "they are counted");

    ngx_rtsp_stream_detach(stream);

    unit_is_int(ngx_rtsp_stream_attach(&name, 2, &stream), NGX_OK,
                "one who leaves makes room");

    end("readers");
}


/* takeovers: the child is the source */

static void
be_source(void)
{
    take_seat();

    if (publish("/a", 1) == NULL) {
        _exit(5);
    }
}


static void
be_polite_source(void)
{
    ngx_rtsp_stream_t  *stream;

    take_seat();
    stream = publish("/a", 1);

    if (write(ready[1], "1", 1) != 1) {
        _exit(5);
    }

    while (!(woken() && last_slot == stream->slot && stream->wanted)) {
        usleep(1000);
    }

    ngx_rtsp_stream_lose(stream);
}


static void
test_takeover(void)
{
    char                c;
    pid_t               pid;
    ngx_uint_t          resumed;
    ngx_rtsp_stream_t  *stream, *again;

    begin();

    pid = worker(be_polite_source);
    stream = attach("/a");

    (void) claim_for("/a", 2, 1);

    unit_is_int(start("/a", 2, 'a', &again, &resumed), NGX_AGAIN,
                "a source that lives is asked");

    if (read(ready[0], &c, 1) != 1) {
        exit(2);
    }

    unit_ok(stream->source == 0 && stream->state == NGX_RTSP_STREAM_HELD
            && woken() && last_slot == stream->slot,
            "it lets go and wakes us");
    unit_ok(start("/a", 2, 'a', &again, &resumed) == NGX_OK && resumed
            && again == stream && stream->source == ngx_rtsp_self
            && stream->wanted == 0,
            "then the stream is ours");

    end_worker(pid);
    (void) ngx_rtsp_seat_reap();

    unit_ok(stream->state == NGX_RTSP_STREAM_LIVE,
            "and the death of the other does not matter any more");

    /* the same, in one worker */

    (void) claim_for("/a", 3, 1);

    unit_ok(start("/a", 3, 'a', &again, &resumed) == NGX_AGAIN && woken()
            && stream->wanted == ngx_rtsp_self,
            "a source of our own is asked likewise");

    ngx_rtsp_stream_lose(stream);

    unit_ok(start("/a", 3, 'a', &again, &resumed) == NGX_OK && resumed,
            "and gives likewise");

    ngx_rtsp_stream_detach(stream);
    ngx_rtsp_stream_lose(stream);

    unit_is_int(hub_shared->blocks, base_blocks, "nothing is left");

    end("takeover");
}


static void
test_takeover_given_up(void)
{
    ngx_uint_t          resumed;
    ngx_rtsp_stream_t  *stream, *again;

    begin();

    stream = publish("/a", 1);

    (void) claim_for("/a", 2, 1);
    (void) start("/a", 2, 'a', &again, &resumed);

    ngx_rtsp_stream_lose(stream);

    unit_ok(known("/a"), "a stream that was let go waits for who asked");

    unclaim("/a", 2);

    unit_ok(!known("/a") && hub_shared->blocks == base_blocks,
            "and ends when that one gives up");

    stream = publish("/a", 1);

    (void) claim_for("/a", 2, 1);
    (void) start("/a", 2, 'a', &again, &resumed);

    unclaim("/a", 2);

    unit_ok(stream->wanted == 0 && stream->source == ngx_rtsp_self,
            "one who gives up before is not waited for");

    ngx_rtsp_stream_lose(stream);

    unit_is_int(hub_shared->blocks, base_blocks, "nothing is left");

    end("takeover given up");
}


static void
ask_for_it(void)
{
    ngx_uint_t          resumed;
    ngx_rtsp_stream_t  *stream;

    take_seat();

    (void) claim_for("/a", 2, 1);

    if (start("/a", 2, 'a', &stream, &resumed) != NGX_AGAIN) {
        _exit(5);
    }
}


static void
test_takeover_asker_dead(void)
{
    pid_t               pid;
    ngx_rtsp_stream_t  *stream;

    begin();

    stream = publish("/a", 1);

    end_worker(worker(ask_for_it));

    unit_ok(stream->wanted == ngx_rtsp_owner(1, 1), "one who asks dies");

    (void) ngx_rtsp_seat_reap();

    unit_ok(stream->wanted == 0 && stream->source == ngx_rtsp_self,
            "and does not want it any more");

    pid = worker(ask_for_it);
    ngx_rtsp_stream_lose(stream);

    unit_ok(known("/a"), "one for whom it was held");

    end_worker(pid);
    (void) ngx_rtsp_seat_reap();

    unit_ok(!known("/a") && hub_shared->blocks == base_blocks,
            "dies, and it ends");

    end("takeover, asker dead");
}


/* a source that died while it ended its stream */

static void
end_half(void)
{
    be_source();

    ngx_rtsp_hub->streams->state = NGX_RTSP_STREAM_ENDED;
    ngx_rtsp_hub->streams->source = 0;
}


static void
test_half_ended(void)
{
    begin();

    end_worker(worker(end_half));
    (void) ngx_rtsp_seat_reap();

    unit_ok(ngx_rtsp_hub->nnames == 0 && ngx_rtsp_hub->streams == NULL
            && hub_shared->blocks == base_blocks,
            "what was half ended is ended by the reaper");

    end("half ended");
}


static void
test_takeover_dead(void)
{
    pid_t               pid;
    siginfo_t           info;
    ngx_uint_t          resumed;
    ngx_rtsp_stream_t  *stream, *again;

    begin();

    pid = worker(be_source);
    stream = attach("/a");

    unit_is_int(claim_for("/a", 2, 0), NGX_BUSY, "a live stream is kept");

    kill(pid, SIGKILL);
    (void) waitid(P_PID, pid, &info, WEXITED|WNOWAIT);

    unit_is_int(claim_for("/a", 2, 0), NGX_OK,
                "a dead worker's is free before the reaper comes");
    unit_ok(start("/a", 2, 'a', &again, &resumed) == NGX_OK
            && again == stream && resumed,
            "and is gone on with");

    (void) ngx_rtsp_seat_reap();
    waitpid(pid, NULL, 0);

    unit_ok(stream->source == ngx_rtsp_self
            && stream->state == NGX_RTSP_STREAM_LIVE,
            "the reaper does not take it away");

    end("takeover dead");
}


static void
test_takeover_other(void)
{
    pid_t               pid;
    ngx_uint_t          resumed;
    ngx_rtsp_stream_t  *stream, *again;

    begin();

    pid = worker(be_source);
    stream = attach("/a");

    (void) claim_for("/a", 2, 1);

    unit_ok(start("/a", 2, 'b', &again, &resumed) == NGX_OK
            && again != stream && !resumed,
            "other medias do not wait");
    unit_ok(stream->state == NGX_RTSP_STREAM_ENDED
            && ngx_rtsp_hub->seats[1].flag,
            "the old writer is told that it has ended");

    ngx_rtsp_stream_detach(stream);

    unit_ok(stream->ring && ngx_rtsp_hub->streams->next == stream,
            "while it may write nothing is freed");

    end_worker(pid);
    (void) ngx_rtsp_seat_reap();

    unit_is_int(hub_shared->blocks, base_blocks + 4, "when it is dead it is");

    ngx_rtsp_stream_lose(again);
    end("takeover other");
}


/* what the dead leave */

static void
be_all(void)
{
    ngx_str_t            name;
    ngx_rtsp_record_t   *record;

    take_seat();

    (void) publish("/dead", 11);
    (void) publish("/read", 12);
    (void) claim_for("/claimed", 13, 0);

    name = unit_str("/a");

    if (attach("/a") == NULL || attach("/a") == NULL) {
        _exit(5);
    }

    record = session(1);
    record->role = NGX_RTSP_ROLE_READ;
    record->medias[0].setup = 1;
    record->medias[0].client_port[1] = 5001;
    record->sockaddr.sockaddr.sa_family = AF_INET;
    (void) ngx_rtsp_record_listen(record);

    (void) ngx_rtsp_record_set_sdp(record, &name);
    (void) ngx_rtsp_command_send(1, NGX_RTSP_COMMAND_PAUSE, record->id);
}


static void
test_reap(void)
{
    pid_t                 pid;
    u_char                id[NGX_RTSP_ID_LEN];
    ngx_rtsp_stream_t    *ours, *read;
    ngx_rtsp_command_t   *command;

    begin();

    ours = publish("/a", 1);
    pid = worker(be_all);
    read = attach("/read");

    memset(id, 'x', sizeof(id));
    command = ngx_rtsp_command_send(ngx_rtsp_owner(1,
                                        ngx_rtsp_hub->seats[1].generation),
                                    NGX_RTSP_COMMAND_PAUSE, id);

    ngx_rtsp_stream_lose(ours);

    unit_ok(ours->state == NGX_RTSP_STREAM_HELD && command->status == 0
            && ngx_rtsp_stream_readers(ours) == 2
            && ngx_rtsp_hub->nnames == 4 && ngx_rtsp_hub->nsessions == 1,
            "a worker has a bit of everything");

    end_worker(pid);
    (void) woken();

    hub_tick();

    unit_ok(!known("/dead") && claim_for("/dead", 2, 0) == NGX_OK,
            "its streams without readers are gone, their names free");
    unit_ok(read->state == NGX_RTSP_STREAM_HELD && read->source == 0,
            "those with readers are held");
    unit_ok(claim_for("/claimed", 2, 0) == NGX_OK, "its claims are free");
    unit_ok(!known("/a"), "who only it had read has no readers");
    unit_ok(ngx_rtsp_hub->nsessions == 0, "its sessions are gone");
    unit_ok(command->status == 454 && ngx_rtsp_hub->ncommands == 1,
            "what it was asked is answered, what it asked is dropped");

    ngx_rtsp_command_free(command);
    unclaim("/dead", 2);
    unclaim("/claimed", 2);
    ngx_rtsp_stream_detach(read);

    unit_is_int(hub_shared->blocks, base_blocks, "nothing is left");

    end("reap");
}


static void
be_reader(void)
{
    take_seat();

    if (attach("/a") == NULL) {
        _exit(5);
    }
}


static void
test_ring_lives(void)
{
    pid_t               a, b;
    ngx_rtsp_ring_t    *ring;
    ngx_rtsp_stream_t  *stream;

    begin();

    stream = publish("/a", 1);
    ring = stream->ring;
    stream->hold = 0;

    a = worker(be_reader);
    b = worker(be_reader);

    unit_ok(stream->seats[0] == 6, "two other workers read");

    end_worker(a);
    (void) ngx_rtsp_seat_reap();
    a = worker(be_reader);

    unit_is_int(ngx_rtsp_stream_readers(stream), 2,
                "who takes a dead one's seat does not inherit its readers");

    ngx_rtsp_stream_lose(stream);
    end_worker(a);
    (void) ngx_rtsp_seat_reap();

    unit_ok(ngx_rtsp_hub->streams == stream && stream->ring == ring
            && ring->size == BUFFER && stream->seats[0] == 4,
            "an ended stream stays for the one who is left");

    end_worker(b);
    (void) ngx_rtsp_seat_reap();

    unit_ok(ngx_rtsp_hub->streams == NULL
            && hub_shared->blocks == base_blocks,
            "and is freed after the last one");

    end("ring lives");
}


/* many of everything: reaping goes in slices */

static void
be_many(void)
{
    char        name[32];
    ngx_uint_t  i;

    take_seat();

    for (i = 0; i < 40; i++) {
        sprintf(name, "/stream%u", (unsigned) i);
        (void) publish(name, i + 1);
    }

    for (i = 0; i < 700; i++) {
        sprintf(name, "/claim%u", (unsigned) i);
        (void) claim_for(name, i + 1000, 0);
        (void) session(1);
    }
}


static void
test_reap_slices(void)
{
    uint64_t            id;
    ngx_uint_t          i;
    ngx_rtsp_stream_t  *stream;

    begin();

    end_worker(worker(be_many));

    /* more than a slice of old streams, each in one ring for all */

    ngx_rtsp_lock();

    for (i = 0; i < 600; i++) {
        stream = ngx_rtsp_alloc(sizeof(ngx_rtsp_stream_t));
        id = ++ngx_rtsp_hub->next_id;
        stream->id = id;
        stream->state = NGX_RTSP_STREAM_LIVE;
        stream->source = (i % 2) ? ngx_rtsp_owner(1, 1) : ngx_rtsp_self;
        stream->next = ngx_rtsp_hub->streams;
        ngx_rtsp_hub->streams = stream;
    }

    ngx_rtsp_unlock();

    unit_ok(ngx_rtsp_hub->nnames == 740 && ngx_rtsp_hub->nsessions == 700,
            "a worker with many streams, claims and sessions");

    (void) ngx_rtsp_seat_reap();

    unit_ok(ngx_rtsp_hub->nnames == 0 && ngx_rtsp_hub->nsessions == 0
            && hub_shared->blocks == base_blocks + 300,
            "leaves nothing, and what is not its own stays");

    end("reap slices");
}


/* the session table */

static void
test_records(void)
{
    char                text[300];
    ngx_str_t           a, b, c, d;
    ngx_uint_t          i, n;
    ngx_rtsp_record_t  *record, *other;

    begin();

    memset(text, 'u', sizeof(text));

    a = unit_str("/stream");
    b = unit_str("/path");
    c.data = (u_char *) text;
    c.len = sizeof(text);
    d = unit_str("me");

    record = ngx_rtsp_record_create(&a, &b, &c, &d, 2);
    other = session(1);

    n = 0;

    for (i = 0; i < NGX_RTSP_ID_LEN; i++) {
        n += (strchr("0123456789abcdef", record->id[i]) != NULL);
    }

    unit_is_int(n, 32, "an id is hex digits");
    unit_ok(memcmp(record->id, other->id, 32) != 0 && record->public_id
            && record->public_id != other->public_id,
            "each session has its own, and another in public");
    unit_ok(record->stream_len == 7 && record->path_len == 5
            && record->agent_len == 255 && record->user_len == 2
            && memcmp(record->text, "/stream/pathuuu", 15) == 0
            && memcmp(record->text + 7 + 5 + 255, "me", 2) == 0,
            "texts are cut where they are too long");

    ngx_rtsp_lock();
    unit_ok(ngx_rtsp_record_public_locked(record->public_id) == record
            && ngx_rtsp_record_public_locked(1) == NULL,
            "it is found by its public number");
    ngx_rtsp_unlock();

    unit_is_int(ngx_rtsp_record_set_sdp(record, &a), NGX_OK, "an SDP is kept");
    unit_is_int(ngx_rtsp_record_set_sdp(record, &c), NGX_OK, "and another");
    unit_ok(record->sdp_len == 300 && record->sdp[299] == 'u',
            "which replaces it");

    unit_is_int(ngx_rtsp_record_set_client(record, &b, &d), NGX_OK,
                "so is what a client came with");
    unit_ok(record->query_len == 5 && record->subject_len == 2
            && memcmp(record->client, "/pathme", 7) == 0,
            "its query and its subject");

    a.len = 0;

    unit_is_int(ngx_rtsp_record_set_client(other, &a, &a), NGX_OK,
                "nothing");
    unit_ok(other->client == NULL, "takes no memory");

    ngx_rtsp_record_delete(record);
    ngx_rtsp_record_delete(other);

    unit_ok(ngx_rtsp_hub->nsessions == 0 && hub_shared->blocks == base_blocks,
            "nothing is left");

    end("records");
}


static void
be_owner(void)
{
    ngx_rtsp_record_t  *record;

    take_seat();

    record = session(1);
    (void) claim_for("/gate", record->public_id, 0);
}


static void
test_adopt(void)
{
    pid_t                    pid;
    ngx_str_t                id, part;
    ngx_uint_t               i;
    ngx_rtsp_record_t       *record;
    ngx_rtsp_record_info_t   info;

    begin();

    pid = worker(be_owner);
    record = NULL;

    for (i = 0; record == NULL; i++) {
        record = ngx_rtsp_hub->sessions[i];
    }

    id = record_id(record);
    part = id;
    part.len--;

    unit_ok(ngx_rtsp_record_find(&id, &info) == NGX_OK
            && ngx_rtsp_owner_seat(info.owner) == 1,
            "a session of another worker is found");
    unit_is_int(ngx_rtsp_record_find(&part, &info), NGX_DECLINED,
                "by all of its id");
    unit_ok(ngx_rtsp_record_adopt(&id) == NULL, "it cannot be taken");

    ngx_rtsp_record_delete(record);
    unit_is_int(ngx_rtsp_hub->nsessions, 1, "nor deleted");

    record->owner = 0;

    unit_ok(ngx_rtsp_record_adopt(&id) == record
            && record->owner == ngx_rtsp_self,
            "one that was let go can");

    record->owner = ngx_rtsp_owner(1, ngx_rtsp_hub->seats[1].generation);
    end_worker(pid);

    unit_ok(ngx_rtsp_record_adopt(&id) == record, "a dead worker's too");

    (void) ngx_rtsp_seat_reap();

    unit_is_int(ngx_rtsp_hub->nsessions, 1, "the reaper leaves that alone");
    unit_is_int(claim_for("/gate", 1, 0), NGX_BUSY,
                "and the name that it has announced");

    record->timeout = 3000;
    pass(4000);

    unit_is_int(ngx_rtsp_hub->nsessions, 1, "its owner watches its time");

    ngx_rtsp_record_release(record);
    record->seen = ngx_current_msec;
    pass(2000);

    unit_is_int(ngx_rtsp_hub->nsessions, 1, "one of nobody has time");

    pass(1000);

    unit_is_int(ngx_rtsp_hub->nsessions, 0, "until its timeout");

    end("adopt");
}


static struct sockaddr *
from(const char *address, in_port_t port, socklen_t *len)
{
    static struct sockaddr_in   sin;
    static struct sockaddr_in6  sin6;

    if (strchr(address, ':')) {
        memset(&sin6, 0, sizeof(sin6));
        sin6.sin6_family = AF_INET6;
        sin6.sin6_port = htons(port);
        inet_pton(AF_INET6, address, &sin6.sin6_addr);
        *len = sizeof(sin6);
        return (struct sockaddr *) &sin6;
    }

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons(port);
    inet_pton(AF_INET, address, &sin.sin_addr);
    *len = sizeof(sin);
    return (struct sockaddr *) &sin;
}


/* a session of that address, UDP ports of its medias from "port" on */

static ngx_rtsp_record_t *
udp_session(ngx_uint_t role, const char *address, in_port_t port)
{
    socklen_t           len;
    ngx_uint_t          i;
    struct sockaddr    *sa;
    ngx_rtsp_record_t  *record;

    record = session(2);
    sa = from(address, 40000, &len);

    memcpy(&record->sockaddr, sa, len);
    record->socklen = len;
    record->role = role;
    record->transport = NGX_RTSP_TRANSPORT_UDP;
    record->state = (role == NGX_RTSP_ROLE_READ) ? NGX_RTSP_SESSION_PLAYING
                                                 : NGX_RTSP_SESSION_RECORDING;

    for (i = 0; i < 2; i++) {
        record->medias[i].setup = 1;
        record->medias[i].client_port[0] = port + 2 * i;
        record->medias[i].client_port[1] = port + 2 * i + 1;
        record->medias[i].nformats = 1;
        record->medias[i].payload_types[0] = 96 + i;
    }

    if (ngx_rtsp_record_listen(record) != NGX_OK) {
        exit(2);
    }

    return record;
}


static ngx_int_t
touch(const char *address, in_port_t port, int64_t lost, int64_t jitter)
{
    socklen_t         len;
    struct sockaddr  *sa;

    sa = from(address, port, &len);

    return ngx_rtsp_record_touch(sa, len, lost, jitter);
}


static void
test_touch(void)
{
    ngx_msec_t          before;
    ngx_rtsp_record_t  *old, *record, *six;

    begin();

    old = udp_session(NGX_RTSP_ROLE_READ, "192.0.2.1", 5000);
    record = udp_session(NGX_RTSP_ROLE_READ, "::ffff:192.0.2.1", 5000);
    six = udp_session(NGX_RTSP_ROLE_READ, "2001:db8::1", 5000);

    before = ngx_current_msec;
    ngx_current_msec += 500;

    unit_is_int(touch("192.0.2.1", 5003, 7, 99), NGX_OK,
                "a report of a reader");
    unit_ok(record->seen == ngx_current_msec && record->medias[1].lost == 7
            && record->medias[1].jitter == 99 && record->medias[0].lost == 0,
            "is one on that media");
    unit_is_int(old->seen, before, "of the newest session with that port");

    unit_ok(touch("192.0.2.1", 5003, -1, -1) == NGX_OK
            && record->medias[1].lost == 7,
            "one without a report changes no figures");
    unit_ok(touch("192.0.2.1", 5002, 0, 0) == NGX_DECLINED
            && touch("192.0.2.2", 5003, 0, 0) == NGX_DECLINED
            && touch("192.0.2.1", 0, 0, 0) == NGX_DECLINED,
            "other ports and addresses are not known");
    unit_ok(touch("2001:db8::1", 5001, 0, 0) == NGX_OK
            && six->seen == ngx_current_msec,
            "IPv6 is");

    ngx_rtsp_record_unlisten(record);

    unit_ok(touch("192.0.2.1", 5003, -1, -1) == NGX_OK
            && old->seen == ngx_current_msec,
            "one that stops hides nobody");

    ngx_rtsp_record_delete(old);

    unit_is_int(touch("192.0.2.1", 5003, -1, -1), NGX_DECLINED,
                "one that is deleted is gone");

    record->medias[1].setup = 0;
    hub_shared->limit = hub_shared->blocks;

    unit_is_int(ngx_rtsp_record_listen(record), NGX_ERROR,
                "to listen needs room");

    hub_shared->limit = 0;

    unit_ok(ngx_rtsp_record_listen(record) == NGX_OK
            && ngx_rtsp_record_listen(record) == NGX_OK
            && touch("192.0.2.1", 5003, -1, -1) == NGX_DECLINED,
            "and only medias that are set up do");

    ngx_rtsp_record_delete(record);
    ngx_rtsp_record_delete(six);

    unit_is_int(hub_shared->blocks, base_blocks, "nothing is left");

    end("touch");
}


static ngx_int_t
latch(const char *address, in_port_t port, ngx_uint_t rtcp, ngx_uint_t type)
{
    socklen_t         len;
    struct sockaddr  *sa;

    sa = from(address, port, &len);

    return ngx_rtsp_record_latch(sa, len, rtcp, type);
}


static void
test_latch(void)
{
    ngx_rtsp_record_t  *record, *other;

    begin();

    record = udp_session(NGX_RTSP_ROLE_PUBLISH, "192.0.2.1", 5000);

    unit_is_int(latch("192.0.2.2", 5000, 0, 96), NGX_DECLINED,
                "a stranger's address");
    unit_is_int(latch("192.0.2.1", 5000, 0, 98), NGX_DECLINED,
                "a payload type of no media");
    unit_is_int(ngx_rtsp_hub->strangers, 2, "are counted");

    unit_ok(latch("192.0.2.1", 61000, 0, 97) == NGX_OK
            && record->medias[1].peer_port[0] == 61000
            && record->medias[0].peer_port[0] == 0,
            "behind NAT the payload type says which media it is");
    unit_ok(woken() && command_calls == 1, "its owner is told");
    unit_is_int(latch("192.0.2.1", 61002, 0, 97), NGX_DECLINED,
                "a port is taken once");

    unit_is_int(latch("192.0.2.1", 61001, 1, 0), NGX_DECLINED,
                "RTCP could be of either media");
    unit_ok(latch("192.0.2.1", 5001, 1, 0) == NGX_OK
            && record->medias[0].peer_port[1] == 5001,
            "unless it comes from the announced port");
    unit_ok(latch("192.0.2.1", 61001, 1, 0) == NGX_OK
            && record->medias[1].peer_port[1] == 61001,
            "or only one is left");

    other = udp_session(NGX_RTSP_ROLE_PUBLISH, "192.0.2.1", 6000);
    record->medias[0].peer_port[0] = 0;

    unit_is_int(latch("192.0.2.1", 62000, 0, 96), NGX_DECLINED,
                "two publishers behind one address cannot be told apart");
    unit_ok(latch("192.0.2.1", 6000, 0, 96) == NGX_OK
            && other->medias[0].peer_port[0] == 6000,
            "except by the announced port");

    other->medias[0].peer_port[0] = 0;
    other->state = NGX_RTSP_SESSION_READY;

    unit_ok(latch("192.0.2.1", 62000, 0, 96) == NGX_OK
            && record->medias[0].peer_port[0] == 62000,
            "one that does not record does not count");

    ngx_rtsp_record_unlisten(record);
    record->medias[0].peer_port[0] = 0;

    unit_is_int(latch("192.0.2.1", 5000, 0, 96), NGX_DECLINED,
                "nor one that does not listen");

    end("latch");
}


/* commands */

static void
be_servant(void)
{
    ngx_rtsp_command_t   copy;
    ngx_rtsp_command_t  *command;

    take_seat();

    if (write(ready[1], "1", 1) != 1) {
        _exit(5);
    }

    while (!(woken() && command_calls)) {
        usleep(1000);
    }

    while (ngx_rtsp_command_next(&command, &copy) == NGX_OK) {
        ngx_rtsp_command_answer(command, 200 + copy.type);
    }
}


static void
test_commands(void)
{
    char                 c;
    pid_t                pid;
    u_char               id[NGX_RTSP_ID_LEN];
    ngx_uint_t           n;
    ngx_rtsp_owner_t     to;
    ngx_rtsp_command_t   copy;
    ngx_rtsp_command_t  *a, *b, *gone;

    begin();

    memset(id, 'x', sizeof(id));
    pid = worker(be_servant);
    to = ngx_rtsp_owner(1, ngx_rtsp_hub->seats[1].generation);

    unit_is_int(ngx_rtsp_command_next(&a, &copy), NGX_DECLINED,
                "nobody asks anything");

    a = ngx_rtsp_command_send(ngx_rtsp_self, NGX_RTSP_COMMAND_TOUCH, id);

    unit_ok(woken() && ngx_rtsp_command_next(&gone, &copy) == NGX_OK
            && gone == a && memcmp(copy.id, id, sizeof(id)) == 0,
            "one may ask oneself");

    ngx_rtsp_command_free(a);

    a = ngx_rtsp_command_send(to, NGX_RTSP_COMMAND_PAUSE, id);
    b = ngx_rtsp_command_send(to, NGX_RTSP_COMMAND_TEARDOWN, id);

    if (read(ready[0], &c, 1) != 1) {
        exit(2);
    }

    unit_ok(a->status && woken() && command_calls == 2,
            "another answers and wakes us");
    unit_is_int(a->status, 200 + NGX_RTSP_COMMAND_PAUSE, "by what was asked");

    ngx_rtsp_command_free(a);
    ngx_rtsp_command_answer(a, 500);

    end_worker(pid);

    gone = ngx_rtsp_command_send(to, NGX_RTSP_COMMAND_PAUSE, id);

    unit_is_int(gone->status, 454, "the dead are not asked");

    ngx_rtsp_command_free(gone);
    ngx_rtsp_command_free(b);

    for (n = 0; n < 5000; n++) {
        if (ngx_rtsp_command_send(ngx_rtsp_self, NGX_RTSP_COMMAND_TOUCH, id)
            == NULL)
        {
            break;
        }
    }

    unit_is_int(n, 4096, "there is an end to it");

    end("commands");
}


/* workers that are killed anywhere while they do everything */

static void
be_busy(void)
{
    char                 name[16];
    ngx_str_t            sdp;
    ngx_uint_t           i, resumed;
    ngx_rtsp_record_t   *record;
    ngx_rtsp_stream_t   *stream, *again;
    ngx_rtsp_command_t  *command;

    take_seat();

    if (write(ready[1], "1", 1) != 1) {
        _exit(5);
    }

    sdp = unit_str("v=0 something");

    for (i = 0; /* void */ ; i++) {
        sprintf(name, "/%u", (unsigned) (i % 3));

        stream = publish(name, i + 1);
        (void) attach(name);
        record = udp_session(NGX_RTSP_ROLE_READ, "192.0.2.1", 5000);
        (void) ngx_rtsp_record_set_sdp(record, &sdp);
        command = ngx_rtsp_command_send(ngx_rtsp_self,
                                        NGX_RTSP_COMMAND_TOUCH, record->id);
        (void) ngx_rtsp_stream_describe(stream, &sdp);
        (void) ngx_rtsp_stream_add_fragments(stream, 0);

        (void) claim_for(name, i + 2, 1);
        (void) start(name, i + 2, 'b', &again, &resumed);

        ngx_rtsp_stream_lose(stream);
        ngx_rtsp_stream_detach(stream);
        ngx_rtsp_command_free(command);
        ngx_rtsp_record_delete(record);
        ngx_rtsp_stream_lose(again);
    }
}


static ngx_uint_t
is_empty(void)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_RTSP_HASH; i++) {
        if (ngx_rtsp_hub->names[i] || ngx_rtsp_hub->sessions[i]
            || ngx_rtsp_hub->publics[i] || ngx_rtsp_hub->peers[i])
        {
            return 0;
        }
    }

    return ngx_rtsp_hub->streams == NULL
           && ngx_rtsp_hub->commands == NULL
           && ngx_rtsp_hub->nnames == 0
           && ngx_rtsp_hub->nsessions == 0
           && ngx_rtsp_hub->ncommands == 0;
}


static void
test_kills(void)
{
    pid_t              pid;
    ngx_uint_t         i, unclean, leaked, locked, broken, base;
    ngx_rtsp_owner_t   owner;

    begin();

    srandom(1);

    unclean = 0;
    leaked = 0;
    locked = 0;
    broken = 0;

    for (i = 0; i < KILLS; i++) {
        base = hub_shared->blocks;

        pid = worker(be_busy);

        usleep(random() % 5000);
        end_worker(pid);

        owner = ngx_rtsp_hub->lock.__data.__lock ? 1 : 0;
        locked += owner;

        (void) ngx_rtsp_seat_reap();

        if (!is_empty()) {
            unclean++;
        }

        if (ngx_rtsp_hub->broken) {
            broken++;
            hub_zone();
            take_seat();
            continue;
        }

        /* what was on its way in or out may leak: a record has four blocks */

        if (hub_shared->blocks > base + 6) {
            leaked++;
        }
    }

    printf("# %u died with the lock, %u of them inside the slab\n",
           (unsigned) locked, (unsigned) broken);

    unit_is_int(unclean, 0, "whenever a worker is killed, its things go");
    unit_is_int(leaked, 0, "and no more leaks than one thing");
    unit_ok(locked > 5, "many were killed with the lock");

    end("kills");
}


int
main(void)
{
    if (pipe(ready) == -1 || ngx_rtsp_seat_init_module(&hub_cycle) != NGX_OK) {
        return 2;
    }

    test_zone();
    test_lock();
    test_slab(die_in_alloc, "allocation");
    test_slab(die_in_free, "free");

    test_seats();
    test_seats_full();
    test_wake();

    test_claim();
    test_claim_udp();
    test_start();
    test_full();
    test_hold();
    test_hold_ends();
    test_readers();
    test_takeover();
    test_takeover_given_up();
    test_takeover_dead();
    test_takeover_other();
    test_takeover_asker_dead();
    test_half_ended();

    test_reap();
    test_ring_lives();
    test_reap_slices();

    test_records();
    test_adopt();
    test_touch();
    test_latch();

    test_commands();
    test_kills();

    return unit_done();
}
