/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of delta.h that compresses a window and undoes it. */
#include <zstd.h>

#include "delta.h"
#include "errors.h"
#include "frame.h"

/* Found by trying on the update of docs/benchmarks.md: large tables and a short search make 47.5 MB of it in
 * the time in which level 9 with long mode makes 51.7. Long mode is off: it takes long matches that a better
 * parse would not. */
enum {
        LEVEL = 12,
        WINDOW_LOG = 25, /* holds the largest prefix and content together */
        HASH_LOG = 23,
        SEARCH_LOG = 4,
};

static void set(ZSTD_CCtx *context, ZSTD_cParameter parameter, int value)
{
        size_t result = ZSTD_CCtx_setParameter(context, parameter, value);
        if (ZSTD_isError(result))
                g_error("zstd refuses parameter %d: %s", parameter, ZSTD_getErrorName(result));
}

static ZSTD_CCtx *make_compressor(void)
{
        ZSTD_CCtx *context = ZSTD_createCCtx();
        set(context, ZSTD_c_compressionLevel, LEVEL);
        set(context, ZSTD_c_windowLog, WINDOW_LOG);
        set(context, ZSTD_c_hashLog, HASH_LOG);
        set(context, ZSTD_c_searchLog, SEARCH_LOG);
        return context;
}

uint8_t *delta_encode(const uint8_t *content, size_t content_bytes, const uint8_t *prefix,
                      size_t prefix_bytes, size_t *frame_bytes)
{
        size_t room = frame_max_bytes(content_bytes);
        uint8_t *frame = g_malloc(room);
        ZSTD_CCtx *context = make_compressor();
        size_t size = ZSTD_CCtx_refPrefix(context, prefix, prefix_bytes);
        if (!ZSTD_isError(size))
                size = ZSTD_compress2(context, frame, room, content, content_bytes);
        if (ZSTD_isError(size))
                g_error("zstd cannot compress: %s", ZSTD_getErrorName(size)); /* only if memory is out */
        ZSTD_freeCCtx(context);
        *frame_bytes = size;
        return g_realloc(frame, size);
}

bool delta_decode(const uint8_t *frame, size_t frame_bytes, const uint8_t *prefix, size_t prefix_bytes,
                  uint8_t *content, size_t content_bytes, GError **error)
{
        if (ZSTD_getFrameContentSize(frame, frame_bytes) != content_bytes)
                return fail(error, LAUTTA_ERROR_CORRUPT, "the window is not one of %zu bytes", content_bytes);
        ZSTD_DCtx *context = ZSTD_createDCtx();
        size_t got = ZSTD_DCtx_refPrefix(context, prefix, prefix_bytes);
        if (!ZSTD_isError(got))
                got = ZSTD_decompressDCtx(context, content, content_bytes, frame, frame_bytes);
        ZSTD_freeDCtx(context);
        return (!ZSTD_isError(got) && got == content_bytes) ||
               fail(error, LAUTTA_ERROR_CORRUPT, "the window does not decompress (%s)",
                    ZSTD_isError(got) ? ZSTD_getErrorName(got) : "too short");
}
