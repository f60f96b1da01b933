/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files that one build makes: the image and what lies beside it. Each is written under another name, and
 * they appear together. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The image's own name comes last. */
enum { OUTPUT_KERNEL, OUTPUT_INITRD, OUTPUT_PACKAGES, OUTPUT_IMAGE, OUTPUTS };
extern const char *const outputs_endings[OUTPUTS];

typedef struct {
        const char *image;
        char *partial[OUTPUTS]; /* what to write; one that is not written does not appear */
} Outputs;

/* True if `image` can be written. Errors: NOT_FOUND without its directory, USAGE, SYSTEM. */
bool outputs_check(const char *image, GError **error);

/* Name the files, and remove what a killed build left under these names. `image` must live as long. Errors:
 * SYSTEM. */
bool outputs_open(Outputs *outputs, const char *image, GError **error);

/* Let the files appear, and those of an earlier build that are not made any more go. Whoever finds an image
 * finds what belongs to it: while files are exchanged there is none. Errors: NO_SPACE, SYSTEM. */
bool outputs_commit(const Outputs *outputs, GError **error);

/* Remove what has not appeared. */
void outputs_clear(Outputs *outputs);

/* Returns: owned name of the file beside `image` with this ending. */
char *outputs_beside(const char *image, const char *ending);
