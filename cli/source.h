/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options by which a command is told which depot to read, and whom to trust. */
#pragma once

#include <glib.h>

#include "depot.h"

typedef struct {
        char *depot, *keyring, *suite, *state, *ca_file;
        gboolean allow_expired;
        int timeout_s, retries;
} SourceOptions;
extern SourceOptions source_options;

#define SOURCE_OPTIONS                                                                                       \
        {"depot",                                                                                            \
         'd',                                                                                                \
         0,                                                                                                  \
         G_OPTION_ARG_STRING,                                                                                \
         &source_options.depot,                                                                              \
         "The depot: a directory, or a file, http or https URL",                                             \
         "DEPOT|URL"},                                                                                       \
                {"keyring",                                                                                  \
                 'k',                                                                                        \
                 0,                                                                                          \
                 G_OPTION_ARG_FILENAME,                                                                      \
                 &source_options.keyring,                                                                    \
                 "Public keys that may sign (default: $LAUTTA_HOME/release.pgp)",                            \
                 "FILE"},                                                                                    \
                {"suite",                                                                                    \
                 0,                                                                                          \
                 0,                                                                                          \
                 G_OPTION_ARG_STRING,                                                                        \
                 &source_options.suite,                                                                      \
                 "The depot's suite (default: stable)",                                                      \
                 "NAME"},                                                                                    \
                {"state",                                                                                    \
                 0,                                                                                          \
                 0,                                                                                          \
                 G_OPTION_ARG_FILENAME,                                                                      \
                 &source_options.state,                                                                      \
                 "Where the newest date seen is kept (default: $LAUTTA_HOME/state)",                         \
                 "DIR"},                                                                                     \
                {"allow-expired",                                                                            \
                 0,                                                                                          \
                 0,                                                                                          \
                 G_OPTION_ARG_NONE,                                                                          \
                 &source_options.allow_expired,                                                              \
                 "Accept a depot whose Valid-Until has passed",                                              \
                 NULL},                                                                                      \
                {"cacert",                                                                                   \
                 0,                                                                                          \
                 0,                                                                                          \
                 G_OPTION_ARG_FILENAME,                                                                      \
                 &source_options.ca_file,                                                                    \
                 "Trust these CAs for https instead of the system's",                                        \
                 "FILE"},                                                                                    \
                {"timeout",                                                                                  \
                 0,                                                                                          \
                 0,                                                                                          \
                 G_OPTION_ARG_INT,                                                                           \
                 &source_options.timeout_s,                                                                  \
                 "Give a try up after so many seconds without a byte (default: 30)",                         \
                 "SECONDS"},                                                                                 \
        {                                                                                                    \
                "retries", 0, 0, G_OPTION_ARG_INT, &source_options.retries,                                  \
                        "Further tries after a failed one (default: 6)", "N"                                 \
        }

/* Open the depot that the options name; `options` borrows from them. Errors: USAGE, or those of
 * remote_open(). */
Remote *source_open(DepotOptions *options, GError **error);
