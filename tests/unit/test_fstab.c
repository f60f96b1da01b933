/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fstab of a built machine. */
#include "fstab.h"

#include <string.h>

static char *fstab_of(const char *more)
{
        g_autofree char *text = g_strconcat("service: web\nversion: 1\nimage: {build: {}}\n", more, NULL);
        g_autoptr(GBytes) source = g_bytes_new(text, strlen(text));
        g_autoptr(GError) error = NULL;
        g_autoptr(ServiceDescription) description = description_parse(source, "web.yaml", "/", &error);
        g_assert_no_error(error);
        return fstab_text(description);
}

static void a_root_alone_is_the_first_disk(void)
{
        g_autofree char *text = fstab_of("");
        g_assert_nonnull(strstr(text, "\n/dev/vda / ext4 "));
        g_assert_null(strstr(text, "LABEL"));
}

static void volumes_and_swap_go_by_their_labels(void)
{
        g_autofree char *text = fstab_of("resources: {swap: 16M}\n"
                                         "volumes:\n  - {name: data, size: 8M, at: /srv}\n"
                                         "  - {name: a-very-long-name-of-it, size: 8M, at: /var/lib/a b}\n");
        g_assert_nonnull(strstr(text, "\nLABEL=data /srv ext4 nofail,x-systemd.growfs,"));
        g_assert_nonnull(
                strstr(text, "\nLABEL=a-very-long-name /var/lib/a\\040b ext4 nofail,x-systemd.growfs,"));
        g_assert_nonnull(strstr(text, "\nLABEL=lautta-swap none swap nofail 0 0\n"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/fstab/a root alone is the first disk", a_root_alone_is_the_first_disk);
        g_test_add_func("/fstab/volumes and swap go by their labels", volumes_and_swap_go_by_their_labels);
        return g_test_run();
}
