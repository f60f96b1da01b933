/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The newest date seen of each depot: reveals an older state of the depot (a stale or hostile mirror). */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "release.h"

/* Name the record of a depot by its signer's primary fingerprint, its Lautta-Depot id (or, without one, its
 * Origin) and its suite, so that all mirrors share one record. Returns: owned file path in `state_directory`. */
char *freshness_path(const char *state_directory, const char *fingerprint, const Release *release);

/* The newest date recorded at `path`, 0 if there is none yet.
 * Errors: CORRUPT with advice if the record is torn; a torn record is never silently ignored. */
bool freshness_read(const char *path, int64_t *newest_seen, GError **error);

/* The newest date of all records in `directory`; 0 if there is none. Torn records do not count;
 * freshness_read() reports them. */
int64_t freshness_newest(const char *directory);

/* Refuse to sign by a clock that is more than FRESHNESS_LEAP_DAYS past `newest`, the newest date known (0:
 * none): hosts take every signed date for the time. Pure. Errors: CONFLICT with both dates. */
enum { FRESHNESS_LEAP_DAYS = 90 };
bool freshness_check_clock(int64_t now, int64_t newest, GError **error);

/* Raise the record at `path` to `date`; a newer date stays. Safe with several processes at once and at any
 * kill. Errors: as freshness_read(), NO_SPACE, SYSTEM. */
bool freshness_record(const char *path, int64_t date, GError **error);
