/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "instance_private.h"
#include "kernel_initrd.h"
#include "kernel_modules.h"
#include "paths.h"
#include "process.h"

enum { LIST_MAX_BYTES = 16 << 20, KERNEL_MAX_BYTES = 256 << 20, BLOCK_BYTES = 4096, NFTW_DEPTH = 16 };

/* Modules for the machine's root and for the disk of modules; skipped where the kernel has them built in. */
static const char *const modules_of_initrd[] = {"virtio_pci",   "virtio_mmio", "virtio_blk", "crc32c_generic",
                                                "crc32c_intel", "ext4",        "squashfs",   "erofs",
                                                "xfs",          "btrfs",       NULL};

/* The files of the host that everything is made from. */
typedef struct {
        char *kernel;
        char *modules;
        char *busybox;
        char *version;
} Source;

static void source_clear(Source *source)
{
        g_free(source->kernel);
        g_free(source->modules);
        g_free(source->busybox);
        g_free(source->version);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Source, source_clear)

void host_kernel_free(HostKernel *kernel)
{
        if (!kernel)
                return;
        g_free(kernel->kernel);
        g_free(kernel->initrd);
        g_free(kernel->modules);
        g_free(kernel);
}

static Source source_of(const InstanceHost *host)
{
        struct utsname running;
        Source source = {NULL};
        const char *release = uname(&running) == 0 ? running.release : "";
        source.kernel = host->kernel ? g_strdup(host->kernel) : g_strconcat("/boot/vmlinuz-", release, NULL);
        source.modules =
                host->modules ? g_strdup(host->modules) : g_build_filename("/lib/modules", release, NULL);
        source.version = g_path_get_basename(source.modules);
        source.busybox = g_find_program_in_path("busybox");
        return source;
}

static char *read_list(const Source *source, const char *name, GError **error)
{
        g_autofree char *path = g_build_filename(source->modules, name, NULL);
        g_autoptr(GBytes) bytes = file_read(path, LIST_MAX_BYTES, error);
        return bytes ? g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) : NULL;
}

static bool check_files(const Source *source, GError **error)
{
        g_autofree char *list = g_build_filename(source->modules, "modules.dep", NULL);
        const char *absent = access(source->kernel, R_OK) < 0 ? source->kernel
                             : access(list, R_OK) < 0         ? list
                                                              : NULL;
        return !absent ||
               fail(error, LAUTTA_ERROR_USAGE,
                    "'boot: host-kernel' needs the host's kernel and its modules, and '%s' is not here: install linux-image-%s, or name others as 'kernel' and 'modules' in agent.conf",
                    absent, source->version);
}

/* True if busybox is static: a program that needs a loader names it in its first page. */
static bool check_busybox(const Source *source, GError **error)
{
        char head[BLOCK_BYTES] = {0};
        g_autofd fd = source->busybox ? open(source->busybox, O_RDONLY | O_CLOEXEC) : -1;
        if (fd >= 0 && pread(fd, head, sizeof head, 0) > 0 && !memmem(head, sizeof head, "/ld-linux", 9))
                return true;
        return fail(error, LAUTTA_ERROR_USAGE,
                    "'boot: host-kernel' needs a static busybox: install busybox-static");
}

static bool check_drivers(const Source *source, GError **error)
{
        static const char *const needed[] = {"virtio_blk", "ext4"};
        g_autofree char *modules = read_list(source, "modules.dep", error);
        g_autofree char *builtin = modules ? read_list(source, "modules.builtin", error) : NULL;
        for (size_t i = 0; builtin && i < G_N_ELEMENTS(needed); i++)
                if (!kernel_modules_have(modules, needed[i]) && !kernel_modules_have(builtin, needed[i]))
                        return fail(
                                error, LAUTTA_ERROR_USAGE,
                                "the host's kernel %s has no '%s', which a machine needs: name another as 'kernel' and 'modules' in agent.conf",
                                source->version, needed[i]);
        return builtin != NULL;
}

bool host_kernel_check(const InstanceHost *host, GError **error)
{
        g_auto(Source) source = source_of(host);
        return check_files(&source, error) && check_busybox(&source, error) && check_drivers(&source, error);
}

static void stamp_file(GString *stamp, const char *path)
{
        struct stat info = {0};
        if (stat(path, &info) < 0)
                info.st_size = -1;
        g_string_append_printf(stamp, "%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld\n", path,
                               (gint64)info.st_size, (gint64)info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

/* Returns: owned text that changes with the sources of the cache. A kernel update may keep its version. */
static char *stamp_of(const Source *source)
{
        GString *stamp = g_string_new("lautta " LAUTTA_VERSION "\n");
        g_autofree char *list = g_build_filename(source->modules, "modules.dep", NULL);
        stamp_file(stamp, source->kernel);
        stamp_file(stamp, list);
        stamp_file(stamp, source->busybox);
        return g_string_free(stamp, false);
}

static bool is_made(const char *directory, const char *stamp)
{
        g_autofree char *path = g_build_filename(directory, "made-from", NULL);
        g_autofree char *text = NULL;
        return g_file_get_contents(path, &text, NULL, NULL) && strcmp(text, stamp) == 0;
}

/* Copies the kernel: an update of the host's package must not remove it from under a machine, and libvirt gives the
 * files that a domain starts from to QEMU's user. */
static bool copy_kernel(const Source *source, const char *directory, GError **error)
{
        g_autofree char *path = g_build_filename(directory, "kernel", NULL);
        g_autofree char *real = realpath(source->kernel, NULL);
        g_autoptr(GBytes) bytes = file_read(real ? real : source->kernel, KERNEL_MAX_BYTES, error);
        size_t size = 0;
        const void *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
        return bytes && file_write_atomically(path, data, size, 0644, error);
}

static bool make_initrd(const Source *source, const char *directory, GError **error)
{
        g_autofree char *path = g_build_filename(directory, "initrd", NULL);
        g_autofree char *list = read_list(source, "modules.dep", error);
        if (!list)
                return false;
        g_autoptr(GPtrArray) modules = kernel_modules_order(list, modules_of_initrd);
        KernelInitrd initrd = {source->busybox, source->modules, modules};
        return kernel_initrd_write(&initrd, path, error);
}

/* Results of nftw(), which passes no user data; guarded by the lock of the cache. */
static uint64_t counted_bytes, counted_files;

static int count_file(const char *path, const struct stat *info, int type, struct FTW *at)
{
        counted_bytes += ((uint64_t)info->st_size + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
        counted_files++;
        return 0;
}

static bool make_modules(const Source *source, const char *directory, GError **error)
{
        counted_bytes = counted_files = 0;
        if (nftw(source->modules, count_file, NFTW_DEPTH, FTW_PHYS) < 0)
                return fail_errno(error, "cannot look through '%s'", source->modules);
        uint64_t size = counted_bytes + counted_bytes / 16 + counted_files * 512 + (16 << 20);
        g_autofree char *path = g_build_filename(directory, "modules.raw", NULL);
        g_autofree char *inodes = g_strdup_printf("%" G_GUINT64_FORMAT, counted_files + 64);
        g_autofree char *blocks = g_strdup_printf("%" G_GUINT64_FORMAT, size / BLOCK_BYTES);
        const char *argv[] = {"mke2fs",
                              "-q",
                              "-F",
                              "-t",
                              "ext4",
                              "-b",
                              "4096",
                              "-m",
                              "0",
                              "-N",
                              inodes,
                              "-O",
                              "^has_journal",
                              "-L",
                              "lautta-modules",
                              "-E",
                              "root_owner=0:0",
                              "-d",
                              source->modules,
                              path,
                              blocks,
                              NULL};
        return process_run(&(Process){.argv = argv}, NULL, NULL, error);
}

/* Makes everything under another name and renames it once complete. */
static bool make(const Source *source, const char *directory, const char *stamp, GError **error)
{
        g_autofree char *partial = g_strconcat(directory, ".partial", NULL);
        g_autofree char *made_from = g_build_filename(partial, "made-from", NULL);
        if (!directory_remove(partial, error) || !directory_make(partial, 0711, error) ||
            !copy_kernel(source, partial, error) || !make_initrd(source, partial, error) ||
            !make_modules(source, partial, error) ||
            !file_write_atomically(made_from, stamp, strlen(stamp), 0644, error))
                return false;
        return directory_remove(directory, error) && file_commit(partial, directory, error);
}

/* Removes the files of other kernels. Running machines keep theirs open, and no machine is started from them again. */
static bool remove_others(const char *parent, const char *version, GError **error)
{
        g_autoptr(GDir) entries = g_dir_open(parent, 0, NULL);
        const char *entry = NULL;
        while (entries && (entry = g_dir_read_name(entries))) {
                g_autofree char *path = g_build_filename(parent, entry, NULL);
                if (strcmp(entry, version) != 0 && strcmp(entry, "lock") != 0 &&
                    !directory_remove(path, error))
                        return false;
        }
        return true;
}

static int lock(const char *parent, GError **error)
{
        g_autofree char *path = g_build_filename(parent, "lock", NULL);
        g_autofd fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd >= 0 && flock(fd, LOCK_EX) == 0)
                return fd_steal(&fd);
        fail_errno(error, "cannot lock '%s'", path);
        return -1;
}

static HostKernel *files_in(const char *directory)
{
        HostKernel *kernel = g_new0(HostKernel, 1);
        kernel->kernel = g_build_filename(directory, "kernel", NULL);
        kernel->initrd = g_build_filename(directory, "initrd", NULL);
        kernel->modules = g_build_filename(directory, "modules.raw", NULL);
        return kernel;
}

HostKernel *host_kernel_prepare(const InstanceHost *host, GError **error)
{
        g_auto(Source) source = source_of(host);
        g_autofree char *parent = paths_host_kernels(host->state_directory);
        g_autofree char *directory = g_build_filename(parent, source.version, NULL);
        g_autofree char *stamp = stamp_of(&source);
        if (!directory_make(parent, 0711, error))
                return NULL;
        g_autofd guard = lock(parent, error);
        if (guard < 0)
                return NULL;
        if (!is_made(directory, stamp) &&
            (!make(&source, directory, stamp, error) || !remove_others(parent, source.version, error))) {
                g_prefix_error(error, "the host's kernel for machines: ");
                return NULL;
        }
        return files_in(directory);
}
