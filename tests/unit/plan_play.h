/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Play the steps of a plan on a Want and a Have, as they change a host, and check the promises of a plan at each
 * step. */
#pragma once

#include "plan.h"

typedef enum { PLAY_SUCCESS, PLAY_FAILURE, PLAY_KILL } PlayOutcome;

PlanVersion *play_version_copy(const PlanVersion *version);
const PlanVersion *play_wanted(const Want *want, const char *service);
HaveService *play_service(const Have *have, const char *service);
char *play_step_text(const Step *step);

/* Two services cannot run with one port: stop the second one. */
void play_part_claims(const Want *want, Have *have);

/* Do all steps; none fails. */
void play_all(Want *want, Have *have, const Plan *plan);

/* Do steps that may fail by `random`, until the end or a kill. */
void play_some(Want *want, Have *have, const Plan *plan, GRand *random);

/* Check what holds for every plan before its steps are done. */
void play_check_plan(const Want *want, const Have *have, const Plan *plan);
