/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the agent cannot find out about packages by looking: which it brought itself, and which were there
 * before it. Also what the last pass found, so that the next one need not look again. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
        GHashTable *base;   /* set of char *; NULL: nobody has looked yet */
        GHashTable *ours;   /* set of char * */
        char *fingerprint;  /* of dpkg's status at the end of the last whole pass; "" for none */
        int64_t serial;     /* of the list then */
        int64_t looked_at;  /* when newer versions were looked for; Unix seconds */
        GPtrArray *refused; /* char *: what that pass refused */
        char *torn;         /* what is to be told of a record that was put aside, or NULL */
} AptRecord;

AptRecord *apt_record_new(void);
void apt_record_free(AptRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AptRecord, apt_record_free)

/* Read `path`; absent, or torn (then it is put aside as PATH.torn), it is a new one. Errors: SYSTEM. */
AptRecord *apt_record_load(const char *path, GError **error);

/* Errors: NO_SPACE, SYSTEM. */
bool apt_record_save(const AptRecord *record, const char *path, GError **error);
