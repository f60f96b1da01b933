/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Services that need each other: circles are refused, and a need counts as much as its dependents. */
#include <string.h>

#include "plan_private.h"

enum { UNSEEN, ON_PATH, SEEN };
enum { CIRCLE_NAMES_MAX = 8 };

static void clear_marks(Planner *planner)
{
        for (guint i = 0; i < planner->items->len; i++)
                ((Item *)planner->items->pdata[i])->needs.mark = UNSEEN;
}

/* Returns: owned "a -> b -> a" of the path from `first` on. */
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

/* Each circle has an edge that leads back onto the path, so at least one service of it is blocked here. The
 * others need that one. */
static void find_circles(Planner *planner, Item *item, GPtrArray *path)
{
        item->needs.mark = ON_PATH;
        g_ptr_array_add(path, item);
        for (guint i = 0; i < item->needs.items->len; i++) {
                Item *other = item->needs.items->pdata[i];
                if (other->needs.mark == UNSEEN)
                        find_circles(planner, other, path);
                else if (other->needs.mark == ON_PATH &&
                         !(item->verdict.is_blocked && other->verdict.is_blocked))
                        block_circle(planner, path, other);
        }
        g_ptr_array_set_size(path, (int)path->len - 1);
        item->needs.mark = SEEN;
}

static void block_circles(Planner *planner)
{
        g_autoptr(GPtrArray) path = g_ptr_array_new();
        clear_marks(planner);
        for (guint i = 0; i < planner->items->len; i++) {
                Item *item = planner->items->pdata[i];
                if (item->want)
                        items_add(planner, item->needs.items, item->want->needs);
        }
        for (guint i = 0; i < planner->items->len; i++)
                if (((Item *)planner->items->pdata[i])->needs.mark == UNSEEN)
                        find_circles(planner, planner->items->pdata[i], path);
        for (guint i = 0; i < planner->items->len; i++) {
                Item *item = planner->items->pdata[i];
                if (item->verdict.is_blocked)
                        g_ptr_array_set_size(item->needs.items, 0);
        }
}

static void visit(Item *item, GPtrArray *sorted)
{
        if (item->needs.mark != UNSEEN)
                return;
        item->needs.mark = SEEN;
        for (guint i = 0; i < item->needs.items->len; i++)
                visit(item->needs.items->pdata[i], sorted);
        g_ptr_array_add(sorted, item);
}

/* Move needs before their dependents; otherwise keep the order. */
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
                item->needs.rank = (one ? one->priority : 0) * 2 + item_runs(item);
        }
        for (guint i = planner->items->len; i-- > 0;) {
                const Item *item = planner->items->pdata[i];
                for (guint j = 0; j < item->needs.items->len; j++) {
                        Item *other = item->needs.items->pdata[j];
                        other->needs.rank = MAX(other->needs.rank, item->needs.rank) | item_runs(other);
                }
        }
}

static int compare_ranks(const void *a, const void *b)
{
        const Item *left = *(Item *const *)a, *right = *(Item *const *)b;
        if (left->needs.rank != right->needs.rank)
                return left->needs.rank > right->needs.rank ? -1 : 1;
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
