/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An update for which what runs is stopped first, and the way back from it. */
#include <string.h>

#include "apply_switch.h"
#include "errors.h"

static bool return_to(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        if (step->from)
                return apply_switch_go_back(s, step->from, error);
        return launch_stop(s->agent, step->service, step->version, error) && apply_switch_note_end(s, error);
}

/* An update that cannot begin yet: what is meant to run until then runs. */
static bool stay(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GPtrArray) domains = step->from ? agent_domains(s->agent, error) : NULL;
        if (step->from && !domains)
                return false;
        return !step->from || domains_find(domains, step->service, NULL) ||
               apply_switch_go_back(s, step->from, error);
}

static bool runs(Agent *agent, const char *service, const char *version)
{
        g_autoptr(GPtrArray) domains = agent_domains(agent, NULL);
        return domains && domains_have(domains, service, version);
}

/* A killed update may have started it already. */
static bool stop_others(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GPtrArray) domains = agent_domains(s->agent, error);
        guint count = 0;
        if (!domains)
                return false;
        domains_of(domains, step->service, &count);
        return (count == 1 && domains_have(domains, step->service, step->version)) ||
               launch_stop(s->agent, step->service, NULL, error);
}

static void update_failed(Switch *s, const GError *why, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GError) back = NULL;
        agent_tell_service(s->agent, EVENT_WARNING, step->service, step->version, "%s; going back to %s",
                           why->message, step->from ? step->from : "nothing");
        if (!apply_switch_note_bad(s, why, &back) || !return_to(s, &back))
                fail(error, LAUTTA_ERROR_SYSTEM, "%s: %s", why->message, back->message);
        else if (step->from)
                fail(error, LAUTTA_ERROR_SYSTEM, "%s; '%s' %s runs again", why->message, step->service,
                     step->from);
        else
                fail(error, LAUTTA_ERROR_SYSTEM, "%s; nothing runs in its place", why->message);
}

bool apply_update_exclusive(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GError) why = NULL;
        if (!apply_switch_note_candidate(s, error))
                return false;
        gint64 stopped_us = g_get_monotonic_time();
        if (!stop_others(s, error))
                return false;
        LaunchResult result = launch_and_wait(s->agent, s->record, step->version, &why);
        bool good = result == LAUNCH_HEALTHY && apply_switch_note_current(s, step->version, error);
        if (result == LAUNCH_UNHEALTHY)
                update_failed(s, why, error);
        else if (result == LAUNCH_RETRY)
                g_propagate_error(error, g_steal_pointer(&why));
        s->run->outcome->down_seconds = (double)(g_get_monotonic_time() - stopped_us) / G_USEC_PER_SEC;
        return good;
}

/* The start of `from` may have been tried in vain since the plan was made. */
static bool update(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        bool beside = step->beside && step->from && runs(s->agent, step->service, step->from);
        return beside ? apply_update_beside(s, error) : apply_update_exclusive(s, error);
}

bool apply_update(StepRun *run, GError **error)
{
        return apply_switch_run(run, update, error);
}

bool apply_stay(StepRun *run, GError **error)
{
        return apply_switch_run(run, stay, error);
}

bool apply_return(StepRun *run, GError **error)
{
        return apply_switch_run(run, return_to, error);
}
