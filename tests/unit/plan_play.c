/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan_play.h"

#include <string.h>

PlanVersion *play_version_copy(const PlanVersion *version)
{
        if (!version)
                return NULL;
        PlanVersion *copy = plan_version_new(version->service, version->version);
        copy->kind = version->kind;
        copy->as_container = version->as_container;
        copy->memory_bytes = version->memory_bytes;
        copy->disk_bytes = version->disk_bytes;
        copy->fetched = version->fetched;
        copy->exclusive = version->exclusive;
        copy->priority = version->priority;
        g_strfreev(copy->needs);
        copy->needs = g_strdupv(version->needs);
        g_strfreev(copy->after);
        copy->after = g_strdupv(version->after);
        for (guint i = 0; i < version->volumes->len; i++) {
                const PlanVolume *volume = version->volumes->pdata[i];
                plan_version_add_volume(copy, volume->name, volume->size_bytes);
        }
        g_array_append_vals(copy->host_ports, version->host_ports->data, version->host_ports->len);
        copy->address = g_strdup(version->address);
        return copy;
}

const PlanVersion *play_wanted(const Want *want, const char *service)
{
        for (guint i = 0; i < want->services->len; i++) {
                const PlanVersion *one = want->services->pdata[i];
                if (strcmp(one->service, service) == 0)
                        return one;
        }
        return NULL;
}

HaveService *play_service(const Have *have, const char *service)
{
        for (guint i = 0; i < have->services->len; i++) {
                HaveService *one = have->services->pdata[i];
                if (strcmp(one->service, service) == 0)
                        return one;
        }
        return NULL;
}

static HaveService *get_service(Have *have, const char *service)
{
        HaveService *one = play_service(have, service);
        if (!one) {
                one = have_service_new(service);
                g_ptr_array_add(have->services, one);
        }
        return one;
}

static const PlanVersion *known(const Want *want, const HaveService *have, const char *version)
{
        const PlanVersion *all[] = {have->current, have->candidate, have->previous,
                                    play_wanted(want, have->service)};
        for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
                if (all[i] && g_strcmp0(all[i]->version, version) == 0)
                        return all[i];
        return NULL;
}

char *play_step_text(const Step *step)
{
        GString *text = g_string_new(step->may_fail && step->kind != STEP_FORGET ? "try " : "");
        g_string_append_printf(text, "%s %s", step_name(step->kind), step->service);
        if (step->kind == STEP_RETURN)
                g_string_append_printf(text, " %s from %s", step->from, step->version);
        else if (step->version)
                g_string_append_printf(text, " %s", step->version);
        if (step->kind == STEP_UPDATE)
                g_string_append_printf(text, " %s %s", step->beside ? "beside" : "from",
                                       step->from ? step->from : "nothing");
        if (step->depends[0]) {
                g_autofree char *names = g_strjoinv(", ", step->depends);
                g_string_append_printf(text, " unless failed: %s", names);
        }
        return g_string_free(text, FALSE);
}

/* Returns: memory of all running versions; G_MAXUINT64 if one is unknown. */
static uint64_t memory_used(const Want *want, const Have *have)
{
        uint64_t bytes = 0;
        for (guint i = 0; i < have->services->len; i++) {
                const HaveService *one = have->services->pdata[i];
                const PlanVersion *version = one->running ? known(want, one, one->running) : NULL;
                const PlanVersion *beside = one->beside ? known(want, one, one->beside) : NULL;
                if ((one->running && !version) || (one->beside && !beside))
                        return G_MAXUINT64;
                bytes += (version ? version->memory_bytes : 0) + (beside ? beside->memory_bytes : 0);
        }
        return bytes;
}

static void set_running(HaveService *service, const char *version)
{
        if (g_strcmp0(service->running, version) != 0)
                service->other_settings = false;
        char *copy = g_strdup(version);
        g_free(service->running);
        service->running = copy;
}

static void set_beside(HaveService *service, const char *version)
{
        char *copy = g_strdup(version);
        g_free(service->beside);
        service->beside = copy;
}

static bool share_claims(const PlanVersion *a, const PlanVersion *b)
{
        if (a->address && g_strcmp0(a->address, b->address) == 0)
                return true;
        for (guint i = 0; i < a->host_ports->len; i++)
                for (guint j = 0; j < b->host_ports->len; j++)
                        if (g_array_index(a->host_ports, uint32_t, i) ==
                            g_array_index(b->host_ports, uint32_t, j))
                                return true;
        return false;
}

void play_part_claims(const Want *want, Have *have)
{
        for (guint i = 0; i < have->services->len; i++) {
                HaveService *one = have->services->pdata[i];
                for (guint j = 0; j < i && one->running; j++) {
                        const HaveService *other = have->services->pdata[j];
                        const PlanVersion *a = known(want, one, one->running);
                        const PlanVersion *b = other->running ? known(want, other, other->running) : NULL;
                        if (a && b && share_claims(a, b)) {
                                set_running(one, NULL);
                                set_beside(one, NULL);
                        }
                }
        }
}

static void check_free_claims(const Want *want, const Have *have, const PlanVersion *version)
{
        for (guint i = 0; i < have->services->len; i++) {
                const HaveService *other = have->services->pdata[i];
                const PlanVersion *runs = other->running ? known(want, other, other->running) : NULL;
                if (runs && strcmp(other->service, version->service) != 0)
                        g_assert_false(share_claims(version, runs));
        }
}

static void check_needs_run(const Have *have, const PlanVersion *version)
{
        for (char **name = version->needs; *name; name++) {
                const HaveService *other = play_service(have, *name);
                g_assert_true(other && other->running);
        }
}

static void set_version(PlanVersion **place, PlanVersion *version)
{
        plan_version_free(*place);
        *place = version;
}

static bool is_lost(const HaveService *service, const char *version)
{
        const PlanVersion *current = service->current;
        return current && strcmp(current->version, version) == 0 && !current->fetched;
}

static PlanVersion *copy_here(const Want *want, const HaveService *service, const char *version)
{
        PlanVersion *copy = play_version_copy(known(want, service, version));
        if (!copy)
                copy = plan_version_new(service->service, version);
        copy->fetched = copy->fetched || !is_lost(service, version);
        return copy;
}

static void make_volumes(HaveService *service, const PlanVersion *version)
{
        for (guint i = 0; i < version->volumes->len; i++) {
                const PlanVolume *wanted = version->volumes->pdata[i];
                PlanVolume *there = NULL;
                for (guint j = 0; j < service->volumes->len && !there; j++)
                        if (strcmp(((PlanVolume *)service->volumes->pdata[j])->name, wanted->name) == 0)
                                there = service->volumes->pdata[j];
                if (!there)
                        have_service_add_volume(service, wanted->name, wanted->size_bytes);
                else if (there->size_bytes < wanted->size_bytes)
                        there->size_bytes = wanted->size_bytes;
        }
}

static void succeed(const Want *want, HaveService *service, const Step *step)
{
        PlanVersion *now = copy_here(want, service, step->version);
        PlanVersion *before = step->kind == STEP_UPDATE ? NULL : play_version_copy(service->current);
        if (step->kind == STEP_UPDATE && step->from)
                before = copy_here(want, service, step->from);
        if (before && strcmp(before->version, step->version) != 0)
                set_version(&service->previous, g_steal_pointer(&before));
        plan_version_free(before);
        if (service->previous && strcmp(service->previous->version, step->version) == 0)
                set_version(&service->previous, NULL);
        set_version(&service->current, now);
        set_version(&service->candidate, NULL);
        set_running(service, step->version);
        service->halted = false;
        make_volumes(service, now);
}

static void fail(const Want *want, HaveService *service, const Step *step)
{
        set_version(&service->candidate, NULL);
        if (!step->beside)
                set_running(service, step->kind == STEP_UPDATE ? step->from : NULL);
        if (!service->current || strcmp(service->current->version, step->version) != 0)
                have_service_add_bad(service, step->version, want->serial);
}

/* Killed half-way: both run, and the new one may be the current one already. */
static void break_off_beside(const Want *want, HaveService *service, const Step *step, GRand *random)
{
        if (g_rand_boolean(random)) {
                succeed(want, service, step);
                set_beside(service, step->from);
                return;
        }
        set_version(&service->candidate, copy_here(want, service, step->version));
        set_beside(service, step->version);
}

/* Killed half-way: nothing, the old or the new one runs. */
static void break_off(const Want *want, HaveService *service, const Step *step, GRand *random)
{
        if (step->beside && service->running && g_rand_int_range(random, 0, 4) > 0) {
                break_off_beside(want, service, step, random);
                return;
        }
        PlanVersion *candidate = copy_here(want, service, step->version);
        set_version(&service->candidate, candidate);
        int moment = g_rand_int_range(random, 0, 3);
        if (moment > 0)
                set_running(service, moment == 1 ? NULL : step->version);
}

/* The old version may be down if its STEP_START was only a try. */
static void check_beside(const Want *want, const Have *have, const HaveService *service, const Step *step)
{
        const PlanVersion *version = known(want, service, step->version);
        const PlanVersion *runs = service->running ? known(want, service, service->running) : NULL;
        g_assert_nonnull(step->from);
        g_assert_null(service->beside);
        g_assert_false(version->exclusive);
        g_assert_true(!runs || !runs->exclusive);
        g_assert_true(!service->running || !strcmp(service->running, step->from));
        uint64_t used = memory_used(want, have);
        g_assert_true(used == G_MAXUINT64 || used + version->memory_bytes <= have->memory_bytes);
}

static void play_start(const Want *want, const Have *have, HaveService *service, const Step *step,
                       PlayOutcome outcome, GRand *random)
{
        const PlanVersion *version = known(want, service, step->version);
        g_assert_nonnull(version);
        g_assert_true(version->fetched || g_strcmp0(service->running, step->version) == 0);
        g_assert_true(step->kind == STEP_UPDATE || !service->running ||
                      !strcmp(service->running, step->version));
        if (step->beside)
                check_beside(want, have, service, step);
        set_beside(service, NULL);
        if (g_strcmp0(service->running, step->version) != 0) {
                check_needs_run(have, version);
                check_free_claims(want, have, version);
        }
        if (outcome == PLAY_SUCCESS)
                succeed(want, service, step);
        else if (outcome == PLAY_FAILURE)
                fail(want, service, step);
        else
                break_off(want, service, step, random);
}

static void play_return(HaveService *service, const Step *step, PlayOutcome outcome)
{
        bool ends_beside = service->beside && strcmp(service->running, step->from) == 0;
        if (ends_beside) {
                g_assert_cmpstr(service->beside, ==, step->version);
        } else {
                g_assert_cmpstr(service->candidate->version, ==, step->version);
                g_assert_cmpstr(service->current->version, ==, step->from);
                g_assert_true(service->current->fetched || g_strcmp0(service->running, step->from) == 0);
        }
        bool is_candidate = service->candidate && strcmp(service->candidate->version, step->version) == 0;
        if (outcome != PLAY_KILL && is_candidate)
                set_version(&service->candidate, NULL);
        else if (outcome == PLAY_KILL && ends_beside)
                return;
        set_beside(service, NULL);
        set_running(service, outcome == PLAY_SUCCESS ? step->from : NULL);
}

static void play_fetch(Want *want, Have *have, HaveService *service, const Step *step)
{
        PlanVersion *version = (PlanVersion *)play_wanted(want, step->service);
        g_assert_cmpuint(version->disk_bytes, <=, have->disk_free_bytes);
        have->disk_free_bytes -= version->disk_bytes;
        have_service_add_version(service, version->version, version->disk_bytes);
        version->disk_bytes = 0;
        version->fetched = true;
        if (service->current && strcmp(service->current->version, version->version) == 0)
                service->current->fetched = true;
}

/* With NULL, all of them. */
static void play_forget(Have *have, HaveService *service, const char *version)
{
        for (guint i = service->versions->len; i-- > 0;) {
                const PlanKept *kept = service->versions->pdata[i];
                if (version && strcmp(kept->version, version) != 0)
                        continue;
                have->disk_free_bytes += kept->disk_bytes;
                g_ptr_array_remove_index(service->versions, i);
        }
}

static void play_remove(Have *have, HaveService *service, PlayOutcome outcome)
{
        set_beside(service, NULL);
        set_running(service, NULL);
        if (outcome != PLAY_SUCCESS)
                return;
        play_forget(have, service, NULL);
        set_version(&service->current, NULL);
        set_version(&service->previous, NULL);
        set_version(&service->candidate, NULL);
        service->halted = false;
}

static void check_unneeded(const HaveService *service, const char *version)
{
        const PlanVersion *needed[] = {service->current, service->previous, service->candidate};
        for (size_t i = 0; i < G_N_ELEMENTS(needed); i++)
                g_assert_false(needed[i] && strcmp(needed[i]->version, version) == 0);
        g_assert_cmpstr(service->running, !=, version);
        g_assert_cmpstr(service->beside, !=, version);
}

static void play(Want *want, Have *have, const Step *step, PlayOutcome outcome, GRand *random)
{
        HaveService *service = get_service(have, step->service);
        if (step->kind == STEP_FORGET)
                check_unneeded(service, step->version);
        if (step->kind == STEP_START || step->kind == STEP_UPDATE)
                play_start(want, have, service, step, outcome, random);
        else if (step->kind == STEP_RETURN)
                play_return(service, step, outcome);
        else if (step->kind == STEP_REMOVE)
                play_remove(have, service, outcome);
        else if (outcome != PLAY_SUCCESS)
                return;
        else if (step->kind == STEP_FETCH)
                play_fetch(want, have, service, step);
        else if (step->kind == STEP_STOP) {
                set_beside(service, NULL);
                set_running(service, NULL);
        } else
                play_forget(have, service, step->version);
}

/* A way back takes its old ports and address, though another service may have them by now. */
static bool goes_back(const Step *step, PlayOutcome outcome)
{
        return outcome == PLAY_FAILURE && step->kind == STEP_UPDATE;
}

static bool is_left_out(GHashTable *failed, const Step *step)
{
        bool left_out = g_hash_table_contains(failed, step->service);
        for (char **name = step->depends; *name; name++)
                left_out |= g_hash_table_contains(failed, *name);
        return left_out;
}

static PlayOutcome draw(GRand *random, const Step *step)
{
        int drawn = random ? g_rand_int_range(random, 0, 12) : 0;
        return drawn == 11 ? PLAY_KILL : drawn >= 9 ? PLAY_FAILURE : PLAY_SUCCESS;
}

/* A step that was to make room may have failed. */
static bool has_disk(const Want *want, const Have *have, const Step *step)
{
        return step->kind != STEP_FETCH ||
               play_wanted(want, step->service)->disk_bytes <= have->disk_free_bytes;
}

static void play_steps(Want *want, Have *have, const Plan *plan, GRand *random)
{
        g_autoptr(GHashTable) failed = g_hash_table_new(g_str_hash, g_str_equal);
        uint64_t most = MAX(have->memory_bytes, memory_used(want, have));
        for (guint i = 0; i < plan->steps->len; i++) {
                const Step *step = plan->steps->pdata[i];
                if (is_left_out(failed, step)) {
                        if (!step->may_fail)
                                g_hash_table_add(failed, step->service);
                        continue;
                }
                PlayOutcome outcome = draw(random, step);
                if (random && !has_disk(want, have, step))
                        outcome = PLAY_FAILURE;
                play(want, have, step, outcome, random);
                if (outcome == PLAY_KILL)
                        return;
                if (outcome == PLAY_FAILURE && !step->may_fail)
                        g_hash_table_add(failed, step->service);
                if (goes_back(step, outcome))
                        return;
                g_assert_cmpuint(memory_used(want, have), <=, most);
        }
}

/* A wanted service that was stopped made way for one that runs. */
static void check_stopped(const Have *have, const Plan *plan)
{
        for (guint i = 0; i < plan->steps->len; i++) {
                const Step *step = plan->steps->pdata[i];
                if (step->kind != STEP_STOP || play_service(have, step->service)->running)
                        continue;
                g_assert_nonnull(step->depends[0]);
                g_assert_true(play_service(have, step->depends[0])->running);
        }
}

static bool has_step(const Plan *plan, StepKind kind, const char *service)
{
        for (guint i = 0; i < plan->steps->len; i++) {
                const Step *step = plan->steps->pdata[i];
                if (step->kind == kind && strcmp(step->service, service) == 0)
                        return true;
        }
        return false;
}

void play_all(Want *want, Have *have, const Plan *plan)
{
        g_autoptr(GPtrArray) ran = g_ptr_array_new();
        for (guint i = 0; i < have->services->len; i++)
                if (((HaveService *)have->services->pdata[i])->running)
                        g_ptr_array_add(ran, have->services->pdata[i]);
        play_steps(want, have, plan, NULL);
        check_stopped(have, plan);
        for (guint i = 0; i < ran->len; i++) {
                const HaveService *one = ran->pdata[i];
                g_assert_null(one->beside);
                g_assert_true(one->running || has_step(plan, STEP_STOP, one->service) ||
                              has_step(plan, STEP_REMOVE, one->service));
        }
}

void play_some(Want *want, Have *have, const Plan *plan, GRand *random)
{
        play_steps(want, have, plan, random);
}

static bool is_blocked(const Plan *plan, const char *service)
{
        for (guint i = 0; i < plan->problems->len; i++) {
                const Problem *problem = plan->problems->pdata[i];
                if (problem->blocks && strcmp(problem->service, service) == 0)
                        return true;
        }
        return false;
}

static bool is_current(const Have *have, const Step *step)
{
        const HaveService *service = play_service(have, step->service);
        return service && service->current && g_strcmp0(service->current->version, step->version) == 0;
}

void play_check_plan(const Want *want, const Have *have, const Plan *plan)
{
        for (guint i = 0; i < plan->steps->len; i++) {
                const Step *step = plan->steps->pdata[i];
                bool is_start = step->kind == STEP_START || step->kind == STEP_UPDATE;
                bool changes = step->kind == STEP_FETCH || (is_start && !is_current(have, step));
                bool is_wanted = play_wanted(want, step->service) != NULL;
                g_assert_nonnull(step->why);
                g_assert_nonnull(step->depends);
                g_assert_false(changes && is_blocked(plan, step->service));
                g_assert_false(changes && !is_wanted);
                g_assert_false(step->kind == STEP_REMOVE && is_wanted);
                if (!want->may_install)
                        g_assert_true(step->kind == STEP_START || step->kind == STEP_RETURN ||
                                      step->kind == STEP_STOP);
        }
}
