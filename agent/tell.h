/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events of the agent: with fields into the journal if standard error goes there, else as lines. */
#pragma once

#include "agent.h"

/* For Agent.tell; `user` is not used. */
void tell(void *user, const AgentEvent *event);
