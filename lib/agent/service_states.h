/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How each service is right now, in memory: shared by whoever works on services and whoever asks. Threads:
 * any. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "progress.h"

typedef enum {
        SERVICE_STOPPED, /* nothing runs, and nothing is meant to */
        SERVICE_FETCHING,
        SERVICE_STARTING,
        SERVICE_RUNNING,
        SERVICE_FAILED, /* it is meant to run and does not, or is not healthy */
        SERVICE_HALTED, /* it crashed too often */
} ServiceState;

typedef struct ServiceStates ServiceStates;

ServiceStates *service_states_new(void);
void service_states_free(ServiceStates *states);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ServiceStates, service_states_free)

/* Only the holder of the claim on a service may stop, start or record it. There is one holder at a time.
 * service_states_claim() waits for the claim. */
void service_states_claim(ServiceStates *states, const char *service);
bool service_states_try_claim(ServiceStates *states, const char *service);
void service_states_release(ServiceStates *states, const char *service);

/* A claim that ends with its scope: `g_autoptr(ServiceClaim) claim = service_claim_new(...)`. `states` is borrowed.
 * The second returns NULL if somebody else holds the claim. */
typedef struct ServiceClaim ServiceClaim;
ServiceClaim *service_claim_new(ServiceStates *states, const char *service);
ServiceClaim *service_claim_try(ServiceStates *states, const char *service);
void service_claim_free(ServiceClaim *claim);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ServiceClaim, service_claim_free)

/* Is anybody at work on a service? */
bool service_states_is_claimed(ServiceStates *states);

/* `version` and `error` may be NULL; the time of a change of state or version is noted. */
void service_states_set(ServiceStates *states, const char *service, const char *version, ServiceState state,
                        const char *error);

/* The time since which it is so, if it began before this process: Unix seconds. */
void service_states_set_since(ServiceStates *states, const char *service, int64_t since);

/* What the last check said: NULL if it was healthy. */
void service_states_set_health(ServiceStates *states, const char *service, const char *trouble);

/* How often the supervisor has started it again, lately. */
void service_states_set_restarts(ServiceStates *states, const char *service, unsigned restarts);
void service_states_remove(ServiceStates *states, const char *service);

/* Returns: owned; a fetch of `version` tells it, and it tells `next` (may be NULL), too. */
Progress *service_states_progress_new(ServiceStates *states, const char *service, const char *version,
                                      Progress *next);

/* The fetch is over. */
void service_states_progress_free(Progress *progress);

/* Constant: "stopped", "fetching", "starting", "running", "failed", "halted". */
const char *service_state_name(ServiceState state);

/* Returns: owned object: service to what is known of it. */
json_t *service_states_to_json(ServiceStates *states);
