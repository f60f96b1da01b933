/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the commands that write a depot begin. */
#pragma once

#include "repository.h"

/* Open and lock the depot that --depot names; says on standard error whom it waits for.
 * Errors: USAGE if `depot` is NULL, and those of repository_open() and repository_lock(). */
Repository *writer_open(const char *depot, GError **error);
