/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status of this host (host_status.h), from records, libvirt and the agent's memory. */
#pragma once

#include "agent.h"
#include "host_status.h"

/* Returns: owned status with the services, from the records and then from ServiceStates, which goes first. */
HostStatus *status_of_services(const Agent *agent);

/* Returns: owned status of a host where no agent runs: from the records, the report of the last pass, and
 * libvirt as far as it answers. */
HostStatus *status_without_agent(Agent *agent);
