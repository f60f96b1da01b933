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
        Tree *tree; /* once the lock is asked for */
        DepotConf *conf;
        AutoFd lock;

        /* The published state, once locked. */
        int64_t date;
        int64_t valid_until;
        char *state_path;    /* of the newest date seen */
        bool has_former_key; /* signed by a former release key; the next commit signs by the present one */
        GHashTable *texts;   /* architecture -> GBytes of its Packages file */
        GPtrArray *entries;

        /* The transaction under way. */
        Journal *journal;
        GPtrArray *doomed; /* char *; what a COMPACT will remove */
        uint8_t package_sha256[DIGEST_BYTES];
        bool package_placed;
        bool committed;
};

/* Returns: owned, with its paths and nothing else. */
Repository *repository_new(const char *path);

/* Read depot.conf. Errors: NOT_FOUND, CORRUPT. */
bool repository_load_conf(Repository *repository, GError **error);

/* Write depot.conf durably; needs the lock. Errors: NO_SPACE, SYSTEM. */
bool repository_save_conf(Repository *repository, const DepotConf *conf, GError **error);

/* Errors: USAGE for what is too short or too long. */
bool repository_check_valid(uint64_t valid_seconds, GError **error);

/* Take the lock alone and empty tmp/. */
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

/* Do all that a committed compaction has left to do. Safe to repeat. Errors: SYSTEM. */
bool repository_compact_finish(const Repository *repository, GError **error);

/* Remove the files that a transaction placed, or finish a removal; then nothing of it is left. */
bool repository_end_transaction(Repository *repository, GError **error);

/* For calls of the library. */
Metadata repository_metadata(const Repository *repository);
