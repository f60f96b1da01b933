/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text as a dpkg status: every package that is read is found by its name. */
#include <stddef.h>
#include <stdint.h>

#include "apt_protect.h"
#include "dpkg_status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) text = g_bytes_new_static(data, size);
        g_autoptr(DpkgStatus) status = dpkg_status_parse(text, "status", NULL);
        if (!status)
                return 0;
        for (guint i = 0; i < status->packages->len; i++) {
                const DpkgPackage *package = g_ptr_array_index(status->packages, i);
                g_assert_nonnull(dpkg_status_find(status, package->name));
        }
        g_autoptr(GHashTable) protected = apt_protected(status, NULL, "6.1");
        g_assert_nonnull(protected);
        return 0;
}
