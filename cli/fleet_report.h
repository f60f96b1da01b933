/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of a push, on standard output. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Print `steps` (FleetStep) as text; kept lists are only counted. */
void fleet_report_text(const GPtrArray *steps, bool dry_run);

/* Print `steps` as one JSON object. Errors: SYSTEM. */
bool fleet_report_json(const GPtrArray *steps, bool dry_run, GError **error);

/* Print the services of each host and how many Debian packages it has: `lautta fleet check`. */
void fleet_report_check(const GPtrArray *steps);
