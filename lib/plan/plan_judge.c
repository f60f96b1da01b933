/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which service gets memory, disk, ports and addresses of the host. The higher rank is served first, and
 * needs before their dependents. Within one priority, a running service keeps what it has. */
#include "plan_private.h"

#include <string.h>

#include "units.h"

typedef struct {
        Planner *planner;
        Claims *claims;
        uint64_t memory_used;
        uint64_t disk_room;
} Judge;

static bool item_will_run(const Item *item)
{
        return item->verdict.goal || (item_runs(item) && !item->verdict.is_displaced);
}

/* Returns: the version that the Item is judged by, or NULL. */
static const PlanVersion *aim(const Item *item)
{
        return item->want && !item->verdict.is_blocked ? item->want : item_kept(item);
}

/* Returns: the version that an interrupted update goes back to if the wanted one is refused, or NULL. */
static const PlanVersion *way_back(const Item *item)
{
        return item_can_return(item) ? item_kept(item) : NULL;
}

static uint64_t reserved_bytes(const Item *item, const PlanVersion *version)
{
        const PlanVersion *back = way_back(item);
        uint64_t bytes = MIN(version->memory_bytes, item->facts.runs->memory_bytes);
        return back ? MIN(bytes, back->memory_bytes) : bytes;
}

/* Set aside what the running version and each version that may follow it have in common. The rest is not set
 * aside: other services would have to wait until it is given back. */
static void reserve(Judge *this, Item *item)
{
        const PlanVersion *version = aim(item);
        if (!item->facts.runs || !version)
                return;
        const PlanVersion *const also[] = {item->facts.runs, way_back(item), NULL};
        uint64_t bytes = reserved_bytes(item, version);
        if (bytes > this->planner->have->memory_bytes - this->memory_used ||
            claims_other(this->claims, item, version, also, NULL))
                return;
        claims_take(this->claims, item, version, also);
        this->memory_used += bytes;
        item->verdict.is_reserved = true;
}

static void give_back(Judge *this, Item *item)
{
        const PlanVersion *version = aim(item);
        if (!item->verdict.is_reserved)
                return;
        claims_give_back(this->claims, item, version);
        this->memory_used -= reserved_bytes(item, version);
        item->verdict.is_reserved = false;
}

static bool is_change(const Item *item)
{
        return item->want && !item_is_current(item, item->want);
}

/* A service that has not been judged yet counts as up. */
static bool stays_down(const Item *other)
{
        if (!other || other->facts.is_unwanted)
                return true;
        return other->verdict.is_judged ? !item_will_run(other)
                                        : other->verdict.is_blocked && !item_kept(other);
}

static char *judge_needs(const Judge *this, const Item *item)
{
        for (char **name = item->want->needs; *name; name++) {
                const Item *other = item_find(this->planner, *name);
                if (!other || other->facts.is_unwanted)
                        return g_strdup_printf(
                                "it needs '%s', which is not wanted on this host: let the list name it",
                                *name);
                if (stays_down(other))
                        return g_strdup_printf("it needs '%s', which does not run", *name);
                if (is_change(item) && other->want && other->verdict.is_blocked)
                        return g_strdup_printf("it needs '%s', which is not as wanted yet", *name);
        }
        return NULL;
}

/* Called before anything is set aside: a service whose update is refused keeps all that it has, and not only
 * the part that its wanted version has in common with it. */
static void refuse_what_lacks_needs(const Judge *this)
{
        for (guint i = 0; i < this->planner->items->len; i++) {
                Item *item = this->planner->items->pdata[i];
                g_autofree char *against =
                        item->want && !item->verdict.is_blocked ? judge_needs(this, item) : NULL;
                if (against)
                        item_block(this->planner, item, "%s", against);
        }
}

static char *judge_claims(const Judge *this, const Item *item, const PlanVersion *version)
{
        g_autofree char *what = NULL;
        const Item *other = claims_other(this->claims, item, version, NULL, &what);
        return other ? g_strdup_printf("%s wants %s, which '%s' has", version->version, what, other->service)
                     : NULL;
}

static char *judge_memory(const Judge *this, const PlanVersion *version)
{
        uint64_t room = this->planner->have->memory_bytes - this->memory_used;
        if (version->memory_bytes <= room)
                return NULL;
        g_autofree char *wanted = size_format(version->memory_bytes);
        g_autofree char *missing = size_format(version->memory_bytes - room);
        return g_strdup_printf("%s takes %s of memory, and %s are missing next to the services before it",
                               version->version, wanted, missing);
}

static uint64_t growth_of(const HaveService *have, const PlanVolume *want)
{
        for (guint i = 0; have && i < have->volumes->len; i++) {
                const PlanVolume *volume = have->volumes->pdata[i];
                if (strcmp(volume->name, want->name) == 0 && volume->size_bytes < want->size_bytes)
                        return want->size_bytes - volume->size_bytes;
        }
        return 0;
}

static uint64_t disk_of(const Item *item)
{
        if (!is_change(item) && item->want->fetched)
                return 0;
        uint64_t bytes = item->want->disk_bytes;
        for (guint i = 0; i < item->want->volumes->len; i++)
                bytes += growth_of(item->have, item->want->volumes->pdata[i]);
        return bytes;
}

static char *judge_disk(const Judge *this, const Item *item)
{
        uint64_t bytes = disk_of(item), used = this->planner->disk_wanted;
        uint64_t room = this->disk_room > used ? this->disk_room - used : 0;
        if (bytes <= room)
                return NULL;
        g_autofree char *wanted = size_format(bytes);
        g_autofree char *missing = size_format(bytes - room);
        return g_strdup_printf("%s takes %s of the disk, and %s are missing next to the services before it",
                               item->want->version, wanted, missing);
}

static void accept(Judge *this, Item *item, const PlanVersion *version)
{
        item->verdict.goal = version;
        this->memory_used += version->memory_bytes;
        claims_take(this->claims, item, version, NULL);
}

static bool try_wanted(Judge *this, Item *item)
{
        g_autofree char *against = judge_needs(this, item);
        if (!against)
                against = judge_claims(this, item, item->want);
        if (!against)
                against = judge_memory(this, item->want);
        if (!against)
                against = judge_disk(this, item);
        if (against) {
                item_block(this->planner, item, "%s", against);
                return false;
        }
        accept(this, item, item->want);
        this->planner->disk_wanted += disk_of(item);
        return true;
}

static bool can_start(Planner *planner, const Item *item, const PlanVersion *version)
{
        for (char **name = version->needs; *name; name++)
                if (stays_down(item_find(planner, *name))) {
                        item_tell(planner, item, "%s needs '%s', which does not run here: it is not started",
                                  version->version, *name);
                        return false;
                }
        return alone_host_can_run(planner->have, version);
}

/* Let the running version go on, or start the current version of a service that is down. */
static void keep(Judge *this, Item *item)
{
        const PlanVersion *kept = item_kept(item);
        if (!kept || (!item_runs(item) && !can_start(this->planner, item, kept)))
                return;
        g_autofree char *against = judge_claims(this, item, kept);
        if (!against)
                against = judge_memory(this, kept);
        if (!against) {
                accept(this, item, kept);
                return;
        }
        item->verdict.is_displaced = item_runs(item);
        if (kept != item->want && !item_is_current(item, item->want))
                item_tell(this->planner, item, "%s", against);
}

static void judge_one(Judge *this, Item *item)
{
        give_back(this, item);
        if (item->verdict.is_blocked || !try_wanted(this, item))
                keep(this, item);
        item->verdict.is_judged = true;
}

/* Refuse an update whose ports or address are set aside for another service. Its running version then keeps
 * all that it has. */
static void refuse_what_is_taken(Judge *this, Item *item)
{
        if (!item->verdict.is_reserved || item->verdict.is_blocked || !item->want || !is_change(item))
                return;
        g_autofree char *against = judge_claims(this, item, item->want);
        if (!against)
                return;
        give_back(this, item);
        item_block(this->planner, item, "%s", against);
        reserve(this, item);
}

void judge_all(Planner *planner)
{
        g_autoptr(Claims) claims = claims_new();
        Judge this = {.planner = planner, .claims = claims};
        this.disk_room = planner->have->disk_free_bytes + leftovers_bytes(planner);
        GPtrArray *items = planner->items;
        refuse_what_lacks_needs(&this);
        for (guint begin = 0, end = 0; begin < items->len; begin = end) {
                unsigned priority = ((Item *)items->pdata[begin])->needs.rank / 2;
                for (; end < items->len && ((Item *)items->pdata[end])->needs.rank / 2 == priority; end++)
                        reserve(&this, items->pdata[end]);
                for (guint i = begin; i < end; i++)
                        refuse_what_is_taken(&this, items->pdata[i]);
                for (guint i = begin; i < end; i++)
                        judge_one(&this, items->pdata[i]);
        }
}
