/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of services on this host: each a file as it came, and a directory of the files in it, both
 * named by its digest (docs/agent.md, "Where things lie"). Digests are 64 hex digits. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Borrowed. */
typedef struct {
        const char *state_directory;
        const char *host;    /* settings for another host are refused */
        const char *ca_file; /* for https, or NULL */
} SettingsStore;

/* Make sure that the file is here and whole, or get it from the first of `places` (remote.h) that has it. With
 * `only_look` it is not kept. Errors: TRY_AGAIN if no place has it, UNTRUSTED if a place has something else
 * under its name; NO_SPACE, SYSTEM. */
bool settings_store_take(const SettingsStore *store, const char *const *places, const char *service,
                         const char *digest, bool only_look, GError **error);

bool settings_store_has(const SettingsStore *store, const char *service, const char *digest);

/* Returns: owned path of a private directory with the files as they are in it. A directory that is right is
 * left alone. Errors: TRY_AGAIN if the file is absent or torn; NO_SPACE, SYSTEM. */
char *settings_store_unpack(const SettingsStore *store, const char *service, const char *digest,
                            GError **error);

/* Remove all of a service except the files of the digests in `kept` (NULL-terminated). Errors: SYSTEM. */
bool settings_store_tidy(const SettingsStore *store, const char *service, const char *const *kept,
                         GError **error);

/* Returns: owned array of owned names of the services that have any. */
GPtrArray *settings_store_services(const SettingsStore *store);
