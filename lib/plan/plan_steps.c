/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From goals to steps: what was up comes back; what gives room on the disk; fetches; what gives room
 * otherwise; starts; leftovers. */
#include <string.h>

#include "plan_private.h"

typedef struct {
        Planner *planner;
        Room *room;
        GPtrArray *stops;  /* Step: what makes way, before `starts` */
        GPtrArray *starts; /* Step */
} Steps;

Step *step_new(StepKind kind, Item *item, const char *version, char *why)
{
        Step *step = g_new0(Step, 1);
        step->kind = kind;
        step->service = g_strdup(item->service);
        step->version = g_strdup(version);
        step->depends = g_new0(char *, 1);
        step->why = why;
        return step;
}

static bool is_same(const char *a, const char *b)
{
        return a && b && strcmp(a, b) == 0;
}

static const PlanVersion *current_of(const Item *item)
{
        return item->have ? item->have->current : NULL;
}

static const PlanVersion *candidate_of(const Item *item)
{
        return item->have ? item->have->candidate : NULL;
}

/* It may have been stopped beside what runs. */
static bool has_candidate(const Item *item)
{
        return item->end_candidate && candidate_of(item);
}

/* An update that was begun and has not ended, to another version than the goal. */
static bool has_to_return(const Item *item)
{
        return item_can_return(item) && has_candidate(item) && item_is_goal(item, current_of(item)) &&
               !item_is_goal(item, candidate_of(item));
}

static void add_names(GPtrArray *names, const GPtrArray *items, const char *but)
{
        for (guint i = 0; i < items->len; i++) {
                const Item *item = items->pdata[i];
                bool counts = item->has_step && strcmp(item->service, but) != 0;
                if (counts && !g_ptr_array_find_with_equal_func(names, item->service, g_str_equal, NULL))
                        g_ptr_array_add(names, g_strdup(item->service));
        }
}

/* Who has to be started, stopped or removed before. */
static void depend(Step *step, const GPtrArray *needs, const GPtrArray *made_way)
{
        GPtrArray *names = g_ptr_array_new();
        add_names(names, needs, step->service);
        add_names(names, made_way, step->service);
        g_ptr_array_add(names, NULL);
        g_strfreev(step->depends);
        step->depends = (char **)g_ptr_array_free(names, FALSE);
}

static Step *make_return(Item *item)
{
        Step *step =
                step_new(STEP_RETURN, item, candidate_of(item)->version,
                         g_strdup_printf("the update to %s was interrupted", candidate_of(item)->version));
        step->from = g_strdup(current_of(item)->version);
        item->end_candidate = NULL;
        item->end_running = item->end_current;
        return step;
}

static Step *make_start(Item *item, const PlanVersion *version, const char *why)
{
        if (item->end_current && !is_same(item->end_current, version->version))
                item->end_previous = item->end_current;
        if (is_same(item->end_previous, version->version))
                item->end_previous = NULL;
        item->end_current = item->end_running = version->version;
        item->end_candidate = NULL;
        return step_new(STEP_START, item, version->version, g_strdup(why));
}

/* What the way back starts again: the current version, as it is known to be good, or else what runs. */
static const char *way_back(const Item *item)
{
        const char *from = current_of(item) ? current_of(item)->version : item->have->running;
        bool runs_other = item->have->running && !is_same(from, item->have->running) && !candidate_of(item);
        if (runs_other)
                from = item->have->running;
        return !is_same(from, item->goal->version) && item_has_version(item, from) ? from : NULL;
}

static Step *make_update(Item *item)
{
        const char *from = way_back(item);
        Step *step =
                step_new(STEP_UPDATE, item, item->goal->version,
                         from ? g_strdup_printf("%s is here, and %s is wanted", from, item->goal->version)
                              : g_strdup_printf("%s is wanted", item->goal->version));
        step->from = g_strdup(from);
        item->end_previous = from ? from : item->end_previous;
        if (is_same(item->end_previous, item->goal->version))
                item->end_previous = NULL;
        item->end_current = item->end_running = item->goal->version;
        item->end_candidate = NULL;
        return step;
}

/* Returns: the step to the goal where that is current already, or NULL if it runs. */
static Step *step_to_current(Item *item)
{
        if (item->has_come_back)
                return NULL;
        if (has_to_return(item))
                return make_return(item);
        if (!item_runs(item))
                return make_start(item, item->goal, "it is to run and does not");
        if (candidate_of(item) && item_runs_version(item, item->goal))
                return make_start(item, item->goal, "its start was interrupted");
        return item_runs_version(item, item->goal) || !item_gets_wanted(item) ? NULL : make_update(item);
}

static Step *step_to_wanted(Item *item)
{
        bool is_half_updated = current_of(item) && item_is_goal(item, candidate_of(item));
        if (is_same(item->end_running, item->goal->version) && !is_half_updated)
                return make_start(item, item->goal, "it runs, and it is not known yet whether it is good");
        if (current_of(item) || item_runs(item))
                return make_update(item);
        return make_start(item, item->goal, "it is wanted and was not here");
}

static Step *step_to_goal(Item *item)
{
        if (!item->goal)
                return NULL;
        if (item_is_current(item, item->goal))
                return step_to_current(item);
        if (item_gets_wanted(item))
                return step_to_wanted(item);
        return NULL; /* something runs that was never good, and nothing may take its place */
}

/* The current version, if it is down though it or a later one is to run, and nothing need be fetched, stopped
 * or removed for it. */
static const PlanVersion *version_to_come_back(const Steps *this, const Item *item)
{
        const PlanVersion *current = current_of(item);
        if (!item->goal || !current || !current->fetched || item_runs_version(item, current) ||
            item->have->halted ||
            (item_runs(item) && (!has_candidate(item) || item_is_current(item, candidate_of(item)))) ||
            !host_can_run(this->planner->have, current))
                return NULL;
        if (!item_is_goal(item, current) && (item->want->fetched || item_is_goal(item, candidate_of(item))))
                return NULL; /* the update does it */
        return room_fits(this->room, item, current) ? current : NULL;
}

/* It runs, or is started by a step whose failure counts. */
static bool is_surely_up(const Item *item)
{
        return item && item->now &&
               (!item->has_come_back || item_is_goal(item, item->now) || item_runs_version(item, item->now));
}

/* Returns: owned array of what it needs, or NULL if one of these does not run yet. */
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
        bool returns = has_candidate(item) && !is_same(candidate_of(item)->version, current->version);
        Step *step = returns ? make_return(item) : make_start(item, current, "it is to run and does not");
        step->may_fail = !item_is_goal(item, current);
        depend(step, needs, nobody);
        item->has_come_back = item->has_step = true;
        g_ptr_array_add(this->planner->plan->steps, step);
}

static void fetch(Steps *this, Item *item)
{
        if (!item_gets_wanted(item) || item->want->fetched || !this->planner->want->may_install)
                return;
        Step *step = step_new(STEP_FETCH, item, item->want->version, g_strdup("it is wanted and not here"));
        step->bytes = item->want->fetch_bytes;
        g_ptr_array_add(this->planner->plan->steps, step);
}

/* The candidate is stopped even if it is what the update then starts again: so an update always begins with
 * one that runs. */
static void end_beside(Steps *this, Item *item)
{
        Step *step = beside_end(this->room, item);
        if (!step)
                return;
        if (is_same(item->end_candidate, step->version))
                item->end_candidate = NULL;
        item->has_come_back = !item->end_candidate && item_runs_version(item, current_of(item));
        item->has_step = true;
        g_ptr_array_add(this->planner->plan->steps, step);
}

/* Stopped only if what follows can be done. */
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
        Step *step = make_start(item, item->goal, "its settings have changed");
        items_add(this->planner, needs, item->goal->needs);
        depend(step, needs, nobody);
        item->has_step = true;
        restart(this, item, step);
}

static void go_beside(Step *step)
{
        g_autofree char *why = step->why;
        step->beside = true;
        step->why = g_strdup_printf("%s; it goes on until that is healthy", why);
}

static void start(Steps *this, Item *item)
{
        Step *step = step_to_goal(item);
        bool restarts = item_restarts(this->planner, item);
        if (!step && restarts)
                restart_current(this, item);
        if (!step)
                return;
        if (step->kind == STEP_UPDATE && beside_suits(this->room, item, step->from))
                go_beside(step);
        g_autoptr(GPtrArray) made_way = g_ptr_array_new();
        g_autoptr(GPtrArray) needs = g_ptr_array_new();
        room_take(this->room, item, item->goal, this->stops, made_way);
        items_add(this->planner, needs, item->goal->needs);
        depend(step, needs, made_way);
        item->has_step = true;
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
        item->end_current = item->have->current ? item->have->current->version : NULL;
        item->end_previous = item->have->previous ? item->have->previous->version : NULL;
        item->end_candidate = item->have->candidate ? item->have->candidate->version : NULL;
        item->end_running = item->have->running;
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
                if (((Item *)planner->removals->pdata[i])->has_step)
                        room_leave(room, planner->removals->pdata[i]);
        for (guint i = 0; i < planner->items->len; i++)
                fetch(&this, planner->items->pdata[i]);
        for (guint i = 0; i < order->len; i++)
                start(&this, order->pdata[i]);
        move_steps(planner, this.stops);
        move_steps(planner, this.starts);
        leftovers_remove_rest(planner);
}
