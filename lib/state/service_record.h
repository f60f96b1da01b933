/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the agent knows of one service and could not find out otherwise: state/services/NAME.json. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

enum { SERVICE_RESTARTS_MAX = 32 };

typedef struct {
        char *service;
        char *current;    /* the version that is meant to run, and came up once; NULL: none */
        char *previous;   /* the one before; or NULL */
        char *candidate;  /* being started or updated to; or NULL */
        char *address;    /* that it has; or NULL */
        GPtrArray *bad;   /* BadVersion */
        GArray *restarts; /* int64_t: Unix seconds of the latest ones, oldest first */
        char *asked;    /* what was asked for in the last pass: "1.0", or "1.0 SHA256 [SETTINGS]"; or NULL */
        char *settings; /* digest of those that it is started with; or NULL */
        char *halted;   /* what was asked for when it crashed too often; or NULL */
        char *error;    /* why it is not as it shall be, for people; or NULL */
        bool stopped;   /* by a plan: it is not to be started again by itself */
        bool container; /* the list allows that it runs as one though it was made as a machine */
        bool listed;    /* a list's Must-Have named it, so it goes when none does any more */
} ServiceRecord;

ServiceRecord *service_record_new(const char *service);
void service_record_free(ServiceRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ServiceRecord, service_record_free)

/* Returns: owned; a new one if there is none, or it is torn. A torn one is put aside as NAME.torn, and `torn`
 * gets an owned sentence about it; with NULL for `torn` it stays where it is. Errors: SYSTEM. */
ServiceRecord *service_record_load(const char *state_directory, const char *service, char **torn,
                                   GError **error);

/* Errors: NO_SPACE, SYSTEM. */
bool service_record_save(const char *state_directory, const ServiceRecord *record, GError **error);

bool service_record_remove(const char *state_directory, const char *service, GError **error);

/* Returns: owned sorted array of owned names of which there are records, torn ones included. */
GPtrArray *service_record_names(const char *state_directory, GError **error);

/* Note that `version` did not come up for the list of `serial`; one entry a version. */
void service_record_add_bad(ServiceRecord *record, const char *version, int64_t serial);
void service_record_clear_bad(ServiceRecord *record, const char *version);

/* Note that it was started again at that time, Unix seconds; only the latest are kept. */
void service_record_add_restart(ServiceRecord *record, int64_t at);

/* Returns: owned array of objects with version and serial. */
json_t *service_record_bad_to_json(const ServiceRecord *record);
