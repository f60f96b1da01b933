/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fetches a version of a service from a depot: verified, resumable, and from seeds where possible. */
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
        const char *architecture; /* NULL: the only one published */
        const char *output;       /* IMAGE; kernel and initrd come as IMAGE.kernel and IMAGE.initrd */
        const char *const *seeds; /* images, NULL-terminated; NULL for none */
        bool only_plan;           /* write nothing: report the cost of a fetch */
        Progress *progress;       /* may be NULL */
} FetchRequest;

typedef struct {
        char version[DEBIAN_VERSION_MAX + 1];
        char architecture[16];
        AssemblyStats content;
        AssemblyCost planned; /* of the missing content, without the metadata */
        bool was_there;       /* the output already was that version */
        char *note; /* why a delta did not serve as planned; owned, NULL if there is nothing to report */
        size_t windows_lost; /* windows that packs replaced; 0 if packs replaced the whole delta */
} FetchResult;

/* Free the owned members and zero `result`. A `result` must be zero before its first use. */
void fetch_result_clear(FetchResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FetchResult, fetch_result_clear)

/* Make the output the wanted version. The output appears checked and as a whole, with its index IMAGE.caibx
 * next to it, or does not change at all. Content that was fetched before an error stays in IMAGE.partial for
 * the next call, from any depot. With `only_plan` nothing changes, and `planned` plus the statistics of the
 * remote are the cost of the same call without it, if nothing goes wrong. Errors: as depot_open() and
 * depot_find(); CORRUPT if the depot lies, CONFLICT if another call writes the output, NO_SPACE before
 * anything is fetched if the disk is too small, TRY_AGAIN if the depot cannot be reached, or before content
 * is fetched if it exceeds remote_limit(). */
bool fetch_service(Remote *remote, const DepotOptions *options, const FetchRequest *request,
                   FetchResult *result, GError **error);

/* As fetch_service(), from an open depot. A depot that changed since may have lost files: NOT_FOUND, and
 * opening it again helps. */
bool fetch_from(const Depot *depot, const FetchRequest *request, FetchResult *result, GError **error);
