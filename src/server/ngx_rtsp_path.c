
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * Finds the rtsp_path of a request and what its directives with variables
 * mean for it.  Called once for each request, when its path is decoded.
 *
 * Invariants: every search begins at the server's configuration, as the
 * stream session still has that of the request before; captures are slices of
 * a buffer that lives as long as the connection; and no variable keeps a
 * value that an earlier request of the connection gave it.
 */


#define NGX_RTSP_VALUES_POOL  1024


typedef struct {
    ngx_uint_t                    index;
    ngx_stream_variable_value_t   value;
} ngx_rtsp_kept_t;


static ngx_rtsp_path_t *ngx_rtsp_path_static(ngx_rtsp_paths_t *paths,
    ngx_str_t *name);
static ngx_rtsp_path_t *ngx_rtsp_path_search(ngx_array_t *sorted,
    ngx_str_t *name);
static ngx_int_t ngx_rtsp_path_forget(ngx_rtsp_request_t *r);
static ngx_int_t ngx_rtsp_path_keep(ngx_rtsp_connection_t *conn, ngx_uint_t n);
static ngx_int_t ngx_rtsp_path_evaluate(ngx_rtsp_connection_t *conn,
    ngx_stream_complex_value_t *cv, ngx_str_t *result);
static ngx_pool_t *ngx_rtsp_path_pool(ngx_rtsp_connection_t *conn);
static void ngx_rtsp_path_free(void *data);
#if (NGX_PCRE)
static ngx_int_t ngx_rtsp_path_regex(ngx_rtsp_request_t *r, ngx_str_t *path,
    ngx_array_t *regexes, ngx_rtsp_path_t **found);
#endif


#define ngx_rtsp_path_begins(text, path)                                      \
    ((path)->name.len <= (text)->len                                          \
     && ngx_memcmp((path)->name.data, (text)->data, (path)->name.len) == 0)


ngx_int_t
ngx_rtsp_path_match(ngx_rtsp_request_t *r, ngx_str_t *path)
{
    ngx_rtsp_path_t        *found;
    ngx_rtsp_paths_t       *paths;
    ngx_rtsp_connection_t  *conn;

    conn = r->connection;
    paths = conn->conf->paths;

    r->conf = conn->conf;
    r->srv_conf = conn->srv_conf;
    r->unmatched = 0;

    conn->stream_session->srv_conf = conn->srv_conf;

    if (ngx_rtsp_path_forget(r) != NGX_OK) {
        return NGX_ERROR;
    }

    if (paths == NULL) {
        return NGX_OK;
    }

    found = ngx_rtsp_path_static(paths, path);

#if (NGX_PCRE)

    if (paths->regexes.nelts
        && (found == NULL || !(found->exact || found->noregex))
        && ngx_rtsp_path_regex(r, path, &paths->regexes, &found) != NGX_OK)
    {
        return NGX_ERROR;
    }

#endif

    if (found == NULL) {
        r->unmatched = 1;
        return NGX_DECLINED;
    }

    r->srv_conf = found->srv_conf;
    r->conf = ngx_rtsp_request_conf(r, ngx_stream_rtsp_module);

    conn->stream_session->srv_conf = found->srv_conf;

    ngx_log_debug2(NGX_LOG_DEBUG_STREAM, conn->connection->log, 0,
                   "rtsp path \"%V\" uses rtsp_path \"%V\"",
                   path, &found->text);

    return NGX_OK;
}


/* the exact one, else the longest prefix, else NULL */

static ngx_rtsp_path_t *
ngx_rtsp_path_static(ngx_rtsp_paths_t *paths, ngx_str_t *name)
{
    ngx_rtsp_path_t  *path;

    path = ngx_rtsp_path_search(&paths->exacts, name);

    if (path && path->name.len == name->len
        && ngx_rtsp_path_begins(name, path))
    {
        return path;
    }

    /*
     * All prefixes of the name stand at or before the last one that is not
     * behind it, and are prefixes of that, too: whatever stands between a
     * prefix and the name begins with it.
     */

    path = ngx_rtsp_path_search(&paths->prefixes, name);

    while (path && !ngx_rtsp_path_begins(name, path)) {
        path = path->parent;
    }

    return path;
}


/* the last one that is not behind the name; NULL: there is none */

static ngx_rtsp_path_t *
ngx_rtsp_path_search(ngx_array_t *sorted, ngx_str_t *name)
{
    ngx_uint_t         first, last, middle;
    ngx_rtsp_path_t  **paths;

    paths = sorted->elts;
    first = 0;
    last = sorted->nelts;

    while (first < last) {
        middle = first + (last - first) / 2;

        if (ngx_memn2cmp(paths[middle]->name.data, name->data,
                         paths[middle]->name.len, name->len)
            <= 0)
        {
            first = middle + 1;

        } else {
            last = middle;
        }
    }

    return first ? paths[first - 1] : NULL;
}


#if (NGX_PCRE)

/* "found" is left alone when none matches */

static ngx_int_t
ngx_rtsp_path_regex(ngx_rtsp_request_t *r, ngx_str_t *path,
    ngx_array_t *regexes, ngx_rtsp_path_t **found)
{
    ngx_int_t                rc;
    ngx_str_t                text;
    ngx_uint_t               i;
    ngx_rtsp_path_t        **paths;
    ngx_rtsp_connection_t   *conn;

    conn = r->connection;

    if (conn->captured == NULL) {
        conn->captured = ngx_pnalloc(conn->connection->pool,
                                     NGX_RTSP_MAX_PATH);
        if (conn->captured == NULL) {
            return NGX_ERROR;
        }
    }

    ngx_memcpy(conn->captured, path->data, path->len);

    text.data = conn->captured;
    text.len = path->len;

    paths = regexes->elts;

    for (i = 0; i < regexes->nelts; i++) {

        rc = ngx_stream_regex_exec(conn->stream_session, paths[i]->regex,
                                   &text);

        if (rc == NGX_OK) {
            *found = paths[i];
            return NGX_OK;
        }

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}

#endif


/*
 * nginx evaluates a variable once for a connection, which may ask for many
 * paths: all are made again what they were before the first request, which is
 * nothing, but for what "set" and the like have left; captures may have taken
 * that one's place.  Not so while one request is handled again and again.
 */

static ngx_int_t
ngx_rtsp_path_forget(ngx_rtsp_request_t *r)
{
    ngx_uint_t                    i;
    ngx_rtsp_kept_t              *kept;
    ngx_stream_session_t         *s;
    ngx_rtsp_connection_t        *conn;
    ngx_stream_core_main_conf_t  *cmcf;

    conn = r->connection;
    s = conn->stream_session;

    if (conn->retry) {
        return NGX_OK;
    }

    cmcf = ngx_stream_get_module_main_conf(s, ngx_stream_core_module);

    if (conn->kept == NULL) {
        return ngx_rtsp_path_keep(conn, cmcf->variables.nelts);
    }

    for (i = 0; i < cmcf->variables.nelts; i++) {
        s->variables[i].valid = 0;
        s->variables[i].not_found = 0;
    }

    kept = conn->kept->elts;

    for (i = 0; i < conn->kept->nelts; i++) {
        s->variables[kept[i].index] = kept[i].value;
    }

#if (NGX_PCRE)
    s->ncaptures = 0;
    s->captures_data = NULL;
#endif

    if (conn->values) {
        ngx_rtsp_path_free(conn->values->data);
        conn->values->data = NULL;
    }

    return NGX_OK;
}


/* the values of now, of "n" variables */

static ngx_int_t
ngx_rtsp_path_keep(ngx_rtsp_connection_t *conn, ngx_uint_t n)
{
    ngx_uint_t             i;
    ngx_rtsp_kept_t       *kept;
    ngx_stream_session_t  *s;

    s = conn->stream_session;

    conn->kept = ngx_array_create(conn->connection->pool, 1,
                                  sizeof(ngx_rtsp_kept_t));
    if (conn->kept == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {

        if (!s->variables[i].valid) {
            continue;
        }

        kept = ngx_array_push(conn->kept);
        if (kept == NULL) {
            return NGX_ERROR;
        }

        kept->index = i;
        kept->value = s->variables[i];
    }

    return NGX_OK;
}


ngx_int_t
ngx_rtsp_path_stream(ngx_rtsp_request_t *r)
{
    if (r->conf->stream == NULL) {
        r->stream_name = r->path;
        return NGX_OK;
    }

    r->stream_name.data = r->stream_data;

    if (ngx_rtsp_path_value(r, r->conf->stream, &r->stream_name,
                            sizeof(r->stream_data))
        != NGX_OK
        || !ngx_rtsp_path_is_name(&r->stream_name))
    {
        ngx_rtsp_log_refused(r, NGX_LOG_ERR, 500,
                             "rtsp_stream is empty, longer than 255 bytes, "
                             "or has control characters");
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_rtsp_path_is_name(ngx_str_t *name)
{
    size_t  i;

    for (i = 0; i < name->len; i++) {
        if (name->data[i] < 0x20 || name->data[i] == 0x7f) {
            return 0;
        }
    }

    return name->len > 0 && name->len <= NGX_RTSP_MAX_NAME;
}


ngx_int_t
ngx_rtsp_path_value(ngx_rtsp_request_t *r, ngx_stream_complex_value_t *cv,
    ngx_str_t *value, size_t size)
{
    ngx_str_t  result;

    if (cv->lengths == NULL) {
        result = cv->value;

    } else if (ngx_rtsp_path_evaluate(r->connection, cv, &result) != NGX_OK) {
        return NGX_ERROR;
    }

    if (result.len > size) {
        return NGX_ERROR;
    }

    ngx_memcpy(value->data, result.data, result.len);
    value->len = result.len;

    return NGX_OK;
}


/*
 * Values are evaluated into the connection's pool, which may last for days,
 * with a value in each request.  So it gets another one meanwhile, whose life
 * is that of the values.  It lasts when something else has been put there:
 * captures, or what njs and the like keep with a session.
 */

static ngx_int_t
ngx_rtsp_path_evaluate(ngx_rtsp_connection_t *conn,
    ngx_stream_complex_value_t *cv, ngx_str_t *result)
{
    void                  *ctx;
    size_t                 size;
    ngx_int_t              rc;
    ngx_pool_t            *pool, *values;
    ngx_stream_session_t  *s;
#if (NGX_PCRE)
    int                   *captures;
#endif

    s = conn->stream_session;
    size = ngx_stream_max_module * sizeof(void *);

    values = ngx_rtsp_path_pool(conn);
    if (values == NULL) {
        return NGX_ERROR;
    }

    ctx = ngx_palloc(values, size);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(ctx, s->ctx, size);

#if (NGX_PCRE)
    captures = s->captures;
#endif

    pool = s->connection->pool;
    s->connection->pool = values;

    rc = ngx_stream_complex_value(s, cv, result);

    s->connection->pool = pool;

    if (ngx_memcmp(ctx, s->ctx, size) != 0
#if (NGX_PCRE)
        || captures != s->captures
#endif
       )
    {
        conn->values = NULL;
    }

    return rc;
}


static ngx_pool_t *
ngx_rtsp_path_pool(ngx_rtsp_connection_t *conn)
{
    ngx_connection_t  *c;

    c = conn->connection;

    if (conn->values == NULL) {

        conn->values = ngx_pool_cleanup_add(c->pool, 0);
        if (conn->values == NULL) {
            return NULL;
        }

        conn->values->handler = ngx_rtsp_path_free;
    }

    if (conn->values->data == NULL) {
        conn->values->data = ngx_create_pool(NGX_RTSP_VALUES_POOL, c->log);
    }

    return conn->values->data;
}


static void
ngx_rtsp_path_free(void *data)
{
    if (data) {
        ngx_destroy_pool(data);
    }
}
