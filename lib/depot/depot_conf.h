/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* .lautta/depot.conf: the identity of a depot, for its writers. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { DEPOT_CONF_MAX_BYTES = 16 * 1024 };

typedef struct {
        char *id; /* random, made once: distinguishes this depot from all others */
        char *origin;
        char *suite;
        char *key; /* primary fingerprint of the release key */
        uint64_t valid_seconds;
} DepotConf;

/* Errors: CORRUPT with the key that is missing or wrong. */
DepotConf *depot_conf_parse(GBytes *text, GError **error);

/* Returns: owned text. */
char *depot_conf_format(const DepotConf *conf);

/* Lower-case letters, digits, '-', '.': a directory below dists/ and a word in sources.list. */
bool depot_suite_is_valid(const char *suite);

/* One line of plain text that means nothing special in a Release or control file. */
bool depot_origin_is_valid(const char *origin);

void depot_conf_free(DepotConf *conf);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DepotConf, depot_conf_free)
