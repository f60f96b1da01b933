/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The record of a service, state/services/NAME.json: facts that the agent cannot find out otherwise. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

enum { SERVICE_RESTARTS_MAX = 32 };

typedef struct {
        char *service;
        char *current;    /* the version that is to run, and came up once; NULL: none */
        char *previous;   /* the version before it; or NULL */
        char *candidate;  /* the version that is being started or updated to; or NULL */
        char *address;    /* on the host's network; or NULL */
        GPtrArray *bad;   /* BadVersion */
        GArray *restarts; /* int64_t: Unix seconds of the latest ones, oldest first */
        char *asked;      /* the target of the last pass: "1.0", or "1.0 SHA256 [SETTINGS]"; or NULL */
        char *settings;   /* digest of the settings that it is started with; or NULL */
        char *halted;     /* the target for which it crashed too often; or NULL */
        char *error;      /* why it does not match its target, for people; or NULL */
        bool stopped;     /* a plan stopped it: the supervisor must not start it again */
        bool container;   /* the list lets this machine run as a container */
        bool listed;      /* a list's Must-Have named it; it is removed when the list drops it */
} ServiceRecord;

ServiceRecord *service_record_new(const char *service);
void service_record_free(ServiceRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ServiceRecord, service_record_free)

/* Returns: owned; a new record if there is none, or it is torn. A torn one is renamed to NAME.torn, and `torn`
 * gets an owned sentence about it. If `torn` is NULL, the file stays. Errors: SYSTEM. */
ServiceRecord *service_record_load(const char *state_directory, const char *service, char **torn,
                                   GError **error);

/* Errors: NO_SPACE, SYSTEM. */
bool service_record_save(const char *state_directory, const ServiceRecord *record, GError **error);

bool service_record_remove(const char *state_directory, const char *service, GError **error);

/* Returns: owned sorted array of owned names of the services with a record, torn ones included. */
GPtrArray *service_record_names(const char *state_directory, GError **error);

/* Note that `version` did not come up for the list of `serial`. Each version has one entry. */
void service_record_add_bad(ServiceRecord *record, const char *version, int64_t serial);
void service_record_clear_bad(ServiceRecord *record, const char *version);

/* Note a restart at that time, Unix seconds. Only the latest ones are kept. */
void service_record_add_restart(ServiceRecord *record, int64_t at);

/* Returns: owned array of objects with version and serial. */
json_t *service_record_bad_to_json(const ServiceRecord *record);
