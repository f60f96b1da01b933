/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the steps share that start a version: the record says what is about to be done before it is done. */
#pragma once

#include "apply_steps.h"
#include "launch.h"
#include "service_record.h"

/* All borrowed. */
typedef struct {
        StepRun *run;
        Agent *agent;
        ServiceRecord *record;
} Switch;

/* Do `function` with the service claimed and its record read. */
bool apply_switch_run(StepRun *run, bool (*function)(Switch *s, GError **error), GError **error);

/* What is being tried is written down before it is. */
bool apply_switch_note_candidate(Switch *s, GError **error);

/* `version` has come up: it is what is meant to run from now on. */
bool apply_switch_note_current(Switch *s, const char *version, GError **error);

/* The version of the step is bad: the record says so before anything is done about it, so that a kill after
 * that does not try it again. Its console is kept for the report. */
bool apply_switch_note_bad(Switch *s, const GError *why, GError **error);

/* The version of the step is not tried any more. */
bool apply_switch_note_end(Switch *s, GError **error);

void apply_switch_tell_failure(const Switch *s, const char *version, const GError *why);

/* Stop whatever runs of the service but `from`, which runs or is started again. */
bool apply_switch_go_back(Switch *s, const char *from, GError **error);

/* The way back of an update from what runs to the version of the step, with what runs stopped first
 * (apply_update.c), and with a candidate beside it (apply_beside.c). */
bool apply_update_exclusive(Switch *s, GError **error);
bool apply_update_beside(Switch *s, GError **error);
