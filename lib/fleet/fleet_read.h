/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the files of a fleet directory. */
#pragma once

#include "fleet.h"

/* Read the files below services/, groups/, hosts/ and settings/ of `directory`; or, if there are pkgsync's
 * files instead, those, and set `is_single`. Ignored are names that begin with a dot or README or end with
 * '~', and other directories. Returns: owned array of owned FleetFile, sorted by path. Errors: NOT_FOUND
 * without the directory, USAGE for hosts/ next to pkgsync's files and for names that are not text, SYSTEM. */
GPtrArray *fleet_read(const char *directory, bool *is_single, GError **error);

/* fleet_read() and fleet_parse(). With pkgsync's files, `host` is the host's name (NULL: the directory's
 * name) and `key` its key (NULL: the content of the file host-key); both must be NULL for a whole fleet.
 * Errors: also USAGE. */
Fleet *fleet_load(const char *directory, const char *host, const char *key, GError **error);
