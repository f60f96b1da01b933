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
bool step_fetch(StepRun *run, GError **error);
bool step_stop(StepRun *run, GError **error);
bool step_start(StepRun *run, GError **error);
bool step_update(StepRun *run, GError **error);
bool step_return(StepRun *run, GError **error);
bool step_remove(StepRun *run, GError **error);
bool step_forget(StepRun *run, GError **error);

/* Set the bytes of a STEP_FETCH to what the same fetch would bring now, with what is here; writes nothing. On
 * failure they stay. Errors: as supply_fetch(). */
bool step_fetch_look(const Agent *agent, Supply *supply, Step *step, GError **error);

/* Instead of an update that cannot begin: the version before is started if nothing of the service runs. */
bool step_stay(StepRun *run, GError **error);
