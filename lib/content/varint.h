/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers in few bytes (formats.md, "Locator"), and a cursor that reads them from untrusted bytes. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void varint_put(GByteArray *out, uint64_t value);

/* A position in bytes; a read never passes the end. */
typedef struct {
        const uint8_t *at, *end;
} Cursor;

/* Read a number. False if the bytes end too early, or the number is greater than `max`. */
bool cursor_varint(Cursor *cursor, uint64_t max, uint64_t *value);

/* Read `size` bytes. False if fewer are left. */
bool cursor_bytes(Cursor *cursor, void *out, size_t size);
