/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measures how fast one core digests batches of 32 chunks of 64 KiB: one by one with OpenSSL, and in parallel
 * with each engine of digest_lanes.h that this processor has. usage: bench-digest [SECONDS]. Without SHA
 * instructions: OPENSSL_ia32cap=:~0x20000000 bench-digest. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "digest_many.h"

enum { PIECES = 32, PIECE_BYTES = 64 * 1024 };

typedef struct {
        uint8_t *data;
        uint8_t digests[PIECES][DIGEST_BYTES];
        DigestPiece pieces[PIECES];
} Batch;

static void one_by_one(Batch *batch, const DigestEngine *engine)
{
        for (int i = 0; i < PIECES; i++)
                digest_sha256(batch->pieces[i].data, PIECE_BYTES, batch->pieces[i].digest);
}

static void side_by_side(Batch *batch, const DigestEngine *engine)
{
        digest_many_by(engine, 1, batch->pieces, PIECES);
}

static void as_chosen(Batch *batch, const DigestEngine *engine)
{
        digest_sha256_many(batch->pieces, PIECES);
}

/* Processor time, so that other work on the machine counts little. */
static double cpu_seconds(void)
{
        struct timespec now;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void measure(Batch *batch, const char *name, void (*run)(Batch *, const DigestEngine *),
                    const DigestEngine *engine, double seconds)
{
        double begin = cpu_seconds(), taken = 0, bytes = 0;
        while ((taken = cpu_seconds() - begin) < seconds) {
                run(batch, engine);
                bytes += (double)PIECES * PIECE_BYTES;
        }
        printf("%-12s %.2f GB/s\n", name, bytes / taken / 1e9);
}

int main(int argc, char **argv)
{
        double seconds = argc > 1 ? atof(argv[1]) : 2;
        Batch *batch = g_new0(Batch, 1);
        batch->data = g_malloc0((gsize)PIECES * PIECE_BYTES);
        for (int i = 0; i < PIECES; i++)
                batch->pieces[i] =
                        (DigestPiece){batch->data + (gsize)i * PIECE_BYTES, PIECE_BYTES, batch->digests[i]};
        measure(batch, "one by one", one_by_one, NULL, seconds);
        for (const DigestEngine *const *engine = digest_engines(); *engine; engine++)
                measure(batch, (*engine)->name, side_by_side, *engine, seconds);
        measure(batch, "as chosen", as_chosen, NULL, seconds);
        g_free(batch->data);
        g_free(batch);
        return 0;
}
