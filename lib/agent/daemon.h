/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The agent as a daemon: passes at their times and on request, the supervisor, the control socket. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent.h"

/* All borrowed. */
typedef struct {
        Agent *agent;
        AgentConf *(*load)(GError **error); /* reads the configuration again, on SIGHUP */
        void (*notify)(const char *state);  /* sd_notify(3)'s words; may be NULL */
        uint64_t watchdog_us;               /* the main loop says WATCHDOG=1 thrice in it; 0: never */
} DaemonOptions;

/* Run until SIGTERM or SIGINT. The caller holds the lock (pass.h), and blocks no signal. `still_fetches` is
 * set if another thread still uses `agent`; then the process may only exit, which is safe. Errors: of
 * control_new(). */
bool daemon_run(const DaemonOptions *options, bool *still_fetches, GError **error);
