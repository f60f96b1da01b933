/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the settings of a host and its groups come to: the nearest wins. Pure.
 *
 * A host is nearest to itself; its groups are one step away, and what a group extends is a step further than
 * the group, by whichever way is longest: so a group always is nearer than what it extends. */
#pragma once

#include "fleet.h"

/* What is wished of one package in the end. Borrowed from the fleet. */
typedef struct {
        const char *name;
        WishKind kind;
        FleetPlace place;    /* who said so */
        const char *version; /* or NULL */
        FleetPlace version_place;
        unsigned distance, version_distance;
} FleetWish;

/* A file of settings, and how far away the node is that gives it. */
typedef struct {
        const FleetSettingsFile *file;
        unsigned distance;
} FleetNearFile;

typedef struct {
        GHashTable *settings;     /* "SERVICE/NAME" to FleetNearFile */
        GHashTable *wishes;       /* name to FleetWish */
        GHashTable *as_container; /* set of names */
        const char *architecture;
        unsigned valid_s;
        unsigned interval_s; /* 0: not given */
} FleetOrder;

/* Returns: owned; lives as long as `fleet`. What must-have services require is in it, and the versions that
 * services/ gives. Errors: USAGE with both FILE:LINE where two nodes of the same distance contradict each
 * other. */
FleetOrder *fleet_settle(const Fleet *fleet, const FleetNode *host, GError **error);
void fleet_order_free(FleetOrder *order);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FleetOrder, fleet_order_free)
