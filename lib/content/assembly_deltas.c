/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of assembly.h that fetches chunks by a delta. */
#include <string.h>

#include "assembly_private.h"
#include "deltafetch.h"
#include "digest.h"
#include "errors.h"

enum { THREADS_MAX = 3 }; /* each takes up to 32 MiB */

typedef struct {
        Assembly *assembly;
        const AssemblyPlan *plan;
} Use;

/* The content of a window, while its chunks are taken out one by one. */
typedef struct {
        uint32_t window;
        const uint8_t *at;
        uint64_t written_bytes;
        size_t wrong; /* number of chunks that differ from the index */
} Content;

static bool take_chunk(const Use *use, Content *content, const Index *index, size_t chunk, GError **error)
{
        const uint8_t *bytes = content->at;
        uint32_t number = idtable_find(&use->assembly->table, index_id(index, chunk)->bytes);
        ChunkId id;
        content->at += index_length(index, chunk);
        if (number == IDTABLE_NONE || use->plan->window_for[number] != content->window)
                return true;
        digest_sha256(bytes, index_length(index, chunk), id.bytes);
        if (memcmp(&id, index_id(index, chunk), sizeof id) == 0)
                return assembly_write(use->assembly, number, bytes, &content->written_bytes, error);
        content->wrong++;
        return true;
}

static bool take_chunks(const Use *use, Content *content, GError **error)
{
        g_autoptr(GArray) runs = g_array_new(false, false, sizeof(DeltaRun));
        g_autoptr(GArray) prefix = g_array_new(false, false, sizeof(DeltaRun));
        delta_table_runs(deltasource_table(use->plan->delta), content->window, runs, prefix);
        for (guint r = 0; r < runs->len; r++) {
                const DeltaRun *run = &g_array_index(runs, DeltaRun, r);
                const Index *index = use->plan->source.blobs.indexes[run->blob];
                for (uint32_t i = run->first; i < run->first + run->count; i++)
                        if (!take_chunk(use, content, index, i, error))
                                return false;
        }
        return true;
}

static void count_content(Assembly *assembly, uint64_t bytes)
{
        g_mutex_lock(&assembly->lock);
        assembly->stats.delta_bytes += bytes;
        g_mutex_unlock(&assembly->lock);
        progress_add(assembly->progress, "delta", bytes);
}

static void lose(const Use *use, uint32_t window, GError *why)
{
        g_prefix_error(&why, "delta %s, window %u: ", deltasource_delta(use->plan->delta)->name, window);
        assembly_lose(use->assembly, 1, why);
        g_error_free(why);
}

static bool window_came(void *user, uint32_t window, const uint8_t *frame, GError **error)
{
        const Use *use = user;
        GError *why = NULL;
        g_autofree uint8_t *bytes = deltasource_decode(use->plan->delta, window, frame, &why);
        if (!bytes) {
                lose(use, window, why);
                return true;
        }
        Content content = {.window = window, .at = bytes};
        bool good = take_chunks(use, &content, error);
        count_content(use->assembly, content.written_bytes);
        if (content.wrong)
                lose(use, window,
                     g_error_new(LAUTTA_ERROR, LAUTTA_ERROR_CORRUPT, "%zu chunks differ from the index",
                                 content.wrong));
        return good;
}

static void window_lost(void *user, uint32_t window, const GError *why)
{
        lose(user, window, g_error_copy(why));
}

bool assembly_fetch_delta(Assembly *assembly, const AssemblyPlan *plan, GError **error)
{
        if (!plan->delta)
                return true;
        Use use = {assembly, plan};
        g_autofree char *path = plan->source.delta_path(deltasource_delta(plan->delta)->name);
        DeltaFetch fetch = {.path = path,
                            .table = deltasource_table(plan->delta),
                            .windows = plan->windows,
                            .came = window_came,
                            .lost = window_lost,
                            .user = &use};
        return deltafetch_run(&fetch, MIN(g_get_num_processors(), THREADS_MAX), plan->source.remote, error);
}
