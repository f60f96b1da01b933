/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The services that this host has to run: those of its list, and those whose package somebody installed by
 * hand. */
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
        bool has_sha256; /* the list gives the digest of its package */
        uint8_t sha256[DIGEST_BYTES];
        char *settings;  /* digest of the settings to start with, which are here; NULL: none */
        bool listed;     /* Must-Have names it */
        GError *why_not; /* why its description or its settings cannot be used; NULL: they can */
} ServiceTarget;

typedef struct {
        Want *want;
        GPtrArray *targets;     /* ServiceTarget, sorted by service */
        GHashTable *by_service; /* the same by the service's name, borrowed */
        GPtrArray *notes;       /* char *: sentences about installed services that the list does not allow */
} Targets;

/* Take descriptions and settings that are missing here from `sources`, and keep them. Whatever cannot be
 * taken is noted in its target; then the current version stays a target, or the service is left alone. With
 * `drafts` (may be NULL), descriptions go there, and nothing else is kept. Errors: SYSTEM. */
Targets *targets_make(Agent *agent, const Orders *orders, const Inventory *inventory, PackageSources *sources,
                      Store *drafts, GError **error);
void targets_free(Targets *targets);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Targets, targets_free)

/* Mark in `have` each service that runs (`domains`) with other settings than those of its target. */
void targets_compare_settings(const Targets *targets, const GPtrArray *domains, Have *have);

/* Returns: borrowed; NULL: the service is no target. */
const ServiceTarget *targets_find(const Targets *targets, const char *service);

/* Pure. True if `list` (NULL: none) allows somebody to install and run `service` by hand. */
bool targets_allowed(const List *list, const char *service);

/* Returns: owned text of the request: "1.0 SHA256" or "1.0", and the settings. It changes whenever the
 * request does. */
char *targets_text(const ServiceTarget *target);
