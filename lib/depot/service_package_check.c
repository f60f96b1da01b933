/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service_package_check.h"

#include <string.h>

#include "deb_tar.h"
#include "description.h"
#include "errors.h"
#include "index.h"

enum { DIRECTORY_MODE = 0755, FILE_MODE = 0644 };

static const char services_directory[] = "./usr/share/lautta/services";

/* --- the control member */

/* The allowed fields of dpkg and apt, with the value that the builder writes; NULL: any value. Fields that
 * begin with "Lautta-" mean nothing to dpkg and apt, and may be of a newer Lautta. */
static const struct {
        const char *name;
        const char *value;
} fields[] = {
        {"Package", NULL},        {"Version", NULL},           {"Architecture", NULL},
        {"Maintainer", NULL},     {"Installed-Size", NULL},    {"Section", "misc"},
        {"Priority", "optional"}, {"Depends", "lautta-agent"}, {"Description", NULL},
};

typedef struct {
        const PackageEntry *entry;
        Span text; /* of the control file */
        bool is_found;
} Control;

static bool check_field(const Deb822Field *field, GError **error)
{
        g_autofree char *name = span_dup(field->name);
        for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
                if (g_ascii_strcasecmp(name, fields[i].name) != 0)
                        continue;
                return !fields[i].value || span_is(field->value, fields[i].value) ||
                       fail(error, LAUTTA_ERROR_CORRUPT, "its field '%s' is not '%s'", name, fields[i].value);
        }
        return g_ascii_strncasecmp(name, "Lautta-", strlen("Lautta-")) == 0 ||
               fail(error, LAUTTA_ERROR_CORRUPT, "it has a field '%s', which a service package does not have",
                    name);
}

static bool check_names(const Deb822Paragraph *paragraph, const PackageEntry *entry, GError **error)
{
        g_autofree char *package = deb822_line(paragraph, "Package", error);
        g_autofree char *version = package ? deb822_line(paragraph, "Version", error) : NULL;
        g_autofree char *architecture = version ? deb822_line(paragraph, "Architecture", error) : NULL;
        if (!architecture)
                return false;
        return (strcmp(package, entry->service) == 0 && strcmp(version, entry->version) == 0 &&
                strcmp(architecture, entry->architecture) == 0) ||
               fail(error, LAUTTA_ERROR_CORRUPT, "it is '%s %s %s', not '%s %s %s'", package, version,
                    architecture, entry->service, entry->version, entry->architecture);
}

static bool visit_paragraph(const Deb822Paragraph *paragraph, void *user, GError **error)
{
        Control *control = user;
        if (control->is_found)
                return fail(error, LAUTTA_ERROR_CORRUPT, "it has a second paragraph");
        control->is_found = true;
        for (size_t i = 0; i < paragraph->count; i++)
                if (!check_field(&paragraph->fields[i], error))
                        return false;
        if (!deb822_find(paragraph, "Depends") || !deb822_find(paragraph, "Lautta-Format"))
                return fail(error, LAUTTA_ERROR_CORRUPT, "it lacks 'Depends' or 'Lautta-Format'");
        return check_names(paragraph, control->entry, error);
}

static bool visit_control(const DebTarEntry *entry, void *user, GError **error)
{
        Control *control = user;
        if (entry->is_directory && strcmp(entry->name, "./") == 0)
                return true;
        if (entry->is_directory || strcmp(entry->name, "./control") != 0 || control->text.text)
                return fail(error, LAUTTA_ERROR_CORRUPT,
                            "it has '%s' for dpkg: a service package brings nothing that runs or configures",
                            entry->name);
        control->text = entry->content;
        return true;
}

bool service_package_check_control(GBytes *tar, const PackageEntry *entry, GError **error)
{
        Control control = {.entry = entry};
        if (!deb_tar_walk(tar, visit_control, &control, error))
                return false;
        if (!control.text.text)
                return fail(error, LAUTTA_ERROR_CORRUPT, "it has no control file");
        g_autoptr(GBytes) text = g_bytes_new(control.text.text, control.text.size);
        return deb822_parse(text, "control", visit_paragraph, &control, error) &&
               (control.is_found || fail(error, LAUTTA_ERROR_CORRUPT, "its control file is empty"));
}

/* --- the data member */

typedef struct {
        char *directory; /* "./usr/share/lautta/services/SERVICE" */
        ServicePackageParts *parts;
} Data;

static bool is_directory_of(const Data *data, const char *name)
{
        size_t length = strlen(name);
        bool leads_there = strncmp(data->directory, name, length) == 0;
        return strcmp(name, "./") == 0 ||
               (leads_there && (data->directory[length] == '/' || data->directory[length] == '\0'));
}

static bool take_part(const Data *data, const DebTarEntry *entry, GError **error)
{
        const struct {
                const char *name;
                size_t max_bytes;
                Span *place;
        } files[] = {
                {"service.yaml", DESCRIPTION_MAX_BYTES, &data->parts->description},
                {"image.caibx", INDEX_MAX_BYTES, &data->parts->image_index},
                {"kernel.caibx", INDEX_MAX_BYTES, &data->parts->kernel_index},
                {"initrd.caibx", INDEX_MAX_BYTES, &data->parts->initrd_index},
        };
        size_t length = strlen(data->directory);
        bool is_inside = strncmp(entry->name, data->directory, length) == 0 && entry->name[length] == '/';
        for (size_t i = 0; is_inside && i < G_N_ELEMENTS(files); i++) {
                if (strcmp(entry->name + length + 1, files[i].name) != 0 || files[i].place->text)
                        continue;
                *files[i].place = entry->content;
                return entry->content.size <= files[i].max_bytes ||
                       fail(error, LAUTTA_ERROR_CORRUPT, "its '%s' has more than %zu bytes", files[i].name,
                            files[i].max_bytes);
        }
        return fail(error, LAUTTA_ERROR_CORRUPT, "it has a file '%s', which a service package does not have",
                    entry->name + 1);
}

static bool visit_data(const DebTarEntry *entry, void *user, GError **error)
{
        const Data *data = user;
        if (entry->mode != (entry->is_directory ? DIRECTORY_MODE : FILE_MODE))
                return fail(error, LAUTTA_ERROR_CORRUPT, "its '%s' has the mode %04o", entry->name + 1,
                            entry->mode);
        if (!entry->is_directory)
                return take_part(data, entry, error);
        return is_directory_of(data, entry->name) ||
               fail(error, LAUTTA_ERROR_CORRUPT,
                    "it has a directory '%s', which a service package does not have", entry->name + 1);
}

bool service_package_check_data(GBytes *tar, const char *service, ServicePackageParts *parts, GError **error)
{
        g_autofree char *directory = g_strdup_printf("%s/%s", services_directory, service);
        *parts = (ServicePackageParts){0};
        Data data = {directory, parts};
        if (!deb_tar_walk(tar, visit_data, &data, error))
                return false;
        if (!parts->description.text)
                return fail(error, LAUTTA_ERROR_CORRUPT, "it has no 'service.yaml'");
        return parts->image_index.text || fail(error, LAUTTA_ERROR_CORRUPT, "it has no 'image.caibx'");
}
