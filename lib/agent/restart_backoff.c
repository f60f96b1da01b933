/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "restart_backoff.h"

int64_t restart_backoff_ms(const int64_t *restarts, size_t count, int64_t now, int64_t base_ms)
{
        size_t recent = 0;
        /* A clock that was ahead left stamps in the future. They would count until that time, and halt the service. */
        for (size_t i = 0; i < count; i++)
                if (restarts[i] <= now && now - restarts[i] < RESTART_BACKOFF_WITHIN_S)
                        recent++;
        if (recent + 1 >= RESTART_BACKOFF_DOWNS_MAX)
                return RESTART_BACKOFF_HALT;
        if (recent == 0)
                return 0;
        int64_t wait_ms = base_ms << (recent - 1);
        return wait_ms < RESTART_BACKOFF_MAX_MS ? wait_ms : RESTART_BACKOFF_MAX_MS;
}
