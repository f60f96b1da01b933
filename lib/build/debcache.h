/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The .deb files of earlier builds, under $LAUTTA_HOME/cache/apt. Each set of sources has its own directory,
 * so a file of one source is never taken for another's. Several builds may use the cache at once; it may be
 * removed at any time. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Returns: owned path of the directory for `sources` (deb822 text), made if there is none. Errors: NO_SPACE,
 * SYSTEM. */
char *debcache_open(const char *sources, GError **error);

/* Fill `directory` with copies of the cached files. Errors: NO_SPACE, SYSTEM. */
bool debcache_take(const char *cache, const char *directory, GError **error);

/* Put new .deb files of `directory` into the cache, each as a whole, and remove files that no build has used
 * for 90 days. `packages` are those of this build, lines "NAME VERSION ARCHITECTURE". Errors: NO_SPACE,
 * SYSTEM. */
bool debcache_give(const char *cache, const char *directory, const char *packages, GError **error);
