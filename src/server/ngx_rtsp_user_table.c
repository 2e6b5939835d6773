
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_stream.h>

#include "ngx_rtsp_server.h"


/*
 * What files of users say: lines "user:hash" (htpasswd) and "user:realm:hash"
 * (htdigest), each with an optional last field of roles.  Called by the one
 * who reads such files.
 *
 * A table is one block of text with lines cut in place and a hash table of
 * them, in a pool of its own.  Invariant: a table is of use only if every line
 * made sense, and nothing of its text stays in memory when it goes.
 */


static void ngx_rtsp_user_table_link(ngx_rtsp_user_table_t *table);
static ngx_uint_t ngx_rtsp_user_cost(ngx_rtsp_user_t *user);
static const char *ngx_rtsp_user_parse(ngx_str_t *line, ngx_rtsp_user_t *user);
static const char *ngx_rtsp_user_hash(ngx_str_t *rest, ngx_rtsp_user_t *user);
static ngx_uint_t ngx_rtsp_user_is_crypt(ngx_str_t *hash);
static ngx_uint_t ngx_rtsp_user_cut_last(ngx_str_t *text, ngx_str_t *last);
static ngx_uint_t ngx_rtsp_user_roles(ngx_str_t *text);
static ngx_uint_t ngx_rtsp_user_is_hex(ngx_str_t *text);


const char *
ngx_rtsp_user_table_fill(ngx_rtsp_user_table_t *table, ngx_uint_t *line)
{
    size_t            i;
    ngx_str_t         rest, text;
    const char       *error;
    ngx_uint_t        n, size;
    ngx_rtsp_user_t  *user;

    *line = 0;
    n = 0;

    for (i = 0; i < table->text.len; i++) {
        n += (table->text.data[i] == LF);
    }

    for (size = 1; size < n; size *= 2) { /* void */ }

    table->mask = size - 1;
    table->buckets = ngx_pcalloc(table->pool,
                                 size * sizeof(ngx_rtsp_user_t *));
    table->users = ngx_pcalloc(table->pool, n * sizeof(ngx_rtsp_user_t));

    if (table->buckets == NULL || table->users == NULL) {
        return "takes more memory than there is";
    }

    rest = table->text;

    for (n = 1; ngx_rtsp_text_cut(&rest, LF, &text); n++) {

        if (text.len && text.data[text.len - 1] == CR) {
            text.len--;
        }

        if (text.len == 0 || text.data[0] == '#') {
            continue;
        }

        user = &table->users[table->nusers];
        error = ngx_rtsp_user_parse(&text, user);

        if (error) {
            *line = n;
            return error;
        }

        table->nusers++;
    }

    ngx_rtsp_user_table_link(table);

    return NULL;
}


/* from the last to the first, so that a bucket has them in order */

static void
ngx_rtsp_user_table_link(ngx_rtsp_user_table_t *table)
{
    ngx_uint_t        n, key, cost, highest;
    ngx_rtsp_user_t  *user;

    highest = 0;

    for (n = table->nusers; n > 0; n--) {
        user = &table->users[n - 1];
        key = ngx_hash_key(user->name.data, user->name.len) & table->mask;

        user->next = table->buckets[key];
        table->buckets[key] = user;

        cost = ngx_rtsp_user_cost(user);

        if (cost > highest) {
            highest = cost;
            table->decoy = user;
        }
    }
}


/* a rough order of how long it takes to make the hash; 0: no time at all */

static ngx_uint_t
ngx_rtsp_user_cost(ngx_rtsp_user_t *user)
{
    if (user->kind != NGX_RTSP_USER_CRYPT
        || !ngx_rtsp_user_is_slow(&user->hash))
    {
        return 0;
    }

    /* bcrypt, yescrypt, gost-yescrypt and scrypt */

    return (user->hash.data[0] == '$' && user->hash.len > 1
            && memchr("2yg7", user->hash.data[1], 4))
           ? 2 : 1;
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

    if (ngx_rtsp_user_is_locked(hash)) {
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
    ngx_uint_t  role, roles;

    list = *text;
    roles = 0;

    while (ngx_rtsp_text_cut(&list, ',', &name)) {

        ngx_rtsp_text_trim(&name);

        role = ngx_rtsp_word_role(&name);

        if (role == NGX_RTSP_ROLE_NONE) {
            return 0;
        }

        roles |= ngx_rtsp_role_bit(role);
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
ngx_rtsp_user_table_find(ngx_rtsp_user_table_t *table, ngx_str_t *name,
    ngx_str_t *realm, ngx_uint_t kind)
{
    ngx_uint_t        key;
    ngx_rtsp_user_t  *user;

    key = ngx_hash_key(name->data, name->len) & table->mask;

    for (user = table->buckets[key]; user; user = user->next) {

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
ngx_rtsp_user_table_serves(ngx_rtsp_user_table_t *table, ngx_str_t *realm,
    ngx_uint_t offers)
{
    ngx_uint_t        i, answers;
    ngx_rtsp_user_t  *user;

    for (i = 0; i < table->nusers; i++) {

        user = &table->users[i];
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


void
ngx_rtsp_user_table_destroy(ngx_rtsp_user_table_t *table)
{
    if (table->pool == NULL) {
        return;
    }

    if (table->text.data) {
        ngx_explicit_memzero(table->text.data, table->text.len);
    }

    ngx_destroy_pool(table->pool);
    table->pool = NULL;
}
