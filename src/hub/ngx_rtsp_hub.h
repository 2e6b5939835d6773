
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_HUB_H_INCLUDED_
#define _NGX_RTSP_HUB_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include <pthread.h>

#include "ngx_rtsp_ring.h"


/*
 * The private umbrella of hub/: everything that lives in the shared zone.
 * Each part's functions stand in its own header, included at the end.
 *
 * All lists are chains of single pointers, changed by one store each, so that
 * a process that dies inside the lock never leaves a list that cannot be
 * walked.  What was allocated and not yet linked leaks, nothing else.
 */

#define NGX_RTSP_SEATS            256
#define NGX_RTSP_HASH             1024      /* buckets, a power of two */
#define NGX_RTSP_SLOTS            4096      /* bits of a seat's dirty map */

#define NGX_RTSP_MAX_NAME         255       /* a path or a stream name */
#define NGX_RTSP_ID_LEN           32        /* hex digits of Session: */

#define NGX_RTSP_TRIES_ROW        4         /* entries of one bucket */
#define NGX_RTSP_TRIES_SLOTS      7         /* of ten seconds: a minute and
                                             * the one that has begun */

#define NGX_RTSP_TURNS_ROWS       256
#define NGX_RTSP_TURNS_ROW        4

#define NGX_RTSP_OUTAGES          64        /* at one time */


typedef struct ngx_rtsp_stream_s   ngx_rtsp_stream_t;
typedef struct ngx_rtsp_name_s     ngx_rtsp_name_t;
typedef struct ngx_rtsp_record_s   ngx_rtsp_record_t;
typedef struct ngx_rtsp_command_s  ngx_rtsp_command_t;
typedef struct ngx_rtsp_peer_s     ngx_rtsp_peer_t;

typedef struct ngx_rtsp_auth_cache_s  ngx_rtsp_auth_cache_t;


/*
 * A seat and its generation in one word; 0: nobody.  The generation counts
 * how often the seat was taken, so a word never means two processes.
 */
typedef ngx_atomic_uint_t          ngx_rtsp_owner_t;

#define ngx_rtsp_owner(seat, generation)                                      \
    (((ngx_rtsp_owner_t) (generation) << 16) | ((seat) + 1))
#define ngx_rtsp_owner_seat(owner)  ((ngx_uint_t) ((owner) & 0xffff) - 1)


typedef struct {
    pthread_mutex_t               alive;    /* robust, held for life */
    ngx_pid_t                     pid;      /* 0: free */
    ngx_uint_t                    generation;
    ngx_uint_t                    exiting;  /* in graceful shutdown */

    ngx_atomic_t                  flag;     /* woken and not yet looked */
    ngx_atomic_t                  dirty[NGX_RTSP_SLOTS / 64];
    ngx_atomic_t                  commands; /* has commands or answers */
} ngx_rtsp_seat_t;


/* one media of a stream, as all workers see it */

typedef struct {
    uint8_t                       video;    /* type is video */
    uint8_t                       back_channel;
    uint8_t                       nformats;
    uint32_t                      clock_rate;   /* of its first format, Hz */
    uint32_t                      ssrc;     /* towards readers, for good */

    /* written by the source's worker only, from here on */

    uint8_t                       started;  /* a packet has gone out */
    uint16_t                      seq;      /* of the last one, as sent out */
    uint32_t                      rtptime;  /* likewise */
    uint64_t                      arrival;  /* likewise, us */

    uint64_t                      packets;  /* RTP taken in, all sources */
    uint64_t                      octets;   /* their payload */
    uint64_t                      bytes;    /* RTP with its header */
    uint64_t                      lost;

    uint32_t                      sets;     /* hash of the parameter sets that
                                             * readers were told */

    /* extra numbers that re-fragmentation for UDP has used */
    uint16_t                      fragments;
} ngx_rtsp_stream_media_t;


typedef enum {
    NGX_RTSP_STREAM_LIVE = 0,
    NGX_RTSP_STREAM_HELD,                   /* the source is away */
    NGX_RTSP_STREAM_ENDED                   /* readers have to leave */
} ngx_rtsp_stream_state_e;


struct ngx_rtsp_stream_s {
    ngx_rtsp_stream_t            *next;     /* in hub->streams */
    ngx_rtsp_name_t              *name;     /* NULL once ended */

    ngx_atomic_t                  state;    /* ngx_rtsp_stream_state_e */
    ngx_atomic_t                  source;   /* owner that writes, 0: nobody */
    ngx_atomic_t                  wanted;   /* owner that asks for the role */

    uint64_t                      id;       /* never used again */
    ngx_uint_t                    slot;     /* id modulo NGX_RTSP_SLOTS */
    ngx_msec_t                    created;
    ngx_msec_t                    hold;     /* rtsp_hold of the source */
    ngx_msec_t                    hold_until;

    uint64_t                      session;  /* public id of the publisher */
    u_char                        address[NGX_SOCKADDR_STRLEN];
    size_t                        address_len;

    u_char                        signature[16];    /* of its medias */
    u_char                       *sdp;      /* what readers are told */
    size_t                        sdp_len;

    ngx_rtsp_ring_t              *ring;
    ngx_atomic_t                  fragments;    /* ngx_rtsp_ring_t * or 0:
                                                 * UDP readers' ring */
    uint64_t                      fragments_first;  /* UDP readers leave the
                                                     * first ring before it */
    ngx_atomic_t                  report_wanted;    /* a reader has joined */
    uint64_t                      key_arrival;  /* of the newest key start, or
                                                 * when the stream began, us */

    uint32_t                      readers[NGX_RTSP_SEATS];
    ngx_atomic_t                  seats[NGX_RTSP_SEATS / 64];
                                            /* bits of those with readers */

    ngx_uint_t                    video;    /* has a video media */
    ngx_uint_t                    small;    /* rtsp_buffer was told of */
    ngx_uint_t                    nmedias;
    ngx_rtsp_stream_media_t       medias[1];    /* nmedias of them */
};


/* an entry of the directory: a name is taken by a claim, a stream or both */

struct ngx_rtsp_name_s {
    ngx_rtsp_name_t              *next;
    ngx_rtsp_stream_t            *stream;   /* live or held, or NULL */

    uint64_t                      claim;    /* public id of the session that
                                             * announced, 0: nobody */
    ngx_rtsp_owner_t              claim_owner;
    ngx_msec_t                    claim_until;

    size_t                        len;
    u_char                        data[1];
};


typedef enum {
    NGX_RTSP_SESSION_INIT = 0,
    NGX_RTSP_SESSION_READY,                 /* SETUP done, or paused */
    NGX_RTSP_SESSION_PLAYING,
    NGX_RTSP_SESSION_RECORDING
} ngx_rtsp_session_state_e;

typedef enum {
    NGX_RTSP_ROLE_NONE = 0,
    NGX_RTSP_ROLE_READ,
    NGX_RTSP_ROLE_PUBLISH,
    NGX_RTSP_ROLE_TALK
} ngx_rtsp_role_e;

typedef enum {
    NGX_RTSP_TRANSPORT_NONE = 0,
    NGX_RTSP_TRANSPORT_TCP,
    NGX_RTSP_TRANSPORT_UDP,
    NGX_RTSP_TRANSPORT_MULTICAST
} ngx_rtsp_transport_e;


/* one media of a session */

typedef struct {
    uint8_t                       setup;
    in_port_t                     server_port;  /* private pair's, 0: shared */
    uint8_t                       channel[2];   /* RTP, RTCP; TCP */
    in_port_t                     client_port[2];   /* host order; UDP */
    ngx_atomic_t                  peer_port[2]; /* a publisher's, latched from
                                                 * its first datagram; host
                                                 * order, 0: waits for it */
    uint8_t                       nformats;
    uint8_t                       payload_types[8]; /* publishers */
    ngx_atomic_t                  lost;     /* as the other side reports it */
    ngx_atomic_t                  jitter;   /* in clock units */
} ngx_rtsp_record_media_t;


/*
 * A session, complete: whoever finds it idle can go on with it.  It fits into
 * 512 bytes, a chunk of the slab.  Strings are bounded and not terminated.
 * Counters have one writer, the owner.
 */
struct ngx_rtsp_record_s {
    ngx_rtsp_record_t            *next;     /* in hub->sessions, by id */
    ngx_rtsp_record_t            *next_public;  /* in hub->publics */
    ngx_rtsp_peer_t              *peers;    /* while it listens */
    u_char                        id[NGX_RTSP_ID_LEN];
    uint64_t                      public_id;

    ngx_atomic_t                  owner;    /* ngx_rtsp_owner_t */
    ngx_atomic_t                  seen;     /* ngx_current_msec of the last
                                             * sign of life, any worker */

    uint8_t                       state;    /* ngx_rtsp_session_state_e */
    uint8_t                       role;
    uint8_t                       transport;
    uint8_t                       tls;
    uint32_t                      connected;    /* connections linked to it */
    uint8_t                       rechecked;    /* its right is asked for
                                                 * again and again */
    ngx_msec_t                    created;
    ngx_msec_t                    timeout;  /* rtsp_session_timeout */

    ngx_sockaddr_t                sockaddr; /* of the client, port kept */
    ngx_sockaddr_t                local;    /* our side of its connection */
    socklen_t                     socklen;
    socklen_t                     local_len;

    uint64_t                      stream;   /* id of what it is attached to,
                                             * 0: nothing */
    ngx_rtsp_owner_t              counted;  /* the seat that counts it there */

    u_char                       *sdp;      /* announced, a publisher's */
    size_t                        sdp_len;

    ngx_atomic_t                  packets_sent;
    ngx_atomic_t                  bytes_sent;
    ngx_atomic_t                  packets_received;
    ngx_atomic_t                  bytes_received;
    ngx_atomic_t                  packets_lost;
    ngx_atomic_t                  packets_dropped;

    uint64_t                      started;  /* us, first PLAY or RECORD; 0:
                                             * no media yet */
    uint64_t                      first_packet; /* us after it; 0: none yet */
    uint64_t                      first_key;    /* likewise, a key frame's */

    uint8_t                       stream_len;
    uint8_t                       path_len;
    uint8_t                       agent_len;
    uint8_t                       user_len;
    u_char                       *text;     /* the four, back to back */

    uint16_t                      query_len;
    uint16_t                      subject_len;
    uint32_t                      sealed_len;
    u_char                       *client;   /* the two, or NULL */
    u_char                       *sealed;   /* for the next owner: see
                                             * ngx_rtsp_record_seal() */

    ngx_uint_t                    nmedias;
    ngx_rtsp_record_media_t      *medias;   /* nmedias of them */
};


/* where datagrams of one media of a session come from */

struct ngx_rtsp_peer_s {
    ngx_rtsp_peer_t              *next;     /* in hub->peers */
    ngx_rtsp_peer_t              *sibling;  /* in record->peers */
    ngx_rtsp_record_t            *record;
    ngx_uint_t                    media;
    ngx_uint_t                    bucket;
    u_char                        address[16];  /* IPv4 as mapped */
    in_port_t                     port;     /* host order; of a reader's RTCP,
                                             * 0 for a publisher */
};


typedef enum {
    NGX_RTSP_COMMAND_TOUCH = 0,             /* keep-alive */
    NGX_RTSP_COMMAND_PAUSE,
    NGX_RTSP_COMMAND_TEARDOWN,
    NGX_RTSP_COMMAND_RELEASE                /* let go of an idle session */
} ngx_rtsp_command_e;


/* wrong credentials of an address, in an entry that is used again */

typedef struct {
    u_char                        address[16];  /* IPv4 as mapped, /64 */
    uint64_t                      slot;     /* ten seconds, the last one */
    uint8_t                       counts[NGX_RTSP_TRIES_SLOTS];
    uint8_t                       used;
} ngx_rtsp_tries_t;


/* an address that a worker has a slow hash made for; free unless it lives */

typedef struct {
    ngx_rtsp_owner_t              owner;
    u_char                        address[16];  /* as above */
} ngx_rtsp_turn_t;


/* a service or a file that is out of order */

typedef struct {
    ngx_atomic_t                  failing;  /* 0: the entry is free */
    uint64_t                      name;     /* a hash of it */
    ngx_msec_t                    last;     /* when somebody saw it fail */
} ngx_rtsp_outage_t;


/* what one worker asks of the owner of a session */

struct ngx_rtsp_command_s {
    ngx_rtsp_command_t           *next;     /* in hub->commands */
    ngx_rtsp_owner_t              from;
    ngx_rtsp_owner_t              to;
    ngx_uint_t                    type;
    u_char                        id[NGX_RTSP_ID_LEN];
    ngx_atomic_t                  status;   /* RTSP status, 0: no answer yet */
};


typedef struct {
    pthread_mutex_t               lock;     /* robust; all below, and the
                                             * slab, which has none of its own
                                             * while we use it */
    ngx_atomic_t                  step;     /* what its holder is doing */
    ngx_atomic_t                  broken;   /* a holder died in the slab */

    ngx_uint_t                    generation;   /* of the configuration */
    uint64_t                      next_id;
    uint32_t                      seed;     /* of the hash */

    ngx_rtsp_seat_t               seats[NGX_RTSP_SEATS];

    ngx_rtsp_name_t              *names[NGX_RTSP_HASH];
    ngx_uint_t                    nnames;
    ngx_rtsp_stream_t            *streams;  /* live, held, and ended ones
                                             * that still have readers */
    ngx_rtsp_record_t            *sessions[NGX_RTSP_HASH];
    ngx_rtsp_record_t            *publics[NGX_RTSP_HASH];
    ngx_uint_t                    nsessions;
    ngx_rtsp_peer_t              *peers[NGX_RTSP_HASH];
    ngx_rtsp_command_t           *commands;     /* oldest first */
    ngx_uint_t                    ncommands;

    ngx_rtsp_tries_t              tries[NGX_RTSP_HASH][NGX_RTSP_TRIES_ROW];
    ngx_rtsp_turn_t               turns[NGX_RTSP_TURNS_ROWS]
                                       [NGX_RTSP_TURNS_ROW];
    ngx_rtsp_outage_t             outages[NGX_RTSP_OUTAGES];

    ngx_atomic_t                  strangers;    /* datagrams of nobody */

    ngx_rtsp_auth_cache_t        *auth_cache;   /* NULL until wanted */
} ngx_rtsp_hub_t;


extern ngx_rtsp_hub_t            *ngx_rtsp_hub;     /* NULL: no zone */
extern ngx_slab_pool_t           *ngx_rtsp_slab;
extern ngx_rtsp_owner_t           ngx_rtsp_self;    /* 0: no seat */


#include "ngx_rtsp_words.h"
#include "ngx_rtsp_zone.h"
#include "ngx_rtsp_secret.h"
#include "ngx_rtsp_seat.h"
#include "ngx_rtsp_directory.h"
#include "ngx_rtsp_stream.h"
#include "ngx_rtsp_table.h"
#include "ngx_rtsp_command.h"
#include "ngx_rtsp_auth_cache.h"
#include "ngx_rtsp_tries.h"
#include "ngx_rtsp_turns.h"
#include "ngx_rtsp_outage.h"


#endif /* _NGX_RTSP_HUB_H_INCLUDED_ */
