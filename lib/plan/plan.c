/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The values that plan_make() takes and returns. */
#include "plan.h"

static void plan_volume_free(void *data)
{
        PlanVolume *volume = data;
        g_free(volume->name);
        g_free(volume);
}

static void add_volume(GPtrArray *volumes, const char *name, uint64_t size_bytes)
{
        PlanVolume *volume = g_new0(PlanVolume, 1);
        volume->name = g_strdup(name);
        volume->size_bytes = size_bytes;
        g_ptr_array_add(volumes, volume);
}

PlanVersion *plan_version_new(const char *service, const char *version)
{
        PlanVersion *one = g_new0(PlanVersion, 1);
        one->service = g_strdup(service);
        one->version = g_strdup(version);
        one->needs = g_new0(char *, 1);
        one->after = g_new0(char *, 1);
        one->volumes = g_ptr_array_new_with_free_func(plan_volume_free);
        one->host_ports = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        return one;
}

void plan_version_add_volume(PlanVersion *version, const char *name, uint64_t size_bytes)
{
        add_volume(version->volumes, name, size_bytes);
}

void plan_version_free(PlanVersion *version)
{
        if (!version)
                return;
        g_free(version->service);
        g_free(version->version);
        g_strfreev(version->needs);
        g_strfreev(version->after);
        g_ptr_array_unref(version->volumes);
        g_array_unref(version->host_ports);
        g_free(version->address);
        g_free(version);
}

static void free_version(void *version)
{
        plan_version_free(version);
}

Want *want_new(void)
{
        Want *want = g_new0(Want, 1);
        want->services = g_ptr_array_new_with_free_func(free_version);
        want->left_alone = g_ptr_array_new_with_free_func(g_free);
        return want;
}

void want_free(Want *want)
{
        if (!want)
                return;
        g_ptr_array_unref(want->services);
        g_ptr_array_unref(want->left_alone);
        g_free(want);
}

void bad_version_free(void *version)
{
        BadVersion *bad = version;
        g_free(bad->version);
        g_free(bad);
}

static void plan_kept_free(void *data)
{
        PlanKept *kept = data;
        g_free(kept->version);
        g_free(kept);
}

HaveService *have_service_new(const char *service)
{
        HaveService *one = g_new0(HaveService, 1);
        one->service = g_strdup(service);
        one->bad = g_ptr_array_new_with_free_func(bad_version_free);
        one->volumes = g_ptr_array_new_with_free_func(plan_volume_free);
        one->versions = g_ptr_array_new_with_free_func(plan_kept_free);
        return one;
}

void have_service_add_version(HaveService *service, const char *version, uint64_t disk_bytes)
{
        PlanKept *kept = g_new0(PlanKept, 1);
        kept->version = g_strdup(version);
        kept->disk_bytes = disk_bytes;
        g_ptr_array_add(service->versions, kept);
}

void have_service_add_bad(HaveService *service, const char *version, int64_t serial)
{
        BadVersion *bad = g_new0(BadVersion, 1);
        bad->version = g_strdup(version);
        bad->serial = serial;
        g_ptr_array_add(service->bad, bad);
}

void have_service_add_volume(HaveService *service, const char *name, uint64_t size_bytes)
{
        add_volume(service->volumes, name, size_bytes);
}

static void have_service_free(void *data)
{
        HaveService *service = data;
        g_free(service->service);
        plan_version_free(service->current);
        plan_version_free(service->previous);
        plan_version_free(service->candidate);
        g_free(service->running);
        g_free(service->beside);
        g_ptr_array_unref(service->bad);
        g_ptr_array_unref(service->volumes);
        g_ptr_array_unref(service->versions);
        g_free(service);
}

Have *have_new(void)
{
        Have *have = g_new0(Have, 1);
        have->services = g_ptr_array_new_with_free_func(have_service_free);
        return have;
}

void have_free(Have *have)
{
        if (!have)
                return;
        g_ptr_array_unref(have->services);
        g_free(have);
}

static void step_free(void *data)
{
        Step *step = data;
        g_free(step->service);
        g_free(step->version);
        g_free(step->from);
        g_strfreev(step->depends);
        g_free(step->why);
        g_free(step);
}

static void problem_free(void *data)
{
        Problem *problem = data;
        g_free(problem->service);
        g_free(problem->message);
        g_free(problem);
}

Plan *plan_new(void)
{
        Plan *plan = g_new0(Plan, 1);
        plan->steps = g_ptr_array_new_with_free_func(step_free);
        plan->problems = g_ptr_array_new_with_free_func(problem_free);
        return plan;
}

void plan_free(Plan *plan)
{
        if (!plan)
                return;
        g_ptr_array_unref(plan->steps);
        g_ptr_array_unref(plan->problems);
        g_free(plan);
}

const char *step_name(StepKind kind)
{
        static const char *const names[] = {
                [STEP_FETCH] = "fetch",   [STEP_STOP] = "stop",     [STEP_START] = "start",
                [STEP_UPDATE] = "update", [STEP_RETURN] = "return", [STEP_REMOVE] = "remove",
                [STEP_FORGET] = "forget",
        };
        return names[kind];
}
