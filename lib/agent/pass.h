/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pass: orders, descriptions, plan, apply, report (docs/agent.md). One at a time, by whoever holds the
 * lock. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent.h"
#include "report.h"

/* The lock of all who change anything on this host. Returns: a descriptor that holds it until it is closed,
 * -1 with CONFLICT if another process has it, SYSTEM. */
int pass_lock(const AgentConf *conf, GError **error);

/* Make a pass. The caller holds the lock. What goes wrong is in the report, which is also kept in
 * state/report.json; it is never NULL. */
Report *pass_run(Agent *agent);

/* What a pass would do: a report with a plan and without outcomes. Changes nothing. */
Report *pass_plan(Agent *agent);
