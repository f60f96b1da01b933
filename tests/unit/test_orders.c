/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host with the public keys of real ones, and sources that offer it what an operator or an attacker has
 * signed. */
#include "orders.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "conf_orders.h"
#include "errors.h"
#include "files.h"
#include "keys.h"
#include "process.h"
#include "record.h"
#include "trust_push.h"
#include "units.h"

#define KEY       "SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define OTHER_KEY "SHA256:AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

typedef struct {
        char *directory;
        char *source, *second; /* directories that serve lists */
        AgentConf *agent_conf;
        OrdersConf conf; /* of it */
} Host;

static char *at(const char *directory, const char *name)
{
        return g_build_filename(directory, name, NULL);
}

static void write_bytes(const char *directory, const char *name, GBytes *bytes)
{
        g_autofree char *path = at(directory, name);
        g_autofree char *parent = g_path_get_dirname(path);
        g_assert_true(directory_make(parent, 0755, NULL));
        g_assert_true(file_write_atomically(path, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes),
                                            0644, NULL));
}

static void copy_key(const Host *host, const char *role)
{
        g_autofree char *path = keys_public_path(role);
        g_autofree char *name = g_strdup_printf("trust/%s.pgp", role);
        g_autoptr(GBytes) bytes = file_read(path, 1 << 20, NULL);
        write_bytes(host->directory, name, bytes);
}

/* Keys of its own: what a test rotates is no other's matter. */
static void set_up(Host *host, const void *data)
{
        g_autoptr(GError) error = NULL;
        host->directory = directory_make_temporary(&error);
        g_assert_no_error(error);
        host->source = at(host->directory, "source");
        host->second = at(host->directory, "second");
        g_assert_true(directory_make(host->source, 0755, NULL) && directory_make(host->second, 0755, NULL));
        g_autofree char *home = at(host->directory, "home");
        g_setenv("LAUTTA_HOME", home, true);
        g_autoptr(Keys) keys = keys_init(NULL, &error);
        g_assert_no_error(error);
        copy_key(host, "root");
        copy_key(host, "release");
        copy_key(host, "lists");
        g_autofree char *text = g_strdup_printf(
                "[host]\nname = library-1\nstate = %s/lib\nrun = %s/run\ntrust = %s/trust\n[pull]\n"
                "lists = %s %s/sec*d\n",
                host->directory, host->directory, host->directory, host->source, host->directory);
        g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
        host->agent_conf = agent_conf_parse(bytes, "agent.conf", &error);
        g_assert_no_error(error);
        host->conf = agent_conf_orders(host->agent_conf);
}

static void tear_down(Host *host, const void *data)
{
        agent_conf_free(host->agent_conf);
        directory_remove_auto(&host->directory);
        g_free(host->source);
        g_free(host->second);
}

/* Returns: owned text of a list; NULL or 0 in a field means what is right for the host. */
typedef struct {
        int64_t serial;
        const char *host, *key, *format, *until, *more;
} Wanted;

static GBytes *list_text(const Wanted *wanted)
{
        char *text = g_strdup_printf(
                "Format: %s\nHost: %s\nHost-Key: %s\nSerial: %" G_GINT64_FORMAT
                "\nDate: 2026-01-01T00:00:00Z\nValid-Until: %s\nDepot-Date-Min: 2026-01-01T00:00:00Z\n%s",
                wanted->format ? wanted->format : "lautta-list/1", wanted->host ? wanted->host : "library-1",
                wanted->key ? wanted->key : KEY, wanted->serial ? wanted->serial : 100,
                wanted->until ? wanted->until : "2126-01-01T00:00:00Z", wanted->more ? wanted->more : "");
        return g_bytes_new_take(text, strlen(text));
}

static void offer_text(const char *source, const char *name, GBytes *text, const char *signer)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) message = keys_sign(signer, text, &error);
        g_assert_no_error(error);
        write_bytes(source, name, message);
}

/* Signed by `signer`, or by the list key for NULL. */
static void offer(const char *source, const Wanted *wanted, const char *signer)
{
        g_autoptr(Keys) keys = keys_load(NULL);
        g_autoptr(GBytes) text = list_text(wanted);
        offer_text(source, "lists/library-1.list", text, signer ? signer : keys->list);
}

static void offer_trust(const char *source)
{
        g_autoptr(GError) error = NULL;
        bool is_new = false;
        g_autoptr(GBytes) message = trust_push_sign(TRUST_VALID_DEFAULT_S, &is_new, NULL, &error);
        g_assert_no_error(error);
        write_bytes(source, "trust.list", message);
}

static Orders *refresh(const Host *host)
{
        g_autoptr(GError) error = NULL;
        Orders *orders = orders_refresh(&host->conf, KEY, false, &error);
        g_assert_no_error(error);
        g_assert_nonnull(orders);
        return orders;
}

static void expect_serial(const Orders *orders, int64_t serial)
{
        for (guint i = 0; !orders->list && i < orders->refused->len; i++)
                g_test_message("refused: %s", (char *)orders->refused->pdata[i]);
        g_assert_nonnull(orders->list);
        g_assert_cmpint(orders->list->serial, ==, serial);
}

static void expect_refused(const Orders *orders, const char *pattern)
{
        for (guint i = 0; i < orders->refused->len; i++) {
                if (g_regex_match_simple(pattern, orders->refused->pdata[i], 0, 0))
                        return;
                g_test_message("refused: %s", (char *)orders->refused->pdata[i]);
        }
        g_error("nothing was refused like '%s'", pattern);
}

static void a_good_list_is_accepted_kept_and_told_once(Host *host, const void *data)
{
        offer(host->source, &(Wanted){0}, NULL);
        g_autoptr(Orders) first = refresh(host);
        expect_serial(first, 100);
        g_assert_true(first->may_install && first->reached && first->changed);
        g_assert_cmpstr(first->source, ==, host->source);
        g_assert_cmpuint(first->refused->len, ==, 0);
        g_autoptr(Orders) second = refresh(host);
        expect_serial(second, 100);
        g_assert_true(second->may_install && !second->changed);
        g_assert_true(directory_remove(host->source, NULL));
        g_autoptr(Orders) away = refresh(host);
        expect_serial(away, 100);
        g_assert_true(away->may_install && !away->source);
        g_autoptr(Orders) kept = orders_load(&host->conf, KEY, NULL);
        expect_serial(kept, 100);
        g_assert_true(kept->may_install && !kept->reached);
}

static void nothing_was_ever_accepted_and_that_is_fine(Host *host, const void *data)
{
        g_autoptr(Orders) orders = refresh(host);
        g_assert_null(orders->list);
        g_assert_null(orders->trust);
        g_assert_true(orders->may_install && orders->reached);
        g_assert_cmpuint(orders->silent->len, ==, 2);
        g_assert_nonnull(strstr(orders->silent->pdata[0], "no list for host 'library-1'"));
}

static void a_host_without_the_keys_of_its_medium_says_so(Host *host, const void *data)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *path = at(host->directory, "trust/root.pgp");
        g_unlink(path);
        g_assert_null(orders_refresh(&host->conf, KEY, false, &error));
        g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_NOT_FOUND);
        g_assert_nonnull(strstr(error->message, "root.pgp, release.pgp and lists.pgp"));
}

typedef struct {
        Wanted wanted;
        const char *pattern;
        bool by_release_key;
} Refusal;

static const Refusal refusals[] = {
        {{.serial = 200}, "the key [0-9A-F]{40} that signed|no good signature of a known key", true},
        {{.serial = 200, .host = "library-2"},
         "the list is for host 'library-2', and this is 'library-1'",
         false},
        {{.serial = 200, .key = OTHER_KEY}, "the list is for the host key .*, and this host's is", false},
        {{.serial = 99}, "serial 99 is lower than 100", false},
        {{.serial = 100, .more = "Must-Have: vim\n"},
         "serial 100 of the one before and says something else",
         false},
        {{.serial = 200, .format = "lautta-list/2"}, "'lautta-list/2' needs a newer Lautta", false},
        {{.serial = 200, .more = "Host: library-1\n"}, "twice|already", false},
        {{.serial = 200, .more = "May-Not-Have: libc6\n"}, "libc6", false},
        {{.serial = 200, .more = "Colour: red\n"}, "the field 'Colour' is unknown", false},
};

static void what_is_refused_says_why_and_the_list_before_stays(Host *host, const void *data)
{
        g_autoptr(Keys) keys = keys_load(NULL);
        offer(host->source, &(Wanted){0}, NULL);
        orders_free(refresh(host));
        for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
                offer(host->source, &refusals[i].wanted, refusals[i].by_release_key ? keys->release : NULL);
                g_autoptr(Orders) orders = refresh(host);
                expect_serial(orders, 100);
                g_assert_true(orders->may_install && !orders->changed && !orders->source);
                g_assert_cmpuint(orders->refused->len, ==, 1);
                g_assert_true(g_str_has_prefix(orders->refused->pdata[0], host->source));
                expect_refused(orders, refusals[i].pattern);
        }
        offer(host->source, &(Wanted){.serial = 200}, NULL);
        g_autoptr(Orders) next = refresh(host);
        expect_serial(next, 200);
        g_assert_true(next->changed);
}

static void a_message_that_was_changed_is_refused(Host *host, const void *data)
{
        offer(host->source, &(Wanted){.more = "Must-Have: vim\n"}, NULL);
        g_autofree char *path = at(host->source, "lists/library-1.list");
        g_autofree char *text = NULL;
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        memcpy(strstr(text, "vim"), "vlm", 3);
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
        g_autoptr(Orders) orders = refresh(host);
        g_assert_null(orders->list);
        expect_refused(orders, "a signature does not fit the text: it was changed");
        g_assert_true(g_file_set_contents(path, "", 0, NULL));
        g_autoptr(Orders) empty = refresh(host);
        g_assert_null(empty->list);
        g_assert_cmpuint(empty->refused->len, ==, 1);
}

static void an_expired_list_stays_in_force_and_installs_nothing(Host *host, const void *data)
{
        offer(host->source, &(Wanted){.until = "2026-01-02T00:00:00Z"}, NULL);
        g_autoptr(Orders) orders = refresh(host);
        expect_serial(orders, 100);
        g_assert_false(orders->may_install);
        g_assert_nonnull(strstr(orders->why_not, "the list expired at 2026-01-02T00:00:00Z"));
        g_assert_cmpuint(orders->refused->len, ==, 0);
        offer(host->second, &(Wanted){.serial = 101}, NULL);
        g_autoptr(Orders) renewed = refresh(host);
        expect_serial(renewed, 101);
        g_assert_true(renewed->may_install && !renewed->why_not);
        g_assert_cmpstr(renewed->source, ==, host->second);
}

static void a_source_that_is_refused_is_passed_over_for_the_next(Host *host, const void *data)
{
        offer(host->source, &(Wanted){.serial = 300, .host = "library-2"}, NULL);
        offer(host->second, &(Wanted){.serial = 200}, NULL);
        g_autoptr(Orders) orders = refresh(host);
        expect_serial(orders, 200);
        expect_refused(orders, "library-2");
        g_assert_cmpstr(orders->source, ==, host->second);
}

static void only_looking_writes_nothing(Host *host, const void *data)
{
        g_autofree char *state = at(host->directory, "lib");
        offer(host->source, &(Wanted){0}, NULL);
        offer_trust(host->source);
        g_autoptr(Orders) orders = orders_refresh(&host->conf, KEY, true, NULL);
        expect_serial(orders, 100);
        g_assert_nonnull(orders->trust);
        g_assert_true(g_file_test(orders->keyring, G_FILE_TEST_IS_REGULAR));
        g_assert_false(g_file_test(state, G_FILE_TEST_EXISTS));
}

/* Damage one of the files below lib/. */
static void tear(const Host *host, const char *name)
{
        g_autofree char *path = g_build_filename(host->directory, "lib", name, NULL);
        g_autofree char *text = NULL;
        gsize size = 0;
        g_assert_true(g_file_get_contents(path, &text, &size, NULL));
        g_assert_true(g_file_set_contents(path, text, (gssize)(size / 2), NULL));
}

static void a_kept_list_that_is_torn_is_told_and_not_believed(Host *host, const void *data)
{
        offer(host->source, &(Wanted){0}, NULL);
        orders_free(refresh(host));
        tear(host, "lists/list");
        g_autoptr(Orders) torn = orders_load(&host->conf, KEY, NULL);
        g_assert_null(torn->list);
        g_assert_false(torn->may_install);
        g_assert_nonnull(strstr(torn->why_not, "damaged or gone"));
        expect_refused(torn, "lists/list, which was kept here: ");
        offer(host->source, &(Wanted){.serial = 99}, NULL);
        g_autoptr(Orders) lower = refresh(host);
        g_assert_null(lower->list);
        expect_refused(lower, "serial 99 is lower than 100");
        offer(host->source, &(Wanted){0}, NULL);
        g_autoptr(Orders) again = refresh(host);
        expect_serial(again, 100);
        g_assert_true(again->may_install);
}

static void a_torn_record_is_put_aside_and_the_kept_list_still_counts(Host *host, const void *data)
{
        offer(host->source, &(Wanted){0}, NULL);
        orders_free(refresh(host));
        tear(host, "state/orders.json");
        offer(host->source, &(Wanted){.serial = 99}, NULL);
        g_autoptr(Orders) orders = refresh(host);
        expect_serial(orders, 100);
        expect_refused(orders, "orders.json' is torn .* put aside");
        expect_refused(orders, "serial 99 is lower than 100");
}

static void a_torn_trust_list_opens_nothing_to_the_keys_before(Host *host, const void *data)
{
        g_autoptr(Keys) before = keys_load(NULL);
        g_autoptr(Keys) rotated = keys_rotate("list", NULL, NULL);
        g_autoptr(Keys) after = keys_withdraw("list", before->list, NULL);
        offer_trust(host->source);
        offer(host->source, &(Wanted){0}, NULL);
        g_autoptr(Orders) good = refresh(host);
        expect_serial(good, 100);
        tear(host, "lists/trust");
        g_assert_true(directory_remove(host->source, NULL));
        offer(host->source, &(Wanted){.serial = 200}, before->list);
        g_autoptr(Orders) orders = refresh(host);
        expect_serial(orders, 100);
        g_assert_false(orders->may_install);
        expect_refused(orders, "lists/trust, which was kept here");
        expect_refused(orders, "the trust.list that was in force here is damaged");
        offer_trust(host->source);
        offer(host->source, &(Wanted){.serial = 201}, NULL);
        g_autoptr(Orders) again = refresh(host);
        expect_serial(again, 201);
        g_assert_true(again->may_install);
}

static void a_rotated_list_key_is_followed_and_the_withdrawn_one_refused(Host *host, const void *data)
{
        g_autoptr(Keys) before = keys_load(NULL);
        offer_trust(host->source);
        offer(host->source, &(Wanted){0}, NULL);
        orders_free(refresh(host));
        g_autoptr(Keys) both = keys_rotate("list", NULL, NULL);
        offer_trust(host->source);
        offer(host->source, &(Wanted){.serial = 101}, NULL);
        g_autoptr(Orders) followed = refresh(host);
        expect_serial(followed, 101);
        g_assert_true(followed->may_install);
        offer(host->source, &(Wanted){.serial = 102}, before->list);
        g_autoptr(Orders) former = refresh(host);
        expect_serial(former, 102);
        g_autoptr(Keys) one = keys_withdraw("list", before->list, NULL);
        offer_trust(host->source);
        g_autoptr(Orders) withdrawn = refresh(host);
        expect_serial(withdrawn, 102);
        g_assert_false(withdrawn->may_install);
        g_assert_nonnull(strstr(withdrawn->why_not, "is not valid any more"));
        expect_refused(withdrawn, "no good signature|not one of the allowed");
        g_autoptr(Orders) kept = orders_load(&host->conf, KEY, NULL);
        expect_serial(kept, 102);
        g_assert_false(kept->may_install);
}

/* The thief of the key can write into the state directory, for example by a backup that is played back. */
static void a_kept_list_of_a_withdrawn_key_is_the_accepted_one_or_none(Host *host, const void *data)
{
        g_autoptr(Keys) before = keys_load(NULL);
        offer_trust(host->source);
        offer(host->source, &(Wanted){.serial = 101}, NULL);
        orders_free(refresh(host));
        g_autoptr(Keys) both = keys_rotate("list", NULL, NULL);
        g_autoptr(Keys) one = keys_withdraw("list", before->list, NULL);
        offer_trust(host->source);
        g_autoptr(Orders) withdrawn = refresh(host);
        expect_serial(withdrawn, 101);
        g_autofree char *kept = g_build_filename(host->directory, "lib", NULL);
        g_autoptr(GBytes) text = list_text(&(Wanted){.serial = 300});
        offer_text(kept, "lists/list", text, before->list);
        g_autoptr(Orders) forged = orders_load(&host->conf, KEY, NULL);
        g_assert_null(forged->list);
        g_assert_false(forged->may_install);
        expect_refused(forged, "lists/list, which was kept here");
}

static void what_a_leaked_key_signed_blocks_nothing_once_it_is_withdrawn(Host *host, const void *data)
{
        g_autoptr(Keys) before = keys_load(NULL);
        offer_trust(host->source);
        offer(host->source, &(Wanted){.serial = LIST_SERIAL_MAX}, NULL);
        g_autoptr(Orders) leaked = refresh(host);
        expect_serial(leaked, LIST_SERIAL_MAX);
        g_autoptr(Keys) both = keys_rotate("list", NULL, NULL);
        g_autoptr(Keys) one = keys_withdraw("list", before->list, NULL);
        offer_trust(host->source);
        offer(host->source, &(Wanted){.serial = 500}, NULL);
        g_autoptr(Orders) orders = refresh(host);
        expect_serial(orders, 500);
        g_assert_true(orders->may_install && orders->changed);
}

static void a_new_root_is_followed_and_a_withdrawn_one_is_not(Host *host, const void *data)
{
        g_autoptr(Keys) first = keys_load(NULL);
        offer_trust(host->source);
        offer(host->source, &(Wanted){0}, NULL);
        orders_free(refresh(host));
        g_autoptr(Keys) both = keys_rotate("root", NULL, NULL);
        offer_trust(host->source);
        g_autoptr(Orders) followed = refresh(host);
        g_assert_cmpstr(followed->trust->root, ==, both->root);
        g_autoptr(Orders) kept = orders_load(&host->conf, KEY, NULL);
        g_assert_cmpstr(kept->trust->root, ==, both->root);
        g_autoptr(Keys) one = keys_withdraw("root", first->root, NULL);
        offer_trust(host->source);
        orders_free(refresh(host));
        g_autoptr(Orders) alone = orders_load(&host->conf, KEY, NULL);
        g_assert_cmpuint(alone->refused->len, ==, 0);
        g_assert_cmpstr(alone->trust->root, ==, both->root);
        g_autofree char *serial = g_strdup_printf("Serial: %" G_GINT64_FORMAT, alone->trust->serial);
        g_autofree char *later = g_strdup_printf("Serial: %" G_GINT64_FORMAT, alone->trust->serial + 1);
        g_autoptr(GBytes) text = trust_format(alone->trust);
        g_autofree char *copy = g_strndup(g_bytes_get_data(text, NULL), g_bytes_get_size(text));
        g_auto(GStrv) parts = g_strsplit(copy, serial, 2);
        g_autofree char *forged = g_strjoinv(later, parts);
        g_autoptr(GBytes) bytes = g_bytes_new(forged, strlen(forged));
        offer_text(host->source, "trust.list", bytes, first->root);
        g_autoptr(Orders) orders = refresh(host);
        expect_refused(orders, "no good signature|not one of the allowed");
        g_assert_cmpstr(orders->trust->root, ==, both->root);
        g_assert_cmpint(orders->trust->serial, ==, alone->trust->serial);
}

/* The primary keys of a keyring file, as gpg reads it. Returns: owned fingerprints, with a blank after each. */
static char *primary_keys(const char *path)
{
        const char *const argv[] = {"gpg", "--batch", "--with-colons", "--show-keys", path, NULL};
        g_autoptr(GBytes) output = NULL;
        g_assert_true(
                process_run(&(Process){.argv = argv, .max_output_bytes = 1 << 20}, &output, NULL, NULL));
        g_autofree char *text = g_strndup(g_bytes_get_data(output, NULL), g_bytes_get_size(output));
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_autoptr(GString) found = g_string_new(NULL);
        bool is_primary = false;
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) fields = g_strsplit(*line, ":", -1);
                if (g_strcmp0(fields[0], "fpr") != 0)
                        is_primary = g_strcmp0(fields[0], "pub") == 0;
                else if (is_primary)
                        g_string_append_printf(found, "%s ", fields[9]);
        }
        return g_string_free(g_steal_pointer(&found), false);
}

static void depots_are_verified_with_the_release_keys_and_no_others(Host *host, const void *data)
{
        g_autoptr(Keys) keys = keys_load(NULL);
        offer_trust(host->source);
        offer(host->source, &(Wanted){0}, NULL);
        for (int pass = 0; pass < 2; pass++) {
                g_autoptr(Orders) orders = pass ? orders_load(&host->conf, KEY, NULL) : refresh(host);
                g_autofree char *found = primary_keys(orders->keyring);
                g_autofree char *release = g_strconcat(keys->release, " ", NULL);
                g_assert_cmpstr(found, ==, release);
        }
        g_autoptr(Keys) both = keys_rotate("release", NULL, NULL);
        offer_trust(host->source);
        g_autoptr(Orders) rotated = refresh(host);
        g_autofree char *found = primary_keys(rotated->keyring);
        g_assert_nonnull(strstr(found, keys->release));
        g_assert_nonnull(strstr(found, both->release));
        g_assert_cmpuint(strlen(found), ==, 82);
}

/* Replace the keyring of root.json by that of all roles, as agents kept it before there was one for each. */
static void keep_all_keys(const Host *host, GBytes *keyring)
{
        g_autofree char *path = at(host->directory, "lib/state/root.json");
        g_autoptr(json_t) record = record_read(path, NULL);
        g_autofree char *text = g_base64_encode(g_bytes_get_data(keyring, NULL), g_bytes_get_size(keyring));
        g_assert_nonnull(record);
        json_object_set_new(record, "keys", json_string(text));
        g_assert_true(record_write(path, record, NULL));
}

static void a_root_key_that_was_kept_with_all_others_is_read(Host *host, const void *data)
{
        offer_trust(host->source);
        offer(host->source, &(Wanted){0}, NULL);
        g_autoptr(Orders) first = refresh(host);
        g_autoptr(Keys) both = keys_rotate("root", NULL, NULL);
        offer_trust(host->source);
        orders_free(refresh(host));
        keep_all_keys(host, first->trust->keyring);
        g_autoptr(Orders) orders = orders_load(&host->conf, KEY, NULL);
        g_assert_cmpuint(orders->refused->len, ==, 0);
        g_assert_cmpstr(orders->trust->root, ==, both->root);
}

static void expect_silent(const Orders *orders, const char *pattern)
{
        for (guint i = 0; i < orders->silent->len; i++) {
                if (g_regex_match_simple(pattern, orders->silent->pdata[i], 0, 0))
                        return;
                g_test_message("silent: %s", (char *)orders->silent->pdata[i]);
        }
        g_error("nothing was passed over like '%s'", pattern);
}

static void an_older_trust_list_counts_nowhere_and_alone_is_refused(Host *host, const void *data)
{
        offer_trust(host->source);
        g_autoptr(Keys) both = keys_rotate("release", NULL, NULL);
        offer_trust(host->second);
        g_autoptr(Orders) orders = refresh(host);
        g_assert_cmpuint(g_strv_length(orders->release_keys), ==, 2);
        g_assert_cmpstr(orders->release_keys[0], ==, both->release);
        g_assert_cmpuint(orders->refused->len, ==, 0);
        expect_silent(orders, "source: its trust.list is older than that of .*second");
        g_autofree char *path = at(host->second, "trust.list");
        g_assert_cmpint(g_unlink(path), ==, 0);
        g_autoptr(Orders) alone = refresh(host);
        expect_refused(alone, "source: trust.list has the serial [0-9]+, which is lower");
        g_assert_cmpuint(g_strv_length(alone->release_keys), ==, 2);
}

/* The second source has withdrawn the key by which the first, hostile one signs. */
static void a_withdrawn_key_is_not_obeyed_though_its_source_is_the_first(Host *host, const void *data)
{
        g_autoptr(Keys) before = keys_load(NULL);
        offer_trust(host->source);
        offer(host->source, &(Wanted){.serial = 900}, before->list);
        g_autoptr(Keys) both = keys_rotate("list", NULL, NULL);
        g_autoptr(Keys) one = keys_withdraw("list", before->list, NULL);
        offer_trust(host->second);
        offer(host->second, &(Wanted){.serial = 200}, NULL);
        g_autoptr(Orders) orders = refresh(host);
        expect_serial(orders, 200);
        g_assert_true(orders->may_install);
        g_assert_cmpstr(orders->source, ==, host->second);
        expect_refused(orders, "source: .*(no good signature|not one of the allowed)");
        /* Known from now on, also where the honest source is gone. */
        directory_remove_auto(&host->second);
        host->second = at(host->directory, "second");
        g_autoptr(Orders) alone = refresh(host);
        expect_serial(alone, 200);
}

static void a_stale_source_freezes_nothing(Host *host, const void *data)
{
        offer_trust(host->source);
        offer(host->source, &(Wanted){0}, NULL);
        offer(host->second, &(Wanted){.serial = 101}, NULL);
        for (int i = 0; i < 2; i++) {
                g_autoptr(Orders) orders = refresh(host);
                expect_serial(orders, 101);
                g_assert_cmpstr(orders->source, ==, host->second);
                g_assert_cmpuint(orders->refused->len, ==, 0);
                expect_silent(orders, "source: its list is older than that of .*second");
                g_assert_true(orders->changed == (i == 0));
        }
}

static void an_unverified_serial_hides_nothing(Host *host, const void *data)
{
        g_autoptr(Keys) keys = keys_load(NULL);
        offer_trust(host->second);
        offer(host->source, &(Wanted){.serial = LIST_SERIAL_MAX}, keys->release);
        offer(host->second, &(Wanted){.serial = 101}, NULL);
        g_autoptr(Orders) orders = refresh(host);
        expect_serial(orders, 101);
        expect_refused(orders, "source: .*(no good signature|not one of the allowed)");
}

/* The first trust.list is signed by a root key that only the second one makes known. */
static void a_chain_of_root_keys_is_followed_over_two_sources(Host *host, const void *data)
{
        g_autoptr(Keys) first = keys_load(NULL);
        offer_trust(host->second);
        offer(host->second, &(Wanted){0}, NULL);
        orders_free(refresh(host));
        g_autoptr(Keys) both = keys_rotate("root", NULL, NULL);
        offer_trust(host->second);
        g_autoptr(Keys) alone = keys_withdraw("root", first->root, NULL);
        offer_trust(host->source);
        g_autoptr(Keys) list = keys_rotate("list", NULL, NULL);
        offer_trust(host->source);
        g_autoptr(Orders) orders = refresh(host);
        g_assert_cmpuint(orders->refused->len, ==, 0);
        g_assert_cmpuint(g_strv_length(orders->trust->list_keys), ==, 2);
}

/* gpgv does not hash blanks at the ends of lines, so a mirror can add some. */
static void a_blank_that_a_mirror_added_does_not_lose_the_kept_list(Host *host, const void *data)
{
        g_autoptr(Keys) before = keys_load(NULL);
        offer_trust(host->source);
        offer(host->source, &(Wanted){.more = "Must-Have: vim\n"}, NULL);
        g_autofree char *path = at(host->source, "lists/library-1.list");
        g_autofree char *text = NULL;
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        g_auto(GStrv) parts = g_strsplit(text, "Must-Have: vim\n", 2);
        g_autofree char *changed = g_strjoinv("Must-Have: vim \t\n", parts);
        g_assert_true(g_file_set_contents(path, changed, -1, NULL));
        g_autoptr(Orders) accepted = refresh(host);
        expect_serial(accepted, 100);
        g_assert_true(accepted->may_install);
        g_autoptr(Keys) both = keys_rotate("list", NULL, NULL);
        g_autoptr(Keys) one = keys_withdraw("list", before->list, NULL);
        offer_trust(host->source);
        orders_free(refresh(host));
        g_autoptr(Orders) kept = orders_load(&host->conf, KEY, NULL);
        expect_serial(kept, 100);
        g_assert_false(kept->may_install);
}

static void new_keys_of_a_new_medium_begin_anew(Host *host, const void *data)
{
        offer_trust(host->source);
        offer(host->source, &(Wanted){.serial = LIST_SERIAL_MAX}, NULL);
        orders_free(refresh(host));
        g_autofree char *home = at(host->directory, "home-2");
        g_setenv("LAUTTA_HOME", home, true);
        g_autoptr(Keys) keys = keys_init(NULL, NULL);
        copy_key(host, "root");
        copy_key(host, "release");
        copy_key(host, "lists");
        offer_trust(host->source);
        offer(host->source, &(Wanted){.serial = 7}, NULL);
        g_autoptr(Orders) orders = refresh(host);
        expect_serial(orders, 7);
        g_assert_cmpstr(orders->trust->root, ==, keys->root);
        g_assert_true(orders->may_install);
}

#define ADD(name) g_test_add("/orders/" #name, Host, NULL, set_up, name, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD(a_good_list_is_accepted_kept_and_told_once);
        ADD(nothing_was_ever_accepted_and_that_is_fine);
        ADD(a_host_without_the_keys_of_its_medium_says_so);
        ADD(what_is_refused_says_why_and_the_list_before_stays);
        ADD(a_message_that_was_changed_is_refused);
        ADD(an_expired_list_stays_in_force_and_installs_nothing);
        ADD(a_source_that_is_refused_is_passed_over_for_the_next);
        ADD(only_looking_writes_nothing);
        ADD(a_kept_list_that_is_torn_is_told_and_not_believed);
        ADD(a_torn_record_is_put_aside_and_the_kept_list_still_counts);
        ADD(a_torn_trust_list_opens_nothing_to_the_keys_before);
        ADD(a_rotated_list_key_is_followed_and_the_withdrawn_one_refused);
        ADD(a_kept_list_of_a_withdrawn_key_is_the_accepted_one_or_none);
        ADD(what_a_leaked_key_signed_blocks_nothing_once_it_is_withdrawn);
        ADD(a_new_root_is_followed_and_a_withdrawn_one_is_not);
        ADD(depots_are_verified_with_the_release_keys_and_no_others);
        ADD(a_root_key_that_was_kept_with_all_others_is_read);
        ADD(an_older_trust_list_counts_nowhere_and_alone_is_refused);
        ADD(a_withdrawn_key_is_not_obeyed_though_its_source_is_the_first);
        ADD(a_stale_source_freezes_nothing);
        ADD(an_unverified_serial_hides_nothing);
        ADD(a_chain_of_root_keys_is_followed_over_two_sources);
        ADD(a_blank_that_a_mirror_added_does_not_lose_the_kept_list);
        ADD(new_keys_of_a_new_medium_begin_anew);
        return g_test_run();
}
