/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apt_run.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apt_config.h"
#include "apt_simulation.h"
#include "apt_words.h"
#include "errors.h"
#include "files.h"
#include "process.h"

enum { LOG_MAX_BYTES = APT_SIMULATION_MAX_BYTES, LOCK_POLL_US = 200 * 1000 };

static const char *const environment[] = {
        "DEBIAN_FRONTEND=noninteractive",
        "APT_LISTCHANGES_FRONTEND=none",
        "APT_LISTBUGS_FRONTEND=none",
        "UCF_FORCE_CONFFOLD=1",
        "LANGUAGE=",
        NULL,
};

char *apt_run_path(const AptConf *conf, const char *path)
{
        return g_build_filename(conf->root, path, NULL);
}

/* True if a dpkg ended before it had written its status. */
static bool has_journal(const AptConf *conf)
{
        g_autofree char *path = apt_run_path(conf, "var/lib/dpkg/updates");
        g_autoptr(GDir) updates = g_dir_open(path, 0, NULL);
        return updates && g_dir_read_name(updates) != NULL;
}

char *apt_run_fingerprint(const AptConf *conf)
{
        g_autofree char *path = apt_run_path(conf, "var/lib/dpkg/status");
        struct stat info;
        if (has_journal(conf) || stat(path, &info) != 0)
                return g_strdup("");
        return g_strdup_printf("%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld",
                               (guint64)info.st_ino, (gint64)info.st_size, (gint64)info.st_mtim.tv_sec,
                               info.st_mtim.tv_nsec);
}

DpkgStatus *apt_run_status(const AptConf *conf, GError **error)
{
        g_autofree char *path = apt_run_path(conf, "var/lib/dpkg/status");
        g_autoptr(GBytes) text = file_read(path, DPKG_STATUS_MAX_BYTES, error);
        return text ? dpkg_status_parse(text, path, error) : NULL;
}

/* The process that has the lock on a file, or 0. */
static pid_t find_lock_holder(const AptConf *conf, const char *file)
{
        g_autofree char *path = apt_run_path(conf, file);
        g_autofd fd = open(path, O_RDWR | O_CLOEXEC);
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fd < 0 || fcntl(fd, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK)
                return 0;
        return lock.l_pid;
}

static bool wait_for_lock(const AptConf *conf, const char *file, const char *name, GError **error)
{
        gint64 end = g_get_monotonic_time() + (gint64)conf->lock_timeout_s * G_USEC_PER_SEC;
        pid_t holder = 0;
        while ((holder = find_lock_holder(conf, file)) != 0) {
                if (g_get_monotonic_time() >= end)
                        return fail(error, LAUTTA_ERROR_TRY_AGAIN,
                                    "process %d has %s lock, for more than %u s: it is tried again later",
                                    (int)holder, name, conf->lock_timeout_s);
                g_usleep(LOCK_POLL_US);
        }
        return true;
}

bool apt_run_wait(const AptConf *conf, GError **error)
{
        return wait_for_lock(conf, "var/lib/dpkg/lock-frontend", "dpkg's", error);
}

/* Returns: owned vector, the strings of which are borrowed, ended by NULL. */
static GPtrArray *command_in_root(const AptConf *conf, const char *program)
{
        GPtrArray *argv = g_ptr_array_new();
        if (strcmp(conf->root, "/") != 0) {
                g_ptr_array_add(argv, (char *)"chroot");
                g_ptr_array_add(argv, (char *)conf->root);
        }
        g_ptr_array_add(argv, (char *)program);
        return argv;
}

static void add_all(GPtrArray *argv, const char *const *arguments)
{
        for (; *arguments; arguments++)
                g_ptr_array_add(argv, (char *)*arguments);
}

/* Run to the end; `said` gets the owned output. Errors: apt_words_fail() for any status but 0. */
static bool run_logged(GPtrArray *argv, const char *log, GBytes **said, GError **error)
{
        g_ptr_array_add(argv, NULL);
        Process process = {.argv = (const char *const *)argv->pdata, .env = environment, .log = log};
        int status = 0;
        if (!process_run(&process, NULL, &status, error))
                return false;
        g_autoptr(GBytes) bytes = file_read(log, LOG_MAX_BYTES, error);
        if (!bytes)
                return false;
        g_autofree char *text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        if (status != 0)
                return apt_words_fail(text, error);
        if (said)
                *said = g_steal_pointer(&bytes);
        return true;
}

static GPtrArray *apt_get(const AptConf *conf, char **lock_timeout)
{
        static const char *const options[] = {
                "-q", "-y",
                "-o", "Dpkg::Use-Pty=0",
                "-o", "Dpkg::Options::=--force-confdef",
                "-o", "Dpkg::Options::=--force-confold",
                "-o", "APT::Get::AutomaticRemove=false",
                NULL,
        };
        GPtrArray *argv = command_in_root(conf, "apt-get");
        add_all(argv, options);
        *lock_timeout = g_strdup_printf("DPkg::Lock::Timeout=%u", conf->lock_timeout_s);
        g_ptr_array_add(argv, (char *)"-o");
        g_ptr_array_add(argv, *lock_timeout);
        return argv;
}

static void add_arguments(GPtrArray *argv, const GPtrArray *arguments)
{
        for (guint i = 0; i < arguments->len; i++)
                g_ptr_array_add(argv, g_ptr_array_index(arguments, i));
}

GPtrArray *apt_run_simulate(const AptConf *conf, const GPtrArray *arguments, GError **error)
{
        g_autotempdir work = directory_make_temporary(error);
        if (!work)
                return NULL;
        g_autofree char *lock_timeout = NULL;
        g_autoptr(GPtrArray) argv = apt_get(conf, &lock_timeout);
        g_ptr_array_add(argv, (char *)"--simulate");
        add_arguments(argv, arguments);
        g_autofree char *log = g_build_filename(work, "simulation", NULL);
        g_autoptr(GBytes) said = NULL;
        return run_logged(argv, log, &said, error) ? apt_simulation_parse(said, error) : NULL;
}

GPtrArray *apt_run_find_unknown(const AptConf *conf, const GPtrArray *names, GError **error)
{
        g_autotempdir work = directory_make_temporary(error);
        if (!work)
                return NULL;
        g_autofree char *lock_timeout = NULL;
        g_autoptr(GPtrArray) argv = apt_get(conf, &lock_timeout);
        g_ptr_array_add(argv, (char *)"--simulate");
        g_ptr_array_add(argv, (char *)"install");
        add_arguments(argv, names);
        g_ptr_array_add(argv, NULL);
        g_autofree char *log = g_build_filename(work, "simulation", NULL);
        const Process process = {.argv = (const char *const *)argv->pdata, .env = environment, .log = log};
        int status = 0;
        g_autoptr(GBytes) said = NULL;
        if (!process_run(&process, NULL, &status, error) || !(said = file_read(log, LOG_MAX_BYTES, error)))
                return NULL;
        g_autofree char *text = g_strndup(g_bytes_get_data(said, NULL), g_bytes_get_size(said));
        return apt_words_unknown(text);
}

/* Returns: owned path of the file, next to the record, that takes the output of the last change. */
static char *change_log(const AptConf *conf, GError **error)
{
        g_autofree char *directory = g_path_get_dirname(conf->record);
        return directory_make(directory, 0755, error) ? g_build_filename(directory, "apt.log", NULL) : NULL;
}

bool apt_run_change(const AptConf *conf, const GPtrArray *arguments, GError **error)
{
        g_autofree char *lock_timeout = NULL;
        g_autofree char *log = change_log(conf, error);
        if (!log)
                return false;
        g_autoptr(GPtrArray) argv = apt_get(conf, &lock_timeout);
        add_arguments(argv, arguments);
        return run_logged(argv, log, NULL, error);
}

bool apt_run_update(const AptConf *conf, bool only_ours, bool clock_lags, GError **error)
{
        static const char *const ours[] = {
                "-o", "Dir::Etc::sourcelist=sources.list.d/lautta.sources",
                "-o", "Dir::Etc::sourceparts=-",
                "-o", "APT::Get::List-Cleanup=false",
                NULL,
        };
        static const char *const lagging[] = {"-o", "Acquire::Check-Date=false", NULL};
        g_autofree char *lock_timeout = NULL;
        g_autofree char *log = change_log(conf, error);
        /* apt-get itself does not wait for this lock, which an update that outlives a killed agent has. */
        if (!log || !wait_for_lock(conf, "var/lib/apt/lists/lock", "apt's", error))
                return false;
        g_autoptr(GPtrArray) argv = apt_get(conf, &lock_timeout);
        if (only_ours)
                add_all(argv, ours);
        if (clock_lags)
                add_all(argv, lagging);
        g_ptr_array_add(argv, (char *)"update");
        if (run_logged(argv, log, NULL, error))
                return true;
        g_prefix_error(error, "apt-get update: ");
        return false;
}

static bool dpkg(const AptConf *conf, const char *command, const GPtrArray *names, GError **error)
{
        static const char *const options[] = {"--force-confdef", "--force-confold",
                                              "--force-remove-reinstreq", NULL};
        g_autofree char *log = change_log(conf, error);
        if (!log)
                return false;
        g_autoptr(GPtrArray) argv = command_in_root(conf, "dpkg");
        add_all(argv, options);
        g_ptr_array_add(argv, (char *)command);
        add_arguments(argv, names);
        return run_logged(argv, log, NULL, error);
}

static bool configure_all(const AptConf *conf, GError **error)
{
        g_autoptr(GPtrArray) all = g_ptr_array_new();
        g_ptr_array_add(all, (char *)"-a");
        return dpkg(conf, "--configure", all, error);
}

/* Repair broken dependencies by apt's own means, if that removes nothing. */
static bool fix_broken(const AptConf *conf, GError **error)
{
        g_autoptr(GPtrArray) arguments = g_ptr_array_new();
        g_ptr_array_add(arguments, (char *)"--fix-broken");
        g_ptr_array_add(arguments, (char *)"--no-remove");
        g_ptr_array_add(arguments, (char *)"install");
        return apt_run_change(conf, arguments, error);
}

/* apt takes a half-unpacked package for installed, and dpkg does not configure it. */
static bool unpack_again(const AptConf *conf, const GPtrArray *names, GError **error)
{
        g_autoptr(GPtrArray) arguments = g_ptr_array_new();
        g_ptr_array_add(arguments, (char *)"--reinstall");
        g_ptr_array_add(arguments, (char *)"--no-remove");
        g_ptr_array_add(arguments, (char *)"install");
        for (guint i = 0; i < names->len; i++)
                g_ptr_array_add(arguments, g_ptr_array_index(names, i));
        return apt_run_change(conf, arguments, error);
}

bool apt_run_is_interrupted(const AptConf *conf)
{
        g_autoptr(DpkgStatus) status = apt_run_status(conf, NULL);
        return has_journal(conf) || (status && status->interrupted);
}

/* Returns: owned path, as seen from the root, of the file that a service package was installed from; or NULL. */
static char *find_file_of(const AptConf *conf, const char *name)
{
        g_autofree char *path = apt_run_path(conf, apt_offer_directory);
        g_autofree char *prefix = g_strconcat(name, "_", NULL);
        g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
        const char *file = NULL;
        while (directory && (file = g_dir_read_name(directory)))
                if (g_str_has_prefix(file, prefix) && g_str_has_suffix(file, ".deb"))
                        return g_strdup_printf("/%s/%s", apt_offer_directory, file);
        return NULL;
}

/* apt has no archive of a service package; its file is still here. */
static void install_files(const AptConf *conf, const GPtrArray *names)
{
        for (guint i = 0; i < names->len; i++) {
                g_autofree char *file = find_file_of(conf, g_ptr_array_index(names, i));
                g_autoptr(GPtrArray) one = g_ptr_array_new();
                g_ptr_array_add(one, file);
                if (file)
                        dpkg(conf, "--install", one, NULL);
        }
}

bool apt_run_remove_half(const AptConf *conf, const char *name, GError **error)
{
        g_autoptr(GPtrArray) one = g_ptr_array_new();
        g_ptr_array_add(one, (char *)name);
        return dpkg(conf, "--remove", one, error);
}

/* Finish the work that `dpkg --configure -a` leaves. Each part may fail: the next command reports why. */
static void repair_halves(const AptConf *conf)
{
        g_autoptr(DpkgStatus) status = apt_run_status(conf, NULL);
        if (!status || !status->interrupted)
                return;
        if (status->half_removed->len > 0)
                dpkg(conf, "--remove", status->half_removed, NULL);
        install_files(conf, status->half_unpacked);
        g_autoptr(DpkgStatus) rest = apt_run_status(conf, NULL);
        if (rest && rest->half_unpacked->len > 0)
                unpack_again(conf, rest->half_unpacked, NULL);
        if (apt_run_is_interrupted(conf))
                fix_broken(conf, NULL);
}

bool apt_run_repair(const AptConf *conf, GError **error)
{
        if (!apt_run_wait(conf, error))
                return false;
        if (!apt_run_is_interrupted(conf))
                return true;
        g_autoptr(GError) failure = NULL;
        if (!configure_all(conf, &failure) && error_is(failure, LAUTTA_ERROR_TRY_AGAIN)) {
                g_propagate_error(error, g_steal_pointer(&failure));
                return false;
        }
        repair_halves(conf);
        return true;
}
