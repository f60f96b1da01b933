/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Make an image from a service description: from Debian packages, or from a disk file. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "description.h"
#include "progress.h"

typedef struct {
        const ServiceDescription *description;
        const char *image;  /* output; with IMAGE.kernel, IMAGE.initrd and IMAGE.packages next to it if the
                             * image has them, and IMAGE.log if the build fails */
        const char *mirror; /* URL, or NULL for the machine's own apt sources */
        void (*phase)(const char *name); /* called when a phase begins; or NULL */
        Progress *progress;
} BuildRequest;

typedef struct {
        uint64_t image_bytes;                /* with holes */
        uint64_t disk_bytes;                 /* without holes */
        uint64_t kernel_bytes, initrd_bytes; /* 0: none */
        unsigned package_count;
} BuildResult;

/* Build the image. IMAGE appears last and whole, so the files next to it always belong to it. The next call
 * for the same IMAGE cleans up after a killed one. Errors: CONFLICT while another call builds it, USAGE if
 * the description asks for something impossible, NOT_FOUND if a file or program is missing, NO_SPACE, SYSTEM.
 */
bool build_image(const BuildRequest *request, BuildResult *result, GError **error);
