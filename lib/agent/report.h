/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a pass did and found: for state/report.json, for people, and for exit codes. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "apply.h"
#include "apt.h"
#include "record.h"

typedef struct {
        int64_t started; /* Unix seconds */
        double seconds;
        Orders *orders;      /* NULL: it did not come to that */
        Targets *targets;    /* the same */
        Plan *plan;          /* the same */
        GPtrArray *outcomes; /* Outcome; NULL: none */
        GPtrArray *notes;    /* char *: torn records */
        AptResult packages;
        GError *packages_error; /* the other packages could not be brought to the list */
        GError *error;          /* why the pass came to no end; or NULL */
} Report;

Report *report_new(void);
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

/* The exit code of a program that made this pass: 0 if all is as the list wants it. 3 if the list in force
 * holds things back, having expired. If something failed, its code, where all that failed have the same,
 * else 1. Otherwise 3 if a list or trust.list was refused, and 75 if no source answered. */
int report_exit_code(const Report *report);

/* Did the pass do anything but look? */
bool report_has_news(const Report *report);

/* Returns: owned object. */
json_t *report_to_json(const Report *report);

/* Returns: owned array of owned lines: what went wrong or was refused, for people; what steps failed with,
 * too, if asked for. */
GPtrArray *report_troubles(const Report *report, bool with_steps);
