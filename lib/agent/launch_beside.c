/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A candidate next to the active version, and its promotion. */
#include <limits.h>

#include "launch_private.h"

enum { PROMOTED_S = 10 };

LaunchResult launch_candidate(Launch *launch, GError **error)
{
        g_autoptr(NetworkService) place = host_network_place(launch->agent->network, launch->record->service);
        g_autofree char *device = place ? network_candidate_device(place) : NULL;
        LaunchResult result = launch_instance(launch, true, error);
        return result == LAUNCH_HEALTHY ? launch_wait(launch, device, UINT_MAX, error) : result;
}

/* Returns: the slot of the active version. */
static unsigned active_slot(const Launch *launch)
{
        g_autoptr(NetworkService) place = host_network_place(launch->agent->network, launch->record->service);
        return place ? place->slot : 0;
}

/* The switch comes first, because only the kernel has a part in it. Then the rest of the place of `from`
 * follows. */
static void demote(Launch *launch, const char *from, unsigned slot)
{
        Agent *agent = launch->agent;
        const char *service = launch->record->service;
        if (active_slot(launch) != slot && !host_network_switch(agent->network, service, NULL))
                host_network_set_slot(agent->network, service, slot);
        g_auto(Launch) back = {0};
        if (launch_open(&back, agent, launch->record, from, NULL))
                launch_settle(&back, NULL);
}

/* A switch that fails is the host's trouble. */
static LaunchResult promote(Launch *launch, double *away_seconds, GError **error)
{
        gint64 begun_us = g_get_monotonic_time();
        if (!host_network_switch(launch->agent->network, launch->record->service, error))
                return launch_judge(LAUNCH_PHASE_HOST, *error);
        *away_seconds = (double)(g_get_monotonic_time() - begun_us) / G_USEC_PER_SEC;
        return launch_wait(launch, NULL, PROMOTED_S, error);
}

LaunchResult launch_promote(Launch *launch, const char *from, double *away_seconds, GError **error)
{
        unsigned slot = active_slot(launch);
        gint64 begun_us = g_get_monotonic_time();
        LaunchResult result = promote(launch, away_seconds, error);
        if (result != LAUNCH_HEALTHY) {
                demote(launch, from, slot);
                *away_seconds = (double)(g_get_monotonic_time() - begun_us) / G_USEC_PER_SEC;
        }
        return launch_note(launch, result);
}
