/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each case of tests/cases/judge-list.case: what the host knows, where it is not what the list below asks
 * for; the verdict; and what is said.
 *
 *     host, key          this host's own
 *     now, newest, depot times; depot: - for none looked at
 *     seen               a serial, and whether its text was the same or another */
#include "list_judge.h"

#include "cases.h"
#include "errors.h"
#include "units.h"

#define KEY "SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static const char list_text[] = "Format: lautta-list/1\nHost: library-1\nHost-Key: " KEY "\nSerial: 1000\n"
                                "Date: 2026-11-22T11:00:00Z\nValid-Until: 2026-12-22T11:00:00Z\n"
                                "Depot-Date-Min: 2026-11-22T10:58:00Z\nMust-Have: openssh-server\n";

static const char *const verdicts[] = {
        [LIST_OBEY] = "obey",
        [LIST_EXPIRED] = "expired",
        [LIST_DEPOT_TOO_OLD] = "depot-too-old",
        [LIST_OF_OTHER_HOST] = "other-host",
        [LIST_OF_OTHER_KEY] = "other-key",
        [LIST_SERIAL_LOWER] = "serial-lower",
        [LIST_SERIAL_REUSED] = "serial-reused",
};

static int64_t read_time(const char *text)
{
        int64_t time = 0;
        g_autoptr(GError) error = NULL;
        time_parse(text, &time, &error);
        g_assert_no_error(error);
        return time;
}

static const char *value_of(GStrv lines, const char *key, const char *fallback)
{
        for (char **line = lines; *line; line++)
                if (g_str_has_prefix(*line, key))
                        return *line + strlen(key);
        return fallback;
}

static ListCircumstances read_circumstances(GStrv lines, const uint8_t sha256[DIGEST_BYTES])
{
        const char *newest = value_of(lines, "newest: ", NULL);
        const char *depot = value_of(lines, "depot: ", "2026-11-22T10:58:00Z");
        const char *seen = value_of(lines, "seen: ", "999 other");
        ListCircumstances here = {
                .host = value_of(lines, "host: ", "library-1"),
                .host_key = value_of(lines, "key: ", KEY),
                .now = read_time(value_of(lines, "now: ", "2026-11-22T12:00:00Z")),
                .newest_date = newest ? read_time(newest) : 0,
                .depot_date = strcmp(depot, "-") ? read_time(depot) : 0,
                .seen_serial = g_ascii_strtoll(seen, NULL, 10),
        };
        if (g_str_has_suffix(seen, " same"))
                memcpy(here.seen_sha256, sha256, DIGEST_BYTES);
        return here;
}

static void check(const Case *one, const List *list, const uint8_t sha256[DIGEST_BYTES],
                  const ListCircumstances *here)
{
        g_autoptr(GError) error = NULL;
        ListVerdict verdict = list_judge(list, sha256, here, &error);
        g_assert_cmpstr(verdicts[verdict], ==, one->kind);
        g_assert_cmpstr(error ? error->message : "", ==, one->expected);
        g_assert_true(verdict == LIST_OBEY ? error == NULL : error_is(error, LAUTTA_ERROR_UNTRUSTED));
}

static void run_case(const void *data)
{
        const Case *one = data;
        g_autoptr(GBytes) text = g_bytes_new_static(list_text, strlen(list_text));
        g_autoptr(List) list = list_parse(text, "x", NULL);
        g_assert_nonnull(list);
        uint8_t sha256[DIGEST_BYTES];
        digest_sha256(list_text, strlen(list_text), sha256);
        g_auto(GStrv) lines = g_strsplit(one->input, "\n", -1);
        ListCircumstances here = read_circumstances(lines, sha256);
        check(one, list, sha256, &here);
        if (strcmp(one->kind, "obey") == 0 || strcmp(one->kind, "expired") == 0)
                return;
        /* A refusal does not depend on the clock, be it years off to either side. */
        here.now = 0;
        check(one, list, sha256, &here);
        here.now = read_time("2126-01-01T00:00:00Z");
        if (strcmp(one->kind, "depot-too-old") != 0)
                check(one, list, sha256, &here);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        cases_add("judge-list", 12, run_case);
        return g_test_run();
}
