/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "instance_private.h"

#include <string.h>
#include <unistd.h>

#include "domain_xml.h"
#include "errors.h"
#include "files.h"
#include "image_kind.h"
#include "mounts.h"
#include "paths.h"
#include "process_limit.h"

char *instance_root_mount(const InstanceHost *host, const Instance *instance, GError **error)
{
        const ServiceDescription *d = instance->description;
        g_autofree char *mounts = instance_mounts_directory(host, d->service, d->version);
        g_autofree char *image = g_build_filename(mounts, "image", NULL);
        g_autofree char *root = g_build_filename(mounts, "root", NULL);
        g_autofree char *kept = instance_root_directory(host, d->service, d->version);
        const char *type = image_file_system(instance->image, error);
        if (!type)
                return NULL;
        if ((d->root == ROOT_RESET && !directory_remove(kept, error)) ||
            !instance_places_make(host, instance, error))
                return NULL;
        const char *options = strcmp(type, "ext4") == 0 ? "ro,noload,nodev,nosuid" : "ro,nodev,nosuid";
        g_autofree char *changes = instance_changes_mount(host, instance, error);
        if (!changes || !mount_image(instance->image, type, options, image, error))
                return NULL;
        g_autofree char *upper = g_build_filename(changes, "upper", NULL);
        g_autofree char *work = g_build_filename(changes, "work", NULL);
        return mount_overlay(image, upper, work, root, error) ? g_steal_pointer(&root) : NULL;
}

bool instance_prepare_root(const InstanceHost *host, const Instance *instance, GError **error)
{
        return !instance->as_container ||
               (instance_places_make(host, instance, error) && instance_changes_make(host, instance, error));
}

/* Reads the link and does not follow it: a container could let it lead anywhere. */
DomainInit instance_root_init(const char *root)
{
        g_autofree char *path = g_build_filename(root, "sbin/init", NULL);
        g_autofree char *target = g_file_read_link(path, NULL);
        return domain_init_of(target ? target : path);
}

/* Calls `act` for each entry of `parent` that belongs to the service and, unless NULL, to the version. */
static bool each_of(const char *parent, const char *service, const char *version,
                    bool (*act)(const char *path, GError **error), GError **error)
{
        g_autoptr(GDir) entries = g_dir_open(parent, 0, NULL);
        const char *entry = NULL;
        while (entries && (entry = g_dir_read_name(entries))) {
                g_autofree char *path = g_build_filename(parent, entry, NULL);
                if (instance_is_of(entry, service, version) && !act(path, error))
                        return false;
        }
        return true;
}

static bool unmount_and_remove(const char *path, GError **error)
{
        return unmount_below(path, error) && directory_remove(path, error);
}

/* Removes a control group. If its last process is still ending, the next stop removes the group. */
static bool remove_group(const char *path, GError **error)
{
        rmdir(path);
        return true;
}

bool instance_unmount(const InstanceHost *host, const char *service, const char *version, GError **error)
{
        g_autofree char *parent = paths_mounts(host->run_directory);
        g_autofree char *groups = process_limit_groups();
        return each_of(parent, service, version, unmount_and_remove, error) &&
               (!groups || each_of(groups, service, version, remove_group, error));
}

bool instance_remove_root(const InstanceHost *host, const char *service, const char *version, GError **error)
{
        g_autofree char *roots = paths_roots(host->state_directory);
        g_autofree char *consoles = paths_consoles(host->state_directory);
        g_autofree char *log = version ? g_strconcat(version, ".log", NULL) : NULL;
        return instance_unmount(host, service, version, error) &&
               each_of(roots, service, version, directory_remove, error) &&
               each_of(consoles, service, log, directory_remove, error);
}
