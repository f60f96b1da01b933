/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The services that a Packages file lists. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "digest.h"

enum { PACKAGES_MAX_BYTES = 64 * 1024 * 1024, PACKAGES_FORMAT = 1 };

typedef struct {
        char *service; /* the package's name */
        char *version;
        char *architecture;
        char *filename;      /* of the service package: relative to the depot, pool/..., without ".." */
        uint64_t size_bytes; /* of the service package */
        uint8_t sha256[DIGEST_BYTES];
        uint64_t image_bytes; /* size of the image it describes */
        char *summary;        /* one line */
        unsigned format;      /* Lautta-Format: 1, or more if the package needs a newer Lautta */
        GStrv needs;          /* Lautta-Needs: services without which it does not start; NULL if absent */
} PackageEntry;

void package_entry_free(PackageEntry *entry);

/* Returns: owned empty array that owns its entries. */
GPtrArray *packages_new(void);

/* Parse the service packages (those with a Lautta-Format) of `text`; other packages are skipped.
 * Returns: owned array of owned PackageEntry, sorted by service, version (newest first), architecture.
 * Errors: CORRUPT with the line: a bad name, version, path, need or number, another architecture, an entry
 * twice.
 */
GPtrArray *packages_parse(GBytes *text, const char *name, const char *architecture, GError **error);

/* The order of packages_parse(), for g_ptr_array_sort(). */
int package_entry_compare(const void *a, const void *b);

/* The entry of `service`, `version` (NULL: the newest) and `architecture` (NULL: any, the first in order) in
 * an array of that order, or NULL. */
const PackageEntry *packages_find(const GPtrArray *entries, const char *service, const char *version,
                                  const char *architecture);

/* `listed` gets true if `text` has a paragraph (of any package) whose Filename is `filename`. Errors:
 * CORRUPT. */
bool packages_text_lists(GBytes *text, const char *filename, bool *listed, GError **error);

/* Returns: owned `text` without the paragraphs whose Filename is `filename`. Errors: CORRUPT. */
GBytes *packages_text_without(GBytes *text, const char *filename, GError **error);

/* Returns: owned `text` and then `paragraph`, which ends with an empty line. */
GBytes *packages_text_with(GBytes *text, GBytes *paragraph);
