/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of a build: the image and those next to it. They are written under temporary names and appear
 * together. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The image's own name comes last. */
enum { OUTPUT_KERNEL, OUTPUT_INITRD, OUTPUT_PACKAGES, OUTPUT_IMAGE, OUTPUTS };
extern const char *const outputs_endings[OUTPUTS];

typedef struct {
        const char *image;
        char *partial[OUTPUTS]; /* the paths to write; a file that is not written does not appear */
} Outputs;

/* True if `image` can be written. Errors: NOT_FOUND without its directory, USAGE, SYSTEM. */
bool outputs_check(const char *image, GError **error);

/* Set the paths, and remove files of a killed build there. `image` must live as long as `outputs`. Errors:
 * SYSTEM. */
bool outputs_open(Outputs *outputs, const char *image, GError **error);

/* Let the files appear, and remove those of an earlier build that this one has not. While files are exchanged
 * there is no image: the files next to an image always belong to it. Errors: NO_SPACE, SYSTEM. */
bool outputs_commit(const Outputs *outputs, GError **error);

/* Remove the files that have not appeared, and free the paths. */
void outputs_clear(Outputs *outputs);

/* Returns: owned path of the file next to `image` with this ending. */
char *outputs_beside(const char *image, const char *ending);
