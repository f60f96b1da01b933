/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Service packages as files of this host, below the root, where apt can install them. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "apt.h"

/* Take the package of `service` in `version`, if it is not there yet. Returns: owned path as seen from the root.
 * Errors: of AptConf.take; NO_SPACE, SYSTEM. */
char *apt_offer_take(const AptConf *conf, const char *service, const char *version, GError **error);

/* Remove that file again. */
void apt_offer_drop(const AptConf *conf, const char *service, const char *version);
