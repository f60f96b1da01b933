/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The .deb files of earlier builds, under $LAUTTA_HOME/cache/apt, one directory for each set of sources: what
 * one source sends can never be taken for another's. Several builds may use it at once; it may be removed at
 * any time. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Returns: owned path of the directory for `sources` (deb822 text), made if need be. Errors: NO_SPACE,
 * SYSTEM. */
char *debcache_open(const char *sources, GError **error);

/* Fill `directory` with links to (else copies of) what is cached. Errors: NO_SPACE, SYSTEM. */
bool debcache_take(const char *cache, const char *directory, GError **error);

/* Put the .deb files in `directory` that are new into the cache, each whole at once, and drop those that no
 * build has used for 90 days; `packages` are what this one used, lines "NAME VERSION ARCHITECTURE". Errors:
 * NO_SPACE, SYSTEM. */
bool debcache_give(const char *cache, const char *directory, const char *packages, GError **error);
