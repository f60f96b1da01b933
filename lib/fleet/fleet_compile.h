/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compile a fleet, a depot and the published lists into new lists: one step a host. Pure. */
#pragma once

#include <stdint.h>

#include "fleet.h"
#include "list.h"

/* The list that is published for a host. */
typedef struct {
        List *list;            /* NULL: there is none, or this operator did not sign it */
        char *why;             /* reason why a published file is no list of this operator; or NULL */
        bool by_current_key;   /* signed by the list key that signs now */
        int64_t newest_serial; /* highest that this operator ever signed for the host; 0: none */
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
        FLEET_CHANGED, /* its packages, settings, interval or host key differ */
        FLEET_RENEWED, /* less than a third of its time is left, a former key signed it, or `valid` differs */
        FLEET_KEPT,    /* the published list stays as it is */
        FLEET_REMOVED, /* the host is not in the fleet any more */
} FleetAction;

/* A settings file for the depot. */
typedef struct {
        uint8_t sha256[DIGEST_BYTES];
        GBytes *text;
} FleetSettingsText;

typedef struct {
        char *host;
        FleetAction action;
        GPtrArray *settings; /* FleetSettingsText: the files that the list names */
        List *list;          /* to be signed; NULL for FLEET_KEPT and FLEET_REMOVED */
        const List *before;  /* FleetBefore.list; borrowed */
        const char *why;     /* FleetBefore.why; borrowed */
} FleetStep;

/* Returns: owned array of owned FleetStep, sorted by host. Errors, all with FILE:LINE: USAGE if the fleet
 * contradicts itself, or a must-have service needs a service that is not must-have; NOT_FOUND if the depot
 * lacks a service or version. */
GPtrArray *fleet_compile(const Fleet *fleet, const FleetCircumstances *circumstances, GError **error);

/* Returns: constant "new", "changed", "renewed", "kept", "removed". */
const char *fleet_action_name(FleetAction action);
