/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list names the packages that one host must, may and may not have (docs/formats-fleet.md, "A list"). */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "digest.h"
#include "relation.h"
#include "statement.h"

#define LIST_SERIAL_MAX STATEMENT_SERIAL_MAX

enum {
        LIST_MAX_BYTES = 1024 * 1024,
        LIST_INTERVAL_MIN_S = 10,
        LIST_INTERVAL_MAX_S = 7 * 24 * 3600,
};

/* A service package and the digests that pin it. */
typedef struct {
        char *service;
        char *version;
        uint8_t sha256[DIGEST_BYTES];
        bool has_settings;
        uint8_t settings_sha256[DIGEST_BYTES]; /* with settings: of the settings file (settings.h) */
} ListService;

typedef struct {
        char *host;
        char *host_key;
        int64_t serial;
        int64_t date; /* this and the next two in Unix seconds */
        int64_t valid_until;
        int64_t depot_date_min; /* the oldest date of an InRelease that may serve the list */
        unsigned interval_s;    /* time between checks for a new list; 0: as the host's configuration says */
        GPtrArray *must_have;   /* Relation, sorted by name, as in the next two */
        GPtrArray *may_have;
        GPtrArray *may_not_have;
        GPtrArray *services;     /* ListService, sorted by name */
        GPtrArray *as_container; /* Relation without version: services whose machine may run as a container */
} List;

/* Returns: owned empty list. */
List *list_new(void);
void list_free(List *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(List, list_free)

/* Read the verified text of a list; messages call it `name`. Errors: CORRUPT: not one paragraph, a field twice, missing
 * or unknown, another format, a name that is malformed or not allowed there. */
List *list_parse(GBytes *text, const char *name, GError **error);

/* Check the rules that span fields. list_parse() has applied them; a writer calls this before it signs. Errors: CORRUPT
 * with the contradiction. */
bool list_check(const List *list, GError **error);

/* Returns: owned text, which list_parse() reads back. The same list gives the same bytes. */
GBytes *list_format(const List *list);

/* Returns: the service of that name that the list pins, or NULL. */
const ListService *list_service(const List *list, const char *name);

/* Set the settings file of a service of a sorted list. Returns: false if the list has no such service, or the service
 * has settings already. */
bool list_set_settings(List *list, const char *service, const uint8_t sha256[DIGEST_BYTES]);

/* Add a service; the caller sorts with list_sort() after adding all. */
void list_add_service(List *list, const char *service, const char *version,
                      const uint8_t sha256[DIGEST_BYTES]);
void list_sort(List *list);
