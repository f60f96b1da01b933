/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commits the service packages of a plan: apt installs their files. */
#include <string.h>

#include "apt.h"
#include "apt_config.h"
#include "apt_offer.h"
#include "apt_run.h"
#include "apt_simulation.h"
#include "debversion.h"
#include "errors.h"
#include "files.h"

static const char services_path[] = "usr/share/lautta/services";

/* The state of one commit. */
typedef struct {
        const AptConf *conf;
        GHashTable *services; /* name -> version; never NULL */
        const GPtrArray *remove;
        GPtrArray *arguments; /* of apt-get, owned strings */
        bool changes;         /* there is something to do */
} Commit;

static void add_argument(Commit *commit, char *argument)
{
        g_ptr_array_add(commit->arguments, argument);
        commit->changes = true;
}

/* True if dpkg has the service package of that version, whole. */
static bool is_unpacked(const DpkgStatus *status, const char *service, const char *version)
{
        const DpkgPackage *package = dpkg_status_find(status, service);
        return package && package->service && !package->interrupted && strcmp(package->version, version) == 0;
}

static bool add_service(Commit *commit, const DpkgStatus *status, const char *service, const char *version,
                        GError **error)
{
        if (is_unpacked(status, service, version))
                return true;
        /* For a half-unpacked package, apt wants an archive of that very version, which may not exist any more. */
        if (g_ptr_array_find_with_equal_func(status->half_unpacked, service, g_str_equal, NULL) &&
            !apt_run_remove_half(commit->conf, service, error))
                return false;
        if (apt_config_is_taken(status, service))
                return fail(
                        error, LAUTTA_ERROR_CONFLICT,
                        "'%s' is a Debian package of this host, which a service of that name would replace: give the service another name",
                        service);
        char *file = apt_offer_take(commit->conf, service, version, error);
        if (file)
                add_argument(commit, file);
        return file != NULL;
}

static bool add_services(Commit *commit, const DpkgStatus *status, GError **error)
{
        GHashTableIter iterator;
        void *service = NULL;
        void *version = NULL;
        g_hash_table_iter_init(&iterator, commit->services);
        while (g_hash_table_iter_next(&iterator, &service, &version))
                if (!add_service(commit, status, service, version, error))
                        return false;
        return true;
}

static bool add_removals(Commit *commit, const DpkgStatus *status, GError **error)
{
        for (guint i = 0; commit->remove && i < commit->remove->len; i++) {
                const char *name = g_ptr_array_index(commit->remove, i);
                const DpkgPackage *package = dpkg_status_find(status, name);
                if (package && !package->service)
                        return fail(error, LAUTTA_ERROR_CONFLICT,
                                    "'%s' is a package of this host, and no service: it is not removed",
                                    name);
                if (package)
                        add_argument(commit, g_strdup_printf("%s-", name));
        }
        return true;
}

/* Errors: CONFLICT. */
static bool simulate(const Commit *commit, GError **error)
{
        g_autoptr(GPtrArray) changes = apt_run_simulate(commit->conf, commit->arguments, error);
        return changes && apt_simulation_check_removals(changes, commit->remove, error) &&
               apt_simulation_check_arrivals(changes, commit->services, error);
}

/* Remove the files of the packages, which dpkg has unpacked now. */
static void drop_files(const Commit *commit)
{
        GHashTableIter iterator;
        void *service = NULL;
        void *version = NULL;
        g_hash_table_iter_init(&iterator, commit->services);
        while (g_hash_table_iter_next(&iterator, &service, &version))
                apt_offer_drop(commit->conf, service, version);
}

/* True if dpkg already has all services in their versions: then no lock is needed. */
static bool is_done(const Commit *commit)
{
        g_autoptr(DpkgStatus) status =
                apt_run_is_interrupted(commit->conf) ? NULL : apt_run_status(commit->conf, NULL);
        GHashTableIter iterator;
        void *name = NULL;
        void *version = NULL;
        g_hash_table_iter_init(&iterator, commit->services);
        while (status && g_hash_table_iter_next(&iterator, &name, &version))
                if (!is_unpacked(status, name, version))
                        return false;
        for (guint i = 0; status && commit->remove && i < commit->remove->len; i++)
                if (dpkg_status_find(status, g_ptr_array_index(commit->remove, i)))
                        return false;
        return status != NULL;
}

static bool run(Commit *commit, GError **error)
{
        if (is_done(commit))
                return true;
        if (!apt_run_repair(commit->conf, error))
                return false;
        g_autoptr(DpkgStatus) status = apt_run_status(commit->conf, error);
        if (!status)
                return false;
        static const char *const command[] = {"--allow-downgrades", "--no-install-recommends", "install"};
        for (size_t i = 0; i < G_N_ELEMENTS(command); i++)
                g_ptr_array_add(commit->arguments, g_strdup(command[i]));
        if (!add_services(commit, status, error) || !add_removals(commit, status, error))
                return false;
        if (!commit->changes)
                return true;
        if (!simulate(commit, error) || !apt_run_change(commit->conf, commit->arguments, error))
                return false;
        drop_files(commit);
        return true;
}

bool apt_commit_services(const AptConf *conf, GHashTable *services, GPtrArray *remove, GError **error)
{
        g_autoptr(GHashTable) none = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
        Commit commit = {conf, services ? services : none, remove, arguments, false};
        if (run(&commit, error))
                return true;
        g_prefix_error(error, "service packages: ");
        return false;
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *apt_unpacked_services(const char *root, GError **error)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *path = g_build_filename(root, services_path, NULL);
        g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
        if (!directory && g_file_test(path, G_FILE_TEST_EXISTS)) {
                fail(error, LAUTTA_ERROR_SYSTEM, "cannot read the directory '%s'", path);
                return NULL;
        }
        const char *name = NULL;
        while (directory && (name = g_dir_read_name(directory))) {
                g_autofree char *description = g_build_filename(path, name, "service.yaml", NULL);
                if (debian_name_is_valid(name) && g_file_test(description, G_FILE_TEST_IS_REGULAR))
                        g_ptr_array_add(names, g_strdup(name));
        }
        g_ptr_array_sort(names, compare_names);
        return g_steal_pointer(&names);
}
