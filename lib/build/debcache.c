/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "debcache.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "errors.h"
#include "files.h"
#include "home.h"
#include "sparse.h"

enum { KEEP_SECONDS = 90 * 24 * 3600 };

char *debcache_open(const char *sources, GError **error)
{
        uint8_t digest[DIGEST_BYTES];
        digest_sha256(sources, strlen(sources), digest);
        g_autofree char *hex = digest_to_hex(digest);
        hex[16] = 0;
        g_autofree char *all = home_path("cache/apt");
        g_autofree char *path = g_build_filename(all, hex, NULL);
        return directory_make(path, 0755, error) ? g_steal_pointer(&path) : NULL;
}

/* `to` appears whole; an existing one stays. */
static bool copy(const char *from, const char *to, GError **error)
{
        if (access(to, F_OK) == 0)
                return true;
        g_autofree char *partial = g_strdup_printf("%s.%d.partial", to, (int)getpid());
        if (sparse_copy(from, partial, error) && file_commit(partial, to, error))
                return true;
        unlink(partial);
        return false;
}

/* Only a build that has ended links its packages: a new link changes the file's time of change. tar(1), which
 * another build runs over the same file, would end with "file changed as we read it". */
static bool link_or_copy(const char *from, const char *to, GError **error)
{
        return link(from, to) == 0 || copy(from, to, error);
}

static bool transfer(const char *from_directory, const char *to_directory,
                     bool (*place)(const char *, const char *, GError **), GError **error)
{
        g_autoptr(GDir) dir = g_dir_open(from_directory, 0, NULL);
        for (const char *name; dir && (name = g_dir_read_name(dir));) {
                g_autofree char *from = g_build_filename(from_directory, name, NULL);
                g_autofree char *to = g_build_filename(to_directory, name, NULL);
                if (g_str_has_suffix(name, ".deb") && !place(from, to, error))
                        return false;
        }
        return true;
}

bool debcache_take(const char *cache, const char *directory, GError **error)
{
        return directory_make(directory, 0755, error) && transfer(cache, directory, copy, error);
}

/* Returns: owned file name as apt gives it: NAME_VERSION_ARCHITECTURE.deb, with %3a for the colon of an
 * epoch. */
static void mark_used(const char *cache, const char *line)
{
        g_auto(GStrv) words = g_strsplit(line, " ", 3);
        if (g_strv_length(words) != 3)
                return;
        g_auto(GStrv) parts = g_strsplit(words[1], ":", 2);
        g_autofree char *version = g_strjoinv("%3a", parts);
        g_autofree char *name = g_strdup_printf("%s_%s_%s.deb", words[0], version, words[2]);
        g_autofree char *path = g_build_filename(cache, name, NULL);
        utimensat(AT_FDCWD, path, NULL, 0);
}

static void drop_old(const char *cache)
{
        struct stat st;
        time_t now = time(NULL);
        g_autoptr(GDir) dir = g_dir_open(cache, 0, NULL);
        for (const char *name; dir && (name = g_dir_read_name(dir));) {
                g_autofree char *path = g_build_filename(cache, name, NULL);
                if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && now - st.st_mtime > KEEP_SECONDS)
                        unlink(path);
        }
}

bool debcache_give(const char *cache, const char *directory, const char *packages, GError **error)
{
        if (!transfer(directory, cache, link_or_copy, error))
                return false;
        g_auto(GStrv) lines = g_strsplit(packages, "\n", -1);
        for (char **line = lines; *line; line++)
                mark_used(cache, *line);
        drop_old(cache);
        return true;
}
