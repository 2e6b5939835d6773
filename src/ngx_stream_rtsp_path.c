
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"
#include "ngx_stream_rtsp_path.h"


/*
 * The rtsp_path block, and the directives that say who may do what in it.
 *
 * A path has configurations of its own for the modules listed below; all
 * others see the server's.  nginx merges servers module by module, so a path
 * is merged later than all of them, in postconfiguration: then the server's
 * configuration, which it inherits, is complete in every module.
 */


static char *ngx_stream_rtsp_path_name(ngx_conf_t *cf, ngx_rtsp_path_t *path);
static char *ngx_stream_rtsp_path_check(ngx_conf_t *cf,
    ngx_rtsp_path_t *path);
static char *ngx_stream_rtsp_path_regex(ngx_conf_t *cf,
    ngx_rtsp_path_t *path, ngx_uint_t caseless);
static char *ngx_stream_rtsp_path_add(ngx_conf_t *cf, ngx_rtsp_conf_t *conf,
    ngx_rtsp_path_t *path);
static ngx_stream_conf_ctx_t *ngx_stream_rtsp_path_ctx(ngx_conf_t *cf,
    ngx_rtsp_path_t *path);
static ngx_int_t ngx_stream_rtsp_finish_server(ngx_conf_t *cf,
    ngx_stream_conf_ctx_t *ctx);
static ngx_int_t ngx_stream_rtsp_merge_paths(ngx_conf_t *cf,
    ngx_stream_conf_ctx_t *ctx, ngx_array_t *paths);
static ngx_int_t ngx_stream_rtsp_merge_path(ngx_conf_t *cf,
    ngx_stream_conf_ctx_t *ctx, ngx_rtsp_path_t *path);
static ngx_int_t ngx_stream_rtsp_sort_paths(ngx_conf_t *cf,
    ngx_array_t *paths);
static int ngx_libc_cdecl ngx_stream_rtsp_cmp_paths(const void *one,
    const void *two);
static void ngx_stream_rtsp_link_prefixes(ngx_array_t *prefixes);
static char *ngx_stream_rtsp_rule_text(ngx_conf_t *cf, ngx_rtsp_rule_t *rule);


/* the modules that have directives for NGX_STREAM_RTSP_PATH_CONF */

static ngx_module_t  *ngx_stream_rtsp_path_modules[] = {
    &ngx_stream_rtsp_module,
    &ngx_stream_rtsp_auth_module,
    &ngx_stream_rtsp_log_module,
    NULL
};


char *
ngx_stream_rtsp_path(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtsp_conf_t *rcf = conf;

    char                   *rv;
    ngx_conf_t              save;
    ngx_rtsp_path_t        *path;
    ngx_stream_conf_ctx_t  *ctx;

    path = ngx_pcalloc(cf->pool, sizeof(ngx_rtsp_path_t));
    if (path == NULL) {
        return NGX_CONF_ERROR;
    }

    path->file = cf->conf_file->file.name.data;
    path->line = cf->conf_file->line;

    rv = ngx_stream_rtsp_path_name(cf, path);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (cf->cmd_type == NGX_STREAM_RTSP_PATH_CONF) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "rtsp_path \"%V\" cannot be inside rtsp_path "
                           "\"%V\", write it beside that in \"server\"",
                           &path->text, &rcf->path->text);
        return NGX_CONF_ERROR;
    }

    rv = ngx_stream_rtsp_path_add(cf, rcf, path);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    ctx = ngx_stream_rtsp_path_ctx(cf, path);
    if (ctx == NULL) {
        return NGX_CONF_ERROR;
    }

    save = *cf;
    cf->ctx = ctx;
    cf->cmd_type = NGX_STREAM_RTSP_PATH_CONF;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    return rv;
}


/* modifier and name, apart or in one word, as location has them */

static char *
ngx_stream_rtsp_path_name(ngx_conf_t *cf, ngx_rtsp_path_t *path)
{
    size_t       len;
    u_char      *p;
    ngx_str_t   *value, modifier;
    ngx_uint_t   caseless;

    value = cf->args->elts;

    modifier = value[1];
    p = value[1].data;

    /* a configuration's words are terminated */

    if (p[0] == '=') {
        path->exact = 1;
        len = 1;

    } else if (p[0] == '^' && p[1] == '~') {
        path->noregex = 1;
        len = 2;

    } else if (p[0] == '~') {
        path->pattern = 1;
        len = (p[1] == '*') ? 2 : 1;

    } else {
        len = 0;
    }

    caseless = (path->pattern && len == 2);

    if (cf->args->nelts == 3) {

        if (len == 0 || len != value[1].len) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid modifier \"%V\" of rtsp_path, it must "
                               "be \"=\", \"^~\", \"~\" or \"~*\"",
                               &value[1]);
            return NGX_CONF_ERROR;
        }

        path->name = value[2];

    } else {
        path->name.data = value[1].data + len;
        path->name.len = value[1].len - len;
    }

    modifier.len = len;

    path->text.len = len + (len ? 1 : 0) + path->name.len;

    path->text.data = ngx_pnalloc(cf->pool, path->text.len);
    if (path->text.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_sprintf(path->text.data, "%V%s%V", &modifier, len ? " " : "",
                &path->name);

    return path->pattern ? ngx_stream_rtsp_path_regex(cf, path, caseless)
                         : ngx_stream_rtsp_path_check(cf, path);
}


static char *
ngx_stream_rtsp_path_check(ngx_conf_t *cf, ngx_rtsp_path_t *path)
{
    if (path->name.len == 0 || path->name.data[0] != '/') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "rtsp_path \"%V\" must begin with \"/\"",
                           &path->name);
        return NGX_CONF_ERROR;
    }

    if (path->name.len > NGX_RTSP_MAX_PATH) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "rtsp_path \"%V\" is longer than %d bytes",
                           &path->name, NGX_RTSP_MAX_PATH);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_stream_rtsp_path_regex(ngx_conf_t *cf, ngx_rtsp_path_t *path,
    ngx_uint_t caseless)
{
#if (NGX_PCRE)
    ngx_regex_compile_t  rc;
    u_char               errstr[NGX_MAX_CONF_ERRSTR];

    if (path->name.len == 0) {
        return "has no regular expression";
    }

    ngx_memzero(&rc, sizeof(ngx_regex_compile_t));

    rc.pattern = path->name;
    rc.options = caseless ? NGX_REGEX_CASELESS : 0;
    rc.err.len = NGX_MAX_CONF_ERRSTR;
    rc.err.data = errstr;

    path->regex = ngx_stream_regex_compile(cf, &rc);

    return path->regex ? NGX_CONF_OK : NGX_CONF_ERROR;

#else

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "rtsp_path \"%V\" needs an nginx with the PCRE library",
                       &path->text);
    return NGX_CONF_ERROR;

#endif
}


/* in the order of the file, until it is sorted */

static char *
ngx_stream_rtsp_path_add(ngx_conf_t *cf, ngx_rtsp_conf_t *conf,
    ngx_rtsp_path_t *path)
{
    ngx_array_t        *array;
    ngx_rtsp_path_t   **p;
    ngx_rtsp_paths_t   *paths;

    paths = conf->paths;

    if (paths == NULL) {
        paths = ngx_palloc(cf->pool, sizeof(ngx_rtsp_paths_t));

        if (paths == NULL
            || ngx_array_init(&paths->exacts, cf->pool, 4,
                              sizeof(ngx_rtsp_path_t *))
               != NGX_OK
            || ngx_array_init(&paths->prefixes, cf->pool, 4,
                              sizeof(ngx_rtsp_path_t *))
               != NGX_OK
            || ngx_array_init(&paths->regexes, cf->pool, 4,
                              sizeof(ngx_rtsp_path_t *))
               != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        conf->paths = paths;
    }

    array = path->pattern ? &paths->regexes
                          : path->exact ? &paths->exacts : &paths->prefixes;

    p = ngx_array_push(array);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    *p = path;
    path->order = array->nelts;

    return NGX_CONF_OK;
}


/* the server's configurations, but for our modules */

static ngx_stream_conf_ctx_t *
ngx_stream_rtsp_path_ctx(ngx_conf_t *cf, ngx_rtsp_path_t *path)
{
    void                   *conf;
    ngx_uint_t              i;
    ngx_module_t           *module;
    ngx_rtsp_conf_t        *rcf;
    ngx_stream_module_t    *sm;
    ngx_stream_conf_ctx_t  *ctx, *server;

    server = cf->ctx;

    ctx = ngx_palloc(cf->pool, sizeof(ngx_stream_conf_ctx_t));
    if (ctx == NULL) {
        return NULL;
    }

    path->srv_conf = ngx_palloc(cf->pool,
                                sizeof(void *) * ngx_stream_max_module);
    if (path->srv_conf == NULL) {
        return NULL;
    }

    ngx_memcpy(path->srv_conf, server->srv_conf,
               sizeof(void *) * ngx_stream_max_module);

    ctx->main_conf = server->main_conf;
    ctx->srv_conf = path->srv_conf;

    for (i = 0; ngx_stream_rtsp_path_modules[i]; i++) {
        module = ngx_stream_rtsp_path_modules[i];
        sm = module->ctx;

        conf = sm->create_srv_conf(cf);
        if (conf == NULL) {
            return NULL;
        }

        path->srv_conf[module->ctx_index] = conf;
    }

    rcf = path->srv_conf[ngx_stream_rtsp_module.ctx_index];
    rcf->path = path;

    return ctx;
}


ngx_int_t
ngx_stream_rtsp_finish_paths(ngx_conf_t *cf)
{
    ngx_int_t                      rc;
    ngx_uint_t                     i;
    ngx_conf_t                     save;
    ngx_stream_core_srv_conf_t   **cscfp;
    ngx_stream_core_main_conf_t   *cmcf;

    cmcf = ngx_stream_conf_get_module_main_conf(cf, ngx_stream_core_module);
    cscfp = cmcf->servers.elts;

    save = *cf;
    rc = NGX_OK;

    for (i = 0; i < cmcf->servers.nelts && rc == NGX_OK; i++) {
        rc = ngx_stream_rtsp_finish_server(cf, cscfp[i]->ctx);
        *cf = save;
    }

    return rc;
}


static ngx_int_t
ngx_stream_rtsp_finish_server(ngx_conf_t *cf, ngx_stream_conf_ctx_t *ctx)
{
    ngx_rtsp_conf_t   *conf;
    ngx_rtsp_paths_t  *paths;

    conf = ctx->srv_conf[ngx_stream_rtsp_module.ctx_index];
    paths = conf->paths;

    if (paths == NULL) {
        return NGX_OK;
    }

    if (ngx_stream_rtsp_merge_paths(cf, ctx, &paths->exacts) != NGX_OK
        || ngx_stream_rtsp_merge_paths(cf, ctx, &paths->prefixes) != NGX_OK
        || ngx_stream_rtsp_merge_paths(cf, ctx, &paths->regexes) != NGX_OK
        || ngx_stream_rtsp_sort_paths(cf, &paths->exacts) != NGX_OK
        || ngx_stream_rtsp_sort_paths(cf, &paths->prefixes) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_stream_rtsp_link_prefixes(&paths->prefixes);

    return NGX_OK;
}


static ngx_int_t
ngx_stream_rtsp_merge_paths(ngx_conf_t *cf, ngx_stream_conf_ctx_t *ctx,
    ngx_array_t *paths)
{
    ngx_int_t          rc;
    ngx_uint_t         i;
    ngx_conf_t         save;
    ngx_conf_file_t    where;
    ngx_rtsp_path_t  **path;

    path = paths->elts;

    save = *cf;
    where = *cf->conf_file;

    for (i = 0; i < paths->nelts; i++) {

        /* what is wrong is wrong there, not at the end of stream{} */

        where.file.name.data = path[i]->file;
        where.file.name.len = ngx_strlen(path[i]->file);
        where.line = path[i]->line;

        cf->conf_file = &where;

        rc = ngx_stream_rtsp_merge_path(cf, ctx, path[i]);

        *cf = save;

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_stream_rtsp_merge_path(ngx_conf_t *cf, ngx_stream_conf_ctx_t *ctx,
    ngx_rtsp_path_t *path)
{
    ngx_uint_t              i, n;
    ngx_stream_module_t    *sm;
    ngx_stream_conf_ctx_t   own;

    own.main_conf = ctx->main_conf;
    own.srv_conf = path->srv_conf;

    cf->ctx = &own;
    cf->cmd_type = NGX_STREAM_RTSP_PATH_CONF;

    for (i = 0; ngx_stream_rtsp_path_modules[i]; i++) {
        n = ngx_stream_rtsp_path_modules[i]->ctx_index;
        sm = ngx_stream_rtsp_path_modules[i]->ctx;

        if (sm->merge_srv_conf
            && sm->merge_srv_conf(cf, ctx->srv_conf[n], path->srv_conf[n])
               != NGX_CONF_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_stream_rtsp_sort_paths(ngx_conf_t *cf, ngx_array_t *paths)
{
    ngx_uint_t         i;
    ngx_rtsp_path_t  **path;

    path = paths->elts;

    ngx_qsort(path, paths->nelts, sizeof(ngx_rtsp_path_t *),
              ngx_stream_rtsp_cmp_paths);

    for (i = 1; i < paths->nelts; i++) {

        if (path[i]->name.len == path[i - 1]->name.len
            && ngx_memcmp(path[i]->name.data, path[i - 1]->name.data,
                          path[i]->name.len)
               == 0)
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "duplicate rtsp_path \"%V\" in %s:%ui",
                          &path[i]->text, path[i]->file, path[i]->line);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* by name; the same names in the order of the file */

static int ngx_libc_cdecl
ngx_stream_rtsp_cmp_paths(const void *one, const void *two)
{
    ngx_int_t         rc;
    ngx_rtsp_path_t  *first, *second;

    first = *(ngx_rtsp_path_t **) one;
    second = *(ngx_rtsp_path_t **) two;

    rc = ngx_memn2cmp(first->name.data, second->name.data,
                      first->name.len, second->name.len);

    if (rc == 0) {
        rc = (first->order < second->order) ? -1 : 1;
    }

    return (int) rc;
}


/*
 * In sorted prefixes, the longest other one that a prefix begins with is the
 * one before it, or one that this begins with.
 */

static void
ngx_stream_rtsp_link_prefixes(ngx_array_t *prefixes)
{
    ngx_uint_t         i;
    ngx_rtsp_path_t  **path, *parent;

    path = prefixes->elts;

    for (i = 1; i < prefixes->nelts; i++) {

        parent = path[i - 1];

        while (parent
               && (parent->name.len > path[i]->name.len
                   || ngx_memcmp(parent->name.data, path[i]->name.data,
                                 parent->name.len)
                      != 0))
        {
            parent = parent->parent;
        }

        path[i]->parent = parent;
    }
}


char *
ngx_stream_rtsp_stream(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtsp_conf_t *rcf = conf;

    char  *rv;

    rv = ngx_stream_set_complex_value_slot(cf, cmd, conf);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (rcf->stream->lengths == NULL
        && !ngx_rtsp_path_is_name(&rcf->stream->value))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name \"%V\" in \"rtsp_stream\", it must "
                           "have 1 to 255 bytes and no control characters",
                           &rcf->stream->value);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_stream_rtsp_return(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtsp_conf_t *rcf = conf;

    ngx_int_t                            code;
    ngx_str_t                           *value;
    ngx_uint_t                           redirect;
    ngx_stream_compile_complex_value_t   ccv;

    if (rcf->return_status) {
        return "is duplicate";
    }

    value = cf->args->elts;

    code = ngx_atoi(value[1].data, value[1].len);

    redirect = (code == 301 || code == 302 || code == 303 || code == 305
                || code == 307);

    if (!redirect && (code < 400 || code > 599)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid code \"%V\" in \"rtsp_return\", it must "
                           "be 301, 302, 303, 305 or 307 with a URL, or from "
                           "400 to 599", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (redirect != (cf->args->nelts == 3 && value[2].len)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           redirect ? "\"rtsp_return %V\" needs a URL"
                                    : "\"rtsp_return %V\" has no URL",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    rcf->return_status = code;

    if (!redirect) {
        return NGX_CONF_OK;
    }

    rcf->return_url = ngx_palloc(cf->pool,
                                 sizeof(ngx_stream_complex_value_t));
    if (rcf->return_url == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_stream_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[2];
    ccv.complex_value = rcf->return_url;

    return ngx_stream_compile_complex_value(&ccv) == NGX_OK ? NGX_CONF_OK
                                                            : NGX_CONF_ERROR;
}


/* rtsp_allow and rtsp_deny are one list, in the order of the file */

char *
ngx_stream_rtsp_rule(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtsp_conf_t *rcf = conf;

    ngx_int_t         rc;
    ngx_str_t        *value, *address;
    ngx_uint_t        i, role;
    ngx_rtsp_rule_t  *rule;

    if (rcf->rules == NULL) {
        rcf->rules = ngx_array_create(cf->pool, 4, sizeof(ngx_rtsp_rule_t));
        if (rcf->rules == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    rule = ngx_array_push(rcf->rules);
    if (rule == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(rule, sizeof(ngx_rtsp_rule_t));

    value = cf->args->elts;
    rule->deny = (value[0].data[sizeof("rtsp_") - 1] == 'd');

    for (i = 1; i < cf->args->nelts - 1; i++) {
        role = ngx_rtsp_word_role(&value[i]);

        if (role == NGX_RTSP_ROLE_NONE) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid role \"%V\" in \"%V\", it must be "
                               "\"publish\", \"read\" or \"talk\", and the "
                               "address comes last", &value[i], &value[0]);
            return NGX_CONF_ERROR;
        }

        rule->roles |= 1 << role;
    }

    if (rule->roles == 0) {
        rule->roles = (1 << NGX_RTSP_ROLE_PUBLISH) | (1 << NGX_RTSP_ROLE_READ)
                      | (1 << NGX_RTSP_ROLE_TALK);
    }

    address = &value[cf->args->nelts - 1];

    if (ngx_strcmp(address->data, "all") == 0) {
        rule->all = 1;
        return ngx_stream_rtsp_rule_text(cf, rule);
    }

    rc = ngx_ptocidr(address, &rule->cidr);

    if (rc == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid address \"%V\" in \"%V\", it must be an "
                           "address, a network or \"all\"",
                           address, &value[0]);
        return NGX_CONF_ERROR;
    }

    if (rc == NGX_DONE) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "low address bits of %V are meaningless", address);
    }

    return ngx_stream_rtsp_rule_text(cf, rule);
}


static char *
ngx_stream_rtsp_rule_text(ngx_conf_t *cf, ngx_rtsp_rule_t *rule)
{
    size_t       len;
    u_char      *p, *text;
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;
    len = 0;

    for (i = 0; i < cf->args->nelts; i++) {
        len += value[i].len + 1;
    }

    text = ngx_pnalloc(cf->pool, len);
    if (text == NULL) {
        return NGX_CONF_ERROR;
    }

    p = text;

    for (i = 0; i < cf->args->nelts; i++) {
        p = ngx_cpymem(p, value[i].data, value[i].len);
        *p++ = ' ';
    }

    p[-1] = '\0';

    rule->text = (const char *) text;

    return NGX_CONF_OK;
}


char *
ngx_stream_rtsp_back_channel(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtsp_conf_t *rcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (rcf->back_channel != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcasecmp(value[1].data, (u_char *) "on") == 0) {
        rcf->back_channel = 1;

    } else if (ngx_strcasecmp(value[1].data, (u_char *) "off") == 0) {
        rcf->back_channel = 0;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"rtsp_back_channel\", it "
                           "must be \"on\" or \"off\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    rcf->talk_override = 0;
    rcf->talk_always = 0;

    for (i = 2; i < cf->args->nelts; i++) {

        if (rcf->back_channel && ngx_strcmp(value[i].data, "override") == 0) {
            rcf->talk_override = 1;

        } else if (rcf->back_channel
                   && ngx_strcmp(value[i].data, "always") == 0)
        {
            rcf->talk_always = 1;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\", only \"on\" may be "
                               "followed, and by \"override\" and \"always\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}
