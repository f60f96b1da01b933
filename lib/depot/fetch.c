/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fetch.h"

#include <string.h>

#include "errors.h"
#include "fetch_private.h"
#include "files.h"
#include "layout.h"

/* Free space to leave for the file system's own structures and for the indexes next to the blobs. */
enum { SPARE_BYTES = 1 << 20 };

static void fetch_clear(Fetch *fetch)
{
        assembly_free(fetch->assembly);
        fetch_unlock_output(fetch);
        for (int i = 0; i < BLOB_COUNT; i++) {
                g_free(fetch->paths[i]);
                g_free(fetch->partials[i]);
        }
        fetch_free_seeds(fetch);
        version_clear(&fetch->version);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fetch, fetch_clear)

static void name_outputs(Fetch *fetch)
{
        for (Blob blob = 0; blob < BLOB_COUNT; blob++) {
                if (!fetch->version.indexes[blob])
                        continue;
                fetch->paths[blob] = blob_path(blob, fetch->request->output);
                fetch->partials[blob] = g_strconcat(fetch->paths[blob], ".partial", NULL);
        }
}

static bool add_targets(Fetch *fetch, GError **error)
{
        AssemblyMode mode = fetch->request->only_plan ? ASSEMBLY_LOOK : ASSEMBLY_WRITE;
        fetch->assembly = assembly_new(mode, fetch->request->progress);
        for (Blob blob = 0; blob < BLOB_COUNT; blob++)
                if (fetch->version.indexes[blob] && !fetch->done[blob] &&
                    !assembly_add_target(fetch->assembly, fetch->version.indexes[blob], fetch->partials[blob],
                                         error))
                        return false;
        return true;
}

static bool check_space(const Fetch *fetch, GError **error)
{
        return disk_check_free(fetch->partials[BLOB_IMAGE], fetch->request->output,
                               assembly_missing_bytes(fetch->assembly) + SPARE_BYTES, error);
}

static bool check_limit(const Fetch *fetch, const AssemblyCost *cost, GError **error)
{
        uint64_t needed = remote_stats(fetch->remote).bytes_received + cost->delta_bytes + cost->pack_bytes;
        uint64_t allowed = remote_limit(fetch->remote);
        if (needed <= allowed)
                return true;
        return fail(error, LAUTTA_ERROR_TRY_AGAIN,
                    "'%s' takes %" G_GUINT64_FORMAT " bytes in all, more than the %" G_GUINT64_FORMAT
                    " allowed",
                    fetch->request->output, needed, allowed);
}

/* Fetch the content that neither an earlier call nor the seeds provided. */
static bool fetch_missing(Fetch *fetch, FetchResult *result, GError **error)
{
        if (!fetch->version.locator && !version_load_locator(fetch->remote, &fetch->version, error))
                return false;
        g_autofree DeltaSeed *seeds = fetch_delta_seeds(fetch);
        AssemblySource source = {.remote = fetch->remote,
                                 .pack_path = layout_pack_path,
                                 .delta_path = layout_delta_path,
                                 .locator = fetch->version.locator,
                                 .blobs = version_delta_blobs(&fetch->version),
                                 .seeds = seeds,
                                 .seed_count = fetch->seeds->len};
        g_autoptr(AssemblyPlan) plan = assembly_plan(fetch->assembly, &source, error);
        if (!plan)
                return false;
        result->planned = *assembly_plan_cost(plan);
        return fetch->request->only_plan ||
               (check_limit(fetch, &result->planned, error) && assembly_fetch(fetch->assembly, plan, error));
}

/* The thread that copies from seeds while the fetch runs. */
typedef struct {
        Fetch *fetch;
        GError *error;
} Copying;

static void *copy_seeds(void *data)
{
        Copying *copying = data;
        fetch_use_seeds(copying->fetch, SEED_COPY, &copying->error);
        return NULL;
}

/* The link must not wait for the disk: fetch the chunks that no seed is expected to bring, while another
 * thread copies the expected chunks. The caller fetches expected chunks that a seed failed to bring. */
static bool fetch_beside_seeds(Fetch *fetch, FetchResult *result, GError **error)
{
        Copying copying = {fetch, NULL};
        fetch_expect_seeds(fetch);
        bool is_needed = assembly_wanted_bytes(fetch->assembly) > 0;
        GThread *thread = g_thread_new("seeds", copy_seeds, &copying);
        bool good = !is_needed || fetch_missing(fetch, result, error);
        g_thread_join(thread);
        assembly_expect_nothing(fetch->assembly);
        if (good && copying.error) {
                g_propagate_error(error, g_steal_pointer(&copying.error));
                good = false;
        }
        g_clear_error(&copying.error);
        return good;
}

static bool take_seeds(Fetch *fetch, FetchResult *result, GError **error)
{
        if (fetch->request->only_plan)
                return fetch_use_seeds(fetch, SEED_COPY, error);
        if (!fetch_use_seeds(fetch, SEED_CLONE, error) || !check_space(fetch, error))
                return false;
        return fetch->seeds->len == 0 || fetch_beside_seeds(fetch, result, error);
}

static bool put_together(Fetch *fetch, FetchResult *result, GError **error)
{
        Progress *progress = fetch->request->progress;
        if (!fetch_gather_seeds(fetch, error) || !add_targets(fetch, error))
                return false;
        AssemblyStats before = assembly_stats(fetch->assembly);
        progress_begin(progress, fetch->request->only_plan ? "comparing" : "fetching", before.data_bytes);
        progress_add(progress, "there", before.present_bytes);
        if (!take_seeds(fetch, result, error))
                return false;
        if (assembly_missing_bytes(fetch->assembly) > 0 && !fetch_missing(fetch, result, error))
                return false;
        progress_end(progress);
        return fetch->request->only_plan || assembly_finish(fetch->assembly, error);
}

static void tell(const Fetch *fetch, FetchResult *result)
{
        if (!fetch->assembly)
                return;
        result->content = assembly_stats(fetch->assembly);
        result->note = g_strdup(assembly_note(fetch->assembly, &result->windows_lost));
}

static bool fetch_version(Fetch *fetch, FetchResult *result, GError **error)
{
        bool only_plan = fetch->request->only_plan;
        name_outputs(fetch);
        if ((!only_plan && !fetch_lock_output(fetch, error)) || !fetch_find_done(fetch, error))
                return false;
        result->was_there = true;
        for (Blob blob = 0; blob < BLOB_COUNT; blob++)
                result->was_there = result->was_there && (fetch->done[blob] || !fetch->version.indexes[blob]);
        if (!result->was_there && !put_together(fetch, result, error))
                return false;
        tell(fetch, result);
        return only_plan || fetch_show(fetch, error);
}

bool fetch_from(const Depot *depot, const FetchRequest *request, FetchResult *result, GError **error)
{
        fetch_result_clear(result);
        if (!fetch_check_output(request->output, error))
                return false;
        Remote *remote = depot_remote(depot);
        g_auto(Fetch) fetch = {.remote = remote, .request = request, .lock_fd = -1};
        const PackageEntry *entry =
                depot_find(depot, request->service, request->version, request->architecture, error);
        if (!entry)
                return false;
        g_strlcpy(result->version, entry->version, sizeof result->version);
        g_strlcpy(result->architecture, entry->architecture, sizeof result->architecture);
        return version_load(remote, entry, &fetch.version, error) && fetch_version(&fetch, result, error);
}

static bool fetch_once(Remote *remote, const DepotOptions *options, const FetchRequest *request,
                       FetchResult *result, GError **error)
{
        g_autoptr(Depot) depot = depot_open(remote, options, error);
        return depot && fetch_from(depot, request, result, error);
}

void fetch_result_clear(FetchResult *result)
{
        g_free(result->note);
        *result = (FetchResult){0};
}

bool fetch_service(Remote *remote, const DepotOptions *options, const FetchRequest *request,
                   FetchResult *result, GError **error)
{
        g_autoptr(GError) first = NULL;
        fetch_result_clear(result);
        if (!fetch_check_output(request->output, error))
                return false;
        if (fetch_once(remote, options, request, result, &first))
                return true;
        /* A commit or a collection meanwhile may have removed files that this reader knows of: read the depot
         * once more. */
        if (!error_is(first, LAUTTA_ERROR_NOT_FOUND) || !result->version[0]) {
                g_propagate_error(error, g_steal_pointer(&first));
                return false;
        }
        return fetch_once(remote, options, request, result, error);
}
