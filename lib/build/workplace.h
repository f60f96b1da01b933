/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The directory of a build's temporary files, under $TMPDIR or /var/tmp. It is the same for the same image,
 * so that the next build cleans up after a killed one. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
        char *path;
        int lock; /* held as long as it is open */
} Workplace;

/* Make it, empty. Errors: CONFLICT if another build of this image runs, NO_SPACE, SYSTEM. */
bool workplace_open(Workplace *place, const char *image, GError **error);

/* Remove it with all its files, also those of other users of a namespace. */
void workplace_close(Workplace *place);
#define g_autoworkplace __attribute__((cleanup(workplace_close))) Workplace

/* Returns: owned path of `name` in it. */
char *workplace_file(const Workplace *place, const char *name);
