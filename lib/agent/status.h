/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of the agent and its services as one JSON object: lautta-agent(8), "status", has its members. */
#pragma once

#include "agent.h"
#include "record.h"

/* Returns: owned object of the services: their records, and over them what ServiceStates knows. */
json_t *status_services(const Agent *agent);

/* Returns: owned object for a host without a running agent: from the records, the report of the last pass,
 * and libvirt if it answers. Errors: SYSTEM. */
json_t *status_without_agent(Agent *agent, GError **error);
