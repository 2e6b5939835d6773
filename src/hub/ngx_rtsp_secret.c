
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "ngx_rtsp_hub.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>


/*
 * What keeps credentials unreadable in shared memory: keyed hashes, and
 * AES-256-GCM.  Called by the cache of answers and by sessions that go to
 * another worker.
 *
 * It owns the keys.  They lie in the memory of the master and are inherited by
 * its workers, so they are not in the zone: whoever gets a copy of that (a
 * core file without private memory, a debugger's dump, a bug that sends it
 * out) reads no password in it, cannot guess one with it either, and cannot
 * change what is sealed.  It does not protect from those who read the memory
 * of a worker: there are the keys, and the passwords of requests anyway.
 *
 * Invariant: the keys do not change while a zone is in use.  Where they do (a
 * reload that loads another build of the module), what was sealed cannot be
 * opened any more, which its reader has to bear.
 */


#define NGX_RTSP_SECRET_KEY    32       /* bytes, of both keys */
#define NGX_RTSP_SECRET_NONCE  12
#define NGX_RTSP_SECRET_TAG    16       /* SEAL_LEN is both together */


static ngx_int_t ngx_rtsp_secret_encrypt(EVP_CIPHER_CTX *ctx,
    const u_char *data, size_t len, u_char *sealed);
static ngx_int_t ngx_rtsp_secret_decrypt(EVP_CIPHER_CTX *ctx,
    const u_char *sealed, size_t len, u_char *data);


static u_char      ngx_rtsp_secret_cipher_key[NGX_RTSP_SECRET_KEY];
static u_char      ngx_rtsp_secret_hash_key[NGX_RTSP_SECRET_KEY];
static ngx_uint_t  ngx_rtsp_secret_made;


ngx_int_t
ngx_rtsp_secret_init(void)
{
    if (ngx_rtsp_secret_made) {
        return NGX_OK;
    }

    if (ngx_rtsp_random(ngx_rtsp_secret_cipher_key, NGX_RTSP_SECRET_KEY)
        != NGX_OK
        || ngx_rtsp_random(ngx_rtsp_secret_hash_key, NGX_RTSP_SECRET_KEY)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_rtsp_secret_made = 1;

    return NGX_OK;
}


ngx_int_t
ngx_rtsp_secret_hash(const u_char *data, size_t len, u_char *hash)
{
    unsigned int  n;

    if (!ngx_rtsp_secret_made
        || HMAC(EVP_sha256(), ngx_rtsp_secret_hash_key, NGX_RTSP_SECRET_KEY,
                data, len, hash, &n)
           == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_rtsp_secret_seal(const u_char *data, size_t len, u_char *sealed)
{
    ngx_int_t        rc;
    EVP_CIPHER_CTX  *ctx;

    if (!ngx_rtsp_secret_made
        || ngx_rtsp_random(sealed, NGX_RTSP_SECRET_NONCE) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_rtsp_secret_encrypt(ctx, data, len, sealed);

    EVP_CIPHER_CTX_free(ctx);

    return rc;
}


/* the nonce, which is there, the tag, the data */

static ngx_int_t
ngx_rtsp_secret_encrypt(EVP_CIPHER_CTX *ctx, const u_char *data, size_t len,
    u_char *sealed)
{
    int      n;
    u_char  *tag, *out;

    tag = sealed + NGX_RTSP_SECRET_NONCE;
    out = tag + NGX_RTSP_SECRET_TAG;

    if (EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL,
                           ngx_rtsp_secret_cipher_key, sealed)
        != 1
        || EVP_EncryptUpdate(ctx, out, &n, data, (int) len) != 1
        || EVP_EncryptFinal_ex(ctx, out + n, &n) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, NGX_RTSP_SECRET_TAG,
                               tag)
           != 1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_rtsp_secret_open(const u_char *sealed, size_t len, u_char *data)
{
    ngx_int_t        rc;
    EVP_CIPHER_CTX  *ctx;

    if (!ngx_rtsp_secret_made || len < NGX_RTSP_SEAL_LEN) {
        return NGX_DECLINED;
    }

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return NGX_DECLINED;
    }

    rc = ngx_rtsp_secret_decrypt(ctx, sealed, len - NGX_RTSP_SEAL_LEN, data);

    EVP_CIPHER_CTX_free(ctx);

    if (rc != NGX_OK) {
        OPENSSL_cleanse(data, len - NGX_RTSP_SEAL_LEN);
    }

    return rc;
}


static ngx_int_t
ngx_rtsp_secret_decrypt(EVP_CIPHER_CTX *ctx, const u_char *sealed, size_t len,
    u_char *data)
{
    int            n;
    u_char         tag[NGX_RTSP_SECRET_TAG];
    const u_char  *in;

    in = sealed + NGX_RTSP_SECRET_NONCE;
    ngx_memcpy(tag, in, NGX_RTSP_SECRET_TAG);
    in += NGX_RTSP_SECRET_TAG;

    if (EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL,
                           ngx_rtsp_secret_cipher_key, sealed)
        != 1
        || EVP_DecryptUpdate(ctx, data, &n, in, (int) len) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, NGX_RTSP_SECRET_TAG,
                               tag)
           != 1
        || EVP_DecryptFinal_ex(ctx, data + n, &n) != 1)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}
