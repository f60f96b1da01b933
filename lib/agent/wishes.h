/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this host is asked to run: by its list, and by whoever installed service packages. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent.h"
#include "orders.h"
#include "plan.h"
#include "supply.h"
#include "survey.h"

typedef struct {
        char *service;
        char *version;
        bool has_sha256; /* the list says the digest of its package */
        uint8_t sha256[DIGEST_BYTES];
        char *settings;  /* digest of those that it is to be started with, which are here; NULL: none */
        bool listed;     /* Must-Have names it */
        GError *why_not; /* its description, or its settings, are not to be had, or must not be; NULL: it is
                            wanted as it is */
} Wish;

typedef struct {
        Want *want;
        GPtrArray *wishes;      /* Wish, sorted by service */
        GHashTable *by_service; /* the same by the service's name, borrowed */
        GPtrArray *notes;       /* char *: what somebody installed and the list does not allow, for people */
} Wishes;

/* A description that is not here is taken from `supply`, and kept, and so are settings. What is not to be had
 * is noted in its wish; then the version that is meant to run now stays wanted, or what is here is left
 * alone. Errors: SYSTEM. */
Wishes *wishes_make(Agent *agent, const Orders *orders, const Survey *survey, Supply *supply, GError **error);
void wishes_free(Wishes *wishes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wishes, wishes_free)

/* Note in `have` what runs (`domains`) with other settings than is wished. */
void wishes_compare_settings(const Wishes *wishes, const GPtrArray *domains, Have *have);

/* The wish for that service, or NULL. */
const Wish *wishes_find(const Wishes *wishes, const char *service);

/* Pure. May somebody who installed `service` have it run, as far as `list` (NULL: none) goes? */
bool list_allows(const List *list, const char *service);

/* Returns: owned: what a list asks for ("1.0 SHA256", or "1.0"; and the settings), to see if that changes. */
char *wish_text(const Wish *wish);
