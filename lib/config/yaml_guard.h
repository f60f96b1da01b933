/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A check of YAML files from anywhere, before a document is made of them. Constructs that can grow, loop or hide
 * are refused. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { YAML_MAX_DEPTH = 16, YAML_MAX_EVENTS = 10000, YAML_MAX_SCALAR_BYTES = 1024 };

/* True if `source` is UTF-8 without NUL and one YAML document without aliases, anchors, tags and directives,
 * within the bounds above. `name` stands for the file in messages. Errors: USAGE with "NAME:LINE: ...". */
bool yaml_guard(GBytes *source, const char *name, GError **error);
