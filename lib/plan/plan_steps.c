/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All steps of the plan, in this order: services that are down come back; leftovers make room on the disk;
 * fetches; services make way; starts and updates; other leftovers. */
#include <string.h>

#include "plan_private.h"

typedef struct {
        Planner *planner;
        Room *room;
        GPtrArray *stops;  /* Step: services that make way, before `starts` */
        GPtrArray *starts; /* Step */
} Steps;

Step *step_new(StepKind kind, const Item *item, const char *version, char *why)
{
        Step *step = g_new0(Step, 1);
        step->kind = kind;
        step->service = g_strdup(item->service);
        step->version = g_strdup(version);
        step->depends = g_new0(char *, 1);
        step->why = why;
        return step;
}

static void add_names(GPtrArray *names, const GPtrArray *items, const char *but)
{
        for (guint i = 0; i < items->len; i++) {
                const Item *item = items->pdata[i];
                bool counts = item->progress.has_step && strcmp(item->service, but) != 0;
                if (counts && !g_ptr_array_find_with_equal_func(names, item->service, g_str_equal, NULL))
                        g_ptr_array_add(names, g_strdup(item->service));
        }
}

/* Let the step depend on the services of both arrays that have a step. */
static void depend(Step *step, const GPtrArray *needs, const GPtrArray *made_way)
{
        GPtrArray *names = g_ptr_array_new();
        add_names(names, needs, step->service);
        add_names(names, made_way, step->service);
        g_ptr_array_add(names, NULL);
        g_strfreev(step->depends);
        step->depends = (char **)g_ptr_array_free(names, FALSE);
}

/* True if the current version can start from what is on the disk. */
static bool is_startable(const Steps *this, const PlanVersion *current)
{
        return current && current->fetched && alone_host_can_run(this->planner->have, current);
}

/* True if the service is down. A candidate that runs counts as down, as its STEP_RETURN ends it. */
static bool is_down(const Item *item)
{
        bool candidate_runs = goal_has_candidate(item) && !item_is_current(item, item_candidate(item));
        return !item->have->halted && !item_runs_version(item, item_current(item)) &&
               (!item_runs(item) || candidate_runs);
}

/* True if the update to the goal ends the outage as early: it waits for no fetch. */
static bool update_starts_it(const Item *item)
{
        return !item_is_goal(item, item_current(item)) &&
               (item->want->fetched || item_is_goal(item, item_candidate(item)));
}

/* Returns: the current version if it is down, is to run until the goal takes over, and needs no fetch and no
 * room of another service; else NULL. */
static const PlanVersion *version_to_come_back(const Steps *this, const Item *item)
{
        const PlanVersion *current = item_current(item);
        if (!item->verdict.goal || !is_startable(this, current) || !is_down(item) || update_starts_it(item))
                return NULL;
        return room_fits(this->room, item, current) ? current : NULL;
}

/* True if `item` runs now or is started by a step whose failure cancels its dependents. */
static bool is_surely_up(const Item *item)
{
        return item && item->room.now &&
               (!item->progress.has_come_back || item_is_goal(item, item->room.now) ||
                item_runs_version(item, item->room.now));
}

/* Returns: owned array of the Items that `version` needs; NULL if one of them does not run yet. */
static GPtrArray *running_needs(const Planner *planner, const PlanVersion *version)
{
        g_autoptr(GPtrArray) needs = g_ptr_array_new();
        for (char **name = version->needs; *name; name++) {
                Item *other = item_find(planner, *name);
                if (!is_surely_up(other))
                        return NULL;
                g_ptr_array_add(needs, other);
        }
        return g_steal_pointer(&needs);
}

static void come_back(Steps *this, Item *item)
{
        const PlanVersion *current = version_to_come_back(this, item);
        g_autoptr(GPtrArray) needs = current ? running_needs(this->planner, current) : NULL;
        if (!needs)
                return;
        g_autoptr(GPtrArray) nobody = g_ptr_array_new();
        room_take(this->room, item, current, this->stops, nobody);
        bool returns = goal_has_candidate(item) && !item_is_current(item, item_candidate(item));
        Step *step = returns ? goal_return(item) : goal_start(item, current, "it must run and is down");
        step->may_fail = !item_is_goal(item, current);
        depend(step, needs, nobody);
        item->progress.has_come_back = item->progress.has_step = true;
        g_ptr_array_add(this->planner->plan->steps, step);
}

static void fetch(Steps *this, Item *item)
{
        if (!item_gets_wanted(item) || item->want->fetched || !this->planner->want->may_install)
                return;
        Step *step = step_new(STEP_FETCH, item, item->want->version,
                              g_strdup("it is wanted and not on this host"));
        step->bytes = item->want->fetch_bytes;
        g_ptr_array_add(this->planner->plan->steps, step);
}

/* Stop the candidate even if the update then starts it again: an update always begins with one running
 * version. */
static void end_beside(Steps *this, Item *item)
{
        Step *step = beside_end(this->room, item);
        if (!step)
                return;
        if (g_strcmp0(item->end.candidate, step->version) == 0)
                item->end.candidate = NULL;
        item->progress.has_come_back = !item->end.candidate && item_runs_version(item, item_current(item));
        item->progress.has_step = true;
        g_ptr_array_add(this->planner->plan->steps, step);
}

/* Add a stop before `step`, with the same conditions: a service is not stopped if it could not start again.
 */
static void restart(Steps *this, Item *item, Step *step)
{
        Step *stop = step_new(STEP_STOP, item, NULL, g_strdup("its settings have changed"));
        g_strfreev(stop->depends);
        stop->depends = g_strdupv(step->depends);
        g_ptr_array_add(this->starts, stop);
        g_ptr_array_add(this->starts, step);
}

static void restart_current(Steps *this, Item *item)
{
        g_autoptr(GPtrArray) nobody = g_ptr_array_new();
        g_autoptr(GPtrArray) needs = g_ptr_array_new();
        Step *step = goal_start(item, item->verdict.goal, "its settings have changed");
        items_add(this->planner, needs, item->verdict.goal->needs);
        depend(step, needs, nobody);
        item->progress.has_step = true;
        restart(this, item, step);
}

static void go_beside(Step *step)
{
        g_autofree char *why = step->why;
        step->beside = true;
        step->why = g_strdup_printf("%s; the old version runs until the new one is healthy", why);
}

static void start(Steps *this, Item *item)
{
        Step *step = goal_step(item);
        bool restarts = item_restarts(this->planner, item);
        if (!step && restarts)
                restart_current(this, item);
        if (!step)
                return;
        if (step->kind == STEP_UPDATE && beside_suits(this->room, item, step->from))
                go_beside(step);
        g_autoptr(GPtrArray) made_way = g_ptr_array_new();
        g_autoptr(GPtrArray) needs = g_ptr_array_new();
        room_take(this->room, item, item->verdict.goal, this->stops, made_way);
        items_add(this->planner, needs, item->verdict.goal->needs);
        depend(step, needs, made_way);
        item->progress.has_step = true;
        if (restarts && step->kind != STEP_RETURN)
                restart(this, item, step);
        else
                g_ptr_array_add(this->starts, step);
        if (restarts && step->kind == STEP_RETURN)
                restart_current(this, item);
}

static void move_steps(Planner *planner, GPtrArray *from)
{
        g_ptr_array_extend_and_steal(planner->plan->steps, from);
}

static void begin(Item *item)
{
        if (!item->have)
                return;
        item->end.current = item->have->current ? item->have->current->version : NULL;
        item->end.previous = item->have->previous ? item->have->previous->version : NULL;
        item->end.candidate = item->have->candidate ? item->have->candidate->version : NULL;
        item->end.running = item->have->running;
}

void steps_make(Planner *planner, const GPtrArray *order)
{
        g_autoptr(Room) room = room_new(planner, order);
        Steps this = {planner, room, g_ptr_array_new(), g_ptr_array_new()};
        for (guint i = 0; i < order->len; i++)
                begin(order->pdata[i]);
        for (guint i = 0; i < order->len; i++)
                end_beside(&this, order->pdata[i]);
        for (guint i = 0; i < order->len; i++)
                come_back(&this, order->pdata[i]);
        leftovers_free_disk(planner);
        for (guint i = 0; i < planner->removals->len; i++)
                if (((Item *)planner->removals->pdata[i])->progress.has_step)
                        room_leave(room, planner->removals->pdata[i]);
        for (guint i = 0; i < planner->items->len; i++)
                fetch(&this, planner->items->pdata[i]);
        for (guint i = 0; i < order->len; i++)
                start(&this, order->pdata[i]);
        move_steps(planner, this.stops);
        move_steps(planner, this.starts);
        leftovers_remove_rest(planner);
}
