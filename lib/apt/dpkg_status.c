/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dpkg_status.h"

#include <string.h>

#include "deb822.h"
#include "errors.h"

static void package_free(void *data)
{
        DpkgPackage *package = data;
        g_free(package->name);
        g_free(package->version);
        g_ptr_array_unref(package->needs);
        g_ptr_array_unref(package->wants);
        g_strfreev(package->provides);
        g_free(package);
}

static void alternatives_free(void *data)
{
        g_strfreev(data);
}

static DpkgPackage *package_new(void)
{
        DpkgPackage *package = g_new0(DpkgPackage, 1);
        package->needs = g_ptr_array_new_with_free_func(alternatives_free);
        package->wants = g_ptr_array_new_with_free_func(alternatives_free);
        return package;
}

void dpkg_status_free(DpkgStatus *status)
{
        if (!status)
                return;
        g_hash_table_unref(status->by_name);
        g_hash_table_unref(status->by_provided);
        g_ptr_array_unref(status->packages);
        g_ptr_array_unref(status->half_unpacked);
        g_ptr_array_unref(status->half_removed);
        g_free(status);
}

static void array_unref(void *data)
{
        g_ptr_array_unref(data);
}

static DpkgStatus *status_new(void)
{
        DpkgStatus *status = g_new0(DpkgStatus, 1);
        status->packages = g_ptr_array_new_with_free_func(package_free);
        status->half_unpacked = g_ptr_array_new_with_free_func(g_free);
        status->half_removed = g_ptr_array_new_with_free_func(g_free);
        status->by_name = g_hash_table_new(g_str_hash, g_str_equal);
        status->by_provided = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, array_unref);
        return status;
}

/* "libc6:any (>= 2.36)" is "libc6"; "" for nothing. */
static char *relation_name(const char *text)
{
        text += strspn(text, " \t\n");
        return g_strndup(text, strcspn(text, " \t\n(:[<"));
}

/* The names of a relation field; each part between commas becomes a GStrv of its alternatives. */
static void add_relations(const Deb822Paragraph *paragraph, const char *field_name, GPtrArray *relations)
{
        const Deb822Field *field = deb822_find(paragraph, field_name);
        if (!field)
                return;
        g_autofree char *value = span_dup(field->value);
        g_auto(GStrv) parts = g_strsplit(value, ",", -1);
        for (char **part = parts; *part; part++) {
                GStrv alternatives = g_strsplit(*part, "|", -1);
                for (char **one = alternatives; *one; one++) {
                        char *name = relation_name(*one);
                        g_free(*one);
                        *one = name;
                }
                g_ptr_array_add(relations, alternatives);
        }
}

static GStrv read_provides(const Deb822Paragraph *paragraph)
{
        g_autoptr(GPtrArray) relations = g_ptr_array_new_with_free_func(alternatives_free);
        add_relations(paragraph, "Provides", relations);
        g_autoptr(GStrvBuilder) names = g_strv_builder_new();
        for (guint i = 0; i < relations->len; i++) {
                const char *const *one = g_ptr_array_index(relations, i);
                if (*one && **one)
                        g_strv_builder_add(names, *one);
        }
        return g_strv_builder_end(names);
}

static bool field_is(const Deb822Paragraph *paragraph, const char *name, const char *value)
{
        const Deb822Field *field = deb822_find(paragraph, name);
        return field && span_is(field->value, value);
}

/* The three words of a Status field. */
typedef struct {
        Span want;
        Span flag;
        Span state;
} States;

static bool read_states(const Deb822Paragraph *paragraph, States *states, GError **error)
{
        const Deb822Field *field = deb822_find(paragraph, "Status");
        Span rest = field ? field->value : (Span){"", 0};
        return (span_next_word(&rest, &states->want) && span_next_word(&rest, &states->flag) &&
                span_next_word(&rest, &states->state)) ||
               fail(error, LAUTTA_ERROR_CORRUPT, "field 'Status' is not three words");
}

static bool is_interrupted(const States *states)
{
        return !span_is(states->flag, "ok") ||
               !(span_is(states->state, "installed") || span_is(states->state, "config-files") ||
                 span_is(states->state, "not-installed"));
}

static bool is_there(const States *states)
{
        return span_is(states->state, "installed") || span_is(states->state, "unpacked") ||
               span_is(states->state, "half-configured") || span_is(states->state, "triggers-awaited") ||
               span_is(states->state, "triggers-pending");
}

static bool note_half(const Deb822Paragraph *paragraph, const States *states, DpkgStatus *status,
                      GError **error)
{
        status->interrupted = status->interrupted || is_interrupted(states);
        if (!span_is(states->state, "half-installed") && span_is(states->flag, "ok"))
                return true;
        char *name = deb822_line(paragraph, "Package", error);
        if (name)
                g_ptr_array_add(span_is(states->want, "install") || span_is(states->want, "hold")
                                        ? status->half_unpacked
                                        : status->half_removed,
                                name);
        return name != NULL;
}

static void read_package(const Deb822Paragraph *paragraph, DpkgPackage *package)
{
        package->essential = field_is(paragraph, "Essential", "yes") ||
                             field_is(paragraph, "Protected", "yes") ||
                             field_is(paragraph, "Important", "yes");
        package->standard =
                field_is(paragraph, "Priority", "required") || field_is(paragraph, "Priority", "important");
        package->service = deb822_find(paragraph, "Lautta-Format") != NULL;
        add_relations(paragraph, "Pre-Depends", package->needs);
        add_relations(paragraph, "Depends", package->needs);
        add_relations(paragraph, "Recommends", package->wants);
        package->provides = read_provides(paragraph);
}

/* `name` is the package's, until its architecture turns out to be a foreign one. */
typedef struct {
        DpkgStatus *status;
        GPtrArray *architectures; /* char *, of the packages, in the same order */
        char *native;             /* dpkg's own */
} Reader;

static bool visit(const Deb822Paragraph *paragraph, void *user, GError **error)
{
        Reader *reader = user;
        States states = {0};
        if (!read_states(paragraph, &states, error) || !note_half(paragraph, &states, reader->status, error))
                return false;
        if (!is_there(&states))
                return true;
        g_autofree char *name = deb822_line(paragraph, "Package", error);
        g_autofree char *version = name ? deb822_line(paragraph, "Version", error) : NULL;
        g_autofree char *architecture = version ? deb822_line(paragraph, "Architecture", error) : NULL;
        if (!architecture)
                return false;
        DpkgPackage *package = package_new();
        package->name = g_steal_pointer(&name);
        package->version = g_steal_pointer(&version);
        package->held = span_is(states.want, "hold");
        package->interrupted = is_interrupted(&states);
        read_package(paragraph, package);
        if (strcmp(package->name, "dpkg") == 0 && !reader->native)
                reader->native = g_strdup(architecture);
        g_ptr_array_add(reader->status->packages, package);
        g_ptr_array_add(reader->architectures, g_steal_pointer(&architecture));
        return true;
}

static void add_provided(DpkgStatus *status, DpkgPackage *package)
{
        for (char **name = package->provides; *name; name++) {
                GPtrArray *providers = g_hash_table_lookup(status->by_provided, *name);
                if (!providers) {
                        providers = g_ptr_array_new();
                        g_hash_table_insert(status->by_provided, g_strdup(*name), providers);
                }
                g_ptr_array_add(providers, package);
        }
}

static void index_packages(const Reader *reader)
{
        DpkgStatus *status = reader->status;
        for (guint i = 0; i < status->packages->len; i++) {
                DpkgPackage *package = g_ptr_array_index(status->packages, i);
                const char *architecture = g_ptr_array_index(reader->architectures, i);
                package->foreign = reader->native && strcmp(architecture, "all") != 0 &&
                                   strcmp(architecture, reader->native) != 0;
                if (package->foreign) {
                        char *name = g_strdup_printf("%s:%s", package->name, architecture);
                        g_free(package->name);
                        package->name = name;
                } else {
                        add_provided(status, package);
                }
                g_hash_table_insert(status->by_name, package->name, package);
        }
}

DpkgStatus *dpkg_status_parse(GBytes *text, const char *name, GError **error)
{
        g_autoptr(DpkgStatus) status = status_new();
        g_autoptr(GPtrArray) architectures = g_ptr_array_new_with_free_func(g_free);
        Reader reader = {.status = status, .architectures = architectures};
        bool good = deb822_parse(text, name, visit, &reader, error);
        if (good)
                index_packages(&reader);
        g_free(reader.native);
        return good ? g_steal_pointer(&status) : NULL;
}

const DpkgPackage *dpkg_status_find(const DpkgStatus *status, const char *name)
{
        return g_hash_table_lookup(status->by_name, name);
}

GPtrArray *dpkg_status_satisfying(const DpkgStatus *status, const char *name)
{
        GPtrArray *found = g_ptr_array_new();
        DpkgPackage *real = g_hash_table_lookup(status->by_name, name);
        if (real)
                g_ptr_array_add(found, real);
        const GPtrArray *providers = g_hash_table_lookup(status->by_provided, name);
        for (guint i = 0; providers && i < providers->len; i++)
                g_ptr_array_add(found, g_ptr_array_index(providers, i));
        return found;
}
