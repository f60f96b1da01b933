/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each case of tests/cases/description*.case: a description, and the error or the values it must give.
 *
 *     === one sentence, the test's name
 *     (YAML)
 *     --- error            or: --- values
 *     (one line, with "x" for the file's name; or lines of the dump, those that matter) */
#include "description.h"

#include <string.h>

#include "errors.h"

static const char *const kinds[] = {"vm", "container", "host"};
static const char *const boots[] = {"kernel", "host-kernel", "firmware"};
static const char *const roots[] = {"keep", "reset"};
static const char *const firmwares[] = {"bios", "uefi"};
static const char *const updates[] = {"beside", "exclusive"};
static const char *const protocols[] = {"tcp", "udp"};
static const char *const healths[] = {"none", "tcp", "http"};

static void dump_list(GString *out, const char *name, GStrv list)
{
        for (char **item = list; *item; item++)
                g_string_append_printf(out, "%s: %s\n", name, *item);
}

static void dump_build(GString *out, const ServiceBuild *build)
{
        g_string_append_printf(out, "suite: %s\nvariant: %s\nsize: %" G_GUINT64_FORMAT "\n", build->suite,
                               build->variant, build->size_bytes);
        dump_list(out, "package", build->packages);
        dump_list(out, "source", build->sources);
        dump_list(out, "customize", build->customize);
        for (unsigned i = 0; i < build->copy->len; i++) {
                const ServiceCopy *copy = build->copy->pdata[i];
                g_string_append_printf(out, "copy: %s %s\n", copy->from, copy->to);
        }
}

static void dump_machine(GString *out, const ServiceDescription *d)
{
        g_string_append_printf(out, "kind: %s\nboot: %s\nroot: %s\n", kinds[d->kind], boots[d->boot],
                               roots[d->root]);
        g_string_append_printf(out, "firmware: %s\ncmdline: %s\nupdate: %s\nlan: %s\n",
                               firmwares[d->firmware], d->cmdline ? d->cmdline : "-", updates[d->update],
                               d->lan ? "yes" : "no");
        g_string_append_printf(out, "memory: %" G_GUINT64_FORMAT "\ncpus: %u\nswap: %" G_GUINT64_FORMAT "\n",
                               d->memory_bytes, d->cpus, d->swap_bytes);
        g_string_append_printf(out, "disk: %" G_GUINT64_FORMAT "\nprocesses: %u\n", d->disk_bytes,
                               d->processes);
        for (unsigned i = 0; i < d->volumes->len; i++) {
                const ServiceVolume *volume = d->volumes->pdata[i];
                g_string_append_printf(out, "volume: %s %" G_GUINT64_FORMAT " %s\n", volume->name,
                                       volume->size_bytes, volume->at);
        }
        g_string_append_printf(out, "address: %s\n", d->address ? d->address : "-");
        for (unsigned i = 0; i < d->forwards->len; i++) {
                const ServiceForward *forward = d->forwards->pdata[i];
                g_string_append_printf(out, "forward: %u %u %s\n", forward->host_port, forward->guest_port,
                                       protocols[forward->protocol]);
        }
        for (unsigned i = 0; i < d->allows->len; i++) {
                const ServiceAllow *allow = d->allows->pdata[i];
                g_string_append_printf(out, "allow: %s %u %s\n", allow->from, allow->port,
                                       protocols[allow->protocol]);
        }
        dump_list(out, "needs", d->needs);
        dump_list(out, "after", d->after);
        g_string_append_printf(out, "priority: %u\n", d->priority);
        g_string_append_printf(out, "health: %s %s %u\n", healths[d->health],
                               d->health_target ? d->health_target : "-", d->health_within_s);
}

static char *dump(const ServiceDescription *d)
{
        GString *out = g_string_new(NULL);
        g_string_append_printf(out, "service: %s\nversion: %s\narchitecture: %s\nsummary: %s\n", d->service,
                               d->version, d->architecture, d->summary);
        g_string_append_printf(out, "file: %s\nkernel-file: %s\ninitrd-file: %s\n",
                               d->image_file ? d->image_file : "-", d->kernel_file ? d->kernel_file : "-",
                               d->initrd_file ? d->initrd_file : "-");
        if (d->build)
                dump_build(out, d->build);
        dump_machine(out, d);
        return g_string_free(out, false);
}

typedef struct {
        char *yaml;
        char *expected;
        bool fails;
} Case;

static void case_free(void *data)
{
        Case *one = data;
        g_free(one->yaml);
        g_free(one->expected);
        g_free(one);
}

/* Every expected line must be a line of the dump. */
static void assert_lines_are_in(const char *expected, const char *dumped)
{
        g_auto(GStrv) lines = g_strsplit(expected, "\n", -1);
        g_auto(GStrv) all = g_strsplit(dumped, "\n", -1);
        for (char **line = lines; *line; line++)
                if (**line && !g_strv_contains((const char *const *)all, *line))
                        g_error("no line '%s' in:\n%s", *line, dumped);
}

static void run_case(const void *data)
{
        const Case *one = data;
        g_autoptr(GBytes) source = g_bytes_new(one->yaml, strlen(one->yaml));
        g_autoptr(GError) error = NULL;
        g_autoptr(ServiceDescription) description = description_parse(source, "x", "/dir", &error);
        if (one->fails) {
                g_assert_null(description);
                g_assert_true(error_is(error, LAUTTA_ERROR_USAGE));
                g_assert_cmpstr(error->message, ==, one->expected);
                return;
        }
        g_assert_no_error(error);
        g_autofree char *dumped = dump(description);
        assert_lines_are_in(one->expected, dumped);
}

static void add_case(const char *text)
{
        const char *body = strchr(text, '\n');
        const char *rule = body ? strstr(body, "\n--- ") : NULL;
        if (!rule)
                g_error("no '---' in the case: %s", text);
        const char *expected = strchr(rule + 1, '\n');
        Case *one = g_new0(Case, 1);
        one->yaml = g_strndup(body + 1, (size_t)(rule - body));
        one->expected = g_strstrip(g_strdup(expected ? expected : ""));
        one->fails = g_str_has_prefix(rule, "\n--- error");
        g_autofree char *name = g_strndup(text, (size_t)(body - text));
        g_strdelimit(name, " /", '_');
        g_autofree char *path = g_strconcat("/description/", name, NULL);
        g_test_add_data_func_full(path, one, run_case, case_free);
}

static void add_cases(const char *path)
{
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        if (!g_file_get_contents(path, &text, NULL, &error))
                g_error("%s", error->message);
        g_auto(GStrv) cases = g_strsplit(text, "=== ", -1);
        for (char **one = cases + 1; *one; one++)
                add_case(*one);
}

static void add_all_cases(void)
{
        const char *directory = g_getenv("CASES");
        g_autoptr(GDir) dir = g_dir_open(directory ? directory : "tests/cases", 0, NULL);
        unsigned files = 0;
        for (const char *name; dir && (name = g_dir_read_name(dir));) {
                if (!g_str_has_prefix(name, "description") || !g_str_has_suffix(name, ".case"))
                        continue;
                g_autofree char *path = g_build_filename(directory ? directory : "tests/cases", name, NULL);
                add_cases(path);
                files++;
        }
        g_assert_cmpuint(files, >, 0);
}

static void assert_refused(const void *bytes, size_t size, const char *message)
{
        g_autoptr(GBytes) source = g_bytes_new(bytes, size);
        g_autoptr(GError) error = NULL;
        g_assert_null(description_parse(source, "x", "/dir", &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_USAGE));
        g_assert_cmpstr(error->message, ==, message);
}

static void bytes_that_are_no_text_are_refused(void)
{
        assert_refused("", 0, "x:1: the file is empty");
        assert_refused("service: web\0", 13, "x:1: the file is not UTF-8 text");
        assert_refused("service: web\nversion: \xff", 23, "x:2: the file is not UTF-8 text");
        assert_refused("\xfe\xff\0s", 4, "x:1: the file is not UTF-8 text");
}

static void a_long_file_is_refused(void)
{
        g_autofree char *text = g_strnfill(DESCRIPTION_MAX_BYTES + 1, '#');
        assert_refused(text, DESCRIPTION_MAX_BYTES + 1, "x:1: the file is longer than 65536 bytes");
}

static void many_values_are_refused(void)
{
        g_autoptr(GString) text = g_string_new("service: [");
        for (unsigned i = 0; i < 10000; i++)
                g_string_append(text, "1,");
        g_string_append(text, "1]\n");
        assert_refused(text->str, text->len, "x:1: the file has more than 10,000 values and brackets");
}

static void a_bomb_of_brackets_is_refused_at_once(void)
{
        g_autofree char *text = g_strnfill(60000, '[');
        assert_refused(text, 60000, "x:1: values are nested more than 16 levels deep");
}

static void an_absent_file_is_not_found(void)
{
        g_autoptr(GError) error = NULL;
        g_assert_null(description_load("/nonexistent/web.yaml", &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_NOT_FOUND));
}

static void names_start_from_the_files_directory(void)
{
        static const char yaml[] = "service: web\nversion: '1'\nimage: {file: disk.raw}\n";
        g_autoptr(GBytes) source = g_bytes_new_static(yaml, strlen(yaml));
        g_autoptr(ServiceDescription) description = description_parse(source, "x", "/dir", NULL);
        g_autofree char *path = description_path(description, description->image_file);
        g_assert_cmpstr(path, ==, "/dir/disk.raw");
        g_assert_true(g_bytes_equal(description->source, source));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_all_cases();
        g_test_add_func("/description/bytes_that_are_no_text_are_refused",
                        bytes_that_are_no_text_are_refused);
        g_test_add_func("/description/a_long_file_is_refused", a_long_file_is_refused);
        g_test_add_func("/description/many_values_are_refused", many_values_are_refused);
        g_test_add_func("/description/a_bomb_of_brackets_is_refused_at_once",
                        a_bomb_of_brackets_is_refused_at_once);
        g_test_add_func("/description/an_absent_file_is_not_found", an_absent_file_is_not_found);
        g_test_add_func("/description/names_start_from_the_files_directory",
                        names_start_from_the_files_directory);
        return g_test_run();
}
