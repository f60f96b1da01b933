/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An update with a candidate next to the active version, which serves until the candidate is healthy. */
#include "apply_switch.h"
#include "errors.h"

/* A candidate serves nobody and has no volumes, so it gets no time to shut down. */
static bool end_candidate(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        bool ended = instance_stop(&s->agent->host, step->service, step->version, 0, error);
        network_candidate_end();
        return ended && apply_switch_note_end(s, error);
}

/* `*error` is why the candidate is bad. It ends even if that cannot be recorded. */
static void candidate_failed(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GError) trouble = NULL;
        agent_tell_service(s->agent, EVENT_WARNING, step->service, step->version, "%s; %s goes on running",
                           (*error)->message, step->from);
        bool noted = apply_switch_note_bad(s, *error, &trouble);
        end_candidate(s, noted ? &trouble : NULL);
        if (trouble)
                apply_switch_explain(error, ": %s", trouble->message);
        else
                apply_switch_explain(error, "; '%s' %s goes on running", step->service, step->from);
}

/* The previous version answers its open requests until it stops. */
static bool take_place(Switch *s, Launch *launch, GError **error)
{
        const Step *step = s->run->step;
        if (!apply_switch_note_current(s, step->version, error) ||
            !launch_stop_others(s->agent, step->service, step->version, error))
                return false;
        network_candidate_end();
        return launch_settle(launch, error);
}

static LaunchResult bring_up(Switch *s, Launch *launch, GError **error)
{
        const Step *step = s->run->step;
        double *away_seconds = &s->run->outcome->down_seconds;
        if (!launch_open(launch, s->agent, s->record, step->version, error))
                return LAUNCH_RETRY;
        LaunchResult result = launch_candidate(launch, error);
        return result == LAUNCH_HEALTHY ? launch_promote(launch, step->from, away_seconds, error) : result;
}

/* A trouble of the host is not recorded here: the next plan finds the candidate in the record, and tries
 * again. */
bool apply_update_beside(Switch *s, GError **error)
{
        g_auto(Launch) launch = {0};
        s->run->outcome->beside = true;
        if (!apply_switch_note_candidate(s, error))
                return false;
        LaunchResult result = bring_up(s, &launch, error);
        if (result == LAUNCH_HEALTHY)
                return take_place(s, &launch, error);
        if (result == LAUNCH_UNHEALTHY)
                candidate_failed(s, error);
        else
                end_candidate(s, NULL);
        return false;
}
