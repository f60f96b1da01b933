/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain_xml.h"
#include "virt_private.h"

#include <stdarg.h>
#include <string.h>

#include "errors.h"

enum { ASK_AGAIN_MS = 10000, POLL_INTERVAL_US = 20000 };

struct Virt {
        char *uri;
        char *driver;
        int has_kvm; /* 1 or 0; -1: not known yet */
        GMutex lock;
        GHashTable *connections; /* GThread to virConnect: of two threads that wait on one connection, libvirt
                                  * lets one wait for ever when the keepalive ends it (tried with 9.0) */
};

/* Keeps libvirt from printing its errors. */
static void say_nothing(void *data, virErrorPtr error)
{
}

static LauttaErrorCode code_of(const virError *error)
{
        if (!error)
                return LAUTTA_ERROR_SYSTEM;
        switch (error->code) {
        case VIR_ERR_NO_CONNECT:
        case VIR_ERR_RPC:
        case VIR_ERR_AGENT_UNRESPONSIVE:
        case VIR_ERR_OPERATION_TIMEOUT:
                return LAUTTA_ERROR_TRY_AGAIN;
        case VIR_ERR_SYSTEM_ERROR:
        case VIR_ERR_INTERNAL_ERROR: /* "client socket is closed" */
                return error->domain == VIR_FROM_RPC ? LAUTTA_ERROR_TRY_AGAIN
                                                     : error_code_from_text(error->message);
        case VIR_ERR_NO_MEMORY: /* the host may have more later */
                return LAUTTA_ERROR_TRY_AGAIN;
        case VIR_ERR_INVALID_CONN:
        case VIR_ERR_NO_SUPPORT:
                return LAUTTA_ERROR_USAGE;
        default:
                return error_code_from_text(error->message);
        }
}

bool virt_fail(GError **error, const char *format, ...)
{
        const virError *last = virGetLastError();
        va_list arguments;
        va_start(arguments, format);
        g_autofree char *text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        return fail(error, code_of(last), "%s: libvirt says: %s", text,
                    last && last->message ? last->message : "nothing");
}

virConnect *virt_connect(Virt *virt, GError **error)
{
        g_mutex_lock(&virt->lock);
        virConnect *connection = g_hash_table_lookup(virt->connections, g_thread_self());
        g_mutex_unlock(&virt->lock);
        if (!connection || virConnectIsAlive(connection) != 1) {
                connection = virt_dial(virt->uri, error);
                g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&virt->lock);
                if (connection)
                        g_hash_table_replace(virt->connections, g_thread_self(), connection);
                else
                        g_hash_table_remove(virt->connections, g_thread_self());
        }
        if (connection)
                virConnectRef(connection);
        return connection;
}

static void disconnect(void *connection)
{
        virConnectClose(connection);
}

Virt *virt_open(const char *uri, GError **error)
{
        if (!strstr(uri, ":///") && !strstr(uri, "://")) {
                fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a libvirt URI like lxc:///system", uri);
                return NULL;
        }
        virSetErrorFunc(NULL, say_nothing);
        g_autoptr(Virt) virt = g_new0(Virt, 1);
        virt->uri = g_strdup(uri);
        virt->has_kvm = -1;
        g_mutex_init(&virt->lock);
        virt->connections = g_hash_table_new_full(NULL, NULL, NULL, disconnect);
        g_autoptr(virConnect) connection = virt_connect(virt, error);
        if (!connection)
                return NULL;
        const char *type = virConnectGetType(connection);
        virt->driver = g_ascii_strup(type ? type : "", -1);
        return g_steal_pointer(&virt);
}

void virt_free(Virt *virt)
{
        if (!virt)
                return;
        g_hash_table_unref(virt->connections);
        g_mutex_clear(&virt->lock);
        g_free(virt->driver);
        g_free(virt->uri);
        g_free(virt);
}

const char *virt_driver(const Virt *virt)
{
        return virt->driver;
}

static bool is_of(const Virt *virt, const char *driver)
{
        return strcmp(virt->driver, driver) == 0;
}

bool virt_has_kvm(Virt *virt)
{
        if (!is_of(virt, "QEMU"))
                return false;
        if (g_atomic_int_get(&virt->has_kvm) < 0) {
                g_autoptr(virConnect) connection = virt_connect(virt, NULL);
                g_autoptr(VirtCall) call = virt_call_begin(virt, "tell whether it has KVM");
                if (connection)
                        g_atomic_int_set(&virt->has_kvm, virt_kvm_probe(connection));
        }
        return g_atomic_int_get(&virt->has_kvm) == 1;
}

void virt_domain_free(VirtDomain *domain)
{
        if (!domain)
                return;
        g_free(domain->name);
        g_free(domain->service);
        g_free(domain->version);
        g_free(domain->interface);
        g_free(domain->init);
        g_free(domain->settings);
        g_free(domain);
}

static int state_of(virDomain *domain)
{
        int state = VIR_DOMAIN_NOSTATE;
        virDomainGetState(domain, &state, NULL, 0);
        return state;
}

static VirtDomain *describe(virDomain *domain)
{
        VirtDomain *result = g_new0(VirtDomain, 1);
        int state = state_of(domain);
        result->name = g_strdup(virDomainGetName(domain));
        result->id = (int)virDomainGetID(domain);
        result->runs = state == VIR_DOMAIN_RUNNING || state == VIR_DOMAIN_BLOCKED;
        virt_metadata_read(domain, result);
        return result;
}

GPtrArray *virt_list(Virt *virt, GError **error)
{
        g_autoptr(virConnect) connection = virt_connect(virt, error);
        if (!connection)
                return NULL;
        g_autoptr(VirtCall) call = virt_call_begin(virt, "list what runs");
        virDomainPtr *domains = NULL;
        int count = virConnectListAllDomains(connection, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
        if (count < 0) {
                virt_fail(error, "cannot list what runs on '%s'", virt->uri);
                return NULL;
        }
        GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)virt_domain_free);
        for (int i = 0; i < count; i++) {
                g_ptr_array_add(list, describe(domains[i]));
                virDomainFree(domains[i]);
        }
        free(domains);
        return list;
}

/* Returns: owned name in `xml`, to look for a domain of that name when libvirt refuses to make it. */
static char *name_in(const char *xml)
{
        const char *begin = strstr(xml, "<name>");
        const char *end = begin ? strstr(begin, "</name>") : NULL;
        return end ? g_strndup(begin + 6, (size_t)(end - begin - 6)) : g_strdup("");
}

bool virt_start(Virt *virt, const char *xml, GError **error)
{
        g_autoptr(virConnect) connection = virt_connect(virt, error);
        if (!connection)
                return false;
        g_autofree char *name = name_in(xml);
        g_autoptr(VirtCall) call = virt_call_begin(virt, "start '%s'", name);
        g_autoptr(virDomain) existing = virDomainLookupByName(connection, name);
        if (existing)
                return fail(error, LAUTTA_ERROR_CONFLICT, "'%s' exists already on '%s'", name, virt->uri);
        unsigned flags = is_of(virt, "QEMU") ? VIR_DOMAIN_START_PAUSED : VIR_DOMAIN_NONE;
        g_autoptr(virDomain) domain = virDomainCreateXML(connection, xml, flags);
        if (domain)
                return true;
        /* A domain that another call is making cannot be looked up for a while, but has the name. */
        const virError *last = virGetLastError();
        if (last && last->domain == VIR_FROM_DOMAIN &&
            (last->code == VIR_ERR_OPERATION_FAILED || last->code == VIR_ERR_OPERATION_INVALID))
                return fail(error, LAUTTA_ERROR_CONFLICT, "'%s' exists already: libvirt says: %s", name,
                            last->message);
        return virt_fail(error, "cannot start '%s'", name);
}

bool virt_resume(Virt *virt, const char *name, GError **error)
{
        g_autoptr(virConnect) connection = virt_connect(virt, error);
        if (!connection)
                return false;
        g_autoptr(VirtCall) call = virt_call_begin(virt, "resume '%s'", name);
        g_autoptr(virDomain) domain = virDomainLookupByName(connection, name);
        if (!domain && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
                return fail(error, LAUTTA_ERROR_NOT_FOUND, "'%s' does not run on '%s'", name, virt->uri);
        if (!domain || (state_of(domain) == VIR_DOMAIN_PAUSED && virDomainResume(domain) != 0))
                return virt_fail(error, "cannot resume '%s'", name);
        return true;
}

/* True if the domain is gone. False if libvirt was stopped meanwhile and cannot answer. */
static bool is_gone(virDomain *domain)
{
        int active = virDomainIsActive(domain);
        return active == 0 || (active < 0 && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN);
}

static bool wait_for_end(virDomain *domain, DomainInit init, unsigned grace_ms)
{
        int64_t end = g_get_monotonic_time() + (int64_t)grace_ms * 1000;
        while (virDomainIsActive(domain) == 1 && !virt_init_has_ended(domain, init)) {
                if (g_get_monotonic_time() >= end)
                        break;
                virt_call_goes_on();
                g_usleep(POLL_INTERVAL_US);
        }
        return is_gone(domain);
}

/* True if the domain does not execute anything, no longer or not yet, so that it cannot end by itself. */
static bool is_stuck(virDomain *domain)
{
        int state = state_of(domain);
        return state == VIR_DOMAIN_PAUSED || state == VIR_DOMAIN_CRASHED || state == VIR_DOMAIN_PMSUSPENDED;
}

/* A machine is asked through its guest agent if it has one that listens, else by its power button. */
/* Nobody hears a button that is pressed before the guest has come to listening. */
static bool ask_machine_to_end(virDomain *domain, unsigned grace_ms)
{
        for (unsigned left_ms = grace_ms; left_ms > 0; left_ms -= MIN(left_ms, ASK_AGAIN_MS)) {
                virt_call_goes_on();
                if (virDomainShutdown(domain) != 0)
                        return is_gone(domain);
                if (wait_for_end(domain, INIT_PLAIN, MIN(left_ms, ASK_AGAIN_MS)))
                        return true;
        }
        return false;
}

static bool ask_to_end(Virt *virt, virDomain *domain, unsigned grace_ms)
{
        DomainInit init = INIT_PLAIN;
        if (is_stuck(domain))
                return false;
        if (!is_of(virt, "LXC"))
                return ask_machine_to_end(domain, grace_ms);
        return virt_init_ask(domain, &init) && wait_for_end(domain, init, grace_ms);
}

bool virt_stop(Virt *virt, const char *name, unsigned grace_ms, GError **error)
{
        g_autoptr(virConnect) connection = virt_connect(virt, error);
        if (!connection)
                return false;
        g_autoptr(VirtCall) call = virt_call_begin(virt, "stop '%s'", name);
        g_autoptr(virDomain) domain = virDomainLookupByName(connection, name);
        if (!domain)
                return virGetLastErrorCode() == VIR_ERR_NO_DOMAIN ||
                       virt_fail(error, "cannot stop '%s'", name);
        if (grace_ms > 0 && ask_to_end(virt, domain, grace_ms))
                return true;
        virt_call_goes_on();
        /* The domain may end by itself in this moment. */
        if (virDomainDestroy(domain) == 0 || is_gone(domain))
                return true;
        return virt_fail(error, "cannot stop '%s'", name);
}
