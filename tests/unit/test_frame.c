/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame.h"

#include "digest.h"
#include "errors.h"
#include "scratch.h"

enum { LENGTH = 65536 };

typedef struct {
        uint8_t *content, *frame, *out;
        size_t size;
        ChunkId id;
} World;

static void set_up(World *world, const void *unused)
{
        world->content = scratch_bytes(1, LENGTH);
        world->frame = g_malloc0(frame_max_bytes(LENGTH));
        world->out = g_malloc0(CHUNK_DATA_MAX_BYTES);
        world->size = frame_compress(world->content, LENGTH, world->frame);
        digest_sha256(world->content, LENGTH, world->id.bytes);
}

static void tear_down(World *world, const void *unused)
{
        g_free(world->content);
        g_free(world->frame);
        g_free(world->out);
}

static void assert_refused(World *world, const uint8_t *frame, size_t size, uint32_t length,
                           const char *pattern)
{
        g_autoptr(GError) error = NULL;
        g_assert_false(frame_open(frame, size, &world->id, world->out, length, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
        g_assert_true(g_pattern_match_simple(pattern, error->message));
}

static void a_frame_gives_back_its_content(World *world, const void *unused)
{
        g_autoptr(GError) error = NULL;
        g_assert_true(frame_open(world->frame, world->size, &world->id, world->out, LENGTH, &error));
        g_assert_no_error(error);
        g_assert_cmpint(memcmp(world->out, world->content, LENGTH), ==, 0);
}

static void a_flipped_bit_anywhere_is_noticed(World *world, const void *unused)
{
        for (size_t i = 0; i < world->size; i += 97) {
                world->frame[i] ^= 4;
                assert_refused(world, world->frame, world->size, LENGTH, "*");
                world->frame[i] ^= 4;
        }
}

static void a_cut_frame_is_refused(World *world, const void *unused)
{
        for (size_t size = 0; size < world->size; size += 101)
                assert_refused(world, world->frame, size, LENGTH, "*");
}

/* The header says 16 TiB, the index says 64 KiB: the frame is refused before anything is allocated or
 * written. */
static void a_frame_that_claims_16_tib_is_refused_by_its_header(World *world, const void *unused)
{
        static const uint8_t bomb[] = {0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0x10, 0, 0, 3, 0, 0};
        assert_refused(world, bomb, sizeof bomb, LENGTH, "the frame does not have 65536 bytes");
}

static void a_frame_without_a_size_is_refused(World *world, const void *unused)
{
        static const uint8_t sizeless[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 3, 0, 0};
        assert_refused(world, sizeless, sizeof sizeless, LENGTH, "the frame does not have*");
}

static void a_frame_of_another_length_or_chunk_is_refused(World *world, const void *unused)
{
        assert_refused(world, world->frame, world->size, LENGTH - 4096, "the frame does not have*");
        world->id.bytes[0] ^= 1;
        assert_refused(world, world->frame, world->size, LENGTH, "the content differs from the index");
}

#define ADD(name) g_test_add("/frame/" #name, World, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD(a_frame_gives_back_its_content);
        ADD(a_flipped_bit_anywhere_is_noticed);
        ADD(a_cut_frame_is_refused);
        ADD(a_frame_that_claims_16_tib_is_refused_by_its_header);
        ADD(a_frame_without_a_size_is_refused);
        ADD(a_frame_of_another_length_or_chunk_is_refused);
        return g_test_run();
}
