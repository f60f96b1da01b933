/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervisor.h"

#include <stdlib.h>
#include <string.h>

#include "restart_backoff.h"
#include "launch.h"
#include "errors.h"
#include "service_record.h"
#include "supervisor_decide.h"
#include "text.h"

enum { CHECK_TIMEOUT_MS = 5000, CHECKS_AT_ONCE = 4, FAILURES_MAX = 3, BASE_MS = 1000 };

/* The memory of one service from look to look. */
typedef struct {
        char *service;
        char *version;            /* last seen running; NULL: none yet */
        unsigned failures;        /* checks in a row that failed */
        gint64 starting_until_us; /* until then a failed check means that the version is not up yet */
        gint64 down_us;           /* when the service was found down; 0: it is up */
        char *reason;             /* why it is down */
        /* Of one look: */
        GError *trouble;
        bool is_checked;
} Kept;

struct Supervisor {
        Agent *agent;
        GThread *thread;
        GMutex lock;
        GCond wake;
        bool ends, poked, has_ended;
        GHashTable *kept; /* service to Kept; only the thread uses it */
        gint64 base_ms;
        bool is_blind; /* libvirt does not answer, which was reported */
};

static void kept_free(void *data)
{
        Kept *kept = data;
        g_free(kept->service);
        g_free(kept->version);
        g_free(kept->reason);
        g_clear_error(&kept->trouble);
        g_free(kept);
}

static Kept *get(Supervisor *supervisor, const char *service)
{
        Kept *kept = g_hash_table_lookup(supervisor->kept, service);
        if (!kept) {
                kept = g_new0(Kept, 1);
                kept->service = g_strdup(service);
                g_hash_table_insert(supervisor->kept, kept->service, kept);
        }
        return kept;
}

/* --- checks, several at once */

static void check_one(void *data, void *user)
{
        Kept *kept = data;
        Supervisor *supervisor = user;
        kept->is_checked = true;
        launch_check_health(supervisor->agent, kept->service, kept->version, CHECK_TIMEOUT_MS,
                            &kept->trouble);
}

static void check_all(Supervisor *supervisor, GPtrArray *running)
{
        if (running->len == 0)
                return;
        GThreadPool *pool = g_thread_pool_new(check_one, supervisor, CHECKS_AT_ONCE, false, NULL);
        for (guint i = 0; i < running->len; i++)
                g_thread_pool_push(pool, running->pdata[i], NULL);
        g_thread_pool_free(pool, false, true);
}

static void take_check(Supervisor *supervisor, Kept *kept, gint64 now_us)
{
        ServiceStates *states = supervisor->agent->states;
        const char *trouble = kept->trouble ? kept->trouble->message : NULL;
        if (!trouble) {
                kept->failures = 0;
                kept->starting_until_us = 0;
                service_states_set(states, kept->service, kept->version, SERVICE_RUNNING, NULL);
        } else if (now_us >= kept->starting_until_us) {
                kept->failures++;
        }
        service_states_set_health(states, kept->service, trouble);
        if (kept->failures < FAILURES_MAX || kept->down_us)
                return;
        kept->down_us = now_us;
        g_free(kept->reason);
        kept->reason = g_strdup_printf("it is not healthy: %s", trouble);
}

/* --- services that came down */

static void halt(Supervisor *supervisor, const Kept *kept, ServiceRecord *record)
{
        g_autofree char *why = g_strdup_printf(
                "it came down %d times within an hour, and is left alone: look at its console, then 'lautta-agent start %s', or list another version; at last %s",
                RESTART_BACKOFF_DOWNS_MAX, kept->service, kept->reason);
        text_set(&record->halted, record->asked ? record->asked : record->current);
        text_set(&record->error, why);
        service_record_save(supervisor->agent->conf->state_directory, record, NULL);
        launch_stop(supervisor->agent, kept->service, NULL, NULL);
        service_states_set(supervisor->agent->states, kept->service, record->current, SERVICE_HALTED, why);
        agent_tell_service(supervisor->agent, EVENT_ERROR, kept->service, record->current, "%s is halted: %s",
                           kept->service, why);
}

static void restart(Supervisor *supervisor, Kept *kept, ServiceRecord *record)
{
        Agent *agent = supervisor->agent;
        g_autoptr(GError) why = NULL;
        g_auto(Launch) launch = {0};
        agent_tell_service(agent, EVENT_WARNING, kept->service, record->current, "%s %s is started again: %s",
                           kept->service, record->current, kept->reason);
        service_record_add_restart(record, g_get_real_time() / G_USEC_PER_SEC);
        text_set(&record->error, kept->reason);
        service_states_set_restarts(agent->states, kept->service, record->restarts->len);
        if (!service_record_save(agent->conf->state_directory, record, &why) ||
            !launch_stop(agent, kept->service, NULL, &why) ||
            !launch_open(&launch, agent, record, record->current, &why) ||
            launch_start(&launch, &why) != LAUNCH_HEALTHY) {
                service_states_set(agent->states, kept->service, record->current, SERVICE_FAILED,
                                   why->message);
                text_set(&kept->reason, why->message);
                kept->down_us = g_get_monotonic_time();
                return;
        }
        kept->down_us = 0;
        kept->failures = 0;
        kept->starting_until_us =
                g_get_monotonic_time() + (gint64)launch.stored->description->health_within_s * G_USEC_PER_SEC;
}

static gint64 wait_ms(const Supervisor *supervisor, const ServiceRecord *record)
{
        return restart_backoff_ms((const int64_t *)(void *)record->restarts->data, record->restarts->len,
                                  g_get_real_time() / G_USEC_PER_SEC, supervisor->base_ms);
}

/* True if the version that ran is the current one, and no pass or person works on the service. */
static bool is_ours(const Kept *kept, const ServiceRecord *record)
{
        return record && !record->candidate && !record->stopped && !record->halted &&
               g_strcmp0(record->current, kept->version) == 0;
}

/* True if a service that it needs is down as well; that one is started first. */
static bool needs_what_is_down(Supervisor *supervisor, const ServiceRecord *record)
{
        g_autoptr(Stored) stored =
                store_load(supervisor->agent->store, record->service, record->current, NULL);
        for (char **name = stored ? stored->description->needs : NULL; name && *name; name++) {
                const Kept *other = g_hash_table_lookup(supervisor->kept, *name);
                if (other && other->version && other->down_us)
                        return true;
        }
        return false;
}

/* Returns: as mend_claimed(). */
static gint64 restart_now(Supervisor *supervisor, Kept *kept, ServiceRecord *record)
{
        restart(supervisor, kept, record);
        return kept->down_us ? kept->down_us + wait_ms(supervisor, record) * 1000 : 0;
}

/* The caller holds the claim. Returns: when to look at the service again; 0: at the next look. */
static gint64 mend_claimed(Supervisor *supervisor, Kept *kept)
{
        int64_t due_us = 0;
        Agent *agent = supervisor->agent;
        g_autoptr(ServiceRecord) record =
                service_record_load(agent->conf->state_directory, kept->service, NULL, NULL);
        SupervisorSeen seen = {.is_ours = is_ours(kept, record), .down_us = kept->down_us};
        if (seen.is_ours) {
                seen.backoff_ms = wait_ms(supervisor, record);
                seen.needs_is_down = needs_what_is_down(supervisor, record);
        }
        SupervisorAction action = supervisor_decide(&seen, g_get_monotonic_time(), &due_us);
        if (action == SUPERVISOR_FORGET) {
                kept->down_us = 0;
                text_set(&kept->version, NULL);
                return 0;
        }
        if (action == SUPERVISOR_HALT) {
                halt(supervisor, kept, record);
                return 0;
        }
        service_states_set(agent->states, kept->service, record->current, SERVICE_FAILED, kept->reason);
        return action == SUPERVISOR_WAIT ? due_us : restart_now(supervisor, kept, record);
}

static gint64 mend(Supervisor *supervisor, Kept *kept)
{
        ServiceStates *states = supervisor->agent->states;
        g_autoptr(ServiceClaim) claim =
                kept->version && kept->down_us ? service_claim_try(states, kept->service) : NULL;
        return claim ? mend_claimed(supervisor, kept) : 0;
}

/* --- a look at all */

/* Of two domains, take the version that was seen before: the other one is the candidate of an update. */
static void see_domains(Supervisor *supervisor, const GPtrArray *domains, const char *service,
                        GPtrArray *running)
{
        Kept *kept = get(supervisor, service);
        const VirtDomain *domain = domains_find(domains, service, kept->version);
        if (g_strcmp0(kept->version, domain->version) != 0) {
                text_set(&kept->version, domain->version);
                kept->failures = 0;
                kept->down_us = 0;
        } else if (kept->down_us && kept->failures < FAILURES_MAX) {
                kept->down_us = 0; /* a pass has started it */
        }
        g_clear_error(&kept->trouble);
        kept->is_checked = false;
        g_ptr_array_add(running, kept);
}

static void see_none(Kept *kept, gint64 now_us)
{
        kept->failures = 0;
        if (!kept->version || kept->down_us)
                return;
        kept->down_us = now_us;
        text_set(&kept->reason, "it has ended by itself");
}

/* Sort the services into running ones, which are returned to be checked, and those that are down. */
static GPtrArray *see_all(Supervisor *supervisor, const GPtrArray *domains, gint64 now_us)
{
        GPtrArray *running = g_ptr_array_new();
        for (guint i = 0, count = 0; i < domains->len; i += count) {
                const char *service = ((const VirtDomain *)domains->pdata[i])->service;
                domains_of(domains, service, &count);
                see_domains(supervisor, domains, service, running);
        }
        GHashTableIter iter;
        void *kept = NULL;
        g_hash_table_iter_init(&iter, supervisor->kept);
        while (g_hash_table_iter_next(&iter, NULL, &kept))
                if (!domains_find(domains, ((Kept *)kept)->service, NULL))
                        see_none(kept, now_us);
        return running;
}

static void take_checks(Supervisor *supervisor, GPtrArray *running)
{
        gint64 now_us = g_get_monotonic_time();
        for (guint i = 0; i < running->len; i++) {
                Kept *kept = running->pdata[i];
                g_autoptr(ServiceClaim) claim =
                        kept->is_checked ? service_claim_try(supervisor->agent->states, kept->service) : NULL;
                if (claim)
                        take_check(supervisor, kept, now_us);
        }
}

/* Returns: when something is due before the next look; 0: nothing. */
static gint64 mend_all(Supervisor *supervisor)
{
        gint64 next_us = 0;
        GHashTableIter iter;
        void *kept = NULL;
        g_hash_table_iter_init(&iter, supervisor->kept);
        while (g_hash_table_iter_next(&iter, NULL, &kept)) {
                gint64 due_us = mend(supervisor, kept);
                if (due_us && (!next_us || due_us < next_us))
                        next_us = due_us;
        }
        return next_us;
}

static void tell_blind(Supervisor *supervisor, const GError *why)
{
        if (!supervisor->is_blind)
                agent_tell_service(supervisor->agent, EVENT_WARNING, NULL, NULL,
                                   "cannot look after the services: %s", why->message);
        supervisor->is_blind = true;
}

static void check_network(const Agent *agent)
{
        g_autoptr(GError) why = NULL;
        g_autofree char *changed = NULL;
        bool done = host_network_check(agent->network, agent_network_driver(agent), &changed, &why);
        if (changed)
                agent_tell_service(agent, EVENT_WARNING, NULL, NULL, "%s", changed);
        if (!done)
                agent_tell_service(agent, EVENT_WARNING, NULL, NULL,
                                   "cannot set the host's network again: %s", why->message);
}

static gint64 look(Supervisor *supervisor)
{
        if (!g_atomic_int_get(&supervisor->agent->knows_host))
                return 0;
        g_autoptr(GError) why = NULL;
        g_autoptr(GPtrArray) domains = agent_domains(supervisor->agent, &why);
        if (!domains) {
                tell_blind(supervisor, why);
                return 0;
        }
        supervisor->is_blind = false;
        check_network(supervisor->agent);
        g_autoptr(GPtrArray) running = see_all(supervisor, domains, g_get_monotonic_time());
        check_all(supervisor, running);
        take_checks(supervisor, running);
        return mend_all(supervisor);
}

static bool wait_until(Supervisor *supervisor, gint64 until_us)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&supervisor->lock);
        while (!supervisor->ends && !supervisor->poked &&
               g_cond_wait_until(&supervisor->wake, &supervisor->lock, until_us))
                ;
        supervisor->poked = false;
        return !supervisor->ends;
}

static void *run(void *data)
{
        Supervisor *supervisor = data;
        gint64 next_us = g_get_monotonic_time();
        while (wait_until(supervisor, next_us)) {
                gint64 due_us = look(supervisor);
                next_us = g_get_monotonic_time() +
                          (gint64)supervisor->agent->conf->check_interval_s * G_USEC_PER_SEC;
                if (due_us && due_us < next_us)
                        next_us = due_us;
        }
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&supervisor->lock);
        supervisor->has_ended = true;
        g_cond_broadcast(&supervisor->wake);
        return NULL;
}

Supervisor *supervisor_new(Agent *agent)
{
        const char *base_ms = g_getenv("LAUTTA_RESTART_BASE_MS");
        Supervisor *supervisor = g_new0(Supervisor, 1);
        supervisor->agent = agent;
        g_mutex_init(&supervisor->lock);
        g_cond_init(&supervisor->wake);
        supervisor->kept = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, kept_free);
        supervisor->base_ms = base_ms ? strtol(base_ms, NULL, 10) : BASE_MS;
        supervisor->thread = g_thread_new("supervisor", run, supervisor);
        return supervisor;
}

void supervisor_poke(Supervisor *supervisor)
{
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&supervisor->lock);
        supervisor->poked = true;
        g_cond_broadcast(&supervisor->wake);
}

static bool wait_for_end(Supervisor *supervisor, unsigned within_s)
{
        gint64 until_us = g_get_monotonic_time() + (gint64)within_s * G_USEC_PER_SEC;
        g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&supervisor->lock);
        supervisor->ends = true;
        g_cond_broadcast(&supervisor->wake);
        while (!supervisor->has_ended && g_cond_wait_until(&supervisor->wake, &supervisor->lock, until_us))
                ;
        return supervisor->has_ended;
}

bool supervisor_end(Supervisor *supervisor, unsigned within_s)
{
        if (!wait_for_end(supervisor, within_s))
                return false;
        g_thread_join(supervisor->thread);
        g_hash_table_unref(supervisor->kept);
        g_cond_clear(&supervisor->wake);
        g_mutex_clear(&supervisor->lock);
        g_free(supervisor);
        return true;
}
