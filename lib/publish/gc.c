/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of gc.h that plans. */
#include "gc.h"

#include <string.h>
#include <sys/stat.h>

#include "errors.h"
#include "gc_private.h"
#include "layout.h"

enum { SPARE_BYTES = 1 << 20, CHUNK_LIST_ENTRY_BYTES = 36 };

static void version_free(void *data)
{
        GcVersion *version = data;
        g_ptr_array_unref(version->deltas);
        g_free(version);
}

void gc_plan_free(GcPlan *plan)
{
        if (!plan)
                return;
        remote_free(plan->remote);
        g_ptr_array_unref(plan->versions);
        g_hash_table_unref(plan->gone);
        g_ptr_array_unref(plan->removals);
        g_free(plan);
}

const GcSummary *gc_plan_summary(const GcPlan *plan)
{
        return &plan->summary;
}

bool gc_plan_is_empty(const GcPlan *plan)
{
        return plan->removals->len == 0 && plan->summary.locators == 0;
}

char *gc_path(const GcPlan *plan, const char *inside)
{
        return g_build_filename(repository_path(plan->repository), inside, NULL);
}

/* Add a file to the removals. Takes `path`. */
static void remove_file(GcPlan *plan, char *path)
{
        g_autofree char *full = gc_path(plan, path);
        struct stat st;
        plan->summary.removed_bytes += lstat(full, &st) == 0 ? (uint64_t)st.st_size : 0;
        g_ptr_array_add(plan->removals, path);
}

static void judge_packs(GcSurvey *survey)
{
        GcPlan *plan = survey->plan;
        GcSummary *summary = &plan->summary;
        summary->packs = catalog_pack_count(survey->catalog);
        for (uint32_t i = 0; i < summary->packs; i++) {
                PackUse use = survey->uses[i];
                PackFate fate = gc_pack_fate(use, plan->threshold_percent);
                summary->pack_bytes += use.bytes;
                summary->dead_bytes += use.bytes - use.live_bytes;
                if (fate == PACK_STAYS)
                        continue;
                summary->removed_packs += fate == PACK_REMOVED;
                summary->compacted_packs += fate == PACK_COMPACTED;
                summary->copied_bytes += use.live_bytes;
                plan->copied_chunks += survey->counts[i];
                const char *name = catalog_pack_name(survey->catalog, i);
                g_hash_table_add(plan->gone, g_strdup(name));
                remove_file(plan, layout_pack_path(name));
                remove_file(plan, layout_chunk_list_path(name));
        }
}

static bool delta_is_there(const GcPlan *plan, const GcDelta *delta)
{
        g_autofree char *inside = layout_delta_path(delta->name);
        g_autofree char *path = gc_path(plan, inside);
        struct stat st;
        return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == delta->bytes;
}

/* Decide which deltas stay, and which locators are written again. */
static void judge_versions(GcSurvey *survey)
{
        GcPlan *plan = survey->plan;
        for (guint i = 0; i < plan->versions->len; i++) {
                GcVersion *version = g_ptr_array_index(plan->versions, i);
                for (guint k = 0; k < version->deltas->len; k++) {
                        GcDelta *delta = g_ptr_array_index(version->deltas, k);
                        delta->stays = g_hash_table_contains(survey->sources, delta->sources) &&
                                       delta_is_there(plan, delta);
                        version->rewritten = version->rewritten || !delta->stays;
                        if (delta->stays)
                                g_hash_table_add(survey->named_deltas, delta->name);
                }
                GHashTableIter iter;
                void *pack = NULL;
                g_hash_table_iter_init(&iter, g_ptr_array_index(survey->needs, i));
                while (g_hash_table_iter_next(&iter, &pack, NULL)) {
                        const char *name = catalog_pack_name(survey->catalog, GPOINTER_TO_UINT(pack));
                        version->moves = version->moves || g_hash_table_contains(plan->gone, name);
                }
                version->rewritten = version->rewritten || version->moves;
                plan->summary.locators += version->rewritten;
        }
}

/* Returns: owned `file` without `ending`; NULL unless it has that ending. */
static char *stem(const char *file, const char *ending)
{
        return g_str_has_suffix(file, ending) ? g_strndup(file, strlen(file) - strlen(ending)) : NULL;
}

/* True for a regular file whose name Lautta could have given it; anything else belongs to somebody else. */
static bool is_ours(const GcPlan *plan, const char *path, const char *name)
{
        static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.~";
        g_autofree char *full = gc_path(plan, path);
        struct stat st;
        return *name != '.' && name[strspn(name, allowed)] == '\0' && lstat(full, &st) == 0 &&
               S_ISREG(st.st_mode);
}

/* Remove Lautta's files in `directory` that are not in `wanted`. */
static bool remove_unwanted(GcPlan *plan, const char *directory, const char *ending, GHashTable *wanted,
                            uint64_t *removed, GError **error)
{
        g_autofree char *path = gc_path(plan, directory);
        if (!g_file_test(path, G_FILE_TEST_IS_DIR))
                return true;
        g_autoptr(GDir) files = g_dir_open(path, 0, error);
        if (!files)
                return false;
        for (const char *file = g_dir_read_name(files); file; file = g_dir_read_name(files)) {
                g_autofree char *name = stem(file, ending);
                g_autofree char *inside = g_build_filename(directory, file, NULL);
                if (!name || g_hash_table_contains(wanted, name) || !is_ours(plan, inside, name))
                        continue;
                remove_file(plan, g_steal_pointer(&inside));
                ++*removed;
        }
        return true;
}

static GHashTable *wanted_locators(const GcPlan *plan)
{
        GHashTable *wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (guint i = 0; i < plan->versions->len; i++) {
                const PackageEntry *entry = ((GcVersion *)g_ptr_array_index(plan->versions, i))->entry;
                g_autofree char *path =
                        layout_locator_path(entry->service, entry->version, entry->architecture);
                g_autofree char *file = g_path_get_basename(path);
                g_hash_table_add(wanted, stem(file, LAYOUT_LOCATOR_ENDING));
        }
        return wanted;
}

static bool find_leftovers(GcSurvey *survey, GError **error)
{
        GcPlan *plan = survey->plan;
        GcSummary *summary = &plan->summary;
        g_autoptr(GHashTable) locators = wanted_locators(plan);
        return remove_unwanted(plan, LAYOUT_DELTAS, LAYOUT_DELTA_ENDING, survey->named_deltas,
                               &summary->removed_deltas, error) &&
               remove_unwanted(plan, LAYOUT_LOCATORS, LAYOUT_LOCATOR_ENDING, locators,
                               &summary->removed_others, error) &&
               remove_unwanted(plan, LAYOUT_CHUNK_LISTS, LAYOUT_CHUNK_LIST_ENDING, survey->named,
                               &summary->removed_others, error);
}

/* Count the bytes that are written before any file is removed: packs, their lists, and locators, which may
 * grow. */
static void count_need(GcPlan *plan)
{
        uint64_t locator_bytes = 0;
        for (guint i = 0; i < plan->versions->len; i++) {
                const GcVersion *version = g_ptr_array_index(plan->versions, i);
                const PackageEntry *entry = version->entry;
                g_autofree char *inside =
                        layout_locator_path(entry->service, entry->version, entry->architecture);
                g_autofree char *path = gc_path(plan, inside);
                struct stat st;
                if (version->rewritten && lstat(path, &st) == 0)
                        locator_bytes += (uint64_t)st.st_size;
        }
        plan->summary.needed_bytes = plan->summary.copied_bytes +
                                     plan->copied_chunks * CHUNK_LIST_ENTRY_BYTES + 2 * locator_bytes +
                                     (gc_plan_is_empty(plan) ? 0 : SPARE_BYTES);
}

GcPlan *gc_plan_with(Repository *repository, unsigned threshold_percent, GcLoad load, Progress *progress,
                     GError **error)
{
        g_autoptr(GcPlan) plan = g_new0(GcPlan, 1);
        *plan = (GcPlan){.repository = repository,
                         .load = load,
                         .threshold_percent = threshold_percent,
                         .versions = g_ptr_array_new_with_free_func(version_free),
                         .gone = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                         .removals = g_ptr_array_new_with_free_func(g_free)};
        g_auto(GcSurvey) survey = {.plan = plan};
        plan->remote = remote_open(repository_path(repository), NULL, error);
        if (!plan->remote || !gc_survey_begin(&survey, error) ||
            !gc_survey_versions(&survey, progress, error))
                return NULL;
        judge_packs(&survey);
        judge_versions(&survey);
        if (!find_leftovers(&survey, error))
                return NULL;
        count_need(plan);
        return g_steal_pointer(&plan);
}

static bool load_published(const GcPlan *plan, const PackageEntry *entry, Version *version, GError **error)
{
        return version_load(plan->remote, entry, version, error);
}

GcPlan *gc_plan(Repository *repository, unsigned threshold_percent, Progress *progress, GError **error)
{
        return gc_plan_with(repository, threshold_percent, load_published, progress, error);
}
