/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts for apt: its source of service packages, and the version of each that it may take. Pure.
 * apt knows no depot and no key of the fleet. Its source is a directory of this host (apt_offer.c). */
#pragma once

#include "apt.h"
#include "dpkg_status.h"

/* Directory of the service packages, below the root. */
extern const char apt_offer_directory[];

/* The deb822 source (sources.list(5)) of that directory; constant. */
extern const char apt_config_source[];

/* Returns: owned preferences (apt_preferences(5)) for the services of `list`: a person may install the listed
 * version of each, apt never upgrades to it by itself, and no other version comes from anywhere. Names that dpkg
 * knows as Debian packages (`status`) are left out. */
char *apt_config_pins(const List *list, const DpkgStatus *status);

/* True if dpkg has a package `name` that is not a service package: a service must not take its place. */
bool apt_config_is_taken(const DpkgStatus *status, const char *name);
