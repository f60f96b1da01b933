/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The apt sources of this machine, from apt-get and its files. */
#include <string.h>

#include "errors.h"
#include "files.h"
#include "process.h"
#include "sources.h"
#include "units.h"

enum { OUTPUT_MAX_BYTES = 16 << 20, FILE_MAX_BYTES = 1 << 20, FIELDS = 6 };

/* `place` is FILE:NUMBER, the number of a paragraph or a line. Returns: owned; NULL also for an unreadable
 * file. */
static char *signed_by_of(const char *place)
{
        const char *colon = strrchr(place, ':');
        uint64_t number = 0;
        if (!colon || !number_parse(colon + 1, 1, G_MAXUINT, &number, NULL))
                return NULL;
        g_autofree char *file = g_strndup(place, (size_t)(colon - place));
        g_autoptr(GBytes) bytes = file_read(file, FILE_MAX_BYTES, NULL);
        if (!bytes)
                return NULL;
        g_autofree char *content = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        return sources_signed_by(content, g_str_has_suffix(file, ".sources"), (unsigned)number);
}

/* Fields that apt does not know stay as "$(NAME)". */
static char *known(const char *value)
{
        return g_strdup(g_str_has_prefix(value, "$(") ? "" : value);
}

static AptSource *parse_line(const char *line)
{
        g_auto(GStrv) fields = g_strsplit(line, "|", FIELDS);
        if (g_strv_length(fields) != FIELDS)
                return NULL;
        AptSource *source = g_new0(AptSource, 1);
        source->uri = g_strdup(fields[0]);
        source->release = g_strdup(fields[1]);
        source->codename = known(fields[2]);
        source->origin = known(fields[3]);
        source->component = g_strdup(fields[4]);
        source->signed_by = signed_by_of(fields[5]);
        return source;
}

static bool is_listed(const GPtrArray *sources, const AptSource *one)
{
        for (guint i = 0; i < sources->len; i++) {
                const AptSource *other = sources->pdata[i];
                if (strcmp(one->uri, other->uri) == 0 && strcmp(one->release, other->release) == 0 &&
                    strcmp(one->component, other->component) == 0)
                        return true;
        }
        return false;
}

GPtrArray *sources_of_machine(GError **error)
{
        static const char *const argv[] = {
                "apt-get",
                "indextargets",
                "--format",
                "$(REPO_URI)|$(RELEASE)|$(CODENAME)|$(ORIGIN)|$(COMPONENT)|$(SOURCESENTRY)",
                "Created-By: Packages",
                NULL};
        Process process = {.argv = argv, .max_output_bytes = OUTPUT_MAX_BYTES};
        g_autoptr(GBytes) output = NULL;
        if (!process_run(&process, &output, NULL, error))
                return NULL;
        g_autofree char *text = g_strndup(g_bytes_get_data(output, NULL), g_bytes_get_size(output));
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func((GDestroyNotify)apt_source_free);
        for (char **line = lines; *line; line++) {
                AptSource *source = parse_line(*line);
                if (source && !is_listed(sources, source))
                        g_ptr_array_add(sources, source);
                else
                        apt_source_free(source);
        }
        return g_steal_pointer(&sources);
}
