/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel_modules.h"

#include <string.h>

/* Returns: owned name: "kernel/drivers/char/hw_random/virtio-rng.ko.xz" becomes "virtio_rng". */
static char *module_name(const char *path)
{
        g_autofree char *file = g_path_get_basename(path);
        char *ending = strstr(file, ".ko");
        if (ending)
                *ending = '\0';
        return g_strdelimit(g_steal_pointer(&file), "-", '_');
}

static char *path_of(const char *line)
{
        return g_strndup(line, strcspn(line, ": \t"));
}

static bool is_of(const char *line, const char *name)
{
        g_autofree char *path = path_of(line);
        g_autofree char *found = module_name(path);
        return *found && strcmp(found, name) == 0;
}

static const char *find_line(char **lines, const char *name)
{
        for (; *lines; lines++)
                if (is_of(*lines, name))
                        return *lines;
        return NULL;
}

static void add(GPtrArray *order, GHashTable *seen, const char *path)
{
        if (*path && g_hash_table_add(seen, g_strdup(path)))
                g_ptr_array_add(order, g_strdup(path));
}

/* Adds the files of a line of modules.dep. depmod lists a module's dependencies with the first to load last. */
static void add_line(GPtrArray *order, GHashTable *seen, const char *line)
{
        g_autofree char *path = path_of(line);
        const char *colon = strchr(line, ':');
        g_auto(GStrv) needs = g_strsplit_set(colon ? colon + 1 : "", " \t", -1);
        for (unsigned i = g_strv_length(needs); i > 0; i--)
                add(order, seen, needs[i - 1]);
        add(order, seen, path);
}

GPtrArray *kernel_modules_order(const char *modules_dep, const char *const *names)
{
        GPtrArray *order = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_auto(GStrv) lines = g_strsplit(modules_dep, "\n", -1);
        for (; *names; names++) {
                const char *line = find_line(lines, *names);
                if (line)
                        add_line(order, seen, line);
        }
        return order;
}

bool kernel_modules_have(const char *text, const char *name)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        return find_line(lines, name) != NULL;
}
