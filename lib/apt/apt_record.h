/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The facts about packages that cannot be found out by looking: which the agent installed, and which were there
 * before it. Also the result of the last pass, so that the next one need not look again. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
        GHashTable *base;   /* set of char *; NULL: not recorded yet */
        GHashTable *ours;   /* set of char * */
        char *fingerprint;  /* of dpkg's status at the end of the last whole pass; "" for none */
        int64_t serial;     /* of the list then */
        int64_t looked_at;  /* last look for newer versions; Unix seconds */
        GPtrArray *refused; /* char *: refusals of that pass, for people */
        char *torn;         /* report about a record that was put aside, or NULL */
} AptRecord;

AptRecord *apt_record_new(void);
void apt_record_free(AptRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AptRecord, apt_record_free)

/* Read `path`; absent, or torn (then it is put aside as PATH.torn), it is a new one. Errors: SYSTEM. */
AptRecord *apt_record_load(const char *path, GError **error);

/* Errors: NO_SPACE, SYSTEM. */
bool apt_record_save(const AptRecord *record, const char *path, GError **error);
