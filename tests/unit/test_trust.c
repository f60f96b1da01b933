/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each case of tests/cases/trust.case: the text of a trust.list, in which the line GOOD stands for the fields
 * that each has; and the error, or "same" for what is written as it was read. tests/functional/trust.sh tries
 * it with keys. */
#include "trust.h"

#include "cases.h"
#include "errors.h"

#define FPR(digit)                                                                                           \
        digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit      \
                digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit    \
                        digit digit digit digit digit digit digit digit digit

static const char good[] = "Format: lautta-trust/1\nSerial: 1000\nDate: 2026-11-22T11:00:00Z\n"
                           "Valid-Until: 2036-11-22T11:00:00Z\nRoot-Key: " FPR("A") "\nRelease-Keys:\n " FPR(
                                   "B") "\n " FPR("C") "\nList-Keys:\n " FPR("D") "\nKeys:\n AAECAw==\n";

static void run_case(const void *data)
{
        const Case *one = data;
        g_autoptr(GBytes) text = case_expand(one, good);
        g_autoptr(GError) error = NULL;
        g_autoptr(Trust) trust = trust_parse(text, "x", &error);
        if (strcmp(one->kind, "error") == 0) {
                g_assert_null(trust);
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
                g_assert_cmpstr(error->message, ==, one->expected);
                return;
        }
        g_assert_no_error(error);
        g_autoptr(GBytes) written = trust_format(trust);
        g_assert_true(g_bytes_equal(text, written));
}

static Trust *read_good(void)
{
        g_autoptr(GBytes) text = g_bytes_new_static(good, strlen(good));
        Trust *trust = trust_parse(text, "x", NULL);
        g_assert_nonnull(trust);
        return trust;
}

static void a_large_keyring_is_read_back(void)
{
        g_autoptr(Trust) trust = read_good();
        g_autofree guchar *bytes = g_malloc(TRUST_KEYRING_MAX_BYTES + 1);
        memset(bytes, 0xa5, TRUST_KEYRING_MAX_BYTES + 1);
        for (size_t more = 0; more < 2; more++) {
                g_bytes_unref(trust->keyring);
                trust->keyring = g_bytes_new(bytes, TRUST_KEYRING_MAX_BYTES + more);
                g_autoptr(GBytes) text = trust_format(trust);
                g_autoptr(Trust) again = trust_parse(text, "x", NULL);
                g_assert_true((again != NULL) == (more == 0));
                g_assert_true(!again || trust_is_same(again, trust));
        }
}

static void other_keys_are_another_trust(void)
{
        g_autoptr(Trust) a = read_good();
        g_autoptr(Trust) b = read_good();
        b->serial++;
        b->valid_until++;
        g_assert_true(trust_is_same(a, b));
        b->root[0] = 'E';
        g_assert_false(trust_is_same(a, b));
        b->root[0] = 'A';
        b->list_keys[0][0] = 'E';
        g_assert_false(trust_is_same(a, b));
}

static TrustVerdict judge(int64_t seen_serial, char seen, int64_t now, int64_t newest, const char *message)
{
        g_autoptr(Trust) trust = read_good();
        const uint8_t sha256[DIGEST_BYTES] = {'a'};
        const uint8_t seen_sha256[DIGEST_BYTES] = {(uint8_t)seen};
        g_autoptr(GError) error = NULL;
        TrustVerdict verdict = trust_judge(trust, sha256, seen_serial, seen_sha256, now, newest, &error);
        g_assert_true((verdict == TRUST_OBEY) == (error == NULL));
        g_assert_true(!error || (error_is(error, LAUTTA_ERROR_UNTRUSTED) && strstr(error->message, message)));
        return verdict;
}

static void serials_and_dates_decide_as_with_lists(void)
{
        enum { YEAR = 366 * 24 * 3600 };
        const int64_t date = 1795345200, last = 2110964400; /* 2036-11-22T11:00:00Z */
        static const int64_t clocks[] = {0, 1795345200, 1795345200 + INT64_C(100) * YEAR};
        g_assert_cmpint(judge(0, 0, date, 0, ""), ==, TRUST_OBEY);
        g_assert_cmpint(judge(999, 'b', date, 0, ""), ==, TRUST_OBEY);
        g_assert_cmpint(judge(1000, 'a', 0, 0, ""), ==, TRUST_OBEY);
        for (size_t i = 0; i < G_N_ELEMENTS(clocks); i++) {
                g_assert_cmpint(judge(1001, 'b', clocks[i], 0, "serial 1000, which is lower than 1001"), ==,
                                TRUST_SERIAL_LOWER);
                g_assert_cmpint(judge(1000, 'b', clocks[i], 0, "says something else"), ==,
                                TRUST_SERIAL_REUSED);
        }
        g_assert_cmpint(judge(0, 0, last, 0, ""), ==, TRUST_OBEY);
        g_assert_cmpint(judge(0, 0, last + 1, 0, "expired at 2036-11-22T11:00:00Z"), ==, TRUST_EXPIRED);
        g_assert_cmpint(judge(0, 0, date + INT64_C(11) * YEAR, 0, "expired at 2036-11-22T11:00:00Z"), ==,
                        TRUST_EXPIRED);
        g_assert_cmpint(judge(0, 0, 0, date + INT64_C(11) * YEAR, "nothing is installed"), ==, TRUST_EXPIRED);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        cases_add("trust", 15, run_case);
        g_test_add_func("/trust/a_large_keyring_is_read_back", a_large_keyring_is_read_back);
        g_test_add_func("/trust/other_keys_are_another_trust", other_keys_are_another_trust);
        g_test_add_func("/trust/serials_and_dates_decide_as_with_lists",
                        serials_and_dates_decide_as_with_lists);
        return g_test_run();
}
