/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the console of a container or machine. libvirt gives it a terminal only. A container whose terminal nobody
 * reads waits for ever once the buffer is full, and a machine's output would be lost. So a process for each domain,
 * which outlives the agent, copies the terminal into a file of bounded size. The process that holds the lock of the
 * file is the one that copies. */
#include "instance_private.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "paths.h"

enum { READ_BYTES = 4096, KEPT_BYTES = 128 * 1024, LONGEST_BYTES = 2 * KEPT_BYTES };

/* Shortens the log file to its last bytes. */
static void shorten(int log, off_t size)
{
        static char end[KEPT_BYTES];
        ssize_t kept = pread(log, end, KEPT_BYTES, size - KEPT_BYTES);
        if (kept > 0 && ftruncate(log, 0) == 0 && write(log, end, (size_t)kept) < 0)
                return; /* a full disk costs the console, nothing else */
}

static void copy(int terminal, int log)
{
        char buffer[READ_BYTES];
        struct stat info;
        ssize_t size = 0;
        while ((size = read(terminal, buffer, sizeof buffer)) > 0) {
                if (write(log, buffer, (size_t)size) < 0)
                        continue; /* still read, so that the container is not held up */
                if (fstat(log, &info) == 0 && info.st_size > LONGEST_BYTES)
                        shorten(log, info.st_size);
        }
}

/* Runs after fork() in a process with threads, so it calls async-signal-safe functions only. Closes all descriptors of
 * the agent, above all its lock. */
G_NORETURN static void copy_in_process(int terminal, int log)
{
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        signal(SIGTERM, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        signal(SIGHUP, SIG_IGN);
        prctl(PR_SET_NAME, "lautta-console");
        setsid();
        if (fork() == 0 && chdir("/") == 0 && dup2(terminal, STDIN_FILENO) == STDIN_FILENO &&
            dup2(log, STDOUT_FILENO) == STDOUT_FILENO && close_range(STDERR_FILENO, ~0U, 0) == 0)
                copy(STDIN_FILENO, STDOUT_FILENO);
        _exit(0);
}

/* The kernel gives the number of a terminal again once it is free, then perhaps to an administrator's login. A domain
 * that had the terminal before it was opened and has it after is the one whose terminal was opened. There is no test:
 * the domain would have to end between two calls of this function. Returns: owned descriptor, or -1. */
static int open_terminal(Virt *virt, const char *name)
{
        int id = -1, id_after = -1;
        g_autofree char *terminal = virt_console(virt, name, &id, NULL);
        g_autofd fd = terminal ? open(terminal, O_RDONLY | O_NOCTTY | O_CLOEXEC) : -1;
        g_autofree char *terminal_after = fd >= 0 ? virt_console(virt, name, &id_after, NULL) : NULL;
        return id == id_after && g_strcmp0(terminal, terminal_after) == 0 ? fd_steal(&fd) : -1;
}

void instance_console_follow(const InstanceHost *host, Virt *virt, const VirtDomain *domain)
{
        g_autofree char *path = paths_console(host->state_directory, domain->service, domain->version);
        g_autofree char *directory = g_path_get_dirname(path);
        if (!directory_make(directory, 0700, NULL))
                return;
        g_autofd log = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (log < 0 || flock(log, LOCK_EX | LOCK_NB) < 0)
                return;
        g_autofd fd = open_terminal(virt, domain->name);
        if (fd < 0)
                return;
        pid_t child = fork();
        if (child == 0)
                copy_in_process(fd, log);
        if (child > 0)
                waitpid(child, NULL, 0);
}

char *instance_console(const InstanceHost *host, const char *service, const char *version, size_t max_bytes)
{
        g_autofree char *path = paths_console(host->state_directory, service, version);
        struct stat info;
        g_autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0 || fstat(fd, &info) < 0)
                return g_strdup("");
        off_t start = info.st_size > (off_t)max_bytes ? info.st_size - (off_t)max_bytes : 0;
        g_autofree char *text = g_malloc(max_bytes + 1);
        ssize_t size = pread(fd, text, max_bytes, start);
        return g_utf8_make_valid(text, size > 0 ? size : 0);
}
