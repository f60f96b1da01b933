/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measures the time to plan 1,000 services: all new, all as wanted, and all to be updated. Prints one JSON
 * object of milliseconds, each the median of 21. */
#include <stdio.h>
#include <stdlib.h>

#include "plan.h"

enum { SERVICES = 1000, RUNS = 21 };
typedef enum { ALL_NEW, ALL_AS_WANTED, ALL_UPDATED } Scene;

static PlanVersion *make_version(unsigned i, const char *version)
{
        g_autofree char *name = g_strdup_printf("service-%u", i);
        PlanVersion *one = plan_version_new(name, version);
        one->kind = KIND_CONTAINER;
        one->as_container = true;
        one->memory_bytes = 64 << 20;
        one->priority = i % 100;
        uint32_t port = 10000 + i;
        g_array_append_val(one->host_ports, port);
        one->address = g_strdup_printf("10.0.%u.%u", i / 250, i % 250);
        g_autofree char *needs = g_strdup_printf("service-%u service-%u", i / 2, i / 3);
        if (i > 1) {
                g_strfreev(one->needs);
                one->needs = g_strsplit(needs, " ", -1);
        }
        return one;
}

static void add_here(Have *have, unsigned i, const char *version)
{
        PlanVersion *current = make_version(i, version);
        current->fetched = true;
        HaveService *here = have_service_new(current->service);
        here->current = current;
        here->running = g_strdup(version);
        have_service_add_version(here, version, 0);
        have_service_add_version(here, "0.9", 0);
        g_ptr_array_add(have->services, here);
}

static void make_scene(Scene scene, Want *want, Have *have)
{
        want->may_install = true;
        have->runs_containers = true;
        have->memory_bytes = UINT64_C(1) << 40;
        have->disk_free_bytes = UINT64_C(1) << 40;
        for (unsigned i = 0; i < SERVICES; i++) {
                PlanVersion *one = make_version(i, scene == ALL_UPDATED ? "1.1" : "1.0");
                one->fetched = scene == ALL_AS_WANTED;
                g_ptr_array_add(want->services, one);
                if (scene != ALL_NEW)
                        add_here(have, i, "1.0");
        }
}

static int compare(const void *a, const void *b)
{
        const double *left = a, *right = b;
        return (*left > *right) - (*left < *right);
}

static double measure(Scene scene)
{
        g_autoptr(Want) want = want_new();
        g_autoptr(Have) have = have_new();
        make_scene(scene, want, have);
        double times_ms[RUNS];
        for (int i = 0; i < RUNS; i++) {
                gint64 begin_us = g_get_monotonic_time();
                g_autoptr(Plan) plan = plan_make(want, have);
                times_ms[i] = (double)(g_get_monotonic_time() - begin_us) / 1e3;
                if (plan->problems->len || plan->steps->len < SERVICES)
                        exit(1);
        }
        qsort(times_ms, RUNS, sizeof(double), compare);
        return times_ms[RUNS / 2];
}

int main(void)
{
        printf("{\"new\": %.2f, \"as_wanted\": %.2f, \"updated\": %.2f}\n", measure(ALL_NEW),
               measure(ALL_AS_WANTED), measure(ALL_UPDATED));
        return 0;
}
