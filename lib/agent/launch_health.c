/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waiting until a version is healthy. */
#include <string.h>

#include "errors.h"
#include "launch_private.h"

enum { POLL_MS = 100, CHECK_TIMEOUT_MS = 2000, LOOK_MS = 1000 };

typedef struct {
        const Launch *launch;
        const char *device; /* as for launch_wait() */
        unsigned within_s;
        gint64 started_us;
        gint64 looked_us; /* when libvirt was last asked whether it runs */
} Waiting;

static bool check(Agent *agent, const Stored *stored, const char *device, unsigned timeout_ms, GError **error)
{
        g_autofree char *address = host_network_address(agent->network, stored->description->service);
        return instance_health(stored->description, address, device, timeout_ms, error);
}

bool launch_check_health(Agent *agent, const char *service, const char *version, unsigned timeout_ms,
                         GError **error)
{
        g_autoptr(Stored) stored = store_load(agent->store, service, version, error);
        return stored && check(agent, stored, NULL, timeout_ms, error);
}

/* True also if libvirt does not answer. */
static bool runs(const Launch *launch)
{
        const ServiceDescription *description = launch->stored->description;
        g_autoptr(GPtrArray) domains = agent_domains(launch->agent, NULL);
        return !domains || domains_have(domains, description->service, description->version);
}

static bool fail_ended(const Launch *launch, GError **error)
{
        const ServiceDescription *description = launch->stored->description;
        return fail(error, LAUTTA_ERROR_SYSTEM, "'%s' %s has ended by itself", description->service,
                    description->version);
}

static void isolate(const Agent *agent, const char *service)
{
        g_autoptr(NetworkService) place = host_network_place(agent->network, service);
        if (place)
                network_candidate_keep_isolated(&agent->conf->network, place);
}

/* One round. Returns: false with the reason to stop waiting. */
static bool go_on(Waiting *waiting, const GError *trouble, GError **error)
{
        Agent *agent = waiting->launch->agent;
        const ServiceDescription *description = waiting->launch->stored->description;
        gint64 now_us = g_get_monotonic_time();
        if (g_atomic_int_get(&agent->ends))
                return fail(error, LAUTTA_ERROR_TRY_AGAIN, "the agent ends before '%s' %s is healthy",
                            description->service, description->version);
        if (now_us - waiting->started_us >= (gint64)waiting->within_s * G_USEC_PER_SEC)
                return fail(error, LAUTTA_ERROR_SYSTEM, "'%s' %s is not healthy within %u s: %s",
                            description->service, description->version, waiting->within_s, trouble->message);
        if (now_us - waiting->looked_us < (gint64)LOOK_MS * 1000)
                return true;
        waiting->looked_us = now_us;
        if (waiting->device)
                isolate(agent, description->service);
        return runs(waiting->launch) || fail_ended(waiting->launch, error);
}

static LaunchResult poll_health(Waiting *waiting, GError **error)
{
        const Launch *launch = waiting->launch;
        for (;;) {
                g_autoptr(GError) trouble = NULL;
                gint64 checked_us = g_get_monotonic_time();
                if (check(launch->agent, launch->stored, waiting->device, CHECK_TIMEOUT_MS, &trouble))
                        return LAUNCH_HEALTHY;
                if (!go_on(waiting, trouble, error))
                        return launch_judge(LAUNCH_PHASE_HEALTH, *error);
                gint64 taken_us = g_get_monotonic_time() - checked_us;
                if (taken_us < (gint64)POLL_MS * 1000)
                        g_usleep((gulong)((gint64)POLL_MS * 1000 - taken_us));
        }
}

/* A service without a check is healthy if it still runs after a moment. */
static LaunchResult see_that_it_stays(const Launch *launch, GError **error)
{
        g_usleep((gulong)LOOK_MS * 1000);
        if (runs(launch))
                return LAUNCH_HEALTHY;
        fail_ended(launch, error);
        return launch_judge(LAUNCH_PHASE_HEALTH, *error);
}

LaunchResult launch_wait(const Launch *launch, const char *device, unsigned most_s, GError **error)
{
        const ServiceDescription *description = launch->stored->description;
        gint64 now_us = g_get_monotonic_time();
        Waiting waiting = {.launch = launch,
                           .device = device,
                           .within_s = MIN(most_s, description->health_within_s),
                           .started_us = now_us,
                           .looked_us = now_us};
        return description->health == HEALTH_NONE ? see_that_it_stays(launch, error)
                                                  : poll_health(&waiting, error);
}
