/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files of repository.h. */
#pragma once

#include "depot_conf.h"
#include "files.h"
#include "journal.h"
#include "metadata.h"
#include "repository.h"
#include "tree.h"

struct Repository {
        char *path;
        char *tmp;
        Tree *tree; /* opened by repository_take_lock() */
        DepotConf *conf;
        AutoFd lock;

        /* The published state, once locked. */
        int64_t date;
        int64_t valid_until;
        char *state_path;    /* of the newest date seen */
        bool has_former_key; /* signed by a former release key; the next commit signs with the present key */
        GHashTable *texts;   /* architecture -> GBytes of its Packages file */
        GPtrArray *entries;

        /* The transaction under way. */
        Journal *journal;
        GPtrArray *doomed; /* char *; files that a COMPACT will remove */
        uint8_t package_sha256[DIGEST_BYTES];
        bool package_placed;
        bool committed;
};

/* Returns: owned Repository with only its paths. */
Repository *repository_new(const char *path);

/* Read depot.conf. Errors: NOT_FOUND, CORRUPT. */
bool repository_load_conf(Repository *repository, GError **error);

/* Write depot.conf durably; needs the lock. Errors: NO_SPACE, SYSTEM. */
bool repository_save_conf(Repository *repository, const DepotConf *conf, GError **error);

/* Check the bounds. Errors: USAGE if `valid_seconds` is too short or too long. */
bool repository_check_valid(uint64_t valid_seconds, GError **error);

/* Take the lock without the rest of repository_lock(), and empty tmp/. */
bool repository_take_lock(Repository *repository, void (*waiting)(const char *holder, void *user), void *user,
                          GError **error);

/* Returns: owned path of the newest date of this depot seen with these keys; needs conf. */
char *repository_find_state_path(const Repository *repository);

/* Returns: owned empty table of texts. */
GHashTable *repository_texts_new(void);

/* `listed` gets true if the package (of any sort) at `package_path` is published. */
bool repository_is_listed(const Repository *repository, const char *package_path, bool *listed,
                          GError **error);

/* Renew the entries from the texts. */
bool repository_take_entries(Repository *repository, GError **error);

/* COMPACT: the parts of repository_begin(), repository_place(), repository_unplace() and repository_commit().
 */
bool repository_compact_begin(Repository *repository, GError **error);
bool repository_compact_place(Repository *repository, const char *temporary, const char *path,
                              GError **error);
void repository_compact_unplace(Repository *repository, const char *path);
bool repository_compact_commit(Repository *repository, GError **error);

/* Do the remaining steps of a committed compaction. Safe to repeat. Errors: SYSTEM. */
bool repository_compact_finish(const Repository *repository, GError **error);

/* Undo the transaction, or finish it if it is committed, and remove its journal. */
bool repository_end_transaction(Repository *repository, GError **error);

/* Returns the argument of the functions of metadata.h; borrows from `repository`. */
Metadata repository_metadata(const Repository *repository);
