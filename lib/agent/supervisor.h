/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks after what runs, on threads of its own: checks health, starts again what came down, and halts what
 * comes down too often (docs/agent.md, "Services"). It leaves alone what a pass has claimed. */
#pragma once

#include <glib.h>

#include "agent.h"

typedef struct Supervisor Supervisor;

/* `agent` is borrowed. From the first pass on it looks after what it has seen running: whatever has not run
 * yet is a pass's matter. LAUTTA_RESTART_BASE_MS in the environment shortens the first wait before a restart
 * (1000). */
Supervisor *supervisor_new(Agent *agent);

/* Look now. */
void supervisor_poke(Supervisor *supervisor);

/* Stop looking, and free; services go on. Waits for a look or restart that is under way. Returns: false if
 * that did not end within the time, and then all is left as it is: the process may only end. */
bool supervisor_end(Supervisor *supervisor, unsigned within_s);
