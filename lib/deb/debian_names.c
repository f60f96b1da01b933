/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "debian_names.h"

#include <string.h>

#include "deb822.h"
#include "process.h"

enum { SHOWN_MAX_BYTES = 64 * 1024 * 1024 };

static bool add_name(const Deb822Paragraph *paragraph, void *user, GError **error)
{
        GPtrArray *known = user;
        const Deb822Field *name = deb822_find(paragraph, "Package");
        if (!name || deb822_find(paragraph, "Lautta-Format"))
                return true;
        g_autofree char *text = span_dup(name->value);
        if (!g_ptr_array_find_with_equal_func(known, text, g_str_equal, NULL))
                g_ptr_array_add(known, g_steal_pointer(&text));
        return true;
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *debian_names_known(const char *const *names)
{
        GPtrArray *known = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        g_ptr_array_add(argv, (char *)"apt-cache");
        g_ptr_array_add(argv, (char *)"show");
        g_ptr_array_add(argv, (char *)"--");
        for (; *names; names++)
                g_ptr_array_add(argv, (char *)*names);
        g_ptr_array_add(argv, NULL);
        g_autoptr(GBytes) shown = NULL;
        /* Its exit status only says that it does not know all of them. */
        int status = 0;
        const Process apt_cache = {.argv = (const char *const *)argv->pdata,
                                   .max_output_bytes = SHOWN_MAX_BYTES};
        if (argv->len > 4 && process_run(&apt_cache, &shown, &status, NULL))
                deb822_parse(shown, "apt-cache", add_name, known, NULL);
        g_ptr_array_sort(known, compare_names);
        return known;
}
