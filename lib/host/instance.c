/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "instance_private.h"

#include <string.h>

#include "errors.h"
#include "process_limit.h"

enum { HALF_MADE_MS = 120000, HALF_MADE_POLL_US = 100000 };

/* Returns: owned array of the Virt connections that this host has. */
static GPtrArray *drivers(const InstanceHost *host)
{
        GPtrArray *result = g_ptr_array_new();
        if (host->containers)
                g_ptr_array_add(result, host->containers);
        if (host->machines)
                g_ptr_array_add(result, host->machines);
        return result;
}

static bool is_ours(const VirtDomain *domain)
{
        return domain->service != NULL;
}

/* Sets the process limit of a container. A machine has none: the host sees one process. A host that cannot limit
 * processes runs containers without a limit, and a pass reports that. */
static bool limit(const VirtDomain *domain, GError **error)
{
        return domain->processes == 0 || !process_limit_check(NULL) ||
               process_limit_set(domain->name, domain->id, domain->processes, error);
}

/* A killed agent leaves consoles that nobody copies, and may leave a container without its limit. */
static bool append_ours(const InstanceHost *host, Virt *virt, GPtrArray *list, GError **error)
{
        g_autoptr(GPtrArray) all = virt_list(virt, error);
        if (!all)
                return false;
        while (all->len > 0) {
                g_autoptr(VirtDomain) domain = g_ptr_array_steal_index_fast(all, 0);
                if (!is_ours(domain))
                        continue;
                instance_console_follow(host, virt, domain);
                limit(domain, NULL);
                g_ptr_array_add(list, g_steal_pointer(&domain));
        }
        return true;
}

GPtrArray *instances_list(const InstanceHost *host, GError **error)
{
        g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)virt_domain_free);
        g_autoptr(GPtrArray) all = drivers(host);
        for (unsigned i = 0; i < all->len; i++)
                if (!append_ours(host, all->pdata[i], list, error))
                        return NULL;
        return g_steal_pointer(&list);
}

/* Looks for running versions of the service: next to another version, only a candidate may start. Sets `runs` if the
 * same version runs. */
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

/* Returns: owned name of the host's end of its interface in the private network. */
static char *interface_of(const Instance *instance)
{
        return instance->beside ? network_candidate_device(instance->network)
                                : network_interface(instance->network, instance->network->slot);
}

/* Removes an interface that an interrupted start left, unless a running domain has it. */
static bool clear_interface(const InstanceHost *host, const char *interface, GError **error)
{
        g_autoptr(GPtrArray) list = instances_list(host, error);
        for (unsigned i = 0; list && i < list->len; i++)
                if (g_strcmp0(((const VirtDomain *)list->pdata[i])->interface, interface) == 0)
                        return true;
        return list && network_interface_remove(interface, error);
}

static bool clear_interfaces(const InstanceHost *host, const Instance *instance, GError **error)
{
        uint8_t lan_mac[6];
        g_autofree char *interface = interface_of(instance);
        g_autofree char *lan_interface = instance_lan(instance->network, lan_mac);
        return clear_interface(host, interface, error) &&
               (instance->beside || network_interface_remove(lan_interface, error));
}

/* Prepares root, volumes and everything else. Returns: owned XML of the domain. */
static char *prepare(const InstanceHost *host, const Instance *instance, GError **error)
{
        const NetworkService *network = instance->network;
        uint8_t lan_mac[6] = {0};
        g_autofree char *address = network_address_text(network->address);
        g_autofree char *gateway = network_address_text(host->network->address);
        g_autofree char *interface = interface_of(instance);
        g_autofree char *lan_interface = instance_lan(network, lan_mac);
        DomainSpec spec = {
                .description = instance->description,
                .started_at = g_get_real_time() / G_USEC_PER_SEC,
                .settings = instance->settings_digest,
                .network = host->network->bridge,
                .interface = interface,
                .mac = network->mac,
                .address = address,
                .prefix = host->network->prefix,
                .gateway = gateway,
                .lan = instance->description->lan ? host->network->lan : NULL,
                .lan_interface = lan_interface,
                .lan_mac = lan_mac,
        };
        return instance->as_container ? instance_container_xml(host, instance, &spec, error)
                                      : instance_machine_xml(host, instance, &spec, error);
}

/* Takes a candidate off the bridge of the other services. */
static bool stand_aside(const InstanceHost *host, const Instance *instance, GError **error)
{
        return !instance->beside || network_candidate_isolate(host->network, instance->network, error);
}

/* A killed call may have left libvirt in the middle of making the domain, when no look-up finds it yet. */
static bool make_domain(Virt *virt, const char *name, const char *xml, GError **error)
{
        int64_t end = g_get_monotonic_time() + HALF_MADE_MS * 1000;
        for (;;) {
                g_autoptr(GError) why = NULL;
                if (virt_start(virt, xml, &why))
                        return true;
                if (!error_is(why, LAUTTA_ERROR_CONFLICT) || g_get_monotonic_time() > end) {
                        g_propagate_error(error, g_steal_pointer(&why));
                        return false;
                }
                virt_stop(virt, name, 0, NULL);
                g_usleep(HALF_MADE_POLL_US);
        }
}

/* A container that has ended already has no process to limit. */
static bool limit_new(Virt *virt, const char *name, GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autoptr(GPtrArray) list = virt_list(virt, error);
        for (unsigned i = 0; list && i < list->len; i++) {
                const VirtDomain *domain = list->pdata[i];
                if (strcmp(domain->name, name) != 0 || limit(domain, &why) ||
                    error_is(why, LAUTTA_ERROR_NOT_FOUND))
                        continue;
                g_propagate_error(error, g_steal_pointer(&why));
                return false;
        }
        return list != NULL;
}

/* A machine is made paused: it gets a reader of its console and its place in the network before its first
 * instruction. */
static bool bring_up(const InstanceHost *host, const Instance *instance, GError **error)
{
        const ServiceDescription *d = instance->description;
        Virt *virt = instance->as_container ? host->containers : host->machines;
        g_autofree char *name = domain_name(d->service, d->version);
        g_autofree char *xml = prepare(host, instance, error);
        if (!xml || !make_domain(virt, name, xml, error))
                return false;
        VirtDomain domain = {.name = name, .service = d->service, .version = d->version};
        instance_console_follow(host, virt, &domain);
        return stand_aside(host, instance, error) &&
               (instance->as_container ? limit_new(virt, name, error) : virt_resume(virt, name, error));
}

static bool start(const InstanceHost *host, const Instance *instance, GError **error)
{
        const ServiceDescription *d = instance->description;
        bool runs = false;
        if (!instance_check(host, instance, error) || !look_around(host, instance, &runs, error))
                return false;
        if (runs)
                return stand_aside(host, instance, error);
        /* Removes a paused or half-started domain, and what a killed call left. */
        if (!instance_stop(host, d->service, d->version, 0, error) ||
            !clear_interfaces(host, instance, error))
                return false;
        if (bring_up(host, instance, error))
                return true;
        instance_stop(host, d->service, d->version, 0, NULL);
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
