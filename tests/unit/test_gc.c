/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collections remove all that no version needs, and nothing else. The library publishes, removes and collects
 * at random, without apt-ftparchive, which takes most of the time of a real publication;
 * tests/functional/gc.sh covers it. GC_SEED and GC_ROUNDS in the environment choose another run. */
#include <stdlib.h>

#include "framefetch.h"
#include "gc_private.h"
#include "layout.h"
#include "repository_private.h"
#include "scratch.h"

enum { PALETTE = 60, PIECE_BYTES = 24 * 1024, VERSIONS_MAX = 12, ROUNDS = 500 };
static const char *const services[] = {"files", "print", "web"};

typedef struct {
        char *depot;
        Repository *repository;
        GRand *random;
        unsigned next_version;
} World;

static World *world_new(const char *depot, uint32_t seed)
{
        World *world = g_new0(World, 1);
        world->depot = g_strdup(depot);
        world->random = g_rand_new_with_seed(seed);
        world->repository = repository_new(depot);
        world->repository->lock = open("/dev/null", O_RDWR | O_CLOEXEC);
        world->repository->entries = packages_new();
        static const char *const directories[] = {"packs",   "locators",       "deltas",
                                                  "indexes", ".lautta/chunks", ".lautta/tmp"};
        for (size_t i = 0; i < G_N_ELEMENTS(directories); i++) {
                g_autofree char *path = g_build_filename(depot, directories[i], NULL);
                g_assert_true(directory_make(path, 0755, NULL));
        }
        world->repository->tree = tree_open(depot, NULL);
        return world;
}

static void world_free(World *world)
{
        repository_free(world->repository);
        g_rand_free(world->random);
        g_free(world->depot);
        g_free(world);
}

static uint32_t below(World *world, uint32_t end)
{
        return (uint32_t)g_rand_int_range(world->random, 0, (gint32)end);
}

static char *index_path(const char *depot, const PackageEntry *entry, Blob blob)
{
        return g_strdup_printf("%s/indexes/%s_%s.%s", depot, entry->service, entry->version, blob_name(blob));
}

/* The replacement of a service package in this test. */
static bool load(const char *depot, const PackageEntry *entry, Version *version, GError **error)
{
        version->entry = entry;
        for (Blob blob = 0; blob < BLOB_COUNT; blob++) {
                g_autofree char *path = index_path(depot, entry, blob);
                if (!g_file_test(path, G_FILE_TEST_EXISTS))
                        continue;
                version->indexes[blob] = index_load(path, error);
                if (!version->indexes[blob])
                        return false;
                version->blobs[version->blob_count++] = version->indexes[blob];
        }
        return true;
}

static bool load_for_gc(const GcPlan *plan, const PackageEntry *entry, Version *version, GError **error)
{
        return load(repository_path(plan->repository), entry, version, error);
}

/* Make an image of holes and pieces of a palette, so that versions share much. */
static void write_blob(World *world, const char *path)
{
        g_autofd fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        uint64_t at = 0;
        for (uint32_t count = 1 + below(world, 12), i = 0; i < count; i++, at += PIECE_BYTES) {
                if (below(world, 10) == 0)
                        at += CHUNK_ZERO_RUN_MIN_BYTES * 2;
                g_autofree uint8_t *piece = scratch_bytes(1 + below(world, PALETTE), PIECE_BYTES);
                g_assert_true(fd_write_exactly(fd, piece, PIECE_BYTES, at, path, NULL));
        }
}

static void ingest(World *world, const PackageEntry *entry, Catalog *catalog, PackWriter *writer,
                   Locator *locator)
{
        static const unsigned chances[BLOB_COUNT] = {1, 2, 3};
        g_autoptr(GError) error = NULL;
        for (Blob blob = 0; blob < BLOB_COUNT; blob++) {
                if (below(world, chances[blob]) != 0)
                        continue;
                g_autofree char *path = g_build_filename(world->depot, "blob", NULL);
                g_autofree char *index = index_path(world->depot, entry, blob);
                IngestStats stats = {0};
                write_blob(world, path);
                ingest_blob(path, catalog, writer, index, &stats, NULL, &error);
                g_assert_no_error(error);
        }
        const GPtrArray *files = pack_writer_finish(writer, &error);
        g_assert_no_error(error);
        for (guint i = 0; i < files->len; i++) {
                const PackFile *file = g_ptr_array_index(files, i);
                g_autofree char *pack = g_strdup_printf("%s/packs/%s.pack", world->depot, file->name);
                g_autofree char *list =
                        g_strdup_printf("%s/.lautta/chunks/%s.chunks", world->depot, file->name);
                g_assert_cmpint(g_rename(file->path, pack), ==, 0);
                g_assert_cmpint(g_rename(file->list_path, list), ==, 0);
        }
        g_auto(Version) version = {0};
        g_assert_true(load(world->depot, entry, &version, NULL));
        for (size_t b = 0; b < version.blob_count; b++)
                g_assert_true(locator_add_blob(locator, version.blobs[b], catalog, NULL));
}

/* Make a delta of noise: gc looks only at the names, sizes and sources of deltas. */
static void add_delta(World *world, const PackageEntry *source, Locator *locator)
{
        g_auto(Version) version = {0};
        g_assert_true(load(world->depot, source, &version, NULL));
        uint32_t salt = g_rand_int(world->random);
        g_autofree char *name =
                g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)&salt, sizeof salt);
        g_autofree char *path = g_strdup_printf("%s/deltas/%s.delta", world->depot, name);
        scratch_write(path, (const uint8_t *)&salt, sizeof salt);
        g_autoptr(GBytes) table = g_bytes_new(&salt, sizeof salt);
        LocatorDelta delta = {
                .name = name, .bytes = sizeof salt, .source_count = version.blob_count, .table = table};
        for (size_t b = 0; b < version.blob_count; b++)
                index_digest(version.blobs[b], delta.sources[b]);
        locator_add_delta(locator, &delta);
}

static void write_locator(World *world, const PackageEntry *entry, const Locator *locator)
{
        g_autofree char *inside = layout_locator_path(entry->service, entry->version, entry->architecture);
        g_autofree char *path = g_build_filename(world->depot, inside, NULL);
        g_autoptr(GBytes) bytes = locator_serialize(locator);
        scratch_write(path, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

static void publish(World *world)
{
        g_autofree char *packs = g_build_filename(world->depot, "packs", NULL);
        g_autofree char *lists = g_build_filename(world->depot, ".lautta/chunks", NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Catalog) catalog = catalog_load(&(CatalogSource){.packs = packs, .lists = lists}, &error);
        g_assert_no_error(error);
        g_autoptr(PackWriter) writer = pack_writer_new(world->repository->tmp, catalog);
        g_autoptr(Locator) locator = locator_new();
        GPtrArray *entries = world->repository->entries;
        PackageEntry *entry = g_new0(PackageEntry, 1);
        entry->service = g_strdup(services[below(world, G_N_ELEMENTS(services))]);
        entry->version = g_strdup_printf("1.%u", world->next_version++);
        entry->architecture = g_strdup("amd64");
        ingest(world, entry, catalog, writer, locator);
        for (uint32_t i = 0; entries->len > 0 && i < below(world, 4); i++)
                add_delta(world, g_ptr_array_index(entries, below(world, entries->len)), locator);
        write_locator(world, entry, locator);
        g_ptr_array_add(entries, entry);
        g_ptr_array_sort(entries, package_entry_compare);
}

/* As `lautta remove`: remove the locator with the package. Leftovers as of a kill may stay. */
static void remove_one(World *world)
{
        GPtrArray *entries = world->repository->entries;
        guint i = below(world, entries->len);
        const PackageEntry *entry = g_ptr_array_index(entries, i);
        g_autofree char *locator = layout_locator_path(entry->service, entry->version, entry->architecture);
        g_autofree char *path = g_build_filename(world->depot, locator, NULL);
        if (below(world, 5) != 0)
                g_assert_cmpint(g_remove(path), ==, 0);
        for (Blob blob = 0; blob < BLOB_COUNT; blob++) {
                g_autofree char *index = index_path(world->depot, entry, blob);
                g_remove(index);
        }
        g_ptr_array_remove_index(entries, i);
}

/* --- invariants --- */

static bool good_frame(void *user, const FrameWanted *wanted, const uint8_t *content, GError **error)
{
        g_atomic_int_inc((int *)user);
        return true;
}

static void bad_frame(void *user, const FrameWanted *wanted, const GError *why)
{
        g_error("a chunk is lost: %s", why->message);
}

static void check_version(World *world, Remote *remote, const PackageEntry *entry)
{
        g_autoptr(GError) error = NULL;
        g_auto(Version) version = {0};
        g_assert_true(load(world->depot, entry, &version, NULL));
        version_load_locator(remote, &version, &error);
        g_assert_no_error(error);
        g_autoptr(GArray) wanted = g_array_new(false, false, sizeof(FrameWanted));
        for (size_t b = 0; b < version.blob_count; b++) {
                size_t count = 0, next = 0;
                const Index *index = version.blobs[b];
                const ChunkPlace *places = locator_places(version.locator, index, &count);
                for (size_t i = 0; i < index_count(index); i++) {
                        if (index_is_zero(index, i))
                                continue;
                        FrameWanted frame = {index_id(index, i), places[next++], index_length(index, i), 0};
                        g_array_append_val(wanted, frame);
                }
                g_assert_cmpuint(next, ==, count);
        }
        g_autofree FramePack *packs = g_new0(FramePack, locator_pack_count(version.locator) + 1);
        for (size_t i = 0; i < locator_pack_count(version.locator); i++)
                packs[i] = (FramePack){locator_pack_name(version.locator, i),
                                       locator_pack_bytes(version.locator, i)};
        int good = 0;
        FrameFetch fetch = {.packs = packs,
                            .pack_count = locator_pack_count(version.locator),
                            .pack_path = layout_pack_path,
                            .good = good_frame,
                            .bad = bad_frame,
                            .user = &good};
        framefetch_run(&fetch, remote, (FrameWanted *)wanted->data, wanted->len, &error);
        g_assert_no_error(error);
        g_assert_cmpint(good, >, 0);
}

static void check_all(World *world)
{
        g_autoptr(Remote) remote = remote_open(world->depot, NULL, NULL);
        const GPtrArray *entries = world->repository->entries;
        for (guint i = 0; i < entries->len; i++)
                check_version(world, remote, g_ptr_array_index(entries, i));
}

static guint count_files(World *world, const char *inside)
{
        g_autofree char *path = g_build_filename(world->depot, inside, NULL);
        g_autoptr(GDir) files = g_dir_open(path, 0, NULL);
        guint count = 0;
        while (files && g_dir_read_name(files))
                count++;
        return count;
}

static GcPlan *plan_gc(World *world, unsigned threshold)
{
        g_autoptr(GError) error = NULL;
        GcPlan *plan = gc_plan_with(world->repository, threshold, load_for_gc, NULL, &error);
        g_assert_no_error(error);
        return plan;
}

/* True if the source of the delta is published. */
static bool leads_from_published(World *world, const LocatorDelta *delta)
{
        const GPtrArray *entries = world->repository->entries;
        for (guint i = 0; i < entries->len; i++) {
                g_auto(Version) version = {0};
                g_assert_true(load(world->depot, g_ptr_array_index(entries, i), &version, NULL));
                size_t same = 0;
                for (; same < version.blob_count && version.blob_count == delta->source_count; same++) {
                        uint8_t digest[DIGEST_BYTES];
                        index_digest(version.blobs[same], digest);
                        if (memcmp(digest, delta->sources[same], sizeof digest) != 0)
                                break;
                }
                if (same == delta->source_count)
                        return true;
        }
        return false;
}

/* Count the deltas that locators name, and those of them whose source is published. */
static void count_deltas(World *world, guint *named, guint *useful)
{
        g_autoptr(Remote) remote = remote_open(world->depot, NULL, NULL);
        const GPtrArray *entries = world->repository->entries;
        *named = *useful = 0;
        for (guint i = 0; i < entries->len; i++) {
                g_auto(Version) version = {0};
                g_assert_true(load(world->depot, g_ptr_array_index(entries, i), &version, NULL));
                if (!version_load_locator(remote, &version, NULL))
                        continue;
                *named += (guint)locator_delta_count(version.locator);
                for (size_t k = 0; k < locator_delta_count(version.locator); k++)
                        *useful += leads_from_published(world, locator_delta(version.locator, k));
        }
}

static void collect(World *world, unsigned threshold)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GcPlan) plan = plan_gc(world, threshold);
        guint named = 0, useful = 0, useful_before = 0;
        count_deltas(world, &named, &useful_before);
        gc_run(plan, NULL, &error);
        g_assert_no_error(error);
        /* The remaining bytes are little more than the needed bytes. */
        g_autoptr(GcPlan) after = plan_gc(world, threshold);
        const GcSummary *summary = gc_plan_summary(after);
        g_assert_true(gc_plan_is_empty(after));
        g_assert_cmpuint(summary->dead_bytes * 100, <=, summary->pack_bytes * threshold);
        g_assert_cmpuint(count_files(world, "packs"), ==, summary->packs);
        g_assert_cmpuint(count_files(world, ".lautta/chunks"), ==, summary->packs);
        g_assert_cmpuint(count_files(world, "locators"), ==, world->repository->entries->len);
        g_assert_cmpuint(count_files(world, ".lautta/tmp"), ==, 0);
        count_deltas(world, &named, &useful);
        g_assert_cmpuint(useful, ==, useful_before);
        g_assert_cmpuint(named, ==, useful);
        g_assert_cmpuint(count_files(world, "deltas"), ==, useful);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
        const char *text = g_getenv(name);
        return text ? strtoull(text, NULL, 10) : otherwise;
}

static void nothing_is_lost_in_hundreds_of_random_rounds(void)
{
        g_autotempdir depot = directory_make_temporary(NULL);
        uint64_t seed = from_environment("GC_SEED", 1), rounds = from_environment("GC_ROUNDS", ROUNDS);
        g_test_message("GC_SEED=%d GC_ROUNDS=%d", (int)seed, (int)rounds);
        World *world = world_new(depot, (uint32_t)seed);
        for (uint64_t round = 0; round < rounds; round++) {
                guint count = world->repository->entries->len;
                uint32_t dice = below(world, 10);
                if (count == 0 || (dice < 5 && count < VERSIONS_MAX))
                        publish(world);
                else if (dice < 8)
                        remove_one(world);
                else
                        collect(world, below(world, 3) ? GC_THRESHOLD_PERCENT : below(world, 101));
                check_all(world);
        }
        while (world->repository->entries->len > 0)
                remove_one(world);
        collect(world, 100);
        g_assert_cmpuint(count_files(world, "packs") + count_files(world, "deltas"), ==, 0);
        world_free(world);
}

static void a_locator_that_is_away_is_made_anew(void)
{
        g_autotempdir depot = directory_make_temporary(NULL);
        World *world = world_new(depot, 5);
        publish(world);
        const PackageEntry *entry = g_ptr_array_index(world->repository->entries, 0);
        g_autofree char *locator = layout_locator_path(entry->service, entry->version, entry->architecture);
        g_autofree char *path = g_build_filename(depot, locator, NULL);
        g_assert_cmpint(g_remove(path), ==, 0);
        collect(world, 25);
        check_all(world);
        world_free(world);
}

/* Make a damaged pack under another name, with the chunk list of the good pack. */
static void the_copy_that_readers_know_stays(void)
{
        g_autotempdir depot = directory_make_temporary(NULL);
        World *world = world_new(depot, 6);
        publish(world);
        g_autofree char *packs = g_build_filename(depot, "packs", NULL);
        g_autoptr(GDir) files = g_dir_open(packs, 0, NULL);
        g_autofree char *name = g_strndup(g_dir_read_name(files), DIGEST_HEX_CHARS);
        g_autofree char *zeros = g_strnfill(DIGEST_HEX_CHARS, '0');
        static const char *const forms[] = {"%s/packs/%s.pack", "%s/.lautta/chunks/%s.chunks"};
        for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
                g_autofree char *from = g_strdup_printf(forms[i], depot, name);
                g_autofree char *to = g_strdup_printf(forms[i], depot, zeros);
                g_autofree char *bytes = NULL;
                gsize size = 0;
                g_assert_true(g_file_get_contents(from, &bytes, &size, NULL));
                bytes[size / 2] = (char)(bytes[size / 2] ^ (i == 0));
                scratch_write(to, (const uint8_t *)bytes, size);
        }
        g_autoptr(GcPlan) plan = plan_gc(world, 25);
        g_assert_cmpuint(gc_plan_summary(plan)->removed_packs, ==, 1);
        g_assert_true(g_hash_table_contains(plan->gone, zeros));
        collect(world, 25);
        check_all(world);
        world_free(world);
}

static void a_pack_is_compacted_when_more_of_it_is_dead_than_allowed(void)
{
        static const struct {
                PackUse use;
                unsigned threshold;
                PackFate fate;
        } cases[] = {
                {{100, 100}, 25, PACK_STAYS},    {{100, 75}, 25, PACK_STAYS},
                {{100, 74}, 25, PACK_COMPACTED}, {{100, 0}, 25, PACK_REMOVED},
                {{100, 0}, 100, PACK_REMOVED},   {{100, 1}, 100, PACK_STAYS},
                {{100, 99}, 0, PACK_COMPACTED},  {{100, 100}, 0, PACK_STAYS},
                {{0, 0}, 25, PACK_REMOVED},      {{PACK_MAX_BYTES, 1}, 99, PACK_COMPACTED},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
                g_assert_cmpint(gc_pack_fate(cases[i].use, cases[i].threshold), ==, cases[i].fate);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/gc/a_pack_is_compacted_when_more_of_it_is_dead_than_allowed",
                        a_pack_is_compacted_when_more_of_it_is_dead_than_allowed);
        g_test_add_func("/gc/a_locator_that_is_away_is_made_anew", a_locator_that_is_away_is_made_anew);
        g_test_add_func("/gc/the_copy_that_readers_know_stays", the_copy_that_readers_know_stays);
        g_test_add_func("/gc/nothing_is_lost_in_hundreds_of_random_rounds",
                        nothing_is_lost_in_hundreds_of_random_rounds);
        return g_test_run();
}
