/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A service description: the YAML file that defines a service, checked against its schema. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum { KIND_VM, KIND_CONTAINER, KIND_HOST } ServiceKind;
typedef enum { BOOT_KERNEL, BOOT_HOST_KERNEL, BOOT_FIRMWARE } ServiceBoot;
typedef enum { ROOT_KEEP, ROOT_RESET } ServiceRoot;
typedef enum { FIRMWARE_BIOS, FIRMWARE_UEFI } ServiceFirmware;

/* BESIDE: the new version is started and checked while the old one runs, if memory holds both. EXCLUSIVE: the
 * old one is stopped first. */
typedef enum { UPDATE_BESIDE, UPDATE_EXCLUSIVE } ServiceUpdate;
typedef enum { HEALTH_NONE, HEALTH_TCP, HEALTH_HTTP } ServiceHealth;

typedef struct {
        char *from; /* relative to the description's directory */
        char *to;   /* absolute path in the image */
} ServiceCopy;

typedef struct {
        char *suite;     /* e.g. bookworm */
        char *variant;   /* mmdebstrap's: minbase (default), apt, essential, important, standard... */
        GStrv packages;  /* never NULL */
        GStrv sources;   /* extra one-line apt sources, "deb [signed-by=...] URI SUITE COMPONENT..." */
        GStrv customize; /* scripts, relative to the description's directory, run in the chroot in order */
        GPtrArray *copy; /* ServiceCopy */
        uint64_t size_bytes; /* of the image, a multiple of 4096 */
} ServiceBuild;

typedef struct {
        char *name; /* the first VOLUME_LABEL_MAX characters are its label, and no other volume's */
        uint64_t size_bytes;
        char *at; /* absolute path in the guest */
} ServiceVolume;

enum { VOLUME_LABEL_MAX = 16 }; /* ext4's */

typedef enum { PROTOCOL_TCP, PROTOCOL_UDP } ServiceProtocol;

typedef struct {
        uint16_t host_port;
        uint16_t guest_port;
        ServiceProtocol protocol;
} ServiceForward;

/* A service that may connect to this one over the host's private network. */
typedef struct {
        char *from; /* a service, or "*" for every one */
        uint16_t port;
        ServiceProtocol protocol;
} ServiceAllow;

typedef struct {
        char *service;
        char *version;
        char *architecture;
        char *summary; /* one line; "" if none was given */
        ServiceKind kind;
        ServiceBoot boot;
        ServiceFirmware firmware; /* with BOOT_FIRMWARE */
        char *cmdline;            /* more options for its kernel, or NULL; never with BOOT_FIRMWARE */
        ServiceBuild *build;      /* or NULL */
        char *image_file;         /* or NULL; a path, relative or not; exactly one of the two is set */
        char *kernel_file;        /* with image_file and BOOT_KERNEL, else NULL; relative like it */
        char *initrd_file;        /* or NULL; relative like it */
        uint64_t memory_bytes;
        unsigned cpus;
        uint64_t swap_bytes; /* 0: none */
        uint64_t disk_bytes; /* of a container: what it may write to its root */
        unsigned processes;  /* of a container: processes and threads that it may have */
        ServiceRoot root;
        ServiceUpdate update; /* default: EXCLUSIVE with volumes, needs or lan, else BESIDE */
        GPtrArray *volumes;   /* ServiceVolume */
        char *address;        /* IPv4 or NULL */
        GPtrArray *forwards;  /* ServiceForward */
        GPtrArray *allows;    /* ServiceAllow */
        bool lan;             /* it has a second interface on the bridge that agent.conf names */
        GStrv needs;          /* services without which it does not start; never NULL, as in the next;
                              * at most NEEDS_MAX */
        GStrv after;          /* services that start before it if the host has them */
        unsigned priority;    /* 0 to 100: if the host has too little room, the greater starts */
        ServiceHealth health;
        char *health_target; /* URL "http://:PORT/PATH" for http, ":PORT" for tcp, NULL for none */
        unsigned health_within_s;
        char *directory; /* of the file; relative names start here */
        GBytes *source;  /* the file as it was read; service packages carry it */
} ServiceDescription;

enum { DESCRIPTION_MAX_BYTES = 64 * 1024, NEEDS_MAX = 256 };

/* Read and check `path`. Errors: NOT_FOUND, and USAGE with "FILE:LINE: ..." that names the key, its value and
 * the allowed values. */
ServiceDescription *description_load(const char *path, GError **error);

/* The same from memory. `name` stands for the file in messages; relative names start from `directory`. */
ServiceDescription *description_parse(GBytes *source, const char *name, const char *directory,
                                      GError **error);

/* Returns: owned path of a name in the description, which starts from its directory unless it is absolute. */
char *description_path(const ServiceDescription *description, const char *name);

void description_free(ServiceDescription *description);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ServiceDescription, description_free)
