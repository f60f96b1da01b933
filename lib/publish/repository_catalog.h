/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The catalog of the chunks in a depot that is locked for writing. */
#pragma once

#include "catalog.h"
#include "repository.h"

/* catalog_load() and catalog_extend() of the packs of `repository`; a depot without packs has no chunks. A chunk
 * list that was missing or damaged is written again. Errors: CORRUPT if a pack is damaged, CONFLICT, NO_SPACE,
 * SYSTEM. */
Catalog *repository_catalog_load(const Repository *repository, GError **error);
bool repository_catalog_extend(const Repository *repository, Catalog *catalog, GHashTable *names, bool among,
                               GError **error);

/* Returns: owned absolute path of the directory of the packs. */
char *repository_packs(const Repository *repository);
