/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "errors.h"
#include "keys.h"
#include "layout.h"
#include "output.h"
#include "signature.h"
#include "source.h"
#include "trust_open.h"
#include "trust_push.h"
#include "units.h"

static char *valid;

static const GOptionEntry options[] = {
        {"valid", 0, 0, G_OPTION_ARG_STRING, &valid, "How long a new trust.list is valid (default: 3650d)",
         "DURATION"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* `note` follows each key but the first. */
static void print_keys(const char *role, const char *const *keys, const char *note)
{
        for (size_t i = 0; keys[i]; i++)
                output_print("%-8s  %s%s\n", role, keys[i], i == 0 ? "" : note);
}

static bool keys_json(const Keys *keys, GError **error)
{
        json_t *object = json_object();
        output_add(&object, "root", output_texts((const char *const *)keys->roots));
        output_add(&object, "release", output_texts((const char *const *)keys->releases));
        output_add(&object, "list", output_texts((const char *const *)keys->lists));
        return output_json(object, error);
}

/* Print the keys of $LAUTTA_HOME; the key that signs comes first. */
static bool show_keys(const Keys *keys, GError **error)
{
        if (option_json)
                return keys_json(keys, error);
        if (option_quiet)
                return true;
        print_keys("root", (const char *const *)keys->roots, "  former, signs trust.list as well");
        print_keys("release", (const char *const *)keys->releases, "  former, valid still");
        print_keys("list", (const char *const *)keys->lists, "  former, valid still");
        return true;
}

static bool trust_json(const Trust *trust, const char *until, GError **error)
{
        const char *const roots[] = {trust->root, NULL};
        json_t *object = json_object();
        output_add(&object, "serial", json_integer(trust->serial));
        output_add_text(&object, "valid_until", until);
        output_add(&object, "root", output_texts(roots));
        output_add(&object, "release", output_texts((const char *const *)trust->release_keys));
        output_add(&object, "list", output_texts((const char *const *)trust->list_keys));
        return output_json(object, error);
}

static bool show_trust(const Trust *trust, GError **error)
{
        const char *const roots[] = {trust->root, NULL};
        g_autofree char *until = time_format(trust->valid_until);
        if (option_json)
                return trust_json(trust, until, error);
        if (option_quiet)
                return true;
        output_print("serial %" G_GINT64_FORMAT ", valid until %s\n", trust->serial, until);
        print_keys("root", roots, "");
        print_keys("release", (const char *const *)trust->release_keys, "");
        print_keys("list", (const char *const *)trust->list_keys, "");
        return true;
}

/* Read trust.list as a host does, by the root key that it knows. Returns: owned; NULL with `error` set. */
static Trust *read_published(Remote *remote, GError **error)
{
        g_autofree char *ours = keys_public_path("root");
        const char *keyring = source_options.keyring ? source_options.keyring : ours;
        uint8_t sha256[DIGEST_BYTES], unseen[DIGEST_BYTES] = {0};
        g_autoptr(GBytes) message = remote_read(remote, LAYOUT_TRUST, SIGNATURE_MESSAGE_MAX_BYTES, error);
        g_autoptr(Trust) trust = message ? trust_open(message, keyring, NULL, sha256, error) : NULL;
        g_autoptr(GError) why = NULL;
        if (!trust)
                return NULL;
        int64_t now = g_get_real_time() / G_USEC_PER_SEC;
        if (trust_judge(trust, sha256, 0, unseen, now, 0, &why) == TRUST_OBEY || source_options.allow_expired)
                return g_steal_pointer(&trust);
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
}

static bool show_published(GError **error)
{
        DepotOptions depot_options;
        g_autoptr(GError) why = NULL;
        g_autoptr(Remote) remote = source_open(&depot_options, error);
        if (!remote)
                return false;
        g_autoptr(Trust) trust = read_published(remote, &why);
        if (trust)
                return show_trust(trust, error);
        if (error_is(why, LAUTTA_ERROR_NOT_FOUND))
                return fail(error, LAUTTA_ERROR_NOT_FOUND,
                            "depot '%s' has no " LAYOUT_TRUST "; 'lautta trust push' makes it: %s",
                            source_options.depot, why->message);
        g_propagate_prefixed_error(error, g_steal_pointer(&why),
                                   "depot '%s', '" LAYOUT_TRUST "': ", source_options.depot);
        return false;
}

static bool show(char **arguments, int count, GError **error)
{
        if (source_options.depot)
                return show_published(error);
        g_autoptr(Keys) keys = keys_load(error);
        return keys && show_keys(keys, error);
}

static bool rotate(char **arguments, int count, GError **error)
{
        g_autoptr(Keys) keys = keys_rotate(arguments[0], count > 1 ? arguments[1] : NULL, error);
        return keys && show_keys(keys, error);
}

static bool withdraw(char **arguments, int count, GError **error)
{
        g_autoptr(Keys) keys = keys_withdraw(arguments[0], arguments[1], error);
        return keys && show_keys(keys, error);
}

static bool parse_valid(int64_t *valid_s, GError **error)
{
        uint64_t seconds = TRUST_VALID_DEFAULT_S;
        if (valid && !duration_parse(valid, &seconds, error))
                return false;
        *valid_s = (int64_t)MIN(seconds, INT32_MAX);
        return (seconds >= 60 && seconds <= TRUST_VALID_DEFAULT_S) ||
               fail(error, LAUTTA_ERROR_USAGE, "--valid takes 60s to 3650d");
}

/* Place the keys before the files that they sign: a host that reads in between already knows the new key. */
static bool push(char **arguments, int count, GError **error)
{
        int64_t valid_s = 0;
        bool is_new = false;
        g_autoptr(Trust) trust = NULL;
        g_autoptr(Repository) repository =
                parse_valid(&valid_s, error) ? source_open_to_write(source_options.depot, error) : NULL;
        g_autoptr(GBytes) message = repository ? trust_push_sign(valid_s, &is_new, &trust, error) : NULL;
        if (!message || !trust_push_place(repository, message, trust->serial, error))
                return false;
        bool signs = repository_has_former_key(repository);
        if (signs && !repository_commit(repository, error))
                return false;
        if (!option_json && !option_quiet) {
                output_print("trust.list is %s%s\n", is_new ? "signed" : "signed already, and in the depot",
                             signs ? "; the depot is signed by the new release key" : "");
                if (is_new)
                        output_print(
                                "If the list key has changed: 'lautta fleet push' signs the lists by the new one.\n");
        }
        return show_trust(trust, error);
}

static const struct {
        const char *name;
        int least, most; /* arguments after the name */
        bool (*run)(char **arguments, int count, GError **error);
} actions[] = {
        {"show", 0, 0, show},
        {"rotate", 1, 2, rotate},
        {"withdraw", 2, 2, withdraw},
        {"push", 0, 0, push},
};

static bool run(char **arguments, int count, GError **error)
{
        for (size_t i = 0; count > 0 && i < G_N_ELEMENTS(actions); i++)
                if (strcmp(actions[i].name, arguments[0]) == 0 && count - 1 >= actions[i].least &&
                    count - 1 <= actions[i].most)
                        return actions[i].run(arguments + 1, count - 1, error);
        return fail(
                error, LAUTTA_ERROR_USAGE,
                "say show, rotate ROLE [KEY], withdraw ROLE KEY or push, where ROLE is root, release or list; see 'lautta trust --help'");
}

const Command command_trust = {
        .name = "trust",
        .arguments = "show|rotate ROLE [KEY]|withdraw ROLE KEY|push --depot DEPOT",
        .summary = "Show the valid keys, and replace some",
        .details =
                "ROLE is root, release or list, KEY a fingerprint. rotate makes a key (or takes KEY) that signs from now on;\n"
                "the previous key stays valid until it is withdrawn. push signs trust.list with the root key and puts it\n"
                "into the depot, where hosts read it.\n\n"
                "Example:\n"
                "  lautta trust rotate release\n"
                "  lautta trust push --depot /srv/depot",
        .options = options,
        .shared_options = source_entries,
        .run = run,
};
