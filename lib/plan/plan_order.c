/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order in which services start: after their `needs`, and after their `after` where that makes no circle.
 * Of the services that may come next, the one of the highest rank comes next. */
#include <string.h>

#include "plan_private.h"

typedef struct {
        Planner *planner;
        GPtrArray *order;
        GTree *ready; /* Item by position */
        guint walks;
        guint first_left; /* all Items before this position are placed */
} StartOrder;

static int compare_positions(const void *a, const void *b)
{
        const Item *left = a, *right = b;
        return (left->turn.position > right->turn.position) - (left->turn.position < right->turn.position);
}

static bool is_placed(const Item *item)
{
        return item->turn.mark == G_MAXUINT;
}

static void wait_for(Item *item, GPtrArray *others)
{
        for (guint i = 0; i < others->len; i++)
                g_ptr_array_add(((Item *)others->pdata[i])->turn.followers, item);
        item->turn.waits_for += others->len;
}

/* True if `item` must start after `other`. False if `other` already runs its goal version, or if `item` only
 * keeps its version: such needs were not checked for circles, and only order the starts. */
static bool is_strict(const Item *item, const Item *other)
{
        return item_gets_wanted(item) && !item_runs_version(other, other->verdict.goal);
}

static void collect_edges(StartOrder *this, Item *item, guint position)
{
        item->turn.position = position;
        item->turn.mark = 0;
        g_ptr_array_set_size(item->turn.needs, 0);
        if (!item->verdict.goal)
                return;
        g_autoptr(GPtrArray) needs = g_ptr_array_new();
        items_add(this->planner, needs, item->verdict.goal->needs);
        for (guint i = 0; i < needs->len; i++)
                g_ptr_array_add(is_strict(item, needs->pdata[i]) ? item->turn.needs : item->turn.after,
                                needs->pdata[i]);
        items_add(this->planner, item->turn.after, item->verdict.goal->after);
        g_ptr_array_remove(item->turn.after, item);
}

static void place(StartOrder *this, Item *item)
{
        item->turn.mark = G_MAXUINT;
        g_ptr_array_add(this->order, item);
        for (guint i = 0; i < item->turn.followers->len; i++) {
                Item *follower = item->turn.followers->pdata[i];
                if (--follower->turn.waits_for == 0)
                        g_tree_insert(this->ready, follower, follower);
        }
}

static Item *first_left(const GPtrArray *items)
{
        for (guint i = 0; i < items->len; i++)
                if (!is_placed(items->pdata[i]))
                        return items->pdata[i];
        return NULL;
}

/* Returns: an unplaced Item that `item` waits for. There is one, or `item` would be ready. */
static Item *next_in_circle(const Item *item)
{
        Item *need = first_left(item->turn.needs);
        Item *next = need ? need : first_left(item->turn.after);
        g_assert(next);
        return next;
}

/* Returns: an Item of a circle. Every unplaced Item is in a circle or waits for one. */
static Item *find_circle(StartOrder *this)
{
        const GPtrArray *items = this->planner->items;
        while (is_placed(items->pdata[this->first_left]))
                this->first_left++;
        this->walks++;
        Item *item = items->pdata[this->first_left];
        for (; item->turn.mark != this->walks; item = next_in_circle(item))
                item->turn.mark = this->walks;
        return item;
}

static bool has_name(GStrv names, const char *name)
{
        return g_strv_contains((const char *const *)names, name);
}

/* True if the needs of `item` are up even if it does not wait for the next Item of its circle. */
static bool can_go_ahead(const Item *item)
{
        const Item *next = next_in_circle(item);
        return item_runs(item) || item_runs_version(next, next->verdict.goal) ||
               !has_name(item->verdict.goal->needs, next->service);
}

static bool is_better(const Item *item, const Item *chosen)
{
        if (!chosen || can_go_ahead(item) != can_go_ahead(chosen))
                return !chosen || can_go_ahead(item);
        return item->turn.position < chosen->turn.position;
}

/* Open a circle: its most important Item that can go ahead starts without waiting. If none can go ahead, the
 * most important one does so and lacks a need. */
static void open_circle(StartOrder *this)
{
        Item *begin = find_circle(this), *chosen = NULL, *item = begin;
        do {
                if (!first_left(item->turn.needs) && is_better(item, chosen))
                        chosen = item;
                item = next_in_circle(item);
        } while (item != begin);
        g_assert(chosen); /* needs make no circle: plan_needs.c has refused those that did */
        Item *other = first_left(chosen->turn.after);
        if (has_name(chosen->verdict.goal->after, other->service))
                item_tell(
                        this->planner, chosen,
                        "it is to start after '%s', which has to wait for it in turn: it starts without waiting",
                        other->service);
        g_ptr_array_remove(chosen->turn.after, other);
        g_ptr_array_remove_fast(other->turn.followers, chosen);
        if (--chosen->turn.waits_for == 0)
                g_tree_insert(this->ready, chosen, chosen);
}

static void place_ready(StartOrder *this)
{
        GTreeNode *node = NULL;
        while ((node = g_tree_node_first(this->ready))) {
                Item *item = g_tree_node_value(node);
                g_tree_remove(this->ready, item);
                place(this, item);
        }
}

GPtrArray *order_make(Planner *planner)
{
        GPtrArray *items = planner->items;
        StartOrder this = {.planner = planner, .order = g_ptr_array_sized_new(items->len)};
        this.ready = g_tree_new(compare_positions);
        for (guint i = 0; i < items->len; i++)
                collect_edges(&this, items->pdata[i], i);
        for (guint i = 0; i < items->len; i++) {
                Item *item = items->pdata[i];
                wait_for(item, item->turn.needs);
                wait_for(item, item->turn.after);
                if (item->turn.waits_for == 0)
                        g_tree_insert(this.ready, item, item);
        }
        for (place_ready(&this); this.order->len < items->len; place_ready(&this))
                open_circle(&this);
        g_tree_destroy(this.ready);
        return this.order;
}
