
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"
#include "ngx_rtsp_variables.h"


/*
 * rtsp_access_log: one line for each session that has had media, at its end.
 * The server calls it by a hook.  All that a log can do (formats, buffers,
 * gzip, "if=", syslog, variables in the name) is done by the log module of
 * nginx: a level with the directive has an instance of that module's server
 * configuration, filled by its own "access_log", and a line is written by its
 * own handler of the log phase, on a context made for the session.
 *
 * Invariant: instances are opaque, only that module looks into them, and they
 * are never put where nginx logs connections.
 */


#define NGX_RTSP_LOG_FORMAT                                                   \
    "$time_iso8601 $remote_addr $rtsp_user $rtsp_role $rtsp_path "            \
    "$rtsp_transport $rtsp_bytes_sent lost=$rtsp_packets_lost "               \
    "key=$rtsp_first_key_time end=$rtsp_end_reason"


extern ngx_module_t  ngx_stream_log_module;


typedef struct {
    ngx_stream_handler_pt    log;           /* of nginx's access_log */
    ngx_stream_handler_pt    set;           /* of its "set", or NULL */
} ngx_stream_rtsp_log_main_conf_t;


typedef struct {
    void                    *log;           /* an instance, or NULL: no log */
} ngx_stream_rtsp_log_conf_t;


static ngx_int_t ngx_stream_rtsp_log_postconfiguration(ngx_conf_t *cf);
static ngx_stream_handler_pt ngx_stream_rtsp_log_handler(ngx_conf_t *cf,
    ngx_module_t *m);
static void *ngx_stream_rtsp_log_create_main_conf(ngx_conf_t *cf);
static char *ngx_stream_rtsp_log_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_stream_rtsp_log_create_srv_conf(ngx_conf_t *cf);
static char *ngx_stream_rtsp_log_merge_srv_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_stream_rtsp_log_merge(ngx_conf_t *cf, void *log);

static char *ngx_stream_rtsp_access_log(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_array_t *ngx_stream_rtsp_log_arguments(ngx_conf_t *cf);
static ngx_uint_t ngx_stream_rtsp_log_has_format(ngx_conf_t *cf);
static ngx_int_t ngx_stream_rtsp_log_format(ngx_conf_t *cf, ngx_str_t *name);
static void ngx_stream_rtsp_log_three(ngx_array_t *args,
    const char *directive, ngx_str_t *first, ngx_str_t *second);
static char *ngx_stream_rtsp_log_try(ngx_conf_t *cf, const char *directive,
    ngx_array_t *args, void *conf);
static char *ngx_stream_rtsp_log_set(ngx_conf_t *cf, const char *directive,
    ngx_array_t *args, void *conf);

static ngx_int_t ngx_stream_rtsp_log_init_process(ngx_cycle_t *cycle);
static void ngx_stream_rtsp_log_exit_process(ngx_cycle_t *cycle);
static void ngx_stream_rtsp_log_session(ngx_rtsp_session_t *session);


static ngx_str_t  ngx_stream_rtsp_log_fields = ngx_string(NGX_RTSP_LOG_FORMAT);


static ngx_command_t  ngx_stream_rtsp_log_commands[] = {

    { ngx_string("rtsp_access_log"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_1MORE,
      ngx_stream_rtsp_access_log,
      NGX_STREAM_SRV_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_stream_module_t  ngx_stream_rtsp_log_module_ctx = {
    ngx_rtsp_variables_add,                /* preconfiguration */
    ngx_stream_rtsp_log_postconfiguration, /* postconfiguration */

    ngx_stream_rtsp_log_create_main_conf,  /* create main configuration */
    ngx_stream_rtsp_log_init_main_conf,    /* init main configuration */

    ngx_stream_rtsp_log_create_srv_conf,   /* create server configuration */
    ngx_stream_rtsp_log_merge_srv_conf     /* merge server configuration */
};


ngx_module_t  ngx_stream_rtsp_log_module = {
    NGX_MODULE_V1,
    &ngx_stream_rtsp_log_module_ctx,       /* module context */
    ngx_stream_rtsp_log_commands,          /* module directives */
    NGX_STREAM_MODULE,                     /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_stream_rtsp_log_init_process,      /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_stream_rtsp_log_exit_process,      /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_stream_rtsp_log_postconfiguration(ngx_conf_t *cf)
{
    ngx_uint_t                        i;
    ngx_module_t                     *m;
    ngx_stream_rtsp_log_main_conf_t  *lmcf;

    lmcf = ngx_stream_conf_get_module_main_conf(cf,
                                                ngx_stream_rtsp_log_module);

    lmcf->log = ngx_stream_rtsp_log_handler(cf, &ngx_stream_log_module);
    if (lmcf->log == NULL) {
        return NGX_ERROR;
    }

    /* nginx may have been built without it, so it is looked for by name */

    for (i = 0; cf->cycle->modules[i]; i++) {
        m = cf->cycle->modules[i];

        if (ngx_strcmp(m->name, "ngx_stream_set_module") == 0) {
            lmcf->set = ngx_stream_rtsp_log_handler(cf, m);
        }
    }

    return NGX_OK;
}


/*
 * A handler is static in the module it belongs to, which only adds it to the
 * handlers of its phase; so it is asked to do so once more, to lists that are
 * not nginx's.  NULL: no memory, or it adds none.
 */

static ngx_stream_handler_pt
ngx_stream_rtsp_log_handler(ngx_conf_t *cf, ngx_module_t *m)
{
    void                         **core;
    ngx_int_t                      rc;
    ngx_uint_t                     i;
    ngx_stream_module_t           *module;
    ngx_stream_conf_ctx_t         *ctx;
    ngx_stream_core_main_conf_t   *cmcf, *saved;

    cmcf = ngx_pcalloc(cf->temp_pool, sizeof(ngx_stream_core_main_conf_t));
    if (cmcf == NULL) {
        return NULL;
    }

    for (i = 0; i <= NGX_STREAM_LOG_PHASE; i++) {

        if (ngx_array_init(&cmcf->phases[i].handlers, cf->temp_pool, 1,
                           sizeof(ngx_stream_handler_pt))
            != NGX_OK)
        {
            return NULL;
        }
    }

    ctx = cf->ctx;
    core = &ctx->main_conf[ngx_stream_core_module.ctx_index];
    module = m->ctx;

    saved = *core;
    *core = cmcf;

    rc = module->postconfiguration(cf);

    *core = saved;

    for (i = 0; rc == NGX_OK && i <= NGX_STREAM_LOG_PHASE; i++) {

        if (cmcf->phases[i].handlers.nelts) {
            return *(ngx_stream_handler_pt *) cmcf->phases[i].handlers.elts;
        }
    }

    return NULL;
}


static void *
ngx_stream_rtsp_log_create_main_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_stream_rtsp_log_main_conf_t));
}


/* here, and only here, the configuration is that of stream{} itself */

static char *
ngx_stream_rtsp_log_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_stream_rtsp_log_conf_t  *lcf;

    lcf = ngx_stream_conf_get_module_srv_conf(cf, ngx_stream_rtsp_log_module);

    return ngx_stream_rtsp_log_merge(cf, lcf->log);
}


static void *
ngx_stream_rtsp_log_create_srv_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_stream_rtsp_log_conf_t));
}


static char *
ngx_stream_rtsp_log_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_stream_rtsp_log_conf_t *prev = parent;
    ngx_stream_rtsp_log_conf_t *conf = child;

    if (conf->log == NULL) {
        conf->log = prev->log;
        return NGX_CONF_OK;
    }

    return ngx_stream_rtsp_log_merge(cf, conf->log);
}


/* an instance gets open_log_file_cache from where it stands */

static char *
ngx_stream_rtsp_log_merge(ngx_conf_t *cf, void *log)
{
    ngx_stream_module_t  *module;

    if (log == NULL) {
        return NGX_CONF_OK;
    }

    module = ngx_stream_log_module.ctx;

    return module->merge_srv_conf(cf,
              ngx_stream_conf_get_module_srv_conf(cf, ngx_stream_log_module),
              log);
}


static char *
ngx_stream_rtsp_access_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_stream_rtsp_log_conf_t *lcf = conf;

    ngx_array_t          *args;
    ngx_stream_module_t  *module;

    if (lcf->log == NULL) {
        module = ngx_stream_log_module.ctx;

        lcf->log = module->create_srv_conf(cf);
        if (lcf->log == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    args = ngx_stream_rtsp_log_arguments(cf);
    if (args == NULL) {
        return NGX_CONF_ERROR;
    }

    return ngx_stream_rtsp_log_set(cf, "access_log", args, lcf->log);
}


/*
 * The arguments with the name of a format, which nginx's own directive wants.
 * Without one it is "rtsp", and that is there even if nobody has defined it
 * so far: under another name then, for a log_format further down.
 */

static ngx_array_t *
ngx_stream_rtsp_log_arguments(ngx_conf_t *cf)
{
    ngx_str_t    *value, *arg, name;
    ngx_uint_t    i, given;
    ngx_array_t  *args;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        return cf->args;
    }

    given = ngx_stream_rtsp_log_has_format(cf);

    if (given && ngx_strcmp(value[2].data, "rtsp") != 0) {
        return cf->args;
    }

    if (ngx_stream_rtsp_log_format(cf, &name) != NGX_OK) {
        return NULL;
    }

    args = ngx_array_create(cf->pool, cf->args->nelts + 1, sizeof(ngx_str_t));
    if (args == NULL) {
        return NULL;
    }

    for (i = 0; i < cf->args->nelts + !given; i++) {
        arg = ngx_array_push(args);
        *arg = (i < 2) ? value[i] : (i == 2) ? name : value[i - !given];
    }

    return args;
}


static ngx_uint_t
ngx_stream_rtsp_log_has_format(ngx_conf_t *cf)
{
    u_char     *p;
    ngx_str_t  *value;

    if (cf->args->nelts == 2) {
        return 0;
    }

    value = cf->args->elts;
    p = value[2].data;

    return ngx_strncmp(p, "buffer=", 7) != 0
           && ngx_strncmp(p, "flush=", 6) != 0
           && ngx_strncmp(p, "if=", 3) != 0
           && ngx_strncmp(p, "gzip=", 5) != 0
           && ngx_strcmp(p, "gzip") != 0;
}


/*
 * The name of the format "rtsp": its own where the configuration has defined
 * it above, which nginx tells only by taking it, otherwise that of ours.
 */

static ngx_int_t
ngx_stream_rtsp_log_format(ngx_conf_t *cf, ngx_str_t *name)
{
    void                   *conf;
    ngx_str_t              *value;
    ngx_array_t            *args;
    ngx_stream_module_t    *module;
    ngx_stream_conf_ctx_t  *ctx;

    ctx = cf->ctx;
    module = ngx_stream_log_module.ctx;
    value = cf->args->elts;

    conf = module->create_srv_conf(cf);
    args = ngx_array_create(cf->pool, 3, sizeof(ngx_str_t));

    if (conf == NULL || args == NULL) {
        return NGX_ERROR;
    }

    ngx_str_set(name, "rtsp");
    ngx_stream_rtsp_log_three(args, "access_log", &value[1], name);

    if (ngx_stream_rtsp_log_try(cf, "access_log", args, conf)
        == NGX_CONF_OK)
    {
        return NGX_OK;
    }

    /* of all lines that need it the first one defines it */

    ngx_str_set(name, "rtsp (built in)");
    ngx_stream_rtsp_log_three(args, "log_format", name,
                              &ngx_stream_rtsp_log_fields);

    (void) ngx_stream_rtsp_log_try(cf, "log_format", args,
                     ctx->main_conf[ngx_stream_log_module.ctx_index]);

    return NGX_OK;
}


static void
ngx_stream_rtsp_log_three(ngx_array_t *args, const char *directive,
    ngx_str_t *first, ngx_str_t *second)
{
    ngx_str_t  *value;

    args->nelts = 0;
    value = ngx_array_push_n(args, 3);

    value[0].data = (u_char *) directive;
    value[0].len = ngx_strlen(directive);
    value[1] = *first;
    value[2] = *second;
}


/* without a word where it fails */

static char *
ngx_stream_rtsp_log_try(ngx_conf_t *cf, const char *directive,
    ngx_array_t *args, void *conf)
{
    char       *rv;
    ngx_log_t  *log, silent;

    log = cf->log;
    silent = *log;
    silent.log_level = 0;
    silent.next = NULL;

    cf->log = &silent;
    rv = ngx_stream_rtsp_log_set(cf, directive, args, conf);
    cf->log = log;

    return rv;
}


/* has a directive of nginx's log module do its work on "conf" */

static char *
ngx_stream_rtsp_log_set(ngx_conf_t *cf, const char *directive,
    ngx_array_t *args, void *conf)
{
    char           *rv;
    ngx_array_t    *saved;
    ngx_command_t  *cmd;

    for (cmd = ngx_stream_log_module.commands; cmd->name.len; cmd++) {

        if (ngx_strcmp(cmd->name.data, directive) == 0) {
            saved = cf->args;
            cf->args = args;

            rv = cmd->set(cf, cmd, conf);

            cf->args = saved;

            return rv;
        }
    }

    return "cannot work with this version of nginx";
}


static ngx_int_t
ngx_stream_rtsp_log_init_process(ngx_cycle_t *cycle)
{
    ngx_stream_rtsp_log_main_conf_t  *lmcf;

    lmcf = ngx_stream_cycle_get_module_main_conf(cycle,
                                                 ngx_stream_rtsp_log_module);

    ngx_rtsp_access_log = lmcf ? ngx_stream_rtsp_log_session : NULL;
    ngx_rtsp_context_set = lmcf ? lmcf->set : NULL;

    return NGX_OK;
}


/*
 * nginx has flushed its buffers by now, and then the sessions of this process
 * were ended.
 */

static void
ngx_stream_rtsp_log_exit_process(ngx_cycle_t *cycle)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_open_file_t  *file;

    for (part = &cycle->open_files.part; part; part = part->next) {
        file = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (file[i].flush) {
                file[i].flush(&file[i], cycle->log);
            }
        }
    }
}


static void
ngx_stream_rtsp_log_session(ngx_rtsp_session_t *session)
{
    void                             **srv_conf;
    ngx_stream_session_t              *s;
    ngx_stream_rtsp_log_conf_t        *lcf;
    ngx_stream_rtsp_log_main_conf_t   *lmcf;

    lcf = session->srv_conf[ngx_stream_rtsp_log_module.ctx_index];

    if (lcf->log == NULL) {
        return;
    }

    s = ngx_rtsp_context_session(session);
    if (s == NULL) {
        return;
    }

    srv_conf = ngx_palloc(s->connection->pool,
                          sizeof(void *) * ngx_stream_max_module);

    if (srv_conf) {
        ngx_memcpy(srv_conf, s->srv_conf,
                   sizeof(void *) * ngx_stream_max_module);

        srv_conf[ngx_stream_log_module.ctx_index] = lcf->log;
        s->srv_conf = srv_conf;

        lmcf = ngx_stream_get_module_main_conf(s, ngx_stream_rtsp_log_module);

        (void) lmcf->log(s);
    }

    ngx_rtsp_context_destroy(s);
}
