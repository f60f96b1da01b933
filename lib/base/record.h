/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The agent's records: small JSON files, replaced atomically, that tell if they are torn. The last line is
 * "sha256 " and the digest of all lines before it. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

enum { RECORD_MAX_BYTES = 1024 * 1024 };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

/* Write `record`, an object, to `path`, whose directory is made if need be. One writer of a path at a time.
 * Errors: NO_SPACE, SYSTEM. */
bool record_write(const char *path, const json_t *record, GError **error);

/* Returns: owned object. Errors: NOT_FOUND; CORRUPT if torn, too long or no object. */
json_t *record_read(const char *path, GError **error);

/* The same, but a torn one is put aside as PATH.torn, and `torn` gets the owned message that tells of it.
 * Returns: owned object, or NULL without an error if there is none (any more). Errors: SYSTEM. */
json_t *record_take(const char *path, char **torn, GError **error);

/* The same as record_read() from memory; `name` stands for it in messages. */
json_t *record_parse(GBytes *bytes, const char *name, GError **error);
