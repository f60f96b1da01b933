/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's own key, made at its first start (docs/formats-fleet.md, "Host keys"). */
#pragma once

#include <glib.h>

/* Returns: owned "SHA256:..." of the Ed25519 key in `state_directory`/host.key (PEM, PKCS#8, 0600), which is
 * made if it is absent. Safe with several processes at once. Errors: CORRUPT if the file is not such a key
 * (the message says what to do; the file is never replaced), NO_SPACE, SYSTEM. */
char *identity_load(const char *state_directory, GError **error);
