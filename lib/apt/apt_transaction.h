/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds, by simulating, one call of apt-get that does all decided changes, or as many as possible. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "apt.h"
#include "dpkg_status.h"

/* Zero-initialised it is empty. */
typedef struct {
        GPtrArray *wanted;   /* char *, borrowed: packages to install or upgrade */
        GPtrArray *unwanted; /* char *, borrowed: packages to remove */
        GPtrArray *changes;  /* AptChange: its effect, all of it allowed; NULL: there is nothing to do */
        GPtrArray *refused;  /* char *: sentences; NULL for none */
        bool postponed;      /* removals must wait for the installations: decide again after them */
} AptTransaction;

void apt_transaction_clear(AptTransaction *transaction);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AptTransaction, apt_transaction_clear)

/* Shrink `wanted` and `unwanted` of `transaction` to the packages that apt can change together; the others are
 * refused. Only unwanted packages are removed. */
void apt_transaction_find(const AptConf *conf, const DpkgStatus *status, AptTransaction *transaction);

/* Run the call that apt_transaction_find() found. Errors: those of apt_run_change(). */
bool apt_transaction_run(const AptConf *conf, const AptTransaction *transaction, GError **error);
