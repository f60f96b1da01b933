/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel_initrd.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <sys/stat.h>

#include "decompress.h"
#include "errors.h"
#include "files.h"

enum { FILE_MAX_BYTES = 64 << 20 };

typedef struct archive ArchiveWriter;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArchiveWriter, archive_write_free)

/* The kernel's options are root=, ro, rw and init=, as in any initrd. The disk of modules is found by its serial
 * number. A read-only root without a directory for modules gets none; the console says so. */
static const char init[] =
        "#!/bin/busybox sh\n"
        "b() { /bin/busybox \"$@\"; }\n"
        "give_up() { echo \"lautta: $1\"; b sleep 5; exit 1; }\n"
        "b mount -t devtmpfs devtmpfs /dev\n"
        "b mount -t proc proc /proc\n"
        "b mount -t sysfs sysfs /sys\n"
        "for module in /modules/*; do b insmod \"$module\" || echo \"lautta: cannot load $module\"; done\n"
        "root=/dev/vda how=ro init=/sbin/init\n"
        "for word in $(b cat /proc/cmdline); do\n"
        "  case $word in root=*) root=${word#root=} ;; init=*) init=${word#init=} ;; ro | rw) how=$word ;; esac\n"
        "done\n"
        "tries=0\n"
        "until [ -b \"$root\" ]; do\n"
        "  tries=$((tries + 1))\n"
        "  [ $tries -lt 3000 ] || give_up \"there is no disk $root\"\n"
        "  b usleep 10000\n"
        "done\n"
        "for type in ext4 squashfs erofs xfs btrfs; do\n"
        "  b mount -t $type -o $how \"$root\" /root 2>/dev/null && break\n"
        "  b mount -t $type -o ro \"$root\" /root 2>/dev/null && break\n"
        "done\n"
        "b grep -q ' /root ' /proc/mounts || give_up \"cannot mount the root, $root\"\n"
        "modules=/root/lib/modules\n"
        "[ ! -L /root/lib ] || modules=/root/usr/lib/modules\n"
        "for serial in /sys/block/vd*/serial; do\n"
        "  [ \"$(b cat \"$serial\")\" = lautta-modules ] || continue\n"
        "  disk=${serial#/sys/block/}\n"
        "  version=$(b uname -r)\n"
        "  if [ ! -d \"$modules/$version\" ] && ! b mkdir -p \"$modules/$version\" 2>/dev/null; then\n"
        "    b mount -t tmpfs -o mode=755,size=64k tmpfs \"$modules\" && b mkdir \"$modules/$version\"\n"
        "  fi\n"
        "  b mount -t ext4 -o ro \"/dev/${disk%/serial}\" \"$modules/$version\" || echo 'lautta: no place for modules'\n"
        "done\n"
        "for directory in dev proc sys; do\n"
        "  if [ -d /root/$directory ]; then b mount --move /$directory /root/$directory; else b umount /$directory; fi\n"
        "done\n"
        "exec /bin/busybox switch_root /root \"$init\"\n";

static bool archive_fail(ArchiveWriter *out, GError **error)
{
        const char *why = archive_error_string(out);
        return fail(error, error_code_from_text(why), "cannot write the initrd: %s",
                    why ? why : "libarchive fails");
}

static bool write_entry(ArchiveWriter *out, const char *name, unsigned mode, GBytes *content, GError **error)
{
        size_t size = 0;
        const void *data = content ? g_bytes_get_data(content, &size) : NULL;
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, name);
        archive_entry_set_mode(entry, (mode_t)mode);
        archive_entry_set_nlink(entry, 1);
        archive_entry_set_mtime(entry, 0, 0);
        archive_entry_set_size(entry, (la_int64_t)size);
        bool good = archive_write_header(out, entry) == ARCHIVE_OK &&
                    (size == 0 || archive_write_data(out, data, size) == (la_ssize_t)size);
        archive_entry_free(entry);
        return good || archive_fail(out, error);
}

static bool write_frame(const KernelInitrd *initrd, ArchiveWriter *out, GError **error)
{
        static const char *const directories[] = {"bin", "dev", "modules", "proc", "root", "sys"};
        g_autoptr(GBytes) busybox = file_map(initrd->busybox, FILE_MAX_BYTES, error);
        g_autoptr(GBytes) script = g_bytes_new_static(init, sizeof init - 1);
        if (!busybox)
                return false;
        for (size_t i = 0; i < G_N_ELEMENTS(directories); i++)
                if (!write_entry(out, directories[i], S_IFDIR | 0755, NULL, error))
                        return false;
        return write_entry(out, "bin/busybox", S_IFREG | 0755, busybox, error) &&
               write_entry(out, "init", S_IFREG | 0755, script, error);
}

/* Returns: owned content, decompressed. */
static GBytes *read_module(const char *path, GError **error)
{
        g_autoptr(GBytes) file = file_read(path, FILE_MAX_BYTES, error);
        size_t size = 0;
        const void *data = file ? g_bytes_get_data(file, &size) : NULL;
        if (!file || !is_compressed(data, size))
                return g_steal_pointer(&file);
        GByteArray *plain = decompress(data, size, FILE_MAX_BYTES, error);
        if (!plain)
                g_prefix_error(error, "'%s': ", path);
        return plain ? g_byte_array_free_to_bytes(plain) : NULL;
}

static bool write_module(const KernelInitrd *initrd, ArchiveWriter *out, unsigned i, GError **error)
{
        const char *path = initrd->modules->pdata[i];
        g_autofree char *from = g_path_is_absolute(path)
                                        ? g_strdup(path)
                                        : g_build_filename(initrd->modules_directory, path, NULL);
        g_autofree char *file = g_path_get_basename(path);
        char *ending = strstr(file, ".ko");
        if (ending)
                *ending = '\0';
        g_autofree char *name = g_strdup_printf("modules/%03u-%s.ko", i, file);
        g_autoptr(GBytes) module = read_module(from, error);
        return module && write_entry(out, name, S_IFREG | 0644, module, error);
}

static bool write_all(const KernelInitrd *initrd, ArchiveWriter *out, GError **error)
{
        if (!write_frame(initrd, out, error))
                return false;
        for (unsigned i = 0; i < initrd->modules->len; i++)
                if (!write_module(initrd, out, i, error))
                        return false;
        return archive_write_close(out) == ARCHIVE_OK || archive_fail(out, error);
}

bool kernel_initrd_write(const KernelInitrd *initrd, const char *path, GError **error)
{
        g_autoptr(ArchiveWriter) out = archive_write_new();
        if (archive_write_set_format_cpio_newc(out) != ARCHIVE_OK ||
            archive_write_open_filename(out, path) != ARCHIVE_OK)
                return archive_fail(out, error);
        return write_all(initrd, out, error);
}
