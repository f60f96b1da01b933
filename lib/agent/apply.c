/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apply.h"

#include <string.h>

#include "apply_steps.h"
#include "errors.h"
#include "text.h"

static bool (*const functions[])(StepRun *run, GError **error) = {
        [STEP_FETCH] = apply_fetch,   [STEP_STOP] = apply_stop,     [STEP_START] = apply_start,
        [STEP_UPDATE] = apply_update, [STEP_RETURN] = apply_return, [STEP_REMOVE] = apply_remove,
        [STEP_FORGET] = apply_forget,
};

void outcome_free(Outcome *outcome)
{
        if (!outcome)
                return;
        g_free(outcome->service);
        g_free(outcome->version);
        g_free(outcome->from);
        g_clear_error(&outcome->error);
        g_free(outcome->console);
        g_free(outcome);
}

static void free_outcome(void *outcome)
{
        outcome_free(outcome);
}

static Outcome *outcome_new(const Step *step)
{
        Outcome *outcome = g_new0(Outcome, 1);
        outcome->kind = step->kind;
        outcome->service = g_strdup(step->service);
        outcome->version = g_strdup(step->version);
        outcome->from = g_strdup(step->from);
        outcome->may_fail = step->may_fail;
        return outcome;
}

static bool is_in_vain(GHashTable *failed, const Step *step)
{
        if (g_hash_table_contains(failed, step->service))
                return true;
        for (char **service = step->depends; *service; service++)
                if (g_hash_table_contains(failed, *service))
                        return true;
        return false;
}

/* Returns: owned: services that are to be switched from here on, and to which versions; both borrowed. */
static GHashTable *switches_to_come(const Apply *apply, const Plan *plan, guint at, GHashTable *failed)
{
        GHashTable *versions = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint i = at; i < plan->steps->len; i++) {
                const Step *step = plan->steps->pdata[i];
                if ((step->kind == STEP_START || step->kind == STEP_UPDATE) && !is_in_vain(failed, step) &&
                    store_is_fetched(apply->agent->store, step->service, step->version))
                        g_hash_table_insert(versions, step->service, step->version);
        }
        return versions;
}

static bool commit_one(const Apply *apply, const Step *step, GError **error)
{
        g_autoptr(GHashTable) versions = g_hash_table_new(g_str_hash, g_str_equal);
        g_hash_table_insert(versions, step->service, step->version);
        return packages_pass_commit(apply->packages, versions, error);
}

/* Commit the service packages of all switches to come before the first of them. If apt refuses because of another
 * one, commit the package of this switch alone. */
static bool commit_packages(const Apply *apply, const Plan *plan, guint at, GHashTable *failed,
                            GError **error)
{
        g_autoptr(GHashTable) versions = switches_to_come(apply, plan, at, failed);
        g_autoptr(GError) why = NULL;
        if (packages_pass_commit(apply->packages, versions, &why))
                return true;
        const Step *step = plan->steps->pdata[at];
        bool was_alone = g_hash_table_size(versions) == 1 && g_hash_table_contains(versions, step->service);
        if (!was_alone && !error_is(why, LAUTTA_ERROR_TRY_AGAIN))
                return commit_one(apply, step, error);
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}

static bool do_step(StepRun *run, const Plan *plan, guint at, GHashTable *failed, GError **error)
{
        bool switches = run->step->kind == STEP_START || run->step->kind == STEP_UPDATE;
        if (switches && !commit_packages(run->apply, plan, at, failed, error)) {
                apply_stay(run, NULL);
                return false;
        }
        return functions[run->step->kind](run, error);
}

static void tell_step(const Agent *agent, const Step *step, const Outcome *outcome)
{
        g_autofree char *text = NULL;
        if (outcome->result == OUTCOME_LEFT_OUT)
                text = g_strdup("left out, because a step before it failed");
        else if (outcome->error)
                text = g_strdup_printf("failed: %s", outcome->error->message);
        else if (outcome->down_seconds > 0)
                text = g_strdup_printf("done in %.1f s, away for %.2f s", outcome->seconds,
                                       outcome->down_seconds);
        else
                text = g_strdup_printf("done in %.1f s", outcome->seconds);
        g_autofree char *message =
                g_strdup_printf("%s %s%s%s: %s", step_name(step->kind), step->service,
                                step->version ? " " : "", step->version ? step->version : "", text);
        AgentEvent event = {.level = outcome->error ? EVENT_ERROR : EVENT_NOTICE,
                            .service = step->service,
                            .version = step->version,
                            .step = step_name(step->kind),
                            .message = message};
        agent_tell(agent, &event);
}

static Outcome *run_step(const Apply *apply, const Plan *plan, guint at, GHashTable *failed)
{
        const Step *step = plan->steps->pdata[at];
        Outcome *outcome = outcome_new(step);
        StepRun run = {apply, step, outcome};
        gint64 started_us = g_get_monotonic_time();
        if (is_in_vain(failed, step) || g_atomic_int_get(&apply->agent->ends))
                outcome->result = OUTCOME_LEFT_OUT;
        else if (!do_step(&run, plan, at, failed, &outcome->error))
                outcome->result = OUTCOME_FAILED;
        if (outcome->result != OUTCOME_DONE && !step->may_fail)
                g_hash_table_add(failed, step->service);
        outcome->seconds = (double)(g_get_monotonic_time() - started_us) / G_USEC_PER_SEC;
        tell_step(apply->agent, step, outcome);
        return outcome;
}

GPtrArray *apply_plan(const Apply *apply, const Plan *plan)
{
        GPtrArray *outcomes = g_ptr_array_new_with_free_func(free_outcome);
        g_autoptr(GHashTable) failed = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint i = 0; i < plan->steps->len; i++)
                g_ptr_array_add(outcomes, run_step(apply, plan, i, failed));
        return outcomes;
}

/* Returns: true if the record has changed. */
static bool take_notes(const Apply *apply, ServiceRecord *record, const ServiceTarget *target)
{
        const List *list = apply->orders->list;
        g_autofree char *asked = targets_text(target);
        bool container = list && relations_find(list->as_container, target->service) != NULL;
        bool lifted = record->halted && strcmp(record->halted, asked) != 0;
        bool changed = lifted || g_strcmp0(record->asked, asked) != 0 || record->listed != target->listed ||
                       record->container != container || g_strcmp0(record->settings, target->settings) != 0;
        text_set(&record->asked, asked);
        text_set(&record->settings, target->settings);
        record->listed = target->listed;
        record->container = container;
        if (lifted) {
                text_set(&record->halted, NULL);
                g_array_set_size(record->restarts, 0);
        }
        return changed;
}

static bool note_target(const Apply *apply, const ServiceTarget *target, GError **error)
{
        const char *state_directory = apply->agent->conf->state_directory;
        g_autoptr(ServiceClaim) claim = service_claim_new(apply->agent->states, target->service);
        g_autoptr(ServiceRecord) record = service_record_load(state_directory, target->service, NULL, error);
        return record &&
               (!take_notes(apply, record, target) || service_record_save(state_directory, record, error));
}

bool apply_notes(const Apply *apply, const Inventory *inventory, GError **error)
{
        for (guint i = 0; i < apply->targets->targets->len; i++) {
                ServiceTarget *target = apply->targets->targets->pdata[i];
                ServiceRecord *known = g_hash_table_lookup(inventory->records, target->service);
                bool needed = known ? take_notes(apply, known, target) : target->why_not == NULL;
                if (needed && !note_target(apply, target, error))
                        return false;
        }
        return true;
}
