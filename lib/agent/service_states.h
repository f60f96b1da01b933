/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The present state of each service, in memory, for every thread that works on services or reports them.
 * Threads: any. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "host_status.h"
#include "progress.h"

typedef struct ServiceStates ServiceStates;

ServiceStates *service_states_new(void);
void service_states_free(ServiceStates *states);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ServiceStates, service_states_free)

/* Only the holder of the claim on a service may stop, start or record it. There is one holder at a time.
 * service_states_claim() waits for the claim. */
void service_states_claim(ServiceStates *states, const char *service);
bool service_states_try_claim(ServiceStates *states, const char *service);
void service_states_release(ServiceStates *states, const char *service);

/* A claim that ends with its scope: `g_autoptr(ServiceClaim) claim = service_claim_new(...)`. `states` is
 * borrowed. The second returns NULL if somebody else holds the claim. */
typedef struct ServiceClaim ServiceClaim;
ServiceClaim *service_claim_new(ServiceStates *states, const char *service);
ServiceClaim *service_claim_try(ServiceStates *states, const char *service);
void service_claim_free(ServiceClaim *claim);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ServiceClaim, service_claim_free)

/* True if any service is claimed. */
bool service_states_is_claimed(ServiceStates *states);

/* `version` and `error` may be NULL. Notes the time if state or version change. */
void service_states_set(ServiceStates *states, const char *service, const char *version, ServiceState state,
                        const char *error);

/* Set the time since which the state holds, if it began before this process: Unix seconds. */
void service_states_set_since(ServiceStates *states, const char *service, int64_t since);

/* `trouble` is the message of the last health check; NULL: it was healthy. */
void service_states_set_health(ServiceStates *states, const char *service, const char *trouble);

/* The number of recent restarts by the supervisor. */
void service_states_set_restarts(ServiceStates *states, const char *service, unsigned restarts);
void service_states_remove(ServiceStates *states, const char *service);

/* Returns: owned progress of a fetch of `version`; it is passed on to `next` (may be NULL). */
Progress *service_states_progress_new(ServiceStates *states, const char *service, const char *version,
                                      Progress *next);

/* End the fetch. */
void service_states_progress_free(Progress *progress);

/* Write all known states into `status`, over the present values of each service. */
void service_states_fill(ServiceStates *states, HostStatus *status);
