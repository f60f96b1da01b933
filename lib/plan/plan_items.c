/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One Item for each service that is wanted or known to this host. */
#include <stdarg.h>
#include <string.h>

#include "plan_private.h"

static void item_free(void *data)
{
        Item *item = data;
        g_ptr_array_unref(item->needs.items);
        g_ptr_array_unref(item->turn.needs);
        g_ptr_array_unref(item->turn.after);
        g_ptr_array_unref(item->turn.followers);
        g_free(item);
}

Item *item_find(const Planner *planner, const char *service)
{
        return g_hash_table_lookup(planner->by_name, service);
}

static Item *item_get(Planner *planner, const char *service)
{
        Item *item = item_find(planner, service);
        if (item)
                return item;
        item = g_new0(Item, 1);
        item->service = service;
        item->needs.items = g_ptr_array_new();
        item->turn.needs = g_ptr_array_new();
        item->turn.after = g_ptr_array_new();
        item->turn.followers = g_ptr_array_new();
        g_hash_table_insert(planner->by_name, (void *)service, item);
        return item;
}

static bool is_version(const PlanVersion *one, const char *version)
{
        return one && version && strcmp(one->version, version) == 0;
}

bool item_runs(const Item *item)
{
        return item->have && item->have->running;
}

const PlanVersion *item_current(const Item *item)
{
        return item->have ? item->have->current : NULL;
}

const PlanVersion *item_candidate(const Item *item)
{
        return item->have ? item->have->candidate : NULL;
}

bool item_gets_wanted(const Item *item)
{
        return item->verdict.goal && item->verdict.goal == item->want && !item->verdict.is_blocked;
}

bool item_is_goal(const Item *item, const PlanVersion *version)
{
        return item->verdict.goal && is_version(version, item->verdict.goal->version);
}

bool item_runs_version(const Item *item, const PlanVersion *version)
{
        return item_runs(item) && is_version(version, item->have->running);
}

bool item_is_current(const Item *item, const PlanVersion *version)
{
        return version && item->have && is_version(item->have->current, version->version);
}

/* No return while the candidate runs next to a third version: STEP_RETURN then only ends the candidate. */
bool item_can_return(const Item *item)
{
        const PlanVersion *current = item->have->current;
        const PlanVersion *candidate = item->have->candidate;
        bool is_other = current && candidate && !item_is_current(item, candidate);
        bool runs_third =
                candidate && is_version(candidate, item->have->beside) && !item_runs_version(item, current);
        return is_other && !runs_third && (current->fetched || item_runs_version(item, current));
}

bool item_restarts(const Planner *planner, const Item *item)
{
        return item_gets_wanted(item) && item->have && item->have->other_settings &&
               !item->verdict.keeps_settings && item_runs_version(item, item->verdict.goal) &&
               planner->want->may_install;
}

bool item_has_version(const Item *item, const char *version)
{
        const HaveService *have = item->have;
        if (is_version(have->current, version))
                return have->current->fetched;
        for (guint i = 0; i < have->versions->len; i++)
                if (strcmp(((PlanKept *)have->versions->pdata[i])->version, version) == 0)
                        return true;
        return false;
}

static const PlanVersion *known_version(const Item *item, const char *version)
{
        const HaveService *have = item->have;
        const PlanVersion *known[] = {have->current, have->candidate, have->previous, item->want};
        for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
                if (is_version(known[i], version))
                        return known[i];
        return NULL;
}

/* Returns: the version that stands for a running one which no record names. A candidate that runs next to it
 * does not count: this plan ends the candidate, and the next plan must guess the same. */
static const PlanVersion *likeliest_version(const Item *item)
{
        const HaveService *have = item->have;
        bool candidate_ends = is_version(have->candidate, have->beside);
        const PlanVersion *likely[] = {have->current, candidate_ends ? NULL : have->candidate, have->previous,
                                       item->want};
        for (size_t i = 0; i < G_N_ELEMENTS(likely); i++)
                if (likely[i])
                        return likely[i];
        return NULL;
}

/* Look the running version up in the records. The likeliest one stands for the memory and ports of an unknown
 * one. Of the second of two running versions only the memory counts. */
static void find_running(Item *item)
{
        if (!item_runs(item))
                return;
        item->facts.runs = known_version(item, item->have->running);
        item->facts.is_unknown = !item->facts.runs;
        if (item->facts.is_unknown)
                item->facts.runs = likeliest_version(item);
        if (!item->have->beside)
                return;
        item->facts.beside = known_version(item, item->have->beside);
        if (!item->facts.beside)
                item->facts.beside = item->facts.runs;
}

static bool is_here(const HaveService *have)
{
        return have->current || have->previous || have->candidate || have->running || have->versions->len;
}

const PlanVersion *item_kept(const Item *item)
{
        if (!item->have || (item->have->halted && !item_runs(item)))
                return NULL;
        const PlanVersion *current = item->have->current;
        if (item_can_return(item))
                return current;
        if (item_runs(item))
                return item->facts.runs;
        return current && current->fetched ? current : NULL;
}

void items_add(const Planner *planner, GPtrArray *items, GStrv names)
{
        for (char **name = names; *name; name++) {
                Item *other = item_find(planner, *name);
                if (other && !other->facts.is_unwanted)
                        g_ptr_array_add(items, other);
        }
}

static int compare_names(const void *a, const void *b)
{
        return strcmp((*(Item *const *)a)->service, (*(Item *const *)b)->service);
}

/* Sort the Item into those to judge or those to remove; into neither if nothing of it is here. */
static void sort_out(Planner *planner, Item *item)
{
        if (item->have)
                find_running(item);
        bool stays = item->want ||
                     (is_here(item->have) && (item->facts.left_alone || !planner->want->may_install));
        item->facts.is_unwanted = !stays;
        if (stays)
                g_ptr_array_add(planner->items, item);
        else if (is_here(item->have))
                g_ptr_array_add(planner->removals, item);
}

void items_make(Planner *planner)
{
        const Want *want = planner->want;
        const Have *have = planner->have;
        planner->items = g_ptr_array_new();
        planner->removals = g_ptr_array_new();
        planner->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, item_free);
        for (guint i = 0; i < have->services->len; i++) {
                const HaveService *one = have->services->pdata[i];
                item_get(planner, one->service)->have = one;
        }
        for (guint i = 0; i < want->services->len; i++) {
                const PlanVersion *one = want->services->pdata[i];
                item_get(planner, one->service)->want = one;
        }
        for (guint i = 0; i < want->left_alone->len; i++) {
                Item *item = item_find(planner, want->left_alone->pdata[i]);
                if (item && !item->want)
                        item->facts.left_alone = true;
        }
        GHashTableIter iter;
        void *item;
        g_hash_table_iter_init(&iter, planner->by_name);
        while (g_hash_table_iter_next(&iter, NULL, &item))
                sort_out(planner, item);
        g_ptr_array_sort(planner->items, compare_names);
        g_ptr_array_sort(planner->removals, compare_names);
}

static void add_problem(Planner *planner, const Item *item, bool blocks, char *message)
{
        Problem *problem = g_new0(Problem, 1);
        problem->service = g_strdup(item->service);
        problem->message = message;
        problem->blocks = blocks;
        g_ptr_array_add(planner->plan->problems, problem);
}

void item_block(Planner *planner, Item *item, const char *format, ...)
{
        if (item->verdict.is_blocked)
                return;
        item->verdict.is_blocked = true;
        va_list arguments;
        va_start(arguments, format);
        add_problem(planner, item, true, g_strdup_vprintf(format, arguments));
        va_end(arguments);
}

void item_tell(Planner *planner, const Item *item, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        add_problem(planner, item, false, g_strdup_vprintf(format, arguments));
        va_end(arguments);
}
