/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service_record.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "debversion.h"
#include "digest.h"
#include "errors.h"
#include "files.h"
#include "paths.h"
#include "record.h"
#include "text.h"

ServiceRecord *service_record_new(const char *service)
{
        ServiceRecord *record = g_new0(ServiceRecord, 1);
        record->service = g_strdup(service);
        record->bad = g_ptr_array_new_with_free_func(bad_version_free);
        record->restarts = g_array_new(false, false, sizeof(int64_t));
        return record;
}

void service_record_free(ServiceRecord *record)
{
        if (!record)
                return;
        g_free(record->service);
        g_free(record->current);
        g_free(record->previous);
        g_free(record->candidate);
        g_free(record->address);
        g_ptr_array_unref(record->bad);
        g_array_unref(record->restarts);
        g_free(record->asked);
        g_free(record->settings);
        g_free(record->halted);
        g_free(record->error);
        g_free(record);
}

void service_record_clear_bad(ServiceRecord *record, const char *version)
{
        for (guint i = record->bad->len; i-- > 0;) {
                BadVersion *bad = record->bad->pdata[i];
                if (strcmp(bad->version, version) == 0)
                        g_ptr_array_remove_index(record->bad, i);
        }
}

void service_record_add_bad(ServiceRecord *record, const char *version, int64_t serial)
{
        service_record_clear_bad(record, version);
        BadVersion *bad = g_new0(BadVersion, 1);
        bad->version = g_strdup(version);
        bad->serial = serial;
        g_ptr_array_add(record->bad, bad);
}

void service_record_add_restart(ServiceRecord *record, int64_t at)
{
        g_array_append_val(record->restarts, at);
        if (record->restarts->len > SERVICE_RESTARTS_MAX)
                g_array_remove_index(record->restarts, 0);
}

json_t *service_record_bad_to_json(const ServiceRecord *record)
{
        json_t *all = json_array();
        for (guint i = 0; i < record->bad->len; i++) {
                const BadVersion *bad = record->bad->pdata[i];
                json_array_append_new(all, json_pack("{s:s, s:I}", "version", bad->version, "serial",
                                                     (json_int_t)bad->serial));
        }
        return all;
}

static json_t *restarts_to_json(const ServiceRecord *record)
{
        json_t *all = json_array();
        for (guint i = 0; i < record->restarts->len; i++)
                json_array_append_new(all, json_integer(g_array_index(record->restarts, int64_t, i)));
        return all;
}

bool service_record_save(const char *state_directory, const ServiceRecord *record, GError **error)
{
        g_autofree char *path = paths_service_record(state_directory, record->service, ".json");
        g_autofree char *directory = g_path_get_dirname(path);
        g_autoptr(json_t) object = json_pack(
                "{s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:o, s:o, s:s?, s:s?, s:s?, s:b, s:b, s:b}", "service",
                record->service, "current", record->current, "previous", record->previous, "candidate",
                record->candidate, "address", record->address, "asked", record->asked, "bad",
                service_record_bad_to_json(record), "restarts", restarts_to_json(record), "settings",
                record->settings, "halted", record->halted, "error", record->error, "stopped",
                record->stopped, "container", record->container, "listed", record->listed);
        if (!object)
                return fail(error, LAUTTA_ERROR_SYSTEM, "cannot write '%s': some text is not UTF-8", path);
        return directory_make(directory, 0755, error) && record_write(path, object, error);
}

static void read_bad(ServiceRecord *record, const json_t *all)
{
        size_t i = 0;
        json_t *one = NULL;
        json_array_foreach (all, i, one) {
                const char *version = json_string_value(json_object_get(one, "version"));
                if (version && debian_version_is_valid(version))
                        service_record_add_bad(record, version,
                                               json_integer_value(json_object_get(one, "serial")));
        }
}

static void read_restarts(ServiceRecord *record, const json_t *all)
{
        size_t i = 0;
        json_t *one = NULL;
        json_array_foreach (all, i, one)
                service_record_add_restart(record, json_integer_value(one));
}

static bool read_version(char **field, const json_t *object, const char *key)
{
        const char *version = json_string_value(json_object_get(object, key));
        text_set(field, version);
        return !version || debian_version_is_valid(version);
}

static bool read_fields(ServiceRecord *record, const json_t *object)
{
        const char *service = json_string_value(json_object_get(object, "service"));
        if (!service || strcmp(service, record->service) != 0 ||
            !read_version(&record->current, object, "current") ||
            !read_version(&record->previous, object, "previous") ||
            !read_version(&record->candidate, object, "candidate"))
                return false;
        text_set(&record->address, json_string_value(json_object_get(object, "address")));
        text_set(&record->asked, json_string_value(json_object_get(object, "asked")));
        text_set(&record->settings, json_string_value(json_object_get(object, "settings")));
        text_set(&record->halted, json_string_value(json_object_get(object, "halted")));
        text_set(&record->error, json_string_value(json_object_get(object, "error")));
        uint8_t sha256[DIGEST_BYTES];
        if (record->settings && !digest_from_hex(record->settings, sha256))
                return false;
        record->stopped = json_is_true(json_object_get(object, "stopped"));
        record->container = json_is_true(json_object_get(object, "container"));
        record->listed = json_is_true(json_object_get(object, "listed"));
        read_bad(record, json_object_get(object, "bad"));
        read_restarts(record, json_object_get(object, "restarts"));
        return true;
}

static bool put_aside(const char *state_directory, const char *service, const char *why, char **torn,
                      GError **error)
{
        g_autofree char *path = paths_service_record(state_directory, service, ".json");
        g_autofree char *aside = paths_service_record(state_directory, service, ".torn");
        if (g_rename(path, aside) != 0)
                return fail_errno(error, "cannot put '%s' aside", path);
        *torn = g_strdup_printf("the record of '%s' is not whole, and lies in '%s' now: %s", service, aside,
                                why);
        return true;
}

ServiceRecord *service_record_load(const char *state_directory, const char *service, char **torn,
                                   GError **error)
{
        g_autofree char *path = paths_service_record(state_directory, service, ".json");
        g_autoptr(GError) why = NULL;
        g_autoptr(json_t) object = record_read(path, &why);
        g_autoptr(ServiceRecord) record = service_record_new(service);
        if (object && read_fields(record, object))
                return g_steal_pointer(&record);
        if (!object && !error_is(why, LAUTTA_ERROR_NOT_FOUND) && !error_is(why, LAUTTA_ERROR_CORRUPT)) {
                g_propagate_error(error, g_steal_pointer(&why));
                return NULL;
        }
        const char *reason = why ? why->message : "a field has a wrong value";
        if (torn && !error_is(why, LAUTTA_ERROR_NOT_FOUND) &&
            !put_aside(state_directory, service, reason, torn, error))
                return NULL;
        return service_record_new(service);
}

bool service_record_remove(const char *state_directory, const char *service, GError **error)
{
        g_autofree char *path = paths_service_record(state_directory, service, ".json");
        g_autofree char *left_by_a_kill = g_strconcat(path, ".new", NULL);
        unlink(left_by_a_kill);
        if (unlink(path) == 0)
                return directory_sync_parent(path, error);
        return errno == ENOENT || fail_errno(error, "cannot remove '%s'", path);
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *service_record_names(const char *state_directory, GError **error)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *path = paths_service_records(state_directory);
        g_autoptr(GError) why = NULL;
        g_autoptr(GDir) dir = g_dir_open(path, 0, &why);
        if (!dir && !g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
                fail(error, LAUTTA_ERROR_SYSTEM, "%s", why->message);
                return NULL;
        }
        for (const char *name; dir && (name = g_dir_read_name(dir));) {
                g_autofree char *service =
                        g_str_has_suffix(name, ".json") ? g_strndup(name, strlen(name) - 5) : NULL;
                if (service && debian_name_is_valid(service))
                        g_ptr_array_add(names, g_steal_pointer(&service));
        }
        g_ptr_array_sort(names, compare_names);
        return g_steal_pointer(&names);
}
