/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The directory one build works in: the same for the same image, so that a build that was killed is cleaned
 * up by the next; under $TMPDIR or /var/tmp, where a root file system may be unpacked. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
        char *path;
        int lock; /* held as long as it is open */
} Workplace;

/* Make it, empty. Errors: CONFLICT if another build of this image runs, NO_SPACE, SYSTEM. */
bool workplace_open(Workplace *place, const char *image, GError **error);

/* Remove it with all that is in it, also what belongs to the users of a namespace. */
void workplace_close(Workplace *place);
#define g_autoworkplace __attribute__((cleanup(workplace_close))) Workplace

/* Returns: owned path of `name` in it. */
char *workplace_file(const Workplace *place, const char *name);
