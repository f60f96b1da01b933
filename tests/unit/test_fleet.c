/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each case of tests/cases/fleet*.case: files of a fleet, a depot's services, and the published lists; then the
 * step for each host, or the error. Each part of the input begins with a line with an @:
 *
 *     @ hosts/library-1.yaml            a file; "key" with KEY1 to KEY9 stands for a key
 *     @ single library-1                the files are pkgsync's, for this host
 *     @ depot                           lines of: SERVICE VERSION ARCHITECTURE [FORMAT] [needs=NAME,NAME...]
 *     @ now TIME                        the clock (2026-11-22T12:00:00Z)
 *     @ signed TIME                     the depot's date (2026-11-22T11:00:00Z)
 *     @ before HOST SERIAL DATE UNTIL   a published list: its other fields, Services-SHA256 with "web 1.0"
 *     @ old-key HOST                    that list was signed by another key
 *     @ newest HOST SERIAL              the newest serial that was ever signed
 *     @ foreign HOST                    the published file is no list of this operator */
#include "fleet_compile.h"

#include "cases.h"
#include "errors.h"
#include "fleet_diff.h"
#include "packages.h"
#include "settings.h"
#include "units.h"

static const char *const keys[] = {
        "SHA256:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "SHA256:AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "SHA256:AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "SHA256:BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
};

typedef struct {
        GPtrArray *files;
        GPtrArray *entries;
        GHashTable *before;
        FleetCircumstances circumstances;
        char *single;
} Scene;

static int64_t read_time(const char *text)
{
        int64_t time = 0;
        if (!time_parse(text, &time, NULL))
                g_error("'%s' is no time", text);
        return time;
}

/* A service package's digest in these tests is that of its name, version and architecture. */
static void digest_of(const char *service, const char *version, const char *architecture,
                      uint8_t digest[DIGEST_BYTES])
{
        g_autofree char *text = g_strdup_printf("%s %s %s", service, version, architecture);
        digest_sha256(text, strlen(text), digest);
}

static void add_entry(Scene *scene, const char *line)
{
        g_auto(GStrv) words = g_strsplit(line, " ", -1);
        if (g_strv_length(words) < 3)
                return;
        PackageEntry *entry = g_new0(PackageEntry, 1);
        entry->service = g_strdup(words[0]);
        entry->version = g_strdup(words[1]);
        entry->architecture = g_strdup(words[2]);
        entry->format = 1;
        for (char **word = words + 3; *word; word++)
                if (g_str_has_prefix(*word, "needs="))
                        entry->needs = g_strsplit(*word + strlen("needs="), ",", -1);
                else
                        entry->format = (unsigned)g_ascii_strtoull(*word, NULL, 10);
        digest_of(words[0], words[1], words[2], entry->sha256);
        g_ptr_array_add(scene->entries, entry);
}

static char *replace(const char *text, const char *what, const char *with)
{
        g_auto(GStrv) parts = g_strsplit(text, what, -1);
        return g_strjoinv(with, parts);
}

static char *with_keys(const char *text)
{
        char *result = g_strdup(text);
        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
                g_autofree char *name = g_strdup_printf("KEY%zu", i + 1);
                char *next = replace(result, name, keys[i]);
                g_free(result);
                result = next;
        }
        return result;
}

/* " web 1.0" in a list's Services-SHA256 gets its digest. */
static char *with_digests(const char *text)
{
        GString *out = g_string_new(NULL);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) words = g_strsplit(**line == ' ' ? *line + 1 : "", " ", -1);
                if (g_strv_length(words) == 2 && strlen(words[0]) < DIGEST_HEX_CHARS) {
                        uint8_t digest[DIGEST_BYTES];
                        digest_of(words[0], words[1], "amd64", digest);
                        g_autofree char *hex = digest_to_hex(digest);
                        g_string_append_printf(out, " %s%s\n", hex, *line);
                } else if (**line) {
                        g_string_append_printf(out, "%s\n", *line);
                }
        }
        return g_string_free(out, false);
}

static void add_before(Scene *scene, GStrv words, const char *body)
{
        g_autofree char *key = with_keys(strstr(body, "Host-Key") ? "" : "Host-Key: KEY1\n");
        g_autofree char *fields = with_digests(body);
        g_autofree char *raw =
                g_strdup_printf("Format: lautta-list/1\nHost: %s\n%sSerial: %s\nDate: %s\nValid-Until: %s\n"
                                "Depot-Date-Min: 2026-11-01T00:00:00Z\n%s",
                                words[1], key, words[2], words[3], words[4], fields);
        g_autofree char *text = with_keys(raw);
        g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
        g_autoptr(GError) error = NULL;
        FleetBefore *before = g_new0(FleetBefore, 1);
        before->list = list_parse(bytes, "before", &error);
        g_assert_no_error(error);
        before->by_current_key = true;
        g_hash_table_insert(scene->before, g_strdup(words[1]), before);
}

static void add_part(Scene *scene, const char *part)
{
        const char *end = strchr(part, '\n');
        g_autofree char *head = g_strndup(part, (size_t)(end - part));
        const char *body = end + 1;
        g_auto(GStrv) words = g_strsplit(head, " ", -1);
        if (strcmp(words[0], "depot") == 0) {
                g_auto(GStrv) lines = g_strsplit(body, "\n", -1);
                for (char **line = lines; *line; line++)
                        add_entry(scene, *line);
        } else if (strcmp(words[0], "now") == 0) {
                scene->circumstances.now = read_time(words[1]);
        } else if (strcmp(words[0], "signed") == 0) {
                scene->circumstances.depot_date = read_time(words[1]);
        } else if (strcmp(words[0], "before") == 0) {
                add_before(scene, words, body);
        } else if (strcmp(words[0], "old-key") == 0) {
                ((FleetBefore *)g_hash_table_lookup(scene->before, words[1]))->by_current_key = false;
        } else if (strcmp(words[0], "foreign") == 0) {
                g_hash_table_insert(scene->before, g_strdup(words[1]), g_new0(FleetBefore, 1));
        } else if (strcmp(words[0], "newest") == 0) {
                if (!g_hash_table_contains(scene->before, words[1]))
                        g_hash_table_insert(scene->before, g_strdup(words[1]), g_new0(FleetBefore, 1));
                FleetBefore *before = g_hash_table_lookup(scene->before, words[1]);
                before->newest_serial = g_ascii_strtoll(words[2], NULL, 10);
        } else if (strcmp(words[0], "single") == 0) {
                scene->single = g_strdup(words[1]);
        } else {
                g_autofree char *text = with_keys(body);
                g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
                g_ptr_array_add(scene->files, fleet_file_new(head, bytes));
        }
}

static void free_before(void *before)
{
        fleet_before_free(before);
}

static void read_scene(Scene *scene, const char *input)
{
        *scene = (Scene){.files = fleet_files_new(),
                         .entries = packages_new(),
                         .before = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_before)};
        scene->circumstances = (FleetCircumstances){.entries = scene->entries,
                                                    .before = scene->before,
                                                    .now = read_time("2026-11-22T12:00:00Z"),
                                                    .depot_date = read_time("2026-11-22T11:00:00Z")};
        g_autofree char *whole = g_strconcat("\n", input, NULL);
        g_auto(GStrv) parts = g_strsplit(whole, "\n@ ", -1);
        for (char **part = parts + 1; *part; part++) {
                g_autofree char *ended = g_strconcat(*part, "\n", NULL);
                add_part(scene, ended);
        }
        g_ptr_array_sort(scene->entries, package_entry_compare);
}

static void clear_scene(Scene *scene)
{
        g_ptr_array_unref(scene->files);
        g_ptr_array_unref(scene->entries);
        g_hash_table_unref(scene->before);
        g_free(scene->single);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scene, clear_scene)

/* Check the digests of the list, and return its fields after the dates. */
static void dump_list(GString *out, const List *list, const char *architecture)
{
        for (guint i = 0; i < list->services->len; i++) {
                const ListService *service = list->services->pdata[i];
                uint8_t digest[DIGEST_BYTES];
                digest_of(service->service, service->version, architecture, digest);
                g_assert_true(memcmp(digest, service->sha256, DIGEST_BYTES) == 0);
        }
        g_autoptr(GBytes) bytes = list_format(list);
        g_autofree char *text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        bool in_services = false;
        for (char **line = lines + 7; *line; line++) {
                in_services = **line == ' ' ? in_services : strstr(*line, "-SHA256:") != NULL;
                if (**line && !in_services)
                        g_string_append_printf(out, "  %s\n", *line);
        }
}

/* Returns: the content of the settings that the list names. */
static void dump_settings(GString *out, const FleetStep *step)
{
        for (guint i = 0; i < step->settings->len; i++) {
                const FleetSettingsText *text = step->settings->pdata[i];
                g_autoptr(GError) error = NULL;
                g_autoptr(Settings) settings = settings_parse(text->text, "x", &error);
                g_assert_no_error(error);
                const ListService *service = step->list ? list_service(step->list, settings->service) : NULL;
                if (service)
                        g_assert_true(memcmp(service->settings_sha256, text->sha256, DIGEST_BYTES) == 0);
                for (guint j = 0; j < settings->files->len; j++) {
                        const SettingsFile *file = settings->files->pdata[j];
                        g_autofree char *content = g_strndup(g_bytes_get_data(file->content, NULL),
                                                             g_bytes_get_size(file->content));
                        g_string_append_printf(out, "  %s/%s/%s: %s\n", settings->host, settings->service,
                                               file->name, g_strchomp(content));
                }
        }
}

static void dump_step(GString *out, const FleetStep *step, const char *architecture)
{
        g_string_append_printf(out, "%s %s", step->host, fleet_action_name(step->action));
        if (step->list) {
                g_autofree char *until = time_format(step->list->valid_until);
                g_autofree char *min = time_format(step->list->depot_date_min);
                g_string_append_printf(out, " %" G_GINT64_FORMAT " until %s\n", step->list->serial, until);
                dump_list(out, step->list, architecture);
                g_assert_true(list_check(step->list, NULL));
        } else {
                g_string_append_c(out, '\n');
        }
        dump_settings(out, step);
}

static void dump_diff(GString *out, const FleetStep *step)
{
        g_string_append_printf(out, "%s %s\n", step->host, fleet_action_name(step->action));
        g_auto(GStrv) lines = step->list ? fleet_diff(step->before, step->list) : NULL;
        for (char **line = lines; line && *line; line++)
                g_string_append_printf(out, "  %s\n", *line);
}

static void run_case(const void *data)
{
        const Case *one = data;
        g_auto(Scene) scene = {0};
        read_scene(&scene, one->input);
        FleetSingle single = {scene.single, NULL};
        g_autoptr(GError) error = NULL;
        g_autoptr(Fleet) fleet = fleet_parse(scene.files, scene.single ? &single : NULL, &error);
        g_autoptr(GPtrArray) steps = fleet ? fleet_compile(fleet, &scene.circumstances, &error) : NULL;
        if (strcmp(one->kind, "error") == 0 || strcmp(one->kind, "not-found") == 0) {
                g_assert_null(steps);
                g_assert_cmpstr(error->message, ==, one->expected);
                g_assert_true(
                        error_is(error, *one->kind == 'e' ? LAUTTA_ERROR_USAGE : LAUTTA_ERROR_NOT_FOUND));
                return;
        }
        g_assert_no_error(error);
        g_autoptr(GString) out = g_string_new(NULL);
        for (guint i = 0; i < steps->len; i++)
                if (strcmp(one->kind, "diff") == 0)
                        dump_diff(out, steps->pdata[i]);
                else
                        dump_step(out, steps->pdata[i], strcmp(one->kind, "arm64") ? "amd64" : "arm64");
        g_assert_cmpstr(g_strchomp(out->str), ==, one->expected);
}

static void many_hosts_and_groups_are_compiled_soon(void)
{
        enum { HOSTS = 2000, GROUPS = 500, SERVICES = 200 };
        g_auto(Scene) scene = {0};
        read_scene(&scene, "");
        GString *wishes = g_string_new("may-not-have: [telnetd]\nmust-have:\n");
        for (int i = 0; i < SERVICES; i++) {
                g_autofree char *entry = g_strdup_printf("service-%d 1.0 amd64", i);
                add_entry(&scene, entry);
                g_string_append_printf(wishes, "  - service-%d\n", i);
        }
        g_ptr_array_sort(scene.entries, package_entry_compare);
        for (int i = 0; i < GROUPS; i++) {
                g_autofree char *path = g_strdup_printf("groups/g%d.yaml", i);
                /* Each layer of ten extends all of the next: ways without number from the first to the last.
                 */
                g_autoptr(GString) text = g_string_new(i >= 290 ? wishes->str : "extends:\n");
                for (int j = 0; i < 290 && j < 10; j++)
                        g_string_append_printf(text, "  - g%d\n", (i / 10 + 1) * 10 + j);
                g_autoptr(GBytes) bytes = g_bytes_new(text->str, text->len);
                g_ptr_array_add(scene.files, fleet_file_new(path, bytes));
        }
        for (int i = 0; i < HOSTS; i++) {
                g_autofree char *path = g_strdup_printf("hosts/h%d.yaml", i);
                guchar key[DIGEST_BYTES] = {(guchar)i, (guchar)(i >> 8)};
                g_autofree char *base64 = g_base64_encode(key, sizeof key);
                g_autofree char *text = g_strdup_printf("key: SHA256:%.43s\ngroups: [g%d]\n", base64, i % 10);
                g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
                g_ptr_array_add(scene.files, fleet_file_new(path, bytes));
        }
        g_string_free(wishes, true);
        g_autoptr(GError) error = NULL;
        g_test_timer_start();
        g_autoptr(Fleet) fleet = fleet_parse(scene.files, NULL, &error);
        g_assert_no_error(error);
        g_autoptr(GPtrArray) steps = fleet_compile(fleet, &scene.circumstances, &error);
        g_assert_no_error(error);
        g_test_message("%d hosts in %.2f s", HOSTS, g_test_timer_elapsed());
        g_assert_cmpuint(steps->len, ==, HOSTS);
        g_assert_cmpuint(((FleetStep *)steps->pdata[7])->list->services->len, ==, SERVICES);
        g_assert_cmpfloat(g_test_timer_last(), <, 60);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        cases_add("fleet", 30, run_case);
        g_test_add_func("/fleet/many_hosts_and_groups_are_compiled_soon",
                        many_hosts_and_groups_are_compiled_soon);
        return g_test_run();
}
