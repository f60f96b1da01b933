/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a service description to an image: built from Debian packages, or taken from a disk file. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "description.h"
#include "progress.h"

typedef struct {
        const ServiceDescription *description;
        const char *image;  /* to be written; beside it IMAGE.kernel, IMAGE.initrd and IMAGE.packages where
                               there are  such, and IMAGE.log if it fails */
        const char *mirror; /* URL, or NULL for the machine's own apt sources */
        void (*phase)(const char *what); /* told what begins; or NULL */
        Progress *progress;
} BuildRequest;

typedef struct {
        uint64_t image_bytes;                /* as a machine sees it */
        uint64_t disk_bytes;                 /* what it takes */
        uint64_t kernel_bytes, initrd_bytes; /* 0: none */
        unsigned package_count;
} BuildResult;

/* Build. IMAGE appears last and whole, and then all that lies beside it belongs to it; the next call for the
 * same IMAGE cleans up after one that was killed, and a second at the same time is refused with CONFLICT.
 * Errors: USAGE for what the description asks and cannot be, NOT_FOUND for what is missing on this machine,
 * NO_SPACE, SYSTEM. */
bool build_image(const BuildRequest *request, BuildResult *result, GError **error);
