/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copying a file so that its holes stay holes; shared blocks where the file system can. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Copy the regular file `from` to `to`, which is made or replaced. Errors: NOT_FOUND, NO_SPACE, SYSTEM; then
 * `to` may be half written. CONFLICT if `from` shrinks meanwhile. */
bool sparse_copy(const char *from, const char *to, GError **error);
