/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a fleet, a depot and the lists of before to the lists of now: one step a host. Pure. */
#pragma once

#include <stdint.h>

#include "fleet.h"
#include "list.h"

/* What is published for a host. */
typedef struct {
        List *list;            /* NULL: nothing, or no list that this operator signed */
        char *why;             /* the latter; NULL otherwise */
        bool by_current_key;   /* signed by the list key that signs now */
        int64_t newest_serial; /* that this operator ever signed for the host; 0: none */
} FleetBefore;

void fleet_before_free(FleetBefore *before);

/* All borrowed. Times in Unix seconds. */
typedef struct {
        const GPtrArray *entries; /* PackageEntry, in the order of packages_parse() */
        int64_t depot_date;
        int64_t now;        /* the clock */
        GHashTable *before; /* host to FleetBefore */
} FleetCircumstances;

typedef enum {
        FLEET_NEW,     /* there was no list */
        FLEET_CHANGED, /* what the host must, may or may not have differs, or its key */
        FLEET_RENEWED, /* less than a third of its time was left, it had another key's signature, or other
                          times */
        FLEET_KEPT,    /* the list of before stays as it is */
        FLEET_REMOVED, /* the host is not in the fleet any more */
} FleetAction;

/* A settings file as it shall lie in the depot. */
typedef struct {
        uint8_t sha256[DIGEST_BYTES];
        GBytes *text;
} FleetSettingsText;

typedef struct {
        char *host;
        FleetAction action;
        GPtrArray *settings; /* FleetSettingsText: those that its list names */
        List *list;          /* to be signed; NULL for FLEET_KEPT and FLEET_REMOVED */
        const List *before;  /* borrowed from the circumstances, as the next; NULL if there was none */
        const char *why;     /* what lies there is none of ours; or NULL */
} FleetStep;

/* Returns: owned array of owned FleetStep, sorted by host. Errors: USAGE with FILE:LINE where the fleet
 * contradicts itself or a service that a host must have needs what the host need not have, NOT_FOUND with
 * FILE:LINE where it names a service or version that the depot does not have. */
GPtrArray *fleet_compile(const Fleet *fleet, const FleetCircumstances *circumstances, GError **error);

/* "new", "changed", ...; constant. */
const char *fleet_action_name(FleetAction action);
