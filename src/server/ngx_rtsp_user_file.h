
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_USER_FILE_H_INCLUDED_
#define _NGX_RTSP_USER_FILE_H_INCLUDED_


#include "ngx_rtsp_user_table.h"


#define NGX_RTSP_MAX_USER_FILE  (16 * 1024 * 1024)


typedef struct ngx_rtsp_user_file_s  ngx_rtsp_user_file_t;


/*
 * The file of that full name as it is now, read and checked.  It lives as long
 * as "pool", and so must "lasting"; NULL: it cannot be read, or a line makes
 * no sense; that was logged to "log" with the line's number.
 */
ngx_rtsp_user_file_t *ngx_rtsp_user_file_open(ngx_pool_t *pool,
    ngx_str_t *name, ngx_log_t *lasting, ngx_log_t *log);

/* a worker begins: "files" are those of its configuration; NULL: none */
void ngx_rtsp_user_file_init_process(ngx_array_t *files);

/* update() for all of them, every 250 ms */
void ngx_rtsp_user_file_tick(void);

/*
 * Reads the file again if it has changed, looking once a second at most.  One
 * that is gone, or broken, leaves the old content in force, with one error
 * line of all workers until it is well again.  Called before find(), whose
 * results it may free.
 */
void ngx_rtsp_user_file_update(ngx_rtsp_user_file_t *file, ngx_log_t *log);

/* its content: see ngx_rtsp_user_table_find() and _serves() */
ngx_rtsp_user_t *ngx_rtsp_user_find(ngx_rtsp_user_file_t *file,
    ngx_str_t *name, ngx_str_t *realm, ngx_uint_t kind);
ngx_uint_t ngx_rtsp_user_file_serves(ngx_rtsp_user_file_t *file,
    ngx_str_t *realm, ngx_uint_t offers);

/*
 * For those whom the file does not know: a user whose hash takes as long as
 * any other's; NULL: there is no slow one in the file
 */
ngx_rtsp_user_t *ngx_rtsp_user_decoy(ngx_rtsp_user_file_t *file);

/* the file's name with its path, as it was opened */
ngx_str_t *ngx_rtsp_user_file_name(ngx_rtsp_user_file_t *file);


#endif /* _NGX_RTSP_USER_FILE_H_INCLUDED_ */
