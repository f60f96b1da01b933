/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pass: orders, descriptions, plan, apply, report (docs/agent.md). The holder of the lock makes one at a
 * time. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent.h"
#include "report.h"

/* Take the lock of every process that changes this host. Returns: a descriptor that holds the lock until it
 * is closed; -1 with CONFLICT if another process holds it, or SYSTEM. */
int pass_lock(const AgentConf *conf, GError **error);

/* Make a pass. The caller holds the lock. Returns: owned, never NULL; failures are in the report, which is
 * also kept in state/report.json. */
Report *pass_run(Agent *agent);

/* Returns: owned report of a pass that changes nothing: it has a plan and no outcomes. */
Report *pass_plan(Agent *agent);
