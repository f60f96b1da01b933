/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An update that stops the active version first, and the way back from it. */
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

/* An update cannot begin yet: the current version runs until then. */
static bool stay(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GPtrArray) domains = step->from ? agent_domains(s->agent, error) : NULL;
        if (step->from && !domains)
                return false;
        return !step->from || domains_find(domains, step->service, NULL) ||
               apply_switch_go_back(s, step->from, error);
}

/* An update that was killed may have started the new version already. */
static bool stop_others(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        guint count = 0;
        domains_of(s->domains, step->service, &count);
        return (count == 1 && domains_have(s->domains, step->service, step->version)) ||
               launch_stop(s->agent, step->service, NULL, error);
}

/* Nothing has stopped yet: a disk that is too full for the new version takes nothing away. */
static bool prepare(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        return domains_have(s->domains, step->service, step->version) ||
               launch_prepare(s->agent, s->record, step->version, error);
}

/* `*error` is why the version does not run. The service goes back even if that cannot be recorded. */
static void update_failed(Switch *s, bool is_bad, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GError) trouble = NULL;
        agent_tell_service(s->agent, EVENT_WARNING, step->service, step->version, "%s; going back to %s",
                           (*error)->message, step->from ? step->from : "nothing");
        bool noted = !is_bad || apply_switch_note_bad(s, *error, &trouble);
        return_to(s, noted ? &trouble : NULL);
        if (trouble)
                apply_switch_explain(error, ": %s", trouble->message);
        else if (step->from)
                apply_switch_explain(error, "; '%s' %s runs again", step->service, step->from);
        else
                apply_switch_explain(error, "; nothing runs in its place");
}

/* While libvirt is away or the agent ends, the candidate stays in the record, and the next pass goes on with
 * it. */
bool apply_update_exclusive(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        if (!prepare(s, error) || !apply_switch_note_candidate(s, error))
                return false;
        gint64 stopped_us = g_get_monotonic_time();
        if (!stop_others(s, error))
                return false;
        LaunchResult result = launch_run(s->agent, s->record, step->version, error);
        bool good = result == LAUNCH_HEALTHY && apply_switch_note_current(s, step->version, error);
        if (result == LAUNCH_UNHEALTHY || (result == LAUNCH_RETRY && !error_may_pass(*error)))
                update_failed(s, result == LAUNCH_UNHEALTHY, error);
        s->run->outcome->down_seconds = (double)(g_get_monotonic_time() - stopped_us) / G_USEC_PER_SEC;
        return good;
}

/* The start of `from` may have failed since the plan was made. */
static bool update(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GPtrArray) domains = agent_domains(s->agent, error);
        if (!domains)
                return false;
        s->domains = domains;
        bool beside = step->beside && step->from && domains_have(domains, step->service, step->from);
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
