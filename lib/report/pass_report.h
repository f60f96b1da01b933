/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The report of a pass (docs/formats-host.md), in state/report.json and over the control socket. The agent writes
 * it, and programs read it. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "errors.h"
#include "record.h"

/* The agent writes the latest format. Reports of format 1, which lack error codes, can be read, too. */
enum { PASS_REPORT_FORMAT = 2 };

typedef enum { STEP_RESULT_DONE, STEP_RESULT_FAILED, STEP_RESULT_LEFT_OUT } StepResult;

/* How a pass, or a step of it, ended. `code` is only set where it failed. */
typedef struct {
        bool failed;
        LauttaErrorCode code;
} Verdict;

/* All texts are owned, and may be NULL where no comment says otherwise. */
typedef struct {
        char *step;    /* never NULL */
        char *service; /* never NULL */
        char *version;
        char *from;
        bool beside; /* an update for which `from` went on running */
        StepResult result;
        Verdict verdict;
        char *error;
        char *console; /* last lines of a version that did not come up */
        double seconds;
        double down_seconds; /* the time for which the service was away */
        uint64_t bytes_fetched, bytes_reused;
} ReportStep;

typedef struct {
        uint64_t serial;
        int64_t date, valid_until; /* Unix seconds */
        char *source;
        bool may_install;
        char *why_not;
} ReportList;

/* The arrays are never NULL, and hold owned texts where no comment says otherwise. */
typedef struct {
        int64_t started; /* Unix seconds */
        double seconds;
        Verdict verdict;
        char *error;         /* why the pass was not completed */
        ReportList *list;    /* in force; NULL: none */
        GPtrArray *refused;  /* messages */
        GPtrArray *steps;    /* ReportStep */
        GPtrArray *troubles; /* lines for people */
        GPtrArray *packages_installed, *packages_upgraded, *packages_removed, *packages_refused;
} PassReport;

PassReport *pass_report_new(void);
void pass_report_free(PassReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PassReport, pass_report_free)

/* Append a step of that name. Returns: borrowed, for the caller to fill. */
ReportStep *pass_report_add_step(PassReport *report, const char *step, const char *service);

/* Returns: the exit code of a program that made this pass. */
int pass_report_exit_code(const PassReport *report);

/* Returns: owned object; NULL if some text is not UTF-8. */
json_t *pass_report_to_json(const PassReport *report);

/* Members that this program does not know are passed over. Returns: owned. Errors: CORRUPT names the member;
 * USAGE for a format that is newer than this program. */
PassReport *pass_report_from_json(const json_t *object, GError **error);
