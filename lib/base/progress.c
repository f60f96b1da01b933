/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "progress.h"

#include <stddef.h>

void progress_begin(Progress *progress, const char *what, uint64_t total_bytes)
{
        if (progress)
                progress->begin(progress, what, total_bytes);
}

void progress_add(Progress *progress, const char *source, uint64_t bytes)
{
        if (progress && bytes > 0)
                progress->add(progress, source, bytes);
}

void progress_end(Progress *progress)
{
        if (progress)
                progress->end(progress);
}
