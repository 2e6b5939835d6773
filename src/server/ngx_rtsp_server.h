
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_SERVER_H_INCLUDED_
#define _NGX_RTSP_SERVER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_hub.h"
#include "ngx_rtsp_source.h"
#include "ngx_rtsp_clock.h"
#include "ngx_rtsp_message.h"
#include "ngx_rtsp_header.h"
#include "ngx_rtsp_url.h"
#include "ngx_rtsp_credentials.h"
#include "ngx_rtsp_sdp.h"
#include "ngx_rtsp_output.h"
#include "ngx_rtsp_udp.h"
#include "ngx_rtsp_reorder.h"
#include "ngx_rtsp_reader.h"


/*
 * The private umbrella of server/: the structures that its parts share.  Each
 * part's functions stand in its own header, included at the end.
 */

/* directives that may stand inside rtsp_path; stream{} has 0x0e000000 */
#define NGX_STREAM_RTSP_PATH_CONF 0x10000000

/* rtsp_transports, bits */
#define NGX_RTSP_ALLOW_TCP        0x02
#define NGX_RTSP_ALLOW_UDP        0x04

/* sessions of a connection beside the one that it is linked to */
#define NGX_RTSP_MAX_BESIDE       4

/* how long RECORD waits for the source before it to let go, ms */
#define NGX_RTSP_RECORD_WAIT      2000

/* how long the owner of a session may take to answer for it, ms */
#define NGX_RTSP_COMMAND_WAIT     1000


typedef struct ngx_rtsp_connection_s  ngx_rtsp_connection_t;
typedef struct ngx_rtsp_session_s     ngx_rtsp_session_t;
typedef struct ngx_rtsp_publisher_s   ngx_rtsp_publisher_t;
typedef struct ngx_rtsp_request_s     ngx_rtsp_request_t;
typedef struct ngx_rtsp_auth_state_s  ngx_rtsp_auth_state_t;

typedef struct ngx_rtsp_auth_question_s  ngx_rtsp_auth_question_t;
typedef struct ngx_rtsp_auth_recheck_s   ngx_rtsp_auth_recheck_t;
typedef struct ngx_rtsp_path_s        ngx_rtsp_path_t;
typedef struct ngx_rtsp_paths_s       ngx_rtsp_paths_t;


/* how a session ends: see the table in ngx_rtsp_session.c */

typedef enum {
    NGX_RTSP_END_NONE = 0,                  /* it goes on */
    NGX_RTSP_END_TEARDOWN,
    NGX_RTSP_END_LOST,                      /* the connection of its media */
    NGX_RTSP_END_LEFT,                      /* by its last connection */
    NGX_RTSP_END_STRANDED,                  /* in the worker it came to */
    NGX_RTSP_END_SILENT,                    /* rtsp_session_timeout */
    NGX_RTSP_END_HEADER,                    /* rtsp_header_timeout */
    NGX_RTSP_END_NO_MEDIA,                  /* rtsp_media_timeout */
    NGX_RTSP_END_SOURCE,                    /* its stream has ended */
    NGX_RTSP_END_OVERRUN,                   /* too slow for rtsp_buffer */
    NGX_RTSP_END_BLOCKED,                   /* rtsp_send_timeout */
    NGX_RTSP_END_OVERRIDE,                  /* by another publisher */
    NGX_RTSP_END_RECHECK,
    NGX_RTSP_END_CONTROL,
    NGX_RTSP_END_SHUTDOWN,
    NGX_RTSP_END_REFUSED                    /* before it had media */
} ngx_rtsp_end_e;


/* stream{} */

typedef struct {
    ngx_shm_zone_t               *zone;
    ngx_uint_t                    enabled;  /* servers with "rtsp on" */
    ngx_uint_t                    max_streams;
    ngx_rtsp_udp_conf_t           udp;
    unsigned                      udp_set:1;
} ngx_rtsp_main_conf_t;


/* server{}, inherited from stream{}, and rtsp_path, inherited from server{} */

typedef struct {
    ngx_flag_t                    enable;
    ngx_flag_t                    publish;
    ngx_flag_t                    override;
    ngx_flag_t                    read;
    ngx_flag_t                    back_channel;
    ngx_flag_t                    talk_override;
    ngx_flag_t                    talk_always;
    ngx_stream_complex_value_t   *stream;   /* NULL: the path */
    ngx_array_t                  *rules;    /* of ngx_rtsp_rule_t, NULL: none,
                                             * everybody is allowed */
    ngx_uint_t                    return_status;    /* 0: no rtsp_return */
    ngx_stream_complex_value_t   *return_url;
    ngx_uint_t                    transports;
    ngx_uint_t                    max_readers;
    ngx_uint_t                    start;
    size_t                        packet_size;
    size_t                        buffer;
    ngx_msec_t                    lag;
    ngx_msec_t                    flush;
    ngx_msec_t                    hold;
    ngx_msec_t                    session_timeout;
    ngx_msec_t                    media_timeout;
    ngx_msec_t                    send_timeout;
    ngx_msec_t                    header_timeout;

    ngx_rtsp_paths_t             *paths;    /* of a server, NULL: none */
    ngx_rtsp_path_t              *path;     /* whose this is, NULL: of a
                                             * server */
} ngx_rtsp_conf_t;


struct ngx_rtsp_connection_s {
    ngx_connection_t             *connection;
    ngx_stream_session_t         *stream_session;
    ngx_rtsp_conf_t              *conf;     /* the server's */
    void                        **srv_conf; /* likewise, of all modules */

    u_char                       *captured; /* what captures are slices of */
    ngx_array_t                  *kept;     /* of ngx_rtsp_kept_t: what had a
                                             * value before any request */
    ngx_pool_cleanup_t           *values;   /* its data is the pool of what
                                             * a request evaluates */

    ngx_rtsp_parser_t             parser;
    ngx_rtsp_output_t             out;

    u_char                       *buf;      /* the begun message, or NULL */
    size_t                        len;
    size_t                        size;
    size_t                        secret;   /* bytes of a request that may
                                             * still be in buf */

    ngx_rtsp_session_t           *session;  /* linked, or NULL */
    ngx_queue_t                   link;     /* in session->connections */
    u_char                       *beside;   /* ids of NGX_RTSP_MAX_BESIDE other
                                             * sessions, 0 for none; or NULL */
    ngx_rtsp_end_e                end;      /* of its session, if that ends
                                             * with it; NONE: lost */

    ngx_rtsp_request_t           *request;  /* being handled, or NULL */
    ngx_uint_t                    status;   /* of the last response, or 0 */

    /* a request that waits: it is handled again from its beginning */
    ngx_queue_t                   waiting;
    ngx_msec_t                    wait_until;
    ngx_rtsp_command_t           *command;
    ngx_rtsp_auth_state_t        *auth;     /* NULL: never needed */
    ngx_rtsp_auth_question_t     *questions;    /* of rtsp_auth_request */

    unsigned                      waits:1;
    unsigned                      retry:1;  /* the request is handled again */
    unsigned                      header:1; /* rtsp_header_timeout runs */
    unsigned                      closing:1;    /* after what waits to go */
    unsigned                      lingering:1;
};


struct ngx_rtsp_session_s {
    ngx_queue_t                   queue;    /* of this worker's sessions */
    ngx_pool_t                   *pool;
    ngx_log_t                     log;
    ngx_rtsp_conf_t              *conf;     /* of its path */
    void                        **srv_conf; /* likewise, of all modules */
    ngx_rtsp_record_t            *record;

    ngx_queue_t                   connections;
    ngx_rtsp_connection_t        *bound;    /* media go over it */
    ngx_event_t                   timer;

    ngx_str_t                     path;     /* slices of the record's text */
    ngx_str_t                     stream_name;
    ngx_str_t                     query;    /* raw, likewise */
    ngx_str_t                     subject;  /* of its certificate, likewise */
    ngx_str_t                     addr_text;
    ngx_proxy_protocol_t         *proxy_protocol;   /* a copy, or NULL */

    ngx_rtsp_stream_t            *stream;   /* attached to, as a reader */
    ngx_rtsp_reader_t            *reader;
    ngx_rtsp_publisher_t         *publisher;
    ngx_rtsp_udp_socket_t       **pairs;    /* private ports: 2 a media */
    ngx_rtsp_auth_recheck_t      *rechecks; /* of rtsp_auth_request */

    ngx_rtsp_end_e                end;      /* it ends at the end of this turn
                                             * of the event loop, or now */
    uint8_t                       method;   /* ngx_rtsp_method_e, its last */
    uint16_t                      status;   /* of its last response, or 0 */
    unsigned                      ending:1;
};


/* one request while it is handled; all slices are into the input */

struct ngx_rtsp_request_s {
    ngx_rtsp_connection_t        *connection;
    ngx_rtsp_message_t           *message;
    ngx_rtsp_session_t           *session;  /* NULL: none, or not here */
    ngx_str_t                     id;       /* Session: as sent, or empty */
    ngx_str_t                     cseq;
    unsigned                      foreign:1;    /* another worker's session */
    unsigned                      unmatched:1;  /* no rtsp_path is for it */
    unsigned                      back_channel:1;   /* is in its Require */
    ngx_str_t                     user;     /* who was let in, or empty */
    ngx_rtsp_conf_t              *conf;     /* of its rtsp_path, else of the
                                             * server */
    void                        **srv_conf; /* likewise, of all modules */
    ngx_rtsp_url_t                url;
    ngx_str_t                     query;    /* raw, without control */
    ngx_str_t                     path;     /* decoded, likewise */
    u_char                        path_data[NGX_RTSP_MAX_PATH];
    ngx_str_t                     stream_name;  /* once it is admitted */
    u_char                        stream_data[NGX_RTSP_MAX_NAME];
};

#define ngx_rtsp_request_conf(r, module)  (r)->srv_conf[module.ctx_index]


extern ngx_module_t               ngx_stream_rtsp_module;
extern ngx_module_t               ngx_stream_rtsp_auth_module;
extern ngx_module_t               ngx_stream_rtsp_log_module;
extern ngx_rtsp_main_conf_t      *ngx_rtsp_main_conf;   /* of this worker */


/* start and end of a worker; NGX_ERROR was logged */
ngx_int_t ngx_rtsp_server_init_process(ngx_cycle_t *cycle,
    ngx_rtsp_main_conf_t *conf);
void ngx_rtsp_server_exit_process(ngx_cycle_t *cycle);


#include "ngx_rtsp_context.h"
#include "ngx_rtsp_connection.h"
#include "ngx_rtsp_request.h"
#include "ngx_rtsp_response.h"
#include "ngx_rtsp_path.h"
#include "ngx_rtsp_access.h"
#include "ngx_rtsp_user_file.h"
#include "ngx_rtsp_password.h"
#include "ngx_rtsp_auth_request.h"
#include "ngx_rtsp_auth_subject.h"
#include "ngx_rtsp_auth_form.h"
#include "ngx_rtsp_auth_service.h"
#include "ngx_rtsp_auth_recheck.h"
#include "ngx_rtsp_auth_move.h"
#include "ngx_rtsp_auth.h"
#include "ngx_rtsp_session.h"
#include "ngx_rtsp_session_link.h"
#include "ngx_rtsp_session_ports.h"
#include "ngx_rtsp_publisher.h"
#include "ngx_rtsp_methods.h"


#endif /* _NGX_RTSP_SERVER_H_INCLUDED_ */
