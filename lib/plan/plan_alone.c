/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objections to a wanted version that do not depend on other services. */
#include <string.h>

#include "plan_private.h"
#include "units.h"

bool alone_host_can_run(const Have *have, const PlanVersion *version)
{
        return (version->kind == KIND_VM && have->runs_machines) ||
               (version->kind != KIND_HOST && version->as_container && have->runs_containers);
}

/* True if the wanted version is installed already. */
static bool is_no_change(const Item *item)
{
        const HaveService *have = item->have;
        return have &&
               (have->current ? item_is_current(item, item->want) : item_runs_version(item, item->want));
}

static void judge_kind(Planner *planner, Item *item)
{
        const PlanVersion *want = item->want;
        if (alone_host_can_run(planner->have, want))
                return;
        if (want->kind == KIND_HOST)
                item_block(
                        planner, item,
                        "it is the image of a host, which a medium installs: no host runs it as a service");
        else if (want->kind == KIND_CONTAINER)
                item_block(planner, item,
                           "it is a container, and libvirt here runs none: install libvirt's LXC driver");
        else if (planner->have->runs_containers)
                item_block(
                        planner, item,
                        "it is a machine, and this host runs none: let the list allow it to run as a container, or install libvirt's QEMU driver");
        else
                item_block(planner, item,
                           "it is a machine, and this host runs none: install libvirt's QEMU driver");
}

static void judge_bad(Planner *planner, Item *item)
{
        if (!item->have || is_no_change(item))
                return;
        for (guint i = 0; i < item->have->bad->len; i++) {
                const BadVersion *bad = item->have->bad->pdata[i];
                if (strcmp(bad->version, item->want->version) == 0 && planner->want->serial <= bad->serial) {
                        item_block(
                                planner, item,
                                "%s did not come up here and is not tried again before a list with a serial above %" G_GINT64_FORMAT
                                " asks for it",
                                bad->version, bad->serial);
                        return;
                }
        }
}

static void judge_volume(Planner *planner, Item *item, const PlanVolume *want)
{
        for (guint i = 0; i < item->have->volumes->len; i++) {
                const PlanVolume *have = item->have->volumes->pdata[i];
                if (strcmp(have->name, want->name) != 0 || have->size_bytes == want->size_bytes)
                        continue;
                g_autofree char *here = size_format(have->size_bytes);
                g_autofree char *wanted = size_format(want->size_bytes);
                if (have->size_bytes < want->size_bytes && is_no_change(item) && item_runs(item))
                        item_tell(
                                planner, item,
                                "volume '%s' has %s here, and %s are wanted: it grows when the service is started again",
                                want->name, here, wanted);
                else if (have->size_bytes > want->size_bytes && !is_no_change(item))
                        item_block(
                                planner, item,
                                "volume '%s' has %s here, and %s are wanted: a volume is never made smaller",
                                want->name, here, wanted);
        }
}

static void judge_halted(Planner *planner, Item *item)
{
        if (item->have && item->have->halted && !item_runs(item) && item_is_current(item, item->want))
                item_block(
                        planner, item,
                        "%s ended too often and is not started again by itself: 'lautta-agent start %s' does, and so does another version",
                        item->want->version, item->service);
}

static void judge_permission(Planner *planner, Item *item)
{
        const Want *want = planner->want;
        if (want->may_install)
                return;
        const char *why_not = want->why_not ? want->why_not : "nothing may be installed now";
        bool other_runs = item_runs(item) && !item_runs_version(item, item->want) && !item_can_return(item);
        if (!is_no_change(item) || other_runs)
                item_block(planner, item, "%s is wanted and has to wait: %s", item->want->version, why_not);
        else if (!item->want->fetched && !item_runs(item))
                item_block(planner, item, "%s is not whole here any more and cannot be fetched: %s",
                           item->want->version, why_not);
}

/* A service that is not wanted stays while `left_alone` or a list that may change nothing keeps it. */
static void judge_unwanted(Planner *planner, Item *item)
{
        const Want *want = planner->want;
        item->verdict.is_blocked = true;
        if (!item->facts.left_alone)
                item_tell(planner, item, "it is not wanted any more and stays: %s",
                          want->why_not ? want->why_not : "nothing may be removed now");
        const PlanVersion *current = item->have->current;
        if (current && !current->fetched && !item_runs(item))
                item_tell(planner, item, "%s is not whole here any more and cannot be started",
                          current->version);
}

void alone_judge(Planner *planner)
{
        for (guint i = 0; i < planner->items->len; i++) {
                Item *item = planner->items->pdata[i];
                if (!item->want) {
                        judge_unwanted(planner, item);
                        continue;
                }
                judge_kind(planner, item);
                judge_permission(planner, item);
                judge_bad(planner, item);
                judge_halted(planner, item);
                for (guint j = 0; item->have && j < item->want->volumes->len; j++)
                        judge_volume(planner, item, item->want->volumes->pdata[j]);
        }
}
