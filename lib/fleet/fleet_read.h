/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the files of a fleet directory. */
#pragma once

#include "fleet.h"

/* Read all that has a meaning below `directory`: services/, groups/, hosts/ and settings/; or, where there
 * are pkgsync's files instead, those (`is_single`). Passed over are names that begin with a dot or README or
 * end with '~', and whatever else lies beside these directories. Returns: owned array of owned FleetFile,
 * sorted by path. Errors: NOT_FOUND without the directory or anything in it, USAGE for what cannot be told
 * apart, SYSTEM. */
GPtrArray *fleet_read(const char *directory, bool *is_single, GError **error);

/* The same, and fleet_parse(). A single host is called `host` (NULL: as the directory) and has the key `key`
 * (NULL: that in the file host-key); both must be NULL for a whole fleet. Errors: also USAGE. */
Fleet *fleet_load(const char *directory, const char *host, const char *key, GError **error);
