/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a description adds to a bootstrapped root: one tar file with the files to copy in, the scripts to run,
 * and the few files that every machine needs. Owners are root, modes 0644 or 0755, so that the builder's
 * umask and user leave no trace. */
#pragma once

#include <stdbool.h>

#include "description.h"

/* Where the scripts lie in the root, each in a directory of its own, in order. */
#define OVERLAY_SCRIPTS "run/lautta-build"

/* Errors: NOT_FOUND for a file that the description names, with its key; NO_SPACE, SYSTEM. */
bool overlay_write(const ServiceDescription *description, const char *tar, GError **error);
