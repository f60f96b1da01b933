/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the steps that start a version. Each step writes its intention into the record first. */
#pragma once

#include "apply_steps.h"
#include "launch.h"
#include "service_record.h"

/* All borrowed. */
typedef struct {
        StepRun *run;
        Agent *agent;
        ServiceRecord *record;
        const GPtrArray *domains; /* VirtDomain, when the step began; only an update has them */
} Switch;

/* Claim the service, read its record and call `function`. */
bool apply_switch_run(StepRun *run, bool (*function)(Switch *s, GError **error), GError **error);

/* Record the version of the step as the candidate, before it is tried. */
bool apply_switch_note_candidate(Switch *s, GError **error);

/* Record that `version` is healthy, and is the current one from now on. */
bool apply_switch_note_current(Switch *s, const char *version, GError **error);

/* Record the version of the step as bad. This comes before anything else is done about it, so that it is not
 * tried again after a kill. Keeps its console for the report. */
bool apply_switch_note_bad(Switch *s, const GError *why, GError **error);

/* Record that the version of the step is no longer tried. */
bool apply_switch_note_end(Switch *s, GError **error);

/* Show `version` as failed with the message of `why`. */
void apply_switch_tell_failure(const Switch *s, const char *version, const GError *why);

/* Append to the message of `*error`, which is set; its code stays. */
void apply_switch_explain(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Stop every version but `from`, and start `from` unless it runs. */
bool apply_switch_go_back(Switch *s, const char *from, GError **error);

/* Update to the version of the step, and go back if that fails: with the active version stopped first
 * (apply_update.c), or with a candidate next to it (apply_beside.c). `error` must not be NULL. */
bool apply_update_exclusive(Switch *s, GError **error);
bool apply_update_beside(Switch *s, GError **error);
