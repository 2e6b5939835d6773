
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * Files of users, as they are on the disk: read once when the configuration
 * is, where a wrong one stops it, and again when they have changed.  Called by
 * the directive and by the authentication of requests.
 *
 * The first content is made by the master and inherited; each worker makes
 * its own when the file has changed, and looks for that every second, asked or
 * not.  Invariant: what is in force is the last content that made sense, the
 * same in all workers, and one of them says that it is not the file's.
 */


#define NGX_RTSP_USER_FILE_CHECK   1        /* s, between two looks */


/* by what a file is taken to be unchanged */

typedef struct {
    struct timespec               mtime;
    off_t                         size;
    ngx_file_uniq_t               uniq;
} ngx_rtsp_user_stamp_t;


/* what is wrong: with a call of the system, with a line, or as such */

typedef struct {
    const char                   *why;
    ngx_err_t                     err;      /* of the call "why" */
    ngx_uint_t                    line;
} ngx_rtsp_user_fault_t;


struct ngx_rtsp_user_file_s {
    ngx_str_t                     name;
    ngx_log_t                    *log;      /* lives as long as the file */
    ngx_rtsp_user_table_t         table;
    ngx_rtsp_user_stamp_t         stamp;    /* of the table */
    ngx_rtsp_user_stamp_t         broken;   /* of what made no sense */
    ngx_rtsp_user_fault_t         fault;    /* in that */
    time_t                        checked;
};


static void ngx_rtsp_user_file_cleanup(void *data);
static ngx_int_t ngx_rtsp_user_file_load(ngx_rtsp_user_file_t *file,
    ngx_rtsp_user_fault_t *fault);
static void ngx_rtsp_user_file_stamp(ngx_file_info_t *fi,
    ngx_rtsp_user_stamp_t *stamp);
static ngx_uint_t ngx_rtsp_user_file_same(ngx_rtsp_user_stamp_t *a,
    ngx_rtsp_user_stamp_t *b);
static ngx_int_t ngx_rtsp_user_file_read(ngx_rtsp_user_file_t *file,
    ngx_rtsp_user_table_t *table, ngx_rtsp_user_stamp_t *stamp,
    ngx_rtsp_user_fault_t *fault);
static ngx_int_t ngx_rtsp_user_file_content(ngx_fd_t fd,
    ngx_rtsp_user_table_t *table, ngx_rtsp_user_stamp_t *stamp,
    ngx_rtsp_user_fault_t *fault);
static void ngx_rtsp_user_file_complain(ngx_rtsp_user_file_t *file,
    ngx_rtsp_user_fault_t *fault, ngx_log_t *log);
static void ngx_rtsp_user_file_log(ngx_rtsp_user_file_t *file,
    ngx_rtsp_user_fault_t *fault, const char *then, ngx_uint_t level,
    ngx_log_t *log);


static ngx_array_t  *ngx_rtsp_user_files;   /* of this process, or NULL */


ngx_rtsp_user_file_t *
ngx_rtsp_user_file_open(ngx_pool_t *pool, ngx_str_t *name, ngx_log_t *lasting,
    ngx_log_t *log)
{
    ngx_pool_cleanup_t     *cln;
    ngx_rtsp_user_file_t   *file;
    ngx_rtsp_user_fault_t   fault;

    cln = ngx_pool_cleanup_add(pool, sizeof(ngx_rtsp_user_file_t));
    if (cln == NULL) {
        return NULL;
    }

    file = cln->data;
    ngx_memzero(file, sizeof(ngx_rtsp_user_file_t));

    cln->handler = ngx_rtsp_user_file_cleanup;

    file->name = *name;
    file->log = lasting;

    if (ngx_rtsp_user_file_load(file, &fault) != NGX_OK) {
        ngx_rtsp_user_file_log(file, &fault, "", NGX_LOG_EMERG, log);
        return NULL;
    }

    return file;
}


static void
ngx_rtsp_user_file_cleanup(void *data)
{
    ngx_rtsp_user_file_t *file = data;

    ngx_rtsp_user_table_destroy(&file->table);
}


void
ngx_rtsp_user_file_init_process(ngx_array_t *files)
{
    ngx_rtsp_user_files = files;
}


void
ngx_rtsp_user_file_tick(void)
{
    ngx_uint_t              i;
    ngx_rtsp_user_file_t  **p;

    if (ngx_rtsp_user_files == NULL) {
        return;
    }

    p = ngx_rtsp_user_files->elts;

    for (i = 0; i < ngx_rtsp_user_files->nelts; i++) {
        ngx_rtsp_user_file_update(p[i], ngx_cycle->log);
    }
}


void
ngx_rtsp_user_file_update(ngx_rtsp_user_file_t *file, ngx_log_t *log)
{
    time_t                  now;
    ngx_file_info_t         fi;
    ngx_rtsp_user_fault_t   fault;
    ngx_rtsp_user_stamp_t   stamp;

    now = ngx_time();

    if (now - file->checked < NGX_RTSP_USER_FILE_CHECK
        && now >= file->checked)
    {
        return;
    }

    file->checked = now;

    if (ngx_file_info(file->name.data, &fi) == NGX_FILE_ERROR) {
        fault.why = ngx_file_info_n;
        fault.err = ngx_errno;
        fault.line = 0;

        ngx_rtsp_user_file_complain(file, &fault, log);
        return;
    }

    ngx_rtsp_user_file_stamp(&fi, &stamp);

    if (ngx_rtsp_user_file_same(&stamp, &file->stamp)) {

        if (ngx_rtsp_outage_answered(&file->name, 0)) {
            ngx_log_error(NGX_LOG_NOTICE, log, 0,
                          "rtsp_auth_user_file \"%V\" is back as it was",
                          &file->name);
        }

        return;
    }

    if (ngx_rtsp_user_file_same(&stamp, &file->broken)) {
        ngx_rtsp_user_file_complain(file, &file->fault, log);
        return;
    }

    if (ngx_rtsp_user_file_load(file, &fault) != NGX_OK) {
        ngx_rtsp_user_file_complain(file, &fault, log);
        return;
    }

    (void) ngx_rtsp_outage_answered(&file->name, 0);

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "rtsp_auth_user_file \"%V\" was read again, %ui users",
                  &file->name, file->table.nusers);
}


/* the old table goes once there is a new one */

static ngx_int_t
ngx_rtsp_user_file_load(ngx_rtsp_user_file_t *file,
    ngx_rtsp_user_fault_t *fault)
{
    ngx_rtsp_user_table_t   table;
    ngx_rtsp_user_stamp_t   stamp;

    ngx_memzero(&table, sizeof(ngx_rtsp_user_table_t));
    ngx_memzero(fault, sizeof(ngx_rtsp_user_fault_t));

    table.pool = ngx_create_pool(4096, file->log);
    if (table.pool == NULL) {
        fault->why = "takes more memory than there is";
        return NGX_ERROR;
    }

    if (ngx_rtsp_user_file_read(file, &table, &stamp, fault) != NGX_OK) {
        goto failed;
    }

    fault->why = ngx_rtsp_user_table_fill(&table, &fault->line);

    if (fault->why) {

        if (fault->line) {
            file->broken = stamp;
            file->fault = *fault;
        }

        goto failed;
    }

    ngx_rtsp_user_table_destroy(&file->table);

    file->table = table;
    file->stamp = stamp;

    return NGX_OK;

failed:

    ngx_rtsp_user_table_destroy(&table);

    return NGX_ERROR;
}


static void
ngx_rtsp_user_file_stamp(ngx_file_info_t *fi, ngx_rtsp_user_stamp_t *stamp)
{
    ngx_memzero(stamp, sizeof(ngx_rtsp_user_stamp_t));

    /* two versions of one second have to be told apart */

    stamp->mtime = fi->st_mtim;
    stamp->size = ngx_file_size(fi);
    stamp->uniq = ngx_file_uniq(fi);
}


static ngx_uint_t
ngx_rtsp_user_file_same(ngx_rtsp_user_stamp_t *a, ngx_rtsp_user_stamp_t *b)
{
    return a->mtime.tv_sec == b->mtime.tv_sec
           && a->mtime.tv_nsec == b->mtime.tv_nsec
           && a->size == b->size
           && a->uniq == b->uniq;
}


/* the whole file into table->text, and its stamp when it was opened */

static ngx_int_t
ngx_rtsp_user_file_read(ngx_rtsp_user_file_t *file,
    ngx_rtsp_user_table_t *table, ngx_rtsp_user_stamp_t *stamp,
    ngx_rtsp_user_fault_t *fault)
{
    ngx_fd_t   fd;
    ngx_int_t  rc;

    /* nonblocking: a FIFO of that name must not stop the worker */

    fd = ngx_open_file(file->name.data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        fault->why = ngx_open_file_n;
        fault->err = ngx_errno;
        return NGX_ERROR;
    }

    rc = ngx_rtsp_user_file_content(fd, table, stamp, fault);

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, file->log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", &file->name);
    }

    return rc;
}


static ngx_int_t
ngx_rtsp_user_file_content(ngx_fd_t fd, ngx_rtsp_user_table_t *table,
    ngx_rtsp_user_stamp_t *stamp, ngx_rtsp_user_fault_t *fault)
{
    ssize_t          n;
    ngx_str_t       *text;
    ngx_file_info_t  fi;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        fault->why = ngx_fd_info_n;
        fault->err = ngx_errno;
        return NGX_ERROR;
    }

    if (!ngx_is_file(&fi) || ngx_file_size(&fi) > NGX_RTSP_MAX_USER_FILE) {
        fault->why = "is not a file of at most 16m";
        return NGX_ERROR;
    }

    ngx_rtsp_user_file_stamp(&fi, stamp);

    text = &table->text;
    text->len = ngx_file_size(&fi);
    text->data = ngx_palloc(table->pool, text->len + 1);

    if (text->data == NULL) {
        fault->why = "takes more memory than there is";
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, text->data, text->len);

    if (n == -1) {
        fault->why = ngx_read_fd_n;
        fault->err = ngx_errno;
        return NGX_ERROR;
    }

    /* it may have been cut meanwhile; it will be looked at again */

    text->data[n] = LF;
    text->len = n + 1;

    return NGX_OK;
}


static void
ngx_rtsp_user_file_complain(ngx_rtsp_user_file_t *file,
    ngx_rtsp_user_fault_t *fault, ngx_log_t *log)
{
    if (ngx_rtsp_outage_failed(&file->name)) {
        ngx_rtsp_user_file_log(file, fault, ", the users read before stay in "
                               "force", NGX_LOG_ERR, log);
    }
}


static void
ngx_rtsp_user_file_log(ngx_rtsp_user_file_t *file,
    ngx_rtsp_user_fault_t *fault, const char *then, ngx_uint_t level,
    ngx_log_t *log)
{
    if (fault->line) {
        ngx_log_error(level, log, 0, "%s in %V:%ui (rtsp_auth_user_file)%s",
                      fault->why, &file->name, fault->line, then);
        return;
    }

    if (fault->err) {
        ngx_log_error(level, log, fault->err,
                      "%s \"%V\" failed (rtsp_auth_user_file)%s",
                      fault->why, &file->name, then);
        return;
    }

    ngx_log_error(level, log, 0, "rtsp_auth_user_file \"%V\" %s%s",
                  &file->name, fault->why, then);
}


ngx_rtsp_user_t *
ngx_rtsp_user_find(ngx_rtsp_user_file_t *file, ngx_str_t *name,
    ngx_str_t *realm, ngx_uint_t kind)
{
    return ngx_rtsp_user_table_find(&file->table, name, realm, kind);
}


ngx_uint_t
ngx_rtsp_user_file_serves(ngx_rtsp_user_file_t *file, ngx_str_t *realm,
    ngx_uint_t offers)
{
    return ngx_rtsp_user_table_serves(&file->table, realm, offers);
}


ngx_rtsp_user_t *
ngx_rtsp_user_decoy(ngx_rtsp_user_file_t *file)
{
    return file->table.decoy;
}


ngx_str_t *
ngx_rtsp_user_file_name(ngx_rtsp_user_file_t *file)
{
    return &file->name;
}
