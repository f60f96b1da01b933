/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the files of a depot lie (docs/formats-depot.md). Every path is relative to the depot's directory or URL. */
#pragma once

#define LAYOUT_TRUST "trust.list"

/* Returns: owned pool/main/w/web/web_1.0.0_amd64.deb, locators/web_1.0.0_amd64.locator. Versions stand
 * without their epoch, as in Debian; two versions that differ in nothing else cannot be published side by
 * side. */
char *layout_package_path(const char *service, const char *version, const char *architecture);
char *layout_locator_path(const char *service, const char *version, const char *architecture);

/* Returns: owned deltas/NAME.delta. */
char *layout_delta_path(const char *name);
