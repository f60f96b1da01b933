/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules between keys of a service description, and the defaults that depend on other keys. */
#pragma once

#include "description.h"
#include "schema.h"

/* A description as it is allocated, with members behind it that only its making needs. */
typedef struct {
        ServiceDescription description;
        char *health_http; /* as given, or NULL */
        char *health_tcp;
} DescriptionDraft;

/* Check a draft that the schema has filled, and complete it. `lines` has the keys that were given, with their lines.
 * Errors: USAGE with "NAME:LINE: ...". */
bool description_check(DescriptionDraft *draft, const SchemaLines *lines, const char *name, GError **error);
