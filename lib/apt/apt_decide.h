/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides which Debian packages of a host a list installs, keeps and removes. Pure: tests/cases/apt-decide.case. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "dpkg_status.h"
#include "list.h"

/* All borrowed. */
typedef struct {
        const List *list;
        const DpkgStatus *status;
        GHashTable *base;           /* set of names that were there before the agent */
        GHashTable *ours;           /* set of names that the agent installed, and of their dependencies */
        const char *running_kernel; /* or NULL */
        bool strict;
        unsigned max_removals;
} AptQuestion;

/* Names are owned and sorted. */
typedef struct {
        GPtrArray *install; /* char *: Must-Have packages that are not installed */
        GPtrArray *keep;    /* char *: installed Must-Have packages that may be upgraded */
        GPtrArray *remove;  /* char * */
        GPtrArray *refused; /* char *: sentences */
} AptDecision;

AptDecision *apt_decide(const AptQuestion *question);
void apt_decision_free(AptDecision *decision);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AptDecision, apt_decision_free)
