/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Classifies the failures of apt and dpkg by their words. Pure: tests/cases/apt-words.case. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "errors.h"

/* Set `error` from the output of apt-get or dpkg before it failed: its own "E: " lines (or dpkg's "dpkg:
 * error"), else the last lines. TRY_AGAIN for a lock or a source that is away, NO_SPACE for a full disk,
 * CONFLICT for packages that do not go together, NOT_FOUND for a package or version that no source has, else SYSTEM.
 * Returns false. */
bool apt_words_fail(const char *said, GError **error);

/* Returns: owned array of owned char *: the packages that apt-get said no source has. */
GPtrArray *apt_words_unknown(const char *said);
