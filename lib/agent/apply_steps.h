/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of apply.h share: a function for each kind of step. */
#pragma once

#include "apply.h"

typedef struct {
        const Apply *apply;
        const Step *step;
        Outcome *outcome;
} StepRun;

/* Each does one step, whose service it claims while it stops, starts or records anything. */
bool apply_fetch(StepRun *run, GError **error);
bool apply_stop(StepRun *run, GError **error);
bool apply_start(StepRun *run, GError **error);
bool apply_update(StepRun *run, GError **error);
bool apply_return(StepRun *run, GError **error);
bool apply_remove(StepRun *run, GError **error);
bool apply_forget(StepRun *run, GError **error);

/* Set the bytes of a STEP_FETCH to what the same fetch would bring now, with what is here; writes nothing. On
 * failure they stay. Errors: as package_sources_fetch(). */
bool apply_fetch_look(const Agent *agent, PackageSources *sources, Step *step, GError **error);

/* Instead of an update that cannot begin: the version before is started if nothing of the service runs. */
bool apply_stay(StepRun *run, GError **error);
