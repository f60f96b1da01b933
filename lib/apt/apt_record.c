/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apt_record.h"

#include <string.h>

#include "errors.h"
#include "files.h"
#include "record.h"

static GHashTable *set_new(void)
{
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

AptRecord *apt_record_new(void)
{
        AptRecord *record = g_new0(AptRecord, 1);
        record->ours = set_new();
        record->fingerprint = g_strdup("");
        record->refused = g_ptr_array_new_with_free_func(g_free);
        return record;
}

void apt_record_free(AptRecord *record)
{
        if (!record)
                return;
        g_clear_pointer(&record->base, g_hash_table_unref);
        g_hash_table_unref(record->ours);
        g_free(record->fingerprint);
        g_free(record->torn);
        g_ptr_array_unref(record->refused);
        g_free(record);
}

static void read_set(const json_t *names, GHashTable *set)
{
        size_t i = 0;
        const json_t *name = NULL;
        json_array_foreach (names, i, name)
                if (json_is_string(name))
                        g_hash_table_add(set, g_strdup(json_string_value(name)));
}

static AptRecord *from_json(const json_t *json)
{
        AptRecord *record = apt_record_new();
        const json_t *base = json_object_get(json, "base");
        if (json_is_array(base)) {
                record->base = set_new();
                read_set(base, record->base);
        }
        read_set(json_object_get(json, "installed"), record->ours);
        const char *fingerprint = json_string_value(json_object_get(json, "fingerprint"));
        g_free(record->fingerprint);
        record->fingerprint = g_strdup(fingerprint ? fingerprint : "");
        record->serial = json_integer_value(json_object_get(json, "serial"));
        record->looked_at = json_integer_value(json_object_get(json, "looked-at"));
        size_t i = 0;
        const json_t *sentence = NULL;
        json_array_foreach (json_object_get(json, "refused"), i, sentence)
                if (json_is_string(sentence))
                        g_ptr_array_add(record->refused, g_strdup(json_string_value(sentence)));
        return record;
}

AptRecord *apt_record_load(const char *path, GError **error)
{
        g_autoptr(GError) failure = NULL;
        g_autofree char *torn = NULL;
        g_autoptr(json_t) json = record_take(path, &torn, &failure);
        if (failure) {
                g_propagate_error(error, g_steal_pointer(&failure));
                return NULL;
        }
        AptRecord *record = json ? from_json(json) : apt_record_new();
        record->torn = g_steal_pointer(&torn);
        return record;
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static json_t *names_to_json(GHashTable *set)
{
        guint count = 0;
        g_autofree char **names = (char **)g_hash_table_get_keys_as_array(set, &count);
        qsort(names, count, sizeof *names, compare_names);
        json_t *array = json_array();
        for (guint i = 0; i < count; i++)
                json_array_append_new(array, json_string(names[i]));
        return array;
}

bool apt_record_save(const AptRecord *record, const char *path, GError **error)
{
        g_autoptr(json_t) json = json_object();
        json_t *refused = json_array();
        for (guint i = 0; i < record->refused->len; i++)
                json_array_append_new(refused, json_string(g_ptr_array_index(record->refused, i)));
        if (record->base)
                json_object_set_new(json, "base", names_to_json(record->base));
        json_object_set_new(json, "installed", names_to_json(record->ours));
        json_object_set_new(json, "fingerprint", json_string(record->fingerprint));
        json_object_set_new(json, "serial", json_integer(record->serial));
        json_object_set_new(json, "looked-at", json_integer(record->looked_at));
        json_object_set_new(json, "refused", refused);
        g_autofree char *directory = g_path_get_dirname(path);
        return directory_make(directory, 0755, error) && record_write(path, json, error);
}
