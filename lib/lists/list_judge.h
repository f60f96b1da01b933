/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a host makes of a list whose signature is good: obey it, keep what runs, or refuse it. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "list.h"

typedef enum {
        LIST_OBEY,          /* make the host match it */
        LIST_EXPIRED,       /* it is the newest there is: keep what runs, install nothing */
        LIST_DEPOT_TOO_OLD, /* the same, as long as no newer copy of the depot can be read */
        LIST_OF_OTHER_HOST, /* this and all that follow: refuse, stay with the list before */
        LIST_OF_OTHER_KEY,
        LIST_SERIAL_LOWER,
        LIST_SERIAL_REUSED,
} ListVerdict;

/* What the host knows. All borrowed. */
typedef struct {
        const char *host;
        const char *host_key;
        int64_t now;         /* the clock */
        int64_t newest_date; /* the newest date seen that a key which is still valid has signed; 0: none */
        int64_t seen_serial; /* of the last list that was not refused; 0: none, or its key is withdrawn */
        uint8_t seen_sha256[DIGEST_BYTES]; /* of its text */
        int64_t depot_date;                /* of the newest InRelease at hand; 0: not looked at */
} ListCircumstances;

/* `sha256` is of the text that `list` was read from. Time is the latest of the clock, the newest date seen
 * and the list's own date, so a clock that lags opens nothing; no refusal depends on it. `error` is set, with
 * UNTRUSTED, for all but LIST_OBEY. */
ListVerdict list_judge(const List *list, const uint8_t sha256[DIGEST_BYTES],
                       const ListCircumstances *circumstances, GError **error);
