/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The step that brings one service to its goal, and what the record says after it. */
#include <string.h>

#include "plan_private.h"

static bool is_same(const char *a, const char *b)
{
        return a && b && strcmp(a, b) == 0;
}

bool goal_has_candidate(const Item *item)
{
        return item->end.candidate && item_candidate(item);
}

/* True if an update to another version than the goal was begun and has not ended. */
static bool has_to_return(const Item *item)
{
        return item_can_return(item) && goal_has_candidate(item) && item_is_goal(item, item_current(item)) &&
               !item_is_goal(item, item_candidate(item));
}

Step *goal_return(Item *item)
{
        Step *step =
                step_new(STEP_RETURN, item, item_candidate(item)->version,
                         g_strdup_printf("the update to %s was interrupted", item_candidate(item)->version));
        step->from = g_strdup(item_current(item)->version);
        item->end.candidate = NULL;
        item->end.running = item->end.current;
        return step;
}

Step *goal_start(Item *item, const PlanVersion *version, const char *why)
{
        if (item->end.current && !is_same(item->end.current, version->version))
                item->end.previous = item->end.current;
        if (is_same(item->end.previous, version->version))
                item->end.previous = NULL;
        item->end.current = item->end.running = version->version;
        item->end.candidate = NULL;
        return step_new(STEP_START, item, version->version, g_strdup(why));
}

/* Returns: the version that the way back of an update starts again, or NULL. The running version, unless it
 * is a candidate, else the current one. */
static const char *way_back(const Item *item)
{
        const char *from = item_current(item) ? item_current(item)->version : item->have->running;
        bool runs_other = item->have->running && !is_same(from, item->have->running) && !item_candidate(item);
        if (runs_other)
                from = item->have->running;
        return !is_same(from, item->verdict.goal->version) && item_has_version(item, from) ? from : NULL;
}

static Step *make_update(Item *item)
{
        const char *from = way_back(item);
        Step *step = step_new(
                STEP_UPDATE, item, item->verdict.goal->version,
                from ? g_strdup_printf("%s is here, and %s is wanted", from, item->verdict.goal->version)
                     : g_strdup_printf("%s is wanted", item->verdict.goal->version));
        step->from = g_strdup(from);
        item->end.previous = from ? from : item->end.previous;
        if (is_same(item->end.previous, item->verdict.goal->version))
                item->end.previous = NULL;
        item->end.current = item->end.running = item->verdict.goal->version;
        item->end.candidate = NULL;
        return step;
}

/* Returns: the step to a goal that is the current version; NULL if it runs. */
static Step *step_to_current(Item *item)
{
        if (item->progress.has_come_back)
                return NULL;
        if (has_to_return(item))
                return goal_return(item);
        if (!item_runs(item))
                return goal_start(item, item->verdict.goal, "it must run and is down");
        if (item_candidate(item) && item_runs_version(item, item->verdict.goal))
                return goal_start(item, item->verdict.goal, "its start was interrupted");
        return item_runs_version(item, item->verdict.goal) || !item_gets_wanted(item) ? NULL
                                                                                      : make_update(item);
}

static Step *step_to_wanted(Item *item)
{
        bool is_half_updated = item_current(item) && item_is_goal(item, item_candidate(item));
        if (is_same(item->end.running, item->verdict.goal->version) && !is_half_updated)
                return goal_start(item, item->verdict.goal, "it runs, and its health is not known yet");
        if (item_current(item) || item_runs(item))
                return make_update(item);
        return goal_start(item, item->verdict.goal, "it is wanted and new on this host");
}

Step *goal_step(Item *item)
{
        if (!item->verdict.goal)
                return NULL;
        if (item_is_current(item, item->verdict.goal))
                return step_to_current(item);
        if (item_gets_wanted(item))
                return step_to_wanted(item);
        return NULL; /* a version runs that was never judged healthy, and no other one may take its place */
}
