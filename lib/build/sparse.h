/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copy a file and keep its holes; share its blocks if the file system can. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Copy the regular file `from` to `to`, which is made or replaced. After an error, `to` may be half written.
 * Errors: NOT_FOUND, NO_SPACE, SYSTEM, CONFLICT if `from` shrinks meanwhile. */
bool sparse_copy(const char *from, const char *to, GError **error);
