/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The agent's records: small JSON files, replaced atomically, whose reader notices if they are torn. The last line is
 * "sha256 " and the digest of all lines before it. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

enum { RECORD_MAX_BYTES = 1024 * 1024 };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

/* Write `record`, an object, to `path`, mode 0600. Its directory is made if absent. One writer of a path at a time.
 * Errors: NO_SPACE, SYSTEM. */
bool record_write(const char *path, const json_t *record, GError **error);

/* Returns: owned object. Errors: NOT_FOUND; CORRUPT if torn, too long or no object. */
json_t *record_read(const char *path, GError **error);

/* The same, but a torn record is renamed to PATH.torn, and `torn` gets an owned message about it.
 * Returns: owned object, or NULL without an error if there is no whole record. Errors: SYSTEM. */
json_t *record_take(const char *path, char **torn, GError **error);

/* As record_read(), from memory. `name` stands for the file in messages. */
json_t *record_parse(GBytes *bytes, const char *name, GError **error);
