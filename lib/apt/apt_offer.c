/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A person may install a service that the list names by `apt install SERVICE`. apt finds it in a directory that
 * holds the very files whose digests the list has, and never asks a depot. */
#include "apt_offer.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apt_config.h"
#include "apt_run.h"
#include "digest.h"
#include "errors.h"
#include "files.h"
#include "process.h"

enum {
        CONTROL_MAX_BYTES = 256 * 1024,
        CONFIG_MAX_BYTES = 16 * 1024 * 1024,
        DEB_MAX_BYTES = 512 * 1024 * 1024
};

static const char source_path[] = "etc/apt/sources.list.d/lautta.sources";
static const char pins_path[] = "etc/apt/preferences.d/lautta";

/* Files that agents wrote when apt still read depots itself. */
static const char *const former_paths[] = {
        "etc/apt/keyrings/lautta.pgp",
        "etc/apt/keyrings/lautta-ca.pem",
        "etc/apt/apt.conf.d/lautta",
};

/* Returns: owned name in the form of apt's archives, since a colon is special in apt's arguments. */
static char *file_name(const char *service, const char *version)
{
        g_auto(GStrv) parts = g_strsplit(version, ":", -1);
        g_autofree char *escaped = g_strjoinv("%3a", parts);
        return g_strdup_printf("%s_%s.deb", service, escaped);
}

/* Set the mode whatever the umask: apt reads the file as another user. */
static bool set_mode(const char *path, mode_t mode, GError **error)
{
        return chmod(path, mode) == 0 || fail_errno(error, "cannot set the mode of '%s'", path);
}

static bool make_directory(const AptConf *conf, GError **error)
{
        g_autofree char *directory = apt_run_path(conf, apt_offer_directory);
        g_autofree char *parent = g_path_get_dirname(directory);
        return directory_make(directory, 0755, error) && set_mode(parent, 0755, error) &&
               set_mode(directory, 0755, error);
}

char *apt_offer_take(const AptConf *conf, const char *service, const char *version, GError **error)
{
        g_autofree char *name = file_name(service, version);
        g_autofree char *inside = g_strdup_printf("/%s/%s", apt_offer_directory, name);
        g_autofree char *path = apt_run_path(conf, inside);
        if (!make_directory(conf, error) || !conf->take(conf->user, service, version, path, error) ||
            !set_mode(path, 0644, error))
                return NULL;
        return g_steal_pointer(&inside);
}

void apt_offer_drop(const AptConf *conf, const char *service, const char *version)
{
        g_autofree char *name = file_name(service, version);
        g_autofree char *inside = g_build_filename(apt_offer_directory, name, NULL);
        g_autofree char *path = apt_run_path(conf, inside);
        unlink(path);
}

/* Make the file ROOT/`path` hold `text`; `changed` (may be NULL) is set if it did not before. */
static bool write_inside(const AptConf *conf, const char *path, const char *text, bool *changed,
                         GError **error)
{
        g_autofree char *full = apt_run_path(conf, path);
        g_autoptr(GBytes) old = file_read(full, CONFIG_MAX_BYTES, NULL);
        g_autoptr(GBytes) new = g_bytes_new_static(text, strlen(text));
        if (old && g_bytes_equal(old, new))
                return true;
        if (changed)
                *changed = true;
        g_autofree char *directory = g_path_get_dirname(full);
        return directory_make(directory, 0755, error) &&
               file_write_atomically(full, text, strlen(text), 0644, error) && set_mode(full, 0644, error);
}

static bool remove_former(const AptConf *conf, GError **error)
{
        for (size_t i = 0; i < G_N_ELEMENTS(former_paths); i++) {
                g_autofree char *full = apt_run_path(conf, former_paths[i]);
                if (unlink(full) != 0 && errno != ENOENT)
                        return fail_errno(error, "cannot remove '%s'", full);
        }
        return true;
}

/* Add the paragraph of the package file `inside` to an index for apt (Packages). */
static bool add_paragraph(const AptConf *conf, const char *inside, GString *index, GError **error)
{
        g_autofree char *path = apt_run_path(conf, inside);
        const char *const argv[] = {"dpkg-deb", "--field", path, NULL};
        g_autoptr(GBytes) control = NULL;
        g_autoptr(GBytes) deb = file_map(path, DEB_MAX_BYTES, error);
        if (!deb || !process_run(&(Process){.argv = argv, .max_output_bytes = CONTROL_MAX_BYTES}, &control,
                                 NULL, error))
                return false;
        uint8_t sha256[DIGEST_BYTES];
        digest_sha256(g_bytes_get_data(deb, NULL), g_bytes_get_size(deb), sha256);
        g_autofree char *hex = digest_to_hex(sha256);
        g_autofree char *fields = g_strndup(g_bytes_get_data(control, NULL), g_bytes_get_size(control));
        g_autofree char *name = g_path_get_basename(inside);
        g_string_append_printf(index, "%s\nFilename: ./%s\nSize: %zu\nSHA256: %s\n\n", g_strchomp(fields),
                               name, g_bytes_get_size(deb), hex);
        return true;
}

/* Remove the files of the directory that are not in `kept` (paths as seen from the root). */
static void tidy(const AptConf *conf, const GPtrArray *kept)
{
        g_autofree char *path = apt_run_path(conf, apt_offer_directory);
        g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
        const char *name = NULL;
        while (directory && (name = g_dir_read_name(directory))) {
                g_autofree char *inside = g_strdup_printf("/%s/%s", apt_offer_directory, name);
                g_autofree char *full = g_build_filename(path, name, NULL);
                if (strcmp(name, "Packages") != 0 &&
                    !g_ptr_array_find_with_equal_func((GPtrArray *)kept, inside, g_str_equal, NULL))
                        unlink(full);
        }
}

/* Returns: owned text of the index. `kept` gets its files, `missing` the reason of the first service that it lacks. */
static char *make_index(const AptConf *conf, const List *list, const DpkgStatus *status, GPtrArray *kept,
                        GError **missing)
{
        g_autoptr(GString) index = g_string_new(NULL);
        for (guint i = 0; i < list->services->len; i++) {
                const ListService *service = list->services->pdata[i];
                const DpkgPackage *package = dpkg_status_find(status, service->service);
                if (package && (!package->service || strcmp(package->version, service->version) == 0))
                        continue;
                g_autoptr(GError) why = NULL;
                g_autofree char *inside = apt_offer_take(conf, service->service, service->version, &why);
                if (inside && add_paragraph(conf, inside, index, &why)) {
                        g_ptr_array_add(kept, g_steal_pointer(&inside));
                } else if (!*missing) {
                        g_prefix_error(&why, "'%s' %s cannot be installed by apt: ", service->service,
                                       service->version);
                        *missing = g_steal_pointer(&why);
                }
        }
        return g_string_free(g_steal_pointer(&index), false);
}

bool apt_offer_services(const AptConf *conf, const List *list, GError **error)
{
        g_autoptr(DpkgStatus) status = apt_run_status(conf, error);
        if (!status || !make_directory(conf, error))
                return false;
        g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) missing = NULL;
        g_autofree char *index = make_index(conf, list, status, kept, &missing);
        g_autofree char *pins = apt_config_pins(list, status);
        g_autofree char *packages = g_build_filename(apt_offer_directory, "Packages", NULL);
        bool changed = false;
        /* Write the pins before the source: so apt never sees the source without them, even after a kill. */
        if (!write_inside(conf, pins_path, pins, NULL, error) ||
            !write_inside(conf, packages, index, &changed, error) ||
            !write_inside(conf, source_path, apt_config_source, &changed, error) ||
            !remove_former(conf, error))
                return false;
        tidy(conf, kept);
        if (changed && !apt_run_update(conf, true, true, error))
                return false;
        if (!missing)
                return true;
        g_propagate_error(error, g_steal_pointer(&missing));
        return false;
}
