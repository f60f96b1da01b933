/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening the depot of a command: by the options of commands that read one, or to write it. */
#pragma once

#include <glib.h>

#include "depot.h"
#include "repository.h"

typedef struct {
        char *depot, *keyring, *suite, *state, *ca_file;
        gboolean allow_expired;
        int timeout_s, retries;
} SourceOptions;
extern SourceOptions source_options;

/* The options that fill in `source_options`: Command.shared_options of each command that reads a depot. */
extern const GOptionEntry source_entries[];

/* Open the depot that the options name; `options` borrows from them. Returns: owned. Errors: USAGE, and those
 * of remote_open(). */
Remote *source_open(DepotOptions *options, GError **error);

/* Open and lock the depot of --depot. While another writer has it, that one is named on standard error.
 * Returns: owned. Errors: USAGE if `depot` is NULL, and those of repository_open() and repository_lock(). */
Repository *source_open_to_write(const char *depot, GError **error);

/* --clock-is-right, of commands that sign dates. */
#define SOURCE_CLOCK_ENTRY                                                                                   \
        {                                                                                                    \
                "clock-is-right", 0, 0, G_OPTION_ARG_NONE, &source_clock_is_right,                           \
                        "Sign, though the clock is far past the newest date known here", NULL                \
        }
extern gboolean source_clock_is_right;

/* True if the clock is not far past the date of `repository` and all dates that this machine has signed or seen, or
 * --clock-is-right says so. Errors: as freshness_check_clock(). */
bool source_check_clock(const Repository *repository, GError **error);

/* As source_open_to_write(), with the clock checked. */
Repository *source_open_to_sign(const char *depot, GError **error);
