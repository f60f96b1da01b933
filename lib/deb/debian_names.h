/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of Debian's own packages, as far as the apt of this machine knows them. */
#pragma once

#include <glib.h>

/* Returns: owned array of owned char *: those of `names` (NULL-terminated) that some source of this machine has as
 * a package that is no service package; sorted. Empty where there is no apt-cache. */
GPtrArray *debian_names_known(const char *const *names);
