/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operator's own directory, $LAUTTA_HOME (default ~/.lautta): keys, public keyrings, caches, state. */
#pragma once

#include <glib.h>

/* Returns: owned absolute path of `name` in $LAUTTA_HOME, or of the directory itself for NULL. Makes nothing.
 */
char *home_path(const char *name);
