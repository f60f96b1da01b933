/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packages.h"

#include <string.h>

#include "description.h"
#include "errors.h"

#define SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* Returns: owned paragraph as apt-ftparchive writes it. */
static char *paragraph(const char *service, const char *version, const char *architecture,
                       const char *filename)
{
        return g_strdup_printf(
                "Package: %s\nVersion: %s\nArchitecture: %s\nFilename: %s\nSize: 1000\nSHA256: " SHA
                "\nDescription: Front page\n of the library\nLautta-Format: 1\n"
                "Lautta-Image-Size: 4294967296\n\n",
                service, version, architecture, filename);
}

static GPtrArray *parse(const char *text, GError **error)
{
        g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
        return packages_parse(bytes, "Packages", "amd64", error);
}

static void services_are_read_and_sorted_newest_first(void)
{
        g_autofree char *old = paragraph("web", "1.9", "amd64", "pool/a.deb");
        g_autofree char *new = paragraph("web", "1.10", "amd64", "pool/b.deb");
        g_autofree char *other = paragraph("access", "1:2~rc1+b-3", "amd64", "pool/c.deb");
        g_autofree char *text = g_strconcat(old, "Package: plain\nVersion: nonsense\n\n", new, other, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) entries = parse(text, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(entries->len, ==, 3);
        const PackageEntry *first = entries->pdata[0];
        g_assert_cmpstr(first->service, ==, "access");
        g_assert_cmpstr(first->summary, ==, "Front page");
        g_assert_cmpuint(first->image_bytes, ==, 4294967296);
        g_assert_cmpuint(first->size_bytes, ==, 1000);
        g_assert_cmpstr(packages_find(entries, "web", NULL, NULL)->version, ==, "1.10");
        g_assert_cmpstr(packages_find(entries, "web", "1.9", "amd64")->filename, ==, "pool/a.deb");
        g_assert_null(packages_find(entries, "web", "1.9", "arm64"));
        g_assert_null(packages_find(entries, "web", "1.8", NULL));
        g_assert_null(packages_find(entries, "we", NULL, NULL));
}

static void bad_names_versions_and_paths_are_refused(void)
{
        static const struct {
                const char *service, *version, *architecture, *filename;
        } bad[] = {
                {"../etc", "1", "amd64", "pool/a.deb"}, {"Web", "1", "amd64", "pool/a.deb"},
                {"w", "1", "amd64", "pool/a.deb"},      {"web/x", "1", "amd64", "pool/a.deb"},
                {"web", "1/2", "amd64", "pool/a.deb"},  {"web", "x", "amd64", "pool/a.deb"},
                {"web", "..", "amd64", "pool/a.deb"},   {"web", "1", "arm64", "pool/a.deb"},
                {"web", "1", "all", "pool/a.deb"},      {"web", "1", "amd64", "/pool/a.deb"},
                {"web", "1", "amd64", "pool/../a.deb"}, {"web", "1", "amd64", "pool/.a.deb"},
                {"web", "1", "amd64", "pool//a.deb"},   {"web", "1", "amd64", "packs/a.deb"},
                {"web", "1", "amd64", "pool/a b.deb"},  {"web", "1", "amd64", "pool/a%2e.deb"},
                {"web", "1", "amd64", "pool/a.pack"},   {"web", "1", "amd64", "pool/a\\b.deb"},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autofree char *text =
                        paragraph(bad[i].service, bad[i].version, bad[i].architecture, bad[i].filename);
                g_autoptr(GError) error = NULL;
                g_assert_null(parse(text, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
                g_assert_true(g_str_has_prefix(error->message, "Packages:1: "));
        }
}

/* Parse a file whose only service has this field. Returns: owned array, or NULL. */
static GPtrArray *parse_with_needs(const char *field, GError **error)
{
        g_autofree char *good = paragraph("web", "1", "amd64", "pool/a.deb");
        g_autoptr(GString) text = g_string_new(good);
        g_string_insert(text, (gssize)text->len - 1, field);
        return parse(text->str, error);
}

static void what_a_service_needs_is_read(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) entries = parse_with_needs("Lautta-Needs: db, lib.cache-1\n", &error);
        g_assert_no_error(error);
        const PackageEntry *entry = entries->pdata[0];
        g_assert_cmpuint(g_strv_length(entry->needs), ==, 2);
        g_assert_cmpstr(entry->needs[0], ==, "db");
        g_assert_cmpstr(entry->needs[1], ==, "lib.cache-1");
        g_autoptr(GPtrArray) without = parse_with_needs("", &error);
        g_assert_no_error(error);
        g_assert_null(((const PackageEntry *)without->pdata[0])->needs);
}

static void bad_needs_are_refused(void)
{
        g_autofree char *many = g_strnfill(4 * NEEDS_MAX, 'x');
        for (int i = 2; i < 4 * NEEDS_MAX; i += 4)
                memcpy(many + i, ", ", 2);
        g_autofree char *most = g_strdup_printf("Lautta-Needs: %.*s\n", 4 * NEEDS_MAX - 2, many);
        g_autoptr(GPtrArray) entries = parse_with_needs(most, NULL);
        g_assert_nonnull(entries);
        g_autofree char *too_many = g_strdup_printf("Lautta-Needs: %sxx\n", many);
        const char *const bad[] = {too_many,
                                   "Lautta-Needs:\n",
                                   "Lautta-Needs: Db\n",
                                   "Lautta-Needs: db,cache\n",
                                   "Lautta-Needs: db (= 1)\n",
                                   "Lautta-Needs: db, \n",
                                   "Lautta-Needs: db,\n cache\n",
                                   "Lautta-Needs: ../db\n"};
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_null(parse_with_needs(bad[i], &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
        }
}

static void bad_numbers_and_digests_are_refused(void)
{
        static const char *const changes[][2] = {
                {"Size: 1000", "Size: -1"},
                {"Size: 1000", "Size: 1e3"},
                {"Size: 1000", "Size: 99999999999999999999"},
                {"Size: 1000\n", ""},
                {"SHA256: e3", "SHA256: E3"},
                {"SHA256: e3", "SHA256: "},
                {"Lautta-Format: 1", "Lautta-Format: one"},
                {"Lautta-Image-Size: 4", "Lautta-Image-Size: 0"},
                {"Lautta-Image-Size: 4294967296\n", ""},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
                g_autofree char *good = paragraph("web", "1", "amd64", "pool/a.deb");
                g_autoptr(GString) text = g_string_new(good);
                g_assert_cmpuint(g_string_replace(text, changes[i][0], changes[i][1], 1), ==, 1);
                g_autoptr(GError) error = NULL;
                g_assert_null(parse(text->str, &error));
                g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
        }
}

static void a_version_listed_twice_is_refused(void)
{
        g_autofree char *one = paragraph("web", "1", "amd64", "pool/a.deb");
        g_autofree char *two = paragraph("web", "1", "amd64", "pool/b.deb");
        g_autofree char *text = g_strconcat(one, two, NULL);
        g_autoptr(GError) error = NULL;
        g_assert_null(parse(text, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_CORRUPT));
}

static void a_package_comes_and_goes(void)
{
        g_autofree char *one = paragraph("web", "1", "amd64", "pool/a.deb");
        g_autofree char *two = paragraph("web", "2", "amd64", "pool/b.deb");
        g_autoptr(GBytes) text = g_bytes_new(one, strlen(one));
        g_autoptr(GBytes) addition = g_bytes_new(two, strlen(two));
        g_autoptr(GBytes) both = packages_text_with(text, addition);
        bool listed = false;
        g_assert_true(packages_text_lists(both, "pool/b.deb", &listed, NULL));
        g_assert_true(listed);
        g_autoptr(GBytes) without = packages_text_without(both, "pool/a.deb", NULL);
        g_assert_true(g_bytes_equal(without, addition));
        g_assert_true(packages_text_lists(without, "pool/a.deb", &listed, NULL));
        g_assert_false(listed);
        g_autoptr(GBytes) nothing = packages_text_without(without, "pool/b.deb", NULL);
        g_assert_cmpuint(g_bytes_get_size(nothing), ==, 0);
}

static void a_large_file_is_read_in_a_moment(void)
{
        g_autoptr(GString) text = g_string_new(NULL);
        for (int i = 0; i < 20000; i++) {
                g_autofree char *version = g_strdup_printf("1.%d", i);
                g_autofree char *filename = g_strdup_printf("pool/main/w/web/web_1.%d_amd64.deb", i);
                g_autofree char *one = paragraph("web", version, "amd64", filename);
                g_string_append(text, one);
        }
        int64_t start = g_get_monotonic_time();
        g_autoptr(GPtrArray) entries = parse(text->str, NULL);
        g_assert_cmpuint(entries->len, ==, 20000);
        g_test_message("%zu bytes in %d ms", text->len, (int)((g_get_monotonic_time() - start) / 1000));
        g_assert_cmpint(g_get_monotonic_time() - start, <, 5 * G_USEC_PER_SEC);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/packages/services_are_read_and_sorted_newest_first",
                        services_are_read_and_sorted_newest_first);
        g_test_add_func("/packages/bad_names_versions_and_paths_are_refused",
                        bad_names_versions_and_paths_are_refused);
        g_test_add_func("/packages/bad_numbers_and_digests_are_refused", bad_numbers_and_digests_are_refused);
        g_test_add_func("/packages/what_a_service_needs_is_read", what_a_service_needs_is_read);
        g_test_add_func("/packages/bad_needs_are_refused", bad_needs_are_refused);
        g_test_add_func("/packages/a_version_listed_twice_is_refused", a_version_listed_twice_is_refused);
        g_test_add_func("/packages/a_package_comes_and_goes", a_package_comes_and_goes);
        g_test_add_func("/packages/a_large_file_is_read_in_a_moment", a_large_file_is_read_in_a_moment);
        return g_test_run();
}
