/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lists in a depot: lists/HOST.list. Each is replaced or removed as a whole. They need no common
 * transaction, since every host reads only its own. */
#pragma once

#include "fleet_compile.h"
#include "repository.h"

/* Returns: owned path of a host's list in the directory `depot`. */
char *fleet_list_path(const char *depot, const char *host);

/* Returns: owned name of the host of a list file; NULL if that is no valid host name. */
char *fleet_list_host(const char *file_name);

/* Read the published lists in the directory `depot` and the newest serials that this operator signed there,
 * for each host that has a list or is in `fleet`. $LAUTTA_HOME/lists.pgp verifies them. `depot_id` identifies
 * the depot; `list_key` is the fingerprint of the key that signs now. Returns: owned table of host to
 * FleetBefore; a file that is no list of this operator has FleetBefore.why. Errors: NOT_FOUND without keyring
 * or gpgv, SYSTEM. */
GHashTable *fleet_lists_read(const char *depot, const char *depot_id, const Fleet *fleet,
                             const char *list_key, GError **error);

/* Sign and place the lists of `steps` and the settings that they name, and remove the lists of FLEET_REMOVED.
 * `before` is the result of fleet_lists_read(). `repository` must be locked. After an error or a kill each
 * list is whole, old or new; the next call does the rest. Errors: NOT_FOUND without the list key, NO_SPACE,
 * SYSTEM. */
bool fleet_lists_write(Repository *repository, const char *depot_id, const GPtrArray *steps,
                       GHashTable *before, const char *list_key, GError **error);
