/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list: what one host must, may and may not have (docs/formats-fleet.md, "A list"). */
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

/* The service package that a relation means. */
typedef struct {
        char *service;
        char *version;
        uint8_t sha256[DIGEST_BYTES];
        bool has_settings;
        uint8_t settings_sha256[DIGEST_BYTES]; /* then: of its settings file (settings.h) */
} ListService;

typedef struct {
        char *host;
        char *host_key;
        int64_t serial;
        int64_t date; /* this and the next two in Unix seconds */
        int64_t valid_until;
        int64_t depot_date_min; /* the oldest InRelease that may serve it */
        unsigned interval_s;    /* how often to look for a new list; 0: as the host's configuration says */
        GPtrArray *must_have;   /* Relation, sorted by name, as in the next two */
        GPtrArray *may_have;
        GPtrArray *may_not_have;
        GPtrArray *services;     /* ListService, sorted by name */
        GPtrArray *as_container; /* Relation without version: services whose machine may run as a container */
} List;

/* Returns: owned list of nothing for nobody. */
List *list_new(void);
void list_free(List *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(List, list_free)

/* Read the verified text of a list; `name` stands for it in messages. Errors: CORRUPT: not one paragraph, a
 * field twice, missing or unknown, another format, a name that is not one or may not be named there. */
List *list_parse(GBytes *text, const char *name, GError **error);

/* The rules that span fields, which list_parse() has applied: a writer calls it before it signs.
 * Errors: CORRUPT with what contradicts what. */
bool list_check(const List *list, GError **error);

/* Returns: owned text, which list_parse() reads back. The same list gives the same bytes. */
GBytes *list_format(const List *list);

/* The service of that name that the list pins, or NULL. */
const ListService *list_service(const List *list, const char *name);

/* Name the settings file of a service of a list that is sorted. Returns: false if it has no such service, or
 * that has settings already. */
bool list_set_settings(List *list, const char *service, const uint8_t sha256[DIGEST_BYTES]);

/* Add a service; the caller sorts with list_sort() once all are in. */
void list_add_service(List *list, const char *service, const char *version,
                      const uint8_t sha256[DIGEST_BYTES]);
void list_sort(List *list);
