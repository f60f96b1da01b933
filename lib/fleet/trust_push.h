/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signing a trust.list for the keys in $LAUTTA_HOME, and putting it into depots. */
#pragma once

#include "repository.h"
#include "trust.h"

enum { TRUST_VALID_DEFAULT_S = 10 * 365 * 24 * 3600 };

/* The trust.list of $LAUTTA_HOME, signed by the root key (and former ones, for hosts that know no other) if
 * the keys have changed since, or less than a third of its time is left: every depot gets the same. `valid_s`
 * counts from a new signature on. `is_new` tells if it was signed now; with `trust` (may be NULL) what it
 * says. Returns: owned message. Errors: NOT_FOUND without keys, CORRUPT if what is there is damaged, SYSTEM
 * if the root key is not at hand. */
GBytes *trust_sign(int64_t valid_s, bool *is_new, Trust **trust, GError **error);

/* Put it into the depot, which must be locked. Errors: NO_SPACE, SYSTEM. */
bool trust_place(Repository *repository, GBytes *message, int64_t serial, GError **error);
