/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting and stopping one version of a service, with its place on the network, and waiting until it is
 * healthy. The caller holds the claim on the service (service_states.h). */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent.h"
#include "service_record.h"

typedef enum {
        LAUNCH_HEALTHY,   /* it runs, and is healthy */
        LAUNCH_UNHEALTHY, /* the version is at fault (launch_blame.h) */
        LAUNCH_RETRY,     /* something else failed: the same launch may succeed later */
} LaunchResult;

/* One version on its way up. `agent` and `record` are borrowed. */
typedef struct {
        Agent *agent;
        ServiceRecord *record; /* of its service; saved whenever a start changes it */
        Stored *stored;        /* its description, read once */
} Launch;

/* Connect to libvirt and read the description of `version`. On failure, `launch` is empty. Errors: of
 * agent_connect() and store_load(); none of them is the version's fault. */
bool launch_open(Launch *launch, Agent *agent, ServiceRecord *record, const char *version, GError **error);
void launch_clear(Launch *launch);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Launch, launch_clear)

/* Make what the version's root needs on the disk, before another version stops. Errors: NO_SPACE, SYSTEM, those of
 * launch_open(). */
bool launch_prepare(Agent *agent, ServiceRecord *record, const char *version, GError **error);

/* Start the version, or find that it runs. `error` must not be NULL, here and below; it is set for every
 * result but LAUNCH_HEALTHY. */
LaunchResult launch_start(Launch *launch, GError **error);

/* Open and start `version`, and wait until it is healthy. */
LaunchResult launch_run(Agent *agent, ServiceRecord *record, const char *version, GError **error);

/* Start the version as a candidate next to the active one, which keeps the service's traffic (network.h), and
 * wait until it is healthy. An unhealthy candidate goes on running. */
LaunchResult launch_candidate(Launch *launch, GError **error);

/* Promote the candidate: the service's traffic goes to it from now on. Then wait briefly until it is healthy
 * at that place. If it is not, `from` is active again. `away_seconds` gets how long the service may not have
 * answered. */
LaunchResult launch_promote(Launch *launch, const char *from, double *away_seconds, GError **error);

/* Give the service's place on the network to this version alone, with all that its description opens. Errors:
 * as host_network_apply() and service_record_save(). */
bool launch_settle(Launch *launch, GError **error);

/* Stop every version of `service` but `version`. Errors: as launch_stop(). */
bool launch_stop_others(Agent *agent, const char *service, const char *version, GError **error);

/* Stop `version`; NULL: every version that runs. Errors: as instance_stop(). */
bool launch_stop(Agent *agent, const char *service, const char *version, GError **error);

/* Check once whether `version` is healthy at the service's place. Errors: as instance_health(). */
bool launch_check_health(Agent *agent, const char *service, const char *version, unsigned timeout_ms,
                         GError **error);

/* Make every wait for health return early, because the agent is shutting down. Not async-signal-safe. */
void launch_cancel(Agent *agent);
