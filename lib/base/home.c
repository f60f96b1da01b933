/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "home.h"

char *home_path(const char *name)
{
        const char *set = g_getenv("LAUTTA_HOME");
        g_autofree char *home = set && *set ? g_canonicalize_filename(set, NULL)
                                            : g_build_filename(g_get_home_dir(), ".lautta", NULL);
        return g_build_filename(home, name, NULL);
}
