/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pure parts of verifying; tests/functional/gpgv.sh tries the whole with real keys. */
#include "signature.h"
#include "signature_memory.h"

#include <string.h>

#include "errors.h"

#define FPR   "DA8DFFC937C3396F09352FC627CCD8409967F333"
#define OTHER "0000000000000000000000000000000000000001"
#define GOOD  "[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 27CCD8409967F333 Lautta release key\n"
#define VALID_BY(primary, class)                                                                             \
        "[GNUPG:] VALIDSIG " OTHER " 2026-11-22 1795345200 0 4 0 22 10 " class " " primary "\n"
#define VALID VALID_BY(FPR, "01")

static char *judge(const char *status, const char *pinned, GError **error)
{
        const char *const pins[] = {pinned, NULL};
        char *signer = NULL;
        bool good = signature_judge(status, pins, &signer, error);
        g_assert_true(good == (signer != NULL));
        return signer;
}

static void a_good_signature_of_a_pinned_primary_key_is_accepted(void)
{
        static const char *const good[] = {
                GOOD VALID,
                "[GNUPG:] NEWSIG\n[GNUPG:] ERRSIG AAAA 22 10 01 1795345200 9\n[GNUPG:] NO_PUBKEY AAAA\n" GOOD
                        VALID,
                GOOD VALID "[GNUPG:] NEWSIG\n[GNUPG:] ERRSIG AAAA 22 10 01 1795345200 9\n",
                "[GNUPG:] NEWSIG\n" GOOD "[GNUPG:] TRUST_UNDEFINED 0 shell\n" VALID
                "[GNUPG:] SOMETHING_NEW 1\n",
        };
        for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *signer = judge(good[i], FPR, &error);
                g_assert_no_error(error);
                g_assert_cmpstr(signer, ==, FPR);
        }
        g_autofree char *any = judge(GOOD VALID, NULL, NULL);
        g_assert_cmpstr(any, ==, FPR);
}

static void anything_else_is_refused(void)
{
        static const char *const bad[] = {
                "",
                GOOD,
                VALID,
                "gpgv: Good signature\n",
                GOOD VALID_BY(OTHER, "01"),
                GOOD VALID_BY(FPR, "00"),
                GOOD VALID_BY("short", "01"),
                GOOD VALID "[GNUPG:] BADSIG AAAA someone\n",
                "[GNUPG:] BADSIG AAAA someone\n" GOOD VALID,
                GOOD VALID "[GNUPG:] EXPSIG AAAA someone\n",
                GOOD VALID "[GNUPG:] EXPKEYSIG AAAA someone\n",
                GOOD VALID "[GNUPG:] REVKEYSIG AAAA someone\n",
                GOOD VALID "[GNUPG:] NODATA 1\n",
                GOOD VALID "[GNUPG:] UNEXPECTED 0\n",
                "[GNUPG:] EXPKEYSIG 27CCD8409967F333 someone\n" VALID,
                "[GNUPG:] NEWSIG\n[GNUPG:] ERRSIG AAAA 22 10 01 1795345200 9\n",
                /* good of one signature and valid of another make no accepted one */
                GOOD "[GNUPG:] NEWSIG\n" VALID,
                /* a user id that looks like a status line cannot begin one */
                "[GNUPG:] NEWSIG\n[GNUPG:] ERRSIG AAAA [GNUPG:] GOODSIG x " VALID,
                " " GOOD " " VALID,
        };
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_null(judge(bad[i], FPR, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_UNTRUSTED));
        }
}

#define BEGIN     "-----BEGIN PGP SIGNED MESSAGE-----\n"
#define HASH      "Hash: SHA512\n\n"
#define SIGNATURE "-----BEGIN PGP SIGNATURE-----\n\nwgEE\n=wxyz\n-----END PGP SIGNATURE-----\n"

static void exactly_one_block_of_signed_text_has_the_form(void)
{
        static const char *const good[] = {
                BEGIN HASH "A: 1\n" SIGNATURE,
                BEGIN "\nA: 1\n" SIGNATURE,
                BEGIN "Hash: SHA256\nHash: SHA512\n\nA: 1\n\n- -----BEGIN\n" SIGNATURE,
                BEGIN HASH SIGNATURE,
        };
        for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
                g_autoptr(GBytes) bytes = g_bytes_new(good[i], strlen(good[i]));
                g_autoptr(GError) error = NULL;
                signature_check_form(bytes, &error);
                g_assert_no_error(error);
        }
}

static void any_other_form_is_refused(void)
{
        static const char *const bad[] = {
                "",
                "A: 1\n",
                "\n" BEGIN HASH "A: 1\n" SIGNATURE,
                "A: 0\n" BEGIN HASH "A: 1\n" SIGNATURE,
                BEGIN HASH "A: 1\n" SIGNATURE "B: 2\n",
                BEGIN HASH "A: 1\n" SIGNATURE "\n",
                BEGIN HASH "A: 1\n" SIGNATURE BEGIN HASH "A: 1\n" SIGNATURE,
                BEGIN HASH "A: 1\n" SIGNATURE SIGNATURE,
                BEGIN HASH BEGIN HASH "A: 1\n" SIGNATURE,
                BEGIN HASH "A: 1\n-----BEGIN PGP MESSAGE-----\n" SIGNATURE,
                BEGIN HASH "A: 1\n-B: 2\n" SIGNATURE,
                BEGIN "NotDashEscaped: yes\n" HASH "A: 1\n" SIGNATURE,
                BEGIN "Comment: hidden\n\nA: 1\n" SIGNATURE,
                BEGIN HASH "A: 1\n",
                BEGIN HASH "A: 1\n-----BEGIN PGP SIGNATURE-----\n\nabcd\n",
                BEGIN,
                "-----BEGIN PGP SIGNED MESSAGE----- \n" HASH "A: 1\n" SIGNATURE,
                "-----BEGIN PGP SIGNED MESSAGE-----\r\n" HASH "A: 1\n" SIGNATURE,
                BEGIN HASH "A: 1\r\n" SIGNATURE,
                "-----BEGIN PGP MESSAGE-----\n\nabcd\n-----END PGP MESSAGE-----\n",
                "\xa3\x01\x02\x03",
        };
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GBytes) bytes = g_bytes_new(bad[i], strlen(bad[i]));
                g_autoptr(GError) error = NULL;
                g_assert_false(signature_check_form(bytes, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_UNTRUSTED));
        }
}

static void a_line_that_gpgv_would_cut_is_refused(void)
{
        g_autofree char *line = g_strnfill(20000, 'x');
        g_autofree char *text = g_strconcat(BEGIN HASH "A: ", line, "\n" SIGNATURE, NULL);
        g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
        g_assert_false(signature_check_form(bytes, NULL));
}

static bool is_recalled(const char *message, const char *keyring, const char *expected)
{
        g_autoptr(GBytes) m = g_bytes_new_static(message, strlen(message));
        g_autoptr(GBytes) k = g_bytes_new_static(keyring, strlen(keyring));
        g_autofree char *status = NULL;
        g_autoptr(GBytes) text = NULL;
        uint8_t key[DIGEST_BYTES];
        signature_memory_key(m, k, key);
        if (!signature_recall(key, &status, &text))
                return false;
        g_assert_cmpstr(status, ==, expected);
        g_assert_true(g_bytes_equal(text, m));
        return true;
}

static void remember(const char *message, const char *keyring, const char *status)
{
        g_autoptr(GBytes) m = g_bytes_new_static(message, strlen(message));
        g_autoptr(GBytes) k = g_bytes_new_static(keyring, strlen(keyring));
        uint8_t key[DIGEST_BYTES];
        signature_memory_key(m, k, key);
        signature_remember(key, status, m);
}

static void an_answer_is_remembered_for_its_message_and_keyring_alone(void)
{
        remember("message", "keys", "answer");
        g_assert_true(is_recalled("message", "keys", "answer"));
        g_assert_false(is_recalled("message", "other keys", NULL));
        g_assert_false(is_recalled("other message", "keys", NULL));
        g_assert_false(is_recalled("messagekeys", "", NULL));
}

static void what_was_used_longest_ago_is_forgotten(void)
{
        static const char *const messages[] = {"a", "b", "c", "d", "e"};
        for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
                remember(messages[i], "k", messages[i]);
                g_usleep(10);
                g_assert_true(is_recalled("a", "k", "a"));
                g_usleep(10);
        }
        g_assert_false(is_recalled("b", "k", NULL));
        for (size_t i = 2; i < G_N_ELEMENTS(messages); i++)
                g_assert_true(is_recalled(messages[i], "k", messages[i]));
}

static void assert_bytes(GBytes *bytes, const char *expected)
{
        g_autoptr(GBytes) wanted = g_bytes_new(expected, strlen(expected));
        g_assert_true(g_bytes_equal(bytes, wanted));
}

static void text_taken_unverified_is_what_was_written(void)
{
        static const char message[] = BEGIN HASH "A: 1\n- -----dashes\n\nB: 2\n" SIGNATURE;
        g_autoptr(GBytes) bytes = g_bytes_new_static(message, strlen(message));
        g_autoptr(GBytes) text = signature_open_unverified(bytes, NULL);
        static const char expected[] = "A: 1\n-----dashes\n\nB: 2\n";
        assert_bytes(text, expected);
}

static GBytes *dearmor(const char *text, GError **error)
{
        g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
        return signature_dearmor(bytes, error);
}

static void keyrings_are_taken_binary_or_armored(void)
{
        g_autoptr(GBytes) one = dearmor("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME\n=abcd\n"
                                        "-----END PGP PUBLIC KEY BLOCK-----\n",
                                        NULL);
        assert_bytes(one, "\x98\x33\x04");
        g_autoptr(GBytes) two = dearmor("# two keys\n"
                                        "-----BEGIN PGP PUBLIC KEY BLOCK-----\r\nVersion: x\r\n\r\nmDME\r\n"
                                        "-----END PGP PUBLIC KEY BLOCK-----\r\n"
                                        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME\n"
                                        "-----END PGP PUBLIC KEY BLOCK-----\n",
                                        NULL);
        assert_bytes(two, "\x98\x33\x04\x98\x33\x04");
        g_autoptr(GBytes) binary = dearmor("\x98\x33\x04", NULL);
        g_assert_cmpuint(g_bytes_get_size(binary), ==, 3);
        static const char *const bad[] = {
                "", "key", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME\n",
                "-----BEGIN PGP PUBLIC KEY BLOCK-----\n-----END PGP PUBLIC KEY BLOCK-----\n"};
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_null(dearmor(bad[i], &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_UNTRUSTED));
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/signature/a_good_signature_of_a_pinned_primary_key_is_accepted",
                        a_good_signature_of_a_pinned_primary_key_is_accepted);
        g_test_add_func("/signature/anything_else_is_refused", anything_else_is_refused);
        g_test_add_func("/signature/exactly_one_block_of_signed_text_has_the_form",
                        exactly_one_block_of_signed_text_has_the_form);
        g_test_add_func("/signature/any_other_form_is_refused", any_other_form_is_refused);
        g_test_add_func("/signature/a_line_that_gpgv_would_cut_is_refused",
                        a_line_that_gpgv_would_cut_is_refused);
        g_test_add_func("/signature/an_answer_is_remembered_for_its_message_and_keyring_alone",
                        an_answer_is_remembered_for_its_message_and_keyring_alone);
        g_test_add_func("/signature/what_was_used_longest_ago_is_forgotten",
                        what_was_used_longest_ago_is_forgotten);
        g_test_add_func("/signature/text_taken_unverified_is_what_was_written",
                        text_taken_unverified_is_what_was_written);
        g_test_add_func("/signature/keyrings_are_taken_binary_or_armored",
                        keyrings_are_taken_binary_or_armored);
        return g_test_run();
}
