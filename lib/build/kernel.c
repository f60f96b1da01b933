/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel.h"

#include <stdint.h>
#include <string.h>

#include "debversion.h"
#include "decompress.h"
#include "errors.h"

/* Documentation/arch/x86/boot.rst and drivers/firmware/efi/libstub/zboot-header.S of the Linux kernel. */
enum {
        X86_SETUP_SECTORS = 0x1f1,
        X86_MAGIC = 0x202,
        X86_VERSION = 0x206,
        X86_PAYLOAD_OFFSET = 0x248,
        X86_PAYLOAD_LENGTH = 0x24c,
        X86_HEADER_BYTES = 0x250,
        X86_VERSION_WITH_PAYLOAD = 0x208,
        ZBOOT_MAGIC = 4,
        ZBOOT_OFFSET = 8,
        ZBOOT_LENGTH = 12,
        ZBOOT_HEADER_BYTES = 64,
        CPIO_HEADER_BYTES = 110,
        CPIO_FILE_SIZE = 54,
        CPIO_NAME_SIZE = 94,
        SIZE_TRAILER_BYTES = 4,
};

static uint32_t read_le32(const uint8_t *p)
{
        return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static GBytes *to_bytes(GByteArray *array)
{
        return array ? g_byte_array_free_to_bytes(array) : NULL;
}

/* Returns: the compressed part of a kernel; empty if there is none. */
static void find_payload(const uint8_t *data, size_t size, size_t *offset, size_t *length)
{
        *offset = *length = 0;
        if (size >= X86_HEADER_BYTES && memcmp(data + X86_MAGIC, "HdrS", 4) == 0 &&
            (data[X86_VERSION] | data[X86_VERSION + 1] << 8) >= X86_VERSION_WITH_PAYLOAD) {
                size_t sectors = data[X86_SETUP_SECTORS] ? data[X86_SETUP_SECTORS] : 4;
                *offset = (sectors + 1) * 512 + read_le32(data + X86_PAYLOAD_OFFSET);
                *length = read_le32(data + X86_PAYLOAD_LENGTH);
        } else if (size >= ZBOOT_HEADER_BYTES && memcmp(data, "MZ", 2) == 0 &&
                   memcmp(data + ZBOOT_MAGIC, "zimg", 4) == 0) {
                *offset = read_le32(data + ZBOOT_OFFSET);
                *length = read_le32(data + ZBOOT_LENGTH);
        } else if (is_compressed(data, size)) {
                *length = size;
        }
}

GBytes *kernel_uncompress(GBytes *kernel, GError **error)
{
        size_t size = 0, offset = 0, length = 0;
        const uint8_t *data = g_bytes_get_data(kernel, &size);
        find_payload(data, size, &offset, &length);
        if (length == 0)
                return g_bytes_ref(kernel);
        if (offset > size || length > size - offset) {
                fail(error, LAUTTA_ERROR_CORRUPT, "the kernel ends before its compressed part does");
                return NULL;
        }
        /* The kernel's build appends the size to every stream except gzip's, which has it already. */
        bool has_trailer = length < size && data[offset] != 0x1f && length > SIZE_TRAILER_BYTES;
        if (has_trailer)
                length -= SIZE_TRAILER_BYTES;
        return to_bytes(decompress(data + offset, length, KERNEL_MAX_BYTES, error));
}

static bool read_hex(const uint8_t *field, size_t *value)
{
        *value = 0;
        for (int i = 0; i < 8; i++) {
                int digit = g_ascii_xdigit_value((char)field[i]);
                if (digit < 0)
                        return false;
                *value = *value << 4 | (size_t)digit;
        }
        return true;
}

static size_t align4(size_t n)
{
        return (n + 3) & ~(size_t)3;
}

/* Returns: the length of a cpio archive in "newc" form, including its last member; 0 if it is damaged. */
static size_t cpio_length(const uint8_t *data, size_t size)
{
        static const char last[] = "TRAILER!!!";
        size_t at = 0;
        while (size - at >= CPIO_HEADER_BYTES && memcmp(data + at, "07070", 5) == 0) {
                size_t name_size = 0, file_size = 0;
                if (!read_hex(data + at + CPIO_NAME_SIZE, &name_size) ||
                    !read_hex(data + at + CPIO_FILE_SIZE, &file_size))
                        return 0;
                size_t content = at + align4(CPIO_HEADER_BYTES + name_size);
                size_t next = content + align4(file_size);
                if (next > size)
                        return 0;
                if (name_size == sizeof last && memcmp(data + at + CPIO_HEADER_BYTES, last, sizeof last) == 0)
                        return next;
                at = next;
        }
        return 0;
}

static void pad4(GByteArray *out)
{
        static const uint8_t zeros[4];
        g_byte_array_append(out, zeros, (guint)(align4(out->len) - out->len));
}

/* Append the archive or compressed stream at the begin of `data` to `out`; `used` is set to its length. */
static bool append_part(GByteArray *out, const uint8_t *data, size_t size, size_t *used, GError **error)
{
        pad4(out);
        *used = cpio_length(data, size);
        if (*used > 0) {
                g_byte_array_append(out, data, (guint)*used);
                return true;
        }
        g_autoptr(GByteArray) part = decompress(data, size, INITRD_MAX_BYTES, error);
        if (!part)
                return false;
        if (out->len + part->len > INITRD_MAX_BYTES)
                return fail(error, LAUTTA_ERROR_CORRUPT, "more than %d bytes", INITRD_MAX_BYTES);
        g_byte_array_append(out, part->data, part->len);
        *used = size;
        return true;
}

GBytes *kernel_uncompress_initrd(GBytes *initrd, GError **error)
{
        size_t size = 0;
        const uint8_t *data = g_bytes_get_data(initrd, &size);
        g_autoptr(GByteArray) out = g_byte_array_new();
        for (size_t at = 0; at < size;) {
                size_t used = 0;
                if (data[at] == 0) {
                        at++;
                        continue;
                }
                if (!append_part(out, data + at, size - at, &used, error)) {
                        g_prefix_error(error, "the initrd at byte %zu: ", at);
                        return NULL;
                }
                at += used;
        }
        return g_byte_array_free_to_bytes(g_steal_pointer(&out));
}

const char *kernel_newest(const GPtrArray *names, const char *prefix)
{
        const char *best = NULL;
        size_t skip = strlen(prefix);
        for (guint i = 0; i < names->len; i++) {
                const char *name = names->pdata[i];
                if (!g_str_has_prefix(name, prefix))
                        continue;
                if (!best || debian_version_compare(name + skip, best + skip) > 0)
                        best = name;
        }
        return best;
}
