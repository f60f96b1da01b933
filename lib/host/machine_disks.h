/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The disks of a machine that are its own: a root that it may change, and swap. */
#pragma once

#include "domain_xml.h"
#include "instance.h"

/* The file of a root in its directory, by the way that it was made. */
#define MACHINE_ROOT_RAW   "root.raw"
#define MACHINE_ROOT_QCOW2 "root.qcow2"

/* The root as the description says, kept or made anew from the image: a reflink of it or, where the file
 * system has none, a qcow2 overlay. It has its name only once it is whole. Returns: owned. Errors: NO_SPACE,
 * NOT_FOUND without qemu-img, SYSTEM. */
DomainDisk *machine_root(const InstanceHost *host, const Instance *instance, GError **error);

/* New swap of that size, labelled "lautta-swap"; it takes no space before it is used. Returns: owned. */
DomainDisk *machine_swap(const InstanceHost *host, const Instance *instance, GError **error);

/* Returns: owned path of the file for UEFI's variables, which is not made here; it goes when the root does.
 */
char *machine_nvram(const InstanceHost *host, const Instance *instance);

/* Returns: owned. */
DomainDisk *machine_disk(const char *path, DiskFormat format, bool read_only, const char *serial);

/* The file system of that file takes reads and writes past the host's page cache. */
bool machine_takes_direct(const char *path);
