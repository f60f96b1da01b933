/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The results of a pass, while it runs; pass_report.h has the format of its report. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "apply.h"
#include "apt.h"
#include "pass_report.h"

typedef struct {
        int64_t started; /* Unix seconds */
        double seconds;
        Orders *orders;      /* NULL: it did not come to that */
        Targets *targets;    /* the same */
        Plan *plan;          /* the same */
        GPtrArray *outcomes; /* Outcome; NULL: none */
        GPtrArray *notes;    /* char *: torn records, and what the host lacks or had changed */
        AptResult packages;
        GError *packages_error; /* the other packages could not be brought to the list */
        GError *error;          /* why the pass came to no end; or NULL */
} Report;

Report *report_new(void);
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

/* Not failed if all is as the list wants it. UNTRUSTED if the list in force has expired and holds things
 * back. If something failed, its code, where all failures have the same exit code, else SYSTEM. Otherwise
 * UNTRUSTED if a list or trust.list was refused, and TRY_AGAIN if no source answered. */
Verdict report_verdict(const Report *report);

/* The exit code of a program that made this pass. */
int report_exit_code(const Report *report);

/* Return: owned report for programs, and the same as a JSON object (NULL if some text is not UTF-8). */
PassReport *report_make(const Report *report);
json_t *report_to_json(const Report *report);

/* Returns: owned array of owned lines for people: failures and refusals, and with `with_steps` the errors of steps,
 * too. */
GPtrArray *report_troubles(const Report *report, bool with_steps);
