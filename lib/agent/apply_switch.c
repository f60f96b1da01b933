/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps that start a version: the first of a service, an update with its way back, and the way back
 * alone. */
#include <string.h>

#include "apply_steps.h"
#include "bringup.h"
#include "errors.h"
#include "service_record.h"

enum { CONSOLE_BYTES = 4096 };

typedef struct {
        StepRun *run;
        Agent *agent;
        ServiceRecord *record;
} Switch;

static bool save(const Switch *s, GError **error)
{
        return service_record_save(s->agent->conf->state_directory, s->record, error);
}

/* What is being tried is written down before it is. */
static bool note_candidate(Switch *s, GError **error)
{
        service_record_set(&s->record->candidate, s->run->step->version);
        s->record->stopped = false;
        return save(s, error);
}

/* `version` has come up: it is what is meant to run from now on. */
static bool note_current(Switch *s, const char *version, GError **error)
{
        ServiceRecord *record = s->record;
        /* What came down lately and is only started again has not become better by that. */
        if (g_strcmp0(record->current, version) != 0)
                g_array_set_size(record->restarts, 0);
        else if (record->restarts->len)
                service_record_add_restart(record, g_get_real_time() / G_USEC_PER_SEC);
        if (record->current && strcmp(record->current, version) != 0)
                service_record_set(&record->previous, record->current);
        service_record_set(&record->current, version);
        service_record_set(&record->candidate, NULL);
        service_record_set(&record->error, NULL);
        service_record_set(&record->halted, NULL);
        service_record_clear_bad(record, version);
        roster_set_restarts(s->agent->roster, record->service, record->restarts->len);
        return save(s, error);
}

/* The record says that it is bad before anything is done about it: a kill after that does not try it again.
 */
static bool note_bad(Switch *s, const GError *why, GError **error)
{
        const Step *step = s->run->step;
        s->run->outcome->console =
                instance_console(&s->agent->host, step->service, step->version, CONSOLE_BYTES);
        service_record_add_bad(s->record, step->version, s->run->apply->wishes->want->serial);
        service_record_set(&s->record->error, why->message);
        return save(s, error);
}

/* Nothing is tried any more. The place on the network is again that of what is meant to run. */
static bool note_end(Switch *s, GError **error)
{
        service_record_set(&s->record->candidate, NULL);
        return save(s, error);
}

static void tell_failure(const Switch *s, const char *version, const GError *why)
{
        roster_set(s->agent->roster, s->record->service, version, SERVICE_FAILED, why->message);
}

/* --- start */

static void start_again_failed(Switch *s, const GError *why)
{
        tell_failure(s, s->run->step->version, why);
        service_record_set(&s->record->error, why->message);
        note_end(s, NULL);
}

static void start_new_failed(Switch *s, const GError *why)
{
        const Step *step = s->run->step;
        tell_failure(s, step->version, why);
        if (note_bad(s, why, NULL) && bring_down(s->agent, step->service, step->version, NULL))
                note_end(s, NULL);
}

static bool start(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GError) why = NULL;
        bool is_again = g_strcmp0(s->record->current, step->version) == 0;
        if (!note_candidate(s, error))
                return false;
        Up up = bring_up(s->agent, s->record, step->version, &why);
        if (up == UP_GOOD)
                return note_current(s, step->version, error);
        /* What came up once is not bad because it does not now: whoever looks after it tries again. */
        if (up == UP_BAD && is_again)
                start_again_failed(s, why);
        else if (up == UP_BAD)
                start_new_failed(s, why);
        else
                tell_failure(s, step->version, why);
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}

/* --- the way back */

static bool go_back(Switch *s, const char *from, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GError) why = NULL;
        if (!bring_down(s->agent, step->service, step->version, error))
                return false;
        Up up = bring_up(s->agent, s->record, from, &why);
        if (up != UP_GOOD) {
                tell_failure(s, from, why);
                g_propagate_prefixed_error(error, g_steal_pointer(&why),
                                           "and '%s' %s does not come back: ", step->service, from);
                if (up == UP_BAD)
                        note_end(s, NULL);
                return false;
        }
        return note_end(s, error);
}

static bool return_to(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        return step->from ? go_back(s, step->from, error)
                          : bring_down(s->agent, step->service, step->version, error) && note_end(s, error);
}

/* An update that cannot begin yet: what is meant to run until then runs. */
static bool stay(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GPtrArray) domains = step->from ? agent_domains(s->agent, error) : NULL;
        if (step->from && !domains)
                return false;
        return !step->from || domains_find(domains, step->service) || go_back(s, step->from, error);
}

/* --- update */

static bool runs_already(Agent *agent, const Step *step)
{
        g_autoptr(GPtrArray) domains = agent_domains(agent, NULL);
        const VirtDomain *domain = domains ? domains_find(domains, step->service) : NULL;
        return domain && strcmp(domain->version, step->version) == 0;
}

static void update_failed(Switch *s, const GError *why, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GError) back = NULL;
        agent_tell_service(s->agent, EVENT_WARNING, step->service, step->version, "%s; going back to %s",
                           why->message, step->from ? step->from : "nothing");
        if (!note_bad(s, why, &back) || !return_to(s, &back))
                fail(error, LAUTTA_ERROR_SYSTEM, "%s: %s", why->message, back->message);
        else if (step->from)
                fail(error, LAUTTA_ERROR_SYSTEM, "%s; '%s' %s runs again", why->message, step->service,
                     step->from);
        else
                fail(error, LAUTTA_ERROR_SYSTEM, "%s; nothing runs in its place", why->message);
}

static bool update(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GError) why = NULL;
        if (!note_candidate(s, error))
                return false;
        gint64 stopped_us = g_get_monotonic_time();
        if (!runs_already(s->agent, step) && !bring_down(s->agent, step->service, NULL, error))
                return false;
        Up up = bring_up(s->agent, s->record, step->version, &why);
        bool good = up == UP_GOOD && note_current(s, step->version, error);
        if (up == UP_BAD)
                update_failed(s, why, error);
        else if (up == UP_LATER)
                g_propagate_error(error, g_steal_pointer(&why));
        s->run->outcome->down_seconds = (double)(g_get_monotonic_time() - stopped_us) / G_USEC_PER_SEC;
        return good;
}

/* --- with the service claimed */

static bool with_claim(StepRun *run, bool (*function)(Switch *s, GError **error), GError **error)
{
        Agent *agent = run->apply->agent;
        const char *service = run->step->service;
        roster_claim(agent->roster, service);
        g_autoptr(ServiceRecord) record =
                service_record_load(agent->conf->state_directory, service, NULL, error);
        Switch s = {run, agent, record};
        bool good = record && function(&s, error);
        roster_release(agent->roster, service);
        return good;
}

bool step_start(StepRun *run, GError **error)
{
        return with_claim(run, start, error);
}

bool step_update(StepRun *run, GError **error)
{
        return with_claim(run, update, error);
}

bool step_stay(StepRun *run, GError **error)
{
        return with_claim(run, stay, error);
}

bool step_return(StepRun *run, GError **error)
{
        return with_claim(run, return_to, error);
}
