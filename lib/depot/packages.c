/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packages.h"

#include <string.h>

#include "deb822.h"
#include "debversion.h"
#include "description.h"
#include "errors.h"
#include "layout.h"
#include "units.h"

enum { FORMAT_MAX = 1000000 };

void package_entry_free(PackageEntry *entry)
{
        if (!entry)
                return;
        g_free(entry->service);
        g_free(entry->version);
        g_free(entry->architecture);
        g_free(entry->filename);
        g_free(entry->summary);
        g_strfreev(entry->needs);
        g_free(entry);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PackageEntry, package_entry_free)

static void entry_free(void *entry)
{
        package_entry_free(entry);
}

GPtrArray *packages_new(void)
{
        return g_ptr_array_new_with_free_func(entry_free);
}

int package_entry_compare(const void *a, const void *b)
{
        const PackageEntry *left = *(const PackageEntry *const *)a;
        const PackageEntry *right = *(const PackageEntry *const *)b;
        int order = strcmp(left->service, right->service);
        if (order == 0)
                order = debian_version_compare(right->version, left->version);
        if (order == 0)
                order = strcmp(right->version, left->version);
        return order ? order : strcmp(left->architecture, right->architecture);
}

static bool parse_number(const Deb822Paragraph *paragraph, const char *name, uint64_t max, uint64_t *value,
                         GError **error)
{
        g_autofree char *text = deb822_line(paragraph, name, error);
        if (!text)
                return false;
        g_autoptr(GError) why = NULL;
        if (!number_parse(text, 0, max, value, &why))
                return fail(error, LAUTTA_ERROR_CORRUPT, "field '%s': %s", name, why->message);
        return true;
}

static bool parse_names(PackageEntry *entry, const Deb822Paragraph *paragraph, GError **error)
{
        if (!(entry->service = deb822_line(paragraph, "Package", error)) ||
            !(entry->version = deb822_line(paragraph, "Version", error)) ||
            !(entry->architecture = deb822_line(paragraph, "Architecture", error)) ||
            !(entry->filename = deb822_line(paragraph, "Filename", error)))
                return false;
        if (!debian_name_is_valid(entry->service))
                return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not a service name", entry->service);
        if (!debian_version_is_valid(entry->version))
                return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not a version", entry->version);
        if (!layout_is_package_path(entry->filename))
                return fail(error, LAUTTA_ERROR_CORRUPT, "the file name '%s' is not allowed",
                            entry->filename);
        return true;
}

static bool parse_needs(PackageEntry *entry, const Deb822Paragraph *paragraph, GError **error)
{
        if (!deb822_find(paragraph, "Lautta-Needs"))
                return true;
        g_autofree char *line = deb822_line(paragraph, "Lautta-Needs", error);
        if (!line)
                return false;
        entry->needs = g_strsplit(line, ", ", NEEDS_MAX + 2);
        if (g_strv_length(entry->needs) > NEEDS_MAX)
                return fail(error, LAUTTA_ERROR_CORRUPT, "field 'Lautta-Needs' names more than %d services",
                            NEEDS_MAX);
        for (char **name = entry->needs; *name; name++)
                if (!debian_name_is_valid(*name))
                        return fail(error, LAUTTA_ERROR_CORRUPT,
                                    "field 'Lautta-Needs': '%s' is not a service name", *name);
        return true;
}

static bool parse_content(PackageEntry *entry, const Deb822Paragraph *paragraph, GError **error)
{
        uint64_t format = 0;
        g_autofree char *sha256 = deb822_line(paragraph, "SHA256", error);
        if (!sha256 || !parse_number(paragraph, "Lautta-Format", FORMAT_MAX, &format, error) ||
            !parse_number(paragraph, "Size", INT64_MAX, &entry->size_bytes, error) ||
            !parse_number(paragraph, "Lautta-Image-Size", INT64_MAX, &entry->image_bytes, error))
                return false;
        if (!digest_from_hex(sha256, entry->sha256))
                return fail(error, LAUTTA_ERROR_CORRUPT, "field 'SHA256' is not 64 lower-case hex digits");
        entry->format = (unsigned)format;
        /* Only the first line of a longer description counts. */
        const Deb822Field *description = deb822_find(paragraph, "Description");
        Span rest = description ? description->value : (Span){"", 0};
        Span line = {"", 0};
        span_next_line(&rest, &line);
        g_autofree char *summary = span_dup(line);
        entry->summary = g_utf8_make_valid(summary, -1);
        return true;
}

typedef struct {
        GPtrArray *entries;
        const char *architecture;
} Visit;

static bool visit_paragraph(const Deb822Paragraph *paragraph, void *user, GError **error)
{
        Visit *visit = user;
        if (!deb822_find(paragraph, "Lautta-Format"))
                return true;
        g_autoptr(PackageEntry) entry = g_new0(PackageEntry, 1);
        if (!parse_names(entry, paragraph, error) || !parse_content(entry, paragraph, error) ||
            !parse_needs(entry, paragraph, error))
                return false;
        if (strcmp(entry->architecture, visit->architecture) != 0)
                return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is for '%s', not '%s'", entry->service,
                            entry->architecture, visit->architecture);
        g_ptr_array_add(visit->entries, g_steal_pointer(&entry));
        return true;
}

GPtrArray *packages_parse(GBytes *text, const char *name, const char *architecture, GError **error)
{
        g_autoptr(GPtrArray) entries = packages_new();
        Visit visit = {entries, architecture};
        if (!deb822_parse(text, name, visit_paragraph, &visit, error))
                return NULL;
        g_ptr_array_sort(entries, package_entry_compare);
        for (guint i = 1; i < entries->len; i++)
                if (package_entry_compare(&entries->pdata[i - 1], &entries->pdata[i]) == 0) {
                        const PackageEntry *entry = entries->pdata[i];
                        fail(error, LAUTTA_ERROR_CORRUPT, "%s: '%s' version %s is listed twice", name,
                             entry->service, entry->version);
                        return NULL;
                }
        return g_steal_pointer(&entries);
}

const PackageEntry *packages_find(const GPtrArray *entries, const char *service, const char *version,
                                  const char *architecture)
{
        for (guint i = 0; i < entries->len; i++) {
                const PackageEntry *entry = entries->pdata[i];
                if (strcmp(entry->service, service) == 0 &&
                    (!version || strcmp(entry->version, version) == 0) &&
                    (!architecture || strcmp(entry->architecture, architecture) == 0))
                        return entry;
        }
        return NULL;
}
