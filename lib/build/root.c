/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root.h"

#include <string.h>
#include <sys/stat.h>

#include "digest.h"
#include "errors.h"
#include "ext4.h"
#include "files.h"
#include "kernel.h"
#include "tar.h"
#include "tidy.h"

enum { TIME_SPREAD_S = 1 << 24 };

typedef struct {
        const RootWrite *request;
        Ext4 *fs;
        Tar tar;
} Writer;

/* A source of content: the tar file, or memory. */
typedef struct {
        Writer *writer;
        GBytes *bytes; /* NULL: read the tar file */
        size_t at;
        Digest *digest;
} Content;

static gssize read_content(void *data, void *buffer, size_t max, GError **error)
{
        Content *content = data;
        gssize n = 0;
        if (content->bytes) {
                size_t size = 0;
                const char *bytes = g_bytes_get_data(content->bytes, &size);
                n = (gssize)MIN(max, size - content->at);
                memcpy(buffer, bytes + content->at, (size_t)n);
                content->at += (size_t)n;
        } else {
                n = tar_read(&content->writer->tar, buffer, max, error);
        }
        if (n > 0) {
                digest_update(content->digest, buffer, (size_t)n);
                progress_add(content->writer->request->progress, "content", (uint64_t)n);
        }
        return n;
}

static int64_t time_from_digest(Digest *digest)
{
        uint8_t bytes[DIGEST_BYTES];
        digest_finish(digest, bytes);
        uint32_t number = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
        return IMAGE_EPOCH + number % TIME_SPREAD_S;
}

static bool keeps_xattr(const char *name)
{
        return g_str_has_prefix(name, "user.") || g_str_has_prefix(name, "system.posix_acl_") ||
               strcmp(name, "security.capability") == 0;
}

static bool write_xattrs(Writer *writer, GError **error)
{
        Tar *tar = &writer->tar;
        const char *name = NULL;
        const void *value = NULL;
        size_t size = 0;
        archive_entry_xattr_reset(tar->entry);
        while (archive_entry_xattr_next(tar->entry, &name, &value, &size) == ARCHIVE_OK)
                if (keeps_xattr(name) && !ext4_set_xattr(writer->fs, tar->path, name, value, size, error))
                        return false;
        return true;
}

/* Returns: owned content of a kernel or initrd as it is stored; also written next to the image if it is the
 * one to boot. */
static GBytes *uncompress(Writer *writer, Tidy rule, GError **error)
{
        const RootWrite *request = writer->request;
        const char *name = writer->tar.path + strlen("boot/");
        bool is_kernel = rule == TIDY_KERNEL;
        g_autoptr(GBytes) compressed = tar_read_all(&writer->tar, INITRD_MAX_BYTES, error);
        if (!compressed)
                return NULL;
        g_autoptr(GBytes) plain = is_kernel ? kernel_uncompress(compressed, error)
                                            : kernel_uncompress_initrd(compressed, error);
        if (!plain) {
                g_prefix_error(error, "'/boot/%s': ", name);
                return NULL;
        }
        const char *chosen = is_kernel ? request->survey->kernel : request->survey->initrd;
        const char *out = is_kernel ? request->kernel_out : request->initrd_out;
        if (out && g_strcmp0(name, chosen) == 0) {
                size_t size = 0;
                const void *data = g_bytes_get_data(plain, &size);
                if (!file_write_atomically(out, data, size, 0644, error))
                        return NULL;
        }
        return g_steal_pointer(&plain);
}

static bool write_file(Writer *writer, Ext4Node *node, Tidy rule, GError **error)
{
        g_autoptr(Digest) digest = digest_new();
        g_autoptr(GBytes) bytes = NULL;
        if (rule == TIDY_INITRD || (rule == TIDY_KERNEL && writer->request->uncompress_kernels)) {
                bytes = uncompress(writer, rule, error);
                if (!bytes)
                        return false;
        }
        Content content = {writer, bytes, 0, digest};
        uint64_t size = rule == TIDY_EMPTY ? 0
                        : bytes            ? g_bytes_get_size(bytes)
                                           : (uint64_t)archive_entry_size(writer->tar.entry);
        bool newer = node->time_s > IMAGE_EPOCH || archive_entry_mtime(writer->tar.entry) >= IMAGE_EPOCH;
        if (!ext4_add(writer->fs, node, size, read_content, &content, error))
                return false;
        return !newer || ext4_set_time(writer->fs, node->path, time_from_digest(digest), error);
}

static bool write_node(Writer *writer, GError **error)
{
        Tar *tar = &writer->tar;
        unsigned mode = archive_entry_mode(tar->entry);
        const char *hardlink = archive_entry_hardlink(tar->entry);
        Tidy rule = tidy_rule(tar->path, S_ISDIR(mode));
        if (rule == TIDY_DROP)
                return true;
        Ext4Node node = {
                .path = tar->path,
                .mode = mode,
                .uid = (unsigned)archive_entry_uid(tar->entry),
                .gid = (unsigned)archive_entry_gid(tar->entry),
                .time_s = CLAMP(archive_entry_mtime(tar->entry), 0, IMAGE_EPOCH),
                .major = (unsigned)archive_entry_rdevmajor(tar->entry),
                .minor = (unsigned)archive_entry_rdevminor(tar->entry),
                .target = archive_entry_symlink(tar->entry),
        };
        if (hardlink) {
                node.mode = 0;
                node.target = g_str_has_prefix(hardlink, "./") ? hardlink + 2 : hardlink;
                return ext4_add(writer->fs, &node, 0, NULL, NULL, error);
        }
        bool good = S_ISREG(mode) ? write_file(writer, &node, rule, error)
                                  : ext4_add(writer->fs, &node, 0, NULL, NULL, error);
        return good && write_xattrs(writer, error);
}

static bool write_nodes(Writer *writer, GError **error)
{
        for (bool more = true; more;) {
                if (!tar_next(&writer->tar, &more, error) || (more && !write_node(writer, error)))
                        return false;
        }
        return ext4_close(writer->fs, error);
}

bool root_write(const RootWrite *request, GError **error)
{
        if (!ext4_make(request->image, request->size_bytes, request->uuid, IMAGE_EPOCH, error))
                return false;
        g_autoptr(Ext4) fs = ext4_open(request->image, IMAGE_EPOCH, error);
        Writer writer = {.request = request, .fs = fs};
        if (!fs)
                return false;
        progress_begin(request->progress, "image", request->survey->content_bytes);
        bool good = tar_open(&writer.tar, request->tar, error) && write_nodes(&writer, error);
        tar_close(&writer.tar);
        progress_end(request->progress);
        return good;
}
