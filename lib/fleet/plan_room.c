/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who uses memory, ports and addresses while the steps are done, one after the other; and who makes way. */
#include "plan_private.h"

struct Room {
        uint64_t memory_bytes;
        uint64_t memory_used;
        Claims *claims;
        GPtrArray *movable; /* Item, in the order in which they make way for want of memory */
        guint next_movable;
};

static void settle(Room *room, Item *item, const PlanVersion *version)
{
        item->now = version;
        room->memory_used += version->memory_bytes;
        claims_take(room->claims, item, version, NULL);
}

void room_leave(Room *room, Item *item)
{
        if (!item->now)
                return;
        claims_give_back(room->claims, item, item->now);
        room->memory_used -= item->now->memory_bytes;
        item->now = NULL;
}

static bool shrinks(const Item *item)
{
        return item->goal && item->runs && item->goal->memory_bytes < item->runs->memory_bytes;
}

/* First what nobody wants; then what has no room in the end, the least important first; then what takes less
 * in the end, the last first. */
static void find_movable(Room *room, const Planner *planner, const GPtrArray *order)
{
        for (guint i = 0; i < planner->removals->len; i++)
                g_ptr_array_add(room->movable, planner->removals->pdata[i]);
        for (guint i = planner->items->len; i-- > 0;)
                if (((Item *)planner->items->pdata[i])->is_displaced)
                        g_ptr_array_add(room->movable, planner->items->pdata[i]);
        for (guint i = order->len; i-- > 0;)
                if (shrinks(order->pdata[i]))
                        g_ptr_array_add(room->movable, order->pdata[i]);
}

Room *room_new(Planner *planner, const GPtrArray *order)
{
        Room *room = g_new0(Room, 1);
        room->memory_bytes = planner->have->memory_bytes;
        room->claims = claims_new();
        room->movable = g_ptr_array_new();
        find_movable(room, planner, order);
        const GPtrArray *all[] = {planner->removals, planner->items};
        for (size_t k = 0; k < G_N_ELEMENTS(all); k++)
                for (guint i = 0; i < all[k]->len; i++) {
                        Item *item = all[k]->pdata[i];
                        if (item->runs)
                                settle(room, item, item->runs);
                }
        return room;
}

void room_free(Room *room)
{
        if (!room)
                return;
        claims_free(room->claims);
        g_ptr_array_unref(room->movable);
        g_free(room);
}

static bool memory_fits(const Room *room, const Item *item, const PlanVersion *version)
{
        uint64_t own = item->now ? item->now->memory_bytes : 0;
        return version->memory_bytes <= own ||
               room->memory_used - own + version->memory_bytes <= room->memory_bytes;
}

bool room_fits(const Room *room, const Item *item, const PlanVersion *version)
{
        return memory_fits(room, item, version) && !claims_other(room->claims, item, version, NULL, NULL);
}

static void make_way(Room *room, Item *item, const Item *taker, GPtrArray *stops, GPtrArray *made_way)
{
        room_leave(room, item);
        item->has_step = true;
        item->end_running = NULL;
        Step *step = NULL;
        if (item->is_unwanted) {
                step = step_new(STEP_REMOVE, item, NULL,
                                g_strdup_printf("nobody wants it, and '%s' takes its room", taker->service));
        } else {
                step = step_new(STEP_STOP, item, NULL,
                                g_strdup_printf("'%s' takes its room", taker->service));
                g_strfreev(step->depends);
                step->depends = g_new0(char *, 2);
                step->depends[0] = g_strdup(taker->service);
        }
        g_ptr_array_add(stops, step);
        g_ptr_array_add(made_way, item);
}

void room_take(Room *room, Item *item, const PlanVersion *version, GPtrArray *stops, GPtrArray *made_way)
{
        Item *other = NULL;
        while ((other = claims_other(room->claims, item, version, NULL, NULL)))
                make_way(room, other, item, stops, made_way);
        for (; !memory_fits(room, item, version) && room->next_movable < room->movable->len;
             room->next_movable++) {
                other = room->movable->pdata[room->next_movable];
                bool still_runs_that = other->now && (!other->goal || other->now == other->runs);
                if (still_runs_that && other != item)
                        make_way(room, other, item, stops, made_way);
        }
        room_leave(room, item);
        settle(room, item, version);
}
