/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel.h"

#include <gio/gio.h>
#include <string.h>

#include "errors.h"

static void put_le32(GByteArray *bytes, guint at, guint32 value)
{
        guint32 little = GUINT32_TO_LE(value);
        memcpy(bytes->data + at, &little, sizeof little);
}

static GByteArray *gzipped(const void *data, size_t size)
{
        g_autoptr(GConverter) compressor =
                G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 6));
        g_autoptr(GInputStream) plain = g_memory_input_stream_new_from_data(data, (gssize)size, NULL);
        g_autoptr(GInputStream) stream = g_converter_input_stream_new(plain, compressor);
        char *buffer = g_malloc(size + 1024);
        gsize n = 0;
        g_assert_true(g_input_stream_read_all(stream, buffer, size + 1024, &n, NULL, NULL));
        return g_byte_array_new_take((guint8 *)buffer, n);
}

/* A bzImage of two setup sectors that says its payload has `length` bytes. */
static GBytes *bzimage(const GByteArray *payload, guint32 length)
{
        GByteArray *image = g_byte_array_new();
        g_byte_array_set_size(image, 1536 + 16);
        memset(image->data, 0, image->len);
        image->data[0x1f1] = 2;
        memcpy(image->data + 0x202, "HdrS\x0f\x02", 6);
        put_le32(image, 0x248, 16);
        put_le32(image, 0x24c, length);
        g_byte_array_append(image, payload->data, payload->len);
        g_byte_array_append(image, (const guint8 *)"what follows", 12);
        return g_byte_array_free_to_bytes(image);
}

static void assert_bytes(GBytes *bytes, const void *data, size_t size)
{
        g_assert_nonnull(bytes);
        g_autoptr(GBytes) expected = g_bytes_new(data, size);
        g_assert_true(g_bytes_equal(bytes, expected));
}

static void the_kernel_comes_out_of_its_bzimage(void)
{
        static const char elf[] = "\177ELF and so on";
        g_autoptr(GByteArray) payload = gzipped(elf, sizeof elf);
        g_autoptr(GBytes) image = bzimage(payload, payload->len);
        g_autoptr(GBytes) kernel = kernel_uncompress(image, NULL);
        assert_bytes(kernel, elf, sizeof elf);
}

static void a_bzimage_that_is_cut_is_corrupt(void)
{
        static const char elf[] = "\177ELF and so on";
        g_autoptr(GByteArray) payload = gzipped(elf, sizeof elf);
        static const guint32 lengths[] = {4096, G_MAXUINT32, 8};
        for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
                g_autoptr(GBytes) image = bzimage(payload, lengths[i]);
                g_autoptr(GError) error = NULL;
                g_assert_null(kernel_uncompress(image, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
        }
}

static void a_zboot_image_and_a_gzip_one_come_out_too(void)
{
        static const char flat[] = "MZ an arm64 Image";
        g_autoptr(GByteArray) payload = gzipped(flat, sizeof flat);
        g_autoptr(GByteArray) zboot = g_byte_array_new();
        g_byte_array_set_size(zboot, 64);
        memset(zboot->data, 0, 64);
        memcpy(zboot->data, "MZ\0\0zimg", 8);
        put_le32(zboot, 8, 64);
        put_le32(zboot, 12, payload->len);
        g_byte_array_append(zboot, payload->data, payload->len);
        g_autoptr(GBytes) zboot_bytes = g_bytes_new(zboot->data, zboot->len);
        g_autoptr(GBytes) from_zboot = kernel_uncompress(zboot_bytes, NULL);
        assert_bytes(from_zboot, flat, sizeof flat);
        g_autoptr(GBytes) gzip_bytes = g_bytes_new(payload->data, payload->len);
        g_autoptr(GBytes) from_gzip = kernel_uncompress(gzip_bytes, NULL);
        assert_bytes(from_gzip, flat, sizeof flat);
}

static void an_uncompressed_kernel_stays_as_it_is(void)
{
        g_autoptr(GBytes) elf = g_bytes_new_static("\177ELF", 4);
        g_autoptr(GBytes) kernel = kernel_uncompress(elf, NULL);
        g_assert_true(g_bytes_equal(kernel, elf));
}

static void cpio_member(GByteArray *out, const char *name, const char *content)
{
        static const guint8 zeros[4];
        g_autofree char *header = g_strdup_printf(
                "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 1, 0100644, 0, 0, 1, 0,
                (unsigned)strlen(content), 0, 0, 0, 0, (unsigned)strlen(name) + 1, 0);
        g_byte_array_append(out, (const guint8 *)header, 110);
        g_byte_array_append(out, (const guint8 *)name, (guint)strlen(name) + 1);
        g_byte_array_append(out, zeros, -out->len & 3);
        g_byte_array_append(out, (const guint8 *)content, (guint)strlen(content));
        g_byte_array_append(out, zeros, -out->len & 3);
}

static GByteArray *cpio(const char *name)
{
        GByteArray *out = g_byte_array_new();
        cpio_member(out, name, "content\n");
        cpio_member(out, "TRAILER!!!", "");
        return out;
}

static void an_initrd_of_several_archives_is_all_uncompressed(void)
{
        g_autoptr(GByteArray) early = cpio("kernel/x86/microcode"), late = cpio("init");
        g_autoptr(GByteArray) packed = gzipped(late->data, late->len);
        g_autoptr(GByteArray) initrd = g_byte_array_new();
        g_byte_array_append(initrd, early->data, early->len);
        g_byte_array_append(initrd, (const guint8 *)"\0\0\0\0\0\0\0\0", 8);
        g_byte_array_append(initrd, packed->data, packed->len);
        g_autoptr(GBytes) bytes = g_bytes_new(initrd->data, initrd->len);
        g_autoptr(GBytes) plain = kernel_uncompress_initrd(bytes, NULL);
        g_byte_array_append(early, late->data, late->len);
        assert_bytes(plain, early->data, early->len);
}

static void an_initrd_of_nonsense_is_corrupt(void)
{
        static const char *const bad[] = {"nonsense", "070701", "\x1f\x8b\x08nonsense"};
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GBytes) bytes = g_bytes_new_static(bad[i], strlen(bad[i]));
                g_autoptr(GError) error = NULL;
                g_assert_null(kernel_uncompress_initrd(bytes, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
        }
}

static void the_newest_kernel_is_found_by_version_not_by_alphabet(void)
{
        static const char *const names[] = {"config-6.1.0-10-cloud-amd64", "vmlinuz-6.1.0-9-cloud-amd64",
                                            "vmlinuz-6.1.0-10-cloud-amd64",
                                            "initrd.img-6.1.0-11-cloud-amd64"};
        g_autoptr(GPtrArray) list = g_ptr_array_new();
        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
                g_ptr_array_add(list, (char *)names[i]);
        g_assert_cmpstr(kernel_newest(list, "vmlinuz-"), ==, "vmlinuz-6.1.0-10-cloud-amd64");
        g_assert_null(kernel_newest(list, "vmlinux-"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/kernel/the_kernel_comes_out_of_its_bzimage", the_kernel_comes_out_of_its_bzimage);
        g_test_add_func("/kernel/a_bzimage_that_is_cut_is_corrupt", a_bzimage_that_is_cut_is_corrupt);
        g_test_add_func("/kernel/a_zboot_image_and_a_gzip_one_come_out_too",
                        a_zboot_image_and_a_gzip_one_come_out_too);
        g_test_add_func("/kernel/an_uncompressed_kernel_stays_as_it_is",
                        an_uncompressed_kernel_stays_as_it_is);
        g_test_add_func("/kernel/an_initrd_of_several_archives_is_all_uncompressed",
                        an_initrd_of_several_archives_is_all_uncompressed);
        g_test_add_func("/kernel/an_initrd_of_nonsense_is_corrupt", an_initrd_of_nonsense_is_corrupt);
        g_test_add_func("/kernel/the_newest_kernel_is_found_by_version_not_by_alphabet",
                        the_newest_kernel_is_found_by_version_not_by_alphabet);
        return g_test_run();
}
