/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status of a host (docs/formats-host.md): how its agent and its services are. It answers "status" on the
 * control socket, and is the output of `lautta-agent status --json`. */
#pragma once

#include "pass_report.h"

enum { HOST_STATUS_FORMAT = 2, HOST_STATUS_SERVICES_MAX = 4096 };

typedef enum {
        SERVICE_STOPPED, /* no version runs, and none is meant to */
        SERVICE_FETCHING,
        SERVICE_STARTING,
        SERVICE_RUNNING,
        SERVICE_FAILED,  /* a version is meant to run and does not, or is not healthy */
        SERVICE_HALTED,  /* the service crashed too often */
        SERVICE_UNKNOWN, /* neither an agent nor libvirt answers */
} ServiceState;

/* Constant: "stopped", "fetching", "starting", "running", "failed", "halted", "unknown". */
const char *service_state_name(ServiceState state);

typedef enum { HEALTH_STATE_UNKNOWN, HEALTH_STATE_HEALTHY, HEALTH_STATE_UNHEALTHY } HealthState;

/* Constant: "unknown", "healthy", "unhealthy". */
const char *health_state_name(HealthState health);

/* A version that did not come up, and the serial of the list that asked for it. */
typedef struct {
        char *version;
        uint64_t serial;
} StatusBad;

/* All texts are owned, and may be NULL where no comment says otherwise. */
typedef struct {
        char *name; /* never NULL */
        char *version;
        ServiceState state;
        HealthState health;
        int64_t since; /* Unix seconds; 0: not known */
        char *address;
        char *error, *trouble; /* why no version runs; the message of the last check */
        char *current, *previous, *candidate, *settings;
        GPtrArray *bad; /* StatusBad; never NULL */
        uint64_t restarts;
        bool listed;
        char *fetching; /* a version */
        char *part;     /* of that fetch */
        uint64_t fetched_bytes, fetch_bytes;
} ServiceStatus;

typedef struct {
        bool running; /* false: the rest comes from the records that an agent left */
        uint64_t pid;
        char *program_version, *host, *key;
        int64_t since, next_pass; /* Unix seconds; 0: not known */
        bool passing;
        char *configuration_trouble, *libvirt_trouble;
        PassReport *last_pass; /* or NULL */
        GPtrArray *services;   /* ServiceStatus, in any order; never NULL */
} HostStatus;

HostStatus *host_status_new(void);
void host_status_free(HostStatus *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostStatus, host_status_free)

/* Returns: borrowed status of the service `name`, which is added as unknown if it is absent. */
ServiceStatus *host_status_service(HostStatus *status, const char *name);

void service_status_add_bad(ServiceStatus *service, const char *version, uint64_t serial);

/* Returns: owned object; NULL if some text is not UTF-8. */
json_t *host_status_to_json(const HostStatus *status);

/* Members that this program does not know are passed over. Returns: owned. Errors: CORRUPT names the member;
 * USAGE says which side is too old where the format is another one. */
HostStatus *host_status_from_json(const json_t *object, GError **error);
