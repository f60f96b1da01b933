/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two directories of a version, below roots/ and mounts/, and who may pass them. */
#include "instance_private.h"

#include <string.h>
#include <sys/stat.h>

#include "domain_xml.h"
#include "errors.h"
#include "files.h"
#include "paths.h"

/* QEMU runs as a user of its own and opens a machine's files by their paths. libvirt mounts a container's root
 * as root, so nobody else passes there: a file that is setuid root in a container is setuid root on the host. */
enum { PLACE_OF_ALL = 0711, PLACE_OF_MACHINE = 0711, PLACE_OF_CONTAINER = 0700 };

char *instance_mounts_directory(const InstanceHost *host, const char *service, const char *version)
{
        g_autofree char *name = domain_name(service, version);
        g_autofree char *mounts = paths_mounts(host->run_directory);
        return g_build_filename(mounts, name, NULL);
}

char *instance_root_directory(const InstanceHost *host, const char *service, const char *version)
{
        return paths_root(host->state_directory, service, version);
}

bool instance_is_of(const char *entry, const char *service, const char *version)
{
        size_t length = strlen(service);
        return strncmp(entry, service, length) == 0 && entry[length] == '_' &&
               (!version || strcmp(entry + length + 1, version) == 0);
}

static bool make_with_mode(const char *path, mode_t mode, GError **error)
{
        return directory_make(path, mode, error) &&
               (chmod(path, mode) == 0 || fail_errno(error, "cannot set the mode of '%s'", path));
}

/* Makes the directory, or corrects its mode: the same version may have run as the other kind before, or under a release
 * of Lautta that let every user pass. */
static bool make_place(const char *path, bool as_container, GError **error)
{
        g_autofree char *parent = g_path_get_dirname(path);
        return make_with_mode(parent, PLACE_OF_ALL, error) &&
               make_with_mode(path, as_container ? PLACE_OF_CONTAINER : PLACE_OF_MACHINE, error);
}

bool instance_places_make(const InstanceHost *host, const Instance *instance, GError **error)
{
        const ServiceDescription *d = instance->description;
        g_autofree char *mounts = instance_mounts_directory(host, d->service, d->version);
        g_autofree char *root = instance_root_directory(host, d->service, d->version);
        return make_place(mounts, instance->as_container, error) &&
               make_place(root, instance->as_container, error) &&
               (instance->as_container || instance_changes_close(root, error));
}
