/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib.h>
#include <string.h>

#include "digest.h"
#include "digest_many.h"

enum { PIECES = 61, ROOM = 300000 };

static uint8_t *random_bytes(size_t size)
{
        g_autoptr(GRand) source = g_rand_new_with_seed(7);
        uint8_t *bytes = g_malloc(size);
        for (size_t i = 0; i < size; i++)
                bytes[i] = (uint8_t)g_rand_int(source);
        return bytes;
}

static void one_digest_is_that_of_the_standard(void)
{
        uint8_t digest[DIGEST_BYTES];
        digest_sha256("abc", 3, digest);
        g_autofree char *hex = digest_to_hex(digest);
        g_assert_cmpstr(hex, ==, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* Pieces of every kind of length, at odd addresses, and of one and the same data in several lanes. */
static size_t length_of(size_t number)
{
        static const size_t odd[] = {0,   1,   55,  56,   63,    64,     65,    119,
                                     127, 128, 129, 4096, 65536, 262144, 299999};
        return number < G_N_ELEMENTS(odd) ? odd[number] : number * 977 % 70000;
}

static void check(const DigestEngine *engine, unsigned least, size_t first, size_t count)
{
        g_autofree uint8_t *bytes = random_bytes(ROOM + PIECES);
        DigestPiece pieces[PIECES];
        uint8_t digests[PIECES][DIGEST_BYTES] = {{0}}, expected[DIGEST_BYTES];
        for (size_t i = 0; i < count; i++)
                pieces[i] = (DigestPiece){bytes + i % 7, length_of(first + i), digests[i]};
        if (engine)
                digest_many_by(engine, least, pieces, count);
        else
                digest_sha256_many(pieces, count);
        for (size_t i = 0; i < count; i++) {
                digest_sha256(pieces[i].data, pieces[i].size, expected);
                g_assert_true(memcmp(digests[i], expected, sizeof expected) == 0);
        }
}

static void many_digests_are_what_each_alone_is(void)
{
        for (size_t count = 0; count <= PIECES; count += 1 + count / 4)
                check(NULL, 0, PIECES - count, count);
}

static void every_engine_of_this_processor_agrees(void)
{
        size_t engines = 0;
        for (const DigestEngine *const *engine = digest_engines(); *engine; engine++, engines++)
                for (unsigned least = 1; least <= DIGEST_LANES; least++)
                        for (size_t count = 1; count <= PIECES; count += 4)
                                check(*engine, least, PIECES - count, count);
        if (!engines)
                g_test_skip("this processor has no vectors that serve");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/one_digest_is_that_of_the_standard", one_digest_is_that_of_the_standard);
        g_test_add_func("/many_digests_are_what_each_alone_is", many_digests_are_what_each_alone_is);
        g_test_add_func("/every_engine_of_this_processor_agrees", every_engine_of_this_processor_agrees);
        return g_test_run();
}
