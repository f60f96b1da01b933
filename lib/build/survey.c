/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/stat.h>

#include "errors.h"
#include "kernel.h"
#include "root.h"
#include "tar.h"
#include "tidy.h"

enum { STATUS_MAX_BYTES = 64 << 20, BLOCK_BYTES = 4096 };

typedef struct {
        RootSurvey *survey;
        GPtrArray *boot; /* names in /boot */
} Look;

void root_survey_free(RootSurvey *survey)
{
        if (!survey)
                return;
        g_free(survey->kernel);
        g_free(survey->initrd);
        g_free(survey->packages);
        g_free(survey);
}

static const char *field(char **lines, const char *name)
{
        size_t length = strlen(name);
        for (; *lines; lines++)
                if (g_str_has_prefix(*lines, name) && strncmp(*lines + length, ": ", 2) == 0)
                        return *lines + length + 2;
        return NULL;
}

static int compare_lines(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Collect the installed packages from dpkg's status file. */
static void read_status(RootSurvey *survey, const char *status)
{
        g_auto(GStrv) paragraphs = g_strsplit(status, "\n\n", -1);
        g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
        for (char **paragraph = paragraphs; *paragraph; paragraph++) {
                g_auto(GStrv) lines = g_strsplit(*paragraph, "\n", -1);
                const char *name = field(lines, "Package"), *version = field(lines, "Version");
                const char *architecture = field(lines, "Architecture"), *state = field(lines, "Status");
                if (name && version && architecture && state && g_str_has_suffix(state, " installed"))
                        g_ptr_array_add(found, g_strdup_printf("%s %s %s\n", name, version, architecture));
        }
        g_ptr_array_sort(found, compare_lines);
        survey->package_count = found->len;
        g_ptr_array_add(found, NULL);
        g_free(survey->packages);
        survey->packages = g_strjoinv("", (GStrv)found->pdata);
}

static bool look_at(Look *look, Tar *tar, GError **error)
{
        unsigned type = archive_entry_filetype(tar->entry);
        if (tidy_rule(tar->path, type == AE_IFDIR) == TIDY_DROP)
                return true;
        look->survey->nodes++;
        uint64_t size = type == AE_IFREG ? (uint64_t)archive_entry_size(tar->entry) : 0;
        look->survey->content_bytes += (size + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
        if (type == AE_IFREG && g_str_has_prefix(tar->path, "boot/"))
                g_ptr_array_add(look->boot, g_strdup(tar->path + strlen("boot/")));
        if (strcmp(tar->path, "var/lib/dpkg/status") != 0)
                return true;
        g_autoptr(GBytes) status = tar_read_all(tar, STATUS_MAX_BYTES, error);
        if (!status)
                return false;
        g_autofree char *text = g_strndup(g_bytes_get_data(status, NULL), g_bytes_get_size(status));
        read_status(look->survey, text);
        return true;
}

static void choose_kernel(Look *look)
{
        static const char prefix[] = "vmlinuz-";
        const char *kernel = kernel_newest(look->boot, prefix);
        if (!kernel)
                return;
        g_autofree char *initrd = g_strconcat("initrd.img-", kernel + strlen(prefix), NULL);
        look->survey->kernel = g_strdup(kernel);
        for (guint i = 0; i < look->boot->len; i++)
                if (initrd && strcmp(look->boot->pdata[i], initrd) == 0)
                        look->survey->initrd = g_steal_pointer(&initrd);
}

RootSurvey *root_survey(const char *file, GError **error)
{
        g_autotar tar = {0};
        g_autoptr(GPtrArray) boot = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(RootSurvey) survey = g_new0(RootSurvey, 1);
        Look look = {survey, boot};
        survey->packages = g_strdup("");
        if (!tar_open(&tar, file, error))
                return NULL;
        for (bool more = true; more;) {
                if (!tar_next(&tar, &more, error) || (more && !look_at(&look, &tar, error)))
                        return NULL;
        }
        choose_kernel(&look);
        return g_steal_pointer(&survey);
}
