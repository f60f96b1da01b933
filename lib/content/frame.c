/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame.h"

#include <string.h>
#include <zstd.h>

#include "digest.h"
#include "errors.h"

static void compressor_free(void *context)
{
        ZSTD_freeCCtx(context);
}

static void decompressor_free(void *context)
{
        ZSTD_freeDCtx(context);
}

static GPrivate compressor = G_PRIVATE_INIT(compressor_free);
static GPrivate decompressor = G_PRIVATE_INIT(decompressor_free);

size_t frame_max_bytes(size_t length)
{
        return ZSTD_compressBound(length);
}

size_t frame_compress(const uint8_t *content, size_t length, uint8_t *frame)
{
        ZSTD_CCtx *context = g_private_get(&compressor);
        if (!context) {
                context = ZSTD_createCCtx();
                g_private_set(&compressor, context);
        }
        size_t size =
                ZSTD_compressCCtx(context, frame, ZSTD_compressBound(length), content, length, FRAME_LEVEL);
        if (ZSTD_isError(size))
                g_error("zstd cannot compress: %s", ZSTD_getErrorName(size)); /* only when out of memory */
        return size;
}

bool frame_open(const uint8_t *frame, size_t size, const ChunkId *id, uint8_t *content, uint32_t length,
                GError **error)
{
        ZSTD_DCtx *context = g_private_get(&decompressor);
        if (!context) {
                context = ZSTD_createDCtx();
                g_private_set(&decompressor, context);
        }
        unsigned long long claimed = ZSTD_getFrameContentSize(frame, size);
        if (claimed != length)
                return fail(error, LAUTTA_ERROR_CORRUPT, "the frame does not have %u bytes", length);
        size_t got = ZSTD_decompressDCtx(context, content, length, frame, size);
        if (ZSTD_isError(got) || got != length)
                return fail(error, LAUTTA_ERROR_CORRUPT, "the frame does not decompress (%s)",
                            ZSTD_isError(got) ? ZSTD_getErrorName(got) : "too short");
        ChunkId actual;
        digest_sha256(content, length, actual.bytes);
        if (memcmp(&actual, id, sizeof actual) != 0)
                return fail(error, LAUTTA_ERROR_CORRUPT, "the content differs from the index");
        return true;
}
