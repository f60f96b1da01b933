/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who needs whom: circles are named, and what is needed counts as much as what needs it. */
#include <string.h>

#include "plan_private.h"

enum { UNSEEN, ON_PATH, SEEN };
enum { CIRCLE_NAMES_MAX = 8 };

static void clear_marks(Planner *planner)
{
        for (guint i = 0; i < planner->items->len; i++)
                ((Item *)planner->items->pdata[i])->mark = UNSEEN;
}

/* Returns: owned "a -> b -> a" of what stands on the path from `first` on. */
static char *circle_name(const GPtrArray *path, guint first)
{
        GString *text = g_string_new(NULL);
        for (guint i = first; i < path->len && i < first + CIRCLE_NAMES_MAX; i++)
                g_string_append_printf(text, "%s -> ", ((Item *)path->pdata[i])->service);
        if (path->len - first > CIRCLE_NAMES_MAX)
                g_string_append(text, "... -> ");
        return g_string_free(g_string_append(text, ((Item *)path->pdata[first])->service), FALSE);
}

static void block_circle(Planner *planner, const GPtrArray *path, const Item *begin)
{
        guint first = path->len - 1;
        while (path->pdata[first] != begin)
                first--;
        g_autofree char *circle = circle_name(path, first);
        for (guint i = first; i < path->len; i++)
                item_block(planner, path->pdata[i],
                           "services that need each other in a circle cannot start: %s", circle);
}

/* Each circle has an edge that leads back onto the path, so at least one service of each circle is blocked;
 * what else is in it needs that one. */
static void find_circles(Planner *planner, Item *item, GPtrArray *path)
{
        item->mark = ON_PATH;
        g_ptr_array_add(path, item);
        for (guint i = 0; i < item->needs->len; i++) {
                Item *other = item->needs->pdata[i];
                if (other->mark == UNSEEN)
                        find_circles(planner, other, path);
                else if (other->mark == ON_PATH && !(item->is_blocked && other->is_blocked))
                        block_circle(planner, path, other);
        }
        g_ptr_array_set_size(path, (int)path->len - 1);
        item->mark = SEEN;
}

static void block_circles(Planner *planner)
{
        g_autoptr(GPtrArray) path = g_ptr_array_new();
        clear_marks(planner);
        for (guint i = 0; i < planner->items->len; i++) {
                Item *item = planner->items->pdata[i];
                if (item->want)
                        items_add(planner, item->needs, item->want->needs);
        }
        for (guint i = 0; i < planner->items->len; i++)
                if (((Item *)planner->items->pdata[i])->mark == UNSEEN)
                        find_circles(planner, planner->items->pdata[i], path);
        for (guint i = 0; i < planner->items->len; i++) {
                Item *item = planner->items->pdata[i];
                if (item->is_blocked)
                        g_ptr_array_set_size(item->needs, 0);
        }
}

static void visit(Item *item, GPtrArray *sorted)
{
        if (item->mark != UNSEEN)
                return;
        item->mark = SEEN;
        for (guint i = 0; i < item->needs->len; i++)
                visit(item->needs->pdata[i], sorted);
        g_ptr_array_add(sorted, item);
}

/* Keep the order as far as each need can come before what needs it. */
static void put_needs_first(Planner *planner)
{
        GPtrArray *sorted = g_ptr_array_sized_new(planner->items->len);
        clear_marks(planner);
        for (guint i = 0; i < planner->items->len; i++)
                visit(planner->items->pdata[i], sorted);
        g_ptr_array_unref(planner->items);
        planner->items = sorted;
}

static void rank_items(Planner *planner)
{
        for (guint i = 0; i < planner->items->len; i++) {
                Item *item = planner->items->pdata[i];
                const PlanVersion *one = item->want ? item->want : item_kept(item);
                item->rank = (one ? one->priority : 0) * 2 + item_runs(item);
        }
        for (guint i = planner->items->len; i-- > 0;) {
                const Item *item = planner->items->pdata[i];
                for (guint j = 0; j < item->needs->len; j++) {
                        Item *other = item->needs->pdata[j];
                        other->rank = MAX(other->rank, item->rank) | item_runs(other);
                }
        }
}

static int compare_ranks(const void *a, const void *b)
{
        const Item *left = *(Item *const *)a, *right = *(Item *const *)b;
        if (left->rank != right->rank)
                return left->rank > right->rank ? -1 : 1;
        return strcmp(left->service, right->service);
}

void needs_settle(Planner *planner)
{
        block_circles(planner);
        put_needs_first(planner);
        rank_items(planner);
        g_ptr_array_sort(planner->items, compare_ranks);
        put_needs_first(planner);
}
