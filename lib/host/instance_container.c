/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A version of a service as a container: an overlay of its image, and directories. */
#include "instance_private.h"

/* Mounts the settings as files that only root in the container reads. */
static void add_settings(const Instance *instance, GPtrArray *mounts)
{
        if (!instance->settings)
                return;
        DomainMount *mount = g_new0(DomainMount, 1);
        mount->source = g_strdup(instance->settings);
        mount->at = g_strdup(INSTANCE_SETTINGS_AT);
        mount->read_only = true;
        g_ptr_array_add(mounts, mount);
}

char *instance_container_xml(const InstanceHost *host, const Instance *instance, DomainSpec *spec,
                             GError **error)
{
        g_autofree char *root = instance_root_mount(host, instance, error);
        g_autoptr(GPtrArray) mounts = root ? instance_volumes_mount(host, instance, error) : NULL;
        if (!mounts || !instance_cover(host, instance, mounts, error))
                return NULL;
        add_settings(instance, mounts);
        spec->root = root;
        spec->init = instance_root_init(root);
        spec->mounts = mounts;
        return domain_xml_lxc(spec);
}
