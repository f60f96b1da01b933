/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of assembly.h that fetches chunks from packs. */
#include "assembly_private.h"
#include "errors.h"

/* Find the place of each missing id, once, at the first place that a locator knows. */
static bool locate_target(const Assembly *assembly, uint32_t number, const Locator *locator, GArray *wanted,
                          uint8_t *taken, GError **error)
{
        const Target *target = g_ptr_array_index(assembly->targets, number);
        size_t count = 0, data_chunk = 0;
        const ChunkPlace *places = locator_places(locator, target->index, &count);
        for (size_t i = 0; i < index_count(target->index); i++) {
                if (index_is_zero(target->index, i))
                        continue;
                if (!places || data_chunk >= count)
                        return fail(error, LAUTTA_ERROR_CORRUPT, "the locator does not fit the index of '%s'",
                                    target->path);
                const ChunkPlace *place = &places[data_chunk++];
                uint32_t first = idtable_find(&assembly->table, index_id(target->index, i)->bytes);
                if (first == IDTABLE_NONE || taken[first] || !assembly_wants(assembly, first))
                        continue;
                taken[first] = true;
                FrameWanted frame = {index_id(target->index, i), *place, index_length(target->index, i),
                                     first};
                g_array_append_val(wanted, frame);
        }
        return true;
}

GArray *assembly_locate(const Assembly *assembly, const Locator *locator, GError **error)
{
        g_autoptr(GArray) wanted = g_array_new(false, false, sizeof(FrameWanted));
        g_autofree uint8_t *taken = g_malloc0(assembly->missing->len + 1);
        for (uint32_t i = 0; i < assembly->targets->len; i++)
                if (!locate_target(assembly, i, locator, wanted, taken, error))
                        return NULL;
        return g_steal_pointer(&wanted);
}

static bool good_frame(void *user, const FrameWanted *wanted, const uint8_t *content, GError **error)
{
        Assembly *assembly = user;
        uint64_t bytes = 0;
        if (!assembly_write(assembly, wanted->tag, content, &bytes, error))
                return false;
        g_mutex_lock(&assembly->lock);
        assembly->stats.fetched_bytes += bytes;
        g_mutex_unlock(&assembly->lock);
        progress_add(assembly->progress, "depot", bytes);
        return true;
}

static void bad_frame(void *user, const FrameWanted *wanted, const GError *why)
{
        Assembly *assembly = user;
        g_mutex_lock(&assembly->lock);
        assembly->bad_count++;
        if (!assembly->first_bad)
                assembly->first_bad = g_error_copy(why);
        g_mutex_unlock(&assembly->lock);
}

/* A chunk that a delta failed to bring counts as missing. */
static bool fetch_packs(Assembly *assembly, const AssemblySource *source, GError **error)
{
        g_autoptr(GArray) wanted = assembly_locate(assembly, source->locator, error);
        if (!wanted)
                return false;
        g_autofree FramePack *packs = framefetch_packs(source->locator);
        FrameFetch fetch = {.packs = packs,
                            .pack_count = locator_pack_count(source->locator),
                            .pack_path = source->pack_path,
                            .good = good_frame,
                            .bad = bad_frame,
                            .user = assembly};
        return framefetch_run(&fetch, source->remote, (FrameWanted *)wanted->data, wanted->len, error);
}

bool assembly_fetch(Assembly *assembly, const AssemblyPlan *plan, GError **error)
{
        if (!assembly_fetch_delta(assembly, plan, error) || !fetch_packs(assembly, &plan->source, error))
                return false;
        if (!assembly->first_bad)
                return true;
        g_propagate_error(error, g_steal_pointer(&assembly->first_bad));
        g_prefix_error(error, "%zu chunks could not be fetched; the first: ", assembly->bad_count);
        assembly->bad_count = 0;
        return false;
}
