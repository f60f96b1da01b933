/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of gc.h that carries the plan out: writes new packs, then locators that name them, then removes
 * the old packs. */
#include <string.h>

#include "errors.h"
#include "files.h"
#include "gc_private.h"
#include "layout.h"
#include "units.h"

static bool check_space(const GcPlan *plan, GError **error)
{
        uint64_t free_bytes = 0, needed = plan->summary.needed_bytes;
        if (!disk_free_bytes(repository_path(plan->repository), &free_bytes, error))
                return false;
        if (needed <= free_bytes)
                return true;
        g_autofree char *needed_text = size_format(needed);
        g_autofree char *free_text = size_format(free_bytes);
        return fail(error, LAUTTA_ERROR_NO_SPACE,
                    "a collection needs %s before it frees any, but the disk of '%s' has only %s free",
                    needed_text, repository_path(plan->repository), free_text);
}

/* Copy from the oldest version of each service to the newest, as if each were published again. A version then
 * brings the chunks that older ones lack, in image order, so an update still finds new chunks next to each
 * other. */
static bool copy_frames(const GcPlan *plan, GcCopy *copy, Progress *progress, GError **error)
{
        progress_begin(progress, "compacting", plan->summary.copied_bytes);
        for (guint i = plan->versions->len; i > 0; i--) {
                const GcVersion *version = g_ptr_array_index(plan->versions, i - 1);
                g_auto(Version) loaded = {0};
                if (version->moves && (!plan->load(plan, version->entry, &loaded, error) ||
                                       !gc_copy_version(copy, &loaded, error)))
                        return false;
        }
        progress_end(progress);
        return true;
}

static void keep_deltas(const GcVersion *version, const Locator *old, Locator *locator)
{
        for (size_t i = 0; old && i < locator_delta_count(old); i++)
                if (((const GcDelta *)g_ptr_array_index(version->deltas, i))->stays)
                        locator_add_delta(locator, locator_delta(old, i));
}

static Locator *make_locator(const GcPlan *plan, const GcVersion *version, Catalog *catalog, GError **error)
{
        g_auto(Version) loaded = {0};
        g_autoptr(Locator) locator = locator_new();
        if (!plan->load(plan, version->entry, &loaded, error))
                return NULL;
        for (size_t b = 0; b < loaded.blob_count; b++)
                if (!locator_add_blob(locator, loaded.blobs[b], catalog, error))
                        return NULL;
        /* Without an old locator, there are no deltas to keep. */
        if (version->deltas->len > 0 && !version_load_locator(plan->remote, &loaded, error))
                return NULL;
        keep_deltas(version, loaded.locator, locator);
        return g_steal_pointer(&locator);
}

static bool place_locator(const GcPlan *plan, const GcVersion *version, Catalog *catalog, const char *work,
                          GError **error)
{
        const PackageEntry *entry = version->entry;
        g_autofree char *temporary = g_build_filename(work, "locator", NULL);
        g_autofree char *path = layout_locator_path(entry->service, entry->version, entry->architecture);
        g_autoptr(Locator) locator = make_locator(plan, version, catalog, error);
        if (!locator)
                return false;
        g_autoptr(GBytes) bytes = locator_serialize(locator);
        return file_write_atomically(temporary, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), 0644,
                                     error) &&
               repository_place(plan->repository, temporary, path, error);
}

static bool place_locators(const GcPlan *plan, Catalog *catalog, const char *work, GError **error)
{
        for (guint i = 0; i < plan->versions->len; i++) {
                const GcVersion *version = g_ptr_array_index(plan->versions, i);
                if (version->rewritten && !place_locator(plan, version, catalog, work, error))
                        return false;
        }
        return true;
}

/* Remove the planned files, except the new packs: equal frames in equal order give the name of a removed
 * pack. */
static bool unplace(const GcPlan *plan, const GPtrArray *packs, GError **error)
{
        g_autoptr(GHashTable) stay = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (guint i = 0; i < packs->len; i++) {
                const char *name = ((const PackFile *)g_ptr_array_index(packs, i))->name;
                g_hash_table_add(stay, layout_pack_path(name));
                g_hash_table_add(stay, layout_chunk_list_path(name));
        }
        for (guint i = 0; i < plan->removals->len; i++) {
                const char *path = g_ptr_array_index(plan->removals, i);
                if (!g_hash_table_contains(stay, path) && !repository_unplace(plan->repository, path, error))
                        return false;
        }
        return true;
}

static bool replace(const GcPlan *plan, const char *work, Progress *progress, GError **error)
{
        g_autoptr(GcCopy) copy = gc_copy_new(plan, work, progress, error);
        if (!copy || !copy_frames(plan, copy, progress, error))
                return false;
        const GPtrArray *packs = gc_copy_finish(copy, error);
        return packs && repository_begin(plan->repository, REPOSITORY_COMPACT, NULL, error) &&
               repository_place_packs(plan->repository, packs, error) &&
               place_locators(plan, gc_copy_catalog(copy), work, error) && unplace(plan, packs, error) &&
               repository_commit(plan->repository, error);
}

bool gc_run(const GcPlan *plan, Progress *progress, GError **error)
{
        if (gc_plan_is_empty(plan))
                return true;
        if (!check_space(plan, error))
                return false;
        g_autofree char *work = g_build_filename(repository_tmp(plan->repository), "gc", NULL);
        if (!directory_make(work, 0755, error))
                return false;
        bool good = replace(plan, work, progress, error);
        directory_remove(work, NULL);
        return good;
}
