/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "paths.h"

#include <sys/stat.h>

#include "errors.h"
#include "files.h"

static char *below(const char *state, const char *first, const char *second)
{
        return g_build_filename(state, first, second, NULL);
}

/* A service has no '_' in its name, so names do not collide. */
static char *of_version(const char *state, const char *directory, const char *service, const char *version,
                        const char *end)
{
        g_autofree char *name = g_strconcat(service, "_", version, end, NULL);
        return g_build_filename(state, directory, name, NULL);
}

bool paths_make(const char *state, const char *run, GError **error)
{
        /* QEMU, which is not root, has to pass where libvirt gives it a file. */
        static const struct {
                const char *name;
                mode_t mode;
        } all[] = {{"state", 0700},    {"lists", 0755},  {"services", 0755},
                   {"settings", 0700}, {"images", 0711}, {"volumes", 0711}};
        if (!directory_make(state, 0755, error) || !directory_make(run, 0755, error))
                return false;
        for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
                g_autofree char *path = g_build_filename(state, all[i].name, NULL);
                if (!directory_make(path, all[i].mode, error))
                        return false;
                /* Earlier agents made state/ readable for all. */
                if (all[i].mode == 0700 && chmod(path, 0700) != 0)
                        return fail_errno(error, "cannot make '%s' private", path);
        }
        return true;
}

char *paths_host_key(const char *state)
{
        return below(state, "host.key", NULL);
}

char *paths_list(const char *state)
{
        return below(state, "lists", "list");
}

char *paths_trust(const char *state)
{
        return below(state, "lists", "trust");
}

char *paths_records(const char *state)
{
        return below(state, "state", NULL);
}

char *paths_orders(const char *state)
{
        return below(state, "state", "orders.json");
}

char *paths_root_key(const char *state)
{
        return below(state, "state", "root.json");
}

char *paths_packages(const char *state)
{
        return below(state, "state", "packages.json");
}

char *paths_packages_pass(const char *state)
{
        return below(state, "state", "packages-pass.json");
}

char *paths_report(const char *state)
{
        return below(state, "state", "report.json");
}

char *paths_service_records(const char *state)
{
        return below(state, "state", "services");
}

char *paths_service_record(const char *state, const char *service, const char *end)
{
        g_autofree char *name = g_strconcat(service, end, NULL);
        return g_build_filename(state, "state", "services", name, NULL);
}

char *paths_services(const char *state)
{
        return below(state, "services", NULL);
}

char *paths_version(const char *state, const char *service, const char *version)
{
        return g_build_filename(state, "services", service, version, NULL);
}

char *paths_settings(const char *state, const char *service)
{
        return below(state, "settings", service);
}

char *paths_volumes(const char *state, const char *service)
{
        return below(state, "volumes", service);
}

char *paths_images(const char *state)
{
        return below(state, "images", NULL);
}

char *paths_image(const char *state, const char *service, const char *version)
{
        return of_version(state, "images", service, version, ".raw");
}

char *paths_roots(const char *state)
{
        return below(state, "roots", NULL);
}

char *paths_root(const char *state, const char *service, const char *version)
{
        return of_version(state, "roots", service, version, NULL);
}

char *paths_consoles(const char *state)
{
        return below(state, "console", NULL);
}

char *paths_console(const char *state, const char *service, const char *version)
{
        return of_version(state, "console", service, version, ".log");
}

char *paths_host_kernels(const char *state)
{
        return below(state, "host-kernel", NULL);
}

char *paths_socket(const char *run)
{
        return below(run, "agent.sock", NULL);
}

char *paths_lock(const char *run)
{
        return below(run, "agent.lock", NULL);
}

char *paths_network(const char *run)
{
        return below(run, "network", NULL);
}

char *paths_mounts(const char *run)
{
        return below(run, "mounts", NULL);
}
