/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the agent and its services are, as one JSON object: lautta-agent(8), "status", tells its members. */
#pragma once

#include "agent.h"
#include "record.h"

/* Returns: owned object of the services: what the records say, and what ServiceStates knows in addition. */
json_t *status_services(const Agent *agent);

/* Returns: owned object of a host where no agent runs: from the records, the report of the last pass, and
 * libvirt as far as it answers. Errors: SYSTEM. */
json_t *status_without_agent(Agent *agent, GError **error);
