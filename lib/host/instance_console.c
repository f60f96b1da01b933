/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "instance_private.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain_xml.h"
#include "files.h"

char *instance_console(const InstanceHost *host, const char *service, const char *version, size_t max_bytes)
{
        g_autofree char *name = domain_name(service, version);
        g_autofree char *file = g_strconcat(name, ".log", NULL);
        g_autofree char *path = g_build_filename(host->state_directory, "console", file, NULL);
        struct stat info;
        g_autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0 || fstat(fd, &info) < 0)
                return g_strdup("");
        off_t start = info.st_size > (off_t)max_bytes ? info.st_size - (off_t)max_bytes : 0;
        g_autofree char *text = g_malloc(max_bytes + 1);
        ssize_t size = pread(fd, text, max_bytes, start);
        return g_utf8_make_valid(text, size > 0 ? size : 0);
}
