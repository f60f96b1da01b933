/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch.h"

#include <limits.h>
#include <string.h>

#include "errors.h"
#include "settings_store.h"
#include "text.h"

enum { POLL_MS = 100, CHECK_TIMEOUT_MS = 2000, LOOK_MS = 1000, SWITCHED_S = 10 };

static bool wire(Agent *agent, ServiceRecord *record, Stored *stored, GError **error)
{
        host_network_set(agent->network, stored, record->address);
        if (!host_network_apply(agent->network, agent_network_driver(agent), false, error))
                return false;
        g_autofree char *address = host_network_address(agent->network, record->service);
        text_set(&record->address, address);
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

static bool start(Agent *agent, const ServiceRecord *record, const Stored *stored, bool beside,
                  GError **error)
{
        const ServiceDescription *description = stored->description;
        g_autofree char *image = store_image(agent->store, record->service, description->version);
        NetworkService *place = host_network_place(agent->network, record->service);
        Instance instance = {.description = description,
                             .image = image,
                             .as_container = description->kind == KIND_CONTAINER || record->container,
                             .network = place,
                             .beside = beside};
        g_autofree char *settings = NULL;
        bool good = give_settings(agent, record, &instance, &settings, error) &&
                    instance_check(&agent->host, &instance, error) &&
                    instance_start(&agent->host, &instance, error);
        network_service_free(place);
        return good;
}

static LaunchResult judge(const GError *why)
{
        return error_may_pass(why) ? LAUNCH_RETRY : LAUNCH_UNHEALTHY;
}

/* An error of our own, so that it can be looked at. */
static LaunchResult hand_over(GError *why, GError **error)
{
        LaunchResult result = judge(why);
        g_propagate_error(error, why);
        return result;
}

/* Network and records are the host's: the version is at fault only where it asks for what another has. */
static LaunchResult hand_over_network(GError *why, GError **error)
{
        LaunchResult result = error_is(why, LAUTTA_ERROR_CONFLICT) || error_is(why, LAUTTA_ERROR_USAGE)
                                      ? LAUNCH_UNHEALTHY
                                      : LAUNCH_RETRY;
        g_propagate_error(error, why);
        return result;
}

LaunchResult launch_start(Agent *agent, ServiceRecord *record, const char *version, GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autoptr(Stored) stored = NULL;
        service_states_set(agent->states, record->service, version, SERVICE_STARTING, NULL);
        if (!agent_connect(agent, &why))
                return hand_over(g_steal_pointer(&why), error);
        stored = store_load(agent->store, record->service, version, &why);
        if (!stored)
                return hand_over(g_steal_pointer(&why), error);
        if (!wire(agent, record, stored, &why))
                return hand_over_network(g_steal_pointer(&why), error);
        return start(agent, record, stored, false, &why) ? LAUNCH_HEALTHY
                                                         : hand_over(g_steal_pointer(&why), error);
}

/* --- waiting until it is healthy */

/* What is waited for, and through which interface it is checked (NULL: at its place). */
typedef struct {
        Agent *agent;
        const char *service;
        const char *version;
        const char *device;
        unsigned within_s;
        gint64 started_us;
        gint64 looked_us;
} Waiting;

static bool check(Agent *agent, const char *service, const char *version, const char *device,
                  unsigned timeout_ms, GError **error)
{
        g_autoptr(Stored) stored = store_load(agent->store, service, version, error);
        g_autofree char *address = host_network_address(agent->network, service);
        return stored && instance_health(stored->description, address, device, timeout_ms, error);
}

bool launch_check_health(Agent *agent, const char *service, const char *version, unsigned timeout_ms,
                         GError **error)
{
        return check(agent, service, version, NULL, timeout_ms, error);
}

/* True if nobody can tell. */
static bool runs(const Waiting *waiting)
{
        g_autoptr(GPtrArray) domains = agent_domains(waiting->agent, NULL);
        return !domains || domains_have(domains, waiting->service, waiting->version);
}

static bool fail_ended(const Waiting *waiting, GError **error)
{
        return fail(error, LAUTTA_ERROR_SYSTEM, "'%s' %s has ended by itself", waiting->service,
                    waiting->version);
}

static void keep_apart(const Waiting *waiting)
{
        NetworkService *place = host_network_place(waiting->agent->network, waiting->service);
        if (place)
                network_candidate_keep(&waiting->agent->conf->network, place);
        network_service_free(place);
}

/* One round. Returns: false with why it must not be waited any longer. */
static bool go_on(Waiting *waiting, const GError *trouble, GError **error)
{
        gint64 now_us = g_get_monotonic_time();
        if (g_atomic_int_get(&waiting->agent->ends))
                return fail(error, LAUTTA_ERROR_TRY_AGAIN, "the agent ends before '%s' %s is healthy",
                            waiting->service, waiting->version);
        if (now_us - waiting->started_us >= (gint64)waiting->within_s * G_USEC_PER_SEC)
                return fail(error, LAUTTA_ERROR_SYSTEM, "'%s' %s is not healthy within %u s: %s",
                            waiting->service, waiting->version, waiting->within_s, trouble->message);
        if (now_us - waiting->looked_us < (gint64)LOOK_MS * 1000)
                return true;
        waiting->looked_us = now_us;
        if (waiting->device)
                keep_apart(waiting);
        return runs(waiting) || fail_ended(waiting, error);
}

static LaunchResult wait_healthy(Waiting *waiting, GError **error)
{
        for (;;) {
                g_autoptr(GError) trouble = NULL;
                g_autoptr(GError) why = NULL;
                gint64 checked_us = g_get_monotonic_time();
                if (check(waiting->agent, waiting->service, waiting->version, waiting->device,
                          CHECK_TIMEOUT_MS, &trouble))
                        return LAUNCH_HEALTHY;
                if (!go_on(waiting, trouble, &why))
                        return hand_over(g_steal_pointer(&why), error);
                gint64 taken_us = g_get_monotonic_time() - checked_us;
                if (taken_us < (gint64)POLL_MS * 1000)
                        g_usleep((gulong)((gint64)POLL_MS * 1000 - taken_us));
        }
}

/* A service without a check is healthy if it still runs after a moment. */
static LaunchResult see_that_it_stays(const Waiting *waiting, GError **error)
{
        g_usleep((gulong)LOOK_MS * 1000);
        return runs(waiting) ? LAUNCH_HEALTHY : (fail_ended(waiting, error), LAUNCH_UNHEALTHY);
}

/* Within its own time, but at most `most_s`. */
static LaunchResult wait_up(Agent *agent, const char *service, const char *version, const char *device,
                            unsigned most_s, GError **error)
{
        g_autoptr(Stored) stored = store_load(agent->store, service, version, NULL);
        gint64 now_us = g_get_monotonic_time();
        Waiting waiting = {.agent = agent,
                           .service = service,
                           .version = version,
                           .device = device,
                           .within_s = stored ? MIN(most_s, stored->description->health_within_s) : 0,
                           .started_us = now_us,
                           .looked_us = now_us};
        if (stored && stored->description->health == HEALTH_NONE)
                return see_that_it_stays(&waiting, error);
        return wait_healthy(&waiting, error);
}

static LaunchResult is_up(Agent *agent, const char *service, const char *version, LaunchResult result)
{
        if (result == LAUNCH_HEALTHY) {
                service_states_set(agent->states, service, version, SERVICE_RUNNING, NULL);
                service_states_set_health(agent->states, service, NULL);
        }
        return result;
}

LaunchResult launch_and_wait(Agent *agent, ServiceRecord *record, const char *version, GError **error)
{
        LaunchResult result = launch_start(agent, record, version, error);
        if (result == LAUNCH_HEALTHY)
                result = wait_up(agent, record->service, version, NULL, UINT_MAX, error);
        return is_up(agent, record->service, version, result);
}

/* --- beside */

static bool start_beside(Agent *agent, const ServiceRecord *record, const char *version, GError **error)
{
        if (!agent_connect(agent, error))
                return false;
        g_autoptr(Stored) stored = store_load(agent->store, record->service, version, error);
        return stored && start(agent, record, stored, true, error);
}

LaunchResult launch_candidate(Agent *agent, ServiceRecord *record, const char *version, GError **error)
{
        g_autoptr(GError) why = NULL;
        NetworkService *place = host_network_place(agent->network, record->service);
        g_autofree char *device = place ? network_candidate_device(place) : NULL;
        network_service_free(place);
        if (!start_beside(agent, record, version, &why))
                return hand_over(g_steal_pointer(&why), error);
        return wait_up(agent, record->service, version, device, UINT_MAX, error);
}

bool launch_settle(Agent *agent, ServiceRecord *record, const char *version, GError **error)
{
        g_autoptr(Stored) stored = store_load(agent->store, record->service, version, error);
        return stored && wire(agent, record, stored, error);
}

/* Fast at first, as nothing but the kernel is needed for it; and then all that else belongs to the old one.
 */
static void switch_back(Agent *agent, ServiceRecord *record, const char *from, unsigned slot)
{
        NetworkService *place = host_network_place(agent->network, record->service);
        if (place && place->slot != slot && !host_network_switch(agent->network, record->service, NULL))
                host_network_set_slot(agent->network, record->service, slot);
        network_service_free(place);
        launch_settle(agent, record, from, NULL);
}

/* A switch that does not come about says nothing of the version. */
static LaunchResult switch_to(Agent *agent, ServiceRecord *record, const char *version, double *away_seconds,
                              GError **error)
{
        gint64 begun_us = g_get_monotonic_time();
        if (!host_network_switch(agent->network, record->service, error))
                return LAUNCH_RETRY;
        *away_seconds = (double)(g_get_monotonic_time() - begun_us) / G_USEC_PER_SEC;
        return wait_up(agent, record->service, version, NULL, SWITCHED_S, error);
}

LaunchResult launch_promote(Agent *agent, ServiceRecord *record, const char *from, const char *version,
                            double *away_seconds, GError **error)
{
        NetworkService *place = host_network_place(agent->network, record->service);
        unsigned slot = place ? place->slot : 0;
        network_service_free(place);
        gint64 begun_us = g_get_monotonic_time();
        LaunchResult result = switch_to(agent, record, version, away_seconds, error);
        if (result != LAUNCH_HEALTHY) {
                switch_back(agent, record, from, slot);
                *away_seconds = (double)(g_get_monotonic_time() - begun_us) / G_USEC_PER_SEC;
        }
        return is_up(agent, record->service, version, result);
}

bool launch_stop_others(Agent *agent, const char *service, const char *version, GError **error)
{
        g_autoptr(GPtrArray) domains = agent_domains(agent, error);
        guint count = 0, first = domains ? domains_of(domains, service, &count) : 0;
        for (guint i = 0; i < count; i++) {
                const VirtDomain *domain = domains->pdata[first + i];
                if (strcmp(domain->version, version) != 0 &&
                    !launch_stop(agent, service, domain->version, error))
                        return false;
        }
        return domains != NULL;
}

bool launch_stop(Agent *agent, const char *service, const char *version, GError **error)
{
        return agent_connect(agent, error) &&
               instance_stop(&agent->host, service, version, agent->conf->stop_grace_s * 1000, error);
}

void launch_cancel(Agent *agent)
{
        g_atomic_int_set(&agent->ends, 1);
}
