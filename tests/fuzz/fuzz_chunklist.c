/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a pack from which a chunk list is made. */
#include <unistd.h>

#include "chunklist.h"
#include "files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static char path[] = "/tmp/lautta-fuzz-chunklist-XXXXXX";
        static int fd = -1;
        if (fd < 0)
                fd = g_mkstemp(path);
        g_assert(ftruncate(fd, 0) == 0);
        fd_write_exactly(fd, data, size, 0, path, NULL);
        g_autoptr(GArray) entries = chunklist_from_pack(path, NULL);
        g_autoptr(GArray) stored = chunklist_load(path, NULL);
        return 0;
}
