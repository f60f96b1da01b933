/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fetching a version of a service from a depot: verified, from seeds where they serve, resumable. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "assembly.h"
#include "debversion.h"
#include "depot.h"
#include "progress.h"

/* All borrowed. */
typedef struct {
        const char *service;
        const char *version;      /* NULL: the newest */
        const char *architecture; /* NULL: the only one there is */
        const char *output;       /* IMAGE; kernel and initrd come as IMAGE.kernel and IMAGE.initrd */
        const char *const *seeds; /* images, NULL-terminated; NULL for none */
        bool only_plan;           /* write nothing: tell what a fetch would take */
        Progress *progress;       /* may be NULL */
} FetchRequest;

typedef struct {
        char version[DEBIAN_VERSION_MAX + 1];
        char architecture[16];
        AssemblyStats content;
        AssemblyCost planned; /* of what was missing, beside the metadata that was read before */
        bool was_there;       /* the output was that version already */
        char *note; /* why a delta did not serve as it should; owned, NULL if nothing is to be said */
        size_t windows_lost; /* that packs had to stand in for; 0 if it was the delta as a whole */
} FetchResult;

/* `result` of a call must be cleared, or zero before its first use; free what it owns. */
void fetch_result_clear(FetchResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FetchResult, fetch_result_clear)

/* Make the output the wanted version. It appears, whole and checked, with its index IMAGE.caibx beside it, or
 * does not change at all; what was fetched before an error stays in IMAGE.partial for the next call, from
 * whatever depot. With `only_plan` nothing changes, and `planned` and the statistics of the remote together
 * are what the same call without it takes, if nothing goes wrong. Errors: as depot_open() and depot_find();
 * CORRUPT if the depot lies, CONFLICT if another call writes the output, NO_SPACE before anything is fetched
 * if the disk will not do, TRY_AGAIN if the depot is away, or before anything of the content is fetched if
 * that would be more than remote_limit(). */
bool fetch_service(Remote *remote, const DepotOptions *options, const FetchRequest *request,
                   FetchResult *result, GError **error);

/* The same from a depot that is open already, whose entries are what is fetched. One that has changed since
 * may have lost files: NOT_FOUND, and opening it anew helps. */
bool fetch_from(const Depot *depot, const FetchRequest *request, FetchResult *result, GError **error);
