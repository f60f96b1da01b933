/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "digest.h"

#include <openssl/evp.h>
#include <string.h>

struct Digest {
        EVP_MD_CTX *context;
};

/* The algorithm is fetched once: EVP_sha256() looks it up again at every use, which costs more than a small chunk.
 */
static const EVP_MD *algorithm(void)
{
        static gsize once;
        static EVP_MD *sha256;
        if (g_once_init_enter(&once)) {
                sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
                if (!sha256)
                        g_error("OpenSSL offers no SHA-256");
                g_once_init_leave(&once, 1);
        }
        return sha256;
}

static void context_free(void *context)
{
        EVP_MD_CTX_free(context);
}

static GPrivate thread_context = G_PRIVATE_INIT(context_free);

void digest_sha256(const void *data, size_t size, uint8_t digest[DIGEST_BYTES])
{
        EVP_MD_CTX *context = g_private_get(&thread_context);
        if (!context) {
                context = EVP_MD_CTX_new();
                g_private_set(&thread_context, context);
        }
        if (!EVP_DigestInit_ex2(context, algorithm(), NULL) || !EVP_DigestUpdate(context, data, size) ||
            !EVP_DigestFinal_ex(context, digest, NULL))
                g_error("OpenSSL cannot compute SHA-256");
}

Digest *digest_new(void)
{
        Digest *digest = g_new0(Digest, 1);
        digest->context = EVP_MD_CTX_new();
        if (!EVP_DigestInit_ex2(digest->context, algorithm(), NULL))
                g_error("OpenSSL cannot start SHA-256");
        return digest;
}

void digest_update(Digest *digest, const void *data, size_t size)
{
        if (!EVP_DigestUpdate(digest->context, data, size))
                g_error("OpenSSL cannot compute SHA-256");
}

void digest_finish(Digest *digest, uint8_t out[DIGEST_BYTES])
{
        if (!EVP_DigestFinal_ex(digest->context, out, NULL))
                g_error("OpenSSL cannot finish SHA-256");
}

void digest_free(Digest *digest)
{
        if (!digest)
                return;
        EVP_MD_CTX_free(digest->context);
        g_free(digest);
}

char *digest_to_hex(const uint8_t digest[DIGEST_BYTES])
{
        static const char digits[] = "0123456789abcdef";
        char *hex = g_malloc(DIGEST_HEX_CHARS + 1);
        for (int i = 0; i < DIGEST_BYTES; i++) {
                hex[2 * i] = digits[digest[i] >> 4];
                hex[2 * i + 1] = digits[digest[i] & 15];
        }
        hex[DIGEST_HEX_CHARS] = 0;
        return hex;
}

bool digest_from_hex(const char *hex, uint8_t digest[DIGEST_BYTES])
{
        uint8_t parsed[DIGEST_BYTES] = {0};
        for (int i = 0; i < DIGEST_HEX_CHARS; i++) {
                bool lower = (hex[i] >= '0' && hex[i] <= '9') || (hex[i] >= 'a' && hex[i] <= 'f');
                if (!lower)
                        return false;
                int nibble = g_ascii_xdigit_value(hex[i]);
                parsed[i / 2] = (uint8_t)(i % 2 ? parsed[i / 2] | nibble : nibble << 4);
        }
        if (hex[DIGEST_HEX_CHARS])
                return false;
        memcpy(digest, parsed, DIGEST_BYTES);
        return true;
}
