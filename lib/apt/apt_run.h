/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running apt-get and dpkg in the system that an AptConf names. What changes something writes to a file, not
 * to us: it comes to its end if the agent is ended meanwhile, be it by the very upgrade that it is making. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "apt.h"
#include "dpkg_status.h"

/* Returns: owned path of ROOT/`path`. */
char *apt_run_path(const AptConf *conf, const char *path);

/* Returns: owned text that changes whenever dpkg's status does; "" if a dpkg was interrupted. */
char *apt_run_fingerprint(const AptConf *conf);

/* What dpkg's status says. Errors: NOT_FOUND, CORRUPT. */
DpkgStatus *apt_run_status(const AptConf *conf, GError **error);

/* Wait until nobody has dpkg's lock, at most as long as the configuration says. Errors: TRY_AGAIN with the
 * process that has it. */
bool apt_run_wait(const AptConf *conf, GError **error);

/* Bring what an interrupted dpkg left to an end, as far as that can be done without removing anything. What
 * is left half-way is no error here: it is the next command's. Errors: as apt_run_wait(). */
bool apt_run_repair(const AptConf *conf, GError **error);

/* Remove a package that is unpacked by half. Errors: apt_words_fail(). */
bool apt_run_remove_half(const AptConf *conf, const char *name, GError **error);

/* Has a dpkg ended before it had done all that it began? */
bool apt_run_is_interrupted(const AptConf *conf);

/* Returns: owned array of AptChange that `arguments` (char *, of apt-get) would make. Errors:
 * apt_words_fail(). */
GPtrArray *apt_run_simulate(const AptConf *conf, const GPtrArray *arguments, GError **error);

/* Returns: owned array of owned char *: those of the packages `names` that no source has, from one simulation.
 * Errors: SYSTEM if apt-get cannot be run. */
GPtrArray *apt_run_find_unknown(const AptConf *conf, const GPtrArray *names, GError **error);

/* Do it. Errors: apt_words_fail(). */
bool apt_run_change(const AptConf *conf, const GPtrArray *arguments, GError **error);

/* Read the sources anew: ours alone, or all. `clock_lags`: dates may be in the future. Errors:
 * apt_words_fail(). */
bool apt_run_update(const AptConf *conf, bool only_ours, bool clock_lags, GError **error);
