/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One table, read from YAML and from INI. */
#include <string.h>

#include "errors.h"
#include "schema_ini.h"
#include "schema_yaml.h"
#include "yaml_guard.h"

typedef struct {
        char *name, *driver;
        GStrv places;
        bool on;
        uint64_t size_bytes;
        unsigned wait_s, share_percent, colour;
        uint16_t port;
        int parity; /* 1: odd, 2: even */
} Thing;

static bool read_parity(const char *text, void *field, GError **error)
{
        bool odd = strcmp(text, "odd") == 0;
        if (!odd && strcmp(text, "even") != 0)
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is neither odd nor even", text);
        *(int *)field = odd ? 1 : 2;
        return true;
}

static bool is_same_parity(const void *one, const void *other)
{
        return *(const int *)one == *(const int *)other;
}

static void copy_parity(const void *from, void *field)
{
        *(int *)field = *(const int *)from;
}

static const SchemaOwn parity = {.read = read_parity, .is_same = is_same_parity, .copy = copy_parity};
static const char *const colours[] = {"red", "blue", NULL};

#define AT(member) offsetof(Thing, member)

static const SchemaKey main_keys[] = {
        {"name", SCHEMA_TEXT, AT(name), .required = true, .is_fixed = true},
        {"driver", SCHEMA_TEXT, AT(driver), .fallback = "fast", .instead = "none"},
        {"places", SCHEMA_TEXTS, AT(places), .check = NULL},
        {"on", SCHEMA_SWITCH, AT(on), .fallback = "yes"},
        {0},
};
static const SchemaLevel main_level = {main_keys, 0, NULL};

static const SchemaKey number_keys[] = {
        {"size", SCHEMA_SIZE, AT(size_bytes), .fallback = "1M", .max = 1 << 30},
        {"wait", SCHEMA_SECONDS, AT(wait_s), .fallback = "5s", .min = 1, .max = 60},
        {"share", SCHEMA_PERCENT, AT(share_percent), .fallback = "10%", .max = 50},
        {"colour", SCHEMA_CHOICE, AT(colour), .fallback = "blue", .choices = colours},
        {"port", SCHEMA_PORT, AT(port), .fallback = "80", .min = 1, .max = UINT16_MAX},
        {"parity", SCHEMA_OWN, AT(parity), .fallback = "odd", .own = &parity, .is_fixed = true},
        {0},
};
static const SchemaLevel number_level = {number_keys, 0, NULL};

static const SchemaKey keys[] = {
        {"main", SCHEMA_GROUP, .required = true, .level = &main_level},
        {"number", SCHEMA_GROUP, .level = &number_level},
        {0},
};
static const SchemaLevel level = {keys, sizeof(Thing), NULL};

typedef bool (*Read)(const SchemaLevel *, GBytes *, const char *, void *, SchemaLines *, GError **);

static bool read_with(Read read, const char *text, Thing *thing, GError **error)
{
        g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
        g_autoptr(SchemaLines) lines = schema_lines_new();
        *thing = (Thing){0};
        return (read != schema_yaml_read || yaml_guard(bytes, "x", error)) &&
               read(&level, bytes, "x", thing, lines, error);
}

static void assert_all(const Thing *thing)
{
        g_assert_cmpstr(thing->name, ==, "a");
        g_assert_cmpstr(thing->driver, ==, "");
        g_assert_cmpuint(g_strv_length(thing->places), ==, 2);
        g_assert_cmpstr(thing->places[1], ==, "/q");
        g_assert_false(thing->on);
        g_assert_cmpuint(thing->size_bytes, ==, 2048);
        g_assert_cmpuint(thing->wait_s, ==, 60);
        g_assert_cmpuint(thing->share_percent, ==, 7);
        g_assert_cmpuint(thing->colour, ==, 0);
        g_assert_cmpuint(thing->port, ==, 8080);
        g_assert_cmpint(thing->parity, ==, 2);
}

static void both_fronts_read_the_same_values(void)
{
        g_autoptr(GError) error = NULL;
        Thing ini, yaml;
        g_assert_true(read_with(schema_ini_read,
                                "[main]\nname = a\ndriver = none\nplaces = /p  /q\non = no\n"
                                "[number]\nsize = 2K\nwait = 1m\nshare = 7%\ncolour = red\nport = 8080\n"
                                "parity = even\n",
                                &ini, &error));
        g_assert_no_error(error);
        g_assert_true(read_with(schema_yaml_read,
                                "main: {name: a, driver: none, places: [/p, /q], on: no}\n"
                                "number: {size: 2K, wait: 1m, share: 7%, colour: red, port: 8080, "
                                "parity: even}\n",
                                &yaml, &error));
        g_assert_no_error(error);
        assert_all(&ini);
        assert_all(&yaml);
        g_assert_true(schema_is_same(&level, &ini, &yaml));
        schema_clear(&level, &ini);
        schema_clear(&level, &yaml);
        g_assert_null(ini.name);
        g_assert_null(ini.places);
}

static void a_key_that_is_absent_has_its_fallback(void)
{
        Thing thing;
        g_assert_true(read_with(schema_ini_read, "[main]\nname = a\n", &thing, NULL));
        g_assert_cmpstr(thing.driver, ==, "fast");
        g_assert_nonnull(thing.places);
        g_assert_null(*thing.places);
        g_assert_true(thing.on);
        g_assert_cmpuint(thing.size_bytes, ==, 1 << 20);
        g_assert_cmpint(thing.parity, ==, 1);
        schema_clear(&level, &thing);
}

static void each_difference_is_seen(void)
{
        static const char *const others[] = {"[main]\nname=b\n",
                                             "[main]\nname=a\ndriver=slow\n",
                                             "[main]\nname=a\nplaces=/p\n",
                                             "[main]\nname=a\non=no\n",
                                             "[main]\nname=a\n[number]\nsize=2M\n",
                                             "[main]\nname=a\n[number]\nwait=6s\n",
                                             "[main]\nname=a\n[number]\ncolour=red\n",
                                             "[main]\nname=a\n[number]\nport=81\n",
                                             "[main]\nname=a\n[number]\nparity=even\n"};
        Thing one, other;
        g_assert_true(read_with(schema_ini_read, "[main]\nname = a\n", &one, NULL));
        for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
                g_assert_true(read_with(schema_ini_read, others[i], &other, NULL));
                g_assert_false(schema_is_same(&level, &one, &other));
                schema_clear(&level, &other);
        }
        schema_clear(&level, &one);
}

static void a_fixed_key_keeps_its_value_and_is_named(void)
{
        Thing before, after;
        g_assert_true(read_with(schema_ini_read, "[main]\nname = a\n", &before, NULL));
        g_assert_true(read_with(schema_ini_read, "[main]\nname=b\ndriver=x\n[number]\nparity=even\n", &after,
                                NULL));
        g_autofree char *names = schema_keep_fixed(&level, &before, &after);
        g_assert_cmpstr(names, ==, "'name' in [main], 'parity' in [number]");
        g_assert_cmpstr(after.name, ==, "a");
        g_assert_cmpint(after.parity, ==, 1);
        g_assert_cmpstr(after.driver, ==, "x");
        g_assert_null(schema_keep_fixed(&level, &before, &after));
        schema_clear(&level, &before);
        schema_clear(&level, &after);
}

static void a_bad_file_is_refused_with_its_place(void)
{
        static const struct {
                Read read;
                const char *text, *message;
        } bad[] = {
                {schema_ini_read, "[number]\nport = 1\n", "x: the key 'name' is missing in [main]"},
                {schema_ini_read, "[mian]\n", "x:1: there is no section [mian]: there are main, number"},
                {schema_ini_read, "[main]\nnmae = a\n",
                 "x:2: nmae: there is no such key in [main]: there are name, driver, places, on"},
                {schema_ini_read, "[number]\nsize =\n", "x:2: size: it has no value"},
                {schema_ini_read, "[number]\nparity =\n", "x:2: parity: '' is neither odd nor even"},
                {schema_ini_read, "[main]\nplaces = /p /p\n", "x:2: places: '/p' is named twice"},
                {schema_yaml_read, "main: {name: a}\nnumber: {parity: both}\n",
                 "x:2: number.parity: 'both' is neither odd nor even"},
                {schema_yaml_read, "number: {port: 1}\n", "x:1: the key 'main' is missing"},
        };
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GError) error = NULL;
                Thing thing;
                g_assert_false(read_with(bad[i].read, bad[i].text, &thing, &error));
                g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_USAGE);
                g_assert_cmpstr(error->message, ==, bad[i].message);
                schema_clear(&level, &thing);
        }
}

static void more_words_than_a_key_may_have_are_refused(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) text = g_string_new("[main]\nname = a\nplaces =");
        Thing thing;
        for (int i = 0; i <= SCHEMA_INI_WORDS_MAX; i++)
                g_string_append_printf(text, " /%d", i);
        g_assert_false(read_with(schema_ini_read, text->str, &thing, &error));
        g_assert_cmpstr(error->message, ==, "x:3: places: write 1 to 64, separated by blanks");
        schema_clear(&level, &thing);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add_func("/schema/" #name, name)
        ADD(both_fronts_read_the_same_values);
        ADD(a_key_that_is_absent_has_its_fallback);
        ADD(each_difference_is_seen);
        ADD(a_fixed_key_keeps_its_value_and_is_named);
        ADD(a_bad_file_is_refused_with_its_place);
        ADD(more_words_than_a_key_may_have_are_refused);
        return g_test_run();
}
