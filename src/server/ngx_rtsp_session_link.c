
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * Which connections a session has, and which sessions a connection: it is
 * linked to one, whose media it may carry and which it takes with it when it
 * goes, and a few may stand beside that one.  Called by requests and by
 * connections that go away.
 *
 * Invariant: a session that does not play belongs to some connection, linked
 * or beside, or waits for one in the session table until its timeout; so what
 * one connection can make of the zone is bounded.
 */


static u_char *ngx_rtsp_session_beside_find(ngx_rtsp_connection_t *conn,
    u_char *id);
static u_char *ngx_rtsp_session_beside_place(ngx_rtsp_connection_t *conn);
static ngx_uint_t ngx_rtsp_session_is_bare(ngx_rtsp_session_t *session);


void
ngx_rtsp_session_link(ngx_rtsp_session_t *session, ngx_rtsp_connection_t *conn)
{
    if (conn->session) {
        return;
    }

    conn->session = session;
    ngx_queue_insert_tail(&session->connections, &conn->link);
    session->record->connected++;
}


const char *
ngx_rtsp_session_take(ngx_rtsp_session_t *session, ngx_rtsp_connection_t *conn)
{
    u_char              *place;
    ngx_rtsp_session_t  *other;

    other = conn->session;

    if (other == session) {
        return NULL;
    }

    if (other) {

        if (other->bound == conn) {
            return "its connection has media of another session";
        }

        /* the two change places, if this one was beside */

        place = ngx_rtsp_session_beside_find(conn, session->record->id);

        if (place == NULL) {
            place = ngx_rtsp_session_beside_place(conn);
        }

        if (place == NULL) {
            return "its connection has too many sessions";
        }

        ngx_memcpy(place, other->record->id, NGX_RTSP_ID_LEN);

        conn->session = NULL;
        ngx_queue_remove(&conn->link);
        other->record->connected--;
    }

    ngx_rtsp_session_link(session, conn);

    return NULL;
}


ngx_uint_t
ngx_rtsp_session_room(ngx_rtsp_connection_t *conn)
{
    return conn->session == NULL || ngx_rtsp_session_beside_place(conn);
}


void
ngx_rtsp_session_beside(ngx_rtsp_session_t *session,
    ngx_rtsp_connection_t *conn)
{
    u_char  *place;

    place = conn->session ? ngx_rtsp_session_beside_place(conn) : NULL;

    if (place) {
        ngx_memcpy(place, session->record->id, NGX_RTSP_ID_LEN);
    }
}


static u_char *
ngx_rtsp_session_beside_find(ngx_rtsp_connection_t *conn, u_char *id)
{
    u_char      *p;
    ngx_uint_t   i;

    for (i = 0; conn->beside && i < NGX_RTSP_MAX_BESIDE; i++) {
        p = conn->beside + i * NGX_RTSP_ID_LEN;

        if (ngx_memcmp(p, id, NGX_RTSP_ID_LEN) == 0) {
            return p;
        }
    }

    return NULL;
}


/*
 * A free place for an id; NULL: there is none, or no memory.  A session that
 * has gone to another worker counts until it ends.
 */

static u_char *
ngx_rtsp_session_beside_place(ngx_rtsp_connection_t *conn)
{
    ngx_str_t                id;
    ngx_uint_t               i;
    ngx_rtsp_record_info_t   info;

    if (conn->beside == NULL) {
        conn->beside = ngx_pcalloc(conn->connection->pool,
                                   NGX_RTSP_MAX_BESIDE * NGX_RTSP_ID_LEN);
        if (conn->beside == NULL) {
            return NULL;
        }
    }

    id.len = NGX_RTSP_ID_LEN;

    for (i = 0; i < NGX_RTSP_MAX_BESIDE; i++) {
        id.data = conn->beside + i * NGX_RTSP_ID_LEN;

        if (id.data[0] == '\0'
            || (conn->session
                && ngx_memcmp(conn->session->record->id, id.data, id.len) == 0)
            || ngx_rtsp_record_find(&id, &info) != NGX_OK)
        {
            return id.data;
        }
    }

    return NULL;
}


ngx_rtsp_session_t *
ngx_rtsp_session_begun(ngx_rtsp_connection_t *conn)
{
    u_char              *id;
    ngx_uint_t           i;
    ngx_rtsp_session_t  *session;

    if (ngx_rtsp_session_is_bare(conn->session)) {
        return conn->session;
    }

    for (i = 0; conn->beside && i < NGX_RTSP_MAX_BESIDE; i++) {
        id = conn->beside + i * NGX_RTSP_ID_LEN;
        session = id[0] ? ngx_rtsp_session_find(id) : NULL;

        if (ngx_rtsp_session_is_bare(session)) {
            return session;
        }
    }

    return NULL;
}


/* one that has nothing set up does not outlast the SETUP that began it */

static ngx_uint_t
ngx_rtsp_session_is_bare(ngx_rtsp_session_t *session)
{
    return session
           && session->publisher == NULL
           && session->record->transport == NGX_RTSP_TRANSPORT_NONE;
}


/* not now: the caller may be in the middle of a request about one of them */

void
ngx_rtsp_session_abandon(ngx_rtsp_connection_t *conn)
{
    u_char              *id;
    ngx_uint_t           i;
    ngx_rtsp_session_t  *session;

    if (conn->beside == NULL) {
        return;
    }

    for (i = 0; i < NGX_RTSP_MAX_BESIDE; i++) {
        id = conn->beside + i * NGX_RTSP_ID_LEN;
        session = id[0] ? ngx_rtsp_session_find(id) : NULL;

        if (session
            && ngx_queue_empty(&session->connections)
            && session->record->state < NGX_RTSP_SESSION_PLAYING)
        {
            ngx_rtsp_session_end_soon(session, NGX_RTSP_END_LEFT);
        }
    }

    conn->beside = NULL;
}


void
ngx_rtsp_session_unlink(ngx_rtsp_connection_t *conn)
{
    ngx_rtsp_session_t  *session;

    session = conn->session;

    if (session == NULL) {
        return;
    }

    conn->session = NULL;
    ngx_queue_remove(&conn->link);
    session->record->connected--;

    if (session->ending) {
        return;
    }

    if (session->bound == conn) {
        ngx_rtsp_session_end(session, NULL,
                             conn->end ? conn->end : NGX_RTSP_END_LOST);
        return;
    }

    if (!ngx_queue_empty(&session->connections)
        || session->record->state >= NGX_RTSP_SESSION_PLAYING)
    {
        return;
    }

    ngx_rtsp_session_end(session, NULL,
                         conn->end ? conn->end : NGX_RTSP_END_LEFT);
}
