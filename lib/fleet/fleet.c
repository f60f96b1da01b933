/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet.h"

#include <stdarg.h>
#include <string.h>

#include "debversion.h"
#include "description_text.h"
#include "errors.h"
#include "fleet_private.h"
#include "names.h"
#include "relation.h"

FleetFile *fleet_file_new(const char *path, GBytes *content)
{
        FleetFile *file = g_new0(FleetFile, 1);
        file->path = g_strdup(path);
        file->content = g_bytes_ref(content);
        return file;
}

void fleet_file_free(FleetFile *file)
{
        g_free(file->path);
        g_bytes_unref(file->content);
        g_free(file);
}

static void free_file(void *file)
{
        fleet_file_free(file);
}

GPtrArray *fleet_files_new(void)
{
        return g_ptr_array_new_with_free_func(free_file);
}

static void wish_free(void *data)
{
        FleetWish *wish = data;
        g_free(wish->name);
        g_free(wish->version);
        g_free(wish);
}

static void reference_free(void *data)
{
        FleetReference *reference = data;
        g_free(reference->name);
        g_free(reference);
}

static FleetNode *node_new(const char *name, const char *file)
{
        FleetNode *node = g_new0(FleetNode, 1);
        node->name = g_strdup(name);
        node->file = file;
        node->groups = g_ptr_array_new_with_free_func(reference_free);
        node->wishes = g_ptr_array_new_with_free_func(wish_free);
        node->as_container = g_ptr_array_new_with_free_func(reference_free);
        node->settings = g_ptr_array_new_with_free_func(fleet_settings_file_free);
        return node;
}

static void node_free(void *data)
{
        FleetNode *node = data;
        g_free(node->name);
        g_free(node->host_key);
        g_ptr_array_unref(node->groups);
        g_ptr_array_unref(node->wishes);
        g_ptr_array_unref(node->as_container);
        g_ptr_array_unref(node->settings);
        g_free(node->architecture.text);
        g_free(node);
}

static void service_free(void *data)
{
        FleetService *service = data;
        g_free(service->name);
        g_free(service->version);
        g_ptr_array_unref(service->requires);
        g_free(service);
}

void fleet_free(Fleet *fleet)
{
        if (!fleet)
                return;
        g_hash_table_unref(fleet->services);
        g_hash_table_unref(fleet->groups);
        g_ptr_array_unref(fleet->hosts);
        g_ptr_array_unref(fleet->sorted);
        g_string_chunk_free(fleet->strings);
        g_free(fleet);
}

static Fleet *fleet_new(void)
{
        Fleet *fleet = g_new0(Fleet, 1);
        fleet->services = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, service_free);
        fleet->groups = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, node_free);
        fleet->hosts = g_ptr_array_new_with_free_func(node_free);
        fleet->sorted = g_ptr_array_new();
        fleet->strings = g_string_chunk_new(4096);
        return fleet;
}

bool fleet_fail(FleetPlace place, GError **error, const char *format, ...)
{
        va_list arguments;
        va_start(arguments, format);
        g_autofree char *why = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        return fail(error, LAUTTA_ERROR_USAGE, "%s:%u: %s", place.file, place.line, why);
}

void fleet_add_reference(GPtrArray *references, const char *name, FleetPlace place)
{
        FleetReference *reference = g_new0(FleetReference, 1);
        reference->name = g_strdup(name);
        reference->place = place;
        g_ptr_array_add(references, reference);
}

/* --- wishes */

static bool name_is_valid(FleetKind kind, const char *name, bool has_version)
{
        if (debian_name_is_valid(name))
                return true;
        return kind == FLEET_MAY && !has_version && package_pattern_is_valid(name);
}

bool fleet_check_wish(FleetKind kind, const char *text, GError **error)
{
        g_autofree char *name = g_strndup(text, strcspn(text, "="));
        const char *version = text[strlen(name)] ? text + strlen(name) + 1 : NULL;
        if (!name_is_valid(kind, name, version != NULL))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a package: write NAME%s", text,
                            kind == FLEET_MUST  ? " or NAME=VERSION"
                            : kind == FLEET_MAY ? ", NAME=VERSION or a pattern of '*' and '?'"
                                                : " alone");
        if (version && kind == FLEET_MAY_NOT)
                return fail(error, LAUTTA_ERROR_USAGE,
                            "'%s': what may not be there has no version, write '%s'", text, name);
        if (version && strcmp(version, "newest") != 0 && !debian_version_is_valid(version))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s': '%s' is not a version, nor the word newest",
                            text, version);
        if (kind == FLEET_MAY_NOT && package_is_vital(name))
                return fail(error, LAUTTA_ERROR_USAGE,
                            "'%s' may not be named here: no host can do without it", name);
        return true;
}

bool fleet_add_wish(FleetNode *node, FleetKind kind, const char *text, FleetPlace place, GError **error)
{
        if (!fleet_check_wish(kind, text, error))
                return false;
        const char *equals = strchr(text, '=');
        FleetWish *wish = g_new0(FleetWish, 1);
        wish->kind = kind;
        wish->name = equals ? g_strndup(text, (size_t)(equals - text)) : g_strdup(text);
        wish->version = equals ? g_strdup(equals + 1) : NULL;
        wish->place = place;
        g_ptr_array_add(node->wishes, wish);
        return true;
}

/* --- from a file's name to its reader */

typedef struct {
        Fleet *fleet;
        GHashTable *hosts; /* name to FleetNode of fleet->hosts */
        GHashTable *seen;  /* set of paths */
} Reading;

/* Returns: the node of that name, made if there is none. Fails if it comes from another file. */
static FleetNode *node_of(Reading *reading, bool is_host, const char *name, const char *file, GError **error)
{
        GHashTable *table = is_host ? reading->hosts : reading->fleet->groups;
        FleetNode *node = g_hash_table_lookup(table, name);
        if (node && strcmp(node->file, file) != 0) {
                fail(error, LAUTTA_ERROR_USAGE, "%s: there is '%s', too: one of the two must go", file,
                     node->file);
                return NULL;
        }
        if (node)
                return node;
        node = node_new(name, file);
        g_hash_table_insert(table, node->name, node);
        if (is_host)
                g_ptr_array_add(reading->fleet->hosts, node);
        return node;
}

static bool read_service(Reading *reading, const char *name, const char *path, GBytes *source, GError **error)
{
        FleetService *service = g_new0(FleetService, 1);
        service->name = g_strdup(name);
        service->file = path;
        service->requires = g_ptr_array_new_with_free_func(reference_free);
        g_hash_table_insert(reading->fleet->services, service->name, service);
        return fleet_read_service(service, source, error);
}

static bool read_yaml(Reading *reading, const char *kind, const char *name, const char *path, GBytes *source,
                      GError **error)
{
        if (strcmp(kind, "services") == 0)
                return read_service(reading, name, path, source, error);
        bool is_host = strcmp(kind, "hosts") == 0;
        FleetNode *node = node_of(reading, is_host, name, path, error);
        return node &&
               (is_host ? fleet_read_host(node, source, error) : fleet_read_group(node, source, error));
}

static bool read_pkgsync(Reading *reading, const char *kind, const char *name, const char *path,
                         GBytes *source, GError **error)
{
        bool is_host = strcmp(kind, "hosts") == 0;
        g_autofree char *base_name = g_path_get_basename(path);
        g_autofree char *directory = g_path_get_dirname(path);
        const char *kept = g_string_chunk_insert_const(reading->fleet->strings, directory);
        FleetNode *node = node_of(reading, is_host, name, kept, error);
        if (node && !is_host && strcmp(base_name, "host-key") == 0)
                return fleet_fail((FleetPlace){path, 1}, error, "a group has no host key");
        return node && fleet_read_pkgsync(node, base_name, path, source, error);
}

static bool check_name(const char *kind, const char *name, const char *path, GError **error)
{
        g_autoptr(GError) why = NULL;
        if (strcmp(kind, "services") == 0 && package_is_reserved(name))
                fail(&why, LAUTTA_ERROR_USAGE,
                     "'%s' cannot be a service: a host needs the Debian package of that name", name);
        else if (strcmp(kind, "services") == 0 ? check_service_name(name, &why) : check_host_name(name, &why))
                return true;
        return fleet_fail((FleetPlace){path, 1}, error, "%s", why->message);
}

static bool read_file(Reading *reading, const FleetFile *file, GError **error)
{
        const char *path = g_string_chunk_insert_const(reading->fleet->strings, file->path);
        if (!g_hash_table_add(reading->seen, (char *)path))
                return fail(error, LAUTTA_ERROR_USAGE, "%s: the file is there twice", path);
        if (g_bytes_get_size(file->content) > FLEET_FILE_MAX_BYTES)
                return fleet_fail((FleetPlace){path, 1}, error, "the file is longer than %d bytes",
                                  FLEET_FILE_MAX_BYTES);
        g_auto(GStrv) parts = g_strsplit(path, "/", -1);
        static const char *const kinds[] = {"services", "groups", "hosts", NULL};
        guint count = g_strv_length(parts);
        bool is_yaml = count == 2 && g_str_has_suffix(parts[1], ".yaml");
        bool is_pkgsync = count == 3 && strcmp(parts[0], "services") != 0;
        if (!g_strv_contains(kinds, parts[0]) || (!is_yaml && !is_pkgsync))
                return fleet_fail((FleetPlace){path, 1}, error,
                                  "a file of this name has no meaning here: write NAME.yaml");
        g_autofree char *name = g_strndup(parts[1], strlen(parts[1]) - (is_yaml ? strlen(".yaml") : 0));
        if (!check_name(parts[0], name, path, error))
                return false;
        return is_yaml ? read_yaml(reading, parts[0], name, path, file->content, error)
                       : read_pkgsync(reading, parts[0], name, path, file->content, error);
}

static bool read_files(Fleet *fleet, const GPtrArray *files, GError **error)
{
        g_autoptr(GHashTable) hosts = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        Reading reading = {fleet, hosts, seen};
        fleet->is_whole = true;
        for (guint i = 0; i < files->len; i++) {
                const FleetFile *file = files->pdata[i];
                if (!fleet_is_settings_path(file->path) && !read_file(&reading, file, error))
                        return false;
        }
        if (!fleet_take_settings(fleet, hosts, files, error))
                return false;
        return fleet->hosts->len > 0 ||
               fail(error, LAUTTA_ERROR_USAGE,
                    "there is no host: write hosts/NAME.yaml, or hosts/NAME/ with musthave and host-key");
}

static bool read_single(Fleet *fleet, const GPtrArray *files, const FleetSingle *single, GError **error)
{
        if (!check_host_name(single->host, error) || (single->key && !check_host_key(single->key, error)))
                return false;
        FleetNode *host = node_new(single->host, "host-key");
        g_ptr_array_add(fleet->hosts, host);
        for (guint i = 0; i < files->len; i++) {
                const FleetFile *file = files->pdata[i];
                const char *path = g_string_chunk_insert_const(fleet->strings, file->path);
                if (!fleet_read_pkgsync(host, path, path, file->content, error))
                        return false;
        }
        if (single->key) {
                g_free(host->host_key);
                host->host_key = g_strdup(single->key);
        }
        return true;
}

/* --- rules that span files */

static int compare_hosts(const void *a, const void *b)
{
        const FleetNode *const *left = a, *const *right = b;
        return strcmp((*left)->name, (*right)->name);
}

/* Two hosts with one key are a copy in which the key was not changed. */
static bool check_keys(const Fleet *fleet, GError **error)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint i = 0; i < fleet->hosts->len; i++) {
                FleetNode *host = fleet->hosts->pdata[i];
                if (!host->host_key)
                        return fail(
                                error, LAUTTA_ERROR_USAGE,
                                "%s: host '%s' has no key: put what 'lautta-agent key' prints there into a file host-key",
                                host->file, host->name);
                const FleetNode *other = g_hash_table_lookup(seen, host->host_key);
                if (other)
                        return fail(error, LAUTTA_ERROR_USAGE, "%s: the key is that of %s", host->file,
                                    other->file);
                g_hash_table_insert(seen, host->host_key, host);
        }
        return true;
}

Fleet *fleet_parse(const GPtrArray *files, const FleetSingle *single, GError **error)
{
        g_autoptr(Fleet) fleet = fleet_new();
        if (!(single ? read_single(fleet, files, single, error) : read_files(fleet, files, error)))
                return NULL;
        g_ptr_array_sort(fleet->hosts, compare_hosts);
        return check_keys(fleet, error) && fleet_sort_groups(fleet, error) ? g_steal_pointer(&fleet) : NULL;
}
