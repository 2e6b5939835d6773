
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * Files of users: lines "user:hash" (htpasswd) and "user:realm:hash"
 * (htdigest), each with an optional last field of roles.  Called by the
 * directive, so that a file that is wrong stops the configuration, and by the
 * authentication of requests.
 *
 * The content of a file is one block of text with lines cut in place and a
 * hash table of them, in a pool of its own.  It is made once by the master
 * and inherited; a worker makes another one when the file has changed.
 * Invariant: a content is in force only if every line of it made sense.
 */


#define NGX_RTSP_USER_FILE_CHECK   1        /* s, between two looks */


typedef struct {
    ngx_pool_t                   *pool;
    ngx_rtsp_user_t             **buckets;
    ngx_uint_t                    mask;
    ngx_rtsp_user_t              *users;
    ngx_uint_t                    nusers;
} ngx_rtsp_user_table_t;


/* by what a file is taken to be unchanged */

typedef struct {
    struct timespec               mtime;
    off_t                         size;
    ngx_file_uniq_t               uniq;
} ngx_rtsp_user_stamp_t;


struct ngx_rtsp_user_file_s {
    ngx_str_t                     name;
    ngx_log_t                    *log;      /* lives as long as the file */
    ngx_rtsp_user_table_t         table;
    ngx_rtsp_user_stamp_t         stamp;    /* of the table */
    ngx_rtsp_user_stamp_t         broken;   /* of what made no sense */
    time_t                        checked;
    unsigned                      failed:1; /* the table is out of date */
};


static void ngx_rtsp_user_file_cleanup(void *data);
static ngx_int_t ngx_rtsp_user_file_load(ngx_rtsp_user_file_t *file,
    ngx_uint_t level, ngx_log_t *log);
static void ngx_rtsp_user_file_stamp(ngx_file_info_t *fi,
    ngx_rtsp_user_stamp_t *stamp);
static ngx_uint_t ngx_rtsp_user_file_same(ngx_rtsp_user_stamp_t *a,
    ngx_rtsp_user_stamp_t *b);
static ngx_int_t ngx_rtsp_user_file_read(ngx_rtsp_user_file_t *file,
    ngx_pool_t *pool, ngx_str_t *text, ngx_rtsp_user_stamp_t *stamp,
    ngx_uint_t level, ngx_log_t *log);
static ngx_int_t ngx_rtsp_user_table_fill(ngx_rtsp_user_table_t *table,
    ngx_str_t *text, ngx_str_t *name, ngx_uint_t level, ngx_log_t *log);
static const char *ngx_rtsp_user_parse(ngx_str_t *line, ngx_rtsp_user_t *user);
static const char *ngx_rtsp_user_hash(ngx_str_t *rest, ngx_rtsp_user_t *user);
static ngx_uint_t ngx_rtsp_user_is_crypt(ngx_str_t *hash);
static ngx_uint_t ngx_rtsp_user_cut_last(ngx_str_t *text, ngx_str_t *last);
static ngx_uint_t ngx_rtsp_user_roles(ngx_str_t *text);
static ngx_uint_t ngx_rtsp_user_is_hex(ngx_str_t *text);


ngx_rtsp_user_file_t *
ngx_rtsp_user_file_add(ngx_conf_t *cf, ngx_array_t *files, ngx_str_t *name)
{
    ngx_str_t               full;
    ngx_uint_t              i;
    ngx_pool_cleanup_t     *cln;
    ngx_rtsp_user_file_t   *file, **p;

    full = *name;

    if (ngx_conf_full_name(cf->cycle, &full, 1) != NGX_OK) {
        return NULL;
    }

    p = files->elts;

    for (i = 0; i < files->nelts; i++) {
        if (p[i]->name.len == full.len
            && ngx_strncmp(p[i]->name.data, full.data, full.len) == 0)
        {
            return p[i];
        }
    }

    file = ngx_pcalloc(cf->pool, sizeof(ngx_rtsp_user_file_t));
    if (file == NULL) {
        return NULL;
    }

    file->name = full;
    file->log = &cf->cycle->new_log;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_rtsp_user_file_cleanup;
    cln->data = file;

    if (ngx_rtsp_user_file_load(file, NGX_LOG_EMERG, cf->log) != NGX_OK) {
        return NULL;
    }

    p = ngx_array_push(files);
    if (p == NULL) {
        return NULL;
    }

    *p = file;

    return file;
}


static void
ngx_rtsp_user_file_cleanup(void *data)
{
    ngx_rtsp_user_file_t *file = data;

    if (file->table.pool) {
        ngx_destroy_pool(file->table.pool);
        file->table.pool = NULL;
    }
}


void
ngx_rtsp_user_file_update(ngx_rtsp_user_file_t *file, ngx_log_t *log)
{
    time_t                  now;
    ngx_file_info_t         fi;
    ngx_rtsp_user_stamp_t   stamp;

    now = ngx_time();

    if (now - file->checked < NGX_RTSP_USER_FILE_CHECK
        && now >= file->checked)
    {
        return;
    }

    file->checked = now;

    if (ngx_file_info(file->name.data, &fi) == NGX_FILE_ERROR) {

        if (!file->failed) {
            ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                          ngx_file_info_n " \"%V\" failed, the users read "
                          "before stay in force", &file->name);
            file->failed = 1;
        }

        return;
    }

    ngx_rtsp_user_file_stamp(&fi, &stamp);

    if (!ngx_rtsp_user_file_same(&stamp, &file->stamp)) {

        if (file->failed && ngx_rtsp_user_file_same(&stamp, &file->broken)) {
            return;
        }

        if (ngx_rtsp_user_file_load(file, file->failed ? NGX_LOG_DEBUG
                                                       : NGX_LOG_ERR, log)
            != NGX_OK)
        {
            file->failed = 1;
            return;
        }

        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "rtsp_auth_user_file \"%V\" was read again, %ui users",
                      &file->name, file->table.nusers);

    } else if (file->failed) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "rtsp_auth_user_file \"%V\" is back as it was",
                      &file->name);
    }

    file->failed = 0;
}


/* the old table is freed once there is a new one */

static ngx_int_t
ngx_rtsp_user_file_load(ngx_rtsp_user_file_t *file, ngx_uint_t level,
    ngx_log_t *log)
{
    ngx_int_t               rc;
    ngx_str_t               text;
    ngx_rtsp_user_table_t   table;
    ngx_rtsp_user_stamp_t   stamp;

    ngx_memzero(&table, sizeof(ngx_rtsp_user_table_t));
    ngx_memzero(&stamp, sizeof(ngx_rtsp_user_stamp_t));

    table.pool = ngx_create_pool(4096, file->log);
    if (table.pool == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_rtsp_user_file_read(file, table.pool, &text, &stamp, level, log);

    if (rc == NGX_OK) {
        rc = ngx_rtsp_user_table_fill(&table, &text, &file->name, level, log);

        if (rc == NGX_DECLINED) {
            file->broken = stamp;
        }
    }

    if (rc != NGX_OK) {
        ngx_destroy_pool(table.pool);
        return NGX_ERROR;
    }

    if (file->table.pool) {
        ngx_destroy_pool(file->table.pool);
    }

    file->table = table;
    file->stamp = stamp;

    return NGX_OK;
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


/*
 * The whole file, ending in a line feed, and what was on the disk when it was
 * opened.  What cannot be had was logged.
 */

static ngx_int_t
ngx_rtsp_user_file_read(ngx_rtsp_user_file_t *file, ngx_pool_t *pool,
    ngx_str_t *text, ngx_rtsp_user_stamp_t *stamp, ngx_uint_t level,
    ngx_log_t *log)
{
    ssize_t          n;
    ngx_int_t        rc;
    ngx_file_t       f;
    ngx_file_info_t  fi;

    ngx_memzero(&f, sizeof(ngx_file_t));

    f.name = file->name;
    f.log = log;

    /* nonblocking: a FIFO of that name must not stop the worker */

    f.fd = ngx_open_file(file->name.data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                         NGX_FILE_OPEN, 0);

    if (f.fd == NGX_INVALID_FILE) {
        ngx_log_error(level, log, ngx_errno,
                      ngx_open_file_n " \"%V\" failed (rtsp_auth_user_file)",
                      &file->name);
        return NGX_ERROR;
    }

    rc = NGX_ERROR;

    if (ngx_fd_info(f.fd, &fi) == NGX_FILE_ERROR) {
        ngx_log_error(level, log, ngx_errno,
                      ngx_fd_info_n " \"%V\" failed", &file->name);
        goto done;
    }

    if (!ngx_is_file(&fi) || ngx_file_size(&fi) > NGX_RTSP_MAX_USER_FILE) {
        ngx_log_error(level, log, 0,
                      "rtsp_auth_user_file \"%V\" is not a file of at most "
                      "16m", &file->name);
        goto done;
    }

    ngx_rtsp_user_file_stamp(&fi, stamp);

    text->len = ngx_file_size(&fi);
    text->data = ngx_palloc(pool, text->len + 1);

    if (text->data == NULL) {
        goto done;
    }

    n = ngx_read_file(&f, text->data, text->len, 0);

    if (n == NGX_ERROR) {
        goto done;
    }

    /* it may have been cut meanwhile; it will be looked at again */

    text->data[n] = LF;
    text->len = n + 1;

    rc = NGX_OK;

done:

    if (ngx_close_file(f.fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", &file->name);
    }

    return rc;
}


/* NGX_DECLINED: a line makes no sense, which was logged */

static ngx_int_t
ngx_rtsp_user_table_fill(ngx_rtsp_user_table_t *table, ngx_str_t *text,
    ngx_str_t *name, ngx_uint_t level, ngx_log_t *log)
{
    size_t             i;
    ngx_str_t          rest, line;
    const char        *error;
    ngx_uint_t         n, size, key;
    ngx_rtsp_user_t   *user;

    n = 0;

    for (i = 0; i < text->len; i++) {
        n += (text->data[i] == LF);
    }

    for (size = 1; size < n; size *= 2) { /* void */ }

    table->mask = size - 1;
    table->buckets = ngx_pcalloc(table->pool,
                                 size * sizeof(ngx_rtsp_user_t *));
    table->users = ngx_pcalloc(table->pool, n * sizeof(ngx_rtsp_user_t));

    if (table->buckets == NULL || table->users == NULL) {
        return NGX_ERROR;
    }

    rest = *text;

    for (n = 1; ngx_rtsp_text_cut(&rest, LF, &line); n++) {

        if (line.len && line.data[line.len - 1] == CR) {
            line.len--;
        }

        if (line.len == 0 || line.data[0] == '#') {
            continue;
        }

        user = &table->users[table->nusers];
        error = ngx_rtsp_user_parse(&line, user);

        if (error) {
            ngx_log_error(level, log, 0, "%s in %V:%ui (rtsp_auth_user_file)",
                          error, name, n);
            return NGX_DECLINED;
        }

        table->nusers++;
    }

    /* from the last to the first, so that a bucket has them in order */

    for (n = table->nusers; n > 0; n--) {
        user = &table->users[n - 1];
        key = ngx_hash_key(user->name.data, user->name.len) & table->mask;

        user->next = table->buckets[key];
        table->buckets[key] = user;
    }

    return NGX_OK;
}


/*
 * Cuts one line in place: fields get a NUL where they end, over the colon or
 * the line's end.  Returns what is wrong with it, or NULL.
 */

static const char *
ngx_rtsp_user_parse(ngx_str_t *line, ngx_rtsp_user_t *user)
{
    size_t      i;
    ngx_str_t   rest, last;
    ngx_uint_t  roles;

    for (i = 0; i < line->len; i++) {
        if (line->data[i] < 0x20 || line->data[i] == 0x7f) {
            return "control character";
        }
    }

    line->data[line->len] = '\0';
    rest = *line;

    (void) ngx_rtsp_text_cut(&rest, ':', &user->name);

    if (user->name.len == 0 || user->name.len > NGX_RTSP_MAX_USER) {
        return "user name that is empty or longer than 255 bytes";
    }

    if (rest.len == 0) {
        return "user without a hash";
    }

    user->name.data[user->name.len] = '\0';
    user->roles = (uint8_t) NGX_RTSP_ALL_ROLES;

    /* the last field may be roles, if there is one more beside */

    line->data = rest.data;
    line->len = rest.len;

    if (ngx_rtsp_user_cut_last(&rest, &last)) {

        roles = ngx_rtsp_user_roles(&last);

        if (roles) {
            user->roles = (uint8_t) roles;
            rest.data[rest.len] = '\0';

            return ngx_rtsp_user_hash(&rest, user);
        }
    }

    return ngx_rtsp_user_hash(line, user);
}


/* "hash" or "realm:hash" */

static const char *
ngx_rtsp_user_hash(ngx_str_t *rest, ngx_rtsp_user_t *user)
{
    ngx_str_t  realm, hash;

    realm = *rest;

    if (ngx_rtsp_user_cut_last(&realm, &hash) && ngx_rtsp_user_is_hex(&hash)) {

        user->kind = (hash.len == NGX_RTSP_MD5_LEN) ? NGX_RTSP_USER_MD5
                                                    : NGX_RTSP_USER_SHA256;
        ngx_strlow(hash.data, hash.data, hash.len);
        realm.data[realm.len] = '\0';

        user->realm = realm;
        user->hash = hash;

        return NULL;
    }

    user->kind = NGX_RTSP_USER_CRYPT;
    user->hash = *rest;

    if (rest->len == 0 || rest->len > NGX_RTSP_MAX_HASH) {
        return "hash that is empty or longer than 1024 bytes";
    }

    if (ngx_rtsp_user_is_plain(rest)) {
        return NULL;
    }

    if (memchr(rest->data, ':', rest->len)) {
        return "line that is neither \"user:hash[:roles]\" nor "
               "\"user:realm:hash[:roles]\" with roles of \"publish,read,"
               "talk\"";
    }

    if (!ngx_rtsp_user_is_crypt(rest)) {
        return "hash that is none of htpasswd's, write \"{PLAIN}\" before a "
               "password that is not hashed,";
    }

    return NULL;
}


/*
 * What ngx_crypt() may know: "$id$...", "{SHA}...", "{SSHA}...", the 13
 * characters of DES, BSDi's 20; "!" and "*" are nobody's password.
 */

static ngx_uint_t
ngx_rtsp_user_is_crypt(ngx_str_t *hash)
{
    size_t  i;
    u_char  c;

    if (hash->data[0] == '!' || hash->data[0] == '*') {
        return 1;
    }

    if ((hash->len > 5 && ngx_strncmp(hash->data, "{SHA}", 5) == 0)
        || (hash->len > 6 && ngx_strncmp(hash->data, "{SSHA}", 6) == 0))
    {
        return 1;
    }

    if (hash->data[0] == '$') {
        return memchr(hash->data + 1, '$', hash->len - 1) != NULL;
    }

    if (hash->len != 13 && (hash->len != 20 || hash->data[0] != '_')) {
        return 0;
    }

    for (i = (hash->len == 20); i < hash->len; i++) {

        c = hash->data[i];

        /* the alphabet goes from '.' and '/' straight on to '9' */

        if ((c < '.' || c > '9') && (c < 'A' || c > 'Z')
            && (c < 'a' || c > 'z'))
        {
            return 0;
        }
    }

    return 1;
}


/* cuts what is behind the last colon off; 0: there is no colon */

static ngx_uint_t
ngx_rtsp_user_cut_last(ngx_str_t *text, ngx_str_t *last)
{
    size_t  i;

    for (i = text->len; i > 0; i--) {

        if (text->data[i - 1] == ':') {
            last->data = text->data + i;
            last->len = text->len - i;
            text->len = i - 1;
            return 1;
        }
    }

    return 0;
}


/* bits; 0: it is no list of roles */

static ngx_uint_t
ngx_rtsp_user_roles(ngx_str_t *text)
{
    ngx_str_t   list, name;
    ngx_uint_t  roles;

    list = *text;
    roles = 0;

    while (ngx_rtsp_text_cut(&list, ',', &name)) {

        ngx_rtsp_text_trim(&name);

        if (ngx_rtsp_text_is(&name, "publish")) {
            roles |= ngx_rtsp_role_bit(NGX_RTSP_ROLE_PUBLISH);

        } else if (ngx_rtsp_text_is(&name, "read")) {
            roles |= ngx_rtsp_role_bit(NGX_RTSP_ROLE_READ);

        } else if (ngx_rtsp_text_is(&name, "talk")) {
            roles |= ngx_rtsp_role_bit(NGX_RTSP_ROLE_TALK);

        } else {
            return 0;
        }
    }

    return roles;
}


static ngx_uint_t
ngx_rtsp_user_is_hex(ngx_str_t *text)
{
    size_t  i;

    if (text->len != NGX_RTSP_MD5_LEN && text->len != NGX_RTSP_SHA256_LEN) {
        return 0;
    }

    for (i = 0; i < text->len; i++) {
        if (memchr("0123456789abcdefABCDEF", text->data[i], 22) == NULL) {
            return 0;
        }
    }

    return 1;
}


ngx_rtsp_user_t *
ngx_rtsp_user_find(ngx_rtsp_user_file_t *file, ngx_str_t *name,
    ngx_str_t *realm, ngx_uint_t kind)
{
    ngx_uint_t        key;
    ngx_rtsp_user_t  *user;

    key = ngx_hash_key(name->data, name->len) & file->table.mask;

    for (user = file->table.buckets[key]; user; user = user->next) {

        if (user->kind != kind
            || user->name.len != name->len
            || ngx_memcmp(user->name.data, name->data, name->len) != 0)
        {
            continue;
        }

        if (kind == NGX_RTSP_USER_CRYPT
            || (user->realm.len == realm->len
                && ngx_memcmp(user->realm.data, realm->data, realm->len)
                   == 0))
        {
            return user;
        }
    }

    return NULL;
}


ngx_uint_t
ngx_rtsp_user_file_serves(ngx_rtsp_user_file_t *file, ngx_str_t *realm,
    ngx_uint_t offers)
{
    ngx_uint_t        i, answers;
    ngx_rtsp_user_t  *user;

    for (i = 0; i < file->table.nusers; i++) {

        user = &file->table.users[i];
        answers = NGX_RTSP_OFFER_BASIC;

        if (user->kind == NGX_RTSP_USER_CRYPT) {

            if (ngx_rtsp_user_is_plain(&user->hash)) {
                answers |= NGX_RTSP_OFFER_MD5|NGX_RTSP_OFFER_SHA256;
            }

        } else if (user->realm.len != realm->len
                   || ngx_memcmp(user->realm.data, realm->data, realm->len)
                      != 0)
        {
            continue;

        } else {
            answers |= (user->kind == NGX_RTSP_USER_MD5)
                       ? NGX_RTSP_OFFER_MD5 : NGX_RTSP_OFFER_SHA256;
        }

        if (answers & offers) {
            return 1;
        }
    }

    return 0;
}


ngx_str_t *
ngx_rtsp_user_file_name(ngx_rtsp_user_file_t *file)
{
    return &file->name;
}
