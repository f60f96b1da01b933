/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a kernel and as an initrd: refused, or returned without compression. */
#include "kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) bytes = g_bytes_new_static(data, size);
        g_autoptr(GBytes) kernel = kernel_uncompress(bytes, NULL);
        g_autoptr(GBytes) initrd = kernel_uncompress_initrd(bytes, NULL);
        g_assert(!initrd || g_bytes_get_size(initrd) <= INITRD_MAX_BYTES);
        return 0;
}
