/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the parts of keys.h: keys.conf, and making, finding and exporting keys. */
#pragma once

#include "gpg.h"
#include "keys.h"

enum { KEY_ROLE_ROOT, KEY_ROLE_RELEASE, KEY_ROLE_LIST, KEY_ROLES };

typedef struct {
        const char *name;        /* its group in keys.conf */
        const char *public_name; /* name of the file with its public keys */
        const char *user_id;     /* of a key that keys_make() makes */
} KeyRole;

extern const KeyRole key_roles[KEY_ROLES];

/* Returns: owned key file, empty if there is none yet. */
GKeyFile *keys_load_conf(GError **error);

/* True if no role has a key yet. */
bool keys_conf_is_empty(GKeyFile *conf);

/* As keys_load_conf(). Without keys.conf, returns the content of the public files and sets `is_public`. */
GKeyFile *keys_load_known(bool *is_public, GError **error);

/* True if keys.conf exists, so that keys can be replaced. Errors: CONFLICT if only the public files exist. */
bool keys_check_replaceable(const Keys *keys, GError **error);

/* Check, before keys are made for a home without keys.conf, that no public files of others exist for roles that have no
 * `wanted` key. Errors: CONFLICT. */
bool keys_check_own(GpgHome *own, GKeyFile *conf, const char *const wanted[KEY_ROLES], GError **error);

bool keys_save_conf(GKeyFile *conf, GError **error);

/* Returns: owned upper-case fingerprint without the blanks that people copy along. Errors: USAGE. */
char *keys_parse_fingerprint(const char *text, GError **error);

/* Returns: owned former keys of the role, which are still valid; NULL only on error. Errors: USAGE. */
GStrv keys_former(GKeyFile *conf, size_t role, GError **error);

/* Returns: the GnuPG home that has the secret part of a key of `conf`. */
GpgWhich keys_home_of(GKeyFile *conf, const char *fingerprint);

/* Returns: owned fingerprint of a new Ed25519 key that signs, without passphrase, called "NAME (COMMENT)";
 * `comment` may be NULL. */
char *keys_make(GpgHome *own, const char *name, const char *comment, GError **error);

/* Returns: owned fingerprint of an existing secret key: in Lautta's home first, then in the user's; `home` gets the
 * place. */
char *keys_take(GpgHome *own, const char *wanted, GpgWhich *home, GError **error);

/* Write the public file of a role with all valid keys, or for the root with the current one only. */
bool keys_export(GKeyFile *conf, GpgHome *own, size_t role, GError **error);
