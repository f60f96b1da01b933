/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine_disks.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "instance_private.h"
#include "process.h"

static char *file_of(const InstanceHost *host, const Instance *instance, const char *file)
{
        const ServiceDescription *d = instance->description;
        g_autofree char *directory = instance_root_directory(host, d->service, d->version);
        return g_build_filename(directory, file, NULL);
}

DomainDisk *machine_disk(const char *path, DiskFormat format, bool read_only, const char *serial)
{
        DomainDisk *disk = g_new0(DomainDisk, 1);
        disk->path = g_strdup(path);
        disk->format = format;
        disk->read_only = read_only;
        disk->serial = g_strdup(serial);
        return disk;
}

/* True for the errors of FICLONE after which an overlay still works. */
static bool has_no_reflink(int code)
{
        return code == EOPNOTSUPP || code == EXDEV || code == EINVAL || code == ENOTTY || code == ENOSYS;
}

/* The file must be unreadable for others before the first byte is in it. */
static int make_private(const char *path, GError **error)
{
        int fd = unlink(path) == 0 || errno == ENOENT
                         ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)
                         : -1;
        if (fd < 0)
                fail_errno(error, "cannot make '%s'", path);
        return fd;
}

/* Leaves `done` false, and no file, where the file system has no reflinks. */
static bool reflink(const char *image, const char *to, bool *done, GError **error)
{
        g_autofd from = open(image, O_RDONLY | O_CLOEXEC);
        if (from < 0)
                return fail_errno(error, "cannot read the image '%s'", image);
        g_autofd fd = make_private(to, error);
        if (fd < 0)
                return false;
        *done = ioctl(fd, FICLONE, from) == 0;
        if (*done)
                return true;
        int code = errno;
        unlink(to);
        errno = code;
        return has_no_reflink(code) || fail_errno(error, "cannot make a reflink of '%s'", image);
}

/* qemu-img writes into an existing file and leaves its mode; a file that qemu-img makes is for all to read. */
static bool overlay(const char *image, const char *to, GError **error)
{
        g_autofree char *absolute = g_canonicalize_filename(image, NULL);
        const char *argv[] = {"qemu-img", "create", "-q",     "-f", "qcow2", "-F",
                              "raw",      "-b",     absolute, to,   NULL};
        g_autofd fd = make_private(to, error);
        return fd >= 0 && process_run(&(Process){.argv = argv}, NULL, NULL, error);
}

static bool root_make(const char *image, const char *raw, const char *qcow2, GError **error)
{
        g_autofree char *partial = g_strconcat(raw, ".partial", NULL);
        bool reflinked = false;
        if (!reflink(image, partial, &reflinked, error))
                return false;
        if (reflinked)
                return file_commit(partial, raw, error);
        return overlay(image, partial, error) && file_commit(partial, qcow2, error);
}

static bool remove_file(const char *path, GError **error)
{
        return unlink(path) == 0 || errno == ENOENT || fail_errno(error, "cannot remove '%s'", path);
}

static bool forget(const char *raw, const char *qcow2, const char *nvram, GError **error)
{
        return remove_file(raw, error) && remove_file(qcow2, error) && remove_file(nvram, error);
}

/* Corrects the mode of a root that an earlier release left readable for all users. */
static bool close_to_others(const char *path, GError **error)
{
        return chmod(path, 0600) == 0 || errno == ENOENT ||
               fail_errno(error, "cannot set the mode of '%s'", path);
}

static bool root_prepare(const InstanceHost *host, const Instance *instance, const char *raw,
                         const char *qcow2, GError **error)
{
        g_autofree char *nvram = machine_nvram(host, instance);
        if (!instance_places_make(host, instance, error))
                return false;
        if (instance->description->root == ROOT_RESET && !forget(raw, qcow2, nvram, error))
                return false;
        if (!close_to_others(raw, error) || !close_to_others(qcow2, error))
                return false;
        return access(raw, F_OK) == 0 || access(qcow2, F_OK) == 0 ||
               root_make(instance->image, raw, qcow2, error);
}

DomainDisk *machine_root(const InstanceHost *host, const Instance *instance, GError **error)
{
        g_autofree char *raw = file_of(host, instance, MACHINE_ROOT_RAW);
        g_autofree char *qcow2 = file_of(host, instance, MACHINE_ROOT_QCOW2);
        if (!root_prepare(host, instance, raw, qcow2, error)) {
                g_prefix_error(error, "root: ");
                return NULL;
        }
        bool is_raw = access(raw, F_OK) == 0;
        return machine_disk(is_raw ? raw : qcow2, is_raw ? DISK_RAW : DISK_QCOW2, false, "lautta-root");
}

DomainDisk *machine_swap(const InstanceHost *host, const Instance *instance, GError **error)
{
        g_autofree char *path = file_of(host, instance, "swap.raw");
        const char *argv[] = {"mkswap", "-L", "lautta-swap", path, NULL};
        if (instance_make_sparse(path, instance->description->swap_bytes, error) &&
            process_run(&(Process){.argv = argv}, NULL, NULL, error))
                return machine_disk(path, DISK_RAW, false, "lautta-swap");
        g_prefix_error(error, "swap: ");
        return NULL;
}

char *machine_nvram(const InstanceHost *host, const Instance *instance)
{
        return file_of(host, instance, "nvram.fd");
}

bool machine_takes_direct(const char *path)
{
        g_autofd fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
        return fd >= 0;
}
