/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs apt-get and dpkg in the system that an AptConf names. Commands that change something write to a file and not
 * to the agent: they run to their end even if they upgrade, and thereby end, the agent itself. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "apt.h"
#include "dpkg_status.h"

/* Returns: owned path of ROOT/`path`. */
char *apt_run_path(const AptConf *conf, const char *path);

/* Returns: owned text that changes whenever dpkg's status does; "" if a dpkg was interrupted. */
char *apt_run_fingerprint(const AptConf *conf);

/* Read dpkg's status. Errors: NOT_FOUND, CORRUPT. */
DpkgStatus *apt_run_status(const AptConf *conf, GError **error);

/* Wait until no process has dpkg's lock, at most as long as the configuration says. Errors: TRY_AGAIN with the
 * process that has it. */
bool apt_run_wait(const AptConf *conf, GError **error);

/* Finish the work of an interrupted dpkg, as far as that removes nothing. A package that stays unfinished is no error
 * here: the next command fails on it. Errors: as apt_run_wait(). */
bool apt_run_repair(const AptConf *conf, GError **error);

/* Remove a package that is unpacked by half. Errors: apt_words_fail(). */
bool apt_run_remove_half(const AptConf *conf, const char *name, GError **error);

/* True if a dpkg ended before it had finished. */
bool apt_run_is_interrupted(const AptConf *conf);

/* Returns: owned array of AptChange that `arguments` (char *, of apt-get) would make. Errors:
 * apt_words_fail(). */
GPtrArray *apt_run_simulate(const AptConf *conf, const GPtrArray *arguments, GError **error);

/* Returns: owned array of owned char *: those of the packages `names` that no source has, from one simulation.
 * Errors: SYSTEM if apt-get cannot be run. */
GPtrArray *apt_run_find_unknown(const AptConf *conf, const GPtrArray *names, GError **error);

/* Run apt-get with `arguments`. Errors: apt_words_fail(). */
bool apt_run_change(const AptConf *conf, const GPtrArray *arguments, GError **error);

/* Read the sources again: ours alone, or all. `clock_lags`: dates may be in the future. Errors:
 * apt_words_fail(). */
bool apt_run_update(const AptConf *conf, bool only_ours, bool clock_lags, GError **error);
