/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lists that lie in a depot: lists/HOST.list. Each is replaced or removed as a whole; they need no common
 * transaction, since every host reads its own alone. */
#pragma once

#include "fleet_compile.h"
#include "repository.h"

#define FLEET_LISTS_DIRECTORY "lists"

/* Returns: owned path of a host's list in the directory `depot`. */
char *fleet_list_path(const char *depot, const char *host);

/* Returns: owned name of the host whose list a file of that name is, or NULL if no host can be called so. */
char *fleet_list_host(const char *file_name);

/* What is published in the directory `depot`, verified by $LAUTTA_HOME/lists.pgp, and the newest serials that
 * this operator signed there, for whoever has a list or is in `fleet`. `depot_id` tells the depot from
 * others, `list_key` is the fingerprint of the key that signs now. Returns: owned table of host to
 * FleetBefore. Errors: NOT_FOUND without keyring or gpgv, SYSTEM; a file that is no list of ours is none. */
GHashTable *fleet_lists_read(const char *depot, const char *depot_id, const Fleet *fleet,
                             const char *list_key, GError **error);

/* Sign and place the lists of `steps` and the settings that they name, and take away those that are to be
 * removed; `before` is what fleet_lists_read() has found. `repository` must be locked. What was done before
 * an error or a kill stays done, each list whole; the next call does the rest. Errors: NOT_FOUND if the key
 * is gone, NO_SPACE, SYSTEM. */
bool fleet_lists_write(Repository *repository, const char *depot_id, const GPtrArray *steps,
                       GHashTable *before, const char *list_key, GError **error);
