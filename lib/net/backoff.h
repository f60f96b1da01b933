/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which network failures are temporary, and how long to wait after them. Pure, but for one environment variable. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "errors.h"

enum {
        BACKOFF_BASE_MS = 500,
        BACKOFF_CAP_MS = 30000,
        BACKOFF_RETRY_AFTER_CAP_MS = 60000, /* upper bound for a server's Retry-After */
};

/* BACKOFF_BASE_MS, or less where LAUTTA_RETRY_BASE_MS says so (1 to BACKOFF_BASE_MS; anything else is
 * ignored). */
unsigned backoff_base_ms(void);

/* Returns: the wait after the `failures`th failed try in a row (1 is the first): the base doubled with each try up to
 * the cap, with its upper half scaled by `jitter` (0 to 1), so that many clients return at different times. A
 * Retry-After (seconds; 0 for none) is a lower bound, up to its own cap. */
unsigned backoff_delay_ms(unsigned base_ms, unsigned failures, double jitter, gint64 retry_after_s);

/* Returns: the meaning of an HTTP status other than success: NOT_FOUND (404, 410), CORRUPT (416: the file is shorter
 * than it must be), TRY_AGAIN (408, 425, 429, 500, 502, 503, 504), SYSTEM (all others). */
LauttaErrorCode http_status_meaning(long status);

/* Returns: constant text like " Service Unavailable" for the statuses above, or "" for others. */
const char *http_status_text(long status);
