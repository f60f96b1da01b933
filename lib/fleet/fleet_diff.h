/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The differences between two lists of a host, for people to read before the new one is signed. Pure. */
#pragma once

#include "list.h"

/* Returns: owned lines such as "telnetd: must, Debian package -> may not",
 * NULL-terminated; none if the lists are equal. `before` may be NULL. */
GStrv fleet_diff(const List *before, const List *list);
