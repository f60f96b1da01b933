/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdio.h>

#include "command.h"
#include "errors.h"
#include "home.h"
#include "keys.h"
#include "output.h"
#include "repository.h"
#include "units.h"

static char *origin, *suite, *valid, *root_key, *release_key, *list_key;

static const GOptionEntry options[] = {
        {"origin", 0, 0, G_OPTION_ARG_STRING, &origin,
         "The publisher's name, as apt shows it (default: \"Lautta depot NAME\")", "TEXT"},
        {"suite", 0, 0, G_OPTION_ARG_STRING, &suite, "The depot's suite (default: stable)", "NAME"},
        {"valid", 0, 0, G_OPTION_ARG_STRING, &valid, "How long a signature is valid (default: 365d)",
         "DURATION"},
        {"root-key", 0, 0, G_OPTION_ARG_STRING, &root_key, "Use this key as root key", "FINGERPRINT"},
        {"release-key", 0, 0, G_OPTION_ARG_STRING, &release_key, "Use this key as release key",
         "FINGERPRINT"},
        {"list-key", 0, 0, G_OPTION_ARG_STRING, &list_key, "Use this key as list key", "FINGERPRINT"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static bool print_json(const char *depot, const Keys *keys, GError **error)
{
        g_autofree char *home = home_path(NULL);
        json_t *object = json_object();
        output_add_text(&object, "depot", depot);
        output_add_text(&object, "suite", suite ? suite : "stable");
        output_add_text(&object, "home", home);
        output_add_text(&object, "root_key", keys->root);
        output_add_text(&object, "release_key", keys->release);
        output_add_text(&object, "list_key", keys->list);
        return output_json(object, error);
}

static void print_text(const char *depot, const Keys *keys)
{
        g_autofree char *home = home_path(NULL);
        output_print("Depot '%s' is ready, suite %s.\n\nKeys, with their public parts in '%s':\n", depot,
                     suite ? suite : "stable", home);
        output_print("  root     %s  root.pgp\n  release  %s  release.pgp\n  list     %s  lists.pgp\n",
                     keys->root, keys->release, keys->list);
        output_print("\nKeep a copy of '%s' in a safe place. Readers of the depot need release.pgp.\n", home);
}

static bool run(char **arguments, int count, GError **error)
{
        if (count != 1)
                return fail(error, LAUTTA_ERROR_USAGE,
                            "name one directory for the depot; see 'lautta init --help'");
        g_autofree char *path = g_canonicalize_filename(arguments[0], NULL);
        g_autofree char *name = g_path_get_basename(path);
        g_autofree char *fallback = g_strdup_printf("Lautta depot %s", name);
        RepositoryOptions wanted = {.origin = origin ? origin : fallback, .suite = suite};
        if (valid && !duration_parse(valid, &wanted.valid_seconds, error))
                return false;
        Keys given = {.root = root_key, .release = release_key, .list = list_key};
        g_autoptr(Keys) keys = keys_init(&given, error);
        if (!keys || !repository_create(arguments[0], &wanted, error))
                return false;
        if (option_json)
                return print_json(path, keys, error);
        if (!option_quiet)
                print_text(path, keys);
        return true;
}

const Command command_init = {
        .name = "init",
        .arguments = "DEPOT",
        .summary = "Make keys and an empty depot",
        .details =
                "Makes a root, a release and a list key in $LAUTTA_HOME (~/.lautta) unless they exist, and an empty,\n"
                "signed depot in the directory DEPOT. The next call continues an interrupted one.\n\n"
                "Example:\n  lautta init /srv/depot --origin 'Libraries of Espoo'",
        .options = options,
        .run = run,
};
