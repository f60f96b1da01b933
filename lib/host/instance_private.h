/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of an instance. */
#pragma once

#include "domain_xml.h"
#include "instance.h"

/* Prepare the files and mounts of a container or a machine, and complete `spec`. Returns: owned XML of the domain.
 * After a failure, instance_unmount() removes the mounts. */
char *instance_container_xml(const InstanceHost *host, const Instance *instance, DomainSpec *spec,
                             GError **error);
char *instance_machine_xml(const InstanceHost *host, const Instance *instance, DomainSpec *spec,
                           GError **error);

/* Returns: owned name of the host's end of the interface in the site's network. Sets `mac`, which differs from host
 * to host. */
char *instance_lan(const NetworkService *network, uint8_t mac[6]);

/* Returns: owned RUN_DIRECTORY/mounts/NAME_VERSION, which exists while the version runs. */
char *instance_mounts_directory(const InstanceHost *host, const char *service, const char *version);

/* Returns: owned STATE_DIRECTORY/roots/NAME_VERSION. */
char *instance_root_directory(const InstanceHost *host, const char *service, const char *version);

/* True if `entry` is a name of `service`: NAME_VERSION, and of `version` unless that is NULL. No service's name
 * has "_". */
bool instance_is_of(const char *entry, const char *service, const char *version);

/* Make both directories, with the modes that the driver needs: 0700 for a container, as a file in it may be
 * setuid root; 0711 for a machine, whose QEMU is not root. Corrects the modes of directories that exist.
 * Errors: NO_SPACE, SYSTEM. */
bool instance_places_make(const InstanceHost *host, const Instance *instance, GError **error);

/* Mount the file system that holds what the container changes in its root: made the first time with the size that
 * the description says, grown where that is larger, with the changes that an earlier release kept in
 * ROOT_DIRECTORY/upper. Returns: owned directory, for the upper and work directories of an overlay. Errors: NO_SPACE,
 * TRY_AGAIN if it is in use, SYSTEM. */
bool instance_changes_make(const InstanceHost *host, const Instance *instance, GError **error);
char *instance_changes_mount(const InstanceHost *host, const Instance *instance, GError **error);

/* Make ROOT_DIRECTORY/upper, where an earlier release kept changes, passable for root only. */
bool instance_changes_close(const char *root_directory, GError **error);

/* Mount the image and its overlay. Returns: owned directory that is the container's root. */
char *instance_root_mount(const InstanceHost *host, const Instance *instance, GError **error);

/* Returns: the kind of init in `root`. */
DomainInit instance_root_init(const char *root);

/* Make absent volumes, and mount all. Returns: owned array of DomainMount. */
GPtrArray *instance_volumes_mount(const InstanceHost *host, const Instance *instance, GError **error);

/* Add a DomainMount for each file and directory of /proc and /sys that a container must not write or read: the
 * kernel's own file read-only, or an empty one in its place. Skips files that this kernel does not have. Errors:
 * NO_SPACE, SYSTEM. */
bool instance_cover(const InstanceHost *host, const Instance *instance, GPtrArray *mounts, GError **error);

/* Make absent volumes, and mark all as a machine's: no container may have them any more. Adds a DomainDisk
 * for each to `disks`. */
bool instance_volumes_attach(const InstanceHost *host, const Instance *instance, GPtrArray *disks,
                             GError **error);

/* Notes next to the file of a volume. VOLUME_OF_MACHINE: a machine has had the volume and may have written anything
 * to it, so this kernel must not read it. VOLUME_GROWING: its file system is being grown. */
#define VOLUME_OF_MACHINE ".machine"
#define VOLUME_GROWING    ".growing"

/* Returns: owned path of such a note. */
char *volume_note(const char *path, const char *what);

/* Grow the volume to `size_bytes` if it is smaller: its file and, if no machine has had it, its file system. The volume
 * must be unused. Killed at any moment, the next call completes the work. Errors: TRY_AGAIN if the volume is in use or
 * still being grown, CORRUPT if its file system is damaged, SYSTEM. */
bool volume_grow(const char *path, uint64_t size_bytes, GError **error);

/* Make a sparse file of that size, mode 0600. Empties an existing file. */
bool instance_make_sparse(const char *path, uint64_t size_bytes, GError **error);

/* Unmount everything of that version, or of all versions for NULL. */
bool instance_unmount(const InstanceHost *host, const char *service, const char *version, GError **error);

/* Copy the console of `domain` to its file until the domain ends, unless a process does that already. */
void instance_console_follow(const InstanceHost *host, Virt *virt, const VirtDomain *domain);
