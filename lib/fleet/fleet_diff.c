/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet_diff.h"

#include <string.h>

#include "debversion.h"

enum { SHOWN_DIGITS = 12 };

/* The entry of a list for one package or pattern. */
typedef struct {
        bool is_pattern;
        const char *kind; /* NULL: nothing */
        const char *version;
        const uint8_t *sha256;
        const uint8_t *settings; /* digest; NULL: none */
        bool as_container;
} Said;

static Said said_of(const List *list, const char *name)
{
        Said said = {.is_pattern = !debian_name_is_valid(name)};
        if (!list)
                return said;
        const Relation *must = relations_find(list->must_have, name);
        const Relation *may = relations_find(list->may_have, name);
        const Relation *relation = must ? must : may;
        const ListService *service = list_service(list, name);
        said.kind = must ? "must" : may ? "may" : relations_find(list->may_not_have, name) ? "may not" : NULL;
        said.version = relation ? relation->version : NULL;
        said.sha256 = service ? service->sha256 : NULL;
        said.settings = service && service->has_settings ? service->settings_sha256 : NULL;
        said.as_container = relations_find(list->as_container, name) != NULL;
        return said;
}

static bool is_same_package(Said a, Said b)
{
        return !a.sha256 || !b.sha256 || memcmp(a.sha256, b.sha256, DIGEST_BYTES) == 0;
}

/* "must, service 1.0.0", "may, Debian package", "may, whatever it matches", "may not". */
static char *describe(Said said)
{
        if (!said.kind)
                return g_strdup("nothing");
        if (strcmp(said.kind, "may not") == 0)
                return g_strdup(said.kind);
        if (said.is_pattern)
                return g_strdup_printf("%s, whatever it matches", said.kind);
        if (!said.sha256)
                return g_strdup_printf("%s, Debian package", said.kind);
        return g_strdup_printf("%s, service %s%s", said.kind, said.version,
                               said.as_container ? ", as container" : "");
}

static void add_package(GPtrArray *lines, const char *name, Said before, Said now)
{
        g_autofree char *was = describe(before);
        g_autofree char *is = describe(now);
        if (strcmp(was, is) != 0)
                g_ptr_array_add(lines, before.kind ? g_strdup_printf("%s: %s -> %s", name, was, is)
                                                   : g_strdup_printf("%s: %s", name, is));
        else if (!is_same_package(before, now))
                g_ptr_array_add(lines,
                                g_strdup_printf("%s: %s, but its service package is another", name, is));
}

static char *describe_settings(const uint8_t *sha256)
{
        g_autofree char *hex = sha256 ? digest_to_hex(sha256) : NULL;
        return hex ? g_strndup(hex, SHOWN_DIGITS) : g_strdup("none");
}

static void add_settings(GPtrArray *lines, const char *name, Said before, Said now)
{
        bool same = before.settings && now.settings ? memcmp(before.settings, now.settings, DIGEST_BYTES) == 0
                                                    : before.settings == now.settings;
        g_autofree char *was = describe_settings(before.settings);
        g_autofree char *is = describe_settings(now.settings);
        if (!same)
                g_ptr_array_add(lines, g_strdup_printf("%s: settings: %s -> %s", name, was, is));
}

static void collect(GHashTable *names, const List *list)
{
        if (!list)
                return;
        const GPtrArray *const places[] = {list->must_have, list->may_have, list->may_not_have};
        for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
                for (guint j = 0; j < places[i]->len; j++)
                        g_hash_table_add(names, ((const Relation *)places[i]->pdata[j])->name);
}

static char *interval(const List *list)
{
        return list->interval_s ? g_strdup_printf("%us", list->interval_s) : g_strdup("the host's own");
}

GStrv fleet_diff(const List *before, const List *list)
{
        g_autoptr(GPtrArray) lines = g_ptr_array_new();
        g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
        collect(names, before);
        collect(names, list);
        g_autoptr(GList) sorted = g_list_sort(g_hash_table_get_keys(names), (GCompareFunc)g_strcmp0);
        if (before && strcmp(before->host_key, list->host_key) != 0)
                g_ptr_array_add(lines,
                                g_strdup_printf("host key: %s -> %s", before->host_key, list->host_key));
        if (before && before->interval_s != list->interval_s) {
                g_autofree char *was = interval(before);
                g_autofree char *is = interval(list);
                g_ptr_array_add(lines, g_strdup_printf("interval: %s -> %s", was, is));
        }
        for (GList *name = sorted; name; name = name->next) {
                const Said was = said_of(before, name->data), is = said_of(list, name->data);
                add_package(lines, name->data, was, is);
                add_settings(lines, name->data, was, is);
        }
        g_ptr_array_add(lines, NULL);
        return (GStrv)g_ptr_array_free(g_steal_pointer(&lines), false);
}
