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
} Inventory;

/* A torn record is put aside, and what runs is then taken for what is meant to run; with `only_look` nothing
 * of that is written. Errors: TRY_AGAIN if libvirt does not answer, SYSTEM. */
Inventory *inventory_look(Agent *agent, bool only_look, GError **error);
void inventory_free(Inventory *inventory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Inventory, inventory_free)

/* Returns: owned: the same as a plan has to know it. `asked` (service to text, may be NULL) is what is asked
 * for now: a service that was halted while something else was asked for is not halted any more. Errors:
 * SYSTEM. */
Have *inventory_have(const Agent *agent, const Inventory *inventory, const List *list, GHashTable *asked,
                     GError **error);
