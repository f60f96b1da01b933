/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of delta.h that compresses and decompresses a window. */
#include <zstd.h>

#include "delta.h"
#include "errors.h"
#include "frame.h"

/* Measured on the update of docs/benchmarks.md. A hash table that remembers the whole prefix matters most; the
 * effort of the match search matters little. Long mode would cost more than it brings: it takes long matches
 * that a better parse would not. */
typedef struct {
        int level, hash_log, search_log, min_match; /* 0: the level's default */
} Effort;
static const Effort efforts[] = {
        [DELTA_FAST] = {1, 22, 0, 7},
        [DELTA_SMALL] = {12, 23, 4, 0},
};

enum { WINDOW_LOG = 25 }; /* holds the largest prefix and content together */

struct DeltaEncoder {
        ZSTD_CCtx *context;
};

static void set(ZSTD_CCtx *context, ZSTD_cParameter parameter, int value)
{
        size_t result = ZSTD_CCtx_setParameter(context, parameter, value);
        if (ZSTD_isError(result))
                g_error("zstd refuses parameter %d: %s", parameter, ZSTD_getErrorName(result));
}

DeltaEncoder *delta_encoder_new(DeltaEffort effort)
{
        DeltaEncoder *encoder = g_new(DeltaEncoder, 1);
        encoder->context = ZSTD_createCCtx();
        set(encoder->context, ZSTD_c_compressionLevel, efforts[effort].level);
        set(encoder->context, ZSTD_c_windowLog, WINDOW_LOG);
        set(encoder->context, ZSTD_c_hashLog, efforts[effort].hash_log);
        set(encoder->context, ZSTD_c_searchLog, efforts[effort].search_log);
        set(encoder->context, ZSTD_c_minMatch, efforts[effort].min_match);
        return encoder;
}

void delta_encoder_free(DeltaEncoder *encoder)
{
        if (!encoder)
                return;
        ZSTD_freeCCtx(encoder->context);
        g_free(encoder);
}

size_t delta_encode(DeltaEncoder *encoder, const uint8_t *content, size_t content_bytes,
                    const uint8_t *prefix, size_t prefix_bytes, uint8_t *frame)
{
        size_t size = ZSTD_CCtx_refPrefix(encoder->context, prefix, prefix_bytes);
        if (!ZSTD_isError(size))
                size = ZSTD_compress2(encoder->context, frame, frame_max_bytes(content_bytes), content,
                                      content_bytes);
        if (ZSTD_isError(size))
                g_error("zstd cannot compress: %s", ZSTD_getErrorName(size)); /* only when out of memory */
        return size;
}

bool delta_decode(const uint8_t *frame, size_t frame_bytes, const uint8_t *prefix, size_t prefix_bytes,
                  uint8_t *content, size_t content_bytes, GError **error)
{
        if (ZSTD_getFrameContentSize(frame, frame_bytes) != content_bytes)
                return fail(error, LAUTTA_ERROR_CORRUPT, "the window does not have %zu bytes", content_bytes);
        ZSTD_DCtx *context = ZSTD_createDCtx();
        size_t got = ZSTD_DCtx_refPrefix(context, prefix, prefix_bytes);
        if (!ZSTD_isError(got))
                got = ZSTD_decompressDCtx(context, content, content_bytes, frame, frame_bytes);
        ZSTD_freeDCtx(context);
        return (!ZSTD_isError(got) && got == content_bytes) ||
               fail(error, LAUTTA_ERROR_CORRUPT, "the window does not decompress (%s)",
                    ZSTD_isError(got) ? ZSTD_getErrorName(got) : "too short");
}
