/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bootstrap.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "overlay.h"
#include "process.h"
#include "root.h"
#include "sources.h"

enum { LOG_MAX_BYTES = 64 << 20, LOG_LINES = 12, SETTINGS_MAX_BYTES = 1 << 20 };

/* Hooks are fixed texts with names relative to the working directory: no data reaches a shell.
 * The archives' directory must exist before the cached files are copied in. */
static const char hook_archives[] = "mkdir -p \"$1\"/var/cache/apt/archives";
static const char hook_cache_in[] = "sync-in debs /var/cache/apt/archives";
static const char hook_cache_out[] = "sync-out /var/cache/apt/archives debs-used";
static const char hook_archives_owner[] =
        "chown 0:0 /var/cache/apt/archives && chmod 755 /var/cache/apt/archives";
static const char hook_overlay[] = "tar-in overlay.tar /";
static const char hook_scripts[] =
        "for script in /" OVERLAY_SCRIPTS "/*/*; do [ -e \"$script\" ] || continue; "
        "echo \"lautta: running $script\" >&2; \"$script\" || exit 1; echo \"lautta: done\" >&2; done";
/* Debian makes host keys when the package is installed. The image has none: each machine makes its own. */
static const char hook_host_keys[] =
        "[ ! -x /usr/sbin/sshd ] || { for unit in ssh ssh@; do mkdir -p /etc/systemd/system/$unit.service.d; printf '[Service]\\nExecStartPre=\\nExecStartPre=/usr/bin/ssh-keygen -A\\nExecStartPre=/usr/sbin/sshd -t\\n' >/etc/systemd/system/$unit.service.d/lautta-host-keys.conf; done; }";

static const struct {
        const char *architecture, *machine, *binfmt;
} machines[] = {{"amd64", "x86_64", "qemu-x86_64"}, {"arm64", "aarch64", "qemu-aarch64"}};

static bool is_native(const char *architecture)
{
        struct utsname name;
        if (uname(&name) != 0)
                return false;
        for (size_t i = 0; i < G_N_ELEMENTS(machines); i++)
                if (strcmp(machines[i].architecture, architecture) == 0)
                        return strcmp(machines[i].machine, name.machine) == 0;
        return false;
}

static bool has_emulator(const char *architecture)
{
        for (size_t i = 0; i < G_N_ELEMENTS(machines); i++) {
                if (strcmp(machines[i].architecture, architecture) != 0)
                        continue;
                g_autofree char *path =
                        g_build_filename("/proc/sys/fs/binfmt_misc", machines[i].binfmt, NULL);
                return g_file_test(path, G_FILE_TEST_EXISTS);
        }
        return false;
}

bool bootstrap_check(const ServiceDescription *description, GError **error)
{
        if (!process_exists("mmdebstrap"))
                return fail(error, LAUTTA_ERROR_NOT_FOUND, "the program 'mmdebstrap' is not installed");
        if (!is_native(description->architecture) && !has_emulator(description->architecture))
                return fail(
                        error, LAUTTA_ERROR_NOT_FOUND,
                        "this machine cannot run programs for %s: install the packages qemu-user-static and binfmt-support",
                        description->architecture);
        if (geteuid() != 0 && !process_exists("newuidmap"))
                return fail(error, LAUTTA_ERROR_NOT_FOUND,
                            "building as a plain user needs 'newuidmap': install the package uidmap");
        return true;
}

/* The build's apt uses this machine's settings for proxies and clocks. */
static bool is_wanted_setting(const char *line)
{
        static const char *const prefixes[] = {"Acquire::http::", "Acquire::https::", "Acquire::Retries ",
                                               "Acquire::Check-Valid-Until ", "Acquire::Check-Date "};
        for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
                if (g_ascii_strncasecmp(line, prefixes[i], strlen(prefixes[i])) == 0)
                        return true;
        return false;
}

static bool write_apt_settings(const char *path, GError **error)
{
        static const char *const argv[] = {"apt-config", "dump", NULL};
        Process process = {.argv = argv, .max_output_bytes = SETTINGS_MAX_BYTES};
        g_autoptr(GBytes) output = NULL;
        if (!process_run(&process, &output, NULL, error))
                return false;
        g_autofree char *text = g_strndup(g_bytes_get_data(output, NULL), g_bytes_get_size(output));
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_autoptr(GString) settings = g_string_new("APT::Install-Recommends \"false\";\n");
        for (char **line = lines; *line; line++)
                if (is_wanted_setting(*line))
                        g_string_append_printf(settings, "%s\n", *line);
        /* For a plain user, another user id of the namespace reads it. */
        mode_t mode = geteuid() == 0 ? 0600 : 0644;
        return file_write_atomically(path, settings->str, settings->len, mode, error);
}

/* Returns: owned value of --include with the description's packages; checked names hold no commas. */
static char *include_option(const ServiceDescription *description)
{
        g_autofree char *packages = g_strjoinv(",", description->build->packages);
        return *packages ? g_strconcat("--include=", packages, NULL) : NULL;
}

static void add(GPtrArray *argv, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add(GPtrArray *argv, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        g_ptr_array_add(argv, g_strdup_vprintf(format, args));
        va_end(args);
}

static GPtrArray *make_argv(const Bootstrap *bootstrap)
{
        const ServiceDescription *description = bootstrap->description;
        GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
        add(argv, "mmdebstrap");
        add(argv, "--mode=%s", geteuid() == 0 ? "root" : "unshare");
        add(argv, "--variant=%s", description->build->variant);
        add(argv, "--architectures=%s", description->architecture);
        add(argv, "--format=tar");
        add(argv, "--logfile=%s", bootstrap->log);
        add(argv, "--aptopt=apt-settings");
        add(argv, "--skip=essential/unlink,download/empty");
        add(argv, "--setup-hook=%s", hook_archives);
        add(argv, "--setup-hook=%s", hook_cache_in);
        add(argv, "--customize-hook=%s", hook_cache_out);
        add(argv, "--customize-hook=%s", hook_overlay);
        add(argv, "--chrooted-customize-hook=%s", hook_scripts);
        add(argv, "--chrooted-customize-hook=%s", hook_host_keys);
        add(argv, "--chrooted-customize-hook=%s", hook_archives_owner);
        char *include = include_option(description);
        if (include)
                g_ptr_array_add(argv, include);
        add(argv, "--");
        add(argv, "%s", description->build->suite);
        add(argv, "%s", bootstrap->tar);
        add(argv, "lautta.sources");
        if (*description->build->sources)
                add(argv, "lautta.list");
        g_ptr_array_add(argv, NULL);
        return argv;
}

static bool write_in(const char *directory, const char *name, const char *text, GError **error)
{
        g_autofree char *path = g_build_filename(directory, name, NULL);
        return file_write_atomically(path, text, strlen(text), 0644, error);
}

static bool write_sources(const Bootstrap *bootstrap, GError **error)
{
        const ServiceDescription *description = bootstrap->description;
        g_autoptr(GString) list = g_string_new(NULL);
        for (char **source = description->build->sources; *source; source++) {
                g_autofree char *line = sources_line(*source, description->directory);
                g_string_append_printf(list, "%s\n", line);
        }
        return write_in(bootstrap->work, "lautta.sources", bootstrap->sources, error) &&
               (list->len == 0 || write_in(bootstrap->work, "lautta.list", list->str, error));
}

static bool prepare(const Bootstrap *bootstrap, GError **error)
{
        g_autofree char *settings = g_build_filename(bootstrap->work, "apt-settings", NULL);
        g_autofree char *overlay = g_build_filename(bootstrap->work, "overlay.tar", NULL);
        return write_sources(bootstrap, error) && write_apt_settings(settings, error) &&
               overlay_write(bootstrap->description, overlay, error);
}

/* Returns: the name of the script that began and did not end, or NULL. */
static char *failed_script(char **lines)
{
        static const char begins[] = "lautta: running /" OVERLAY_SCRIPTS "/";
        const char *running = NULL;
        for (; *lines; lines++) {
                if (g_str_has_prefix(*lines, begins))
                        running = *lines + strlen(begins);
                else if (strcmp(*lines, "lautta: done") == 0)
                        running = NULL;
        }
        const char *slash = running ? strchr(running, '/') : NULL;
        return slash ? g_strdup(slash + 1) : NULL;
}

/* Leave out mmdebstrap's messages about cleaning up, which hide the cause. */
static bool is_clearing_up(const char *line)
{
        static const char *const prefixes[] = {"umount: ",           "W: umount ",
                                               "I: main() received", "I: removing tempdir",
                                               "E: setup failed",    "E: mmdebstrap failed to run"};
        for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
                if (g_str_has_prefix(line, prefixes[i]))
                        return true;
        return false;
}

static char *last_words(char **lines)
{
        g_autoptr(GPtrArray) words = g_ptr_array_new();
        for (; *lines; lines++)
                if (!is_clearing_up(*lines))
                        g_ptr_array_add(words, *lines);
        guint first = words->len > LOG_LINES ? words->len - LOG_LINES : 0;
        g_ptr_array_add(words, NULL);
        return g_strjoinv("\n  ", (GStrv)words->pdata + first);
}

static void add_log(const char *log, GError **error)
{
        g_autoptr(GBytes) bytes = file_read(log, LOG_MAX_BYTES, NULL);
        if (!bytes || g_bytes_get_size(bytes) == 0 || !error || !*error)
                return;
        g_autofree char *text =
                g_utf8_make_valid(g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes));
        g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
        g_autofree char *script = failed_script(lines);
        g_autofree char *what =
                script ? g_strdup_printf("the script '%s' failed", script) : g_strdup("mmdebstrap failed");
        g_autofree char *words = last_words(lines);
        g_autoptr(GError) before = *error;
        *error = NULL;
        fail(error, (LauttaErrorCode)before->code, "%s; its last words:\n  %s", what, words);
}

/* Leave out the builder's environment, as packages and scripts could copy it into the image. Only proxies are
 * kept. */
static GStrv names_to_unset(void)
{
        char **names = g_listenv();
        g_autoptr(GPtrArray) unset = g_ptr_array_new();
        for (char **name = names; *name; name++) {
                g_autofree char *lower = g_ascii_strdown(*name, -1);
                if (g_str_has_suffix(lower, "_proxy"))
                        g_free(*name);
                else
                        g_ptr_array_add(unset, *name);
        }
        g_free(names);
        g_ptr_array_add(unset, NULL);
        return (GStrv)g_ptr_array_steal(unset, NULL);
}

bool bootstrap_run(const Bootstrap *bootstrap, GError **error)
{
        if (!prepare(bootstrap, error))
                return false;
        const ServiceDescription *description = bootstrap->description;
        g_autoptr(GPtrArray) argv = make_argv(bootstrap);
        g_auto(GStrv) unset = names_to_unset();
        g_autofree char *epoch = g_strdup_printf("SOURCE_DATE_EPOCH=%" G_GINT64_FORMAT, IMAGE_EPOCH);
        g_autofree char *service = g_strconcat("LAUTTA_SERVICE=", description->service, NULL);
        g_autofree char *version = g_strconcat("LAUTTA_VERSION=", description->version, NULL);
        g_autofree char *temporary = g_strconcat("TMPDIR=", bootstrap->work, NULL);
        const char *env[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                             "LC_ALL=C.UTF-8",
                             "LANG=C.UTF-8",
                             "HOME=/root",
                             epoch,
                             service,
                             version,
                             temporary,
                             NULL};
        Process process = {.argv = (const char *const *)argv->pdata,
                           .env = env,
                           .unset = (const char *const *)unset,
                           .directory = bootstrap->work};
        if (process_run(&process, NULL, NULL, error))
                return true;
        add_log(bootstrap->log, error);
        return false;
}
