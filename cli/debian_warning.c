/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "debian_warning.h"

#include "debian_names.h"
#include "output.h"

void debian_warning(const char *command, const GPtrArray *names)
{
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        for (guint i = 0; i < names->len; i++)
                g_strv_builder_add(builder, names->pdata[i]);
        g_auto(GStrv) all = g_strv_builder_end(builder);
        g_autoptr(GPtrArray) known = debian_names_known((const char *const *)all);
        for (guint i = 0; i < known->len; i++)
                output_note(
                        "lautta %s: warning: Debian has a package '%s': a host where it is installed refuses the service; choose another name\n",
                        command, (const char *)known->pdata[i]);
}
