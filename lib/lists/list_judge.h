/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides about a list whose signature is good: obey it, keep the running services, or refuse it. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "list.h"

typedef enum {
        LIST_OBEY,          /* make the host match it */
        LIST_EXPIRED,       /* expired, but the newest: keep the running services, install nothing */
        LIST_DEPOT_TOO_OLD, /* act as for an expired list until a newer copy of the depot can be read */
        LIST_OF_OTHER_HOST, /* this and the verdicts below: refuse, keep the previous list */
        LIST_OF_OTHER_KEY,
        LIST_SERIAL_LOWER,
        LIST_SERIAL_REUSED,
} ListVerdict;

/* Facts that the host knows. All borrowed. */
typedef struct {
        const char *host;
        const char *host_key;
        int64_t now;         /* the clock */
        int64_t newest_date; /* the newest date seen that a key which is still valid has signed; 0: none */
        int64_t seen_serial; /* of the last list that was not refused; 0: none, or its key is withdrawn */
        uint8_t seen_sha256[DIGEST_BYTES]; /* of its text */
        int64_t depot_date;                /* of the newest InRelease at hand; 0: not looked at */
} ListCircumstances;

/* `sha256` is the digest of the text that `list` was read from. The time is the latest of the clock, the newest date
 * seen and the list's own date, so a slow clock revives nothing; no refusal depends on the time. Sets `error`, with
 * UNTRUSTED, for all verdicts but LIST_OBEY. */
ListVerdict list_judge(const List *list, const uint8_t sha256[DIGEST_BYTES],
                       const ListCircumstances *circumstances, GError **error);
