/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An assembly with honest and false deltas: two versions of an image in packs, and a delta made by hand. */
#include "assembly.h"
#include "errors.h"
#include "scratch.h"
#include "target.h"

enum { KIB = 1024, MIB = 1024 * 1024 };

enum { IMAGE_BYTES = 12 * MIB };

typedef struct {
        char *directory, *depot, *v1, *v2, *i1, *i2, *out;
        Index *index1, *index2;
        Locator *locator;
        GByteArray *table, *file;
        DeltaSeed seed;        /* version 1 */
        const Index *blobs[1]; /* of version 2 */
} Site;

static char *in(const Site *site, const char *name)
{
        return g_build_filename(site->directory, name, NULL);
}

static void set_up(Site *site, const void *unused)
{
        site->directory = directory_make_temporary(NULL);
        site->depot = in(site, "depot");
        site->v1 = in(site, "v1");
        site->v2 = in(site, "v2");
        site->i1 = in(site, "v1.caibx");
        site->i2 = in(site, "v2.caibx");
        site->out = in(site, "out");
        g_autofree uint8_t *image = scratch_bytes(20, IMAGE_BYTES);
        scratch_write(site->v1, image, IMAGE_BYTES);
        for (size_t at = 0; at < 8 * MIB; at += 16 * KIB)
                image[at] ^= 0x80; /* each chunk of the first 8 MiB changes */
        scratch_write(site->v2, image, IMAGE_BYTES);
        Locator *first = NULL;
        scratch_publish(site->depot, site->v1, site->i1, &first);
        locator_free(first);
        scratch_publish(site->depot, site->v2, site->i2, &site->locator);
        site->index1 = index_load(site->i1, NULL);
        site->index2 = index_load(site->i2, NULL);
        site->table = g_byte_array_new();
        site->file = g_byte_array_new();
}

static void tear_down(Site *site, const void *unused)
{
        directory_remove(site->directory, NULL);
        locator_free(site->locator);
        index_free(site->index1);
        index_free(site->index2);
        g_byte_array_unref(site->table);
        g_byte_array_unref(site->file);
        char *all[] = {site->directory, site->depot, site->v1, site->v2, site->i1, site->i2, site->out};
        for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
                g_free(all[i]);
}

static uint8_t *read_run(const char *path, const Index *index, const DeltaRun *run, size_t *size)
{
        uint64_t begin = index_offset(index, run->first);
        *size = index_offset(index, run->first + run->count) - begin;
        uint8_t *bytes = g_malloc(*size + 1);
        g_autofd fd = open(path, O_RDONLY | O_CLOEXEC);
        g_assert_true(fd_read_exactly(fd, bytes, *size, begin, path, NULL));
        return bytes;
}

/* Returns the run of the chunks that begin in [begin, end). */
static DeltaRun run_at(const Index *index, uint64_t begin, uint64_t end)
{
        DeltaRun run = {0};
        for (uint32_t i = 0; i < index_count(index); i++) {
                if (index_offset(index, i) < begin)
                        run.first = i + 1;
                else
                        run.count += index_offset(index, i) < end;
        }
        return run;
}

/* Add a window that claims to bring `claimed`, but brings `brought`. */
static void add_window(Site *site, DeltaRun claimed, DeltaRun brought, DeltaRun prefix)
{
        size_t content_bytes = 0, prefix_bytes = 0, frame_bytes = 0;
        g_autofree uint8_t *content = read_run(site->v2, site->index2, &brought, &content_bytes);
        g_autofree uint8_t *before = read_run(site->v1, site->index1, &prefix, &prefix_bytes);
        g_autofree uint8_t *frame =
                scratch_window(content, content_bytes, before, prefix_bytes, &frame_bytes);
        g_byte_array_append(site->file, frame, (guint)frame_bytes);
        g_autoptr(GArray) contents = g_array_new(false, false, sizeof(DeltaRun));
        g_autoptr(GArray) prefixes = g_array_new(false, false, sizeof(DeltaRun));
        g_array_append_val(contents, claimed);
        g_array_append_val(prefixes, prefix);
        delta_put_window(site->table, (uint32_t)frame_bytes, contents, prefixes);
}

/* Add an honest window, of the chunks that begin in [begin, end). */
static void add_honest_window(Site *site, uint64_t begin, uint64_t end)
{
        DeltaRun content = run_at(site->index2, begin, end);
        add_window(site, content, content, run_at(site->index1, begin, end));
}

static void place_delta(Site *site)
{
        g_autofree char *name =
                g_compute_checksum_for_data(G_CHECKSUM_SHA256, site->file->data, site->file->len);
        g_autofree char *path = g_strdup_printf("%s/deltas/%s.delta", site->depot, name);
        g_autofree char *directory = g_path_get_dirname(path);
        g_assert_true(directory_make(directory, 0755, NULL));
        scratch_write(path, site->file->data, site->file->len);
        g_autoptr(GBytes) table = g_bytes_new(site->table->data, site->table->len);
        LocatorDelta delta = {.name = name, .bytes = site->file->len, .source_count = 1, .table = table};
        index_digest(site->index1, delta.sources[0]);
        locator_add_delta(site->locator, &delta);
}

typedef struct {
        AssemblyStats stats;
        AssemblyCost cost;
        char *note;
        size_t lost;
} Outcome;

static Outcome tell(Assembly *assembly, const AssemblyPlan *plan)
{
        Outcome outcome = {.stats = assembly_stats(assembly), .cost = *assembly_plan_cost(plan)};
        outcome.note = g_strdup(assembly_note(assembly, &outcome.lost));
        return outcome;
}

/* Plan to make version 2 from version 1, by the locator. Returns: owned. */
static AssemblyPlan *plan_update(Site *site, Assembly *assembly, Remote *remote)
{
        g_autoptr(GError) error = NULL;
        site->seed = (DeltaSeed){.path = site->v1, .index = site->index1};
        index_digest(site->index1, site->seed.digest);
        site->blobs[0] = site->index2;
        AssemblySource source = {.remote = remote,
                                 .pack_path = scratch_pack_path,
                                 .delta_path = scratch_delta_path,
                                 .locator = site->locator,
                                 .blobs = {site->blobs, 1},
                                 .seeds = &site->seed,
                                 .seed_count = 1};
        g_assert_true(assembly_add_target(assembly, site->index2, site->out, NULL));
        g_assert_true(assembly_use_seed(assembly, site->v1, site->index1, SEED_COPY, NULL));
        AssemblyPlan *plan = assembly_plan(assembly, &source, &error);
        g_assert_no_error(error);
        return plan;
}

/* Make version 2 from version 1, by the locator, and check it. */
static Outcome assemble(Site *site)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(Remote) remote = remote_open(site->depot, NULL, NULL);
        g_autoptr(Assembly) assembly = assembly_new(ASSEMBLY_WRITE, NULL);
        g_autoptr(AssemblyPlan) plan = plan_update(site, assembly, remote);
        assembly_fetch(assembly, plan, &error);
        g_assert_no_error(error);
        g_assert_true(assembly_finish(assembly, &error));
        bool complete = false;
        g_assert_true(target_is_complete(site->index2, site->out, &complete, NULL) && complete);
        return tell(assembly, plan);
}

static void a_delta_serves_where_it_is_less(Site *site, const void *unused)
{
        add_honest_window(site, 0, 4 * MIB);
        add_honest_window(site, 4 * MIB, 8 * MIB);
        place_delta(site);
        Outcome outcome = assemble(site);
        g_assert_cmpuint(outcome.stats.delta_bytes, >=, 8 * MIB);
        g_assert_cmpuint(outcome.stats.fetched_bytes, ==, 0);
        g_assert_cmpuint(outcome.cost.requests, ==, 1);
        g_assert_cmpuint(outcome.cost.delta_bytes, ==, site->file->len);
        g_assert_cmpuint(outcome.cost.content_by_delta, ==, outcome.stats.delta_bytes);
        g_assert_null(outcome.note);
}

static void a_delta_that_is_more_than_packs_is_left_alone(Site *site, const void *unused)
{
        DeltaRun content = run_at(site->index2, 0, 4 * MIB);
        add_window(site, content, content, run_at(site->index1, 9 * MIB, 10 * MIB));
        place_delta(site);
        Outcome outcome = assemble(site);
        g_assert_cmpuint(outcome.stats.delta_bytes, ==, 0);
        g_assert_cmpuint(outcome.cost.delta_bytes, ==, 0);
        g_assert_null(outcome.note);
}

static void windows_that_bring_the_same_are_asked_for_once(Site *site, const void *unused)
{
        add_honest_window(site, 0, 4 * MIB);
        size_t once = site->file->len;
        add_honest_window(site, 0, 4 * MIB);
        add_honest_window(site, 2 * MIB, 4 * MIB);
        place_delta(site);
        Outcome outcome = assemble(site);
        g_assert_cmpuint(outcome.cost.delta_bytes, ==, once);
        g_assert_cmpuint(outcome.stats.delta_bytes, >=, 4 * MIB);
        g_assert_cmpuint(outcome.stats.fetched_bytes, >=, 3 * MIB);
        g_assert_null(outcome.note);
}

static void a_window_that_brings_others_than_it_claims_is_made_up_for_by_packs(Site *site, const void *unused)
{
        DeltaRun all = run_at(site->index2, 0, 8 * MIB);
        DeltaRun claimed = {0, all.first + 1, 20}, brought = claimed;
        size_t bytes = 0, wanted = index_offset(site->index2, 21) - index_offset(site->index2, 1);
        for (brought.first++; brought.first + brought.count < all.count; brought.first++) {
                g_free(read_run(site->v2, site->index2, &brought, &bytes));
                if (bytes == wanted)
                        break;
        }
        add_window(site, claimed, brought, run_at(site->index1, 0, 8 * MIB));
        place_delta(site);
        Outcome outcome = assemble(site);
        g_assert_nonnull(outcome.note);
        g_assert_cmpuint(outcome.lost, ==, 1);
        g_assert_cmpuint(outcome.stats.delta_bytes, <, wanted);
        g_free(outcome.note);
}

static void a_table_that_does_not_fit_loses_the_delta(Site *site, const void *unused)
{
        add_honest_window(site, 0, 4 * MIB);
        g_byte_array_append(site->table, (const guint8 *)"x", 1);
        place_delta(site);
        Outcome outcome = assemble(site);
        g_assert_nonnull(strstr(outcome.note, "does not fit"));
        g_assert_cmpuint(outcome.lost, ==, 0);
        g_assert_cmpuint(outcome.stats.delta_bytes, ==, 0);
        g_free(outcome.note);
}

static void a_plan_writes_nothing_and_comes_true(Site *site, const void *unused)
{
        add_honest_window(site, 0, 4 * MIB);
        place_delta(site);
        g_autoptr(Remote) remote = remote_open(site->depot, NULL, NULL);
        g_autoptr(Assembly) assembly = assembly_new(ASSEMBLY_LOOK, NULL);
        g_autoptr(AssemblyPlan) plan = plan_update(site, assembly, remote);
        AssemblyCost cost = *assembly_plan_cost(plan);
        g_assert_false(g_file_test(site->out, G_FILE_TEST_EXISTS));
        g_assert_cmpuint(remote_stats(remote).requests, ==, 0);
        Outcome outcome = assemble(site);
        g_assert_cmpint(memcmp(&cost, &outcome.cost, sizeof cost), ==, 0);
        g_assert_cmpuint(outcome.stats.delta_bytes, ==, cost.content_by_delta);
        g_assert_cmpuint(outcome.stats.fetched_bytes, ==, cost.content_by_packs);
}

#define ADD(name) g_test_add("/assembly-delta/" #name, Site, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD(a_delta_serves_where_it_is_less);
        ADD(a_delta_that_is_more_than_packs_is_left_alone);
        ADD(windows_that_bring_the_same_are_asked_for_once);
        ADD(a_window_that_brings_others_than_it_claims_is_made_up_for_by_packs);
        ADD(a_table_that_does_not_fit_loses_the_delta);
        ADD(a_plan_writes_nothing_and_comes_true);
        return g_test_run();
}
