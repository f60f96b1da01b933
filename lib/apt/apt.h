/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Brings the Debian packages of a host to its list, through the real apt-get and dpkg. Packages that the host needs
 * are never removed. Service packages come as verified files; apt asks no depot. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "list.h"

/* Make the new or existing file `path` the package of `service` in `version`, whose digest is verified. `user` is
 * that of AptConf. Errors: TRY_AGAIN if it cannot be fetched now, UNTRUSTED or CORRUPT if it must not be used. */
typedef bool (*AptTake)(void *user, const char *service, const char *version, const char *path,
                        GError **error);

/* From the agent's configuration. All borrowed. */
typedef struct {
        const char *root;        /* "/", or the directory of another system, where apt-get runs by chroot */
        bool strict;             /* as pkgsync: packages that no field names are removed, too */
        unsigned max_removals;   /* in one pass; more is refused with their names */
        unsigned lock_timeout_s; /* how long to wait for dpkg's lock */
        const char *record; /* file of the packages that we installed and of the base set; made by the first
                                  * call */
        AptTake take;
        void *user;
} AptConf;

/* The changes that were made, or would be. Names are owned. Zero-initialised it is empty. */
typedef struct {
        GPtrArray *installed; /* char *: "nginx-light 1.22.1-9", as are the next two; may be NULL for none */
        GPtrArray *upgraded;
        GPtrArray *removed;
        GPtrArray *refused; /* char *: changes that were not made, with the reason, for people */
} AptResult;

void apt_result_clear(AptResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AptResult, apt_result_clear)

/* Let a person install the services of `list` by apt: those that dpkg does not have in the listed version become
 * files of this host, and their directory is the only source that the agent gives to apt. Errors: of AptConf.take,
 * naming the first service that could not be taken, after all others were; NO_SPACE, SYSTEM; of
 * apt_run_update(). */
bool apt_offer_services(const AptConf *conf, const List *list, GError **error);

/* Bring service packages, and nothing else, to exactly these: `services` are names and versions ("web", "1.0"),
 * `remove` are names (char *) of service packages that are removed; each may be NULL. Installs the files that
 * AptConf.take makes. May downgrade, never removes anything else. Waits for the lock. Errors: TRY_AGAIN for the
 * lock; CONFLICT with the packages that apt would have to remove, or if dpkg has a Debian package of such a name; those of
 * AptConf.take; SYSTEM with apt's words. */
bool apt_commit_services(const AptConf *conf, GHashTable *services, GPtrArray *remove, GError **error);

/* Make the other packages match `list`. Must-Have packages are installed and upgraded from the origins that the
 * system's own sources have. May-Not-Have packages are removed, as are packages that the agent installed and that are
 * not listed any more. Simulates first. With `only_plan` nothing changes, and nothing is downloaded. An empty result
 * means that there is nothing to do. Errors: as apt_commit_services(); refusals are no errors, but in the result. */
bool apt_apply(const AptConf *conf, const List *list, bool only_plan, AptResult *result, GError **error);

/* Returns: owned array of owned char *: names of the service packages that dpkg has unpacked, from the
 * directory that they all have, ROOT/usr/share/lautta/services. */
GPtrArray *apt_unpacked_services(const char *root, GError **error);
