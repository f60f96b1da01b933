/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "backing_off.h"

int64_t backing_off_ms(const int64_t *restarts, size_t count, int64_t now, int64_t base_ms)
{
        size_t recent = 0;
        /* One in the future is of a clock that was ahead: it counts, so that nothing is hammered. */
        for (size_t i = 0; i < count; i++)
                if (now - restarts[i] < BACKING_OFF_WITHIN_S)
                        recent++;
        if (recent + 1 >= BACKING_OFF_DOWNS_MAX)
                return BACKING_OFF_HALT;
        if (recent == 0)
                return 0;
        int64_t wait_ms = base_ms << (recent - 1);
        return wait_ms < BACKING_OFF_MAX_MS ? wait_ms : BACKING_OFF_MAX_MS;
}
