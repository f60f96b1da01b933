/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long to wait before a service that came down is started again, and when to halt it. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
        RESTART_BACKOFF_WITHIN_S = 3600, /* earlier restarts do not count; neither do those in the future */
        RESTART_BACKOFF_DOWNS_MAX = 10,  /* at so many falls within that time it is halted */
        RESTART_BACKOFF_MAX_MS = 300 * 1000,
        RESTART_BACKOFF_HALT = -1,
};

/* `restarts` holds the Unix seconds of `count` previous restarts; the service has come down once more.
 * Returns: milliseconds to wait: 0 for the first time, then `base_ms`, doubled each time; or
 * RESTART_BACKOFF_HALT. */
int64_t restart_backoff_ms(const int64_t *restarts, size_t count, int64_t now, int64_t base_ms);
