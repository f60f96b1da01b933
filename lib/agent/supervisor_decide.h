/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The supervisor's decision about a service that is down. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef enum {
        SUPERVISOR_FORGET,  /* a pass or a person has changed the running version: the service is theirs */
        SUPERVISOR_HALT,    /* it came down too often: stop it, and wait for a person */
        SUPERVISOR_WAIT,    /* look again at the time given */
        SUPERVISOR_RESTART, /* start it again now */
} SupervisorAction;

/* The facts about one service that is down. Times are of the monotonic clock, in microseconds. */
typedef struct {
        bool is_ours; /* the version that ran is the current one, and nothing is in progress, stopped or halted */
        bool needs_is_down; /* a service that it needs is down as well, and is started first */
        int64_t down_us;    /* when it was found down */
        int64_t backoff_ms; /* of restart_backoff_ms() */
} SupervisorSeen;

/* `due_us` gets the time to look again; only SUPERVISOR_WAIT sets it. */
SupervisorAction supervisor_decide(const SupervisorSeen *seen, int64_t now_us, int64_t *due_us);
