/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leftovers on the disk: versions of wanted services that are not current, previous, candidate or wanted, and
 * services that are not wanted. They are removed last, or before the fetches if these need the room. */
#include <string.h>

#include "plan_private.h"

static bool is_one_of(const char *version, const char *const *others, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (others[i] && strcmp(version, others[i]) == 0)
                        return true;
        return false;
}

static const char *name_of(const PlanVersion *version)
{
        return version ? version->version : NULL;
}

static bool leftover_is_now(const Planner *planner, const Item *item, const char *version)
{
        if (!item->want || !planner->want->may_install)
                return false;
        const char *const kept[] = {
                item->want->version,          item->have->running,           item->have->beside,
                name_of(item->have->current), name_of(item->have->previous), name_of(item->have->candidate)};
        return !is_one_of(version, kept, G_N_ELEMENTS(kept));
}

static bool leftover_is_later(const Item *item, const char *version)
{
        const char *const kept[] = {item->want->version, item->end.current, item->end.previous,
                                    item->end.candidate, item->end.running};
        return !is_one_of(version, kept, G_N_ELEMENTS(kept));
}

static guint count_versions(const Item *item)
{
        return item->have ? item->have->versions->len : 0;
}

static PlanKept *version_at(const Item *item, guint i)
{
        return item->have->versions->pdata[i];
}

static uint64_t bytes_of(const Item *item)
{
        uint64_t bytes = 0;
        for (guint i = 0; i < count_versions(item); i++)
                bytes += version_at(item, i)->disk_bytes;
        return bytes;
}

uint64_t leftovers_bytes(const Planner *planner)
{
        uint64_t bytes = 0;
        for (guint i = 0; i < planner->removals->len; i++)
                bytes += bytes_of(planner->removals->pdata[i]);
        for (guint i = 0; i < planner->items->len; i++) {
                const Item *item = planner->items->pdata[i];
                for (guint j = 0; j < count_versions(item); j++)
                        if (leftover_is_now(planner, item, version_at(item, j)->version))
                                bytes += version_at(item, j)->disk_bytes;
        }
        return bytes;
}

static void forget(Planner *planner, Item *item, const PlanKept *kept, const char *why)
{
        Step *step = step_new(STEP_FORGET, item, kept->version, g_strdup(why));
        step->may_fail = true;
        g_ptr_array_add(planner->plan->steps, step);
}

static void forget_until(Planner *planner, Item *item, uint64_t *missing)
{
        for (; item->progress.forgotten < count_versions(item) && *missing > 0; item->progress.forgotten++) {
                const PlanKept *kept = version_at(item, item->progress.forgotten);
                if (!leftover_is_now(planner, item, kept->version))
                        continue;
                forget(planner, item, kept, "it is not needed any more, but its room on the disk is");
                *missing -= MIN(*missing, kept->disk_bytes);
        }
}

void leftovers_free_disk(Planner *planner)
{
        uint64_t room = planner->have->disk_free_bytes;
        uint64_t missing = planner->disk_wanted > room ? planner->disk_wanted - room : 0;
        for (guint i = 0; i < planner->items->len && missing > 0; i++)
                forget_until(planner, planner->items->pdata[i], &missing);
        for (guint i = 0; i < planner->removals->len && missing > 0; i++) {
                Item *item = planner->removals->pdata[i];
                uint64_t bytes = bytes_of(item);
                if (!bytes)
                        continue;
                item->progress.has_step = true;
                g_ptr_array_add(planner->plan->steps,
                                step_new(STEP_REMOVE, item, NULL,
                                         g_strdup("it is not wanted, and its room on the disk is needed")));
                missing -= MIN(missing, bytes);
        }
}

static void forget_rest(Planner *planner, Item *item)
{
        for (guint i = 0; i < count_versions(item); i++) {
                const PlanKept *kept = version_at(item, i);
                bool was_forgotten =
                        i < item->progress.forgotten && leftover_is_now(planner, item, kept->version);
                if (!was_forgotten && leftover_is_later(item, kept->version))
                        forget(planner, item, kept, "it is not needed any more");
        }
}

void leftovers_remove_rest(Planner *planner)
{
        for (guint i = 0; i < planner->removals->len; i++) {
                Item *item = planner->removals->pdata[i];
                if (!item->progress.has_step)
                        g_ptr_array_add(
                                planner->plan->steps,
                                step_new(STEP_REMOVE, item, NULL, g_strdup("it is not wanted any more")));
        }
        for (guint i = 0; planner->want->may_install && i < planner->items->len; i++) {
                Item *item = planner->items->pdata[i];
                if (item->want)
                        forget_rest(planner, item);
        }
}
