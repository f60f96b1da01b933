/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The phases of a plan: facts, objections, needs, verdicts, order of starts, steps. */
#include <string.h>

#include "plan_private.h"

/* True if `item` runs, and no service whose claims are in `started` takes its ports or address. */
static bool goes_on(const Item *item, const Claims *started)
{
        return item_runs(item) && !item->verdict.is_displaced &&
               (item->facts.is_unknown || !claims_other(started, item, item->facts.runs, NULL, NULL));
}

static bool is_up_before(const Item *other, const Item *item, const Claims *started)
{
        if (!other || other->facts.is_unwanted)
                return false;
        return (other->verdict.goal && other->turn.position < item->turn.position) || goes_on(other, started);
}

/* `started`: the claims of `item` and of all before it. Returns: a service that `item` needs and that is
 * down; or NULL. */
static const char *need_that_is_down(const Planner *planner, const Item *item, const Claims *started)
{
        for (char **name = item->verdict.goal->needs; *name; name++)
                if (!is_up_before(item_find(planner, *name), item, started))
                        return *name;
        return NULL;
}

/* Drop the goal of a service that lacks a need; its dependents then lack one, too. A service that is down
 * stays down. A running one goes on, though another service may take its room. */
static void lose_goal(Planner *planner, Item *item, const char *need)
{
        if (item_runs(item)) {
                item_block(planner, item, "%s needs '%s', which does not run here",
                           item->verdict.goal->version, need);
                item->verdict.is_displaced = true;
        } else {
                item_tell(planner, item, "%s needs '%s', which does not run here: it is not started",
                          item->verdict.goal->version, need);
        }
        item->verdict.goal = NULL;
}

/* Leave the old settings: a restart would stop the service and could not start it again. */
static void keep_settings(Planner *planner, Item *item, const char *need)
{
        item->verdict.keeps_settings = true;
        item_tell(
                planner, item,
                "its settings have changed, and it needs '%s', which does not run here: it keeps the old ones",
                need);
}

static void drop_what_lacks_needs(Planner *planner, const GPtrArray *order)
{
        g_autoptr(Claims) started = claims_new();
        for (guint i = 0; i < order->len; i++)
                ((Item *)order->pdata[i])->turn.position = i;
        for (guint i = 0; i < order->len; i++) {
                Item *item = order->pdata[i];
                if (!item->verdict.goal)
                        continue;
                claims_take(started, item, item->verdict.goal, NULL);
                const char *need = need_that_is_down(planner, item, started);
                bool is_update = item_gets_wanted(item) && !item_runs_version(item, item->verdict.goal);
                if (need && (!item_runs(item) || is_update)) {
                        claims_give_back(started, item, item->verdict.goal);
                        lose_goal(planner, item, need);
                } else if (need && item_restarts(planner, item)) {
                        keep_settings(planner, item, need);
                }
        }
}

static int compare_problems(const void *a, const void *b)
{
        const Problem *left = *(Problem *const *)a, *right = *(Problem *const *)b;
        int order = strcmp(left->service, right->service);
        if (order == 0)
                order = right->blocks - left->blocks;
        return order ? order : strcmp(left->message, right->message);
}

Plan *plan_make(const Want *want, const Have *have)
{
        Planner planner = {.want = want, .have = have, .plan = plan_new()};
        items_make(&planner);
        alone_judge(&planner);
        needs_settle(&planner);
        judge_all(&planner);
        g_autoptr(GPtrArray) order = order_make(&planner);
        drop_what_lacks_needs(&planner, order);
        steps_make(&planner, order);
        g_ptr_array_sort(planner.plan->problems, compare_problems);
        g_ptr_array_unref(planner.items);
        g_ptr_array_unref(planner.removals);
        g_hash_table_unref(planner.by_name);
        return planner.plan;
}
