/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sources.h"

#include <string.h>

#include "errors.h"

static const char debian_keyring[] = "/usr/share/keyrings/debian-archive-keyring.gpg";
static const char *const suffixes[] = {"", "-updates", "-security"};

void apt_source_free(AptSource *source)
{
        if (!source)
                return;
        g_free(source->uri);
        g_free(source->release);
        g_free(source->codename);
        g_free(source->origin);
        g_free(source->component);
        g_free(source->signed_by);
        g_free(source);
}

/* The origin is unknown until apt has fetched the lists. */
static bool is_debian(const AptSource *source)
{
        return !*source->origin || strcmp(source->origin, "Debian") == 0;
}

static void add_paragraph(GString *out, const char *uri, const char *release, const char *components,
                          const char *signed_by)
{
        g_string_append_printf(out, "%sTypes: deb\nURIs: %s\nSuites: %s\nComponents: %s\n",
                               out->len ? "\n" : "", uri, release, components);
        if (signed_by)
                g_string_append_printf(out, "Signed-By:%s%s\n", *signed_by == '\n' ? "" : " ", signed_by);
}

static bool same_place(const AptSource *a, const AptSource *b)
{
        return strcmp(a->uri, b->uri) == 0 && strcmp(a->release, b->release) == 0;
}

/* Add one paragraph for each URI, with all its components. `release` replaces the release's name, if given.
 */
static void add_place(GString *out, const GPtrArray *machine, guint index, const char *release)
{
        const AptSource *first = machine->pdata[index];
        g_autoptr(GString) components = g_string_new(NULL);
        for (guint i = 0; i < machine->len; i++) {
                const AptSource *other = machine->pdata[i];
                if (!same_place(other, first))
                        continue;
                if (i < index)
                        return;
                g_string_append_printf(components, "%s%s", components->len ? " " : "", other->component);
        }
        add_paragraph(out, first->uri, release ? release : first->release, components->str, first->signed_by);
}

static bool holds(const AptSource *source, const char *release)
{
        return strcmp(source->release, release) == 0 || strcmp(source->codename, release) == 0;
}

static void add_suite(GString *out, const GPtrArray *machine, const char *suite)
{
        for (size_t s = 0; s < G_N_ELEMENTS(suffixes); s++) {
                g_autofree char *release = g_strconcat(suite, suffixes[s], NULL);
                for (guint i = 0; i < machine->len; i++) {
                        const AptSource *source = machine->pdata[i];
                        if (is_debian(source) && holds(source, release))
                                add_place(out, machine, i, NULL);
                }
        }
}

/* Returns: the machine's release, from the first Debian source with a main component that is not an addition
 * like -updates. */
static const AptSource *find_base(const GPtrArray *machine)
{
        for (guint i = 0; i < machine->len; i++) {
                const AptSource *source = machine->pdata[i];
                if (is_debian(source) && strcmp(source->component, "main") == 0 &&
                    !strchr(source->release, '-'))
                        return source;
        }
        return NULL;
}

static bool has_additions(const char *suite)
{
        static const char *const rolling[] = {"sid", "unstable", "experimental", NULL};
        return !g_strv_contains(rolling, suite);
}

static void add_swapped(GString *out, const GPtrArray *machine, const AptSource *base, const char *suite)
{
        for (size_t s = 0; s < G_N_ELEMENTS(suffixes); s++) {
                g_autofree char *from = g_strconcat(base->release, suffixes[s], NULL);
                g_autofree char *to = g_strconcat(suite, suffixes[s], NULL);
                for (guint i = 0; i < machine->len && (s == 0 || has_additions(suite)); i++) {
                        const AptSource *source = machine->pdata[i];
                        if (is_debian(source) && strcmp(source->release, from) == 0)
                                add_place(out, machine, i, to);
                }
        }
}

char *sources_for_suite(const GPtrArray *machine, const char *suite, GError **error)
{
        g_autoptr(GString) out = g_string_new(NULL);
        add_suite(out, machine, suite);
        if (out->len > 0)
                return g_string_free(g_steal_pointer(&out), false);
        const AptSource *base = find_base(machine);
        if (!base) {
                fail(error, LAUTTA_ERROR_NOT_FOUND,
                     "this machine's apt has no Debian source to take the suite '%s' from: run \"apt-get update\", or name one with --mirror URL",
                     suite);
                return NULL;
        }
        add_swapped(out, machine, base, suite);
        return g_string_free(g_steal_pointer(&out), false);
}

char *sources_for_mirror(const GPtrArray *machine, const char *mirror, const char *suite)
{
        g_autoptr(GString) out = g_string_new(NULL);
        const AptSource *base = machine ? find_base(machine) : NULL;
        const char *signed_by = base ? base->signed_by : NULL;
        if (!signed_by && g_file_test(debian_keyring, G_FILE_TEST_EXISTS))
                signed_by = debian_keyring;
        add_paragraph(out, mirror, suite, "main", signed_by);
        return g_string_free(g_steal_pointer(&out), false);
}

char *sources_line(const char *line, const char *directory)
{
        static const char option[] = "signed-by=";
        const char *found = strstr(line, option);
        const char *bracket = strchr(line, ']');
        if (!found || !bracket || found > bracket)
                return g_strdup(line);
        const char *value = found + strlen(option);
        size_t length = strcspn(value, " ]");
        bool is_fingerprint = !memchr(value, '/', length) && !memchr(value, '.', length);
        if (*value == '/' || is_fingerprint)
                return g_strdup(line);
        g_autofree char *name = g_strndup(value, length);
        g_autofree char *absolute = g_canonicalize_filename(directory, NULL);
        g_autofree char *path = g_build_filename(absolute, name, NULL);
        return g_strdup_printf("%.*s%s%s", (int)(value - line), line, path, value + length);
}

/* Returns: owned value of a field with its continuation lines. */
static char *deb822_value(char **lines, const char *name)
{
        size_t length = strlen(name);
        for (; *lines; lines++) {
                if (g_ascii_strncasecmp(*lines, name, length) != 0 || (*lines)[length] != ':')
                        continue;
                g_autoptr(GString) value = g_string_new(NULL);
                g_autofree char *first = g_strstrip(g_strdup(*lines + length + 1));
                g_string_append(value, first);
                for (lines++; *lines && (**lines == ' ' || **lines == '\t'); lines++)
                        g_string_append_printf(value, "\n%s", *lines);
                return g_string_free(g_steal_pointer(&value), false);
        }
        return NULL;
}

static char *line_value(const char *line)
{
        static const char option[] = "signed-by=";
        const char *found = strstr(line, option);
        const char *value = found ? found + strlen(option) : NULL;
        return value ? g_strndup(value, strcspn(value, " ]")) : NULL;
}

char *sources_signed_by(const char *content, bool deb822, unsigned number)
{
        g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
        if (!deb822)
                return number >= 1 && number <= g_strv_length(lines) ? line_value(lines[number - 1]) : NULL;
        unsigned paragraph = 0;
        bool inside = false;
        g_autoptr(GPtrArray) own = g_ptr_array_new();
        for (char **line = lines; *line; line++) {
                bool blank = strspn(*line, " \t\r") == strlen(*line);
                if (**line == '#')
                        continue;
                paragraph += !blank && !inside;
                inside = !blank;
                if (inside && paragraph == number)
                        g_ptr_array_add(own, *line);
        }
        g_ptr_array_add(own, NULL);
        return deb822_value((char **)own->pdata, "Signed-By");
}
