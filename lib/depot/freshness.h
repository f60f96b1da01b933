/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The newest date seen of each depot, so that an older state of it (a stale or hostile mirror) is noticed. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "release.h"

/* Which depot it is does not depend on where it was read: the signer's primary fingerprint, its Lautta-Depot
 * id (or, without one, its Origin) and its suite. Returns: owned file path in `state_directory`. */
char *freshness_path(const char *state_directory, const char *fingerprint, const Release *release);

/* The newest date recorded at `path`, 0 if there is none yet.
 * Errors: CORRUPT if the record is torn, with what to do; it is never silently forgotten. */
bool freshness_read(const char *path, int64_t *newest_seen, GError **error);

/* The newest date of all records in `directory`; 0 if there is none. Torn ones are left to freshness_read(). */
int64_t freshness_newest(const char *directory);

/* Refuse to sign by a clock that is more than FRESHNESS_LEAP_DAYS past `newest`, the newest date known (0: none):
 * hosts take every signed date for the time. Pure. Errors: CONFLICT with both dates. */
enum { FRESHNESS_LEAP_DAYS = 90 };
bool freshness_check_clock(int64_t now, int64_t newest, GError **error);

/* Raise the record at `path` to `date`; a newer one stays. Safe with several processes at once and at any
 * kill. Errors: as freshness_read(), NO_SPACE, SYSTEM. */
bool freshness_record(const char *path, int64_t date, GError **error);
