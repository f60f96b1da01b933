/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks the health of running services on threads of its own, starts again the ones that came down, and
 * halts those that come down too often (docs/agent.md, "Services"). Leaves services alone that a pass has
 * claimed. */
#pragma once

#include <glib.h>

#include "agent.h"

typedef struct Supervisor Supervisor;

/* `agent` is borrowed. Supervision of a service begins when it is first seen running; to start it is up to a
 * pass. LAUTTA_RESTART_BASE_MS in the environment shortens the first wait before a restart (1000). */
Supervisor *supervisor_new(Agent *agent);

/* Look now. */
void supervisor_poke(Supervisor *supervisor);

/* Stop supervising, and free; services go on. Waits for a check or restart in progress. Returns: false if
 * that did not end within the time; then nothing is freed, and the process may only exit. */
bool supervisor_end(Supervisor *supervisor, unsigned within_s);
