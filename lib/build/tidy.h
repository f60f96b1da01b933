/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules for the files of a bootstrapped root. Files that differ from build to build are dropped or emptied,
 * as are files that each machine must make for itself. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
        TIDY_KEEP,
        TIDY_DROP,   /* not in the image */
        TIDY_EMPTY,  /* in the image with no content */
        TIDY_KERNEL, /* content through kernel_uncompress() */
        TIDY_INITRD, /* content through kernel_uncompress_initrd() */
} Tidy;

/* Returns: the first rule that matches `path`, which has no leading slash or "./". */
Tidy tidy_rule(const char *path, bool directory);
