/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a container says on its console: libvirt gives it a terminal only, so a thread for each copies what
 * comes from there into a file of bounded size. Whoever holds the lock of that file is the one that copies.
 */
#include "instance_private.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain_xml.h"
#include "files.h"

enum { READ_BYTES = 4096, KEPT_BYTES = 128 * 1024, LONGEST_BYTES = 2 * KEPT_BYTES };

static char *console_path(const InstanceHost *host, const char *service, const char *version)
{
        g_autofree char *name = domain_name(service, version);
        g_autofree char *file = g_strconcat(name, ".log", NULL);
        return g_build_filename(host->state_directory, "console", file, NULL);
}

typedef struct {
        int terminal;
        int log;
} Copy;

/* Keep the end. */
static void shorten(int log, off_t size)
{
        g_autofree char *end = g_malloc(KEPT_BYTES);
        ssize_t kept = pread(log, end, KEPT_BYTES, size - KEPT_BYTES);
        if (kept > 0 && ftruncate(log, 0) == 0 && write(log, end, (size_t)kept) < 0)
                return; /* a full disk costs the console, nothing else */
}

static void *copy_thread(void *data)
{
        Copy *copy = data;
        char buffer[READ_BYTES];
        struct stat info;
        ssize_t size = 0;
        while ((size = read(copy->terminal, buffer, sizeof buffer)) > 0) {
                if (write(copy->log, buffer, (size_t)size) < 0)
                        continue; /* still read, so that the container is not held up */
                if (fstat(copy->log, &info) == 0 && info.st_size > LONGEST_BYTES)
                        shorten(copy->log, info.st_size);
        }
        close(copy->terminal);
        close(copy->log);
        g_free(copy);
        return NULL;
}

void instance_console_follow(const InstanceHost *host, const VirtDomain *domain)
{
        g_autofree char *path = console_path(host, domain->service, domain->version);
        g_autofree char *directory = g_path_get_dirname(path);
        if (!directory_make(directory, 0700, NULL))
                return;
        g_autofd log = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (log < 0 || flock(log, LOCK_EX | LOCK_NB) < 0)
                return;
        g_autofree char *terminal = virt_console(host->containers, domain->name, NULL);
        g_autofd fd = terminal ? open(terminal, O_RDONLY | O_NOCTTY | O_CLOEXEC) : -1;
        if (fd < 0)
                return;
        Copy *copy = g_new0(Copy, 1);
        *copy = (Copy){fd_steal(&fd), fd_steal(&log)};
        g_thread_unref(g_thread_new("console", copy_thread, copy));
}

char *instance_console(const InstanceHost *host, const char *service, const char *version, size_t max_bytes)
{
        g_autofree char *path = console_path(host, service, version);
        struct stat info;
        g_autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0 || fstat(fd, &info) < 0)
                return g_strdup("");
        off_t start = info.st_size > (off_t)max_bytes ? info.st_size - (off_t)max_bytes : 0;
        g_autofree char *text = g_malloc(max_bytes + 1);
        ssize_t size = pread(fd, text, max_bytes, start);
        return g_utf8_make_valid(text, size > 0 ? size : 0);
}
