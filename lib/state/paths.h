/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every path of the agent on a host (docs/agent.md, "Where things lie"). Each function returns an owned path
 * below `state`, the state directory, or `run`, the run directory; nothing is looked at. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The defaults of the configuration. */
#define PATHS_CONF  "/etc/lautta/agent.conf"
#define PATHS_TRUST "/etc/lautta/trust"
#define PATHS_STATE "/var/lib/lautta"
#define PATHS_RUN   "/run/lautta"

/* Make both directories, and those below `state`, with their modes; existing private ones are made private
 * again. Errors: NO_SPACE, SYSTEM. */
bool paths_make(const char *state, const char *run, GError **error);

char *paths_host_key(const char *state);

/* The messages in force. */
char *paths_list(const char *state);
char *paths_trust(const char *state);

/* The directory of all records (record.h), and each of them. */
char *paths_records(const char *state);
char *paths_orders(const char *state);
char *paths_root_key(const char *state);
char *paths_packages(const char *state);
char *paths_packages_pass(const char *state);
char *paths_report(const char *state);
char *paths_service_records(const char *state);

/* `end` is ".json", or of a file next to it. */
char *paths_service_record(const char *state, const char *service, const char *end);

/* Files that came with service packages. */
char *paths_services(const char *state);
char *paths_version(const char *state, const char *service, const char *version);

/* `service` may be NULL: the directory of all. */
char *paths_settings(const char *state, const char *service);
char *paths_volumes(const char *state, const char *service);

/* Files and directories of one version, each in a directory of all. Kernel, initrd and index of an image lie
 * next to it (blobs.h). */
char *paths_images(const char *state);
char *paths_image(const char *state, const char *service, const char *version);
char *paths_roots(const char *state);
char *paths_root(const char *state, const char *service, const char *version);
char *paths_consoles(const char *state);
char *paths_console(const char *state, const char *service, const char *version);

/* The kernels of the host, as machines start them. */
char *paths_host_kernels(const char *state);

/* The control socket, and the lock of the agent that makes passes. */
char *paths_socket(const char *run);
char *paths_lock(const char *run);

/* The digest of the network and firewall that are applied. */
char *paths_network(const char *run);

/* Mounted images and roots of containers, a directory for each version. */
char *paths_mounts(const char *run);
