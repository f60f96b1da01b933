/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sticks.h"

#include <string.h>
#include <sys/stat.h>

#include "orders_source.h"

struct Sticks {
        GStrv patterns;
        GHashTable *seen; /* set of descriptions of the sticks at the last look */
};

static void add_patterns(GStrvBuilder *patterns, char **places)
{
        for (char **place = places; place && *place; place++)
                if (strchr(*place, '*'))
                        g_strv_builder_add(patterns, *place);
}

Sticks *sticks_new(const AgentConf *conf)
{
        g_autoptr(GStrvBuilder) patterns = g_strv_builder_new();
        add_patterns(patterns, conf->lists);
        add_patterns(patterns, conf->depots);
        g_auto(GStrv) found = g_strv_builder_end(patterns);
        if (!*found)
                return NULL;
        Sticks *sticks = g_new0(Sticks, 1);
        sticks->patterns = g_steal_pointer(&found);
        sticks->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        sticks_have_news(sticks);
        return sticks;
}

void sticks_free(Sticks *sticks)
{
        if (!sticks)
                return;
        g_strfreev(sticks->patterns);
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

bool sticks_have_news(Sticks *sticks)
{
        GHashTable *found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_auto(GStrv) places = orders_places((const char *const *)sticks->patterns);
        for (char **place = places; *place; place++) {
                char *description = describe(*place);
                if (description)
                        g_hash_table_add(found, description);
        }
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
