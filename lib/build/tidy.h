/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens to each file of a bootstrapped root on its way into an image: what differs from one build to
 * the next goes away or is emptied, what must be each machine's own is left for it to make. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
        TIDY_KEEP,
        TIDY_DROP,   /* not in the image */
        TIDY_EMPTY,  /* in the image with no content */
        TIDY_KERNEL, /* content through kernel_uncompress() */
        TIDY_INITRD, /* content through initrd_uncompress() */
} Tidy;

/* For `path` without a leading slash or "./"; `directory` tells its kind. The first rule that fits counts. */
Tidy tidy_rule(const char *path, bool directory);
