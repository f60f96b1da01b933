/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs between two lists of a host, for people to read before it is signed. Pure. */
#pragma once

#include "list.h"

/* Returns: owned lines such as "web: 1.0.0 -> 1.1.0", "telnetd: may not be there (was: must)",
 * NULL-terminated; none if they say the same. `before` may be NULL. */
GStrv fleet_diff(const List *before, const List *list);
