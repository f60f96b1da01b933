/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts by which apt knows our depots, and which version of a service it may take. Pure. */
#pragma once

#include "apt.h"

/* Returns: owned deb822 source (sources.list(5)) of all depots in their order, or NULL if there is none. */
char *apt_config_source(const AptConf *conf);

/* Returns: owned apt.conf(5) that names the file `ca_path` for each host of a depot by https, and for no
 * other host; or NULL if there is none. */
char *apt_config_tls(const AptConf *conf, const char *ca_path);

/* Returns: owned preferences (apt_preferences(5)): of each service that the list pins, that version comes,
 * even as a downgrade, and no other does. */
char *apt_config_pins(const List *list);
