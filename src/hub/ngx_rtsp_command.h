
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_COMMAND_H_INCLUDED_
#define _NGX_RTSP_COMMAND_H_INCLUDED_


/*
 * Asks the owner of a session for something.  The command belongs to the
 * caller, who looks at its status when woken and frees it; an owner that is
 * gone already has answered 454.  NULL: the zone is full, or too many commands
 * wait.
 */
ngx_rtsp_command_t *ngx_rtsp_command_send(ngx_rtsp_owner_t to,
    ngx_uint_t type, u_char *id);
void ngx_rtsp_command_free(ngx_rtsp_command_t *command);

/*
 * The next command to this seat that has no answer yet, copied; NGX_DECLINED
 * when there is none.  It is answered by its pointer.
 */
ngx_int_t ngx_rtsp_command_next(ngx_rtsp_command_t **command,
    ngx_rtsp_command_t *copy);
void ngx_rtsp_command_answer(ngx_rtsp_command_t *command, ngx_uint_t status);

/*
 * For the reaper, under the lock: drops what "owner" has asked, answers what
 * it was asked with 454.  There is one slice only: NGX_OK.
 */
ngx_int_t ngx_rtsp_command_reap_locked(ngx_rtsp_owner_t owner,
    uint64_t *cursor);


#endif /* _NGX_RTSP_COMMAND_H_INCLUDED_ */
