/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet_report.h"

#include <jansson.h>
#include <stdio.h>

#include "fleet_compile.h"
#include "fleet_diff.h"
#include "output.h"
#include "units.h"

static void print_step(const FleetStep *step)
{
        output_print("%s  %s", step->host, fleet_action_name(step->action));
        if (!step->list) {
                output_print("  the host is no longer in the fleet; it keeps its services and packages\n");
                return;
        }
        g_autofree char *until = time_format(step->list->valid_until);
        output_print("  serial %" G_GINT64_FORMAT ", valid until %s\n", step->list->serial, until);
        if (step->why)
                output_print("  the published file is no list of this operator and is replaced: %s\n",
                             step->why);
        g_auto(GStrv) lines = fleet_diff(step->before, step->list);
        for (char **line = lines; *line; line++)
                output_print("  %s\n", *line);
}

static void count_actions(const GPtrArray *steps, guint counts[FLEET_REMOVED + 1])
{
        for (guint i = 0; i < steps->len; i++)
                counts[((const FleetStep *)steps->pdata[i])->action]++;
}

void fleet_report_text(const GPtrArray *steps, bool dry_run)
{
        guint counts[FLEET_REMOVED + 1] = {0};
        count_actions(steps, counts);
        for (guint i = 0; i < steps->len; i++)
                if (((const FleetStep *)steps->pdata[i])->action != FLEET_KEPT)
                        print_step(steps->pdata[i]);
        output_print("Lists: %u new, %u changed, %u renewed, %u kept, %u removed%s.\n", counts[FLEET_NEW],
                     counts[FLEET_CHANGED], counts[FLEET_RENEWED], counts[FLEET_KEPT], counts[FLEET_REMOVED],
                     dry_run ? "; nothing was signed" : "");
}

static json_t *step_to_json(const FleetStep *step)
{
        json_t *object = json_object();
        output_add_text(&object, "host", step->host);
        output_add_text(&object, "action", fleet_action_name(step->action));
        if (!step->list)
                return object;
        g_auto(GStrv) lines = fleet_diff(step->before, step->list);
        g_autofree char *until = time_format(step->list->valid_until);
        output_add(&object, "serial", json_integer(step->list->serial));
        output_add_text(&object, "valid_until", until);
        output_add(&object, "changes", output_texts((const char *const *)lines));
        return object;
}

bool fleet_report_json(const GPtrArray *steps, bool dry_run, GError **error)
{
        json_t *hosts = json_array();
        for (guint i = 0; i < steps->len; i++)
                json_array_append_new(hosts, step_to_json(steps->pdata[i]));
        json_t *object = json_object();
        output_add_flag(&object, "dry_run", dry_run);
        output_add(&object, "hosts", hosts);
        return output_json(object, error);
}

void fleet_report_check(const GPtrArray *steps)
{
        for (guint i = 0; i < steps->len; i++) {
                const List *list = ((const FleetStep *)steps->pdata[i])->list;
                guint packages = list->must_have->len;
                output_print("%s", list->host);
                for (guint j = 0; j < list->services->len; j++) {
                        const ListService *service = list->services->pdata[j];
                        bool must = relations_find(list->must_have, service->service) != NULL;
                        packages -= must;
                        output_print("%s%s %s%s", j ? ", " : "  ", service->service, service->version,
                                     must ? "" : " (may)");
                }
                output_print("%s%u Debian package%s\n", list->services->len ? "; " : "  ", packages,
                             packages == 1 ? "" : "s");
        }
        output_print("The fleet is fine: %u host%s.\n", steps->len, steps->len == 1 ? "" : "s");
}
