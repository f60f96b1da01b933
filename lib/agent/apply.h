/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Doing a plan, step by step. Each step says in the record what it is about to do before it does it, so that
 * a kill at any moment leaves what the next plan can go on from. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent.h"
#include "orders.h"
#include "packages_pass.h"
#include "plan.h"
#include "package_sources.h"
#include "targets.h"

/* What became of a step. */
typedef enum { OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_LEFT_OUT } OutcomeResult;

typedef struct {
        StepKind kind;
        char *service;
        char *version; /* or NULL */
        char *from;    /* or NULL */
        bool may_fail;
        bool beside; /* an update for which `from` went on running */
        OutcomeResult result;
        GError *error;   /* of OUTCOME_FAILED */
        char *console;   /* last lines of what did not come up; or NULL */
        uint64_t bytes;  /* that a fetch received */
        uint64_t reused; /* that it did not have to */
        double seconds;
        double down_seconds; /* that the service was away; 0 for steps that do not stop what runs */
} Outcome;

void outcome_free(Outcome *outcome);

/* All borrowed. */
typedef struct {
        Agent *agent;
        const Orders *orders;
        const Targets *targets;
        PackageSources *sources;
        PackagesPass *packages;
} Apply;

/* Returns: owned array of owned Outcome, one for each step of the plan. */
GPtrArray *apply_plan(const Apply *apply, const Plan *plan);

/* Note in the records what only the list says: who is listed, who may run as a container, and that what was
 * halted while another thing was asked for may run again. Errors: NO_SPACE, SYSTEM. */
bool apply_notes(const Apply *apply, const Inventory *inventory, GError **error);
