/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results on standard output. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/* Print `object` (taken over; NULL is an error of ours) and a newline. Errors: SYSTEM. */
bool output_json(json_t *object, GError **error);
