/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packages as the fields of a list name them: "web (= 1.0.0), openssh-server", and in May-Have also "*" and
 * names with '*' and '?' in them. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { RELATIONS_MAX = 4096 };

typedef struct {
        char *name;    /* a package, or a pattern */
        char *version; /* exactly this one; NULL: any */
} Relation;

Relation *relation_new(const char *name, const char *version);
void relation_free(Relation *relation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Relation, relation_free)

/* True for text of package name characters, '*' and '?', with at least one of the two, at most DEBIAN_NAME_MAX long. */
bool package_pattern_is_valid(const char *text);

/* Returns: owned empty array that owns its Relation. */
GPtrArray *relations_new(void);

/* Read a field's value into `relations`, sorted by name. Errors: CORRUPT, quoting the fault: a bad name or version, a
 * name twice, more than RELATIONS_MAX, or a pattern unless `with_patterns`. */
bool relations_parse(const char *value, bool with_patterns, GPtrArray *relations, GError **error);

/* Returns: the relation of exactly that name in a sorted array, or NULL. */
const Relation *relations_find(const GPtrArray *relations, const char *name);

void relations_sort(GPtrArray *relations);

/* Returns: owned "web (= 1.0.0)". */
char *relation_format(const Relation *relation);
