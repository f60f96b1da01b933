/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The packages that a host must not lose, whatever its list says. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "dpkg_status.h"

/* Returns: owned table of installed packages that are never removed: name -> why, for people ("it is essential", "udev
 * needs it"), both owned. `base`: names that were there before the agent (a set; may be NULL).
 * `running_kernel`: as `uname -r` prints it, or NULL. */
GHashTable *apt_protected(const DpkgStatus *status, GHashTable *base, const char *running_kernel);
