/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An inventory of this host: records, running domains, and versions on the disk. */
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
        GPtrArray *notes;    /* char *: torn records; a limit that this host cannot set */
} Inventory;

/* Take the inventory. A torn record is put aside, and the version that runs becomes the current one; with
 * `only_look` nothing is written. Errors: TRY_AGAIN if libvirt does not answer, SYSTEM. */
Inventory *inventory_look(Agent *agent, bool only_look, GError **error);
void inventory_free(Inventory *inventory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Inventory, inventory_free)

/* Returns: owned input for a plan. `asked` maps services to the text of their request (targets_text(); may be
 * NULL): a service that was halted under another request is not halted any more. Errors: SYSTEM. */
Have *inventory_have(const Agent *agent, const Inventory *inventory, const List *list, GHashTable *asked,
                     GError **error);
