/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The agent's records: small JSON files, replaced atomically, that tell if they are torn. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

enum { RECORD_MAX_BYTES = 1024 * 1024 };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

/* Write `record`, an object, to `path` with the digest of what it says as its last line. Errors: NO_SPACE, SYSTEM. */
bool record_write(const char *path, const json_t *record, GError **error);

/* Returns: owned object. Errors: NOT_FOUND; CORRUPT if torn, too long or no object. */
json_t *record_read(const char *path, GError **error);
