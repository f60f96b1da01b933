/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The step that starts a version where none is to give way to it. */
#include <string.h>

#include "apply_switch.h"
#include "text.h"

static void start_again_failed(Switch *s, const GError *why)
{
        apply_switch_tell_failure(s, s->run->step->version, why);
        text_set(&s->record->error, why->message);
        apply_switch_note_end(s, NULL);
}

static void start_new_failed(Switch *s, const GError *why)
{
        const Step *step = s->run->step;
        apply_switch_tell_failure(s, step->version, why);
        if (apply_switch_note_bad(s, why, NULL) && launch_stop(s->agent, step->service, step->version, NULL))
                apply_switch_note_end(s, NULL);
}

/* Nothing else of it runs, unless nobody knows why. */
static LaunchResult start_alone(Agent *agent, ServiceRecord *record, const char *version, GError **error)
{
        return launch_stop_others(agent, record->service, version, error)
                       ? launch_and_wait(agent, record, version, error)
                       : LAUNCH_RETRY;
}

static bool start(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GError) why = NULL;
        bool is_again = g_strcmp0(s->record->current, step->version) == 0;
        if (!apply_switch_note_candidate(s, error))
                return false;
        LaunchResult result = start_alone(s->agent, s->record, step->version, &why);
        if (result == LAUNCH_HEALTHY)
                return apply_switch_note_current(s, step->version, error);
        /* What came up once is not bad because it does not now: whoever looks after it tries again. */
        if (result == LAUNCH_UNHEALTHY && is_again)
                start_again_failed(s, why);
        else if (result == LAUNCH_UNHEALTHY)
                start_new_failed(s, why);
        else
                apply_switch_tell_failure(s, step->version, why);
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}

bool apply_start(StepRun *run, GError **error)
{
        return apply_switch_run(run, start, error);
}
