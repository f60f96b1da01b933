/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settle what a host and its groups say: the nearest node wins. Pure.
 *
 * The host has distance 0 and its groups distance 1. A group that another extends is one further away than
 * that one, by the longest way: so a group is always nearer than the groups it extends. */
#pragma once

#include "fleet.h"

/* The settled wish for one package. Borrowed from the fleet. */
typedef struct {
        const char *name;
        FleetKind kind;
        FleetPlace place;    /* of the wish that decided `kind` */
        const char *version; /* or NULL */
        FleetPlace version_place;
        unsigned distance, version_distance;
} FleetPackage;

/* A file of settings, and the distance of its node. */
typedef struct {
        const FleetSettingsFile *file;
        unsigned distance;
} FleetNearFile;

/* Everything that a host must, may and may not have. */
typedef struct {
        GHashTable *settings;     /* "SERVICE/NAME" to FleetNearFile */
        GHashTable *packages;     /* name to FleetPackage */
        GHashTable *as_container; /* set of names */
        const char *architecture;
        unsigned valid_s;
        unsigned interval_s; /* 0: not given */
} FleetTarget;

/* Returns: owned; borrows from `fleet`. It includes the requirements of must-have services, and the versions
 * that services/ gives. Errors: USAGE with both FILE:LINE if two nodes at the same distance contradict each
 * other. */
FleetTarget *fleet_settle(const Fleet *fleet, const FleetNode *host, GError **error);
void fleet_target_free(FleetTarget *target);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FleetTarget, fleet_target_free)
