/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which service uses memory, ports and addresses while the steps are done one by one, and which one makes
 * way. */
#include "plan_private.h"

struct Room {
        uint64_t memory_bytes;
        uint64_t memory_used;
        Claims *claims;
        Claims *before;     /* the claims before the first step */
        GPtrArray *movable; /* Item, in the order in which they make way where memory is short */
        guint next_movable;
        GPtrArray *moved;     /* Item: gave memory back */
        uint64_t moved_bytes; /* of all of them */
};

static void settle(Room *room, Item *item, const PlanVersion *version)
{
        item->room.now = version;
        room->memory_used += version->memory_bytes;
        claims_take(room->claims, item, version, NULL);
}

static uint64_t own_bytes(const Item *item)
{
        return (item->room.now ? item->room.now->memory_bytes : 0) +
               (item->room.beside ? item->room.beside->memory_bytes : 0);
}

static void note_moved(Room *room, Item *item, uint64_t bytes)
{
        room->moved_bytes += bytes;
        g_ptr_array_add(room->moved, item);
}

void room_leave_beside(Room *room, Item *item)
{
        uint64_t bytes = item->room.beside ? item->room.beside->memory_bytes : 0;
        room->memory_used -= bytes;
        note_moved(room, item, bytes);
        item->room.beside = NULL;
}

void room_leave(Room *room, Item *item)
{
        if (item->room.now)
                claims_give_back(room->claims, item, item->room.now);
        room->memory_used -= own_bytes(item);
        item->room.now = item->room.beside = NULL;
}

static bool shrinks(const Item *item)
{
        return item->verdict.goal && item->facts.runs &&
               item->verdict.goal->memory_bytes < item->facts.runs->memory_bytes;
}

/* First services to remove; then displaced ones, the least important first; then services that shrink, the
 * last start first. */
static void find_movable(Room *room, const Planner *planner, const GPtrArray *order)
{
        for (guint i = 0; i < planner->removals->len; i++)
                g_ptr_array_add(room->movable, planner->removals->pdata[i]);
        for (guint i = planner->items->len; i-- > 0;)
                if (((Item *)planner->items->pdata[i])->verdict.is_displaced)
                        g_ptr_array_add(room->movable, planner->items->pdata[i]);
        for (guint i = order->len; i-- > 0;)
                if (shrinks(order->pdata[i]))
                        g_ptr_array_add(room->movable, order->pdata[i]);
}

/* The memory of an unknown version is a guess on the safe side; a guess at its ports would not be. */
static void begin(Room *room, Item *item)
{
        item->room.now = item->facts.runs;
        item->room.beside = item->facts.beside;
        room->memory_used += own_bytes(item);
        if (!item->facts.runs || item->facts.is_unknown)
                return;
        claims_take(room->claims, item, item->facts.runs, NULL);
        claims_take(room->before, item, item->facts.runs, NULL);
}

Room *room_new(Planner *planner, const GPtrArray *order)
{
        Room *room = g_new0(Room, 1);
        room->memory_bytes = planner->have->memory_bytes;
        room->claims = claims_new();
        room->before = claims_new();
        room->movable = g_ptr_array_new();
        room->moved = g_ptr_array_new();
        find_movable(room, planner, order);
        for (guint i = 0; i < planner->removals->len; i++)
                begin(room, planner->removals->pdata[i]);
        for (guint i = 0; i < planner->items->len; i++)
                begin(room, planner->items->pdata[i]);
        return room;
}

void room_free(Room *room)
{
        if (!room)
                return;
        claims_free(room->claims);
        claims_free(room->before);
        g_ptr_array_unref(room->movable);
        g_ptr_array_unref(room->moved);
        g_free(room);
}

static bool memory_fits(const Room *room, const Item *item, const PlanVersion *version)
{
        uint64_t own = own_bytes(item);
        return version->memory_bytes <= own ||
               room->memory_used - own + version->memory_bytes <= room->memory_bytes;
}

bool room_fits(const Room *room, const Item *item, const PlanVersion *version)
{
        return memory_fits(room, item, version) && !claims_other(room->claims, item, version, NULL, NULL);
}

bool room_fits_beside(const Room *room, const Item *item, const PlanVersion *version)
{
        uint64_t used = room->memory_used + room->moved_bytes;
        return used <= room->memory_bytes && version->memory_bytes <= room->memory_bytes - used;
}

static void make_way(Room *room, Item *item, const Item *taker, GPtrArray *stops)
{
        note_moved(room, item, own_bytes(item));
        room_leave(room, item);
        item->progress.has_step = true;
        item->end.running = NULL;
        Step *step = NULL;
        if (item->facts.is_unwanted) {
                step = step_new(STEP_REMOVE, item, NULL,
                                g_strdup_printf("it is not wanted, and '%s' takes its room", taker->service));
        } else {
                step = step_new(STEP_STOP, item, NULL,
                                g_strdup_printf("'%s' takes its room", taker->service));
                g_strfreev(step->depends);
                step->depends = g_new0(char *, 2);
                step->depends[0] = g_strdup(taker->service);
        }
        g_ptr_array_add(stops, step);
}

static void make_memory(Room *room, const Item *item, const PlanVersion *version, GPtrArray *stops)
{
        for (; !memory_fits(room, item, version) && room->next_movable < room->movable->len;
             room->next_movable++) {
                Item *other = room->movable->pdata[room->next_movable];
                bool still_runs_that = other->room.now && !item_is_goal(other, other->room.now);
                if (!still_runs_that || other == item)
                        continue;
                make_way(room, other, item, stops);
        }
}

void room_take(Room *room, Item *item, const PlanVersion *version, GPtrArray *stops, GPtrArray *made_way)
{
        Item *other = NULL;
        uint64_t own = own_bytes(item);
        while ((other = claims_other(room->claims, item, version, NULL, NULL)))
                make_way(room, other, item, stops);
        make_memory(room, item, version, stops);
        room_leave(room, item);
        settle(room, item, version);
        if (version->memory_bytes >
            item->verdict.goal->memory_bytes) /* it has come back only to be updated */
                g_ptr_array_add(room->movable, item);
        if (!item_is_goal(item, version))
                claims_take(room->before, item, version, NULL);
        /* if these do not give up what they had, there is no room */
        claims_add_others(room->before, item, version, made_way);
        if (version->memory_bytes > own && room->memory_used + room->moved_bytes > room->memory_bytes)
                g_ptr_array_extend(made_way, room->moved, NULL, NULL);
        if (version->memory_bytes < own)
                note_moved(room, item, own - version->memory_bytes);
}
