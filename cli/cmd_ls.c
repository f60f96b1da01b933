/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "depot.h"
#include "errors.h"
#include "keys.h"
#include "units.h"

static char *location, *keyring, *suite;
static gboolean allow_expired, unverified;

static const GOptionEntry options[] = {
        {"depot", 0, 0, G_OPTION_ARG_STRING, &location, "A directory, file://, http:// or https://",
         "DEPOT|URL"},
        {"keyring", 0, 0, G_OPTION_ARG_FILENAME, &keyring, "Public keys ($LAUTTA_HOME/release.pgp)", "FILE"},
        {"suite", 0, 0, G_OPTION_ARG_STRING, &suite, "The suite (that of a local depot, else stable)",
         "NAME"},
        {"allow-expired", 0, 0, G_OPTION_ARG_NONE, &allow_expired, "Look at a depot that has expired", NULL},
        {"unverified", 0, 0, G_OPTION_ARG_NONE, &unverified, "List without checking any signature", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* The operator's own key, if there is one. */
static char *default_keyring(void)
{
        g_autofree char *path = keys_public_path("release");
        return g_file_test(path, G_FILE_TEST_EXISTS) ? g_steal_pointer(&path) : NULL;
}

static json_t *entry_to_json(const PackageEntry *entry)
{
        g_autofree char *digest = digest_to_hex(entry->sha256);
        return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s}", "service", entry->service, "version",
                         entry->version, "architecture", entry->architecture, "image_bytes",
                         (json_int_t)entry->image_bytes, "summary", entry->summary, "package",
                         entry->filename, "package_sha256", digest);
}

static void print_json(const Depot *depot)
{
        const Release *release = depot_release(depot);
        const GPtrArray *entries = depot_entries(depot);
        json_t *services = json_array();
        for (guint i = 0; i < entries->len; i++)
                json_array_append_new(services, entry_to_json(entries->pdata[i]));
        g_autofree char *date = time_format(release->date);
        json_t *root = json_pack("{s:s, s:s, s:s, s:b, s:s?, s:o}", "origin", release->origin, "suite",
                                 release->suite, "date", date, "verified", depot_signer(depot) != NULL,
                                 "signer", depot_signer(depot), "services", services);
        json_dumpf(root, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(root);
}

enum { COLUMNS = 5 };

static int text_width(const char *text)
{
        return (int)g_utf8_strlen(text, -1);
}

/* Each column as wide as its widest cell; the last one ends where it ends. */
static void print_table(const char *const rows[][COLUMNS], size_t count)
{
        int widths[COLUMNS] = {0};
        for (size_t row = 0; row < count; row++)
                for (size_t column = 0; column < COLUMNS; column++)
                        widths[column] = MAX(widths[column], text_width(rows[row][column]));
        for (size_t row = 0; row < count; row++)
                for (size_t column = 0; column < COLUMNS; column++) {
                        bool last = column + 1 == COLUMNS;
                        int padding = last ? 0 : widths[column] - text_width(rows[row][column]);
                        printf("%s%*s%s", rows[row][column], padding, "", last ? "\n" : "  ");
                }
}

static void print_text(const Depot *depot)
{
        const GPtrArray *entries = depot_entries(depot);
        const char *(*rows)[COLUMNS] = g_malloc_n(entries->len + 1, sizeof *rows);
        g_autoptr(GPtrArray) sizes = g_ptr_array_new_with_free_func(g_free);
        memcpy(rows[0], (const char *[COLUMNS]){"SERVICE", "VERSION", "ARCHITECTURE", "IMAGE", "SUMMARY"},
               sizeof *rows);
        for (guint i = 0; i < entries->len; i++) {
                const PackageEntry *entry = entries->pdata[i];
                char *size = size_format(entry->image_bytes);
                g_ptr_array_add(sizes, size);
                memcpy(rows[i + 1],
                       (const char *[COLUMNS]){entry->service, entry->version, entry->architecture, size,
                                               entry->summary},
                       sizeof *rows);
        }
        print_table((const char *const(*)[COLUMNS])rows, entries->len + 1);
        g_free(rows);
}

static bool run(char **arguments, int count, GError **error)
{
        if (count != 0 || !location)
                return fail(error, LAUTTA_ERROR_USAGE, "name the depot with --depot; see 'lautta ls --help'");
        if (unverified && keyring)
                return fail(error, LAUTTA_ERROR_USAGE, "--keyring and --unverified exclude each other");
        if (!keyring && !unverified)
                keyring = default_keyring();
        DepotOptions wanted = {.suite = suite,
                               .keyring = keyring,
                               .allow_expired = allow_expired,
                               .allow_unverified = !keyring};
        g_autoptr(Remote) remote = remote_open(location, NULL, error);
        g_autoptr(Depot) depot = remote ? depot_open(remote, &wanted, error) : NULL;
        if (!depot)
                return false;
        if (!depot_signer(depot))
                fprintf(stderr,
                        "lautta ls: warning: nothing of this is verified, anybody may have written it: give "
                        "the depot's public key with --keyring\n");
        if (option_json)
                print_json(depot);
        else
                print_text(depot);
        return true;
}

const Command command_ls = {
        .name = "ls",
        .arguments = "--depot DEPOT|URL",
        .summary = "List the services and versions in a depot",
        .details = "The list is verified with --keyring, or with $LAUTTA_HOME/release.pgp where that exists. "
                   "Without\n"
                   "any key it is shown with a warning.\n\n"
                   "Example:\n  lautta ls --depot https://depot.example.org --keyring release.pgp",
        .options = options,
        .run = run,
};
