/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "assembly.h"

#include <sys/stat.h>

#include "errors.h"
#include "scratch.h"
#include "target.h"

enum { IMAGE_BYTES = 24 << 20 };

/* A depot with two versions of an image, and a directory to assemble them in. */
typedef struct {
        char *directory, *depot, *v1, *v2, *i1, *i2, *out;
        Locator *locator1, *locator2;
        IngestStats stats1, stats2;
} World;

static char *in(World *world, const char *name)
{
        return g_build_filename(world->directory, name, NULL);
}

static void make_images(World *world)
{
        g_autofree uint8_t *image = g_malloc0(IMAGE_BYTES);
        g_autofree uint8_t *data = scratch_bytes(10, 12 << 20);
        memcpy(image + (1 << 20), data, 6 << 20);
        memcpy(image + (15 << 20), data + (6 << 20), 6 << 20);
        memcpy(image + (22 << 20), data, 1 << 20); /* again: a chunk in two places */
        scratch_write(world->v1, image, IMAGE_BYTES);
        g_autofree uint8_t *change = scratch_bytes(11, 1 << 20);
        memcpy(image + (3 << 20), change, 1 << 20);
        scratch_write(world->v2, image, IMAGE_BYTES);
}

static void set_up(World *world, const void *unused)
{
        world->directory = directory_make_temporary(NULL);
        world->depot = in(world, "depot");
        world->v1 = in(world, "v1");
        world->v2 = in(world, "v2");
        world->i1 = in(world, "v1.caibx");
        world->i2 = in(world, "v2.caibx");
        world->out = in(world, "out");
        make_images(world);
        world->stats1 = scratch_publish(world->depot, world->v1, world->i1, &world->locator1);
        world->stats2 = scratch_publish(world->depot, world->v2, world->i2, &world->locator2);
}

static void tear_down(World *world, const void *unused)
{
        directory_remove(world->directory, NULL);
        locator_free(world->locator1);
        locator_free(world->locator2);
        char *all[] = {world->directory, world->depot, world->v1, world->v2,
                       world->i1,        world->i2,    world->out};
        for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
                g_free(all[i]);
}

typedef struct {
        AssemblyStats stats;
        GError *error;
} Outcome;

/* Assemble version 2 in world->out, with an optional seed. */
static Outcome assemble(World *world, const char *seed, const char *seed_index)
{
        Outcome outcome = {0};
        g_autoptr(Remote) remote = remote_open(world->depot, NULL, &outcome.error);
        g_assert_no_error(outcome.error);
        g_autoptr(Index) index = index_load(world->i2, &outcome.error);
        g_assert_no_error(outcome.error);
        g_autoptr(Assembly) assembly = assembly_new(ASSEMBLY_WRITE, NULL);
        assembly_add_target(assembly, index, world->out, &outcome.error);
        g_assert_no_error(outcome.error);
        if (seed) {
                g_autoptr(Index) index_of_seed = index_load(seed_index, &outcome.error);
                g_assert_no_error(outcome.error);
                assembly_use_seed(assembly, seed, index_of_seed, SEED_CLONE, &outcome.error);
                g_assert_no_error(outcome.error);
                assembly_use_seed(assembly, seed, index_of_seed, SEED_COPY, &outcome.error);
                g_assert_no_error(outcome.error);
        }
        const Index *indexes[] = {index};
        AssemblySource source = {.remote = remote,
                                 .pack_path = scratch_pack_path,
                                 .delta_path = scratch_delta_path,
                                 .locator = world->locator2,
                                 .blobs = {indexes, 1}};
        g_autoptr(AssemblyPlan) plan = assembly_plan(assembly, &source, &outcome.error);
        if (plan && assembly_fetch(assembly, plan, &outcome.error))
                assembly_finish(assembly, &outcome.error);
        outcome.stats = assembly_stats(assembly);
        return outcome;
}

static void assert_is_v2(World *world)
{
        g_autofree char *wanted = scratch_sha256(world->v2);
        g_autofree char *got = scratch_sha256(world->out);
        g_assert_cmpstr(got, ==, wanted);
        g_autoptr(Index) index = index_load(world->i2, NULL);
        bool complete = false;
        g_assert_true(target_is_complete(index, world->out, &complete, NULL));
        g_assert_true(complete);
}

static void a_new_version_adds_only_what_changed(World *world, const void *unused)
{
        g_assert_cmpuint(world->stats1.blob_bytes, ==, IMAGE_BYTES);
        g_assert_cmpuint(world->stats2.new_bytes, >=, 1 << 20);
        g_assert_cmpuint(world->stats2.new_bytes, <, 2 << 20);
        g_assert_cmpuint(world->stats1.new_bytes, <=,
                         (12 << 20) + (1 << 20)); /* the repeated MiB is stored once, except its edges */
}

static void packs_alone_make_the_image(World *world, const void *unused)
{
        Outcome outcome = assemble(world, NULL, NULL);
        g_assert_no_error(outcome.error);
        assert_is_v2(world);
        g_assert_cmpuint(outcome.stats.fetched_bytes, ==, outcome.stats.data_bytes);
        struct stat st;
        g_assert_cmpint(stat(world->out, &st), ==, 0);
        g_assert_cmpuint((uint64_t)st.st_blocks * 512, <, 14 << 20); /* sparse */
}

static void a_seed_leaves_only_what_changed_to_fetch(World *world, const void *unused)
{
        Outcome outcome = assemble(world, world->v1, world->i1);
        g_assert_no_error(outcome.error);
        assert_is_v2(world);
        g_assert_cmpuint(outcome.stats.fetched_bytes, ==, world->stats2.new_bytes);
        g_assert_cmpuint(outcome.stats.seed_bytes + outcome.stats.fetched_bytes, ==,
                         outcome.stats.data_bytes);
}

static void a_seed_that_lies_only_serves_less(World *world, const void *unused)
{
        /* The index is of version 1, but the file is another, shorter file. */
        g_autofree uint8_t *noise = scratch_bytes(99, 8 << 20);
        scratch_write(world->v1, noise, 8 << 20);
        Outcome outcome = assemble(world, world->v1, world->i1);
        g_assert_no_error(outcome.error);
        assert_is_v2(world);
        g_assert_cmpuint(outcome.stats.seed_bytes, ==, 0);
}

static void what_an_earlier_call_left_is_kept_and_what_is_wrong_in_it_is_not(World *world, const void *unused)
{
        /* A partial file: version 2's first half, then noise where data and where zeros belong, then too
         * long. */
        g_autofree char *bytes = NULL;
        gsize size = 0;
        g_assert_true(g_file_get_contents(world->v2, &bytes, &size, NULL));
        g_autofree uint8_t *noise = scratch_bytes(98, IMAGE_BYTES + 4096);
        memcpy(noise, bytes, IMAGE_BYTES / 2);
        scratch_write(world->out, noise, IMAGE_BYTES + 4096);
        Outcome outcome = assemble(world, NULL, NULL);
        g_assert_no_error(outcome.error);
        assert_is_v2(world);
        g_assert_cmpuint(outcome.stats.present_bytes, >, 5 << 20);
        g_assert_cmpuint(outcome.stats.present_bytes + outcome.stats.fetched_bytes, ==,
                         outcome.stats.data_bytes);
}

static void damage_packs(World *world)
{
        g_autofree char *packs = g_build_filename(world->depot, "packs", NULL);
        g_autoptr(GDir) directory = g_dir_open(packs, 0, NULL);
        for (const char *name = g_dir_read_name(directory); name; name = g_dir_read_name(directory)) {
                g_autofree char *path = g_build_filename(packs, name, NULL);
                g_autofd fd = open(path, O_RDWR | O_CLOEXEC);
                g_assert_cmpint(pwrite(fd, "damage", 6, 500000), ==, 6);
        }
}

static void a_damaged_pack_is_named_and_all_else_is_kept(World *world, const void *unused)
{
        damage_packs(world);
        Outcome outcome = assemble(world, NULL, NULL);
        g_assert_true(error_is(outcome.error, LAUTTA_ERROR_CORRUPT));
        g_assert_nonnull(strstr(outcome.error->message, "pack "));
        g_clear_error(&outcome.error);
        g_assert_cmpuint(outcome.stats.fetched_bytes, >, outcome.stats.data_bytes * 8 / 10);
        /* With version 1 as a seed and a whole depot, the rest follows. */
        outcome = assemble(world, world->v2, world->i2);
        g_assert_no_error(outcome.error);
        g_assert_cmpuint(outcome.stats.present_bytes, >, outcome.stats.data_bytes * 8 / 10);
        assert_is_v2(world);
}

static void a_locator_of_another_version_is_refused(World *world, const void *unused)
{
        locator_free(world->locator2);
        world->locator2 = g_steal_pointer(&world->locator1);
        Outcome outcome = assemble(world, NULL, NULL);
        g_assert_true(error_is(outcome.error, LAUTTA_ERROR_CORRUPT));
        g_clear_error(&outcome.error);
}

static void a_locator_survives_being_stored_and_no_damage_to_it_is_believed(World *world, const void *unused)
{
        g_autoptr(GBytes) bytes = locator_serialize(world->locator2);
        g_autoptr(Index) index = index_load(world->i2, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Locator) again = locator_parse(bytes, index_count(index), "l", &error);
        g_assert_no_error(error);
        size_t count = 0, count_again = 0;
        const ChunkPlace *places = locator_places(world->locator2, index, &count);
        const ChunkPlace *places_again = locator_places(again, index, &count_again);
        g_assert_cmpuint(count, ==, count_again);
        g_assert_cmpint(memcmp(places, places_again, count * sizeof *places), ==, 0);
        g_assert_null(locator_parse(bytes, count - 1, "l", NULL)); /* more chunks than the index has */
        gsize size = 0;
        const uint8_t *data = g_bytes_get_data(bytes, &size);
        for (gsize cut = 0; cut < size; cut += 7) {
                g_autoptr(GBytes) torn = g_bytes_new(data, cut);
                g_assert_null(locator_parse(torn, index_count(index), "l", NULL));
        }
}

static void a_lost_chunk_list_is_made_anew_from_its_pack(World *world, const void *unused)
{
        g_autofree char *packs = g_build_filename(world->depot, "packs", NULL);
        g_autofree char *lists = g_build_filename(world->depot, "lists", NULL);
        g_autoptr(Catalog) before = catalog_load(&(CatalogSource){.packs = packs, .lists = lists}, NULL);
        g_assert_true(directory_remove(lists, NULL) && directory_make(lists, 0755, NULL));
        g_autoptr(GError) error = NULL;
        g_autoptr(Catalog) after = catalog_load(&(CatalogSource){.packs = packs, .lists = lists}, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(catalog_count(after), ==, catalog_count(before));
        g_assert_cmpuint(catalog_count(after), >, 100);
}

#define ADD(name) g_test_add("/assembly/" #name, World, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD(a_new_version_adds_only_what_changed);
        ADD(packs_alone_make_the_image);
        ADD(a_seed_leaves_only_what_changed_to_fetch);
        ADD(a_seed_that_lies_only_serves_less);
        ADD(what_an_earlier_call_left_is_kept_and_what_is_wrong_in_it_is_not);
        ADD(a_damaged_pack_is_named_and_all_else_is_kept);
        ADD(a_locator_of_another_version_is_refused);
        ADD(a_locator_survives_being_stored_and_no_damage_to_it_is_believed);
        ADD(a_lost_chunk_list_is_made_anew_from_its_pack);
        return g_test_run();
}
