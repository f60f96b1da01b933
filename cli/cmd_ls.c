/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "errors.h"
#include "output.h"
#include "source.h"
#include "text.h"
#include "units.h"

static gboolean unverified;

static const GOptionEntry options[] = {
        {"unverified", 0, 0, G_OPTION_ARG_NONE, &unverified, "List without checking any signature", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static json_t *entry_to_json(const PackageEntry *entry)
{
        g_autofree char *digest = digest_to_hex(entry->sha256);
        json_t *object = json_object();
        output_add_text(&object, "service", entry->service);
        output_add_text(&object, "version", entry->version);
        output_add_text(&object, "architecture", entry->architecture);
        output_add_count(&object, "image_bytes", entry->image_bytes);
        output_add_text(&object, "summary", entry->summary);
        output_add_text(&object, "package", entry->filename);
        output_add_text(&object, "package_sha256", digest);
        return object;
}

static bool print_json(const Depot *depot, GError **error)
{
        const Release *release = depot_release(depot);
        const GPtrArray *entries = depot_entries(depot);
        json_t *services = json_array();
        for (guint i = 0; i < entries->len; i++)
                json_array_append_new(services, entry_to_json(entries->pdata[i]));
        g_autofree char *date = time_format(release->date);
        g_autofree char *until = time_format(release->valid_until);
        json_t *object = json_object();
        output_add_text(&object, "origin", release->origin);
        output_add_text(&object, "suite", release->suite);
        output_add_text(&object, "date", date);
        output_add_text(&object, "valid_until", until);
        output_add_flag(&object, "verified", depot_signer(depot) != NULL);
        output_add_text(&object, "signer", depot_signer(depot));
        output_add(&object, "services", services);
        return output_json(object, error);
}

enum { COLUMNS = 5 };

static int text_width(const char *text)
{
        return (int)g_utf8_strlen(text, -1);
}

/* Each column is as wide as its widest cell; the last one is not padded. */
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
                        output_print("%s%*s%s", rows[row][column], padding, "", last ? "\n" : "  ");
                }
}

static void print_text(const Depot *depot)
{
        const GPtrArray *entries = depot_entries(depot);
        const char *(*rows)[COLUMNS] = g_malloc_n(entries->len + 1, sizeof *rows);
        g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
        memcpy(rows[0], (const char *[COLUMNS]){"SERVICE", "VERSION", "ARCHITECTURE", "IMAGE", "SUMMARY"},
               sizeof *rows);
        for (guint i = 0; i < entries->len; i++) {
                const PackageEntry *entry = entries->pdata[i];
                char *size = size_format(entry->image_bytes);
                char *summary = text_for_line(entry->summary);
                g_ptr_array_add(texts, size);
                g_ptr_array_add(texts, summary);
                memcpy(rows[i + 1],
                       (const char *[COLUMNS]){entry->service, entry->version, entry->architecture, size,
                                               summary},
                       sizeof *rows);
        }
        print_table((const char *const(*)[COLUMNS])rows, entries->len + 1);
        g_free(rows);
}

static bool run(char **arguments, int count, GError **error)
{
        if (count != 0)
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is one too many; see 'lautta ls --help'",
                            arguments[0]);
        if (unverified && source_options.keyring)
                return fail(error, LAUTTA_ERROR_USAGE, "--keyring and --unverified exclude each other");
        DepotOptions wanted = {0};
        g_autoptr(Remote) remote = source_open(&wanted, error);
        if (!remote)
                return false;
        if (unverified)
                wanted.keyring = NULL;
        wanted.allow_unverified = !wanted.keyring;
        g_autoptr(Depot) depot = depot_open(remote, &wanted, error);
        if (!depot)
                return false;
        if (!depot_signer(depot))
                fputs("lautta ls: warning: nothing of this is verified, anybody may have written it; give the depot's public key with --keyring\n",
                      stderr);
        if (option_json)
                return print_json(depot, error);
        print_text(depot);
        return true;
}

const Command command_ls = {
        .name = "ls",
        .arguments = "--depot DEPOT|URL",
        .summary = "List the services and versions in a depot",
        .details =
                "The list is verified with --keyring, or with $LAUTTA_HOME/release.pgp if that exists. Without a key it\n"
                "is shown with a warning.\n\n"
                "Example:\n  lautta ls --depot https://depot.example.org --keyring release.pgp",
        .options = options,
        .shared_options = source_entries,
        .run = run,
};
