/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pure part: what gpg lists. tests/functional/init.sh makes and takes real keys. */
#include "gpg.h"

#define PRIMARY "DA8DFFC937C3396F09352FC627CCD8409967F333"
#define SUBKEY  "2D94CA9B328F2E43A3A130F5A286893F813FC996"
#define OTHER   "0000000000000000000000000000000000000001"

static const char listing[] = "sec:u:255:22:27CCD8409967F333:1795345200:::u:::scSC:::+::ed25519:::0:\n"
                              "fpr:::::::::" PRIMARY ":\n"
                              "grp:::::::::AAAA:\n"
                              "uid:u::::1795345200::BBBB::Lautta release key::::::::::0:\n"
                              "ssb:u:255:22:A286893F813FC996:1795345200::::::s:::+::ed25519::\n"
                              "fpr:::::::::" SUBKEY ":\n"
                              "sec:e:255:22:0000000000000001:1795345200:::u:::scSC:::+::ed25519:::0:\n"
                              "fpr:::::::::" OTHER ":\n"
                              "uid:e::::1795345200::CCCC::Lautta list key <lists@example.org>::::::::::0:\n";

static void a_secret_key_is_found_by_fingerprint_subkey_and_user_id(void)
{
        static const struct {
                const char *wanted;
                const char *found;
                char validity;
        } cases[] = {
                {PRIMARY, PRIMARY, 'u'},
                {SUBKEY, PRIMARY, 'u'},
                {OTHER, OTHER, 'e'},
                {"Lautta release key", PRIMARY, 'u'},
                {"Lautta list key", OTHER, 'e'},
                {NULL, PRIMARY, 'u'},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                char validity = '-';
                g_autofree char *found = gpg_parse_secret(listing, cases[i].wanted, &validity);
                g_assert_cmpstr(found, ==, cases[i].found);
                g_assert_cmpint(validity, ==, cases[i].validity);
        }
}

static void what_is_not_listed_is_not_found(void)
{
        char validity = '-';
        g_assert_null(gpg_parse_secret(listing, "Lautta root key", &validity));
        g_assert_null(gpg_parse_secret(listing, "Lautta", &validity));
        g_assert_null(gpg_parse_secret(listing, "Lautta release", &validity));
        g_assert_null(gpg_parse_secret(listing, "AAAA", &validity));
        g_assert_null(gpg_parse_secret("", PRIMARY, &validity));
        g_assert_null(gpg_parse_secret("", NULL, &validity));
        g_assert_null(gpg_parse_secret("uid:u::::::::Lautta root key:\nfpr\nsec\n::::\n", "Lautta root key",
                                       &validity));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/keys/a_secret_key_is_found_by_fingerprint_subkey_and_user_id",
                        a_secret_key_is_found_by_fingerprint_subkey_and_user_id);
        g_test_add_func("/keys/what_is_not_listed_is_not_found", what_is_not_listed_is_not_found);
        return g_test_run();
}
