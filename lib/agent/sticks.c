/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sticks.h"

#include <glob.h>
#include <string.h>
#include <sys/stat.h>

struct Sticks {
        GPtrArray *patterns;
        GHashTable *seen; /* set of descriptions of what was there */
};

static void add_patterns(Sticks *sticks, char **places)
{
        for (char **place = places; place && *place; place++) {
                const char *path = g_str_has_prefix(*place, "file://") ? *place + strlen("file://") : *place;
                if (*path == '/' && strchr(path, '*'))
                        g_ptr_array_add(sticks->patterns, g_strdup(path));
        }
}

Sticks *sticks_new(const AgentConf *conf)
{
        g_autoptr(Sticks) sticks = g_new0(Sticks, 1);
        sticks->patterns = g_ptr_array_new_with_free_func(g_free);
        sticks->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        add_patterns(sticks, conf->lists);
        add_patterns(sticks, conf->depots);
        if (sticks->patterns->len == 0)
                return NULL;
        sticks_have_news(sticks);
        return g_steal_pointer(&sticks);
}

void sticks_free(Sticks *sticks)
{
        if (!sticks)
                return;
        g_ptr_array_unref(sticks->patterns);
        g_hash_table_unref(sticks->seen);
        g_free(sticks);
}

/* Another file system, or another list in it, is another description. */
static char *describe(const char *path)
{
        struct stat place, lists = {0};
        g_autofree char *below = g_build_filename(path, "lists", NULL);
        if (stat(path, &place) != 0)
                return NULL;
        if (stat(below, &lists) != 0)
                lists.st_ino = 0;
        return g_strdup_printf("%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
                               " %" G_GINT64_FORMAT,
                               path, (guint64)place.st_dev, (guint64)place.st_ino, (guint64)lists.st_ino,
                               (gint64)lists.st_mtim.tv_sec * 1000000000 + lists.st_mtim.tv_nsec);
}

static void look(const char *pattern, GHashTable *found)
{
        glob_t matches = {0};
        if (glob(pattern, 0, NULL, &matches) == 0)
                for (size_t i = 0; i < matches.gl_pathc; i++) {
                        char *description = describe(matches.gl_pathv[i]);
                        if (description)
                                g_hash_table_add(found, description);
                }
        globfree(&matches);
}

bool sticks_have_news(Sticks *sticks)
{
        GHashTable *found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (guint i = 0; i < sticks->patterns->len; i++)
                look(sticks->patterns->pdata[i], found);
        bool news = false;
        GHashTableIter iter;
        void *description = NULL;
        g_hash_table_iter_init(&iter, found);
        while (!news && g_hash_table_iter_next(&iter, &description, NULL))
                news = !g_hash_table_contains(sticks->seen, description);
        g_hash_table_unref(sticks->seen);
        sticks->seen = found;
        return news;
}
