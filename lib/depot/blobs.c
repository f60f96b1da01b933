/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "blobs.h"

static const struct {
        const char *name, *suffix;
} blobs[BLOB_COUNT] = {
        [BLOB_IMAGE] = {"image", ""},
        [BLOB_KERNEL] = {"kernel", ".kernel"},
        [BLOB_INITRD] = {"initrd", ".initrd"},
};

const char *blob_name(Blob blob)
{
        return blobs[blob].name;
}

char *blob_path(Blob blob, const char *image)
{
        return g_strconcat(image, blobs[blob].suffix, NULL);
}
