/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of list.h that writes a list. */
#include "list.h"

enum { FOLD_AFTER_CHARS = 80 };

/* Appends a field in folded lines, because the lines of a signed message cannot be long. */
static void add_relations(GString *out, const char *name, const GPtrArray *relations)
{
        if (relations->len == 0)
                return;
        size_t start = out->len;
        g_string_append_printf(out, "%s:", name);
        for (guint i = 0; i < relations->len; i++) {
                g_autofree char *text = relation_format(relations->pdata[i]);
                if (out->len - start > FOLD_AFTER_CHARS) {
                        g_string_append_c(out, '\n');
                        start = out->len;
                }
                g_string_append_printf(out, " %s%s", text, i + 1 < relations->len ? "," : "");
        }
        g_string_append_c(out, '\n');
}

static void add_services(GString *out, const GPtrArray *services)
{
        if (services->len == 0)
                return;
        g_string_append(out, "Services-SHA256:\n");
        for (guint i = 0; i < services->len; i++) {
                const ListService *service = services->pdata[i];
                g_autofree char *hex = digest_to_hex(service->sha256);
                g_string_append_printf(out, " %s %s %s\n", hex, service->service, service->version);
        }
}

static void add_settings(GString *out, const GPtrArray *services)
{
        const char *head = "Settings-SHA256:\n";
        for (guint i = 0; i < services->len; i++) {
                const ListService *service = services->pdata[i];
                g_autofree char *hex = digest_to_hex(service->settings_sha256);
                if (!service->has_settings)
                        continue;
                g_string_append_printf(out, "%s %s %s\n", head, hex, service->service);
                head = "";
        }
}

GBytes *list_format(const List *list)
{
        GString *out = g_string_new("Format: lautta-list/1\n");
        g_string_append_printf(out, "Host: %s\nHost-Key: %s\nSerial: %" G_GINT64_FORMAT "\n", list->host,
                               list->host_key, list->serial);
        statement_add_time(out, "Date", list->date);
        statement_add_time(out, "Valid-Until", list->valid_until);
        statement_add_time(out, "Depot-Date-Min", list->depot_date_min);
        if (list->interval_s)
                g_string_append_printf(out, "Interval: %us\n", list->interval_s);
        add_relations(out, "Must-Have", list->must_have);
        add_services(out, list->services);
        add_settings(out, list->services);
        add_relations(out, "May-Have", list->may_have);
        add_relations(out, "May-Not-Have", list->may_not_have);
        add_relations(out, "As-Container", list->as_container);
        return g_string_free_to_bytes(out);
}
