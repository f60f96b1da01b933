/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of commands that read a depot: which depot, and which keys to trust. */
#pragma once

#include <glib.h>

#include "depot.h"

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
