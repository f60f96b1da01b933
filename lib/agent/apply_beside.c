/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An update with a candidate beside what runs, which serves until the candidate is healthy. */
#include "apply_switch.h"
#include "errors.h"

/* It serves nobody, and has no volumes: it need not be asked to end. */
static bool end_candidate(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        bool ended = instance_stop(&s->agent->host, step->service, step->version, 0, error);
        network_candidate_end(&s->agent->conf->network);
        return ended && apply_switch_note_end(s, error);
}

static void candidate_failed(Switch *s, const GError *why, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GError) trouble = NULL;
        agent_tell_service(s->agent, EVENT_WARNING, step->service, step->version, "%s; %s goes on running",
                           why->message, step->from);
        if (!apply_switch_note_bad(s, why, &trouble) || !end_candidate(s, &trouble))
                fail(error, LAUTTA_ERROR_SYSTEM, "%s: %s", why->message, trouble->message);
        else
                fail(error, LAUTTA_ERROR_SYSTEM, "%s; '%s' %s goes on running", why->message, step->service,
                     step->from);
}

/* The old one answers what it was asked before, until it stops. */
static bool take_place(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        if (!apply_switch_note_current(s, step->version, error) ||
            !launch_stop_others(s->agent, step->service, step->version, error))
                return false;
        network_candidate_end(&s->agent->conf->network);
        return launch_settle(s->agent, s->record, step->version, error);
}

/* What is not the version's fault is tried again; where even that cannot be noted now, the next plan finds
 * it. */
bool apply_update_beside(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        double *away_seconds = &s->run->outcome->down_seconds;
        g_autoptr(GError) why = NULL;
        s->run->outcome->beside = true;
        if (!apply_switch_note_candidate(s, error))
                return false;
        LaunchResult result = launch_candidate(s->agent, s->record, step->version, &why);
        if (result == LAUNCH_HEALTHY)
                result = launch_promote(s->agent, s->record, step->from, step->version, away_seconds, &why);
        if (result == LAUNCH_HEALTHY)
                return take_place(s, error);
        if (result == LAUNCH_UNHEALTHY) {
                candidate_failed(s, why, error);
                return false;
        }
        end_candidate(s, NULL);
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}
