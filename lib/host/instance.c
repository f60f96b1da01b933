/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "instance_private.h"

#include <string.h>

#include "domain_xml.h"
#include "errors.h"
#include "image_kind.h"

/* Returns: owned array of NULL-terminated Virt, those that this host has. */
static GPtrArray *drivers(const InstanceHost *host)
{
        GPtrArray *result = g_ptr_array_new();
        if (host->containers)
                g_ptr_array_add(result, host->containers);
        if (host->machines)
                g_ptr_array_add(result, host->machines);
        return result;
}

bool instance_check(const InstanceHost *host, const Instance *instance, GError **error)
{
        const ServiceDescription *d = instance->description;
        if (!instance->as_container)
                return fail(error, LAUTTA_ERROR_USAGE, "service '%s': this host runs no virtual machines yet",
                            d->service);
        if (!host->containers)
                return fail(error, LAUTTA_ERROR_USAGE,
                            "service '%s': this host runs no containers: install libvirt-daemon-driver-lxc",
                            d->service);
        return image_file_system(instance->image, error) != NULL;
}

static bool is_ours(const VirtDomain *domain)
{
        return domain->service != NULL;
}

static bool append_ours(Virt *virt, GPtrArray *list, GError **error)
{
        g_autoptr(GPtrArray) all = virt_list(virt, error);
        if (!all)
                return false;
        while (all->len > 0) {
                VirtDomain *domain = g_ptr_array_steal_index_fast(all, 0);
                if (is_ours(domain))
                        g_ptr_array_add(list, domain);
                else
                        virt_domain_free(domain);
        }
        return true;
}

GPtrArray *instances_list(const InstanceHost *host, GError **error)
{
        g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)virt_domain_free);
        g_autoptr(GPtrArray) all = drivers(host);
        for (unsigned i = 0; i < all->len; i++)
                if (!append_ours(all->pdata[i], list, error))
                        return NULL;
        /* After a new start of the agent, nobody copies the consoles of what ran before. */
        for (unsigned i = 0; host->containers && i < list->len; i++)
                instance_console_follow(host, list->pdata[i]);
        return g_steal_pointer(&list);
}

/* Of the service, what runs already: the same version, or another that has its volumes mounted. */
static bool look_around(const InstanceHost *host, const Instance *instance, bool *runs, GError **error)
{
        const ServiceDescription *d = instance->description;
        g_autoptr(GPtrArray) list = instances_list(host, error);
        if (!list)
                return false;
        for (unsigned i = 0; i < list->len; i++) {
                const VirtDomain *domain = list->pdata[i];
                if (strcmp(domain->service, d->service) != 0)
                        continue;
                bool is_same = strcmp(domain->version, d->version) == 0;
                if (!is_same && !instance->beside)
                        return fail(error, LAUTTA_ERROR_CONFLICT, "version %s of it runs: stop that first",
                                    domain->version);
                *runs |= is_same && domain->runs;
        }
        return true;
}

static bool start_domain(const InstanceHost *host, const Instance *instance, const char *root,
                         GPtrArray *mounts, GError **error)
{
        g_autofree char *address = network_address_text(instance->network->address);
        g_autofree char *gateway = network_address_text(host->network->address);
        g_autofree char *interface = instance->beside
                                             ? network_candidate_device(instance->network)
                                             : network_interface(instance->network, instance->network->slot);
        DomainSpec spec = {
                .description = instance->description,
                .started_at = g_get_real_time() / G_USEC_PER_SEC,
                .settings = instance->settings_digest,
                .network = host->network->bridge,
                .interface = interface,
                .mac = instance->network->mac,
                .address = address,
                .prefix = host->network->prefix,
                .gateway = gateway,
                .root = root,
                .init = instance_root_init(root),
                .mounts = mounts,
        };
        g_autofree char *xml = domain_xml_lxc(&spec);
        g_autofree char *name = domain_name(instance->description->service, instance->description->version);
        if (!virt_start(host->containers, xml, error))
                return false;
        if (instance->beside && !network_candidate_take(host->network, instance->network, error)) {
                virt_stop(host->containers, name, 0, NULL);
                return false;
        }
        const ServiceDescription *d = instance->description;
        VirtDomain domain = {.name = name, .service = d->service, .version = d->version};
        instance_console_follow(host, &domain);
        return true;
}

/* As files, which the root of the container reads. */
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

static bool mount_and_start(const InstanceHost *host, const Instance *instance, GError **error)
{
        g_autofree char *root = instance_root_mount(host, instance, error);
        g_autoptr(GPtrArray) mounts = root ? instance_volumes_mount(host, instance, error) : NULL;
        if (!mounts)
                return false;
        add_settings(instance, mounts);
        return start_domain(host, instance, root, mounts, error);
}

static bool start(const InstanceHost *host, const Instance *instance, GError **error)
{
        const ServiceDescription *d = instance->description;
        bool runs = false;
        if (!instance_check(host, instance, error) || !look_around(host, instance, &runs, error))
                return false;
        if (runs)
                return !instance->beside || network_candidate_take(host->network, instance->network, error);
        /* A paused or half-started one, and the mounts of a call that was killed. */
        if (!instance_stop(host, d->service, d->version, 0, error))
                return false;
        if (mount_and_start(host, instance, error))
                return true;
        instance_unmount(host, d->service, d->version, NULL);
        return false;
}

bool instance_start(const InstanceHost *host, const Instance *instance, GError **error)
{
        const ServiceDescription *d = instance->description;
        if (start(host, instance, error))
                return true;
        g_prefix_error(error, "cannot start %s %s: ", d->service, d->version);
        return false;
}

static bool stop_on(Virt *virt, const char *service, const char *version, unsigned grace_ms, GError **error)
{
        g_autoptr(GPtrArray) list = virt_list(virt, error);
        for (unsigned i = 0; list && i < list->len; i++) {
                const VirtDomain *domain = list->pdata[i];
                if (!is_ours(domain) || strcmp(domain->service, service) != 0 ||
                    (version && strcmp(domain->version, version) != 0))
                        continue;
                if (!virt_stop(virt, domain->name, grace_ms, error))
                        return false;
        }
        return list != NULL;
}

bool instance_stop(const InstanceHost *host, const char *service, const char *version, unsigned grace_ms,
                   GError **error)
{
        g_autoptr(GPtrArray) all = drivers(host);
        for (unsigned i = 0; i < all->len; i++)
                if (!stop_on(all->pdata[i], service, version, grace_ms, error))
                        return false;
        return instance_unmount(host, service, version, error);
}
