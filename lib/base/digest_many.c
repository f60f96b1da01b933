/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of digest.h that takes many pieces at once. */
#define OPENSSL_SUPPRESS_DEPRECATED /* only this interface of OpenSSL can continue a digest from its state */
#include "digest_many.h"

#include <openssl/sha.h>
#include <string.h>

/* Free lanes read this block again and again. */
static const uint8_t nothing[DIGEST_BLOCK_BYTES];

typedef struct {
        DigestLanes lanes;
        const uint8_t *at[DIGEST_LANES];
        size_t step[DIGEST_LANES];
        const DigestPiece *piece[DIGEST_LANES]; /* NULL: the lane is free */
        size_t blocks_left[DIGEST_LANES];
        unsigned used;
} Many;

static void begin(Many *many, unsigned lane, const DigestPiece *piece)
{
        SHA256_CTX start;
        SHA256_Init(&start);
        for (int i = 0; i < 8; i++)
                many->lanes.words[i][lane] = start.h[i];
        many->at[lane] = piece->data;
        many->step[lane] = DIGEST_BLOCK_BYTES;
        many->piece[lane] = piece;
        many->blocks_left[lane] = piece->size / DIGEST_BLOCK_BYTES;
        many->used++;
}

/* Digest the rest of the piece alone, with OpenSSL. */
static void finish(Many *many, unsigned lane)
{
        const DigestPiece *piece = many->piece[lane];
        uint64_t done = (uint64_t)(many->at[lane] - (const uint8_t *)piece->data);
        SHA256_CTX context;
        SHA256_Init(&context);
        for (int i = 0; i < 8; i++)
                context.h[i] = many->lanes.words[i][lane];
        context.Nl = (SHA_LONG)(done << 3);
        context.Nh = (SHA_LONG)(done >> 29);
        SHA256_Update(&context, many->at[lane], piece->size - done);
        SHA256_Final(piece->digest, &context);
        many->piece[lane] = NULL;
        many->at[lane] = nothing;
        many->step[lane] = 0;
        many->used--;
}

/* Digest as many blocks as every lane in use has left, then finish the lanes that have none left. */
static void go_on(Many *many, const DigestEngine *engine)
{
        size_t blocks = SIZE_MAX;
        for (unsigned lane = 0; lane < DIGEST_LANES; lane++)
                if (many->piece[lane])
                        blocks = MIN(blocks, many->blocks_left[lane]);
        engine->compress(&many->lanes, many->at, many->step, blocks);
        for (unsigned lane = 0; lane < DIGEST_LANES; lane++) {
                if (!many->piece[lane])
                        continue;
                many->blocks_left[lane] -= blocks;
                if (many->blocks_left[lane] == 0)
                        finish(many, lane);
        }
}

void digest_many_by(const DigestEngine *engine, unsigned least, const DigestPiece *pieces, size_t count)
{
        Many many = {.used = 0};
        for (unsigned lane = 0; lane < DIGEST_LANES; lane++)
                many.at[lane] = nothing;
        for (size_t next = 0;;) {
                for (unsigned lane = 0; lane < DIGEST_LANES && next < count;) {
                        if (many.piece[lane])
                                lane++;
                        else if (pieces[next].size >= DIGEST_BLOCK_BYTES)
                                begin(&many, lane, &pieces[next++]);
                        else {
                                digest_sha256(pieces[next].data, pieces[next].size, pieces[next].digest);
                                next++;
                        }
                }
                if (many.used < least)
                        break;
                go_on(&many, engine);
        }
        for (unsigned lane = 0; lane < DIGEST_LANES; lane++)
                if (many.piece[lane])
                        finish(&many, lane);
}

typedef struct {
        const DigestEngine *engine; /* NULL: digesting one by one is faster */
        unsigned least;
} Choice;

/* Choose the first engine that wins on this processor, and the number of lanes from which on it wins. */
static Choice choose(void)
{
        bool sha = digest_has_sha();
        for (const DigestEngine *const *engine = digest_engines(); *engine; engine++) {
                unsigned least = sha ? (*engine)->least_with_sha : 2;
                if (least)
                        return (Choice){*engine, least};
        }
        return (Choice){NULL, 0};
}

void digest_sha256_many(const DigestPiece *pieces, size_t count)
{
        static Choice choice;
        static gsize once;
        if (g_once_init_enter(&once)) {
                choice = choose();
                g_once_init_leave(&once, 1);
        }
        if (choice.engine && count >= choice.least) {
                digest_many_by(choice.engine, choice.least, pieces, count);
                return;
        }
        for (size_t i = 0; i < count; i++)
                digest_sha256(pieces[i].data, pieces[i].size, pieces[i].digest);
}
