/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts that a structure owns. */
#pragma once

/* Set a field to an owned copy of `value`, which may be the field's own text; NULL clears it. */
void text_set(char **field, const char *value);
