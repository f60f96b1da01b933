/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes a local depot: one writer at a time, whole transactions, and clean-up after a killed writer. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "pack.h"
#include "packages.h"
#include "tree.h"
#include "version.h"

/* Every path below is relative to the depot's directory unless it says otherwise.
 *
 * A writer: repository_open(), repository_lock(), repository_begin(), repository_place() for each file of
 * the transaction (the service package last), repository_commit(). Readers see it all at the moment when the
 * new InRelease is renamed over the old one, within repository_commit(). Killed before that, the next
 * repository_lock() takes every placed file away; killed after it, the next one finishes. */
typedef struct Repository Repository;

typedef struct {
        const char *origin;     /* shown by apt; one line */
        const char *suite;      /* default "stable" */
        uint64_t valid_seconds; /* from Date to Valid-Until; default 365 days */
} RepositoryOptions;

/* Make an empty depot in `path` (absolute or not; made if absent), signed by the release key of $LAUTTA_HOME.
 * Continues an interrupted call. Errors: CONFLICT with advice if there is a depot or something else,
 * NOT_FOUND without keys. */
bool repository_create(const char *path, const RepositoryOptions *options, GError **error);

/* Errors: NOT_FOUND if `path` is no depot, USAGE for a URL (a depot is written where it lies). */
Repository *repository_open(const char *path, GError **error);

/* Ends an unfinished transaction (as if killed) and gives up the lock. */
void repository_free(Repository *repository);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Repository, repository_free)

/* Wait for other writers. `waiting` (may be NULL) is called once with the holder of the lock if there is one.
 * Then verify the published state with the release key of $LAUTTA_HOME (or the former key that signed it),
 * and clean up after a killed writer. Errors: UNTRUSTED if the state is not the last one of this operator,
 * CONFLICT if the depot has another key. */
bool repository_lock(Repository *repository, void (*waiting)(const char *holder, void *user), void *user,
                     GError **error);

const char *repository_path(const Repository *repository); /* absolute */
const char *repository_origin(const Repository *repository);

/* The depot's tree; needs the lock. */
const Tree *repository_tree(const Repository *repository);

/* Absolute path of a directory on the depot's file system for files that are being made; emptied by
 * repository_lock(). */
const char *repository_tmp(const Repository *repository);

typedef struct {
        int64_t date; /* Unix seconds */
        int64_t valid_until;
} RepositoryDates;

/* The dates of what is published; needs the lock. */
RepositoryDates repository_dates(const Repository *repository);

/* True if a former release key of this operator signed the published state: the next commit signs it with the
 * present key. Needs the lock. */
bool repository_has_former_key(const Repository *repository);

/* Set how long signatures are valid, from the next commit on; needs the lock. Errors: USAGE, NO_SPACE,
 * SYSTEM. */
bool repository_set_valid(Repository *repository, uint64_t valid_seconds, GError **error);

/* The published packages: PackageEntry in the order of packages_parse(). Owned by `repository`; needs the
 * lock; renewed by repository_commit(). */
const GPtrArray *repository_entries(const Repository *repository);

/* version_load() of one of repository_entries(), which must outlive `version`. */
bool repository_load_version(const Repository *repository, const PackageEntry *entry, Version *version,
                             GError **error);

typedef enum {
        REPOSITORY_ADD,
        REPOSITORY_REMOVE,
        REPOSITORY_COMPACT, /* moves content to other packs; the published state stays */
        REPOSITORY_REPLACE, /* only in journals: a committed compaction */
} RepositoryChange;

/* Start a transaction that adds or removes the package at `package_path` (NULL for COMPACT). Needs the lock.
 * Errors: CONFLICT if it is listed already (ADD) or a foreign file lies there, NOT_FOUND if it is not listed
 * (REMOVE). */
bool repository_begin(Repository *repository, RepositoryChange change, const char *package_path,
                      GError **error);

/* ADD, COMPACT: move the finished file `temporary` (absolute, e.g. in repository_tmp()) to `path`, durable
 * and world-readable; directories are made. An older file at `path` is replaced, and stays if the transaction
 * fails. ADD: the service package itself must be placed too, at its package_path. COMPACT: a locator waits in
 * .lautta/ and takes its place in repository_commit(). Errors: CONFLICT, NO_SPACE, SYSTEM. */
bool repository_place(Repository *repository, const char *temporary, const char *path, GError **error);

/* Place finished packs (PackFile): each pack after its chunk list. */
bool repository_place_packs(Repository *repository, const GPtrArray *packs, GError **error);

/* REMOVE, COMPACT: remove `path` after the commit. A REMOVE removes its package too. An absent file is no
 * error. */
bool repository_unplace(Repository *repository, const char *path, GError **error);

/* Make the new state visible. Without repository_begin(): sign the same state with new dates. COMPACT:
 * locators take their places, then unplaced files are removed; nothing is signed. After a kill midway, the
 * next repository_lock() does the rest. Errors: CONFLICT if an ADD lacks its package, NOT_FOUND if a key is
 * missing, NO_SPACE, SYSTEM; then readers still see the state before. */
bool repository_commit(Repository *repository, GError **error);
