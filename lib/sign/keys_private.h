/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of keys.h share: keys.conf, and making, finding and exporting keys. */
#pragma once

#include "gpg.h"
#include "keys.h"

enum { KEY_ROLE_ROOT, KEY_ROLE_RELEASE, KEY_ROLE_LIST, KEY_ROLES };

typedef struct {
        const char *name;        /* its group in keys.conf */
        const char *public_name; /* where its public keys go */
        const char *user_id;     /* of a key that we make */
} KeyRole;

extern const KeyRole key_roles[KEY_ROLES];

/* Returns: owned key file, empty if there is none yet. */
GKeyFile *keys_load_conf(GError **error);

/* No role has a key yet. */
bool keys_conf_is_empty(GKeyFile *conf);

/* As keys_load_conf(); where there is none, of what the public files say, and `is_public` becomes true. */
GKeyFile *keys_load_known(bool *is_public, GError **error);

/* Errors: CONFLICT if the keys are known by their public files alone. */
bool keys_check_replaceable(const Keys *keys, GError **error);

/* Before keys are made for a home without keys.conf: are there public files of others in the way of roles
 * that have no `wanted` key? Errors: CONFLICT. */
bool keys_check_own(GpgHome *own, GKeyFile *conf, const char *const wanted[KEY_ROLES], GError **error);

bool keys_save_conf(GKeyFile *conf, GError **error);

/* Returns: owned upper-case fingerprint without the blanks that people copy along. Errors: USAGE. */
char *keys_parse_fingerprint(const char *text, GError **error);

/* Returns: owned former keys of the role, which are valid still; never NULL but on error. Errors: USAGE. */
GStrv keys_former(GKeyFile *conf, size_t role, GError **error);

/* Which GnuPG home has the secret part of a key of `conf`. */
GpgWhich keys_home_of(GKeyFile *conf, const char *fingerprint);

/* Returns: owned fingerprint of a new Ed25519 key that signs, without passphrase, called "NAME (COMMENT)";
 * `comment` may be NULL. */
char *keys_make(GpgHome *own, const char *name, const char *comment, GError **error);

/* Returns: owned fingerprint of an existing secret key: in our home first, then the user's; `home` tells
 * which. */
char *keys_take(GpgHome *own, const char *wanted, GpgWhich *home, GError **error);

/* Write the public file of a role: every key that is valid, and of the root the current one alone. */
bool keys_export(GKeyFile *conf, GpgHome *own, size_t role, GError **error);
