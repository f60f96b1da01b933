/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this host is asked to run: by its list, and by whoever installed service packages. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent.h"
#include "orders.h"
#include "plan.h"
#include "package_sources.h"
#include "inventory.h"

typedef struct {
        char *service;
        char *version;
        bool has_sha256; /* the list says the digest of its package */
        uint8_t sha256[DIGEST_BYTES];
        char *settings;  /* digest of those that it is to be started with, which are here; NULL: none */
        bool listed;     /* Must-Have names it */
        GError *why_not; /* its description, or its settings, are not to be had, or must not be; NULL: it is
                            wanted as it is */
} ServiceTarget;

typedef struct {
        Want *want;
        GPtrArray *targets;     /* ServiceTarget, sorted by service */
        GHashTable *by_service; /* the same by the service's name, borrowed */
        GPtrArray *notes;       /* char *: what somebody installed and the list does not allow, for people */
} Targets;

/* Take descriptions and settings that are missing here from `sources`, and keep them. What cannot be taken is
 * noted in its target. Then the version that is meant to run now stays a target, or the service is left alone.
 * Errors: SYSTEM. */
Targets *targets_make(Agent *agent, const Orders *orders, const Inventory *inventory, PackageSources *sources,
                      GError **error);
void targets_free(Targets *targets);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Targets, targets_free)

/* Note in `have` what runs (`domains`) with other settings than is wished. */
void targets_compare_settings(const Targets *targets, const GPtrArray *domains, Have *have);

/* The target for that service, or NULL. */
const ServiceTarget *targets_find(const Targets *targets, const char *service);

/* Pure. May somebody who installed `service` have it run, as far as `list` (NULL: none) goes? */
bool targets_allowed(const List *list, const char *service);

/* Returns: owned: what a list asks for ("1.0 SHA256", or "1.0"; and the settings), to see if that changes. */
char *targets_text(const ServiceTarget *target);
