/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Debian packages of a host, through the real apt-get and dpkg: what a list says of them is made so, and
 * nothing a host needs is ever removed. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "list.h"

/* From the agent's configuration. All borrowed. */
typedef struct {
        const char *root; /* the system it is about: "/", or a directory that apt-get is run in by chroot */
        bool strict;      /* pkgsync's way: whatever no field names goes, too */
        unsigned max_removals;     /* in one pass; more is refused with their names */
        unsigned lock_timeout_s;   /* how long to wait for dpkg's lock */
        const char *const *depots; /* URLs and absolute paths */
        const char *keyring;       /* public release keys, for signed-by */
        const char *suite;
        const char *ca_file; /* trusted for depots by https instead of the system's CAs; or NULL */
        const char *record;  /* file of what we installed, and of the base set; made by the first call */
} AptConf;

/* What was done or would be. Names are owned. Zero-initialised it is empty. */
typedef struct {
        GPtrArray *installed; /* char *: "nginx-light 1.22.1-9", as are the next two; may be NULL for none */
        GPtrArray *upgraded;
        GPtrArray *removed;
        GPtrArray *refused; /* char *: what was asked for and is not done, and why, for people */
} AptResult;

void apt_result_clear(AptResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AptResult, apt_result_clear)

/* Write apt's source, pins (the listed version of each service), keyring and CAs for `list`; remove them for
 * NULL. Errors: NOT_FOUND for the keyring or the CAs, SYSTEM. */
bool apt_configure(const AptConf *conf, const List *list, GError **error);

/* Bring the service packages, and nothing else, to exactly these: `services` are names and versions ("web",
 * "1.0"), `remove` are names (char *) of service packages that go; each may be NULL. May downgrade, never
 * removes anything else. Waits for the lock. Errors: TRY_AGAIN for the lock or a depot that is away; CONFLICT
 * with what apt would have to remove; SYSTEM with apt's words. */
bool apt_commit_services(const AptConf *conf, GHashTable *services, GPtrArray *remove, GError **error);

/* Bring the other packages to what `list` says: Must-Have installed and upgraded from the origins that the
 * system's own sources have, May-Not-Have removed, what we installed and nobody lists any more removed.
 * Simulates first. With `only_plan` nothing changes, and nothing is downloaded. An empty result means nothing
 * is to do. Errors: as apt_commit_services(); what is refused is no error, but in the result. */
bool apt_apply(const AptConf *conf, const List *list, bool only_plan, AptResult *result, GError **error);

/* Returns: owned array of owned char *: names of the service packages that dpkg has unpacked, from the
 * directory that they all have, ROOT/usr/share/lautta/services. */
GPtrArray *apt_unpacked_services(const char *root, GError **error);
