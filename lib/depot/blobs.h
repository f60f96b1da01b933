/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The blobs of a service (its image and, with `boot: kernel`, a kernel and an initrd) and the names of their
 * files. */
#pragma once

#include <glib.h>

typedef enum { BLOB_IMAGE, BLOB_KERNEL, BLOB_INITRD, BLOB_COUNT } Blob;

/* "image", "kernel" or "initrd"; constant. */
const char *blob_name(Blob blob);

/* Returns: owned path of the blob's file next to an image: IMAGE, IMAGE.kernel, IMAGE.initrd. */
char *blob_path(Blob blob, const char *image);
