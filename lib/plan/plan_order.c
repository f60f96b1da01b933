/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order in which services start: after what they need, and after what they only come after, where these
 * make no circle. Of those that may come next, the one of the highest rank does. */
#include <string.h>

#include "plan_private.h"

typedef struct {
        Planner *planner;
        GPtrArray *order;
        GTree *ready; /* Item by position */
        guint walks;
        guint first_left; /* all items before this position are placed */
} Order;

static int compare_positions(const void *a, const void *b)
{
        const Item *left = a, *right = b;
        return (left->position > right->position) - (left->position < right->position);
}

static bool is_placed(const Item *item)
{
        return item->mark == G_MAXUINT;
}

static void wait_for(Item *item, GPtrArray *others)
{
        for (guint i = 0; i < others->len; i++)
                g_ptr_array_add(((Item *)others->pdata[i])->followers, item);
        item->waits_for += others->len;
}

/* Does the item have to wait for what it needs? Not if that runs already as it shall, and is at most started
 * again; nor if the item is only kept: such needs have not been looked at for circles. Then they only order.
 */
static bool is_strict(const Item *item, const Item *other)
{
        return item_gets_wanted(item) && !item_runs_version(other, other->goal);
}

static void collect_edges(Order *this, Item *item, guint position)
{
        item->position = position;
        item->mark = 0;
        g_ptr_array_set_size(item->needs, 0);
        if (!item->goal)
                return;
        g_autoptr(GPtrArray) needs = g_ptr_array_new();
        items_add(this->planner, needs, item->goal->needs);
        for (guint i = 0; i < needs->len; i++)
                g_ptr_array_add(is_strict(item, needs->pdata[i]) ? item->needs : item->after,
                                needs->pdata[i]);
        items_add(this->planner, item->after, item->goal->after);
        g_ptr_array_remove(item->after, item);
}

static void place(Order *this, Item *item)
{
        item->mark = G_MAXUINT;
        g_ptr_array_add(this->order, item);
        for (guint i = 0; i < item->followers->len; i++) {
                Item *follower = item->followers->pdata[i];
                if (--follower->waits_for == 0)
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

/* What is left waits for something that is left, else it would have been ready. */
static Item *next_in_circle(const Item *item)
{
        Item *need = first_left(item->needs);
        Item *next = need ? need : first_left(item->after);
        g_assert(next);
        return next;
}

/* Returns: an item of a circle; nothing is left that is not in one or behind one. */
static Item *find_circle(Order *this)
{
        const GPtrArray *items = this->planner->items;
        while (is_placed(items->pdata[this->first_left]))
                this->first_left++;
        this->walks++;
        Item *item = items->pdata[this->first_left];
        for (; item->mark != this->walks; item = next_in_circle(item))
                item->mark = this->walks;
        return item;
}

static bool has_name(GStrv names, const char *name)
{
        return g_strv_contains((const char *const *)names, name);
}

/* Will it find what it needs, though it does not wait for the next one of its circle? */
static bool can_go_ahead(const Item *item)
{
        const Item *next = next_in_circle(item);
        return item_runs(item) || item_runs_version(next, next->goal) ||
               !has_name(item->goal->needs, next->service);
}

static bool is_better(const Item *item, const Item *chosen)
{
        if (!chosen || can_go_ahead(item) != can_go_ahead(chosen))
                return !chosen || can_go_ahead(item);
        return item->position < chosen->position;
}

/* Let the most important one that may do so start without waiting; one that then lacks what it needs only if
 * all of the circle are like that. */
static void open_circle(Order *this)
{
        Item *begin = find_circle(this), *chosen = NULL, *item = begin;
        do {
                if (!first_left(item->needs) && is_better(item, chosen))
                        chosen = item;
                item = next_in_circle(item);
        } while (item != begin);
        g_assert(chosen); /* needs make no circle: plan_needs.c has refused those that did */
        Item *other = first_left(chosen->after);
        if (has_name(chosen->goal->after, other->service))
                item_tell(
                        this->planner, chosen,
                        "it is to start after '%s', which has to wait for it in turn: it starts without waiting",
                        other->service);
        g_ptr_array_remove(chosen->after, other);
        g_ptr_array_remove_fast(other->followers, chosen);
        if (--chosen->waits_for == 0)
                g_tree_insert(this->ready, chosen, chosen);
}

static void place_ready(Order *this)
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
        Order this = {.planner = planner, .order = g_ptr_array_sized_new(items->len)};
        this.ready = g_tree_new(compare_positions);
        for (guint i = 0; i < items->len; i++)
                collect_edges(&this, items->pdata[i], i);
        for (guint i = 0; i < items->len; i++) {
                Item *item = items->pdata[i];
                wait_for(item, item->needs);
                wait_for(item, item->after);
                if (item->waits_for == 0)
                        g_tree_insert(this.ready, item, item);
        }
        for (place_ready(&this); this.order->len < items->len; place_ready(&this))
                open_circle(&this);
        g_tree_destroy(this.ready);
        return this.order;
}
