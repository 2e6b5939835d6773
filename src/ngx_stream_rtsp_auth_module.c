
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#if (NGX_THREADS)
#include <ngx_thread_pool.h>
#endif

#include "ngx_rtsp_server.h"
#include "ngx_stream_rtsp_auth_request.h"


/*
 * The front door of authentication in stream{}: rtsp_auth and
 * rtsp_auth_user_file, their checks and their inheritance, which files they
 * name, and nothing else.
 */


/* one rtsp_auth_user_file */

typedef struct {
    u_char                       *file;     /* where it stands */
    ngx_uint_t                    line;
    unsigned                      met:1;    /* by some rtsp_auth, be it off */
} ngx_stream_rtsp_auth_place_t;


typedef struct {
    ngx_array_t                   files;    /* ngx_rtsp_user_file_t * */
    ngx_array_t                   places;   /* of _auth_place_t * */
    void                         *thread_pool;
} ngx_stream_rtsp_auth_main_conf_t;


static ngx_int_t ngx_stream_rtsp_auth_postconfiguration(ngx_conf_t *cf);
static void *ngx_stream_rtsp_auth_create_main_conf(ngx_conf_t *cf);
static void *ngx_stream_rtsp_auth_create_srv_conf(ngx_conf_t *cf);
static char *ngx_stream_rtsp_auth_merge_srv_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_stream_rtsp_auth_check_srv_conf(ngx_conf_t *cf,
    ngx_rtsp_auth_conf_t *conf);
static char *ngx_stream_rtsp_auth_threads(ngx_conf_t *cf,
    ngx_rtsp_auth_conf_t *conf);
static ngx_int_t ngx_stream_rtsp_auth_init_process(ngx_cycle_t *cycle);

static char *ngx_stream_rtsp_auth(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_uint_t ngx_stream_rtsp_auth_is_realm(ngx_str_t *realm);
static ngx_uint_t ngx_stream_rtsp_auth_offer(ngx_str_t *name);
static char *ngx_stream_rtsp_auth_user_file(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static ngx_rtsp_user_file_t *ngx_stream_rtsp_auth_file(ngx_conf_t *cf,
    ngx_array_t *files, ngx_str_t *name);
static ngx_stream_rtsp_auth_place_t *ngx_stream_rtsp_auth_place(
    ngx_conf_t *cf, ngx_array_t *places);


static ngx_command_t  ngx_stream_rtsp_auth_commands[] = {

    { ngx_string("rtsp_auth"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_1MORE,
      ngx_stream_rtsp_auth,
      NGX_STREAM_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rtsp_auth_user_file"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE1,
      ngx_stream_rtsp_auth_user_file,
      NGX_STREAM_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("rtsp_auth_request"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_1MORE,
      ngx_stream_rtsp_auth_request,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_rtsp_auth_conf_t, request),
      NULL },

    { ngx_string("rtsp_auth_ssl_verify"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_rtsp_auth_conf_t, request.ssl_verify),
      NULL },

    { ngx_string("rtsp_auth_ssl_trusted_certificate"),
      NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF|NGX_STREAM_RTSP_PATH_CONF
                          |NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      offsetof(ngx_rtsp_auth_conf_t, request.ssl_trusted_certificate),
      NULL },

      ngx_null_command
};


static ngx_stream_module_t  ngx_stream_rtsp_auth_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_stream_rtsp_auth_postconfiguration, /* postconfiguration */

    ngx_stream_rtsp_auth_create_main_conf, /* create main configuration */
    NULL,                                  /* init main configuration */

    ngx_stream_rtsp_auth_create_srv_conf,  /* create server configuration */
    ngx_stream_rtsp_auth_merge_srv_conf    /* merge server configuration */
};


ngx_module_t  ngx_stream_rtsp_auth_module = {
    NGX_MODULE_V1,
    &ngx_stream_rtsp_auth_module_ctx,      /* module context */
    ngx_stream_rtsp_auth_commands,         /* module directives */
    NGX_STREAM_MODULE,                     /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_stream_rtsp_auth_init_process,     /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/*
 * All servers and paths are merged.  A file that no rtsp_auth has met, not
 * even one that is off, protects nothing, and who wrote it thinks otherwise.
 */

static ngx_int_t
ngx_stream_rtsp_auth_postconfiguration(ngx_conf_t *cf)
{
    ngx_uint_t                         i;
    ngx_stream_rtsp_auth_place_t     **places;
    ngx_stream_rtsp_auth_main_conf_t  *amcf;

    amcf = ngx_stream_conf_get_module_main_conf(cf,
                                                ngx_stream_rtsp_auth_module);
    places = amcf->places.elts;

    for (i = 0; i < amcf->places.nelts; i++) {

        if (!places[i]->met) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "\"rtsp_auth_user_file\" protects nothing without "
                          "\"rtsp_auth\" in %s:%ui",
                          places[i]->file, places[i]->line);
        }
    }

    return NGX_OK;
}


static void *
ngx_stream_rtsp_auth_create_main_conf(ngx_conf_t *cf)
{
    ngx_stream_rtsp_auth_main_conf_t  *amcf;

    amcf = ngx_pcalloc(cf->pool, sizeof(ngx_stream_rtsp_auth_main_conf_t));
    if (amcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     amcf->thread_pool = NULL;
     */

    if (ngx_array_init(&amcf->files, cf->pool, 4,
                       sizeof(ngx_rtsp_user_file_t *))
        != NGX_OK
        || ngx_array_init(&amcf->places, cf->pool, 4,
                          sizeof(ngx_stream_rtsp_auth_place_t *))
           != NGX_OK)
    {
        return NULL;
    }

    return amcf;
}


static void *
ngx_stream_rtsp_auth_create_srv_conf(ngx_conf_t *cf)
{
    ngx_rtsp_auth_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_rtsp_auth_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->realm = { 0, NULL };
     *     conf->offers = 0;
     *     conf->place = NULL;
     */

    conf->user_file = NGX_CONF_UNSET_PTR;

    ngx_rtsp_auth_request_create(&conf->request);

    return conf;
}


static char *
ngx_stream_rtsp_auth_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_rtsp_auth_conf_t *prev = parent;
    ngx_rtsp_auth_conf_t *conf = child;

    ngx_stream_rtsp_auth_place_t  *place;

    if (conf->realm.data == NULL) {
        conf->realm = prev->realm;
        conf->offers = prev->offers;
        conf->file = prev->file;
        conf->line = prev->line;
    }

    ngx_conf_merge_ptr_value(conf->user_file, prev->user_file, NULL);

    if (conf->place == NULL) {
        conf->place = prev->place;
    }

    place = conf->place;

    if (place && conf->realm.data) {
        place->met = 1;
    }

    if (ngx_rtsp_auth_request_merge(cf, &prev->request, &conf->request)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->realm.len == 0) {
        return NGX_CONF_OK;
    }

    if (conf->user_file
        && (conf->user_file != prev->user_file
            || conf->realm.data != prev->realm.data)
        && !ngx_rtsp_user_file_serves(conf->user_file, &conf->realm,
                                      conf->offers))
    {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "no user of \"%V\" can log in: Digest needs "
                      "\"user:realm:hash\" with the realm \"%V\" and the "
                      "hash of its algorithm, or \"user:{PLAIN}password\", "
                      "in %s:%ui",
                      ngx_rtsp_user_file_name(conf->user_file), &conf->realm,
                      conf->file, conf->line);
    }

    return ngx_stream_rtsp_auth_check_srv_conf(cf, conf);
}


static char *
ngx_stream_rtsp_auth_check_srv_conf(ngx_conf_t *cf, ngx_rtsp_auth_conf_t *conf)
{
    ngx_rtsp_conf_t  *rcf;

    rcf = ngx_stream_conf_get_module_srv_conf(cf, ngx_stream_rtsp_module);

    /* beside rtsp_path, the server's own directives are only inherited */

    if (!rcf->enable || rcf->paths) {
        return NGX_CONF_OK;
    }

    if (conf->user_file == NULL && conf->request.url == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"rtsp_auth\" needs \"rtsp_auth_user_file\" or "
                      "\"rtsp_auth_request\" beside it, else nobody could "
                      "log in, in %s:%ui", conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    return ngx_stream_rtsp_auth_threads(cf, conf);
}


/* where slow hashes may have to be made */

static char *
ngx_stream_rtsp_auth_threads(ngx_conf_t *cf, ngx_rtsp_auth_conf_t *conf)
{
#if (NGX_THREADS)

    ngx_stream_rtsp_auth_main_conf_t  *amcf;

    if (conf->user_file == NULL || !(conf->offers & NGX_RTSP_OFFER_BASIC)) {
        return NGX_CONF_OK;
    }

    amcf = ngx_stream_conf_get_module_main_conf(cf,
                                                ngx_stream_rtsp_auth_module);

    if (amcf->thread_pool == NULL) {
        amcf->thread_pool = ngx_thread_pool_add(cf, NULL);

        if (amcf->thread_pool == NULL) {
            return NGX_CONF_ERROR;
        }
    }

#endif

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_stream_rtsp_auth_init_process(ngx_cycle_t *cycle)
{
    ngx_stream_rtsp_auth_main_conf_t  *amcf;

    amcf = ngx_stream_cycle_get_module_main_conf(cycle,
                                                 ngx_stream_rtsp_auth_module);

    ngx_rtsp_user_file_init_process(amcf ? &amcf->files : NULL);

    return ngx_rtsp_password_init(amcf ? amcf->thread_pool : NULL);
}


static char *
ngx_stream_rtsp_auth(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtsp_auth_conf_t *acf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i, offer;

    if (acf->realm.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    acf->realm = value[1];
    acf->file = cf->conf_file->file.name.data;
    acf->line = cf->conf_file->line;

    if (ngx_strcmp(value[1].data, "off") == 0) {

        if (cf->args->nelts > 2) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"rtsp_auth off\" takes no parameter \"%V\"",
                               &value[2]);
            return NGX_CONF_ERROR;
        }

        acf->realm.len = 0;

        return NGX_CONF_OK;
    }

    if (!ngx_stream_rtsp_auth_is_realm(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid realm \"%V\", it must not be empty and "
                           "not have quotes, backslashes or control "
                           "characters in it", &value[1]);
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        offer = ngx_stream_rtsp_auth_offer(&value[i]);

        if (offer == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in \"rtsp_auth\", it "
                               "must be \"basic\", \"digest\" or \"sha256\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        if (acf->offers & offer) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate parameter \"%V\" in \"rtsp_auth\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        acf->offers |= offer;
    }

    if (acf->offers == 0) {
        acf->offers = NGX_RTSP_OFFER_MD5;
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_stream_rtsp_auth_is_realm(ngx_str_t *realm)
{
    size_t  i;

    for (i = 0; i < realm->len; i++) {

        if (realm->data[i] < 0x20 || realm->data[i] == 0x7f
            || realm->data[i] == '"' || realm->data[i] == '\\')
        {
            return 0;
        }
    }

    return realm->len != 0;
}


/* 0: it is no parameter */

static ngx_uint_t
ngx_stream_rtsp_auth_offer(ngx_str_t *name)
{
    if (ngx_strcmp(name->data, "basic") == 0) {
        return NGX_RTSP_OFFER_BASIC;
    }

    if (ngx_strcmp(name->data, "digest") == 0) {
        return NGX_RTSP_OFFER_MD5;
    }

    if (ngx_strcmp(name->data, "sha256") == 0) {
        return NGX_RTSP_OFFER_SHA256;
    }

    return 0;
}


static char *
ngx_stream_rtsp_auth_user_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_rtsp_auth_conf_t *acf = conf;

    ngx_str_t                         *value;
    ngx_stream_rtsp_auth_main_conf_t  *amcf;

    if (acf->user_file != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    amcf = ngx_stream_conf_get_module_main_conf(cf,
                                                ngx_stream_rtsp_auth_module);

    acf->user_file = ngx_stream_rtsp_auth_file(cf, &amcf->files, &value[1]);

    if (acf->user_file == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"rtsp_auth_user_file %V\" cannot be used",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    acf->place = ngx_stream_rtsp_auth_place(cf, &amcf->places);

    return acf->place ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* one structure for all directives that name the same file */

static ngx_rtsp_user_file_t *
ngx_stream_rtsp_auth_file(ngx_conf_t *cf, ngx_array_t *files, ngx_str_t *name)
{
    ngx_str_t               full, *known;
    ngx_uint_t              i;
    ngx_rtsp_user_file_t  **p;

    full = *name;

    if (ngx_conf_full_name(cf->cycle, &full, 1) != NGX_OK) {
        return NULL;
    }

    p = files->elts;

    for (i = 0; i < files->nelts; i++) {
        known = ngx_rtsp_user_file_name(p[i]);

        if (known->len == full.len
            && ngx_strncmp(known->data, full.data, full.len) == 0)
        {
            return p[i];
        }
    }

    p = ngx_array_push(files);
    if (p == NULL) {
        return NULL;
    }

    *p = ngx_rtsp_user_file_open(cf->pool, &full, &cf->cycle->new_log,
                                 cf->log);

    return *p;
}


static ngx_stream_rtsp_auth_place_t *
ngx_stream_rtsp_auth_place(ngx_conf_t *cf, ngx_array_t *places)
{
    ngx_stream_rtsp_auth_place_t  *place, **p;

    place = ngx_pcalloc(cf->pool, sizeof(ngx_stream_rtsp_auth_place_t));
    if (place == NULL) {
        return NULL;
    }

    place->file = cf->conf_file->file.name.data;
    place->line = cf->conf_file->line;

    p = ngx_array_push(places);
    if (p == NULL) {
        return NULL;
    }

    *p = place;

    return place;
}
