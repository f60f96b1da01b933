/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of plan_make() share: one Item for each service, judged first, then put in order, then
 * turned into steps. All strings and versions are borrowed from Want and Have. */
#pragma once

#include "plan.h"

typedef struct Item Item;

struct Item {
        const char *service;
        const PlanVersion *want;   /* NULL: not wanted */
        const HaveService *have;   /* NULL: nothing of it is here */
        bool left_alone;           /* nobody wants it, and it stays as it is */
        bool is_unwanted;          /* there shall be nothing of it, and perhaps there is not */
        const PlanVersion *runs;   /* what runs, as well as is known; NULL: nothing */
        bool is_unknown;           /* what runs is no version of the records: `runs` is a guess */
        const PlanVersion *beside; /* the other of two that run, the same; NULL: none, or not any more after
                                    * the steps so far */
        GPtrArray *needs;          /* Item: of the wanted version */
        GPtrArray *after;          /* Item: of `goal`; what only orders */

        /* what judging found */
        const PlanVersion *goal; /* what shall run in the end; NULL: nothing is started */
        bool is_judged;          /* `goal` is found */
        bool is_blocked;         /* the wanted version is not brought about; a problem says why */
        bool is_displaced;       /* it runs, and makes way if its room is really needed */
        bool is_reserved;        /* what it has and keeps is set aside for it */
        bool keeps_settings;     /* it is not started again with new ones now */
        unsigned rank; /* twice the priority, its own or that of who needs it; 1 more if one of them runs */
        unsigned mark; /* of the walk at hand */

        /* for the order of starts */
        GPtrArray *followers; /* Item: that wait for this one */
        guint waits_for;      /* how many of `needs` and `after` are not placed yet */
        guint position;

        /* what making steps knows */
        const PlanVersion *now; /* what would run after the steps so far */
        bool has_come_back;     /* its current version was started before the fetches */
        bool has_step;          /* it is started, updated, stopped or removed by this plan */
        guint forgotten;        /* so many of its versions have been looked at, and leftovers forgotten */
        const char *end_current, *end_previous, *end_candidate, *end_running; /* when all steps are done */
};

typedef struct {
        const Want *want;
        const Have *have;
        Plan *plan;
        GHashTable *by_name;  /* service -> Item, owned */
        GPtrArray *items;     /* Item: what is judged; by name at first, then by rank, needs first */
        GPtrArray *removals;  /* Item: what nobody wants, by name */
        uint64_t disk_wanted; /* that all accepted versions take yet */
} Planner;

/* plan_items.c: what is known of each service */
void items_make(Planner *planner);
Item *item_find(const Planner *planner, const char *service);
bool item_can_return(const Item *item); /* to the current version */
bool item_restarts(const Planner *planner, const Item *item);
bool item_gets_wanted(const Item *item);                         /* as judged */
bool item_is_goal(const Item *item, const PlanVersion *version); /* or the same one of another record */
bool item_runs(const Item *item);                                /* anything at all */
bool item_is_current(const Item *item, const PlanVersion *version);
bool item_runs_version(const Item *item, const PlanVersion *version);
bool item_has_version(const Item *item, const char *version); /* whole enough for the way back */
const PlanVersion *
item_kept(const Item *item); /* what runs, or would be started, without any change; or NULL */
/* Add the items of these names, but for those of which there shall be nothing. */
void items_add(const Planner *planner, GPtrArray *items, GStrv names);

/* Tell a problem that keeps the wanted version from coming; only the first one of a service is told. */
void item_block(Planner *planner, Item *item, const char *format, ...) G_GNUC_PRINTF(3, 4);
void item_tell(Planner *planner, const Item *item, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* plan_alone.c: what speaks against a wanted version whatever other services do */
void alone_judge(Planner *planner);
bool host_can_run(const Have *have, const PlanVersion *version);

/* plan_needs.c: circles, ranks, and the order in which services are judged */
void needs_settle(Planner *planner);

/* plan_claims.c: which service has which port and which address of the host */
typedef struct Claims Claims;
Claims *claims_new(void);
void claims_free(Claims *claims);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Claims, claims_free)
/* Returns: the other item that has what `version` wants, and what that is, owned, if `what` is not NULL. Only
 * what all of `also` want, too, counts: NULL, or ended by NULL. */
Item *claims_other(const Claims *claims, const Item *item, const PlanVersion *version,
                   const PlanVersion *const *also, char **what);
/* Add whoever has anything that `version` wants. */
void claims_add_others(const Claims *claims, const Item *item, const PlanVersion *version, GPtrArray *others);
void claims_take(Claims *claims, Item *item, const PlanVersion *version, const PlanVersion *const *also);
void claims_give_back(Claims *claims, const Item *item, const PlanVersion *version);

/* plan_judge.c: who gets memory, disk, ports and addresses */
void judge(Planner *planner);
bool item_will_run(const Item *item);

/* plan_order.c: in which order services start. Returns: owned array of Item. */
GPtrArray *order_make(Planner *planner);

/* plan_room.c: who uses what while the steps are done */
typedef struct Room Room;
Room *room_new(Planner *planner, const GPtrArray *order);
void room_free(Room *room);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Room, room_free)
void room_leave(Room *room, Item *item);
/* Only the other of two that run ends. */
void room_leave_beside(Room *room, Item *item);
bool room_fits(const Room *room, const Item *item, const PlanVersion *version);
/* Let `version` run in place of what the item runs now; who is in the way is removed or stopped before, by
 * steps that go to `stops`, and is added to `made_way`. */
void room_take(Room *room, Item *item, const PlanVersion *version, GPtrArray *stops, GPtrArray *made_way);

/* Memory holds `version` as well as what the item runs now, even if nobody makes way for anybody. */
bool room_fits_beside(const Room *room, const Item *item, const PlanVersion *version);

/* plan_beside.c: two versions of one service at once */
/* May the update from what the item runs now, `from`, to its goal be done beside it? */
bool beside_suits(const Room *room, const Item *item, const char *from);
/* Returns: the step by which only one of two is left, or NULL if there are not two. */
Step *beside_end(Room *room, Item *item);

/* plan_leftovers.c: what is on the disk for nothing */
bool leftover_is_now(const Planner *planner, const Item *item, const char *version);
uint64_t leftovers_bytes(const Planner *planner);
void leftovers_free_disk(Planner *planner);
void leftovers_remove_rest(Planner *planner);

/* plan_steps.c */
Step *step_new(StepKind kind, Item *item, const char *version, char *why);
void steps_make(Planner *planner, const GPtrArray *order);
