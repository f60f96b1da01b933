/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A loop whose items run on all cores. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Work on the items [first, first + count), on any thread. False, with the error set, stops all. */
typedef bool (*WorkersFunction)(void *user, size_t first, size_t count, GError **error);

/* Call `function` for stretches of at most `stretch` items until all `count` are done, in about that order,
 * and wait. Errors: the first one of a stretch. */
bool workers_run(size_t count, size_t stretch, WorkersFunction function, void *user, GError **error);

/* The same on at most `threads_max` cores, for work whose memory counts. */
bool workers_run_few(guint threads_max, size_t count, size_t stretch, WorkersFunction function, void *user,
                     GError **error);
