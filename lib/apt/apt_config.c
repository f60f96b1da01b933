/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apt_config.h"

#define HEAD            "# Written by lautta-agent, which replaces it whenever its list changes.\n"
#define OFFER_DIRECTORY "var/cache/lautta/apt"

const char apt_offer_directory[] = OFFER_DIRECTORY;

/* The source is trusted without a signature: only root writes there, and only files with the list's digest. */
const char apt_config_source[] =
        HEAD "Types: deb\nURIs: file:/" OFFER_DIRECTORY "\nSuites: ./\nTrusted: yes\nTargets: Packages\n";

bool apt_config_is_taken(const DpkgStatus *status, const char *name)
{
        const DpkgPackage *package = dpkg_status_find(status, name);
        return package && !package->service;
}

char *apt_config_pins(const List *list, const DpkgStatus *status)
{
        GString *text = g_string_new(HEAD);
        for (guint i = 0; i < list->services->len; i++) {
                const ListService *service = g_ptr_array_index(list->services, i);
                if (apt_config_is_taken(status, service->service))
                        continue;
                /* Of records for one package, apt obeys the first that a version matches. Below 100, a version
                 * comes only where none is installed: updates are the agent's. */
                g_string_append_printf(text,
                                       "\nPackage: %s\nPin: version %s\nPin-Priority: 50\n"
                                       "\nPackage: %s\nPin: version *\nPin-Priority: -1\n",
                                       service->service, service->version, service->service);
        }
        return g_string_free(text, false);
}
