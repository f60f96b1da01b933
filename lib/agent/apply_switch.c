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

bool switch_note_candidate(Switch *s, GError **error)
{
        text_set(&s->record->candidate, s->run->step->version);
        s->record->stopped = false;
        return save(s, error);
}

bool switch_note_current(Switch *s, const char *version, GError **error)
{
        ServiceRecord *record = s->record;
        /* What came down lately and is only started again has not become better by that. */
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
        roster_set_restarts(s->agent->roster, record->service, record->restarts->len);
        return save(s, error);
}

bool switch_note_bad(Switch *s, const GError *why, GError **error)
{
        const Step *step = s->run->step;
        s->run->outcome->console =
                instance_console(&s->agent->host, step->service, step->version, CONSOLE_BYTES);
        service_record_add_bad(s->record, step->version, s->run->apply->wishes->want->serial);
        text_set(&s->record->error, why->message);
        return save(s, error);
}

bool switch_note_end(Switch *s, GError **error)
{
        if (g_strcmp0(s->record->candidate, s->run->step->version) == 0)
                text_set(&s->record->candidate, NULL);
        return save(s, error);
}

void switch_tell_failure(const Switch *s, const char *version, const GError *why)
{
        roster_set(s->agent->roster, s->record->service, version, SERVICE_FAILED, why->message);
}

bool switch_go_back(Switch *s, const char *from, GError **error)
{
        const Step *step = s->run->step;
        g_autoptr(GError) why = NULL;
        if (!bring_down_others(s->agent, step->service, from, error))
                return false;
        network_candidate_end(&s->agent->conf->network);
        Up up = bring_up(s->agent, s->record, from, &why);
        if (up == UP_GOOD)
                return switch_note_end(s, error);
        switch_tell_failure(s, from, why);
        g_propagate_prefixed_error(error, g_steal_pointer(&why),
                                   "and '%s' %s does not come back: ", step->service, from);
        if (up == UP_BAD)
                switch_note_end(s, NULL);
        return false;
}

bool switch_run(StepRun *run, bool (*function)(Switch *s, GError **error), GError **error)
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
