/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "list.h"

#include <stdlib.h>
#include <string.h>

#include "debversion.h"
#include "errors.h"
#include "names.h"
#include "units.h"

static void service_free(void *data)
{
        ListService *service = data;
        g_free(service->service);
        g_free(service->version);
        g_free(service);
}

List *list_new(void)
{
        List *list = g_new0(List, 1);
        list->must_have = relations_new();
        list->may_have = relations_new();
        list->may_not_have = relations_new();
        list->services = g_ptr_array_new_with_free_func(service_free);
        list->as_container = relations_new();
        return list;
}

void list_free(List *list)
{
        if (!list)
                return;
        g_free(list->host);
        g_free(list->host_key);
        g_ptr_array_unref(list->must_have);
        g_ptr_array_unref(list->may_have);
        g_ptr_array_unref(list->may_not_have);
        g_ptr_array_unref(list->services);
        g_ptr_array_unref(list->as_container);
        g_free(list);
}

static int compare_services(const void *a, const void *b)
{
        const ListService *const *left = a, *const *right = b;
        return strcmp((*left)->service, (*right)->service);
}

void list_sort(List *list)
{
        relations_sort(list->must_have);
        relations_sort(list->may_have);
        relations_sort(list->may_not_have);
        relations_sort(list->as_container);
        g_ptr_array_sort(list->services, compare_services);
}

void list_add_service(List *list, const char *service, const char *version,
                      const uint8_t sha256[DIGEST_BYTES])
{
        ListService *one = g_new0(ListService, 1);
        one->service = g_strdup(service);
        one->version = g_strdup(version);
        memcpy(one->sha256, sha256, DIGEST_BYTES);
        g_ptr_array_add(list->services, one);
}

const ListService *list_service(const List *list, const char *name)
{
        const ListService wanted = {.service = (char *)name};
        const ListService *key = &wanted;
        const GPtrArray *services = list->services;
        const ListService *const *found =
                services->len ? bsearch(&key, services->pdata, services->len, sizeof key, compare_services)
                              : NULL;
        return found ? *found : NULL;
}

bool list_set_settings(List *list, const char *service, const uint8_t sha256[DIGEST_BYTES])
{
        ListService *one = (ListService *)list_service(list, service);
        if (!one || one->has_settings)
                return false;
        one->has_settings = true;
        memcpy(one->settings_sha256, sha256, DIGEST_BYTES);
        return true;
}

/* --- the fields: each function reads the value of one, as text */

static bool read_format(void *into, const char *value, GError **error)
{
        return statement_read_format(value, "lautta-list", "list", error);
}

static bool read_host(void *into, const char *value, GError **error)
{
        List *list = into;
        list->host = g_strdup(value);
        return host_name_is_valid(value) ||
               fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not a host's name", value);
}

static bool read_host_key(void *into, const char *value, GError **error)
{
        List *list = into;
        list->host_key = g_strdup(value);
        return host_key_is_valid(value) ||
               fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not a host's key", value);
}

static bool read_serial(void *into, const char *value, GError **error)
{
        return statement_read_serial(value, &((List *)into)->serial, error);
}

static bool read_date(void *into, const char *value, GError **error)
{
        return statement_read_time(value, &((List *)into)->date, error);
}

static bool read_valid_until(void *into, const char *value, GError **error)
{
        return statement_read_time(value, &((List *)into)->valid_until, error);
}

static bool read_depot_date_min(void *into, const char *value, GError **error)
{
        return statement_read_time(value, &((List *)into)->depot_date_min, error);
}

static bool read_interval(void *into, const char *value, GError **error)
{
        List *list = into;
        uint64_t seconds = 0;
        if (!g_str_has_suffix(value, "s") || !duration_parse(value, &seconds, NULL) ||
            seconds < LIST_INTERVAL_MIN_S || seconds > LIST_INTERVAL_MAX_S)
                return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not within %ds and %ds", value,
                            LIST_INTERVAL_MIN_S, LIST_INTERVAL_MAX_S);
        list->interval_s = (unsigned)seconds;
        return true;
}

static bool read_must_have(void *into, const char *value, GError **error)
{
        return relations_parse(value, false, ((List *)into)->must_have, error);
}

static bool read_may_have(void *into, const char *value, GError **error)
{
        return relations_parse(value, true, ((List *)into)->may_have, error);
}

static bool read_may_not_have(void *into, const char *value, GError **error)
{
        return relations_parse(value, false, ((List *)into)->may_not_have, error);
}

static bool read_as_container(void *into, const char *value, GError **error)
{
        return relations_parse(value, false, ((List *)into)->as_container, error);
}

/* "DIGEST SERVICE VERSION" */
static bool read_service(List *list, const char *line, GError **error)
{
        g_auto(GStrv) words = g_strsplit(line, " ", 4);
        uint8_t sha256[DIGEST_BYTES];
        if (g_strv_length(words) != 3 || !digest_from_hex(words[0], sha256) ||
            !debian_name_is_valid(words[1]) || !debian_version_is_valid(words[2]))
                return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not 'DIGEST SERVICE VERSION'", line);
        list_add_service(list, words[1], words[2], sha256);
        return true;
}

static bool read_services(void *into, const char *value, GError **error)
{
        List *list = into;
        g_auto(GStrv) lines = g_strsplit(value, "\n", -1);
        for (char **line = lines; *line; line++)
                if (*g_strstrip(*line) && !read_service(list, *line, error))
                        return false;
        if (list->services->len > RELATIONS_MAX)
                return fail(error, LAUTTA_ERROR_CORRUPT, "it names more than %d services", RELATIONS_MAX);
        g_ptr_array_sort(list->services, compare_services);
        for (guint i = 1; i < list->services->len; i++)
                if (compare_services(&list->services->pdata[i - 1], &list->services->pdata[i]) == 0)
                        return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is there twice",
                                    ((const ListService *)list->services->pdata[i])->service);
        return true;
}

/* "DIGEST SERVICE" */
static bool read_settings_of(List *list, const char *line, GError **error)
{
        g_auto(GStrv) words = g_strsplit(line, " ", 3);
        uint8_t sha256[DIGEST_BYTES];
        if (g_strv_length(words) != 2 || !digest_from_hex(words[0], sha256) ||
            !debian_name_is_valid(words[1]))
                return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not 'DIGEST SERVICE'", line);
        return list_set_settings(list, words[1], sha256) ||
               fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is there twice, or not in Services-SHA256", words[1]);
}

static bool read_settings(void *into, const char *value, GError **error)
{
        g_auto(GStrv) lines = g_strsplit(value, "\n", -1);
        for (char **line = lines; *line; line++)
                if (*g_strstrip(*line) && !read_settings_of(into, *line, error))
                        return false;
        return true;
}

static const StatementField fields[] = {
        {"Format", read_format, true, false}, /* first: the other fields may depend on it */
        {"Host", read_host, true, false},
        {"Host-Key", read_host_key, true, false},
        {"Serial", read_serial, true, false},
        {"Date", read_date, true, false},
        {"Valid-Until", read_valid_until, true, false},
        {"Depot-Date-Min", read_depot_date_min, true, false},
        {"Interval", read_interval, false, false},
        {"Must-Have", read_must_have, false, true},
        {"Services-SHA256", read_services, false, true},
        {"Settings-SHA256", read_settings, false, true}, /* after the services, which it refers to */
        {"May-Have", read_may_have, false, true},
        {"May-Not-Have", read_may_not_have, false, true},
        {"As-Container", read_as_container, false, true},
        {0},
};

List *list_parse(GBytes *text, const char *name, GError **error)
{
        g_autoptr(List) list = list_new();
        if (!statement_parse(text, name, LIST_MAX_BYTES, fields, list, error))
                return NULL;
        if (list_check(list, error))
                return g_steal_pointer(&list);
        g_prefix_error(error, "%s: ", name);
        return NULL;
}

/* --- rules that span fields */

static bool check_only_once(const List *list, GError **error)
{
        const struct {
                const char *name;
                const GPtrArray *relations;
        } places[] = {{"Must-Have", list->must_have},
                      {"May-Have", list->may_have},
                      {"May-Not-Have", list->may_not_have}};
        for (size_t a = 0; a < G_N_ELEMENTS(places); a++)
                for (size_t b = 0; b < a; b++)
                        for (guint i = 0; i < places[a].relations->len; i++) {
                                const Relation *relation = places[a].relations->pdata[i];
                                if (relations_find(places[b].relations, relation->name))
                                        return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is in %s and in %s",
                                                    relation->name, places[b].name, places[a].name);
                        }
        return true;
}

static bool check_barred(const List *list, GError **error)
{
        for (guint i = 0; i < list->may_not_have->len; i++) {
                const Relation *relation = list->may_not_have->pdata[i];
                if (relation->version)
                        return fail(error, LAUTTA_ERROR_CORRUPT, "May-Not-Have: '%s' cannot have a version",
                                    relation->name);
                if (package_is_vital(relation->name))
                        return fail(error, LAUTTA_ERROR_CORRUPT,
                                    "May-Not-Have: '%s' may not be named: no host can do without it",
                                    relation->name);
        }
        return true;
}

/* Checks that each pinned digest belongs to a named version, and not to a package that Debian itself must provide. */
static bool check_services(const List *list, GError **error)
{
        for (guint i = 0; i < list->services->len; i++) {
                const ListService *service = list->services->pdata[i];
                const Relation *relation = relations_find(list->must_have, service->service);
                if (!relation)
                        relation = relations_find(list->may_have, service->service);
                if (!relation || g_strcmp0(relation->version, service->version) != 0)
                        return fail(error, LAUTTA_ERROR_CORRUPT,
                                    "Services-SHA256: '%s %s' is not that version in Must-Have or May-Have",
                                    service->service, service->version);
                if (package_is_reserved(service->service))
                        return fail(error, LAUTTA_ERROR_CORRUPT,
                                    "Services-SHA256: '%s' may not be named: a service cannot take its place",
                                    service->service);
        }
        for (guint i = 0; i < list->as_container->len; i++) {
                const Relation *relation = list->as_container->pdata[i];
                if (relation->version || !list_service(list, relation->name))
                        return fail(error, LAUTTA_ERROR_CORRUPT,
                                    "As-Container: '%s' is not the bare name of a service in Services-SHA256",
                                    relation->name);
        }
        return true;
}

bool list_check(const List *list, GError **error)
{
        if (list->valid_until <= list->date)
                return fail(error, LAUTTA_ERROR_CORRUPT, "Valid-Until is not after Date");
        return check_only_once(list, error) && check_barred(list, error) && check_services(list, error);
}
