/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every path of a depot (docs/formats-depot.md, "The tree"), relative to the depot's directory or URL. */
#pragma once

#include <stdbool.h>

/* Read by everyone. */
#define LAYOUT_DISTS    "dists"
#define LAYOUT_POOL     "pool"
#define LAYOUT_PACKS    "packs"
#define LAYOUT_LOCATORS "locators"
#define LAYOUT_DELTAS   "deltas"
#define LAYOUT_LISTS    "lists"
#define LAYOUT_TRUST    "trust.list"

/* Kept by writers for themselves. */
#define LAYOUT_OWN              ".lautta"
#define LAYOUT_CONF             LAYOUT_OWN "/depot.conf"
#define LAYOUT_LOCK             LAYOUT_OWN "/lock"
#define LAYOUT_JOURNAL          LAYOUT_OWN "/transaction"
#define LAYOUT_TMP              LAYOUT_OWN "/tmp"
#define LAYOUT_CHUNK_LISTS      LAYOUT_OWN "/chunks"
#define LAYOUT_WAITING_LOCATORS LAYOUT_OWN "/locators"

/* Endings of file names. */
#define LAYOUT_LOCATOR_ENDING    ".locator"
#define LAYOUT_DELTA_ENDING      ".delta"
#define LAYOUT_CHUNK_LIST_ENDING ".chunks"

/* Returns: owned pool/main/w/web/web_1.0.0_amd64.deb, locators/web_1.0.0_amd64.locator. File names leave
 * out a version's epoch, as in Debian; a depot cannot have two versions that differ only in the epoch. */
char *layout_package_path(const char *service, const char *version, const char *architecture);
char *layout_locator_path(const char *service, const char *version, const char *architecture);

/* Returns: owned packs/NAME.pack, .lautta/chunks/NAME.chunks, deltas/NAME.delta, lists/HOST.list. */
char *layout_pack_path(const char *name);
char *layout_chunk_list_path(const char *name);
char *layout_delta_path(const char *name);
char *layout_list_path(const char *host);

/* Returns: owned dists/SUITE/InRelease; dists/SUITE/PATH of a file that the InRelease lists as `path`, and
 * its by-hash form, where `sha256` is in hex. */
char *layout_in_release_path(const char *suite);
char *layout_release_file_path(const char *suite, const char *path);
char *layout_by_hash_path(const char *suite, const char *path, const char *sha256);

/* Returns: owned main/binary-ARCHITECTURE, the directory of the Packages files as an InRelease lists them. */
char *layout_packages_directory(const char *architecture);

/* Pure: true if `path` is a package's path that Packages may name: pool/, plain names, and .deb at the end. */
bool layout_is_package_path(const char *path);

/* Pure: true if `path` is a file that a transaction of a writer may place or remove. */
bool layout_is_transaction_path(const char *path);
