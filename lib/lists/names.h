/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of hosts and their keys, and the packages that a host needs. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { HOST_NAME_MAX_CHARS = 64, HOST_KEY_CHARS = 50, ED25519_BYTES = 32 };

/* True for a name that is valid as a file name and in the DNS: a-z, 0-9, '-' and '.', letters or digits at both ends
 * and around each dot, at most 64 characters. */
bool host_name_is_valid(const char *name);

/* True for "SHA256:" and the 43 characters of unpadded base64 that 32 bytes have (formats-fleet.md, "Host keys"). */
bool host_key_is_valid(const char *key);

/* As host_name_is_valid(). Errors: USAGE, quoting the text and naming the allowed form. */
bool check_host_name(const char *text, GError **error);
bool check_host_key(const char *text, GError **error);

/* Returns: owned fingerprint of a raw Ed25519 public key. */
char *host_key_format(const uint8_t public_key[ED25519_BYTES]);

/* True for packages that no list may bar and no service may be called: the agent, and packages that a host needs to
 * start, to install and to be reached. The agent asks the host's own apt as well. */
bool package_is_vital(const char *name);

/* True for packages that may give a host its network, and for those that services run on. */
bool package_is_of_network(const char *name);
bool package_carries_services(const char *name);

/* True for names that no service may have: those of the three above, and of packages by which people reach a host. A
 * host refuses a service with the name of any other installed Debian package, too. */
bool package_is_reserved(const char *name);
