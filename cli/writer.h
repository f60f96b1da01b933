/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening a depot to write it. */
#pragma once

#include "repository.h"

/* Open and lock the depot of --depot. While another writer has it, that one is named on standard error.
 * Returns: owned. Errors: USAGE if `depot` is NULL, and those of repository_open() and repository_lock(). */
Repository *writer_open(const char *depot, GError **error);
