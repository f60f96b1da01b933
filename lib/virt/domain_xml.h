/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The libvirt domain of one version of a service: a pure function of its description and the paths of its files. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "description.h"

/* The namespace of Lautta's metadata element, which marks its domains. */
#define DOMAIN_NAMESPACE "urn:lautta:domain"

typedef struct {
        char *source; /* directory on the host */
        char *at;     /* absolute path in the container */
        bool read_only;
} DomainMount;

void domain_mount_free(DomainMount *mount);

/* The kind of a container's init; each ends by another signal. */
typedef enum {
        INIT_PLAIN,   /* a program of its own: SIGTERM */
        INIT_BUSYBOX, /* SIGUSR2; SIGTERM would be a reboot */
        INIT_SYSTEMD, /* SIGRTMIN+3, as systemd(1) says */
} DomainInit;

/* "plain", "busybox", "systemd": the names in the metadata. */
extern const char *const domain_init_names[];

/* Returns: the kind of init for `target`, the file that /sbin/init is or links to. */
DomainInit domain_init_of(const char *target);

typedef enum { DISK_RAW, DISK_QCOW2 } DiskFormat;

/* A disk of a machine. All are virtio: /dev/vda, vdb, ... in their order. */
typedef struct {
        char *path;
        DiskFormat format;
        bool read_only;
        char *serial; /* the guest finds it as /dev/disk/by-id/virtio-SERIAL: at most 20 characters */
} DomainDisk;

void domain_disk_free(DomainDisk *disk);

/* All borrowed. */
typedef struct {
        const ServiceDescription *description;
        int64_t started_at;    /* Unix seconds */
        const char *settings;  /* digest of the settings that it gets, for the metadata; NULL: none */
        const char *network;   /* libvirt's name of the host's network */
        const char *interface; /* its end on the host; at most 15 characters */
        const uint8_t *mac;    /* 6 bytes */
        const char *address;   /* IPv4 */
        unsigned prefix;
        const char *gateway;

        /* of a container */
        const char *root; /* directory */
        DomainInit init;
        GPtrArray *mounts; /* DomainMount */

        /* of a machine */
        bool kvm;         /* false: TCG */
        GPtrArray *disks; /* DomainDisk */
        bool direct; /* disks that it writes bypass the host's page cache: their file system takes O_DIRECT */
        const char *kernel;        /* file; NULL: firmware */
        const char *initrd;        /* file, or NULL */
        const char *command_line;  /* the complete one, for the kernel */
        const char *nvram;         /* file that UEFI keeps its variables in; NULL: BIOS, or a kernel */
        const char *lan;           /* bridge of the second interface, or NULL: also of a container */
        const char *lan_interface; /* its end on the host */
        const uint8_t *lan_mac;
} DomainSpec;

/* Returns: owned "NAME_VERSION". */
char *domain_name(const char *service, const char *version);

/* Returns: owned XML for libvirt's LXC driver. */
char *domain_xml_lxc(const DomainSpec *spec);

/* Returns: owned XML for libvirt's QEMU driver. */
char *domain_xml_qemu(const DomainSpec *spec);

/* Returns: owned command line of a kernel whose root is /dev/vda: with the options that TCG needs, and those of the
 * description. */
char *domain_command_line(const ServiceDescription *description, bool kvm);
