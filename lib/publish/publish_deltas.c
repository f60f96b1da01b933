/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publish_deltas.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "debversion.h"
#include "errors.h"
#include "version.h"

/* A delta that is larger than this share of the same chunks in packs is not kept. */
enum { PAYS_PERCENT = 80 };

void published_delta_free(void *data)
{
        PublishedDelta *delta = data;
        g_free(delta->from);
        g_free(delta->name);
        g_free(delta->why_not);
        g_free(delta);
}

static int newest_first(const void *a, const void *b)
{
        const PackageEntry *const *p = a, *const *q = b;
        return debian_version_compare((*q)->version, (*p)->version);
}

/* Find the published versions that are older than the new version, newest first. Returns: owned array of
 * borrowed PackageEntry. */
static GPtrArray *find_older(const PublishDeltas *request)
{
        const ServiceDescription *d = request->description;
        const GPtrArray *entries = repository_entries(request->repository);
        GPtrArray *older = g_ptr_array_new();
        for (guint i = 0; i < entries->len; i++) {
                PackageEntry *entry = g_ptr_array_index(entries, i);
                if (strcmp(entry->service, d->service) == 0 &&
                    strcmp(entry->architecture, d->architecture) == 0 &&
                    debian_version_compare(entry->version, d->version) < 0)
                        g_ptr_array_add(older, entry);
        }
        g_ptr_array_sort(older, newest_first);
        return older;
}

static bool keep_delta(const PublishDeltas *request, const char *temporary, const DeltaResult *made,
                       Locator *locator, PublishedDelta *delta, GError **error)
{
        delta->bytes = made->delta.bytes;
        delta->packed_bytes = made->packed_bytes;
        if (made->delta.bytes == 0 || made->delta.bytes > made->packed_bytes / 100 * PAYS_PERCENT) {
                unlink(temporary);
                delta->why_not = g_strdup(made->delta.bytes ? "it saves too little" : "nothing is new");
                return true;
        }
        g_autofree char *path = g_strdup_printf("%s/%s.delta", request->work, made->delta.name);
        if (rename(temporary, path) != 0)
                return fail_errno(error, "cannot rename '%s'", temporary);
        delta->name = g_strdup(made->delta.name);
        locator_add_delta(locator, &made->delta);
        return true;
}

/* Make a delta from `entry`. `tried` holds the identities of sources that were tried before. */
static bool make_delta(const PublishDeltas *request, const PackageEntry *entry, GHashTable *tried,
                       Locator *locator, PublishedDelta *delta, GError **error)
{
        g_auto(Version) source = {0};
        g_auto(DeltaResult) made = {0};
        g_autofree char *temporary = g_build_filename(request->work, "delta", NULL);
        if (!repository_load_version(request->repository, entry, &source, error))
                return false;
        if (!g_hash_table_add(tried, version_identity(&source))) {
                delta->why_not = g_strdup("the same delta would serve");
                return true;
        }
        DeltaRequest wanted = {.sources = version_delta_blobs(&source),
                               .targets = request->targets,
                               .packs = request->packs,
                               .effort = request->effort,
                               .path = temporary,
                               .progress = request->progress};
        return deltamake_run(&wanted, &made, error) &&
               keep_delta(request, temporary, &made, locator, delta, error);
}

bool publish_deltas(const PublishDeltas *request, Locator *locator, GPtrArray *report, GError **error)
{
        g_autoptr(GPtrArray) older = find_older(request);
        g_autoptr(GHashTable) tried =
                g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
        for (guint i = 0; i < MIN(older->len, request->versions); i++) {
                const PackageEntry *entry = g_ptr_array_index(older, i);
                PublishedDelta *delta = g_new0(PublishedDelta, 1);
                g_autoptr(GError) failure = NULL;
                delta->from = g_strdup(entry->version);
                g_ptr_array_add(report, delta);
                if (make_delta(request, entry, tried, locator, delta, &failure))
                        continue;
                if (!error_is(failure, LAUTTA_ERROR_CORRUPT) && !error_is(failure, LAUTTA_ERROR_NOT_FOUND)) {
                        g_propagate_error(error, g_steal_pointer(&failure));
                        return false;
                }
                delta->why_not = g_strdup(failure->message);
                delta->is_damaged = true;
        }
        return true;
}
