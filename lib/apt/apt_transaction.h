/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One call of apt-get's for all that is decided, or for as much of it as can be: found by simulating. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "apt.h"
#include "dpkg_status.h"

/* Zero-initialised it is empty. */
typedef struct {
        GPtrArray *wanted;   /* char *, borrowed: packages that are installed or brought up to date */
        GPtrArray *unwanted; /* char *, borrowed: packages that go */
        GPtrArray *changes; /* AptChange: what comes of it, all of it allowed; NULL: there is nothing to do */
        GPtrArray *refused; /* char *: sentences; NULL for none */
        bool postponed;     /* removals have to wait until what comes is there: decide again then */
} AptTransaction;

void apt_transaction_clear(AptTransaction *transaction);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AptTransaction, apt_transaction_clear)

/* `transaction` says what is wanted and unwanted; both shrink to what can be done together, and the rest is
 * refused. Nothing goes but what is unwanted. */
void apt_transaction_find(const AptConf *conf, const DpkgStatus *status, AptTransaction *transaction);

/* Do what was found. Errors: those of apt_run_change(). */
bool apt_transaction_run(const AptConf *conf, const AptTransaction *transaction, GError **error);
