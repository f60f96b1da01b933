/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apt_config.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apt_run.h"
#include "errors.h"
#include "files.h"
#include "signature.h"

enum { CA_MAX_BYTES = 1024 * 1024 };

static const char source_path[] = "etc/apt/sources.list.d/lautta.sources";
static const char pins_path[] = "etc/apt/preferences.d/lautta";
static const char keyring_path[] = "etc/apt/keyrings/lautta.pgp";
static const char ca_path[] = "etc/apt/keyrings/lautta-ca.pem";
static const char tls_path[] = "etc/apt/apt.conf.d/lautta";
static const char head[] = "# Written by lautta-agent, which replaces it whenever its list changes.\n";

/* A path becomes the URI that apt takes it as; a URL is one. */
static char *uri_of(const char *depot)
{
        if (*depot != '/')
                return g_strdup(depot);
        g_autofree char *escaped = g_uri_escape_string(depot, G_URI_RESERVED_CHARS_ALLOWED_IN_PATH, FALSE);
        return g_strconcat("file://", escaped, NULL);
}

char *apt_config_source(const AptConf *conf)
{
        if (!conf->depots || !*conf->depots)
                return NULL;
        g_autoptr(GStrvBuilder) uris = g_strv_builder_new();
        for (const char *const *depot = conf->depots; *depot; depot++) {
                g_autofree char *uri = uri_of(*depot);
                g_strv_builder_add(uris, uri);
        }
        g_auto(GStrv) all = g_strv_builder_end(uris);
        g_autofree char *urls = g_strjoinv(" ", all);
        return g_strdup_printf("%sTypes: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /%s\n", head,
                               urls, conf->suite, keyring_path);
}

/* Returns: owned host of a depot by https, or NULL: only a name (or address) that apt's own syntax can hold.
 */
static char *https_host(const char *depot)
{
        g_autofree char *scheme = NULL, *host = NULL;
        if (!g_uri_split(depot, G_URI_FLAGS_NONE, &scheme, NULL, &host, NULL, NULL, NULL, NULL, NULL) ||
            g_strcmp0(scheme, "https") != 0 || !host)
                return NULL;
        bool is_plain = strspn(host, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-.") == strlen(host);
        return is_plain ? g_steal_pointer(&host) : NULL;
}

char *apt_config_tls(const AptConf *conf, const char *path)
{
        g_autoptr(GString) text = g_string_new("// Written by lautta-agent, by its ca-file.\n");
        bool any = false;
        for (const char *const *depot = conf->depots; conf->ca_file && depot && *depot; depot++) {
                g_autofree char *host = https_host(*depot);
                if (!host)
                        continue;
                g_string_append_printf(text, "Acquire::https::%s::CAInfo \"/%s\";\n", host, path);
                any = true;
        }
        return any ? g_string_free(g_steal_pointer(&text), false) : NULL;
}

char *apt_config_pins(const List *list)
{
        GString *text = g_string_new(head);
        for (guint i = 0; i < list->services->len; i++) {
                const ListService *service = g_ptr_array_index(list->services, i);
                /* Of records for one package, apt obeys the first that a version matches. */
                g_string_append_printf(text,
                                       "\nPackage: %s\nPin: version %s\nPin-Priority: 1001\n"
                                       "\nPackage: %s\nPin: version *\nPin-Priority: -1\n",
                                       service->service, service->version, service->service);
        }
        return g_string_free(text, false);
}

/* Make the file ROOT/`path` say `content`; what says it already is not touched. */
static bool write_inside(const AptConf *conf, const char *path, const void *content, size_t size,
                         GError **error)
{
        g_autofree char *full = apt_run_path(conf, path);
        g_autoptr(GBytes) old = file_read(full, SIGNATURE_KEYRING_MAX_BYTES, NULL);
        g_autoptr(GBytes) new = g_bytes_new_static(content, size);
        if (old && g_bytes_equal(old, new))
                return true;
        g_autofree char *directory = g_path_get_dirname(full);
        return directory_make(directory, 0755, error) &&
               file_write_atomically(full, content, size, 0644, error) &&
               /* apt reads it as another user; our umask must not matter. */
               (chmod(full, 0644) == 0 || fail_errno(error, "cannot set the mode of '%s'", full));
}

static bool remove_inside(const AptConf *conf, const char *path, GError **error)
{
        g_autofree char *full = apt_run_path(conf, path);
        return unlink(full) == 0 || errno == ENOENT || fail_errno(error, "cannot remove '%s'", full);
}

/* In binary form, which every apt takes whatever the file's name ends in. */
static bool write_keyring(const AptConf *conf, GError **error)
{
        g_autoptr(GBytes) keyring = file_read(conf->keyring, SIGNATURE_KEYRING_MAX_BYTES, error);
        g_autoptr(GBytes) binary = keyring ? signature_dearmor(keyring, error) : NULL;
        if (!binary) {
                g_prefix_error(error, "keyring '%s' for apt: ", conf->keyring);
                return false;
        }
        return write_inside(conf, keyring_path, g_bytes_get_data(binary, NULL), g_bytes_get_size(binary),
                            error);
}

/* A copy, as apt reads it as another user, and in its own root. */
static bool write_tls(const AptConf *conf, GError **error)
{
        g_autofree char *text = apt_config_tls(conf, ca_path);
        if (!text)
                return remove_inside(conf, tls_path, error) && remove_inside(conf, ca_path, error);
        g_autoptr(GBytes) ca = file_read(conf->ca_file, CA_MAX_BYTES, error);
        if (!ca) {
                g_prefix_error(error, "ca-file '%s' for apt: ", conf->ca_file);
                return false;
        }
        return write_inside(conf, ca_path, g_bytes_get_data(ca, NULL), g_bytes_get_size(ca), error) &&
               write_inside(conf, tls_path, text, strlen(text), error);
}

static bool remove_all(const AptConf *conf, GError **error)
{
        static const char *const paths[] = {source_path, pins_path, keyring_path, tls_path, ca_path};
        for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
                if (!remove_inside(conf, paths[i], error))
                        return false;
        return true;
}

bool apt_configure(const AptConf *conf, const List *list, GError **error)
{
        g_autofree char *source = list ? apt_config_source(conf) : NULL;
        if (!source)
                return remove_all(conf, error);
        g_autofree char *pins = apt_config_pins(list);
        /* The keyring before the source that names it, the pins before both: a killed call leaves nothing
         * that lets in what it should not. */
        return write_inside(conf, pins_path, pins, strlen(pins), error) && write_keyring(conf, error) &&
               write_tls(conf, error) && write_inside(conf, source_path, source, strlen(source), error);
}
