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

typedef struct Roster Roster;

Roster *roster_new(void);
void roster_free(Roster *roster);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Roster, roster_free)

/* A service is worked on (stopped, started, recorded) by who has claimed it, one at a time. roster_claim()
 * waits. */
void roster_claim(Roster *roster, const char *service);
bool roster_try_claim(Roster *roster, const char *service);
void roster_release(Roster *roster, const char *service);

/* Is anybody at work on a service? */
bool roster_is_claimed(Roster *roster);

/* `version` and `error` may be NULL; the time of a change of state or version is noted. */
void roster_set(Roster *roster, const char *service, const char *version, ServiceState state,
                const char *error);

/* The time since which it is so, if it began before this process: Unix seconds. */
void roster_set_since(Roster *roster, const char *service, int64_t since);

/* What the last check said: NULL if it was healthy. */
void roster_set_health(Roster *roster, const char *service, const char *trouble);

/* How often the keeper has started it again, lately. */
void roster_set_restarts(Roster *roster, const char *service, unsigned restarts);
void roster_remove(Roster *roster, const char *service);

/* The state of a service; SERVICE_STOPPED for one that is not there. */
ServiceState roster_state(Roster *roster, const char *service);

/* Returns: owned; a fetch of `version` tells it, and it tells `next` (may be NULL), too. */
Progress *roster_progress_new(Roster *roster, const char *service, const char *version, Progress *next);

/* The fetch is over. */
void roster_progress_free(Progress *progress);

/* Constant: "stopped", "fetching", "starting", "running", "failed", "halted". */
const char *service_state_name(ServiceState state);

/* Returns: owned object: service to what is known of it. */
json_t *roster_to_json(Roster *roster);
