/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lock that lets one writer at a time into a depot, and tells the others whom they wait for. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Lock the file `path`, made if need be. `waiting` (may be NULL) is called once, with who holds it, before
 * waiting. Returns: a descriptor whose closing gives the lock up, or -1. Errors: SYSTEM. */
int repository_lock_file(const char *path, void (*waiting)(const char *holder, void *user), void *user,
                         GError **error);
