/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the parts of apply.h: a function for each kind of step. */
#pragma once

#include "apply.h"

typedef struct {
        const Apply *apply;
        const Step *step;
        Outcome *outcome;
} StepRun;

/* Each function holds the claim on its service while it stops, starts or records the service. */
bool apply_fetch(StepRun *run, GError **error);
bool apply_stop(StepRun *run, GError **error);
bool apply_start(StepRun *run, GError **error);
bool apply_update(StepRun *run, GError **error);
bool apply_return(StepRun *run, GError **error);
bool apply_remove(StepRun *run, GError **error);
bool apply_forget(StepRun *run, GError **error);

/* Set the bytes of a STEP_FETCH to the amount that the fetch would bring now; writes nothing. A description may be
 * in `drafts` as well as in the store. On failure the bytes stay. Errors: as package_sources_fetch(). */
bool apply_fetch_look(const Agent *agent, PackageSources *sources, Store *drafts, Step *step, GError **error);

/* In place of an update that cannot begin: start the current version if no version of the service runs. */
bool apply_stay(StepRun *run, GError **error);
