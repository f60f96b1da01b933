/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gpg.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deb822.h"
#include "errors.h"
#include "files.h"
#include "home.h"
#include "process.h"

/* A socket's path holds 107 bytes; gpg's longest name in its home is "/S.gpg-agent.browser". */
enum { HOME_MAX_CHARS = 80, OUTPUT_MAX_BYTES = 16 * 1024 * 1024 };

struct GpgHome {
        GpgWhich which;
        char *setting;  /* GNUPGHOME=... of our own home */
        char *shortcut; /* directory with a symlink to a home whose path is too long, or NULL */
        AutoFd lock;
};

static bool lock_own(GpgHome *home, GError **error)
{
        g_autofree char *path = home_path("gnupg.lock");
        home->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (home->lock < 0 || flock(home->lock, LOCK_EX) != 0)
                return fail_errno(error, "cannot lock '%s'", path);
        return true;
}

/* Makes a symlink with a short path in a temporary directory, or in /tmp if $TMPDIR is long as well. */
static char *make_shortcut(GpgHome *home, const char *path, GError **error)
{
        home->shortcut = strlen(g_get_tmp_dir()) < HOME_MAX_CHARS / 2 ? directory_make_temporary(error)
                                                                      : g_strdup("/tmp/lautta-XXXXXX");
        if (!home->shortcut)
                return NULL;
        if (g_str_has_suffix(home->shortcut, "XXXXXX") && !g_mkdtemp_full(home->shortcut, 0700)) {
                fail_errno(error, "cannot make a short path '%s' to '%s'", home->shortcut, path);
                g_clear_pointer(&home->shortcut, g_free);
                return NULL;
        }
        g_autofree char *link = g_build_filename(home->shortcut, "g", NULL);
        if (symlink(path, link) != 0) {
                fail_errno(error, "cannot make a short path '%s' to '%s'", link, path);
                return NULL;
        }
        return g_steal_pointer(&link);
}

static bool open_own(GpgHome *home, GError **error)
{
        g_autofree char *path = home_path("gnupg");
        if (!directory_make(path, 0700, error))
                return false;
        if (chmod(path, 0700) != 0)
                return fail_errno(error, "cannot make '%s' private", path);
        if (!lock_own(home, error))
                return false;
        g_autofree char *used =
                strlen(path) <= HOME_MAX_CHARS ? g_strdup(path) : make_shortcut(home, path, error);
        if (!used)
                return false;
        home->setting = g_strconcat("GNUPGHOME=", used, NULL);
        return true;
}

static bool check_user(GError **error)
{
        const char *set = g_getenv("GNUPGHOME");
        g_autofree char *path =
                set && *set ? g_strdup(set) : g_build_filename(g_get_home_dir(), ".gnupg", NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
                return true;
        return fail(error, LAUTTA_ERROR_NOT_FOUND, "there is no GnuPG home '%s'", path);
}

GpgHome *gpg_open(GpgWhich which, GError **error)
{
        g_autoptr(GpgHome) home = g_new0(GpgHome, 1);
        home->which = which;
        home->lock = -1;
        if (which == GPG_OWN ? !open_own(home, error) : !check_user(error))
                return NULL;
        return g_steal_pointer(&home);
}

static void run_gpgconf(GpgHome *home, const char *option, const char *component)
{
        const char *const argv[] = {"gpgconf", option, component, NULL};
        const char *const env[] = {home->setting, NULL};
        Process gpgconf = {.argv = argv, .env = env};
        process_run(&gpgconf, NULL, NULL, NULL);
}

void gpg_close(GpgHome *home)
{
        if (!home)
                return;
        if (home->setting) {
                run_gpgconf(home, "--kill", "all");
                if (home->shortcut)
                        run_gpgconf(home, "--remove-socketdir", NULL);
        }
        directory_remove_auto(&home->shortcut);
        fd_close_auto(&home->lock);
        g_free(home->setting);
        g_free(home);
}

GBytes *gpg_run(GpgHome *home, const char *const *arguments, GBytes *input, GError **error)
{
        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        g_ptr_array_add(argv, (char *)"gpg");
        g_ptr_array_add(argv, (char *)"--batch");
        g_ptr_array_add(argv, (char *)"--no-tty");
        g_ptr_array_add(argv, (char *)"--quiet");
        for (; *arguments; arguments++)
                g_ptr_array_add(argv, (char *)*arguments);
        g_ptr_array_add(argv, NULL);
        const char *const env[] = {home->setting, NULL};
        Process gpg = {.argv = (const char *const *)argv->pdata,
                       .env = env,
                       .input = input,
                       .max_output_bytes = OUTPUT_MAX_BYTES};
        GBytes *output = NULL;
        return process_run(&gpg, &output, NULL, error) ? output : NULL;
}

/* Returns: field `index` of a line of colon-separated fields; "" beyond the last. */
static const char *field(GStrv fields, guint index)
{
        return index < g_strv_length(fields) ? fields[index] : "";
}

/* True if `wanted` is `id`, "Name", or the name in "Name <address>" or "Name (comment)". */
static bool is_user_id(const char *id, const char *wanted)
{
        if (!g_str_has_prefix(id, wanted))
                return false;
        const char *rest = id + strlen(wanted);
        return !*rest || g_str_has_prefix(rest, " <") || g_str_has_prefix(rest, " (");
}

char *gpg_parse_secret(const char *colons, const char *wanted, char *validity)
{
        g_auto(GStrv) lines = g_strsplit(colons, "\n", -1);
        g_autofree char *primary = NULL;
        char letter = '-';
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) fields = g_strsplit(*line, ":", -1);
                const char *type = field(fields, 0);
                if (strcmp(type, "sec") == 0) {
                        g_clear_pointer(&primary, g_free);
                        letter = *field(fields, 1);
                        continue;
                }
                bool is_fingerprint = strcmp(type, "fpr") == 0;
                if (!is_fingerprint && strcmp(type, "uid") != 0)
                        continue;
                if (is_fingerprint && !primary)
                        primary = g_strdup(field(fields, 9));
                bool found = !wanted || (is_fingerprint ? strcmp(field(fields, 9), wanted) == 0
                                                        : is_user_id(field(fields, 9), wanted));
                if (found && primary) {
                        *validity = letter;
                        return g_steal_pointer(&primary);
                }
        }
        return NULL;
}

char *gpg_find_secret(GpgHome *home, const char *wanted, GError **error)
{
        const char *const arguments[] = {"--with-colons", "--fixed-list-mode", "--list-secret-keys", NULL};
        g_autoptr(GBytes) output = gpg_run(home, arguments, NULL, error);
        if (!output)
                return NULL;
        g_autofree char *text = span_dup(span_of(output));
        char validity = '-';
        g_autofree char *found = gpg_parse_secret(text, wanted, &validity);
        if (found && (validity == 'r' || validity == 'e')) {
                fail(error, LAUTTA_ERROR_UNTRUSTED, "the key %s %s", found,
                     validity == 'r' ? "has been revoked" : "has expired");
                return NULL;
        }
        return g_steal_pointer(&found);
}

/* Lists the keys of a file. This needs no keyring, so gpg gets an empty home and no lock is held. */
static GBytes *show_keys(const char *path, GError **error)
{
        g_autotempdir nobody = directory_make_temporary(error);
        if (!nobody)
                return NULL;
        const char *const argv[] = {"gpg",     "--homedir",      nobody,          "--batch",     "--no-tty",
                                    "--quiet", "--no-autostart", "--with-colons", "--show-keys", path,
                                    NULL};
        Process gpg = {.argv = argv, .max_output_bytes = OUTPUT_MAX_BYTES};
        GBytes *output = NULL;
        return process_run(&gpg, &output, NULL, error) ? output : NULL;
}

GStrv gpg_show_keys(const char *path, GError **error)
{
        g_autoptr(GBytes) output = show_keys(path, error);
        if (!output)
                return NULL;
        g_autofree char *text = span_dup(span_of(output));
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        bool in_primary = false;
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) fields = g_strsplit(*line, ":", -1);
                if (strcmp(field(fields, 0), "pub") == 0)
                        in_primary = true;
                if (!in_primary || strcmp(field(fields, 0), "fpr") != 0)
                        continue;
                g_strv_builder_add(builder, field(fields, 9));
                in_primary = false;
        }
        g_auto(GStrv) found = g_strv_builder_end(builder);
        if (*found)
                return g_steal_pointer(&found);
        fail(error, LAUTTA_ERROR_CORRUPT, "'%s' holds no public key", path);
        return NULL;
}
