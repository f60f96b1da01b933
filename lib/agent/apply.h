/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the steps of a plan. Each step records its intention first, so that the next plan can continue after a
 * kill at any moment. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent.h"
#include "orders.h"
#include "packages_pass.h"
#include "plan.h"
#include "package_sources.h"
#include "targets.h"

/* The result of a step. LEFT_OUT: a step that it depends on failed. */
typedef enum { OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_LEFT_OUT } OutcomeResult;

typedef struct {
        StepKind kind;
        char *service;
        char *version; /* or NULL */
        char *from;    /* or NULL */
        bool may_fail;
        bool beside; /* an update during which `from` went on running */
        OutcomeResult result;
        GError *error;   /* of OUTCOME_FAILED */
        char *console;   /* last lines of the console of a version that failed; or NULL */
        uint64_t bytes;  /* received by a fetch */
        uint64_t reused; /* found here by a fetch */
        double seconds;
        double down_seconds; /* without an answer from the service; 0 for steps that do not stop it */
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

/* Record the facts that only the list has: which services are listed, which may run as containers, and that a service
 * halted under another request may run again. Errors: NO_SPACE, SYSTEM. */
bool apply_notes(const Apply *apply, const Inventory *inventory, GError **error);
