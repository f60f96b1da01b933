/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to be done for each host of a fleet, on standard output. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* `steps`: FleetStep. As text, kept lists are only counted. */
void fleet_report_text(const GPtrArray *steps, bool dry_run);

/* The same as one JSON object. Errors: SYSTEM. */
bool fleet_report_json(const GPtrArray *steps, bool dry_run, GError **error);

/* What each host would have, without lists of before: `lautta fleet check`. */
void fleet_report_check(const GPtrArray *steps);
