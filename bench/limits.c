/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measures how fast this machine does each part of publishing and fetching alone: the limits that
 * docs/benchmarks.md compares with. usage: limits IMAGE DIRECTORY; prints one JSON object of GB/s. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chunker.h"
#include "digest.h"
#include "errors.h"
#include "files.h"
#include "frame.h"
#include "workers.h"

enum { SAMPLE_BYTES = 256 << 20, PIECE_BYTES = 64 << 10, PIECES = SAMPLE_BYTES / PIECE_BYTES, STRETCH = 16 };

/* A quarter GiB of the image's data, cut into pieces of a chunk's average size, and room for the output. */
typedef struct {
        uint8_t *data, *out;
        size_t frame_room;
        uint32_t frame_sizes[PIECES];
        ChunkId ids[PIECES];
        int image, target;
} Sample;

static const uint8_t *piece(const Sample *sample, size_t i)
{
        return sample->data + i * PIECE_BYTES;
}

static uint8_t *frame(const Sample *sample, size_t i)
{
        return sample->out + i * sample->frame_room;
}

static bool copy(void *user, size_t first, size_t count, GError **error)
{
        Sample *sample = user;
        memcpy(sample->out + first * PIECE_BYTES, piece(sample, first), count * PIECE_BYTES);
        return true;
}

static bool cut(void *user, size_t first, size_t count, GError **error)
{
        CutKind kind;
        const uint8_t *data = piece(user, first), *end = data + count * PIECE_BYTES;
        while (data < end)
                data += chunker_next(data, (size_t)(end - data), &kind);
        return true;
}

static bool digest(void *user, size_t first, size_t count, GError **error)
{
        Sample *sample = user;
        for (size_t i = first; i < first + count; i++)
                digest_sha256(piece(sample, i), PIECE_BYTES, sample->ids[i].bytes);
        return true;
}

static bool compress(void *user, size_t first, size_t count, GError **error)
{
        Sample *sample = user;
        for (size_t i = first; i < first + count; i++)
                sample->frame_sizes[i] =
                        (uint32_t)frame_compress(piece(sample, i), PIECE_BYTES, frame(sample, i));
        return true;
}

/* Decompress and digest, as every fetch must. */
static bool open_frames(void *user, size_t first, size_t count, GError **error)
{
        Sample *sample = user;
        uint8_t content[PIECE_BYTES];
        for (size_t i = first; i < first + count; i++)
                if (!frame_open(frame(sample, i), sample->frame_sizes[i], &sample->ids[i], content,
                                PIECE_BYTES, error))
                        return false;
        return true;
}

static bool read_cached(void *user, size_t first, size_t count, GError **error)
{
        Sample *sample = user;
        return fd_read_exactly(sample->target, sample->out + first * PIECE_BYTES, count * PIECE_BYTES,
                               first * PIECE_BYTES, "sample", error);
}

static bool write_cached(void *user, size_t first, size_t count, GError **error)
{
        Sample *sample = user;
        return fd_write_exactly(sample->target, piece(sample, first), count * PIECE_BYTES,
                                first * PIECE_BYTES, "sample", error);
}

static bool fill(Sample *sample, GError **error)
{
        uint64_t at = 0;
        for (size_t have = 0; have < SAMPLE_BYTES; have += PIECE_BYTES) {
                off_t data = lseek(sample->image, (off_t)at, SEEK_DATA);
                at = data < 0 ? 0 : (uint64_t)data & ~(uint64_t)4095;
                if (!fd_read_exactly(sample->image, sample->data + have, PIECE_BYTES, at, "image", error))
                        return false;
                at += PIECE_BYTES;
        }
        return true;
}

static bool measure(const char *name, unsigned threads, WorkersFunction function, Sample *sample,
                    GError **error)
{
        if (function == write_cached && ftruncate(sample->target, 0) != 0)
                return fail_errno(error, "cannot empty the sample");
        gint64 begin_us = g_get_monotonic_time();
        bool done = threads > 1 ? workers_run(PIECES, STRETCH, function, sample, error)
                                : function(sample, 0, PIECES, error);
        double seconds = (double)(g_get_monotonic_time() - begin_us) / 1e6;
        printf("%s\"%s\": %.3f", threads == 1 && function == copy ? "" : ", ", name,
               SAMPLE_BYTES / seconds / 1e9);
        return done;
}

static bool run(Sample *sample, GError **error)
{
        static const struct {
                const char *one, *all;
                WorkersFunction function;
        } parts[] = {{"copy", "copy_all", copy},
                     {"cut", "cut_all", cut},
                     {"sha256", "sha256_all", digest},
                     {"compress", "compress_all", compress},
                     {"decompress_sha256", "decompress_sha256_all", open_frames},
                     {"write", "write_all", write_cached},
                     {"read", "read_all", read_cached}};
        printf("{");
        for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
                if (!measure(parts[i].one, 1, parts[i].function, sample, error) ||
                    !measure(parts[i].all, 2, parts[i].function, sample, error))
                        return false;
        gint64 begin_us = g_get_monotonic_time();
        if (fsync(sample->target) != 0)
                return fail_errno(error, "cannot sync the sample");
        printf(", \"fsync\": %.3f}\n",
               SAMPLE_BYTES / ((double)(g_get_monotonic_time() - begin_us) / 1e6) / 1e9);
        return true;
}

int main(int argc, char **argv)
{
        if (argc != 3)
                return 2;
        g_autoptr(GError) error = NULL;
        g_autofree char *path = g_build_filename(argv[2], "limits.sample", NULL);
        g_autofd image = open(argv[1], O_RDONLY | O_CLOEXEC);
        g_autofd target = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (image < 0 || target < 0) {
                fprintf(stderr, "limits: cannot open %s\n", image < 0 ? argv[1] : path);
                return 1;
        }
        unlink(path);
        g_autofree Sample *sample = g_new0(Sample, 1);
        sample->image = image;
        sample->target = target;
        sample->frame_room = frame_max_bytes(PIECE_BYTES);
        sample->data = g_malloc(SAMPLE_BYTES);
        sample->out = g_malloc(PIECES * sample->frame_room);
        memset(sample->out, 1, PIECES * sample->frame_room); /* keep page faults out of the measurement */
        bool done = fill(sample, &error) && run(sample, &error);
        if (!done)
                fprintf(stderr, "limits: %s\n", error->message);
        g_free(sample->data);
        g_free(sample->out);
        return done ? 0 : 1;
}
