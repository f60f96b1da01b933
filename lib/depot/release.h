/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of an InRelease file: the depot's identity, the dates, and the digests of its index files. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "digest.h"

enum { RELEASE_MAX_BYTES = 1024 * 1024 };

typedef struct {
        char *path; /* relative to the InRelease, without ".." */
        uint64_t size_bytes;
        uint8_t sha256[DIGEST_BYTES];
} ReleaseFile;

typedef struct {
        char *origin;
        char *label; /* "" if absent */
        char *suite;
        char *codename;      /* "" if absent */
        char *depot_id;      /* of the field Lautta-Depot, "" if absent */
        int64_t date;        /* Unix seconds */
        int64_t valid_until; /* Unix seconds */
        GStrv architectures;
        GStrv components;
        bool by_hash;
        GPtrArray *files; /* ReleaseFile */
} Release;

/* Parse `text`, which must be exactly one paragraph. Errors: CORRUPT with the line or field. */
Release *release_parse(GBytes *text, const char *name, GError **error);

void release_free(Release *release);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Release, release_free)

/* The entry of that path, or NULL. */
const ReleaseFile *release_find(const Release *release, const char *path);

/* Pure: check that a release of these dates may be used now. The time is max(now, newest_seen), so a slow
 * clock does not make an expired release valid. A date ahead of the clock is fine. `newest_seen`: the newest
 * date seen of this depot, 0 for none. All in Unix seconds. Errors: UNTRUSTED if older than seen, or expired
 * unless `allow_expired`. */
bool release_check_dates(const Release *release, int64_t now, int64_t newest_seen, bool allow_expired,
                         GError **error);

/* Parse "Sun, 22 Nov 2026 11:00:00 UTC" as apt writes it (also +0000 and GMT). Errors: CORRUPT for anything
 * else. */
bool release_date_parse(const char *text, int64_t *unix_seconds, GError **error);

/* Returns: owned text of that form. */
char *release_date_format(int64_t unix_seconds);
