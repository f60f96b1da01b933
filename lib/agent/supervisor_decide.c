/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervisor_decide.h"

#include "restart_backoff.h"

enum { NEEDS_WAIT_MS = 500 };

SupervisorAction supervisor_decide(const SupervisorSeen *seen, int64_t now_us, int64_t *due_us)
{
        if (!seen->is_ours)
                return SUPERVISOR_FORGET;
        if (seen->backoff_ms == RESTART_BACKOFF_HALT)
                return SUPERVISOR_HALT;
        *due_us = seen->down_us + seen->backoff_ms * 1000;
        if (now_us < *due_us)
                return SUPERVISOR_WAIT;
        *due_us = now_us + (int64_t)NEEDS_WAIT_MS * 1000;
        return seen->needs_is_down ? SUPERVISOR_WAIT : SUPERVISOR_RESTART;
}
