/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of an instance. */
#pragma once

#include "domain_xml.h"
#include "instance.h"

/* Returns: owned RUN_DIRECTORY/mounts/NAME_VERSION. */
char *instance_mounts_directory(const InstanceHost *host, const char *service, const char *version);

/* Mount the image and its overlay. Returns: owned directory that is the container's root. */
char *instance_root_mount(const InstanceHost *host, const Instance *instance, GError **error);

/* What kind of init that root has. */
DomainInit instance_root_init(const char *root);

/* Make absent volumes, and mount all. Returns: owned array of DomainMount. */
GPtrArray *instance_volumes_mount(const InstanceHost *host, const Instance *instance, GError **error);

/* True if `entry` is a name of `service`: NAME_VERSION, with `version` if that is not NULL. No service's name
 * holds
 * "_". */
bool instance_is_of(const char *entry, const char *service, const char *version);

/* Unmount what belongs to that version, or to all of the service for NULL. */
bool instance_unmount(const InstanceHost *host, const char *service, const char *version, GError **error);

/* Copy what the container `domain` says on its console to its file, until it ends, unless somebody does that.
 */
void instance_console_follow(const InstanceHost *host, const VirtDomain *domain);
