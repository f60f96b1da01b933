/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is here: by the records, by libvirt, and by what lies on the disk. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent.h"
#include "list.h"
#include "plan.h"
#include "service_record.h"

typedef struct {
        GHashTable *records; /* service to ServiceRecord */
        GPtrArray *domains;  /* VirtDomain */
        GPtrArray *kept;     /* StoreKept */
        GPtrArray *notes;    /* char *: records that were torn */
} Survey;

/* A torn record is put aside, and what runs is then taken for what is meant to run; with `only_look` nothing
 * of that is written. Errors: TRY_AGAIN if libvirt does not answer, SYSTEM. */
Survey *survey_look(Agent *agent, bool only_look, GError **error);
void survey_free(Survey *survey);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Survey, survey_free)

/* Returns: owned: the same as a plan has to know it. `asked` (service to text, may be NULL) is what is asked
 * for now: a service that was halted while something else was asked for is not halted any more. Errors:
 * SYSTEM. */
Have *survey_have(const Agent *agent, const Survey *survey, const List *list, GHashTable *asked,
                  GError **error);
