/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The step that starts a version where no other version has to give way to it. */
#include <string.h>

#include "apply_switch.h"
#include "text.h"

static void start_again_failed(Switch *s, const GError *why)
{
        text_set(&s->record->error, why->message);
        apply_switch_note_end(s, NULL);
}

static void start_new_failed(Switch *s, const GError *why)
{
        const Step *step = s->run->step;
        if (apply_switch_note_bad(s, why, NULL) && launch_stop(s->agent, step->service, step->version, NULL))
                apply_switch_note_end(s, NULL);
}

/* Stop every other version first. If that fails, the next pass tries again. */
static LaunchResult start_alone(Switch *s, const char *version, GError **error)
{
        return launch_stop_others(s->agent, s->record->service, version, error)
                       ? launch_run(s->agent, s->record, version, error)
                       : LAUNCH_RETRY;
}

/* A current version that was healthy once is not bad because it fails now: the supervisor tries it again. */
static bool start(Switch *s, GError **error)
{
        const Step *step = s->run->step;
        bool is_again = g_strcmp0(s->record->current, step->version) == 0;
        if (!apply_switch_note_candidate(s, error))
                return false;
        LaunchResult result = start_alone(s, step->version, error);
        if (result == LAUNCH_HEALTHY)
                return apply_switch_note_current(s, step->version, error);
        apply_switch_tell_failure(s, step->version, *error);
        if (result == LAUNCH_UNHEALTHY && is_again)
                start_again_failed(s, *error);
        else if (result == LAUNCH_UNHEALTHY)
                start_new_failed(s, *error);
        return false;
}

bool apply_start(StepRun *run, GError **error)
{
        return apply_switch_run(run, start, error);
}
