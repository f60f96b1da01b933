/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal: the files that an unfinished transaction places, written down before they are placed. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "repository.h"

enum { JOURNAL_MAX_BYTES = 64 * 1024 * 1024 };

typedef struct {
        RepositoryChange change;
        char *package_path; /* NULL unless a package is added or removed */
        GPtrArray *
                files; /* char *, in the order of writing, without the package in an ADD until it is placed */
} Journal;

/* Returns: owned journal, not saved yet. `package_path` may be NULL if the change is not about a package. */
Journal *journal_new(RepositoryChange change, const char *package_path);

/* Write `journal` to its place in `tree` (by way of a file in `work`, absolute), durably and at once; a
 * journal there is replaced. Errors: NO_SPACE, SYSTEM. */
bool journal_save(const Journal *journal, const Tree *tree, const char *work, GError **error);

/* Add one file, durably. Errors: NO_SPACE, SYSTEM. */
bool journal_append(Journal *journal, const Tree *tree, const char *file, GError **error);

/* Read the journal; `journal` gets NULL if there is none. A last line that was cut short does not count: its
 * file was never placed. Errors: UNTRUSTED if the file belongs neither to the user of this process nor to
 * root, CORRUPT, CONFLICT. */
bool journal_load(const Tree *tree, Journal **journal, GError **error);

/* Pure: parse the content of a journal. Errors: CORRUPT, also for a path that no transaction has. */
Journal *journal_parse(const char *text, GError **error);

void journal_free(Journal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Journal, journal_free)
