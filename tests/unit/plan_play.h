/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plays steps of a plan on a Want and a Have, as the host would change by them, and checks at each step what
 * a plan promises. */
#pragma once

#include "plan.h"

typedef enum { PLAY_SUCCESS, PLAY_FAILURE, PLAY_KILL } PlayOutcome;

PlanVersion *play_version_copy(const PlanVersion *version);
const PlanVersion *play_wanted(const Want *want, const char *service);
HaveService *play_service(const Have *have, const char *service);
char *play_step_text(const Step *step);

/* Two cannot run with one port: the second of them does not. */
void play_part_claims(const Want *want, Have *have);

/* All steps without a mishap. */
void play_all(Want *want, Have *have, const Plan *plan);

/* Steps with mishaps by `random`, until the end or a kill. */
void play_some(Want *want, Have *have, const Plan *plan, GRand *random);

/* What is true of a plan whatever becomes of it. */
void play_check_plan(const Want *want, const Have *have, const Plan *plan);
