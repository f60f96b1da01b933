/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The disks that belong to one machine: a root that it may change, and swap. */
#pragma once

#include "domain_xml.h"
#include "instance.h"

/* File names of a root: a reflink of the image is raw, an overlay is qcow2. */
#define MACHINE_ROOT_RAW   "root.raw"
#define MACHINE_ROOT_QCOW2 "root.qcow2"

/* Keep the root, or make it from the image as the description says: a reflink or, where the file system has none, a
 * qcow2 overlay. The file gets its name once it is complete. Returns: owned. Errors: NO_SPACE, NOT_FOUND without
 * qemu-img, SYSTEM. */
DomainDisk *machine_root(const InstanceHost *host, const Instance *instance, GError **error);

/* Make a swap file of the description's size, labelled "lautta-swap" and sparse. Returns: owned. */
DomainDisk *machine_swap(const InstanceHost *host, const Instance *instance, GError **error);

/* Returns: owned path of the file for UEFI's variables, which libvirt makes. It is removed with the root. */
char *machine_nvram(const InstanceHost *host, const Instance *instance);

/* Returns: owned. */
DomainDisk *machine_disk(const char *path, DiskFormat format, bool read_only, const char *serial);

/* True if the file system of `path` takes O_DIRECT. */
bool machine_takes_direct(const char *path);
