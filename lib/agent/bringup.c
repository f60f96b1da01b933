/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bringup.h"

#include <string.h>

#include "errors.h"
#include "settings_store.h"

enum { POLL_MS = 100, CHECK_TIMEOUT_MS = 2000, LOOK_MS = 1000 };

static Virt *network_driver(const Agent *agent)
{
        return agent->containers ? agent->containers : agent->machines;
}

static bool wire(Agent *agent, ServiceRecord *record, Stored *stored, GError **error)
{
        wiring_set(agent->wiring, stored, record->address);
        if (!wiring_apply(agent->wiring, network_driver(agent), false, error))
                return false;
        g_autofree char *address = wiring_address(agent->wiring, record->service);
        service_record_set(&record->address, address);
        return service_record_save(agent->conf->state_directory, record, error);
}

/* `directory` gets what the instance points to. */
static bool give_settings(const Agent *agent, const ServiceRecord *record, Instance *instance,
                          char **directory, GError **error)
{
        if (!record->settings)
                return true;
        *directory = settings_store_unpack(agent->conf, record->service, record->settings, error);
        instance->settings = *directory;
        instance->settings_digest = record->settings;
        return *directory != NULL;
}

static bool start(Agent *agent, ServiceRecord *record, Stored *stored, GError **error)
{
        const ServiceDescription *description = stored->description;
        g_autofree char *image = store_image(agent->store, record->service, description->version);
        NetworkService *place = wiring_place(agent->wiring, record->service);
        Instance instance = {.description = description,
                             .image = image,
                             .as_container = description->kind == KIND_CONTAINER || record->container,
                             .network = place};
        g_autofree char *settings = NULL;
        bool good = give_settings(agent, record, &instance, &settings, error) &&
                    instance_check(&agent->host, &instance, error) &&
                    instance_start(&agent->host, &instance, error);
        network_service_free(place);
        return good;
}

static Up judge(const GError *why)
{
        return error_may_pass(why) ? UP_LATER : UP_BAD;
}

/* An error of our own, so that it can be looked at. */
static Up hand_over(GError *why, GError **error)
{
        Up up = judge(why);
        g_propagate_error(error, why);
        return up;
}

Up bring_up_start(Agent *agent, ServiceRecord *record, const char *version, GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autoptr(Stored) stored = NULL;
        roster_set(agent->roster, record->service, version, SERVICE_STARTING, NULL);
        if (!agent_connect(agent, &why))
                return hand_over(g_steal_pointer(&why), error);
        stored = store_load(agent->store, record->service, version, &why);
        if (!stored || !wire(agent, record, stored, &why) || !start(agent, record, stored, &why))
                return hand_over(g_steal_pointer(&why), error);
        return UP_GOOD;
}

bool check_health(Agent *agent, const char *service, const char *version, unsigned timeout_ms, GError **error)
{
        g_autoptr(Stored) stored = store_load(agent->store, service, version, error);
        g_autofree char *address = wiring_address(agent->wiring, service);
        return stored && instance_health(stored->description, address, NULL, timeout_ms, error);
}

/* Does that version run? True if nobody can tell. */
static bool runs(Agent *agent, const char *service, const char *version)
{
        g_autoptr(GPtrArray) domains = agent_domains(agent, NULL);
        const VirtDomain *domain = domains ? domains_find(domains, service) : NULL;
        return !domains || (domain && strcmp(domain->version, version) == 0);
}

typedef struct {
        const char *service;
        const char *version;
        unsigned within_s;
        gint64 started_us;
        gint64 looked_us;
        gint64 checked_us; /* when the last check began */
} Waiting;

/* One round. Returns: false with why it must not be waited any longer. */
static bool go_on(Agent *agent, Waiting *waiting, const GError *trouble, GError **error)
{
        gint64 now_us = g_get_monotonic_time();
        if (g_atomic_int_get(&agent->ends))
                return fail(error, LAUTTA_ERROR_TRY_AGAIN, "the agent ends before '%s' %s is healthy",
                            waiting->service, waiting->version);
        if (now_us - waiting->started_us >= (gint64)waiting->within_s * G_USEC_PER_SEC)
                return fail(error, LAUTTA_ERROR_SYSTEM, "'%s' %s is not healthy within %u s: %s",
                            waiting->service, waiting->version, waiting->within_s, trouble->message);
        if (now_us - waiting->looked_us < (gint64)LOOK_MS * 1000)
                return true;
        waiting->looked_us = now_us;
        return runs(agent, waiting->service, waiting->version) ||
               fail(error, LAUTTA_ERROR_SYSTEM, "'%s' %s has ended by itself", waiting->service,
                    waiting->version);
}

static Up wait_healthy(Agent *agent, const char *service, const char *version, unsigned within_s,
                       GError **error)
{
        gint64 now_us = g_get_monotonic_time();
        Waiting waiting = {service, version, within_s, now_us, now_us, now_us};
        for (;;) {
                g_autoptr(GError) trouble = NULL;
                g_autoptr(GError) why = NULL;
                waiting.checked_us = g_get_monotonic_time();
                if (check_health(agent, service, version, CHECK_TIMEOUT_MS, &trouble))
                        return UP_GOOD;
                if (!go_on(agent, &waiting, trouble, &why))
                        return hand_over(g_steal_pointer(&why), error);
                gint64 taken_us = g_get_monotonic_time() - waiting.checked_us;
                if (taken_us < (gint64)POLL_MS * 1000)
                        g_usleep((gulong)((gint64)POLL_MS * 1000 - taken_us));
        }
}

/* A service without a check is healthy if it still runs after a moment. */
static Up see_that_it_stays(Agent *agent, const char *service, const char *version, GError **error)
{
        g_usleep((gulong)LOOK_MS * 1000);
        if (runs(agent, service, version))
                return UP_GOOD;
        fail(error, LAUTTA_ERROR_SYSTEM, "'%s' %s has ended by itself", service, version);
        return UP_BAD;
}

Up bring_up(Agent *agent, ServiceRecord *record, const char *version, GError **error)
{
        Up up = bring_up_start(agent, record, version, error);
        if (up != UP_GOOD)
                return up;
        g_autoptr(Stored) stored = store_load(agent->store, record->service, version, NULL);
        if (stored && stored->description->health == HEALTH_NONE)
                up = see_that_it_stays(agent, record->service, version, error);
        else
                up = wait_healthy(agent, record->service, version,
                                  stored ? stored->description->health_within_s : 0, error);
        if (up == UP_GOOD) {
                roster_set(agent->roster, record->service, version, SERVICE_RUNNING, NULL);
                roster_set_health(agent->roster, record->service, NULL);
        }
        return up;
}

bool bring_down(Agent *agent, const char *service, const char *version, GError **error)
{
        return agent_connect(agent, error) &&
               instance_stop(&agent->host, service, version, agent->conf->stop_grace_s * 1000, error);
}

void bring_up_cancel(Agent *agent)
{
        g_atomic_int_set(&agent->ends, 1);
}
