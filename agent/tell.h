/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the agent has to say: with fields into the journal, where that listens to standard error; else as
 * lines. */
#pragma once

#include "agent.h"

/* For Agent.tell; `user` is not used. */
void tell(void *user, const AgentEvent *event);
