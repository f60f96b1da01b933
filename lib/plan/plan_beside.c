/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two versions of one service at once: when an update may run them so, and how a killed one ends. */
#include <string.h>

#include "plan_private.h"

/* True if both versions can share the service's address. A new fixed address may lie in another network. */
static bool keeps_address(const PlanVersion *from, const PlanVersion *to)
{
        return !to->address || g_strcmp0(from->address, to->address) == 0;
}

/* True if no third version runs, even if the STEP_RETURN that ends a candidate is skipped. */
static bool runs_no_other(const Item *item, const PlanVersion *now)
{
        return !item_runs(item) || item_runs_version(item, now);
}

bool beside_suits(const Room *room, const Item *item, const char *from)
{
        const PlanVersion *now = item->room.now, *goal = item->verdict.goal;
        return from && now && strcmp(now->version, from) == 0 && item_is_current(item, now) &&
               runs_no_other(item, now) && !now->exclusive && !goal->exclusive && keeps_address(now, goal) &&
               room_fits_beside(room, item, goal);
}

Step *beside_end(Room *room, Item *item)
{
        if (!item->have || !item->have->beside)
                return NULL;
        Step *step = step_new(STEP_RETURN, item, item->have->beside,
                              g_strdup_printf("an update was interrupted while %s ran beside %s",
                                              item->have->beside, item->have->running));
        step->from = g_strdup(item->have->running);
        room_leave_beside(room, item);
        return step;
}
