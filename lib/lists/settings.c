/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settings.h"

#include <string.h>

#include "debversion.h"
#include "errors.h"
#include "names.h"
#include "record.h"
#include "statement.h"

static void file_free(void *data)
{
        SettingsFile *file = data;
        g_free(file->name);
        g_bytes_unref(file->content);
        g_free(file);
}

Settings *settings_new(const char *host, const char *service)
{
        Settings *settings = g_new0(Settings, 1);
        settings->host = g_strdup(host);
        settings->service = g_strdup(service);
        settings->files = g_ptr_array_new_with_free_func(file_free);
        return settings;
}

void settings_free(Settings *settings)
{
        if (!settings)
                return;
        g_free(settings->host);
        g_free(settings->service);
        g_ptr_array_unref(settings->files);
        g_free(settings);
}

bool settings_name_is_valid(const char *name)
{
        size_t length = strlen(name);
        return *name != '.' && length > 0 && length <= SETTINGS_NAME_MAX_CHARS &&
               strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == length;
}

static size_t all_bytes(const Settings *settings)
{
        size_t all = 0;
        for (guint i = 0; i < settings->files->len; i++)
                all += g_bytes_get_size(((SettingsFile *)settings->files->pdata[i])->content);
        return all;
}

static int compare_files(const void *a, const void *b)
{
        const SettingsFile *const *left = a, *const *right = b;
        return strcmp((*left)->name, (*right)->name);
}

static bool is_there(const Settings *settings, const char *name)
{
        for (guint i = 0; i < settings->files->len; i++)
                if (strcmp(((SettingsFile *)settings->files->pdata[i])->name, name) == 0)
                        return true;
        return false;
}

static bool check_file(const Settings *settings, const char *name, size_t size, GError **error)
{
        if (!settings_name_is_valid(name))
                return fail(
                        error, LAUTTA_ERROR_USAGE,
                        "'%s' is not a name for a file of settings: write at most %d letters, digits, '-', '_' and '.', and no '.' first",
                        name, SETTINGS_NAME_MAX_CHARS);
        if (size > SETTINGS_FILE_MAX_BYTES)
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is longer than %d bytes", name,
                            SETTINGS_FILE_MAX_BYTES);
        if (settings->files->len >= SETTINGS_FILES_MAX)
                return fail(error, LAUTTA_ERROR_USAGE, "there are more than %d files", SETTINGS_FILES_MAX);
        if (all_bytes(settings) + size > SETTINGS_ALL_MAX_BYTES)
                return fail(error, LAUTTA_ERROR_USAGE, "the files are longer than %d bytes together",
                            SETTINGS_ALL_MAX_BYTES);
        return !is_there(settings, name) || fail(error, LAUTTA_ERROR_USAGE, "'%s' is there twice", name);
}

bool settings_add(Settings *settings, const char *name, GBytes *content, GError **error)
{
        if (!check_file(settings, name, g_bytes_get_size(content), error))
                return false;
        SettingsFile *file = g_new0(SettingsFile, 1);
        file->name = g_strdup(name);
        file->content = g_bytes_ref(content);
        g_ptr_array_add(settings->files, file);
        g_ptr_array_sort(settings->files, compare_files);
        return true;
}

GBytes *settings_format(const Settings *settings)
{
        json_t *files = json_object();
        for (guint i = 0; i < settings->files->len; i++) {
                const SettingsFile *file = settings->files->pdata[i];
                size_t size = 0;
                const uint8_t *data = g_bytes_get_data(file->content, &size);
                g_autofree char *base64 = g_base64_encode(data, size);
                json_object_set_new(files, file->name, json_string(base64));
        }
        g_autoptr(json_t) all = json_pack("{s:s, s:s, s:s, s:o}", "format", "lautta-settings/1", "host",
                                          settings->host, "service", settings->service, "files", files);
        char *text = json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS);
        GString *line = g_string_new(text);
        free(text);
        g_string_append_c(line, '\n');
        return g_string_free_to_bytes(line);
}

static bool read_file(Settings *settings, const char *name, const json_t *value, GError **error)
{
        const char *base64 = json_string_value(value);
        if (!base64)
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is no text", name);
        gsize size = 0;
        guchar *data = *base64 ? g_base64_decode(base64, &size) : NULL;
        g_autoptr(GBytes) content = g_bytes_new_take(data, size);
        return settings_add(settings, name, content, error);
}

static bool check_names(const Settings *settings, GError **error)
{
        if (!host_name_is_valid(settings->host))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a host's name", settings->host);
        if (!debian_name_is_valid(settings->service))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a service's name", settings->service);
        return settings->files->len > 0 || fail(error, LAUTTA_ERROR_USAGE, "there is no file in it");
}

static Settings *read_object(json_t *object, GError **error)
{
        const char *format = json_string_value(json_object_get(object, "format"));
        const char *host = NULL, *service = NULL;
        json_t *files = NULL;
        if (!statement_read_format(format ? format : "", "lautta-settings", "settings file", error))
                return NULL;
        if (json_unpack(object, "{s:s, s:s, s:s, s:o !}", "format", &format, "host", &host, "service",
                        &service, "files", &files) ||
            !json_is_object(files)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "its fields are not format, host, service and files");
                return NULL;
        }
        g_autoptr(Settings) settings = settings_new(host, service);
        const char *name = NULL;
        json_t *value = NULL;
        json_object_foreach (files, name, value)
                if (!read_file(settings, name, value, error))
                        return NULL;
        return check_names(settings, error) ? g_steal_pointer(&settings) : NULL;
}

/* Checks that the text is the only valid form of the settings; other forms that JSON or base64 allow are refused. */
static bool check_form(const Settings *settings, GBytes *text, GError **error)
{
        g_autoptr(GBytes) written = settings_format(settings);
        return g_bytes_equal(written, text) ||
               fail(error, LAUTTA_ERROR_CORRUPT, "it is not in the one form that settings have");
}

static Settings *read_text(GBytes *text, GError **error)
{
        size_t size = 0;
        const char *data = g_bytes_get_data(text, &size);
        json_error_t why;
        if (size > SETTINGS_TEXT_MAX_BYTES) {
                fail(error, LAUTTA_ERROR_CORRUPT, "it is longer than %d bytes", SETTINGS_TEXT_MAX_BYTES);
                return NULL;
        }
        g_autoptr(json_t) object = json_loadb(size ? data : "", size, JSON_REJECT_DUPLICATES, &why);
        if (!object) {
                fail(error, LAUTTA_ERROR_CORRUPT, "line %d: %s", why.line, why.text);
                return NULL;
        }
        g_autoptr(Settings) settings = read_object(object, error);
        return settings && check_form(settings, text, error) ? g_steal_pointer(&settings) : NULL;
}

Settings *settings_parse(GBytes *text, const char *name, GError **error)
{
        g_autoptr(GError) why = NULL;
        Settings *settings = read_text(text, &why);
        if (!settings)
                fail(error, LAUTTA_ERROR_CORRUPT, "%s: %s", name, why->message);
        return settings;
}

Settings *settings_open(GBytes *text, const uint8_t sha256[DIGEST_BYTES], const char *host,
                        const char *service, const char *name, GError **error)
{
        uint8_t digest[DIGEST_BYTES];
        digest_sha256(g_bytes_get_data(text, NULL), g_bytes_get_size(text), digest);
        if (memcmp(digest, sha256, DIGEST_BYTES) != 0) {
                fail(error, LAUTTA_ERROR_UNTRUSTED, "%s: its SHA-256 is not the one that the list has", name);
                return NULL;
        }
        g_autoptr(Settings) settings = settings_parse(text, name, error);
        if (!settings)
                return NULL;
        if (strcmp(settings->host, host) == 0 && strcmp(settings->service, service) == 0)
                return g_steal_pointer(&settings);
        fail(error, LAUTTA_ERROR_UNTRUSTED,
             "%s: these are settings of '%s' on host '%s', not of '%s' on '%s'", name, settings->service,
             settings->host, service, host);
        return NULL;
}

char *settings_path(const uint8_t sha256[DIGEST_BYTES])
{
        g_autofree char *hex = digest_to_hex(sha256);
        return g_build_filename(SETTINGS_DIRECTORY, hex, NULL);
}
