/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One version of a service running on this host: its root, its volumes, its domain. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "description.h"
#include "network.h"
#include "virt.h"

/* What all instances of a host share. All borrowed, and constant while in use. */
typedef struct {
        Virt *containers;            /* NULL: this host runs no containers */
        Virt *machines;              /* NULL: this host runs no machines */
        const char *state_directory; /* /var/lib/lautta */
        const char *run_directory;   /* /run/lautta: mounts */
        const HostNetwork *network;
        bool kvm;            /* machines run with it; false: TCG */
        const char *kernel;  /* for `boot: host-kernel`: the file */
        const char *modules; /* and the directory of its modules */
} InstanceHost;

/* Directory of the settings in a container. */
#define INSTANCE_SETTINGS_AT "/run/credentials/lautta"

/* All borrowed. */
typedef struct {
        const ServiceDescription *description; /* with service and version */
        const char *image; /* complete and verified; IMAGE.kernel and IMAGE.initrd lie next to it, if any */
        bool as_container;
        const NetworkService *network; /* its address and names */
        bool beside; /* as a candidate: at the other of its two interfaces, apart from the network, while
                      * another version of it may run */
        const char *settings; /* directory of files for it, or NULL: a machine gets a NoCloud disk of them, a
                               * container the directory at INSTANCE_SETTINGS_AT, read-only */
        const char *settings_digest; /* of `settings`; VirtDomain.settings while it runs */
} Instance;

/* True if this host can run the instance. Errors: USAGE with what this host lacks, or what the description asks for
 * and a container does not have. */
bool instance_check(const InstanceHost *host, const Instance *instance, GError **error);

/* Make the file that a container's root needs, while another version may run: a disk that is too full for it is met
 * before anything stops. Errors: NO_SPACE, SYSTEM. */
bool instance_prepare_root(const InstanceHost *host, const Instance *instance, GError **error);

/* Start the instance: its root (an overlay of the read-only image, kept or new as the description says), its volumes
 * (made and formatted the first time, grown where the description wants more), its domain. Uses or removes everything
 * that an earlier, killed call left. Does nothing if the instance runs already. Errors: NO_SPACE, TRY_AGAIN if libvirt
 * does not answer, SYSTEM. */
bool instance_start(const InstanceHost *host, const Instance *instance, GError **error);

/* Stop that version (NULL: all versions of the service) within `grace_ms`, and unmount all its files. Also unmounts a
 * version that does not run. */
bool instance_stop(const InstanceHost *host, const char *service, const char *version, unsigned grace_ms,
                   GError **error);

/* Remove the root of a version that does not run (NULL: of all versions). Leaves images and volumes alone. */
bool instance_remove_root(const InstanceHost *host, const char *service, const char *version, GError **error);

/* Unmount and remove all volumes of a service that does not run. Cannot be undone. */
bool instance_remove_volumes(const InstanceHost *host, const char *service, GError **error);

/* Returns: owned array of owned VirtDomain: every active domain that Lautta started, of all drivers. */
GPtrArray *instances_list(const InstanceHost *host, GError **error);

/* Returns: owned last lines of the console, at most `max_bytes`; "" if there is none. */
char *instance_console(const InstanceHost *host, const char *service, const char *version, size_t max_bytes);

/* Make one health check as the description says, within `timeout_ms`, through the host's interface `device` (NULL: as
 * the host routes). A service without a check is always healthy while it runs. Errors: TRY_AGAIN with what the service
 * answered. Safe on any thread. */
bool instance_health(const ServiceDescription *description, const char *address, const char *device,
                     unsigned timeout_ms, GError **error);
