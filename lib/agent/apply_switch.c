/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apply_switch.h"

#include <string.h>

#include "errors.h"
#include "text.h"

enum { CONSOLE_BYTES = 4096 };

static bool save(const Switch *s, GError **error)
{
        return service_record_save(s->agent->conf->state_directory, s->record, error);
}

bool apply_switch_note_candidate(Switch *s, GError **error)
{
        text_set(&s->record->candidate, s->run->step->version);
        s->record->stopped = false;
        return save(s, error);
}

bool apply_switch_note_current(Switch *s, const char *version, GError **error)
{
        ServiceRecord *record = s->record;
        /* Starting a version again that came down lately does not clear its restarts. */
        if (g_strcmp0(record->current, version) != 0)
                g_array_set_size(record->restarts, 0);
        else if (record->restarts->len)
                service_record_add_restart(record, g_get_real_time() / G_USEC_PER_SEC);
        if (record->current && strcmp(record->current, version) != 0)
                text_set(&record->previous, record->current);
        text_set(&record->current, version);
        text_set(&record->candidate, NULL);
        text_set(&record->error, NULL);
        text_set(&record->halted, NULL);
        service_record_clear_bad(record, version);
        service_states_set_restarts(s->agent->states, record->service, record->restarts->len);
        return save(s, error);
}

bool apply_switch_note_bad(Switch *s, const GError *why, GError **error)
{
        const Step *step = s->run->step;
        s->run->outcome->console =
                instance_console(&s->agent->host, step->service, step->version, CONSOLE_BYTES);
        service_record_add_bad(s->record, step->version, s->run->apply->targets->want->serial);
        text_set(&s->record->error, why->message);
        return save(s, error);
}

bool apply_switch_note_end(Switch *s, GError **error)
{
        if (g_strcmp0(s->record->candidate, s->run->step->version) == 0)
                text_set(&s->record->candidate, NULL);
        return save(s, error);
}

void apply_switch_tell_failure(const Switch *s, const char *version, const GError *why)
{
        service_states_set(s->agent->states, s->record->service, version, SERVICE_FAILED, why->message);
}

bool apply_switch_go_back(Switch *s, const char *from, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GError) why = NULL;
        if (!launch_stop_others(s->agent, step->service, from, error))
                return false;
        network_candidate_end();
        LaunchResult result = launch_run(s->agent, s->record, from, &why);
        if (result == LAUNCH_HEALTHY)
                return apply_switch_note_end(s, error);
        apply_switch_tell_failure(s, from, why);
        g_propagate_prefixed_error(error, g_steal_pointer(&why),
                                   "and '%s' %s does not come back: ", step->service, from);
        if (result == LAUNCH_UNHEALTHY)
                apply_switch_note_end(s, NULL);
        return false;
}

void apply_switch_explain(GError **error, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        g_autofree char *more = g_strdup_vprintf(format, args);
        va_end(args);
        GError *whole = g_error_new((*error)->domain, (*error)->code, "%s%s", (*error)->message, more);
        g_clear_error(error);
        g_propagate_error(error, whole);
}

bool apply_switch_run(StepRun *run, bool (*function)(Switch *s, GError **error), GError **error)
{
        Agent *agent = run->apply->agent;
        const char *service = run->step->service;
        g_autoptr(ServiceClaim) claim = service_claim_new(agent->states, service);
        g_autoptr(ServiceRecord) record =
                service_record_load(agent->conf->state_directory, service, NULL, error);
        Switch s = {.run = run, .agent = agent, .record = record};
        return record && function(&s, error);
}
