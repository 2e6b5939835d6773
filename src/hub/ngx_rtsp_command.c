
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_hub.h"


/*
 * Commands: what one worker asks of another that owns a session.
 *
 * Called by the server when a request steers a session of another worker, and
 * by the owner to answer.  A command belongs to the worker that asked: it
 * alone frees it, or the reaper when that worker is dead.
 *
 * The invariant: an answer is written only to a command found in the list
 * under the lock, so one that its asker has given up is never touched.
 */


#define NGX_RTSP_MAX_COMMANDS  4096


static ngx_rtsp_command_t **ngx_rtsp_command_find(ngx_rtsp_command_t *command);


ngx_rtsp_command_t *
ngx_rtsp_command_send(ngx_rtsp_owner_t to, ngx_uint_t type, u_char *id)
{
    ngx_uint_t            alive;
    ngx_rtsp_command_t   *command, **last;

    ngx_rtsp_lock();

    command = NULL;

    if (ngx_rtsp_self == 0 || ngx_rtsp_hub->ncommands >= NGX_RTSP_MAX_COMMANDS)
    {
        goto done;
    }

    command = ngx_rtsp_alloc(sizeof(ngx_rtsp_command_t));
    if (command == NULL) {
        goto done;
    }

    /*
     * a dead owner may have been reaped before, and then nobody answers; if
     * it dies from here on, its reaper finds the command
     */

    alive = ngx_rtsp_seat_alive(to);

    command->from = ngx_rtsp_self;
    command->to = to;
    command->type = type;
    command->status = alive ? 0 : 454;
    ngx_memcpy(command->id, id, NGX_RTSP_ID_LEN);

    last = ngx_rtsp_command_find(NULL);

    ngx_memory_barrier();

    *last = command;
    ngx_rtsp_hub->ncommands++;

    ngx_rtsp_seat_wake_commands(ngx_rtsp_owner_seat(alive ? to
                                                          : ngx_rtsp_self));

done:

    ngx_rtsp_unlock();

    return command;
}


/* the pointer that points to "command", or the one at the end of the list */

static ngx_rtsp_command_t **
ngx_rtsp_command_find(ngx_rtsp_command_t *command)
{
    ngx_rtsp_command_t  **p;

    for (p = &ngx_rtsp_hub->commands; *p; p = &(*p)->next) {
        if (*p == command) {
            break;
        }
    }

    return p;
}


void
ngx_rtsp_command_free(ngx_rtsp_command_t *command)
{
    ngx_rtsp_command_t  **p;

    ngx_rtsp_lock();

    p = ngx_rtsp_command_find(command);

    if (*p) {
        *p = command->next;
        ngx_rtsp_hub->ncommands--;

        ngx_rtsp_free(command);
    }

    ngx_rtsp_unlock();
}


ngx_int_t
ngx_rtsp_command_next(ngx_rtsp_command_t **command, ngx_rtsp_command_t *copy)
{
    ngx_int_t            rc;
    ngx_rtsp_command_t  *p;

    rc = NGX_DECLINED;

    ngx_rtsp_lock();

    for (p = ngx_rtsp_hub->commands; p; p = p->next) {

        if (p->to == ngx_rtsp_self && p->status == 0) {
            *command = p;
            *copy = *p;

            rc = NGX_OK;
            break;
        }
    }

    ngx_rtsp_unlock();

    return rc;
}


void
ngx_rtsp_command_answer(ngx_rtsp_command_t *command, ngx_uint_t status)
{
    ngx_rtsp_lock();

    if (*ngx_rtsp_command_find(command)
        && command->to == ngx_rtsp_self
        && command->status == 0)
    {
        command->status = status;
        ngx_rtsp_seat_wake_commands(ngx_rtsp_owner_seat(command->from));
    }

    ngx_rtsp_unlock();
}


ngx_int_t
ngx_rtsp_command_reap_locked(ngx_rtsp_owner_t owner, uint64_t *cursor)
{
    ngx_rtsp_command_t  *command, **p;

    p = &ngx_rtsp_hub->commands;

    while (*p) {
        command = *p;

        if (command->from == owner) {
            *p = command->next;
            ngx_rtsp_hub->ncommands--;

            ngx_rtsp_free(command);
            continue;
        }

        if (command->to == owner && command->status == 0) {
            command->status = 454;
            ngx_rtsp_seat_wake_commands(ngx_rtsp_owner_seat(command->from));
        }

        p = &command->next;
    }

    return NGX_OK;
}
