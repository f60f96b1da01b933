/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lock that lets one writer at a time into a depot, and shows the others for whom they wait. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Lock the open lock file `fd`, which is taken over. `waiting` (may be NULL) is called once, with the name of the
 * holder, before the wait. Returns: `fd`, whose closing gives the lock up, or -1. Errors: SYSTEM. */
int repository_lock_take(int fd, void (*waiting)(const char *holder, void *user), void *user, GError **error);
