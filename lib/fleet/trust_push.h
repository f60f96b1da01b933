/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signing a trust.list for the keys in $LAUTTA_HOME, and putting it into depots. */
#pragma once

#include "repository.h"
#include "trust.h"

enum { TRUST_VALID_DEFAULT_S = 10 * 365 * 24 * 3600 };

/* Returns: owned message of the trust.list of $LAUTTA_HOME, the same for every depot. It is signed now, and
 * `is_new` is set, if the keys have changed or less than a third of its time is left. The root key signs it,
 * and former root keys do for hosts that know no other. `valid_s` counts from a new signature on. `trust`
 * (may be NULL) gets its content. Errors: NOT_FOUND without keys, CORRUPT if the last trust.list is damaged,
 * SYSTEM without the private root key. */
GBytes *trust_push_sign(int64_t valid_s, bool *is_new, Trust **trust, GError **error);

/* Put `message` into the depot, which must be locked. Errors: NO_SPACE, SYSTEM. */
bool trust_push_place(Repository *repository, GBytes *message, int64_t serial, GError **error);
