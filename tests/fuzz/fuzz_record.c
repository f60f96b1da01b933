/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a record, as they are and with the right digest appended. */
#include "record.h"

#include "digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        uint8_t digest[DIGEST_BYTES];
        g_autoptr(GBytes) plain = g_bytes_new(data, size);
        json_decref(record_parse(plain, "record", NULL));
        digest_sha256(data, size, digest);
        g_autofree char *hex = digest_to_hex(digest);
        g_autoptr(GString) text = g_string_new_len((const char *)data, (gssize)size);
        g_string_append_printf(text, "sha256 %s\n", hex);
        g_autoptr(GBytes) sealed = g_bytes_new(text->str, text->len);
        json_decref(record_parse(sealed, "record", NULL));
        return 0;
}
