/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings: the files that one host gives to one of its services (docs/formats-fleet.md, "Settings"). Plain,
 * and as public as the depot. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "digest.h"

#define SETTINGS_DIRECTORY "settings"

enum {
        SETTINGS_FILES_MAX = 32,
        SETTINGS_NAME_MAX_CHARS = 64,
        SETTINGS_FILE_MAX_BYTES = 64 * 1024,
        SETTINGS_ALL_MAX_BYTES = 256 * 1024,
        SETTINGS_TEXT_MAX_BYTES = 384 * 1024, /* of the whole text */
};

typedef struct {
        char *name;
        GBytes *content;
} SettingsFile;

typedef struct {
        char *host;
        char *service;
        GPtrArray *files; /* SettingsFile, sorted by name */
} Settings;

/* Returns: owned, without files. */
Settings *settings_new(const char *host, const char *service);
void settings_free(Settings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Settings, settings_free)

/* True for 1 to 64 of a-z, A-Z, 0-9, '-', '_' and '.', not beginning with '.'. */
bool settings_name_is_valid(const char *name);

/* Add a file. Errors: USAGE: its name is invalid or exists already, or its content, or all content together, is too
 * long. */
bool settings_add(Settings *settings, const char *name, GBytes *content, GError **error);

/* Returns: owned text. The same settings give the same bytes. */
GBytes *settings_format(const Settings *settings);

/* Read a text; messages call it `name`. Errors: CORRUPT: any text that settings_format() would not write. */
Settings *settings_parse(GBytes *text, const char *name, GError **error);

/* Read a text from an untrusted place. A text with another digest is not parsed. Errors: UNTRUSTED: another digest, or
 * another host's or service's; CORRUPT. */
Settings *settings_open(GBytes *text, const uint8_t sha256[DIGEST_BYTES], const char *host,
                        const char *service, const char *name, GError **error);

/* Returns: owned path of a settings file in a depot. */
char *settings_path(const uint8_t sha256[DIGEST_BYTES]);
