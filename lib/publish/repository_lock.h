/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lock that admits one writer at a time to a depot, and shows waiting writers its holder. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Lock the open lock file `fd`, which is taken over. `waiting` (may be NULL) is called once, with the name of
 * the holder, before the wait. Returns: `fd`, or -1; closing it releases the lock. Errors: SYSTEM. */
int repository_lock_take(int fd, void (*waiting)(const char *holder, void *user), void *user, GError **error);
