/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists from a directory of another machine: rsync over ssh, with a key that the other machine restricts to reading them. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* ssh://USER@HOST[:PORT]/PATH. No part of it can be taken for an option or by a shell. */
typedef struct {
        char *user;
        char *host; /* an IPv6 address without its brackets */
        unsigned port;
        char *path; /* with its first '/', which is the directory that rrsync serves */
} SshSource;

/* Errors: USAGE with the form. */
SshSource *ssh_source_parse(const char *url, GError **error);
void ssh_source_free(SshSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SshSource, ssh_source_free)

/* One file, and its result. */
typedef struct {
        const char *path; /* below the source's own path */
        size_t max_bytes;
        GBytes *bytes; /* owned by the caller; NULL if there is no such file, or it is longer */
} SshFile;

/* Copy the `count` files, in one connection, with the private key and the known hosts in those files. Errors:
 * NOT_FOUND without rsync or ssh, TRY_AGAIN if the other side does not answer, SYSTEM with the words of rsync. */
bool ssh_source_read(const SshSource *source, const char *key, const char *known_hosts, SshFile *files,
                     size_t count, GError **error);
