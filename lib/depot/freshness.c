/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "freshness.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "deb822.h"
#include "errors.h"
#include "files.h"
#include "units.h"

enum { RECORD_MAX_BYTES = 256 };

static const char magic[] = "lautta-freshness/1";

char *freshness_path(const char *state_directory, const char *fingerprint, const Release *release)
{
        bool has_id = *release->depot_id != '\0';
        g_autofree char *identity =
                g_strdup_printf("%s\n%s\n%s\n%s\n", fingerprint, has_id ? "id" : "origin",
                                has_id ? release->depot_id : release->origin, release->suite);
        uint8_t digest[DIGEST_BYTES];
        digest_sha256(identity, strlen(identity), digest);
        g_autofree char *hex = digest_to_hex(digest);
        g_autofree char *name = g_strdup_printf("depot-%.32s", hex);
        return g_build_filename(state_directory, name, NULL);
}

/* Returns "MAGIC DATE DIGEST\n"; the digest covers the text in front of it. */
static char *format_record(int64_t date)
{
        g_autofree char *head = g_strdup_printf("%s %" G_GINT64_FORMAT " ", magic, date);
        uint8_t digest[DIGEST_BYTES];
        digest_sha256(head, strlen(head), digest);
        g_autofree char *hex = digest_to_hex(digest);
        return g_strconcat(head, hex, "\n", NULL);
}

static bool parse_record(const char *text, int64_t *date)
{
        g_auto(GStrv) parts = g_strsplit(text, " ", 3);
        if (g_strv_length(parts) != 3)
                return false;
        int64_t parsed = g_ascii_strtoll(parts[1], NULL, 10);
        g_autofree char *expected = format_record(parsed);
        if (parsed < 0 || strcmp(expected, text) != 0)
                return false;
        *date = parsed;
        return true;
}

bool freshness_read(const char *path, int64_t *newest_seen, GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autoptr(GBytes) bytes = file_read(path, RECORD_MAX_BYTES, &why);
        if (error_is(why, LAUTTA_ERROR_NOT_FOUND)) {
                *newest_seen = 0;
                return true;
        }
        g_autofree char *text = bytes ? span_dup(span_of(bytes)) : NULL;
        if (text && parse_record(text, newest_seen))
                return true;
        return fail(
                error, bytes ? LAUTTA_ERROR_CORRUPT : (LauttaErrorCode)why->code,
                "the record of the newest depot seen is damaged%s%s: make sure that the depot is up to date, then delete '%s'",
                why ? ": " : "", why ? why->message : "", path);
}

int64_t freshness_newest(const char *directory)
{
        g_autoptr(GDir) records = g_dir_open(directory, 0, NULL);
        int64_t newest = 0;
        const char *name = NULL;
        while (records && (name = g_dir_read_name(records))) {
                g_autofree char *path = g_build_filename(directory, name, NULL);
                int64_t date = 0;
                if (freshness_read(path, &date, NULL))
                        newest = MAX(newest, date);
        }
        return newest;
}

bool freshness_check_clock(int64_t now, int64_t newest, GError **error)
{
        if (!newest || now <= newest + (int64_t)FRESHNESS_LEAP_DAYS * 24 * 3600)
                return true;
        g_autofree char *clock = time_format(now);
        g_autofree char *known = time_format(newest);
        return fail(
                error, LAUTTA_ERROR_CONFLICT,
                "this machine's clock says %s, more than %d days past %s, the newest date that it knows: hosts take a signed date for the time, so set the clock, or say --clock-is-right",
                clock, FRESHNESS_LEAP_DAYS, known);
}

bool freshness_record(const char *path, int64_t date, GError **error)
{
        g_autofree char *directory = g_path_get_dirname(path);
        if (!directory_make(directory, 0755, error))
                return false;
        g_autofree char *lock_path = g_build_filename(directory, "lock", NULL);
        g_autofd lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (lock < 0 || flock(lock, LOCK_EX) != 0)
                return fail_errno(error, "cannot lock '%s'", lock_path);
        int64_t newest_seen = 0;
        if (!freshness_read(path, &newest_seen, error))
                return false;
        if (date <= newest_seen)
                return true;
        g_autofree char *record = format_record(date);
        return file_write_atomically(path, record, strlen(record), 0644, error);
}
