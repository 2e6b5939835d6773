
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_STREAM_RTSP_PATH_H_INCLUDED_
#define _NGX_STREAM_RTSP_PATH_H_INCLUDED_


/* the setters of rtsp_path and of the directives that say who may what */

char *ngx_stream_rtsp_path(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_stream_rtsp_stream(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_stream_rtsp_return(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_stream_rtsp_rule(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_stream_rtsp_back_channel(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Postconfiguration, when all servers have been merged: merges every
 * rtsp_path with its server, for all modules that have directives in it, and
 * sorts the paths of each server.
 */
ngx_int_t ngx_stream_rtsp_finish_paths(ngx_conf_t *cf);


#endif /* _NGX_STREAM_RTSP_PATH_H_INCLUDED_ */
