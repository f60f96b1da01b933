/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which modules the initrd for the host's kernel takes, and what it is made of. */
#include "kernel_modules.h"

#include <string.h>

#include "files.h"
#include "kernel_initrd.h"

static const char modules_dep[] =
        "kernel/drivers/virtio/virtio.ko.xz: kernel/drivers/virtio/virtio_ring.ko.xz\n"
        "kernel/drivers/virtio/virtio_ring.ko.xz:\n"
        "kernel/drivers/block/virtio_blk.ko.xz: kernel/drivers/virtio/virtio.ko.xz kernel/drivers/virtio/virtio_ring.ko.xz\n"
        "kernel/drivers/char/hw_random/virtio-rng.ko.xz: kernel/drivers/virtio/virtio.ko.xz kernel/drivers/virtio/virtio_ring.ko.xz\n"
        "kernel/fs/ext4/ext4.ko.xz: kernel/fs/jbd2/jbd2.ko.xz\n"
        "kernel/fs/jbd2/jbd2.ko.xz:\n"
        "nonsense\n";

static char *order(const char *const *names)
{
        g_autoptr(GPtrArray) paths = kernel_modules_order(modules_dep, names);
        GString *text = g_string_new(NULL);
        for (unsigned i = 0; i < paths->len; i++) {
                g_autofree char *name = g_path_get_basename(paths->pdata[i]);
                g_string_append_printf(text, "%s ", name);
        }
        return g_string_free(text, false);
}

static void modules_come_after_what_they_need_and_once(void)
{
        const char *names[] = {"virtio_blk", "ext4", "virtio_rng", "virtio", NULL};
        g_autofree char *text = order(names);
        g_assert_cmpstr(
                text, ==,
                "virtio_ring.ko.xz virtio.ko.xz virtio_blk.ko.xz jbd2.ko.xz ext4.ko.xz virtio-rng.ko.xz ");
}

static void a_module_that_is_not_there_is_left_out(void)
{
        const char *names[] = {"xfs", "virt", "ring", NULL};
        g_autofree char *text = order(names);
        g_assert_cmpstr(text, ==, "");
        g_assert_true(kernel_modules_have(modules_dep, "virtio_rng"));
        g_assert_false(kernel_modules_have(modules_dep, "xfs"));
        g_assert_true(kernel_modules_have("kernel/fs/ext4/ext4.ko\n", "ext4"));
}

static bool holds(GBytes *bytes, const char *text)
{
        size_t size = 0;
        const void *data = g_bytes_get_data(bytes, &size);
        return memmem(data, size, text, strlen(text)) != NULL;
}

static void an_initrd_holds_busybox_the_modules_and_an_init(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autofree char *path = g_build_filename(directory, "initrd", NULL);
        g_autofree char *module = g_build_filename(directory, "one.ko", NULL);
        g_autofree char *busybox = g_build_filename(directory, "busybox", NULL);
        g_assert_true(file_write_atomically(module, "the module", 10, 0600, NULL));
        g_assert_true(file_write_atomically(busybox, "the busybox", 11, 0600, NULL));
        g_autoptr(GPtrArray) modules = g_ptr_array_new();
        g_ptr_array_add(modules, (char *)"one.ko");
        KernelInitrd initrd = {busybox, directory, modules};
        g_autoptr(GError) error = NULL;
        g_assert_true(kernel_initrd_write(&initrd, path, &error));
        g_assert_no_error(error);
        g_autoptr(GBytes) written = file_read(path, 1 << 20, NULL);
        g_assert_cmpint(strncmp(g_bytes_get_data(written, NULL), "070701", 6), ==, 0);
        g_assert_true(holds(written, "the module"));
        g_assert_true(holds(written, "modules/000-one.ko"));
        g_assert_true(holds(written, "the busybox"));
        g_assert_true(holds(written, "#!/bin/busybox sh\n"));
        g_assert_true(holds(written, "TRAILER!!!"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/kernel-modules/modules come after what they need, and once",
                        modules_come_after_what_they_need_and_once);
        g_test_add_func("/kernel-modules/a module that is not there is left out",
                        a_module_that_is_not_there_is_left_out);
        g_test_add_func("/kernel-modules/an initrd holds busybox, the modules and an init",
                        an_initrd_holds_busybox_the_modules_and_an_init);
        return g_test_run();
}
