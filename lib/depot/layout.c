/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layout.h"

#include <glib.h>
#include <string.h>

#include "debversion.h"

enum { PACKAGE_PATH_MAX = 512 };

#define PACK_ENDING ".pack"
#define LIST_ENDING ".list"

static char *file_name(const char *service, const char *version, const char *architecture, const char *ending)
{
        g_autofree char *plain = debian_version_without_epoch(version);
        return g_strdup_printf("%s_%s_%s%s", service, plain, architecture, ending);
}

char *layout_package_path(const char *service, const char *version, const char *architecture)
{
        /* As in Debian's own pool: the packages of libx lie in libx's initial, "libx"[0..3]. */
        g_autofree char *initial = g_strndup(service, g_str_has_prefix(service, "lib") ? 4 : 1);
        g_autofree char *name = file_name(service, version, architecture, ".deb");
        return g_build_filename(LAYOUT_POOL, "main", initial, service, name, NULL);
}

char *layout_locator_path(const char *service, const char *version, const char *architecture)
{
        g_autofree char *name = file_name(service, version, architecture, LAYOUT_LOCATOR_ENDING);
        return g_build_filename(LAYOUT_LOCATORS, name, NULL);
}

char *layout_pack_path(const char *name)
{
        return g_strconcat(LAYOUT_PACKS "/", name, PACK_ENDING, NULL);
}

char *layout_chunk_list_path(const char *name)
{
        return g_strconcat(LAYOUT_CHUNK_LISTS "/", name, LAYOUT_CHUNK_LIST_ENDING, NULL);
}

char *layout_delta_path(const char *name)
{
        return g_strconcat(LAYOUT_DELTAS "/", name, LAYOUT_DELTA_ENDING, NULL);
}

char *layout_list_path(const char *host)
{
        return g_strconcat(LAYOUT_LISTS "/", host, LIST_ENDING, NULL);
}

char *layout_in_release_path(const char *suite)
{
        return layout_release_file_path(suite, "InRelease");
}

char *layout_release_file_path(const char *suite, const char *path)
{
        return g_build_filename(LAYOUT_DISTS, suite, path, NULL);
}

char *layout_by_hash_path(const char *suite, const char *path, const char *sha256)
{
        g_autofree char *directory = g_path_get_dirname(path);
        return g_build_filename(LAYOUT_DISTS, suite, directory, "by-hash", "SHA256", sha256, NULL);
}

char *layout_packages_directory(const char *architecture)
{
        return g_strconcat("main/binary-", architecture, NULL);
}

/* True if no part of `path` means anything special to a URL, a shell or a file system. */
static bool has_plain_names(const char *path, const char *marks)
{
        for (const char *p = path; *p; p++) {
                if (!g_ascii_isalnum(*p) && *p != '/' && !strchr(marks, *p))
                        return false;
                if (*p == '/' && (p[1] == '/' || p[1] == '.' || p[1] == '\0'))
                        return false;
        }
        return true;
}

bool layout_is_package_path(const char *path)
{
        return g_str_has_prefix(path, LAYOUT_POOL "/") && g_str_has_suffix(path, ".deb") &&
               strlen(path) <= PACKAGE_PATH_MAX && has_plain_names(path, "+-._~");
}

bool layout_is_transaction_path(const char *path)
{
        static const struct {
                const char *directory, *ending;
        } places[] = {
                {LAYOUT_PACKS "/", PACK_ENDING},
                {LAYOUT_LOCATORS "/", LAYOUT_LOCATOR_ENDING},
                {LAYOUT_DELTAS "/", LAYOUT_DELTA_ENDING},
                {LAYOUT_CHUNK_LISTS "/", LAYOUT_CHUNK_LIST_ENDING},
                {LAYOUT_WAITING_LOCATORS "/", LAYOUT_LOCATOR_ENDING},
        };
        if (layout_is_package_path(path))
                return true;
        for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
                if (!g_str_has_prefix(path, places[i].directory) || !g_str_has_suffix(path, places[i].ending))
                        continue;
                const char *name = path + strlen(places[i].directory);
                return *name != '.' && !strchr(name, '/') && has_plain_names(name, "+-._~");
        }
        return false;
}
