/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts that read a fleet share. */
#pragma once

#include "fleet.h"

/* Fails with USAGE and "FILE:LINE: " in front. */
bool fleet_fail(FleetPlace place, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Add what stands in one line: NAME, NAME=VERSION, NAME=newest, or a pattern with WISH_MAY.
 * Errors: USAGE without the place. */
bool fleet_add_wish(FleetNode *node, WishKind kind, const char *text, FleetPlace place, GError **error);
bool fleet_check_wish(WishKind kind, const char *text, GError **error);

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

/* Take the files below settings/ (fleet_settings.c), when all hosts and groups are known; `hosts` is name to
 * FleetNode. Errors: USAGE with the path: no such host or group, or one of each, no name, too long. */
bool fleet_take_settings(Fleet *fleet, GHashTable *hosts, const GPtrArray *files, GError **error);
bool fleet_is_settings_path(const char *path);
void fleet_settings_file_free(void *file);

/* Bring the groups into an order in which each comes before those that it extends (fleet_groups.c), and check
 * that every group that is named is there. Errors: USAGE with FILE:LINE. */
bool fleet_sort_groups(Fleet *fleet, GError **error);
