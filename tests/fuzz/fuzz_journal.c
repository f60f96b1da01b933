/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a journal: refused, or every file that it would delete is a plain path in one of a few
 * directories. */
#include <stdint.h>
#include <string.h>

#include "journal.h"
#include "layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree char *text = g_strndup((const char *)data, size);
        g_autoptr(Journal) journal = journal_parse(text, NULL);
        for (guint i = 0; journal && i < journal->files->len; i++) {
                const char *path = journal->files->pdata[i];
                g_assert(path[0] != '/' && !strstr(path, "/."));
                g_assert(layout_is_transaction_path(path));
        }
        return 0;
}
