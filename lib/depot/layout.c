/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layout.h"

#include <glib.h>

#include "debversion.h"

static char *file_name(const char *service, const char *version, const char *architecture, const char *suffix)
{
        g_autofree char *plain = debian_version_without_epoch(version);
        return g_strdup_printf("%s_%s_%s.%s", service, plain, architecture, suffix);
}

char *layout_package_path(const char *service, const char *version, const char *architecture)
{
        /* As in Debian's own pool: the packages of libx lie in libx's initial, "libx"[0..3]. */
        g_autofree char *initial = g_strndup(service, g_str_has_prefix(service, "lib") ? 4 : 1);
        g_autofree char *name = file_name(service, version, architecture, "deb");
        return g_build_filename("pool", "main", initial, service, name, NULL);
}

char *layout_locator_path(const char *service, const char *version, const char *architecture)
{
        g_autofree char *name = file_name(service, version, architecture, "locator");
        return g_build_filename("locators", name, NULL);
}

char *layout_delta_path(const char *name)
{
        return g_strdup_printf("deltas/%s.delta", name);
}
