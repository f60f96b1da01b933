/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "release.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "deb822.h"
#include "errors.h"
#include "units.h"

static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

char *release_date_format(int64_t unix_seconds)
{
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(unix_seconds);
        if (!time)
                return g_strdup("(no date)");
        return g_strdup_printf("%s, %02d %s %04d %02d:%02d:%02d UTC",
                               days[g_date_time_get_day_of_week(time) % 7],
                               g_date_time_get_day_of_month(time), months[g_date_time_get_month(time) - 1],
                               g_date_time_get_year(time), g_date_time_get_hour(time),
                               g_date_time_get_minute(time), g_date_time_get_second(time));
}

static int month_of(const char *name)
{
        for (size_t i = 0; i < G_N_ELEMENTS(months); i++)
                if (strcmp(months[i], name) == 0)
                        return (int)i + 1;
        return 0;
}

bool release_date_parse(const char *text, int64_t *unix_seconds, GError **error)
{
        char day_name[4] = "", month_name[4] = "", zone[6] = "";
        int day = 0, year = 0, hour = 0, minute = 0, second = 0, end = 0;
        int count = sscanf(text, "%3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d %5s%n", day_name, &day,
                           month_name, &year, &hour, &minute, &second, zone, &end);
        bool is_utc = strcmp(zone, "UTC") == 0 || strcmp(zone, "GMT") == 0 || strcmp(zone, "+0000") == 0;
        int month = month_of(month_name);
        if (count == 8 && is_utc && month && year >= 1970) {
                g_autoptr(GDateTime) time = g_date_time_new_utc(year, month, day, hour, minute, second);
                g_autofree char *again = time ? release_date_format(g_date_time_to_unix(time)) : NULL;
                /* A date must format back to the same text: this refuses blanks, signs and wrong weekdays. */
                size_t length = again ? strlen(again) - strlen("UTC") : 0;
                if (again && strncmp(again, text, length) == 0 && strcmp(text + length, zone) == 0) {
                        *unix_seconds = g_date_time_to_unix(time);
                        return true;
                }
        }
        return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not a date like 'Sun, 22 Nov 2026 11:00:00 UTC'",
                    text);
}

static void release_file_free(void *data)
{
        ReleaseFile *file = data;
        g_free(file->path);
        g_free(file);
}

void release_free(Release *release)
{
        if (!release)
                return;
        g_free(release->origin);
        g_free(release->label);
        g_free(release->suite);
        g_free(release->codename);
        g_free(release->depot_id);
        g_strfreev(release->architectures);
        g_strfreev(release->components);
        g_clear_pointer(&release->files, g_ptr_array_unref);
        g_free(release);
}

static bool is_safe_path(const char *path)
{
        if (!*path || *path == '/' || strlen(path) > 255)
                return false;
        g_auto(GStrv) parts = g_strsplit(path, "/", -1);
        for (char **part = parts; *part; part++)
                if (!**part || strcmp(*part, ".") == 0 || strcmp(*part, "..") == 0)
                        return false;
        for (const char *p = path; *p; p++)
                if (*p <= ' ' || *p > '~' || *p == '\\')
                        return false;
        return true;
}

/* One line of SHA256: digest, size, path. */
static ReleaseFile *parse_file(Span line, GError **error)
{
        Span digest = {0}, size = {0}, path = {0}, more = {0};
        bool complete = span_next_word(&line, &digest) && span_next_word(&line, &size) &&
                        span_next_word(&line, &path);
        g_autofree char *digest_text = span_dup(digest);
        g_autofree char *size_text = span_dup(size);
        g_autofree ReleaseFile *file = g_new0(ReleaseFile, 1);
        if (!complete || span_next_word(&line, &more) || !digest_from_hex(digest_text, file->sha256)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "field 'SHA256': a line is not 'digest size path'");
                return NULL;
        }
        if (!number_parse(size_text, 0, INT64_MAX, &file->size_bytes, NULL)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "field 'SHA256': '%s' is not a size", size_text);
                return NULL;
        }
        g_autofree char *path_text = span_dup(path);
        if (!is_safe_path(path_text)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "field 'SHA256': the path '%s' is not allowed", path_text);
                return NULL;
        }
        file->path = g_steal_pointer(&path_text);
        return g_steal_pointer(&file);
}

static bool parse_files(Release *release, const Deb822Paragraph *paragraph, GError **error)
{
        const Deb822Field *field = deb822_find(paragraph, "SHA256");
        if (!field)
                return fail(error, LAUTTA_ERROR_CORRUPT, "field 'SHA256' is missing");
        Span rest = field->value;
        Span line = {0};
        while (span_next_line(&rest, &line)) {
                if (line.size == 0)
                        continue;
                ReleaseFile *file = parse_file(line, error);
                if (!file)
                        return false;
                g_ptr_array_add(release->files, file);
        }
        return true;
}

const ReleaseFile *release_find(const Release *release, const char *path)
{
        for (guint i = 0; i < release->files->len; i++) {
                const ReleaseFile *file = release->files->pdata[i];
                if (strcmp(file->path, path) == 0)
                        return file;
        }
        return NULL;
}

/* The words of an optional field; never NULL. */
static GStrv parse_words(const Deb822Paragraph *paragraph, const char *name)
{
        g_autoptr(GPtrArray) words = g_ptr_array_new();
        const Deb822Field *field = deb822_find(paragraph, name);
        Span rest = field ? field->value : (Span){"", 0};
        Span word = {0};
        while (span_next_word(&rest, &word))
                g_ptr_array_add(words, span_dup(word));
        g_ptr_array_add(words, NULL);
        return (GStrv)(void *)g_ptr_array_free(g_steal_pointer(&words), false);
}

/* An optional line, "" if it is absent. */
static bool parse_text(const Deb822Paragraph *paragraph, const char *name, char **value, GError **error)
{
        if (!deb822_find(paragraph, name)) {
                *value = g_strdup("");
                return true;
        }
        *value = deb822_line(paragraph, name, error);
        return *value != NULL;
}

static bool parse_date(const Deb822Paragraph *paragraph, const char *name, int64_t *date, GError **error)
{
        g_autofree char *text = deb822_line(paragraph, name, error);
        if (!text)
                return false;
        if (!release_date_parse(text, date, error)) {
                g_prefix_error(error, "field '%s': ", name);
                return false;
        }
        return true;
}

typedef struct {
        Release *release;
        bool seen;
} Visit;

static bool visit_paragraph(const Deb822Paragraph *paragraph, void *user, GError **error)
{
        Visit *visit = user;
        Release *release = visit->release;
        if (visit->seen)
                return fail(error, LAUTTA_ERROR_CORRUPT, "a second paragraph, where one is allowed");
        visit->seen = true;
        g_autofree char *by_hash = NULL;
        if (!parse_text(paragraph, "Origin", &release->origin, error) ||
            !parse_text(paragraph, "Label", &release->label, error) ||
            !parse_text(paragraph, "Suite", &release->suite, error) ||
            !parse_text(paragraph, "Codename", &release->codename, error) ||
            !parse_text(paragraph, "Lautta-Depot", &release->depot_id, error) ||
            !parse_text(paragraph, "Acquire-By-Hash", &by_hash, error) ||
            !parse_date(paragraph, "Date", &release->date, error) ||
            !parse_date(paragraph, "Valid-Until", &release->valid_until, error) ||
            !parse_files(release, paragraph, error))
                return false;
        release->by_hash = strcmp(by_hash, "yes") == 0;
        release->architectures = parse_words(paragraph, "Architectures");
        release->components = parse_words(paragraph, "Components");
        return true;
}

Release *release_parse(GBytes *text, const char *name, GError **error)
{
        g_autoptr(Release) release = g_new0(Release, 1);
        release->files = g_ptr_array_new_with_free_func(release_file_free);
        Visit visit = {release, false};
        if (!deb822_parse(text, name, visit_paragraph, &visit, error))
                return NULL;
        if (!visit.seen) {
                fail(error, LAUTTA_ERROR_CORRUPT, "%s: it is empty", name);
                return NULL;
        }
        return g_steal_pointer(&release);
}

bool release_check_dates(const Release *release, int64_t now, int64_t newest_seen, bool allow_expired,
                         GError **error)
{
        g_autofree char *date = time_format(release->date);
        if (release->date < newest_seen) {
                g_autofree char *seen = time_format(newest_seen);
                return fail(
                        error, LAUTTA_ERROR_UNTRUSTED,
                        "it was signed at %s, but a newer one of %s has been seen: this copy of the depot is out of date or was set back",
                        date, seen);
        }
        int64_t time = MAX(now, MAX(newest_seen, release->date));
        if (time > release->valid_until && !allow_expired) {
                g_autofree char *until = time_format(release->valid_until);
                return fail(
                        error, LAUTTA_ERROR_UNTRUSTED,
                        "it expired at %s; get a newer copy, or sign the depot again with 'lautta refresh' (--allow-expired looks at old depots)",
                        until);
        }
        return true;
}
