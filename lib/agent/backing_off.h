/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long to wait before a service that came down is started again, and when not to start it any more. Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
        BACKING_OFF_WITHIN_S = 3600, /* what lies longer ago does not count */
        BACKING_OFF_DOWNS_MAX = 10,  /* so many times down within that, and it is halted */
        BACKING_OFF_MAX_MS = 300 * 1000,
        BACKING_OFF_HALT = -1,
};

/* `restarts` (Unix seconds, `count` of them) are those before; now it came down once more. Returns:
 * milliseconds to wait: 0 for the first, then `base_ms`, and twice as much each time; or BACKING_OFF_HALT. */
int64_t backing_off_ms(const int64_t *restarts, size_t count, int64_t now, int64_t base_ms);
