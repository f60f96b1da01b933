/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Make the tar file that a description adds to a bootstrapped root: its files, its scripts, and the few files
 * that every machine needs. The owner is root and modes are 0644 or 0755: the builder's user and umask leave
 * no trace. */
#pragma once

#include <stdbool.h>

#include "description.h"

/* The directory of the scripts in the root; each is in a numbered directory of its own. */
#define OVERLAY_SCRIPTS "run/lautta-build"

/* Write `tar`. Errors: NOT_FOUND with the key for a missing file of the description; NO_SPACE, SYSTEM. */
bool overlay_write(const ServiceDescription *description, const char *tar, GError **error);
