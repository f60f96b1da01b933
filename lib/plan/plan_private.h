/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of plan_make() share. The planner has one Item for each service. Each phase fills in a part
 * of the Item, and reads the parts of the phases before it. Strings and versions are borrowed from Want and
 * Have. */
#pragma once

#include "plan.h"

/* plan_items.c: the service as Want and Have show it. */
typedef struct {
        bool left_alone;           /* not wanted, but it may stay as it is */
        bool is_unwanted;          /* the service must be removed; it may already be gone */
        const PlanVersion *runs;   /* the running version, or the likeliest one if `is_unknown`; NULL: none */
        bool is_unknown;           /* the records do not know the running version */
        const PlanVersion *beside; /* likewise, the second of two running versions; NULL: none */
} ItemFacts;

/* plan_needs.c: which services the wanted version needs, and how much the service counts. */
typedef struct {
        GPtrArray *items; /* Item; empty if the service is blocked */
        unsigned rank; /* 2 * priority, its own or that of an Item that needs it; + 1 if one of them runs */
        unsigned mark; /* state of the current walk */
} ItemNeeds;

/* plan_alone.c, plan_judge.c and plan_make.c: what the service gets. */
typedef struct {
        const PlanVersion *goal; /* the version that runs at the end; NULL: the plan starts none */
        bool is_judged;          /* `goal` is decided */
        bool is_blocked;         /* the wanted version is refused, and a problem says why */
        bool is_displaced;       /* it runs, and is stopped if another service needs its room */
        bool is_reserved;        /* memory, ports and address that it has and keeps are set aside */
        bool keeps_settings;     /* it is not restarted for new settings in this plan */
} ItemVerdict;

/* plan_order.c: the turn of the service among the starts. */
typedef struct {
        GPtrArray *needs;     /* Item: must be placed before this one */
        GPtrArray *after;     /* Item: placed before this one unless that makes a circle */
        GPtrArray *followers; /* Item: wait for this one */
        guint waits_for;      /* number of Items in `needs` and `after` that are not placed yet */
        guint position;       /* while placing: by rank; afterwards: in the order of starts */
        guint mark;           /* state of the current walk */
} ItemTurn;

/* plan_room.c: what of the service runs after the steps so far. */
typedef struct {
        const PlanVersion *now;    /* NULL: nothing */
        const PlanVersion *beside; /* the second of two running versions; NULL: none */
} ItemRoom;

/* plan_steps.c and plan_leftovers.c: which steps the service has so far. */
typedef struct {
        bool has_step;      /* a step starts, updates, stops or removes it */
        bool has_come_back; /* its current version is started before the fetches */
        guint forgotten;    /* leftovers among its first `forgotten` versions have a STEP_FORGET */
} ItemProgress;

/* plan_steps.c: what the record and libvirt say after the last step; versions, or NULL. */
typedef struct {
        const char *current, *previous, *candidate, *running;
} ItemEnd;

typedef struct {
        const char *service;
        const PlanVersion *want; /* NULL: not wanted */
        const HaveService *have; /* NULL: this host knows nothing of it */
        ItemFacts facts;
        ItemNeeds needs;
        ItemVerdict verdict;
        ItemTurn turn;
        ItemRoom room;
        ItemProgress progress;
        ItemEnd end;
} Item;

typedef struct {
        const Want *want;
        const Have *have;
        Plan *plan;
        GHashTable *by_name;  /* service -> Item, owned */
        GPtrArray *items;     /* Item to judge: by name at first, then by rank with needs first */
        GPtrArray *removals;  /* Item to remove, by name */
        uint64_t disk_wanted; /* bytes that all accepted versions still add to the disk */
} Planner;

/* --- plan_items.c: one Item for each service */

void items_make(Planner *planner);
/* Returns: borrowed; NULL if neither Want nor Have names the service. */
Item *item_find(const Planner *planner, const char *service);
/* Returns: the version of that role in the record, or NULL. */
const PlanVersion *item_current(const Item *item);
const PlanVersion *item_candidate(const Item *item);
/* True if an interrupted update can go back to the current version. */
bool item_can_return(const Item *item);
/* True if the wanted version runs with other settings than it must have, and is to be restarted. */
bool item_restarts(const Planner *planner, const Item *item);
/* True if the goal is the wanted version. */
bool item_gets_wanted(const Item *item);
/* True if `version`, from whichever record, is the goal. */
bool item_is_goal(const Item *item, const PlanVersion *version);
/* True if any version runs. */
bool item_runs(const Item *item);
bool item_is_current(const Item *item, const PlanVersion *version);
bool item_runs_version(const Item *item, const PlanVersion *version);
/* True if enough of `version` is on the disk to start it as the way back. */
bool item_has_version(const Item *item, const char *version);
/* Returns: the version that runs, or would be started, if the wanted one is refused; NULL: none. */
const PlanVersion *item_kept(const Item *item);
/* Add the Items of `names`, except those that must be removed. */
void items_add(const Planner *planner, GPtrArray *items, GStrv names);

/* Refuse the wanted version with a problem. Only the first problem of a service that refuses it is reported.
 */
void item_block(Planner *planner, Item *item, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Report a problem that refuses nothing. */
void item_tell(Planner *planner, const Item *item, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* --- plan_alone.c: objections to a wanted version that do not depend on other services */

void alone_judge(Planner *planner);
bool alone_host_can_run(const Have *have, const PlanVersion *version);

/* --- plan_needs.c: circles, ranks, and the order in which services are judged */

void needs_settle(Planner *planner);

/* --- plan_claims.c: which service holds which port and address of the host */

typedef struct Claims Claims;
Claims *claims_new(void);
void claims_free(Claims *claims);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Claims, claims_free)
/* Returns: another Item that holds a port or the address of `version`, or NULL. With `also` (NULL-terminated,
 * may be NULL) only ports and addresses count that each of these versions wants as well. `what` may be NULL;
 * else it is set to the owned name of the port or address. */
Item *claims_other(const Claims *claims, const Item *item, const PlanVersion *version,
                   const PlanVersion *const *also, char **what);
/* Add every other Item that holds a port or the address of `version`. */
void claims_add_others(const Claims *claims, const Item *item, const PlanVersion *version, GPtrArray *others);
void claims_take(Claims *claims, Item *item, const PlanVersion *version, const PlanVersion *const *also);
void claims_give_back(Claims *claims, const Item *item, const PlanVersion *version);

/* --- plan_judge.c: which service gets memory, disk, ports and addresses */

void judge_all(Planner *planner);

/* --- plan_order.c: the order in which services start */

/* Returns: owned array of Item. */
GPtrArray *order_make(Planner *planner);

/* --- plan_room.c: which service uses memory, ports and addresses while the steps are done */

typedef struct Room Room;
Room *room_new(Planner *planner, const GPtrArray *order);
void room_free(Room *room);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Room, room_free)
/* Everything that runs of `item` ends. */
void room_leave(Room *room, Item *item);
/* The second of two running versions ends; the first goes on. */
void room_leave_beside(Room *room, Item *item);
/* True if `version` can run in place of `item`'s running version, and no other service makes way for it. */
bool room_fits(const Room *room, const Item *item, const PlanVersion *version);
/* True if memory also holds `version` next to `item`'s running version, and no other service makes way for
 * it. */
bool room_fits_beside(const Room *room, const Item *item, const PlanVersion *version);
/* Let `version` run in place of `item`'s running version. Services in the way are removed or stopped by steps
 * that are added to `stops`; the services themselves are added to `made_way`. */
void room_take(Room *room, Item *item, const PlanVersion *version, GPtrArray *stops, GPtrArray *made_way);

/* --- plan_beside.c: two versions of one service at once */

/* True if the update from the running version `from` to the goal can leave `from` running until the goal is
 * up. */
bool beside_suits(const Room *room, const Item *item, const char *from);
/* Returns: owned step that ends the second of two running versions; NULL if there are not two. */
Step *beside_end(Room *room, Item *item);

/* --- plan_leftovers.c: versions and services on the disk that are not needed any more */

/* Returns: bytes that removing all leftovers gives back. */
uint64_t leftovers_bytes(const Planner *planner);
/* Add the steps that make room for the fetches; none if the disk has enough. */
void leftovers_free_disk(Planner *planner);
/* Add the steps that remove all other leftovers, when all other steps are made. */
void leftovers_remove_rest(Planner *planner);

/* --- plan_goal.c: the step that brings one service to its goal. Each function also brings `item->end` up to
 * date. */

/* True if the record has a candidate that no step so far has ended. */
bool goal_has_candidate(const Item *item);
/* Returns: owned STEP_RETURN from the candidate to the current version. */
Step *goal_return(Item *item);
/* Returns: owned STEP_START; `why` is copied. */
Step *goal_start(Item *item, const PlanVersion *version, const char *why);
/* Returns: owned start, update or return; NULL if there is no goal, or it runs. */
Step *goal_step(Item *item);

/* --- plan_steps.c: all steps, in their order */

/* Returns: owned step that depends on nothing. Takes `why`. */
Step *step_new(StepKind kind, const Item *item, const char *version, char *why);
void steps_make(Planner *planner, const GPtrArray *order);
