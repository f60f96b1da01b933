/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names, versions and architectures as Debian Policy has them (5.6.1, 5.6.12), and the order of versions. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { DEBIAN_NAME_MAX = 64, DEBIAN_VERSION_MAX = 64 };

/* [a-z0-9][a-z0-9+.-]+, at most DEBIAN_NAME_MAX characters. */
bool debian_name_is_valid(const char *name);

/* Epoch, upstream version and revision of allowed characters, at most DEBIAN_VERSION_MAX. */
bool debian_version_is_valid(const char *version);

/* amd64 or arm64. */
bool architecture_is_valid(const char *architecture);

/* <0, 0, >0 as `dpkg --compare-versions` orders two valid versions. */
int debian_version_compare(const char *a, const char *b);

/* Returns: owned version without its epoch, as file names carry it. */
char *debian_version_without_epoch(const char *version);
