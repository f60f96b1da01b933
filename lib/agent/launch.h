/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting and stopping one version of a service, with its place on the network; and waiting until it is
 * healthy. Whoever calls has claimed the service (service_states.h). */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent.h"
#include "service_record.h"

typedef enum {
        LAUNCH_HEALTHY,   /* it runs, and is healthy */
        LAUNCH_UNHEALTHY, /* it did not start, or not become healthy in its time */
        LAUNCH_RETRY, /* libvirt is away, or the agent is about to end: that says nothing of the version */
} LaunchResult;

/* Start `version`, or find that it runs, and wait until it is healthy. What is found out of the service is
 * noted in `record`, which is saved before anything starts. `error` is set for all but LAUNCH_HEALTHY. */
LaunchResult launch_and_wait(Agent *agent, ServiceRecord *record, const char *version, GError **error);

/* The same without waiting. */
LaunchResult launch_start(Agent *agent, ServiceRecord *record, const char *version, GError **error);

/* Start `version` as a candidate beside what runs, which stays the one that is heard (network.h), and wait
 * until it is healthy. One that is not is left as it is. */
LaunchResult launch_candidate(Agent *agent, ServiceRecord *record, const char *version, GError **error);

/* `from` and, beside it, `version` run: the second takes what is sent to the service from now on, and it is
 * waited until it is healthy at its place, which is seen at once or not at all. If not, the first has it
 * again. Either way `away_seconds` gets how long nobody may have answered. */
LaunchResult launch_promote(Agent *agent, ServiceRecord *record, const char *from, const char *version,
                            double *away_seconds, GError **error);

/* The place on the network is that of `version` alone, with all that its description opens. Errors: as
 * host_network_apply(). */
bool launch_settle(Agent *agent, ServiceRecord *record, const char *version, GError **error);

/* Stop whatever runs of it but `version`. Errors: as launch_stop(). */
bool launch_stop_others(Agent *agent, const char *service, const char *version, GError **error);

/* Stop `version`, NULL: whatever runs of it. Errors: as instance_stop(). */
bool launch_stop(Agent *agent, const char *service, const char *version, GError **error);

/* One check of what is meant to run. Errors: as instance_health(). */
bool launch_check_health(Agent *agent, const char *service, const char *version, unsigned timeout_ms,
                         GError **error);

/* The agent is about to end: who waits for health stops waiting. Signal-safe is it not. */
void launch_cancel(Agent *agent);
