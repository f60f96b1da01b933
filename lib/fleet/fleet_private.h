/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the parts that read a fleet. */
#pragma once

#include "fleet.h"

/* Fail with USAGE and "FILE:LINE: " in front. Returns: false. */
bool fleet_fail(FleetPlace place, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Add the entry `text`: NAME, NAME=VERSION, NAME=newest, or a pattern with FLEET_MAY. Errors: USAGE without
 * the place. */
bool fleet_add_wish(FleetNode *node, FleetKind kind, const char *text, FleetPlace place, GError **error);
bool fleet_check_wish(FleetKind kind, const char *text, GError **error);

/* Add to an array of FleetReference. */
void fleet_add_reference(GPtrArray *references, const char *name, FleetPlace place);

/* Read one YAML file (fleet_yaml.c) into an empty node or service. Errors: USAGE with FILE:LINE. */
bool fleet_read_host(FleetNode *host, GBytes *source, GError **error);
bool fleet_read_group(FleetNode *group, GBytes *source, GError **error);
bool fleet_read_service(FleetService *service, GBytes *source, GError **error);

/* Read one file of a pkgsync directory (fleet_pkgsync.c): musthave, mayhave, maynothave, host-key. Its place
 * in messages is `file`, owned by the fleet. Errors: USAGE with FILE:LINE. */
bool fleet_read_pkgsync(FleetNode *node, const char *base_name, const char *file, GBytes *source,
                        GError **error);

/* Add the files below settings/ to their nodes (fleet_settings.c); call it when all hosts and groups are
 * read. `hosts` is a table of name to FleetNode. Errors: USAGE with the path: no such host or group, both of
 * that name, a bad name, a file that is too long. */
bool fleet_take_settings(Fleet *fleet, GHashTable *hosts, const GPtrArray *files, GError **error);
bool fleet_is_settings_path(const char *path);
void fleet_settings_file_free(void *file);

/* Sort the groups so that each comes before those that it extends (fleet_groups.c), and check that every
 * named group exists. Errors: USAGE with FILE:LINE. */
bool fleet_sort_groups(Fleet *fleet, GError **error);
