/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diskfile.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "process.h"
#include "sparse.h"

/* Offsets in the headers of QEMU's formats (docs/interop/qcow2.txt). */
enum {
        HEAD_BYTES = 512,
        QCOW2_VERSION = 4,
        QCOW2_BACKING = 8,
        QCOW2_ENCRYPTION = 32,
        QCOW2_FEATURES = 72,
        QCOW2_FEATURE_DATA_FILE = 1 << 2,
        VDI_MAGIC = 64,
        INFO_MAX_BYTES = 1 << 20,
};

static uint64_t read_be(const uint8_t *p, int bytes)
{
        uint64_t value = 0;
        for (int i = 0; i < bytes; i++)
                value = value << 8 | p[i];
        return value;
}

static const char *check_qcow2(const uint8_t *head, GError **error)
{
        const char *why = NULL;
        if (read_be(head + QCOW2_BACKING, 8) != 0)
                why = "it has a backing file";
        else if (read_be(head + QCOW2_ENCRYPTION, 4) != 0)
                why = "it is encrypted";
        else if (read_be(head + QCOW2_VERSION, 4) >= 3 &&
                 (read_be(head + QCOW2_FEATURES, 8) & QCOW2_FEATURE_DATA_FILE))
                why = "it has an external data file";
        if (!why)
                return "qcow2";
        fail(error, LAUTTA_ERROR_USAGE,
             "the qcow2 image cannot be used: %s; convert it to one that stands alone", why);
        return NULL;
}

static bool has_prefix(const uint8_t *head, size_t size, const char *prefix)
{
        return size >= strlen(prefix) && memcmp(head, prefix, strlen(prefix)) == 0;
}

const char *diskfile_format(const uint8_t *head, size_t size, GError **error)
{
        /* A descriptor without its extents has some 330 bytes: less than the header of any other format. */
        if (has_prefix(head, size, "# Disk DescriptorFile") || has_prefix(head, size, "COWD")) {
                fail(error, LAUTTA_ERROR_USAGE,
                     "the vmdk image cannot be used: it is in several files; convert it to a monolithicSparse one");
                return NULL;
        }
        if (size < HEAD_BYTES)
                return "raw";
        if (memcmp(head, "QFI\xfb", 4) == 0)
                return check_qcow2(head, error);
        if (memcmp(head, "KDMV", 4) == 0)
                return "vmdk";
        if (memcmp(head + VDI_MAGIC, "\x7f\x10\xda\xbe", 4) == 0)
                return "vdi";
        return "raw";
}

static const char *format_of(const char *path, GError **error)
{
        uint8_t head[HEAD_BYTES] = {0};
        struct stat st;
        g_autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0 || fstat(fd, &st) != 0) {
                fail_errno(error, "cannot open '%s'", path);
                return NULL;
        }
        if (!S_ISREG(st.st_mode)) {
                fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a regular file", path);
                return NULL;
        }
        size_t size = (size_t)MIN(st.st_size, HEAD_BYTES);
        if (!fd_read_exactly(fd, head, size, 0, path, error))
                return NULL;
        const char *format = diskfile_format(head, size, error);
        if (!format)
                g_prefix_error(error, "'%s': ", path);
        return format;
}

static json_t *read_info(const char *path, const char *format, GError **error)
{
        const char *argv[] = {"qemu-img", "info", "--output=json", "-f", format, path, NULL};
        Process process = {.argv = argv, .max_output_bytes = INFO_MAX_BYTES};
        g_autoptr(GBytes) output = NULL;
        if (!process_run(&process, &output, NULL, error))
                return NULL;
        json_t *info = json_loadb(g_bytes_get_data(output, NULL), g_bytes_get_size(output), 0, NULL);
        if (!info)
                fail(error, LAUTTA_ERROR_SYSTEM, "'qemu-img info' printed no JSON for '%s'", path);
        return info;
}

/* Each extent that QEMU would open must be the file itself. */
static bool extents_are(json_t *data, const char *path)
{
        size_t i = 0;
        json_t *extent = NULL;
        json_array_foreach (json_object_get(data, "extents"), i, extent) {
                const char *name = json_string_value(json_object_get(extent, "filename"));
                if (name && strcmp(name, path) != 0)
                        return false;
        }
        return true;
}

/* Ask QEMU, too, after our own check of the header. */
static bool stands_alone(const char *path, const char *format, GError **error)
{
        json_t *info = read_info(path, format, error);
        if (!info)
                return false;
        json_t *data = json_object_get(json_object_get(info, "format-specific"), "data");
        bool alone = !json_object_get(info, "backing-filename") &&
                     !json_object_get(info, "full-backing-filename") && !json_object_get(data, "data-file") &&
                     extents_are(data, path);
        json_decref(info);
        return alone ||
               fail(error, LAUTTA_ERROR_USAGE,
                    "'%s' cannot be used: the image needs other files; convert it to one that stands alone",
                    path);
}

bool diskfile_convert(const char *from, const char *to, GError **error)
{
        /* QEMU does not read an absolute name as "nbd:..." or "json:...". */
        g_autofree char *path = g_canonicalize_filename(from, NULL);
        const char *format = format_of(path, error);
        if (!format)
                return false;
        if (strcmp(format, "raw") == 0)
                return sparse_copy(path, to, error);
        if (!stands_alone(path, format, error))
                return false;
        const char *argv[] = {"qemu-img", "convert", "-f", format, "-O", "raw", "-S", "4k", path, to, NULL};
        Process process = {.argv = argv};
        return process_run(&process, NULL, NULL, error);
}
